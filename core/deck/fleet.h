/*
 * The devices of the hub, as far as they are known, by id; and a view of them:
 * filtered, sorted, in the order in which a list shows them.  Rows are bound
 * to ids: whatever comes and goes, a row never becomes another device.
 */
#ifndef TWINDECK_CORE_DECK_FLEET_H
#define TWINDECK_CORE_DECK_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/deck/evidence.h"

struct cJSON;
struct err;
struct events;
struct filter;
struct fleet;
struct fleet_view;

#define FLEET_MAX ((size_t)1000000)  /* devices; IoT Hub's own limit */
#define FLEET_TAGS_MAX ((size_t)256) /* bytes of a row's tags */
#define FLEET_CHANGED_MS 2000 /* how long a change is shown as one */

/* Read by anybody, written by fleet.c alone.  Good while the device exists. */
struct fleet_row {
	char *id;
	enum device_link link;
	enum firmware_phase phase;
	int percent;           /* -1: not reported */
	char *version;         /* or NULL */
	char *failure;         /* or NULL */
	char *tags;            /* "site=brno floor=3", cut if long; or NULL */
	enum door_state door;
	int64_t door_until_us; /* UTC; 0: no end */
	size_t drift;
	bool marked;
	bool alarm;            /* a failure that nobody has looked at */
	int64_t seen_ms;       /* monotonic; when last read from the hub */
	int64_t changed_ms;    /* monotonic; 0: never since the first read */
};

struct fleet *fleet_new(struct events *events); /* borrowed */
void fleet_free(struct fleet *fleet);

/*
 * Takes in a twin as the hub sent it; fires DECK_FLEET if a row changed.  A
 * twin older than what is known is dropped: queries lag behind on Azure.  So
 * is one of an id that no device can have, and a new one beyond FLEET_MAX.
 */
void fleet_take_twin(struct fleet *fleet, const struct cJSON *twin);
/* The hub says that it does not exist (any more). */
void fleet_remove(struct fleet *fleet, const char *device_id);

const struct fleet_row *fleet_get(const struct fleet *fleet, const char *id);
size_t fleet_size(const struct fleet *fleet);
size_t fleet_linked(const struct fleet *fleet);
size_t fleet_marked(const struct fleet *fleet);
/* Whether the whole list has been loaded; until then the count is "n of ?". */
bool fleet_is_complete(const struct fleet *fleet);
/*
 * Around a load of the whole list: devices that no twin came of in between are
 * gone when it ends, and the list is complete.
 */
void fleet_load_begin(struct fleet *fleet);
void fleet_load_end(struct fleet *fleet);

void fleet_mark(struct fleet *fleet, const char *id, bool marked);
void fleet_unmark_all(struct fleet *fleet);
void fleet_alarm(struct fleet *fleet, const char *id); /* a job failed there */
void fleet_looked_at(struct fleet *fleet, const char *id); /* alarm off */

/* Ids of the marked devices in id order; *ids and its strings are the caller's:
 * a frozen copy. */
size_t fleet_marked_ids(const struct fleet *fleet, char ***ids);
void fleet_ids_free(char **ids, size_t n);

/* A view.  It follows the fleet; new rows come in at their place. */
enum fleet_sort { SORT_DEVICE, SORT_LINK, SORT_FIRMWARE, SORT_DOOR, SORT_DRIFT,
	SORTS };
const char *fleet_sort_name(enum fleet_sort sort); /* "device" */

struct fleet_view *fleet_view_new(struct fleet *fleet);
void fleet_view_free(struct fleet_view *view);
/*
 * Shows what matches, as core/deck/filter.h has it, without named ones; ""
 * shows all.  0, or -1 with err set and the view as it was.
 */
int fleet_view_set_filter(
    struct fleet_view *view, const char *filter, struct err *err);
/* The filter is the view's from now on. */
void fleet_view_take_filter(struct fleet_view *view, struct filter *filter);
const char *fleet_view_filter(const struct fleet_view *view);
/* Sorts now, once; nothing moves by itself afterwards. */
void fleet_view_sort(struct fleet_view *view, enum fleet_sort by, bool reverse);
enum fleet_sort fleet_view_sorted_by(const struct fleet_view *view);
size_t fleet_view_size(const struct fleet_view *view);
const struct fleet_row *fleet_view_at(const struct fleet_view *view, size_t i);
ssize_t fleet_view_index(const struct fleet_view *view, const char *id); /* -1 */

#endif
