#include "config.h"

#include "tui/layout.h"

#include <string.h>

#define COLS_TINY 20
#define ROWS_TINY 5
#define COLS_ONE 60 /* below either, one pane at a time */
#define ROWS_ONE 16
#define COLS_WIDE 100 /* from here, devices and twin side by side */
#define ROWS_FULL 8   /* from here, a header and a footer */

static int
clamp(int n, int least, int most)
{
	return n < least ? least : n > most ? most : n;
}

void
layout_compute(struct layout *layout, int rows, int cols, enum pane_id focus,
    enum pane_id upper, bool zoomed)
{
	int top = 0, body, jobs, devices;

	memset(layout, 0, sizeof(*layout));
	layout->header = layout->message = layout->footer = -1;
	if (rows < ROWS_TINY || cols < COLS_TINY) {
		layout->tiny = true;
		return;
	}
	layout->message = rows - 1;
	body = rows - 1;
	if (rows >= ROWS_FULL) {
		layout->header = 0;
		layout->footer = rows - 1;
		layout->message = rows - 2;
		top = 1;
		body = rows - 3;
	}
	layout->tabs = cols < COLS_ONE || rows < ROWS_ONE;
	layout->numbered = cols < COLS_WIDE || rows < ROWS_ONE;
	if (zoomed || focus >= PANE_JOB || cols < COLS_ONE || rows < ROWS_ONE) {
		layout->panes[focus] = (struct rect){ top, 0, body, cols };
		return;
	}
	if (cols >= COLS_WIDE) {
		jobs = clamp(body / 4, 5, 12);
		devices = cols * 55 / 100;
		layout->panes[PANE_DEVICES] =
		    (struct rect){ top, 0, body - jobs, devices };
		layout->panes[PANE_TWIN] =
		    (struct rect){ top, devices, body - jobs, cols - devices };
	} else {
		jobs = clamp(body * 2 / 7, 4, 10);
		layout->panes[upper] =
		    (struct rect){ top, 0, body - jobs, cols };
	}
	layout->panes[PANE_JOBS] =
	    (struct rect){ top + body - jobs, 0, jobs, cols };
}
