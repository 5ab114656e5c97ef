#include "config.h"

#include "tui/plot.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/deck/job_samples.h"

#define LABEL_WIDTH 13 /* " throughput  " */
#define EIGHTHS 8
#define AXIS_ROWS 6 /* rows of the whole from which there is an axis */

static const struct {
	uint32_t ch;
	enum style style;
} looks[JOB_BANDS] = {
	[JOB_BAND_DONE] = { 0x2588, STYLE_GOOD },        /* █ */
	[JOB_BAND_APPLYING] = { 0x2593, STYLE_BUSY },    /* ▓ */
	[JOB_BAND_DOWNLOADING] = { 0x2592, STYLE_BUSY }, /* ▒ */
	[JOB_BAND_STANDBY] = { 0x2591, STYLE_BUSY },     /* ░ */
	[JOB_BAND_CALLED] = { '+', STYLE_BUSY },
	[JOB_BAND_WAITING] = { 0x00b7, STYLE_DIM }, /* · */
	[JOB_BAND_GONE] = { ' ', STYLE_TEXT },
	[JOB_BAND_FAILED] = { 0x00d7, STYLE_BAD }, /* × */
};

/*
 * A column is so many stretches, the same for all: the picture grows to the
 * right and is drawn closer only when it would not fit, so that what is there
 * stays where it is.
 */
struct columns {
	const struct job_samples *samples;
	size_t per; /* stretches of a column */
	int n;
};

static struct columns
columns_of(const struct job_samples *samples, int width)
{
	struct columns c = { .samples = samples, .per = 1 };
	size_t n = job_samples_size(samples);

	if (width < 1)
		return c;
	c.per = (n + (size_t)width - 1) / (size_t)width;
	if (c.per == 0)
		c.per = 1;
	c.n = (int)((n + c.per - 1) / c.per);
	return c;
}

/* The end of a column, for what was counted. */
static const struct job_sample *
last_of(const struct columns *c, int column)
{
	size_t i = ((size_t)column + 1) * c->per - 1;
	size_t n = job_samples_size(c->samples);

	return job_samples_at(c->samples, i < n ? i : n - 1);
}

/* All of a column, for what was added up. */
static struct job_sample
sum_of(const struct columns *c, int column)
{
	struct job_sample sum = { 0 };
	const struct job_sample *s;
	size_t i;

	for (i = 0; i < c->per; i++) {
		s = job_samples_at(c->samples, (size_t)column * c->per + i);
		if (s == NULL)
			break;
		sum.answers += s->answers;
		sum.sum_us += s->sum_us;
		if (sum.longest_ms < s->longest_ms)
			sum.longest_ms = s->longest_ms;
	}
	return sum;
}

/* From the ground up; a single failure is seen, however many there are. */
static void
draw_stack_column(
    struct area a, int x, const struct job_sample *s, size_t total)
{
	size_t middle, upto = 0, half;
	int y, band = -1;

	for (y = 0; y < a.rows; y++) {
		half = 2 * (size_t)y + 1;
		middle = half * total;
		while (band < 0 ||
		    (band + 1 < JOB_BANDS &&
			middle >= upto * 2 * (size_t)a.rows))
			upto += s->bands[++band];
		if (y == a.rows - 1 && s->bands[JOB_BAND_FAILED] > 0)
			band = JOB_BAND_FAILED;
		area_repeat(
		    a, a.rows - 1 - y, x, 1, looks[band].style, looks[band].ch);
	}
}

static void
draw_stack(struct area a, const struct columns *c, size_t total)
{
	int x;

	if (total == 0)
		return;
	for (x = 0; x < c->n; x++)
		draw_stack_column(a, x, last_of(c, x), total);
}

/* "done █ 3", as many as fit; those that are nowhere are left out. */
static void
draw_names(struct area a, const struct job_sample *now)
{
	char count[16];
	int i, x = 1, width;

	for (i = 0; i < JOB_BANDS; i++) {
		if (now->bands[i] == 0)
			continue;
		snprintf(count, sizeof(count), "%u", now->bands[i]);
		width = (int)strlen(job_band_name((enum job_band)i)) + 2 +
		    (int)strlen(count);
		if (x + width >= a.cols)
			break;
		x = area_repeat(a, 0, x, 1, looks[i].style, looks[i].ch);
		x = area_putf(a, 0, x + 1, STYLE_TEXT, "%s",
		    job_band_name((enum job_band)i));
		x = area_put(a, 0, x + 1, STYLE_STRONG, count) + 2;
	}
}

/* "0 s" at the left, what the picture is wide at the right. */
static void
draw_axis(struct area a, int y, const struct columns *c)
{
	char text[CLOCK_STAMP_SIZE];
	int end = LABEL_WIDTH + c->n;

	clock_format_elapsed(text,
	    (int64_t)job_samples_size(c->samples) *
		job_samples_width_ms(c->samples));
	area_put(a, y, LABEL_WIDTH, STYLE_DIM, "0");
	if (c->n > (int)strlen(text) + 2)
		area_put_right(a, y, end, STYLE_DIM, text);
}

static void
draw_spark(struct area a, int y, int x, uint64_t value, uint64_t most)
{
	uint64_t eighths;

	if (value == 0 || most == 0)
		return;
	eighths = (value * EIGHTHS + most - 1) / most;
	area_repeat(a, y, x, 1, STYLE_BUSY, 0x2580 + (uint32_t)eighths);
}

static uint64_t
latency_of(const struct job_sample *s)
{
	return s->answers > 0 ? s->sum_us / s->answers : 0;
}

static uint64_t
answers_of(const struct job_sample *s)
{
	return s->answers;
}

static void
draw_line(struct area a, int y, const struct columns *c, const char *name,
    uint64_t (*value)(const struct job_sample *), const char *words)
{
	struct job_sample sum;
	uint64_t most = 0, v;
	int x;

	for (x = 0; x < c->n; x++) {
		sum = sum_of(c, x);
		v = value(&sum);
		if (v > most)
			most = v;
	}
	area_put(a, y, 1, STYLE_DIM, name);
	for (x = 0; x < c->n; x++) {
		sum = sum_of(c, x);
		draw_spark(a, y, LABEL_WIDTH + x, value(&sum), most);
	}
	area_put(a, y, LABEL_WIDTH + c->n + 1, STYLE_TEXT, words);
}

static void
draw_calls(struct area a, int y, const struct columns *c)
{
	struct job_sample sum, all = { 0 };
	int64_t width_ms = (int64_t)c->per * job_samples_width_ms(c->samples);
	uint32_t most = 0;
	char words[48] = "";
	int x;

	for (x = 0; x < c->n; x++) {
		sum = sum_of(c, x);
		all.answers += sum.answers;
		all.sum_us += sum.sum_us;
		if (all.longest_ms < sum.longest_ms)
			all.longest_ms = sum.longest_ms;
		if (most < sum.answers)
			most = sum.answers;
	}
	if (all.answers > 0)
		snprintf(words, sizeof(words),
		    "%" PRIu64 " ms, most %" PRIu32 " ms",
		    (latency_of(&all) + 500) / 1000, all.longest_ms);
	draw_line(a, y, c, "latency", latency_of, words);
	if (most > 0)
		snprintf(words, sizeof(words),
		    "%" PRIu32 " call%s, most %.1f/s", all.answers,
		    all.answers == 1 ? "" : "s",
		    (double)most * 1000 / (double)width_ms);
	draw_line(a, y + 1, c, "throughput", answers_of, words);
}

void
plot_draw(struct area a, const struct job_samples *samples, size_t total)
{
	bool axis = a.rows >= AXIS_ROWS;
	int rows = a.rows - 3 - axis;
	struct columns c;
	size_t n;

	if (a.rows < PLOT_ROWS_MIN || samples == NULL)
		return;
	n = job_samples_size(samples);
	/* Room behind for the words of the lines. */
	c = columns_of(samples, a.cols - LABEL_WIDTH - 28);
	draw_names(a, job_samples_at(samples, n - 1));
	area_put(a, 1, 1, STYLE_DIM, "devices");
	draw_stack(area_sub(a, 1, LABEL_WIDTH, rows, c.n), &c, total);
	if (axis)
		draw_axis(a, 1 + rows, &c);
	draw_calls(a, a.rows - 2, &c);
}
