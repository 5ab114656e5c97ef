/*
 * What panes have in common that list things with numbers, in their order:
 * where the cursor stands.  On the newest it stays on the newest, whichever
 * that is; moved away it stays on its thing, wherever that goes, and on the
 * next newer one once that is gone.
 */
#ifndef TWINDECK_TUI_LIST_PANE_H
#define TWINDECK_TUI_LIST_PANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/pane.h"

struct list_source {
	size_t (*size)(const struct pane *pane);
	uint64_t (*number_at)(const struct pane *pane, size_t i); /* from 1 */
	bool newest_first; /* or last */
};

struct list_pane {
	struct pane base; /* first, so a struct pane * can be cast to ours */
	const struct list_source *source;
	uint64_t number; /* of the thing under the cursor; 0: the newest */
	struct scroll scroll;
};

struct pane *list_pane_new(
    const struct pane_ops *ops, const struct list_source *source);

/* For pane_ops. */
void list_pane_settle(struct pane *pane, int64_t now_ms);
void list_pane_move(struct pane *pane, enum move how);
enum point list_pane_point(struct pane *pane, int y);
void list_pane_free(struct pane *pane);

const struct scroll *list_pane_scroll(const struct pane *pane); /* borrowed */
/* Whether it stays on the newest. */
bool list_pane_follows(const struct pane *pane);

#endif
