#include "config.h"

#include "core/deck/fleet_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/fleet_sort.h"
#include "core/deck/fleet_work.h"
#include "core/deck/row_order.h"
#include "core/deck/view_build.h"

#define SLICE_US 2000                /* of a turn of the loop */
#define FEW_ROWS ((size_t)20 * 1000) /* looked at in one go */

/*
 * Without a filter and in id order a view is the fleet's own order.  Else it
 * has one of its own: sorted when that was asked for, and left alone since,
 * but for rows that come and go.  Reverse is the same order read from its end.
 *
 * filter, by and reverse are what is wanted.  A new order is in the making as
 * long as there is a build; until then the list shows the one before.
 */
struct fleet_view {
	struct list link; /* first: see fleet_view_of() */
	struct fleet *fleet;
	struct row_order *own; /* or NULL */
	struct view_build *build; /* or NULL */
	struct filter *filter; /* owned */
	size_t marked;         /* of the rows in own */
	enum fleet_sort by;
	bool reverse, shown_reverse;
	bool filters; /* with the build comes another filter */
};

struct fleet_view *
fleet_view_of(struct list *link)
{
	return LIST_ITEM(link, struct fleet_view, link);
}

static const struct row_order *
shown(const struct fleet_view *view)
{
	return view->own != NULL ? view->own : fleet_order(view->fleet);
}

void
fleet_view_drop(struct fleet_view *view, const struct fleet_row *row)
{
	uint32_t number = fleet_row_number(view->fleet, row);

	if (view->build != NULL)
		view_build_touch(view->build, number);
	if (view->own == NULL || !row_order_has(view->own, number))
		return;
	row_order_remove(view->own, number);
	view->marked -= row->marked;
}

void
fleet_view_on_mark(struct fleet_view *view, const struct fleet_row *row)
{
	if (view->build != NULL)
		view_build_on_mark(view->build, row);
	if (view->own != NULL &&
	    row_order_has(view->own, fleet_row_number(view->fleet, row))) {
		if (row->marked)
			view->marked++;
		else
			view->marked--;
	}
	if (filter_asks_marks(view->filter))
		fleet_view_take(view, row);
}

void
fleet_view_take(struct fleet_view *view, const struct fleet_row *row)
{
	uint32_t number = fleet_row_number(view->fleet, row);
	bool matches;

	if (view->build != NULL) {
		/* It comes in with the new order. */
		view_build_touch(view->build, number);
		return;
	}
	if (view->own == NULL)
		return;
	matches = filter_matches(view->filter, view->fleet, row);
	if (matches == row_order_has(view->own, number))
		return;
	if (!matches) {
		fleet_view_drop(view, row);
		return;
	}
	row_order_insert(view->own,
	    fleet_sort_place(
		view->fleet, view->by, view->reverse, view->own, row),
	    number);
	view->marked += row->marked;
}

static bool
shows_all(const struct fleet_view *view)
{
	const char *text = filter_text(view->filter);

	return text[strspn(text, " \t")] == '\0';
}

/* The new order takes the place of the one shown. */
static void
end_build(struct fleet_view *view)
{
	row_order_free(view->own);
	view->own = view_build_take(view->build, &view->marked);
	view->shown_reverse = view->reverse;
	view->filters = false;
	view_build_free(view->build);
	view->build = NULL;
}

bool
fleet_view_step(struct fleet_view *view, int64_t end_us)
{
	if (view->build == NULL)
		return false;
	if (view_build_step(view->build, view->filter, end_us))
		return true;
	end_build(view);
	return false;
}

bool
fleet_view_work(struct fleet_view *view)
{
	return view->build != NULL &&
	    fleet_view_step(view, clock_mono_us() + SLICE_US);
}

void
fleet_view_finish(struct fleet_view *view)
{
	while (fleet_view_work(view))
		;
}

enum fleet_wait
fleet_view_waits(const struct fleet_view *view)
{
	return view->build == NULL ? FLEET_SHOWN
	    : view->filters        ? FLEET_FILTERS
				   : FLEET_SORTS;
}

/* A short list is there at once. */
static void
begin_build(struct fleet_view *view, const struct row_order *from, bool sorted)
{
	view->build = view_build_new(view->build, view->fleet, from, sorted,
	    view->by, view->reverse);
	if (row_order_size(from) <= FEW_ROWS)
		fleet_view_finish(view);
}

/* Whether the fleet's own order is what is to be shown. */
static bool
show_all(struct fleet_view *view)
{
	if (!shows_all(view) || view->by != SORT_DEVICE)
		return false;
	view_build_free(view->build);
	view->build = NULL;
	row_order_free(view->own);
	view->own = NULL;
	view->filters = false;
	view->shown_reverse = view->reverse;
	return true;
}

static void
begin_anew(struct fleet_view *view)
{
	begin_build(view, fleet_order(view->fleet), view->by == SORT_DEVICE);
}

void
fleet_view_on_paths(struct fleet_view *view)
{
	if (view->build != NULL)
		begin_anew(view);
}

struct fleet_view *
fleet_view_new(struct fleet *fleet)
{
	struct fleet_view *view = xcalloc(1, sizeof(*view));

	view->fleet = fleet;
	view->filter = filter_parse("", NULL, NULL, NULL);
	list_append(fleet_views(fleet), &view->link);
	return view;
}

void
fleet_view_free(struct fleet_view *view)
{
	if (view == NULL)
		return;
	list_remove(&view->link);
	view_build_free(view->build);
	filter_free(view->filter);
	row_order_free(view->own);
	free(view);
}

void
fleet_view_take_filter(struct fleet_view *view, struct filter *filter)
{
	struct filter *before = view->filter;
	bool narrows = filter_narrows(filter, before);

	if (view->build != NULL &&
	    strcmp(filter_text(filter), filter_text(before)) == 0) {
		filter_free(filter); /* typed, and then accepted */
		return;
	}
	view->filter = filter;
	view->filters = true;
	if (show_all(view))
		;
	else if (view->build == NULL && view->own != NULL && narrows)
		begin_build(view, view->own, true);
	else if (view->build == NULL || !narrows ||
	    !view_build_again(view->build))
		begin_anew(view);
	filter_free(before);
}

int
fleet_view_set_filter(
    struct fleet_view *view, const char *text, struct err *err)
{
	struct filter *filter = filter_parse(text, NULL, NULL, err);

	if (filter == NULL)
		return -1;
	if (filter_check_paths(filter, view->fleet, err) == -1) {
		filter_free(filter);
		return -1;
	}
	fleet_view_take_filter(view, filter);
	return 0;
}

const char *
fleet_view_filter(const struct fleet_view *view)
{
	return filter_text(view->filter);
}

void
fleet_view_sort(struct fleet_view *view, enum fleet_sort by, bool reverse)
{
	view->by = by;
	view->reverse = reverse;
	if (show_all(view))
		return;
	begin_anew(view);
}

enum fleet_sort
fleet_view_sorted_by(const struct fleet_view *view)
{
	return view->by;
}

bool
fleet_view_is_reverse(const struct fleet_view *view)
{
	return view->reverse;
}

size_t
fleet_view_size(const struct fleet_view *view)
{
	return row_order_size(shown(view));
}

size_t
fleet_view_marked(const struct fleet_view *view)
{
	return view->own != NULL ? view->marked : fleet_marked(view->fleet);
}

static uint32_t
number_at(const struct fleet_view *view, size_t i)
{
	if (view->shown_reverse)
		i = fleet_view_size(view) - 1 - i;
	return row_order_at(shown(view), i);
}

const struct fleet_row *
fleet_view_at(const struct fleet_view *view, size_t i)
{
	if (i >= fleet_view_size(view))
		return NULL;
	return fleet_row_at(view->fleet, number_at(view, i));
}

ssize_t
fleet_view_index(const struct fleet_view *view, const char *id)
{
	const struct fleet_row *row = fleet_get(view->fleet, id);
	ssize_t i;

	if (row == NULL)
		return -1;
	i = row_order_index(shown(view), fleet_row_number(view->fleet, row));
	if (i >= 0 && view->shown_reverse)
		i = (ssize_t)fleet_view_size(view) - 1 - i;
	return i;
}

/* Which rows is settled first: marking may change what a filter shows. */
void
fleet_view_mark(
    struct fleet_view *view, size_t i, size_t n, enum fleet_marking how)
{
	size_t size = fleet_view_size(view);
	struct fleet_pick *pick;
	uint32_t *rows;

	if (i >= size)
		return;
	if (n > size - i)
		n = size - i;
	pick = fleet_pick_new(view->fleet);
	if (n == fleet_size(view->fleet)) {
		fleet_pick_add_all(pick);
		fleet_pick_mark(pick, how);
		return;
	}
	rows = xcalloc(size, sizeof(*rows));
	row_order_copy(shown(view), rows);
	fleet_pick_add_rows(
	    pick, rows + (view->shown_reverse ? size - i - n : i), n);
	fleet_pick_mark(pick, how);
	free(rows);
}
