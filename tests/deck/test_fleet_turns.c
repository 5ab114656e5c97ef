/*
 * What a long list does in several turns of the loop, while rows come, go and
 * change: it is held against the same done in the plainest way.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/fleet_sort.h"
#include "core/deck/fleet_view.h"
#include "tests/support/test.h"

#define IDS 36000 /* as many as are looked at in several turns */
#define BUILDS 40

struct fixture {
	struct events *events;
	struct fleet *fleet;
	struct fleet_view *view;
	bool exists[IDS], linked[IDS];
	bool marked[IDS]; /* as they are to be in the end */
	int version;
};

static const char *const paths[] = { "tags.n" };

static void
id_of(char out[16], unsigned int i)
{
	snprintf(out, 16, "d-%u", i);
}

/* Always the same of a device: numbers, zeros in front, beginnings of others;
 * some have none. */
static void
value_of(char out[16], unsigned int i)
{
	static const char letters[] = "00129 az-";
	unsigned int seed = i * 2654435761u;
	size_t k, n;

	seed = seed * 1103515245u + 12345u;
	n = seed >> 16 & 15;
	if (n > 13)
		n = (size_t)snprintf(out, 16, "a%u", i);
	else
		for (k = 0; k < n; k++) {
			seed = seed * 1103515245u + 12345u;
			out[k] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
	out[n] = '\0';
}

static void
take(struct fixture *f, unsigned int i)
{
	char id[16], value[16], tag[40] = "", *text;
	cJSON *twin;

	id_of(id, i);
	value_of(value, i);
	if (value[0] != '\0')
		snprintf(tag, sizeof(tag), "\"n\":\"%s\"", value);
	text = xasprintf("{\"deviceId\":\"%s\",\"version\":%d,"
			 "\"connectionState\":\"%s\",\"tags\":{%s},"
			 "\"properties\":{\"reported\":{"
			 "\"firmwareVersion\":\"1.%u\"}}}",
	    id, ++f->version, f->linked[i] ? "Connected" : "Disconnected", tag,
	    i % 23);
	twin = cJSON_Parse(text);
	assert_non_null(twin);
	fleet_take_twin(f->fleet, twin);
	f->exists[i] = true;
	cJSON_Delete(twin);
	free(text);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	unsigned int i;

	f->events = events_new();
	f->fleet = fleet_new(f->events);
	f->view = fleet_view_new(f->fleet);
	fleet_set_paths(f->fleet, paths, N_ROWS(paths));
	for (i = 0; i < IDS; i++) {
		f->linked[i] = i % 3 == 0;
		take(f, i);
	}
	srand(20261122);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fleet_view_free(f->view);
	fleet_free(f->fleet);
	events_free(f->events);
	free(f);
	return 0;
}

/* moves: a row may get another place in the order. */
static void
disturb(struct fixture *f, bool moves)
{
	unsigned int i = (unsigned int)rand() % IDS;
	char id[16];

	id_of(id, i);
	switch (rand() % 4) {
	case 0:
		fleet_remove(f->fleet, id);
		f->exists[i] = false;
		break;
	case 1:
		f->linked[i] ^= moves;
		take(f, i);
		break;
	case 2:
		take(f, i);
		break;
	default:
		fleet_mark(f->fleet, id, rand() % 2);
	}
}

/* What compares two rows, for qsort(). */
static struct fixture *sorted_of;

static int
by_place(const void *a, const void *b)
{
	const struct fleet_row *const *of_a = a, *const *of_b = b;
	bool reverse = fleet_view_is_reverse(sorted_of->view);
	int order = fleet_sort_compare(sorted_of->fleet,
	    fleet_view_sorted_by(sorted_of->view), reverse, *of_a, *of_b);

	if (order == 0)
		order = fleet_id_compare((*of_a)->id, (*of_b)->id);
	return reverse ? -order : order;
}

static void
check(struct fixture *f)
{
	const struct fleet_row **rows = xcalloc(IDS, sizeof(*rows)), *row;
	struct filter *filter =
	    filter_parse(fleet_view_filter(f->view), NULL, NULL, NULL);
	size_t i, n = 0, marked = 0;
	char id[16];

	for (i = 0; i < IDS; i++) {
		id_of(id, (unsigned int)i);
		row = fleet_get(f->fleet, id);
		assert_int_equal(f->exists[i], row != NULL);
		if (row == NULL || !filter_matches(filter, f->fleet, row))
			continue;
		rows[n++] = row;
		marked += row->marked;
	}
	sorted_of = f;
	qsort(rows, n, sizeof(*rows), by_place);
	assert_int_equal(n, fleet_view_size(f->view));
	assert_int_equal(marked, fleet_view_marked(f->view));
	for (i = 0; i < n; i++) {
		assert_ptr_equal(rows[i], fleet_view_at(f->view, i));
		if (i % 97 == 0)
			assert_int_equal(
			    i, fleet_view_index(f->view, rows[i]->id));
	}
	filter_free(filter);
	free(rows);
}

/* What the list shows until then is what it showed, less what has gone. */
static void
check_shown(struct fixture *f)
{
	size_t n = fleet_view_size(f->view), i;
	const struct fleet_row *row;

	if (n == 0)
		return;
	i = (size_t)rand() % n;
	row = fleet_view_at(f->view, i);
	assert_ptr_equal(row, fleet_get(f->fleet, row->id));
	assert_int_equal(i, fleet_view_index(f->view, row->id));
}

static void
wish(struct fixture *f)
{
	static const char *const filters[] = { "", "d", "d-1", "d-12", "marked",
		"link:on", "!marked link:on", "d-1 link:on", "tag.n:a", "9" };
	static const enum fleet_sort columns[] = { SORT_DEVICE, SORT_LINK,
		SORT_VERSION, SORT_FIRMWARE, SORT_TAGS, SORT_VALUE };

	if (rand() % 2)
		assert_int_equal(0, fleet_view_set_filter(f->view,
		    filters[(size_t)rand() % N_ROWS(filters)], NULL));
	else
		fleet_view_sort(f->view,
		    columns[(size_t)rand() % N_ROWS(columns)], rand() % 2);
}

/* By the link a row that was in line may have moved since: not with these. */
static bool
moves(struct fixture *f)
{
	return fleet_view_sorted_by(f->view) != SORT_LINK;
}

static void
test_a_list_in_the_making_misses_nothing_and_stands_in_order(void **state)
{
	struct fixture *f = *state;
	int builds, steps, most = 0, step;

	for (builds = 0; builds < BUILDS; builds++) {
		/* Of an order that is changed by links only those by another
		 * column are looked at. */
		wish(f);
		steps = rand() % 1500;
		for (step = 0; fleet_view_step(f->view, 0); step++) {
			disturb(f, moves(f));
			check_shown(f);
			if (step == steps)
				wish(f);
		}
		most = step > most ? step : most;
		check(f);
	}
	assert_true(most > 300); /* else nothing of this was tested */
}

static void
test_a_long_list_is_as_it_was_until_it_is_sorted(void **state)
{
	struct fixture *f = *state;
	const struct fleet_row *first, *last;

	fleet_view_sort(f->view, SORT_VALUE, false);
	fleet_view_finish(f->view);
	first = fleet_view_at(f->view, 0);
	last = fleet_view_at(f->view, IDS - 1);
	assert_ptr_not_equal(first, fleet_get(f->fleet, "d-0"));
	fleet_view_sort(f->view, SORT_VERSION, true);
	assert_true(fleet_view_is_reverse(f->view));
	assert_int_equal(SORT_VERSION, fleet_view_sorted_by(f->view));
	while (fleet_view_step(f->view, 0)) {
		assert_ptr_equal(first, fleet_view_at(f->view, 0));
		assert_ptr_equal(last, fleet_view_at(f->view, IDS - 1));
	}
	assert_ptr_not_equal(first, fleet_view_at(f->view, 0));
	check(f);
	fleet_view_sort(f->view, SORT_VALUE, false);
	fleet_view_step(f->view, 0);
	fleet_view_sort(f->view, SORT_DEVICE, false);
	assert_false(fleet_view_step(f->view, 0));
	assert_string_equal("d-0", fleet_view_at(f->view, 0)->id);
}

static void
test_a_column_that_goes_while_it_is_sorted_by_takes_nothing_with_it(
    void **state)
{
	struct fixture *f = *state;

	fleet_view_sort(f->view, SORT_VALUE, false);
	fleet_view_step(f->view, 0);
	fleet_view_step(f->view, 0);
	fleet_set_paths(f->fleet, NULL, 0);
	while (fleet_view_step(f->view, 0))
		;
	check(f);
}

/* Marks what is shown from here to there, in the model too. */
static void
mark_shown(struct fixture *f)
{
	size_t size = fleet_view_size(f->view), first, n, i;
	enum fleet_marking how = (enum fleet_marking)(rand() % 3);
	unsigned int number;

	if (size == 0)
		return;
	first = (size_t)rand() % size;
	n = (size_t)rand() % size;
	if (rand() % 2) {
		first = 0;
		n = size;
	}
	for (i = first; i < size && i - first < n; i++) {
		number = (unsigned int)strtoul(
		    fleet_view_at(f->view, i)->id + 2, NULL, 10);
		f->marked[number] = how == FLEET_MARK ||
		    (how == FLEET_INVERT && !f->marked[number]);
	}
	fleet_view_mark(f->view, first, n, how);
}

/* One of what may happen while rows are being marked. */
static void
disturb_marks(struct fixture *f)
{
	unsigned int i = (unsigned int)rand() % IDS;
	char id[16];

	id_of(id, i);
	switch (rand() % 4) {
	case 0:
		fleet_remove(f->fleet, id);
		f->exists[i] = f->marked[i] = false;
		break;
	case 1:
		if (!f->exists[i])
			break;
		f->marked[i] = rand() % 2;
		fleet_mark(f->fleet, id, f->marked[i]);
		break;
	default:
		take(f, i);
	}
}

static void
check_marks(struct fixture *f)
{
	const struct fleet_row *row;
	size_t i, n = 0;
	char id[16];

	for (i = 0; i < IDS; i++) {
		id_of(id, (unsigned int)i);
		row = fleet_get(f->fleet, id);
		assert_int_equal(f->exists[i], row != NULL);
		if (row == NULL)
			continue;
		assert_int_equal(f->marked[i], row->marked);
		n += row->marked;
	}
	assert_int_equal(n, fleet_marked(f->fleet));
}

static void
test_marks_of_many_rows_are_as_if_they_were_made_at_once(void **state)
{
	static const char *const filters[] = { "", "", "", "link:on", "marked",
		"!marked", "d-1" };
	struct fixture *f = *state;
	int round, step, most = 0;

	for (round = 0; round < 20; round++) {
		assert_int_equal(0, fleet_view_set_filter(f->view,
		    filters[(size_t)rand() % N_ROWS(filters)], NULL));
		fleet_view_finish(f->view);
		mark_shown(f);
		for (step = 0; fleet_work_until(f->fleet, 0); step++) {
			disturb_marks(f);
			if (rand() % 1500 == 0)
				mark_shown(f);
			if (rand() % 3000 == 0) {
				fleet_unmark_all(f->fleet);
				memset(f->marked, 0, sizeof(f->marked));
			}
		}
		most = step > most ? step : most;
		check_marks(f);
		check(f);
	}
	assert_true(most > 300);
}

static void
test_a_device_that_comes_while_all_are_marked_is_not_one_of_them(void **state)
{
	struct fixture *f = *state;

	fleet_remove(f->fleet, "d-7");
	f->exists[7] = false;
	fleet_view_mark(f->view, 0, fleet_view_size(f->view), FLEET_MARK);
	assert_true(fleet_is_marking(f->fleet));
	take(f, 7);
	fleet_finish_marks(f->fleet);
	assert_false(fleet_get(f->fleet, "d-7")->marked);
	assert_int_equal(IDS - 1, fleet_marked(f->fleet));
}

static void
test_a_pick_marks_what_is_still_there(void **state)
{
	struct fixture *f = *state;
	struct fleet_pick *pick = fleet_pick_new(f->fleet);
	struct fleet_pick *other = fleet_pick_new(f->fleet);

	assert_true(fleet_pick_add(pick, "d-1"));
	assert_true(fleet_pick_add(pick, "d-2"));
	assert_true(fleet_pick_add(pick, "d-2"));
	assert_true(fleet_pick_add(other, "d-3"));
	assert_false(fleet_pick_add(pick, "d-none"));
	assert_int_equal(2, fleet_pick_size(pick));
	fleet_remove(f->fleet, "d-2");
	take(f, 2); /* another device of that name */
	assert_int_equal(1, fleet_pick_size(pick));
	fleet_pick_free(other);
	fleet_pick_mark(pick, FLEET_MARK);
	assert_int_equal(1, fleet_marked(f->fleet));
	assert_true(fleet_get(f->fleet, "d-1")->marked);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_list_in_the_making_misses_nothing_and_stands_in_order),
		CASE(test_a_long_list_is_as_it_was_until_it_is_sorted),
		CASE(test_a_column_that_goes_while_it_is_sorted_by_takes_nothing_with_it),
		CASE(test_marks_of_many_rows_are_as_if_they_were_made_at_once),
		CASE(test_a_device_that_comes_while_all_are_marked_is_not_one_of_them),
		CASE(test_a_pick_marks_what_is_still_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
