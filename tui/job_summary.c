#include "config.h"

#include "tui/job_summary.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/deck/job_eta.h"
#include "core/deck/jobs.h"
#include "tui/job_text.h"
#include "tui/pane.h"
#include "tui/widget.h"

#define COLS_BEGAN 76 /* cells from which there is room for a clock time */
#define BAR_MAX 42
#define BAR_MIN 6
#define PIECES_MAX 8
#define PIECE_SIZE 160
#define FIRST_MIN 8 /* cells */
#define APART 2     /* cells between two */

/*
 * What is needed most has the least number.  0 and 1 are never left out: the
 * first of all is cut where they have no room.
 */
struct piece {
	int need, width;
	enum style style;
	char text[PIECE_SIZE];
};

/* A row of them. */
struct pieces {
	struct piece at[PIECES_MAX];
	size_t n;
};

static void add(struct pieces *p, struct area a, int need, enum style style,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void
add(struct pieces *p, struct area a, int need, enum style style,
    const char *fmt, ...)
{
	struct piece *piece = &p->at[p->n++];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(piece->text, sizeof(piece->text), fmt, ap);
	va_end(ap);
	piece->need = need;
	piece->style = style;
	piece->width = area_width(a, piece->text);
}

static int
width_of(const struct pieces *p, int need)
{
	int width = 0;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->at[i].need <= need)
			width += p->at[i].width + (width > 0 ? APART : 0);
	return width;
}

/* From x to the last column but one. */
static void
draw(struct pieces *p, struct area a, int y, int x)
{
	const struct piece *piece;
	int room = a.cols - 1 - x, need = PIECES_MAX, first, width;

	while (need > 1 && width_of(p, need) > room)
		need--;
	first = p->at[0].width - (width_of(p, need) - room);
	if (first < FIRST_MIN)
		first = FIRST_MIN;
	if (first < p->at[0].width)
		p->at[0].width = first;
	for (piece = p->at; piece < p->at + p->n; piece++) {
		if (piece->need > need)
			continue;
		width = x < a.cols ? a.cols - 1 - x : 0;
		if (piece->width < width)
			width = piece->width;
		area_put_fit(a, y, x, width, piece->style, piece->text);
		x += width + APART;
	}
}

static void
add_times(struct pieces *p, struct area a, const struct job *job,
    const struct look *look)
{
	char began[CLOCK_STAMP_SIZE], elapsed[CLOCK_STAMP_SIZE];
	char left[TIME_SIZE];
	int64_t eta;

	if (job_state(job) == JOB_WAITING) {
		add(p, a, 2, STYLE_BUSY, "waiting, in %s",
		    countdown_format(left, job_starts_ms(job) - look->now_ms));
		return;
	}
	clock_format_time(began, job_began_us(job));
	clock_format_elapsed(elapsed, job_elapsed_ms(job));
	if (a.cols >= COLS_BEGAN)
		add(p, a, 6, STYLE_TEXT, "began %s", began);
	add(p, a, 3, STYLE_TEXT, "elapsed %s", elapsed);
	eta = job_eta_ms(job, look->now_ms, look->now_us);
	if (eta != JOB_ETA_UNKNOWN)
		add(p, a, 2, STYLE_STRONG, "ETA %s",
		    countdown_format(left, eta));
}

static void
draw_heading(struct area a, const struct job *job, const struct look *look)
{
	struct pieces p = { .n = 0 };
	size_t n = job_size(job);

	add(&p, a, 0, STYLE_STRONG, "%s", job_title(job));
	add(&p, a, 4, STYLE_TEXT, "%zu device%s", n, n == 1 ? "" : "s");
	add(&p, a, 5, STYLE_TEXT, "%s",
	    job_engine_name(job_request(job)->engine));
	add_times(&p, a, job, look);
	if (job_note(job) != NULL && job_state(job) == JOB_WAITING)
		add(&p, a, 1, STYLE_BUSY, "%s", job_note(job));
	else if (job_is_paused(job))
		add(&p, a, 1, STYLE_DRIFT, "paused");
	else if (job_state(job) == JOB_CANCELLED)
		add(&p, a, 1, STYLE_BAD, "cancelled");
	draw(&p, a, 0, 1);
}

/* Where there is no room for all, what is none goes first. */
static void
draw_progress(struct area a, const struct job *job)
{
	struct pieces p = { .n = 0 };
	struct job_counts n;
	size_t gone;
	int width = a.cols / 3 < BAR_MAX ? a.cols / 3 : BAR_MAX, left;

	job_counts(job, &n);
	gone = n.let_go + n.by_state[JOB_DEVICE_SKIPPED] +
	    n.by_state[JOB_DEVICE_CANCELLED];
	add(&p, a, 0, n.done > 0 ? STYLE_GOOD : STYLE_TEXT, "%zu done", n.done);
	add(&p, a, n.failed > 0 ? 1 : 5, n.failed > 0 ? STYLE_BAD : STYLE_TEXT,
	    "%zu failed", n.failed);
	add(&p, a, n.running > 0 ? 2 : 6,
	    n.running > 0 ? STYLE_BUSY : STYLE_TEXT, "%zu running", n.running);
	if (n.waiting > 0)
		add(&p, a, 3, STYLE_TEXT, "%zu waiting", n.waiting);
	if (gone > 0)
		add(&p, a, 4, STYLE_TEXT, "%zu not done", gone);
	left = a.cols - 3 - width_of(&p, 4);
	if (width > left)
		width = left < BAR_MIN ? BAR_MIN : left;
	draw(&p, a, 1, job_bar_draw(a, 1, 1, width, &n) + 1);
}

void
job_summary_draw(struct area a, const struct job *job, const struct look *look)
{
	const struct job_request *request = job_request(job);
	const char *what = request->payload;

	draw_heading(a, job, look);
	draw_progress(a, job);
	area_put(a, 2, 1, STYLE_DIM,
	    request->action == JOB_METHOD ? "payload" : "sets");
	if (request->action != JOB_METHOD)
		what = request->patch != NULL ? request->patch
					      : "what each device had before";
	area_put_fit(
	    a, 2, 10, a.cols - 11, STYLE_TEXT, what != NULL ? what : "null");
}
