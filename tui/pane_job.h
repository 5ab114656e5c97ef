/*
 * One job, opened: each of its devices with state, phase, answer and reason,
 * and when the device under the cursor came to each phase.
 */
#ifndef TWINDECK_TUI_PANE_JOB_H
#define TWINDECK_TUI_PANE_JOB_H

struct job;
struct pane;

struct pane *pane_job_new(void);
void pane_job_set(struct pane *pane, struct job *job); /* borrowed */
struct job *pane_job_current(const struct pane *pane);
/* The device under the cursor; borrowed; NULL: none. */
const char *pane_job_device(const struct pane *pane);

#endif
