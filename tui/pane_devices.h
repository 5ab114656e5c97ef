/*
 * The list of devices: mark, link, firmware, door, drift.  Its cursor is bound
 * to a device id: rows may come and go, it stays on its device.
 */
#ifndef TWINDECK_TUI_PANE_DEVICES_H
#define TWINDECK_TUI_PANE_DEVICES_H

#include <stddef.h>

#include "core/deck/fleet.h"

struct deck;
struct err;
struct pane;

struct pane *pane_devices_new(void);
void pane_devices_set_deck(struct pane *pane, struct deck *deck);

/* Under the cursor; borrowed until the next settle or move; or NULL. */
const char *pane_devices_id(const struct pane *pane);
/* NULL before there is a deck. */
struct fleet_view *pane_devices_view(const struct pane *pane);
/*
 * As fleet_view_set_filter().  A device that the filter hides gets the cursor
 * back when a later filter shows it again, unless it was moved in between.
 */
int pane_devices_set_filter(
    struct pane *pane, const char *filter, struct err *err);
void pane_devices_go(struct pane *pane, const char *device_id);
/* The rows that are seen; borrowed. */
size_t pane_devices_visible(
    const struct pane *pane, const char **device_ids, size_t max);
/* What stands in an empty list instead of rows, "" for the pane's own words. */
void pane_devices_set_notice(struct pane *pane, const char *text);

#endif
