/*
 * Finds a row by its device id: a hash table of row numbers, at most seven
 * bytes a row.  The ids stand elsewhere; its user says where.
 */
#ifndef TWINDECK_CORE_DECK_ROW_INDEX_H
#define TWINDECK_CORE_DECK_ROW_INDEX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ROW_INDEX_MAX ((size_t)1 << 20) /* rows; numbers are below that */

struct row_index;

/* id_of: the id of a row that is in the index. */
struct row_index *row_index_new(
    const char *(*id_of)(uint32_t row, const void *arg), const void *arg);
void row_index_free(struct row_index *index); /* NULL does nothing */

/* The row must not be in it yet; its id can be asked for already. */
void row_index_add(struct row_index *index, uint32_t row);
ssize_t row_index_find(const struct row_index *index, const char *id); /* -1 */
/* Its id can still be asked for. */
void row_index_remove(struct row_index *index, uint32_t row);

#endif
