/*
 * The insides of the twin pane, for pane_twin.c, which changes them,
 * pane_twin_find.c, which searches, pane_twin_draw.c, which draws them, and
 * pane_twin_part.c, which takes something out to be copied.
 */
#ifndef TWINDECK_TUI_PANE_TWIN_STATE_H
#define TWINDECK_TUI_PANE_TWIN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/deck/twin_sync.h"
#include "tui/pane.h"
#include "tui/pane_twin.h"
#include "tui/twin_lines.h"

struct cJSON;
struct twin_folds;
struct twin_seen;

/*
 * The cursor is bound to the path of its line, through changes of the twin and
 * of the view; only lines that close a bracket have none.
 */
struct twin_pane {
	struct pane base;
	char *device_id; /* owned; NULL: none */
	bool loaded;
	int64_t now_ms;  /* monotonic, of the last look at the model */

	enum twin_view view, live_view; /* to go back to from an old version */
	int64_t past;    /* the version that is shown; 0: the live one */
	int64_t version; /* of what is shown; -1: it does not say */
	char *etag;      /* owned, or NULL; likewise */
	size_t counts[TWIN_SYNCS]; /* of the difference */

	struct twin_folds *folds;
	struct twin_lines lines;
	char *at_path;   /* owned; of the line under the cursor, or NULL */
	struct scroll scroll;
	int column;      /* of the values; it does not shrink by itself */
	bool has_ages;
	int side, widest; /* of JSON, in cells and bytes */
	char *words;     /* owned; what was searched for, "" */
	/* Both owned; as they were when words began to be typed, or NULL. */
	char *words_before, *path_before;
};

#define TWIN_SIDE_STEP 8 /* cells that JSON is scrolled by */

const struct twin_pane *twin_pane_peek(const struct pane *pane);
/* Of what the line under the cursor belongs to, or NULL. */
const char *twin_pane_path(const struct twin_pane *p);
/* Under the cursor, or NULL. */
const struct twin_line *twin_pane_line(const struct twin_pane *p);
/*
 * The old version that is shown, or the one so many before or behind it; NULL:
 * there is none, or the live one is shown.
 */
const struct twin_seen *twin_pane_seen(const struct twin_pane *p, int step);
/* The twin that is shown; *owned is the caller's, NULL if it is borrowed. */
const struct cJSON *twin_pane_shown(
    const struct twin_pane *p, struct cJSON **owned);
const char *twin_pane_text(const struct twin_pane *p); /* its JSON, or NULL */

void twin_pane_go_to(struct twin_pane *p, size_t at); /* a line */
/* Unfolds what hides a line of the whole tree, all, and goes there. */
void twin_pane_reveal(
    struct twin_pane *p, const struct twin_lines *all, size_t at);

void twin_pane_draw(
    const struct pane *pane, struct area a, const struct look *look);

#endif
