#include "config.h"

#include "tests/support/picture.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "tests/support/terminal.h"

#define CELL_W 8 /* pixels */
#define CELL_H 17
#define BASELINE 13
#define MARGIN 10

/* GitHub's own two grounds, and colours that can be read on them. */
static const char style_sheet[] =
    "<style>"
    "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"
    "'DejaVu Sans Mono','Liberation Mono',monospace;fill:#1f2328;"
    "white-space:pre}"
    ".b{font-weight:700}.u{text-decoration:underline}"
    ".l{fill:none;stroke:#8c959f}.f{fill:#1f2328}"
    ".g{fill:#ffffff}.t{fill:#ffffff}.e{fill:none;stroke:#d1d9e0}"
    ".c1{fill:#b3261e}.c2{fill:#116329}.c3{fill:#7d4e00}.c4{fill:#0550ae}"
    ".c5{fill:#8250df}.c6{fill:#0a6c7e}"
    ".l6{fill:none;stroke:#0a6c7e}"
    "@media (prefers-color-scheme:dark){"
    "text,.f{fill:#e6edf3}.g,.t{fill:#0d1117}.l{stroke:#59636e}"
    ".e{stroke:#30363d}"
    ".c1{fill:#ff7b72}.c2{fill:#56d364}.c3{fill:#e3b341}.c4{fill:#79c0ff}"
    ".c5{fill:#d2a8ff}.c6{fill:#56d4dd}.l6{stroke:#56d4dd}}"
    "</style>\n";

/* Borders are drawn, not written: no font has them without gaps. */
static const struct {
	uint32_t ch;
	const char *path; /* from the middle of the left edge of the cell */
} lines[] = {
	{ 0x2500, "h8" },                /* ─ */
	{ 0x2502, "m4 -8.5v17m4 -8.5" }, /* │ */
	{ 0x250c, "m4 8.5v-8.5h4" },     /* ┌ */
	{ 0x2510, "h4v8.5m4 -8.5" },     /* ┐ */
	{ 0x2514, "m4 -8.5v8.5h4" },     /* └ */
	{ 0x2518, "h4v-8.5m4 8.5" },     /* ┘ */
	{ 0x251c, "m4 -8.5v17m0 -8.5h4" },
	{ 0x2524, "h4m0 -8.5v17m4 -8.5" },
};

#define N_LINES (sizeof(lines) / sizeof(lines[0]))

static const char *
line_of(uint32_t ch)
{
	size_t i;

	for (i = 0; i < N_LINES; i++)
		if (lines[i].ch == ch)
			return lines[i].path;
	return NULL;
}

static void
put_colour(struct strbuf *out, const struct terminal_cell *cell)
{
	if (cell->reverse)
		strbuf_puts(out, " t");
	else if (cell->colour >= 0 && (cell->colour & 7) != 0 &&
	    (cell->colour & 7) != 7)
		strbuf_printf(out, " c%d", cell->colour & 7);
}

static void
put_rect(struct strbuf *out, const char *class, double x, double y, double w,
    double h, double opacity)
{
	strbuf_printf(out,
	    "<rect class=\"%s\" x=\"%g\" y=\"%g\" width=\"%g\" "
	    "height=\"%g\"",
	    class, x, y, w, h);
	if (opacity < 1)
		strbuf_printf(out, " opacity=\"%g\"", opacity);
	strbuf_puts(out, "/>");
}

/* The bars of progress and plots: eighths of a cell, and three shades. */
static bool
put_block(struct strbuf *out, const struct terminal_cell *cell, int x, int y)
{
	uint32_t ch = cell->ch;
	char class[8] = "f"; /* of the text */
	double part;

	if (cell->reverse)
		class[0] = 't';
	else if (cell->colour > 0 && (cell->colour & 7) < 7)
		snprintf(class, sizeof(class), "c%d", cell->colour & 7);
	if (ch >= 0x2581 && ch <= 0x2587) { /* from below */
		part = CELL_H * (double)(ch - 0x2580) / 8;
		put_rect(out, class, x, y + CELL_H - part, CELL_W, part, 1);
	} else if (ch >= 0x2588 && ch <= 0x258f) { /* from the left */
		part = CELL_W * (double)(0x2590 - ch) / 8;
		put_rect(out, class, x, y + 2, part, CELL_H - 4, 1);
	} else if (ch == 0x2595) { /* at the right */
		put_rect(out, class, x + 7, y + 2, 1, CELL_H - 4, 1);
	} else if (ch >= 0x2591 && ch <= 0x2593) {
		part = (double)(ch - 0x2590) / 4;
		put_rect(out, class, x, y + 2, CELL_W, CELL_H - 4, part);
	} else {
		return false;
	}
	return true;
}

static bool
looks_like(const struct terminal_cell *a, const struct terminal_cell *b)
{
	return a->colour == b->colour && a->bold == b->bold &&
	    a->underline == b->underline && a->reverse == b->reverse;
}

static bool
is_plain_text(const struct terminal_cell *cell)
{
	return cell->ch >= ' ' && cell->ch < 0x7f;
}

static void
put_char(struct strbuf *out, uint32_t ch)
{
	char utf8[4];

	if (ch == '&')
		strbuf_puts(out, "&amp;");
	else if (ch == '<')
		strbuf_puts(out, "&lt;");
	else if (ch == '>')
		strbuf_puts(out, "&gt;");
	else
		strbuf_put(out, utf8, (size_t)utf8_encode(ch, utf8));
}

/* n cells that look alike; a font's own width must not shift what follows. */
static void
put_text(
    struct strbuf *out, const struct terminal_cell *cells, int n, int x, int y)
{
	int i;

	strbuf_puts(out, "<text");
	if (cells->bold || cells->underline || cells->reverse ||
	    cells->colour > 0) {
		strbuf_printf(out, " class=\"%s%s", cells->bold ? "b" : "",
		    cells->underline ? " u" : "");
		put_colour(out, cells);
		strbuf_puts(out, "\"");
	}
	strbuf_printf(out, " x=\"%d\" y=\"%d\"", x, y + BASELINE);
	if (n > 1)
		strbuf_printf(out, " textLength=\"%d\"", n * CELL_W);
	strbuf_putc(out, '>');
	for (i = 0; i < n; i++)
		put_char(out, cells[i].ch);
	strbuf_puts(out, "</text>");
}

static int
run_of(const struct terminal_cell *cells, int n)
{
	int len = 1;

	if (!is_plain_text(cells))
		return 1;
	while (len < n && is_plain_text(&cells[len]) &&
	    looks_like(cells, &cells[len]))
		len++;
	if (len == n || cells->underline)
		return len;
	while (len > 1 && cells[len - 1].ch == ' ')
		len--;
	return len;
}

static void
put_row(struct strbuf *out, const struct terminal_cell *cells, int n, int y)
{
	struct strbuf border[2] = { { 0 }, { 0 } };
	struct strbuf *path;
	int col, len, x, at[2] = { -1, -1 }, which;

	for (col = 0; col < n; col += len) {
		x = MARGIN + col * CELL_W;
		len = run_of(&cells[col], n - col);
		if (cells[col].reverse)
			put_rect(out, "f", x, y, len * CELL_W, CELL_H, 1);
		if (line_of(cells[col].ch) != NULL) {
			which = (cells[col].colour & 7) == 6 &&
			    cells[col].colour > 0;
			path = &border[which];
			if (at[which] != col)
				strbuf_printf(path, "M%d %g", x, y + 8.5);
			strbuf_puts(path, line_of(cells[col].ch));
			at[which] = col + 1;
		} else if (cells[col].ch != 0 &&
		    (cells[col].ch != ' ' || len > 1 || cells[col].underline) &&
		    !put_block(out, &cells[col], x, y)) {
			put_text(out, &cells[col], len, x, y);
		}
	}
	for (which = 0; which < 2; which++) {
		if (border[which].len > 0)
			strbuf_printf(out, "<path class=\"%s\" d=\"%s\"/>",
			    which == 0 ? "l" : "l6",
			    strbuf_str(&border[which]));
		strbuf_fini(&border[which]);
	}
	strbuf_putc(out, '\n');
}

#define COLS_MAX 300

void
picture_put(const struct terminal *t, const char *title, struct strbuf *out)
{
	struct terminal_cell cells[COLS_MAX];
	int rows = terminal_rows(t), cols = terminal_cols(t), row, col;
	int width, height;

	if (cols > COLS_MAX)
		cols = COLS_MAX;
	width = cols * CELL_W + 2 * MARGIN;
	height = rows * CELL_H + 2 * MARGIN;
	strbuf_printf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
	    "role=\"img\" xml:space=\"preserve\">\n<title>",
	    width, height);
	for (; *title != '\0'; title++)
		put_char(out, (unsigned char)*title);
	strbuf_puts(out, "</title>\n");
	strbuf_puts(out, style_sheet);
	put_rect(out, "g", 0, 0, width, height, 1);
	strbuf_printf(out,
	    "<rect class=\"e\" x=\".5\" y=\".5\" width=\"%d\" height=\"%d\" "
	    "rx=\"6\"/>\n",
	    width - 1, height - 1);
	for (row = 0; row < rows; row++) {
		for (col = 0; col < cols; col++)
			terminal_cell(t, row, col, &cells[col]);
		/* Blanks at the end are nothing to see. */
		for (col = cols; col > 0 && cells[col - 1].ch == ' ' &&
		     !cells[col - 1].reverse && !cells[col - 1].underline;
		     col--)
			;
		if (col > 0)
			put_row(out, cells, col, MARGIN + row * CELL_H);
	}
	strbuf_puts(out, "</svg>\n");
}
