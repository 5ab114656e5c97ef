#include "config.h"

#include "core/deck/jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/events.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/job.h"
#include "core/deck/job_hub.h"
#include "core/deck/job_samples.h"

#define TICK_MS 100 /* while a job runs */

static void on_tick(evutil_socket_t fd, short what, void *arg);

struct jobs *
jobs_new(struct deck *deck)
{
	struct jobs *jobs = xcalloc(1, sizeof(*jobs));

	jobs->deck = deck;
	jobs->timer = evtimer_new(deck_base(deck), on_tick, jobs);
	jobs->reader = job_reader_new(jobs);
	return jobs;
}

void
jobs_free(struct jobs *jobs)
{
	size_t i;

	if (jobs == NULL)
		return;
	for (i = 0; i < jobs->n_jobs; i++)
		job_free(jobs->list[i]);
	job_reader_free(jobs->reader);
	event_free(jobs->timer);
	free(jobs->list);
	free(jobs);
}

static void
fire(struct jobs *jobs)
{
	events_fire(deck_events(jobs->deck), DECK_JOBS, NULL);
}

/* The timer: soon while something runs, else when the first job starts. */
static void
arm(struct jobs *jobs)
{
	int64_t now = clock_mono_ms(), wait = INT64_MAX, due;
	const struct job *job;
	struct timeval tv;
	size_t i;

	for (i = 0; i < jobs->n_jobs; i++) {
		job = jobs->list[i];
		if (job->state == JOB_RUNNING && wait > TICK_MS)
			wait = TICK_MS;
		if (job->state != JOB_WAITING || job->paused_ms != 0)
			continue;
		due = job->hub != NULL ? job->hub_next_ms : job->starts_ms;
		if (due - now < wait)
			wait = due > now ? due - now : 0;
	}
	if (wait == INT64_MAX)
		return;
	tv.tv_sec = wait / 1000;
	tv.tv_usec = wait % 1000 * 1000;
	evtimer_add(jobs->timer, &tv);
}

/* Something may be due. */
static void
wake(struct jobs *jobs)
{
	const struct timeval now = { 0 };

	evtimer_add(jobs->timer, &now);
}

static void
start(struct job *job, int64_t now)
{
	job->state = JOB_RUNNING;
	job->began_ms = now;
	job->began_us = clock_utc_us();
	job->samples = job_samples_new();
	fire(job->jobs);
}

void
jobs_start(struct job *job)
{
	if (job->state != JOB_WAITING)
		return;
	job->next_task = job->n_tasks; /* we begin none */
	start(job, clock_mono_ms());
}

void
jobs_changed(struct jobs *jobs)
{
	fire(jobs);
}

void
jobs_wake(struct jobs *jobs)
{
	wake(jobs);
}

/* What all devices are at, for the plot. */
static void
sample(struct job *job, int64_t now)
{
	size_t bands[JOB_BANDS] = { 0 }, i;

	job->sampled_ms = now;
	for (i = 0; i < job->n_tasks; i++)
		bands[job_band_of(&job->tasks[i].device)]++;
	job_samples_count(job->samples, now - job->began_ms, bands);
}

static void
run(struct job *job, int64_t now)
{
	struct task *task;
	size_t i;

	for (i = 0; i < job->next_task && job->state == JOB_RUNNING; i++) {
		task = &job->tasks[i];
		if (task->step == TASK_RETRIES && job->paused_ms == 0 &&
		    now >= task->next_ms)
			task_begin(task);
		else if (task->step == TASK_FOLLOWS)
			task_check(task, now);
	}
	while (job->state == JOB_RUNNING && job->paused_ms == 0 &&
	    job->next_task < job->n_tasks &&
	    job->slots < (size_t)job->request.at_once) {
		task = &job->tasks[job->next_task++];
		task->first_ms = now;
		task->device.state = JOB_DEVICE_CALLING;
		job->slots++;
		task_changed(task);
		task_begin(task);
	}
	if (job->state == JOB_RUNNING &&
	    now - job->sampled_ms >= job_samples_width_ms(job->samples))
		sample(job, now);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct jobs *jobs = arg;
	int64_t now = clock_mono_ms();
	struct job *job;
	size_t i;

	(void)fd;
	(void)what;
	for (i = 0; i < jobs->n_jobs; i++) {
		job = jobs->list[i];
		if (job->hub != NULL)
			job->hub_next_ms = job_hub_tick(job->hub, now);
		else if (job->state == JOB_WAITING && job->paused_ms == 0 &&
		    now >= job->starts_ms)
			start(job, now);
		if (job->state == JOB_RUNNING)
			run(job, now);
	}
	job_reader_read(jobs->reader, now);
	arm(jobs);
}

void
task_changed(struct task *task)
{
	fire(task->job->jobs);
}

static void
say_job_ended(struct job *job)
{
	char elapsed[CLOCK_STAMP_SIZE];
	struct job_counts counts;

	if (job->n_tasks < 2)
		return;
	job_counts(job, &counts);
	clock_format_elapsed(elapsed, job_elapsed_ms(job));
	deck_say(job->jobs->deck, counts.failed > 0,
	    "job %d: %s ended in %s: %zu done, %zu failed, %zu unknown",
	    job->number, job->title, elapsed, counts.done,
	    counts.by_state[JOB_DEVICE_FAILED],
	    counts.by_state[JOB_DEVICE_UNKNOWN]);
}

void
task_end(struct task *task, enum job_device_state state)
{
	struct job *job = task->job;

	if (task->step == TASK_READS || task->step == TASK_RETRIES ||
	    task->step == TASK_SENDS)
		job->slots--;
	task->step = TASK_ENDED;
	task->device.state = state;
	task->device.ended = true;
	task->device.ended_us = clock_utc_us();
	task->device.ended_ms = clock_mono_ms();
	job->n_ended++;
	if (job->n_ended == job->n_tasks) {
		if (job->state == JOB_RUNNING) {
			job->state = JOB_DONE;
			job->ended_ms = clock_mono_ms();
			sample(job, job->ended_ms);
			say_job_ended(job);
		}
	}
	task_changed(task);
	wake(job->jobs);
}

/* Frees the slot and looks for evidence, unless there is none to look for. */
static void
answered(struct task *task, enum job_device_state state)
{
	struct job *job = task->job;
	bool lost = state == JOB_DEVICE_UNKNOWN;

	if (job->state != JOB_RUNNING || job->evidence == EVIDENCE_NONE ||
	    ((job->request.ack_only || job->evidence == EVIDENCE_TAGS) &&
		!lost)) {
		task_end(task, state);
		return;
	}
	job->slots--;
	task->step = TASK_FOLLOWS;
	task->device.state = state;
	task_follow(task);
	task_changed(task);
	wake(job->jobs);
}

void
task_acknowledge(struct task *task)
{
	struct job *job = task->job;
	char status[32] = "";

	if (task->device.status != 0)
		snprintf(status, sizeof(status), " (%d)", task->device.status);
	if (task->step == TASK_SENDS)
		deck_say(job->jobs->deck, false,
		    "job %d: %s acknowledged %s%s in %" PRId64 " ms",
		    job->number, task->device.device_id, job->title, status,
		    task->device.elapsed_us / 1000);
	else
		deck_say(job->jobs->deck, false,
		    "job %d: %s shows that it took %s all the same",
		    job->number, task->device.device_id, job->title);
	err_clear(&task->device.err);
	if (task->step == TASK_SENDS)
		answered(task, JOB_DEVICE_ACKNOWLEDGED);
	else if (job->request.ack_only)
		task_end(task, JOB_DEVICE_ACKNOWLEDGED);
	else
		task->device.state = JOB_DEVICE_ACKNOWLEDGED;
}

/* Below a second the screen's "0 s" would say nothing. */
static void
format_took(char out[CLOCK_STAMP_SIZE], int64_t ms)
{
	if (ms < 1000)
		snprintf(out, CLOCK_STAMP_SIZE, "%" PRId64 " ms", ms);
	else
		clock_format_elapsed(out, ms);
}

void
task_confirm(struct task *task)
{
	struct job *job = task->job;
	char elapsed[CLOCK_STAMP_SIZE];

	format_took(elapsed, (clock_utc_us() - task->device.called_us) / 1000);
	deck_say(job->jobs->deck, false, "job %d: %s confirmed %s after %s",
	    job->number, task->device.device_id, job->title, elapsed);
	err_clear(&task->device.err);
	task_end(task, JOB_DEVICE_CONFIRMED);
}

/* The row names the device: its error need not. */
void
task_set_err(struct task *task, const struct err *err)
{
	size_t len = strlen(task->device.device_id);

	err_copy(&task->device.err, err);
	if (strncmp(err->text, task->device.device_id, len) == 0 &&
	    strncmp(err->text + len, ": ", 2) == 0)
		err_set(
		    &task->device.err, err->code, "%s", err->text + len + 2);
}

static void
say_trouble(struct task *task, const char *what)
{
	deck_say(task->job->jobs->deck, true, "job %d: %s %s: %s",
	    task->job->number, task->device.device_id, what,
	    task->device.err.text);
}

void
task_fail(struct task *task, const struct err *err)
{
	task_set_err(task, err);
	say_trouble(task, "failed");
	fleet_alarm(deck_fleet(task->job->jobs->deck), task->device.device_id);
	task_end(task, JOB_DEVICE_FAILED);
}

void
task_lose(struct task *task, const struct err *err)
{
	task_set_err(task, err);
	say_trouble(task, "unknown");
	if (task->step == TASK_SENDS)
		answered(task, JOB_DEVICE_UNKNOWN);
	else
		task_end(task, JOB_DEVICE_UNKNOWN);
}

struct job *
jobs_add(struct jobs *jobs, const struct job_request *request, struct err *err)
{
	struct job *job;

	if (jobs->n_jobs == JOBS_MAX) {
		err_set(err, ERR_LIMIT, "over %d jobs", JOBS_MAX);
		return NULL;
	}
	job = job_new(jobs, request, err);
	if (job == NULL)
		return NULL;
	job->number = (int)jobs->n_jobs + 1;
	if (request->engine == JOB_HUB)
		job->hub = job_hub_new(job);
	jobs->list =
	    xreallocarray(jobs->list, jobs->n_jobs + 1, sizeof(*jobs->list));
	jobs->list[jobs->n_jobs++] = job;
	fire(jobs);
	wake(jobs);
	return job;
}

static void
cancel_task(struct task *task)
{
	switch (task->step) {
	case TASK_READS:
		client_cancel(task->call);
		task->call = NULL;
		/* FALLTHROUGH */
	case TASK_WAITS:
	case TASK_RETRIES:
		task_end(task, JOB_DEVICE_CANCELLED);
		break;
	case TASK_FOLLOWS:
		task->device.let_go = true;
		task_end(task, task->device.state);
		break;
	case TASK_SENDS:
	case TASK_ENDED:
		break;
	}
}

void
jobs_cancelled(struct job *job)
{
	struct jobs *jobs = job->jobs;
	size_t i;

	if (job->state != JOB_WAITING && job->state != JOB_RUNNING)
		return;
	job->state = JOB_CANCELLED;
	job->paused_ms = 0;
	job->ended_ms = clock_mono_ms();
	for (i = 0; i < job->n_tasks; i++)
		cancel_task(&job->tasks[i]);
	if (job->samples != NULL)
		sample(job, job->ended_ms);
	deck_say(jobs->deck, false,
	    "job %d: cancelled; what was sent goes on at the devices",
	    job->number);
	fire(jobs);
}

void
jobs_cancel(struct jobs *jobs, struct job *job)
{
	(void)jobs;
	if (job->state != JOB_WAITING && job->state != JOB_RUNNING)
		return;
	if (job->hub == NULL || job_hub_cancel(job->hub))
		jobs_cancelled(job);
}

/* The time in which a call may be tried again stands still meanwhile. */
static void
resume(struct job *job, int64_t now)
{
	int64_t paused = now - job->paused_ms;
	size_t i;

	for (i = 0; i < job->n_tasks; i++)
		if (job->tasks[i].step == TASK_RETRIES)
			job->tasks[i].first_ms += paused;
	job->paused_ms = 0;
	wake(job->jobs);
}

int
jobs_pause(struct jobs *jobs, struct job *job, bool paused, struct err *err)
{
	if (job->state != JOB_WAITING && job->state != JOB_RUNNING)
		return err_set(
		    err, ERR_INVALID, "job %d has ended", job->number);
	if (job->hub != NULL)
		return err_set(err, ERR_INVALID,
		    "job %d is the hub's: it does not pause", job->number);
	if (paused == (job->paused_ms != 0))
		return 0;
	if (paused)
		job->paused_ms = clock_mono_ms();
	else
		resume(job, clock_mono_ms());
	deck_say(jobs->deck, false,
	    paused ? "job %d: paused; no new call starts, what was sent is "
		     "followed"
		   : "job %d: goes on",
	    job->number);
	fire(jobs);
	return 0;
}

void
task_answered(const struct task *task)
{
	const struct job *job = task->job;

	if (job->samples != NULL)
		job_samples_answer(job->samples,
		    clock_mono_ms() - job->began_ms, task->device.elapsed_us);
}

/* Any job may look at what was read for another, or for the screen. */
static struct task *
follower(struct job *job, const char *device_id)
{
	struct task *task;

	if (job->state != JOB_RUNNING)
		return NULL;
	task = map_get(job->by_id, device_id);
	return task != NULL && task->step == TASK_FOLLOWS ? task : NULL;
}

void
jobs_take_twin(struct jobs *jobs, const cJSON *twin)
{
	const char *id = json_get_string(twin, "deviceId");
	struct task *task;
	size_t i;

	for (i = 0; id != NULL && i < jobs->n_jobs; i++)
		if ((task = follower(jobs->list[i], id)) != NULL)
			task_take_twin(task, twin);
}

void
jobs_device_gone(struct jobs *jobs, const char *device_id)
{
	struct task *task;
	struct err err;
	size_t i;

	err_set(&err, ERR_NOT_FOUND, "no such device any more");
	for (i = 0; i < jobs->n_jobs; i++)
		if ((task = follower(jobs->list[i], device_id)) != NULL)
			task_fail(task, &err);
}
