/*
 * The twin of the device under the cursor as a tree: tags, desired with what
 * the device reports at the same path, reported with what has just changed.
 */
#ifndef TWINDECK_TUI_PANE_TWIN_H
#define TWINDECK_TUI_PANE_TWIN_H

#include <stdbool.h>
#include <stdint.h>

struct cJSON;
struct pane;

struct pane *pane_twin_new(void);

/*
 * Takes in what is to be shown: the device's id (NULL: none) and its twin, or
 * NULL while it is loading; nothing is kept of it.
 */
void pane_twin_set(struct pane *pane, const char *device_id,
    const struct cJSON *twin, int64_t now_ms);
/* Of the branch under the cursor, or of the one it is on. */
void pane_twin_fold(struct pane *pane, bool fold);
void pane_twin_toggle(struct pane *pane);

#endif
