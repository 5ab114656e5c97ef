/* The twin pane on the screen: its views, versions, search and copies. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/key.h"
#include "tui/keys.h"
#include "tui/pane.h"
#include "tui/pane_twin.h"

#define press screen_rig_press
#define type screen_rig_type
#define command screen_rig_command
#define shows screen_rig_shows
#define lacks screen_rig_lacks
#define compare screen_rig_compare

#define SECOND_US INT64_C(1000000)
#define STAMP(s) "{\"$lastUpdated\":\"2026-11-22T0" s "Z\"}"

/* clang-format off */
static const char twin_format[] =
    "{\"deviceId\":\"door-001\",\"etag\":\"AAAAAAAAAAM=\",\"version\":%d,"
    "\"connectionState\":\"Connected\","
    "\"tags\":{\"site\":\"brno\",\"floor\":3},\"properties\":{"
    "\"desired\":{%s\"$metadata\":{"
    "\"$lastUpdated\":\"2026-11-22T02:01:20Z\","
    "\"building\":" STAMP("2:01:20") ",\"floor\":" STAMP("1:50:00") ","
    "\"interval\":" STAMP("2:01:25") "},\"$version\":4},"
    "\"reported\":{%s\"$metadata\":{"
    "\"$lastUpdated\":\"2026-11-22T02:01:28Z\","
    "\"building\":" STAMP("2:01:28") ",\"floor\":" STAMP("1:58:00") ","
    "\"door\":{\"$lastUpdated\":\"2026-11-22T02:01:18Z\","
    "\"state\":" STAMP("2:01:18") "}},\"$version\":%d}}}";
/* clang-format on */

/* door-001 at a version, with these members in desired and reported. */
static void
give(struct screen_rig *rig, int version, const char *desired,
    const char *reported)
{
	char *json =
	    xasprintf(twin_format, version, desired, reported, version - 3);

	fake_deck_twin(rig->deck, json);
	free(json);
	screen_rig_draw(rig);
}

static void
give_usual(struct screen_rig *rig, int version)
{
	give(rig, version, "\"building\":43,\"floor\":3,\"interval\":5,",
	    "\"building\":41,\"floor\":3,\"door\":{\"state\":\"locked\"},");
}

/* The twin pane has the keys, and nothing has changed just now. */
static void
start(struct screen_rig *rig)
{
	give_usual(rig, 13);
	rig->later_ms += FLEET_CHANGED_MS + 1;
	press(rig, '2');
}

static struct pane *
twin_of(struct screen_rig *rig)
{
	return app_pane(rig->app, PANE_TWIN);
}

static void
test_the_tree_at_each_size(void **state)
{
	struct screen_rig *rig = *state;

	start(rig);
	screen_rig_resize(rig, 120, 40);
	compare(rig, "twin_tree");
	screen_rig_resize(rig, 80, 24);
	press(rig, 'j');
	compare(rig, "twin_tree_80");
	screen_rig_resize(rig, 60, 16);
	compare(rig, "twin_tree_60");
}

static void
test_the_views_follow_each_other(void **state)
{
	struct screen_rig *rig = *state;

	start(rig);
	screen_rig_resize(rig, 120, 40);
	press(rig, 'v');
	assert_true(shows(rig, "v13 · JSON · line 6 of 53"));
	screen_rig_resize(rig, 80, 24);
	press(rig, 'z');
	compare(rig, "twin_json");
	screen_rig_resize(rig, 60, 16);
	compare(rig, "twin_json_60");
	press(rig, 'v');
	compare(rig, "twin_difference_60");
	screen_rig_resize(rig, 80, 24);
	compare(rig, "twin_difference");
	screen_rig_resize(rig, 120, 40);
	press(rig, 'z');
	press(rig, 'v');
	assert_true(shows(rig, "▾ tags"));
	command(rig, "view diff");
	assert_true(shows(rig, "1 in sync · 1 pending · 1 diverged"));
	command(rig, "view sideways");
	assert_true(shows(rig, "view: tree, json or difference, not sideways"));
}

static void
test_without_utf8_the_views_are_ascii(void **state)
{
	struct screen_rig *rig = *state;

	start(rig);
	screen_rig_charset(rig, CANVAS_ASCII);
	command(rig, "view difference");
	compare(rig, "twin_ascii");
}

static void
test_a_change_is_marked_for_two_seconds_in_each_view(void **state)
{
	static const char *const marked[] = {
		"   * building         42",
		"*      \"building\": 42,",
		"≠*building   43 ≠ 42",
	};
	struct screen_rig *rig = *state;
	int view;

	screen_rig_resize(rig, 120, 40);
	start(rig);
	for (view = 0; view < TWIN_VIEWS; view++) {
		give_usual(rig, 20 + 2 * view);
		press(rig, 'G');
		rig->later_ms += FLEET_CHANGED_MS + 1;
		screen_rig_draw(rig);
		assert_true(lacks(rig, marked[view]));
		give(rig, 21 + 2 * view,
		    "\"building\":43,\"floor\":3,\"interval\":5,",
		    "\"building\":42,\"floor\":3,"
		    "\"door\":{\"state\":\"locked\"},");
		assert_true(shows(rig, marked[view]));
		rig->later_ms += FLEET_CHANGED_MS + 1;
		screen_rig_draw(rig);
		assert_true(lacks(rig, marked[view]));
		press(rig, 'v');
	}
}

static void
test_the_cursor_stays_on_its_path_through_all_views(void **state)
{
	struct screen_rig *rig = *state;
	char *what, *path;
	int i;

	start(rig);
	command(rig, "find interval");
	for (i = 0; i < TWIN_VIEWS; i++) {
		path =
		    pane_twin_part(twin_of(rig), TWIN_PART_PATH, &what, NULL);
		assert_string_equal("properties.desired.interval", path);
		free(path);
		free(what);
		press(rig, 'v');
	}
}

static void
test_levels_fold_the_tree(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	start(rig);
	command(rig, "level 0");
	assert_true(shows(rig, "▸ reported           {3}"));
	press(rig, '+');
	assert_true(shows(rig, "▸ door             {1}"));
	assert_true(shows(rig, "unfolded to level 1"));
	press(rig, '+');
	assert_true(shows(rig, "state          \"locked\""));
	assert_true(shows(rig, "all is unfolded"));
	press(rig, '-');
	assert_true(shows(rig, "▸ door             {1}"));
	command(rig, "level all");
	assert_true(shows(rig, "▾ door"));
	assert_true(shows(rig, "▸ $metadata"));
	command(rig, "level few");
	assert_true(shows(rig, "level: a number, or all"));
	command(rig, "view json");
	press(rig, '-');
	assert_true(shows(rig, "level: only the tree folds"));
}

static void
test_siblings_and_parents_are_one_key_away(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	start(rig);
	press(rig, ']');
	assert_true(shows(rig, "▶▾ desired"));
	press(rig, 'j');
	press(rig, ']');
	press(rig, ']');
	assert_true(shows(rig, "▶    interval"));
	press(rig, '[');
	assert_true(shows(rig, "▶    floor            3          = reported"));
	press(rig, KEYS_BACKSPACE);
	assert_true(shows(rig, "▶▾ desired"));
	press(rig, '[');
	press(rig, '[');
	assert_true(shows(rig, "this is the first on this branch"));
}

static void
test_a_search_looks_into_folded_branches_and_wraps(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	start(rig);
	press(rig, 'n');
	assert_true(shows(rig, "find: / asks for words first"));
	command(rig, "level 0");
	press(rig, '/');
	type(rig, "flo");
	assert_true(shows(rig, "▶    floor            3"));
	assert_true(lacks(rig, "building         43"));
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "find: 1 of 3 with flo"));
	press(rig, 'n');
	assert_true(shows(rig, "find: 2 of 3 with flo"));
	assert_true(shows(rig, "/    floor            3"));
	press(rig, 'n');
	press(rig, 'n');
	assert_true(shows(rig, "find: 1 of 3 with flo, from the top again"));
	press(rig, 'N');
	assert_true(shows(rig, "find: 3 of 3 with flo, from the bottom again"));
	press(rig, KEYS_ESC);
	assert_true(lacks(rig, "/    floor"));
	command(rig, "find nowhere");
	assert_true(shows(rig, "find: no line has nowhere"));
}

static void
test_esc_in_a_search_gives_back_what_was(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	start(rig);
	command(rig, "find site");
	press(rig, '/');
	type(rig, "lock");
	assert_true(shows(rig, "▶      state"));
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "▶    site"));
	assert_string_equal("site", pane_twin_words(twin_of(rig)));
}

static void
give_three_versions(struct screen_rig *rig)
{
	screen_rig_resize(rig, 120, 40);
	fake_seen_us = FAKE_NOW_US - 200 * SECOND_US;
	give(rig, 13, "", "\"building\":41,");
	fake_seen_us = FAKE_NOW_US - 150 * SECOND_US;
	give(rig, 15, "\"building\":43,", "\"building\":41,");
	fake_seen_us = FAKE_NOW_US - 12 * SECOND_US;
	give(rig, 16, "\"building\":43,",
	    "\"building\":43,\"door\":{\"state\":\"locked\"},");
	press(rig, '2');
}

static void
test_versions_are_walked_as_differences(void **state)
{
	struct screen_rig *rig = *state;

	give_three_versions(rig);
	press(rig, '<');
	screen_rig_resize(rig, 80, 24);
	compare(rig, "twin_history");
	screen_rig_resize(rig, 120, 40);
	assert_true(shows(rig, "v16 of v16, 10 s ago"));
	assert_true(shows(rig, "~ building    41 → 43"));
	assert_true(shows(rig, "+ door.state  \"locked\""));
	press(rig, '<');
	assert_true(shows(rig, "v15 of v16, 2 min ago"));
	assert_true(shows(rig, "+ building  43"));
	press(rig, 'v');
	assert_true(shows(rig, "v15 of v16, 2 min ago · tree"));
	assert_true(shows(rig, "≠ reported 41"));
	press(rig, 'v');
	assert_true(shows(rig, "\"version\": 15,"));
	press(rig, 'v');
	/* One that comes meanwhile moves nothing. */
	fake_seen_us = FAKE_NOW_US;
	give(rig, 17, "\"building\":44,", "\"building\":43,");
	assert_true(shows(rig, "v15 of v17, 2 min ago"));
	press(rig, '<');
	press(rig, '<');
	press(rig, '<'); /* what the deck was opened on */
	assert_true(shows(rig, "older: v12 is the oldest version"));
	press(rig, '>');
	press(rig, '>');
	press(rig, '>');
	press(rig, '>');
	assert_true(shows(rig, "v17 of v17, now"));
	press(rig, '>');
	assert_true(shows(rig, "this is the live twin again"));
	assert_true(shows(rig, "v17 · etag"));
	press(rig, '>');
	assert_true(shows(rig, "newer: this is the live twin already"));
}

static void
test_the_version_found_first_is_the_oldest(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	fake_deck_twin(rig->deck,
	    "{\"deviceId\":\"door-002\",\"version\":5,\"tags\":{\"floor\":1}}");
	press(rig, 'j');
	fake_deck_twin(rig->deck,
	    "{\"deviceId\":\"door-002\",\"version\":6,\"tags\":{\"floor\":2}}");
	press(rig, '2');
	press(rig, '<');
	assert_true(shows(rig, "v6 of v6"));
	assert_true(shows(rig, "~ floor    1 → 2"));
}

static void
test_esc_and_another_device_lead_back_to_the_live_twin(void **state)
{
	struct screen_rig *rig = *state;

	give_three_versions(rig);
	press(rig, '<');
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "v16 · etag"));
	assert_int_equal(PANE_TWIN, app_focus(rig->app));
	command(rig, "older");
	command(rig, "live");
	assert_true(shows(rig, "v16 · etag"));
	press(rig, '<');
	press(rig, '1');
	press(rig, 'j');
	assert_true(shows(rig, "Twin door-002"));
	assert_int_equal(0, pane_twin_past(twin_of(rig)));
	press(rig, '2');
	press(rig, '<');
	assert_true(shows(
	    rig, "older: no version of door-002 but this one has been seen"));
}

static void
test_what_is_edited_is_the_live_twin(void **state)
{
	struct screen_rig *rig = *state;

	give_three_versions(rig);
	press(rig, '<');
	press(rig, '<');
	press(rig, 'e');
	assert_int_equal(0, pane_twin_past(twin_of(rig)));
	assert_true(shows(rig, "what is edited is the live twin, not v15"));
	assert_true(shows(rig, "building = 43"));
}

static void
assert_copied(struct screen_rig *rig, const char *text, const char *says)
{
	assert_non_null(rig->copied);
	assert_string_equal(text, rig->copied);
	assert_true(shows(rig, says));
}

static void
test_parts_are_copied(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	start(rig);
	command(rig, "find locked");
	press(rig, 'y');
	assert_copied(rig, "locked",
	    "copied the value of properties.reported.door.state, 6 bytes");
	press(rig, 'Y');
	assert_copied(rig, "properties.reported.door.state",
	    "copied the path properties.reported.door.state");
	press(rig, KEYS_BACKSPACE);
	press(rig, 'y');
	assert_copied(rig, "{\"state\":\"locked\"}", "18 bytes");
	command(rig, "copy section");
	assert_copied(rig,
	    "{\"building\":41,\"floor\":3,\"door\":{\"state\":\"locked\"}}",
	    "copied properties.reported, 51 bytes");
	command(rig, "copy twin");
	assert_true(
	    strncmp(rig->copied, "{\"deviceId\":\"door-001\"", 22) == 0);
	assert_non_null(strstr(rig->copied, "$metadata"));
	assert_null(rig->printed);
	command(rig, "copy all");
	assert_true(shows(rig, "copy: path, value, section or twin, not all"));
}

static void
test_what_cannot_be_copied_says_so_or_is_printed_later(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	start(rig);
	rig->copy_fails = ERR_UNSUPPORTED;
	press(rig, 'Y');
	assert_null(rig->copied);
	assert_string_equal("tags", rig->printed);
	assert_true(shows(rig,
	    "no clipboard: the path tags is printed when the deck is left"));
	rig->copy_fails = ERR_LIMIT;
	command(rig, "copy twin");
	assert_string_equal("tags", rig->printed);
	assert_true(
	    shows(rig, "copy: no clipboard; :copy twin print does without"));
	press(rig, KEYS_ESC);
	command(rig, "copy twin print");
	assert_true(strstr(rig->printed, "door-001") != NULL);
	command(rig, "view json");
	press(rig, 'g');
	press(rig, 'Y');
	assert_true(shows(rig, "copy: this line has no path"));
	press(rig, 'j');
	command(rig, "copy section");
	assert_true(shows(
	    rig, "copy: this line is in none of tags, desired, reported"));
}

static void
test_a_string_with_control_characters_is_copied_as_json(void **state)
{
	struct screen_rig *rig = *state;

	give(rig, 13, "\"evil\":\"rm -rf /\\n\\u001b[2J\",",
	    "\"a.b\":{\"q\":\"\\\"quoted\\\"\"},");
	press(rig, '2');
	command(rig, "find rm");
	press(rig, 'y');
	assert_string_equal("\"rm -rf /\\n\\u001b[2J\"", rig->copied);
	command(rig, "find quoted");
	press(rig, 'y');
	assert_string_equal("\"quoted\"", rig->copied);
	press(rig, 'Y');
	assert_string_equal("properties.reported.\"a.b\".q", rig->copied);
}

static void
test_long_json_scrolls_to_the_side(void **state)
{
	struct screen_rig *rig = *state;
	char *far = xcalloc(1, 32 * 1024), *reported;

	memset(far, 'x', 32 * 1024 - 1);
	memcpy(far + 30000, "needle", 6);
	reported = xasprintf("\"far\":\"%s\",", far);
	give(rig, 13, "", reported);
	press(rig, '2');
	command(rig, "view json");
	command(rig, "find far");
	assert_true(shows(rig, "      \"far\": \"xxxx"));
	press(rig, KEYS_RIGHT);
	assert_true(lacks(rig, "\"far\""));
	press(rig, KEYS_LEFT);
	assert_true(shows(rig, "      \"far\": \"xxxx"));
	command(rig, "find needle");
	assert_true(shows(rig, "xxneedlexx"));
	press(rig, 'v');
	press(rig, 'v');
	assert_true(shows(rig, "far            \"xxx"));
	free(reported);
	free(far);
}

static void
test_enter_shows_a_leaf_in_full(void **state)
{
	struct screen_rig *rig = *state;

	start(rig);
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "▶▸ tags"));
	press(rig, KEYS_ENTER);
	press(rig, 'j');
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "\"site\": \"brno\","));
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "▶    site"));
}

static void
test_what_may_stand_behind_a_command_is_completed(void **state)
{
	static const struct {
		const char *typed, *completed;
	} cases[] = {
		{ ":view d\t", ":view difference" },
		{ ":copy s\t", ":copy section" },
		{ ":copy value p\t", ":copy value p" }, /* path, print */
		{ ":level a\t", ":level all" },
		{ ":find inter\t", ":find interval" },
	};
	struct screen_rig *rig = *state;
	size_t i;

	start(rig);
	for (i = 0; i < N_ROWS(cases); i++) {
		type(rig, cases[i].typed);
		assert_true(shows(rig, cases[i].completed));
		press(rig, KEYS_ESC);
	}
}

static void
assert_nothing_acts(struct screen_rig *rig)
{
	int y, x;
	uint32_t ch;

	for (y = 0; y < canvas_rows(rig->canvas); y++)
		for (x = 0; x < canvas_cols(rig->canvas); x++) {
			ch = canvas_at(rig->canvas, y, x)->ch;
			assert_true(ch == 0 || ch >= ' ');
			assert_false(ch >= 0x7f && ch < 0xa0);
			assert_false(ch >= 0x200b && ch <= 0x200f);
			assert_false(ch >= 0x202a && ch <= 0x202e);
		}
}

static void
test_hostile_text_reaches_no_cell_in_any_view_or_size(void **state)
{
	static const char evil[] = "\"\\u001b[2J\xc2\x9b"
				   "5n\":\"\xe2\x80\xae\xe2\x80\x8b\\u0007"
				   "\xe4\xb8\xad\xe6\x96\x87 e\xcc\x81\",";
	static const char *const views[] = { "view tree", "view json",
		"view difference", "find \xc2\x9b", "older", "view tree",
		"view json" };
	struct screen_rig *rig = *state;
	int rows, cols;
	size_t i;

	give(rig, 13, "", evil);
	give(rig, 14, evil, "");
	press(rig, '2');
	for (i = 0; i < N_ROWS(views); i++) {
		screen_rig_resize(rig, 120, 40);
		command(rig, views[i]);
		press(rig, KEYS_RIGHT);
		for (rows = 1; rows < 30; rows += 4)
			for (cols = 1; cols < 130; cols += 7) {
				screen_rig_resize(rig, cols, rows);
				assert_nothing_acts(rig);
			}
	}
	screen_rig_resize(rig, 120, 40);
	assert_true(shows(rig, "\\u202e\\u200b"));
}

#define TWIN_TEST(f)                     \
	cmocka_unit_test_setup_teardown( \
	    f, screen_rig_setup, screen_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TWIN_TEST(test_the_tree_at_each_size),
		TWIN_TEST(test_the_views_follow_each_other),
		TWIN_TEST(test_without_utf8_the_views_are_ascii),
		TWIN_TEST(test_a_change_is_marked_for_two_seconds_in_each_view),
		TWIN_TEST(test_the_cursor_stays_on_its_path_through_all_views),
		TWIN_TEST(test_levels_fold_the_tree),
		TWIN_TEST(test_siblings_and_parents_are_one_key_away),
		TWIN_TEST(test_a_search_looks_into_folded_branches_and_wraps),
		TWIN_TEST(test_esc_in_a_search_gives_back_what_was),
		TWIN_TEST(test_versions_are_walked_as_differences),
		TWIN_TEST(test_the_version_found_first_is_the_oldest),
		TWIN_TEST(
		    test_esc_and_another_device_lead_back_to_the_live_twin),
		TWIN_TEST(test_what_is_edited_is_the_live_twin),
		TWIN_TEST(test_parts_are_copied),
		TWIN_TEST(
		    test_what_cannot_be_copied_says_so_or_is_printed_later),
		TWIN_TEST(
		    test_a_string_with_control_characters_is_copied_as_json),
		TWIN_TEST(test_long_json_scrolls_to_the_side),
		TWIN_TEST(test_enter_shows_a_leaf_in_full),
		TWIN_TEST(test_what_may_stand_behind_a_command_is_completed),
		TWIN_TEST(
		    test_hostile_text_reaches_no_cell_in_any_view_or_size),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
