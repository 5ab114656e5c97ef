#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/deck/twin_history.h"
#include "tests/support/test.h"

#define SEEN_US INT64_C(1795312889000000)

static int
setup(void **state)
{
	*state = twin_history_new();
	return 0;
}

static int
teardown(void **state)
{
	twin_history_free(*state);
	return 0;
}

/* minute is when desired was written last; size bytes of ballast. */
static void
take(struct twin_history *history, const char *id, int64_t version, int minute,
    size_t size)
{
	char *ballast = xcalloc(1, size + 1), *text;
	cJSON *twin;

	memset(ballast, 'x', size);
	text = xasprintf("{\"deviceId\":\"%s\",\"version\":%" PRId64
			 ",\"properties\":{\"desired\":{\"b\":\"%s\","
			 "\"$metadata\":{\"$lastUpdated\":"
			 "\"2026-11-22T02:%02d:00Z\"}}}}",
	    id, version, ballast, minute);
	twin = json_parse(text, strlen(text), NULL);
	assert_non_null(twin);
	twin_history_take(history, twin, SEEN_US + version);
	cJSON_Delete(twin);
	free(text);
	free(ballast);
}

static int64_t
version_at(struct twin_history *history, const char *id, size_t i)
{
	const struct twin_seen *seen = twin_history_at(history, id, i);

	return seen != NULL ? seen->version : -1;
}

static void
test_each_version_is_kept_once_with_when_it_was_seen(void **state)
{
	struct twin_history *h = *state;

	twin_history_follow(h, "a");
	take(h, "a", 2, 1, 0);
	take(h, "a", 2, 1, 0);
	take(h, "a", 5, 2, 0);
	take(h, "a", 3, 1, 0); /* a query that lags behind */
	assert_int_equal(2, twin_history_size(h, "a"));
	assert_int_equal(2, version_at(h, "a", 0));
	assert_int_equal(5, version_at(h, "a", 1));
	assert_int_equal(SEEN_US + 5, twin_history_at(h, "a", 1)->seen_us);
	assert_non_null(
	    strstr(twin_history_at(h, "a", 1)->text, "\"version\":5"));
	assert_null(twin_history_at(h, "a", 2));
}

static void
test_a_device_that_nobody_looked_at_costs_nothing(void **state)
{
	struct twin_history *h = *state;

	take(h, "a", 2, 1, 0);
	assert_int_equal(0, twin_history_size(h, "a"));
	assert_null(twin_history_at(h, "a", 0));
}

static void
test_a_device_made_again_begins_anew(void **state)
{
	struct twin_history *h = *state;

	twin_history_follow(h, "a");
	take(h, "a", 8, 1, 0);
	take(h, "a", 9, 1, 0);
	take(h, "a", 2, 5, 0);
	assert_int_equal(1, twin_history_size(h, "a"));
	assert_int_equal(2, version_at(h, "a", 0));
	twin_history_forget(h, "a");
	assert_int_equal(0, twin_history_size(h, "a"));
	take(h, "a", 2, 1, 0);
	assert_int_equal(1, twin_history_size(h, "a"));
}

static void
test_versions_devices_and_bytes_are_bounded(void **state)
{
	struct twin_history *h = *state;
	char id[16];
	size_t i, kept = 0;

	twin_history_follow(h, "a");
	for (i = 1; i <= TWIN_HISTORY_VERSIONS + 5; i++)
		take(h, "a", (int64_t)i, 1, 0);
	assert_int_equal(TWIN_HISTORY_VERSIONS, twin_history_size(h, "a"));
	assert_int_equal(6, version_at(h, "a", 0));

	for (i = 0; i < TWIN_HISTORY_DEVICES; i++) {
		snprintf(id, sizeof(id), "d%zu", i);
		twin_history_follow(h, id);
		take(h, id, 2, 1, 0);
	}
	assert_int_equal(0, twin_history_size(h, "a"));
	assert_int_equal(1, twin_history_size(h, "d0"));

	for (i = 3; i < 23; i++)
		take(h, "d1", (int64_t)i, 1, TWIN_HISTORY_TWIN_MAX / 2);
	for (i = 0; i < TWIN_HISTORY_DEVICES; i++) {
		size_t k;

		snprintf(id, sizeof(id), "d%zu", i);
		for (k = 0; k < twin_history_size(h, id); k++)
			kept += twin_history_at(h, id, k)->len;
	}
	assert_true(kept <= TWIN_HISTORY_BYTES);
	assert_int_equal(
	    22, version_at(h, "d1", twin_history_size(h, "d1") - 1));
	assert_true(twin_history_size(h, "d1") > 1);
}

static void
test_a_twin_beyond_the_limit_is_not_kept(void **state)
{
	struct twin_history *h = *state;

	twin_history_follow(h, "a");
	take(h, "a", 2, 1, TWIN_HISTORY_TWIN_MAX + 1);
	assert_int_equal(0, twin_history_size(h, "a"));
}

static void
test_what_is_no_twin_is_left_alone(void **state)
{
	static const char *const texts[] = { "{}", "[]",
		"{\"deviceId\":7,\"version\":1}", "{\"deviceId\":\"a\"}",
		"{\"deviceId\":\"a\",\"version\":\"1\"}" };
	struct twin_history *h = *state;
	cJSON *json;
	size_t i;

	twin_history_follow(h, "a");
	for (i = 0; i < N_ROWS(texts); i++) {
		json = json_parse(texts[i], strlen(texts[i]), NULL);
		twin_history_take(h, json, SEEN_US);
		cJSON_Delete(json);
	}
	twin_history_take(h, NULL, SEEN_US);
	assert_int_equal(0, twin_history_size(h, "a"));
}

#define HISTORY_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HISTORY_TEST(
		    test_each_version_is_kept_once_with_when_it_was_seen),
		HISTORY_TEST(test_a_device_that_nobody_looked_at_costs_nothing),
		HISTORY_TEST(test_a_device_made_again_begins_anew),
		HISTORY_TEST(test_versions_devices_and_bytes_are_bounded),
		HISTORY_TEST(test_a_twin_beyond_the_limit_is_not_kept),
		HISTORY_TEST(test_what_is_no_twin_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
