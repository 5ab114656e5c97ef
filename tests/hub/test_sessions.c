#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/registry.h"
#include "core/hub/session.h"
#include "core/hub/sessions.h"
#include "core/hub/twins.h"
#include "core/iothub/topic.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/publish.h"
#include "core/store/store.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

static bool
is_connected(struct rig *rig, const char *device_id)
{
	return hub_sessions_is_connected(rig_hub(rig)->sessions, device_id);
}

/* The connectionState that a service would see. */
static bool
registry_says(struct rig *rig, const char *device_id, const char *words)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	bool found;

	assert_int_equal(0,
	    hub_registry_format(
		rig_hub(rig)->registry, device_id, &out, NULL, &err));
	found = strstr(out.data, words) != NULL;
	strbuf_fini(&out);
	return found;
}

/* Appends PUBLISH at QoS 0; takes its texts, which are owned. */
static void
put_publish(struct strbuf *out, char *topic_name, char *payload)
{
	struct mqtt_publish publish = { .topic_name = mqtt_str(topic_name),
		.payload = mqtt_str(payload) };

	mqtt_publish_write(out, &publish);
	free(topic_name);
	free(payload);
}

static void
test_a_new_connection_takes_the_place_of_the_old(void **state)
{
	struct rig *rig = *state;
	struct rig_client *old = rig_client_new(rig);
	struct rig_client *new = rig_client_new(rig);

	rig_client_connect(old, "d1", false, 60, RIG_HOUR);
	assert_true(is_connected(rig, "d1"));
	rig_client_connect(new, "d1", false, 60, RIG_HOUR);
	assert_true(rig_client_is_closed(old, RIG_PATIENCE_MS));
	assert_true(is_connected(rig, "d1"));
	assert_int_equal(1, hub_sessions_count(rig_hub(rig)->sessions));
	assert_true(
	    registry_says(rig, "d1", "\"connectionState\":\"Connected\""));
	assert_false(rig_client_is_closed(new, 50));
	rig_client_free(old);
	rig_client_free(new);
}

static void
test_who_cannot_show_who_it_is_takes_no_place(void **state)
{
	static const char connect[] =
	    "\x10\x14\0\4MQTT\4\xc2\0\x3c\0\2d1\0\1u\0\1p";
	struct rig *rig = *state;
	struct rig_client *old = rig_client_new(rig);
	struct rig_client *new = rig_client_new(rig);

	rig_client_connect(old, "d1", false, 60, RIG_HOUR);
	rig_client_send(new, connect, sizeof(connect) - 1);
	assert_true(rig_client_is_closed(new, RIG_PATIENCE_MS));
	assert_false(rig_client_is_closed(old, 50));
	assert_true(is_connected(rig, "d1"));
	rig_client_free(old);
	rig_client_free(new);
}

static void
test_silence_beyond_the_keep_alive_ends_it(void **state)
{
	struct rig *rig = *state;
	struct rig_client *quiet = rig_client_new(rig);
	int64_t begin_ms = clock_mono_ms(), took_ms;

	rig_client_connect(quiet, "d1", false, 1, RIG_HOUR);
	assert_true(rig_client_is_closed(quiet, RIG_PATIENCE_MS));
	took_ms = clock_mono_ms() - begin_ms;
	/* 1.5 times, and the tick that the hub looks at. */
	assert_in_range(took_ms, 1500, 4500);
	assert_false(is_connected(rig, "d1"));
	assert_true(
	    registry_says(rig, "d1", "\"connectionState\":\"Disconnected\""));
	rig_client_free(quiet);
}

static void
test_any_packet_puts_the_end_off(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	int i;

	rig_client_connect(client, "d1", false, 2, RIG_HOUR);
	for (i = 0; i < 5; i++) {
		assert_false(rig_client_is_closed(client, 1000));
		rig_client_send(client, "\xc0\0", 2);
	}
	rig_client_free(client);
}

static void
test_the_end_of_its_token_is_the_end_of_it(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);

	rig_client_connect(client, "d1", false, 60, 2);
	assert_false(rig_client_is_closed(client, 500));
	assert_true(rig_client_is_closed(client, 4000));
	rig_client_free(client);
}

static void
test_disabled_and_deleted_devices_lose_their_connection(void **state)
{
	struct rig *rig = *state;
	struct hub *hub = rig_hub(rig);
	struct rig_client *client = rig_client_new(rig);
	struct err err = { 0 };

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0);
	hub_sessions_close(hub->sessions, "d1", "disabled");
	assert_true(rig_client_is_closed(client, RIG_PATIENCE_MS));
	rig_client_free(client);

	client = rig_client_new(rig);
	assert_true(rig_client_connect(client, "d1", false, 60, RIG_HOUR));
	assert_int_equal(
	    0, hub_registry_delete(hub->registry, "d1", "*", &err));
	assert_true(rig_client_is_closed(client, RIG_PATIENCE_MS));
	rig_client_free(client);

	/* What it had subscribed to went with it. */
	rig_add_device(rig, "d1");
	client = rig_client_new(rig);
	assert_false(rig_client_connect(client, "d1", false, 60, RIG_HOUR));
	rig_client_free(client);
}

static void
test_who_does_not_read_is_closed(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	char *patch = xmalloc(32 * 1024);
	int i;

	rig_client_connect(client, "d1", true, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_DESIRED_FILTER, 0);
	memset(patch, 'x', 32 * 1024);
	memcpy(patch, "{\"a\":\"", 6);
	memcpy(patch + 32 * 1024 - 3, "\"}", 3);
	for (i = 0; i < 1000 && is_connected(rig, "d1"); i++) {
		hub_sessions_notify_desired(
		    rig_hub(rig)->sessions, "d1", patch, i);
		rig_turn(rig, 0);
	}
	/* What the kernel takes, and the limit. */
	assert_in_range(i, 64, 999);
	free(patch);
	rig_client_free(client);
}

/* Questions in one go whose answers are more than the hub queues. */
static void
test_who_reads_late_gets_every_answer(void **state)
{
	enum { QUESTIONS = 200 };
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	struct strbuf packet = { 0 };
	char *text = xmalloc(4001);
	int i;

	memset(text, 'x', 4000);
	text[4000] = '\0';
	rig_client_connect(client, "d1", true, 60, RIG_HOUR);
	for (i = 0; i < 7; i++) {
		strbuf_reset(&packet);
		put_publish(&packet, topic_format_reported_patch("1"),
		    xasprintf("{\"k%d\":\"%s\"}", i, text));
		rig_client_send(client, packet.data, packet.len);
		rig_client_read(client, &packet);
		assert_non_null(strstr(packet.data + 4, "/204/"));
	}
	strbuf_reset(&packet);
	for (i = 0; i < QUESTIONS; i++)
		put_publish(&packet, topic_format_twin_get("1"), xstrdup(""));
	rig_client_send(client, packet.data, packet.len);
	for (i = 0; i < QUESTIONS; i++) {
		rig_client_read(client, &packet);
		assert_true(packet.len > 28000);
	}
	assert_true(is_connected(rig, "d1"));
	strbuf_fini(&packet);
	free(text);
	rig_client_free(client);
}

static void
leave_with_reports(struct rig *rig, bool disconnect)
{
	struct rig_client *client = rig_client_new(rig);
	struct strbuf out = { 0 };
	struct err err = { 0 };
	int i;

	rig_client_connect(client, "d1", true, 60, RIG_HOUR);
	for (i = 1; i <= 5; i++)
		put_publish(&out, topic_format_reported_patch("1"),
		    xasprintf("{\"n\":%d}", i));
	if (disconnect)
		strbuf_put(&out, "\xe0\0", 2);
	rig_client_send(client, out.data, out.len);
	rig_client_leave(client);
	rig_wait(rig, &(bool){ false }, 100);
	strbuf_reset(&out);
	assert_int_equal(
	    0, hub_twins_format(rig_hub(rig)->twins, "d1", &out, NULL, &err));
	assert_non_null(strstr(out.data, "\"reported\":{\"n\":5"));
	assert_false(is_connected(rig, "d1"));
	strbuf_fini(&out);
}

static void
test_what_was_said_before_leaving_is_done(void **state)
{
	leave_with_reports(*state, false);
	leave_with_reports(*state, true);
}

/* Connects with a model id, sends a message, and reads the twin then. */
static void
read_twin_of_model(struct rig *rig, const char *model_id, struct strbuf *out)
{
	struct rig_client *client = rig_client_new(rig);
	char *token = rig_token(rig, "d1", RIG_HOUR);
	char *user = xasprintf(
	    "127.0.0.1/d1/?api-version=2020-09-30&model-id=%s", model_id);
	struct mqtt_connect connect = {
		.client_id = mqtt_str("d1"),
		.user_name = mqtt_str(user),
		.password = mqtt_str(token),
	};
	struct err err = { 0 };

	strbuf_reset(out);
	mqtt_connect_write(out, &connect);
	put_publish(out, topic_format_telemetry("d1"), xstrdup("x"));
	rig_client_send(client, out->data, out->len);
	rig_client_read(client, out);
	rig_wait(rig, &(bool){ false }, 50);
	strbuf_reset(out);
	assert_int_equal(
	    0, hub_twins_format(rig_hub(rig)->twins, "d1", out, NULL, &err));
	free(user);
	free(token);
	rig_client_free(client);
}

static void
test_a_model_id_and_a_sign_of_life_are_kept(void **state)
{
	struct strbuf out = { 0 };

	read_twin_of_model(*state, "dtmi%3Aa%3Bx%3B1", &out);
	assert_non_null(strstr(out.data, "\"modelId\":\"dtmi:a;x;1\""));
	assert_non_null(strstr(out.data, "\"lastActivityTime\":\"20"));
	strbuf_fini(&out);
}

static void
test_a_device_cannot_spoil_its_twin_with_a_model_id(void **state)
{
	struct strbuf out = { 0 };

	read_twin_of_model(*state, "%ff%fe", &out);
	assert_non_null(strstr(out.data, "\"modelId\":\"\""));
	assert_true(utf8_is_valid(out.data, out.len));
	strbuf_fini(&out);
}

static void
test_what_cannot_be_kept_is_not_acknowledged(void **state)
{
	static const char subscribe[] = "\x82\x1b\0\1\0\x16"
					"$iothub/methods/POST/#";
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	struct strbuf packet = { 0 };
	struct err err = { 0 };

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	assert_int_equal(0,
	    store_exec(rig_hub(rig)->store,
		"ALTER TABLE session RENAME TO lost", &err));
	rig_client_send(client, subscribe, sizeof(subscribe));
	rig_client_read(client, &packet);
	assert_int_equal(0, packet.len);
	rig_client_free(client);

	assert_int_equal(0,
	    store_exec(rig_hub(rig)->store,
		"ALTER TABLE lost RENAME TO session", &err));
	client = rig_client_new(rig);
	assert_true(rig_client_connect(client, "d1", false, 60, RIG_HOUR));
	rig_client_free(client);
	strbuf_fini(&packet);
}

static void
test_who_sends_no_puback_is_closed(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	int i;

	rig_client_connect(client, "d1", true, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_DESIRED_FILTER, 1);
	for (i = 0; i <= HUB_UNACKED_MAX && is_connected(rig, "d1"); i++) {
		hub_sessions_notify_desired(
		    rig_hub(rig)->sessions, "d1", "{}", i);
		rig_turn(rig, 0);
	}
	assert_int_equal(HUB_UNACKED_MAX + 1, i);
	assert_false(is_connected(rig, "d1"));
	rig_client_free(client);
}

static int64_t
cpu_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	    (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* The clients are in this process and use up its descriptors too. */
static void
test_running_out_of_descriptors_is_survived(void **state)
{
	struct rig *rig = *state;
	struct rlimit was, few;
	int fds[64], n = 0;
	struct rig_client *client;
	bool never = false;
	int64_t before_ms;

	assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &was));
	few = was;
	few.rlim_cur = 64;
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &few));
	while (n < 64 && (fds[n] = rig_dial(rig)) != -1)
		n++;
	assert_in_range(n, 2, 63);

	/* Connections wait that cannot be accepted; the loop must not spin. */
	before_ms = cpu_ms();
	rig_wait(rig, &never, 1500);
	assert_true(cpu_ms() - before_ms < 500);

	while (n > 0)
		close(fds[--n]);
	rig_wait(rig, &never, 1500);
	client = rig_client_new(rig);
	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	rig_client_free(client);
	setrlimit(RLIMIT_NOFILE, &was);
}

static void
test_a_device_that_is_disabled_takes_its_modules_along(void **state)
{
	struct rig_client *module;
	cJSON *body = cJSON_Parse("{\"status\":\"disabled\"}");
	struct err err = { 0 };

	rig_add_device(*state, "owner");
	rig_add_device(*state, "owner/m");
	module = rig_client_new(*state);
	rig_client_connect(module, "owner/m", true, 60, RIG_HOUR);
	assert_int_equal(0,
	    hub_registry_put(
		rig_hub(*state)->registry, "owner", body, "*", &err));
	assert_true(rig_client_is_closed(module, RIG_PATIENCE_MS));
	rig_client_free(module);
	cJSON_Delete(body);
}

static void
test_a_module_and_its_device_are_connected_side_by_side(void **state)
{
	struct rig_client *device, *module;

	rig_add_device(*state, "both");
	rig_add_device(*state, "both/m");
	device = rig_client_new(*state);
	module = rig_client_new(*state);
	rig_client_connect(device, "both", true, 60, RIG_HOUR);
	rig_client_connect(module, "both/m", true, 60, RIG_HOUR);
	assert_false(rig_client_is_closed(device, 20));
	assert_false(rig_client_is_closed(module, 20));

	/* Deleted, it leaves with its device. */
	assert_int_equal(0,
	    hub_registry_delete(
		rig_hub(*state)->registry, "both", "*", NULL));
	assert_true(rig_client_is_closed(device, RIG_PATIENCE_MS));
	assert_true(rig_client_is_closed(module, RIG_PATIENCE_MS));
	rig_client_free(device);
	rig_client_free(module);
}

int
main(void)
{
#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, rig_setup_device, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_a_new_connection_takes_the_place_of_the_old),
		CASE(test_who_cannot_show_who_it_is_takes_no_place),
		CASE(test_silence_beyond_the_keep_alive_ends_it),
		CASE(test_any_packet_puts_the_end_off),
		CASE(test_the_end_of_its_token_is_the_end_of_it),
		CASE(test_disabled_and_deleted_devices_lose_their_connection),
		CASE(test_who_does_not_read_is_closed),
		CASE(test_who_reads_late_gets_every_answer),
		CASE(test_what_was_said_before_leaving_is_done),
		CASE(test_a_model_id_and_a_sign_of_life_are_kept),
		CASE(test_a_device_cannot_spoil_its_twin_with_a_model_id),
		CASE(test_what_cannot_be_kept_is_not_acknowledged),
		CASE(test_who_sends_no_puback_is_closed),
		CASE(test_running_out_of_descriptors_is_survived),
		CASE(test_a_device_that_is_disabled_takes_its_modules_along),
		CASE(test_a_module_and_its_device_are_connected_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
