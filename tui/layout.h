/*
 * Which panes are seen, and where, for a size of the screen.
 */
#ifndef TWINDECK_TUI_LAYOUT_H
#define TWINDECK_TUI_LAYOUT_H

#include <stdbool.h>

enum pane_id { PANE_DEVICES, PANE_TWIN, PANE_JOBS, PANE_JOB, PANE_TRAFFIC,
	PANES };

struct rect {
	int y, x, rows, cols; /* rows 0: not seen */
};

struct layout {
	bool tiny;            /* one line says so, and nothing else */
	int header;           /* row, -1: none; so are those below */
	int message, footer;
	bool tabs;            /* there is room for one pane at a time */
	bool numbered;        /* titles name the keys that lead there */
	struct rect panes[PANES];
};

/*
 * focus is the pane with the keys; upper the one of devices and twin that is
 * seen where there is room for one; zoomed gives the focus all there is.
 */
void layout_compute(struct layout *layout, int rows, int cols,
    enum pane_id focus, enum pane_id upper, bool zoomed);

#endif
