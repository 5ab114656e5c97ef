/*
 * Bytes from the terminal, as ncurses hands them out, to keys and pasted text.
 * A part of screen.c, for screen.c.
 */
#ifndef TWINDECK_TUI_SCREEN_INPUT_H
#define TWINDECK_TUI_SCREEN_INPUT_H

#include <stdbool.h>

struct screen_input;
struct screen_ops;

/* Comes after newterm(). */
struct screen_input *screen_input_new(const struct screen_ops *ops, void *arg);
void screen_input_free(struct screen_input *input); /* NULL does nothing */

/*
 * Takes in all that there is to read, and calls back for each key.  Returns
 * false if the terminal is gone.
 */
bool screen_input_read(struct screen_input *input);
/* From a callback: what follows is to be read later, or by somebody else. */
void screen_input_stop(struct screen_input *input);

#endif
