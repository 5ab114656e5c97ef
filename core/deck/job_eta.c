#include "config.h"

#include "core/deck/job_eta.h"

#include <stddef.h>

#include "core/deck/jobs.h"

/* How often something was seen to end, and how long it took in all. */
struct seen {
	int64_t sum_ms;
	int64_t n;
};

/* The phases of an update that take time, in their order. */
static const enum firmware_phase phases[] = { PHASE_WAITING, PHASE_DOWNLOADING,
	PHASE_APPLYING, PHASE_COMPLETED };

#define N_PHASES (sizeof(phases) / sizeof(phases[0]))

struct evidence_of_time {
	struct seen whole;           /* from the call to a good end */
	struct seen call;            /* until it was answered */
	struct seen phase[N_PHASES]; /* each, to the next one */
};

static void
add(struct seen *seen, int64_t ms)
{
	if (ms < 0)
		return;
	seen->sum_ms += ms;
	seen->n++;
}

static int64_t
mean(const struct seen *seen)
{
	return seen->n > 0 ? seen->sum_ms / seen->n : JOB_ETA_UNKNOWN;
}

static void
look_at(struct evidence_of_time *e, const struct job_device *d)
{
	size_t i;

	if (d->elapsed_us > 0)
		add(&e->call, d->elapsed_us / 1000);
	if (d->ended && d->ended_us > 0 && d->called_us > 0 &&
	    (d->state == JOB_DEVICE_CONFIRMED ||
		d->state == JOB_DEVICE_ACKNOWLEDGED) &&
	    !d->let_go)
		add(&e->whole, (d->ended_us - d->called_us) / 1000);
	for (i = 0; i + 1 < N_PHASES; i++)
		if (d->phase_at_us[phases[i]] != 0 &&
		    d->phase_at_us[phases[i + 1]] != 0)
			add(&e->phase[i],
			    (d->phase_at_us[phases[i + 1]] -
				d->phase_at_us[phases[i]]) /
				1000);
}

static int64_t
at_least_0(int64_t ms)
{
	return ms > 0 ? ms : 0;
}

/* From the phase it is in to the end of the update. */
static int64_t
left_by_phase(const struct evidence_of_time *e, const struct job_device *d,
    int64_t now_ms)
{
	int64_t left = 0, ms;
	size_t i, k;

	for (i = 0; i + 1 < N_PHASES && phases[i] != d->phase; i++)
		;
	if (i + 1 == N_PHASES)
		return JOB_ETA_UNKNOWN;
	for (k = i; k + 1 < N_PHASES; k++) {
		ms = mean(&e->phase[k]);
		if (ms == JOB_ETA_UNKNOWN)
			return JOB_ETA_UNKNOWN;
		left +=
		    k == i ? at_least_0(ms - (now_ms - d->phase_since_ms)) : ms;
	}
	return left;
}

static int64_t
left_of(const struct evidence_of_time *e, const struct job_device *d,
    int64_t now_ms, int64_t now_us)
{
	int64_t left = left_by_phase(e, d, now_ms), whole = mean(&e->whole);

	if (left != JOB_ETA_UNKNOWN)
		return left;
	if (whole == JOB_ETA_UNKNOWN)
		return JOB_ETA_UNKNOWN;
	return d->called_us == 0
	    ? whole
	    : at_least_0(whole - (now_us - d->called_us) / 1000);
}

int64_t
job_eta_ms(const struct job *job, int64_t now_ms, int64_t now_us)
{
	struct evidence_of_time e = { 0 };
	const struct job_device *d;
	int64_t most = 0, left, call;
	size_t i, before = 0, at_once = (size_t)job_request(job)->at_once;

	if (job_state(job) != JOB_RUNNING || job_is_paused(job))
		return JOB_ETA_UNKNOWN;
	for (i = 0; i < job_size(job); i++)
		look_at(&e, job_device(job, i));
	call = mean(&e.call);
	for (i = 0; i < job_size(job); i++) {
		d = job_device(job, i);
		if (d->ended)
			continue;
		left = left_of(&e, d, now_ms, now_us);
		if (left == JOB_ETA_UNKNOWN)
			return JOB_ETA_UNKNOWN;
		/* A slot is free again once a call is answered. */
		if (d->state == JOB_DEVICE_WAITING && at_once > 0)
			left += (int64_t)(before++ / at_once + 1) *
			    (call > 0 ? call : 0);
		if (left > most)
			most = left;
	}
	/* All that is left is late: nobody knows. */
	return most > 0 ? most : JOB_ETA_UNKNOWN;
}
