#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "tests/support/test.h"

#define IDS 60
#define STEPS 4000

struct fixture {
	struct events *events;
	struct fleet *fleet;
	int fired;
	char said[128];
};

static void
on_event(int kind, const void *news, void *arg)
{
	struct fixture *f = arg;

	if (kind == DECK_FLEET)
		f->fired++;
	else if (kind == DECK_MESSAGE)
		snprintf(f->said, sizeof(f->said), "%s",
		    ((const struct deck_message *)news)->text);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->events = events_new();
	f->fleet = fleet_new(f->events);
	events_subscribe(f->events, on_event, f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fleet_free(f->fleet);
	events_free(f->events);
	free(f);
	return 0;
}

static void
take(struct fixture *f, const char *id, int version, const char *rest)
{
	char *text = xasprintf(
	    "{\"deviceId\":\"%s\",\"version\":%d%s}", id, version, rest);
	cJSON *twin = cJSON_Parse(text);

	assert_non_null(twin);
	fleet_take_twin(f->fleet, twin);
	cJSON_Delete(twin);
	free(text);
}

#define REPORTED(text) ",\"properties\":{\"reported\":{" text "}}"
#define ON ",\"connectionState\":\"Connected\""

/*
 * What no list, sort, filter or marking may ever do: show a device twice, show
 * one that is gone, or answer for one id with the row of another.
 */
static void
check_view(struct fixture *f, struct fleet_view *view)
{
	const struct fleet_row *row;
	size_t i, marked = 0;

	for (i = 0; i < fleet_view_size(view); i++) {
		row = fleet_view_at(view, i);
		marked += row->marked;
		assert_ptr_equal(row, fleet_get(f->fleet, row->id));
		assert_int_equal(i, fleet_view_index(view, row->id));
	}
	assert_null(fleet_view_at(view, i));
	assert_int_equal(marked, fleet_view_marked(view));
}

static void
random_step(struct fixture *f, struct fleet_view *view, int version)
{
	static const char *const filters[] = { "", "door", "door-1",
		"door-12", "link:on", "link:on door-1", "marked",
		"!fw:applying", "drift", "door:locked" };
	static const char *const phases[] = { "standBy", "applying",
		"completed", "failed" };
	char id[16], rest[200];
	size_t before = fleet_size(f->fleet);

	snprintf(id, sizeof(id), "door-%d", rand() % IDS);
	switch (rand() % 8) {
	case 0:
		fleet_remove(f->fleet, id);
		assert_null(fleet_get(f->fleet, id));
		break;
	case 1:
		fleet_mark(f->fleet, id, rand() % 2);
		break;
	case 2:
		fleet_view_sort(view, (enum fleet_sort)(rand() % SORTS),
		    rand() % 2);
		break;
	case 3:
		assert_int_equal(0, fleet_view_set_filter(view,
		    filters[(size_t)rand() % N_ROWS(filters)], NULL));
		break;
	default:
		snprintf(rest, sizeof(rest),
		    ",\"connectionState\":\"%s\",\"properties\":{\"desired\":"
		    "{\"a\":%d},\"reported\":{\"firmwareStatus\":\"%s\","
		    "\"door\":{\"state\":\"%s\"},\"a\":1}}",
		    rand() % 2 ? "Connected" : "Disconnected", rand() % 3,
		    phases[(size_t)rand() % N_ROWS(phases)],
		    rand() % 2 ? "locked" : "unlocked");
		take(f, id, version, rest);
		assert_non_null(fleet_get(f->fleet, id));
		assert_true(fleet_size(f->fleet) >= before);
	}
}

static void
test_a_row_never_becomes_another_device(void **state)
{
	struct fixture *f = *state;
	struct fleet_view *view = fleet_view_new(f->fleet);
	const struct fleet_row *row;
	size_t linked, marked, i;
	int step;

	srand(20261122);
	for (step = 1; step <= STEPS; step++) {
		random_step(f, view, step);
		check_view(f, view);
	}
	assert_int_equal(0, fleet_view_set_filter(view, "", NULL));
	assert_int_equal(fleet_size(f->fleet), fleet_view_size(view));
	for (i = linked = marked = 0; i < fleet_view_size(view); i++) {
		row = fleet_view_at(view, i);
		linked += row->link == LINK_CONNECTED;
		marked += row->marked;
	}
	assert_int_equal(linked, fleet_linked(f->fleet));
	assert_int_equal(marked, fleet_marked(f->fleet));
	fleet_view_free(view);
}

/* What is left of a view is what a new one would find, in its own order. */
static void
test_a_filter_that_narrows_another_finds_the_same(void **state)
{
	static const char *const typed[] = { "d", "do", "door-1", "door-1 l",
		"door-1 link:on", "door-1 link:on !fw:applying" };
	struct fixture *f = *state;
	struct fleet_view *view = fleet_view_new(f->fleet), *fresh;
	size_t i, k;
	int step;

	srand(20261122);
	for (step = 1; step <= 300; step++)
		random_step(f, view, step);
	fleet_view_set_filter(view, "", NULL);
	fleet_view_sort(view, SORT_FIRMWARE, true);
	for (i = 0; i < N_ROWS(typed); i++) {
		assert_int_equal(
		    0, fleet_view_set_filter(view, typed[i], NULL));
		check_view(f, view);
		fresh = fleet_view_new(f->fleet);
		fleet_view_set_filter(fresh, typed[i], NULL);
		fleet_view_sort(fresh, SORT_FIRMWARE, true);
		assert_int_equal(fleet_view_size(fresh), fleet_view_size(view));
		for (k = 0; k < fleet_view_size(view); k++)
			assert_ptr_equal(fleet_view_at(fresh, k),
			    fleet_view_at(view, k));
		fleet_view_free(fresh);
	}
	assert_true(fleet_view_size(view) > 0);
	fleet_view_free(view);
}

static void
test_the_same_twin_again_is_no_news(void **state)
{
	struct fixture *f = *state;
	const struct fleet_row *row;

	take(f, "d", 2, ON REPORTED("\"firmwareStatus\":\"standBy\""));
	row = fleet_get(f->fleet, "d");
	assert_int_equal(1, f->fired);
	assert_int_equal(0, fleet_row_changed_ms(f->fleet, row));
	take(f, "d", 2, ON REPORTED("\"firmwareStatus\":\"standBy\""));
	take(f, "d", 3, ON REPORTED("\"firmwareStatus\":\"standBy\",\"t\":1"));
	assert_int_equal(1, f->fired);
	take(f, "d", 4, ON REPORTED("\"firmwareStatus\":\"applying\""));
	assert_int_equal(2, f->fired);
	assert_true(fleet_row_changed_ms(f->fleet, row) > 0);
}

static void
test_an_id_that_no_device_can_have_is_no_row(void **state)
{
	struct fixture *f = *state;
	char id[130];

	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	take(f, id, 1, ON);
	take(f, "a b", 1, ON);
	take(f, "a\\u001b[2J", 1, ON);
	take(f, "", 1, ON);
	assert_int_equal(0, fleet_size(f->fleet));
	take(f, id + 1, 1, ON);
	assert_int_equal(1, fleet_size(f->fleet));
}

static void
test_an_older_twin_changes_nothing(void **state)
{
	struct fixture *f = *state;

	take(f, "d", 9, ON);
	take(f, "d", 8, ",\"connectionState\":\"Disconnected\"");
	assert_int_equal(LINK_CONNECTED, fleet_get(f->fleet, "d")->link);
}

static void
test_what_a_whole_load_does_not_show_is_gone(void **state)
{
	struct fixture *f = *state;

	fleet_load_begin(f->fleet);
	take(f, "a", 1, "");
	take(f, "b", 1, ON);
	assert_false(fleet_is_complete(f->fleet));
	fleet_load_end(f->fleet);
	assert_true(fleet_is_complete(f->fleet));
	fleet_mark(f->fleet, "b", true);
	fleet_load_begin(f->fleet);
	take(f, "a", 1, "");
	take(f, "c", 1, "");
	fleet_load_end(f->fleet);
	assert_null(fleet_get(f->fleet, "b"));
	assert_int_equal(2, fleet_size(f->fleet));
	assert_int_equal(0, fleet_linked(f->fleet));
	assert_int_equal(0, fleet_marked(f->fleet));
	f->fired = 0;
	fleet_load_begin(f->fleet);
	take(f, "a", 1, "");
	take(f, "c", 1, "");
	fleet_load_end(f->fleet);
	assert_int_equal(0, f->fired);
}

static void
test_new_rows_come_in_at_their_place_and_nothing_else_moves(void **state)
{
	struct fixture *f = *state;
	struct fleet_view *view = fleet_view_new(f->fleet);

	take(f, "door-10", 1, "");
	take(f, "door-2", 1, ON);
	take(f, "door-1", 1, "");
	assert_string_equal("door-1", fleet_view_at(view, 0)->id);
	assert_string_equal("door-2", fleet_view_at(view, 1)->id);
	assert_string_equal("door-10", fleet_view_at(view, 2)->id);
	fleet_view_sort(view, SORT_LINK, false);
	take(f, "door-1", 2, ON);
	assert_int_equal(0, fleet_view_index(view, "door-1"));
	fleet_view_free(view);
}

static void
test_a_failure_is_an_alarm_until_somebody_looks(void **state)
{
	struct fixture *f = *state;

	take(f, "d", 1, REPORTED("\"firmwareStatus\":\"failed\""));
	assert_true(fleet_get(f->fleet, "d")->alarm);
	fleet_looked_at(f->fleet, "d");
	take(f, "d", 2, REPORTED("\"firmwareStatus\":\"failed\",\"x\":1"));
	assert_false(fleet_get(f->fleet, "d")->alarm);
}

static void
test_marked_ids_are_a_frozen_copy_in_order(void **state)
{
	struct fixture *f = *state;
	char **ids;
	size_t n;

	take(f, "d-10", 1, "");
	take(f, "d-9", 1, "");
	take(f, "d-1", 1, "");
	fleet_mark(f->fleet, "d-10", true);
	fleet_mark(f->fleet, "d-9", true);
	n = fleet_marked_ids(f->fleet, &ids);
	fleet_remove(f->fleet, "d-9");
	assert_int_equal(2, n);
	assert_string_equal("d-9", ids[0]);
	assert_string_equal("d-10", ids[1]);
	str_array_free(ids, n);
	fleet_unmark_all(f->fleet);
	assert_int_equal(0, fleet_marked(f->fleet));
}

static const char *
value_of(struct fixture *f, const char *id, size_t i)
{
	const char *value =
	    fleet_row_value(f->fleet, fleet_get(f->fleet, id), i);

	return value != NULL ? value : "";
}

static void
test_a_row_keeps_the_values_of_the_paths_that_are_set(void **state)
{
	static const char *const paths[] = { "tags.site",
		"reported.battery.level", "status" };
	static const char *const fewer[] = { "status", "reported.wide" };
	struct fixture *f = *state;
	const char *wide = REPORTED("\"wide\":\"123456789 123456789 123456789 "
				    "123456789 123456789 123456789 123é56789\"");

	take(f, "d", 1, ",\"tags\":{\"site\":\"brno\"},\"status\":\"enabled\""
	    REPORTED("\"battery\":{\"level\":0.5}"));
	fleet_set_paths(f->fleet, paths, N_ROWS(paths));
	assert_string_equal("", value_of(f, "d", 0));
	take(f, "d", 1, ",\"tags\":{\"site\":\"brno\"},\"status\":\"enabled\""
	    REPORTED("\"battery\":{\"level\":0.5}"));
	assert_string_equal("brno", value_of(f, "d", 0));
	assert_string_equal("0.5", value_of(f, "d", 1));
	assert_string_equal("enabled", value_of(f, "d", 2));
	assert_string_equal("", value_of(f, "d", 3));
	assert_int_equal(0,
	    fleet_row_changed_ms(f->fleet, fleet_get(f->fleet, "d")));
	take(f, "d", 2, ",\"tags\":{\"site\":\"brno\"}"
	    REPORTED("\"battery\":{\"level\":0.4}"));
	assert_string_equal("0.4", value_of(f, "d", 1));
	assert_string_equal("", value_of(f, "d", 2));
	assert_true(
	    fleet_row_changed_ms(f->fleet, fleet_get(f->fleet, "d")) > 0);
	take(f, "e", 1, ",\"status\":\"disabled\"");
	fleet_set_paths(f->fleet, fewer, N_ROWS(fewer));
	assert_string_equal("disabled", value_of(f, "e", 0));
	take(f, "e", 2, wide);
	assert_string_equal("123456789 123456789 123456789 123456789 "
			    "123456789 123456789 123",
	    value_of(f, "e", 1));
	fleet_set_paths(f->fleet, NULL, 0);
	assert_string_equal("", value_of(f, "e", 0));
}

static void
test_values_sort_by_number_and_those_without_one_last(void **state)
{
	static const char *const paths[] = { "tags.n" };
	struct fixture *f = *state;
	struct fleet_view *view = fleet_view_new(f->fleet);

	fleet_set_paths(f->fleet, paths, N_ROWS(paths));
	take(f, "a", 1, "");
	take(f, "b", 1, ",\"tags\":{\"n\":10}");
	take(f, "c", 1, ",\"tags\":{\"n\":9}");
	fleet_view_sort(view, SORT_VALUE, false);
	assert_string_equal("c", fleet_view_at(view, 0)->id);
	assert_string_equal("b", fleet_view_at(view, 1)->id);
	assert_string_equal("a", fleet_view_at(view, 2)->id);
	take(f, "d", 1, ",\"tags\":{\"n\":9}");
	assert_string_equal("d", fleet_view_at(view, 1)->id);
	fleet_view_sort(view, SORT_VALUE, true);
	assert_string_equal("b", fleet_view_at(view, 0)->id);
	assert_string_equal("c", fleet_view_at(view, 2)->id);
	assert_string_equal("a", fleet_view_at(view, 3)->id);
	fleet_view_free(view);
}

static void
test_marks_that_go_with_their_devices_are_said(void **state)
{
	struct fixture *f = *state;

	fleet_load_begin(f->fleet);
	take(f, "a", 1, "");
	take(f, "b", 1, "");
	take(f, "c", 1, "");
	take(f, "d", 1, "");
	fleet_load_end(f->fleet);
	fleet_mark(f->fleet, "a", true);
	fleet_mark(f->fleet, "b", true);
	fleet_mark(f->fleet, "c", true);
	fleet_remove(f->fleet, "d");
	assert_string_equal("", f->said);
	fleet_remove(f->fleet, "c");
	assert_string_equal(
	    "c is gone from the hub, and its mark with it", f->said);
	fleet_load_begin(f->fleet);
	fleet_load_end(f->fleet);
	assert_string_equal("2 marked devices are gone from the hub, and "
			    "their marks with them: a, …",
	    f->said);
	assert_int_equal(0, fleet_marked(f->fleet));
}

static void
test_the_rows_shown_are_marked_in_one_go(void **state)
{
	struct fixture *f = *state;
	struct fleet_view *view = fleet_view_new(f->fleet);

	take(f, "a", 1, "");
	take(f, "b", 1, "");
	take(f, "c", 1, "");
	fleet_mark(f->fleet, "b", true);
	assert_int_equal(0, fleet_view_set_filter(view, "!marked", NULL));
	f->fired = 0;
	fleet_view_mark(view, 0, 2, FLEET_MARK);
	assert_int_equal(1, f->fired);
	assert_int_equal(3, fleet_marked(f->fleet));
	assert_int_equal(0, fleet_view_size(view));
	assert_int_equal(0, fleet_view_set_filter(view, "", NULL));
	fleet_view_mark(view, 1, 100, FLEET_INVERT);
	assert_int_equal(1, fleet_marked(f->fleet));
	assert_true(fleet_get(f->fleet, "a")->marked);
	fleet_view_free(view);
}

#define MANY 60000

static void
take_many(struct fixture *f)
{
	char id[16];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "door-%05d", i);
		take(f, id, 1, i % 3 == 0 ? ON : "");
	}
}

/* The view, row by row, is what a new one shows. */
static void
check_against_new(struct fixture *f, struct fleet_view *view)
{
	struct fleet_view *plain = fleet_view_new(f->fleet);
	size_t i;

	assert_int_equal(0,
	    fleet_view_set_filter(plain, fleet_view_filter(view), NULL));
	fleet_view_finish(plain);
	assert_int_equal(fleet_view_size(plain), fleet_view_size(view));
	for (i = 0; i < fleet_view_size(plain); i++)
		assert_ptr_equal(
		    fleet_view_at(plain, i), fleet_view_at(view, i));
	assert_int_equal(fleet_view_marked(plain), fleet_view_marked(view));
	fleet_view_free(plain);
}

static void
test_a_long_list_is_filtered_in_turns_and_misses_nothing(void **state)
{
	static const char *const typed[] = { "d", "door-0", "door-0 link:on",
		"door-0", "!marked", "" };
	struct fixture *f = *state;
	struct fleet_view *view = fleet_view_new(f->fleet);
	size_t i, before;
	char id[16];
	int version = 2;

	take_many(f);
	srand(3);
	for (i = 0; i < N_ROWS(typed); i++) {
		before = fleet_view_size(view);
		assert_int_equal(
		    0, fleet_view_set_filter(view, typed[i], NULL));
		assert_string_equal(typed[i], fleet_view_filter(view));
		if (before > MANY / 2 && *typed[i] != '\0')
			assert_int_equal(before, fleet_view_size(view));
		do {
			snprintf(id, sizeof(id), "door-%05d", rand() % MANY);
			fleet_remove(f->fleet, id);
			snprintf(id, sizeof(id), "door-%05d", rand() % MANY);
			take(f, id, version++, rand() % 2 ? ON : "");
			snprintf(id, sizeof(id), "new-%05d", rand() % MANY);
			take(f, id, version++, ON);
			fleet_mark(f->fleet, id, true);
		} while (fleet_view_work(view));
		check_against_new(f, view);
	}
	/* Typed on before the last one was done with. */
	assert_int_equal(0, fleet_view_set_filter(view, "0", NULL));
	fleet_view_work(view);
	assert_int_equal(0, fleet_view_set_filter(view, "00", NULL));
	fleet_view_work(view);
	assert_int_equal(0, fleet_view_set_filter(view, "007", NULL));
	fleet_view_finish(view);
	check_against_new(f, view);
	fleet_view_free(view);
}

static const struct {
	const char *filter, *shown; /* NULL: refused */
} filters[] = {
	{ "", "a-1 a-2 b-1" },
	{ "A-", "a-1 a-2" },
	{ "!a- ", "b-1" },
	{ "link:on", "a-1" },
	{ "link:off", "a-2 b-1" },
	{ "link:OFF a", "a-2" },
	{ "fw:apply", "a-1" },
	{ "applying", "a-1" },
	{ "1.4", "b-1" },
	{ "door:locked", "a-2" },
	{ "door:unlocked", "b-1" },
	{ "locked", "a-2" },
	{ "marked", "b-1" },
	{ "!marked !fw:applying", "a-2" },
	{ "x", "" },
	{ "link:up", NULL },
	{ "!", NULL },
};

static void
test_a_filter_shows_what_matches_all_words(void **state)
{
	struct fixture *f = *state;
	struct fleet_view *view = fleet_view_new(f->fleet);
	char shown[64];
	struct err err;
	size_t i, j;

	take(f, "a-1", 1, ON REPORTED("\"firmwareStatus\":\"applying\""));
	take(f, "a-2", 1, REPORTED("\"door\":{\"state\":\"locked\"}"));
	take(f, "b-1", 1, REPORTED("\"door\":{\"state\":\"unlocked\"},"
	    "\"firmwareVersion\":\"1.4.2\""));
	fleet_mark(f->fleet, "b-1", true);
	for (i = 0; i < N_ROWS(filters); i++) {
		if (filters[i].shown == NULL) {
			assert_int_equal(-1, fleet_view_set_filter(
			    view, filters[i].filter, &err));
			assert_int_equal(ERR_INVALID, err.code);
			continue;
		}
		assert_int_equal(0, fleet_view_set_filter(
		    view, filters[i].filter, &err));
		shown[0] = '\0';
		for (j = 0; j < fleet_view_size(view); j++) {
			if (j > 0)
				strcat(shown, " ");
			strcat(shown, fleet_view_at(view, j)->id);
		}
		if (strcmp(shown, filters[i].shown) != 0)
			fail_msg("%s: %s", filters[i].filter, shown);
	}
	fleet_view_free(view);
}

static void
test_a_filtered_view_follows_the_fleet(void **state)
{
	struct fixture *f = *state;
	struct fleet_view *view = fleet_view_new(f->fleet);

	assert_int_equal(0, fleet_view_set_filter(view, "link:on", NULL));
	take(f, "a", 1, ON);
	take(f, "b", 1, "");
	assert_int_equal(1, fleet_view_size(view));
	take(f, "b", 2, ON);
	take(f, "a", 2, ",\"connectionState\":\"Disconnected\"");
	assert_int_equal(1, fleet_view_size(view));
	assert_string_equal("b", fleet_view_at(view, 0)->id);
	fleet_view_free(view);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_row_never_becomes_another_device),
		CASE(test_a_filter_that_narrows_another_finds_the_same),
		CASE(test_the_same_twin_again_is_no_news),
		CASE(test_an_id_that_no_device_can_have_is_no_row),
		CASE(test_an_older_twin_changes_nothing),
		CASE(test_what_a_whole_load_does_not_show_is_gone),
		CASE(test_new_rows_come_in_at_their_place_and_nothing_else_moves),
		CASE(test_a_failure_is_an_alarm_until_somebody_looks),
		CASE(test_marked_ids_are_a_frozen_copy_in_order),
		CASE(test_a_row_keeps_the_values_of_the_paths_that_are_set),
		CASE(test_values_sort_by_number_and_those_without_one_last),
		CASE(test_marks_that_go_with_their_devices_are_said),
		CASE(test_the_rows_shown_are_marked_in_one_go),
		CASE(test_a_long_list_is_filtered_in_turns_and_misses_nothing),
		CASE(test_a_filter_shows_what_matches_all_words),
		CASE(test_a_filtered_view_follows_the_fleet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
