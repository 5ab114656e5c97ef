/*
 * The terminal: keys come in from it, a canvas goes out to it.  Only this file
 * and its parts, screen_*.c, speak ncurses.  Whatever ends the program, the
 * terminal is given back.
 */
#ifndef TWINDECK_TUI_SCREEN_H
#define TWINDECK_TUI_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/canvas.h"

struct err;
struct event_base;
struct mouse;
struct theme;
struct screen;

#define SCREEN_LATER_MAX ((size_t)256 * 1024) /* bytes printed on leaving */
#define SCREEN_PASTE_MAX ((size_t)256 * 1024) /* bytes; the rest is dropped */

struct screen_ops {
	void (*on_key)(int32_t key, void *arg); /* tui/key.h */
	void (*on_mouse)(const struct mouse *mouse, void *arg);
	void (*on_paste)(const char *text, void *arg);
	void (*on_resize)(int rows, int cols, void *arg);
	/* The terminal hung up, or a signal asks the program to end. */
	void (*on_leave)(void *arg);
};

/*
 * Whether there is a terminal that a screen can be drawn on: standard input
 * and output are one, and it is of a known type.  0, or -1 with err set
 * (ERR_UNSUPPORTED).
 */
int screen_check(struct err *err);
/* Before there is a screen; 0 and 0 where the terminal does not say. */
void screen_ask_size(int *rows, int *cols);

/*
 * After screen_check().  plain asks for borders and signs in ASCII; they are
 * also where the locale has nothing else.  There is one screen in a process.
 * NULL with err set.
 */
struct screen *screen_new(struct event_base *base, bool plain,
    const struct screen_ops *ops, void *arg, struct err *err);
/* Gives the terminal back.  NULL does nothing. */
void screen_free(struct screen *screen);

enum canvas_charset screen_charset(const struct screen *screen);
void screen_size(const struct screen *screen, int *rows, int *cols);
/* Writes what differs from what is shown; nothing if nothing does. */
void screen_paint(struct screen *screen, const struct canvas *canvas);
/* The theme is copied; colours that the terminal has not are left out. */
void screen_set_theme(struct screen *screen, const struct theme *theme);
/*
 * Whether the mouse is ours: off at first.  Shift and a drag select text as
 * the terminal does without us.
 */
void screen_set_mouse(struct screen *screen, bool on);
/* The next paint writes everything. */
void screen_repaint(struct screen *screen);

/*
 * Puts text on the terminal's clipboard: OSC 52, through tmux and GNU screen
 * as well.  Whether the terminal takes it nobody can know.  Returns 0, or -1
 * with err set: ERR_LIMIT, or ERR_UNSUPPORTED (this type of terminal has no
 * clipboard).
 */
int screen_copy(struct screen *screen, const char *text, struct err *err);
/*
 * Prints text, escaped, on a line of its own once screen_free() has given the
 * terminal back.  0, or -1 with err set (ERR_LIMIT).
 */
int screen_print_later(
    struct screen *screen, const char *text, struct err *err);

/* Gives the terminal back and stops the program until it is continued. */
void screen_suspend(struct screen *screen);
/*
 * Gives the terminal to another program, an editor, until it is taken back:
 * meanwhile no key is read and nothing is painted.
 */
void screen_lend(struct screen *screen);
void screen_take_back(struct screen *screen);

#endif
