#include "config.h"

#include "core/deck/view_build.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/deck/filter.h"
#include "core/deck/fleet_sort.h"
#include "core/deck/fleet_view.h"
#include "core/deck/row_order.h"

#define BATCH ((size_t)256) /* rows between two looks at the clock */
#define BATCH_TOUCHED ((size_t)16)
#define WORD_BITS 64

enum phase { FREE, COPY, LOOK, SORT, LINE_UP, TOUCHED, DONE };

/*
 * First the rows from next on are looked at, and those that pass are kept in
 * front of it; these are sorted, and put into order.  A row that is touched
 * meanwhile is as good as not there, because its number may have become
 * another device's: it is looked at last, and then comes in at its place.
 */
struct view_build {
	struct view_build *before; /* owned; to be freed, or NULL */
	const struct fleet *fleet;
	const struct row_order *from; /* until it is copied */
	enum fleet_sort by;
	bool reverse;
	bool sorted;
	enum phase phase;
	uint32_t *rows;
	size_t n_rows, kept, next;
	struct fleet_sorter *sorter;
	struct row_order *order; /* from LINE_UP on */
	size_t marked;           /* of the rows in it */
	/* A row is in touched while its bit is set. */
	uint32_t *touched;
	size_t n_touched, touched_cap, touched_next;
	uint64_t *bits;
};

struct view_build *
view_build_new(struct view_build *before, const struct fleet *fleet,
    const struct row_order *from, bool sorted, enum fleet_sort by, bool reverse)
{
	struct view_build *build = xcalloc(1, sizeof(*build));

	build->before = before;
	build->fleet = fleet;
	build->from = from;
	build->by = by;
	build->reverse = reverse;
	build->sorted = sorted;
	build->bits = xcalloc(FLEET_MAX / WORD_BITS + 1, sizeof(*build->bits));
	return build;
}

void
view_build_free(struct view_build *build)
{
	if (build == NULL)
		return;
	view_build_free(build->before);
	fleet_sorter_free(build->sorter);
	row_order_free(build->order);
	free(build->rows);
	free(build->touched);
	free(build->bits);
	free(build);
}

bool
view_build_again(struct view_build *build)
{
	size_t left = build->n_rows - build->next;

	if (build->phase < LOOK)
		return true;
	if (build->phase > LOOK)
		return false;
	memmove(build->rows + build->kept, build->rows + build->next,
	    left * sizeof(build->rows[0]));
	build->n_rows = build->kept + left;
	build->kept = build->next = 0;
	return true;
}

static bool
is_touched(const struct view_build *build, uint32_t number)
{
	return (build->bits[number / WORD_BITS] >> number % WORD_BITS & 1) != 0;
}

/* It must not stay in line, where others are compared with it. */
void
view_build_touch(struct view_build *build, uint32_t number)
{
	if (build->order != NULL && row_order_has(build->order, number)) {
		row_order_remove(build->order, number);
		build->marked -= fleet_row_at(build->fleet, number)->marked;
	}
	if (is_touched(build, number))
		return;
	build->bits[number / WORD_BITS] |= UINT64_C(1) << number % WORD_BITS;
	if (build->n_touched == build->touched_cap) {
		build->touched_cap =
		    build->touched_cap == 0 ? 64 : build->touched_cap * 2;
		build->touched = xreallocarray(build->touched,
		    build->touched_cap, sizeof(*build->touched));
	}
	build->touched[build->n_touched++] = number;
}

void
view_build_on_mark(struct view_build *build, const struct fleet_row *row)
{
	if (build->order == NULL ||
	    !row_order_has(build->order, fleet_row_number(build->fleet, row)))
		return;
	if (row->marked)
		build->marked++;
	else
		build->marked--;
}

static size_t
reach(const struct view_build *build, size_t n)
{
	return n - build->next < BATCH ? n : build->next + BATCH;
}

static void
copy(struct view_build *build)
{
	build->n_rows = row_order_size(build->from);
	build->rows = xcalloc(build->n_rows + 1, sizeof(*build->rows));
	row_order_copy(build->from, build->rows);
}

/* A row that has gone must not be sorted: it has no values any more. */
static bool
look(struct view_build *build, const struct filter *filter)
{
	size_t end = reach(build, build->n_rows);
	const struct fleet_row *row;
	uint32_t number;

	for (; build->next < end; build->next++) {
		number = build->rows[build->next];
		row = fleet_row_at(build->fleet, number);
		if (!is_touched(build, number) &&
		    filter_matches(filter, build->fleet, row))
			build->rows[build->kept++] = number;
	}
	return build->next < build->n_rows;
}

static bool
sort(struct view_build *build, int64_t end_us)
{
	if (build->sorted)
		return false;
	if (build->sorter == NULL)
		build->sorter = fleet_sorter_new(build->fleet, build->by,
		    build->reverse, build->rows, build->kept);
	return fleet_sorter_step(build->sorter, end_us);
}

static bool
line_up(struct view_build *build)
{
	size_t end;
	uint32_t number;

	if (build->order == NULL) {
		fleet_sorter_free(build->sorter);
		build->sorter = NULL;
		build->order = row_order_new();
		build->next = 0;
	}
	end = reach(build, build->kept);
	for (; build->next < end; build->next++) {
		number = build->rows[build->next];
		if (is_touched(build, number))
			continue;
		row_order_append(build->order, number);
		build->marked += fleet_row_at(build->fleet, number)->marked;
	}
	return build->next < build->kept;
}

static void
put_in(struct view_build *build, const struct filter *filter, uint32_t number)
{
	const struct fleet_row *row = fleet_row_at(build->fleet, number);

	build->bits[number / WORD_BITS] &= ~(UINT64_C(1) << number % WORD_BITS);
	if (row->id == NULL || !filter_matches(filter, build->fleet, row))
		return;
	row_order_insert(build->order,
	    fleet_sort_place(
		build->fleet, build->by, build->reverse, build->order, row),
	    number);
	build->marked += row->marked;
}

static bool
put_in_touched(struct view_build *build, const struct filter *filter)
{
	size_t i;

	for (i = 0; i < BATCH_TOUCHED; i++) {
		if (build->touched_next == build->n_touched)
			return false;
		put_in(build, filter, build->touched[build->touched_next++]);
	}
	return true;
}

bool
view_build_step(
    struct view_build *build, const struct filter *filter, int64_t end_us)
{
	bool more;

	while (build->phase != DONE) {
		more = false;
		switch (build->phase) {
		case FREE:
			view_build_free(build->before);
			build->before = NULL;
			break;
		case COPY:
			copy(build);
			break;
		case LOOK:
			more = look(build, filter);
			break;
		case SORT:
			more = sort(build, end_us);
			break;
		case LINE_UP:
			more = line_up(build);
			break;
		case TOUCHED:
			more = put_in_touched(build, filter);
			break;
		case DONE:
			break;
		}
		if (!more)
			build->phase++;
		if (build->phase != DONE && clock_mono_us() >= end_us)
			return true;
	}
	return false;
}

struct row_order *
view_build_take(struct view_build *build, size_t *marked)
{
	struct row_order *order = build->order;

	build->order = NULL;
	*marked = build->marked;
	return order;
}
