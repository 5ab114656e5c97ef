/*
 * Rows in an order: a sequence of row numbers in which any place is found, and
 * any row taken in or out, without moving the rest of a million.
 */
#ifndef TWINDECK_CORE_DECK_ROW_ORDER_H
#define TWINDECK_CORE_DECK_ROW_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct row_order;

struct row_order *row_order_new(void);
void row_order_free(struct row_order *order); /* NULL does nothing */

size_t row_order_size(const struct row_order *order);
/* i < row_order_size(). */
uint32_t row_order_at(const struct row_order *order, size_t i);
ssize_t row_order_index(const struct row_order *order, uint32_t row); /* -1 */
bool row_order_has(const struct row_order *order, uint32_t row);

/* All of them, in order; rows has room for row_order_size(). */
void row_order_copy(const struct row_order *order, uint32_t *rows);

/* A row stands in it once at most.  i up to row_order_size(). */
void row_order_insert(struct row_order *order, size_t i, uint32_t row);
void row_order_append(struct row_order *order, uint32_t row);
void row_order_remove(struct row_order *order, uint32_t row);

/*
 * The place of the first row that is_before() denies: where something comes
 * in, if the rows are sorted; some place between two rows if they are not.
 */
size_t row_order_search(const struct row_order *order,
    bool (*is_before)(uint32_t row, void *arg), void *arg);

#endif
