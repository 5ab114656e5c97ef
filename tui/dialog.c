#include "config.h"

#include "tui/dialog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "tui/app.h"
#include "tui/dialog_state.h"
#include "tui/key.h"
#include "tui/mouse.h"
#include "tui/prompt.h"

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
	dialog->is_new = true;
	return dialog;
}

void
dialog_row_fini(struct dialog_row *row)
{
	size_t i;

	for (i = 0; i < row->n_cells; i++)
		free(row->cells[i]);
	free(row->cells);
	free(row->head);
	free(row->whole);
	free(row->breaks);
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
		dialog_row_fini(&dialog->rows[i]);
	for (i = 0; i < dialog->n_buttons; i++)
		free(dialog->buttons[i]);
	free(dialog->title);
	free(dialog->info);
	free(dialog->fault);
	dialog->n_rows = dialog->n_buttons = dialog->button = dialog->top = 0;
	dialog->n_lines = 0;
	dialog->focus = dialog->pointed = -1;
	dialog->is_new = true;
	dialog->fault = NULL;
}

const char *
dialog_keys(const struct dialog *dialog)
{
	static const char esc[] = "Esc back";
	size_t len = strlen(dialog->info);

	/* What stands in the frame, unless it says something else there. */
	if (len >= sizeof(esc) - 1 &&
	    strcmp(dialog->info + len - (sizeof(esc) - 1), esc) == 0)
		return dialog->info;
	return dialog_has_choice(dialog) ? "Tab next · Enter choose · Esc back"
					 : "j k scroll · Esc back";
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
	free(dialog->lines);
	free(dialog);
}

const char *
dialog_title(const struct dialog *dialog)
{
	return dialog->title;
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

static struct dialog_row *
insert_row(struct dialog *dialog, size_t at, enum dialog_row_kind kind)
{
	if (dialog->n_rows == dialog->cap_rows) {
		dialog->cap_rows = dialog->cap_rows * 2 + 16;
		dialog->rows = xreallocarray(
		    dialog->rows, dialog->cap_rows, sizeof(*dialog->rows));
	}
	memmove(&dialog->rows[at + 1], &dialog->rows[at],
	    (dialog->n_rows - at) * sizeof(*dialog->rows));
	dialog->n_rows++;
	dialog->rows[at] = (struct dialog_row){ .kind = kind };
	return &dialog->rows[at];
}

/* Where it is broken into lines is known when it is drawn. */
static struct dialog_row *
put_text(struct dialog *dialog, enum style style, const char *head, char *text)
{
	struct dialog_row *row = insert_row(dialog, dialog->n_rows, ROW_TEXT);

	row->style = style;
	row->head = xstrdup(head);
	row->whole = text;
	row->text = xasprintf("%s%s", head, text);
	dialog->wrapped = 0;
	return row;
}

void
dialog_text(struct dialog *dialog, enum style style, const char *fmt, ...)
{
	char *text, *head;
	size_t indent;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	indent = strspn(text, " ");
	head = xstrndup(text, indent);
	put_text(dialog, style, head, xstrdup(text + indent));
	free(head);
	free(text);
}

void
dialog_item(
    struct dialog *dialog, enum style style, const char *head, const char *text)
{
	put_text(dialog, style, head, xstrdup(text));
}

void
dialog_groups(struct dialog *dialog, const char *head, const char *text)
{
	struct dialog_row *row =
	    put_text(dialog, STYLE_TEXT, head, xstrdup(text));
	char *p;

	row->breaks = xstrdup(text);
	for (p = row->whole; *p != '\0'; p++)
		if (*p == DIALOG_JOIN)
			*p = ' ';
}

void
dialog_cells(
    struct dialog *dialog, enum style style, const char *const *cells, size_t n)
{
	struct dialog_row *row = insert_row(dialog, dialog->n_rows, ROW_CELLS);

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
	struct dialog_row *row = insert_row(dialog, dialog->n_rows, ROW_FIELD);

	row->id = id;
	row->label = xstrdup(label);
	row->text = xstrdup(value);
	row->width = width;
	row->hint = xstrdup(hint != NULL ? hint : "");
	row->history = xstrdup(kind);
}

void
dialog_question(struct dialog *dialog, int id, const char *label, int width,
    const char *hint)
{
	dialog_field(dialog, id, label, "", width, hint, NULL);
	dialog->rows[dialog->n_rows - 1].must_be_read = true;
	dialog->wrapped = 0;
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
	struct dialog_row *row;

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
	struct dialog_row *row;

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
	dialog->is_new &= text == NULL; /* it is about what has the focus */
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

/* What is typed at the buttons is lost, and must not be lost unseen. */
static void
say_no_field(struct dialog *dialog)
{
	if (dialog_neighbour(dialog, DIALOG_FIELD_NONE, 1) != DIALOG_FIELD_NONE)
		dialog_fault(dialog, "not typed anywhere: Tab goes to a field");
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
		if (key > ' ' && key < 0x7f)
			say_no_field(dialog);
		break;
	}
}

void
dialog_key(struct dialog *dialog, int32_t key)
{
	dialog->is_new = false;
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
	dialog->is_new = false;
	if (dialog->focus != -1)
		prompt_paste(text);
	else
		say_no_field(dialog);
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

void
dialog_mouse(struct dialog *dialog, const struct mouse *mouse)
{
	int y = mouse->y - dialog->seen.y, x = mouse->x - dialog->seen.x;
	const struct dialog_row *row;
	size_t i;
	int id;

	dialog->is_new = false;
	if (mouse->kind != MOUSE_PRESS) {
		if (!dialog_has_choice(dialog))
			button_key(dialog,
			    mouse->kind == MOUSE_WHEEL_UP ? KEYS_UP
							  : KEYS_DOWN);
		return;
	}
	if (y < 0 || y >= dialog->seen.rows || x < 0 ||
	    x >= dialog->seen.cols ||
	    dialog_row_seen(dialog, y) >= dialog->n_rows)
		return;
	row = &dialog->rows[dialog_row_seen(dialog, y)];
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
