/*
 * What a fleet of a million devices does in several turns of the loop: marks
 * of many rows, in the order in which they were asked for, and what is left of
 * columns that have gone.  The seam between fleet.c and fleet_work.c, which
 * has the part of fleet.h that is about it.
 */
#ifndef TWINDECK_CORE_DECK_FLEET_WORK_H
#define TWINDECK_CORE_DECK_FLEET_WORK_H

#include <stddef.h>
#include <stdint.h>

struct fleet;
struct fleet_pick;
struct fleet_work;

struct fleet_work *fleet_work_new(struct fleet *fleet); /* borrowed */
void fleet_work_free(struct fleet_work *work); /* NULL does nothing */
struct fleet_work *fleet_work_of(const struct fleet *fleet);

/* The row comes or goes, or was marked by itself: it is in no pick. */
void fleet_work_forget(struct fleet_work *work, uint32_t number);
/* Gives these texts back; values is the work's from now on. */
void fleet_work_drop_texts(
    struct fleet_work *work, uint32_t *values, size_t n);

/* Rows by number; or all there are, and numbers that are not in use. */
void fleet_pick_add_rows(
    struct fleet_pick *pick, const uint32_t *rows, size_t n);
void fleet_pick_add_all(struct fleet_pick *pick);

#endif
