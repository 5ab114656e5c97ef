#include "config.h"

#include "tui/job_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/deck/jobs.h"
#include "tui/job_text.h"
#include "tui/pane.h"

#define ID_AT 4
#define STATE_WIDTH 14
#define PHASE_WIDTH 17
#define TIME_WIDTH 9 /* "in phase" */
#define ANSWER_WIDTH 32
#define ANSWER_MIN 10 /* or there is none, beside a phase */

/* Where the columns begin, for one width; -1: no room. */
struct columns {
	int id_width, state, phase, time_end, answer, answer_width, reason;
};

static const char *const order_names[JOB_ORDERS] = {
	[JOB_ORDER_ASKED] = "as asked",
	[JOB_ORDER_FAILED] = "failed first",
	[JOB_ORDER_PHASE] = "by phase",
};

const char *
job_order_name(enum job_order order)
{
	return order_names[order];
}

bool
job_has_phases(const struct job *job)
{
	const struct job_request *request = job_request(job);

	return request->action == JOB_METHOD &&
	    strcmp(request->method, "firmwareUpdate") == 0;
}

/* What needs somebody is low, what is done is high. */
static int
need_of(const struct job_device *d)
{
	switch (d->state) {
	case JOB_DEVICE_FAILED:
		return 0;
	case JOB_DEVICE_UNKNOWN:
		return 1;
	case JOB_DEVICE_CALLING:
	case JOB_DEVICE_ACKNOWLEDGED:
		return d->stalled ? 2 : d->ended ? 5 : 3;
	case JOB_DEVICE_WAITING:
		return 4;
	case JOB_DEVICE_CONFIRMED:
	case JOB_DEVICE_SKIPPED:
	case JOB_DEVICE_CANCELLED:
	case JOB_DEVICE_STATES:
		break;
	}
	return 6;
}

/* How far it is; what is over is behind everything. */
static int
progress_of(const struct job_device *d)
{
	if (d->ended)
		return 100;
	if (d->state == JOB_DEVICE_WAITING)
		return -1;
	return (int)d->phase;
}

struct sortable {
	int64_t first, second;
	size_t i;
};

static int
compare(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

void
job_table_sort(const struct job *job, enum job_order by, size_t *order)
{
	struct sortable *rows = xcalloc(job_size(job), sizeof(*rows));
	const struct job_device *d;
	size_t i;

	for (i = 0; i < job_size(job); i++) {
		d = job_device(job, i);
		rows[i].i = i;
		if (by == JOB_ORDER_FAILED) {
			rows[i].first = need_of(d);
		} else if (by == JOB_ORDER_PHASE) {
			rows[i].first = progress_of(d);
			rows[i].second = d->phase_since_ms;
		}
	}
	qsort(rows, job_size(job), sizeof(*rows), compare);
	for (i = 0; i < job_size(job); i++)
		order[i] = rows[i].i;
	free(rows);
}

static int
id_width(const struct job *job, int cols)
{
	size_t i;
	int width = 10, w;

	for (i = 0; i < job_size(job); i++) {
		w = (int)strlen(job_device(job, i)->device_id);
		if (w > width)
			width = w;
	}
	return width > cols / 3 ? cols / 3 : width;
}

static struct columns
lay_out(const struct job *job, int cols)
{
	struct columns c = { .phase = -1, .time_end = -1, .reason = -1 };

	c.id_width = id_width(job, cols);
	c.state = ID_AT + c.id_width + 2;
	c.answer = c.state + STATE_WIDTH;
	if (job_has_phases(job) &&
	    c.answer + PHASE_WIDTH + TIME_WIDTH - 1 < cols) {
		c.phase = c.answer;
		c.time_end = c.phase + PHASE_WIDTH + TIME_WIDTH - 1;
		c.answer = c.time_end + 2;
	}
	c.answer_width = cols - c.answer - 1;
	if (c.phase != -1 && c.answer_width < ANSWER_MIN)
		c.answer_width = 0;
	if (c.answer_width >= ANSWER_WIDTH * 3 / 2) {
		c.answer_width = ANSWER_WIDTH;
		c.reason = c.answer + ANSWER_WIDTH + 1;
	}
	return c;
}

static void
draw_heading(struct area a, const struct columns *c)
{
	area_put_fit(a, 0, ID_AT, c->id_width, STYLE_DIM, "device");
	area_put(a, 0, c->state, STYLE_DIM, "state");
	if (c->phase != -1) {
		area_put(a, 0, c->phase, STYLE_DIM, "phase");
		area_put_right(a, 0, c->time_end, STYLE_DIM, "in phase");
	}
	if (c->answer_width > 0)
		area_put_fit(a, 0, c->answer, c->answer_width, STYLE_DIM,
		    c->reason != -1 ? "answer" : "answer, or the reason");
	if (c->reason != -1)
		area_put(a, 0, c->reason, STYLE_DIM, "reason");
}

/* Told by a sign as well: failed, unknown, stalled. */
static void
draw_sign(struct area a, int y, const struct job_device *d)
{
	if (d->state == JOB_DEVICE_FAILED)
		area_repeat(a, y, 2, 1, STYLE_BAD, 0x00d7); /* × */
	else if (d->state == JOB_DEVICE_UNKNOWN)
		area_repeat(a, y, 2, 1, STYLE_BAD, '?');
	else if (d->stalled && !d->ended)
		area_repeat(a, y, 2, 1, STYLE_BAD, '!');
}

/* The last of an update's phases that takes time: how long until its end. */
static int64_t
last_phase_ms(const struct job_device *d)
{
	int phase = PHASE_APPLYING;
	int64_t end_us = d->phase_at_us[d->phase];

	while (phase > PHASE_WAITING && d->phase_at_us[phase] == 0)
		phase--;
	return d->phase_at_us[phase] != 0 && end_us >= d->phase_at_us[phase]
	    ? (end_us - d->phase_at_us[phase]) / 1000
	    : -1;
}

/*
 * How long it has been in its phase, or was in the last one until its end.
 * What the device said of its end is told by the same clock as its phases;
 * where it said nothing, ours tells.
 */
static int64_t
time_of(const struct job_device *d, const struct look *look)
{
	if (d->ended &&
	    (d->phase == PHASE_COMPLETED || d->phase == PHASE_FAILED))
		return last_phase_ms(d);
	if (d->phase_since_ms == 0 || (d->ended && d->ended_ms == 0))
		return -1;
	return (d->ended ? d->ended_ms : look->now_ms) - d->phase_since_ms;
}

static void
draw_phase(struct area a, int y, const struct columns *c,
    const struct job_device *d, const struct look *look)
{
	int64_t ms = time_of(d, look);
	char text[CLOCK_STAMP_SIZE];

	snprintf(text, sizeof(text), "%s", firmware_phase_name(d->phase));
	if (d->percent >= 0 && !d->ended)
		snprintf(text, sizeof(text), "%s %d%%",
		    firmware_phase_name(d->phase), d->percent);
	area_put_fit(a, y, c->phase, PHASE_WIDTH - 1,
	    d->phase == PHASE_FAILED ? STYLE_BAD : STYLE_TEXT, text);
	if (ms < 0)
		return;
	clock_format_elapsed(text, ms);
	area_put_right(a, y, c->time_end,
	    d->stalled && !d->ended ? STYLE_BAD : STYLE_DIM, text);
}

/* Where phases have no column, the one it is in says more than its answer. */
static const char *
state_words(const struct columns *c, const struct job_device *d)
{
	return c->phase == -1 && d->state == JOB_DEVICE_ACKNOWLEDGED &&
		!d->ended && d->phase != PHASE_NONE
	    ? firmware_phase_name(d->phase)
	    : job_device_state_name(d->state);
}

static void
draw_device(struct area a, int y, const struct columns *c,
    const struct job_device *d, const struct look *look)
{
	const char *reason = d->err.code != ERR_NONE ? d->err.text
	    : d->stalled && !d->ended && c->answer_width > 0
	    ? "stalled: nothing has changed for a while"
	    : NULL;
	bool is_alone = reason != NULL && c->answer_width == 0;
	int x = c->reason != -1 ? c->reason : is_alone ? c->phase : c->answer;
	char text[256] = "";

	draw_sign(a, y, d);
	area_put_id(a, y, ID_AT, c->id_width, STYLE_TEXT, d->device_id);
	area_put_fit(a, y, c->state, STATE_WIDTH - 1,
	    job_device_style(d->state), state_words(c, d));
	if (c->phase != -1 && !is_alone)
		draw_phase(a, y, c, d, look);
	if (reason != NULL)
		area_put_fit(a, y, x, a.cols - x - 1, STYLE_BAD, reason);
	if (c->answer_width == 0 || (reason != NULL && c->reason == -1))
		return;
	job_answer_write(d, text, sizeof(text));
	/* Where nothing went wrong the answer has that room too. */
	area_put_fit(a, y, c->answer,
	    reason != NULL ? c->answer_width : a.cols - c->answer - 1,
	    STYLE_TEXT, text);
}

void
job_table_draw(struct area a, const struct job *job, const size_t *order,
    const struct scroll *scroll, const struct look *look)
{
	struct columns c = lay_out(job, a.cols);
	size_t i;
	int y;

	draw_heading(a, &c);
	a = area_sub(a, 1, 0, a.rows - 1, a.cols);
	for (y = 0; y < a.rows; y++) {
		i = scroll->top + (size_t)y;
		if (i >= job_size(job))
			break;
		draw_device(a, y, &c, job_device(job, order[i]), look);
		if (i != scroll->at)
			continue;
		area_put(a, y, 0, STYLE_STRONG, "▶");
		area_highlight(a, y);
		area_set_cursor(a, y, 0, false);
	}
}
