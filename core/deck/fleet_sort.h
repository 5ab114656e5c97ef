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

/*
 * By the column alone: 0 leaves it to the ids.  An order that is to be read
 * from its end is in reverse: then, too, what has no value is read last.
 */
int fleet_sort_compare(const struct fleet *fleet, enum fleet_sort by,
    bool reverse, const struct fleet_row *a, const struct fleet_row *b);

/* Sorts row numbers; those that the column holds equal stay as they stand.  A
 * million takes tens of milliseconds. */
void fleet_sort_rows(const struct fleet *fleet, enum fleet_sort by,
    bool reverse, uint32_t *rows, size_t n);

#endif
