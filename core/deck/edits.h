/*
 * What was written from here, device by device, so that it can be taken back:
 * the inverse of each patch, and the etag that the twin had right after it.
 * Only while that is still its etag has nobody else written since.  Those of
 * earlier starts come from edits_file.h; job numbers begin anew at each start,
 * so theirs are below 0, the newest -1.
 */
#ifndef TWINDECK_CORE_DECK_EDITS_H
#define TWINDECK_CORE_DECK_EDITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/iothub/twin.h"

struct cJSON;
struct edits;

#define EDITS_MAX 100 /* the oldest is forgotten */
#define EDITS_BYTES_MAX ((size_t)32 * 1024 * 1024) /* of inverses; likewise */
#define EDITS_NAME_SIZE 48
/* Of an undo whose edit is forgotten: nobody's number. */
#define EDITS_FORGOTTEN (-EDITS_MAX - 1)

struct edits_device {
	char *device_id;
	char *inverse;     /* JSON text: the patch that takes it back */
	char *etag_before;
	char *etag;        /* of the twin as we left it */
	bool undone;
};

struct edits_job {
	int job_number;
	int undo_of; /* the job that it took back; 0: none */
	int64_t at_us; /* UTC, of its first write; no other edit has the same */
	enum twin_section section;
	struct edits_device *devices; /* those that it really changed */
	size_t n;
	size_t n_undone;
};

/* One device that a job has written; everything is copied. */
struct edits_write {
	int job_number, undo_of;
	enum twin_section section;
	const char *device_id;
	const struct cJSON *before; /* the section, as it was written over */
	const struct cJSON *patch;
	const char *etag_before, *etag_after; /* NULL: not said */
};

struct edits *edits_new(void);
void edits_free(struct edits *edits); /* NULL does nothing */

/*
 * A write that changed nothing, or whose etags are not known, is not kept.
 * One that takes back another makes that one undone, and lets the one before
 * it be undone in turn.
 */
void edits_note(struct edits *edits, const struct edits_write *write);

/* Borrowed until the next edits_note(); NULL: there is none. */
const struct edits_job *edits_by_job(struct edits *edits, int job_number);
/* The newest that is no undo itself and can still be taken back. */
const struct edits_job *edits_last(struct edits *edits);
/* The job that left this device's twin with this etag; 0: none from here. */
int edits_wrote(
    struct edits *edits, const char *device_id, const char *etag);
/* "job 2", or of an earlier start "the edit of 2026-11-21 14:03". */
void edits_name(char out[EDITS_NAME_SIZE], const struct edits_job *edit);

/*
 * Who keeps them across starts: load is called once, before anything is noted
 * or asked for, changed each time there is news.
 */
struct edits_keeper {
	void (*load)(struct edits *edits, void *arg);
	void (*changed)(void *arg);
};
void edits_set_keeper(
    struct edits *edits, const struct edits_keeper *keeper, void *arg);
/* One of an earlier start, by load, the oldest first; all of it is copied. */
void edits_restore(struct edits *edits, const struct edits_job *edit);
/* All of them, oldest first; borrowed as above; NULL behind the last. */
const struct edits_job *edits_at(const struct edits *edits, size_t i);

#endif
