/*
 * What the fleet tells its views, and lets them read: the seam between fleet.c
 * and fleet_view.c.  Everybody else includes fleet.h.
 */
#ifndef TWINDECK_CORE_DECK_FLEET_VIEW_H
#define TWINDECK_CORE_DECK_FLEET_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/list.h"

struct fleet;
struct fleet_row;
struct fleet_view;
struct intern;
struct row_order;

/* A view is on its fleet's list by the link that is its first member. */
struct list *fleet_views(struct fleet *fleet);
struct fleet_view *fleet_view_of(struct list *link);

/* The row came, changed or was marked; it has its place in the order by id. */
void fleet_view_take(struct fleet_view *view, const struct fleet_row *row);
/* Its mark was set or taken away. */
void fleet_view_on_mark(struct fleet_view *view, const struct fleet_row *row);
/* The row is about to go. */
void fleet_view_drop(struct fleet_view *view, const struct fleet_row *row);
/* fleet_view_work() until end_us of the monotonic clock, or a little more. */
bool fleet_view_step(struct fleet_view *view, int64_t end_us);
/* Other paths have values now. */
void fleet_view_on_paths(struct fleet_view *view);

/* Rows have numbers, good while the device exists; the order is by id. */
const struct fleet_row *fleet_row_at(const struct fleet *fleet, uint32_t number);
uint32_t fleet_row_end(const struct fleet *fleet); /* behind the largest */
uint32_t fleet_row_number(
    const struct fleet *fleet, const struct fleet_row *row);
const struct row_order *fleet_order(const struct fleet *fleet);
/* The texts of its rows, by the numbers in them; at a path, 0: no value. */
struct intern *fleet_texts(const struct fleet *fleet);
uint32_t fleet_row_value_number(
    const struct fleet *fleet, const struct fleet_row *row, size_t i);

/* Marks or unmarks; fires nothing.  Whether that changed the row. */
bool fleet_set_marked(
    struct fleet *fleet, const struct fleet_row *row, bool marked);
/* Fires DECK_FLEET. */
void fleet_changed(struct fleet *fleet);

/* By id, numbers in it by their value; 0 only for the same device. */
int fleet_id_compare(const char *a, const char *b);

#endif
