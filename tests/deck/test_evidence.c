#include "config.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/deck/evidence.h"
#include "tests/support/test.h"

static const struct row {
	const char *name;
	const char *reported;
	enum firmware_phase phase;
	int percent;
	const char *version, *failure;
} rows[] = {
	{ "nothing", "{}", PHASE_NONE, -1, NULL, NULL },
	{ "tutorial, at rest", "{\"firmwareStatus\":\"standBy\"}",
	    PHASE_WAITING, -1, NULL, NULL },
	{ "tutorial, with version and per cent",
	    "{\"firmwareStatus\":\"downloading\",\"firmwareProgress\":41,"
	    "\"firmwareVersion\":\"1.4.1\"}",
	    PHASE_DOWNLOADING, 41, "1.4.1", NULL },
	{ "words in any case", "{\"firmwareStatus\":\"APPLYING\"}",
	    PHASE_APPLYING, -1, NULL, NULL },
	{ "failed, with the reason",
	    "{\"firmwareStatus\":\"failed\",\"firmwareError\":\"sha-256\"}",
	    PHASE_FAILED, -1, NULL, "sha-256" },
	{ "an old reason is not today's",
	    "{\"firmwareStatus\":\"applying\",\"firmwareError\":\"sha-256\"}",
	    PHASE_APPLYING, -1, NULL, NULL },
	{ "the old Node tutorial",
	    "{\"iothubDM\":{\"firmwareUpdate\":{\"status\":\"applyComplete\"}}}",
	    PHASE_COMPLETED, -1, NULL, NULL },
	{ "its failure",
	    "{\"iothubDM\":{\"firmwareUpdate\":{\"status\":\"downloadfailed\","
	    "\"error\":{\"code\":1,\"message\":\"no disk\"}}}}",
	    PHASE_FAILED, -1, NULL, "no disk" },
	{ "today's pattern, before any update",
	    "{\"firmware\":{\"fwUpdateStatus\":\"current\","
	    "\"currentFwVersion\":\"1.0.0\",\"lastFwUpdateEndTime\":\"\"}}",
	    PHASE_WAITING, -1, "1.0.0", NULL },
	{ "today's pattern, after an update",
	    "{\"firmware\":{\"fwUpdateStatus\":\"current\",\"currentFwVersion\":"
	    "\"2.8.5\",\"lastFwUpdateEndTime\":\"2026-11-22T10:00:00Z\"}}",
	    PHASE_COMPLETED, -1, "2.8.5", NULL },
	{ "a word of the device's own", "{\"firmwareStatus\":\"pondering\"}",
	    PHASE_OTHER, -1, NULL, NULL },
	{ "no text at all", "{\"firmwareStatus\":{\"a\":1},\"door\":7,"
	    "\"firmwareVersion\":3}", PHASE_NONE, -1, NULL, NULL },
	{ "the one reported last wins",
	    "{\"firmwareStatus\":\"completed\",\"firmware\":{\"fwUpdateStatus\":"
	    "\"applying\"},\"$metadata\":{\"firmwareStatus\":{\"$lastUpdated\":"
	    "\"2026-01-01T00:00:00Z\"},\"firmware\":{\"fwUpdateStatus\":"
	    "{\"$lastUpdated\":\"2026-02-01T00:00:00Z\"}}}}",
	    PHASE_APPLYING, -1, NULL, NULL },
};

static cJSON *
twin_of(const char *reported)
{
	cJSON *twin = cJSON_CreateObject(), *json = cJSON_Parse(reported);
	cJSON *properties = cJSON_AddObjectToObject(twin, "properties");

	assert_non_null(json);
	cJSON_AddItemToObject(properties, "reported", json);
	return twin;
}

static void
assert_text(const char *name, const char *expected, const char *text)
{
	if (expected == NULL ? text != NULL
			     : text == NULL || strcmp(expected, text) != 0)
		fail_msg("%s: %s", name, text != NULL ? text : "(none)");
}

static void
test_the_phase_is_found_where_each_tutorial_reports_it(void **state)
{
	struct evidence e;
	cJSON *twin;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		twin = twin_of(rows[i].reported);
		evidence_read(twin, &e);
		if (e.phase != rows[i].phase || e.percent != rows[i].percent)
			fail_msg("%s: %s %d", rows[i].name,
			    firmware_phase_name(e.phase), e.percent);
		assert_text(rows[i].name, rows[i].version, e.version);
		assert_text(rows[i].name, rows[i].failure, e.failure);
		cJSON_Delete(twin);
	}
}

static void
test_the_door_has_a_state_a_time_and_an_end(void **state)
{
	cJSON *twin = twin_of("{\"door\":{\"state\":\"locked\",\"until\":"
	    "\"2026-11-22T02:00:01Z\"},\"$metadata\":{\"door\":{\"state\":"
	    "{\"$lastUpdated\":\"2026-11-22T01:00:00Z\"}}},\"$version\":9}");
	struct evidence e;
	int64_t until;

	(void)state;
	evidence_read(twin, &e);
	assert_int_equal(DOOR_LOCKED, e.door);
	assert_string_equal("2026-11-22T01:00:00Z", e.door_time);
	assert_int_equal(0, clock_parse_iso("2026-11-22T02:00:01Z", &until));
	assert_int_equal(until, e.door_until_us);
	assert_int_equal(9, e.reported_version);
	assert_int_equal(-1, e.desired_version);
	cJSON_Delete(twin);
}

static void
test_drift_counts_desired_leaves_that_reported_does_not_match(void **state)
{
	static const struct {
		const char *desired, *reported;
		size_t drift;
	} drifts[] = {
		{ "{}", "{\"a\":1}", 0 },
		{ "{\"a\":1,\"$version\":3,\"$metadata\":{\"a\":{}}}",
		    "{\"a\":1}", 0 },
		{ "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "{\"b\":{\"c\":2}}", 2 },
		{ "{\"b\":{\"c\":2,\"d\":3}}", "{\"b\":7}", 2 },
		{ "{\"a\":[1,2]}", "{\"a\":[1,2,3]}", 1 },
		{ "{\"a\":\"43\"}", "{\"a\":43}", 1 },
	};
	cJSON *twin;
	struct evidence e;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(drifts); i++) {
		twin = twin_of(drifts[i].reported);
		cJSON_AddItemToObject(
		    cJSON_GetObjectItem(twin, "properties"), "desired",
		    cJSON_Parse(drifts[i].desired));
		evidence_read(twin, &e);
		if (e.drift != drifts[i].drift)
			fail_msg("%s: %zu", drifts[i].desired, e.drift);
		cJSON_Delete(twin);
	}
}

static void
test_a_twin_of_nonsense_says_nothing(void **state)
{
	static const char *const twins[] = { "null", "[]", "7",
		"{\"properties\":[]}", "{\"properties\":{\"reported\":null}}",
		("{\"connectionState\":7,\"properties\":{\"reported\":{"
		 "\"$metadata\":3,\"firmwareStatus\":\"completed\"}}}") };
	struct evidence e;
	cJSON *twin;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(twins); i++) {
		twin = cJSON_Parse(twins[i]);
		evidence_read(twin, &e);
		assert_int_equal(LINK_UNKNOWN, e.link);
		assert_int_equal(DOOR_NONE, e.door);
		assert_null(e.phase_time);
		cJSON_Delete(twin);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_the_phase_is_found_where_each_tutorial_reports_it),
		cmocka_unit_test(test_the_door_has_a_state_a_time_and_an_end),
		cmocka_unit_test(
		    test_drift_counts_desired_leaves_that_reported_does_not_match),
		cmocka_unit_test(test_a_twin_of_nonsense_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
