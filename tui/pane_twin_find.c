#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/xalloc.h"
#include "tui/pane_twin_state.h"
#include "tui/twin_json.h"
#include "tui/twin_tree.h"

#define JSON_MARGIN 10 /* cells beside it: frame, numbers, signs */

/* JSON is scrolled so that the match under the cursor is in sight. */
static void
bring_in_sight(struct twin_pane *p)
{
	const struct twin_line *line = twin_pane_line(p);
	int at, seen = p->base.cols - JSON_MARGIN;

	if (line == NULL || p->view != TWIN_JSON)
		return;
	at = TWIN_JSON_INDENT * line->depth +
	    (int)twin_line_offset(line, p->words);
	if (at < p->side || at > p->side + seen - TWIN_SIDE_STEP)
		p->side = at > seen / 2 ? at - seen / 2 : 0;
}

struct twin_match
pane_twin_find(struct pane *pane, const char *words, int step)
{
	struct twin_pane *p = (struct twin_pane *)pane;
	struct twin_lines all = { 0 };
	struct twin_match match;
	cJSON *owned = NULL;
	ssize_t from;

	if (words != NULL) {
		free(p->words);
		p->words = xstrdup(words);
	}
	if (p->view != TWIN_TREE || !p->loaded) {
		match =
		    twin_lines_search(&p->lines, p->words, p->scroll.at, step);
		if (match.total > 0) {
			twin_pane_go_to(p, match.at);
			bring_in_sight(p);
		}
		return match;
	}
	twin_tree_build(&all, twin_pane_shown(p, &owned), NULL);
	from = twin_lines_find(&all, p->at_path);
	match = twin_lines_search(
	    &all, p->words, from >= 0 ? (size_t)from : 0, step);
	if (match.total > 0)
		twin_pane_reveal(p, &all, match.at);
	twin_lines_free(&all);
	cJSON_Delete(owned);
	return match;
}

const char *
pane_twin_words(const struct pane *pane)
{
	return twin_pane_peek(pane)->words;
}

void
pane_twin_find_begin(struct pane *pane)
{
	struct twin_pane *p = (struct twin_pane *)pane;

	pane_twin_find_end(pane, true);
	p->words_before = xstrdup(p->words);
	p->path_before = xstrdup(p->at_path);
}

struct twin_match
pane_twin_find_typed(struct pane *pane, const char *words)
{
	struct twin_pane *p = (struct twin_pane *)pane;
	ssize_t at = twin_lines_find(&p->lines, p->path_before);

	if (at >= 0)
		twin_pane_go_to(p, (size_t)at);
	return pane_twin_find(pane, words, 0);
}

void
pane_twin_find_end(struct pane *pane, bool keep)
{
	struct twin_pane *p = (struct twin_pane *)pane;
	ssize_t at = twin_lines_find(&p->lines, p->path_before);

	if (!keep && p->words_before != NULL) {
		free(p->words);
		p->words = p->words_before;
		p->words_before = NULL;
		if (at >= 0)
			twin_pane_go_to(p, (size_t)at);
	}
	free(p->words_before);
	free(p->path_before);
	p->words_before = p->path_before = NULL;
}
