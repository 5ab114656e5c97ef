#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/monitor.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/publish.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define LINE_BYTES_MAX ((size_t)1024 * 1024)

static int
set_up(void **state)
{
	*state = rig_new();
	rig_add_device(*state, "d1");
	rig_add_device(*state, "d1/m1");
	rig_add_device(*state, "d10");
	return 0;
}

static struct rig_client *
ask(struct rig *rig, const char *path)
{
	struct rig_client *client = rig_client_new_https(rig);
	char *token = rig_service_token(rig);
	char *request = xasprintf("GET %s HTTP/1.1\r\nHost: localhost\r\n"
				  "Authorization: %s\r\n\r\n",
	    path, token);

	rig_client_send(client, request, strlen(request));
	free(request);
	free(token);
	return client;
}

/* One line of the answer, without its end. */
static void
read_line(struct rig_client *client, struct strbuf *line)
{
	struct strbuf byte = { 0 };

	strbuf_reset(line);
	for (;;) {
		rig_client_read_bytes(client, 1, &byte);
		if (byte.len == 0)
			fail_msg("the end, behind: %s", strbuf_str(line));
		if (byte.data[0] == '\n')
			break;
		if (byte.data[0] != '\r')
			strbuf_putc(line, byte.data[0]);
		assert_true(line->len < LINE_BYTES_MAX);
	}
	strbuf_fini(&byte);
}

static struct rig_client *
listen_to(struct rig *rig, const char *path)
{
	struct rig_client *client = ask(rig, path);
	struct strbuf line = { 0 };

	read_line(client, &line);
	assert_string_equal("HTTP/1.1 200 OK", line.data);
	while (line.len > 0)
		read_line(client, &line);
	strbuf_fini(&line);
	return client;
}

/* The next chunk of the stream, which is one line; the caller's. */
static cJSON *
hear(struct rig_client *client)
{
	struct strbuf line = { 0 };
	unsigned long len;
	cJSON *json;

	read_line(client, &line);
	len = strtoul(strbuf_str(&line), NULL, 16);
	read_line(client, &line);
	assert_int_equal(len, line.len + 1);
	json = cJSON_Parse(line.data);
	assert_non_null(json);
	read_line(client, &line);
	assert_int_equal(0, line.len);
	strbuf_fini(&line);
	return json;
}

static void
say(struct rig_client *device, const char *topic, const char *payload,
    size_t len, uint8_t qos)
{
	struct mqtt_publish publish = { .topic_name = mqtt_str(topic),
		.payload = { payload, len },
		.qos = qos,
		.packet_id = qos };
	struct strbuf packet = { 0 };

	mqtt_publish_write(&packet, &publish);
	rig_client_send(device, packet.data, packet.len);
	if (qos > 0)
		rig_client_read(device, &packet);
	strbuf_fini(&packet);
}

static void
test_a_message_is_heard_with_all_that_belongs_to_it(void **state)
{
	struct rig *rig = *state;
	struct rig_client *listener = listen_to(rig, "/control/messages");
	struct rig_client *device = rig_client_new(rig);
	const cJSON *of;
	int64_t utc_us;
	cJSON *json;

	rig_client_connect(device, "d1", true, 60, RIG_HOUR);
	say(device,
	    "devices/d1/messages/events/$.ct=application%2Fjson&$.mid=7"
	    "&alarm=ok%26so&bare",
	    "{\"t\":1}", 7, 1);
	json = hear(listener);
	assert_string_equal("d1", json_get_string(json, "deviceId"));
	assert_null(json_get(json, "moduleId"));
	assert_int_equal(1, json_get(json, "qos")->valueint);
	assert_string_equal("{\"t\":1}", json_get_string(json, "payload"));
	assert_int_equal(
	    0, clock_parse_iso(json_get_string(json, "time"), &utc_us));
	of = json_get(json, "properties");
	assert_string_equal("ok&so", json_get_string(of, "alarm"));
	assert_true(cJSON_IsNull(json_get(of, "bare")));
	assert_int_equal(2, cJSON_GetArraySize(of));
	of = json_get(json, "systemProperties");
	assert_string_equal(
	    "application/json", json_get_string(of, "contentType"));
	assert_string_equal("7", json_get_string(of, "messageId"));
	assert_int_equal(2, cJSON_GetArraySize(of));
	cJSON_Delete(json);
	rig_client_free(device);
	rig_client_free(listener);
}

/* The line of a packet, "door-001 device PUBLISH …", is the caller's. */
static char *
hear_packet(struct rig_client *listener)
{
	cJSON *json = hear(listener);
	char *text = xasprintf("%s %s %s", json_get_string(json, "deviceId"),
	    json_get_string(json, "from"), json_get_string(json, "packet"));

	cJSON_Delete(json);
	return text;
}

static void
test_the_packets_of_a_device_are_told_in_words(void **state)
{
	static const char *const words[] = {
		"d1 device CONNECT d1 keep alive 60 s, clean session, user ",
		"d1 hub CONNACK code 0",
		"d1 device PUBLISH q1 id 1 devices/d1/messages/events/ {}",
		"d1 hub PUBACK id 1",
	};
	struct rig *rig = *state;
	struct rig_client *listener =
	    listen_to(rig, "/control/devices/d1/packets");
	struct rig_client *other = rig_client_new(rig);
	struct rig_client *device = rig_client_new(rig);
	size_t i;
	char *text;

	rig_client_connect(other, "d10", true, 60, RIG_HOUR);
	rig_client_connect(device, "d1", true, 60, RIG_HOUR);
	say(device, "devices/d1/messages/events/", "{}", 2, 1);
	for (i = 0; i < N_ROWS(words); i++) {
		text = hear_packet(listener);
		if (strncmp(text, words[i], strlen(words[i])) != 0)
			fail_msg("%s", text);
		if (strstr(text, "sig=") != NULL)
			fail_msg("a secret: %s", text);
		free(text);
	}
	rig_client_free(other);
	rig_client_free(device);
	rig_client_free(listener);
}

static void
test_nothing_is_retained_but_said_to_be(void **state)
{
	struct rig *rig = *state;
	struct rig_client *listener = listen_to(rig, "/control/messages");
	struct rig_client *device = rig_client_new(rig);
	struct mqtt_publish publish = { .retain = true,
		.topic_name = mqtt_str("devices/d1/messages/events/a=b") };
	struct strbuf packet = { 0 };
	cJSON *json;

	rig_client_connect(device, "d1", true, 60, RIG_HOUR);
	mqtt_publish_write(&packet, &publish);
	rig_client_send(device, packet.data, packet.len);
	json = hear(listener);
	assert_string_equal("true",
	    json_get_string(json_get(json, "properties"), "mqtt-retain"));
	assert_string_equal(
	    "b", json_get_string(json_get(json, "properties"), "a"));
	assert_int_equal(
	    0, cJSON_GetArraySize(json_get(json, "systemProperties")));
	cJSON_Delete(json);
	rig_client_free(device);
	rig_client_free(listener);
	strbuf_fini(&packet);
}

static void
test_what_is_no_text_comes_in_base64(void **state)
{
	struct rig *rig = *state;
	struct rig_client *listener = listen_to(rig, "/control/messages");
	struct rig_client *device = rig_client_new(rig);
	cJSON *json;

	rig_client_connect(device, "d1", true, 60, RIG_HOUR);
	say(device, "devices/d1/messages/events/%00=%ff", "a\0b\xff", 4, 0);
	json = hear(listener);
	assert_null(json_get(json, "payload"));
	assert_string_equal("YQBi/w==", json_get_string(json, "payloadBase64"));
	assert_string_equal(
	    "%ff", json_get_string(json_get(json, "properties"), "%00"));
	cJSON_Delete(json);
	rig_client_free(device);
	rig_client_free(listener);
}

static void
test_one_device_is_heard_with_its_modules_alone(void **state)
{
	struct rig *rig = *state;
	struct rig_client *listener =
	    listen_to(rig, "/control/devices/d1/messages");
	struct rig_client *other = rig_client_new(rig);
	struct rig_client *module = rig_client_new(rig);
	cJSON *json;

	rig_client_connect(other, "d10", true, 60, RIG_HOUR);
	rig_client_connect(module, "d1/m1", true, 60, RIG_HOUR);
	say(other, "devices/d10/messages/events/", "no", 2, 1);
	say(module, "devices/d1/modules/m1/messages/events/", "yes", 3, 1);
	json = hear(listener);
	assert_string_equal("d1", json_get_string(json, "deviceId"));
	assert_string_equal("m1", json_get_string(json, "moduleId"));
	assert_string_equal("yes", json_get_string(json, "payload"));
	assert_int_equal(2, json_get(json, "number")->valueint);
	cJSON_Delete(json);
	rig_client_free(module);
	rig_client_free(other);
	rig_client_free(listener);
}

/* A device that takes its leave has no last message. */
static void
test_a_will_is_heard(void **state)
{
	struct rig *rig = *state;
	struct rig_client *listener = listen_to(rig, "/control/messages");
	int leaves;
	cJSON *json;

	for (leaves = 1; leaves >= 0; leaves--) {
		struct rig_client *device = rig_client_new(rig);
		char *token = rig_token(rig, "d1", RIG_HOUR);
		struct mqtt_connect connect = {
			.client_id = mqtt_str("d1"),
			.user_name =
			    mqtt_str("127.0.0.1/d1/?api-version=2021-04-12"),
			.password = mqtt_str(token),
			.keep_alive_s = 60,
			.clean_session = true,
			.will_topic =
			    mqtt_str("devices/d1/messages/events/why=gone"),
			.will_message = mqtt_str(leaves ? "no" : "bye"),
		};
		struct strbuf packet = { 0 };

		mqtt_connect_write(&packet, &connect);
		rig_client_send(device, packet.data, packet.len);
		rig_client_read(device, &packet);
		if (leaves)
			rig_client_send(device, "\xe0\0", 2);
		rig_client_leave(device);
		strbuf_fini(&packet);
		free(token);
	}
	json = hear(listener);
	assert_string_equal("bye", json_get_string(json, "payload"));
	assert_string_equal(
	    "gone", json_get_string(json_get(json, "properties"), "why"));
	assert_string_equal("Will",
	    json_get_string(
		json_get(json, "properties"), "iothub-MessageType"));
	cJSON_Delete(json);
	rig_client_free(listener);
}

/* The listener reads nothing while its device goes on. */
static void
test_who_reads_too_slowly_is_told_how_many_it_missed(void **state)
{
	struct rig *rig = *state;
	struct rig_client *listener = listen_to(rig, "/control/messages");
	struct rig_client *device = rig_client_new(rig);
	size_t len = 64 * 1024, n_heard = 0, n_missed = 0;
	char *payload = xmalloc(len);
	const size_t n = 400; /* 25 MB: more than sockets and queue hold */
	const cJSON *missed;
	cJSON *json;
	size_t i;

	memset(payload, 'x', len);
	rig_client_connect(device, "d1", true, 60, RIG_HOUR);
	for (i = 0; i < n; i++)
		say(device, "devices/d1/messages/events/", payload, len, 1);
	while (n_heard + n_missed < n) {
		json = hear(listener);
		missed = json_get(json, "missed");
		if (missed != NULL)
			n_missed += (size_t)missed->valueint;
		else
			n_heard++;
		cJSON_Delete(json);
	}
	assert_in_range(n_heard, 1, n - 1);
	assert_int_equal(n, n_heard + n_missed);
	free(payload);
	rig_client_free(device);
	rig_client_free(listener);
}

static void
test_there_are_so_many_listeners_and_no_more(void **state)
{
	struct rig *rig = *state;
	struct rig_client *listeners[HUB_MONITOR_LISTENERS_MAX], *more;
	struct strbuf line = { 0 };
	size_t i;

	for (i = 0; i < HUB_MONITOR_LISTENERS_MAX; i++)
		listeners[i] = listen_to(rig, "/control/messages");
	more = ask(rig, "/control/messages");
	read_line(more, &line);
	assert_non_null(strstr(line.data, "503"));
	rig_client_free(more);
	/* Who goes makes room. */
	rig_client_leave(listeners[0]);
	while (hub_monitor_count(rig_hub(rig)->monitor) ==
	    HUB_MONITOR_LISTENERS_MAX)
		rig_turn(rig, 10);
	listeners[0] = listen_to(rig, "/control/messages");
	for (i = 0; i < HUB_MONITOR_LISTENERS_MAX; i++)
		rig_client_free(listeners[i]);
	strbuf_fini(&line);
}

static void
test_a_hub_that_leaves_ends_the_stream(void **state)
{
	struct rig *rig = *state;
	struct rig_client *listener = listen_to(rig, "/control/messages");

	rig_restart(rig);
	assert_true(rig_client_is_closed(listener, RIG_PATIENCE_MS));
	rig_client_free(listener);
}

static void
test_only_the_owner_may_listen(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new_https(rig);
	static const char request[] =
	    "GET /control/messages HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct strbuf line = { 0 };

	rig_client_send(client, request, sizeof(request) - 1);
	read_line(client, &line);
	assert_non_null(strstr(line.data, "401"));
	strbuf_fini(&line);
	rig_client_free(client);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_a_message_is_heard_with_all_that_belongs_to_it),
		CASE(test_the_packets_of_a_device_are_told_in_words),
		CASE(test_nothing_is_retained_but_said_to_be),
		CASE(test_what_is_no_text_comes_in_base64),
		CASE(test_one_device_is_heard_with_its_modules_alone),
		CASE(test_a_will_is_heard),
		CASE(test_who_reads_too_slowly_is_told_how_many_it_missed),
		CASE(test_there_are_so_many_listeners_and_no_more),
		CASE(test_a_hub_that_leaves_ends_the_stream),
		CASE(test_only_the_owner_may_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
