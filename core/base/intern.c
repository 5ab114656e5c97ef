#include "config.h"

#include "core/base/intern.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/xalloc.h"

#define BUCKETS_MIN 16

struct text {
	uint32_t held;
	uint32_t next; /* in its bucket; 0: the last */
	uint32_t hash;
	char s[];
};

/*
 * Chained hashing; a number is a place in texts.  Place 0 is nobody's.  A free
 * place is NULL, and stands on the list of free ones.
 */
struct intern {
	struct text **texts;
	uint32_t *free; /* numbers to use again */
	uint32_t *buckets;
	uint32_t end, cap;
	uint32_t n_free, free_cap;
	uint32_t n_buckets; /* a power of two */
	uint32_t pins;
	uint32_t *unheld; /* while pinned: what would have gone */
	uint32_t n_unheld, unheld_cap;
	uint32_t seed;
};

struct intern *
intern_new(void)
{
	struct intern *intern = xcalloc(1, sizeof(*intern));

	intern->seed = hash_seed();
	intern->end = 1;
	intern->n_buckets = BUCKETS_MIN;
	intern->buckets = xcalloc(BUCKETS_MIN, sizeof(*intern->buckets));
	return intern;
}

void
intern_free(struct intern *intern)
{
	uint32_t i;

	if (intern == NULL)
		return;
	for (i = 1; i < intern->end; i++)
		free(intern->texts[i]);
	free(intern->texts);
	free(intern->free);
	free(intern->unheld);
	free(intern->buckets);
	free(intern);
}

static uint32_t *
bucket_of(const struct intern *intern, uint32_t hash)
{
	return &intern->buckets[hash & (intern->n_buckets - 1)];
}

static void
chain(struct intern *intern, uint32_t number)
{
	struct text *text = intern->texts[number];
	uint32_t *bucket = bucket_of(intern, text->hash);

	text->next = *bucket;
	*bucket = number;
}

static void
grow_buckets(struct intern *intern)
{
	uint32_t i;

	free(intern->buckets);
	intern->n_buckets *= 2;
	intern->buckets = xcalloc(intern->n_buckets, sizeof(*intern->buckets));
	for (i = 1; i < intern->end; i++)
		if (intern->texts[i] != NULL)
			chain(intern, i);
}

static uint32_t
new_number(struct intern *intern)
{
	if (intern->n_free > 0)
		return intern->free[--intern->n_free];
	if (intern->end >= intern->cap) {
		intern->cap = intern->cap == 0 ? 64 : intern->cap * 2;
		intern->texts = xreallocarray(
		    intern->texts, intern->cap, sizeof(*intern->texts));
		intern->texts[0] = NULL;
	}
	return intern->end++;
}

uint32_t
intern_take(struct intern *intern, const char *s)
{
	uint32_t hash, number;
	struct text *text;
	size_t len;

	if (s == NULL)
		return 0;
	hash = hash_text(s, intern->seed);
	for (number = *bucket_of(intern, hash); number != 0;
	     number = text->next) {
		text = intern->texts[number];
		if (text->hash == hash && strcmp(text->s, s) == 0) {
			text->held++;
			return number;
		}
	}
	len = strlen(s) + 1;
	text = xmalloc(sizeof(*text) + len);
	text->held = 1;
	text->hash = hash;
	memcpy(text->s, s, len);
	number = new_number(intern);
	intern->texts[number] = text;
	if (intern->end > intern->n_buckets)
		grow_buckets(intern);
	else
		chain(intern, number);
	return number;
}

static void
push(uint32_t **numbers, uint32_t *n, uint32_t *cap, uint32_t number)
{
	if (*n == *cap) {
		*cap = *cap == 0 ? 64 : *cap * 2;
		*numbers = xreallocarray(*numbers, *cap, sizeof(**numbers));
	}
	(*numbers)[(*n)++] = number;
}

static void
remove_text(struct intern *intern, uint32_t number)
{
	struct text *text = intern->texts[number];
	uint32_t *link;

	link = bucket_of(intern, text->hash);
	while (*link != number)
		link = &intern->texts[*link]->next;
	*link = text->next;
	intern->texts[number] = NULL;
	free(text);
	push(&intern->free, &intern->n_free, &intern->free_cap, number);
}

void
intern_drop(struct intern *intern, uint32_t number)
{
	if (number == 0 || --intern->texts[number]->held > 0)
		return;
	if (intern->pins > 0)
		push(&intern->unheld, &intern->n_unheld, &intern->unheld_cap,
		    number);
	else
		remove_text(intern, number);
}

void
intern_pin(struct intern *intern)
{
	intern->pins++;
}

/* What is unheld may have been taken again since, and stand there twice. */
void
intern_unpin(struct intern *intern)
{
	const struct text *text;
	uint32_t i;

	if (--intern->pins > 0)
		return;
	for (i = 0; i < intern->n_unheld; i++) {
		text = intern->texts[intern->unheld[i]];
		if (text != NULL && text->held == 0)
			remove_text(intern, intern->unheld[i]);
	}
	free(intern->unheld);
	intern->unheld = NULL;
	intern->n_unheld = intern->unheld_cap = 0;
}

const char *
intern_text(const struct intern *intern, uint32_t number)
{
	if (number == 0 || number >= intern->end ||
	    intern->texts[number] == NULL)
		return NULL;
	return intern->texts[number]->s;
}

uint32_t
intern_end(const struct intern *intern)
{
	return intern->end;
}
