/* The dialog of the list's columns. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/app.h"
#include "tui/columns.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/key.h"
#include "tui/list_settings.h"
#include "tui/pane_devices.h"

#define WIDTH 78
#define ROWS_ABOVE 3 /* two lines of keys and a gap */
#define FIELD_PATH 1

/*
 * First those that are shown, in their order, then the built-in ones that are
 * not.  at is the one under the cursor.
 */
struct state {
	struct columns *before; /* owned; what Esc gives back */
	struct columns *shown;  /* owned */
	size_t at;
};

static void
state_free(void *data)
{
	struct state *state = data;

	columns_free(state->before);
	columns_free(state->shown);
	free(state);
}

static size_t
size_of(const struct state *state)
{
	const struct column_def *def;
	size_t n = columns_size(state->shown);

	for (def = column_table; def->name != NULL; def++)
		n += columns_find(state->shown, def->name) == -1;
	return n;
}

/* The i-th of those that are not shown. */
static const struct column_def *
hidden_at(const struct state *state, size_t i)
{
	const struct column_def *def;

	for (def = column_table; def->name != NULL; def++)
		if (columns_find(state->shown, def->name) == -1 && i-- == 0)
			return def;
	return NULL;
}

static void
put_shown(struct dialog *dialog, const struct column *column)
{
	char width[16] = "auto";

	if (column->width > 0)
		snprintf(width, sizeof(width), "%d", column->width);
	dialog_text(dialog, STYLE_TEXT, "✓ %-18.40s %4s  %s",
	    column_name(column), width,
	    column->path != NULL ? "of the twin" : column->def->help);
}

static void
build(struct dialog *dialog, const char *path)
{
	const struct state *state = dialog_state(dialog);
	size_t i, n = columns_size(state->shown);
	const struct column_def *def;

	dialog_reset(dialog, "Columns", "Enter keep · Esc back");
	dialog_text(dialog, STYLE_DIM,
	    "Space in or out   J K move it   + - width   = auto, as it fits");
	dialog_text(dialog, STYLE_DIM,
	    "Tab adds any path of the twin, as in tags.site");
	dialog_gap(dialog);
	for (i = 0; i < n; i++)
		put_shown(dialog, columns_at(state->shown, i));
	for (i = 0; (def = hidden_at(state, i)) != NULL; i++)
		dialog_text(dialog, STYLE_DIM, "  %-18s %4s  %s", def->name,
		    "", def->help);
	dialog_gap(dialog);
	dialog_field(dialog, FIELD_PATH, "path", path, 0, NULL, "column");
	dialog_point(dialog, ROWS_ABOVE + state->at);
}

/* The list behind the dialog shows at once what it would be like. */
static void
show(struct dialog *dialog, struct app *app)
{
	struct state *state = dialog_state(dialog);

	if (state->at >= size_of(state))
		state->at = size_of(state) - 1;
	pane_devices_take_columns(
	    app_pane(app, PANE_DEVICES), columns_dup(state->shown));
	build(dialog, "");
}

/* Puts a column behind the others; false with the fault said. */
static bool
add(struct dialog *dialog, const char *name)
{
	struct state *state = dialog_state(dialog);
	char *text = xasprintf("+%s", name);
	struct columns *columns;
	struct err err;

	columns = columns_parse(text, state->shown, &err);
	free(text);
	if (columns == NULL) {
		dialog_fault(dialog, err.text);
		return false;
	}
	columns_free(state->shown);
	state->shown = columns;
	return true;
}

static void
toggle(struct dialog *dialog, struct app *app)
{
	struct state *state = dialog_state(dialog);
	size_t n = columns_size(state->shown);

	if (state->at < n) {
		if (columns_remove(state->shown, state->at))
			show(dialog, app);
		else
			dialog_fault(
			    dialog, "device stays: rows are told apart by it");
		return;
	}
	if (add(dialog, hidden_at(state, state->at - n)->name)) {
		state->at = n;
		show(dialog, app);
	}
}

static void
move_column(struct dialog *dialog, struct app *app, int step)
{
	struct state *state = dialog_state(dialog);

	if (!columns_move(state->shown, state->at, step))
		return;
	state->at = step < 0 ? state->at - 1 : state->at + 1;
	show(dialog, app);
}

/* From as it fits the first step goes to what a built-in one would have. */
static void
resize(struct dialog *dialog, struct app *app, int step)
{
	struct state *state = dialog_state(dialog);
	const struct column *column = columns_at(state->shown, state->at);
	int width;

	if (column == NULL)
		return;
	width = column->width > 0  ? column->width
	    : column->path != NULL ? (int)strlen(column_heading(column))
				   : column->def->width;
	width += step;
	if (step != 0 && width < 1)
		return;
	columns_set_width(state->shown, state->at, step != 0 ? width : 0);
	show(dialog, app);
}

static void
move_cursor(struct dialog *dialog, int32_t key)
{
	struct state *state = dialog_state(dialog);
	size_t n = size_of(state);

	if (key == 'k' || key == KEYS_UP)
		state->at -= state->at > 0;
	else if (key == 'g' || key == KEYS_HOME)
		state->at = 0;
	else if (key == 'G' || key == KEYS_END)
		state->at = n - 1;
	else if (state->at + 1 < n)
		state->at++;
	dialog_fault(dialog, NULL);
	dialog_point(dialog, ROWS_ABOVE + state->at);
}

static void
close_and_keep(struct dialog *dialog, struct app *app)
{
	struct state *state = dialog_state(dialog);

	list_settings_take_columns(app, columns_dup(state->shown));
	app_close(app);
}

static bool
field_key(struct dialog *dialog, struct app *app, int32_t key)
{
	struct state *state = dialog_state(dialog);
	char *name;

	if (key == KEYS_TAB || key == KEYS_BACKTAB) {
		dialog_fault(dialog, NULL);
		dialog_focus_buttons(dialog, 0);
		return true;
	}
	if (key != KEYS_ENTER)
		return false;
	name = xstrdup(dialog_value(dialog, FIELD_PATH));
	if (*str_trim(name) == '\0') {
		dialog_focus_buttons(dialog, 0);
	} else if (add(dialog, str_trim(name))) {
		dialog_focus_buttons(dialog, 0);
		state->at = columns_size(state->shown) - 1;
		show(dialog, app);
	}
	free(name);
	return true;
}

static bool
on_key(struct dialog *dialog, struct app *app, int32_t key)
{
	if (dialog_focused(dialog) == FIELD_PATH)
		return field_key(dialog, app, key);
	switch (key) {
	case KEYS_SPACE:
		toggle(dialog, app);
		break;
	case 'K':
	case 'J':
		move_column(dialog, app, key == 'K' ? -1 : 1);
		break;
	case '+':
	case '-':
		resize(dialog, app, key == '+' ? 1 : -1);
		break;
	case '=':
		resize(dialog, app, 0);
		break;
	case KEYS_TAB:
	case KEYS_BACKTAB:
		dialog_focus(dialog, FIELD_PATH);
		break;
	case KEYS_ENTER:
		close_and_keep(dialog, app);
		break;
	case 'j':
	case 'k':
	case 'g':
	case 'G':
	case KEYS_DOWN:
	case KEYS_UP:
	case KEYS_HOME:
	case KEYS_END:
		move_cursor(dialog, key);
		break;
	default:
		break;
	}
	return true;
}

/* Only Esc comes here: there are no buttons. */
static void
on_button(struct dialog *dialog, struct app *app, int button)
{
	struct state *state = dialog_state(dialog);

	(void)button;
	pane_devices_take_columns(
	    app_pane(app, PANE_DEVICES), columns_dup(state->before));
	app_close(app);
}

static const struct dialog_ops columns_ops = {
	.on_button = on_button,
	.on_key = on_key,
	.free = state_free,
};

void
dialog_columns_open(struct app *app)
{
	const struct columns *columns =
	    pane_devices_columns(app_pane(app, PANE_DEVICES));
	struct state *state = xcalloc(1, sizeof(*state));
	struct dialog *dialog;

	state->before = columns_dup(columns);
	state->shown = columns_dup(columns);
	dialog = dialog_new(app, "Columns", "", WIDTH, &columns_ops, state);
	build(dialog, "");
	app_open(app, dialog);
}
