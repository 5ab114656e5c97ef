#include "config.h"

#include "core/deck/fleet_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/fleet_sort.h"
#include "core/deck/row_order.h"

/*
 * Without a filter and in id order a view is the fleet's own order.  Else it
 * has one of its own: sorted when that was asked for, and left alone since,
 * but for rows that come and go.  Reverse is the same order read from its end.
 */
struct fleet_view {
	struct list link; /* first: see fleet_view_of() */
	struct fleet *fleet;
	struct row_order *own; /* or NULL */
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
set_rows(struct fleet_view *view, const uint32_t *rows, size_t n)
{
	size_t i;

	row_order_free(view->own);
	view->own = row_order_new();
	view->marked = 0;
	for (i = 0; i < n; i++) {
		row_order_append(view->own, rows[i]);
		view->marked += fleet_row_at(view->fleet, rows[i])->marked;
	}
}

/* Those of an order that the filter shows, as they stand; the caller's. */
static uint32_t *
matching(
    const struct fleet_view *view, const struct row_order *order, size_t *n)
{
	size_t i, size = row_order_size(order);
	uint32_t *rows = xcalloc(size + 1, sizeof(*rows));

	*n = 0;
	for (i = 0; i < size; i++) {
		rows[*n] = row_order_at(order, i);
		if (filter_matches(view->filter, view->fleet,
			fleet_row_at(view->fleet, rows[*n])))
			(*n)++;
	}
	return rows;
}

static void
rebuild(struct fleet_view *view)
{
	uint32_t *rows;
	size_t n;

	if (shows_all(view) && view->by == SORT_DEVICE) {
		row_order_free(view->own);
		view->own = NULL;
		return;
	}
	rows = matching(view, fleet_order(view->fleet), &n);
	if (view->by != SORT_DEVICE)
		fleet_sort_rows(view->fleet, view->by, view->reverse, rows, n);
	set_rows(view, rows, n);
	free(rows);
}

/* One more character of a word: only what is shown need be looked at, and it
 * stays in its order. */
static void
narrow(struct fleet_view *view)
{
	size_t n;
	uint32_t *rows = matching(view, view->own, &n);

	if (n < row_order_size(view->own))
		set_rows(view, rows, n);
	free(rows);
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
	filter_free(view->filter);
	row_order_free(view->own);
	free(view);
}

void
fleet_view_take_filter(struct fleet_view *view, struct filter *filter)
{
	bool narrows =
	    view->own != NULL && filter_narrows(filter, view->filter);

	filter_free(view->filter);
	view->filter = filter;
	if (narrows)
		narrow(view);
	else
		rebuild(view);
}

int
fleet_view_set_filter(
    struct fleet_view *view, const char *text, struct err *err)
{
	struct filter *filter = filter_parse(text, NULL, NULL, err);

	if (filter == NULL)
		return -1;
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
	rebuild(view);
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
