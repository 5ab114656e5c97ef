#include "config.h"

#include "core/deck/fleet_view.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"

/*
 * rows is in the order in which the list shows them: sorted when that was
 * asked for, and left alone since, but for rows that come and go.
 */
struct fleet_view {
	struct list link; /* first: see fleet_view_of() */
	struct fleet *fleet;
	const struct fleet_row **rows;
	size_t n_rows, cap;
	struct filter *filter; /* owned */
	enum fleet_sort by;
	bool reverse;
};

static const char *const sort_names[SORTS] = {
	[SORT_DEVICE] = "device",
	[SORT_LINK] = "link",
	[SORT_FIRMWARE] = "firmware",
	[SORT_DOOR] = "door",
	[SORT_DRIFT] = "drift",
};

const char *
fleet_sort_name(enum fleet_sort sort)
{
	return sort_names[sort];
}

struct fleet_view *
fleet_view_of(struct list *link)
{
	return LIST_ITEM(link, struct fleet_view, link);
}

/* What is most worth a look comes first: linked, in progress, drifting. */
static int
compare_column(
    enum fleet_sort by, const struct fleet_row *a, const struct fleet_row *b)
{
	switch (by) {
	case SORT_LINK:
		return (int)a->link - (int)b->link;
	case SORT_FIRMWARE:
		if (a->phase != b->phase)
			return (int)a->phase - (int)b->phase;
		return strverscmp(a->version != NULL ? a->version : "",
		    b->version != NULL ? b->version : "");
	case SORT_DOOR:
		return (int)b->door - (int)a->door;
	case SORT_DRIFT:
		return (a->drift < b->drift) - (a->drift > b->drift);
	default:
		return 0;
	}
}

static int
compare(const struct fleet_view *view, const struct fleet_row *a,
    const struct fleet_row *b)
{
	int order = compare_column(view->by, a, b);

	if (order == 0)
		order = fleet_id_compare(a->id, b->id);
	return view->reverse ? -order : order;
}

static int
compare_rows(const void *a, const void *b, void *view)
{
	return compare(view, *(const struct fleet_row *const *)a,
	    *(const struct fleet_row *const *)b);
}

static bool
matches(const struct fleet_view *view, const struct fleet_row *row)
{
	return filter_matches(view->filter, view->fleet, row);
}

/*
 * Where a new row comes in.  By id the rows are always in order; by another
 * column values may have moved since, and the first larger one is as good a
 * place as any.
 */
static size_t
place_for(const struct fleet_view *view, const struct fleet_row *row)
{
	size_t low = 0, high = view->n_rows, middle;

	if (view->by != SORT_DEVICE) {
		while (low < high && compare(view, view->rows[low], row) < 0)
			low++;
		return low;
	}
	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(view, view->rows[middle], row) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static ssize_t
index_of(const struct fleet_view *view, const struct fleet_row *row)
{
	size_t i;

	if (view->by == SORT_DEVICE) {
		i = place_for(view, row);
		return i < view->n_rows && view->rows[i] == row ? (ssize_t)i
								: -1;
	}
	for (i = 0; i < view->n_rows; i++)
		if (view->rows[i] == row)
			return (ssize_t)i;
	return -1;
}

static void
make_room(struct fleet_view *view)
{
	if (view->n_rows < view->cap)
		return;
	view->cap = view->cap == 0 ? 64 : view->cap * 2;
	view->rows =
	    xreallocarray(view->rows, view->cap, sizeof(*view->rows));
}

void
fleet_view_drop(struct fleet_view *view, const struct fleet_row *row)
{
	ssize_t i = index_of(view, row);

	if (i == -1)
		return;
	view->n_rows--;
	memmove(view->rows + i, view->rows + i + 1,
	    (view->n_rows - (size_t)i) * sizeof(*view->rows));
}

void
fleet_view_take(struct fleet_view *view, const struct fleet_row *row)
{
	bool is_in = index_of(view, row) != -1;
	size_t i;

	if (matches(view, row) == is_in)
		return;
	if (is_in) {
		fleet_view_drop(view, row);
		return;
	}
	make_room(view);
	i = place_for(view, row);
	memmove(view->rows + i + 1, view->rows + i,
	    (view->n_rows - i) * sizeof(*view->rows));
	view->rows[i] = row;
	view->n_rows++;
}

static void
rebuild(struct fleet_view *view)
{
	const struct fleet_row *row;
	size_t cursor = 0;

	view->n_rows = 0;
	while ((row = fleet_next(view->fleet, &cursor)) != NULL) {
		if (!matches(view, row))
			continue;
		make_room(view);
		view->rows[view->n_rows++] = row;
	}
	if (view->n_rows > 0)
		qsort_r(view->rows, view->n_rows, sizeof(*view->rows),
		    compare_rows, view);
}

struct fleet_view *
fleet_view_new(struct fleet *fleet)
{
	struct fleet_view *view = xcalloc(1, sizeof(*view));

	view->fleet = fleet;
	view->filter = filter_parse("", NULL, NULL, NULL);
	list_append(fleet_views(fleet), &view->link);
	rebuild(view);
	return view;
}

void
fleet_view_free(struct fleet_view *view)
{
	if (view == NULL)
		return;
	list_remove(&view->link);
	filter_free(view->filter);
	free(view->rows);
	free(view);
}

void
fleet_view_take_filter(struct fleet_view *view, struct filter *filter)
{
	filter_free(view->filter);
	view->filter = filter;
	rebuild(view);
}

int
fleet_view_set_filter(
    struct fleet_view *view, const char *filter, struct err *err)
{
	struct filter *parsed = filter_parse(filter, NULL, NULL, err);

	if (parsed == NULL)
		return -1;
	fleet_view_take_filter(view, parsed);
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

size_t
fleet_view_size(const struct fleet_view *view)
{
	return view->n_rows;
}

const struct fleet_row *
fleet_view_at(const struct fleet_view *view, size_t i)
{
	return i < view->n_rows ? view->rows[i] : NULL;
}

ssize_t
fleet_view_index(const struct fleet_view *view, const char *id)
{
	const struct fleet_row *row = fleet_get(view->fleet, id);

	return row != NULL ? index_of(view, row) : -1;
}
