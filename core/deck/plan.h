/*
 * What an edit would do to each of its devices, known before anything is sent:
 * which would change, which have the values already, which cannot take them.
 */
#ifndef TWINDECK_CORE_DECK_PLAN_H
#define TWINDECK_CORE_DECK_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/deck/form.h"
#include "core/iothub/twin.h"

struct cJSON;
struct err;
struct plan;

#define PLAN_ROWS_MAX ((size_t)200) /* different changes that are told */

enum plan_state {
	PLAN_READING, /* its twin is not here yet */
	PLAN_CHANGES,
	PLAN_SAME,    /* has these values already */
	PLAN_STALE,   /* somebody wrote since, see plan_order.etags */
	PLAN_REFUSED, /* would be beyond a limit of the hub */
	PLAN_UNREAD,  /* its twin could not be read */
	PLAN_STATES
};

struct plan_device {
	const char *device_id;
	const char *patch; /* JSON text */
	enum plan_state state;
	char *etag;        /* of the twin that was read, or NULL */
	char *why;         /* it is left out, in words; or NULL */
};

/* One change and how many devices it happens to; was or is may be NULL. */
struct plan_row {
	enum form_change change;
	char *path, *was, *is;
	size_t n;
};

struct plan_order {
	enum twin_section section;
	const char *const *device_ids;
	size_t n;
	const char *patch;          /* of all; or NULL, and then of each: */
	const char *const *patches;
	/* Only a twin that still has this etag may be changed; NULL: any. */
	const char *const *etags;
};

struct plan *plan_new(const struct plan_order *order); /* copied */
void plan_free(struct plan *plan);                     /* NULL does nothing */

/* What was read of the i-th device: its twin, or NULL and why. */
void plan_take(struct plan *plan, size_t i, const struct cJSON *twin,
    const struct err *why);

/* Why a device is left out, better known to the caller; copied. */
void plan_set_why(struct plan *plan, size_t i, const char *why);

size_t plan_size(const struct plan *plan);
const struct plan_device *plan_device(const struct plan *plan, size_t i);
size_t plan_count(const struct plan *plan, enum plan_state state);
bool plan_is_done(const struct plan *plan); /* nothing is PLAN_READING */
/* In the order in which they were met; NULL behind the last. */
const struct plan_row *plan_row(const struct plan *plan, size_t i);
/* Changes beyond PLAN_ROWS_MAX different ones, each once a device. */
size_t plan_more(const struct plan *plan);

#endif
