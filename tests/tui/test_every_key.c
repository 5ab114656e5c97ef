/*
 * Every row of the tables of keys and commands does what it says: in each pane
 * it names, by each of its keys and by its name behind ':'.  A new row needs a
 * line in effects[] or commands[] below: what the user sees then, and did not
 * see before.
 */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/traffic.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/canvas.h"
#include "tui/keys.h"
#include "tui/prompt.h"

/* A job that runs, with a failed device, above one that is done. */
static void
add_jobs(struct screen_rig *rig)
{
	static const char *const ids[] = { "door-001", "door-002", "door-003",
		"door-004", "door-005" };
	struct job *job;
	size_t i;

	job = fake_deck_job(rig->deck, "lockDoor", JOB_DONE, ids, 5);
	for (i = 0; i < 5; i++)
		fake_job_end(job, i, JOB_DEVICE_CONFIRMED);
	job = fake_deck_job(rig->deck, "firmwareUpdate", JOB_RUNNING, ids, 5);
	fake_job_end(job, 4, JOB_DEVICE_FAILED);
	err_set(&fake_job_device(job, 4)->err, ERR_UNREACHABLE,
	    "door-005 is not connected (404103)");
}

/* A request to the hub, and its answer. */
static void
add_request(struct screen_rig *rig, const char *path)
{
	struct err err = { 0 };
	struct client_answer answer = { .err = &err,
		.http = 200,
		.body = "{}",
		.body_len = 2,
		.elapsed_us = 12300 };
	struct client_exchange exchange = {
		.method = "GET", .path = path, .answer = &answer
	};

	traffic_take(deck_traffic(rig->deck), &exchange);
}

static void
see_twin(struct screen_rig *rig, int version, const char *site)
{
	char *json = xasprintf("{\"deviceId\":\"door-004\","
			       "\"etag\":\"AAAAAAAAAAQ=\",\"version\":%d,"
			       "\"connectionState\":\"Connected\",\"tags\":{"
			       "\"site\":\"%s\",\"floor\":3},\"properties\":{"
			       "\"desired\":{\"building\":43,\"$version\":4},"
			       "\"reported\":{\"building\":41,\"door\":{"
			       "\"state\":\"unlocked\"},\"$version\":9}}}",
	    version, site);

	fake_deck_twin(rig->deck, json);
	free(json);
	screen_rig_draw(rig);
}

/* On door-004, whose twin has been seen in two versions. */
static struct screen_rig *
rig_new(enum pane_id pane)
{
	struct screen_rig *rig;
	void *state;

	screen_rig_setup(&state);
	rig = state;
	screen_rig_resize(rig, 140, 50);
	add_jobs(rig);
	add_request(rig, "/twins/door-001?api-version=2021-04-12");
	add_request(rig, "/twins/door-002?api-version=2021-04-12");
	screen_rig_draw(rig);
	screen_rig_type(rig, "jjj");
	fake_seen_us = FAKE_NOW_US - 20 * INT64_C(1000000);
	see_twin(rig, 13, "graz");
	fake_seen_us = FAKE_NOW_US - 10 * INT64_C(1000000);
	see_twin(rig, 14, "wien");
	screen_rig_draw(rig);
	switch (pane) {
	case PANE_DEVICES:
		break;
	case PANE_TWIN:
		screen_rig_type(rig, "2");
		break;
	case PANE_JOBS:
		screen_rig_type(rig, "3");
		break;
	case PANE_JOB:
	case PANES:
		screen_rig_type(rig, "3\r");
		break;
	case PANE_TRAFFIC:
		screen_rig_command(rig, "traffic");
		break;
	}
	assert_int_equal(pane, app_focus(rig->app));
	app_clear_message(rig->app);
	screen_rig_draw(rig);
	return rig;
}

static void
rig_free(struct screen_rig *rig)
{
	void *state = rig;

	if (rig->lent != NULL) { /* the text goes once the edit is given up */
		app_lend_ended(rig->app, 0);
		screen_rig_press(rig, KEYS_ESC);
		screen_rig_press(rig, KEYS_ESC);
	}
	screen_rig_teardown(&state);
}

/* What is asked of the app itself, where no text tells. */
static bool
has_not_quit(const struct screen_rig *rig)
{
	return rig->quits == 0;
}

static bool
is_zoomed(const struct screen_rig *rig)
{
	return app_is_zoomed(rig->app);
}

static bool
has_copied(const struct screen_rig *rig)
{
	return rig->copied != NULL;
}

static bool
has_lent(const struct screen_rig *rig)
{
	return rig->lent != NULL;
}

static bool
has_mouse(const struct screen_rig *rig)
{
	return app_has_mouse(rig->app);
}

static bool
is_light(const struct screen_rig *rig)
{
	return strcmp(app_theme(rig->app), "light") == 0;
}

static bool
has_repainted(const struct screen_rig *rig)
{
	return rig->repaints > 0;
}

static bool
is_suspended(const struct screen_rig *rig)
{
	return rig->suspends > 0;
}

#define FOCUS(pane) ((int)(pane) + 1)

/*
 * What a row does.  Each that is given must hold: shows is on the screen then,
 * and was not before.
 */
/* clang-format off */
static const struct effect {
	const char *name;
	int in;             /* panes; 0: all that the row names */
	const char *before; /* typed first */
	const char *arg;    /* typed behind the name */
	const char *shows;
	bool by_key_asks;   /* the key asks for what stands behind the name */
	bool asks;          /* a prompt is open */
	bool moves;         /* the cursor is in another row */
	int focus;          /* FOCUS() */
	bool (*check)(const struct screen_rig *rig);
} effects[] = {
	{ .name = "mark", .shows = "1 marked", .moves = true },
	{ .name = "open", .in = IN_DEVICES, .focus = FOCUS(PANE_TWIN) },
	{ .name = "open", .in = IN_TWIN, .shows = "▸ tags" },
	{ .name = "open", .in = IN_JOBS, .shows = "┌ Job 2",
	  .focus = FOCUS(PANE_JOB) },
	{ .name = "open", .in = IN_JOB, .focus = FOCUS(PANE_DEVICES),
	  .shows = "▶  door-001" },
	{ .name = "open", .in = IN_TRAFFIC, .shows = "The same with az" },
	{ .name = "traffic", .focus = FOCUS(PANE_TRAFFIC) },
	{ .name = "copy-curl", .check = has_copied,
	  .shows = "copied the curl line" },
	{ .name = "copy-az", .check = has_copied,
	  .shows = "copied the az line" },
	{ .name = "view", .shows = "\"deviceId\": \"door-004\"" },
	{ .name = "find", .arg = "wien", .by_key_asks = true, .moves = true },
	{ .name = "find-next", .before = "/building\r", .moves = true },
	{ .name = "find-back", .before = "/building\r", .moves = true },
	{ .name = "older", .shows = "\"graz\" → \"wien\"" },
	{ .name = "newer", .before = "<", .shows = "▾ desired" },
	{ .name = "live", .before = "<", .shows = "▾ desired" },
	{ .name = "copy", .check = has_copied, .shows = "copied the value" },
	{ .name = "copy-path", .check = has_copied,
	  .shows = "copied the path tags" },
	{ .name = "cancel", .shows = "job 2 cancelled" },
	{ .name = "retry", .shows = "again, as in job 2" },
	{ .name = "pause", .shows = " paused" },
	{ .name = "firmware", .shows = "Call firmwareUpdate on 1 device" },
	{ .name = "lock", .shows = "Call lockDoor on 1 device" },
	{ .name = "edit", .shows = "┌ Desired properties" },
	{ .name = "tags", .shows = "┌ Tags" },
	{ .name = "editor", .check = has_lent },
	{ .name = "tags-editor", .check = has_lent },
	{ .name = "method", .shows = "┌ Direct method" },
	{ .name = "job-sort", .shows = "failed first" },
	{ .name = "job-show", .shows = "shown below" },
	{ .name = "filter", .arg = "door-007", .by_key_asks = true,
	  .shows = "1 of 8" },
	{ .name = "command", .asks = true },
	{ .name = "schedule", .shows = "┌ Schedule" },
	{ .name = "help", .in = IN_DEVICES, .shows = "Keys: devices" },
	{ .name = "help", .in = IN_TWIN, .shows = "Keys: twin" },
	{ .name = "help", .in = IN_JOBS, .shows = "Keys: jobs" },
	{ .name = "help", .in = IN_JOB, .shows = "Keys: job" },
	{ .name = "help", .in = IN_TRAFFIC, .shows = "Keys: traffic" },
	{ .name = "quit", .shows = "A job still runs", .check = has_not_quit },
	{ .name = "undo", .shows = "undo: nothing" }, /* and test_edit.c */
	{ .name = "mark-all", .shows = "8 marked" },
	{ .name = "unmark-all", .before = "*", .shows = "0 marked" },
	{ .name = "invert", .shows = "8 marked" },
	{ .name = "range", .shows = "range: move to its end" },
	{ .name = "select", .asks = true }, /* and test_targets.c */
	{ .name = "sort", .shows = "sorted by link" },
	{ .name = "reverse", .shows = "sorted by device, reversed" },
	{ .name = "columns", .shows = "┌ Columns" },
	{ .name = "template", .shows = "┌ Templates" },
	{ .name = "go", .arg = "door-007", .shows = "▶  door-007" },
	{ .name = "devices", .focus = FOCUS(PANE_DEVICES) },
	{ .name = "twin", .focus = FOCUS(PANE_TWIN) },
	{ .name = "jobs", .focus = FOCUS(PANE_JOBS) },
	{ .name = "next", .in = IN_DEVICES, .focus = FOCUS(PANE_TWIN) },
	{ .name = "next", .in = IN_TWIN, .focus = FOCUS(PANE_JOBS) },
	{ .name = "next", .in = IN_JOBS, .focus = FOCUS(PANE_DEVICES) },
	{ .name = "next", .in = IN_JOB | IN_TRAFFIC,
	  .focus = FOCUS(PANE_JOBS) },
	{ .name = "previous", .in = IN_DEVICES, .focus = FOCUS(PANE_JOBS) },
	{ .name = "previous", .in = IN_TWIN, .focus = FOCUS(PANE_DEVICES) },
	{ .name = "previous", .in = IN_JOBS, .focus = FOCUS(PANE_TWIN) },
	{ .name = "previous", .in = IN_JOB | IN_TRAFFIC,
	  .focus = FOCUS(PANE_JOBS) },
	{ .name = "down", .before = "g", .moves = true },
	{ .name = "up", .before = "j", .moves = true },
	{ .name = "top", .before = "j", .moves = true },
	{ .name = "bottom", .before = "g", .moves = true },
	{ .name = "page-down", .before = "g", .moves = true },
	{ .name = "page-up", .before = "G", .moves = true },
	{ .name = "fold", .shows = "▸ tags" },
	{ .name = "unfold", .before = "\r", .shows = "▾ tags" },
	{ .name = "level", .arg = "1", .shows = "▸ door" },
	{ .name = "fold-more", .shows = "▸ " },
	{ .name = "unfold-more", .before = "-", .shows = "state" },
	{ .name = "sibling", .moves = true },
	{ .name = "sibling-back", .before = "]", .moves = true },
	{ .name = "parent", .before = "j", .moves = true },
	{ .name = "zoom", .check = is_zoomed },
	{ .name = "refresh", .shows = "asking the hub again" },
	{ .name = "details", .before = "R", .shows = "┌ Messages" },
	{ .name = "back", .in = IN_DEVICES, .before = "/door-007\r",
	  .shows = "8 of 8" },
	{ .name = "back", .in = IN_TWIN | IN_JOBS | IN_TRAFFIC,
	  .focus = FOCUS(PANE_DEVICES) },
	{ .name = "back", .in = IN_JOB, .focus = FOCUS(PANE_JOBS) },
	{ .name = "repaint", .check = has_repainted },
	{ .name = "hold", .shows = "HOLD" },
	{ .name = "mouse", .arg = "on", .check = has_mouse },
	{ .name = "theme", .arg = "light", .check = is_light },
	{ .name = "tour", .shows = "there is no tour here" },
	{ .name = "record", .shows = "nothing is recorded" },
	{ .name = "suspend", .check = is_suspended },
	{ .name = "hub", .shows = "the configuration file names no hub" },
	{ .name = "settings", .shows = "  theme                   How the screen" },
};
/* clang-format on */

static const struct effect *
effect_of(const struct key_def *def, enum pane_id pane)
{
	size_t i;

	for (i = 0; i < N_ROWS(effects); i++)
		if (strcmp(effects[i].name, def->name) == 0 &&
		    (effects[i].in == 0 ||
			(effects[i].in & (1 << (int)pane)) != 0))
			return &effects[i];
	fail_msg("%s, in pane %d, has no line in effects[] of "
		 "tests/tui/test_every_key.c: what does a user see then?",
	    def->name, (int)pane);
	return NULL;
}

static bool
shows(const struct screen_rig *rig, const char *text)
{
	char *screen = canvas_to_text(rig->canvas);
	bool found = strstr(screen, text) != NULL;

	free(screen);
	return found;
}

static int
cursor_row(const struct screen_rig *rig)
{
	int y, x;

	canvas_cursor(rig->canvas, &y, &x);
	return y;
}

/* How the row is run: by the i-th of its keys, or behind ':' by its name. */
static void
run_row(struct screen_rig *rig, const struct key_def *def, size_t i,
    const struct effect *effect)
{
	if (i < KEYS_PER_ROW && def->keys[i] != 0) {
		screen_rig_press(rig, def->keys[i]);
		return;
	}
	screen_rig_press(rig, ':');
	screen_rig_type(rig, def->name);
	screen_rig_type(rig, effect->arg != NULL ? " " : "");
	screen_rig_type(rig, effect->arg != NULL ? effect->arg : "");
	screen_rig_press(rig, KEYS_ENTER);
}

static void
check_row(const struct key_def *def, enum pane_id pane, size_t i)
{
	const struct effect *effect = effect_of(def, pane);
	struct screen_rig *rig = rig_new(pane);
	bool by_key = i < KEYS_PER_ROW && def->keys[i] != 0, ok, asks;
	const char *why = "what it showed was there before";
	char *screen;
	int row;

	screen_rig_type(rig, effect->before != NULL ? effect->before : "");
	ok = effect->shows == NULL || !shows(rig, effect->shows);
	row = cursor_row(rig);
	if (ok)
		run_row(rig, def, i, effect);
	asks = effect->asks || (by_key && effect->by_key_asks);
	if (ok && asks) {
		ok = prompt_is_open();
		why = "no prompt is open";
	} else if (ok) {
		ok = (effect->shows == NULL || shows(rig, effect->shows)) &&
		    (!effect->moves || cursor_row(rig) != row) &&
		    (effect->focus == 0 ||
			FOCUS(app_focus(rig->app)) == effect->focus) &&
		    (effect->check == NULL || effect->check(rig));
		why = "it has not done what effects[] says";
	}
	if (!ok) {
		screen = canvas_to_text(rig->canvas);
		test_show(effect->shows != NULL ? effect->shows : "", screen);
		fail_msg("%s, in pane %d, by %s: %s", def->name, (int)pane,
		    by_key ? "its key" : "its name", why);
	}
	rig_free(rig);
}

static void
test_every_row_of_keys_does_what_it_says(void **state)
{
	const struct key_def *def;
	int pane;
	size_t i;

	(void)state;
	for (def = key_table; def->name != NULL; def++)
		for (pane = 0; pane < PANES; pane++) {
			if ((def->where & (1 << pane)) == 0)
				continue;
			for (i = 0; i < KEYS_PER_ROW && def->keys[i] != 0; i++)
				check_row(def, (enum pane_id)pane, i);
			check_row(def, (enum pane_id)pane, KEYS_PER_ROW);
		}
}

static void
test_no_effect_is_of_a_row_that_is_gone(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(effects); i++)
		if (keys_find_name(effects[i].name) == NULL)
			fail_msg("effects[]: there is no key or command \"%s\"",
			    effects[i].name);
}

/* What a line of the ':' prompt, or of `twindeck run`, comes to. */
static const struct {
	const char *name, *line;
	bool one_shot;
	enum command_print prints;
	const char *asks_for; /* the method or patch of a new job */
	bool cancels;         /* the job that runs */
} commands[] = {
	{ "call", "call lockDoor {} --on door-002", .asks_for = "lockDoor" },
	{ "set", "set building=43 --on door-002",
	    .asks_for = "{\"building\":43}" },
	{ "set-tags", "set-tags site=\"brno\" --on door-002",
	    .asks_for = "{\"site\":\"brno\"}" },
	{ "cancel", "cancel 2", .cancels = true },
	{ "help", "help", .prints = COMMAND_PRINTS_HELP },
	{ "ls", "ls door-00", .one_shot = true, .prints = COMMAND_PRINTS_LIST },
	{ "twin get", "twin get door-001", .one_shot = true,
	    .prints = COMMAND_PRINTS_TWIN },
};

static void
check_command(const struct command_def *def, size_t i)
{
	struct screen_rig *rig = rig_new(PANE_DEVICES);
	struct command_context context = { .deck = rig->deck,
		.one_shot = commands[i].one_shot };
	struct command_result result = { 0 };
	const struct job_request *asked;
	struct err err = { 0 };
	const char *what = NULL;

	if (command_run_line(&context, commands[i].line, &result, &err) == -1)
		fail_msg("%s: %s", def->name, err.text);
	assert_int_equal(commands[i].prints, result.print);
	if (commands[i].asks_for != NULL) {
		asked = fake_deck_asked(rig->deck);
		assert_non_null(asked);
		what = asked->method != NULL ? asked->method : asked->patch;
		assert_string_equal(commands[i].asks_for, what);
		assert_non_null(result.job);
	}
	if (commands[i].cancels)
		assert_int_equal(JOB_CANCELLED,
		    job_state(jobs_by_number(deck_jobs(rig->deck), 2)));
	free(result.text);
	rig_free(rig);
}

static void
test_every_command_does_what_it_says(void **state)
{
	const struct command_def *def;
	size_t i;

	(void)state;
	for (def = command_table; def->name != NULL; def++) {
		for (i = 0; i < N_ROWS(commands); i++)
			if (strcmp(commands[i].name, def->name) == 0)
				break;
		if (i == N_ROWS(commands))
			fail_msg("%s has no line in commands[] of "
				 "tests/tui/test_every_key.c: what does it do?",
			    def->name);
		check_command(def, i);
	}
}

/* As it is read on a screen, every blank and line break one blank. */
static char *
flat(const char *text)
{
	struct strbuf sb = { 0 };

	for (; *text != '\0'; text++)
		if (*text != ' ' && *text != '\n')
			strbuf_putc(&sb, *text);
		else if (sb.len > 0 && sb.data[sb.len - 1] != ' ')
			strbuf_putc(&sb, ' ');
	return strbuf_take(&sb);
}

static void
test_every_row_stands_in_the_help_of_its_panes(void **state)
{
	const struct key_def *def;
	struct screen_rig *rig;
	char *screen, *text, *row, names[KEYS_NAMES_SIZE];
	int pane;

	(void)state;
	for (pane = 0; pane < PANES; pane++) {
		rig = rig_new((enum pane_id)pane);
		screen_rig_resize(rig, 140, 300);
		screen_rig_press(rig, '?');
		screen = canvas_to_text(rig->canvas);
		text = flat(screen);
		for (def = key_table; def->name != NULL; def++) {
			if ((def->where & (1 << pane)) == 0)
				continue;
			row = xasprintf("%s%s%s", keys_names(def, names),
			    def->keys[0] != 0 ? " " : ":", def->name);
			if (strstr(text, row) == NULL)
				fail_msg(
				    "the help of pane %d lacks %s", pane, row);
			free(row);
		}
		free(screen);
		free(text);
		rig_free(rig);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_of_keys_does_what_it_says),
		cmocka_unit_test(test_no_effect_is_of_a_row_that_is_gone),
		cmocka_unit_test(test_every_command_does_what_it_says),
		cmocka_unit_test(
		    test_every_row_stands_in_the_help_of_its_panes),
	};

	setlocale(LC_ALL, "");
	setenv("VISUAL", "true", 1);
	return cmocka_run_group_tests(
	    tests, screen_rig_make_home, screen_rig_remove_home);
}
