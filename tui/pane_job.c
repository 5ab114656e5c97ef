#include "config.h"

#include "tui/pane_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/job_eta.h"
#include "core/deck/jobs.h"
#include "tui/job_text.h"
#include "tui/job_timeline.h"
#include "tui/pane.h"
#include "tui/plot.h"

#define SUMMARY_ROWS 3
#define TABLE_MIN 3 /* rows, the heading included */
#define TABLE_GOOD 9
#define COLS_BEGAN 76 /* cells from which there is room for a clock time */
#define BAR_MAX 42

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
 * half of the pane, one that comes by itself only what is left over.
 */
static struct parts
divide(const struct job_pane *p)
{
	struct parts parts = { .summary = SUMMARY_ROWS };
	int left = p->base.rows - 2, want = job_timeline_rows(p->job) + 1;
	bool all = p->below == JOB_BELOW_ALL;
	int table = all ? TABLE_GOOD : TABLE_MIN;

	if (job_size(p->job) + 1 < (size_t)table)
		table = (int)job_size(p->job) + 1;
	if (left >= 14)
		parts.summary++;
	left -= parts.summary;
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

static int
draw_times(const struct job *job, struct area a, int x, const struct look *look)
{
	char began[CLOCK_STAMP_SIZE], elapsed[CLOCK_STAMP_SIZE];
	char left[TIME_SIZE];
	int64_t eta;

	if (job_state(job) == JOB_WAITING)
		return area_putf(a, 0, x + 2, STYLE_BUSY, "waiting, in %s",
		    countdown_format(left, job_starts_ms(job) - look->now_ms));
	clock_format_time(began, job_began_us(job));
	clock_format_elapsed(elapsed, job_elapsed_ms(job));
	if (a.cols >= COLS_BEGAN)
		x = area_putf(a, 0, x + 2, STYLE_TEXT, "began %s", began);
	x = area_putf(a, 0, x + 2, STYLE_TEXT, "elapsed %s", elapsed);
	eta = job_eta_ms(job, look->now_ms, look->now_us);
	if (eta == JOB_ETA_UNKNOWN)
		return x;
	return area_putf(
	    a, 0, x + 2, STYLE_STRONG, "ETA %s", countdown_format(left, eta));
}

static void
draw_progress(const struct job *job, struct area a)
{
	struct job_counts n;
	size_t gone;
	int x, width;

	job_counts(job, &n);
	gone = n.let_go + n.by_state[JOB_DEVICE_SKIPPED] +
	    n.by_state[JOB_DEVICE_CANCELLED];
	width = a.cols / 3 < BAR_MAX ? a.cols / 3 : BAR_MAX;
	x = job_bar_draw(a, 1, 1, width, &n);
	x = area_putf(a, 1, x + 1, n.done > 0 ? STYLE_GOOD : STYLE_TEXT,
	    "%zu done", n.done);
	x = area_putf(a, 1, x + 2, n.failed > 0 ? STYLE_BAD : STYLE_TEXT,
	    "%zu failed", n.failed);
	x = area_putf(a, 1, x + 2, n.running > 0 ? STYLE_BUSY : STYLE_TEXT,
	    "%zu running", n.running);
	if (n.waiting > 0)
		x = area_putf(
		    a, 1, x + 2, STYLE_TEXT, "%zu waiting", n.waiting);
	if (gone > 0)
		area_putf(a, 1, x + 2, STYLE_TEXT, "%zu not done", gone);
}

static void
draw_summary(const struct job_pane *p, struct area a, const struct look *look)
{
	const struct job_request *request = job_request(p->job);
	const char *what = request->payload;
	size_t n = job_size(p->job);
	int x;

	x = area_putf(a, 0, 1, STYLE_STRONG, "%s", job_title(p->job));
	x = area_putf(a, 0, x + 2, STYLE_TEXT, "%zu device%s  %s", n,
	    n == 1 ? "" : "s", job_engine_name(request->engine));
	x = draw_times(p->job, a, x, look);
	if (job_note(p->job) != NULL && job_state(p->job) == JOB_WAITING)
		area_put(a, 0, x + 2, STYLE_BUSY, job_note(p->job));
	else if (job_is_paused(p->job))
		area_put(a, 0, x + 2, STYLE_DRIFT, "paused");
	else if (job_state(p->job) == JOB_CANCELLED)
		area_put(a, 0, x + 2, STYLE_BAD, "cancelled");
	draw_progress(p->job, a);
	area_put(a, 2, 1, STYLE_DIM,
	    request->action == JOB_METHOD ? "payload" : "sets");
	if (request->action != JOB_METHOD)
		what = request->patch != NULL ? request->patch
					      : "what each device had before";
	area_put_fit(
	    a, 2, 10, a.cols - 11, STYLE_TEXT, what != NULL ? what : "null");
}

static void
write_info(const struct job_pane *p, char *info, size_t size)
{
	snprintf(info, size, "%s%sEnter device · Esc back",
	    p->sorted != JOB_ORDER_ASKED ? job_order_name(p->sorted) : "",
	    p->sorted != JOB_ORDER_ASKED ? " · " : "");
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct job_pane *p = peek(pane);
	char title[32], info[80];
	struct frame frame = { .focused = true, .title = title, .info = info };
	const struct job_device *d;
	struct parts parts;
	int y;

	if (p->job == NULL || p->order == NULL)
		return;
	snprintf(title, sizeof(title), "Job %d", job_number(p->job));
	write_info(p, info, sizeof(info));
	parts = divide(p);
	a = frame_draw(a, &frame);
	draw_summary(p, a, look);
	y = parts.summary;
	job_table_draw(area_sub(a, y, 0, parts.table, a.cols), p->job, p->order,
	    &p->scroll, look);
	y += parts.table;
	if (parts.timeline > 0) {
		d = job_device(p->job, p->order[p->scroll.at]);
		job_timeline_draw(
		    area_sub(a, y + 1, 0, parts.timeline - 1, a.cols), p->job,
		    d, look);
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
	return scroll_point(
	    &p->scroll, y - SUMMARY_ROWS - 2, job_size(p->job), list_rows(p));
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
