/* Jobs on the screen: those under the cursor, and those to come. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/job_line.h"
#include "core/deck/job_samples.h"
#include "core/deck/jobs.h"
#include "core/deck/profile.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/key.h"
#include "tui/pane_job.h"

#define press screen_rig_press
#define type screen_rig_type
#define shows screen_rig_shows
#define lacks screen_rig_lacks

#define ROLLOUT 40 /* devices */

static const char *const ids[] = { "door-001", "door-002", "door-003",
	"door-004" };

/* One of each end: done, failed, unknown, and one that still waits. */
static struct job *
add_job(struct screen_rig *rig, const char *title)
{
	struct job *job =
	    fake_deck_job(rig->deck, title, JOB_RUNNING, ids, N_ROWS(ids));
	struct job_device *d = fake_job_device(job, 0);

	fake_job_request(job)->response_timeout_s = 40;
	fake_job_request(job)->connect_timeout_s = 7;
	fake_job_request(job)->at_once = 3;
	d->state = JOB_DEVICE_CONFIRMED;
	d->ended = true;
	d = fake_job_device(job, 1);
	d->state = JOB_DEVICE_FAILED;
	d->ended = true;
	err_set(&d->err, ERR_REFUSED, "refused by the device (409): busy");
	d = fake_job_device(job, 2);
	d->state = JOB_DEVICE_UNKNOWN;
	d->ended = true;
	err_set(&d->err, ERR_UNKNOWN, "no answer from the device in time");
	return job;
}

/* A rollout, 30 s after it began. */
static struct job *
add_rollout(struct screen_rig *rig)
{
	char names[ROLLOUT][16];
	const char *all[ROLLOUT];
	struct job_samples *samples;
	struct job_device *d;
	struct job *job;
	size_t bands[JOB_BANDS], i, t;

	for (i = 0; i < N_ROWS(all); i++) {
		snprintf(names[i], sizeof(names[i]), "door-%03zu", i + 1);
		all[i] = names[i];
	}
	job = fake_deck_job(
	    rig->deck, "firmwareUpdate", JOB_RUNNING, all, N_ROWS(all));
	fake_job_times(job, 0, FAKE_NOW_US - INT64_C(30000000), 30000);
	fake_job_request(job)->at_once = 8;
	for (i = 0; i < N_ROWS(all); i++) {
		d = fake_job_device(job, i);
		d->called_us = FAKE_NOW_US - INT64_C(30000000);
		d->elapsed_us = 12000 + (int64_t)i * 700;
		d->status = 200;
		d->answer = xstrdup("{\"Response\":\"started\"}");
		d->state = JOB_DEVICE_ACKNOWLEDGED;
		d->phase = i % 2 == 0 ? PHASE_APPLYING : PHASE_DOWNLOADING;
		d->percent = i % 2 == 0 ? -1 : 41;
		d->phase_since_ms = fake_now_ms - 4000;
		d->phase_at_us[PHASE_WAITING] = FAKE_NOW_US - 29000000;
		d->phase_at_us[PHASE_DOWNLOADING] = FAKE_NOW_US - 20000000;
		if (i % 2 == 0)
			d->phase_at_us[PHASE_APPLYING] = FAKE_NOW_US - 4000000;
	}
	for (i = 0; i < 10; i++) {
		d = fake_job_device(job, i);
		d->state = JOB_DEVICE_CONFIRMED;
		d->ended = true;
		d->phase = PHASE_COMPLETED;
		d->phase_at_us[PHASE_APPLYING] = FAKE_NOW_US - 12000000;
		d->phase_at_us[PHASE_COMPLETED] = FAKE_NOW_US - 2000000;
		d->ended_us = FAKE_NOW_US - 2000000;
	}
	d = fake_job_device(job, 20);
	d->state = JOB_DEVICE_FAILED;
	d->ended = true;
	d->ended_us = FAKE_NOW_US - 9000000;
	d->phase = PHASE_FAILED;
	d->phase_at_us[PHASE_APPLYING] = 0;
	d->phase_at_us[PHASE_FAILED] = FAKE_NOW_US - 9000000;
	err_set(&d->err, ERR_REFUSED, "the update failed: sha-256 differs");
	d = fake_job_device(job, 21);
	d->stalled = true;
	samples = fake_job_samples(job);
	for (t = 0; t < 120; t++) {
		memset(bands, 0, sizeof(bands));
		bands[JOB_BAND_WAITING] = t < 40 ? 40 - t : 0;
		bands[JOB_BAND_STANDBY] = t < 40 ? t : t < 60 ? 60 - t : 0;
		bands[JOB_BAND_FAILED] = t > 90;
		bands[JOB_BAND_DONE] = t > 100 ? (t - 100) / 2 : 0;
		bands[JOB_BAND_APPLYING] = t > 80 ? 14 : 0;
		for (i = 0; i < JOB_BANDS; i++)
			if (i != JOB_BAND_DOWNLOADING)
				bands[JOB_BAND_DOWNLOADING] += bands[i];
		bands[JOB_BAND_DOWNLOADING] = 40 - bands[JOB_BAND_DOWNLOADING];
		job_samples_count(samples, (int64_t)t * JOB_SAMPLES_MS, bands);
		if (t < 40)
			job_samples_answer(samples, (int64_t)t * JOB_SAMPLES_MS,
			    12000 + (int64_t)(t % 7) * 9000);
	}
	return job;
}

static void
open_rollout(struct screen_rig *rig, int cols, int rows)
{
	add_rollout(rig);
	screen_rig_resize(rig, cols, rows);
	press(rig, '3');
	press(rig, KEYS_ENTER);
	press(rig, KEYS_DOWN);
}

static void
test_a_rollout_is_seen_as_a_whole_and_device_by_device(void **state)
{
	struct screen_rig *rig = *state;

	open_rollout(rig, 120, 40);
	assert_true(shows(rig, "ETA 0:"));
	screen_rig_compare(rig, "job_wide");
	screen_rig_resize(rig, 80, 24);
	screen_rig_compare(rig, "job_80");
	press(rig, 'v');
	assert_true(shows(rig, "throughput"));
	screen_rig_compare(rig, "job_80_plots");
	screen_rig_resize(rig, 60, 16);
	screen_rig_compare(rig, "job_60_plots");
}

static void
test_a_job_is_told_as_a_line_for_the_shell(void **state)
{
	static const char *const two[] = { "door-001", "door-002" };
	static const char *const odd[] = { "a,b" };
	struct screen_rig *rig = *state;
	struct job *job;
	char *line;

	screen_rig_resize(rig, 120, 40);
	job = fake_deck_job(rig->deck, "lock'Door", JOB_DONE, two, 2);
	fake_job_request(job)->response_timeout_s = 30;
	fake_job_request(job)->at_once = 3;
	fake_job_request(job)->engine = JOB_HUB;
	press(rig, '3');
	press(rig, 'i');
	assert_true(shows(rig, "twindeck run call 'lock'\\''Door' "
			       "'{\"fwPackageUri\":\"door-1.5.0.bin\"}'"));
	assert_true(shows(
	    rig, "--at-once 3 --engine hub --on 'door-001,door-002'"));
	press(rig, KEYS_ESC);
	job = fake_deck_job(rig->deck, "desired building", JOB_DONE, two, 1);
	line = job_line(job, "prod");
	assert_string_equal("twindeck run --hub 'prod' set 'building=43' "
			    "--on 'door-001'",
	    line);
	free(line);
	fake_job_request(job)->patch = NULL; /* an undo */
	assert_null(job_line(job, NULL));
	job = fake_deck_job(rig->deck, "lockDoor", JOB_DONE, odd, 1);
	assert_null(job_line(job, NULL));
	press(rig, 'g');
	press(rig, 'i');
	assert_false(shows(rig, "twindeck run"));
}

/* The row of a device in the job view, "│▶   door-001 …". */
static bool
row_says(struct screen_rig *rig, const char *id, const char *state,
    const char *phase, const char *time)
{
	char *row = xasprintf(" %s    %-14s%-16s%9s ", id, state, phase, time);
	bool says = shows(rig, row);

	free(row);
	return says;
}

static void
test_in_phase_of_a_device_that_has_ended_stands_still(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job = add_rollout(rig);
	struct job_device *d = fake_job_device(job, 2);

	/* Let go by a cancel, 4 s into its phase, a second ago. */
	fake_job_end(job, 2, JOB_DEVICE_ACKNOWLEDGED);
	d->phase = PHASE_DOWNLOADING;
	d->phase_since_ms = fake_now_ms - 5000;
	d->ended_ms = fake_now_ms - 1000;
	d->phase_at_us[PHASE_DOWNLOADING] = FAKE_NOW_US - 5000000;
	d->phase_at_us[PHASE_APPLYING] = d->phase_at_us[PHASE_COMPLETED] = 0;
	d->ended_us = FAKE_NOW_US - 1000000;
	/* Nobody saw it before it was over. */
	d = fake_job_device(job, 4);
	memset(d->phase_at_us, 0, sizeof(d->phase_at_us));
	d->phase_at_us[PHASE_COMPLETED] = FAKE_NOW_US - 2000000;
	screen_rig_resize(rig, 120, 40);
	press(rig, '3');
	press(rig, KEYS_ENTER);
	/* It began to apply 12 s ago, and was through 2 s ago. */
	assert_true(
	    row_says(rig, "door-001", "confirmed", "completed", "10 s"));
	assert_true(
	    row_says(rig, "door-003", "acknowledged", "downloading", "4 s"));
	assert_true(row_says(rig, "door-005", "confirmed", "completed", ""));
	press(rig, 'j');
	press(rig, 'j');
	assert_true(shows(rig, "   downloading   02:01:24        4 s "));
	press(rig, 'o');
	press(rig, 'g');
	/* It failed 11 s after the download began. */
	assert_true(row_says(rig, "door-021", "failed", "failed", "11 s"));
}

static void
test_a_rollout_reads_in_ascii(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_charset(rig, CANVAS_ASCII);
	open_rollout(rig, 120, 40);
	screen_rig_compare(rig, "job_wide_ascii");
	screen_rig_resize(rig, 80, 24);
	screen_rig_compare(rig, "job_80_ascii");
	screen_rig_resize(rig, 60, 16);
	screen_rig_compare(rig, "job_60_ascii");
}

/* Nothing is cut in the middle of a word; what matters most stays. */
static void
test_the_head_of_a_job_fits_into_40_columns(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job;

	open_rollout(rig, 40, 10);
	assert_true(shows(rig, "│ firmwareUpdate  ETA 0:1"));
	assert_true(shows(rig, "▏ 10 done  1 failed  29 running │"));
	press(rig, KEYS_ESC);
	job = add_job(rig, "desired building, door.mode, door.schedule");
	fake_job_times(job, 0, FAKE_NOW_US - INT64_C(30000000), 30000);
	fake_job_pause(job, true);
	press(rig, 'g');
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "│ desired building, door.mode…  paused │"));
	assert_true(shows(rig, "▏ 1 done  2 failed  1 waiting"));
}

static void
test_a_phase_or_the_reason_is_seen_at_every_width(void **state)
{
	struct screen_rig *rig = *state;

	open_rollout(rig, 60, 16);
	press(rig, 'o');
	press(rig, 'g');
	assert_true(shows(rig,
	    "× door-021    failed        the update failed: "
	    "sha-256…"));
	assert_true(shows(rig, "! door-022    acknowledged  downloading 41% "));
	screen_rig_resize(rig, 40, 10);
	assert_true(shows(rig, "× door-021    failed        the u"));
	press(rig, 'j');
	press(rig, 'j');
	assert_true(shows(rig, "  door-011    applying "));
}

static void
test_what_is_below_is_cut_or_said_to_have_no_room(void **state)
{
	struct screen_rig *rig = *state;

	open_rollout(rig, 60, 16);
	press(rig, 'v');
	assert_true(shows(rig, "shown below: plots\n"));
	press(rig, 'v');
	assert_true(shows(rig, "shown below: timeline\n"));
	assert_true(shows(rig, "timeline of door-002"));
	assert_true(shows(rig, "   applying      02:01:17"));
	screen_rig_resize(rig, 40, 10);
	press(rig, 'v');
	assert_true(shows(rig, "shown below: devices alone"));
	press(rig, 'v');
	assert_true(shows(rig, "no room here for timeline and plots"));
}

static void
test_what_a_cancel_leaves_is_said_of_one_and_of_many(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job = add_job(rig, "lockDoor");

	fake_job_device(job, 3)->state = JOB_DEVICE_CALLING;
	screen_rig_resize(rig, 120, 40);
	press(rig, '3');
	press(rig, 'x');
	assert_true(shows(rig,
	    "job 1 cancelled: 0 never called; 1 done, 1 goes on by itself"));
	job = add_job(rig, "lockDoor");
	fake_job_device(job, 3)->state = JOB_DEVICE_CALLING;
	fake_job_end(job, 0, JOB_DEVICE_CALLING);
	fake_job_device(job, 0)->ended = false;
	press(rig, 'g');
	press(rig, 'x');
	assert_true(shows(rig, "0 done, 2 go on by themselves"));
}

static void
test_what_is_below_the_devices_is_chosen(void **state)
{
	struct screen_rig *rig = *state;

	open_rollout(rig, 120, 40);
	assert_true(shows(rig, "timeline of") && shows(rig, "throughput"));
	press(rig, 'v');
	assert_true(lacks(rig, "timeline of") && shows(rig, "throughput"));
	press(rig, 'v');
	assert_true(shows(rig, "timeline of") && lacks(rig, "throughput"));
	press(rig, 'v');
	assert_true(lacks(rig, "timeline of") && lacks(rig, "throughput"));
	press(rig, 'v');
	assert_true(shows(rig, "timeline of") && shows(rig, "throughput"));
}

static void
test_a_sort_keeps_the_cursor_on_its_device(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job = add_rollout(rig);
	struct pane *pane = app_pane(rig->app, PANE_JOB);
	int i;

	screen_rig_resize(rig, 80, 24);
	press(rig, '3');
	press(rig, KEYS_ENTER);
	for (i = 0; i < 5; i++)
		press(rig, 'j');
	assert_string_equal("door-006", pane_job_device(pane));
	press(rig, 'o');
	assert_true(shows(rig, "failed first"));
	assert_string_equal("door-006", pane_job_device(pane));
	press(rig, 'g');
	assert_string_equal("door-021", pane_job_device(pane)); /* failed */
	press(rig, 'j');
	assert_string_equal("door-022", pane_job_device(pane)); /* stalled */
	/* What changes meanwhile moves nothing. */
	fake_job_end(job, 21, JOB_DEVICE_CONFIRMED);
	screen_rig_draw(rig);
	assert_string_equal("door-022", pane_job_device(pane));
	press(rig, 'o');
	press(rig, 'g');
	assert_string_equal("door-012", pane_job_device(pane)); /* downloads */
	press(rig, 'o');
	press(rig, 'g');
	assert_string_equal("door-001", pane_job_device(pane));
}

static const struct job_request *
asked(struct screen_rig *rig)
{
	return fake_deck_asked(rig->deck);
}

static void
test_p_pauses_and_goes_on(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job = add_job(rig, "reboot");

	screen_rig_resize(rig, 120, 40);
	press(rig, '3');
	press(rig, 'p');
	assert_true(job_is_paused(job));
	assert_true(shows(rig, "paused"));
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "paused"));
	press(rig, 'p');
	assert_false(job_is_paused(job));
	screen_rig_command(rig, "pause 1");
	assert_true(job_is_paused(job));
	screen_rig_command(rig, "pause 7");
	assert_true(shows(rig, "pause: there is no job 7"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "pause it");
	assert_true(shows(rig, "pause takes the number of a job"));
}

static void
test_a_retry_asks_with_what_failed_and_as_before(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job = add_job(rig, "lockDoor");

	fake_job_device(job, 2)->state = JOB_DEVICE_CONFIRMED;
	press(rig, '3');
	press(rig, 'r');
	assert_true(shows(rig, "Call lockDoor on 1 device"));
	assert_true(shows(rig, "again, as in job 1"));
	assert_true(shows(rig, "door-002"));
	press(rig, KEYS_ENTER); /* Cancel */
	assert_ptr_equal(fake_job_request(job), asked(rig));
	press(rig, 'r');
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_int_equal(1, asked(rig)->n_devices);
	assert_string_equal("door-002", asked(rig)->device_ids[0]);
	assert_string_equal("lockDoor", asked(rig)->method);
	assert_string_equal(
	    "{\"fwPackageUri\":\"door-1.5.0.bin\"}", asked(rig)->payload);
	assert_int_equal(40, asked(rig)->response_timeout_s);
	assert_int_equal(7, asked(rig)->connect_timeout_s);
	assert_int_equal(3, asked(rig)->at_once);
}

static void
test_what_gave_no_answer_is_read_before_it_is_called_again(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job = add_job(rig, "firmwareUpdate");

	press(rig, '3');
	press(rig, 'r');
	assert_true(shows(rig, "1 of 4 failed: firmwareUpdate, job 1"));
	assert_true(shows(rig, "1 gave no answer and may have acted"));
	assert_true(shows(rig, "door-003      is being read"));
	fake_job_device(job, 2)->known =
	    xstrdup("has reported downloading since the call");
	press(rig, KEYS_RIGHT);
	fake_deck_fire(rig->deck, DECK_JOBS);
	screen_rig_compare(rig, "retry");
	press(rig, KEYS_ENTER); /* the button kept the focus */
	assert_true(shows(rig, "Call firmwareUpdate on 1 device"));
	assert_true(shows(rig, "door-002"));
	press(rig, KEYS_ESC);
	press(rig, 'r');
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "Call firmwareUpdate on 2 devices"));
}

static void
test_nothing_is_retried_where_nothing_failed(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job =
	    fake_deck_job(rig->deck, "reboot", JOB_RUNNING, ids, 2);

	press(rig, '3');
	press(rig, 'r');
	assert_true(shows(rig, "retry: no device of job 1 has failed"));
	fake_job_request(job)->method = NULL;
	fake_job_request(job)->action = JOB_DESIRED;
	fake_job_end(job, 0, JOB_DEVICE_FAILED);
	press(rig, 'r');
	assert_true(shows(rig, "wrote something else to each device"));
}

static void
test_a_schedule_begins_with_what_and_then_when(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, ' ');
	press(rig, ' ');
	press(rig, 's');
	screen_rig_compare(rig, "schedule");
	press(rig, KEYS_ENTER); /* Cancel */
	assert_true(lacks(rig, "What is to happen later"));
	press(rig, 's');
	press(rig, 'l');
	press(rig, CTRL_KEY('u'));
	type(rig, "+5m"); /* the time has the focus */
	press(rig, KEYS_ENTER);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_string_equal("lockDoor", asked(rig)->method);
	assert_int_equal(300000, asked(rig)->delay_ms);
	assert_int_equal(2, asked(rig)->n_devices);
}

static void
test_a_schedule_may_be_typed(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_command(rig, "schedule desired");
	assert_true(shows(rig, "Set desired properties on 1 device"));
	press(rig, CTRL_KEY('u'));
	type(rig, "+20s");
	press(rig, KEYS_BACKTAB);
	type(rig, "{\"building\": }");
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "sets: line 1, column 14"));
	press(rig, CTRL_KEY('u'));
	type(rig, "{\"building\":43}");
	press(rig, KEYS_ENTER);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_int_equal(JOB_DESIRED, asked(rig)->action);
	assert_string_equal("{\"building\":43}", asked(rig)->patch);
	assert_int_equal(20000, asked(rig)->delay_ms);
	screen_rig_command(rig, "schedule tags");
	assert_true(shows(rig, "Set tags on 1 device"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "schedule reboot");
	assert_true(shows(rig, "Call reboot on 1 device"));
	press(rig, KEYS_ESC);
	/* No method of such a name is offered to be called. */
	screen_rig_command(rig, "schedule reboot +3s --on door-001");
	assert_true(shows(rig, "schedule takes one word"));
	assert_false(shows(rig, "Call reboot"));
}

static void
test_a_dangerous_hub_has_its_name_typed(void **state)
{
	struct screen_rig *rig = *state;
	struct err err;

	assert_false(canvas_at(rig->canvas, 0, 0)->reverse);
	assert_int_equal(
	    0, profile_choose(app_profile(rig->app), "prod", &err));
	assert_int_equal(
	    0, profile_set(app_profile(rig->app), "danger", "yes", &err));
	screen_rig_draw(rig);
	assert_true(shows(rig, "twindeck  local demo  danger"));
	assert_true(canvas_at(rig->canvas, 0, 0)->reverse);
	assert_true(canvas_at(rig->canvas, 0, 79)->reverse);
	press(rig, 'l');
	assert_true(shows(rig, "type prod here, the hub's name"));
	type(rig, "p"); /* the buttons have the focus */
	assert_true(shows(rig, "not typed anywhere: Tab goes to a field"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_null(asked(rig));
	assert_true(shows(rig, "first type prod, the hub's name"));
	type(rig, "prod");
	press(rig, KEYS_ENTER);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_non_null(asked(rig));
	/* On a narrow screen it is still seen. */
	screen_rig_resize(rig, 40, 12);
	assert_true(canvas_at(rig->canvas, 0, 0)->reverse);
}

static void
test_a_typed_command_asks_for_the_same_word(void **state)
{
	struct screen_rig *rig = *state;
	struct err err;

	/* More than CONFIRM_MANY. */
	screen_rig_command(rig, "call lockDoor --on a,b,c,d,e,f,g,h,i,j,k");
	assert_null(asked(rig));
	assert_true(shows(rig, "Run this on 11 devices of  local demo"));
	assert_true(shows(rig, "call lockDoor"));
	assert_true(shows(rig, "11 of them are not in the list"));
	assert_true(lacks(rig, "hidden by the filter"));
	assert_true(shows(rig, "type 11 here, the number of devices"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_null(asked(rig));
	type(rig, "11");
	press(rig, KEYS_ENTER);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_int_equal(11, asked(rig)->n_devices);
	/* No word of a text is lost on a narrow screen. */
	screen_rig_resize(rig, 44, 20);
	screen_rig_command(rig,
	    "call lockDoor {\"lockTime\":\"8h\"} "
	    "--on a,b,c,d,e,f,g,h,i,j,k --at-once 2 --timeout 44");
	assert_true(shows(rig, "a,b,c,d,e,f,g,h,i,j,k --at-once 2"));
	assert_true(shows(rig, "--timeout 44"));
	press(rig, KEYS_ESC);
	screen_rig_resize(rig, 120, 40);
	/* What is wrong is said at once, and few are not asked about. */
	screen_rig_command(rig, "set building=");
	assert_true(shows(rig, "expected a JSON value"));
	screen_rig_command(rig, "set building=4 --on door-001");
	assert_string_equal("{\"building\":4}", asked(rig)->patch);
	assert_int_equal(
	    0, profile_set(app_profile(rig->app), "danger", "yes", &err));
	screen_rig_command(rig, "set-tags floor=4 --on door-001");
	assert_true(shows(rig, "Run this on 1 device of  local demo"));
	assert_string_equal("{\"building\":4}", asked(rig)->patch);
	press(rig, KEYS_ESC);
	assert_string_equal("{\"building\":4}", asked(rig)->patch);
}

static void
test_an_action_is_kept_by_name_and_comes_back(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_command(rig, "template");
	assert_true(shows(rig, "None are kept yet."));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "template save night");
	assert_true(shows(rig, "there was no action yet"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig,
	    "call lockDoor {\"lockTime\":\"8h\"} --timeout 44 --at-once 2");
	screen_rig_command(rig, "template save night");
	assert_true(shows(rig, "template night: lockDoor, as in job 1"));
	screen_rig_command(rig, "template");
	assert_true(shows(rig, "night             {\"method\":\"lockDoor\""));
	press(rig, KEYS_ESC);
	/* Completion knows verbs and names. */
	press(rig, ':');
	type(rig, "template ni");
	press(rig, KEYS_TAB);
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "Call lockDoor on 1 device"));
	assert_true(shows(rig, "template night"));
	assert_true(shows(rig, "{\"lockTime\":\"8h\"}"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_int_equal(44, asked(rig)->response_timeout_s);
	assert_int_equal(2, asked(rig)->at_once);
	assert_string_equal("{\"lockTime\":\"8h\"}", asked(rig)->payload);
	screen_rig_command(rig, "template save a/b");
	assert_true(shows(rig, "a template's name has 1 to"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "template delete night");
	assert_true(shows(rig, "template night is deleted"));
	screen_rig_command(rig, "template night");
	assert_true(shows(rig, "there is none of the name night"));
}

static void
test_the_engine_is_chosen_in_the_dialog(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'l');
	press(rig, KEYS_UP); /* the last field */
	assert_true(shows(rig, "engine      here"));
	press(rig, CTRL_KEY('u'));
	type(rig, "there");
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "say here or hub"));
	press(rig, CTRL_KEY('u'));
	type(rig, "hub");
	press(rig, KEYS_ENTER);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_int_equal(JOB_HUB, asked(rig)->engine);
	screen_rig_command(rig, "call reboot --engine hub --on door-001");
	assert_int_equal(JOB_HUB, asked(rig)->engine);
	screen_rig_command(rig, "call reboot --on door-001");
	assert_int_equal(JOB_HERE, asked(rig)->engine);
}

static void
test_a_job_of_the_hub_says_what_it_waits_for(void **state)
{
	struct screen_rig *rig = *state;
	struct job *job =
	    fake_deck_job(rig->deck, "lockDoor", JOB_WAITING, ids, 2);

	fake_job_note(job, "waiting: the hub runs one job at a time");
	screen_rig_resize(rig, 120, 40);
	assert_true(shows(rig,
	    "lockDoor                      2 devices  waiting: the hub runs "
	    "one job at a time"));
	assert_true(shows(rig, "hub  │"));
	press(rig, '3');
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "2 devices  hub"));
	assert_true(shows(rig, "waiting: the hub runs one job at a time"));
	fake_job_note(job, "scheduled at the hub");
	fake_job_times(job, fake_now_ms + 8000, 0, 0);
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "in 0:08"));
}

/* Where not all rows are seen: what is asked, and the buttons. */
static void
test_a_dialog_says_what_it_asks_at_every_size(void **state)
{
	static const struct {
		int cols, rows;
		enum canvas_charset charset;
		const char *name;
	} sizes[] = {
		{ 120, 40, CANVAS_UTF8, "dialog_120" },
		{ 80, 24, CANVAS_UTF8, "dialog_80" },
		{ 60, 16, CANVAS_UTF8, "dialog_60" },
		{ 60, 16, CANVAS_ASCII, "dialog_60_ascii" },
	};
	struct screen_rig *rig = *state;
	struct err err;
	size_t i;

	profile_set(app_profile(rig->app), "danger", "yes", &err);
	press(rig, '*');
	for (i = 0; i < N_ROWS(sizes); i++) {
		screen_rig_charset(rig, sizes[i].charset);
		screen_rig_resize(rig, sizes[i].cols, sizes[i].rows);
		press(rig, 'f');
		assert_true(shows(rig, "Call firmwareUpdate on 8 devices"));
		assert_true(shows(rig, "Cancel ]"));
		assert_true(shows(rig, "Call ]"));
		screen_rig_compare(rig, sizes[i].name);
		press(rig, KEYS_UP); /* the last field, which is seen then */
		assert_true(shows(rig, "to confirm"));
		assert_true(shows(rig, "Call ]"));
		press(rig, KEYS_ESC);
	}
}

#define CASE(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, screen_rig_setup, screen_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_rollout_is_seen_as_a_whole_and_device_by_device),
		CASE(test_in_phase_of_a_device_that_has_ended_stands_still),
		CASE(test_a_job_is_told_as_a_line_for_the_shell),
		CASE(test_the_head_of_a_job_fits_into_40_columns),
		CASE(test_a_phase_or_the_reason_is_seen_at_every_width),
		CASE(test_what_is_below_is_cut_or_said_to_have_no_room),
		CASE(test_what_a_cancel_leaves_is_said_of_one_and_of_many),
		CASE(test_a_rollout_reads_in_ascii),
		CASE(test_what_is_below_the_devices_is_chosen),
		CASE(test_a_sort_keeps_the_cursor_on_its_device),
		CASE(test_a_dangerous_hub_has_its_name_typed),
		CASE(test_a_typed_command_asks_for_the_same_word),
		CASE(test_an_action_is_kept_by_name_and_comes_back),
		CASE(test_the_engine_is_chosen_in_the_dialog),
		CASE(test_a_job_of_the_hub_says_what_it_waits_for),
		CASE(test_a_dialog_says_what_it_asks_at_every_size),
		CASE(test_p_pauses_and_goes_on),
		CASE(test_a_retry_asks_with_what_failed_and_as_before),
		CASE(
		    test_what_gave_no_answer_is_read_before_it_is_called_again),
		CASE(test_nothing_is_retried_where_nothing_failed),
		CASE(test_a_schedule_begins_with_what_and_then_when),
		CASE(test_a_schedule_may_be_typed),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
