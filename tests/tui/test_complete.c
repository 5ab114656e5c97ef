/* What Tab completes at the ':' prompt, and what :help finds. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "core/deck/profile.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/complete.h"
#include "tui/key.h"
#include "tui/keys.h"
#include "tui/recall.h"

#define press screen_rig_press
#define type screen_rig_type
#define shows screen_rig_shows
#define lacks screen_rig_lacks

/* What is typed, then Tab; what stands at the prompt then. */
static const struct {
	const char *typed, *becomes;
} lines[] = {
	{ "scr", ":scr" },
	{ "unmark", ":unmark-all " },
	{ "set-", ":set-tags " },
	{ "go door-003", ":go door-003 " },
	{ "open door-00", ":open door-00" },
	{ "call lock", ":call lockDoor " },
	{ "method reb", ":method reboot " },
	{ "call lockDoor --o", ":call lockDoor --on " },
	{ "call lockDoor --on door-001,door-002", /* in a list too */
	    ":call lockDoor --on door-001,door-002 " },
	{ "set building=1 --wh", ":set building=1 --when " },
	{ "set building=1 --when n", ":set building=1 --when now " },
	{ "set bui", ":set building=" },
	{ "set building=b", ":set building=b" },
	{ "set-tags si", ":set-tags site=" },
	{ "view d", ":view difference " },
	{ "copy p", ":copy p" },
	{ "copy pa", ":copy path " },
	{ "mouse of", ":mouse off " },
	{ "theme hi", ":theme high-contrast " },
	{ "hub pr", ":hub prod " },
	{ "settings filter.d", ":settings filter.down " },
	{ "settings connection-string", ":settings connection-string-file " },
	{ "copy value ", ":copy value print " },
	{ "copy value print ", ":copy value print " },
	{ "settings dan", ":settings danger " },
	{ "settings danger ", ":settings danger = " }, /* of = yes, = no */
	{ "settings danger = y", ":settings danger = yes " },
	{ "settings danger =n", ":settings danger =no " },
	{ "settings danger = yes ", ":settings danger = yes " },
	{ "settings filter.down ", ":settings filter.down = link:off " },
	{ "settings theme ", ":settings theme = " },
	{ "settings theme = hi", ":settings theme = high-contrast " },
	{ "settings hub = l", ":settings hub = lab " },
	{ "settings connection-string ", ":settings connection-string " },
	{ "settings nonsense ", ":settings nonsense " },
	{ "level ", ":level all " },
	{ "level all ", ":level all " },
	{ "view tree ", ":view tree " },
	{ "sort drift ", ":sort drift " },
	{ "filter delete do", ":filter delete down " },
	{ "filter delete down ", ":filter delete down " },
	{ "template delete night ", ":template delete night " },
	{ "  level ", ":  level all " },
	{ "edit e", ":edit editor " },
	{ "edit editor ", ":edit editor " }, /* there is no second one */
	{ "set building=1 fl", ":set building=1 floor=" },
	{ "schedule fi", ":schedule firmware " },
	{ "cancel ", ":cancel 1 " },
	{ "nonsense x", ":nonsense x" },
	{ "  mark-", ":  mark-all " },
};

static void
set(struct screen_rig *rig, const char *hub, const char *key, const char *value)
{
	struct profile *profile = app_profile(rig->app);

	assert_int_equal(0, profile_choose(profile, hub, NULL));
	assert_int_equal(0, profile_set(profile, key, value, NULL));
}

static void
test_tab_completes_what_the_place_asks_for(void **state)
{
	static const char *const ids[] = { "door-001" };
	struct screen_rig *rig = *state;
	size_t i;

	set(rig, "lab", "connection-string-file", "/lab");
	set(rig, "prod", "connection-string-file", "/prod");
	set(rig, "prod", "filter.down", "link:off");
	set(rig, "prod", "template.night", "{}");
	recall_add(rig->recall, "method", "reboot");
	fake_deck_job(rig->deck, "lockDoor", JOB_DONE, ids, 1);
	screen_rig_command(rig, "go door-004"); /* the one with a twin */
	for (i = 0; i < N_ROWS(lines); i++) {
		press(rig, ':');
		type(rig, lines[i].typed);
		press(rig, KEYS_TAB);
		type(rig, "|"); /* so that a blank at the end counts */
		if (!shows(rig, lines[i].becomes))
			fail_msg("%s", lines[i].typed);
		press(rig, KEYS_BACKSPACE);
		press(rig, KEYS_ESC);
	}
}

static void
test_of_very_many_ids_what_all_share_is_put_in(void **state)
{
	struct screen_rig *rig = *state;
	char twin[200];
	int i;

	for (i = 0; i < 600; i++) {
		snprintf(twin, sizeof(twin),
		    "{\"deviceId\":\"z-%04d\",\"version\":2,\"etag\":\"x\","
		    "\"status\":\"enabled\",\"properties\":{\"desired\":{},"
		    "\"reported\":{}}}",
		    i);
		fake_deck_twin(rig->deck, twin);
	}
	press(rig, ':');
	type(rig, "go z");
	press(rig, KEYS_TAB);
	type(rig, "0599|");
	assert_true(shows(rig, ":go z-00599|")); /* "z-0", not "z-00" */
	press(rig, KEYS_ESC);
}

/* An argument whose name nobody knows is never completed. */
static void
test_every_argument_is_known_or_free_text(void **state)
{
	/* Completed elsewhere, or nothing to complete. */
	static const char *const others[] = { "WORDS", "SQL", "COLUMN",
		"VERB" };
	const struct key_def *def;
	struct screen_rig *rig = *state;
	char line[64];
	size_t i, len, start;
	bool known;

	for (def = key_table; def->name != NULL; def++) {
		if (def->arg == NULL)
			continue;
		start = strspn(def->arg, "[");
		len = strcspn(def->arg + start, " ,]=|.");
		known = false;
		for (i = 0; i < N_ROWS(others); i++)
			known |= strlen(others[i]) == len &&
			    strncmp(others[i], def->arg + start, len) == 0;
		snprintf(line, sizeof(line), "%s ", def->name);
		if (!known && !complete_knows(def->arg))
			fail_msg(":%s %s: a row in tui/complete.c?", def->name,
			    def->arg);
		complete_command(line, strlen(line), 0, rig->app);
	}
}

static void
test_help_searches_keys_commands_and_settings(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	screen_rig_command(rig, "help CLIPBOARD value");
	assert_true(shows(rig, "Help: CLIPBOARD value"));
	assert_true(shows(rig, "copy"));
	assert_true(lacks(rig, "firmwareUpdate"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "help private");
	assert_true(shows(rig, "connection-string "));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "help set-tags");
	assert_true(shows(rig, "Set tags of devices"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "help nosuchthing");
	assert_true(shows(rig, "has these words."));
	press(rig, KEYS_ESC);
	press(rig, '?');
	assert_true(shows(rig, "Keys: devices"));
}

int
main(void)
{
#define TEST(f)                          \
	cmocka_unit_test_setup_teardown( \
	    f, screen_rig_setup, screen_rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_tab_completes_what_the_place_asks_for),
		TEST(test_of_very_many_ids_what_all_share_is_put_in),
		TEST(test_every_argument_is_known_or_free_text),
		TEST(test_help_searches_keys_commands_and_settings),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
