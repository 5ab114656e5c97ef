/*
 * A pane: one view of the deck inside a frame.  It draws into a canvas, names
 * styles, and reads the model; what it keeps itself is where its cursor is.
 */
#ifndef TWINDECK_TUI_PANE_H
#define TWINDECK_TUI_PANE_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/canvas.h"
#include "tui/widget.h"

struct deck;
struct pane;

/* What drawing needs to know; the times are handed in, so tests choose them. */
struct look {
	int64_t now_ms; /* monotonic */
	int64_t now_us; /* UTC */
	bool focused;
	int number;     /* the key that focuses it, in front of the title; 0 */
};

struct pane_ops {
	const char *name;
	/*
	 * Brings the cursor in line with the model and the size; before each
	 * draw, which changes nothing.
	 */
	void (*settle)(struct pane *pane, int64_t now_ms);
	void (*draw)(
	    const struct pane *pane, struct area a, const struct look *look);
	void (*move)(struct pane *pane, enum move move);
	/* A click on its row y, the frame counted: the cursor goes there. */
	enum point (*point)(struct pane *pane, int y);
	void (*free)(struct pane *pane);
};

struct pane {
	const struct pane_ops *ops;
	struct deck *deck; /* borrowed; NULL: still starting */
	int rows, cols;    /* its size with the frame */
};

#endif
