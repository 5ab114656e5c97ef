#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "tests/deck/job_fixture.h"
#include "tests/support/test.h"

#define GRACE_MS 700 /* long enough for a read of the twin */

/* A job on the devices in ids, up to NULL; the rest as in request. */
static struct job *
add(struct job_fixture *f, struct job_request request, const char *const *ids)
{
	if (request.method != NULL)
		request.response_timeout_s = 30;
	else if (request.action == JOB_METHOD)
		request.action = JOB_DESIRED;
	if (request.grace_ms == 0)
		request.grace_ms = GRACE_MS;
	request.device_ids = ids;
	while (ids[request.n_devices] != NULL)
		request.n_devices++;
	return job_fixture_add(f, &request);
}

static const char *const just_d[] = { "d", NULL };

static void
assert_state(const struct job_fixture *f, enum job_device_state state)
{
	const struct job_device *d = job_device(f->job, 0);

	if (d->state != state)
		fail_msg("%s: %s; messages: %s",
		    job_device_state_name(d->state), d->err.text, f->messages);
}

static void
assert_said(const struct job_fixture *f, const char *text)
{
	if (strstr(f->messages, text) == NULL)
		fail_msg("no \"%s\" in: %s", text, f->messages);
}

static bool
is_acknowledged(void *arg)
{
	struct job_fixture *f = arg;

	return job_device(f->job, 0)->state == JOB_DEVICE_ACKNOWLEDGED;
}

static bool
shows_downloading(void *arg)
{
	struct job_fixture *f = arg;

	return job_device(f->job, 0)->phase == PHASE_DOWNLOADING;
}

static bool
shows_applying(void *arg)
{
	struct job_fixture *f = arg;

	return job_device(f->job, 0)->phase == PHASE_APPLYING;
}

static void
test_firmware_is_acknowledged_then_followed_to_the_end(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");
	const struct job_device *device;

	fake_device_report(d, "{\"firmwareStatus\":\"completed\"}");
	fake_device_acts(d, "{\"firmwareStatus\":\"standBy\"}");
	add(f, (struct job_request){ .method = "firmwareUpdate",
		.payload = "{\"fwPackageUri\":\"x\"}" }, just_d);
	device = job_device(f->job, 0);
	fake_hub_until(f->hub, is_acknowledged, f);
	assert_int_equal(200, device->status);
	assert_string_equal("{\"Response\":\"ok\"}", device->answer);
	fake_hub_run_ms(f->hub, 700);
	assert_int_equal(PHASE_WAITING, device->phase);
	fake_device_report(d, "{\"firmwareStatus\":\"downloading\"}");
	fake_hub_until(f->hub, shows_downloading, f);
	fake_device_report(d, "{\"firmwareStatus\":\"applying\"}");
	fake_hub_until(f->hub, shows_applying, f);
	assert_int_equal(1, jobs_active(f->jobs));
	fake_device_report(d, "{\"firmwareStatus\":\"completed\"}");
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_CONFIRMED);
	assert_true(device->phase_at_us[PHASE_WAITING] > 0);
	assert_true(device->phase_at_us[PHASE_DOWNLOADING] >
	    device->phase_at_us[PHASE_WAITING]);
	assert_true(device->phase_at_us[PHASE_COMPLETED] >
	    device->phase_at_us[PHASE_APPLYING]);
	assert_said(f, "job 1: d acknowledged firmwareUpdate (200) in ");
	assert_said(f, "job 1: d confirmed firmwareUpdate after ");
	assert_int_equal(1, fake_device_calls(d));
	assert_int_equal(0, jobs_active(f->jobs));
}

static void
test_what_was_reported_before_the_call_confirms_nothing(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");
	int gets;

	fake_device_report(d, "{\"firmwareStatus\":\"completed\","
	    "\"door\":{\"state\":\"locked\"}}");
	add(f, (struct job_request){ .method = "firmwareUpdate" }, just_d);
	fake_hub_until(f->hub, is_acknowledged, f);
	/* Another property moves $version, but not the phase. */
	fake_device_report(d, "{\"other\":1}");
	gets = fake_device_gets(d);
	fake_hub_run_ms(f->hub, 1300);
	assert_true(fake_device_gets(d) >= gets + 2);
	assert_true(fake_device_gets(d) <= gets + 4);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
	assert_int_equal(PHASE_NONE, job_device(f->job, 0)->phase);
	fake_device_report(d, "{\"firmwareStatus\":\"completed\"}");
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_CONFIRMED);
}

static void
test_a_failed_update_fails_with_its_reason(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_acts(d, "{\"firmwareStatus\":\"failed\","
	    "\"firmwareError\":\"sha-256 differs\"}");
	add(f, (struct job_request){ .method = "firmwareUpdate" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_FAILED);
	assert_said(f, "!job 1: d failed: the update failed: sha-256 differs");
	fleet_get(deck_fleet(fake_hub_deck(f->hub)), "d");
	assert_true(
	    fleet_get(deck_fleet(fake_hub_deck(f->hub)), "d")->alarm);
}

static void
test_an_update_without_an_end_is_unknown(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_acts(d, "{\"firmwareStatus\":\"downloading\"}");
	add(f, (struct job_request){ .method = "firmwareUpdate",
		.follow_ms = 1500 }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_UNKNOWN);
	assert_said(f, "no end of the update was reported");
}

static bool
is_stalled(void *arg)
{
	struct job_fixture *f = arg;

	return job_device(f->job, 0)->stalled;
}

static void
test_an_update_that_stands_still_is_marked_until_it_moves(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_acts(d, "{\"firmwareStatus\":\"downloading\"}");
	add(f, (struct job_request){ .method = "firmwareUpdate",
		.stall_ms = 900 }, just_d);
	fake_hub_until(f->hub, is_stalled, f);
	fake_device_report(d, "{\"firmwareStatus\":\"applying\"}");
	fake_hub_until(f->hub, shows_applying, f);
	assert_false(job_device(f->job, 0)->stalled);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
}

static void
test_a_locked_door_confirms_lock_door(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_report(d, "{\"door\":{\"state\":\"locked\"}}");
	fake_device_acts(d, "{\"door\":{\"state\":\"locked\"}}");
	add(f, (struct job_request){ .method = "lockDoor",
		.payload = "{\"lockTime\":\"10m\"}" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_CONFIRMED);
}

static void
test_where_nothing_is_reported_the_answer_is_the_end(void **state)
{
	struct job_fixture *f = *state;
	struct job_counts counts;

	fake_hub_add(f->hub, "d");
	add(f, (struct job_request){ .method = "lockDoor" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
	job_counts(f->job, &counts);
	assert_int_equal(1, counts.done);
	add(f, (struct job_request){ .method = "reboot" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
	assert_true(job_elapsed_ms(f->job) < GRACE_MS);
}

static void
test_ack_only_does_not_wait_for_evidence(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_acts(d, "{\"firmwareStatus\":\"downloading\"}");
	add(f, (struct job_request){ .method = "firmwareUpdate",
		.ack_only = true }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
}

static const struct {
	const char *answer;
	const char *words;
	enum err_code err;
} refusals[] = {
	{ fake_refused, "refused by the device (409): busy", ERR_REFUSED },
	{ fake_offline, "the device is offline (404103)", ERR_UNREACHABLE },
	{ fake_unauthorized, "not authorized", ERR_UNAUTHORIZED },
};

static void
test_each_refusal_fails_in_its_own_words(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");
	const struct job_device *device;
	size_t i;

	for (i = 0; i < N_ROWS(refusals); i++) {
		fake_device_script(d, refusals[i].answer, NULL, NULL);
		add(f, (struct job_request){ .method = "lockDoor" }, just_d);
		job_fixture_finish(f);
		assert_state(f, JOB_DEVICE_FAILED);
		device = job_device(f->job, 0);
		assert_int_equal(refusals[i].err, device->err.code);
		if (strncmp(device->err.text, refusals[i].words,
			strlen(refusals[i].words)) != 0)
			fail_msg("%s", device->err.text);
		assert_int_equal((int)i + 1, fake_device_calls(d));
	}
}

static void
test_a_device_that_is_not_there_is_not_called(void **state)
{
	struct job_fixture *f = *state;

	add(f, (struct job_request){ .method = "lockDoor" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_FAILED);
	assert_string_equal("no such device (404001)",
	    job_device(f->job, 0)->err.text);
	assert_int_equal(1, fake_hub_requests(f->hub));
}

static const char *const lost[] = { fake_timeout, fake_killed };

static void
test_a_call_without_an_answer_is_unknown_and_sent_once(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");
	size_t i;

	fake_device_report(d, "{\"door\":{\"state\":\"locked\"}}");
	for (i = 0; i < N_ROWS(lost); i++) {
		fake_device_script(d, lost[i], NULL, NULL);
		add(f, (struct job_request){ .method = "lockDoor" }, just_d);
		job_fixture_finish(f);
		assert_state(f, JOB_DEVICE_UNKNOWN);
		assert_int_equal(
		    ERR_UNKNOWN, job_device(f->job, 0)->err.code);
		assert_int_equal((int)i + 1, fake_device_calls(d));
		assert_true(fake_device_gets(d) >= 2);
	}
	assert_said(f, "!job 1: d unknown: no answer from the device in time");
	assert_said(f, "!job 2: d unknown: no answer from localhost:");
}

static void
test_evidence_tells_what_a_lost_answer_did_not(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_script(d, fake_killed, NULL, NULL);
	fake_device_acts(d, "{\"firmwareStatus\":\"applying\"}");
	add(f, (struct job_request){ .method = "firmwareUpdate" }, just_d);
	fake_hub_until(f->hub, is_acknowledged, f);
	fake_device_report(d, "{\"firmwareStatus\":\"completed\"}");
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_CONFIRMED);
	assert_int_equal(1, fake_device_calls(d));
	assert_int_equal(ERR_NONE, job_device(f->job, 0)->err.code);
}

static void
test_a_throttled_call_is_tried_again(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_script(d, fake_throttled, fake_throttled, fake_ok);
	add(f, (struct job_request){ .method = "reboot" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
	assert_int_equal(3, fake_device_calls(d));
	assert_int_equal(ERR_NONE, job_device(f->job, 0)->err.code);
}

static void
test_a_hub_that_stays_away_fails_after_the_time_for_retries(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_hub_break(f->hub, true);
	add(f, (struct job_request){ .method = "reboot", .retry_ms = 1200 },
	    just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_FAILED);
	assert_int_equal(ERR_UNREACHABLE, job_device(f->job, 0)->err.code);
	assert_true(job_elapsed_ms(f->job) <= 1500);
	assert_int_equal(0, fake_device_calls(d));
}

static void
test_equal_values_in_reported_confirm_a_desired_update(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_report(d, "{\"building\":41}");
	add(f, (struct job_request){
		.patch = "{\"building\":43,\"floor\":3}" }, just_d);
	assert_string_equal("desired building, floor", job_title(f->job));
	fake_hub_until(f->hub, is_acknowledged, f);
	assert_false(job_device(f->job, 0)->ended);
	fake_device_report(d, "{\"building\":43,\"floor\":3}");
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_CONFIRMED);
}

static void
test_desired_that_is_not_echoed_is_done_when_acknowledged(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	add(f, (struct job_request){ .patch = "{\"building\":43}" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
	/* A device that is away will take it when it comes back. */
	fake_device_report(d, "{\"building\":41}");
	fake_device_connect(d, false);
	add(f, (struct job_request){ .patch = "{\"building\":44}" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
}

static void
test_a_stale_etag_is_a_conflict_and_writes_nothing(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");
	const char *etags[1];
	char was[16];

	snprintf(was, sizeof(was), "%s", fake_device_etag(d));
	etags[0] = was;
	fake_device_write(d, "{\"building\":44}");
	add(f, (struct job_request){ .patch = "{\"building\":43}",
		.etags = etags }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_FAILED);
	assert_int_equal(ERR_CONFLICT, job_device(f->job, 0)->err.code);
	assert_int_equal(0, fake_device_patches(d));
	/* Without one it is read just before, so it fits. */
	add(f, (struct job_request){ .patch = "{\"building\":43}",
		.ack_only = true }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
}

static void
test_tags_are_written_and_that_is_the_end_of_it(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");
	char *tags;

	add(f, (struct job_request){ .action = JOB_TAGS,
		.patch = "{\"site\":\"brno\",\"floor\":3}",
		.grace_ms = 60000 }, just_d);
	assert_string_equal("tags site, floor", job_title(f->job));
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
	tags = fake_device_section(d, "tags");
	assert_string_equal("{\"site\":\"brno\",\"floor\":3}", tags);
	free(tags);
}

static void
test_lost_tags_are_found_in_the_twin(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_script(d, fake_killed, NULL, NULL);
	add(f, (struct job_request){ .action = JOB_TAGS,
		.patch = "{\"site\":\"brno\"}" }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
	assert_int_equal(1, fake_device_patches(d));
}

static void
test_each_device_may_have_a_patch_and_an_etag_of_its_own(void **state)
{
	static const char *const ids[] = { "a", "b", "a", "c", NULL };
	static const char *const patches[] = { "{\"x\":1}", "{\"x\":2}",
		"{\"x\":9}", "{\"x\":3}" };
	const char *etags[] = { "E1=", NULL, "no", "old" };
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");
	struct fake_device *b = fake_hub_add(f->hub, "b");
	struct fake_device *c = fake_hub_add(f->hub, "c");
	char *text;

	add(f, (struct job_request){ .action = JOB_DESIRED, .patches = patches,
		.etags = etags, .undo_of = 7, .ack_only = true }, ids);
	assert_string_equal("undo of job 7", job_title(f->job));
	job_fixture_finish(f);
	assert_int_equal(3, job_size(f->job));
	text = fake_device_section(a, "desired");
	assert_string_equal("{\"x\":1}", text);
	free(text);
	text = fake_device_section(b, "desired");
	assert_string_equal("{\"x\":2}", text);
	free(text);
	assert_int_equal(0, fake_device_patches(c));
	assert_int_equal(
	    ERR_CONFLICT, job_device(f->job, 2)->err.code);
}

static void
test_a_lost_patch_is_found_in_the_twin(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_device_script(d, fake_killed, NULL, NULL);
	add(f, (struct job_request){ .patch = "{\"building\":43}",
		.ack_only = true }, just_d);
	job_fixture_finish(f);
	assert_state(f, JOB_DEVICE_ACKNOWLEDGED);
	assert_int_equal(1, fake_device_patches(d));
}

static void
test_cancelling_stops_what_waits(void **state)
{
	static const char *const ids[] = { "a", "b", "c", NULL };
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");
	struct fake_device *b = fake_hub_add(f->hub, "b");

	fake_hub_add(f->hub, "c");
	fake_device_script(a, fake_silent, NULL, NULL);
	add(f, (struct job_request){ .method = "lockDoor", .at_once = 1 },
	    ids);
	fake_hub_run_ms(f->hub, 300);
	assert_int_equal(1, fake_device_calls(a));
	assert_int_equal(JOB_DEVICE_CALLING, job_device(f->job, 0)->state);
	jobs_cancel(f->jobs, f->job);
	fake_hub_run_ms(f->hub, 200);
	assert_int_equal(JOB_CANCELLED, job_state(f->job));
	assert_int_equal(JOB_DEVICE_CANCELLED, job_device(f->job, 1)->state);
	assert_int_equal(0, fake_device_calls(b));
	assert_int_equal(0, jobs_active(f->jobs));
}

static void
test_what_a_cancel_let_go_is_not_done(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");
	int64_t before_ms = clock_mono_ms();
	struct job_counts counts;

	fake_device_report(d, "{\"firmwareStatus\":\"standBy\"}");
	add(f, (struct job_request){ .method = "firmwareUpdate" }, just_d);
	fake_hub_until(f->hub, is_acknowledged, f);
	assert_int_equal(JOB_DEVICE_ACKNOWLEDGED, job_device(f->job, 0)->state);
	jobs_cancel(f->jobs, f->job);
	job_counts(f->job, &counts);
	assert_int_equal(0, counts.done);
	assert_int_equal(0, counts.running);
	assert_int_equal(1, counts.let_go);
	assert_true(job_device(f->job, 0)->ended);
	assert_in_range(
	    job_device(f->job, 0)->ended_ms, before_ms, clock_mono_ms());
}

static void
test_a_delayed_job_waits_for_its_time(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");
	int64_t starts;

	add(f, (struct job_request){ .method = "reboot", .delay_ms = 600 },
	    just_d);
	starts = job_starts_ms(f->job);
	assert_true(starts > clock_mono_ms() + 400);
	fake_hub_run_ms(f->hub, 300);
	assert_int_equal(JOB_WAITING, job_state(f->job));
	assert_int_equal(0, fake_hub_requests(f->hub));
	assert_int_equal(1, jobs_active(f->jobs));
	job_fixture_finish(f);
	assert_true(clock_mono_ms() >= starts);
	assert_int_equal(1, fake_device_calls(d));
}

static void
test_a_device_that_stands_twice_is_called_once(void **state)
{
	static const char *const ids[] = { "d", "e", "d", NULL };
	struct job_fixture *f = *state;
	struct fake_device *d = fake_hub_add(f->hub, "d");

	fake_hub_add(f->hub, "e");
	add(f, (struct job_request){ .method = "reboot" }, ids);
	assert_int_equal(2, job_size(f->job));
	job_fixture_finish(f);
	assert_int_equal(1, fake_device_calls(d));
	assert_said(f, "job 1: reboot ended in 0 s: 2 done, 0 failed");
}

#define MANY 150

static bool
all_download(void *arg)
{
	struct job_fixture *f = arg;
	size_t i;

	for (i = 0; i < MANY; i++)
		if (job_device(f->job, i)->phase != PHASE_DOWNLOADING)
			return false;
	return true;
}

static void
test_many_devices_are_followed_by_few_queries(void **state)
{
	struct job_fixture *f = *state;
	static char names[MANY][16];
	const char *ids[MANY + 1] = { NULL };
	struct fake_device *d;
	int queries;
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "door-%03zu", i);
		ids[i] = names[i];
		d = fake_hub_add(f->hub, names[i]);
		fake_device_acts(d, "{\"firmwareStatus\":\"downloading\"}");
	}
	add(f, (struct job_request){ .method = "firmwareUpdate",
		.at_once = 64 }, ids);
	fake_hub_until(f->hub, all_download, f);
	queries = fake_hub_queries(f->hub);
	fake_hub_run_ms(f->hub, 1000);
	/* Two queries for each round of half a second. */
	assert_in_range(fake_hub_queries(f->hub) - queries, 2, 6);
	fake_hub_remove(f->hub, names[0]);
}

static void
test_a_job_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		struct job_request request;
		const char *words;
	} bad[] = {
		{ { .method = "a/b" }, "a method name holds none of" },
		{ { .method = "m", .payload = "{x}", .response_timeout_s = 30 },
		    "payload: line 1, column 2" },
		{ { .method = "m", .response_timeout_s = 4 },
		    "a device may take 5 to 300 s" },
		{ { .action = JOB_DESIRED, .patch = "{}" },
		    "desired: nothing to set" },
		{ { .action = JOB_TAGS, .patch = "{\"a b\":1}" },
		    "tags.a b: a key may hold no" },
		{ { .action = JOB_DESIRED, .patch = "[1]" },
		    "desired: nothing to set" },
	};
	struct job_fixture *f = *state;
	struct job_request request;
	struct err err;
	size_t i;

	for (i = 0; i < N_ROWS(bad); i++) {
		request = bad[i].request;
		assert_null(jobs_add(f->jobs, &request, &err));
		assert_string_equal("no device to act on", err.text);
		request.device_ids = just_d;
		request.n_devices = 1;
		assert_null(jobs_add(f->jobs, &request, &err));
		if (strncmp(err.text, bad[i].words, strlen(bad[i].words)) != 0)
			fail_msg("%s", err.text);
	}
	assert_int_equal(0, jobs_size(f->jobs));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_CASE(test_firmware_is_acknowledged_then_followed_to_the_end),
		JOB_CASE(test_what_was_reported_before_the_call_confirms_nothing),
		JOB_CASE(test_a_failed_update_fails_with_its_reason),
		JOB_CASE(test_an_update_without_an_end_is_unknown),
		JOB_CASE(test_an_update_that_stands_still_is_marked_until_it_moves),
		JOB_CASE(test_a_locked_door_confirms_lock_door),
		JOB_CASE(test_where_nothing_is_reported_the_answer_is_the_end),
		JOB_CASE(test_ack_only_does_not_wait_for_evidence),
		JOB_CASE(test_each_refusal_fails_in_its_own_words),
		JOB_CASE(test_a_device_that_is_not_there_is_not_called),
		JOB_CASE(test_a_call_without_an_answer_is_unknown_and_sent_once),
		JOB_CASE(test_evidence_tells_what_a_lost_answer_did_not),
		JOB_CASE(test_a_throttled_call_is_tried_again),
		JOB_CASE(test_a_hub_that_stays_away_fails_after_the_time_for_retries),
		JOB_CASE(test_equal_values_in_reported_confirm_a_desired_update),
		JOB_CASE(test_desired_that_is_not_echoed_is_done_when_acknowledged),
		JOB_CASE(test_a_stale_etag_is_a_conflict_and_writes_nothing),
		JOB_CASE(test_tags_are_written_and_that_is_the_end_of_it),
		JOB_CASE(test_lost_tags_are_found_in_the_twin),
		JOB_CASE(test_each_device_may_have_a_patch_and_an_etag_of_its_own),
		JOB_CASE(test_a_lost_patch_is_found_in_the_twin),
		JOB_CASE(test_cancelling_stops_what_waits),
		JOB_CASE(test_what_a_cancel_let_go_is_not_done),
		JOB_CASE(test_a_delayed_job_waits_for_its_time),
		JOB_CASE(test_a_device_that_stands_twice_is_called_once),
		JOB_CASE(test_many_devices_are_followed_by_few_queries),
		JOB_CASE(test_a_job_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(
	    tests, fake_hub_setup_ca, fake_hub_teardown_ca);
}
