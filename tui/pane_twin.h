/*
 * The twin of the device under the cursor, in three views: as a tree, as the
 * JSON that the hub sent, as the difference of desired and reported.  It is
 * the live one, or a version from core/deck/twin_history.h, which opens as the
 * difference to the version before it.  An old version can be read and copied
 * from; whoever edits gets the live twin.
 */
#ifndef TWINDECK_TUI_PANE_TWIN_H
#define TWINDECK_TUI_PANE_TWIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/twin_lines.h"

struct err;
struct pane;

enum twin_view { TWIN_TREE, TWIN_JSON, TWIN_DIFFERENCE, TWIN_VIEWS };
const char *pane_twin_view_name(enum twin_view view); /* "tree", … */

struct pane *pane_twin_new(void);

/*
 * Takes in whose twin is to be shown, NULL: nobody's, and what the deck's
 * watch has of it; nothing is kept of that.  Another device is shown live.
 */
void pane_twin_set(
    struct pane *pane, const char *device_id, int64_t now_ms);

enum twin_view pane_twin_view(const struct pane *pane);
void pane_twin_set_view(struct pane *pane, enum twin_view view);

/*
 * Of the branch under the cursor, or of the one it is on; JSON is scrolled to
 * the side instead.
 */
void pane_twin_fold(struct pane *pane, bool fold);
/* Unfolds a branch or folds it; shows a leaf in the next view that has more. */
void pane_twin_open(struct pane *pane);
/* See twin_tree.h.  What lies beyond what there is is cut; returns it. */
int pane_twin_set_level(struct pane *pane, int level);
int pane_twin_level(const struct pane *pane);
/* The level that unfolds everything. */
int pane_twin_depth(const struct pane *pane);
/* false: there is none, and the cursor stays. */
bool pane_twin_to_sibling(struct pane *pane, int step);
bool pane_twin_to_parent(struct pane *pane);

/*
 * One version back (-1) or on (1), which ends at the live one.  Returns 0, or
 * -1 with err set (ERR_NOT_FOUND) where there is no other.
 */
int pane_twin_step(struct pane *pane, int step, struct err *err);
/* Of the old version that is shown; 0: it is live. */
int64_t pane_twin_past(const struct pane *pane);
void pane_twin_go_live(struct pane *pane);

/*
 * Goes to the next line with all these words (step 1), to the one before (-1)
 * or, from where the cursor is, to the first (0); folded branches are looked
 * into.  words NULL: the same as before; "" marks nothing any more.
 */
struct twin_match pane_twin_find(
    struct pane *pane, const char *words, int step);
const char *pane_twin_words(const struct pane *pane); /* "": none */
/*
 * While words are being typed: each time from where the cursor was at the
 * beginning; in the end they are kept, or all is as it was before.
 */
void pane_twin_find_begin(struct pane *pane);
struct twin_match pane_twin_find_typed(
    struct pane *pane, const char *words);
void pane_twin_find_end(struct pane *pane, bool keep);

/* The i-th of the names that are shown, of properties and branches; or NULL. */
const char *pane_twin_name_at(const struct pane *pane, size_t i);

enum twin_part {
	TWIN_PART_PATH,
	TWIN_PART_VALUE, /* a string without its quotes, if it has no control
			    characters; else JSON */
	TWIN_PART_SECTION, /* without $metadata and $version */
	TWIN_PART_TWIN,  /* as the hub sent it */
	TWIN_PARTS
};
const char *pane_twin_part_name(enum twin_part part); /* "path", … */
/*
 * A part of what is shown, of the line under the cursor.  *what names it in
 * words; both are the caller's.  NULL with err set (ERR_NOT_FOUND).
 */
char *pane_twin_part(const struct pane *pane, enum twin_part part,
    char **what, struct err *err);

#endif
