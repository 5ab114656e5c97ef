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
#define FLEET_TEXT_MAX ((size_t)256) /* bytes of its version, its failure */
#define FLEET_PATHS_MAX ((size_t)8)
#define FLEET_VALUE_MAX ((size_t)64) /* bytes of a path's value */
#define FLEET_CHANGED_MS 2000 /* how long a change is shown as one */

/*
 * A million of these are kept: texts stand in a table that the rows share, and
 * times are short.  The functions below read them.  Written by fleet.c alone.
 * Good while the device exists.
 */
struct fleet_row {
	const char *id;
	uint32_t link : 2;   /* enum device_link */
	uint32_t phase : 3;  /* enum firmware_phase */
	uint32_t door : 2;   /* enum door_state */
	uint32_t marked : 1;
	uint32_t alarm : 1;  /* a failure that nobody has looked at */
	int32_t percent : 8; /* -1: not reported */
	uint32_t drift : 14; /* leaves; more than that count as that many */
	uint32_t load : 1;   /* the rest is fleet.c's own */
	uint32_t version, failure, tags;
	uint32_t door_until_s;
	uint32_t seen;
	uint32_t twin_version;
	uint16_t twin_version_s;
	uint16_t changed;
};

struct fleet *fleet_new(struct events *events); /* borrowed */
void fleet_free(struct fleet *fleet);

/* Borrowed until the row changes; NULL: none. */
const char *fleet_row_version(
    const struct fleet *fleet, const struct fleet_row *row);
const char *fleet_row_failure(
    const struct fleet *fleet, const struct fleet_row *row);
/* "site=brno floor=3"; what would make it too long is left out. */
const char *fleet_row_tags(
    const struct fleet *fleet, const struct fleet_row *row);
int64_t fleet_row_door_until_us(const struct fleet_row *row); /* UTC; 0: no end */
#define FLEET_TICK_MS 100
/* Monotonic, rounded down to FLEET_TICK_MS: when it was last read from the hub; and
 * when it last changed, 0: not since the first read, or long ago. */
int64_t fleet_row_seen_ms(
    const struct fleet *fleet, const struct fleet_row *row);
int64_t fleet_row_changed_ms(
    const struct fleet *fleet, const struct fleet_row *row);

/*
 * The paths whose values rows are to keep, FLEET_PATHS_MAX at most:
 * "tags.site", "desired.interval", "reported.battery.level", or a member of
 * the twin itself, "status".  Copied; replaces those before, and what was
 * known at a path that stays is kept.  A row learns the others with its next
 * read.
 */
void fleet_set_paths(
    struct fleet *fleet, const char *const *paths, size_t n);
size_t fleet_paths(const struct fleet *fleet); /* how many there are */
/* The number of a path; -1: its values are not kept. */
int fleet_path_index(const struct fleet *fleet, const char *path);
/* Another number after each fleet_set_paths(): rows must be read again. */
unsigned int fleet_paths_number(const struct fleet *fleet);
/*
 * What a row has at the i-th path, as compact text, strings without quotes,
 * cut at FLEET_VALUE_MAX; NULL: nothing, or not read since.  Borrowed until
 * the row changes.
 */
const char *fleet_row_value(
    const struct fleet *fleet, const struct fleet_row *row, size_t i);

/*
 * Takes in a twin as the hub sent it; fires DECK_FLEET if a row changed.  A
 * twin older than what is known is dropped: queries lag behind on Azure.  So
 * is one of an id that no device can have, and a new one beyond FLEET_MAX.
 */
void fleet_take_twin(struct fleet *fleet, const struct cJSON *twin);
/* It was read, and is as it was; NULL: all of them are. */
void fleet_seen_again(struct fleet *fleet, const char *device_id);
/* The hub says that it does not exist (any more).  Says so if it was marked. */
void fleet_remove(struct fleet *fleet, const char *device_id);

const struct fleet_row *fleet_get(const struct fleet *fleet, const char *id);
size_t fleet_size(const struct fleet *fleet);
/* As the rows say, or the hub, since it has counted. */
size_t fleet_linked(const struct fleet *fleet);
/*
 * How many of all its devices the hub counts as linked: rows of a long list
 * may be old.  What rows learn afterwards is added to it.  -1: count the rows.
 */
void fleet_set_linked(struct fleet *fleet, ssize_t n);
size_t fleet_marked(const struct fleet *fleet);
/* Whether the whole list has been loaded; until then the count is "n of ?". */
bool fleet_is_complete(const struct fleet *fleet);
/*
 * Around a load of the whole list: devices that no twin came of in between are
 * gone when it ends, and the list is complete.  Marks that went with them are
 * said.
 */
void fleet_load_begin(struct fleet *fleet);
void fleet_load_end(struct fleet *fleet);

void fleet_mark(struct fleet *fleet, const char *id, bool marked);
void fleet_unmark_all(struct fleet *fleet); /* as fleet_pick_mark() */
void fleet_alarm(struct fleet *fleet, const char *id); /* a job failed there */
void fleet_looked_at(struct fleet *fleet, const char *id); /* alarm off */

/* Ids of the marked devices in id order; *ids and its strings are the caller's:
 * a frozen copy. */
size_t fleet_marked_ids(const struct fleet *fleet, char ***ids);

/*
 * Rows that are marked together.  A row that goes is in no pick any more.  Many
 * take several turns of the loop, and pick after pick: until then fleet_marked()
 * and the like tell of a part.
 */
enum fleet_marking { FLEET_MARK, FLEET_UNMARK, FLEET_INVERT };
struct fleet_pick;
struct fleet_pick *fleet_pick_new(struct fleet *fleet);
void fleet_pick_free(struct fleet_pick *pick); /* NULL does nothing */
/* false: there is no such row. */
bool fleet_pick_add(struct fleet_pick *pick, const char *id);
size_t fleet_pick_size(const struct fleet_pick *pick);
/* The pick is the fleet's from now on. */
void fleet_pick_mark(struct fleet_pick *pick, enum fleet_marking how);
bool fleet_is_marking(const struct fleet *fleet);
/* Nothing may act on the marked ones before. */
void fleet_finish_marks(struct fleet *fleet);

/*
 * Whether there is such work, or other that takes several turns.  Does it for a
 * few milliseconds, or until end_us of the monotonic clock; true: there is
 * more to do.
 */
bool fleet_works(const struct fleet *fleet);
bool fleet_work(struct fleet *fleet);
bool fleet_work_until(struct fleet *fleet, int64_t end_us);

/*
 * A view.  It follows the fleet; new rows come in at their place.  SORT_VALUE
 * + i sorts by the values of the i-th path; those without one are last, in
 * reverse too.
 */
enum fleet_sort { SORT_DEVICE, SORT_LINK, SORT_FIRMWARE, SORT_DOOR, SORT_DRIFT,
	SORT_VERSION, SORT_TAGS, SORT_SEEN, SORTS, SORT_VALUE = 16 };

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
/*
 * In a long list a filter and a sort take several turns of the loop; meanwhile
 * the view shows what it did, and a newer wish is all that counts.  Works for a
 * few milliseconds; true: there is more to do.
 */
bool fleet_view_work(struct fleet_view *view);
void fleet_view_finish(struct fleet_view *view); /* works to the end */
/* What is not shown yet as it is wanted; nothing may act on rows that wait for
 * their filter. */
enum fleet_wait { FLEET_SHOWN, FLEET_SORTS, FLEET_FILTERS };
enum fleet_wait fleet_view_waits(const struct fleet_view *view);
/* As is wanted: filter, column, and which way. */
const char *fleet_view_filter(const struct fleet_view *view);
/* Sorts once; nothing moves by itself afterwards. */
void fleet_view_sort(struct fleet_view *view, enum fleet_sort by, bool reverse);
enum fleet_sort fleet_view_sorted_by(const struct fleet_view *view);
bool fleet_view_is_reverse(const struct fleet_view *view);
size_t fleet_view_size(const struct fleet_view *view);
size_t fleet_view_marked(const struct fleet_view *view); /* of those shown */
const struct fleet_row *fleet_view_at(const struct fleet_view *view, size_t i);
ssize_t fleet_view_index(const struct fleet_view *view, const char *id); /* -1 */

/* Marks the n rows from the i-th on as they are shown now, as
 * fleet_pick_mark() does. */
void fleet_view_mark(struct fleet_view *view, size_t i, size_t n,
    enum fleet_marking how);

#endif
