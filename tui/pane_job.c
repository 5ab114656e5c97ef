#include "config.h"

#include "tui/pane_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "tui/job_summary.h"
#include "tui/job_timeline.h"
#include "tui/pane.h"
#include "tui/plot.h"

#define TABLE_MIN 3 /* rows, the heading included */
#define TABLE_GOOD 9
#define TIMELINE_MIN 5 /* rows, its heading included */

struct job_pane {
	struct pane base;
	int number;      /* of the job; 0: none */
	struct job *job; /* found anew by settle: old jobs are dropped */
	struct scroll scroll;
	size_t *order; /* owned: the devices, as they stand */
	size_t n_order;
	enum job_order sorted;
	enum job_below below;
};

/* Rows of each part; 0: it is not there. */
struct parts {
	int summary, table, timeline, plots;
};

static const char *const below_names[JOB_BELOWS] = {
	[JOB_BELOW_ALL] = "timeline and plots",
	[JOB_BELOW_PLOTS] = "plots",
	[JOB_BELOW_TIMELINE] = "timeline",
	[JOB_BELOW_NOTHING] = "devices alone",
};

const char *
job_below_name(enum job_below below)
{
	return below_names[below];
}

static struct job_pane *
self(struct pane *pane)
{
	return (struct job_pane *)pane;
}

static const struct job_pane *
peek(const struct pane *pane)
{
	return (const struct job_pane *)pane;
}

/*
 * The table has what it needs first.  A part that was chosen by name gets
 * half of the pane, or is cut, one that comes by itself only what is left over.
 */
static struct parts
divide(const struct job_pane *p)
{
	struct parts parts = { .summary = JOB_SUMMARY_ROWS };
	int left = p->base.rows - 2, want = job_timeline_rows(p->job) + 1;
	bool all = p->below == JOB_BELOW_ALL;
	int table = all ? TABLE_GOOD : TABLE_MIN;

	if (job_size(p->job) + 1 < (size_t)table)
		table = (int)job_size(p->job) + 1;
	if (left >= 14)
		parts.summary++;
	left -= parts.summary;
	if (p->below == JOB_BELOW_TIMELINE && left - table < want &&
	    left - table >= TIMELINE_MIN)
		want = left - table;
	if ((all || p->below == JOB_BELOW_TIMELINE) && left - table >= want) {
		parts.timeline = want;
		left -= want;
	}
	if ((all || p->below == JOB_BELOW_PLOTS) &&
	    left - table > PLOT_ROWS_MIN) {
		parts.plots = all ? left - table : left - left / 2;
		if (parts.plots <= PLOT_ROWS_MIN)
			parts.plots = PLOT_ROWS_MIN + 1;
		if (parts.plots > PLOT_ROWS_MAX)
			parts.plots = PLOT_ROWS_MAX;
		left -= parts.plots;
	}
	parts.table = left > 2 ? left : 2;
	return parts;
}

static int
list_rows(const struct job_pane *p)
{
	return divide(p).table - 1;
}

static void
write_info(const struct job_pane *p, char *info, size_t size)
{
	snprintf(info, size, "%s%sEnter device · Esc back",
	    p->sorted != JOB_ORDER_ASKED ? job_order_name(p->sorted) : "",
	    p->sorted != JOB_ORDER_ASKED ? " · " : "");
}

/* What the keys would come to: it is read before one of them is pressed. */
static void
write_outlook(const struct job *job, char *out, size_t size)
{
	struct job_counts n;

	job_counts(job, &n);
	if (job_state(job) == JOB_CANCELLED || n.waiting + n.running == 0)
		snprintf(out, size, "%s",
		    n.failed > 0 ? "r tries again what failed" : "");
	else if (n.waiting == 0)
		snprintf(out, size,
		    "x cancel: what is done stays, %zu go%s on by %s",
		    n.running, n.running == 1 ? "es" : "",
		    n.running == 1 ? "itself" : "themselves");
	else
		snprintf(out, size,
		    "x cancel: %zu %s never called, %zu go%s on, what is done "
		    "stays",
		    n.waiting, n.waiting == 1 ? "is" : "are", n.running,
		    n.running == 1 ? "es" : "");
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct job_pane *p = peek(pane);
	char title[32], info[80], outlook[120];
	struct frame frame = { .focused = true,
		.title = title,
		.info = info,
		.below = outlook,
		.below_style = STYLE_DIM };
	const struct job_device *d;
	struct parts parts;
	int y, gap;

	if (p->job == NULL || p->order == NULL)
		return;
	snprintf(title, sizeof(title), "Job %d", job_number(p->job));
	write_info(p, info, sizeof(info));
	write_outlook(p->job, outlook, sizeof(outlook));
	parts = divide(p);
	a = frame_draw(a, &frame);
	job_summary_draw(a, p->job, look);
	y = parts.summary;
	job_table_draw(area_sub(a, y, 0, parts.table, a.cols), p->job, p->order,
	    &p->scroll, look);
	y += parts.table;
	if (parts.timeline > 0) {
		d = job_device(p->job, p->order[p->scroll.at]);
		gap = parts.timeline > job_timeline_rows(p->job);
		job_timeline_draw(
		    area_sub(a, y + gap, 0, parts.timeline - gap, a.cols),
		    p->job, d, look);
		y += parts.timeline;
	}
	if (parts.plots > 0)
		plot_draw(area_sub(a, y + 1, 0, parts.plots - 1, a.cols),
		    job_history(p->job), job_size(p->job));
}

static void
drop_order(struct job_pane *p)
{
	free(p->order);
	p->order = NULL;
	p->n_order = 0;
}

static void
settle(struct pane *pane, int64_t now_ms)
{
	struct job_pane *p = self(pane);

	(void)now_ms;
	p->job = pane->deck != NULL && p->number != 0
	    ? jobs_by_number(deck_jobs(pane->deck), p->number)
	    : NULL;
	if (p->job == NULL || p->n_order != job_size(p->job))
		drop_order(p);
	if (p->job == NULL)
		return;
	if (p->order == NULL) {
		p->n_order = job_size(p->job);
		p->order = xcalloc(p->n_order, sizeof(*p->order));
		job_table_sort(p->job, p->sorted, p->order);
	}
	scroll_settle(&p->scroll, p->n_order, list_rows(p));
}

static void
move(struct pane *pane, enum move how)
{
	struct job_pane *p = self(pane);

	if (p->job != NULL)
		scroll_move(&p->scroll, how, job_size(p->job), list_rows(p));
}

static enum point
point(struct pane *pane, int y)
{
	struct job_pane *p = self(pane);

	if (p->job == NULL)
		return POINT_NONE;
	return scroll_point(&p->scroll, y - JOB_SUMMARY_ROWS - 2,
	    job_size(p->job), list_rows(p));
}

static void
job_pane_free(struct pane *pane)
{
	drop_order(self(pane));
	free(self(pane));
}

static const struct pane_ops job_pane_ops = {
	.name = "job",
	.settle = settle,
	.draw = draw,
	.move = move,
	.point = point,
	.free = job_pane_free,
};

struct pane *
pane_job_new(void)
{
	struct job_pane *p = xcalloc(1, sizeof(*p));

	p->base.ops = &job_pane_ops;
	return &p->base;
}

void
pane_job_set(struct pane *pane, struct job *job)
{
	struct job_pane *p = self(pane);

	p->job = job;
	p->number = job != NULL ? job_number(job) : 0;
	p->scroll = (struct scroll){ 0 };
	p->sorted = JOB_ORDER_ASKED;
	drop_order(p);
}

struct job *
pane_job_current(const struct pane *pane)
{
	return peek(pane)->job;
}

const char *
pane_job_device(const struct pane *pane)
{
	const struct job_pane *p = peek(pane);

	if (p->job == NULL || p->scroll.at >= p->n_order)
		return NULL;
	return job_device(p->job, p->order[p->scroll.at])->device_id;
}

void
pane_job_sort(struct pane *pane, enum job_order order)
{
	struct job_pane *p = self(pane);
	size_t device, i;

	p->sorted = order;
	if (p->job == NULL || p->scroll.at >= p->n_order)
		return;
	device = p->order[p->scroll.at];
	job_table_sort(p->job, order, p->order);
	for (i = 0; i < p->n_order; i++)
		if (p->order[i] == device)
			p->scroll.at = i;
	scroll_settle(&p->scroll, p->n_order, list_rows(p));
}

enum job_order
pane_job_sorted(const struct pane *pane)
{
	return peek(pane)->sorted;
}

void
pane_job_show(struct pane *pane, enum job_below below)
{
	self(pane)->below = below;
}

enum job_below
pane_job_shown(const struct pane *pane)
{
	return peek(pane)->below;
}

bool
pane_job_has_room(const struct pane *pane)
{
	const struct job_pane *p = peek(pane);
	struct parts parts;

	if (p->job == NULL || p->below == JOB_BELOW_NOTHING)
		return true;
	parts = divide(p);
	return parts.timeline + parts.plots > 0;
}
