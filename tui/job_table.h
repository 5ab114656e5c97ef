/*
 * The devices of a job as rows: state, phase and how long, answer, reason; and
 * the orders in which they may stand.
 */
#ifndef TWINDECK_TUI_JOB_TABLE_H
#define TWINDECK_TUI_JOB_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/canvas.h"

struct job;
struct look;
struct scroll;

enum job_order {
	JOB_ORDER_ASKED,  /* as they were marked */
	JOB_ORDER_FAILED, /* what needs somebody first */
	JOB_ORDER_PHASE,  /* what is behind first */
	JOB_ORDERS
};
const char *job_order_name(enum job_order order); /* "failed first" */

/* Whether it is an update with phases. */
bool job_has_phases(const struct job *job);

/* Fills order with the indices of the job's devices; they stay as they are
 * when states change. */
void job_table_sort(
    const struct job *job, enum job_order by, size_t *order);
/* The heading and as many rows as the area has. */
void job_table_draw(struct area a, const struct job *job, const size_t *order,
    const struct scroll *scroll, const struct look *look);

#endif
