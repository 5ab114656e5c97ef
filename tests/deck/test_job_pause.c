/* Jobs that are held back, and a last look before somebody tries again. */
#include "config.h"

#include <string.h>

#include "core/deck/job_samples.h"
#include "core/deck/jobs.h"
#include "tests/deck/job_fixture.h"
#include "tests/support/test.h"

static const char *const ids[] = { "a", "b", "c" };

static void
add(struct job_fixture *f, struct job_request request, size_t n)
{
	request.response_timeout_s = 30;
	request.device_ids = ids;
	request.n_devices = n;
	request.grace_ms = 300;
	job_fixture_add(f, &request);
}

static bool
runs(void *arg)
{
	struct job_fixture *f = arg;

	return job_state(f->job) == JOB_RUNNING;
}

static bool
is_tried_again(void *arg)
{
	struct job_fixture *f = arg;

	return job_device(f->job, 0)->err.code == ERR_THROTTLED;
}

static void
pause_it(struct job_fixture *f, bool paused)
{
	struct err err;

	assert_int_equal(0, jobs_pause(f->jobs, f->job, paused, &err));
	assert_int_equal(paused, job_is_paused(f->job));
}

static void
test_a_paused_job_starts_no_call(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");
	struct job_counts counts;

	add(f, (struct job_request){ .method = "reboot" }, 1);
	pause_it(f, true);
	fake_hub_run_ms(f->hub, 400);
	assert_int_equal(0, fake_device_calls(a));
	assert_int_equal(1, jobs_active(f->jobs));
	pause_it(f, false);
	job_fixture_finish(f);
	assert_int_equal(1, fake_device_calls(a));
	job_counts(f->job, &counts);
	assert_int_equal(1, counts.done);
}

static void
test_a_pause_while_it_reads_keeps_the_call_back(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");

	add(f, (struct job_request){ .method = "reboot" }, 1);
	fake_hub_until(f->hub, runs, f);
	pause_it(f, true);
	fake_hub_run_ms(f->hub, 400);
	assert_int_equal(0, fake_device_calls(a));
	pause_it(f, false);
	job_fixture_finish(f);
	assert_int_equal(1, fake_device_calls(a));
}

static void
test_a_pause_is_no_part_of_the_time_for_retries(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");

	fake_device_script(a, fake_throttled, fake_ok, NULL);
	add(f, (struct job_request){ .method = "reboot", .retry_ms = 2500 }, 1);
	fake_hub_until(f->hub, is_tried_again, f);
	pause_it(f, true);
	fake_hub_run_ms(f->hub, 2600);
	assert_int_equal(1, fake_device_calls(a));
	pause_it(f, false);
	job_fixture_finish(f);
	assert_int_equal(JOB_DEVICE_ACKNOWLEDGED, job_device(f->job, 0)->state);
}

static void
test_what_was_sent_is_followed_during_a_pause(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");
	struct fake_device *b = fake_hub_add(f->hub, "b");

	fake_device_script(a, fake_silent, NULL, NULL);
	fake_device_acts(b, "{\"door\":{\"state\":\"locked\"}}");
	add(f, (struct job_request){ .method = "lockDoor" }, 2);
	while (fake_device_calls(b) == 0)
		fake_hub_run_ms(f->hub, 10);
	pause_it(f, true);
	while (!job_device(f->job, 1)->ended)
		fake_hub_run_ms(f->hub, 10);
	assert_int_equal(JOB_DEVICE_CONFIRMED, job_device(f->job, 1)->state);
	jobs_cancel(f->jobs, f->job);
	assert_false(job_is_paused(f->job));
}

static void
test_what_has_ended_cannot_be_paused(void **state)
{
	struct job_fixture *f = *state;
	struct err err;

	fake_hub_add(f->hub, "a");
	add(f, (struct job_request){ .method = "reboot" }, 1);
	job_fixture_finish(f);
	assert_int_equal(-1, jobs_pause(f->jobs, f->job, true, &err));
	assert_string_equal("job 1 has ended", err.text);
}

static bool
all_are_known(void *arg)
{
	struct job_fixture *f = arg;
	size_t i;

	for (i = 0; i < job_size(f->job); i++)
		if (job_device(f->job, i)->known == NULL)
			return false;
	return true;
}

static void
test_a_look_says_what_each_device_reports_and_calls_nothing(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");
	struct fake_device *b = fake_hub_add(f->hub, "b");
	struct fake_device *c = fake_hub_add(f->hub, "c");

	fake_device_script(a, fake_timeout, NULL, NULL);
	fake_device_script(b, fake_timeout, NULL, NULL);
	fake_device_script(c, fake_timeout, NULL, NULL);
	add(f, (struct job_request){ .method = "lockDoor" }, 3);
	job_fixture_finish(f);
	assert_int_equal(JOB_DEVICE_UNKNOWN, job_device(f->job, 0)->state);
	fake_device_report(a, "{\"door\":{\"state\":\"locked\"}}");
	fake_hub_remove(f->hub, "c");
	assert_int_equal(3, jobs_look(f->jobs, f->job));
	fake_hub_until(f->hub, all_are_known, f);
	assert_string_equal(
	    "has reported a locked door since", job_device(f->job, 0)->known);
	assert_string_equal("has reported nothing since the call",
	    job_device(f->job, 1)->known);
	assert_non_null(strstr(job_device(f->job, 2)->known, "not read: "));
	assert_int_equal(1, fake_device_calls(a));
	assert_int_equal(1, fake_device_calls(b));
	assert_int_equal(JOB_DEVICE_UNKNOWN, job_device(f->job, 0)->state);
}

static void
test_a_job_keeps_how_it_went(void **state)
{
	struct job_fixture *f = *state;
	const struct job_samples *samples;
	const struct job_sample *last;

	fake_hub_add(f->hub, "a");
	fake_device_script(fake_hub_add(f->hub, "b"), fake_refused, NULL, NULL);
	add(f, (struct job_request){ .method = "reboot" }, 2);
	assert_null(job_history(f->job));
	job_fixture_finish(f);
	samples = job_history(f->job);
	assert_non_null(samples);
	last = job_samples_at(samples, job_samples_size(samples) - 1);
	assert_int_equal(1, last->bands[JOB_BAND_DONE]);
	assert_int_equal(1, last->bands[JOB_BAND_FAILED]);
	assert_int_equal(0, last->bands[JOB_BAND_WAITING]);
	assert_true(last->answers > 0 && last->sum_us > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_CASE(test_a_paused_job_starts_no_call),
		JOB_CASE(test_a_pause_while_it_reads_keeps_the_call_back),
		JOB_CASE(test_a_pause_is_no_part_of_the_time_for_retries),
		JOB_CASE(test_what_was_sent_is_followed_during_a_pause),
		JOB_CASE(test_what_has_ended_cannot_be_paused),
		JOB_CASE(
		    test_a_look_says_what_each_device_reports_and_calls_nothing),
		JOB_CASE(test_a_job_keeps_how_it_went),
	};

	return cmocka_run_group_tests(
	    tests, fake_hub_setup_ca, fake_hub_teardown_ca);
}
