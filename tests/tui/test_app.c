/*
 * Whole screens against the text files in tests/tui/screens, and what dialogs,
 * filters and commands show.
 */
#include "config.h"

#include <locale.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/canvas.h"
#include "tui/key.h"

#define press screen_rig_press
#define type screen_rig_type
#define shows screen_rig_shows
#define lacks screen_rig_lacks
#define resize screen_rig_resize
#define compare screen_rig_compare

/* Three jobs: one that runs with every state, one that is done, one waiting. */
static struct job *
add_jobs(struct screen_rig *rig)
{
	static const char *const ids[] = { "door-001", "door-002", "door-003",
		"door-004", "door-005" };
	struct job *job;
	size_t i;

	job = fake_deck_job(rig->deck, "lockDoor", JOB_DONE, ids, 5);
	for (i = 0; i < 5; i++)
		fake_job_end(job, i, JOB_DEVICE_CONFIRMED);
	fake_job_times(job, 0, FAKE_NOW_US, 3000);
	job = fake_deck_job(
	    rig->deck, "desired building, floor", JOB_WAITING, ids, 2);
	fake_job_times(job, fake_now_ms + 10900, 0, 0);
	job = fake_deck_job(rig->deck, "firmwareUpdate", JOB_RUNNING, ids, 5);
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
	fake_job_end(job, 4, JOB_DEVICE_FAILED);
	err_set(&fake_job_device(job, 4)->err, ERR_UNREACHABLE,
	    "door-005 is not connected (404103)");
	return job;
}

static void
test_wide(void **state)
{
	struct screen_rig *rig = *state;

	add_jobs(rig);
	resize(rig, 120, 40);
	press(rig, 'j');
	press(rig, ' ');
	press(rig, ' ');
	compare(rig, "wide");
}

static void
test_stacked(void **state)
{
	struct screen_rig *rig = *state;

	add_jobs(rig);
	resize(rig, 80, 24);
	press(rig, ' ');
	compare(rig, "stacked");
	press(rig, 'j');
	press(rig, 'j');
	press(rig, KEYS_ENTER);
	compare(rig, "stacked_twin");
}

static void
test_one_pane_and_smaller(void **state)
{
	struct screen_rig *rig = *state;

	add_jobs(rig);
	resize(rig, 40, 12);
	compare(rig, "small");
	press(rig, '2');
	compare(rig, "small_twin");
	press(rig, '3');
	compare(rig, "small_jobs");
	resize(rig, 10, 3);
	compare(rig, "tiny");
	resize(rig, 1, 1);
	compare(rig, "cell");
}

static void
test_a_cancelled_job_says_so_at_every_width(void **state)
{
	static const char *const ids[] = { "door-001", "door-002" };
	static const struct {
		int rows, cols;
		const char *row;
	} sizes[] = {
		{ 40, 120,
		    "▏ 1 done cancelled                         "
		    "3 s  here │" },
		{ 24, 80, "▏ 1 done cancelled              3 s │" },
		{ 16, 60, "▏ cancelled         3 s │" },
		{ 12, 40, "1 lockDoor    cancelled        3 s │" },
		{ 5, 20, "1 lockDoor     │" },
	};
	struct screen_rig *rig = *state;
	struct job *job =
	    fake_deck_job(rig->deck, "lockDoor", JOB_CANCELLED, ids, 2);
	size_t i;

	fake_job_end(job, 0, JOB_DEVICE_CONFIRMED);
	fake_job_end(job, 1, JOB_DEVICE_CANCELLED);
	fake_job_times(job, 0, FAKE_NOW_US, 3000);
	press(rig, '3');
	for (i = 0; i < N_ROWS(sizes); i++) {
		resize(rig, sizes[i].cols, sizes[i].rows);
		assert_true(shows(rig, sizes[i].row));
	}
}

static void
test_job_opened(void **state)
{
	struct screen_rig *rig = *state;

	add_jobs(rig);
	setenv("TZ", "UTC", 1);
	resize(rig, 120, 40);
	press(rig, '3');
	press(rig, KEYS_ENTER);
	press(rig, 'j');
	press(rig, 'j');
	press(rig, 'j');
	compare(rig, "job");
	resize(rig, 80, 24);
	compare(rig, "job_stacked");
}

static void
test_ascii(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_charset(rig, CANVAS_ASCII);
	add_jobs(rig);
	resize(rig, 80, 24);
	press(rig, ' ');
	compare(rig, "ascii");
}

static void
test_action_dialog(void **state)
{
	struct screen_rig *rig = *state;
	const struct job_request *asked;

	press(rig, '*');
	press(rig, 'f');
	compare(rig, "firmware");
	press(rig, KEYS_ENTER); /* Cancel has the focus */
	assert_null(fake_deck_asked(rig->deck));
	assert_true(shows(rig, "nothing was called"));
	press(rig, 'f');
	press(rig, KEYS_TAB); /* Call */
	press(rig, KEYS_TAB);
	press(rig, KEYS_TAB);
	press(rig, CTRL_KEY('u'));
	type(rig, "+20s");
	press(rig, KEYS_ENTER);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	asked = fake_deck_asked(rig->deck);
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
add_devices(struct screen_rig *rig, size_t n, const char *site)
{
	char *json;
	size_t i;

	for (i = 0; i < n; i++) {
		json = xasprintf("{\"deviceId\":\"%s-%02zu\",\"version\":1,"
				 "\"tags\":{\"site\":\"%s\"}}",
		    site, i, site);
		fake_deck_twin(rig->deck, json);
		free(json);
	}
}

static void
test_many_devices_ask_for_their_number(void **state)
{
	struct screen_rig *rig = *state;

	add_devices(rig, 4, "graz");
	press(rig, '*');
	press(rig, 'l');
	assert_true(shows(rig,
	    "site brno 8, site graz 4 · floor 3 8, no floor "
	    "4"));
	assert_true(shows(rig, "type 12 here, the number of devices"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_null(fake_deck_asked(rig->deck));
	assert_true(shows(rig, "first type 12"));
	type(rig, "11");
	press(rig, KEYS_ENTER);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_null(fake_deck_asked(rig->deck));
	press(rig, KEYS_BACKSPACE);
	type(rig, "2");
	press(rig, KEYS_ENTER);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_non_null(fake_deck_asked(rig->deck));
	assert_int_equal(12, fake_deck_asked(rig->deck)->n_devices);
}

static void
test_a_few_devices_ask_for_no_number(void **state)
{
	struct screen_rig *rig = *state;

	add_devices(rig, 2, "graz");
	press(rig, '*');
	press(rig, 'l');
	assert_true(lacks(rig, "to confirm"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_int_equal(10, fake_deck_asked(rig->deck)->n_devices);
}

static void
test_targets_are_frozen_when_the_dialog_opens(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'l');
	fleet_remove(deck_fleet(rig->deck), "door-001");
	fleet_mark(deck_fleet(rig->deck), "door-005", true);
	screen_rig_draw(rig);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_int_equal(1, fake_deck_asked(rig->deck)->n_devices);
	assert_string_equal(
	    "door-001", fake_deck_asked(rig->deck)->device_ids[0]);
}

static void
test_a_payload_that_is_no_json_is_kept_with_its_column(void **state)
{
	struct screen_rig *rig = *state;
	int y, x;

	press(rig, 'l');
	press(rig, KEYS_TAB);
	press(rig, KEYS_TAB);
	press(rig, CTRL_KEY('u'));
	type(rig, "{\"lockTime\": 10m}");
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "column 16"));
	assert_true(shows(rig, "{\"lockTime\": 10m}"));
	canvas_cursor(rig->canvas, &y, &x); /* stays behind what was typed */
	assert_int_equal('}', canvas_at(rig->canvas, y, x - 1)->ch);
	assert_int_equal('m', canvas_at(rig->canvas, y, x - 2)->ch);
	assert_int_equal(STYLE_ALERT, canvas_at(rig->canvas, y, x - 2)->style);
	assert_null(fake_deck_asked(rig->deck));
	/* What was typed comes back, also after Esc, once it is good. */
	press(rig, CTRL_KEY('u'));
	type(rig, "{\"lockTime\":\"5m\"}");
	press(rig, KEYS_ESC);
	press(rig, 'l');
	assert_true(shows(rig, "{\"lockTime\":\"5m\"}"));
}

static void
test_edit_dialog(void **state)
{
	struct screen_rig *rig = *state;
	const struct job_request *asked;

	press(rig, 'j');
	press(rig, 'j');
	press(rig, 'j');
	press(rig, 'e');
	compare(rig, "edit");
	press(rig, CTRL_KEY('u')); /* building: gone */
	press(rig, KEYS_DOWN);
	press(rig, CTRL_KEY('u'));
	type(rig, "floor = 4");
	press(rig, KEYS_TAB);
	press(rig, KEYS_ENTER);
	press(rig, KEYS_ENTER);
	compare(rig, "edit_difference");
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	asked = fake_deck_asked(rig->deck);
	assert_non_null(asked);
	assert_string_equal("AAAAAAAAAAM=", asked->etags[0]);
	assert_string_equal("{\"building\":null,\"floor\":4}", asked->patch);
	assert_string_equal("door-004", asked->device_ids[0]);
}

static void
test_an_edit_that_came_too_late_is_taken_up_again(void **state)
{
	static const char *const ids[] = { "door-004" };
	struct screen_rig *rig = *state;
	struct job *job;

	job = fake_deck_job(rig->deck, "desired building", JOB_DONE, ids, 1);
	fake_job_device(job, 0)->state = JOB_DEVICE_FAILED;
	err_set(&fake_job_device(job, 0)->err, ERR_CONFLICT, "412");
	fake_deck_twin(rig->deck,
	    "{\"deviceId\":\"door-004\",\"etag\":\"AAAAAAAAAAQ=\","
	    "\"version\":13,\"properties\":{\"desired\":{\"building\":44,"
	    "\"$version\":5},\"reported\":{\"$version\":9}}}");
	screen_rig_command(rig, "go door-004");
	press(rig, 'e');
	assert_true(shows(rig, "Job 1 was not written"));
	assert_true(shows(rig, "building = 43"));
	/* Once a later one went well there is nothing to take up. */
	press(rig, KEYS_ESC);
	press(rig, KEYS_ESC);
	fake_deck_job(rig->deck, "desired building", JOB_DONE, ids, 1);
	press(rig, 'e');
	assert_true(shows(rig, "building = 44"));
	assert_true(lacks(rig, "was not written"));
}

static void
test_one_marked_device_is_edited_wherever_the_cursor_is(void **state)
{
	struct screen_rig *rig = *state;

	fleet_mark(deck_fleet(rig->deck), "door-004", true);
	press(rig, 'e');
	assert_string_equal("door-004", fake_deck_focus(rig->deck));
	fake_deck_fire(rig->deck, DECK_TWIN);
	screen_rig_draw(rig);
	assert_true(shows(rig, "desired of door-004"));
	assert_true(shows(rig, "building = 43"));
	press(rig, KEYS_ESC);
	assert_string_equal("door-001", fake_deck_focus(rig->deck));
}

static void
test_help_and_quit(void **state)
{
	struct screen_rig *rig = *state;

	resize(rig, 120, 40);
	press(rig, '?');
	compare(rig, "help");
	press(rig, KEYS_ESC);
	press(rig, 'q');
	assert_int_equal(1, rig->quits);
	add_jobs(rig);
	press(rig, 'q');
	compare(rig, "quit");
	press(rig, 'q'); /* a key that repeats is no yes */
	press(rig, KEYS_ENTER);
	assert_int_equal(1, rig->quits);
	press(rig, 'q');
	press(rig, 'n');
	assert_false(shows(rig, "still run"));
	assert_int_equal(1, rig->quits);
	press(rig, 'q');
	press(rig, 'y');
	assert_int_equal(2, rig->quits);
}

static void
test_the_cursor_stays_on_its_device(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'j');
	press(rig, 'j');
	fleet_remove(deck_fleet(rig->deck), "door-001");
	fake_deck_twin(
	    rig->deck, "{\"deviceId\":\"aaa\",\"version\":1,\"etag\":\"x\"}");
	fake_deck_twin(
	    rig->deck, "{\"deviceId\":\"aab\",\"version\":1,\"etag\":\"x\"}");
	screen_rig_draw(rig);
	assert_string_equal("door-003", fake_deck_focus(rig->deck));
	assert_true(shows(rig, "▶  door-003"));
	/* When it is gone, the one that stands in its place. */
	fleet_remove(deck_fleet(rig->deck), "door-003");
	screen_rig_draw(rig);
	assert_string_equal("door-004", fake_deck_focus(rig->deck));
}

static void
test_a_filter_is_seen_while_it_is_typed(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, '/');
	type(rig, "link:off");
	assert_true(shows(rig, "2 of 8"));
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "8 of 8"));
	/* The cursor is back where it was, unless it was moved. */
	press(rig, 'j');
	press(rig, 'j');
	press(rig, '/');
	type(rig, "door-008");
	assert_true(shows(rig, "▶  door-008"));
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "▶  door-003"));
	press(rig, '/');
	type(rig, "door-00");
	type(rig, "7");
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "1 of 8 · /door-007"));
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "8 of 8"));
}

static void
test_what_cannot_be_done_is_said_in_one_line(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'Q');
	assert_true(shows(rig, "Q does nothing here"));
	press(rig, 'j'); /* and no word more about it */
	assert_false(shows(rig, "does nothing here"));
	press(rig, 'k');
	app_run_line(rig->app, "lock 5");
	screen_rig_draw(rig);
	assert_true(shows(rig, "lock takes nothing behind it, not \"5\""));
	app_run_line(rig->app, "unmarked");
	screen_rig_draw(rig);
	assert_true(shows(rig, "there is no command \"unmarked\""));
	app_run_line(rig->app, "se");
	screen_rig_draw(rig);
	assert_true(shows(rig, "se may be set, set-tags, select, settings"));
	press(rig, '3');
	press(rig, 'x');
	assert_true(shows(rig, "cancel: there is no job yet"));
	press(rig, '1');
	press(rig, '/');
	type(rig, "nothing-like-it");
	press(rig, KEYS_ENTER);
	press(rig, 'f');
	assert_true(shows(rig, "firmware: no device is shown"));
	app_set_deck(rig->app, NULL);
	press(rig, KEYS_ESC);
	press(rig, 'f');
	assert_true(shows(rig, "firmware: the hub is still starting"));
}

static void
test_a_lost_hub_is_a_badge_with_reason_and_next_try(void **state)
{
	struct screen_rig *rig = *state;

	fake_deck_health(rig->deck)->ok = false;
	fake_deck_health(rig->deck)->next_try_ms =
	    fake_now_ms + SCREEN_RIG_LATER_MS + 2500;
	err_set(&fake_deck_health(rig->deck)->err, ERR_UNREACHABLE,
	    "cannot reach 127.0.0.1:8443: connection refused");
	fake_deck_fire(rig->deck, DECK_HEALTH);
	compare(rig, "lost");
}

static void
test_a_lost_hub_covers_what_was_said_before(void **state)
{
	struct screen_rig *rig = *state;
	struct watch_health *health = fake_deck_health(rig->deck);

	press(rig, '*');
	assert_true(shows(rig, " marked"));
	health->ok = false;
	err_set(&health->err, ERR_THROTTLED, "too many requests");
	fake_deck_fire(rig->deck, DECK_HEALTH);
	screen_rig_draw(rig);
	assert_false(shows(rig, "too many requests")); /* it comes and goes */
	err_set(&health->err, ERR_UNREACHABLE, "cannot reach 127.0.0.1");
	fake_deck_fire(rig->deck, DECK_HEALTH);
	screen_rig_draw(rig);
	assert_true(shows(rig, "cannot reach 127.0.0.1"));
	health->ok = true;
	health->err = (struct err){ 0 };
	fake_deck_fire(rig->deck, DECK_HEALTH);
	fake_deck_fire(rig->deck, DECK_HEALTH);
	screen_rig_draw(rig);
	assert_true(shows(rig, "the hub answers again"));
	press(rig, 'i');
	assert_true(shows(rig, "cannot reach 127.0.0.1"));
}

/* Keys and commands alike: what is begun is tried for a while, and says so. */
static void
test_a_lost_hub_is_told_where_something_is_begun(void **state)
{
	struct screen_rig *rig = *state;
	struct watch_health *health = fake_deck_health(rig->deck);
	const struct jobs *jobs = deck_jobs(rig->deck);

	health->ok = false;
	err_set(&health->err, ERR_UNREACHABLE, "cannot reach 127.0.0.1");
	press(rig, 'l');
	assert_true(shows(rig, "Call lockDoor on 1 device"));
	assert_true(shows(rig,
	    "The hub does not answer: what is begun now is "
	    "tried for 2 min."));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_true(shows(rig,
	    "job 1: lockDoor on 1 device; the hub does not "
	    "answer, tried for 2 min"));
	app_run_line(rig->app, "set building=43");
	screen_rig_draw(rig);
	assert_true(shows(rig,
	    "job 2: desired on 1 device; the hub "
	    "does not answer, tried for 2 m"));
	app_run_line(rig->app, "set building=43 --when +1h");
	screen_rig_draw(rig);
	assert_true(shows(rig, "job 3: desired on 1 device, in "));
	app_run_line(rig->app, "set building=43 --engine hub");
	screen_rig_draw(rig);
	assert_true(shows(rig, "job 4: desired on 1 device\n"));
	app_run_line(rig->app, "select tags.floor = 3"); /* is read just now */
	screen_rig_draw(rig);
	assert_true(shows(rig, "select: the hub does not answer; next try in"));
	assert_int_equal(4, jobs_size(jobs));
}

static void
test_a_hub_that_refuses_us_is_asked_for_nothing(void **state)
{
	struct screen_rig *rig = *state;
	struct watch_health *health = fake_deck_health(rig->deck);

	health->ok = false;
	err_set(&health->err, ERR_UNAUTHORIZED, "the token has expired");
	press(rig, 'l');
	assert_true(lacks(rig, "Call lockDoor"));
	assert_true(shows(rig, "lock: not authorized; next try in "));
	app_run_line(rig->app, "call lockDoor --on door-001");
	screen_rig_draw(rig);
	assert_true(shows(rig, "call: not authorized; next try in "));
	assert_int_equal(0, jobs_size(deck_jobs(rig->deck)));
}

static void
test_an_error_stays_until_the_next_action(void **state)
{
	struct screen_rig *rig = *state;

	deck_say(rig->deck, true, "job 1: door-001 failed");
	deck_say(rig->deck, false, "job 1: door-002 confirmed");
	press(rig, 'j');
	press(rig, 'Q'); /* a slip is no action */
	assert_true(shows(rig, "job 1: door-001 failed"));
	press(rig, KEYS_ESC);
	assert_true(lacks(rig, "job 1: door-001 failed"));
	press(rig, 'i');
	assert_true(shows(rig, "job 1: door-002 confirmed"));
	assert_true(shows(rig, "job 1: door-001 failed"));
}

static void
test_a_changed_leaf_is_marked_for_two_seconds(void **state)
{
	struct screen_rig *rig = *state;

	resize(rig, 120, 40);
	fake_deck_twin(rig->deck,
	    "{\"deviceId\":\"door-001\",\"etag\":\"AAAAAAAAAAM=\","
	    "\"version\":12,\"connectionState\":\"Connected\",\"tags\":{},"
	    "\"properties\":{\"desired\":{\"$version\":4},\"reported\":{"
	    "\"firmwareStatus\":\"completed\",\"firmwareVersion\":\"1.5.0\","
	    "\"door\":{\"state\":\"unlocked\"},\"$version\":10}}}");
	screen_rig_draw(rig);
	assert_true(shows(rig, "* firmwareVersion  \"1.5.0\""));
	assert_true(lacks(rig, "* firmwareStatus"));
	rig->later_ms = SCREEN_RIG_LATER_MS;
	screen_rig_draw(rig);
	assert_true(lacks(rig, "* firmwareVersion"));
}

static void
test_a_branch_folds(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, '2');
	press(rig, KEYS_LEFT);
	assert_true(shows(rig, "▸ tags"));
	assert_true(shows(rig, "{2}"));
	press(rig, KEYS_RIGHT);
	assert_true(shows(rig, "▾ tags"));
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "▸ tags"));
	assert_true(lacks(rig, "brno"));
}

static void
test_a_command_line_runs_commands_and_keys(void **state)
{
	struct screen_rig *rig = *state;
	const struct job_request *asked;

	screen_rig_command(rig, "call reboot {\"now\": true} --on door-002");
	asked = fake_deck_asked(rig->deck);
	assert_non_null(asked);
	assert_string_equal("reboot", asked->method);
	assert_string_equal("door-002", asked->device_ids[0]);
	screen_rig_command(rig, "sort drift");
	assert_true(shows(rig, "by drift"));
	press(rig, ':');
	type(rig, "go door-00");
	type(rig, "8");
	press(rig, KEYS_TAB); /* leaves a space behind */
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "▶  door-008"));
	screen_rig_command(rig, "frobnicate");
	assert_true(app_has_error(rig->app));
	assert_true(shows(rig, "frobnicate"));
	screen_rig_command(rig, "q");
	assert_true(rig->quits > 0 || shows(rig, "still run"));
}

static void
test_hostile_text_reaches_no_cell(void **state)
{
	struct screen_rig *rig = *state;
	int y, x;

	fake_deck_twin(
	    rig->deck, "{\"deviceId\":\"a\\u001b[2J\",\"version\":1}");
	fake_deck_twin(rig->deck,
	    "{\"deviceId\":\"a-hostile\",\"version\":1,"
	    "\"etag\":\"\\u001b]0;x\\u0007\",\"tags\":{\"\\u001b[31m\":"
	    "\"\\u009b5n\\u200b\"},\"properties\":{\"desired\":{},"
	    "\"reported\":{\"firmwareVersion\":\"\\u001bc\","
	    "\"firmwareStatus\":\"\\u001b[5m\"}}}");
	resize(rig, 120, 40);
	press(rig, 'g');
	press(rig, 'f');
	press(rig, KEYS_ESC);
	for (y = 0; y < 40; y++)
		for (x = 0; x < 120; x++) {
			uint32_t ch = canvas_at(rig->canvas, y, x)->ch;

			assert_true(ch == 0 || ch >= ' ');
			assert_false(ch >= 0x7f && ch < 0xa0);
			assert_false(ch >= 0x2000 && ch <= 0x200f);
			assert_false(ch >= 0x202a && ch <= 0x202e);
		}
	assert_true(shows(rig, "a-hostile"));
	assert_true(shows(rig, "\\x1b[31m"));
	assert_false(shows(rig, "[2J"));
}

static void
test_no_size_and_no_state_breaks_the_drawing(void **state)
{
	static const char *const states[] = { "", "f", "e", "m", "?", "i", ":",
		"/", "2", "3", "z", "3\r", "*l" };
	struct screen_rig *rig = *state;
	int rows, cols;
	size_t i;

	add_jobs(rig);
	for (i = 0; i < N_ROWS(states); i++) {
		resize(rig, 80, 24);
		type(rig, states[i]);
		for (rows = 1; rows < 30; rows += rows < 12 ? 1 : 5)
			for (cols = 1; cols < 140; cols += cols < 30 ? 1 : 9)
				resize(rig, cols, rows);
		press(rig, KEYS_ESC);
		press(rig, KEYS_ESC);
		press(rig, KEYS_ESC);
		press(rig, '1');
	}
}

#define APP_TEST(name)                   \
	cmocka_unit_test_setup_teardown( \
	    name, screen_rig_setup, screen_rig_teardown)

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
		APP_TEST(test_a_lost_hub_covers_what_was_said_before),
		APP_TEST(test_a_lost_hub_is_told_where_something_is_begun),
		APP_TEST(test_a_hub_that_refuses_us_is_asked_for_nothing),
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
