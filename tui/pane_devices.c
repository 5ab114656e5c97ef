#include "config.h"

#include "tui/pane_devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "core/deck/watch.h"
#include "tui/pane.h"

#define ID_WIDTH_MIN 8
#define BAR_WIDTH 10
#define DOOR_WIDTH 11 /* "locked 10m" */

struct devices_pane {
	struct pane base;
	struct fleet_view *view; /* owned */
	char *id;                /* under the cursor, owned; NULL: no row */
	char *home;              /* owned; what a filter has hidden, or NULL */
	char *notice;            /* owned */
	struct scroll scroll;
	bool touched; /* the operator has moved the cursor */
	int id_width; /* widest id so far: columns never shrink */
	/* Devices of running jobs: their "waiting" is a phase of an update. */
	struct map *followed; /* by id; NULL: none */
};

/* Where the columns begin, for one width; 0 wide: no room. */
struct columns {
	int id, id_width;
	int link, link_width;
	int firmware, firmware_width;
	int door, door_width;
	int drift, drift_width;
	int sign;
};

static struct devices_pane *
self(struct pane *pane)
{
	return (struct devices_pane *)pane;
}

static const struct devices_pane *
peek(const struct pane *pane)
{
	return (const struct devices_pane *)pane;
}

static int
list_rows(const struct devices_pane *p)
{
	int rows = p->base.rows - 3; /* the frame and the heading */

	return rows > 0 ? rows : 1;
}

static struct columns
layout(const struct devices_pane *p, int width)
{
	struct columns c = { .id = 3 };
	int left;

	c.id_width = p->id_width > ID_WIDTH_MIN ? p->id_width : ID_WIDTH_MIN;
	if (c.id_width > width / 3 && width >= 40)
		c.id_width = width / 3;
	else if (c.id_width > width - 8)
		c.id_width = width - 8;
	c.link = c.id + c.id_width + 2;
	c.link_width = width >= 56 ? 5 : 2;
	c.firmware = c.link + c.link_width;
	left = width - c.firmware - 1;
	c.drift_width = left >= 34 ? 5 : 0;
	c.door_width = left >= 28 ? DOOR_WIDTH : 0;
	left -= c.drift_width + c.door_width;
	c.firmware_width = left > 38 ? 38 : left;
	c.door = c.firmware + c.firmware_width;
	c.drift = c.door + c.door_width;
	c.sign = c.drift + c.drift_width;
	if (c.sign > width - 1)
		c.sign = width - 1;
	return c;
}

static bool
is_followed(const struct devices_pane *p, const char *id)
{
	return p->followed != NULL && map_get(p->followed, id) != NULL;
}

static void
draw_phase_bar(
    struct area a, int y, const struct columns *c, const struct fleet_row *row)
{
	int within = row->percent > 0 ? row->percent : 0, x = c->firmware;
	int width = c->firmware_width >= 34 ? BAR_WIDTH + 6
	    : c->firmware_width >= 26       ? BAR_WIDTH
	    : c->firmware_width >= 20       ? BAR_WIDTH - 4
					    : 0;
	/* Quarters of the way: waiting, downloading, applying, completed. */
	int done = ((int)row->phase - (int)PHASE_WAITING) * 100 + within;
	char text[48];

	snprintf(text, sizeof(text), "%s", firmware_phase_name(row->phase));
	if (row->percent >= 0)
		snprintf(text, sizeof(text), "%s %d%%",
		    firmware_phase_name(row->phase), row->percent);
	if (width > 0)
		x = bar_draw_progress(a, y, x, width, STYLE_BUSY, done, 400) +
		    1;
	area_put_fit(
	    a, y, x, c->firmware + c->firmware_width - 1 - x, STYLE_BUSY, text);
}

static void
draw_firmware(const struct devices_pane *p, struct area a, int y,
    const struct columns *c, const struct fleet_row *row)
{
	bool waits = row->phase == PHASE_WAITING && is_followed(p, row->id);
	const struct fleet *fleet = deck_fleet(p->base.deck);
	const char *detail = fleet_row_version(fleet, row), *words = NULL;
	enum style style = STYLE_TEXT;
	int x;

	switch (row->phase) {
	case PHASE_NONE:
	case PHASE_OTHER:
		words = row->phase == PHASE_OTHER ? "other" : "-";
		break;
	case PHASE_WAITING:
		words = "standBy";
		break;
	case PHASE_DOWNLOADING:
	case PHASE_APPLYING:
		break;
	case PHASE_COMPLETED:
		words = "completed";
		style = STYLE_GOOD;
		break;
	case PHASE_FAILED:
		words = "failed";
		detail = fleet_row_failure(fleet, row);
		style = STYLE_BAD;
		break;
	}
	if (waits || words == NULL) {
		draw_phase_bar(a, y, c, row);
		return;
	}
	x = c->firmware;
	area_put_fit(a, y, x, c->firmware_width - 1, style, words);
	x += 12;
	if (detail != NULL)
		area_put_fit(a, y, x, c->firmware + c->firmware_width - 1 - x,
		    STYLE_TEXT, detail);
}

static void
draw_door(struct area a, int y, const struct columns *c,
    const struct fleet_row *row, const struct look *look)
{
	char text[TIME_SIZE + 16], left[TIME_SIZE];
	int64_t until_us = fleet_row_door_until_us(row);
	int64_t left_ms = (until_us - look->now_us) / 1000;

	switch (row->door) {
	case DOOR_NONE:
		area_put_fit(a, y, c->door, c->door_width, STYLE_DIM, "-");
		break;
	case DOOR_UNLOCKED:
		area_put_fit(
		    a, y, c->door, c->door_width - 1, STYLE_TEXT, "unlocked");
		break;
	case DOOR_LOCKED:
		snprintf(text, sizeof(text), "locked");
		if (until_us != 0 && left_ms > 0)
			snprintf(text, sizeof(text), "locked %s",
			    left_format(left, left_ms));
		area_put_fit(
		    a, y, c->door, c->door_width - 1, STYLE_STRONG, text);
		break;
	}
}

static void
draw_link(
    struct area a, int y, const struct columns *c, const struct fleet_row *row)
{
	switch (row->link) {
	case LINK_UNKNOWN:
		area_put(a, y, c->link, STYLE_DIM, "?");
		break;
	case LINK_CONNECTED:
		area_put(a, y, c->link, STYLE_GOOD, "●");
		break;
	case LINK_DISCONNECTED:
		area_put(a, y, c->link, STYLE_TEXT, "○");
		break;
	}
}

static void
draw_row(const struct devices_pane *p, struct area a, int y,
    const struct columns *c, const struct fleet_row *row,
    const struct look *look)
{
	int64_t changed_ms =
	    fleet_row_changed_ms(deck_fleet(p->base.deck), row);
	char text[24];

	if (row->marked)
		area_put(a, y, 1, STYLE_KEY, "✓");
	area_put_id(a, y, c->id, c->id_width,
	    row->marked ? STYLE_STRONG : STYLE_TEXT, row->id);
	draw_link(a, y, c, row);
	draw_firmware(p, a, y, c, row);
	if (c->door_width > 0)
		draw_door(a, y, c, row, look);
	if (c->drift_width > 0 && row->drift > 0) {
		snprintf(text, sizeof(text), "%u", row->drift);
		area_put_right(
		    a, y, c->drift + c->drift_width - 1, STYLE_DRIFT, text);
	}
	if (row->alarm)
		area_put(a, y, c->sign, STYLE_BAD, "!");
	else if (changed_ms != 0 && look->now_ms - changed_ms < FLEET_CHANGED_MS)
		area_put(a, y, c->sign, STYLE_CHANGED, "*");
}

static void
draw_heading(struct area a, const struct columns *c)
{
	area_put_fit(a, 0, c->id, c->id_width, STYLE_DIM, "device");
	if (c->link_width > 4)
		area_put(a, 0, c->link, STYLE_DIM, "link");
	area_put_fit(
	    a, 0, c->firmware, c->firmware_width - 1, STYLE_DIM, "firmware");
	if (c->door_width > 0)
		area_put(a, 0, c->door, STYLE_DIM, "door");
	if (c->drift_width > 0)
		area_put_right(
		    a, 0, c->drift + c->drift_width, STYLE_DIM, "drift");
}

/* Why there is nothing to see. */
static void
draw_empty(const struct devices_pane *p, struct area a)
{
	const struct watch_health *health;
	const struct fleet *fleet;
	const char *words = "the hub has no devices";
	enum style style = STYLE_TEXT;

	if (p->notice != NULL && p->notice[0] != '\0') {
		words = p->notice;
	} else if (p->base.deck == NULL) {
		return;
	} else {
		health = watch_health(deck_watch(p->base.deck));
		fleet = deck_fleet(p->base.deck);
		if (fleet_size(fleet) > 0) {
			words = "nothing matches the filter; Esc shows all "
				"again";
		} else if (!health->ok && health->err.code != ERR_NONE) {
			words = health->err.text;
			style = STYLE_BAD;
		} else if (!fleet_is_complete(fleet)) {
			words = "loading the devices";
		}
	}
	area_put_wrapped(
	    area_sub(a, 0, 0, a.rows, a.cols - 1), 1, 3, style, words);
}

static void
write_info(const struct devices_pane *p, char *out, size_t size)
{
	const struct fleet *fleet;
	const char *filter;
	size_t n, marked;
	int len;

	out[0] = '\0';
	if (p->view == NULL)
		return;
	fleet = deck_fleet(p->base.deck);
	n = fleet_size(fleet);
	if (n == 0 && !fleet_is_complete(fleet))
		return;
	marked = fleet_marked(fleet);
	filter = fleet_view_filter(p->view);
	len = snprintf(out, size, "%zu of %zu%s", fleet_view_size(p->view), n,
	    fleet_is_complete(fleet) ? "" : "+");
	if (marked > 0 && (size_t)len < size)
		len += snprintf(
		    out + len, size - (size_t)len, " · %zu marked", marked);
	if (filter[0] != '\0' && (size_t)len < size)
		len += snprintf(
		    out + len, size - (size_t)len, " · /%.24s", filter);
	if ((size_t)len < size)
		snprintf(out + len, size - (size_t)len, " · by %s",
		    fleet_sort_name(fleet_view_sorted_by(p->view)));
}

/* How old the oldest row on the screen is. */
static const char *
write_age(
    const struct devices_pane *p, const struct look *look, char out[TIME_SIZE])
{
	int64_t oldest = look->now_ms, seen;
	const struct fleet_row *row;
	size_t i, n = (size_t)list_rows(p);

	if (p->view == NULL || fleet_view_size(p->view) == 0)
		return "";
	for (i = 0; i < n; i++) {
		if (p->scroll.top + i >= fleet_view_size(p->view))
			break;
		row = fleet_view_at(p->view, p->scroll.top + i);
		seen = fleet_row_seen_ms(deck_fleet(p->base.deck), row);
		if (seen < oldest)
			oldest = seen;
	}
	return age_format(out, look->now_ms - oldest);
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct devices_pane *p = peek(pane);
	char title[32] = "Devices", info[128], age[TIME_SIZE];
	struct frame frame = { .focused = look->focused,
		.title = title,
		.info = info,
		.below_style = STYLE_DIM };
	struct columns c;
	size_t i, n;
	int y;

	if (look->number > 0)
		snprintf(title, sizeof(title), "%d Devices", look->number);
	write_info(p, info, sizeof(info));
	frame.below = write_age(p, look, age);
	a = frame_draw(a, &frame);
	n = p->view != NULL ? fleet_view_size(p->view) : 0;
	if (n == 0) {
		draw_empty(p, a);
		if (look->focused)
			area_set_cursor(a, 0, 0, false);
		return;
	}
	c = layout(p, a.cols);
	draw_heading(a, &c);
	a = area_sub(a, 1, 0, a.rows - 1, a.cols);
	for (y = 0; y < a.rows; y++) {
		i = p->scroll.top + (size_t)y;
		if (i >= n)
			break;
		draw_row(p, a, y, &c, fleet_view_at(p->view, i), look);
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
set_id(struct devices_pane *p, const char *id)
{
	char *copy;

	if (p->id != NULL && id != NULL && strcmp(p->id, id) == 0)
		return;
	copy = xstrdup(id);
	free(p->id);
	p->id = copy;
}

/* After the cursor has moved by row, its device is the one of that row. */
static void
bind_to_row(struct devices_pane *p)
{
	size_t n = fleet_view_size(p->view);

	set_id(p, n > 0 ? fleet_view_at(p->view, p->scroll.at)->id : NULL);
}

static void
follow_job(struct devices_pane *p, const struct job *job)
{
	const struct job_request *request = job_request(job);
	const struct job_device *device;
	size_t i;

	if (job_state(job) != JOB_RUNNING || request->action != JOB_METHOD ||
	    strcmp(request->method, "firmwareUpdate") != 0)
		return;
	for (i = 0; i < job_size(job); i++) {
		device = job_device(job, i);
		if (!device->ended)
			map_set(
			    p->followed, device->device_id, device->device_id);
	}
}

/* Which devices an update from here is still going on at. */
static void
follow(struct devices_pane *p)
{
	const struct jobs *jobs = deck_jobs(p->base.deck);
	size_t i;

	map_free(p->followed);
	p->followed = NULL;
	if (jobs_active(jobs) == 0)
		return;
	p->followed = map_new();
	for (i = 0; i < jobs_size(jobs); i++)
		follow_job(p, jobs_at(jobs, i));
}

static void
settle(struct pane *pane, int64_t now_ms)
{
	struct devices_pane *p = self(pane);
	ssize_t index = -1;
	size_t i, n, at;
	int width;

	(void)now_ms;
	if (p->view == NULL)
		return;
	n = fleet_view_size(p->view);
	if (p->id != NULL)
		index = fleet_view_index(p->view, p->id);
	if (index >= 0) {
		/* The row moved, not the operator: it keeps its line. */
		at = (size_t)index;
		if (p->touched && at > p->scroll.at)
			p->scroll.top += at - p->scroll.at;
		else if (p->touched)
			p->scroll.top -= p->scroll.at - at < p->scroll.top
			    ? p->scroll.at - at
			    : p->scroll.top;
		p->scroll.at = at;
	}
	scroll_settle(&p->scroll, n, list_rows(p));
	bind_to_row(p);
	for (i = 0; i < (size_t)list_rows(p) && p->scroll.top + i < n; i++) {
		width =
		    (int)strlen(fleet_view_at(p->view, p->scroll.top + i)->id);
		if (width > p->id_width)
			p->id_width = width;
	}
	follow(p);
}

static void
move(struct pane *pane, enum move how)
{
	struct devices_pane *p = self(pane);

	if (p->view == NULL)
		return;
	settle(pane, 0);
	p->touched = true;
	free(p->home);
	p->home = NULL;
	scroll_move(&p->scroll, how, fleet_view_size(p->view), list_rows(p));
	bind_to_row(p);
}

static enum point
point(struct pane *pane, int y)
{
	struct devices_pane *p = self(pane);
	enum point point = POINT_NONE;

	if (p->view != NULL)
		point = scroll_point(
		    &p->scroll, y - 2, fleet_view_size(p->view), list_rows(p));
	if (point == POINT_MOVED) {
		p->touched = true;
		bind_to_row(p);
	}
	return point;
}

static void
devices_free(struct pane *pane)
{
	struct devices_pane *p = self(pane);

	fleet_view_free(p->view);
	free(p->id);
	map_free(p->followed);
	free(p->home);
	free(p->notice);
	free(p);
}

static const struct pane_ops devices_ops = {
	.name = "devices",
	.settle = settle,
	.draw = draw,
	.move = move,
	.point = point,
	.free = devices_free,
};

struct pane *
pane_devices_new(void)
{
	struct devices_pane *p = xcalloc(1, sizeof(*p));

	p->base.ops = &devices_ops;
	return &p->base;
}

void
pane_devices_set_deck(struct pane *pane, struct deck *deck)
{
	struct devices_pane *p = self(pane);

	fleet_view_free(p->view);
	p->view = NULL;
	map_free(p->followed);
	p->followed = NULL;
	p->base.deck = deck;
	if (deck != NULL)
		p->view = fleet_view_new(deck_fleet(deck));
}

const char *
pane_devices_id(const struct pane *pane)
{
	return peek(pane)->id;
}

struct fleet_view *
pane_devices_view(const struct pane *pane)
{
	return peek(pane)->view;
}

static void
set_home(struct devices_pane *p, const char *id)
{
	char *copy = xstrdup(id);

	free(p->home);
	p->home = copy;
}

int
pane_devices_set_filter(struct pane *pane, const char *filter, struct err *err)
{
	struct devices_pane *p = self(pane);

	if (fleet_view_set_filter(p->view, filter, err) == -1)
		return -1;
	if (p->home != NULL && fleet_view_index(p->view, p->home) >= 0) {
		set_id(p, p->home);
		set_home(p, NULL);
	} else if (p->home == NULL && p->id != NULL &&
	    fleet_view_index(p->view, p->id) < 0) {
		set_home(p, p->id);
	}
	return 0;
}

void
pane_devices_go(struct pane *pane, const char *device_id)
{
	struct devices_pane *p = self(pane);

	set_home(p, NULL);
	set_id(p, device_id);
	p->touched = false; /* the list comes to the device */
	settle(pane, 0);
	p->touched = true;
}

size_t
pane_devices_visible(
    const struct pane *pane, const char **device_ids, size_t max)
{
	const struct devices_pane *p = peek(pane);
	size_t n = 0, rows = (size_t)list_rows(p);

	if (p->view == NULL)
		return 0;
	while (n < max && n < rows &&
	    p->scroll.top + n < fleet_view_size(p->view)) {
		device_ids[n] = fleet_view_at(p->view, p->scroll.top + n)->id;
		n++;
	}
	return n;
}

void
pane_devices_set_notice(struct pane *pane, const char *text)
{
	struct devices_pane *p = self(pane);

	free(p->notice);
	p->notice = xstrdup(text);
}
