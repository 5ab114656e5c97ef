/*
 * What the twin pane shows, as lines, whichever view made them: they are known
 * by their paths, found by words, and stand in a tree by their depths.
 */
#ifndef TWINDECK_TUI_TWIN_LINES_H
#define TWINDECK_TUI_TWIN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tui/style.h"

#define TWIN_LINES_MAX ((size_t)20000) /* what is beyond is not shown */

/* Strings are owned, if not said otherwise. */
struct twin_line {
	char *path;         /* of twin_path.h; NULL: it only closes a bracket,
			       or says something */
	char *name;         /* or NULL */
	char *value;        /* as JSON, "{3}" of a folded branch; never NULL */
	char *other;        /* what value is compared with, or NULL */
	const char *link;   /* between both, static, or NULL */
	const char *sign;   /* in front of the name, static, or NULL */
	char *beside;       /* at the right, or NULL */
	enum style style, beside_style;
	int depth;
	bool branch, open;  /* has lines below it, unless it is folded */
	int64_t updated_us; /* $lastUpdated, UTC; 0: it does not say */
	int64_t changed_ms; /* monotonic; 0: not since it is shown */
};

struct twin_lines {
	struct twin_line *line; /* owned */
	size_t n, cap;
	bool cut; /* there was more than TWIN_LINES_MAX */
};

/* A new line, empty, at the end; NULL: there are too many. */
struct twin_line *twin_lines_add(struct twin_lines *lines);
void twin_lines_free(struct twin_lines *lines); /* they are none then */

/* -1: none has this path; path may be NULL. */
ssize_t twin_lines_find(const struct twin_lines *lines, const char *path);
/* Of the line itself where there is no other. */
size_t twin_lines_parent(const struct twin_lines *lines, size_t at);
size_t twin_lines_sibling(
    const struct twin_lines *lines, size_t at, int step);

/*
 * What stood in old with another value, or could have stood there and did not,
 * has changed now; the rest has when it last did so.  $metadata moves with
 * each change and is left out.
 */
void twin_lines_note_changes(
    const struct twin_lines *old, struct twin_lines *lines, int64_t now_ms);

/* Whether all these words stand in its name or its value, in any case. */
bool twin_line_has(const struct twin_line *line, const char *words);

/* Where the first of these words begins in its value, in bytes; 0 if not. */
size_t twin_line_offset(const struct twin_line *line, const char *words);

struct twin_match {
	size_t at;    /* its index */
	size_t rank;  /* among all matches, from 1 */
	size_t total; /* 0: there is none, and nothing else is set */
	bool wrapped; /* the search went over the end, or the top */
};

/*
 * The next match behind (step 1) or before (step -1) the line from, which may
 * be itself only when there is no other; step 0 counts it first of all.
 */
struct twin_match twin_lines_search(const struct twin_lines *lines,
    const char *words, size_t from, int step);

#endif
