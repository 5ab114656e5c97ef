/*
 * Pictures of a job over time, in characters: what its devices were at as a
 * stack, calls as lines of little bars.  Each band has a character of its own,
 * so that it reads without colours.
 */
#ifndef TWINDECK_TUI_PLOT_H
#define TWINDECK_TUI_PLOT_H

#include <stddef.h>

#include "tui/canvas.h"

struct job_samples;

#define PLOT_ROWS_MIN 4  /* names, one row of the stack, two lines */
#define PLOT_ROWS_MAX 12

/*
 * Names and counts of the bands, the stack, its time, latency and throughput,
 * in as many rows as the area has; nothing in less than PLOT_ROWS_MIN.  total
 * is the number of devices.
 */
void plot_draw(
    struct area a, const struct job_samples *samples, size_t total);

#endif
