/*
 * The words that Tab may put at a place of a line.  They are made anew for
 * each completion, when readline asks for the first; it has one line at a
 * time, so there is one set of them.
 */
#ifndef TWINDECK_TUI_WORDS_H
#define TWINDECK_TUI_WORDS_H

#include <stddef.h>

#define WORDS_MAX ((size_t)400)

void words_begin(void); /* empties it */
/* Puts one; not what stands there already, is very long, or one too many. */
void words_put(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Puts each of a text with blanks between them. */
void words_put_all(const char *text);
/*
 * Puts one of a great many, of which the first WORDS_MAX are shown.  What all
 * of them have in common stays what those shown have in common.
 */
void words_put_some(const char *word);
const char *words_at(size_t i); /* NULL behind the last */

#endif
