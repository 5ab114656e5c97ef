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

#define BATCH 256 /* rows between two looks at the clock */
#define TOUCHED_MAX ((size_t)4096)
#define OLD_MS 1000

/*
 * rows: those before kept have passed, those from next on are to be looked
 * at.  A row number may have become another device's since the copy was made;
 * then it was touched.
 */
struct view_build {
	const struct fleet *fleet;
	uint32_t *rows;
	size_t n_rows, kept, next;
	uint32_t *touched;
	size_t n_touched, cap;
	bool sorted;
	int64_t began_ms;
};

struct view_build *
view_build_new(
    const struct fleet *fleet, const struct row_order *from, bool sorted)
{
	struct view_build *build = xcalloc(1, sizeof(*build));
	size_t i;

	build->fleet = fleet;
	build->sorted = sorted;
	build->began_ms = clock_mono_ms();
	build->n_rows = row_order_size(from);
	build->rows = xcalloc(build->n_rows + 1, sizeof(*build->rows));
	for (i = 0; i < build->n_rows; i++)
		build->rows[i] = row_order_at(from, i);
	return build;
}

void
view_build_free(struct view_build *build)
{
	if (build == NULL)
		return;
	free(build->rows);
	free(build->touched);
	free(build);
}

void
view_build_again(struct view_build *build)
{
	size_t left = build->n_rows - build->next;

	memmove(build->rows + build->kept, build->rows + build->next,
	    left * sizeof(build->rows[0]));
	build->n_rows = build->kept + left;
	build->kept = build->next = 0;
}

void
view_build_touch(struct view_build *build, uint32_t number)
{
	if (build->n_touched == build->cap) {
		build->cap = build->cap == 0 ? 64 : build->cap * 2;
		build->touched = xreallocarray(
		    build->touched, build->cap, sizeof(*build->touched));
	}
	build->touched[build->n_touched++] = number;
}

static void
look(struct view_build *build, const struct filter *filter, size_t end)
{
	const struct fleet_row *row;
	uint32_t number;

	for (; build->next < end; build->next++) {
		number = build->rows[build->next];
		row = fleet_row_at(build->fleet, number);
		if (row->id != NULL &&
		    filter_matches(filter, build->fleet, row))
			build->rows[build->kept++] = number;
	}
}

bool
view_build_step(
    struct view_build *build, const struct filter *filter, int64_t limit_us)
{
	int64_t end_us = clock_utc_us() + limit_us;

	while (build->n_rows - build->next > BATCH) {
		look(build, filter, build->next + BATCH);
		if (clock_utc_us() >= end_us)
			return true;
	}
	look(build, filter, build->n_rows);
	return false;
}

bool
view_build_is_urgent(const struct view_build *build)
{
	return build->n_touched >= TOUCHED_MAX ||
	    clock_mono_ms() - build->began_ms > OLD_MS;
}

/* A row that has gone must not be sorted: it has no values any more. */
static void
leave_out_gone(struct view_build *build)
{
	size_t i, n = 0;

	for (i = 0; i < build->kept; i++)
		if (fleet_row_at(build->fleet, build->rows[i])->id != NULL)
			build->rows[n++] = build->rows[i];
	build->kept = n;
}

struct row_order *
view_build_end(struct view_build *build, enum fleet_sort by, bool reverse)
{
	struct row_order *order = row_order_new();
	size_t i;

	leave_out_gone(build);
	if (!build->sorted)
		fleet_sort_rows(
		    build->fleet, by, reverse, build->rows, build->kept);
	for (i = 0; i < build->kept; i++)
		row_order_append(order, build->rows[i]);
	for (i = 0; i < build->n_touched; i++)
		row_order_remove(order, build->touched[i]);
	return order;
}

const uint32_t *
view_build_touched(const struct view_build *build, size_t *n)
{
	*n = build->n_touched;
	return build->touched;
}
