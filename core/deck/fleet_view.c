#include "config.h"

#include "core/deck/fleet_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/fleet_sort.h"
#include "core/deck/row_order.h"
#include "core/deck/view_build.h"

#define SLICE_US 3000                /* of a turn of the loop */
#define FEW_ROWS ((size_t)20 * 1000) /* looked at in one go */

/*
 * Without a filter and in id order a view is the fleet's own order.  Else it
 * has one of its own: sorted when that was asked for, and left alone since,
 * but for rows that come and go.  Reverse is the same order read from its end.
 */
struct fleet_view {
	struct list link; /* first: see fleet_view_of() */
	struct fleet *fleet;
	struct row_order *own; /* or NULL */
	/* What the filter is to show, in the making; NULL: it is shown.  Until
	 * then own is what the filter before has left. */
	struct view_build *build;
	struct filter *filter; /* owned */
	size_t marked;         /* of the rows in own */
	enum fleet_sort by;
	bool reverse;
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

struct place {
	const struct fleet_view *view;
	const struct fleet_row *row;
};

static bool
is_before(uint32_t number, void *arg)
{
	const struct place *place = arg;
	const struct fleet *fleet = place->view->fleet;
	const struct fleet_row *row = fleet_row_at(fleet, number);
	int order = fleet_sort_compare(
	    fleet, place->view->by, place->view->reverse, row, place->row);

	if (order == 0)
		order = fleet_id_compare(row->id, place->row->id);
	return order < 0;
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
	if (view->own == NULL ||
	    !row_order_has(view->own, fleet_row_number(view->fleet, row)))
		return;
	if (row->marked)
		view->marked++;
	else
		view->marked--;
}

/*
 * By id the rows are always in order; by another column values may have moved
 * since, and then one place is as good as another.
 */
void
fleet_view_take(struct fleet_view *view, const struct fleet_row *row)
{
	struct place place = { view, row };
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
	row_order_insert(
	    view->own, row_order_search(view->own, is_before, &place), number);
	view->marked += row->marked;
}

static bool
shows_all(const struct fleet_view *view)
{
	const char *text = filter_text(view->filter);

	return text[strspn(text, " \t")] == '\0';
}

static void
count_marked(struct fleet_view *view)
{
	size_t i, n = row_order_size(view->own);

	view->marked = 0;
	for (i = 0; i < n && fleet_marked(view->fleet) > 0; i++)
		view->marked +=
		    fleet_row_at(view->fleet, row_order_at(view->own, i))
			->marked;
}

/* The new order takes the place of the one shown. */
static void
end_build(struct fleet_view *view)
{
	struct view_build *build = view->build;
	const struct fleet_row *row;
	const uint32_t *touched;
	size_t i, n;

	view->build = NULL;
	row_order_free(view->own);
	view->own = view_build_end(build, view->by, view->reverse);
	touched = view_build_touched(build, &n);
	for (i = 0; i < n; i++) {
		row = fleet_row_at(view->fleet, touched[i]);
		if (row->id != NULL)
			fleet_view_take(view, row);
	}
	view_build_free(build);
	count_marked(view);
}

bool
fleet_view_work(struct fleet_view *view)
{
	if (view->build == NULL)
		return false;
	if (view_build_is_urgent(view->build)) {
		fleet_view_finish(view);
		return false;
	}
	if (view_build_step(view->build, view->filter, SLICE_US))
		return true;
	end_build(view);
	return false;
}

void
fleet_view_finish(struct fleet_view *view)
{
	if (view->build == NULL)
		return;
	while (view_build_step(view->build, view->filter, SLICE_US))
		;
	end_build(view);
}

/* A short list is there at once. */
static void
begin_build(struct fleet_view *view, const struct row_order *from, bool sorted)
{
	view_build_free(view->build);
	view->build = view_build_new(view->fleet, from, sorted);
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
	return true;
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

	view->filter = filter;
	if (show_all(view))
		;
	else if (view->build != NULL && narrows)
		view_build_again(view->build);
	else if (view->build == NULL && view->own != NULL && narrows)
		begin_build(view, view->own, true);
	else
		begin_build(
		    view, fleet_order(view->fleet), view->by == SORT_DEVICE);
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
	begin_build(view, fleet_order(view->fleet), by == SORT_DEVICE);
	fleet_view_finish(view);
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
	if (view->reverse)
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
	if (i >= 0 && view->reverse)
		i = (ssize_t)fleet_view_size(view) - 1 - i;
	return i;
}

/* Which rows is settled first: marking may change what a filter shows. */
void
fleet_view_mark(
    struct fleet_view *view, size_t i, size_t n, enum fleet_marking how)
{
	size_t size = fleet_view_size(view), k;
	const struct fleet_row *row;
	bool news = false;
	uint32_t *rows;

	if (i >= size)
		return;
	if (n > size - i)
		n = size - i;
	rows = xcalloc(n + 1, sizeof(*rows));
	for (k = 0; k < n; k++)
		rows[k] = number_at(view, i + k);
	for (k = 0; k < n; k++) {
		row = fleet_row_at(view->fleet, rows[k]);
		if (fleet_set_marked(view->fleet, row,
			how == FLEET_MARK ||
			    (how == FLEET_INVERT && !row->marked)))
			news = true;
	}
	free(rows);
	if (news)
		fleet_changed(view->fleet);
}
