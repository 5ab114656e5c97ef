/*
 * How a job went over time: in each stretch of it, what its devices were at
 * and how long calls took.  A job of seconds and one of days take the same
 * memory: when there is no room left, two stretches become one.
 */
#ifndef TWINDECK_CORE_DECK_JOB_SAMPLES_H
#define TWINDECK_CORE_DECK_JOB_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct job_device;
struct job_samples;

#define JOB_SAMPLES_MAX ((size_t)240)
#define JOB_SAMPLES_MS INT64_C(250) /* the first stretches; then doubled */

/* In the order in which they are stacked, from the ground up. */
enum job_band {
	JOB_BAND_DONE,
	JOB_BAND_APPLYING,
	JOB_BAND_DOWNLOADING,
	JOB_BAND_STANDBY, /* took the call, and its update waits */
	JOB_BAND_CALLED,  /* called, or answered with nothing reported yet */
	JOB_BAND_WAITING,
	JOB_BAND_GONE,    /* cancelled, skipped, let go */
	JOB_BAND_FAILED,  /* and unknown */
	JOB_BANDS
};
const char *job_band_name(enum job_band band); /* "downloading" */
enum job_band job_band_of(const struct job_device *device);

struct job_sample {
	uint16_t bands[JOB_BANDS]; /* devices, at the end of the stretch */
	uint32_t answers;          /* calls that were answered in it */
	uint32_t longest_ms;
	uint64_t sum_us;           /* of all answers' latencies */
};

struct job_samples *job_samples_new(void);
void job_samples_free(struct job_samples *samples); /* NULL does nothing */

/* Times are ms since the job began; one that runs backwards is the last. */
void job_samples_count(struct job_samples *samples, int64_t at_ms,
    const size_t bands[JOB_BANDS]);
void job_samples_answer(
    struct job_samples *samples, int64_t at_ms, int64_t latency_us);

size_t job_samples_size(const struct job_samples *samples);
/* Oldest first. */
const struct job_sample *job_samples_at(
    const struct job_samples *samples, size_t i);
int64_t job_samples_width_ms(const struct job_samples *samples);

#endif
