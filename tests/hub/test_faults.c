#include "config.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/hub/faults.h"
#include "core/hub/history.h"
#include "core/hub/hub.h"
#include "core/hub/sessions.h"
#include "core/hub/twins.h"
#include "core/mqtt/publish.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

static int
setup(void **state)
{
	*state = hub_faults_new();
	return 0;
}

static int
teardown(void **state)
{
	hub_faults_free(*state);
	return 0;
}

static void
set(struct hub_faults *faults, const char *list)
{
	struct err err = { 0 };

	if (hub_faults_set_list(faults, list, &err) == -1)
		fail_msg("%s", err.text);
}

static void
test_a_rule_is_for_its_device_or_for_all(void **state)
{
	struct hub_faults *faults = *state;

	set(faults, "loss=100%@d1,latency=20ms,latency=1s@d2");
	assert_int_equal(HUB_FAULT_LOSS, hub_faults_roll(faults, "d1").fault);
	assert_int_equal(20, hub_faults_roll(faults, "d1").delay_ms);
	assert_int_equal(HUB_FAULT_NONE, hub_faults_roll(faults, "d2").fault);
	assert_int_equal(1020, hub_faults_roll(faults, "d2").delay_ms);
	assert_int_equal(20, hub_faults_roll(faults, NULL).delay_ms);
}

static void
test_a_percentage_left_out_is_always_and_zero_is_never(void **state)
{
	struct hub_faults *faults = *state;
	int i;

	set(faults, "429@d1,503=0@d2");
	for (i = 0; i < 1000; i++) {
		assert_int_equal(
		    IOTHUB_THROTTLING, hub_faults_roll(faults, "d1").error);
		assert_int_equal(
		    HUB_FAULT_NONE, hub_faults_roll(faults, "d2").fault);
	}
}

static void
test_a_share_of_requests_is_hit(void **state)
{
	struct hub_faults *faults = *state;
	int i, n = 0;

	set(faults, "500=30%");
	for (i = 0; i < 10000; i++)
		n += hub_faults_roll(faults, NULL).fault == HUB_FAULT_ERROR;
	assert_in_range(n, 2500, 3500);
}

static void
test_the_clock_is_off_for_whom_it_is_said(void **state)
{
	struct hub_faults *faults = *state;

	set(faults, "clock-skew=-10m,clock-skew=1h@d");
	assert_int_equal(-600, hub_faults_skew_s(faults, NULL));
	assert_int_equal(3000, hub_faults_skew_s(faults, "d"));
	set(faults, "");
	assert_int_equal(0, hub_faults_skew_s(faults, "d"));
}

static void
test_offline_is_a_device_or_all(void **state)
{
	struct hub_faults *faults = *state;

	set(faults, "offline@d");
	assert_true(hub_faults_is_offline(faults, "d"));
	assert_false(hub_faults_is_offline(faults, "e"));
	set(faults, "offline");
	assert_true(hub_faults_is_offline(faults, "e"));
}

static void
test_what_is_no_rule_is_refused_and_changes_nothing(void **state)
{
	static const char *const wrong[] = { "", "nonsense", "latency",
		"latency=fast", "latency=2h", "loss=101%", "loss=-1",
		"loss=1.5", "loss=%", "offline=1", "offline@", "@d",
		"clock-skew", "loss=10%%", "lossy" };
	struct hub_faults *faults = *state;
	struct strbuf out = { 0 };
	struct err err = { 0 };
	size_t i;

	set(faults, "loss=1%,offline@d");
	for (i = 0; i < N_ROWS(wrong); i++) {
		err_clear(&err);
		assert_int_equal(
		    -1, hub_faults_set(faults, &wrong[i], 1, &err));
		assert_int_equal(ERR_INVALID, err.code);
	}
	hub_faults_format(faults, &out);
	assert_string_equal("[\"loss=1%\",\"offline@d\"]", out.data);
	strbuf_fini(&out);
}

static void
test_an_id_may_hold_what_separates(void **state)
{
	static const char *const rule = "offline@a,b=c@d";

	assert_int_equal(0, hub_faults_set(*state, &rule, 1, NULL));
	assert_true(hub_faults_is_offline(*state, "a,b=c@d"));
}

static void
test_the_history_is_bounded_and_keeps_the_last(void **state)
{
	struct hub_history *history = hub_history_new();
	struct strbuf out = { 0 };
	uint64_t n = 0;
	int i;

	(void)state;
	for (i = 0; i < HUB_HISTORY_MAX + 5; i++)
		n = hub_history_add(history, i % 2 ? "d1" : "d0", "m", "{}", 2);
	assert_int_equal(HUB_HISTORY_MAX + 5, n);
	hub_history_end(history, 1, "answered", 200); /* long gone */
	hub_history_end(history, n, "answered", 200);
	hub_history_format(history, n - 2, NULL, &out);
	assert_non_null(strstr(out.data, "\"number\":1004,"));
	assert_non_null(strstr(out.data, "\"outcome\":\"waiting\""));
	assert_non_null(strstr(out.data, "\"status\":200}]"));
	strbuf_reset(&out);
	hub_history_format(history, n - 2, "d1", &out);
	assert_null(strstr(out.data, "d0"));
	strbuf_reset(&out);
	hub_history_format(history, n, NULL, &out);
	assert_string_equal("[]", out.data);
	strbuf_reset(&out);
	hub_history_clear(history);
	hub_history_format(history, 0, NULL, &out);
	assert_string_equal("[]", out.data);
	strbuf_fini(&out);
	hub_history_free(history);
}

static void
set_at(struct rig *rig, const char *list)
{
	set(rig_hub(rig)->faults, list);
	hub_sessions_close_offline(rig_hub(rig)->sessions);
}

static struct rig_client *
dial(struct rig *rig)
{
	struct rig_client *client = rig_client_new(rig);

	rig_client_connect(client, "d", true, 60, RIG_HOUR);
	return client;
}

/* Reports, and reads the answer; whether it holds text. */
static bool
reports(struct rig_client *client, const char *text)
{
	struct mqtt_publish publish = {
		.topic_name =
		    mqtt_str("$iothub/twin/PATCH/properties/reported/?$rid=1"),
		.payload = { "{\"n\":1}", 7 },
	};
	struct strbuf packet = { 0 };
	bool does;

	mqtt_publish_write(&packet, &publish);
	rig_client_send(client, packet.data, packet.len);
	rig_client_read(client, &packet);
	does = packet.len > 0 &&
	    memmem(packet.data, packet.len, text, strlen(text)) != NULL;
	strbuf_fini(&packet);
	return does;
}

static bool
has_reported(struct rig *rig)
{
	char *view = hub_twins_device_view(rig_hub(rig)->twins, "d", NULL);
	bool has = strstr(view, "\"reported\":{\"n\":1") != NULL;

	free(view);
	return has;
}

static void
test_what_a_device_meets(void **state)
{
	struct rig *rig = rig_new();
	struct rig_client *client;

	(void)state;
	rig_add_device(rig, "d");
	client = dial(rig);
	set_at(rig, "503@d");
	assert_true(reports(client, "$iothub/twin/res/503/?$rid=1"));
	set_at(rig, "loss@d");
	assert_false(reports(client, ""));
	rig_client_free(client);
	assert_false(has_reported(rig));

	set_at(rig, "");
	client = dial(rig);
	set_at(rig, "answer-loss@d,latency=50ms");
	assert_false(reports(client, ""));
	rig_client_free(client);
	assert_true(has_reported(rig));

	set_at(rig, "offline@other");
	client = dial(rig);
	assert_true(reports(client, "$iothub/twin/res/204/"));
	set_at(rig, "offline@d");
	assert_true(rig_client_is_closed(client, RIG_PATIENCE_MS));
	rig_client_free(client);
	rig_free(rig);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_a_rule_is_for_its_device_or_for_all),
		CASE(test_a_percentage_left_out_is_always_and_zero_is_never),
		CASE(test_a_share_of_requests_is_hit),
		CASE(test_the_clock_is_off_for_whom_it_is_said),
		CASE(test_offline_is_a_device_or_all),
		CASE(test_what_is_no_rule_is_refused_and_changes_nothing),
		CASE(test_an_id_may_hold_what_separates),
		CASE(test_the_history_is_bounded_and_keeps_the_last),
		cmocka_unit_test(test_what_a_device_meets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
