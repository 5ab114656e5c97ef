/*
 * The requests of the deck and their answers, newest last, one line each.  On
 * the newest the cursor stays on the newest; elsewhere it is bound to its row.
 */
#ifndef TWINDECK_TUI_PANE_TRAFFIC_H
#define TWINDECK_TUI_PANE_TRAFFIC_H

struct pane;
struct traffic_entry;

struct pane *pane_traffic_new(void);
/* Borrowed until the loop turns; NULL: none. */
const struct traffic_entry *pane_traffic_current(const struct pane *pane);

#endif
