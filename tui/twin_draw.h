/*
 * A line of the twin pane on its row: a name, a value, what it is compared
 * with, how old it is; or a line of JSON with its number.
 */
#ifndef TWINDECK_TUI_TWIN_DRAW_H
#define TWINDECK_TUI_TWIN_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"

struct twin_line;
struct twin_lines;

/* Where values begin, if no name is longer; two of them need the room. */
#define TWIN_COLUMN_MIN 20
#define TWIN_COLUMN_TWO_MIN 14

/* What all lines of one drawing share. */
struct twin_drawing {
	bool is_json;
	bool has_ages;    /* some line has one: they get a column */
	int column;       /* where values begin, unless that is half the row */
	int digits;       /* of the numbers in front of JSON */
	int side;         /* cells of JSON that are scrolled out to the left */
	const char *find; /* lines that have these words are marked; or NULL */
	int64_t now_ms;   /* monotonic */
	int64_t now_us;   /* UTC */
};

/* The column that the values of these lines need, at least min. */
int twin_draw_column(const struct twin_lines *lines, int min);

bool twin_draw_has_ages(const struct twin_lines *lines);

void twin_draw_line(struct area a, int y, const struct twin_line *line,
    size_t number, const struct twin_drawing *drawing);

#endif
