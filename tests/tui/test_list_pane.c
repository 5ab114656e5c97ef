#include "config.h"

#include "tests/support/test.h"
#include "tui/list_pane.h"

/* The things of the list, oldest first. */
static uint64_t things[8];
static size_t n_things;

static size_t
size(const struct pane *pane)
{
	(void)pane;
	return n_things;
}

static uint64_t
from_the_oldest(const struct pane *pane, size_t i)
{
	(void)pane;
	return things[i];
}

static uint64_t
from_the_newest(const struct pane *pane, size_t i)
{
	(void)pane;
	return things[n_things - 1 - i];
}

static const struct list_source sources[] = {
	{ size, from_the_oldest, false },
	{ size, from_the_newest, true },
};

static const struct pane_ops ops = { .name = "list" };

/* Which thing the cursor is on. */
static uint64_t
current(struct pane *pane, const struct list_source *source)
{
	list_pane_settle(pane, 0);
	return source->number_at(pane, list_pane_scroll(pane)->at);
}

static struct pane *
pane_of_three(const struct list_source *source)
{
	struct pane *pane = list_pane_new(&ops, source);

	pane->rows = 10;
	for (n_things = 0; n_things < 3; n_things++)
		things[n_things] = n_things + 1;
	return pane;
}

static void
add(uint64_t number)
{
	things[n_things++] = number;
}

static void
test_on_the_newest_it_follows_the_newest(void **state)
{
	struct pane *pane;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(sources); i++) {
		pane = pane_of_three(&sources[i]);
		assert_int_equal(3, current(pane, &sources[i]));
		add(4);
		assert_int_equal(4, current(pane, &sources[i]));
		assert_true(list_pane_follows(pane));
		list_pane_free(pane);
	}
}

static void
test_moved_away_it_stays_on_its_thing_and_then_the_next(void **state)
{
	struct pane *pane;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(sources); i++) {
		pane = pane_of_three(&sources[i]);
		list_pane_move(
		    pane, sources[i].newest_first ? MOVE_DOWN : MOVE_UP);
		assert_false(list_pane_follows(pane));
		add(4);
		assert_int_equal(2, current(pane, &sources[i]));
		things[1] = 3; /* the second is gone */
		things[2] = 4;
		n_things = 3;
		assert_int_equal(3, current(pane, &sources[i]));
		list_pane_free(pane);
	}
}

static void
test_a_click_binds_it_and_one_on_the_newest_lets_it_follow(void **state)
{
	struct pane *pane = pane_of_three(&sources[1]);

	(void)state;
	assert_int_equal(POINT_MOVED, list_pane_point(pane, 3));
	add(4);
	assert_int_equal(1, current(pane, &sources[1]));
	assert_int_equal(POINT_SAME, list_pane_point(pane, 4));
	assert_int_equal(POINT_NONE, list_pane_point(pane, 5));
	assert_int_equal(POINT_MOVED, list_pane_point(pane, 1));
	assert_true(list_pane_follows(pane));
	list_pane_free(pane);
}

static void
test_an_empty_list_is_stood_in_too(void **state)
{
	struct pane *pane = pane_of_three(&sources[0]);

	(void)state;
	n_things = 0;
	list_pane_settle(pane, 0);
	list_pane_move(pane, MOVE_DOWN);
	assert_int_equal(POINT_NONE, list_pane_point(pane, 1));
	assert_int_equal(0, list_pane_scroll(pane)->at);
	list_pane_free(pane);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_the_newest_it_follows_the_newest),
		cmocka_unit_test(
		    test_moved_away_it_stays_on_its_thing_and_then_the_next),
		cmocka_unit_test(
		    test_a_click_binds_it_and_one_on_the_newest_lets_it_follow),
		cmocka_unit_test(test_an_empty_list_is_stood_in_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
