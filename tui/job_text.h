/*
 * How a job is shown wherever it is shown: its bar, its states and their
 * signs.
 */
#ifndef TWINDECK_TUI_JOB_TEXT_H
#define TWINDECK_TUI_JOB_TEXT_H

#include "core/deck/jobs.h"
#include "tui/canvas.h"

/* Four characters for done, running, failed, waiting: it reads in mono. */
int job_bar_draw(struct area a, int y, int x, int width,
    const struct job_counts *counts);
enum style job_device_style(enum job_device_state state);
/* "200  {…}"; "" where there is none. */
void job_answer_write(
    const struct job_device *device, char *out, size_t size);

#endif
