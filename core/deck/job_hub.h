/*
 * A job that IoT Hub itself runs, /jobs/v2: it is handed over, as soon as the
 * hub has a slot for it, and goes on without us; what it says of itself and of
 * its devices is read until it has ended.  Then evidence is looked for, as of
 * any other job.  Only jobs.c knows it.
 */
#ifndef TWINDECK_CORE_DECK_JOB_HUB_H
#define TWINDECK_CORE_DECK_JOB_HUB_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct job;
struct job_hub;
struct job_request;

#define JOB_HUB_READ_MS 1000 /* how often the hub is asked, at most */
#define JOB_HUB_RETRY_MS 2000 /* for a slot; doubled up to _MAX */
#define JOB_HUB_RETRY_MAX_MS 30000
/* For a query, of which a small tier has few and the list wants some too. */
#define JOB_HUB_QUERY_RETRY_MAX_MS 4000
#define JOB_HUB_EXECUTION_S 3600
/* So long what the hub says of devices may lag behind what it says of the job;
 * Azure's queries do. */
#define JOB_HUB_LAG_MS 15000

/* 0, or -1 with err set: what the hub's jobs cannot do (ERR_INVALID), more ids
 * than one condition holds (ERR_LIMIT). */
int job_hub_check(const struct job_request *request, struct err *err);

struct job_hub *job_hub_new(struct job *job); /* borrowed */
void job_hub_free(struct job_hub *hub);       /* NULL does nothing */

/* Asks what is due; returns when the next thing is, monotonic. */
int64_t job_hub_tick(struct job_hub *hub, int64_t now_ms);
/*
 * True: it is cancelled, at once.  False: the hub is asked, and answers later,
 * or it is too late, which has been said.
 */
bool job_hub_cancel(struct job_hub *hub);
bool job_hub_is_accepted(const struct job_hub *hub);
/* "waiting: the hub runs one job at a time"; borrowed. */
const char *job_hub_words(const struct job_hub *hub);

#endif
