/*
 * The rows of a new order of the list in the making: looked at a few at a
 * time, while the list shows the order before.
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

/* From a copy of an order; sorted: it stands as it is wanted already. */
struct view_build *view_build_new(
    const struct fleet *fleet, const struct row_order *from, bool sorted);
void view_build_free(struct view_build *build); /* NULL does nothing */

/* A narrower filter is to be passed, by what is left only. */
void view_build_again(struct view_build *build);
/* The row has come, gone or changed since. */
void view_build_touch(struct view_build *build, uint32_t number);
/* Looks at rows until limit_us is over; false: all have been looked at. */
bool view_build_step(struct view_build *build, const struct filter *filter,
    int64_t limit_us);
/* It is too old, or too much has happened meanwhile: end it at once. */
bool view_build_is_urgent(const struct view_build *build);

/*
 * The order of what has passed, the caller's, without the rows that were
 * touched: these are for the caller to put in.
 */
struct row_order *view_build_end(
    struct view_build *build, enum fleet_sort by, bool reverse);
const uint32_t *view_build_touched(const struct view_build *build, size_t *n);

#endif
