#include "config.h"

#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"

#define ELLIPSIS 0x2026
#define ESCAPE_SIZE 12 /* "\u10ffff" */
#define PRINTF_SIZE 1024
#define UTF8_MAX 4 /* bytes of a character */

struct canvas {
	struct cell *cells;
	int rows, cols;
	int cursor_y, cursor_x;
	bool cursor_is_text;
	enum canvas_charset charset;
};

/* One step through a text: a character with its width, or an escape. */
struct piece {
	uint32_t ch;
	int width;                /* 0: combines with the one before */
	char escape[ESCAPE_SIZE]; /* "": ch is drawn as it is */
};

/* Our own signs where there is only ASCII; each stays one cell. */
/* clang-format off */
static const struct sign {
	uint32_t ch;
	char ascii;
} sign_table[] = {
	{ 0x00b7, '-' }, /* · */
	{ 0x00d7, 'x' }, /* × */
	{ 0x2026, '~' }, /* … */
	{ 0x2192, '>' }, /* → */
	{ 0x2260, '!' }, /* ≠ */
	{ 0x2500, '-' }, { 0x2502, '|' }, { 0x250c, '+' }, { 0x2510, '+' },
	{ 0x2514, '+' }, { 0x2518, '+' }, { 0x251c, '+' }, { 0x2524, '+' },
	{ 0x2588, '#' }, { 0x258c, '=' }, /* █ ▌ */
	{ 0x258f, ']' }, { 0x2595, '[' }, /* the ends of a bar */
	{ 0x2591, '.' }, { 0x2592, ':' }, { 0x2593, '=' }, /* ░ ▒ ▓ */
	{ 0x2581, '_' }, { 0x2582, '.' }, { 0x2583, '-' }, /* ▁ ▂ ▃ */
	{ 0x2584, ':' }, { 0x2585, '=' }, { 0x2586, '+' }, /* ▄ ▅ ▆ */
	{ 0x2587, '*' }, /* ▇ */
	{ 0x25ae, '#' }, { 0x25af, '.' }, /* ▮ ▯ */
	{ 0x25b2, '^' }, { 0x25bc, 'v' },                  /* ▲ ▼ */
	{ 0x25b6, '>' }, { 0x25b8, '+' }, { 0x25be, '-' }, /* ▶ ▸ ▾ */
	{ 0x25cf, '*' }, { 0x25cb, 'o' }, /* ● ○ */
	{ 0x2713, 'x' }, /* ✓ */
};
/* clang-format on */

/* What stands for a character of ours in this charset. */
static uint32_t
sign_of(enum canvas_charset charset, uint32_t ch)
{
	size_t i;

	if (charset == CANVAS_UTF8 || ch < 0x80)
		return ch;
	for (i = 0; i < sizeof(sign_table) / sizeof(sign_table[0]); i++)
		if (sign_table[i].ch == ch)
			return (uint32_t)sign_table[i].ascii;
	return ch;
}

struct canvas *
canvas_new(int rows, int cols, enum canvas_charset charset)
{
	struct canvas *canvas = xcalloc(1, sizeof(*canvas));

	canvas->charset = charset;
	canvas_resize(canvas, rows, cols);
	return canvas;
}

void
canvas_free(struct canvas *canvas)
{
	if (canvas == NULL)
		return;
	free(canvas->cells);
	free(canvas);
}

void
canvas_resize(struct canvas *canvas, int rows, int cols)
{
	canvas->rows = rows > 0 ? rows : 1;
	canvas->cols = cols > 0 ? cols : 1;
	free(canvas->cells);
	canvas->cells = xcalloc((size_t)canvas->rows * (size_t)canvas->cols,
	    sizeof(*canvas->cells));
	canvas_clear(canvas);
}

void
canvas_clear(struct canvas *canvas)
{
	size_t i, n = (size_t)canvas->rows * (size_t)canvas->cols;

	for (i = 0; i < n; i++)
		canvas->cells[i] = (struct cell){ .ch = ' ' };
	canvas->cursor_y = canvas->cursor_x = -1;
	canvas->cursor_is_text = false;
}

int
canvas_rows(const struct canvas *canvas)
{
	return canvas->rows;
}

int
canvas_cols(const struct canvas *canvas)
{
	return canvas->cols;
}

const struct cell *
canvas_at(const struct canvas *canvas, int y, int x)
{
	return &canvas->cells[(size_t)y * (size_t)canvas->cols + (size_t)x];
}

static struct cell *
at(struct area a, int y, int x)
{
	size_t row = (size_t)(a.y + y);

	return &a.canvas
		    ->cells[row * (size_t)a.canvas->cols + (size_t)(a.x + x)];
}

void
canvas_cursor(const struct canvas *canvas, int *y, int *x)
{
	*y = canvas->cursor_y;
	*x = canvas->cursor_x;
}

bool
canvas_cursor_is_text(const struct canvas *canvas)
{
	return canvas->cursor_is_text;
}

char *
canvas_to_text(const struct canvas *canvas)
{
	struct strbuf sb = { 0 };
	const struct cell *cell;
	char utf8[4];
	int y, x, i;

	for (y = 0; y < canvas->rows; y++) {
		for (x = 0; x < canvas->cols; x++) {
			cell = canvas_at(canvas, y, x);
			if (cell->ch == 0)
				continue;
			strbuf_put(
			    &sb, utf8, (size_t)utf8_encode(cell->ch, utf8));
			for (i = 0; i < CELL_MARKS_MAX; i++)
				if (cell->marks[i] != 0)
					strbuf_put(&sb, utf8,
					    (size_t)utf8_encode(
						cell->marks[i], utf8));
		}
		while (sb.len > 0 && sb.data[sb.len - 1] == ' ')
			sb.data[--sb.len] = '\0';
		strbuf_putc(&sb, '\n');
	}
	return strbuf_take(&sb);
}

struct area
area_all(struct canvas *canvas)
{
	return (struct area){ canvas, 0, 0, canvas->rows, canvas->cols };
}

struct area
area_sub(struct area a, int y, int x, int rows, int cols)
{
	int top = y < 0 ? 0 : y, left = x < 0 ? 0 : x;
	int bottom = rows < 0 ? y : y + rows, right = cols < 0 ? x : x + cols;

	if (bottom > a.rows)
		bottom = a.rows;
	if (right > a.cols)
		right = a.cols;
	return (struct area){
		.canvas = a.canvas,
		.y = a.y + top,
		.x = a.x + left,
		.rows = bottom > top ? bottom - top : 0,
		.cols = right > left ? right - left : 0,
	};
}

/*
 * What has no shape of its own, or changes the order of what stands around it:
 * a reader could not see that it is there.
 */
static bool
is_invisible(uint32_t c)
{
	/* clang-format off */
	static const struct { uint32_t from, to; } ranges[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad },
		{ 0x034f, 0x034f }, { 0x061c, 0x061c }, { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xe000, 0xf8ff }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0x10ffff },
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

/* Takes one step; returns its length in bytes, 0 at the end. */
static size_t
next_piece(const struct canvas *canvas, const char *s, struct piece *piece)
{
	uint32_t c = 0;
	/* Never to the end: a value may be long, and is walked piece by piece. */
	int len = utf8_decode(s, strnlen(s, UTF8_MAX), &c);

	*piece = (struct piece){ .width = 1 };
	if (len == 0)
		return 0;
	if (len < 0) {
		snprintf(piece->escape, ESCAPE_SIZE, "\\x%02x",
		    (unsigned int)(unsigned char)*s);
		piece->width = (int)strlen(piece->escape);
		return 1;
	}
	piece->ch = sign_of(canvas->charset, c);
	if (piece->ch < 0x7f && piece->ch >= ' ')
		return (size_t)len;
	if (!is_invisible(c) && canvas->charset != CANVAS_ASCII)
		piece->width = wcwidth((wchar_t)c);
	else
		piece->width = -1;
	if (piece->width < 0) {
		snprintf(piece->escape, ESCAPE_SIZE,
		    c == '\n'       ? "\\n"
			: c == '\t' ? "\\t"
			: c == '\r' ? "\\r"
			: c < 0x80  ? "\\x%02x"
				    : "\\u%04x",
		    c);
		piece->width = (int)strlen(piece->escape);
	}
	return (size_t)len;
}

int
area_width(struct area a, const char *text)
{
	struct piece piece;
	size_t len;
	int width = 0;

	for (; (len = next_piece(a.canvas, text, &piece)) > 0; text += len)
		width += piece.width;
	return width;
}

static void
set_cell(struct area a, int y, int x, uint32_t ch, enum style style)
{
	struct cell *cell;

	if (y < 0 || y >= a.rows || x < 0 || x >= a.cols)
		return;
	cell = at(a, y, x);
	/* Half of a wide character does not stay behind. */
	if (cell->ch == 0 && a.x + x > 0 && ch != 0)
		cell[-1].ch = ' ';
	if (a.x + x + 1 < a.canvas->cols && cell[1].ch == 0 && ch != 0)
		cell[1].ch = ' ';
	*cell = (struct cell){ .ch = ch, .style = (uint8_t)style };
}

static void
add_mark(struct area a, int y, int x, uint32_t mark)
{
	struct cell *cell;
	int i;

	if (y < 0 || y >= a.rows || x < 0 || x >= a.cols)
		return;
	cell = at(a, y, x);
	if (cell->ch == 0 && x > 0)
		cell--;
	for (i = 0; i < CELL_MARKS_MAX; i++)
		if (cell->marks[i] == 0) {
			cell->marks[i] = mark;
			return;
		}
}

static int
put_piece(
    struct area a, int y, int x, int end, enum style style, struct piece *piece)
{
	const char *p;

	if (piece->escape[0] != '\0') {
		for (p = piece->escape; *p != '\0' && x < end; p++)
			set_cell(a, y, x++, (uint32_t)*p, style);
	} else if (piece->width == 0) {
		add_mark(a, y, x - 1, piece->ch);
	} else if (piece->width == 2 && (x + 2 > end || x == -1)) {
		/* Half of it would hang over an edge. */
		set_cell(a, y, x == -1 ? 0 : x, ' ', style);
		x += x == -1 ? 2 : 1;
	} else {
		set_cell(a, y, x, piece->ch, style);
		if (piece->width == 2)
			set_cell(a, y, x + 1, 0, style);
		x += piece->width;
	}
	return x;
}

/* Draws from x up to end, no further. */
static int
put_until(
    struct area a, int y, int x, int end, enum style style, const char *text)
{
	struct piece piece;
	size_t len;

	if (end > a.cols)
		end = a.cols;
	for (; (len = next_piece(a.canvas, text, &piece)) > 0; text += len) {
		if (x >= end && piece.width > 0)
			break;
		x = put_piece(a, y, x, end, style, &piece);
	}
	return x;
}

int
area_put(struct area a, int y, int x, enum style style, const char *text)
{
	return put_until(a, y, x, a.cols, style, text);
}

int
area_putf(struct area a, int y, int x, enum style style, const char *fmt, ...)
{
	char text[PRINTF_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return area_put(a, y, x, style, text);
}

bool
area_fits(struct area a, const char *text, int width)
{
	struct piece piece;
	size_t len;

	for (; (len = next_piece(a.canvas, text, &piece)) > 0; text += len) {
		width -= piece.width;
		if (width < 0)
			return false;
	}
	return true;
}

int
area_put_fit(
    struct area a, int y, int x, int width, enum style style, const char *text)
{
	int end = x + width;

	if (end > a.cols)
		end = a.cols;
	if (end <= x)
		return x;
	if (area_fits(a, text, end - x))
		return put_until(a, y, x, end, style, text);
	x = put_until(a, y, x, end - 1, style, text);
	set_cell(a, y, x, sign_of(a.canvas->charset, ELLIPSIS), style);
	return x + 1;
}

int
area_put_from(struct area a, int y, int x, int width, int skip,
    enum style style, const char *text)
{
	struct piece piece;
	size_t len;

	if (skip > 0 && width > 0) {
		for (; skip > 0 &&
		     (len = next_piece(a.canvas, text, &piece)) > 0;
		     text += len)
			skip -= piece.width;
		/* Half of a wide character, or of an escape, was cut off. */
		for (; skip < 0 && width > 0; skip++, width--)
			set_cell(a, y, x++, ' ', style);
	}
	return area_put_fit(a, y, x, width, style, text);
}

int
area_put_wrapped(
    struct area a, int y, int x, enum style style, const char *text)
{
	char *line = NULL;
	const char *end;
	int width = a.cols - x;

	while (*text != '\0' && y < a.rows && width > 0) {
		end = text + strlen(text);
		do {
			free(line);
			line = xstrndup(text, (size_t)(end - text));
			if (area_width(a, line) <= width)
				break;
			end = memrchr(text, ' ', (size_t)(end - text));
		} while (end != NULL && end > text);
		if (end == NULL || end == text) { /* one long word */
			area_put_fit(a, y++, x, width, style, text);
			break;
		}
		area_put(a, y++, x, style, line);
		text = end + strspn(end, " ");
	}
	free(line);
	return y;
}

int
area_put_id(
    struct area a, int y, int x, int width, enum style style, const char *text)
{
	struct piece piece;
	size_t len;
	int skip, tail = (width - 1) / 2;

	if (area_width(a, text) <= width || width < 4)
		return area_put_fit(a, y, x, width, style, text);
	skip = area_width(a, text) - tail;
	x = put_until(a, y, x, x + width - 1 - tail, style, text);
	set_cell(a, y, x++, sign_of(a.canvas->charset, ELLIPSIS), style);
	for (; skip > 0 && (len = next_piece(a.canvas, text, &piece)) > 0;
	     text += len)
		skip -= piece.width;
	return put_until(a, y, x, x + tail, style, text);
}

int
area_put_right(
    struct area a, int y, int end, enum style style, const char *text)
{
	int x = end - area_width(a, text);

	put_until(a, y, x, end, style, text);
	return x;
}

int
area_repeat(struct area a, int y, int x, int n, enum style style, uint32_t ch)
{
	ch = sign_of(a.canvas->charset, ch);
	for (; n > 0; n--)
		set_cell(a, y, x++, ch, style);
	return x;
}

void
area_clear(struct area a)
{
	int y;

	for (y = 0; y < a.rows; y++)
		area_repeat(a, y, 0, a.cols, STYLE_TEXT, ' ');
}

void
area_highlight(struct area a, int y)
{
	int x;

	if (y < 0 || y >= a.rows)
		return;
	for (x = 0; x < a.cols; x++)
		at(a, y, x)->reverse = true;
}

void
area_restyle(struct area a, int y, int x, enum style style)
{
	if (y >= 0 && y < a.rows && x >= 0 && x < a.cols)
		at(a, y, x)->style = (uint8_t)style;
}

void
area_set_cursor(struct area a, int y, int x, bool is_text)
{
	if (y < 0 || y >= a.rows || x < 0 || a.cols == 0)
		return;
	a.canvas->cursor_y = a.y + y;
	a.canvas->cursor_x = a.x + (x < a.cols ? x : a.cols - 1);
	a.canvas->cursor_is_text = is_text;
}
