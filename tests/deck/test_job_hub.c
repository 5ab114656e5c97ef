/* Jobs that IoT Hub runs itself, and what the deck knows of them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/deck/jobs.h"
#include "tests/deck/job_fixture.h"
#include "tests/support/test.h"

static const char *const ids[] = { "a", "b'c", "d" };

static void
add(struct job_fixture *f, struct job_request request, size_t n)
{
	request.engine = JOB_HUB;
	request.response_timeout_s = 30;
	request.device_ids = ids;
	request.n_devices = n;
	request.grace_ms = 300;
	job_fixture_add(f, &request);
}

static bool
is_noted(void *arg)
{
	struct job_fixture *f = arg;

	return strstr(job_note(f->job), f->note) != NULL;
}

static void
until_noted(struct job_fixture *f, const char *note)
{
	f->note = note;
	fake_hub_until(f->hub, is_noted, f);
}

static bool
has_ended(void *arg)
{
	struct job_fixture *f = arg;

	return job_state(f->job) == JOB_DONE ||
	    job_state(f->job) == JOB_CANCELLED;
}

static void
test_the_hub_gets_method_devices_and_time(void **state)
{
	struct job_fixture *f = *state;
	int64_t start_us;
	cJSON *body;

	add(f,
	    (struct job_request){ .method = "lockDoor",
		.payload = "{\"lockTime\":\"10m\"}",
		.delay_ms = 20000 },
	    2);
	until_noted(f, "queued at the hub");
	body = cJSON_Parse(fake_hub_job_body(f->hub));
	assert_string_equal(
	    "scheduleDeviceMethod", json_get_string(body, "type"));
	assert_string_equal("deviceId IN ['a','b\\'c']",
	    json_get_string(body, "queryCondition"));
	assert_string_equal("10m",
	    json_path(body, "cloudToDeviceMethod.payload.lockTime")
		->valuestring);
	assert_int_equal(
	    0, clock_parse_iso(json_get_string(body, "startTime"), &start_us));
	assert_true(start_us > clock_utc_us() + INT64_C(15000000));
	assert_int_equal(JOB_WAITING, job_state(f->job));
	cJSON_Delete(body);
	/* It goes on without us. */
	assert_int_equal(0, jobs_active(f->jobs));
}

static const char rows_of_both[] =
    "[{\"deviceId\":\"a\",\"status\":\"completed\","
    "\"startTimeUtc\":\"2026-11-22T02:00:00Z\","
    "\"endTimeUtc\":\"2026-11-22T02:00:00.5Z\","
    "\"outcome\":{\"deviceMethodResponse\":{\"status\":200,"
    "\"payload\":{\"Response\":\"ok\"}}}},"
    "{\"deviceId\":\"b'c\",\"status\":\"failed\",\"error\":{"
    "\"code\":\"404103\",\"description\":\"Timed out\"}}]";

static void
test_each_device_has_what_the_hub_wrote_down(void **state)
{
	struct job_fixture *f = *state;
	const struct job_device *d;

	fake_hub_job(f->hub, "running", rows_of_both);
	add(f, (struct job_request){ .method = "reboot" }, 2);
	fake_hub_until(f->hub, has_ended, f);
	d = job_device(f->job, 0);
	assert_int_equal(JOB_DEVICE_ACKNOWLEDGED, d->state);
	assert_int_equal(200, d->status);
	assert_string_equal("{\"Response\":\"ok\"}", d->answer);
	assert_int_equal(500000, d->elapsed_us);
	d = job_device(f->job, 1);
	assert_int_equal(JOB_DEVICE_FAILED, d->state);
	assert_int_equal(404103, d->code);
	assert_non_null(strstr(d->err.text, "offline"));
	assert_int_equal(1, fake_hub_job_puts(f->hub));
}

static void
test_the_queue_waits_for_a_slot_and_says_so(void **state)
{
	struct job_fixture *f = *state;

	fake_hub_job_busy(f->hub, 1);
	fake_hub_job(f->hub, "completed", rows_of_both);
	add(f, (struct job_request){ .method = "reboot" }, 2);
	until_noted(f, "waiting: the hub runs one job at a time");
	assert_int_equal(JOB_WAITING, job_state(f->job));
	assert_int_equal(1, jobs_active(f->jobs));
	fake_hub_until(f->hub, has_ended, f);
	assert_int_equal(2, fake_hub_job_puts(f->hub));
}

static void
test_a_lost_answer_hands_nothing_over_twice(void **state)
{
	struct job_fixture *f = *state;
	struct job_counts n;

	fake_hub_job_lose(f->hub);
	fake_hub_job(f->hub, "completed", rows_of_both);
	add(f, (struct job_request){ .method = "reboot" }, 2);
	until_noted(f, "waiting: ");
	fake_hub_until(f->hub, has_ended, f);
	assert_int_equal(2, fake_hub_job_puts(f->hub)); /* the second: 409 */
	job_counts(f->job, &n);
	assert_int_equal(1, n.done);
	assert_int_equal(1, n.failed);
}

static void
test_what_the_hub_left_out_has_failed(void **state)
{
	struct job_fixture *f = *state;

	fake_hub_job(f->hub, "completed", rows_of_both);
	add(f, (struct job_request){ .method = "reboot" }, 3);
	fake_hub_until(f->hub, has_ended, f);
	assert_int_equal(JOB_DEVICE_FAILED, job_device(f->job, 2)->state);
	assert_non_null(strstr(job_device(f->job, 2)->err.text, "without it"));
	fake_hub_job(f->hub, "failed", "[]");
	add(f, (struct job_request){ .method = "reboot" }, 1);
	fake_hub_until(f->hub, has_ended, f);
	assert_string_equal("the hub's job failed: no such tag",
	    job_device(f->job, 0)->err.text);
}

static void
test_rows_that_lag_behind_the_job_are_waited_for(void **state)
{
	struct job_fixture *f = *state;
	int i;

	fake_hub_job(f->hub, "completed", "[]");
	fake_hub_job_found(f->hub, 2);
	add(f, (struct job_request){ .method = "reboot" }, 2);
	until_noted(f, "completed at the hub");
	for (i = 0; i < 25; i++) {
		fake_hub_run_ms(f->hub, 100);
		assert_int_equal(JOB_RUNNING, job_state(f->job));
	}
	fake_hub_job(f->hub, "completed", rows_of_both);
	fake_hub_until(f->hub, has_ended, f);
	assert_int_equal(JOB_DEVICE_ACKNOWLEDGED, job_device(f->job, 0)->state);
}

static void
test_evidence_counts_from_the_hubs_own_call(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");
	char rows[400], start[CLOCK_STAMP_SIZE];

	fake_device_report(a, "{\"door\":{\"state\":\"locked\"}}");
	fake_hub_run_ms(f->hub, 20);
	clock_format_iso(start, clock_utc_us());
	snprintf(rows, sizeof(rows),
	    "[{\"deviceId\":\"a\",\"status\":\"completed\","
	    "\"startTimeUtc\":\"%s\",\"outcome\":{\"deviceMethodResponse\":{"
	    "\"status\":200,\"payload\":null}}}]",
	    start);
	fake_hub_job(f->hub, "completed", rows);
	add(f, (struct job_request){ .method = "lockDoor", .follow_ms = 1500 },
	    1);
	fake_hub_until(f->hub, has_ended, f);
	assert_int_equal(JOB_DEVICE_UNKNOWN, job_device(f->job, 0)->state);
	add(f, (struct job_request){ .method = "lockDoor" }, 1);
	while (job_device(f->job, 0)->state != JOB_DEVICE_ACKNOWLEDGED)
		fake_hub_run_ms(f->hub, 10);
	fake_device_report(a, "{\"door\":{\"state\":\"locked\"}}");
	fake_hub_until(f->hub, has_ended, f);
	assert_int_equal(JOB_DEVICE_CONFIRMED, job_device(f->job, 0)->state);
}

static void
test_a_job_is_cancelled_where_it_is(void **state)
{
	struct job_fixture *f = *state;

	/* In the queue here. */
	fake_hub_job_busy(f->hub, 1000);
	add(f, (struct job_request){ .method = "reboot" }, 1);
	until_noted(f, "one job at a time");
	jobs_cancel(f->jobs, f->job);
	assert_int_equal(JOB_CANCELLED, job_state(f->job));
	assert_int_equal(0, fake_hub_job_cancels(f->hub));
	/* Scheduled there. */
	fake_hub_job_busy(f->hub, 0);
	fake_hub_job(f->hub, "scheduled", "[]");
	add(f, (struct job_request){ .method = "reboot", .delay_ms = 60000 },
	    1);
	until_noted(f, "scheduled at the hub");
	jobs_cancel(f->jobs, f->job);
	fake_hub_until(f->hub, has_ended, f);
	assert_int_equal(JOB_CANCELLED, job_state(f->job));
	assert_int_equal(1, fake_hub_job_cancels(f->hub));
	assert_int_equal(JOB_DEVICE_CANCELLED, job_device(f->job, 0)->state);
}

static void
test_what_the_hub_does_not_cancel_goes_on(void **state)
{
	struct job_fixture *f = *state;

	fake_hub_job_keep(f->hub);
	fake_hub_job(f->hub, "scheduled", "[]");
	add(f, (struct job_request){ .method = "reboot" }, 2);
	until_noted(f, "scheduled at the hub");
	jobs_cancel(f->jobs, f->job);
	while (strstr(f->messages, "does not cancel it") == NULL)
		fake_hub_run_ms(f->hub, 10);
	fake_hub_job(f->hub, "running", "[]");
	until_noted(f, "running at the hub");
	jobs_cancel(f->jobs, f->job);
	assert_non_null(strstr(f->messages, "only what has not begun"));
	assert_int_equal(1, fake_hub_job_cancels(f->hub));
	fake_hub_job(f->hub, "completed", rows_of_both);
	fake_hub_until(f->hub, has_ended, f);
	assert_int_equal(JOB_DONE, job_state(f->job));
}

static void
test_what_the_hub_cannot_do_is_refused(void **state)
{
	struct job_fixture *f = *state;
	const char *etags[] = { "E1=" }, *many[2000];
	char names[2000][16];
	struct job_request r = { .engine = JOB_HUB,
		.action = JOB_DESIRED,
		.patch = "{\"x\":1}",
		.etags = etags,
		.device_ids = ids,
		.n_devices = 1 };
	struct err err;
	size_t i;

	assert_null(jobs_add(f->jobs, &r, &err));
	assert_int_equal(ERR_INVALID, err.code);
	for (i = 0; i < N_ROWS(many); i++) {
		snprintf(names[i], sizeof(names[i]), "device-%05zu", i);
		many[i] = names[i];
	}
	r.etags = NULL;
	r.device_ids = many;
	r.n_devices = N_ROWS(many);
	assert_null(jobs_add(f->jobs, &r, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	add(f, (struct job_request){ .method = "reboot" }, 1);
	assert_int_equal(-1, jobs_pause(f->jobs, f->job, true, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_CASE(test_the_hub_gets_method_devices_and_time),
		JOB_CASE(test_each_device_has_what_the_hub_wrote_down),
		JOB_CASE(test_the_queue_waits_for_a_slot_and_says_so),
		JOB_CASE(test_a_lost_answer_hands_nothing_over_twice),
		JOB_CASE(test_what_the_hub_left_out_has_failed),
		JOB_CASE(test_rows_that_lag_behind_the_job_are_waited_for),
		JOB_CASE(test_evidence_counts_from_the_hubs_own_call),
		JOB_CASE(test_a_job_is_cancelled_where_it_is),
		JOB_CASE(test_what_the_hub_does_not_cancel_goes_on),
		JOB_CASE(test_what_the_hub_cannot_do_is_refused),
	};

	return cmocka_run_group_tests(
	    tests, fake_hub_setup_ca, fake_hub_teardown_ca);
}
