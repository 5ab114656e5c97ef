/*
 * Cloud-to-device messages, from the queue to PUBACK: contract 3.10, 5.4 to
 * 5.6.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/messages.h"
#include "core/hub/registry.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/plain.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/publish.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define ID "d1"
#define FILTER "devices/" ID "/messages/devicebound/#"
#define TOPIC "devices/" ID "/messages/devicebound/"

static int64_t ahead_us;

int64_t __real_clock_utc_us(void);
int64_t __wrap_clock_utc_us(void);

int64_t
__wrap_clock_utc_us(void)
{
	return __real_clock_utc_us() + ahead_us;
}

static int
set_up(void **state)
{
	ahead_us = 0;
	*state = rig_new();
	rig_add_device(*state, ID);
	return 0;
}

static struct hub_messages *
messages_of(struct rig *rig)
{
	return rig_hub(rig)->messages;
}

static int
try_text(struct rig *rig, const char *text, struct err *err)
{
	struct hub_message message = { .payload = text,
		.payload_len = strlen(text),
		.ttl_s = HUB_MESSAGE_TTL_S };

	return hub_messages_send(messages_of(rig), ID, &message, err);
}

static void
send_text(struct rig *rig, const char *text)
{
	struct err err = { 0 };

	if (try_text(rig, text, &err) == -1)
		fail_msg("%s", err.text);
	rig_turn(rig, 0);
}

/* A connection that has subscribed, unless its session had. */
static struct rig_client *
listen_at(struct rig *rig, bool clean_session, uint8_t qos)
{
	struct rig_client *client = rig_client_new(rig);

	if (!rig_client_connect(client, ID, clean_session, 60, RIG_HOUR))
		assert_int_equal(
		    qos, rig_client_subscribe(client, FILTER, qos));
	return client;
}

/* The next packet has to be this message; its Packet Identifier. */
static uint16_t
expect_message(struct rig_client *client, const char *payload, uint8_t qos,
    bool dup, struct strbuf *topic)
{
	struct strbuf packet = { 0 };
	struct mqtt_publish publish;
	struct mqtt_reader in;
	struct mqtt_frame frame;
	struct err err = { 0 };

	rig_client_read(client, &packet);
	assert_int_equal(1,
	    mqtt_frame_read(
		packet.data, packet.len, MQTT_REMAINING_MAX, &frame, &err));
	assert_int_equal(MQTT_PUBLISH, frame.type);
	mqtt_reader_init(&in, packet.data + frame.header_len, frame.body_len);
	assert_int_equal(
	    0, mqtt_publish_read(&in, frame.flags, &publish, &err));
	assert_int_equal(qos, publish.qos);
	assert_int_equal(dup, publish.dup);
	assert_int_equal(strlen(payload), publish.payload.len);
	assert_memory_equal(payload, publish.payload.s, publish.payload.len);
	assert_true(publish.topic_name.len >= strlen(TOPIC));
	assert_memory_equal(TOPIC, publish.topic_name.s, strlen(TOPIC));
	if (topic != NULL)
		strbuf_put(topic, publish.topic_name.s, publish.topic_name.len);
	strbuf_fini(&packet);
	return publish.packet_id;
}

static void
acknowledge(struct rig_client *client, uint16_t packet_id)
{
	struct strbuf packet = { 0 };

	mqtt_plain_write_id(&packet, MQTT_PUBACK, packet_id);
	/* Its answer says that PUBACK has been read. */
	mqtt_plain_write(&packet, MQTT_PINGREQ);
	rig_client_send(client, packet.data, packet.len);
	rig_client_read(client, &packet);
	assert_int_equal(MQTT_PINGRESP << 4, (unsigned char)packet.data[0]);
	strbuf_fini(&packet);
}

static void
expect_silence(struct rig_client *client)
{
	struct strbuf packet = { 0 };

	mqtt_plain_write(&packet, MQTT_PINGREQ);
	rig_client_send(client, packet.data, packet.len);
	rig_client_read(client, &packet);
	assert_int_equal(MQTT_PINGRESP << 4, (unsigned char)packet.data[0]);
	strbuf_fini(&packet);
}

static void
expect_count(struct rig *rig, int64_t n)
{
	assert_int_equal(n, hub_messages_count(messages_of(rig), ID));
}

static void
test_a_message_is_done_with_when_it_is_acknowledged(void **state)
{
	struct rig_client *client = listen_at(*state, true, 1);
	uint16_t packet_id;

	send_text(*state, "hello");
	expect_count(*state, 1);
	packet_id = expect_message(client, "hello", 1, false, NULL);
	acknowledge(client, (uint16_t)(packet_id + 1));
	expect_count(*state, 1);
	acknowledge(client, packet_id);
	expect_count(*state, 0);
	rig_client_free(client);
	client = listen_at(*state, true, 1);
	expect_silence(client);
	rig_client_free(client);
}

static void
test_at_qos_0_it_is_done_with_when_it_is_sent(void **state)
{
	struct rig_client *client = listen_at(*state, true, 0);

	send_text(*state, "hello");
	expect_message(client, "hello", 0, false, NULL);
	expect_count(*state, 0);
	rig_client_free(client);
}

static void
test_what_waits_comes_in_order_after_subscribe(void **state)
{
	struct rig_client *client;
	uint16_t first, second;

	send_text(*state, "one");
	send_text(*state, "two");
	client = listen_at(*state, true, 1);
	first = expect_message(client, "one", 1, false, NULL);
	second = expect_message(client, "two", 1, false, NULL);
	assert_int_not_equal(first, second);
	send_text(*state, "three");
	expect_message(client, "three", 1, false, NULL);
	rig_client_free(client);
}

static void
test_a_kept_session_gets_again_what_it_left_with_DUP(void **state)
{
	struct rig_client *client = listen_at(*state, false, 1);
	uint16_t first, second;

	send_text(*state, "one");
	send_text(*state, "two");
	first = expect_message(client, "one", 1, false, NULL);
	second = expect_message(client, "two", 1, false, NULL);
	acknowledge(client, first);
	rig_client_leave(client);
	send_text(*state, "three");

	/* And the hub's own end changes nothing. */
	rig_restart(*state);
	client = listen_at(*state, false, 1);
	assert_int_equal(
	    second, expect_message(client, "two", 1, true, NULL));
	first = expect_message(client, "three", 1, false, NULL);
	assert_int_not_equal(second, first);
	acknowledge(client, second);
	acknowledge(client, first);
	expect_count(*state, 0);
	rig_client_free(client);
}

static void
test_a_clean_session_gets_it_anew(void **state)
{
	struct rig_client *client = listen_at(*state, false, 1);

	send_text(*state, "one");
	expect_message(client, "one", 1, false, NULL);
	rig_client_leave(client);
	client = listen_at(*state, true, 1);
	expect_message(client, "one", 1, false, NULL);
	rig_client_free(client);
}

static void
test_after_ten_deliveries_it_is_dropped(void **state)
{
	struct rig_client *client;
	int i;

	send_text(*state, "poison");
	for (i = 0; i < HUB_MESSAGE_DELIVERIES_MAX; i++) {
		client = listen_at(*state, true, 1);
		expect_message(client, "poison", 1, false, NULL);
		rig_client_leave(client);
	}
	client = listen_at(*state, true, 1);
	expect_silence(client);
	expect_count(*state, 0);
	rig_client_free(client);
}

static void
test_what_is_not_acknowledged_in_time_comes_again(void **state)
{
	struct rig_client *client = listen_at(*state, true, 1);
	uint16_t first, second;
	bool never = false;
	int i;

	send_text(*state, "one");
	first = expect_message(client, "one", 1, false, NULL);
	ahead_us = (HUB_MESSAGE_LOCK_S - 5) * INT64_C(1000000);
	rig_wait(*state, &never, 1300);
	expect_silence(client);
	ahead_us = (HUB_MESSAGE_LOCK_S + 5) * INT64_C(1000000);
	second = expect_message(client, "one", 1, false, NULL);
	assert_int_not_equal(first, second);
	/* Its lock is lost: that was another delivery. */
	acknowledge(client, first);
	expect_count(*state, 1);
	acknowledge(client, second);
	expect_count(*state, 0);
	/* And not without end. */
	send_text(*state, "poison");
	for (i = 0; i < HUB_MESSAGE_DELIVERIES_MAX; i++) {
		expect_message(client, "poison", 1, false, NULL);
		ahead_us += (HUB_MESSAGE_LOCK_S + 1) * INT64_C(1000000);
	}
	rig_wait(*state, &never, 1300);
	expect_silence(client);
	expect_count(*state, 0);
	rig_client_free(client);
}

static void
test_what_has_expired_is_not_sent(void **state)
{
	struct rig_client *client;

	send_text(*state, "late");
	ahead_us = (HUB_MESSAGE_TTL_S + 1) * 1000000;
	expect_count(*state, 0);
	send_text(*state, "new");
	client = listen_at(*state, true, 1);
	expect_message(client, "new", 1, false, NULL);
	rig_client_free(client);
}

static void
test_fifty_wait_and_no_more(void **state)
{
	struct err err = { 0 };
	int i;

	for (i = 0; i < HUB_MESSAGES_MAX; i++)
		send_text(*state, "x");
	assert_int_equal(-1, try_text(*state, "x", &err));
	assert_int_equal(ERR_BUSY, err.code);
	assert_int_equal(HUB_MESSAGES_MAX,
	    hub_messages_purge(messages_of(*state), ID, &err));
	rig_turn(*state, 0);
	expect_count(*state, 0);
	send_text(*state, "x");
}

/* More than fits into what is queued for a client at once. */
static void
test_fifty_large_ones_all_arrive(void **state)
{
	size_t len = HUB_MESSAGE_MAX - 512;
	char *text = xcalloc(1, len + 1);
	struct rig_client *client;
	int i;

	memset(text, 'x', len);
	for (i = 0; i < HUB_MESSAGES_MAX; i++)
		send_text(*state, text);
	client = listen_at(*state, true, 1);
	for (i = 0; i < HUB_MESSAGES_MAX; i++)
		expect_message(client, text, 1, false, NULL);
	rig_client_free(client);
	free(text);
}

static void
test_properties_come_in_the_topic(void **state)
{
	cJSON *properties = cJSON_Parse("{\"k ey\":\"v/&=\"}");
	struct hub_message message = { .payload = "",
		.message_id = "m1",
		.correlation_id = "c1",
		.content_type = "application/json",
		.content_encoding = "utf-8",
		.properties = properties,
		.ttl_s = 60 };
	struct rig_client *client = listen_at(*state, true, 1);
	struct strbuf topic = { 0 };
	struct err err = { 0 };

	assert_int_equal(
	    0, hub_messages_send(messages_of(*state), ID, &message, &err));
	expect_message(client, "", 1, false, &topic);
	assert_true(str_starts_with(topic.data,
	    TOPIC "%24.to=%2Fdevices%2F" ID "%2Fmessages%2FdeviceBound"
		  "&%24.mid=m1&%24.cid=c1&%24.ct=application%2Fjson"
		  "&%24.ce=utf-8&%24.exp=20"));
	assert_non_null(strstr(topic.data, "Z&k%20ey=v%2F%26%3D"));
	rig_client_free(client);
	strbuf_fini(&topic);
	cJSON_Delete(properties);
}

static void
test_a_message_may_have_64_KB_with_its_properties(void **state)
{
	char *text = xcalloc(1, HUB_MESSAGE_MAX + 1);
	struct err err = { 0 };

	memset(text, 'x', HUB_MESSAGE_MAX);
	assert_int_equal(-1, try_text(*state, text, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	free(text);
}

static void
test_properties_fit_into_a_topic_or_are_refused(void **state)
{
	struct rig_client *client = listen_at(*state, true, 1);
	char *value = xcalloc(1, MQTT_STR_MAX);
	struct hub_message message = { .payload = "",
		.message_id = value,
		.ttl_s = 60 };
	struct err err = { 0 };

	/* Less than a message may have, and more than a topic. */
	memset(value, 'x', MQTT_STR_MAX - 120);
	assert_int_equal(
	    -1, hub_messages_send(messages_of(*state), ID, &message, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	value[MQTT_STR_MAX - 512] = '\0';
	assert_int_equal(
	    0, hub_messages_send(messages_of(*state), ID, &message, &err));
	expect_message(client, "", 1, false, NULL);
	free(value);
	rig_client_free(client);
}

static void
test_messages_go_with_their_device(void **state)
{
	struct err err = { 0 };

	send_text(*state, "x");
	assert_int_equal(0,
	    hub_registry_delete(rig_hub(*state)->registry, ID, "*", &err));
	rig_turn(*state, 0);
	assert_int_equal(-1, try_text(*state, "x", &err));
	assert_int_equal(ERR_NOT_FOUND, err.code);
	rig_add_device(*state, ID);
	expect_count(*state, 0);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_a_message_is_done_with_when_it_is_acknowledged),
		CASE(test_at_qos_0_it_is_done_with_when_it_is_sent),
		CASE(test_what_waits_comes_in_order_after_subscribe),
		CASE(test_a_kept_session_gets_again_what_it_left_with_DUP),
		CASE(test_a_clean_session_gets_it_anew),
		CASE(test_after_ten_deliveries_it_is_dropped),
		CASE(
		    test_what_is_not_acknowledged_in_time_comes_again),
		CASE(test_what_has_expired_is_not_sent),
		CASE(test_fifty_wait_and_no_more),
		CASE(test_fifty_large_ones_all_arrive),
		CASE(test_properties_come_in_the_topic),
		CASE(test_a_message_may_have_64_KB_with_its_properties),
		CASE(test_properties_fit_into_a_topic_or_are_refused),
		CASE(test_messages_go_with_their_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
