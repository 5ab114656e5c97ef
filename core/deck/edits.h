/*
 * What was written from here, device by device, so that it can be taken back:
 * the inverse of each patch, and the etag that the twin had right after it.
 * Only while that is still its etag has nobody else written since.
 */
#ifndef TWINDECK_CORE_DECK_EDITS_H
#define TWINDECK_CORE_DECK_EDITS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/iothub/twin.h"

struct cJSON;
struct edits;

#define EDITS_MAX 100 /* the oldest is forgotten */
#define EDITS_BYTES_MAX ((size_t)32 * 1024 * 1024) /* of inverses; likewise */

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
const struct edits_job *edits_by_job(const struct edits *edits, int job_number);
/* The newest that is no undo itself and can still be taken back. */
const struct edits_job *edits_last(const struct edits *edits);
/* The job that left this device's twin with this etag; 0: none from here. */
int edits_wrote(
    const struct edits *edits, const char *device_id, const char *etag);

#endif
