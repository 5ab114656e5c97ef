/*
 * What happened to one device of a job, and when: the call, the phases, the
 * end; each with a bar on a common scale.
 */
#ifndef TWINDECK_TUI_JOB_TIMELINE_H
#define TWINDECK_TUI_JOB_TIMELINE_H

#include "tui/canvas.h"

struct job;
struct job_device;
struct look;

int job_timeline_rows(const struct job *job); /* the heading included */
void job_timeline_draw(struct area a, const struct job *job,
    const struct job_device *device, const struct look *look);

#endif
