/*
 * Scheduled jobs: a direct method or a twin update on the devices of a
 * condition, which is looked at when the job begins.
 *
 * A job goes queued or scheduled -> running -> completed, or failed when it
 * could not begin, or cancelled before it began.  Its devices stand in the
 * store from then on: pending -> running -> completed or failed.  A call is
 * written down as running before it is sent, so that no device is called
 * twice, whatever becomes of the hub; what was in flight when the hub ended
 * is failed with words that say so, and the rest goes on with the next start.
 * A twin update and its record are one transaction.
 *
 * How many jobs run at a time, and how fast they go from device to device, is
 * the tier's to say.
 */
#ifndef TWINDECK_CORE_HUB_JOBS_H
#define TWINDECK_CORE_HUB_JOBS_H

#include <stdint.h>

struct err;
struct hub;
struct hub_jobs;

#define HUB_JOB_ID_MAX 64          /* letters, digits and '-' */
#define HUB_JOB_IN_FLIGHT_MAX 64   /* calls of one job at a time */
#define HUB_JOB_TWINS_PER_TURN 64  /* updates of one job in one turn */
#define HUB_JOB_GATHER_PER_TURN 2000
#define HUB_JOB_EXECUTION_DEF 3600 /* seconds */
#define HUB_JOB_EXECUTION_MAX INT32_MAX
#define HUB_JOB_HISTORY_DAYS 30
/* After a restart devices need a while to be back: their calls wait. */
#define HUB_JOB_RECONNECT_S 20

enum hub_job_type { HUB_JOB_METHOD, HUB_JOB_TWIN, HUB_JOB_TYPES };

/* Takes up what the last hub left.  NULL with err set (ERR_IO). */
struct hub_jobs *hub_jobs_new(struct hub *hub, struct err *err);
/* From now on no job begins and no device is called. */
void hub_jobs_stop(struct hub_jobs *jobs);
/* After every call and commit has ended.  NULL does nothing. */
void hub_jobs_free(struct hub_jobs *jobs);

struct hub_job_order {
	const char *job_id;
	enum hub_job_type type;
	const char *condition;
	const char *action; /* JSON: the method, or the part of a twin */
	int64_t start_us;   /* UTC; what is past is now */
	int64_t max_execution_s;
};

/*
 * Writes a job down; it begins when that is on disk and its time has come.
 * 0, or -1 with err set: ERR_EXISTS, ERR_THROTTLED (as many are running as
 * the tier allows), ERR_INVALID (the action is none).
 */
int hub_jobs_create(struct hub_jobs *jobs, const struct hub_job_order *order,
    struct err *err);

/* 0, or -1 with err set: ERR_NOT_FOUND, ERR_REFUSED (it has begun, or ended). */
int hub_jobs_cancel(
    struct hub_jobs *jobs, const char *job_id, struct err *err);

#endif
