#include "config.h"

#include "core/base/strpool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"

#define BLOCK_SIZE ((size_t)32 * 1024)
#define UNIT 8 /* sizes are multiples of it: room for a pointer */
#define CLASSES ((STRPOOL_LEN_MAX + 1) / UNIT + 1)

struct block {
	struct block *next;
	char data[BLOCK_SIZE - sizeof(struct block *)];
};

/* A string that was dropped, on the list of those as long as it was. */
struct gap {
	struct gap *next;
};

struct strpool {
	struct block *blocks; /* the one in use first */
	size_t used;          /* of that one's data */
	struct gap *gaps[CLASSES];
};

struct strpool *
strpool_new(void)
{
	struct strpool *pool = xcalloc(1, sizeof(*pool));

	pool->used = sizeof(pool->blocks->data);
	return pool;
}

void
strpool_free(struct strpool *pool)
{
	struct block *block;

	if (pool == NULL)
		return;
	while ((block = pool->blocks) != NULL) {
		pool->blocks = block->next;
		free(block);
	}
	free(pool);
}

static size_t
class_of(size_t len)
{
	return (len + UNIT) / UNIT; /* with the terminator, rounded up */
}

static void *
take(struct strpool *pool, size_t class)
{
	size_t size = class * UNIT;
	struct gap *gap = pool->gaps[class];
	struct block *block;

	if (gap != NULL) {
		pool->gaps[class] = gap->next;
		return gap;
	}
	if (size > sizeof(block->data) - pool->used) {
		block = xmalloc(sizeof(*block));
		block->next = pool->blocks;
		pool->blocks = block;
		pool->used = 0;
	}
	pool->used += size;
	return pool->blocks->data + pool->used - size;
}

const char *
strpool_dup(struct strpool *pool, const char *s)
{
	size_t len = strnlen(s, STRPOOL_LEN_MAX);
	char *copy = take(pool, class_of(len));

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

void
strpool_drop(struct strpool *pool, const char *s)
{
	size_t class = class_of(strlen(s));
	struct gap *gap = (struct gap *)(uintptr_t)s;

	gap->next = pool->gaps[class];
	pool->gaps[class] = gap;
}
