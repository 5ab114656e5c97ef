#include "config.h"

#include "core/deck/job_samples.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/jobs.h"

struct job_samples {
	struct job_sample list[JOB_SAMPLES_MAX];
	size_t n; /* the last is the one that is being filled */
	int64_t width_ms;
};

static const char *const band_names[JOB_BANDS] = {
	[JOB_BAND_DONE] = "done",
	[JOB_BAND_APPLYING] = "applying",
	[JOB_BAND_DOWNLOADING] = "downloading",
	[JOB_BAND_STANDBY] = "standby",
	[JOB_BAND_CALLED] = "called",
	[JOB_BAND_WAITING] = "waiting",
	[JOB_BAND_GONE] = "gone",
	[JOB_BAND_FAILED] = "failed",
};

const char *
job_band_name(enum job_band band)
{
	return band_names[band];
}

static enum job_band
band_of_phase(enum firmware_phase phase)
{
	switch (phase) {
	case PHASE_WAITING:
		return JOB_BAND_STANDBY;
	case PHASE_DOWNLOADING:
		return JOB_BAND_DOWNLOADING;
	case PHASE_APPLYING:
		return JOB_BAND_APPLYING;
	case PHASE_NONE:
	case PHASE_COMPLETED:
	case PHASE_FAILED:
	case PHASE_OTHER:
		break;
	}
	return JOB_BAND_CALLED;
}

enum job_band
job_band_of(const struct job_device *device)
{
	if (device->state == JOB_DEVICE_WAITING)
		return JOB_BAND_WAITING;
	if (!device->ended)
		return band_of_phase(device->phase);
	if (device->state == JOB_DEVICE_FAILED ||
	    device->state == JOB_DEVICE_UNKNOWN)
		return JOB_BAND_FAILED;
	if (device->state == JOB_DEVICE_CONFIRMED ||
	    (device->state == JOB_DEVICE_ACKNOWLEDGED && !device->let_go))
		return JOB_BAND_DONE;
	return JOB_BAND_GONE;
}

struct job_samples *
job_samples_new(void)
{
	struct job_samples *s = xcalloc(1, sizeof(*s));

	s->n = 1;
	s->width_ms = JOB_SAMPLES_MS;
	return s;
}

void
job_samples_free(struct job_samples *s)
{
	free(s);
}

/* Two stretches are one: what was counted is the later count. */
static void
merge(struct job_sample *to, const struct job_sample *a,
    const struct job_sample *b)
{
	struct job_sample merged = *b;

	merged.answers += a->answers;
	merged.sum_us += a->sum_us;
	if (merged.longest_ms < a->longest_ms)
		merged.longest_ms = a->longest_ms;
	*to = merged;
}

static void
halve(struct job_samples *s)
{
	size_t i;

	for (i = 0; i + 1 < s->n; i += 2)
		merge(&s->list[i / 2], &s->list[i], &s->list[i + 1]);
	if (s->n % 2 == 1)
		s->list[s->n / 2] = s->list[s->n - 1];
	s->n = (s->n + 1) / 2;
	s->width_ms *= 2;
}

/* The stretch of a time; nothing moved in those that nobody saw. */
static struct job_sample *
reach(struct job_samples *s, int64_t at_ms)
{
	while (at_ms / s->width_ms >= (int64_t)JOB_SAMPLES_MAX)
		halve(s);
	while ((int64_t)s->n <= at_ms / s->width_ms) {
		s->list[s->n] = s->list[s->n - 1];
		s->list[s->n].answers = 0;
		s->list[s->n].sum_us = 0;
		s->list[s->n].longest_ms = 0;
		s->n++;
	}
	return &s->list[s->n - 1];
}

void
job_samples_count(
    struct job_samples *s, int64_t at_ms, const size_t bands[JOB_BANDS])
{
	struct job_sample *sample = reach(s, at_ms);
	size_t i;

	for (i = 0; i < JOB_BANDS; i++)
		sample->bands[i] =
		    bands[i] < UINT16_MAX ? (uint16_t)bands[i] : UINT16_MAX;
}

void
job_samples_answer(struct job_samples *s, int64_t at_ms, int64_t latency_us)
{
	struct job_sample *sample = reach(s, at_ms);
	int64_t ms = (latency_us + 999) / 1000;

	sample->answers++;
	if (latency_us <= 0)
		return;
	sample->sum_us += (uint64_t)latency_us;
	if (ms > sample->longest_ms)
		sample->longest_ms =
		    ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

size_t
job_samples_size(const struct job_samples *s)
{
	return s->n;
}

const struct job_sample *
job_samples_at(const struct job_samples *s, size_t i)
{
	return i < s->n ? &s->list[i] : NULL;
}

int64_t
job_samples_width_ms(const struct job_samples *s)
{
	return s->width_ms;
}
