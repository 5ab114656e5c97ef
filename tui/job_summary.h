/*
 * What stands above the devices of a job: what it is, when, and how far.  What
 * has no room goes, the least needed first.
 */
#ifndef TWINDECK_TUI_JOB_SUMMARY_H
#define TWINDECK_TUI_JOB_SUMMARY_H

#include "tui/canvas.h"

struct job;
struct look;

#define JOB_SUMMARY_ROWS 3

void job_summary_draw(
    struct area a, const struct job *job, const struct look *look);

#endif
