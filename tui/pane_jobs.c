#include "config.h"

#include "tui/pane_jobs.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "tui/job_text.h"
#include "tui/pane.h"

struct jobs_pane {
	struct pane base;
	int number; /* of the job under the cursor; 0: none */
	struct scroll scroll;
};

/* Where the columns begin, for one width; 0 wide: no room. */
struct columns {
	int title, title_width;
	int devices, devices_width;
	int bar, bar_width;
	int counts;
	int end; /* elapsed ends here */
	bool engine, wide;
};

static struct jobs_pane *
self(struct pane *pane)
{
	return (struct jobs_pane *)pane;
}

static const struct jobs_pane *
peek(const struct pane *pane)
{
	return (const struct jobs_pane *)pane;
}

static const struct jobs *
jobs_of(const struct pane *pane)
{
	return pane->deck != NULL ? deck_jobs(pane->deck) : NULL;
}

static size_t
count(const struct pane *pane)
{
	return pane->deck != NULL ? jobs_size(jobs_of(pane)) : 0;
}

static int
list_rows(const struct jobs_pane *p)
{
	return p->base.rows > 3 ? p->base.rows - 2 : 1;
}

static struct columns
layout(int width)
{
	struct columns c = { .title = 5, .end = width - 1 };

	c.engine = width >= 100;
	c.wide = width >= 110;
	if (c.engine)
		c.end -= 6;
	c.title_width = width >= 110 ? 26
	    : width >= 100           ? 20
	    : width >= 70            ? 16
				     : width - 24;
	c.devices = c.title + c.title_width;
	c.devices_width = width >= 56 ? 12 : 0;
	c.bar = c.devices + c.devices_width + (c.devices_width > 0 ? 2 : 1);
	c.bar_width = width >= 110 ? 20 : width >= 90 ? 14 : 10;
	if (width < 40)
		c.bar_width = 0;
	c.counts = c.bar + c.bar_width + (c.bar_width > 0);
	return c;
}

static void
draw_counts(
    struct area a, int y, const struct columns *c, const struct job_counts *n)
{
	int x = c->counts;

	if (c->wide) {
		area_putf(a, y, x, STYLE_TEXT, "%4zu done", n->done);
		area_putf(a, y, x + 10,
		    n->running > 0 ? STYLE_BUSY : STYLE_TEXT, "%4zu running",
		    n->running);
		area_putf(a, y, x + 23, n->failed > 0 ? STYLE_BAD : STYLE_TEXT,
		    "%4zu failed", n->failed);
		return;
	}
	if (a.cols - x < 18) {
		x = area_putf(
		    a, y, x, STYLE_TEXT, "%zu/%zu", n->done, n->total);
		if (n->failed > 0)
			area_putf(
			    a, y, x + 1, STYLE_BAD, "%zu failed", n->failed);
		return;
	}
	x = area_putf(a, y, x, STYLE_TEXT, "%zu done", n->done);
	if (n->running > 0 && x + 12 < c->end)
		x = area_putf(
		    a, y, x + 1, STYLE_BUSY, "%zu running", n->running);
	if (n->failed > 0 && x + 11 < c->end)
		area_putf(a, y, x + 1, STYLE_BAD, "%zu failed", n->failed);
}

static void
draw_row(struct area a, int y, const struct columns *c, const struct job *job,
    const struct look *look)
{
	char text[TIME_SIZE + 8], left[TIME_SIZE];
	struct job_counts n;
	int end;

	job_counts(job, &n);
	snprintf(text, sizeof(text), "%d", job_number(job));
	area_put_right(a, y, 4, STYLE_TEXT, text);
	area_put_fit(
	    a, y, c->title, c->title_width - 1, STYLE_STRONG, job_title(job));
	if (c->devices_width > 0) {
		snprintf(text, sizeof(text), "%zu device%s", n.total,
		    n.total == 1 ? " " : "s");
		area_put_right(
		    a, y, c->devices + c->devices_width, STYLE_TEXT, text);
	}
	end = c->end;
	if (c->engine)
		area_put(a, y, c->end + 2, STYLE_DIM, "here");
	if (job_state(job) == JOB_WAITING) {
		snprintf(text, sizeof(text), "in %s",
		    countdown_format(left, job_starts_ms(job) - look->now_ms));
		area_put_fit(a, y, c->bar, c->end - c->bar, STYLE_BUSY, text);
		if (c->bar + 20 < c->end)
			area_put_right(a, y, c->end, STYLE_TEXT, "waiting");
		return;
	}
	clock_format_elapsed(text, job_elapsed_ms(job));
	end = area_put_right(a, y, c->end, STYLE_TEXT, text);
	if (job_state(job) == JOB_CANCELLED)
		end = area_put_right(a, y, end - 2, STYLE_BAD, "cancelled");
	if (c->bar_width > 0)
		job_bar_draw(a, y, c->bar, c->bar_width, &n);
	draw_counts(area_sub(a, 0, 0, a.rows, end - 1), y, c, &n);
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct jobs_pane *p = peek(pane);
	char title[32] = "Jobs", info[64] = "";
	struct frame frame = {
		.focused = look->focused, .title = title, .info = info
	};
	size_t i, n = count(pane), active;
	struct columns c;
	int y;

	if (look->number > 0)
		snprintf(title, sizeof(title), "%d Jobs", look->number);
	active = n > 0 ? jobs_active(jobs_of(pane)) : 0;
	if (active > 0)
		snprintf(info, sizeof(info), "%zu · %zu running", n, active);
	else if (n > 0)
		snprintf(info, sizeof(info), "%zu", n);
	a = frame_draw(a, &frame);
	if (n == 0) {
		area_put_fit(a, 0, 1, a.cols - 2, STYLE_DIM,
		    "none yet: f firmware, l lock, m method, e edit");
		if (look->focused)
			area_set_cursor(a, 0, 0, false);
		return;
	}
	c = layout(a.cols);
	for (y = 0; y < a.rows; y++) {
		i = p->scroll.top + (size_t)y;
		if (i >= n)
			break;
		draw_row(a, y, &c, jobs_at(jobs_of(pane), i), look);
		if (i != p->scroll.at)
			continue;
		area_put(a, y, 0, STYLE_STRONG, "▶");
		if (look->focused) {
			area_highlight(a, y);
			area_set_cursor(a, y, 0, false);
		}
	}
}

static void
settle(struct pane *pane, int64_t now_ms)
{
	struct jobs_pane *p = self(pane);
	size_t i, n = count(pane);

	(void)now_ms;
	if (n == 0)
		return;
	for (i = 0; p->number != 0 && i < n; i++)
		if (job_number(jobs_at(jobs_of(pane), i)) == p->number)
			p->scroll.at = i;
	scroll_settle(&p->scroll, n, list_rows(p));
	/* On the newest it stays on the newest, until it is moved. */
	if (p->number != 0)
		p->number = job_number(jobs_at(jobs_of(pane), p->scroll.at));
	else
		p->scroll.at = 0;
}

static void
move(struct pane *pane, enum move how)
{
	struct jobs_pane *p = self(pane);
	size_t n = count(pane);

	settle(pane, 0);
	if (n == 0)
		return;
	scroll_move(&p->scroll, how, n, list_rows(p));
	p->number = p->scroll.at == 0
	    ? 0
	    : job_number(jobs_at(jobs_of(pane), p->scroll.at));
}

static void
jobs_pane_free(struct pane *pane)
{
	free(self(pane));
}

static const struct pane_ops jobs_pane_ops = {
	.name = "jobs",
	.settle = settle,
	.draw = draw,
	.move = move,
	.free = jobs_pane_free,
};

struct pane *
pane_jobs_new(void)
{
	struct jobs_pane *p = xcalloc(1, sizeof(*p));

	p->base.ops = &jobs_pane_ops;
	return &p->base;
}

struct job *
pane_jobs_current(const struct pane *pane)
{
	const struct jobs_pane *p = peek(pane);

	if (p->scroll.at >= count(pane))
		return NULL;
	return jobs_at(jobs_of(pane), p->scroll.at);
}
