/*
 * The line that is being typed, edited by readline: its keys, its history, its
 * completion.  There is one at a time.  It draws into a canvas like everything
 * else; readline itself never writes to the terminal.
 */
#ifndef TWINDECK_TUI_PROMPT_H
#define TWINDECK_TUI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"

struct recall;

#define PROMPT_TEXT_MAX ((size_t)256 * 1024) /* bytes of one line */

enum prompt_event {
	PROMPT_EDITING,
	PROMPT_ACCEPTED, /* the text stays until prompt_close() */
	PROMPT_CANCELLED,
};

/*
 * The i-th word that may stand at start in line, whatever has been typed of
 * it; borrowed until the next call; NULL behind the last.
 */
typedef const char *(*prompt_words_cb)(
    const char *line, size_t start, size_t i, void *arg);

/*
 * Opens a line with a text to begin with; one that is open is closed.  kind
 * names its history in recall, NULL: none.  words may be NULL: Tab does
 * nothing.
 */
void prompt_open(struct recall *recall, const char *kind, const char *text,
    prompt_words_cb words, void *arg);
bool prompt_is_open(void);
enum prompt_event prompt_key(int32_t key);
void prompt_paste(const char *text); /* line ends become spaces */
const char *prompt_text(void);       /* borrowed until the next key */
/* From words: they stand in a list with commas, no blank goes behind one. */
void prompt_words_are_list(void);
/* Shows where something is wrong, until the next key; counted in characters. */
void prompt_mark_fault(size_t characters);
void prompt_close(void);             /* fine when none is open */

/* Draws what fits into width cells, with the cursor in sight. */
void prompt_draw(struct area a, int y, int x, int width, enum style style);

/* What completion found when there is more than one; borrowed. */
const char *const *prompt_matches(size_t *n);

#endif
