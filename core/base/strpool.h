/*
 * Short strings by the million: they stand close together, without what
 * malloc() keeps beside each.
 */
#ifndef TWINDECK_CORE_BASE_STRPOOL_H
#define TWINDECK_CORE_BASE_STRPOOL_H

#include <stddef.h>

#define STRPOOL_LEN_MAX ((size_t)255) /* bytes of a string */

struct strpool;

struct strpool *strpool_new(void);
void strpool_free(struct strpool *pool); /* its strings too; NULL: nothing */

/* A copy of s, STRPOOL_LEN_MAX long at most; where it stands does not change. */
const char *strpool_dup(struct strpool *pool, const char *s);
void strpool_drop(struct strpool *pool, const char *s);

#endif
