#include "config.h"

#include "tui/pane_traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/traffic.h"
#include "tui/list_pane.h"
#include "tui/pane.h"

#define TIME_WIDTH 9   /* "14:01:29 " */
#define TIMES_WIDTH 7  /* "x99999 " */
#define METHOD_WIDTH 7 /* "DELETE " */
#define STATUS_WIDTH 4 /* "200 " */
#define TOOK_WIDTH 10  /* "12.3 ms", and room before it */
#define BYTES_WIDTH 9  /* "12.3 KB", likewise */
#define PATH_LEAST 24  /* narrower, other columns go */

static const struct traffic *
traffic_of(const struct pane *pane)
{
	return deck_traffic(pane->deck);
}

static size_t
count(const struct pane *pane)
{
	return pane->deck != NULL ? traffic_size(traffic_of(pane)) : 0;
}

/* Which way a packet went, or what a request was answered. */
static const char *
format_status(const struct traffic_entry *e, char *out, size_t size)
{
	if (e->is_packet)
		return e->from_device ? "in" : "out";
	if (e->http == 0)
		return "-";
	snprintf(out, size, "%d", e->http);
	return out;
}

static enum style
style_of(const struct traffic_entry *e)
{
	if (e->is_packet)
		return STYLE_BUSY;
	if (e->error != NULL)
		return STYLE_BAD;
	return e->http >= 200 && e->http < 300 ? STYLE_GOOD : STYLE_DRIFT;
}

static void
format_size(char *out, size_t size, size_t bytes)
{
	if (bytes < 1024)
		snprintf(out, size, "%zu B", bytes);
	else
		snprintf(out, size, "%.1f KB", (double)bytes / 1024);
}

/* From the right end to the left, as far as there is room beside the path. */
static int
draw_right(struct area a, int y, const struct traffic_entry *e, int left)
{
	char text[32];
	int end = a.cols - 1;

	if (e->is_packet || end - TOOK_WIDTH - left < PATH_LEAST)
		return end;
	snprintf(text, sizeof(text), "%.1f ms", (double)e->elapsed_us / 1000);
	area_put_right(a, y, end, STYLE_TEXT, text);
	end -= TOOK_WIDTH;
	if (end - BYTES_WIDTH - left < PATH_LEAST)
		return end;
	format_size(text, sizeof(text), e->answer_len);
	area_put_right(a, y, end, STYLE_DIM, text);
	end -= BYTES_WIDTH;
	if (end - TIMES_WIDTH - left < PATH_LEAST)
		return end;
	if (e->times > 1) {
		snprintf(text, sizeof(text), "x%" PRIu64, e->times);
		area_put_right(a, y, end, STYLE_DIM, text);
	}
	return end - TIMES_WIDTH;
}

/* What was asked, and of a request with a body the body. */
static void
draw_what(struct area a, int y, int x, int end, const struct traffic_entry *e)
{
	char *path = xstrndup(e->path, strcspn(e->path, "?"));

	x = area_put_fit(a, y, x, end - x, STYLE_TEXT, path);
	free(path);
	if (e->error != NULL)
		area_put_fit(a, y, x + 2, end - x - 2, STYLE_BAD, e->error);
	else if (e->body != NULL)
		area_put_fit(a, y, x + 2, end - x - 2, STYLE_DIM, e->body);
}

static void
draw_row(struct area a, int y, const struct traffic_entry *e)
{
	char stamp[CLOCK_STAMP_SIZE], status[16];
	int x = 2, end;

	if (a.cols >= TIME_WIDTH + METHOD_WIDTH + STATUS_WIDTH + PATH_LEAST) {
		clock_format_time(stamp, e->at_us);
		area_put(a, y, x, STYLE_DIM, stamp);
		x += TIME_WIDTH;
	}
	area_put(a, y, x, STYLE_STRONG, e->method);
	x += METHOD_WIDTH;
	area_put(a, y, x, style_of(e), format_status(e, status, sizeof(status)));
	x += STATUS_WIDTH;
	end = draw_right(a, y, e, x);
	draw_what(a, y, x, end, e);
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct scroll *scroll = list_pane_scroll(pane);
	size_t i, n = count(pane);
	char info[64] = "";
	struct frame frame = {
		.focused = look->focused,
		.title = "Traffic",
		.info = info,
		.below = "Enter whole · y curl · Y az · Esc back",
	};
	int y;

	if (n > 0)
		snprintf(info, sizeof(info), "%zu of the last %zu%s", n,
		    TRAFFIC_MAX, list_pane_follows(pane) ? " · follows" : "");
	a = frame_draw(a, &frame);
	if (n == 0) {
		area_put_fit(
		    a, 0, 1, a.cols - 2, STYLE_DIM, "nothing was asked yet");
		area_set_cursor(a, 0, 0, false);
		return;
	}
	for (y = 0; y < a.rows; y++) {
		i = scroll->top + (size_t)y;
		if (i >= n)
			break;
		draw_row(a, y, traffic_at(traffic_of(pane), i));
		if (i == scroll->at)
			cursor_draw(a, y, look->focused);
	}
}

/* A poll that was asked again has moved to the end, under another number. */
static uint64_t
number_at(const struct pane *pane, size_t i)
{
	return traffic_at(traffic_of(pane), i)->number;
}

static const struct list_source source = {
	.size = count, .number_at = number_at, .newest_first = false
};

static const struct pane_ops traffic_pane_ops = {
	.name = "traffic",
	.settle = list_pane_settle,
	.draw = draw,
	.move = list_pane_move,
	.point = list_pane_point,
	.free = list_pane_free,
};

struct pane *
pane_traffic_new(void)
{
	return list_pane_new(&traffic_pane_ops, &source);
}

const struct traffic_entry *
pane_traffic_current(const struct pane *pane)
{
	const struct scroll *scroll = list_pane_scroll(pane);

	if (scroll->at >= count(pane))
		return NULL;
	return traffic_at(traffic_of(pane), scroll->at);
}
