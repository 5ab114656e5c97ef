#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "tests/support/test.h"

#define AT_US INT64_C(1795306460123456) /* 2026-11-22T00:14:20.123456Z */

static void
test_iot_hubs_form_is_written(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{ AT_US, "2026-11-22T00:14:20.1234560Z" },
		{ 0, "1970-01-01T00:00:00.0000000Z" },
		{ -1, "1969-12-31T23:59:59.9999990Z" },
		{ INT64_C(-62135596800000000), "0001-01-01T00:00:00.0000000Z" },
		{ INT64_C(253402300799999999), "9999-12-31T23:59:59.9999990Z" },
	};
	char out[CLOCK_STAMP_SIZE];
	int64_t back;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		clock_format_iso(out, rows[i].us);
		assert_string_equal(rows[i].text, out);
		assert_int_equal(0, clock_parse_iso(out, &back));
		assert_true(back == rows[i].us);
	}
}

static void
test_iso_is_read_with_z_an_offset_or_neither(void **state)
{
	static const struct {
		const char *text;
		int64_t us; /* from AT_US */
	} rows[] = {
		{ "2026-11-22T00:14:20.123456Z", 0 },
		{ "2026-11-22T00:14:20.1234567Z", 0 }, /* .NET's 100 ns */
		{ "2026-11-22T00:14:20.123456", 0 },
		{ "2026-11-22T02:14:20.123456+02:00", 0 },
		{ "2026-11-21T18:44:20.123456-05:30", 0 },
		{ "2026-11-22T00:14:20Z", -123456 },
		{ "2026-11-22T00:14Z", -20123456 },
		{ "2026-11-22T00:14:20.5Z", 376544 },
	};
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		assert_int_equal(0, clock_parse_iso(rows[i].text, &us));
		assert_true(us == AT_US + rows[i].us);
	}
}

static void
test_what_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = { "", "now", "2026-11-22",
		"2026-13-22T00:14:20Z", "2026-02-30T00:14:20Z",
		"2026-11-22T25:14:20Z", "2026-11-22T00:14:20Zx",
		"2026-11-22T00:14:20+2", "2026-11-22T00:14:20+02:00x",
		"2026-11-22T00:14:20+15:00", "2026-11-22T00:14:20+01:60",
		"2026-11-22 00:14:20" };
	int64_t us = 5;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(bad); i++)
		assert_int_equal(-1, clock_parse_iso(bad[i], &us));
	assert_true(us == 5);
}

static void
test_a_duration_has_a_unit_or_is_seconds(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} rows[] = {
		{ "500ms", 500 }, { "90s", 90000 }, { "10m", 600000 },
		{ "10min", 600000 }, { "1h", 3600000 }, { "2d", 172800000 },
		{ "20", 20000 }, { "10 m", 600000 }, { "0", 0 }, { "", -1 },
		{ "-5s", -1 }, { "+5s", -1 }, { "5x", -1 }, { "5ss", -1 },
		{ "1.5h", -1 }, { "9223372036854775807d", -1 },
		{ "99999999999999999999", -1 },
	};
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		ms = -1;
		assert_int_equal(rows[i].ms == -1 ? -1 : 0,
		    clock_parse_duration(rows[i].text, &ms));
		assert_true(ms == rows[i].ms);
	}
}

static void
test_elapsed_time_is_short(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ -1, "0 s" }, { 999, "0 s" }, { 12000, "12 s" },
		{ 59999, "59 s" }, { 185000, "3:05" }, { 3599999, "59:59" },
		{ 3723000, "1:02:03" }, { 360000000, "100:00:00" },
	};
	char out[CLOCK_STAMP_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		clock_format_elapsed(out, rows[i].ms);
		assert_string_equal(rows[i].text, out);
	}
}

static void
test_a_stamp_does_not_depend_on_the_one_before(void **state)
{
	char out[CLOCK_STAMP_SIZE];

	(void)state;
	clock_format_iso(out, AT_US);
	clock_format_iso(out, AT_US + 1);
	assert_string_equal("2026-11-22T00:14:20.1234570Z", out);
	clock_format_iso(out, AT_US + 60000000);
	assert_string_equal("2026-11-22T00:15:20.1234560Z", out);
	clock_format_iso(out, AT_US);
	assert_string_equal("2026-11-22T00:14:20.1234560Z", out);
}

static void
test_stamps_for_people_are_local(void **state)
{
	char out[CLOCK_STAMP_SIZE];

	(void)state;
	setenv("TZ", "CET-1", 1);
	tzset();
	clock_format_log(out, AT_US);
	assert_string_equal("2026-11-22 01:14:20.123", out);
	clock_format_time(out, AT_US);
	assert_string_equal("01:14:20", out);
	clock_format_iso(out, AT_US);
	assert_string_equal("2026-11-22T00:14:20.1234560Z", out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iot_hubs_form_is_written),
		cmocka_unit_test(test_iso_is_read_with_z_an_offset_or_neither),
		cmocka_unit_test(test_what_is_no_time_is_refused),
		cmocka_unit_test(test_a_duration_has_a_unit_or_is_seconds),
		cmocka_unit_test(test_elapsed_time_is_short),
		cmocka_unit_test(
		    test_a_stamp_does_not_depend_on_the_one_before),
		cmocka_unit_test(test_stamps_for_people_are_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
