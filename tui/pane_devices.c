#include "config.h"

#include "tui/pane_devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/map.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/filter.h"
#include "core/deck/jobs.h"
#include "core/deck/watch.h"
#include "tui/columns.h"
#include "tui/list_info.h"
#include "tui/pane.h"

#define WORK_SAID_MS 100

struct devices_pane {
	struct pane base;
	struct fleet_view *view; /* owned */
	char *id;                /* under the cursor, owned; NULL: no row */
	char *home;              /* owned; what a filter has hidden, or NULL */
	char *notice;            /* owned */
	struct scroll scroll;
	size_t was_top; /* of the scroll, until scrolled_ms (monotonic) */
	int64_t scrolled_ms;
	bool touched; /* the operator has moved the cursor */
	bool filtering; /* the view may not show its filter yet */
	int64_t works_since_ms; /* on it, or on a sort; 0: on nothing */
	int id_width; /* widest id so far: columns never shrink */
	struct columns *columns; /* owned */
	/*
	 * A range that is being marked: from this device, owned, to the one
	 * under the cursor; NULL: none.  range_n is how many rows that was
	 * when the screen was drawn: nothing else is ever marked.
	 */
	char *range_from;
	size_t range_n;
	/* Devices of running jobs: their "waiting" is a phase of an update. */
	struct map *followed; /* by id; NULL: none */
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

/* The first row of the range and the one behind its last; false: none. */
static bool
find_range(const struct devices_pane *p, size_t *first, size_t *end)
{
	ssize_t from;

	if (p->range_from == NULL || p->view == NULL)
		return false;
	from = fleet_view_index(p->view, p->range_from);
	if (from < 0)
		return false;
	*first = (size_t)from < p->scroll.at ? (size_t)from : p->scroll.at;
	*end = ((size_t)from > p->scroll.at ? (size_t)from : p->scroll.at) + 1;
	return true;
}

static void
draw_row(const struct column_list *list, struct area a, int y,
    const struct fleet_row *row)
{
	int64_t changed_ms = fleet_row_changed_ms(list->fleet, row);

	if (row->marked)
		area_put(a, y, 1, STYLE_KEY, "✓");
	columns_draw_row(list, a, y, row);
	if (row->alarm)
		area_put(a, y, list->places->sign, STYLE_BAD, "!");
	else if (changed_ms != 0 &&
	    list->look->now_ms - changed_ms < FLEET_CHANGED_MS)
		area_put(a, y, list->places->sign, STYLE_CHANGED, "*");
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

/* How old the oldest row on the screen is. */
static const char *
write_age(
    const struct devices_pane *p, const struct look *look, char out[TIME_SIZE])
{
	int64_t oldest = look->now_ms, seen_ms;
	size_t i, n = (size_t)list_rows(p);

	if (p->view == NULL || fleet_view_size(p->view) == 0)
		return "";
	/* Rows that have just come into sight are being read. */
	if (look->now_ms - p->scrolled_ms < 2 * WATCH_PERIOD_MS)
		return age_format(out,
		    look->now_ms -
			watch_health(deck_watch(p->base.deck))->fresh_ms);
	for (i = 0; i < n; i++) {
		if (p->scroll.top + i >= fleet_view_size(p->view))
			break;
		seen_ms = fleet_row_seen_ms(deck_fleet(p->base.deck),
		    fleet_view_at(p->view, p->scroll.top + i));
		if (seen_ms < oldest)
			oldest = seen_ms;
	}
	return age_format(out, look->now_ms - oldest);
}

/* The rows that are seen, with the cursor and the range. */
static void
draw_rows(const struct devices_pane *p, const struct column_list *list,
    struct area a)
{
	size_t i, n = fleet_view_size(p->view), first = 0, end = 0;
	int y;

	if (!find_range(p, &first, &end))
		end = 0;
	for (y = 0; y < a.rows; y++) {
		i = p->scroll.top + (size_t)y;
		if (i >= n)
			break;
		draw_row(list, a, y, fleet_view_at(p->view, i));
		if (i >= first && i < end)
			area_put(a, y, 1, STYLE_KEY, "+");
		if (i == p->scroll.at)
			cursor_draw(a, y, list->look->focused);
	}
}

/* What is soon over is not worth a word. */
static const char *
work_word(const struct devices_pane *p, const struct look *look)
{
	static const char *const words[] = { [FLEET_SORTS] = "sorting",
		[FLEET_FILTERS] = "filtering" };
	enum fleet_wait waits;

	if (p->works_since_ms == 0 ||
	    look->now_ms - p->works_since_ms < WORK_SAID_MS)
		return NULL;
	waits = fleet_view_waits(p->view);
	return waits != FLEET_SHOWN ? words[waits] : "marking";
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct devices_pane *p = peek(pane);
	char title[32] = "Devices", info[LIST_INFO_SIZE] = "", age[TIME_SIZE];
	struct frame frame = { .focused = look->focused,
		.title = title,
		.info = info,
		.below_style = STYLE_DIM };
	struct list_info about = { .view = p->view,
		.sort = pane_devices_sort_name(pane),
		.work = work_word(p, look),
		.has_range = p->range_from != NULL,
		.range_n = p->range_n };
	struct column_places places;
	struct column_list list = { .columns = p->columns,
		.places = &places,
		.look = look,
		.followed = p->followed };

	if (look->number > 0)
		snprintf(title, sizeof(title), "%d Devices", look->number);
	if (p->view != NULL) {
		about.fleet = deck_fleet(p->base.deck);
		list_info_write(&about, a,
		    a.cols - area_width(a, title) - 7, info);
	}
	frame.below = write_age(p, look, age);
	a = frame_draw(a, &frame);
	if (p->view == NULL || fleet_view_size(p->view) == 0) {
		draw_empty(p, a);
		if (look->focused)
			area_set_cursor(a, 0, 0, false);
		return;
	}
	columns_lay_out(p->columns, a.cols, p->id_width, &places);
	list.fleet = deck_fleet(p->base.deck);
	list.sorted_by = fleet_view_sorted_by(p->view);
	columns_draw_heading(&list, a);
	draw_rows(p, &list, area_sub(a, 1, 0, a.rows - 1, a.cols));
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

/* Its first device may go, or be hidden: then it is no range any more. */
static void
settle_range(struct devices_pane *p)
{
	size_t first, end;

	if (p->range_from == NULL)
		return;
	if (find_range(p, &first, &end)) {
		p->range_n = end - first;
		return;
	}
	deck_say(p->base.deck, false,
	    "range dropped: %s, where it began, is not in the list any more",
	    p->range_from);
	free(p->range_from);
	p->range_from = NULL;
}

static void
set_home(struct devices_pane *p, const char *id)
{
	char *copy = xstrdup(id);

	free(p->home);
	p->home = copy;
}

/* When what a filter finds is shown: to its device. */
static void
take_filtered(struct devices_pane *p)
{
	if (!p->filtering || fleet_view_waits(p->view) == FLEET_FILTERS)
		return;
	p->filtering = false;
	if (p->home != NULL && fleet_view_index(p->view, p->home) >= 0) {
		set_id(p, p->home);
		set_home(p, NULL);
	} else if (p->home == NULL && p->id != NULL &&
	    fleet_view_index(p->view, p->id) < 0) {
		set_home(p, p->id);
	}
}

static void
settle(struct pane *pane, int64_t now_ms)
{
	struct devices_pane *p = self(pane);
	ssize_t index = -1;
	size_t i, n, at;
	int width;

	if (p->view == NULL)
		return;
	take_filtered(p);
	if (fleet_view_waits(p->view) == FLEET_SHOWN &&
	    !fleet_is_marking(deck_fleet(p->base.deck)))
		p->works_since_ms = 0;
	else if (p->works_since_ms == 0)
		p->works_since_ms = now_ms;
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
	if (p->scroll.top != p->was_top && now_ms != 0) {
		p->was_top = p->scroll.top;
		p->scrolled_ms = now_ms;
	}
	follow(p);
	settle_range(p);
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
	free(p->range_from);
	columns_free(p->columns);
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
	p->columns = columns_parse(COLUMNS_DEFAULT, NULL, NULL);
	return &p->base;
}

static void
set_paths(struct devices_pane *p)
{
	const char *paths[FLEET_PATHS_MAX];
	size_t n = columns_paths(p->columns, paths);

	fleet_set_paths(deck_fleet(p->base.deck), paths, n);
}

void
pane_devices_set_deck(struct pane *pane, struct deck *deck)
{
	struct devices_pane *p = self(pane);

	fleet_view_free(p->view);
	p->view = NULL;
	map_free(p->followed);
	p->followed = NULL;
	free(p->range_from);
	p->range_from = NULL;
	p->works_since_ms = 0;
	p->base.deck = deck;
	if (deck == NULL)
		return;
	set_paths(p);
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

void
pane_devices_take_filter(struct pane *pane, struct filter *filter)
{
	struct devices_pane *p = self(pane);

	fleet_view_take_filter(p->view, filter);
	p->filtering = true;
	take_filtered(p);
}

bool
pane_devices_works(const struct pane *pane)
{
	const struct devices_pane *p = peek(pane);

	return p->view != NULL &&
	    (fleet_view_waits(p->view) != FLEET_SHOWN ||
		fleet_works(deck_fleet(p->base.deck)));
}

void
pane_devices_work(struct pane *pane)
{
	struct devices_pane *p = self(pane);

	if (p->view == NULL)
		return;
	/* The cursor goes to what is shown now, before a key acts there. */
	if (!fleet_work(deck_fleet(p->base.deck)) && !fleet_view_work(p->view))
		settle(pane, 0);
}

bool
pane_devices_waits(const struct pane *pane)
{
	const struct devices_pane *p = peek(pane);

	return p->view != NULL &&
	    (fleet_view_waits(p->view) == FLEET_FILTERS ||
		fleet_is_marking(deck_fleet(p->base.deck)));
}

void
pane_devices_finish(struct pane *pane)
{
	struct devices_pane *p = self(pane);

	if (!pane_devices_waits(pane))
		return;
	fleet_finish_marks(deck_fleet(p->base.deck));
	fleet_view_finish(p->view);
	settle(pane, 0);
}

const struct columns *
pane_devices_columns(const struct pane *pane)
{
	return peek(pane)->columns;
}

bool
pane_devices_column_fits(const struct pane *pane, size_t i)
{
	const struct devices_pane *p = peek(pane);
	struct column_places places;
	size_t k;

	if (p->base.rows == 0)
		return true;
	columns_lay_out(p->columns, p->base.cols - 2, p->id_width, &places);
	for (k = 0; k < places.n; k++)
		if (places.at[k].column == i)
			return true;
	return false;
}

/*
 * A sort by a path goes by its number: where that is now another one's, it
 * goes with the path, and where the path is gone the order is that of the ids.
 */
void
pane_devices_take_columns(struct pane *pane, struct columns *columns)
{
	struct devices_pane *p = self(pane);
	char *sorted = xstrdup(pane_devices_sort_name(pane));
	struct err err;

	columns_free(p->columns);
	p->columns = columns;
	if (p->view != NULL) {
		enum fleet_sort by = fleet_view_sorted_by(p->view);
		bool reverse = fleet_view_is_reverse(p->view);

		set_paths(p);
		if (by >= SORT_VALUE &&
		    pane_devices_sort(pane, sorted, reverse, &err) == -1)
			fleet_view_sort(p->view, SORT_DEVICE, reverse);
	}
	free(sorted);
}

const char *
pane_devices_sort_name(const struct pane *pane)
{
	const struct devices_pane *p = peek(pane);
	const struct column *column;
	size_t i;

	if (p->view == NULL)
		return "device";
	for (i = 0; (column = columns_at(p->columns, i)) != NULL; i++)
		if (column_sort(column) == fleet_view_sorted_by(p->view))
			return column_name(column);
	return column_sort_name(fleet_view_sorted_by(p->view));
}

int
pane_devices_sort(
    struct pane *pane, const char *name, bool reverse, struct err *err)
{
	struct devices_pane *p = self(pane);
	int at = columns_find(p->columns, name);
	const struct column_def *def;

	if (at >= 0) {
		fleet_view_sort(p->view,
		    column_sort(columns_at(p->columns, (size_t)at)), reverse);
		return 0;
	}
	for (def = column_table; def->name != NULL; def++)
		if (strcmp(def->name, name) == 0) {
			fleet_view_sort(p->view, def->sort, reverse);
			return 0;
		}
	return err_set(err, ERR_INVALID,
	    "%.40s is no column here; :columns shows them", name);
}

void
pane_devices_range_begin(struct pane *pane)
{
	struct devices_pane *p = self(pane);

	pane_devices_range_drop(pane);
	if (p->view == NULL)
		return;
	settle(pane, 0);
	p->range_from = xstrdup(p->id);
	p->touched = true;
	settle_range(p);
}

bool
pane_devices_has_range(const struct pane *pane)
{
	return peek(pane)->range_from != NULL;
}

ssize_t
pane_devices_range_mark(struct pane *pane)
{
	struct devices_pane *p = self(pane);
	size_t first, end, shown = p->range_n;

	settle(pane, 0);
	if (!find_range(p, &first, &end) || end - first != shown)
		return -1;
	fleet_view_mark(p->view, first, end - first, FLEET_MARK);
	pane_devices_range_drop(pane);
	return (ssize_t)shown;
}

void
pane_devices_range_drop(struct pane *pane)
{
	struct devices_pane *p = self(pane);

	free(p->range_from);
	p->range_from = NULL;
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
