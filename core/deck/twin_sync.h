/*
 * How far a device has come with what is desired of it, leaf by leaf:
 *
 *   in sync    reported has the same value at the same path
 *   pending    reported lacks it, or has another value that was reported
 *              before this one was desired: the device may still come to it
 *   diverged   reported has another value, and reported it later: the device
 *              saw what is desired, or was not asked, and says otherwise
 *
 * "Before" is by $lastUpdated of both; where one of them does not say, a
 * different value is pending.  Arrays are leaves, as IoT Hub replaces them
 * whole.  Pending and diverged together are what the list shows as drift.
 */
#ifndef TWINDECK_CORE_DECK_TWIN_SYNC_H
#define TWINDECK_CORE_DECK_TWIN_SYNC_H

#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum twin_sync { TWIN_IN_SYNC, TWIN_PENDING, TWIN_DIVERGED, TWIN_SYNCS };
const char *twin_sync_name(enum twin_sync sync); /* "in sync", … */

/* Borrowed from the twin, path in the call. */
struct twin_sync_leaf {
	const char *path;             /* of twin_path.h, of the desired one */
	const struct cJSON *desired;
	const struct cJSON *reported; /* NULL: not reported */
	enum twin_sync sync;
	int64_t desired_us;           /* $lastUpdated, UTC; 0: not said */
	int64_t reported_us;          /* likewise */
};

typedef void (*twin_sync_cb)(const struct twin_sync_leaf *leaf, void *arg);

/* Each leaf of desired, in the order of the section. */
void twin_sync_walk(const struct cJSON *twin, twin_sync_cb cb, void *arg);

/* Leaves of reported that nobody asked for. */
size_t twin_sync_only_reported(const struct cJSON *twin);

#endif
