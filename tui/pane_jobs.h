/*
 * The job queue, newest first, one line a job: what, on how many, how far.
 * Its cursor is bound to the job's number.
 */
#ifndef TWINDECK_TUI_PANE_JOBS_H
#define TWINDECK_TUI_PANE_JOBS_H

struct job;
struct pane;

struct pane *pane_jobs_new(void);
struct job *pane_jobs_current(const struct pane *pane); /* or NULL */

#endif
