/*
 * The quotas of a tier of IoT Hub: a token bucket for each class of
 * operations, messages a day, and how many there may be of things.  Traffic
 * is shaped first, then refused; what is over the day's messages is refused
 * until midnight UTC.  A hub without a tier has none of this: every function
 * takes NULL for that.
 */
#ifndef TWINDECK_CORE_HUB_TIER_H
#define TWINDECK_CORE_HUB_TIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct hub_tier;

enum hub_op {
	HUB_OP_FREE, /* what has no quota */
	HUB_OP_REGISTRY,
	HUB_OP_CONNECT,
	HUB_OP_TELEMETRY,
	HUB_OP_C2D,
	HUB_OP_METHOD, /* counted in bytes, see hub_tier_method_size() */
	HUB_OP_QUERY,
	HUB_OP_TWIN_READ,
	HUB_OP_TWIN_WRITE, /* by services and devices */
	HUB_OP_JOB,
	HUB_OP_JOB_DEVICE, /* one device of a job */
	HUB_OP_CONFIGURATION,
	HUB_OPS
};

/* How long an operation may be put off before it is refused. */
#define HUB_TIER_DELAY_MAX_MS 5000
#define HUB_TIER_REFUSED ((int64_t)-1)
#define HUB_TIER_RETRY_AFTER_S 10 /* what a refusal asks for */

/*
 * name is F1, S1, S2 or S3, in any case.  The buckets are full.  NULL with
 * err set (ERR_INVALID): no such tier, or more units than it has.
 */
struct hub_tier *
hub_tier_new(const char *name, int64_t n_units, struct err *err);
void hub_tier_free(struct hub_tier *tier); /* NULL does nothing */

/*
 * Takes amount out of a bucket.  Returns 0, or in how many ms the operation
 * may run (it counts from now on), or HUB_TIER_REFUSED.
 */
int64_t hub_tier_take(struct hub_tier *tier, enum hub_op op, size_t amount);
/* What a direct method of that many bytes counts: 4 KB at a time. */
size_t hub_tier_method_size(size_t len);

/*
 * A day's messages, metered in chunks of 4 KB, on F1 of half a KB: telemetry,
 * cloud-to-device messages, methods and their answers, twins read and
 * written, and what queries answer.  Identities, jobs and configurations are
 * free.
 */
bool hub_tier_is_metered(enum hub_op op);
/* Counts len bytes of such an operation, also when they are 0. */
void hub_tier_bill(struct hub_tier *tier, size_t len);
/* Goes on from what was counted on a day (since 1970, UTC); it is nothing to
 * another day. */
void hub_tier_resume(struct hub_tier *tier, int64_t day, int64_t messages);
/* What was counted today, and which day that is; not for NULL. */
int64_t hub_tier_messages(struct hub_tier *tier, int64_t *day);
/* Calls cb whenever the count has changed. */
void
hub_tier_on_bill(struct hub_tier *tier, void (*cb)(void *arg), void *arg);
/* Whether today's messages are used up. */
bool hub_tier_is_spent(struct hub_tier *tier);
/* "Total number of messages …": the caller's; not for NULL. */
char *hub_tier_spent_text(const struct hub_tier *tier);

/* "The request has been throttled. …": the caller's. */
char *hub_tier_refusal(enum hub_op op);

/* Jobs of updates and methods that may run at once. */
int hub_tier_jobs_max(const struct hub_tier *tier);

/* Devices and modules that the hub may have; INT64_MAX without a tier. */
int64_t hub_tier_identities_max(const struct hub_tier *tier);

/* Configurations that the hub may have. */
int hub_tier_configurations_max(const struct hub_tier *tier);

/* The class of a REST request, by its route's pattern. */
enum hub_op hub_tier_op_of(int method, const char *pattern);

#endif
