#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "tests/support/test.h"
#include "tui/columns.h"

static struct columns *
parse(const char *text, const struct columns *before)
{
	struct err err = { 0 };
	struct columns *columns = columns_parse(text, before, &err);

	if (columns == NULL)
		fail_msg("%s: %s", text, err.text);
	return columns;
}

static void
check(const struct columns *columns, const char *expected)
{
	char *text = columns_format(columns);

	assert_string_equal(expected, text);
	free(text);
}

static void
test_columns_are_what_they_were_written_as(void **state)
{
	static const struct {
		const char *before, *text, *after;
	} cases[] = {
		{ NULL, COLUMNS_DEFAULT, COLUMNS_DEFAULT },
		{ NULL, "device", "device" },
		{ NULL, " link, device:20,tags.site:10 ",
		    "link,device:20,tags.site:10" },
		{ NULL, "device,reported.battery.level,status",
		    "device,reported.battery.level,status" },
		{ NULL, "device,tag.site,properties.desired.a",
		    "device,tags.site,desired.a" },
		{ "device,link", "+seen:9", "device,link,seen:9" },
		{ "device,link,seen:9", "-link", "device,seen:9" },
		{ "device,link", "-link,+tags", "device,tags" },
		{ "device,link", "+link:6", "device,link:6" },
		{ "device,link", "door,device", "door,device" },
	};
	struct columns *before, *columns;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		before = cases[i].before != NULL ? parse(cases[i].before, NULL)
						 : NULL;
		columns = parse(cases[i].text, before);
		check(columns, cases[i].after);
		columns_free(columns);
		columns_free(before);
	}
}

static void
test_a_fault_names_the_column_and_what_it_may_be(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "device,colour",
		    "colour is no column: it is one of device, "
		    "link, firmware" },
		{ "device,tags.", "tags. is no column" },
		{ "device,link:0", "link: a width is a number from 1 to 99" },
		{ "device,link:wide", "link: a width is a number" },
		{ "device,link,link", "link is there already" },
		{ "link,door", "device must be among the columns" },
		{ "", "device must be among the columns" },
		{ "-device", "device stays" },
		{ "-door", "door is not among the columns" },
		{ "device,tags.a,tags.b,tags.c,tags.d,tags.e,tags.f,tags.g,"
		  "tags.h,tags.i",
		    "at most 8 columns of twin paths" },
	};
	struct columns *before = parse("device,link", NULL);
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		assert_null(columns_parse(cases[i].text, before, &err));
		if (strstr(err.text, cases[i].words) == NULL)
			fail_msg("%s: %s", cases[i].text, err.text);
	}
	columns_free(before);
}

static void
test_paths_are_numbered_in_their_order(void **state)
{
	struct columns *columns =
	    parse("device,tags.b,link,reported.a,status", NULL);
	const char *paths[FLEET_PATHS_MAX];

	(void)state;
	assert_int_equal(3, columns_paths(columns, paths));
	assert_string_equal("tags.b", paths[0]);
	assert_string_equal("reported.a", paths[1]);
	assert_true(columns_move(columns, 3, -1));
	assert_true(columns_move(columns, 2, -1));
	check(columns, "device,reported.a,tags.b,link,status");
	columns_paths(columns, paths);
	assert_string_equal("reported.a", paths[0]);
	assert_int_equal(SORT_VALUE, column_sort(columns_at(columns, 1)));
	assert_int_equal(SORT_VALUE + 1, column_sort(columns_at(columns, 2)));
	assert_false(columns_move(columns, 0, -1));
	assert_false(columns_move(columns, 4, 1));
	assert_true(columns_remove(columns, 1));
	assert_int_equal(SORT_VALUE, column_sort(columns_at(columns, 1)));
	assert_false(columns_remove(columns, 0));
	columns_free(columns);
}

/* Which are shown, and that they lie side by side within the list. */
static size_t
lay_out(const char *text, int cols, struct column_places *places)
{
	struct columns *columns = parse(text, NULL);
	size_t i;
	int x = 3;

	columns_lay_out(columns, cols, 8, places);
	for (i = 0; i < places->n; i++) {
		assert_true(places->at[i].x >= x);
		assert_true(places->at[i].width >= 1);
		x = places->at[i].x + places->at[i].width;
	}
	if (cols > 12)
		assert_true(x <= cols - 1);
	assert_true(places->sign <= cols - 1);
	columns_free(columns);
	return places->n;
}

static void
test_the_last_columns_go_first_where_there_is_no_room(void **state)
{
	static const struct {
		int cols;
		size_t shown;
	} cases[] = { { 198, 5 }, { 118, 5 }, { 78, 5 }, { 64, 5 }, { 48, 4 },
		{ 38, 3 }, { 18, 2 }, { 10, 1 }, { 1, 1 } };
	struct column_places places;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++)
		assert_int_equal(cases[i].shown,
		    lay_out(COLUMNS_DEFAULT, cases[i].cols, &places));
	/* The id stays, wherever it stands. */
	assert_int_equal(1, lay_out("firmware,device", 20, &places));
	assert_int_equal(1, places.at[0].column);
}

static void
test_a_width_of_the_user_is_kept_to_the_cell(void **state)
{
	struct column_places places;
	int cols;

	(void)state;
	for (cols = 60; cols < 200; cols += 7) {
		assert_int_equal(3,
		    lay_out(
			"device:12,firmware:18,tags.site:10", cols, &places));
		assert_int_equal(12, places.at[0].width);
		assert_int_equal(18, places.at[1].width);
		assert_int_equal(10, places.at[2].width);
	}
	/* Without one, what can grow does. */
	lay_out("device,firmware,tags", 198, &places);
	assert_int_equal(37, places.at[1].width);
	assert_int_equal(60, places.at[2].width);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_are_what_they_were_written_as),
		cmocka_unit_test(
		    test_a_fault_names_the_column_and_what_it_may_be),
		cmocka_unit_test(test_paths_are_numbered_in_their_order),
		cmocka_unit_test(
		    test_the_last_columns_go_first_where_there_is_no_room),
		cmocka_unit_test(test_a_width_of_the_user_is_kept_to_the_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
