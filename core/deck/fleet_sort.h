/*
 * Sorts rows by a column.  What is most worth a look comes first: linked, in
 * progress, drifting, not read for long.
 */
#ifndef TWINDECK_CORE_DECK_FLEET_SORT_H
#define TWINDECK_CORE_DECK_FLEET_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/deck/fleet.h"

struct fleet_sorter;
struct row_order;

/*
 * By the column alone: 0 leaves it to the ids.  An order that is to be read
 * from its end is in reverse: then, too, what has no value is read last.
 */
int fleet_sort_compare(const struct fleet *fleet, enum fleet_sort by,
    bool reverse, const struct fleet_row *a, const struct fleet_row *b);

/*
 * Where the row comes in among others that are in order, then by id.  By
 * another column than that values may have moved since they were sorted, and
 * then one place is as good as another.
 */
size_t fleet_sort_place(const struct fleet *fleet, enum fleet_sort by,
    bool reverse, const struct row_order *order, const struct fleet_row *row);

/*
 * Sorts row numbers, some at each step; those that the column holds equal stay
 * as they stand.  rows is borrowed, and is another order of the same ones when
 * it is done.  Rows may change and go meanwhile: where these come to stand is
 * left open, all others are in order.
 */
struct fleet_sorter *fleet_sorter_new(const struct fleet *fleet,
    enum fleet_sort by, bool reverse, uint32_t *rows, size_t n);
/* Works until end_us of the monotonic clock; false: it is done. */
bool fleet_sorter_step(struct fleet_sorter *sorter, int64_t end_us);
void fleet_sorter_free(struct fleet_sorter *sorter); /* NULL does nothing */

#endif
