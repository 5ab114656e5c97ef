#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tui/canvas.h"
#include "tui/dialog_state.h"
#include "tui/prompt.h"
#include "tui/widget.h"

#define CELLS_INDENT 2

/* Where each button ends; the narrower form is for where they do not fit. */
static int
lay_buttons(const struct dialog *dialog, struct area a, bool narrow,
    int ends[DIALOG_BUTTONS_MAX])
{
	size_t i;
	int x = 0;

	for (i = 0; i < dialog->n_buttons; i++) {
		if (i > 0)
			x += narrow ? 1 : 3;
		x += area_width(a, dialog->buttons[i]) + (narrow ? 2 : 4);
		ends[i] = x;
	}
	return x;
}

/* Where it is seen whole, or has the focus. */
static bool
draw_button(
    struct dialog *dialog, struct area a, int y, size_t i, int end, bool narrow)
{
	bool focused = dialog->focus == -1 && dialog->button == i;
	char text[64];
	int width;

	snprintf(
	    text, sizeof(text), narrow ? "[%s]" : "[ %s ]", dialog->buttons[i]);
	width = area_width(a, text);
	dialog->button_at[i] = dialog->button_end[i] = -1;
	if (dialog->button != i && (end > a.cols || end < width))
		return false;
	dialog->button_at[i] = area_put_right(
	    a, y, end, focused ? STYLE_BUTTON : STYLE_TEXT, text);
	dialog->button_end[i] = end;
	if (focused)
		area_set_cursor(a, y, end - width + (narrow ? 1 : 2), false);
	return true;
}

/* At the right; where there is no room, the one with the focus is seen. */
static void
draw_buttons(struct dialog *dialog, struct area a, int y)
{
	int ends[DIALOG_BUTTONS_MAX] = { 0 }, shift, last = 0;
	bool narrow = lay_buttons(dialog, a, false, ends) > a.cols;
	size_t i;

	shift = a.cols - lay_buttons(dialog, a, narrow, ends);
	if (shift < 0 && dialog->n_buttons > 0)
		shift = ends[dialog->button] > a.cols
		    ? a.cols - ends[dialog->button]
		    : 0;
	for (i = 0; i < dialog->n_buttons; i++) {
		if (draw_button(dialog, a, y, i, ends[i] + shift, narrow))
			last = ends[i] + shift;
		else if (last == 0)
			area_put(a, y, 0, STYLE_DIM, "…");
		else if (last < a.cols)
			area_put(
			    a, y, last + (last + 1 < a.cols), STYLE_DIM, "…");
	}
}

static void
draw_cells(const struct dialog_row *row, struct area a, int y)
{
	int halves = (int)row->n_cells * 2 - 1, left = a.cols - CELLS_INDENT;
	int i, x, end;

	for (i = 0; i < (int)row->n_cells; i++) {
		x = CELLS_INDENT + left * i * 2 / halves;
		end = i + 1 < (int)row->n_cells
		    ? CELLS_INDENT + left * (i + 1) * 2 / halves - 1
		    : a.cols;
		area_put_fit(a, y, x, end - x, row->style, row->cells[i]);
	}
}

static void
draw_field(const struct dialog_row *row, struct area a, int y, bool focused)
{
	int x = 0, width;

	if (row->label[0] != '\0') {
		area_put_fit(a, y, 0, DIALOG_LABEL_WIDTH - 1,
		    focused ? STYLE_STRONG : STYLE_TEXT, row->label);
		x = DIALOG_LABEL_WIDTH;
	} else {
		if (focused)
			area_put(a, y, 0, STYLE_STRONG, "▶");
		x = 2;
	}
	width =
	    row->width > 0 && x + row->width < a.cols ? row->width : a.cols - x;
	if (focused) {
		prompt_draw(a, y, x, width, STYLE_INPUT);
	} else {
		area_put_fit(a, y, x, width, STYLE_TEXT, row->text);
	}
	if (!row->hint_below)
		area_put_fit(a, y, x + width + 2, a.cols - x - width - 2,
		    STYLE_DIM, row->hint);
}

static void
draw_text(const struct dialog *dialog, struct area a, int y, size_t i)
{
	const struct dialog_row *row = &dialog->rows[i];

	area_put_fit(a, y, 0, a.cols, row->style, row->text);
	if (dialog->focus != -1 || dialog_row_pointed(dialog) != (ssize_t)i)
		return;
	area_highlight(a, y);
	area_set_cursor(a, y, 0, false);
}

/* Where a row is, or the last line of what goes on with it. */
static size_t
line_of(const struct dialog *dialog, size_t row, bool last)
{
	const struct dialog_row *next;
	size_t i;

	for (i = 0; i + 1 < dialog->n_lines && dialog->lines[i] < row; i++)
		;
	for (; last && i + 1 < dialog->n_lines; i++) {
		next = &dialog->rows[dialog->lines[i + 1]];
		if (next->kind != ROW_TEXT || next->whole != NULL)
			break;
	}
	return i;
}

/*
 * The rows of the frame's inside are a window on the lines of the dialog.
 * Where not all are seen the buttons stay at the bottom, and it begins at the
 * top: what one is about to do is read before anything is pressed.
 */
static void
settle(struct dialog *dialog, int rows)
{
	size_t seen = rows > 0 ? (size_t)rows : 1, n = dialog->n_lines;
	ssize_t row =
	    dialog->focus >= 0 ? dialog->focus : dialog_row_pointed(dialog);
	size_t first = dialog->top, last = dialog->top;

	dialog->pinned = n > seen && seen > 1 &&
	    dialog->rows[dialog->lines[n - 1]].kind == ROW_BUTTONS;
	n -= dialog->pinned;
	seen -= dialog->pinned;
	if (row >= 0 && (dialog->focus < 0 || !dialog->is_new)) {
		first = line_of(dialog, (size_t)row, false);
		last = line_of(dialog, (size_t)row, true);
	} else if (row < 0 && !dialog->pinned && dialog->n_buttons > 0) {
		first = last = n - 1;
	} /* else nothing but text: it scrolls freely */
	if (last >= dialog->top + seen)
		dialog->top = last - seen + 1;
	if (first < dialog->top)
		dialog->top = first;
	if (dialog->top + seen > n)
		dialog->top = n > seen ? n - seen : 0;
}

size_t
dialog_row_seen(const struct dialog *dialog, int y)
{
	size_t line = dialog->pinned && y == dialog->seen.rows - 1
	    ? dialog->n_lines - 1
	    : dialog->top + (size_t)y;

	return line < dialog->n_lines ? dialog->lines[line] : dialog->n_rows;
}

static void
draw_row(struct dialog *dialog, struct area a, int y, size_t i)
{
	const struct dialog_row *row = &dialog->rows[i];

	if (row->kind == ROW_TEXT)
		draw_text(dialog, a, y, i);
	else if (row->kind == ROW_CELLS)
		draw_cells(row, a, y);
	else if (row->kind == ROW_FIELD)
		draw_field(row, a, y, (ssize_t)i == dialog->focus);
	else
		draw_buttons(dialog, a, y);
}

/*
 * A fault has a line of its own, so that nothing moves when one comes.  Where
 * the rows need them all it is said in the frame, and gaps are given up too.
 */
static struct area
draw_frame(struct dialog *dialog, struct area screen, int cols, int margin)
{
	struct frame frame = {
		.focused = true, .title = dialog->title, .info = dialog->info
	};
	int n = (int)dialog->n_rows + 3, want = n + (screen.rows >= 20), rows;
	bool tight = n > screen.rows && dialog_has_choice(dialog), gap;
	struct area a, border;

	dialog_fit(dialog,
	    tight && screen.rows > 2 ? (size_t)screen.rows - 2 : SIZE_MAX);
	if (tight)
		want = (int)dialog->n_lines + 2;
	rows = want < screen.rows ? want : screen.rows;
	gap = !tight && rows == want && screen.rows >= 20;
	if (dialog->y == -1)
		dialog->y = (screen.rows - rows) / 2;
	if (dialog->y > screen.rows - rows)
		dialog->y = screen.rows - rows;
	border =
	    area_sub(screen, dialog->y, (screen.cols - cols) / 2, rows, cols);
	a = frame_draw(border, &frame);
	a = area_sub(a, gap, margin, a.rows - gap, a.cols - 2 * margin);
	if (dialog->fault != NULL && tight)
		area_put_fit(border, border.rows - 1, 1 + margin, a.cols,
		    STYLE_BAD, dialog->fault);
	else if (dialog->fault != NULL)
		area_put_fit(
		    a, a.rows - 1, 0, a.cols, STYLE_BAD, dialog->fault);
	a.rows -= !tight && a.rows > 1 && dialog_has_choice(dialog);
	return a;
}

/* What is above and below, told in the frame, where it hides nothing. */
static void
draw_more(
    const struct dialog *dialog, struct area screen, struct area a, int margin)
{
	int x = a.x - screen.x + a.cols + margin, y = a.y - screen.y;

	if (dialog->top > 0)
		area_repeat(screen, y, x, 1, STYLE_STRONG, 0x25b2);
	if (dialog->top + (size_t)a.rows < dialog->n_lines)
		area_repeat(screen, y + a.rows - 1 - dialog->pinned, x, 1,
		    STYLE_STRONG, 0x25bc);
}

void
dialog_draw(struct dialog *dialog, struct area screen)
{
	int margin = screen.cols >= 60 ? DIALOG_MARGIN : 0, y;
	int cols = dialog->width < screen.cols ? dialog->width : screen.cols;
	struct area a;

	if (dialog->n_rows == 0)
		return;
	dialog_wrap(dialog, screen, cols - 2 - 2 * margin);
	a = draw_frame(dialog, screen, cols, margin);
	settle(dialog, a.rows);
	dialog->seen = a;
	/* Where no field is seen that has the focus. */
	if (dialog->is_new || !dialog_has_choice(dialog))
		area_set_cursor(a, 0, 0, false);
	for (y = 0; y < a.rows && dialog_row_seen(dialog, y) < dialog->n_rows;
	     y++)
		draw_row(dialog, a, y, dialog_row_seen(dialog, y));
	draw_more(dialog, screen, a, margin);
}
