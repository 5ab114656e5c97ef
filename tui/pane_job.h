/*
 * One job, opened: how far it is, each of its devices, what happened to the
 * one under the cursor, and how the whole went over time.
 */
#ifndef TWINDECK_TUI_PANE_JOB_H
#define TWINDECK_TUI_PANE_JOB_H

#include <stdbool.h>

#include "tui/job_table.h"

struct job;
struct pane;

struct pane *pane_job_new(void);
void pane_job_set(struct pane *pane, struct job *job); /* borrowed */
struct job *pane_job_current(const struct pane *pane);
/* The device under the cursor; borrowed; NULL: none. */
const char *pane_job_device(const struct pane *pane);

/* Sorts now, once; the cursor stays on its device. */
void pane_job_sort(struct pane *pane, enum job_order order);
enum job_order pane_job_sorted(const struct pane *pane);

/* What stands below the table. */
enum job_below {
	JOB_BELOW_ALL,      /* as much as there is room for */
	JOB_BELOW_PLOTS,
	JOB_BELOW_TIMELINE,
	JOB_BELOW_NOTHING,
	JOB_BELOWS
};
const char *job_below_name(enum job_below below); /* "plots" */
void pane_job_show(struct pane *pane, enum job_below below);
enum job_below pane_job_shown(const struct pane *pane);
/* Whether there is room for any of it. */
bool pane_job_has_room(const struct pane *pane);

#endif
