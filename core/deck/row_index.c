#include "config.h"

#include "core/deck/row_index.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/xalloc.h"

#define SLOTS_MIN ((size_t)16)
#define SLOTS_FEW ((size_t)32 * 1024)
#define SLOTS_MAX (ROW_INDEX_MAX / 4 * 5)

/* A slot: 0, or the row's number plus one, and bits of its hash above, so that
 * an id is seldom looked at in vain. */
#define ROW_BITS 21
#define ROW_MASK (((uint32_t)1 << ROW_BITS) - 1)

/*
 * Open addressing with linear probing, four fifths full at most.  A removed
 * row leaves no tombstone: those behind it move up.
 */
struct row_index {
	const char *(*id_of)(uint32_t row, const void *arg);
	const void *arg;
	uint32_t *slots;
	size_t n_slots, n_rows;
	uint32_t seed;
};

struct row_index *
row_index_new(
    const char *(*id_of)(uint32_t row, const void *arg), const void *arg)
{
	struct row_index *index = xcalloc(1, sizeof(*index));

	index->seed = hash_seed();
	index->id_of = id_of;
	index->arg = arg;
	index->n_slots = SLOTS_MIN;
	index->slots = xcalloc(SLOTS_MIN, sizeof(*index->slots));
	return index;
}

void
row_index_free(struct row_index *index)
{
	if (index == NULL)
		return;
	free(index->slots);
	free(index);
}

/* Mixed again: the high bits choose the slot. */
static uint32_t
hash_of(const struct row_index *index, const char *id)
{
	uint32_t h = hash_text(id, index->seed);

	h = (h ^ (h >> 16)) * 0x85ebca6bu;
	h = (h ^ (h >> 13)) * 0xc2b2ae35u;
	return h ^ (h >> 16);
}

static size_t
home_of(const struct row_index *index, uint32_t hash)
{
	return (size_t)(((uint64_t)hash * index->n_slots) >> 32);
}

static size_t
after(const struct row_index *index, size_t i)
{
	return i + 1 < index->n_slots ? i + 1 : 0;
}

static const char *
id_at(const struct row_index *index, size_t i)
{
	return index->id_of((index->slots[i] & ROW_MASK) - 1, index->arg);
}

/* The slot with this id, else the free one where it would stand. */
static size_t
find(const struct row_index *index, const char *id, uint32_t hash)
{
	size_t i = home_of(index, hash);

	for (; index->slots[i] != 0; i = after(index, i))
		if (index->slots[i] >> ROW_BITS ==
			(hash & ((1u << (32 - ROW_BITS)) - 1)) &&
		    strcmp(id_at(index, i), id) == 0)
			break;
	return i;
}

static void
put(struct row_index *index, uint32_t row)
{
	const char *id = index->id_of(row, index->arg);
	uint32_t hash = hash_of(index, id);

	index->slots[find(index, id, hash)] = hash << ROW_BITS | (row + 1);
}

/*
 * By half while that is quick; then in two long steps, because each goes
 * through all the ids.
 */
static void
grow(struct row_index *index)
{
	uint32_t *old = index->slots;
	size_t n_old = index->n_slots, i;

	index->n_slots = n_old < SLOTS_FEW ? n_old + n_old / 2 : n_old * 6;
	if (index->n_slots > SLOTS_MAX)
		index->n_slots = SLOTS_MAX;
	index->slots = xcalloc(index->n_slots, sizeof(*index->slots));
	for (i = 0; i < n_old; i++)
		if (old[i] != 0)
			put(index, (old[i] & ROW_MASK) - 1);
	free(old);
}

void
row_index_add(struct row_index *index, uint32_t row)
{
	if (index->n_rows >= index->n_slots / 5 * 4)
		grow(index);
	put(index, row);
	index->n_rows++;
}

ssize_t
row_index_find(const struct row_index *index, const char *id)
{
	size_t i = find(index, id, hash_of(index, id));

	if (index->slots[i] == 0)
		return -1;
	return (ssize_t)(index->slots[i] & ROW_MASK) - 1;
}

void
row_index_remove(struct row_index *index, uint32_t row)
{
	const char *id = index->id_of(row, index->arg);
	size_t hole = find(index, id, hash_of(index, id)), i = hole, home;

	if (index->slots[hole] == 0)
		return;
	index->n_rows--;
	for (;;) {
		i = after(index, i);
		if (index->slots[i] == 0)
			break;
		home = home_of(index, hash_of(index, id_at(index, i)));
		/* It may move up, unless its home lies behind the hole. */
		if (hole < i ? home > hole && home <= i
			     : home > hole || home <= i)
			continue;
		index->slots[hole] = index->slots[i];
		hole = i;
	}
	index->slots[hole] = 0;
}
