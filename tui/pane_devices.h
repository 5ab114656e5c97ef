/*
 * The list of devices, in the columns that the user has chosen.  Its cursor is
 * bound to a device id: rows may come and go, it stays on its device.
 */
#ifndef TWINDECK_TUI_PANE_DEVICES_H
#define TWINDECK_TUI_PANE_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/deck/fleet.h"

struct columns;
struct deck;
struct err;
struct filter;
struct pane;

struct pane *pane_devices_new(void);
void pane_devices_set_deck(struct pane *pane, struct deck *deck);

/* Under the cursor; borrowed until the next settle or move; or NULL. */
const char *pane_devices_id(const struct pane *pane);
/* NULL before there is a deck. */
struct fleet_view *pane_devices_view(const struct pane *pane);
/*
 * The filter is the pane's from now on.  A device that it hides gets the cursor
 * back when a later filter shows it again, unless it was moved in between.
 */
void pane_devices_take_filter(struct pane *pane, struct filter *filter);
/*
 * In a long list a filter and a sort take several turns of the loop: works on
 * them for a few milliseconds.
 */
bool pane_devices_works(const struct pane *pane);
void pane_devices_work(struct pane *pane);
/* Whether what is shown is still to become what was asked for: nothing may act
 * on it before. */
bool pane_devices_waits(const struct pane *pane);
void pane_devices_finish(struct pane *pane); /* until it is */

const struct columns *pane_devices_columns(const struct pane *pane);
/* Whether the i-th has room where the list stands; true while it is hidden. */
bool pane_devices_column_fits(const struct pane *pane, size_t i);
/* They are the pane's from now on. */
void pane_devices_take_columns(struct pane *pane, struct columns *columns);
/*
 * Sorts now, by a column that is shown or a built-in one.  0, or -1 with err
 * set (ERR_INVALID).
 */
int pane_devices_sort(
    struct pane *pane, const char *name, bool reverse, struct err *err);
const char *pane_devices_sort_name(const struct pane *pane);

/*
 * A range of rows to be marked, from the device under the cursor to wherever
 * that is moved.  Marking gives the number of rows, or -1 when the list has
 * changed since it was drawn: then nothing was marked.
 */
void pane_devices_range_begin(struct pane *pane);
bool pane_devices_has_range(const struct pane *pane);
ssize_t pane_devices_range_mark(struct pane *pane);
void pane_devices_range_drop(struct pane *pane);
void pane_devices_go(struct pane *pane, const char *device_id);
/* The rows that are seen; borrowed. */
size_t pane_devices_visible(
    const struct pane *pane, const char **device_ids, size_t max);
/* What stands in an empty list instead of rows, "" for the pane's own words. */
void pane_devices_set_notice(struct pane *pane, const char *text);

#endif
