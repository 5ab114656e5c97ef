#include "config.h"

#include "tui/pane_jobs.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "tui/job_text.h"
#include "tui/list_pane.h"
#include "tui/pane.h"

#define NUMBER_END 4 /* where a job's number ends */
#define TITLE_AT 5
#define DEVICES_WIDTH 11 /* "100 devices" */
#define TOOK_WIDTH 8     /* "1:02:03", and room before it */
#define ENGINE_WIDTH 6   /* "here", likewise */

/* Where the columns begin, for one width of the pane; 0 wide: no room. */
struct columns {
	int title_width;
	int devices_width;
	int bar, bar_width;
	int counts, counts_width;
	int end; /* the time it took ends here */
	bool took, engine;
};

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

/* The narrower the pane, the fewer columns; the title takes what is left. */
static struct columns
layout(int width)
{
	struct columns c = { .took = width >= 26, .engine = width >= 100 };
	int left = width - TITLE_AT;

	c.end = width - 1 - (c.engine ? ENGINE_WIDTH : 0);
	if (c.engine)
		left -= ENGINE_WIDTH;
	if (c.took)
		left -= TOOK_WIDTH + 1;
	c.devices_width = width >= 70 ? DEVICES_WIDTH : 0;
	c.bar_width = width >= 117 ? 20
	    : width >= 100         ? 14
	    : width >= 50          ? 10
				   : 0;
	c.title_width = width >= 117 ? 28 : width >= 100 ? 20 : 15;
	if (width < 70) {
		c.counts_width = width >= 38 ? 12 : width >= 34 ? 9 : 0;
		c.title_width = left - c.counts_width -
		    (c.bar_width > 0 ? c.bar_width + 2 : 0);
	}
	c.bar = TITLE_AT + c.title_width + c.devices_width +
	    (c.devices_width > 0 ? 2 : 0);
	c.counts = c.bar + (c.bar_width > 0 ? c.bar_width + 1 : 0);
	if (width >= 70)
		c.counts_width = TITLE_AT + left - c.counts;
	return c;
}

/* One word of what became of a job's devices; an empty one is left out. */
struct word {
	char text[32];
	enum style style;
};

#define WORDS_MAX 4

static void
set_word(struct word *word, enum style style, size_t n, const char *what)
{
	word->style = style;
	snprintf(word->text, sizeof(word->text), "%zu %s", n, what);
}

/* What has happened to the job as a whole; an empty one: nothing. */
static struct word
mark_of(const struct job *job)
{
	if (job_state(job) == JOB_CANCELLED)
		return (struct word){ "cancelled", STYLE_BAD };
	if (job_is_paused(job))
		return (struct word){ "paused", STYLE_DRIFT };
	return (struct word){ "", STYLE_TEXT };
}

/* "1 done 2 running cancelled"; where that is too wide, "1/3". */
static void
choose_words(struct word words[WORDS_MAX], int room, const struct word *mark,
    const struct job_counts *n)
{
	int i, width = 0;

	set_word(&words[0], STYLE_TEXT, n->done, "done");
	if (n->running > 0)
		set_word(&words[1], STYLE_BUSY, n->running, "running");
	if (n->failed > 0)
		set_word(&words[2], STYLE_BAD, n->failed, "failed");
	words[3] = *mark;
	for (i = 0; i < WORDS_MAX; i++)
		if (words[i].text[0] != '\0')
			width += (int)strlen(words[i].text) + 1;
	if (width - 1 <= room)
		return;
	words[1].text[0] = '\0';
	if (mark->text[0] != '\0')
		words[0] = words[3];
	else
		snprintf(words[0].text, sizeof(words[0].text), "%zu/%zu",
		    n->done, n->total);
	words[3].text[0] = '\0';
}

static void
draw_counts(struct area a, int y, const struct columns *c,
    const struct word *mark, const struct job_counts *n)
{
	struct word words[WORDS_MAX] = { { "", STYLE_TEXT } };
	int i, x = c->counts;

	if (c->counts_width >= 34 && mark->text[0] == '\0') {
		area_putf(a, y, x, STYLE_TEXT, "%4zu done", n->done);
		area_putf(a, y, x + 10,
		    n->running > 0 ? STYLE_BUSY : STYLE_TEXT, "%4zu running",
		    n->running);
		area_putf(a, y, x + 23, n->failed > 0 ? STYLE_BAD : STYLE_TEXT,
		    "%4zu failed", n->failed);
		return;
	}
	choose_words(words, c->counts_width, mark, n);
	for (i = 0; i < WORDS_MAX; i++) {
		if (words[i].text[0] == '\0' ||
		    x + (int)strlen(words[i].text) >
			c->counts + c->counts_width)
			continue;
		x = area_put(a, y, x, words[i].style, words[i].text) + 1;
	}
}

static void
draw_waiting(struct area a, int y, const struct columns *c,
    const struct job *job, const struct look *look)
{
	char text[TIME_SIZE + 8], left[TIME_SIZE];
	int x = c->bar;

	if (!c->took)
		return;
	if (job_note(job) != NULL &&
	    (job_starts_ms(job) <= look->now_ms ||
		str_starts_with(job_note(job), "waiting"))) {
		area_put_fit(
		    a, y, x, c->end - x, STYLE_BUSY, job_note(job));
		return;
	}
	snprintf(text, sizeof(text), "in %s",
	    countdown_format(left, job_starts_ms(job) - look->now_ms));
	x = area_put(a, y, x, STYLE_BUSY, text);
	if (x + 2 + (int)strlen("waiting") <= c->end)
		area_put_right(a, y, c->end, STYLE_TEXT,
		    job_is_paused(job) ? "paused" : "waiting");
}

static void
draw_row(struct area a, int y, const struct columns *c, const struct job *job,
    const struct look *look)
{
	struct word mark = mark_of(job);
	char text[TIME_SIZE + 8];
	struct job_counts n;

	job_counts(job, &n);
	snprintf(text, sizeof(text), "%d", job_number(job));
	area_put_right(a, y, NUMBER_END, STYLE_TEXT, text);
	area_put_fit(
	    a, y, TITLE_AT, c->title_width - 1, STYLE_STRONG, job_title(job));
	if (c->devices_width > 0) {
		snprintf(text, sizeof(text), "%zu device%s", n.total,
		    n.total == 1 ? " " : "s");
		area_put_right(a, y,
		    TITLE_AT + c->title_width + c->devices_width, STYLE_TEXT,
		    text);
	}
	if (c->engine)
		area_put(a, y, c->end + 2, STYLE_DIM,
		    job_engine_name(job_request(job)->engine));
	if (job_state(job) == JOB_WAITING) {
		draw_waiting(a, y, c, job, look);
		return;
	}
	if (c->took) {
		clock_format_elapsed(text, job_elapsed_ms(job));
		area_put_right(a, y, c->end, STYLE_TEXT, text);
	}
	if (c->bar_width > 0)
		job_bar_draw(a, y, c->bar, c->bar_width, &n);
	draw_counts(a, y, c, &mark, &n);
}

/* "3 · 1 running · 1 waiting" */
static void
format_info(char *info, size_t size, const struct jobs *jobs)
{
	size_t i, n = jobs_size(jobs), running = 0, waiting = 0, used;

	for (i = 0; i < n; i++) {
		running += job_state(jobs_at(jobs, i)) == JOB_RUNNING;
		waiting += job_state(jobs_at(jobs, i)) == JOB_WAITING;
	}
	snprintf(info, size, "%zu", n);
	used = strlen(info);
	if (running > 0)
		snprintf(info + used, size - used, " · %zu running", running);
	used = strlen(info);
	if (waiting > 0)
		snprintf(info + used, size - used, " · %zu waiting", waiting);
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct scroll *scroll = list_pane_scroll(pane);
	char title[32] = "Jobs", info[64] = "";
	struct frame frame = {
		.focused = look->focused, .title = title, .info = info
	};
	size_t i, n = count(pane);
	struct columns c;
	int y;

	if (look->number > 0)
		snprintf(title, sizeof(title), "%d Jobs", look->number);
	if (n > 0)
		format_info(info, sizeof(info), jobs_of(pane));
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
		i = scroll->top + (size_t)y;
		if (i >= n)
			break;
		draw_row(a, y, &c, jobs_at(jobs_of(pane), i), look);
		if (i == scroll->at)
			cursor_draw(a, y, look->focused);
	}
}

static uint64_t
number_at(const struct pane *pane, size_t i)
{
	return (uint64_t)job_number(jobs_at(jobs_of(pane), i));
}

static const struct list_source source = {
	.size = count, .number_at = number_at, .newest_first = true
};

static const struct pane_ops jobs_pane_ops = {
	.name = "jobs",
	.settle = list_pane_settle,
	.draw = draw,
	.move = list_pane_move,
	.point = list_pane_point,
	.free = list_pane_free,
};

struct pane *
pane_jobs_new(void)
{
	return list_pane_new(&jobs_pane_ops, &source);
}

struct job *
pane_jobs_current(const struct pane *pane)
{
	const struct scroll *scroll = list_pane_scroll(pane);

	if (scroll->at >= count(pane))
		return NULL;
	return jobs_at(jobs_of(pane), scroll->at);
}
