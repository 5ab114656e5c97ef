/*
 * The small things that panes and dialogs are made of: frames, bars, lists
 * that scroll, and times in steps so coarse that an idle screen stands still.
 */
#ifndef TWINDECK_TUI_WIDGET_H
#define TWINDECK_TUI_WIDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"

#define TIME_SIZE 40

/* Text that stands in the border; NULL leaves a place empty. */
struct frame {
	bool focused;
	const char *title;  /* above, left */
	const char *info;   /* above, right; goes first when there is no room */
	const char *below;  /* below, right */
	enum style below_style;
};

/* Draws the border and returns what is inside. */
struct area frame_draw(struct area a, const struct frame *frame);

struct bar_part {
	size_t n;
	uint32_t ch;
	enum style style;
};

/*
 * A bar of width cells, its two ends included, divided as the parts are to
 * each other; a part that is not 0 gets a cell at least.  Returns the column
 * behind.
 */
int bar_draw(struct area a, int y, int x, int width,
    const struct bar_part *parts, size_t n);
/* The same filled from the left up to done of total, in half cells. */
int bar_draw_progress(struct area a, int y, int x, int width,
    enum style style, int done, int total);

/* Where a list stands: the row under the cursor and the first that is seen. */
struct scroll {
	size_t at, top;
};

enum move { MOVE_UP, MOVE_DOWN, MOVE_PGUP, MOVE_PGDN, MOVE_TOP, MOVE_BOTTOM };

void scroll_move(struct scroll *scroll, enum move move, size_t n, int rows);
/* Brings both within a list of n rows of which rows are seen. */
void scroll_settle(struct scroll *scroll, size_t n, int rows);

enum point {
	POINT_NONE, /* no row is there */
	POINT_MOVED,
	POINT_SAME, /* the cursor stood there already */
};

/* The cursor goes to the y-th of the rows that are seen. */
enum point scroll_point(struct scroll *scroll, int y, size_t n, int rows);

/* On a row of a list; without the focus only its sign is there. */
void cursor_draw(struct area a, int y, bool focused);

/* "live" while younger than three refreshes, then "2 s", "5 s" … "1 h". */
const char *age_format(char out[TIME_SIZE], int64_t age_ms);
/* How long ago: "now", "2 s", "5 s" … "1 h", "2 h" … "30 d", "1 y". */
const char *since_format(char out[TIME_SIZE], int64_t age_ms);
/* What is left, rounded up: "50s", "9m", "2h". */
const char *left_format(char out[TIME_SIZE], int64_t left_ms);
/* A countdown: "0:08", "1:02:03". */
const char *countdown_format(char out[TIME_SIZE], int64_t left_ms);

#endif
