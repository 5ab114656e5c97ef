#include "config.h"

/*
 * The clock of the wall is set while the hub runs: a token is good until a
 * time of day, and nothing else is.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/hub/history.h"
#include "core/hub/hub.h"
#include "core/hub/job_records.h"
#include "core/hub/jobs.h"
#include "core/hub/sessions.h"
#include "core/iothub/topic.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define HOUR_US INT64_C(3600000000)
#define PAYLOAD "{\"lockTime\":\"10m\"}"

static int64_t set_by_us;

int64_t __wrap_clock_utc_us(void);
int64_t __real_clock_utc_us(void);

int64_t
__wrap_clock_utc_us(void)
{
	return __real_clock_utc_us() + set_by_us;
}

static int
set_up(void **state)
{
	set_by_us = 0;
	return rig_setup_two_devices(state);
}

static const int64_t jumps[] = { -2 * HOUR_US, 2 * HOUR_US };

static void
test_a_jump_ends_tokens_and_no_connection_else(void **state)
{
	struct rig_client *early = rig_client_new(*state);
	struct rig_client *late = rig_client_new(*state);
	struct hub_sessions *sessions = rig_hub(*state)->sessions;
	bool never = false;

	rig_client_connect(early, "d1", true, 60, RIG_HOUR);
	rig_client_connect(late, "d2", true, 60, 10 * RIG_HOUR);
	set_by_us = jumps[0];
	rig_wait(*state, &never, 1500);
	assert_true(hub_sessions_is_connected(sessions, "d1"));
	assert_true(hub_sessions_is_connected(sessions, "d2"));
	set_by_us = jumps[1];
	assert_true(rig_client_is_closed(early, RIG_PATIENCE_MS));
	assert_true(hub_sessions_is_connected(sessions, "d2"));
	rig_client_free(early);
	rig_client_free(late);
}

static void
test_a_call_is_answered_over_a_jump(void **state)
{
	struct rig_call call = { 0 };
	bool never = false;
	char *rid;
	size_t i;

	for (i = 0; i < N_ROWS(jumps); i++) {
		struct rig_client *device = rig_client_new(*state);

		set_by_us = 0;
		rig_client_connect(device, "d1", true, 60, 10 * RIG_HOUR);
		rig_client_subscribe(device, TOPIC_METHODS_FILTER, 0);
		rig_invoke(*state, "d1", PAYLOAD, 0, 30, &call);
		rig_client_read_call(device, PAYLOAD, &rid);
		set_by_us = jumps[i];
		rig_wait(*state, &never, 1200);
		assert_false(call.done);
		rig_client_answer(device, 200, rid, "1");
		assert_true(rig_wait(*state, &call.done, RIG_PATIENCE_MS));
		assert_int_equal(HUB_METHOD_ANSWERED, call.end);
		free(call.payload);
		call.payload = NULL;
		free(rid);
		rig_client_free(device);
	}
}

static void
test_the_history_measures_by_no_wall(void **state)
{
	struct hub_history *history = rig_hub(*state)->history;
	struct strbuf out = { 0 };
	uint64_t number = hub_history_add(history, "d1", "m", "{}", 2);

	set_by_us = jumps[0];
	hub_history_end(history, number, "answered", 200);
	hub_history_format(history, 0, NULL, &out);
	assert_non_null(strstr(out.data, "\"elapsedMs\":0,"));
	strbuf_fini(&out);
}

static bool
job_says(struct rig *rig, const char *words)
{
	struct strbuf out = { 0 };
	bool found;

	assert_int_equal(1, hub_job_format(rig_hub(rig), "j1", &out, NULL));
	found = strstr(out.data, words) != NULL;
	strbuf_fini(&out);
	return found;
}

/* Its only device never answers. */
static void
test_a_job_has_its_time_over_a_jump(void **state)
{
	struct hub_job_order order = { .job_id = "j1",
		.type = HUB_JOB_METHOD,
		.condition = "deviceId = 'd1'",
		.max_execution_s = 3,
		.action = "{\"methodName\":\"m\","
			  "\"responseTimeoutInSeconds\":30}" };
	struct rig_client *device = rig_client_new(*state);
	int64_t start_ms = clock_mono_ms();
	struct strbuf packet = { 0 };
	struct err err = { 0 };
	bool never = false;

	rig_client_connect(device, "d1", true, 60, 10 * RIG_HOUR);
	rig_client_subscribe(device, TOPIC_METHODS_FILTER, 0);
	assert_int_equal(
	    0, hub_jobs_create(rig_hub(*state)->jobs, &order, &err));
	rig_client_read(device, &packet);
	set_by_us = jumps[1];
	rig_wait(*state, &never, 500);
	assert_true(job_says(*state, "\"status\":\"running\""));
	set_by_us = jumps[0];
	while (job_says(*state, "\"status\":\"running\"") &&
	    clock_mono_ms() - start_ms < RIG_PATIENCE_MS)
		rig_turn(*state, 50);
	assert_true(job_says(*state, "\"status\":\"completed\""));
	assert_in_range(clock_mono_ms() - start_ms, 2900, 8000);
	strbuf_fini(&packet);
	rig_client_free(device);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_a_jump_ends_tokens_and_no_connection_else),
		CASE(test_a_call_is_answered_over_a_jump),
		CASE(test_the_history_measures_by_no_wall),
		CASE(test_a_job_has_its_time_over_a_jump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
