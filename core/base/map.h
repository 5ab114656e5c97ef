/*
 * Finds a thing by its name: a hash table from strings to pointers.  Keys are
 * borrowed, usually a member of the value; the map owns neither.
 */
#ifndef TWINDECK_CORE_BASE_MAP_H
#define TWINDECK_CORE_BASE_MAP_H

#include <stddef.h>

struct map;

struct map *map_new(void);
void map_free(struct map *map); /* NULL does nothing; values stay */

/* Puts value, not NULL, under key; returns the value that stood there, or NULL. */
void *map_set(struct map *map, const char *key, void *value);
void *map_get(const struct map *map, const char *key);    /* or NULL */
void *map_remove(struct map *map, const char *key);       /* or NULL */
size_t map_size(const struct map *map);

/*
 * Walks the values in no order: start with *cursor 0, NULL ends it.  The map
 * must not be changed in between, except to remove the value just returned.
 */
void *map_next(const struct map *map, size_t *cursor);

#endif
