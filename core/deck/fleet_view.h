/*
 * What the fleet tells its views: the seam between fleet.c and fleet_view.c.
 * Everybody else includes fleet.h.
 */
#ifndef TWINDECK_CORE_DECK_FLEET_VIEW_H
#define TWINDECK_CORE_DECK_FLEET_VIEW_H

#include "core/base/list.h"

struct fleet;
struct fleet_row;
struct fleet_view;

/* A view is on its fleet's list by the link that is its first member. */
struct list *fleet_views(struct fleet *fleet);
struct fleet_view *fleet_view_of(struct list *link);

/* The row came, changed or was marked. */
void fleet_view_take(struct fleet_view *view, const struct fleet_row *row);
/* The row is about to go. */
void fleet_view_drop(struct fleet_view *view, const struct fleet_row *row);

/* Walks the rows in no order, as map_next() does. */
const struct fleet_row *fleet_next(const struct fleet *fleet, size_t *cursor);

/* By id, numbers in it by their value; 0 only for the same device. */
int fleet_id_compare(const char *a, const char *b);

#endif
