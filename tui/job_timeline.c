#include "config.h"

#include "tui/job_timeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/deck/jobs.h"
#include "tui/job_table.h"
#include "tui/job_text.h"
#include "tui/pane.h"

#define NAME_AT 3
#define STAMP_AT 17
#define TOOK_END 36
#define BAR_AT 39
#define BAR_MIN 8 /* cells, or there is none */
#define EVENTS_MAX 7

/* A row: from when, and to when; 0: not yet. */
struct event_row {
	const char *name;
	int64_t from_us, to_us;
	enum style style;
};

/* The phases of an update in their order. */
static const enum firmware_phase phases[] = { PHASE_WAITING, PHASE_DOWNLOADING,
	PHASE_APPLYING, PHASE_COMPLETED, PHASE_FAILED };

#define N_PHASES (sizeof(phases) / sizeof(phases[0]))

int
job_timeline_rows(const struct job *job)
{
	return job_has_phases(job) ? 7 : 5;
}

static int64_t
end_of_phase(const struct job_device *d, size_t phase, const struct look *look)
{
	int64_t at = d->phase_at_us[phases[phase]];
	size_t k;

	for (k = phase + 1; k < N_PHASES; k++)
		if (d->phase_at_us[phases[k]] >= at)
			return d->phase_at_us[phases[k]];
	if (!d->ended)
		return look->now_us;
	/* An end takes no time; of all others nobody looked further. */
	return phases[phase] < PHASE_COMPLETED && d->ended_us > at
	    ? d->ended_us
	    : at;
}

static size_t
add_phases(
    const struct job_device *d, const struct look *look, struct event_row *rows)
{
	size_t i, n = 0;

	for (i = 0; i < N_PHASES; i++) {
		int64_t at = d->phase_at_us[phases[i]];

		/* One of the two ends is enough. */
		if (at == 0 &&
		    (phases[i] == PHASE_FAILED ||
			(phases[i] == PHASE_COMPLETED &&
			    d->phase_at_us[PHASE_FAILED] != 0)))
			continue;
		rows[n].name = firmware_phase_name(phases[i]);
		rows[n].from_us = at;
		rows[n].to_us = at != 0 ? end_of_phase(d, i, look) : 0;
		rows[n++].style = phases[i] == PHASE_FAILED ? STYLE_BAD
		    : phases[i] == PHASE_COMPLETED          ? STYLE_GOOD
							    : STYLE_BUSY;
	}
	return n;
}

static size_t
collect(const struct job *job, const struct job_device *d,
    const struct look *look, struct event_row rows[EVENTS_MAX])
{
	size_t n = 1;

	rows[0] = (struct event_row){ "called", d->called_us,
		d->called_us != 0 ? d->elapsed_us > 0
			? d->called_us + d->elapsed_us
			: look->now_us
				  : 0,
		STYLE_BUSY };
	if (job_has_phases(job))
		return n + add_phases(d, look, rows + n);
	rows[n++] = (struct event_row){ "followed",
		d->elapsed_us > 0 ? rows[0].to_us : 0,
		d->ended_us != 0 ? d->ended_us : look->now_us, STYLE_BUSY };
	rows[n++] =
	    (struct event_row){ d->ended ? job_device_state_name(d->state)
					 : "the end",
		    d->ended_us, d->ended_us, job_device_style(d->state) };
	return n;
}

/* A cell at least, wherever it lies between the first and the last. */
static void
draw_bar(struct area a, int y, const struct event_row *row, int64_t from_us,
    int64_t to_us)
{
	int cells = a.cols - BAR_AT - 2, from, to;
	double scale;

	if (cells < BAR_MIN || to_us <= from_us)
		return;
	scale = (double)cells / (double)(to_us - from_us);
	from = (int)((double)(row->from_us - from_us) * scale);
	to = (int)((double)(row->to_us - from_us) * scale);
	if (from > cells - 1)
		from = cells - 1;
	if (to <= from)
		to = from + 1;
	area_repeat(a, y, BAR_AT + from, to - from, row->style, 0x2588);
}

static void
draw_row(struct area a, int y, const struct event_row *row, bool is_last)
{
	char text[CLOCK_STAMP_SIZE];

	area_put(a, y, NAME_AT, row->from_us != 0 ? STYLE_TEXT : STYLE_DIM,
	    row->name);
	if (row->from_us == 0)
		return;
	clock_format_time(text, row->from_us);
	area_put(a, y, STAMP_AT, STYLE_TEXT, text);
	if (row->to_us <= row->from_us && is_last)
		return;
	clock_format_elapsed(text, (row->to_us - row->from_us) / 1000);
	if (row->to_us - row->from_us < 1000000)
		snprintf(text, sizeof(text), "%d ms",
		    (int)((row->to_us - row->from_us) / 1000));
	area_put_right(a, y, TOOK_END, STYLE_DIM, text);
}

/* In full what the table has room for in part. */
static void
draw_words(struct area a, int y, const struct job_device *d)
{
	char text[512];

	if (d->err.code != ERR_NONE) {
		area_put(a, y, NAME_AT, STYLE_DIM, "reason");
		area_put_fit(a, y, STAMP_AT, a.cols - STAMP_AT - 1, STYLE_BAD,
		    d->err.text);
		return;
	}
	job_answer_write(d, text, sizeof(text));
	if (text[0] == '\0')
		return;
	area_put(a, y, NAME_AT, STYLE_DIM, "answer");
	area_put_fit(a, y, STAMP_AT, a.cols - STAMP_AT - 1, STYLE_TEXT, text);
}

void
job_timeline_draw(struct area a, const struct job *job,
    const struct job_device *d, const struct look *look)
{
	struct event_row rows[EVENTS_MAX] = { { 0 } };
	size_t i, n = collect(job, d, look, rows);
	int64_t from_us = 0, to_us = 0;

	area_putf(a, 0, NAME_AT, STYLE_DIM, "timeline of %s", d->device_id);
	for (i = 0; i < n; i++) {
		if (rows[i].from_us == 0)
			continue;
		if (from_us == 0 || rows[i].from_us < from_us)
			from_us = rows[i].from_us;
		if (rows[i].to_us > to_us)
			to_us = rows[i].to_us;
	}
	for (i = 0; i < n; i++) {
		draw_row(a, (int)i + 1, &rows[i], i + 1 == n);
		if (rows[i].from_us != 0)
			draw_bar(a, (int)i + 1, &rows[i], from_us, to_us);
	}
	draw_words(a, (int)n + 1, d);
}
