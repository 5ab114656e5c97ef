/*
 * Whatever comes, goes and moves in the list: a key acts on the device that
 * stood under the cursor, or was marked, when it was pressed.
 */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/key.h"
#include "tui/pane_devices.h"

#define IDS 16 /* more would ask for their number */
#define SEEDS 24
#define STEPS 120
#define ID_SIZE 16

static int version; /* of the twins: each is newer than the one before */

static const char *
under_cursor(struct screen_rig *rig)
{
	return pane_devices_id(app_pane(rig->app, PANE_DEVICES));
}

static void
some_id(char id[ID_SIZE])
{
	snprintf(id, ID_SIZE, "gate-%d", rand() % IDS);
}

static void
come_or_change(struct screen_rig *rig, const char *id)
{
	static const char *const phases[] = { "standBy", "applying",
		"completed", "failed" };
	char *json = xasprintf(
	    "{\"deviceId\":\"%s\",\"version\":%d,\"etag\":\"E\","
	    "\"connectionState\":\"%s\",\"properties\":{\"desired\":"
	    "{\"interval\":%d,\"$version\":1},\"reported\":"
	    "{\"firmwareStatus\":\"%s\",\"interval\":1,\"$version\":1}}}",
	    id, ++version, rand() % 2 ? "Connected" : "Disconnected",
	    rand() % 3, phases[(size_t)rand() % N_ROWS(phases)]);

	fake_deck_twin(rig->deck, json);
	free(json);
}

/* What the hub, or another operator's screen, may do at any time. */
static void
disturb(struct screen_rig *rig)
{
	struct fleet_view *view =
	    pane_devices_view(app_pane(rig->app, PANE_DEVICES));
	char id[ID_SIZE];
	int n = rand() % 6;

	while (n-- > 0) {
		some_id(id);
		switch (rand() % 5) {
		case 0:
			fleet_remove(deck_fleet(rig->deck), id);
			break;
		case 1:
			fleet_view_sort(view, (enum fleet_sort)(rand() % SORTS),
			    rand() % 2);
			break;
		default:
			come_or_change(rig, id);
		}
	}
	if (rand() % 2)
		screen_rig_draw(rig);
}

/* Who an action would be for now; the caller's. */
static size_t
targets_now(struct screen_rig *rig, char ***ids)
{
	if (fleet_marked(deck_fleet(rig->deck)) > 0)
		return fleet_marked_ids(deck_fleet(rig->deck), ids);
	if (under_cursor(rig) == NULL)
		return 0;
	*ids = xcalloc(1, sizeof(**ids));
	(*ids)[0] = xstrdup(under_cursor(rig));
	return 1;
}

/* Presses the key, lets the list change, and confirms: a job of theirs. */
static void
check_action(struct screen_rig *rig, int32_t key)
{
	const struct job_request *asked;
	size_t n, i, before = jobs_size(deck_jobs(rig->deck));
	char **ids = NULL;

	screen_rig_draw(rig);
	n = targets_now(rig, &ids);
	app_key(rig->app, key);
	disturb(rig);
	disturb(rig);
	screen_rig_press(rig, KEYS_RIGHT); /* from Cancel to Call */
	disturb(rig);
	screen_rig_press(rig, KEYS_ENTER);
	if (n == 0) {
		assert_int_equal(before, jobs_size(deck_jobs(rig->deck)));
		return;
	}
	assert_int_equal(before + 1, jobs_size(deck_jobs(rig->deck)));
	asked = fake_deck_asked(rig->deck);
	assert_int_equal(n, asked->n_devices);
	for (i = 0; i < n; i++)
		assert_string_equal(ids[i], asked->device_ids[i]);
	str_array_free(ids, n);
}

/* Space marks the device that the screen shows under the cursor. */
static void
check_mark(struct screen_rig *rig)
{
	const struct fleet_row *row;
	char *id;
	bool marked;

	screen_rig_draw(rig);
	if (under_cursor(rig) == NULL)
		return;
	id = xstrdup(under_cursor(rig));
	disturb(rig);
	row = fleet_get(deck_fleet(rig->deck), id);
	/* What has gone in between cannot be marked, and nothing else is. */
	if (row == NULL || under_cursor(rig) == NULL ||
	    strcmp(under_cursor(rig), id) != 0) {
		free(id);
		return;
	}
	marked = row->marked;
	app_key(rig->app, KEYS_SPACE);
	assert_int_equal(!marked, fleet_get(deck_fleet(rig->deck), id)->marked);
	free(id);
}

/* The cursor leaves its device only when that is gone, or by a key. */
static void
check_cursor(struct screen_rig *rig)
{
	char *id;

	screen_rig_draw(rig);
	if (under_cursor(rig) == NULL)
		return;
	id = xstrdup(under_cursor(rig));
	disturb(rig);
	screen_rig_draw(rig);
	if (fleet_get(deck_fleet(rig->deck), id) != NULL)
		assert_string_equal(id, under_cursor(rig));
	free(id);
}

static void
random_step(struct screen_rig *rig)
{
	static const int32_t moves[] = { 'j', 'k', 'g', 'G' };

	switch (rand() % 7) {
	case 0:
		check_mark(rig);
		break;
	case 1:
		check_cursor(rig);
		break;
	case 2:
		screen_rig_press(rig, 'u');
		break;
	default:
		screen_rig_press(rig, moves[(size_t)rand() % N_ROWS(moves)]);
		disturb(rig);
	}
}

static void
run_seed(unsigned int seed, int32_t key)
{
	void *state;
	struct screen_rig *rig;
	char id[ID_SIZE];
	int step;

	screen_rig_setup(&state);
	rig = state;
	srand(seed);
	for (step = 0; step < IDS; step++) {
		snprintf(id, sizeof(id), "gate-%d", step);
		come_or_change(rig, id);
	}
	for (step = 0; step < STEPS; step++)
		random_step(rig);
	if (fleet_marked(deck_fleet(rig->deck)) > 8)
		screen_rig_press(rig, 'u');
	check_action(rig, key);
	screen_rig_teardown(&state);
}

static void
test_an_action_is_for_the_devices_it_was_asked_for(void **state)
{
	static const int32_t keys[] = { 'f', 'l' };
	unsigned int seed;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		print_message("# seed %u\n", seed);
		run_seed(seed, keys[seed % N_ROWS(keys)]);
	}
}

static void
test_an_edit_is_of_the_device_it_was_begun_on(void **state)
{
	struct screen_rig *rig = *state;
	const struct job_request *asked;
	char *id;
	int i;

	srand(20261122);
	for (i = 0; i < IDS; i++)
		disturb(rig);
	come_or_change(rig, "gate-3");
	screen_rig_draw(rig);
	screen_rig_press(rig, 'j');
	id = xstrdup(under_cursor(rig));
	screen_rig_press(rig, 'e');
	screen_rig_press(rig, CTRL_KEY('u'));
	screen_rig_type(rig, "interval = 7");
	fleet_remove(deck_fleet(rig->deck), "gate-3");
	for (i = 0; i < IDS; i++)
		disturb(rig);
	screen_rig_press(rig, KEYS_TAB);
	screen_rig_press(rig, KEYS_ENTER);
	screen_rig_press(rig, KEYS_ENTER);
	for (i = 0; i < IDS; i++)
		disturb(rig);
	screen_rig_press(rig, KEYS_RIGHT);
	screen_rig_press(rig, KEYS_RIGHT);
	screen_rig_press(rig, KEYS_ENTER);
	asked = fake_deck_asked(rig->deck);
	assert_non_null(asked);
	assert_int_equal(1, asked->n_devices);
	assert_string_equal(id, asked->device_ids[0]);
	free(id);
}

static void
test_a_device_that_the_list_has_not_opens_by_its_id(void **state)
{
	struct screen_rig *rig = *state;

	come_or_change(rig, "gate-1");
	come_or_change(rig, "gate-2");
	come_or_change(rig, "gate-3");
	fleet_remove(
	    deck_fleet(rig->deck), "gate-3"); /* the hub still has it */
	screen_rig_draw(rig);
	screen_rig_command(rig, "open gate-3");
	assert_string_equal("gate-3", under_cursor(rig));
	assert_int_equal(PANE_TWIN, app_focus(rig->app));
	assert_true(screen_rig_shows(rig, "Twin gate-3"));
	assert_false(screen_rig_shows(rig, "asking the hub"));
	screen_rig_press(rig, '1');
	screen_rig_command(rig, "go gate-9");
	assert_true(screen_rig_shows(rig, "gate-9: no such device"));
	assert_string_equal("gate-3", under_cursor(rig));
}

static void
test_a_device_that_the_filter_hides_is_shown_when_it_is_asked_for(void **state)
{
	struct screen_rig *rig = *state;

	come_or_change(rig, "gate-1");
	come_or_change(rig, "gate-2");
	screen_rig_draw(rig);
	screen_rig_press(rig, '/');
	screen_rig_type(rig, "door-");
	screen_rig_press(rig, KEYS_ENTER);
	assert_true(screen_rig_lacks(rig, "gate-2"));
	screen_rig_command(rig, "go gate-2");
	assert_string_equal("gate-2", under_cursor(rig));
	assert_true(screen_rig_shows(rig, "the filter is off: it hid gate-2"));
}

static void
test_marks_that_are_gone_are_told(void **state)
{
	struct screen_rig *rig = *state;

	come_or_change(rig, "gate-1");
	come_or_change(rig, "gate-2");
	screen_rig_draw(rig);
	screen_rig_press(rig, '*');
	fleet_remove(deck_fleet(rig->deck), "gate-2");
	screen_rig_draw(rig);
	assert_true(screen_rig_shows(
	    rig, "gate-2 is gone from the hub, and its mark with it"));
}

#define CASE(f)                          \
	cmocka_unit_test_setup_teardown( \
	    f, screen_rig_setup, screen_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_an_action_is_for_the_devices_it_was_asked_for),
		CASE(test_an_edit_is_of_the_device_it_was_begun_on),
		CASE(test_a_device_that_the_list_has_not_opens_by_its_id),
		CASE(
		    test_a_device_that_the_filter_hides_is_shown_when_it_is_asked_for),
		CASE(test_marks_that_are_gone_are_told),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
