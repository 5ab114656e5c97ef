/*
 * The versions of a twin as they were seen, for those devices that somebody
 * has looked at: what any read brought of them is kept, within bounds, so that
 * one can walk back and see what each version changed.
 */
#ifndef TWINDECK_CORE_DECK_TWIN_HISTORY_H
#define TWINDECK_CORE_DECK_TWIN_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct twin_history;

#define TWIN_HISTORY_DEVICES 64   /* the one looked at the longest ago goes */
#define TWIN_HISTORY_VERSIONS 100 /* of one device */
#define TWIN_HISTORY_BYTES ((size_t)2 * 1024 * 1024)
#define TWIN_HISTORY_TWIN_MAX ((size_t)512 * 1024) /* larger: not kept */

struct twin_seen {
	int64_t version;
	int64_t seen_us; /* UTC, when it was read first */
	char *text;      /* JSON */
	size_t len;      /* of the text */
	int64_t updated_us; /* UTC, the last $lastUpdated in it */
};

struct twin_history *twin_history_new(void);
void twin_history_free(struct twin_history *history); /* NULL does nothing */

/* Somebody looks at this device: from now on its versions are kept. */
void twin_history_follow(
    struct twin_history *history, const char *device_id);

/*
 * Takes in a twin that was read.  It is kept if its device is followed and it
 * is newer than what is kept; queries may lag behind.  An older version that
 * was written later is of a device that was deleted and made again: then what
 * was kept is forgotten.
 */
void twin_history_take(struct twin_history *history, const struct cJSON *twin,
    int64_t seen_us);

/* The device is gone. */
void twin_history_forget(
    struct twin_history *history, const char *device_id);

size_t twin_history_size(
    const struct twin_history *history, const char *device_id);
/* Oldest first; NULL behind the last.  Borrowed until the next take. */
const struct twin_seen *twin_history_at(
    const struct twin_history *history, const char *device_id, size_t i);

#endif
