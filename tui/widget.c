#include "config.h"

#include "tui/widget.h"

#include <inttypes.h>
#include <stdio.h>

#define FRESH_MS 1500 /* three refreshes */
#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

struct area
frame_draw(struct area a, const struct frame *frame)
{
	enum style border = frame->focused ? STYLE_FOCUS : STYLE_BORDER;
	enum style words = frame->focused ? STYLE_FOCUS : STYLE_TEXT;
	int y, x, width = a.cols - 2;

	area_clear(a);
	area_repeat(a, 0, 0, a.cols, border, 0x2500);
	area_repeat(a, a.rows - 1, 0, a.cols, border, 0x2500);
	for (y = 1; y < a.rows - 1; y++) {
		area_repeat(a, y, 0, 1, border, 0x2502);
		area_repeat(a, y, a.cols - 1, 1, border, 0x2502);
	}
	area_repeat(a, 0, 0, 1, border, 0x250c);
	area_repeat(a, 0, a.cols - 1, 1, border, 0x2510);
	area_repeat(a, a.rows - 1, 0, 1, border, 0x2514);
	area_repeat(a, a.rows - 1, a.cols - 1, 1, border, 0x2518);

	x = 1;
	if (frame->title != NULL && width > 3) {
		area_repeat(a, 0, x, 1, border, ' ');
		x = area_put_fit(a, 0, x + 1, width - 2, words, frame->title);
		x = area_repeat(a, 0, x, 1, border, ' ');
	}
	if (frame->info != NULL && frame->info[0] != '\0' &&
	    x + area_width(a, frame->info) + 4 <= a.cols) {
		area_repeat(a, 0, a.cols - 2, 1, border, ' ');
		x = area_put_right(a, 0, a.cols - 2, STYLE_TEXT, frame->info);
		area_repeat(a, 0, x - 1, 1, border, ' ');
	}
	if (frame->below != NULL && frame->below[0] != '\0' &&
	    area_width(a, frame->below) + 4 <= a.cols) {
		area_repeat(a, a.rows - 1, a.cols - 2, 1, border, ' ');
		x = area_put_right(a, a.rows - 1, a.cols - 2,
		    frame->below_style, frame->below);
		area_repeat(a, a.rows - 1, x - 1, 1, border, ' ');
	}
	return area_sub(a, 1, 1, a.rows - 2, a.cols - 2);
}

int
bar_draw(struct area a, int y, int x, int width, const struct bar_part *parts,
    size_t n)
{
	size_t i, total = 0, before = 0;
	int cells = width - 2, used = 0, upto, later;
	size_t k;

	x = area_repeat(a, y, x, 1, STYLE_DIM, 0x2595);
	for (i = 0; i < n; i++)
		total += parts[i].n;
	for (i = 0; i < n && total > 0; i++) {
		before += parts[i].n;
		upto = (int)(before * (size_t)cells / total);
		if (parts[i].n > 0 && upto == used)
			upto++;
		/* Leave a cell for each part that is still to come. */
		for (later = 0, k = i + 1; k < n; k++)
			later += parts[k].n > 0;
		if (upto > cells - later)
			upto = cells - later;
		if (upto < used)
			upto = used;
		x = area_repeat(
		    a, y, x, upto - used, parts[i].style, parts[i].ch);
		used = upto;
	}
	x = area_repeat(a, y, x, cells - used, STYLE_TEXT, ' ');
	return area_repeat(a, y, x, 1, STYLE_DIM, 0x258f);
}

int
bar_draw_progress(struct area a, int y, int x, int width, enum style style,
    int done, int total)
{
	int cells = width - 2;
	int halves = total > 0 ? 2 * cells * done / total : 0;

	x = area_repeat(a, y, x, 1, STYLE_DIM, 0x2595);
	x = area_repeat(a, y, x, halves / 2, style, 0x2588);
	x = area_repeat(a, y, x, halves % 2, style, 0x258c);
	x = area_repeat(a, y, x, cells - halves / 2 - halves % 2, style, ' ');
	return area_repeat(a, y, x, 1, STYLE_DIM, 0x258f);
}

void
scroll_move(struct scroll *scroll, enum move move, size_t n, int rows)
{
	size_t page = rows > 1 ? (size_t)rows - 1 : 1;

	switch (move) {
	case MOVE_UP:
		scroll->at -= scroll->at > 0;
		break;
	case MOVE_DOWN:
		scroll->at++;
		break;
	case MOVE_PGUP:
		scroll->at -= scroll->at > page ? page : scroll->at;
		scroll->top -= scroll->top > page ? page : scroll->top;
		break;
	case MOVE_PGDN:
		scroll->at += page;
		scroll->top += page;
		break;
	case MOVE_TOP:
		scroll->at = 0;
		break;
	case MOVE_BOTTOM:
		scroll->at = n;
		break;
	}
	scroll_settle(scroll, n, rows);
}

void
scroll_settle(struct scroll *scroll, size_t n, int rows)
{
	size_t seen = rows > 0 ? (size_t)rows : 1;

	if (scroll->at >= n)
		scroll->at = n > 0 ? n - 1 : 0;
	if (scroll->top + seen > n)
		scroll->top = n > seen ? n - seen : 0;
	if (scroll->top > scroll->at)
		scroll->top = scroll->at;
	if (scroll->at >= scroll->top + seen)
		scroll->top = scroll->at - seen + 1;
}

enum point
scroll_point(struct scroll *scroll, int y, size_t n, int rows)
{
	size_t at = scroll->top + (size_t)y;

	if (y < 0 || y >= rows || at >= n)
		return POINT_NONE;
	if (at == scroll->at)
		return POINT_SAME;
	scroll->at = at;
	return POINT_MOVED;
}

void
cursor_draw(struct area a, int y, bool focused)
{
	area_put(a, y, 0, STYLE_STRONG, "▶");
	if (!focused)
		return;
	area_highlight(a, y);
	area_set_cursor(a, y, 0, false);
}

const char *
age_format(char out[TIME_SIZE], int64_t age_ms)
{
	static const struct {
		int64_t ms;
		const char *text;
	} steps[] = {
		{ HOUR_MS, "1 h" },
		{ 30 * MINUTE_MS, "30 min" },
		{ 10 * MINUTE_MS, "10 min" },
		{ 5 * MINUTE_MS, "5 min" },
		{ 2 * MINUTE_MS, "2 min" },
		{ MINUTE_MS, "1 min" },
		{ 30 * SECOND_MS, "30 s" },
		{ 10 * SECOND_MS, "10 s" },
		{ 5 * SECOND_MS, "5 s" },
		{ FRESH_MS, "2 s" },
		{ INT64_MIN, "live" },
	};
	size_t i;

	for (i = 0; age_ms < steps[i].ms; i++)
		;
	snprintf(out, TIME_SIZE, "%s", steps[i].text);
	return out;
}

const char *
since_format(char out[TIME_SIZE], int64_t age_ms)
{
	static const struct {
		int64_t ms;
		const char *text;
	} steps[] = {
		{ 365 * DAY_MS, "1 y" },
		{ 90 * DAY_MS, "90 d" },
		{ 30 * DAY_MS, "30 d" },
		{ 7 * DAY_MS, "7 d" },
		{ 2 * DAY_MS, "2 d" },
		{ DAY_MS, "1 d" },
		{ 12 * HOUR_MS, "12 h" },
		{ 5 * HOUR_MS, "5 h" },
		{ 2 * HOUR_MS, "2 h" },
	};
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (age_ms >= steps[i].ms) {
			snprintf(out, TIME_SIZE, "%s", steps[i].text);
			return out;
		}
	if (age_ms < FRESH_MS) {
		snprintf(out, TIME_SIZE, "now");
		return out;
	}
	return age_format(out, age_ms);
}

const char *
left_format(char out[TIME_SIZE], int64_t left_ms)
{
	if (left_ms <= 0)
		snprintf(out, TIME_SIZE, "0s");
	else if (left_ms <= 50 * SECOND_MS)
		snprintf(out, TIME_SIZE, "%" PRId64 "s",
		    (left_ms + 10 * SECOND_MS - 1) / (10 * SECOND_MS) * 10);
	else if (left_ms <= 90 * MINUTE_MS)
		snprintf(out, TIME_SIZE, "%" PRId64 "m",
		    (left_ms + MINUTE_MS - 1) / MINUTE_MS);
	else
		snprintf(out, TIME_SIZE, "%" PRId64 "h",
		    (left_ms + HOUR_MS - 1) / HOUR_MS);
	return out;
}

const char *
countdown_format(char out[TIME_SIZE], int64_t left_ms)
{
	int64_t s = left_ms > 0 ? (left_ms + SECOND_MS - 1) / SECOND_MS : 0;

	if (s < 3600)
		snprintf(
		    out, TIME_SIZE, "%" PRId64 ":%02" PRId64, s / 60, s % 60);
	else
		snprintf(out, TIME_SIZE, "%" PRId64 ":%02" PRId64 ":%02" PRId64,
		    s / 3600, s / 60 % 60, s % 60);
	return out;
}
