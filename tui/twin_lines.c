#include "config.h"

#include "tui/twin_lines.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/map.h"
#include "core/base/xalloc.h"

#define WORD_MAX 128 /* bytes; what is longer is looked for in parts */

struct twin_line *
twin_lines_add(struct twin_lines *lines)
{
	if (lines->n == TWIN_LINES_MAX) {
		lines->cut = true;
		return NULL;
	}
	if (lines->n == lines->cap) {
		lines->cap = lines->cap * 2 + 32;
		lines->line = xreallocarray(
		    lines->line, lines->cap, sizeof(*lines->line));
	}
	lines->line[lines->n] = (struct twin_line){ 0 };
	return &lines->line[lines->n++];
}

void
twin_lines_free(struct twin_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->n; i++) {
		free(lines->line[i].path);
		free(lines->line[i].name);
		free(lines->line[i].value);
		free(lines->line[i].other);
		free(lines->line[i].beside);
	}
	free(lines->line);
	*lines = (struct twin_lines){ 0 };
}

ssize_t
twin_lines_find(const struct twin_lines *lines, const char *path)
{
	size_t i;

	for (i = 0; path != NULL && i < lines->n; i++)
		if (lines->line[i].path != NULL &&
		    strcmp(lines->line[i].path, path) == 0)
			return (ssize_t)i;
	return -1;
}

size_t
twin_lines_parent(const struct twin_lines *lines, size_t at)
{
	size_t i = at;

	while (i > 0)
		if (lines->line[--i].depth < lines->line[at].depth)
			return i;
	return at;
}

size_t
twin_lines_sibling(const struct twin_lines *lines, size_t at, int step)
{
	const struct twin_line *line;
	size_t i = at;

	while (step > 0 ? ++i < lines->n : i-- > 0) {
		line = &lines->line[i];
		if (line->depth < lines->line[at].depth)
			break;
		if (line->depth == lines->line[at].depth && line->path != NULL)
			return i;
	}
	return at;
}

/* Of a folded branch one sees only that something was written below it. */
static bool
is_same(const struct twin_line *a, const struct twin_line *b)
{
	if (a->branch && b->branch)
		return a->open || b->open || a->updated_us == b->updated_us;
	return a->branch == b->branch && strcmp(a->value, b->value) == 0 &&
	    (a->other == NULL) == (b->other == NULL) &&
	    (a->other == NULL || strcmp(a->other, b->other) == 0);
}

/* Whether a line that is new could have been seen before, and was not there. */
static bool
is_newcomer(const struct map *old, const struct twin_lines *lines, size_t at)
{
	size_t parent = twin_lines_parent(lines, at);
	const struct twin_line *was;

	if (parent == at)
		return map_size(old) > 0;
	if (lines->line[parent].path == NULL)
		return false;
	was = map_get(old, lines->line[parent].path);
	return was != NULL && was->open;
}

void
twin_lines_note_changes(
    const struct twin_lines *old, struct twin_lines *lines, int64_t now_ms)
{
	struct map *map = map_new();
	struct twin_line *line;
	const struct twin_line *was;
	size_t i;

	for (i = 0; i < old->n; i++)
		if (old->line[i].path != NULL)
			map_set(map, old->line[i].path, &old->line[i]);
	for (i = 0; i < lines->n; i++) {
		line = &lines->line[i];
		if (line->path == NULL || line->style == STYLE_DIM)
			continue;
		was = map_get(map, line->path);
		if (was != NULL && is_same(was, line))
			line->changed_ms = was->changed_ms;
		else if (was != NULL ||
		    (!line->open && is_newcomer(map, lines, i)))
			line->changed_ms = now_ms;
	}
	map_free(map);
}

static bool
has(const char *text, const char *word)
{
	return text != NULL && strcasestr(text, word) != NULL;
}

bool
twin_line_has(const struct twin_line *line, const char *words)
{
	char word[WORD_MAX];
	size_t len;
	bool any = false;

	for (; *(words += strspn(words, " ")) != '\0'; words += len) {
		len = strcspn(words, " ");
		if (len >= sizeof(word))
			len = sizeof(word) - 1;
		memcpy(word, words, len);
		word[len] = '\0';
		if (!has(line->name, word) && !has(line->value, word) &&
		    !has(line->other, word))
			return false;
		any = true;
	}
	return any;
}

size_t
twin_line_offset(const struct twin_line *line, const char *words)
{
	char word[WORD_MAX];
	const char *at;
	size_t len;

	words += strspn(words, " ");
	len = strcspn(words, " ");
	if (len >= sizeof(word))
		len = sizeof(word) - 1;
	memcpy(word, words, len);
	word[len] = '\0';
	at = strcasestr(line->value, word);
	return at != NULL ? (size_t)(at - line->value) : 0;
}

struct twin_match
twin_lines_search(
    const struct twin_lines *lines, const char *words, size_t from, int step)
{
	struct twin_match best = { 0 }, edge = { 0 };
	size_t i, total = 0;
	bool found = false;

	for (i = 0; i < lines->n; i++) {
		if (!twin_line_has(&lines->line[i], words))
			continue;
		total++;
		if (step >= 0 ? !found && (i > from || (step == 0 && i == from))
			      : i < from) {
			best = (struct twin_match){ .at = i, .rank = total };
			found = true;
		}
		if (edge.rank == 0 || step < 0)
			edge = (struct twin_match){ .at = i, .rank = total };
	}
	if (!found) { /* the first of all, or backwards the last */
		best = edge;
		best.wrapped = total > 0;
	}
	best.total = total;
	return best;
}
