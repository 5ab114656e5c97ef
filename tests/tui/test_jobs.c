/* Jobs on the screen: those under the cursor, and those to come. */
#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/key.h"

#define press screen_rig_press
#define type screen_rig_type
#define shows screen_rig_shows
#define lacks screen_rig_lacks

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
	fake_job_device(job, 0)->state = JOB_DEVICE_FAILED;
	fake_job_device(job, 0)->ended = true;
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
}

#define CASE(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, screen_rig_setup, screen_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
