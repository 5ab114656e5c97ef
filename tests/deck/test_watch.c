#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/watch.h"
#include "tests/deck/fake_hub.h"
#include "tests/support/test.h"

struct fixture {
	struct fake_hub *hub;
	struct fleet *fleet;
	struct watch *watch;
	int fired[DECK_MESSAGE + 1];
	size_t wanted; /* devices */
	struct err found;
};

static void
on_event(int kind, const void *news, void *arg)
{
	struct fixture *f = arg;

	f->fired[kind]++;
	if (kind == DECK_FOUND)
		err_copy(&f->found, ((const struct deck_found *)news)->err);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct deck *deck;

	f->hub = fake_hub_new();
	deck = fake_hub_deck(f->hub);
	f->fleet = deck_fleet(deck);
	f->watch = deck_watch(deck);
	events_subscribe(deck_events(deck), on_event, f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fake_hub_free(f->hub);
	free(f);
	return 0;
}

static bool
has_wanted(void *arg)
{
	struct fixture *f = arg;

	return fleet_size(f->fleet) == f->wanted &&
	    fleet_is_complete(f->fleet);
}

static bool
has_twin(void *arg)
{
	struct fixture *f = arg;

	return watch_twin(f->watch) != NULL;
}

static bool
has_text(void *arg)
{
	struct fixture *f = arg;

	return watch_twin_text(f->watch) != NULL;
}

static bool
fails(void *arg)
{
	struct fixture *f = arg;

	return !watch_health(f->watch)->ok && watch_health(f->watch)->ever;
}

static bool
is_ok(void *arg)
{
	struct fixture *f = arg;

	return watch_health(f->watch)->ok;
}

static bool
is_connected(void *arg)
{
	struct fixture *f = arg;
	const struct fleet_row *row = fleet_get(f->fleet, "door-7");

	return row != NULL && row->link == LINK_CONNECTED;
}

static void
add_doors(struct fixture *f, size_t n)
{
	char id[16];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "door-%zu", i);
		fake_device_connect(fake_hub_add(f->hub, id), false);
	}
	f->wanted = n;
}

static void
test_a_long_list_is_loaded_page_by_page(void **state)
{
	struct fixture *f = *state;

	add_doors(f, 250);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	/* A short page first, for the screen. */
	assert_int_equal(4, fake_hub_queries(f->hub));
	assert_true(watch_health(f->watch)->ok);
}

static bool
has_three(void *arg)
{
	struct fixture *f = arg;

	return fleet_size(f->fleet) >= 3;
}

static void
test_the_first_page_is_as_long_as_the_screen(void **state)
{
	struct fixture *f = *state;

	add_doors(f, 50);
	watch_expect(f->watch, 12);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_three, f);
	assert_int_equal(1, fake_hub_queries(f->hub));
	/* One more tells whether that is all. */
	assert_int_equal(13, fleet_size(f->fleet));
	fake_hub_until(f->hub, has_wanted, f);
	assert_int_equal(2, fake_hub_queries(f->hub));
}

static void
test_a_short_list_shows_who_comes_and_goes_at_once(void **state)
{
	struct fixture *f = *state;

	add_doors(f, 3);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_add(f->hub, "new");
	f->wanted = 4;
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_remove(f->hub, "door-1");
	f->wanted = 3;
	fake_hub_until(f->hub, has_wanted, f);
	assert_null(fleet_get(f->fleet, "door-1"));
}

static void
test_of_a_long_list_the_rows_on_screen_are_read(void **state)
{
	static const char *const visible[] = { "door-6", "door-7" };
	struct fixture *f = *state;
	struct fake_device *d = NULL;
	char id[16];
	size_t i;

	for (i = 0; i < 120; i++) {
		snprintf(id, sizeof(id), "door-%zu", i);
		if (i == 7)
			d = fake_hub_add(f->hub, id);
		else
			fake_hub_add(f->hub, id);
	}
	fake_device_connect(d, false);
	f->wanted = 120;
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	assert_int_equal(
	    LINK_DISCONNECTED, fleet_get(f->fleet, "door-7")->link);
	watch_visible(f->watch, visible, 2);
	fake_device_connect(d, true);
	fake_hub_until(f->hub, is_connected, f);
}

static bool
has_two_linked(void *arg)
{
	struct fixture *f = arg;

	return fleet_linked(f->fleet) == 2;
}

static void
test_of_a_long_list_the_hub_counts_who_is_linked(void **state)
{
	struct fixture *f = *state;
	struct fake_device *d;

	add_doors(f, 120);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	assert_int_equal(0, fleet_linked(f->fleet));
	d = fake_hub_add(f->hub, "x");
	fake_device_connect(d, true);
	d = fake_hub_add(f->hub, "y");
	fake_device_connect(d, true);
	watch_refresh(f->watch);
	fake_hub_until(f->hub, has_two_linked, f);
	/* Reading them makes them no more. */
	f->wanted = 122;
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_run_ms(f->hub, 300);
	assert_int_equal(2, fleet_linked(f->fleet));
}

static void
test_a_long_list_is_read_slowly_once_it_is_known(void **state)
{
	struct fixture *f = *state;
	int queries;

	add_doors(f, 250);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	queries = fake_hub_queries(f->hub);
	fake_hub_run_ms(f->hub, 1200);
	assert_int_equal(queries, fake_hub_queries(f->hub));
	watch_refresh(f->watch);
	fake_hub_run_ms(f->hub, 700);
	assert_int_equal(queries + 3, fake_hub_queries(f->hub));
}

static bool
lost_one(void *arg)
{
	struct fixture *f = arg;

	return fleet_size(f->fleet) == f->wanted - 1;
}

static void
test_a_row_on_screen_that_is_deleted_goes_at_once(void **state)
{
	static const char *const visible[] = { "door-6", "door-7", "door-8" };
	struct fixture *f = *state;

	add_doors(f, 120);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	watch_visible(f->watch, visible, 3);
	fake_hub_remove(f->hub, "door-7");
	fake_hub_until(f->hub, lost_one, f);
	assert_null(fleet_get(f->fleet, "door-7"));
	assert_non_null(fleet_get(f->fleet, "door-8"));
}

static bool
has_found(void *arg)
{
	struct fixture *f = arg;

	return f->fired[DECK_FOUND] > 0;
}

static void
test_a_device_that_the_list_has_not_is_found_by_its_id(void **state)
{
	struct fixture *f = *state;

	add_doors(f, 2);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_add(f->hub, "new");
	watch_find(f->watch, "new");
	fake_hub_until(f->hub, has_found, f);
	assert_int_equal(ERR_NONE, f->found.code);
	assert_non_null(fleet_get(f->fleet, "new"));
	f->fired[DECK_FOUND] = 0;
	watch_find(f->watch, "nobody");
	fake_hub_until(f->hub, has_found, f);
	assert_int_equal(ERR_NOT_FOUND, f->found.code);
	assert_true(watch_health(f->watch)->ok);
	assert_int_equal(1, f->fired[DECK_FOUND]);
}

static void
test_an_idle_hub_fires_no_event(void **state)
{
	struct fixture *f = *state;
	int requests;

	add_doors(f, 5);
	watch_focus(f->watch, "door-2");
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_until(f->hub, has_twin, f);
	memset(f->fired, 0, sizeof(f->fired));
	requests = fake_hub_requests(f->hub);
	fake_hub_run_ms(f->hub, 1600);
	assert_in_range(fake_hub_requests(f->hub) - requests, 3, 6);
	assert_int_equal(0, f->fired[DECK_FLEET]);
	assert_int_equal(0, f->fired[DECK_TWIN]);
	assert_int_equal(0, f->fired[DECK_HEALTH]);
	assert_true(clock_mono_ms() - watch_twin_seen_ms(f->watch) < 1000);
}

static void
test_the_focused_twin_is_read_at_once_and_when_it_changes(void **state)
{
	struct fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_hub_add(f->hub, "e");
	watch_start(f->watch);
	watch_focus(f->watch, "d");
	assert_null(watch_twin(f->watch));
	fake_hub_until(f->hub, has_twin, f);
	assert_string_equal(
	    "d", json_get_string(watch_twin(f->watch), "deviceId"));
	f->fired[DECK_TWIN] = 0;
	fake_device_report(d, "{\"a\":1}");
	fake_hub_run_ms(f->hub, 700);
	assert_int_equal(1, f->fired[DECK_TWIN]);
	watch_focus(f->watch, "e");
	assert_null(watch_twin(f->watch));
	fake_hub_until(f->hub, has_twin, f);
	assert_string_equal(
	    "e", json_get_string(watch_twin(f->watch), "deviceId"));
	watch_focus(f->watch, NULL);
	assert_null(watch_twin(f->watch));
}

/* Whatever is shown of it before is what the list has told. */
static void
test_the_first_twin_is_shown_as_the_list_has_it(void **state)
{
	struct fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_report(d, "{\"a\":1}");
	fake_hub_add(f->hub, "e");
	f->wanted = 2;
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	watch_focus(f->watch, "d");
	assert_string_equal(
	    "d", json_get_string(watch_twin(f->watch), "deviceId"));
	assert_null(watch_twin_text(f->watch));
	/* Its own answer follows, with the hub's bytes. */
	fake_hub_until(f->hub, has_text, f);
	assert_non_null(strstr(watch_twin_text(f->watch), "\"a\":1"));
	/* By now it may have changed: nobody is shown as it was then. */
	watch_focus(f->watch, "e");
	watch_focus(f->watch, "d");
	assert_null(watch_twin(f->watch));
}

static void
test_another_twin_is_not_shown_for_the_first(void **state)
{
	struct fixture *f = *state;

	add_doors(f, 2);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	watch_focus(f->watch, "door-1");
	assert_null(watch_twin(f->watch));
	watch_focus(f->watch, "door-0");
	assert_null(watch_twin(f->watch));
}

static void
test_a_twin_that_is_as_it_was_is_shown_when_the_focus_comes_back(void **state)
{
	struct fixture *f = *state;
	int i;

	add_doors(f, 2);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	for (i = 0; i < 3; i++) {
		watch_focus(f->watch, "door-0");
		fake_hub_until(f->hub, has_twin, f);
		/* Back before the answer is in. */
		watch_focus(f->watch, "door-1");
		watch_focus(f->watch, "door-0");
		fake_hub_until(f->hub, has_twin, f);
		fake_hub_run_ms(f->hub, 700);
		assert_string_equal("door-0",
		    json_get_string(watch_twin(f->watch), "deviceId"));
	}
}

static const char *
site_of(struct fixture *f)
{
	return fleet_row_value(f->fleet, fleet_get(f->fleet, "door-0"), 0);
}

static bool
has_site(void *arg)
{
	return site_of(arg) != NULL;
}

static void
test_rows_learn_a_new_path_though_nothing_has_changed(void **state)
{
	static const char *const paths[] = { "etag" };
	struct fixture *f = *state;

	add_doors(f, 2);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_run_ms(f->hub, 700);
	assert_null(site_of(f));
	fleet_set_paths(f->fleet, paths, 1);
	fake_hub_until(f->hub, has_site, f);
}

static void
test_a_hub_that_goes_away_is_said_and_comes_back_by_itself(void **state)
{
	struct fixture *f = *state;
	const struct watch_health *health = watch_health(f->watch);
	int requests;

	add_doors(f, 2);
	watch_start(f->watch);
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_break(f->hub, true);
	fake_hub_until(f->hub, fails, f);
	assert_int_equal(ERR_UNREACHABLE, health->err.code);
	assert_non_null(strstr(health->err.text, "no answer from localhost"));
	assert_true(health->next_try_ms > 0);
	assert_int_equal(2, fleet_size(f->fleet));
	requests = fake_hub_requests(f->hub);
	fake_hub_run_ms(f->hub, 1500);
	/* Each try of a read is made twice, on a new connection. */
	assert_in_range(fake_hub_requests(f->hub) - requests, 1, 6);
	fake_hub_break(f->hub, false);
	watch_refresh(f->watch);
	fake_hub_until(f->hub, is_ok, f);
	assert_int_equal(ERR_NONE, health->err.code);
}

static void
test_a_focused_device_that_is_deleted_leaves_the_list(void **state)
{
	struct fixture *f = *state;

	add_doors(f, 2);
	watch_start(f->watch);
	watch_focus(f->watch, "door-1");
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_until(f->hub, has_twin, f);
	fake_hub_remove(f->hub, "door-1");
	f->wanted = 1;
	fake_hub_until(f->hub, has_wanted, f);
	fake_hub_run_ms(f->hub, 700);
	assert_null(watch_twin(f->watch));
	assert_true(watch_health(f->watch)->ok);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_long_list_is_loaded_page_by_page),
		CASE(test_the_first_page_is_as_long_as_the_screen),
		CASE(test_a_short_list_shows_who_comes_and_goes_at_once),
		CASE(test_of_a_long_list_the_rows_on_screen_are_read),
		CASE(test_of_a_long_list_the_hub_counts_who_is_linked),
		CASE(test_a_long_list_is_read_slowly_once_it_is_known),
		CASE(test_a_row_on_screen_that_is_deleted_goes_at_once),
		CASE(test_a_device_that_the_list_has_not_is_found_by_its_id),
		CASE(test_an_idle_hub_fires_no_event),
		CASE(test_the_focused_twin_is_read_at_once_and_when_it_changes),
		CASE(test_the_first_twin_is_shown_as_the_list_has_it),
		CASE(test_another_twin_is_not_shown_for_the_first),
		CASE(test_a_twin_that_is_as_it_was_is_shown_when_the_focus_comes_back),
		CASE(test_rows_learn_a_new_path_though_nothing_has_changed),
		CASE(test_a_hub_that_goes_away_is_said_and_comes_back_by_itself),
		CASE(test_a_focused_device_that_is_deleted_leaves_the_list),
	};

	return cmocka_run_group_tests(
	    tests, fake_hub_setup_ca, fake_hub_teardown_ca);
}
