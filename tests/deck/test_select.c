#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/select.h"
#include "core/deck/watch.h"
#include "tests/deck/fake_hub.h"
#include "tests/support/test.h"

struct fixture {
	struct fake_hub *hub;
	struct deck *deck;
	struct fleet *fleet;
	struct select *select;
	char said[512];
	bool is_error;
};

static void
on_event(int kind, const void *news, void *arg)
{
	const struct deck_message *message = news;
	struct fixture *f = arg;

	if (kind != DECK_MESSAGE)
		return;
	snprintf(f->said, sizeof(f->said), "%s", message->text);
	f->is_error = message->is_error;
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	char id[16];
	int i;

	f->hub = fake_hub_new();
	f->deck = fake_hub_deck(f->hub);
	f->fleet = deck_fleet(f->deck);
	f->select = select_new(f->deck);
	events_subscribe(deck_events(f->deck), on_event, f);
	for (i = 0; i < 7; i++) {
		snprintf(id, sizeof(id), "door-%d", i);
		fake_hub_add(f->hub, id);
	}
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	select_free(f->select);
	fake_hub_free(f->hub);
	free(f);
	return 0;
}

static bool
is_over(void *arg)
{
	return !select_is_running(((struct fixture *)arg)->select);
}

static bool
is_complete(void *arg)
{
	return fleet_is_complete(((struct fixture *)arg)->fleet);
}

static void
select_all(struct fixture *f, const char *text)
{
	struct err err;

	assert_int_equal(0, select_start(f->select, text, &err));
	fake_hub_until(f->hub, is_over, f);
}

static void
load(struct fixture *f)
{
	watch_start(deck_watch(f->deck));
	fake_hub_until(f->hub, is_complete, f);
}

static void
test_a_condition_marks_what_the_hub_finds(void **state)
{
	struct fixture *f = *state;

	load(f);
	fleet_mark(f->fleet, "door-6", true);
	fake_hub_set_page(f->hub, 1);
	select_all(f, "deviceId IN ['door-1','door-3']");
	assert_string_equal(
	    "select: marked 2 devices; 3 marked in all", f->said);
	assert_false(f->is_error);
	assert_true(fleet_get(f->fleet, "door-1")->marked);
	assert_true(fleet_get(f->fleet, "door-3")->marked);
	assert_int_equal(3, fleet_marked(f->fleet));
}

static void
test_a_whole_query_is_sent_as_it_is(void **state)
{
	struct fixture *f = *state;

	load(f);
	select_all(f,
	    "SELECT deviceId FROM devices WHERE deviceId IN "
	    "['door-2']");
	assert_string_equal("select: marked 1 device", f->said);
	assert_true(fleet_get(f->fleet, "door-2")->marked);
}

static void
test_devices_that_are_not_in_the_list_yet_are_marked_too(void **state)
{
	struct fixture *f = *state;

	/* Nothing is loaded: whole twins are asked for, page by page. */
	fake_hub_set_page(f->hub, 2);
	select_all(f, "deviceId IN ['door-1','door-3','door-5']");
	assert_int_equal(3, fleet_marked(f->fleet));
	assert_string_equal("select: marked 3 devices", f->said);
	/* And if only ids came, their twins are. */
	select_all(f, "SELECT deviceId FROM devices");
	assert_string_equal("select: marked 7 devices, 4 of them not in the "
			    "list before",
	    f->said);
	assert_int_equal(7, fleet_marked(f->fleet));
}

static bool
has_said(void *arg)
{
	return ((struct fixture *)arg)->said[0] != '\0';
}

#define MANY 30000 /* as many as are marked in several turns */

/* Marks come in the order in which they were asked for. */
static void
test_marks_are_said_once_all_of_them_are_made(void **state)
{
	struct fixture *f = *state;
	struct fleet_view *view;
	cJSON *twin = cJSON_Parse("{\"version\":1,\"deviceId\":\"\"}");
	char id[16];
	int i;

	load(f);
	for (i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "many-%d", i);
		cJSON_ReplaceItemInObject(
		    twin, "deviceId", cJSON_CreateString(id));
		fleet_take_twin(f->fleet, twin);
	}
	view = fleet_view_new(f->fleet);
	fleet_view_mark(view, 0, fleet_view_size(view), FLEET_INVERT);
	fleet_unmark_all(f->fleet);
	assert_true(fleet_is_marking(f->fleet));
	select_all(f, "deviceId IN ['door-1','door-3']");
	fake_hub_until(f->hub, has_said, f);
	assert_string_equal("select: marked 2 devices", f->said);
	assert_false(fleet_is_marking(f->fleet));
	assert_int_equal(2, fleet_marked(f->fleet));
	fleet_view_free(view);
	cJSON_Delete(twin);
}

static const char fault[] =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
    "iothub-errorcode: ArgumentInvalid\r\nContent-Length: 77\r\n\r\n"
    "{\"Message\":\"ErrorCode:ArgumentInvalid;"
    "line 1, column 41: what is this?     \"}";

static void
test_a_fault_names_the_column_of_what_was_typed(void **state)
{
	struct fixture *f = *state;

	load(f);
	fake_hub_refuse(f->hub, "tags.a", fault, 1);
	select_all(f, "tags.a == 1"); /* behind "SELECT … WHERE ", 36 */
	assert_true(f->is_error);
	if (strstr(f->said, "column 6: what") == NULL)
		fail_msg("%s", f->said);
	assert_non_null(strstr(f->said, "nothing was marked"));
	fake_hub_refuse(f->hub, "tags.a", fault, 1);
	select_all(f, "select deviceId from devices where tags.a == 1");
	if (strstr(f->said, "column 41: what") == NULL)
		fail_msg("%s", f->said);
	assert_int_equal(0, fleet_marked(f->fleet));
}

static void
test_rows_without_ids_mark_nothing(void **state)
{
	struct fixture *f = *state;
	struct err err;

	load(f);
	select_all(f, "SELECT COUNT() AS n FROM devices");
	assert_true(f->is_error);
	assert_non_null(strstr(f->said, "have no deviceId"));
	assert_int_equal(0, fleet_marked(f->fleet));
	assert_int_equal(-1, select_start(f->select, "  ", &err));
	assert_int_equal(ERR_INVALID, err.code);
	assert_false(select_is_running(f->select));
}

static void
test_what_is_given_up_marks_nothing(void **state)
{
	struct fixture *f = *state;
	struct err err;

	load(f);
	assert_int_equal(0, select_start(f->select, "a = 1", &err));
	assert_true(select_is_running(f->select));
	assert_string_equal(
	    "0 devices found so far", select_progress(f->select));
	select_cancel(f->select);
	assert_false(select_is_running(f->select));
	assert_string_equal("select given up: nothing was marked", f->said);
	f->said[0] = '\0';
	select_cancel(f->select);
	assert_string_equal("", f->said);
	fake_hub_run_ms(f->hub, 50);
	assert_int_equal(0, fleet_marked(f->fleet));
}

static void
test_a_second_one_takes_the_place_of_the_first(void **state)
{
	struct fixture *f = *state;
	struct err err;

	load(f);
	assert_int_equal(
	    0, select_start(f->select, "deviceId IN ['door-0']", &err));
	select_all(f, "where deviceId IN ['door-4']");
	assert_int_equal(1, fleet_marked(f->fleet));
	assert_true(fleet_get(f->fleet, "door-4")->marked);
}

static void
test_a_throttled_page_is_asked_for_again(void **state)
{
	struct fixture *f = *state;

	fake_hub_refuse(f->hub, "door-4", fake_throttled, 1);
	select_all(f, "deviceId IN ['door-4']");
	assert_string_equal("select: marked 1 device", f->said);
}

static void
test_a_lost_hub_is_said(void **state)
{
	struct fixture *f = *state;

	load(f);
	fake_hub_break(f->hub, true);
	select_all(f, "deviceId IN ['door-4']");
	assert_true(f->is_error);
	assert_non_null(strstr(f->said, "nothing was marked"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_condition_marks_what_the_hub_finds),
		CASE(test_a_whole_query_is_sent_as_it_is),
		CASE(test_devices_that_are_not_in_the_list_yet_are_marked_too),
		CASE(test_marks_are_said_once_all_of_them_are_made),
		CASE(test_a_fault_names_the_column_of_what_was_typed),
		CASE(test_rows_without_ids_mark_nothing),
		CASE(test_what_is_given_up_marks_nothing),
		CASE(test_a_second_one_takes_the_place_of_the_first),
		CASE(test_a_throttled_page_is_asked_for_again),
		CASE(test_a_lost_hub_is_said),
	};

	return cmocka_run_group_tests(
	    tests, fake_hub_setup_ca, fake_hub_teardown_ca);
}
