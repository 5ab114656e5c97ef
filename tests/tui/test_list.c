/* The list of devices: its columns, order, filters and marks on the screen. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/profile.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/columns.h"
#include "tui/key.h"
#include "tui/pane_devices.h"

#define PAGE_MAX ((size_t)1024 * 1024)

#define press screen_rig_press
#define type screen_rig_type
#define shows screen_rig_shows
#define lacks screen_rig_lacks
#define command screen_rig_command

static struct fleet *
fleet_of(struct screen_rig *rig)
{
	return deck_fleet(rig->deck);
}

static const char *
kept(struct screen_rig *rig, const char *key)
{
	return profile_get(app_profile(rig->app), key);
}

/* Two tags and a reported value more than the rig's devices have. */
static void
add_places(struct screen_rig *rig)
{
	static const char *const twins[] = {
		"{\"deviceId\":\"door-009\",\"version\":2,\"etag\":\"x\","
		"\"status\":\"enabled\",\"tags\":{\"site\":\"graz\","
		"\"floor\":30},\"properties\":{\"desired\":{},\"reported\":{"
		"\"battery\":{\"level\":87},\"firmwareStatus\":\"standBy\","
		"\"firmwareVersion\":\"1.5.0\"}}}",
		"{\"deviceId\":\"door-010\",\"version\":2,\"etag\":\"x\","
		"\"status\":\"disabled\",\"tags\":{\"site\":\"\\u001b[31m\"},"
		"\"properties\":{\"desired\":{},\"reported\":{\"battery\":{"
		"\"level\":9}}}}",
	};
	size_t i;

	for (i = 0; i < N_ROWS(twins); i++)
		fake_deck_twin(rig->deck, twins[i]);
	screen_rig_draw(rig);
}

static void
test_columns_and_marks_at_every_size(void **state)
{
	static const struct {
		const char *name;
		int cols, rows;
	} sizes[] = { { "list_200", 200, 60 }, { "list_120", 120, 40 },
		{ "list_80", 80, 24 }, { "list_60", 60, 16 } };
	struct screen_rig *rig = *state;
	size_t i;

	command(rig,
	    "columns device,link,firmware:18,tags.site:10,"
	    "reported.battery.level,door,tags");
	add_places(rig);
	press(rig, 'j');
	press(rig, ' ');
	press(rig, ' ');
	command(rig, "sort -tags.site");
	command(rig, "filter !door-001");
	press(rig, 'g');
	press(rig, 'V');
	press(rig, 'j');
	press(rig, 'j');
	for (i = 0; i < N_ROWS(sizes); i++) {
		screen_rig_resize(rig, sizes[i].cols, sizes[i].rows);
		screen_rig_compare(rig, sizes[i].name);
	}
	screen_rig_charset(rig, CANVAS_ASCII);
	screen_rig_resize(rig, 80, 24);
	screen_rig_compare(rig, "list_80_ascii");
}

static void
test_columns_without_room_are_named(void **state)
{
	struct screen_rig *rig = *state;

	command(rig, "columns +version,tags,status,seen");
	assert_true(shows(rig, "columns: no room here for "));
	assert_true(shows(rig, ", seen"));
	assert_false(shows(rig, "z gives the list"));
	screen_rig_resize(rig, 120, 40);
	command(rig, "columns default");
	assert_false(shows(rig, "no room"));
	command(rig, "columns +version,tags,seen");
	assert_true(shows(rig, "seen; z gives the list the whole screen"));
}

static void
test_columns_are_kept_and_come_back(void **state)
{
	struct screen_rig *rig = *state;

	command(rig, "columns device,version,status");
	add_places(rig);
	assert_true(shows(rig, "device    version    status"));
	assert_true(shows(rig, "1.5.0      enabled"));
	assert_true(shows(rig, "-          disabled"));
	assert_string_equal("device,version,status", kept(rig, "columns"));
	command(rig, "columns +seen:9,-version");
	assert_string_equal("device,status,seen:9", kept(rig, "columns"));
	command(rig, "sort -status");
	assert_string_equal("-status", kept(rig, "sort"));
	/* The same hub once more. */
	app_set_deck(rig->app, NULL);
	app_set_deck(rig->app, rig->deck);
	screen_rig_draw(rig);
	assert_true(shows(rig, "device    status   seen"));
	assert_true(shows(rig, "by status, reversed"));
	command(rig, "columns default");
	assert_null(kept(rig, "columns"));
	assert_true(shows(rig, "door       drift"));
	/* Its column went, and the order with it. */
	assert_true(shows(rig, "by device"));
}

static void
test_what_the_profile_has_wrong_is_said_with_its_place(void **state)
{
	struct screen_rig *rig = *state;
	struct err err;

	assert_int_equal(0,
	    profile_set(
		app_profile(rig->app), "columns", "device,colour", &err));
	app_set_deck(rig->app, NULL);
	app_set_deck(rig->app, rig->deck);
	screen_rig_resize(rig, 200, 60);
	assert_true(shows(rig, "columns in "));
	assert_true(shows(rig, "colour is no column"));
	assert_true(shows(rig, "door       drift"));
}

static void
test_a_column_that_is_none_changes_nothing(void **state)
{
	struct screen_rig *rig = *state;

	command(rig, "columns device,colour");
	assert_true(shows(rig, "columns: colour is no column"));
	assert_true(shows(rig, "door       drift"));
	press(rig, KEYS_ESC);
	command(rig, "columns link");
	assert_true(shows(rig, "device must be among the columns"));
	press(rig, KEYS_ESC);
	command(rig, "sort colour");
	assert_true(shows(rig, "sort: colour is no column here"));
	assert_null(kept(rig, "columns"));
	assert_null(kept(rig, "sort"));
}

static void
test_the_dialog_of_columns(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	press(rig, 'C');
	screen_rig_compare(rig, "columns");
	press(rig, 'j');
	press(rig, 'J'); /* link behind firmware */
	press(rig, '+');
	press(rig, 'k');
	press(rig, ' '); /* firmware goes */
	assert_true(shows(rig, "device    link  door"));
	press(rig, 'g');
	press(rig, ' ');
	assert_true(shows(rig, "device stays"));
	press(rig, KEYS_TAB);
	type(rig, "tags.");
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "tags. is no column"));
	type(rig, "site:9");
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "✓ tags.site"));
	press(rig, '=');
	press(rig, 'G');
	press(rig, ' '); /* seen comes */
	press(rig, KEYS_ENTER);
	assert_string_equal(
	    "device,link:5,door,drift,tags.site,seen", kept(rig, "columns"));
	assert_true(
	    shows(rig, "device    link  door       drift site     seen"));
}

static void
test_the_dialog_gives_back_what_was_before(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'C');
	press(rig, 'j');
	press(rig, ' ');
	assert_true(lacks(rig, "device    link"));
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "device    link"));
	assert_null(kept(rig, "columns"));
}

static void
test_o_goes_through_the_columns_that_are_shown(void **state)
{
	static const char *const by[] = { "by tags.site", "by drift",
		"by device" };
	struct screen_rig *rig = *state;
	size_t i;

	command(rig, "columns device,tags.site,drift");
	for (i = 0; i < N_ROWS(by); i++) {
		press(rig, 'o');
		assert_true(shows(rig, by[i]));
		assert_true(lacks(rig, "reversed"));
	}
	press(rig, 'O');
	assert_true(shows(rig, "by device, reversed"));
	assert_true(shows(rig, "sorted by device, reversed"));
	assert_string_equal("-device", kept(rig, "sort"));
	press(rig, 'O');
	assert_true(lacks(rig, "reversed"));
	assert_null(kept(rig, "sort"));
	/* A built-in one need not be shown. */
	command(rig, "sort -version");
	assert_true(shows(rig, "by version, reversed"));
}

static void
test_nothing_moves_before_it_is_sorted_again(void **state)
{
	struct screen_rig *rig = *state;

	command(rig, "sort drift");
	assert_true(shows(rig, "│   door-004  ●"));
	assert_int_equal(0, fleet_get(fleet_of(rig), "door-008")->drift);
	fake_deck_twin(rig->deck,
	    "{\"deviceId\":\"door-008\",\"version\":99,\"properties\":{"
	    "\"desired\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1},"
	    "\"reported\":{}}}");
	screen_rig_draw(rig);
	assert_true(shows(rig, "4 *"));
	press(rig, 'g');
	assert_true(shows(rig, "▶  door-004"));
	command(rig, "sort drift");
	press(rig, 'g');
	assert_true(shows(rig, "▶  door-008"));
}

static void
test_a_filter_has_a_name(void **state)
{
	struct screen_rig *rig = *state;

	add_places(rig);
	press(rig, '/');
	type(rig, "tag.floor:3 link:off");
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "2 of 10"));
	command(rig, "filter save dark");
	assert_true(shows(rig, "/@dark is now tag.floor:3 link:off"));
	assert_string_equal("tag.floor:3 link:off", kept(rig, "filter.dark"));
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "10 of 10"));
	press(rig, '/');
	type(rig, "@da");
	press(rig, KEYS_TAB);
	type(rig, "8");
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "1 of 10 · /@dark 8"));
	command(rig, "filter save dark");
	assert_true(shows(rig, "@dark is a word of this filter itself"));
	press(rig, KEYS_ESC);
	command(rig, "filter save");
	assert_true(screen_rig_shows(rig, "filter save: of which name?"));
	command(rig, "filter save a.b");
	assert_true(shows(rig, "a filter's name has letters"));
	press(rig, KEYS_ESC);
	command(rig, "filter save up  link:on tag.floor:3");
	assert_true(shows(rig, "/@up is now link:on tag.floor:3"));
	assert_true(shows(rig, "/link:on tag.floor:3"));
	assert_string_equal("link:on tag.floor:3", kept(rig, "filter.up"));
	command(rig, "filter save up @none");
	assert_true(shows(rig, "no filter was saved by that name"));
	assert_string_equal("link:on tag.floor:3", kept(rig, "filter.up"));
	press(rig, KEYS_ESC);
	command(rig, "filter delete light");
	assert_true(shows(rig, "no filter was saved as light"));
	press(rig, KEYS_ESC);
	command(rig, "filter delete dark");
	assert_null(kept(rig, "filter.dark"));
	command(rig, "filter @dark");
	assert_true(shows(rig, "no filter was saved by that name"));
}

static void
test_a_path_is_filtered_once_it_has_a_column(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, '/');
	type(rig, "reported.battery.level:9");
	assert_true(shows(rig,
	    "reported.battery.level is in no column; "
	    ":columns +reported.battery.level"));
	press(rig, KEYS_ESC);
	command(rig, "columns +reported.battery.level");
	add_places(rig);
	press(rig, '/');
	type(rig, "reported.b");
	press(rig, KEYS_TAB);
	type(rig, "9");
	assert_true(shows(rig, "/reported.battery.level:9"));
	assert_true(shows(rig, "1 of 10"));
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "▶  door-010"));
}

static void
test_a_fault_is_seen_while_it_is_typed_and_the_list_stays(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, '/');
	type(rig, "door-00 link:o");
	assert_true(shows(rig, "word 2, link:o: link is one of on|off"));
	assert_true(shows(rig, "8 of 8"));
	type(rig, "ff");
	assert_true(lacks(rig, "is one of"));
	assert_true(shows(rig, "2 of 8"));
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "8 of 8"));
	/* It was typing, not a message. */
	press(rig, 'i');
	assert_true(lacks(rig, "is one of"));
}

static void
test_tags_of_hidden_devices_are_completed_too(void **state)
{
	struct screen_rig *rig = *state;

	add_places(rig);
	press(rig, '/');
	type(rig, "!tag.si");
	press(rig, KEYS_TAB);
	assert_true(shows(rig, "/!tag.site:"));
	assert_true(shows(rig, "!tag.site:graz"));
	type(rig, "g");
	press(rig, KEYS_TAB);
	assert_true(shows(rig, "/!tag.site:graz"));
	assert_true(shows(rig, "9 of 10"));
	press(rig, KEYS_ESC);
	press(rig, ':');
	type(rig, "columns device,reported.fir");
	press(rig, KEYS_TAB);
	type(rig, "S");
	press(rig, KEYS_TAB);
	type(rig, ",li");
	press(rig, KEYS_TAB);
	assert_true(shows(rig, ":columns device,reported.firmwareStatus,link"));
}

static void
test_marks_that_a_filter_hides_are_counted(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, ' ');
	press(rig, ' ');
	press(rig, ' ');
	assert_true(shows(rig, "8 of 8 · 3 marked · by device"));
	command(rig, "filter !door-002");
	assert_true(shows(rig, "7 of 8 · 3 marked, 1 hidden · /!door-002"));
	screen_rig_resize(rig, 60, 16);
	assert_true(shows(rig, "7 of 8 · 3 marked, 1 hidden"));
	screen_rig_resize(rig, 44, 12);
	assert_true(shows(rig, "7 of 8 · 3 marked, 1 hidden"));
	screen_rig_resize(rig, 30, 12);
	assert_true(shows(rig, "7/8 ✓3"));
	screen_rig_resize(rig, 80, 24);
	/* A device that goes takes its mark with it, and that is said. */
	fleet_remove(fleet_of(rig), "door-003");
	screen_rig_draw(rig);
	assert_true(shows(rig, "2 marked, 1 hidden"));
	assert_true(shows(rig, "door-003"));
	fleet_remove(fleet_of(rig), "door-002");
	screen_rig_draw(rig);
	assert_true(shows(rig, "· 1 marked ·"));
}

static bool
is_marked(struct screen_rig *rig, const char *id)
{
	return fleet_get(fleet_of(rig), id)->marked;
}

static void
test_a_range_is_marked_by_V_or_Space(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'j');
	press(rig, 'V');
	press(rig, 'j');
	press(rig, 'j');
	assert_true(shows(rig, "range 3"));
	assert_true(shows(rig, " + door-002"));
	assert_true(shows(rig, "▶+ door-004"));
	assert_int_equal(0, fleet_marked(fleet_of(rig)));
	press(rig, 'V');
	assert_int_equal(3, fleet_marked(fleet_of(rig)));
	assert_true(is_marked(rig, "door-002"));
	assert_true(shows(rig, "3 in the range, 3 marked"));
	/* Upwards, by the names of the commands, and with Space. */
	command(rig, "unmark-all");
	command(rig, "range");
	press(rig, 'k');
	press(rig, ' ');
	assert_int_equal(2, fleet_marked(fleet_of(rig)));
	assert_true(is_marked(rig, "door-003"));
	assert_true(is_marked(rig, "door-004"));
	/* Dropped. */
	press(rig, 'V');
	press(rig, 'G');
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "range dropped"));
	assert_true(lacks(rig, "· range"));
	assert_int_equal(2, fleet_marked(fleet_of(rig)));
}

static void
test_a_range_marks_what_was_on_the_screen_or_nothing(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'V');
	press(rig, 'j');
	press(rig, 'j');
	fake_deck_twin(rig->deck, "{\"deviceId\":\"door-0015\",\"version\":1}");
	fake_deck_twin(rig->deck, "{\"deviceId\":\"door-002a\",\"version\":1}");
	press(rig, 'V');
	assert_int_equal(0, fleet_marked(fleet_of(rig)));
	assert_true(shows(rig, "nothing was marked"));
	assert_true(shows(rig, "range 5"));
	press(rig, 'V');
	assert_int_equal(5, fleet_marked(fleet_of(rig)));
	/* The device it began at goes: so does the range. */
	press(rig, 'u');
	press(rig, 'g');
	press(rig, 'V');
	press(rig, 'j');
	fleet_remove(fleet_of(rig), "door-001");
	screen_rig_draw(rig);
	assert_true(shows(rig, "range dropped: door-001"));
	press(rig, 'V');
	assert_int_equal(0, fleet_marked(fleet_of(rig)));
}

#define MANY 30000 /* as many as are filtered in several turns */

static void
take_many(struct screen_rig *rig)
{
	struct fleet *fleet = deck_fleet(rig->deck);
	cJSON *twin = cJSON_Parse("{\"version\":1,\"deviceId\":\"\"}");
	char id[16];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "many-%05d", i);
		cJSON_ReplaceItemInObject(
		    twin, "deviceId", cJSON_CreateString(id));
		fleet_take_twin(fleet, twin);
	}
	cJSON_Delete(twin);
	screen_rig_draw(rig);
}

static void
work_off(struct screen_rig *rig)
{
	while (app_works(rig->app))
		app_work(rig->app);
	screen_rig_draw(rig);
}

static void
test_a_key_waits_for_the_filter_that_it_acts_on(void **state)
{
	struct screen_rig *rig = *state;
	struct fleet *fleet = deck_fleet(rig->deck);

	take_many(rig);
	press(rig, '/');
	type(rig, "many-07777");
	press(rig, KEYS_ENTER);
	assert_true(app_works(rig->app));
	assert_true(shows(rig, "door-001"));
	press(rig, KEYS_SPACE);
	press(rig, 'l'); /* behind one that waits */
	assert_int_equal(0, fleet_marked(fleet));
	assert_false(shows(rig, "lockDoor"));
	work_off(rig);
	assert_int_equal(1, fleet_marked(fleet));
	assert_true(fleet_get(fleet, "many-07777")->marked);
	assert_true(shows(rig, "lockDoor"));
	press(rig, KEYS_ESC);
	press(rig, KEYS_SPACE);
	press(rig, KEYS_ESC); /* shows all again, as Esc does in the list */
	/* Esc drops what waits. */
	press(rig, '/');
	type(rig, "9");
	press(rig, KEYS_ENTER);
	press(rig, '*');
	assert_int_equal(0, fleet_marked(fleet));
	press(rig, KEYS_ESC);
	work_off(rig);
	assert_int_equal(0, fleet_marked(fleet));
}

static void
test_moves_are_answered_while_a_long_list_is_sorted(void **state)
{
	struct screen_rig *rig = *state;
	const struct pane *pane = app_pane(rig->app, PANE_DEVICES);
	char *id;

	take_many(rig);
	app_run_line(rig->app, "sort link");
	assert_true(app_works(rig->app));
	press(rig, 'j');
	press(rig, 'j');
	assert_true(app_works(rig->app));
	id = xstrdup(pane_devices_id(pane));
	assert_string_equal("door-003", id);
	assert_false(shows(rig, "sorting…"));
	rig->later_ms += 150; /* it takes long */
	screen_rig_draw(rig);
	assert_true(shows(rig, "sorting… 30008 of 30008"));
	work_off(rig);
	assert_false(shows(rig, "sorting…"));
	assert_string_equal(id, pane_devices_id(pane));
	assert_true(fleet_view_index(pane_devices_view(pane), id) > 10);
	free(id);
}

static void
test_what_acts_on_marks_waits_until_all_are_made(void **state)
{
	struct screen_rig *rig = *state;
	char words[64];

	take_many(rig);
	press(rig, '*');
	assert_true(fleet_is_marking(deck_fleet(rig->deck)));
	press(rig, 'l');
	assert_false(shows(rig, "lockDoor"));
	work_off(rig);
	snprintf(words, sizeof(words), "%d", MANY + 8);
	assert_true(shows(rig, "lockDoor"));
	assert_true(shows(rig, words));
}

static void
test_a_select_shows_how_far_it_is_and_Esc_gives_it_up(void **state)
{
	struct screen_rig *rig = *state;

	command(rig, "select tags.site = 'brno'");
	assert_true(
	    shows(rig, "select: 7 devices found so far   Esc gives up"));
	press(rig, KEYS_ESC);
	assert_true(lacks(rig, "found so far"));
	assert_true(shows(rig, "select given up: nothing was marked"));
	command(rig, "select");
	assert_true(shows(rig, ":select"));
}

static void
test_no_size_breaks_a_list_of_many_columns(void **state)
{
	static const char *const states[] = { "", "Vjj", "C", "C\t", "CG",
		"/tag." };
	struct screen_rig *rig = *state;
	int rows, cols;
	size_t i;

	add_places(rig);
	command(rig,
	    "columns tags.site:99,device:40,link:1,firmware,door,"
	    "drift,version,tags,seen,reported.battery.level");
	for (i = 0; i < N_ROWS(states); i++) {
		screen_rig_resize(rig, 80, 24);
		type(rig, states[i]);
		for (rows = 1; rows < 30; rows += rows < 12 ? 1 : 6)
			for (cols = 1; cols < 220; cols += cols < 30 ? 1 : 13)
				screen_rig_resize(rig, cols, rows);
		press(rig, KEYS_ESC);
		press(rig, KEYS_ESC);
		press(rig, KEYS_ESC);
	}
	screen_rig_resize(rig, 20, 5);
	assert_true(shows(rig, "1 Devices ─── 10 ┐"));
	press(rig, ' ');
	assert_true(shows(rig, "1 Devices ─── ✓1 ┐"));
	screen_rig_resize(rig, 120, 40);
	assert_true(shows(rig, "▶"));
}

static void
test_help_and_the_manual_know_every_field_and_column(void **state)
{
	const char *srcdir = getenv("srcdir");
	struct screen_rig *rig = *state;
	const struct filter_field *field;
	const struct column_def *column;
	char *page, *path, line[64];
	struct err err;

	path = xasprintf("%s/man/twindeck.1", srcdir != NULL ? srcdir : ".");
	page = paths_read_file(path, PAGE_MAX, NULL, &err);
	assert_non_null(page);
	for (field = filter_fields; field->name != NULL; field++) {
		if (strstr(page, field->name) == NULL)
			fail_msg("%s is not in the manual", field->name);
		snprintf(line, sizeof(line), "help filter %s", field->name);
		command(rig, line);
		assert_true(shows(rig, field->help));
		press(rig, KEYS_ESC);
	}
	for (column = column_table; column->name != NULL; column++) {
		snprintf(line, sizeof(line), "\n.Cm %s ,\n", column->name);
		if (strstr(page, line) == NULL)
			fail_msg("%s is not in the manual", column->name);
		snprintf(line, sizeof(line), "help column %s", column->name);
		command(rig, line);
		assert_true(shows(rig, column->help));
		press(rig, KEYS_ESC);
	}
	free(page);
	free(path);
}

#define LIST_TEST(name)                  \
	cmocka_unit_test_setup_teardown( \
	    name, screen_rig_setup, screen_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIST_TEST(test_columns_and_marks_at_every_size),
		LIST_TEST(test_columns_without_room_are_named),
		LIST_TEST(test_columns_are_kept_and_come_back),
		LIST_TEST(
		    test_what_the_profile_has_wrong_is_said_with_its_place),
		LIST_TEST(test_a_column_that_is_none_changes_nothing),
		LIST_TEST(test_the_dialog_of_columns),
		LIST_TEST(test_the_dialog_gives_back_what_was_before),
		LIST_TEST(test_o_goes_through_the_columns_that_are_shown),
		LIST_TEST(test_nothing_moves_before_it_is_sorted_again),
		LIST_TEST(test_a_filter_has_a_name),
		LIST_TEST(test_a_path_is_filtered_once_it_has_a_column),
		LIST_TEST(
		    test_a_fault_is_seen_while_it_is_typed_and_the_list_stays),
		LIST_TEST(test_tags_of_hidden_devices_are_completed_too),
		LIST_TEST(test_marks_that_a_filter_hides_are_counted),
		LIST_TEST(test_a_range_is_marked_by_V_or_Space),
		LIST_TEST(test_a_range_marks_what_was_on_the_screen_or_nothing),
		LIST_TEST(
		    test_a_select_shows_how_far_it_is_and_Esc_gives_it_up),
		LIST_TEST(test_a_key_waits_for_the_filter_that_it_acts_on),
		LIST_TEST(test_moves_are_answered_while_a_long_list_is_sorted),
		LIST_TEST(test_what_acts_on_marks_waits_until_all_are_made),
		LIST_TEST(test_no_size_breaks_a_list_of_many_columns),
		LIST_TEST(test_help_and_the_manual_know_every_field_and_column),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
