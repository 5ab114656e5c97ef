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
#include "tui/pane.h"

#define TIME_WIDTH 9   /* "14:01:29 " */
#define TIMES_WIDTH 7  /* "x99999 " */
#define METHOD_WIDTH 7 /* "DELETE " */
#define STATUS_WIDTH 4 /* "200 " */
#define TOOK_WIDTH 10  /* "12.3 ms", and room before it */
#define BYTES_WIDTH 9  /* "12.3 KB", likewise */
#define PATH_LEAST 24  /* narrower, other columns go */

struct traffic_pane {
	struct pane base;
	uint64_t number; /* of the entry under the cursor; 0: the newest */
	struct scroll scroll;
};

static struct traffic_pane *
self(struct pane *pane)
{
	return (struct traffic_pane *)pane;
}

static const struct traffic_pane *
peek(const struct pane *pane)
{
	return (const struct traffic_pane *)pane;
}

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

static int
list_rows(const struct traffic_pane *p)
{
	return p->base.rows > 3 ? p->base.rows - 2 : 1;
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
	const struct traffic_pane *p = peek(pane);
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
		    TRAFFIC_MAX, p->number == 0 ? " · follows" : "");
	a = frame_draw(a, &frame);
	if (n == 0) {
		area_put_fit(
		    a, 0, 1, a.cols - 2, STYLE_DIM, "nothing was asked yet");
		area_set_cursor(a, 0, 0, false);
		return;
	}
	for (y = 0; y < a.rows; y++) {
		i = p->scroll.top + (size_t)y;
		if (i >= n)
			break;
		draw_row(a, y, traffic_at(traffic_of(pane), i));
		if (i != p->scroll.at)
			continue;
		area_put(a, y, 0, STYLE_STRONG, "▶");
		if (look->focused) {
			area_highlight(a, y);
			area_set_cursor(a, y, 0, false);
		}
	}
}

/* A poll that was asked again has moved to the end, under another number. */
static void
settle(struct pane *pane, int64_t now_ms)
{
	struct traffic_pane *p = self(pane);
	size_t i, n = count(pane);

	(void)now_ms;
	if (n == 0)
		return;
	if (p->number == 0)
		p->scroll.at = n - 1;
	for (i = 0; p->number != 0 && i < n; i++)
		if (traffic_at(traffic_of(pane), i)->number >= p->number) {
			p->scroll.at = i;
			break;
		}
	scroll_settle(&p->scroll, n, list_rows(p));
}

static void
bind_to_row(struct traffic_pane *p)
{
	p->number = p->scroll.at + 1 >= count(&p->base)
	    ? 0
	    : traffic_at(traffic_of(&p->base), p->scroll.at)->number;
}

static void
move(struct pane *pane, enum move how)
{
	struct traffic_pane *p = self(pane);

	settle(pane, 0);
	if (count(pane) == 0)
		return;
	scroll_move(&p->scroll, how, count(pane), list_rows(p));
	bind_to_row(p);
}

static enum point
point(struct pane *pane, int y)
{
	struct traffic_pane *p = self(pane);
	enum point point =
	    scroll_point(&p->scroll, y - 1, count(pane), list_rows(p));

	if (point == POINT_MOVED)
		bind_to_row(p);
	return point;
}

static void
traffic_pane_free(struct pane *pane)
{
	free(self(pane));
}

static const struct pane_ops traffic_pane_ops = {
	.name = "traffic",
	.settle = settle,
	.draw = draw,
	.move = move,
	.point = point,
	.free = traffic_pane_free,
};

struct pane *
pane_traffic_new(void)
{
	struct traffic_pane *p = xcalloc(1, sizeof(*p));

	p->base.ops = &traffic_pane_ops;
	return &p->base;
}

const struct traffic_entry *
pane_traffic_current(const struct pane *pane)
{
	const struct traffic_pane *p = peek(pane);

	if (p->scroll.at >= count(pane))
		return NULL;
	return traffic_at(traffic_of(pane), p->scroll.at);
}
