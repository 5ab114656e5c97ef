/*
 * Whole screens against the text files in tests/tui/screens, drawn from a deck
 * that stands still.  UPDATE_SCREENS=1 writes the files anew, to be looked at
 * in the diff.
 */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "tests/support/fake_deck.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/canvas.h"
#include "tui/key.h"
#include "tui/recall.h"

#define LATER_MS (FLEET_CHANGED_MS + 900) /* no change is new any more */
#define SCREEN_MAX ((size_t)256 * 1024)

struct fixture {
	struct deck *deck;
	struct recall *recall;
	struct app *app;
	struct canvas *canvas;
	int quits;
};

static void
on_nothing(void *arg)
{
	(void)arg;
}

static void
on_quit(void *arg)
{
	struct fixture *f = arg;

	f->quits++;
}

static const struct app_ops app_ops = {
	.wake = on_nothing,
	.quit = on_quit,
	.suspend = on_nothing,
	.repaint = on_nothing,
};

static void
draw_at(struct fixture *f, int64_t now_ms)
{
	app_draw(f->app, f->canvas, now_ms, FAKE_NOW_US);
}

static void
draw(struct fixture *f)
{
	draw_at(f, fake_now_ms);
}

static void
resize(struct fixture *f, int cols, int rows)
{
	canvas_resize(f->canvas, rows, cols);
	app_resize(f->app, rows, cols);
	draw(f);
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->deck = fake_deck_new();
	fake_deck_fill(f->deck);
	f->recall = recall_new(NULL);
	f->app = app_new("local demo", f->recall, &app_ops, f);
	f->canvas = canvas_new(24, 80, CANVAS_UTF8);
	app_set_deck(f->app, f->deck);
	resize(f, 80, 24);
	draw(f); /* the watch knows the focus only now */
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	app_free(f->app);
	recall_free(f->recall);
	canvas_free(f->canvas);
	fake_deck_free(f->deck);
	free(f);
	return 0;
}

static void
press(struct fixture *f, int32_t key)
{
	app_key(f->app, key);
	draw(f);
}

static void
type(struct fixture *f, const char *ascii)
{
	for (; *ascii != '\0'; ascii++)
		press(f, *ascii);
}

static bool
lacks(struct fixture *f, const char *words)
{
	char *text = canvas_to_text(f->canvas);
	bool found = strstr(text, words) != NULL;

	free(text);
	return !found;
}

static bool
shows(struct fixture *f, const char *words)
{
	char *text;

	if (!lacks(f, words))
		return true;
	text = canvas_to_text(f->canvas);
	test_show(words, text);
	free(text);
	return false;
}

static void
assert_screen(struct fixture *f, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char *path = xasprintf(
	    "%s/tests/tui/screens/%s.txt", srcdir != NULL ? srcdir : ".", name);
	char *expected, *text;
	struct err err;

	draw_at(f, fake_now_ms + LATER_MS);
	text = canvas_to_text(f->canvas);
	if (getenv("UPDATE_SCREENS") != NULL)
		assert_int_equal(
		    0, paths_write_file(path, text, strlen(text), 0644, &err));
	expected = paths_read_file(path, SCREEN_MAX, NULL, &err);
	if (expected == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(expected, text);
	free(expected);
	free(text);
	free(path);
}

/* Three jobs: one that runs with every state, one that is done, one waiting. */
static struct job *
add_jobs(struct fixture *f)
{
	static const char *const ids[] = { "door-001", "door-002", "door-003",
		"door-004", "door-005" };
	struct job *job;
	size_t i;

	job = fake_deck_job(f->deck, "lockDoor", JOB_DONE, ids, 5);
	for (i = 0; i < 5; i++) {
		fake_job_device(job, i)->state = JOB_DEVICE_CONFIRMED;
		fake_job_device(job, i)->ended = true;
	}
	fake_job_times(job, 0, FAKE_NOW_US, 3000);
	job = fake_deck_job(
	    f->deck, "desired building, floor", JOB_WAITING, ids, 2);
	fake_job_times(job, fake_now_ms + 10900, 0, 0);
	job = fake_deck_job(f->deck, "firmwareUpdate", JOB_RUNNING, ids, 5);
	*fake_job_device(job, 0) =
	    (struct job_device){ .device_id =
				     fake_job_device(job, 0)->device_id,
		    .state = JOB_DEVICE_CONFIRMED,
		    .ended = true,
		    .status = 200,
		    .phase = PHASE_COMPLETED,
		    .percent = -1 };
	*fake_job_device(job, 1) =
	    (struct job_device){ .device_id =
				     fake_job_device(job, 1)->device_id,
		    .state = JOB_DEVICE_WAITING,
		    .percent = -1 };
	*fake_job_device(job, 2) = (struct job_device){
		.device_id = fake_job_device(job, 2)->device_id,
		.state = JOB_DEVICE_ACKNOWLEDGED,
		.status = 200,
		.answer = xstrdup("{\"Response\":\"Firmware update started\"}"),
		.phase = PHASE_APPLYING,
		.percent = -1,
		.phase_since_ms = fake_now_ms - 12000
	};
	*fake_job_device(job, 3) =
	    (struct job_device){ .device_id =
				     fake_job_device(job, 3)->device_id,
		    .state = JOB_DEVICE_ACKNOWLEDGED,
		    .status = 200,
		    .phase = PHASE_DOWNLOADING,
		    .percent = 41,
		    .phase_since_ms = fake_now_ms - 9000,
		    .phase_at_us = { [PHASE_WAITING] = FAKE_NOW_US - 15000000,
			[PHASE_DOWNLOADING] = FAKE_NOW_US - 9000000 } };
	fake_job_device(job, 4)->state = JOB_DEVICE_FAILED;
	fake_job_device(job, 4)->ended = true;
	err_set(&fake_job_device(job, 4)->err, ERR_UNREACHABLE,
	    "door-005 is not connected (404103)");
	return job;
}

static void
test_wide(void **state)
{
	struct fixture *f = *state;

	add_jobs(f);
	resize(f, 120, 40);
	press(f, 'j');
	press(f, ' ');
	press(f, ' ');
	assert_screen(f, "wide");
}

static void
test_stacked(void **state)
{
	struct fixture *f = *state;

	add_jobs(f);
	resize(f, 80, 24);
	press(f, ' ');
	assert_screen(f, "stacked");
	press(f, 'j');
	press(f, 'j');
	press(f, KEYS_ENTER);
	assert_screen(f, "stacked_twin");
}

static void
test_one_pane_and_smaller(void **state)
{
	struct fixture *f = *state;

	add_jobs(f);
	resize(f, 40, 12);
	assert_screen(f, "small");
	press(f, '2');
	assert_screen(f, "small_twin");
	press(f, '3');
	assert_screen(f, "small_jobs");
	resize(f, 10, 3);
	assert_screen(f, "tiny");
	resize(f, 1, 1);
	assert_screen(f, "cell");
}

static void
test_a_cancelled_job_says_so_at_every_width(void **state)
{
	static const char *const ids[] = { "door-001", "door-002" };
	static const struct {
		int rows, cols;
		const char *row;
	} sizes[] = {
		{ 40, 120, "▏ 1 done cancelled                         "
			   "3 s  here │" },
		{ 24, 80, "▏ 1 done cancelled              3 s │" },
		{ 16, 60, "▏ cancelled         3 s │" },
		{ 12, 40, "1 lockDoor    cancelled        3 s │" },
		{ 5, 20, "1 lockDoor     │" },
	};
	struct fixture *f = *state;
	struct job *job =
	    fake_deck_job(f->deck, "lockDoor", JOB_CANCELLED, ids, 2);
	size_t i;

	fake_job_device(job, 0)->state = JOB_DEVICE_CONFIRMED;
	fake_job_device(job, 0)->ended = true;
	fake_job_device(job, 1)->state = JOB_DEVICE_CANCELLED;
	fake_job_device(job, 1)->ended = true;
	fake_job_times(job, 0, FAKE_NOW_US, 3000);
	press(f, '3');
	for (i = 0; i < N_ROWS(sizes); i++) {
		resize(f, sizes[i].cols, sizes[i].rows);
		assert_true(shows(f, sizes[i].row));
	}
}

static void
test_job_opened(void **state)
{
	struct fixture *f = *state;

	add_jobs(f);
	setenv("TZ", "UTC", 1);
	resize(f, 120, 40);
	press(f, '3');
	press(f, KEYS_ENTER);
	press(f, 'j');
	press(f, 'j');
	press(f, 'j');
	assert_screen(f, "job");
	resize(f, 80, 24);
	assert_screen(f, "job_stacked");
}

static void
test_ascii(void **state)
{
	struct fixture *f = *state;

	canvas_free(f->canvas);
	f->canvas = canvas_new(24, 80, CANVAS_ASCII);
	add_jobs(f);
	resize(f, 80, 24);
	press(f, ' ');
	assert_screen(f, "ascii");
}

static void
test_action_dialog(void **state)
{
	struct fixture *f = *state;
	const struct job_request *asked;

	press(f, '*');
	press(f, 'f');
	assert_screen(f, "firmware");
	press(f, KEYS_ENTER); /* Cancel has the focus */
	assert_null(fake_deck_asked(f->deck));
	assert_true(shows(f, "nothing was called"));
	press(f, 'f');
	press(f, KEYS_TAB); /* Call */
	press(f, KEYS_TAB);
	press(f, KEYS_TAB);
	press(f, CTRL_KEY('u'));
	type(f, "+20s");
	press(f, KEYS_ENTER);
	press(f, KEYS_RIGHT);
	press(f, KEYS_ENTER);
	asked = fake_deck_asked(f->deck);
	assert_non_null(asked);
	assert_string_equal("firmwareUpdate", asked->method);
	assert_string_equal(
	    "{\"fwPackageUri\":\"door-1.5.0.bin\"}", asked->payload);
	assert_int_equal(8, asked->n_devices);
	assert_int_equal(20000, asked->delay_ms);
	assert_int_equal(30, asked->response_timeout_s);
	assert_int_equal(10, asked->connect_timeout_s);
}

static void
add_devices(struct fixture *f, size_t n, const char *site)
{
	char *json;
	size_t i;

	for (i = 0; i < n; i++) {
		json = xasprintf("{\"deviceId\":\"%s-%02zu\",\"version\":1,"
				 "\"tags\":{\"site\":\"%s\"}}",
		    site, i, site);
		fake_deck_twin(f->deck, json);
		free(json);
	}
}

static void
test_many_devices_ask_for_their_number(void **state)
{
	struct fixture *f = *state;

	add_devices(f, 4, "graz");
	press(f, '*');
	press(f, 'l');
	assert_true(shows(f, "site brno 8, site graz 4 · floor 3 8, no floor "
			     "4"));
	assert_true(shows(f, "type 12 here, the number of devices"));
	press(f, KEYS_RIGHT);
	press(f, KEYS_ENTER);
	assert_null(fake_deck_asked(f->deck));
	assert_true(shows(f, "first type 12"));
	type(f, "11");
	press(f, KEYS_ENTER);
	press(f, KEYS_RIGHT);
	press(f, KEYS_ENTER);
	assert_null(fake_deck_asked(f->deck));
	press(f, KEYS_BACKSPACE);
	type(f, "2");
	press(f, KEYS_ENTER);
	press(f, KEYS_RIGHT);
	press(f, KEYS_ENTER);
	assert_non_null(fake_deck_asked(f->deck));
	assert_int_equal(12, fake_deck_asked(f->deck)->n_devices);
}

static void
test_a_few_devices_ask_for_no_number(void **state)
{
	struct fixture *f = *state;

	add_devices(f, 2, "graz");
	press(f, '*');
	press(f, 'l');
	assert_true(lacks(f, "to confirm"));
	press(f, KEYS_RIGHT);
	press(f, KEYS_ENTER);
	assert_int_equal(10, fake_deck_asked(f->deck)->n_devices);
}

static void
test_targets_are_frozen_when_the_dialog_opens(void **state)
{
	struct fixture *f = *state;

	press(f, 'l');
	fleet_remove(deck_fleet(f->deck), "door-001");
	fleet_mark(deck_fleet(f->deck), "door-005", true);
	draw(f);
	press(f, KEYS_RIGHT);
	press(f, KEYS_ENTER);
	assert_int_equal(1, fake_deck_asked(f->deck)->n_devices);
	assert_string_equal(
	    "door-001", fake_deck_asked(f->deck)->device_ids[0]);
}

static void
test_a_payload_that_is_no_json_is_kept_with_its_column(void **state)
{
	struct fixture *f = *state;
	int y, x;

	press(f, 'l');
	press(f, KEYS_TAB);
	press(f, KEYS_TAB);
	press(f, CTRL_KEY('u'));
	type(f, "{\"lockTime\": 10m}");
	press(f, KEYS_ENTER);
	assert_true(shows(f, "column 16"));
	assert_true(shows(f, "{\"lockTime\": 10m}"));
	canvas_cursor(f->canvas, &y, &x); /* stays behind what was typed */
	assert_int_equal('}', canvas_at(f->canvas, y, x - 1)->ch);
	assert_int_equal('m', canvas_at(f->canvas, y, x - 2)->ch);
	assert_int_equal(
	    STYLE_ALERT, canvas_at(f->canvas, y, x - 2)->style);
	assert_null(fake_deck_asked(f->deck));
	/* What was typed comes back, also after Esc, once it is good. */
	press(f, CTRL_KEY('u'));
	type(f, "{\"lockTime\":\"5m\"}");
	press(f, KEYS_ESC);
	press(f, 'l');
	assert_true(shows(f, "{\"lockTime\":\"5m\"}"));
}

static void
test_edit_dialog(void **state)
{
	struct fixture *f = *state;
	const struct job_request *asked;

	press(f, 'j');
	press(f, 'j');
	press(f, 'j');
	press(f, 'e');
	assert_screen(f, "edit");
	press(f, CTRL_KEY('u')); /* building: gone */
	press(f, KEYS_DOWN);
	press(f, CTRL_KEY('u'));
	type(f, "floor = 4");
	press(f, KEYS_TAB);
	press(f, KEYS_ENTER);
	press(f, KEYS_ENTER);
	assert_screen(f, "edit_difference");
	press(f, KEYS_RIGHT);
	press(f, KEYS_RIGHT);
	press(f, KEYS_ENTER);
	asked = fake_deck_asked(f->deck);
	assert_non_null(asked);
	assert_string_equal("AAAAAAAAAAM=", asked->etags[0]);
	assert_string_equal("{\"building\":null,\"floor\":4}", asked->patch);
	assert_string_equal("door-004", asked->device_ids[0]);
}

static void
test_an_edit_that_came_too_late_is_taken_up_again(void **state)
{
	static const char *const ids[] = { "door-004" };
	struct fixture *f = *state;
	struct job *job;

	job = fake_deck_job(f->deck, "desired building", JOB_DONE, ids, 1);
	fake_job_device(job, 0)->state = JOB_DEVICE_FAILED;
	err_set(&fake_job_device(job, 0)->err, ERR_CONFLICT, "412");
	fake_deck_twin(f->deck,
	    "{\"deviceId\":\"door-004\",\"etag\":\"AAAAAAAAAAQ=\","
	    "\"version\":13,\"properties\":{\"desired\":{\"building\":44,"
	    "\"$version\":5},\"reported\":{\"$version\":9}}}");
	press(f, ':');
	type(f, "go door-004");
	press(f, KEYS_ENTER);
	press(f, 'e');
	assert_true(shows(f, "Job 1 was not written"));
	assert_true(shows(f, "building = 43"));
	/* Once a later one went well there is nothing to take up. */
	press(f, KEYS_ESC);
	press(f, KEYS_ESC);
	fake_deck_job(f->deck, "desired building", JOB_DONE, ids, 1);
	press(f, 'e');
	assert_true(shows(f, "building = 44"));
	assert_true(lacks(f, "was not written"));
}

static void
test_one_marked_device_is_edited_wherever_the_cursor_is(void **state)
{
	struct fixture *f = *state;

	fleet_mark(deck_fleet(f->deck), "door-004", true);
	press(f, 'e');
	assert_string_equal("door-004", fake_deck_focus(f->deck));
	fake_deck_fire(f->deck, DECK_TWIN);
	draw(f);
	assert_true(shows(f, "desired of door-004"));
	assert_true(shows(f, "building = 43"));
	press(f, KEYS_ESC);
	assert_string_equal("door-001", fake_deck_focus(f->deck));
}

static void
test_help_and_quit(void **state)
{
	struct fixture *f = *state;

	resize(f, 120, 40);
	press(f, '?');
	assert_screen(f, "help");
	press(f, KEYS_ESC);
	press(f, 'q');
	assert_int_equal(1, f->quits);
	add_jobs(f);
	press(f, 'q');
	assert_screen(f, "quit");
	press(f, 'q'); /* a key that repeats is no yes */
	press(f, KEYS_ENTER);
	assert_int_equal(1, f->quits);
	press(f, 'q');
	press(f, 'n');
	assert_false(shows(f, "still run"));
	assert_int_equal(1, f->quits);
	press(f, 'q');
	press(f, 'y');
	assert_int_equal(2, f->quits);
}

static void
test_the_cursor_stays_on_its_device(void **state)
{
	struct fixture *f = *state;

	press(f, 'j');
	press(f, 'j');
	fleet_remove(deck_fleet(f->deck), "door-001");
	fake_deck_twin(
	    f->deck, "{\"deviceId\":\"aaa\",\"version\":1,\"etag\":\"x\"}");
	fake_deck_twin(
	    f->deck, "{\"deviceId\":\"aab\",\"version\":1,\"etag\":\"x\"}");
	draw(f);
	assert_string_equal("door-003", fake_deck_focus(f->deck));
	assert_true(shows(f, "▶  door-003"));
	/* When it is gone, the one that stands in its place. */
	fleet_remove(deck_fleet(f->deck), "door-003");
	draw(f);
	assert_string_equal("door-004", fake_deck_focus(f->deck));
}

static void
test_a_filter_is_seen_while_it_is_typed(void **state)
{
	struct fixture *f = *state;

	press(f, '/');
	type(f, "link:off");
	assert_true(shows(f, "2 of 8"));
	press(f, KEYS_ESC);
	assert_true(shows(f, "8 of 8"));
	/* The cursor is back where it was, unless it was moved. */
	press(f, 'j');
	press(f, 'j');
	press(f, '/');
	type(f, "door-008");
	assert_true(shows(f, "▶  door-008"));
	press(f, KEYS_ESC);
	assert_true(shows(f, "▶  door-003"));
	press(f, '/');
	type(f, "door-00");
	type(f, "7");
	press(f, KEYS_ENTER);
	assert_true(shows(f, "1 of 8 · /door-007"));
	press(f, KEYS_ESC);
	assert_true(shows(f, "8 of 8"));
}

static void
test_what_cannot_be_done_is_said_in_one_line(void **state)
{
	struct fixture *f = *state;

	press(f, 'Q');
	assert_true(shows(f, "Q does nothing here"));
	app_run_line(f->app, "lock 5");
	draw(f);
	assert_true(shows(f, "lock takes nothing behind it, not \"5\""));
	app_run_line(f->app, "unmarked");
	draw(f);
	assert_true(shows(f, "there is no command \"unmarked\""));
	app_run_line(f->app, "se");
	draw(f);
	assert_true(shows(f, "se may be set, set-tags, select, settings"));
	press(f, '3');
	press(f, 'x');
	assert_true(shows(f, "cancel: there is no job yet"));
	press(f, '1');
	press(f, '/');
	type(f, "nothing-like-it");
	press(f, KEYS_ENTER);
	press(f, 'f');
	assert_true(shows(f, "firmware: no device is shown"));
	fake_deck_health(f->deck)->ok = false;
	fake_deck_health(f->deck)->next_try_ms = 0;
	err_set(&fake_deck_health(f->deck)->err, ERR_UNREACHABLE,
	    "cannot reach 127.0.0.1");
	press(f, 'l');
	assert_true(shows(f, "lock: the hub does not answer"));
	app_set_deck(f->app, NULL);
	press(f, KEYS_ESC);
	press(f, 'f');
	assert_true(shows(f, "firmware: the hub is still starting"));
}

static void
test_a_lost_hub_is_a_badge_with_reason_and_next_try(void **state)
{
	struct fixture *f = *state;

	fake_deck_health(f->deck)->ok = false;
	fake_deck_health(f->deck)->next_try_ms = fake_now_ms + LATER_MS + 2500;
	err_set(&fake_deck_health(f->deck)->err, ERR_UNREACHABLE,
	    "cannot reach 127.0.0.1:8443: connection refused");
	fake_deck_fire(f->deck, DECK_HEALTH);
	assert_screen(f, "lost");
}

static void
test_an_error_stays_until_the_next_action(void **state)
{
	struct fixture *f = *state;

	deck_say(f->deck, true, "job 1: door-001 failed");
	deck_say(f->deck, false, "job 1: door-002 confirmed");
	press(f, 'j');
	assert_true(shows(f, "job 1: door-001 failed"));
	press(f, KEYS_ESC);
	assert_true(lacks(f, "job 1: door-001 failed"));
	press(f, 'i');
	assert_true(shows(f, "job 1: door-002 confirmed"));
	assert_true(shows(f, "job 1: door-001 failed"));
}

static void
test_a_changed_leaf_is_marked_for_two_seconds(void **state)
{
	struct fixture *f = *state;

	resize(f, 120, 40);
	fake_deck_twin(f->deck,
	    "{\"deviceId\":\"door-001\",\"etag\":\"AAAAAAAAAAM=\","
	    "\"version\":12,\"connectionState\":\"Connected\",\"tags\":{},"
	    "\"properties\":{\"desired\":{\"$version\":4},\"reported\":{"
	    "\"firmwareStatus\":\"completed\",\"firmwareVersion\":\"1.5.0\","
	    "\"door\":{\"state\":\"unlocked\"},\"$version\":10}}}");
	draw_at(f, fake_now_ms);
	assert_true(shows(f, "* firmwareVersion  \"1.5.0\""));
	assert_true(lacks(f, "* firmwareStatus"));
	draw_at(f, fake_now_ms + LATER_MS);
	assert_true(lacks(f, "* firmwareVersion"));
}

static void
test_a_branch_folds(void **state)
{
	struct fixture *f = *state;

	press(f, '2');
	press(f, KEYS_LEFT);
	assert_true(shows(f, "▸ tags"));
	assert_true(shows(f, "{2}"));
	press(f, KEYS_RIGHT);
	assert_true(shows(f, "▾ tags"));
	press(f, KEYS_ENTER);
	assert_true(shows(f, "▸ tags"));
	assert_true(lacks(f, "brno"));
}

static void
test_a_command_line_runs_commands_and_keys(void **state)
{
	struct fixture *f = *state;
	const struct job_request *asked;

	press(f, ':');
	type(f, "call reboot {\"now\": true} --on door-002");
	press(f, KEYS_ENTER);
	asked = fake_deck_asked(f->deck);
	assert_non_null(asked);
	assert_string_equal("reboot", asked->method);
	assert_string_equal("door-002", asked->device_ids[0]);
	press(f, ':');
	type(f, "sort drift");
	press(f, KEYS_ENTER);
	assert_true(shows(f, "by drift"));
	press(f, ':');
	type(f, "go door-00");
	type(f, "8");
	press(f, KEYS_TAB); /* leaves a space behind */
	press(f, KEYS_ENTER);
	assert_true(shows(f, "▶  door-008"));
	press(f, ':');
	type(f, "frobnicate");
	press(f, KEYS_ENTER);
	assert_true(app_has_error(f->app));
	assert_true(shows(f, "frobnicate"));
	press(f, ':');
	type(f, "q");
	press(f, KEYS_ENTER);
	assert_true(f->quits > 0 || shows(f, "still run"));
}

static void
test_hostile_text_reaches_no_cell(void **state)
{
	struct fixture *f = *state;
	int y, x;

	fake_deck_twin(f->deck, "{\"deviceId\":\"a\\u001b[2J\",\"version\":1}");
	fake_deck_twin(f->deck,
	    "{\"deviceId\":\"a-hostile\",\"version\":1,"
	    "\"etag\":\"\\u001b]0;x\\u0007\",\"tags\":{\"\\u001b[31m\":"
	    "\"\\u009b5n\\u200b\"},\"properties\":{\"desired\":{},"
	    "\"reported\":{\"firmwareVersion\":\"\\u001bc\","
	    "\"firmwareStatus\":\"\\u001b[5m\"}}}");
	resize(f, 120, 40);
	press(f, 'g');
	press(f, 'f');
	press(f, KEYS_ESC);
	for (y = 0; y < 40; y++)
		for (x = 0; x < 120; x++) {
			uint32_t ch = canvas_at(f->canvas, y, x)->ch;

			assert_true(ch == 0 || ch >= ' ');
			assert_false(ch >= 0x7f && ch < 0xa0);
			assert_false(ch >= 0x2000 && ch <= 0x200f);
			assert_false(ch >= 0x202a && ch <= 0x202e);
		}
	assert_true(shows(f, "a-hostile"));
	assert_true(shows(f, "\\x1b[31m"));
	assert_false(shows(f, "[2J"));
}

static void
test_no_size_and_no_state_breaks_the_drawing(void **state)
{
	static const char *const states[] = { "", "f", "e", "m", "?", "i", ":",
		"/", "2", "3", "z", "3\r", "*l" };
	struct fixture *f = *state;
	int rows, cols;
	size_t i;

	add_jobs(f);
	for (i = 0; i < N_ROWS(states); i++) {
		resize(f, 80, 24);
		type(f, states[i]);
		for (rows = 1; rows < 30; rows += rows < 12 ? 1 : 5)
			for (cols = 1; cols < 140; cols += cols < 30 ? 1 : 9)
				resize(f, cols, rows);
		press(f, KEYS_ESC);
		press(f, KEYS_ESC);
		press(f, KEYS_ESC);
		press(f, '1');
	}
}

#define APP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		APP_TEST(test_wide),
		APP_TEST(test_stacked),
		APP_TEST(test_one_pane_and_smaller),
		APP_TEST(test_a_cancelled_job_says_so_at_every_width),
		APP_TEST(test_job_opened),
		APP_TEST(test_ascii),
		APP_TEST(test_action_dialog),
		APP_TEST(test_many_devices_ask_for_their_number),
		APP_TEST(test_a_few_devices_ask_for_no_number),
		APP_TEST(test_targets_are_frozen_when_the_dialog_opens),
		APP_TEST(
		    test_a_payload_that_is_no_json_is_kept_with_its_column),
		APP_TEST(test_edit_dialog),
		APP_TEST(test_an_edit_that_came_too_late_is_taken_up_again),
		APP_TEST(
		    test_one_marked_device_is_edited_wherever_the_cursor_is),
		APP_TEST(test_help_and_quit),
		APP_TEST(test_the_cursor_stays_on_its_device),
		APP_TEST(test_a_filter_is_seen_while_it_is_typed),
		APP_TEST(test_what_cannot_be_done_is_said_in_one_line),
		APP_TEST(test_a_lost_hub_is_a_badge_with_reason_and_next_try),
		APP_TEST(test_an_error_stays_until_the_next_action),
		APP_TEST(test_a_changed_leaf_is_marked_for_two_seconds),
		APP_TEST(test_a_branch_folds),
		APP_TEST(test_a_command_line_runs_commands_and_keys),
		APP_TEST(test_hostile_text_reaches_no_cell),
		APP_TEST(test_no_size_and_no_state_breaks_the_drawing),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
