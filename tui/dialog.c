#include "config.h"

#include "tui/dialog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "tui/app.h"
#include "tui/key.h"
#include "tui/mouse.h"
#include "tui/prompt.h"
#include "tui/widget.h"

#define LABEL_WIDTH 12
#define MARGIN 2
#define CELLS_INDENT 2

enum row_kind { ROW_TEXT, ROW_CELLS, ROW_FIELD, ROW_BUTTONS };

struct row {
	enum row_kind kind;
	enum style style;
	char *text; /* owned; of a field, its value */
	char **cells; /* owned, like them; of ROW_CELLS */
	size_t n_cells;
	int id;     /* fields only, as the rest below */
	int width;
	char *label, *hint, *history; /* owned; history may be NULL */
};

/*
 * The focus is a field's row or the buttons.  While a field has it, its text
 * is in the prompt, and comes back to the row when the focus leaves.
 */
struct dialog {
	struct app *app; /* borrowed */
	const struct dialog_ops *ops;
	void *state;
	char *title, *info, *fault;
	int width;
	struct row *rows; /* owned */
	size_t n_rows, cap_rows;
	char *buttons[DIALOG_BUTTONS_MAX];
	size_t n_buttons;
	size_t button;    /* of the buttons, the one with the focus */
	ssize_t focus;    /* row of the field; -1: the buttons */
	ssize_t pointed;  /* row of text; -1: none */
	size_t top;       /* first row that is seen */
	bool pinned;      /* the buttons stay at the bottom */
	int y;            /* of its frame: rows that come do not lift it */
	struct area seen; /* where its rows were drawn last */
	/* Of the buttons, the first column and the one behind. */
	int button_at[DIALOG_BUTTONS_MAX], button_end[DIALOG_BUTTONS_MAX];
};

struct dialog *
dialog_new(struct app *app, const char *title, const char *info, int width,
    const struct dialog_ops *ops, void *state)
{
	struct dialog *dialog = xcalloc(1, sizeof(*dialog));

	dialog->app = app;
	dialog->ops = ops;
	dialog->state = state;
	dialog->width = width;
	dialog->title = xstrdup(title);
	dialog->info = xstrdup(info);
	dialog->focus = dialog->pointed = -1;
	dialog->y = -1;
	return dialog;
}

static void
free_row(struct row *row)
{
	size_t i;

	for (i = 0; i < row->n_cells; i++)
		free(row->cells[i]);
	free(row->cells);
	free(row->text);
	free(row->label);
	free(row->hint);
	free(row->history);
}

static void
empty(struct dialog *dialog)
{
	size_t i;

	if (dialog->focus != -1)
		prompt_close();
	for (i = 0; i < dialog->n_rows; i++)
		free_row(&dialog->rows[i]);
	for (i = 0; i < dialog->n_buttons; i++)
		free(dialog->buttons[i]);
	free(dialog->title);
	free(dialog->info);
	free(dialog->fault);
	dialog->n_rows = dialog->n_buttons = dialog->button = dialog->top = 0;
	dialog->focus = dialog->pointed = -1;
	dialog->fault = NULL;
}

void
dialog_point(struct dialog *dialog, size_t row)
{
	dialog->pointed = (ssize_t)row;
}

void
dialog_free(struct dialog *dialog)
{
	if (dialog == NULL)
		return;
	empty(dialog);
	if (dialog->ops->free != NULL)
		dialog->ops->free(dialog->state);
	free(dialog->rows);
	free(dialog);
}

void *
dialog_state(struct dialog *dialog)
{
	return dialog->state;
}

void
dialog_reset(struct dialog *dialog, const char *title, const char *info)
{
	empty(dialog);
	dialog->title = xstrdup(title);
	dialog->info = xstrdup(info);
}

static struct row *
insert_row(struct dialog *dialog, size_t at, enum row_kind kind)
{
	if (dialog->n_rows == dialog->cap_rows) {
		dialog->cap_rows = dialog->cap_rows * 2 + 16;
		dialog->rows = xreallocarray(
		    dialog->rows, dialog->cap_rows, sizeof(*dialog->rows));
	}
	memmove(&dialog->rows[at + 1], &dialog->rows[at],
	    (dialog->n_rows - at) * sizeof(*dialog->rows));
	dialog->n_rows++;
	dialog->rows[at] = (struct row){ .kind = kind };
	return &dialog->rows[at];
}

/* The bytes of text that fit into width characters, cut between words. */
static size_t
fitting(const char *text, int width)
{
	size_t i, space = 0;
	int n = 0;

	for (i = 0; text[i] != '\0'; i++) {
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		if (n++ == width)
			return space > 0 ? space : i;
		if (text[i] == ' ')
			space = i;
	}
	return i;
}

void
dialog_text(struct dialog *dialog, enum style style, const char *fmt, ...)
{
	struct row *row;
	char *text;
	size_t at = 0, len;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	do {
		len = fitting(text + at, dialog->width - 2 - 2 * MARGIN);
		row = insert_row(dialog, dialog->n_rows, ROW_TEXT);
		row->text = xstrndup(text + at, len);
		row->style = style;
		at += len;
		while (text[at] == ' ')
			at++;
	} while (text[at] != '\0');
	free(text);
}

void
dialog_item(struct dialog *dialog, const char *head, const char *text)
{
	int indent = (int)strlen(head);
	struct row *row;
	size_t at = 0, len;

	do {
		len =
		    fitting(text + at, dialog->width - 2 - 2 * MARGIN - indent);
		row = insert_row(dialog, dialog->n_rows, ROW_TEXT);
		row->text = xasprintf("%*s%.*s", indent, at == 0 ? head : "",
		    (int)len, text + at);
		at += len;
		while (text[at] == ' ')
			at++;
	} while (text[at] != '\0');
}

void
dialog_cells(struct dialog *dialog, enum style style,
    const char *const *cells, size_t n)
{
	struct row *row = insert_row(dialog, dialog->n_rows, ROW_CELLS);

	row->style = style;
	row->cells = xcalloc(n, sizeof(*row->cells));
	for (; row->n_cells < n; row->n_cells++)
		row->cells[row->n_cells] = xstrdup(cells[row->n_cells]);
}

void
dialog_gap(struct dialog *dialog)
{
	dialog_text(dialog, STYLE_TEXT, "%s", "");
}

void
dialog_field(struct dialog *dialog, int id, const char *label,
    const char *value, int width, const char *hint, const char *kind)
{
	struct row *row = insert_row(dialog, dialog->n_rows, ROW_FIELD);

	row->id = id;
	row->label = xstrdup(label);
	row->text = xstrdup(value);
	row->width = width;
	row->hint = xstrdup(hint != NULL ? hint : "");
	row->history = xstrdup(kind);
}

void
dialog_buttons(struct dialog *dialog, const char *const *labels, size_t n)
{
	insert_row(dialog, dialog->n_rows, ROW_BUTTONS)->text = xstrdup("");
	for (; dialog->n_buttons < n; dialog->n_buttons++)
		dialog->buttons[dialog->n_buttons] =
		    xstrdup(labels[dialog->n_buttons]);
}

static ssize_t
row_of(const struct dialog *dialog, int id)
{
	size_t i;

	for (i = 0; i < dialog->n_rows; i++)
		if (dialog->rows[i].kind == ROW_FIELD &&
		    dialog->rows[i].id == id)
			return (ssize_t)i;
	return -1;
}

void
dialog_field_after(struct dialog *dialog, int after, int id)
{
	ssize_t at = row_of(dialog, after);
	struct row *row;

	if (at == -1 || dialog->n_rows >= DIALOG_ROWS_MAX)
		return;
	if (dialog->focus > at)
		dialog->focus++;
	row = insert_row(dialog, (size_t)at + 1, ROW_FIELD);
	row->id = id;
	row->label = xstrdup(dialog->rows[at].label);
	row->width = dialog->rows[at].width;
	row->hint = xstrdup("");
	row->text = xstrdup("");
}

const char *
dialog_value(struct dialog *dialog, int id)
{
	ssize_t at = row_of(dialog, id);

	if (at == -1)
		return "";
	return at == dialog->focus ? prompt_text() : dialog->rows[at].text;
}

void
dialog_set_value(struct dialog *dialog, int id, const char *value)
{
	ssize_t at = row_of(dialog, id);
	char *copy;

	if (at == -1)
		return;
	copy = xstrdup(value);
	free(dialog->rows[at].text);
	dialog->rows[at].text = copy;
}

int
dialog_focused(const struct dialog *dialog)
{
	return dialog->focus == -1 ? DIALOG_FIELD_NONE
				   : dialog->rows[dialog->focus].id;
}

/* Takes the text back from the prompt. */
static void
unfocus(struct dialog *dialog)
{
	if (dialog->focus == -1)
		return;
	dialog_set_value(dialog, dialog->rows[dialog->focus].id, prompt_text());
	prompt_close();
	dialog->focus = -1;
}

void
dialog_focus(struct dialog *dialog, int id)
{
	struct row *row;

	unfocus(dialog);
	dialog->focus = row_of(dialog, id);
	if (dialog->focus == -1)
		return;
	row = &dialog->rows[dialog->focus];
	prompt_open(
	    app_recall(dialog->app), row->history, row->text, NULL, NULL);
}

void
dialog_mark_fault(struct dialog *dialog, size_t characters)
{
	if (dialog->focus != -1)
		prompt_mark_fault(characters);
}

void
dialog_focus_buttons(struct dialog *dialog, int button)
{
	unfocus(dialog);
	dialog->button = (size_t)button;
}

int
dialog_button(const struct dialog *dialog)
{
	return (int)dialog->button;
}

int
dialog_neighbour(const struct dialog *dialog, int id, int step)
{
	ssize_t i = id == DIALOG_FIELD_NONE
	    ? (step < 0 ? (ssize_t)dialog->n_rows : -1)
	    : row_of(dialog, id);

	for (i += step; i >= 0 && i < (ssize_t)dialog->n_rows; i += step)
		if (dialog->rows[i].kind == ROW_FIELD)
			return dialog->rows[i].id;
	return DIALOG_FIELD_NONE;
}

bool
dialog_has_choice(const struct dialog *dialog)
{
	return dialog->n_buttons > 0 ||
	    dialog_neighbour(dialog, DIALOG_FIELD_NONE, 1) != DIALOG_FIELD_NONE;
}

void
dialog_fault(struct dialog *dialog, const char *text)
{
	free(dialog->fault);
	dialog->fault = xstrdup(text);
}

/* Whether the field that has the focus lets it go. */
static bool
may_leave(struct dialog *dialog)
{
	if (dialog->focus == -1)
		return true;
	dialog_fault(dialog, NULL);
	return dialog->ops->on_leave == NULL ||
	    dialog->ops->on_leave(
		dialog, dialog->app, dialog->rows[dialog->focus].id);
}

/* Round all fields and buttons. */
static void
step_focus(struct dialog *dialog, int step)
{
	int next;

	if (!may_leave(dialog))
		return;
	if (dialog->focus == -1 &&
	    (step > 0 ? dialog->button + 1 < dialog->n_buttons
		      : dialog->button > 0)) {
		dialog->button =
		    step > 0 ? dialog->button + 1 : dialog->button - 1;
		return;
	}
	next = dialog_neighbour(dialog, dialog_focused(dialog), step);
	if (dialog->focus == -1 && next == DIALOG_FIELD_NONE)
		dialog->button = step > 0 ? 0 : dialog->n_buttons - 1;
	else if (next == DIALOG_FIELD_NONE)
		dialog_focus_buttons(dialog,
		    step > 0 || dialog->n_buttons == 0
			? 0
			: (int)dialog->n_buttons - 1);
	else
		dialog_focus(dialog, next);
}

static void
button_key(struct dialog *dialog, int32_t key)
{
	switch (key) {
	case KEYS_ENTER:
	case KEYS_SPACE:
		dialog->ops->on_button(dialog, dialog->app,
		    dialog->n_buttons > 0 ? (int)dialog->button : DIALOG_ESC);
		break;
	case KEYS_LEFT:
	case 'h':
		if (dialog->button > 0)
			dialog->button--;
		break;
	case KEYS_RIGHT:
	case 'l':
		if (dialog->button + 1 < dialog->n_buttons)
			dialog->button++;
		break;
	case KEYS_UP:
	case 'k':
		if (dialog_neighbour(dialog, DIALOG_FIELD_NONE, -1) !=
		    DIALOG_FIELD_NONE)
			dialog_focus(dialog,
			    dialog_neighbour(dialog, DIALOG_FIELD_NONE, -1));
		else if (dialog->top > 0)
			dialog->top--;
		break;
	case KEYS_DOWN:
	case 'j':
		dialog->top++;
		break;
	case KEYS_PGUP:
		dialog->top -= dialog->top > 10 ? 10 : dialog->top;
		break;
	case KEYS_PGDN:
		dialog->top += 10;
		break;
	default:
		break;
	}
}

void
dialog_key(struct dialog *dialog, int32_t key)
{
	if (key == KEYS_ESC || key == CTRL_KEY('c')) {
		unfocus(dialog);
		dialog->ops->on_button(dialog, dialog->app, DIALOG_ESC);
		return;
	}
	if (dialog->ops->on_key != NULL &&
	    dialog->ops->on_key(dialog, dialog->app, key))
		return;
	if (key == KEYS_TAB || key == KEYS_BACKTAB) {
		step_focus(dialog, key == KEYS_TAB ? 1 : -1);
	} else if (dialog->focus == -1) {
		button_key(dialog, key);
	} else if (key == KEYS_ENTER) {
		if (may_leave(dialog))
			dialog_focus_buttons(dialog, 0);
	} else {
		prompt_key(key);
	}
}

void
dialog_paste(struct dialog *dialog, const char *text)
{
	if (dialog->focus != -1)
		prompt_paste(text);
}

void
dialog_event(struct dialog *dialog, int kind)
{
	if (dialog->ops->on_event != NULL)
		dialog->ops->on_event(dialog, dialog->app, kind);
}

/* As Tab does: what is typed is looked at before the focus leaves it. */
static void
press_button(struct dialog *dialog, size_t i)
{
	if (dialog->focus == -1 && dialog->button == i)
		dialog->ops->on_button(dialog, dialog->app, (int)i);
	else if (may_leave(dialog))
		dialog_focus_buttons(dialog, (int)i);
}

static size_t row_seen(const struct dialog *dialog, int y);

void
dialog_mouse(struct dialog *dialog, const struct mouse *mouse)
{
	int y = mouse->y - dialog->seen.y, x = mouse->x - dialog->seen.x;
	const struct row *row;
	size_t i;
	int id;

	if (mouse->kind != MOUSE_PRESS) {
		if (!dialog_has_choice(dialog))
			button_key(dialog,
			    mouse->kind == MOUSE_WHEEL_UP ? KEYS_UP
							  : KEYS_DOWN);
		return;
	}
	if (y < 0 || y >= dialog->seen.rows || x < 0 ||
	    x >= dialog->seen.cols || row_seen(dialog, y) >= dialog->n_rows)
		return;
	row = &dialog->rows[row_seen(dialog, y)];
	id = row->id;
	if (row->kind == ROW_FIELD && id != dialog_focused(dialog)) {
		if (may_leave(dialog))
			dialog_focus(dialog, id);
	} else if (row->kind == ROW_BUTTONS) {
		for (i = 0; i < dialog->n_buttons; i++)
			if (x < dialog->button_end[i])
				break;
		if (i < dialog->n_buttons && x >= dialog->button_at[i])
			press_button(dialog, i);
	}
}

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
draw_cells(const struct row *row, struct area a, int y)
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
draw_field(const struct row *row, struct area a, int y, bool focused)
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
	const struct row *row = &dialog->rows[i];

	area_put_fit(a, y, 0, a.cols, row->style, row->text);
	if (dialog->focus != -1 || dialog->pointed != (ssize_t)i)
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

	dialog->pinned = n > seen && seen > 1 &&
	    dialog->rows[n - 1].kind == ROW_BUTTONS;
	n -= dialog->pinned;
	seen -= dialog->pinned;
	at = dialog->focus >= 0    ? (size_t)dialog->focus
	    : dialog->pointed >= 0 ? (size_t)dialog->pointed
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

/* Which row is seen in a line of the inside; behind the last: none. */
static size_t
row_seen(const struct dialog *dialog, int y)
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
	int margin = screen.cols >= 60 ? MARGIN : 0;
	int cols = dialog->width < screen.cols ? dialog->width : screen.cols;
	int want = (int)dialog->n_rows + 3 + (screen.rows >= 20);
	int rows = want < screen.rows ? want : screen.rows, y;
	bool gap = rows == want && screen.rows >= 20;
	struct area a;
	size_t i;

	if (dialog->n_rows == 0)
		return;
	if (dialog->y == -1)
		dialog->y = (screen.rows - rows) / 2;
	if (dialog->y > screen.rows - rows)
		dialog->y = screen.rows - rows;
	a = area_sub(screen, dialog->y, (screen.cols - cols) / 2, rows, cols);
	a = frame_draw(a, &frame);
	a = area_sub(a, gap, margin, a.rows - gap, a.cols - 2 * margin);
	if (dialog->fault != NULL)
		area_put_fit(
		    a, a.rows - 1, 0, a.cols, STYLE_BAD, dialog->fault);
	/* Where a fault is said; nothing moves when one comes. */
	a.rows -= a.rows > 1 && dialog_has_choice(dialog);
	settle(dialog, a.rows);
	dialog->seen = a;
	for (y = 0; y < a.rows && row_seen(dialog, y) < dialog->n_rows; y++) {
		const struct row *row;

		i = row_seen(dialog, y);
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
		area_repeat(a, a.rows - 1 - dialog->pinned, a.cols - 1, 1,
		    STYLE_DIM, 0x25be);
}
