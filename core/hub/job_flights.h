/*
 * The calls that method jobs make.  Each is marked on disk first, then handed
 * to methods.h; what became of it goes to the store.  Which devices are called
 * when, and when the job is over, is the job's to say.
 */
#ifndef TWINDECK_CORE_HUB_JOB_FLIGHTS_H
#define TWINDECK_CORE_HUB_JOB_FLIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/list.h"

struct hub;
struct hub_job_record;
struct hub_job_store;
struct hub_method_request;

/* What records say: the error's code, and words. */
#define HUB_JOB_UNKNOWN_CODE "504101"
#define HUB_JOB_LOST_TEXT                                                  \
	"The hub ended while the call was in flight: it is unknown whether " \
	"the device has acted."
#define HUB_JOB_CUT_OFF_TEXT                                                 \
	"The job's maximum execution time was over while the call was in "   \
	"flight: it is unknown whether the device has acted."
#define HUB_JOB_TIME_UP_CODE "500008" /* GenericTimeout */
#define HUB_JOB_TIME_UP_NUMBER 500008
#define HUB_JOB_TIME_UP_TEXT                                      \
	"The job's maximum execution time was over before."

/* Those of one job, by value; the first fields are the job's to set. */
struct hub_job_flights {
	struct hub *hub;
	struct hub_job_store *store;
	const struct hub_method_request *request; /* but for the device */
	/* Monotonic: until then a call waits for its device to be back, for
	 * the hub was away; or 0. */
	int64_t reconnect_until_ms;
	/* One has ended, or is to be tried again after so long. */
	void (*on_place)(int64_t after_us, void *arg);
	void *arg;

	struct list list;
	size_t n;
	bool is_stopping;
};

void hub_job_flights_init(struct hub_job_flights *flights);
/* Marks the device's record, and calls it once that is on disk. */
void hub_job_flights_add(
    struct hub_job_flights *flights, const struct hub_job_record *record);
/* The hub is about to end: nobody is called, who has not been waits again. */
void hub_job_flights_stop(struct hub_job_flights *flights);
/*
 * The job's time is up.  Who has not been called never is, and is recorded so;
 * who has been is let go, its record still "running".
 */
void hub_job_flights_expire(struct hub_job_flights *flights);

#endif
