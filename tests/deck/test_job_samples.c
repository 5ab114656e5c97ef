/* What is kept of a job over time, and when it will have ended. */
#include "config.h"

#include <stdlib.h>

#include "core/deck/job_eta.h"
#include "core/deck/job_samples.h"
#include "tests/support/fake_deck.h"
#include "tests/support/test.h"

static size_t
answers_of(const struct job_samples *s)
{
	size_t i, n = 0;

	for (i = 0; i < job_samples_size(s); i++)
		n += job_samples_at(s, i)->answers;
	return n;
}

static void
test_what_nobody_saw_stands_as_it_was(void **state)
{
	struct job_samples *s = job_samples_new();
	size_t bands[JOB_BANDS] = { [JOB_BAND_WAITING] = 7 };

	(void)state;
	job_samples_count(s, 0, bands);
	bands[JOB_BAND_WAITING] = 2;
	bands[JOB_BAND_DONE] = 5;
	job_samples_count(s, 4 * JOB_SAMPLES_MS, bands);
	assert_int_equal(5, job_samples_size(s));
	assert_int_equal(7, job_samples_at(s, 3)->bands[JOB_BAND_WAITING]);
	assert_int_equal(5, job_samples_at(s, 4)->bands[JOB_BAND_DONE]);
	assert_null(job_samples_at(s, 5));
	job_samples_free(s);
}

static void
test_a_long_job_takes_no_more_memory_and_loses_no_answer(void **state)
{
	struct job_samples *s = job_samples_new();
	size_t bands[JOB_BANDS] = { 0 };
	int64_t at, day = INT64_C(24) * 60 * 60 * 1000;
	size_t n = 0;

	(void)state;
	for (at = 0; at < day; at += 37 * 1000) {
		bands[JOB_BAND_DONE] = ++n;
		job_samples_count(s, at, bands);
		job_samples_answer(s, at, 5000);
	}
	assert_true(job_samples_size(s) <= JOB_SAMPLES_MAX);
	assert_true(job_samples_size(s) > JOB_SAMPLES_MAX / 2);
	assert_true(job_samples_width_ms(s) * (int64_t)JOB_SAMPLES_MAX >= day);
	assert_int_equal(n, answers_of(s));
	assert_int_equal(n,
	    job_samples_at(s, job_samples_size(s) - 1)->bands[JOB_BAND_DONE]);
	job_samples_free(s);
}

static void
test_merged_stretches_keep_the_longest_call(void **state)
{
	struct job_samples *s = job_samples_new();
	uint32_t longest = 0;
	size_t i;

	(void)state;
	job_samples_answer(s, 10, 900000);
	job_samples_answer(s, JOB_SAMPLES_MS + 10, 1000);
	job_samples_answer(
	    s, (int64_t)JOB_SAMPLES_MAX * 40 * JOB_SAMPLES_MS, 2000);
	for (i = 0; i < job_samples_size(s); i++)
		if (job_samples_at(s, i)->longest_ms > longest)
			longest = job_samples_at(s, i)->longest_ms;
	assert_int_equal(900, longest);
	assert_int_equal(3, answers_of(s));
	/* A clock that runs backwards counts for the last stretch. */
	job_samples_answer(s, 0, 1000);
	assert_int_equal(
	    2, job_samples_at(s, job_samples_size(s) - 1)->answers);
	job_samples_free(s);
}

/* ETA */

static const char *const ids[] = { "a", "b", "c", "d" };

static int64_t
eta(const struct job *job)
{
	return job_eta_ms(job, fake_now_ms, FAKE_NOW_US);
}

static void
is_done(struct job *job, size_t i, int64_t took_s)
{
	struct job_device *d = fake_job_device(job, i);

	d->state = JOB_DEVICE_CONFIRMED;
	d->ended = true;
	d->called_us = FAKE_NOW_US - INT64_C(60000000);
	d->ended_us = d->called_us + took_s * 1000000;
	d->elapsed_us = 2000000;
}

static void
is_called(struct job *job, size_t i, int64_t ago_s)
{
	struct job_device *d = fake_job_device(job, i);

	d->state = JOB_DEVICE_ACKNOWLEDGED;
	d->called_us = FAKE_NOW_US - ago_s * 1000000;
}

static void
test_nobody_knows_before_a_device_is_done(void **state)
{
	struct deck *deck = fake_deck_new();
	struct job *job = fake_deck_job(deck, "lockDoor", JOB_RUNNING, ids, 2);

	(void)state;
	assert_int_equal(JOB_ETA_UNKNOWN, eta(job));
	is_called(job, 0, 4);
	assert_int_equal(JOB_ETA_UNKNOWN, eta(job));
	fake_job_end(job, 0, JOB_DEVICE_FAILED);
	assert_int_equal(JOB_ETA_UNKNOWN, eta(job));
	fake_deck_free(deck);
}

static void
test_those_that_are_done_tell_of_those_that_are_not(void **state)
{
	struct deck *deck = fake_deck_new();
	struct job *job = fake_deck_job(deck, "lockDoor", JOB_RUNNING, ids, 4);

	(void)state;
	is_done(job, 0, 30);
	is_called(job, 1, 10);
	is_called(job, 2, 29);
	is_done(job, 3, 30);
	assert_int_equal(20000, eta(job));
	/* All that is left is late. */
	is_called(job, 1, 40);
	is_called(job, 2, 50);
	assert_int_equal(JOB_ETA_UNKNOWN, eta(job));
	fake_deck_free(deck);
}

static void
test_what_waits_for_a_slot_waits_for_calls_only(void **state)
{
	struct deck *deck = fake_deck_new();
	struct job *job = fake_deck_job(deck, "lockDoor", JOB_RUNNING, ids, 4);

	(void)state;
	fake_job_request(job)->at_once = 1;
	is_done(job, 0, 30);
	assert_int_equal(36000, eta(job)); /* three calls of 2 s each */
	fake_job_request(job)->at_once = 8;
	assert_int_equal(32000, eta(job));
	fake_job_pause(job, true);
	assert_int_equal(JOB_ETA_UNKNOWN, eta(job));
	fake_deck_free(deck);
}

static void
test_phases_that_others_went_through_are_evidence_too(void **state)
{
	struct deck *deck = fake_deck_new();
	struct job *job =
	    fake_deck_job(deck, "firmwareUpdate", JOB_RUNNING, ids, 2);
	struct job_device *d = fake_job_device(job, 0);

	(void)state;
	is_called(job, 0, 50);
	d->phase = PHASE_APPLYING;
	d->phase_since_ms = fake_now_ms - 1000;
	d->phase_at_us[PHASE_WAITING] = FAKE_NOW_US;
	d->phase_at_us[PHASE_DOWNLOADING] = FAKE_NOW_US + 10000000;
	d->phase_at_us[PHASE_APPLYING] = FAKE_NOW_US + 30000000;
	assert_int_equal(JOB_ETA_UNKNOWN, eta(job)); /* who has applied? */
	d->phase_at_us[PHASE_COMPLETED] = FAKE_NOW_US + 35000000;
	d->phase = PHASE_COMPLETED;
	is_done(job, 0, 60);
	d = fake_job_device(job, 1);
	is_called(job, 1, 3);
	d->phase = PHASE_DOWNLOADING;
	d->phase_since_ms = fake_now_ms - 4000;
	assert_int_equal(16000 + 5000, eta(job));
	fake_deck_free(deck);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_nobody_saw_stands_as_it_was),
		cmocka_unit_test(
		    test_a_long_job_takes_no_more_memory_and_loses_no_answer),
		cmocka_unit_test(test_merged_stretches_keep_the_longest_call),
		cmocka_unit_test(test_nobody_knows_before_a_device_is_done),
		cmocka_unit_test(
		    test_those_that_are_done_tell_of_those_that_are_not),
		cmocka_unit_test(
		    test_what_waits_for_a_slot_waits_for_calls_only),
		cmocka_unit_test(
		    test_phases_that_others_went_through_are_evidence_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
