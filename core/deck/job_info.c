/* What anybody may know of jobs: nothing here changes one. */
#include "config.h"

#include "core/base/clock.h"
#include "core/deck/job.h"
#include "core/deck/job_hub.h"

static const char *const state_names[JOB_DEVICE_STATES] = {
	[JOB_DEVICE_WAITING] = "waiting",
	[JOB_DEVICE_CALLING] = "calling",
	[JOB_DEVICE_ACKNOWLEDGED] = "acknowledged",
	[JOB_DEVICE_CONFIRMED] = "confirmed",
	[JOB_DEVICE_FAILED] = "failed",
	[JOB_DEVICE_UNKNOWN] = "unknown",
	[JOB_DEVICE_SKIPPED] = "skipped",
	[JOB_DEVICE_CANCELLED] = "cancelled",
};

const char *
job_device_state_name(enum job_device_state state)
{
	return state_names[state];
}

enum twin_section
job_section(enum job_action action)
{
	return action == JOB_TAGS ? TWIN_TAGS : TWIN_DESIRED;
}

size_t
jobs_size(const struct jobs *jobs)
{
	return jobs->n_jobs;
}

struct job *
jobs_at(const struct jobs *jobs, size_t i)
{
	return i < jobs->n_jobs ? jobs->list[jobs->n_jobs - 1 - i] : NULL;
}

struct job *
jobs_by_number(const struct jobs *jobs, int number)
{
	return number >= 1 && (size_t)number <= jobs->n_jobs
	    ? jobs->list[number - 1]
	    : NULL;
}

bool
job_is_active(const struct job *job)
{
	return (job->state == JOB_WAITING || job->state == JOB_RUNNING) &&
	    (job->hub == NULL || !job_hub_is_accepted(job->hub));
}

size_t
jobs_active(const struct jobs *jobs)
{
	size_t i, n = 0;

	for (i = 0; i < jobs->n_jobs; i++)
		n += job_is_active(jobs->list[i]);
	return n;
}

int
job_number(const struct job *job)
{
	return job->number;
}

enum job_state
job_state(const struct job *job)
{
	return job->state;
}

const struct job_request *
job_request(const struct job *job)
{
	return &job->request;
}

const char *
job_title(const struct job *job)
{
	return job->title;
}

void
job_counts(const struct job *job, struct job_counts *counts)
{
	const struct job_device *device;
	size_t i;

	*counts = (struct job_counts){ .total = job->n_tasks };
	for (i = 0; i < job->n_tasks; i++) {
		device = &job->tasks[i].device;
		counts->by_state[device->state]++;
		if (device->state == JOB_DEVICE_WAITING)
			counts->waiting++;
		else if (!device->ended)
			counts->running++;
		else if (device->state == JOB_DEVICE_ACKNOWLEDGED &&
		    device->let_go)
			counts->let_go++;
		else if (device->state == JOB_DEVICE_CONFIRMED ||
		    device->state == JOB_DEVICE_ACKNOWLEDGED)
			counts->done++;
		else if (device->state == JOB_DEVICE_FAILED ||
		    device->state == JOB_DEVICE_UNKNOWN)
			counts->failed++;
	}
}

size_t
job_size(const struct job *job)
{
	return job->n_tasks;
}

const struct job_device *
job_device(const struct job *job, size_t i)
{
	return i < job->n_tasks ? &job->tasks[i].device : NULL;
}

int64_t
job_starts_ms(const struct job *job)
{
	return job->starts_ms;
}

int64_t
job_began_us(const struct job *job)
{
	return job->began_us;
}

int64_t
job_elapsed_ms(const struct job *job)
{
	if (job->began_ms == 0)
		return 0;
	return (job->ended_ms != 0 ? job->ended_ms : clock_mono_ms()) -
	    job->began_ms;
}

bool
job_is_paused(const struct job *job)
{
	return job->paused_ms != 0;
}

const struct job_samples *
job_history(const struct job *job)
{
	return job->samples;
}

const char *
job_note(const struct job *job)
{
	return job->hub != NULL ? job_hub_words(job->hub) : NULL;
}
