#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tui/canvas.h"
#include "tui/dialog_state.h"
#include "tui/prompt.h"
#include "tui/widget.h"

#define LABEL_WIDTH 12
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

/* At the right; where there is no room, the one with the focus is seen. */
static void
draw_buttons(struct dialog *dialog, struct area a, int y)
{
	int ends[DIALOG_BUTTONS_MAX] = { 0 }, width, shift;
	bool narrow = lay_buttons(dialog, a, false, ends) > a.cols;
	char text[64];
	size_t i;

	width = narrow ? lay_buttons(dialog, a, true, ends)
		       : lay_buttons(dialog, a, false, ends);
	shift = a.cols - width;
	if (shift < 0 && dialog->n_buttons > 0)
		shift = ends[dialog->button] > a.cols
		    ? a.cols - ends[dialog->button]
		    : 0;
	for (i = 0; i < dialog->n_buttons; i++) {
		bool focused = dialog->focus == -1 && dialog->button == i;

		snprintf(text, sizeof(text), narrow ? "[%s]" : "[ %s ]",
		    dialog->buttons[i]);
		dialog->button_at[i] = area_put_right(a, y, ends[i] + shift,
		    focused ? STYLE_BUTTON : STYLE_TEXT, text);
		dialog->button_end[i] = ends[i] + shift;
		if (focused)
			area_set_cursor(a, y,
			    ends[i] + shift - area_width(a, text) +
				(narrow ? 1 : 2),
			    false);
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
		area_put_fit(a, y, 0, LABEL_WIDTH - 1,
		    focused ? STYLE_STRONG : STYLE_TEXT, row->label);
		x = LABEL_WIDTH;
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
	area_put_fit(
	    a, y, x + width + 2, a.cols - x - width - 2, STYLE_DIM, row->hint);
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

/*
 * The rows of the frame's inside are a window on those of the dialog.  Where
 * not all are seen the buttons stay at the bottom: what one is about to do
 * stands in the first row, and is read before anything is pressed.
 */
static void
settle(struct dialog *dialog, int rows)
{
	size_t seen = rows > 0 ? (size_t)rows : 1, n = dialog->n_rows, at;
	ssize_t pointed = dialog_row_pointed(dialog);

	dialog->pinned =
	    n > seen && seen > 1 && dialog->rows[n - 1].kind == ROW_BUTTONS;
	n -= dialog->pinned;
	seen -= dialog->pinned;
	at = dialog->focus >= 0    ? (size_t)dialog->focus
	    : pointed >= 0 ? (size_t)pointed
	    : dialog->pinned || dialog->n_buttons == 0
	    ? dialog->top /* nothing but text: it scrolls freely */
	    : n - 1;
	if (at < dialog->top)
		dialog->top = at;
	if (at >= dialog->top + seen)
		dialog->top = at - seen + 1;
	if (dialog->top + seen > n)
		dialog->top = n > seen ? n - seen : 0;
}

size_t
dialog_row_seen(const struct dialog *dialog, int y)
{
	if (dialog->pinned && y == dialog->seen.rows - 1)
		return dialog->n_rows - 1;
	return dialog->top + (size_t)y;
}

void
dialog_draw(struct dialog *dialog, struct area screen)
{
	struct frame frame = {
		.focused = true, .title = dialog->title, .info = dialog->info
	};
	int margin = screen.cols >= 60 ? DIALOG_MARGIN : 0;
	int cols = dialog->width < screen.cols ? dialog->width : screen.cols;
	int want, rows, y;
	struct area a, inside;
	size_t i;
	bool gap;

	if (dialog->n_rows == 0)
		return;
	dialog_wrap(dialog, screen, cols - 2 - 2 * margin);
	want = (int)dialog->n_rows + 3 + (screen.rows >= 20);
	rows = want < screen.rows ? want : screen.rows;
	gap = rows == want && screen.rows >= 20;
	if (dialog->y == -1)
		dialog->y = (screen.rows - rows) / 2;
	if (dialog->y > screen.rows - rows)
		dialog->y = screen.rows - rows;
	a = area_sub(screen, dialog->y, (screen.cols - cols) / 2, rows, cols);
	inside = frame_draw(a, &frame);
	a = area_sub(inside, gap, margin, inside.rows - gap,
	    inside.cols - 2 * margin);
	if (dialog->fault != NULL)
		area_put_fit(
		    a, a.rows - 1, 0, a.cols, STYLE_BAD, dialog->fault);
	/* Where a fault is said; nothing moves when one comes. */
	a.rows -= a.rows > 1 && dialog_has_choice(dialog);
	settle(dialog, a.rows);
	dialog->seen = a;
	for (y = 0; y < a.rows && dialog_row_seen(dialog, y) < dialog->n_rows;
	     y++) {
		const struct dialog_row *row;

		i = dialog_row_seen(dialog, y);
		row = &dialog->rows[i];
		if (row->kind == ROW_TEXT)
			draw_text(dialog, a, y, i);
		else if (row->kind == ROW_CELLS)
			draw_cells(row, a, y);
		else if (row->kind == ROW_FIELD)
			draw_field(row, a, y, (ssize_t)i == dialog->focus);
		else
			draw_buttons(dialog, a, y);
	}
	if (!dialog_has_choice(dialog))
		area_set_cursor(a, 0, 0, false);
	if (dialog->top + (size_t)a.rows < dialog->n_rows)
		area_repeat(inside, gap + a.rows - 1 - dialog->pinned,
		    inside.cols - 1, 1, STYLE_DIM, 0x25be);
}
