#include "config.h"

#include "core/base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/xalloc.h"

#define MAP_SLOTS_MIN 16

/*
 * Open addressing with linear probing.  A removed entry leaves a tombstone (a
 * key without a value), so that a walk may remove as it goes; tombstones go
 * when the table is next rebuilt.
 */
struct slot {
	const char *key; /* NULL: never used */
	void *value;     /* NULL with a key: removed */
	uint32_t hash;
};

struct map {
	struct slot *slots;
	size_t n_slots; /* a power of two */
	size_t n_used;  /* values and tombstones */
	size_t n_values;
	uint32_t seed;
};

static const char tombstone[] = "";

static struct slot *
find(const struct map *map, const char *key, uint32_t hash)
{
	size_t i = hash & (map->n_slots - 1);
	struct slot *s;

	for (;; i = (i + 1) & (map->n_slots - 1)) {
		s = &map->slots[i];
		if (s->key == NULL)
			return s;
		if (s->value != NULL && s->hash == hash &&
		    strcmp(s->key, key) == 0)
			return s;
	}
}

static void
rebuild(struct map *map, size_t n_slots)
{
	struct slot *old = map->slots;
	size_t n_old = map->n_slots, i;

	map->slots = xcalloc(n_slots, sizeof(*map->slots));
	map->n_slots = n_slots;
	map->n_used = map->n_values;
	for (i = 0; i < n_old; i++)
		if (old[i].value != NULL)
			*find(map, old[i].key, old[i].hash) = old[i];
	free(old);
}

struct map *
map_new(void)
{
	struct map *map = xcalloc(1, sizeof(*map));

	map->seed = hash_seed();
	rebuild(map, MAP_SLOTS_MIN);
	return map;
}

void
map_free(struct map *map)
{
	if (map == NULL)
		return;
	free(map->slots);
	free(map);
}

void *
map_set(struct map *map, const char *key, void *value)
{
	uint32_t hash = hash_text(key, map->seed);
	struct slot *s;
	void *old;

	if (map->n_used >= map->n_slots / 4 * 3)
		rebuild(map, map->n_values >= map->n_slots / 2
			? map->n_slots * 2 : map->n_slots);
	s = find(map, key, hash);
	old = s->value;
	if (old == NULL) {
		map->n_used++;
		map->n_values++;
	}
	*s = (struct slot){ key, value, hash };
	return old;
}

void *
map_get(const struct map *map, const char *key)
{
	return find(map, key, hash_text(key, map->seed))->value;
}

void *
map_remove(struct map *map, const char *key)
{
	struct slot *s = find(map, key, hash_text(key, map->seed));
	void *old = s->value;

	if (old != NULL) {
		s->key = tombstone;
		s->value = NULL;
		map->n_values--;
	}
	return old;
}

size_t
map_size(const struct map *map)
{
	return map->n_values;
}

void *
map_next(const struct map *map, size_t *cursor)
{
	while (*cursor < map->n_slots) {
		struct slot *s = &map->slots[(*cursor)++];

		if (s->value != NULL)
			return s->value;
	}
	return NULL;
}
