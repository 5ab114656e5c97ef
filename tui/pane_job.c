#include "config.h"

#include "tui/pane_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "tui/job_text.h"
#include "tui/pane.h"

#define SUMMARY_ROWS 3 /* two lines of the job and a gap */
#define TIMELINE_ROWS 6
#define TIMELINE_MIN 20 /* rows of the pane from which there is a timeline */

struct job_pane {
	struct pane base;
	int number;      /* of the job; 0: none */
	struct job *job; /* found anew by settle: old jobs are dropped */
	struct scroll scroll;
};

/* The phases of an update in their order. */
static const enum firmware_phase phase_order[] = {
	PHASE_WAITING,
	PHASE_DOWNLOADING,
	PHASE_APPLYING,
	PHASE_COMPLETED,
	PHASE_FAILED,
};

#define N_PHASES (sizeof(phase_order) / sizeof(phase_order[0]))

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

static bool
follows_firmware(const struct job *job)
{
	const struct job_request *request = job_request(job);

	return request->action == JOB_METHOD &&
	    strcmp(request->method, "firmwareUpdate") == 0;
}

static bool
has_timeline(const struct job_pane *p)
{
	return p->base.rows >= TIMELINE_MIN && p->job != NULL &&
	    follows_firmware(p->job);
}

static int
list_rows(const struct job_pane *p)
{
	int rows = p->base.rows - 2 - SUMMARY_ROWS - 1;

	if (has_timeline(p))
		rows -= TIMELINE_ROWS + 1;
	return rows > 0 ? rows : 1;
}

static void
draw_summary(const struct job_pane *p, struct area a, const struct look *look)
{
	const struct job_request *request = job_request(p->job);
	char began[CLOCK_STAMP_SIZE], elapsed[CLOCK_STAMP_SIZE];
	char left[TIME_SIZE];
	struct job_counts n;
	int x;

	job_counts(p->job, &n);
	x = area_putf(a, 0, 1, STYLE_STRONG, "%s", job_title(p->job));
	x = area_putf(a, 0, x + 2, STYLE_TEXT, "%zu device%s  here", n.total,
	    n.total == 1 ? "" : "s");
	if (job_state(p->job) == JOB_WAITING) {
		x = area_putf(a, 0, x + 2, STYLE_BUSY, "waiting, in %s",
		    countdown_format(
			left, job_starts_ms(p->job) - look->now_ms));
	} else {
		clock_format_time(began, job_began_us(p->job));
		clock_format_elapsed(elapsed, job_elapsed_ms(p->job));
		x = area_putf(a, 0, x + 2, STYLE_TEXT, "began %s  elapsed %s",
		    began, elapsed);
	}
	if (job_is_paused(p->job))
		x = area_put(a, 0, x + 2, STYLE_DRIFT, "paused");
	if (a.cols - x > 40)
		x = area_putf(a, 0, x + 2, STYLE_TEXT,
		    "%zu done  %zu running  %zu failed", n.done, n.running,
		    n.failed);
	if (a.cols - x > 16)
		job_bar_draw(
		    a, 0, x + 2, a.cols - x - 4 > 22 ? 22 : a.cols - x - 4, &n);
	if (request->action == JOB_METHOD) {
		area_put(a, 1, 1, STYLE_DIM, "payload");
		area_put_fit(a, 1, 10, a.cols - 11, STYLE_TEXT,
		    request->payload != NULL ? request->payload : "null");
	} else {
		area_put(a, 1, 1, STYLE_DIM, "sets");
		area_put_fit(a, 1, 10, a.cols - 11, STYLE_TEXT, request->patch);
	}
}

static void
write_answer(const struct job_device *d, char *out, size_t size)
{
	out[0] = '\0';
	if (d->status != 0)
		snprintf(out, size, "%d  %s", d->status,
		    d->answer != NULL ? d->answer : "");
	else if (d->answer != NULL)
		snprintf(out, size, "%s", d->answer);
}

static void
draw_device(const struct job_pane *p, struct area a, int y, int id_width,
    const struct job_device *d, const struct look *look)
{
	char text[256], time[CLOCK_STAMP_SIZE];
	int x = 3 + id_width + 2, width;

	area_put_id(a, y, 3, id_width, STYLE_TEXT, d->device_id);
	area_put_fit(a, y, x, 13, job_device_style(d->state),
	    job_device_state_name(d->state));
	x += 14;
	if (follows_firmware(p->job) && a.cols >= 60) {
		snprintf(
		    text, sizeof(text), "%s", firmware_phase_name(d->phase));
		if (d->percent >= 0)
			snprintf(text, sizeof(text), "%s %d%%",
			    firmware_phase_name(d->phase), d->percent);
		area_put_fit(a, y, x, 16,
		    d->phase == PHASE_FAILED ? STYLE_BAD : STYLE_TEXT, text);
		if (d->phase_since_ms != 0 && !d->ended) {
			clock_format_elapsed(
			    time, look->now_ms - d->phase_since_ms);
			area_put_right(a, y, x + 24,
			    d->stalled ? STYLE_BAD : STYLE_DIM, time);
		}
		x += 26;
	}
	width = a.cols - x - 1;
	if (d->err.code != ERR_NONE) {
		area_put_fit(a, y, x, width, STYLE_BAD, d->err.text);
	} else if (d->stalled) {
		area_put_fit(a, y, x, width, STYLE_BAD,
		    "stalled: nothing has changed for a while");
	} else {
		write_answer(d, text, sizeof(text));
		area_put_fit(a, y, x, width, STYLE_TEXT, text);
	}
}

static void
draw_heading(const struct job_pane *p, struct area a, int y, int id_width)
{
	int x = 3 + id_width + 2;

	area_put_fit(a, y, 3, id_width, STYLE_DIM, "device");
	area_put(a, y, x, STYLE_DIM, "state");
	x += 14;
	if (follows_firmware(p->job) && a.cols >= 60) {
		area_put(a, y, x, STYLE_DIM, "phase");
		area_put_right(a, y, x + 24, STYLE_DIM, "in phase");
		x += 26;
	}
	area_put(a, y, x, STYLE_DIM, "answer, or the reason");
}

/* When the device under the cursor came to each phase. */
static void
draw_timeline(const struct job_pane *p, struct area a, const struct look *look)
{
	const struct job_device *d = job_device(p->job, p->scroll.at);
	char stamp[CLOCK_STAMP_SIZE], text[CLOCK_STAMP_SIZE];
	int64_t at, next;
	size_t i, k;
	int y = 1;

	area_putf(a, 0, 3, STYLE_DIM, "phases of %s", d->device_id);
	for (i = 0; i < N_PHASES; i++) {
		at = d->phase_at_us[phase_order[i]];
		if (phase_order[i] == PHASE_FAILED && at == 0)
			continue;
		area_put(a, y, 3, at != 0 ? STYLE_TEXT : STYLE_DIM,
		    firmware_phase_name(phase_order[i]));
		if (at == 0) {
			y++;
			continue;
		}
		clock_format_time(stamp, at);
		area_put(a, y, 17, STYLE_TEXT, stamp);
		next = d->ended ? at : look->now_us;
		for (k = i + 1; k < N_PHASES; k++)
			if (d->phase_at_us[phase_order[k]] >= at) {
				next = d->phase_at_us[phase_order[k]];
				break;
			}
		if (next > at || d->phase == phase_order[i]) {
			clock_format_elapsed(text, (next - at) / 1000);
			if (!d->ended || next > at)
				area_put_right(a, y, 36, STYLE_DIM, text);
		}
		y++;
	}
}

static int
id_width(const struct job_pane *p, int cols)
{
	size_t i;
	int width = 10, w;

	for (i = 0; i < job_size(p->job); i++) {
		w = (int)strlen(job_device(p->job, i)->device_id);
		if (w > width)
			width = w;
	}
	return width > cols / 3 ? cols / 3 : width;
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct job_pane *p = peek(pane);
	char title[32];
	struct frame frame = { .focused = true,
		.title = title,
		.info = "Enter device · x cancel · Esc back" };
	size_t i;
	int y, width, rows = list_rows(p);
	struct area list;

	if (p->job == NULL)
		return;
	snprintf(title, sizeof(title), "Job %d", job_number(p->job));
	a = frame_draw(a, &frame);
	draw_summary(p, a, look);
	width = id_width(p, a.cols);
	draw_heading(p, a, SUMMARY_ROWS, width);
	list = area_sub(a, SUMMARY_ROWS + 1, 0, rows, a.cols);
	for (y = 0; y < list.rows; y++) {
		i = p->scroll.top + (size_t)y;
		if (i >= job_size(p->job))
			break;
		draw_device(p, list, y, width, job_device(p->job, i), look);
		if (i == p->scroll.at) {
			area_put(list, y, 0, STYLE_STRONG, "▶");
			area_highlight(list, y);
			area_set_cursor(list, y, 0, false);
		}
	}
	if (has_timeline(p))
		draw_timeline(p,
		    area_sub(
			a, a.rows - TIMELINE_ROWS, 0, TIMELINE_ROWS, a.cols),
		    look);
}

static void
settle(struct pane *pane, int64_t now_ms)
{
	struct job_pane *p = self(pane);

	(void)now_ms;
	p->job = pane->deck != NULL && p->number != 0
	    ? jobs_by_number(deck_jobs(pane->deck), p->number)
	    : NULL;
	if (p->job != NULL)
		scroll_settle(&p->scroll, job_size(p->job), list_rows(p));
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
	self(pane)->job = job;
	self(pane)->number = job != NULL ? job_number(job) : 0;
	self(pane)->scroll = (struct scroll){ 0 };
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

	if (p->job == NULL || p->scroll.at >= job_size(p->job))
		return NULL;
	return job_device(p->job, p->scroll.at)->device_id;
}
