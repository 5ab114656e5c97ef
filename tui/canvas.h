/*
 * A screen in memory: cells with a character, a style and a width, and areas
 * of it that clip what is drawn.  Panes draw here; screen.c shows it, tests
 * compare it as text.
 *
 * Text may come from a device or a hub: control characters, invalid UTF-8,
 * bidirectional and zero-width characters are drawn as escapes, "\x1b", so
 * that no text can do more than be read.
 */
#ifndef TWINDECK_TUI_CANVAS_H
#define TWINDECK_TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/style.h"

struct canvas;

#define CELL_MARKS_MAX 2

struct cell {
	uint32_t ch;                    /* 0: the right half of a wide one */
	uint32_t marks[CELL_MARKS_MAX]; /* combining, 0: none */
	uint8_t style;                  /* enum style */
	bool reverse;                   /* the row under the cursor */
};

enum canvas_charset {
	CANVAS_UTF8,
	CANVAS_UTF8_PLAIN, /* our own borders and signs in ASCII: --ascii */
	CANVAS_ASCII,      /* and text too: the locale has nothing else */
};

struct canvas *canvas_new(int rows, int cols, enum canvas_charset charset);
void canvas_free(struct canvas *canvas); /* NULL does nothing */
void canvas_resize(struct canvas *canvas, int rows, int cols); /* empties it */
void canvas_clear(struct canvas *canvas);
int canvas_rows(const struct canvas *canvas);
int canvas_cols(const struct canvas *canvas);
const struct cell *canvas_at(const struct canvas *canvas, int y, int x);
/* Where the terminal's cursor belongs; -1, -1 when nobody said. */
void canvas_cursor(const struct canvas *canvas, int *y, int *x);
bool canvas_cursor_is_text(const struct canvas *canvas); /* in a prompt */
/* Lines without trailing spaces; the caller's. */
char *canvas_to_text(const struct canvas *canvas);

/* A rectangle of a canvas.  Whatever lies outside of it is not drawn. */
struct area {
	struct canvas *canvas;
	int y, x, rows, cols;
};

struct area area_all(struct canvas *canvas);
/* A part of a part, cut to what there is. */
struct area area_sub(struct area a, int y, int x, int rows, int cols);

/* Each draws from y, x of the area and returns the column behind. */
int area_put(struct area a, int y, int x, enum style style, const char *text);
int area_putf(struct area a, int y, int x, enum style style, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));
/* At most width cells; what is too long ends with an ellipsis. */
int area_put_fit(struct area a, int y, int x, int width, enum style style,
    const char *text);
/*
 * The same without the first skip cells of the text, for what is scrolled to
 * the side.
 */
int area_put_from(struct area a, int y, int x, int width, int skip,
    enum style style, const char *text);
/*
 * Over as many rows as it takes, cut between words; returns the row behind.
 */
int area_put_wrapped(
    struct area a, int y, int x, enum style style, const char *text);
/* The middle is left out: ids differ at their ends. */
int area_put_id(struct area a, int y, int x, int width, enum style style,
    const char *text);
/* Ends in front of column end; returns where it begins. */
int area_put_right(
    struct area a, int y, int end, enum style style, const char *text);
/* One character, n times. */
int area_repeat(
    struct area a, int y, int x, int n, enum style style, uint32_t ch);
void area_clear(struct area a);
/* The row under the cursor. */
void area_highlight(struct area a, int y);
/* What stands there already, in another style. */
void area_restyle(struct area a, int y, int x, enum style style);
void area_set_cursor(struct area a, int y, int x, bool is_text);

/* Cells that text takes when it is drawn on this canvas. */
int area_width(struct area a, const char *text);
/* Whether they are width at most; looks no further than that. */
bool area_fits(struct area a, const char *text, int width);

#endif
