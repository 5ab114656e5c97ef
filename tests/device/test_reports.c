#include "config.h"

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/device/reports.h"
#include "tests/support/test.h"

static size_t
put(struct device_reports *reports, const char *patch, bool fold)
{
	return device_reports_put(reports, cJSON_Parse(patch), fold);
}

static void
next_is(struct device_reports *reports, const char *expected)
{
	char *text;

	assert_non_null(device_reports_first(reports));
	text = json_print(device_reports_first(reports));
	assert_string_equal(expected, text);
	cJSON_free(text);
	device_reports_drop_first(reports);
}

static void
test_patches_stay_apart_and_in_order_while_they_are_sent(void **state)
{
	struct device_reports *reports = device_reports_new();

	(void)state;
	put(reports, "{\"s\":\"standBy\"}", false);
	put(reports, "{\"s\":\"downloading\"}", false);
	next_is(reports, "{\"s\":\"standBy\"}");
	next_is(reports, "{\"s\":\"downloading\"}");
	assert_null(device_reports_first(reports));
	device_reports_free(reports);
}

static void
test_offline_they_become_one_that_keeps_its_nulls(void **state)
{
	struct device_reports *reports = device_reports_new();

	(void)state;
	put(reports, "{\"a\":1,\"o\":{\"x\":1,\"y\":2}}", true);
	put(reports, "{\"a\":null,\"o\":{\"x\":null},\"b\":3}", true);
	assert_int_equal(1, device_reports_count(reports));
	next_is(reports, "{\"a\":null,\"o\":{\"x\":null,\"y\":2},\"b\":3}");
	device_reports_free(reports);
}

static void
test_patches_that_no_single_one_can_say_stay_two(void **state)
{
	struct device_reports *reports = device_reports_new();

	(void)state;
	put(reports, "{\"a\":null}", true);
	put(reports, "{\"a\":{\"b\":2}}", true);
	put(reports, "{\"a\":{\"c\":3}}", true);
	next_is(reports, "{\"a\":null}");
	next_is(reports, "{\"a\":{\"b\":2,\"c\":3}}");
	device_reports_free(reports);
}

static void
test_what_is_on_its_way_is_not_changed(void **state)
{
	struct device_reports *reports = device_reports_new();

	(void)state;
	put(reports, "{\"a\":1}", true);
	device_reports_set_in_flight(reports, true);
	put(reports, "{\"a\":2}", true);
	next_is(reports, "{\"a\":1}");
	next_is(reports, "{\"a\":2}");
	device_reports_free(reports);
}

static void
test_the_queue_is_bounded_and_drops_the_oldest(void **state)
{
	struct device_reports *reports = device_reports_new();
	size_t i, dropped = 0;

	(void)state;
	put(reports, "{\"first\":1}", false);
	device_reports_set_in_flight(reports, true);
	for (i = 0; i < DEVICE_REPORTS_MAX; i++)
		dropped += put(reports,
		    i % 2 == 0 ? "{\"a\":null}" : "{\"a\":{\"b\":1}}", false);
	assert_int_equal(1, dropped);
	assert_int_equal(DEVICE_REPORTS_MAX, device_reports_count(reports));
	next_is(reports, "{\"first\":1}");
	next_is(reports, "{\"a\":{\"b\":1}}");
	device_reports_free(reports);
}

static void
test_a_full_queue_folds_before_it_drops(void **state)
{
	struct device_reports *reports = device_reports_new();
	size_t i, dropped = 0;

	(void)state;
	for (i = 0; i < 2 * DEVICE_REPORTS_MAX; i++)
		dropped += put(reports, "{\"a\":1}", false);
	assert_int_equal(0, dropped);
	assert_int_equal(DEVICE_REPORTS_MAX, device_reports_count(reports));
	device_reports_free(reports);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_patches_stay_apart_and_in_order_while_they_are_sent),
		cmocka_unit_test(
		    test_offline_they_become_one_that_keeps_its_nulls),
		cmocka_unit_test(
		    test_patches_that_no_single_one_can_say_stay_two),
		cmocka_unit_test(test_what_is_on_its_way_is_not_changed),
		cmocka_unit_test(
		    test_the_queue_is_bounded_and_drops_the_oldest),
		cmocka_unit_test(test_a_full_queue_folds_before_it_drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
