#include "config.h"

#include "tui/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/xalloc.h"

#define WORD_SIZE 200

static struct words {
	char *all[WORDS_MAX]; /* owned */
	size_t n;
	struct map *seen;
	size_t common; /* bytes that all have in common, of words_put_some() */
} words;

void
words_begin(void)
{
	map_free(words.seen);
	while (words.n > 0)
		free(words.all[--words.n]);
	words.seen = map_new();
}

static void
put(const char *word)
{
	if (words.n == WORDS_MAX || map_get(words.seen, word) != NULL)
		return;
	words.all[words.n] = xstrdup(word);
	map_set(words.seen, words.all[words.n], words.all[words.n]);
	words.n++;
}

void
words_put(const char *fmt, ...)
{
	char word[WORD_SIZE];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(word, sizeof(word), fmt, ap);
	va_end(ap);
	if (len >= 0 && (size_t)len < sizeof(word))
		put(word);
}

void
words_put_all(const char *text)
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		words_put("%.*s", (int)len, text);
	}
}

void
words_put_some(const char *word)
{
	const char *first;
	size_t common = 0;

	if (words.n == 0)
		words.common = strlen(word);
	else {
		first = words.all[0];
		while (common < words.common && first[common] == word[common])
			common++;
		if (common == words.common && words.n == WORDS_MAX)
			return;
		words.common = common;
	}
	if (words.n == WORDS_MAX) {
		map_remove(words.seen, words.all[--words.n]);
		free(words.all[words.n]);
	}
	put(word);
}

const char *
words_at(size_t i)
{
	return i < words.n ? words.all[i] : NULL;
}
