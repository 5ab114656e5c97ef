/*
 * When a job will have ended, as far as its own devices show it: from those
 * that are done, and from the phases that others went through.
 */
#ifndef TWINDECK_CORE_DECK_JOB_ETA_H
#define TWINDECK_CORE_DECK_JOB_ETA_H

#include <stdint.h>

struct job;

#define JOB_ETA_UNKNOWN ((int64_t)-1)

/*
 * Milliseconds that are left, or JOB_ETA_UNKNOWN while nothing is there to
 * judge by: no device has come as far as the others have to go.
 */
int64_t job_eta_ms(const struct job *job, int64_t now_ms, int64_t now_us);

#endif
