/*
 * A new order of the list in the making: rows are looked at, sorted and put in
 * line a few at a time, while the list shows the order before.
 */
#ifndef TWINDECK_CORE_DECK_VIEW_BUILD_H
#define TWINDECK_CORE_DECK_VIEW_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/deck/fleet.h"

struct filter;
struct row_order;
struct view_build;

/*
 * From an order, borrowed until the first step copies it; sorted: it stands as
 * it is wanted already.  before is given up, or NULL: to free it takes time, so
 * that is left to the first step too.
 */
struct view_build *view_build_new(struct view_build *before,
    const struct fleet *fleet, const struct row_order *from, bool sorted,
    enum fleet_sort by, bool reverse);
void view_build_free(struct view_build *build); /* NULL does nothing */

/* A narrower filter is to be passed, by what is left only.  false: it is too
 * late for that, and a new build is needed. */
bool view_build_again(struct view_build *build);
/* The row has come, changed or is about to go. */
void view_build_touch(struct view_build *build, uint32_t number);
/* Its mark was set or taken away. */
void view_build_on_mark(struct view_build *build, const struct fleet_row *row);
/* Works until end_us of the monotonic clock; false: it is done. */
bool view_build_step(
    struct view_build *build, const struct filter *filter, int64_t end_us);

/* What came of it, the caller's; *marked is how many of its rows are. */
struct row_order *view_build_take(struct view_build *build, size_t *marked);

#endif
