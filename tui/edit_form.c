/* The form of an edit: a line a property, "path = JSON value". */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/form.h"
#include "core/deck/section.h"
#include "tui/dialog.h"
#include "tui/edit.h"
#include "tui/key.h"

enum button { B_CANCEL, B_EDITOR, B_COMPARE };

/* The lines as they stand in the fields. */
void
edit_form_collect(struct dialog *d, struct edit *e)
{
	struct strbuf sb = { 0 };
	int id = DIALOG_FIELD_NONE;

	if (e->step != EDIT_TYPING)
		return;
	while ((id = dialog_neighbour(d, id, 1)) != DIALOG_FIELD_NONE)
		if (id != EDIT_WHEN)
			strbuf_printf(&sb, "%s\n", dialog_value(d, id));
	edit_set_text(&e->when, dialog_value(d, EDIT_WHEN));
	free(e->typed);
	e->typed = strbuf_take(&sb);
}

bool
edit_form_is_changed(const struct edit *e)
{
	cJSON *was = form_parse(e->original, &(size_t){ 0 }, NULL);
	cJSON *is = form_parse(e->typed, &(size_t){ 0 }, NULL);
	bool changed = was == NULL || is == NULL || !json_equal(was, is);

	cJSON_Delete(was);
	cJSON_Delete(is);
	return changed;
}

static void
put_lines(struct dialog *d, struct edit *e)
{
	const char *line = e->typed, *end;
	char *text;

	e->last_line = 0;
	while (*line != '\0') {
		end = strchrnul(line, '\n');
		text = xstrndup(line, (size_t)(end - line));
		dialog_field(d, ++e->last_line, "", text, 0, NULL, NULL);
		free(text);
		line = *end == '\n' ? end + 1 : end;
	}
	if (e->last_line == 0)
		dialog_field(d, ++e->last_line, "", "", 0, NULL, NULL);
}

void
edit_form_show(struct dialog *d, struct app *app, struct edit *e)
{
	static const char *const buttons[] = { "Cancel", "Editor", "Compare" };
	const char *example = e->section == TWIN_TAGS
	    ? "site = \"brno\", place.floor = 3"
	    : "building = 43, light.mode = \"night\"";

	dialog_reset(d, edit_title(e),
	    "Enter next line · Tab on · ^O editor · Esc back");
	edit_headline(d, app, e);
	put_lines(d, e);
	dialog_gap(d);
	dialog_field(d, EDIT_WHEN, "when", e->when, 20,
	    "now, +20s, 14:30, 2026-11-22T06:00Z", "when");
	dialog_text(d, STYLE_DIM, "path = JSON value, one a line: %s; %s",
	    example,
	    e->n > 1 ? "null removes a property."
		     : "an emptied line removes its property.");
	dialog_gap(d);
	dialog_buttons(d, buttons, 3);
	e->step = EDIT_TYPING;
	dialog_focus(d, 1);
}

/* Where something is wrong: that line gets the focus, its column a mark. */
static void
point_at_fault(struct dialog *d, size_t line, const struct err *err)
{
	const char *column = strstr(err->text, "column ");
	int id = DIALOG_FIELD_NONE;
	long at;

	do
		id = dialog_neighbour(d, id, 1);
	while (line-- > 0 && id != DIALOG_FIELD_NONE && id != EDIT_WHEN);
	if (id != DIALOG_FIELD_NONE && id != dialog_focused(d))
		dialog_focus(d, id);
	at = column != NULL ? strtol(column + strlen("column "), NULL, 10) : 0;
	if (at > 0)
		dialog_mark_fault(d, (size_t)at - 1);
	dialog_fault(d, err->text);
}

int
edit_form_read(struct dialog *d, struct app *app, struct edit *e)
{
	const cJSON *fault;
	struct err err;
	size_t line = 0;
	cJSON *is;

	edit_form_collect(d, e);
	edit_set_json(&e->mine, NULL);
	is = form_parse(e->typed, &line, &err);
	if (is != NULL && section_check(e->section, is, &fault, &err) == 0) {
		e->mine = is;
		return 0;
	}
	if (e->step != EDIT_TYPING)
		edit_form_show(d, app, e);
	if (is == NULL || form_line_of(e->typed, is, fault, &line))
		point_at_fault(d, line, &err);
	else
		dialog_fault(d, err.text);
	cJSON_Delete(is);
	return -1;
}

static void
give_up(struct dialog *d, struct app *app, struct edit *e)
{
	if (!e->warned) {
		edit_form_collect(d, e);
		if (edit_form_is_changed(e) || e->left != NULL) {
			e->warned = true;
			edit_form_show(d, app, e);
			dialog_fault(d,
			    e->left != NULL
				? "Esc again gives up what the editor left"
				: "Esc again gives up what was typed");
			return;
		}
	}
	edit_close(app, e, NULL);
}

void
edit_form_button(struct dialog *d, struct app *app, int button)
{
	struct edit *e = dialog_state(d);

	if (button == B_EDITOR) {
		edit_text_open(d, app, e);
	} else if (button == B_COMPARE) {
		if (edit_form_read(d, app, e) == 0)
			edit_compare(d, app, e);
	} else if (button == DIALOG_ESC) {
		give_up(d, app, e);
	} else {
		edit_close(app, e, NULL);
	}
}

/* On to the next line; a new one below the last. */
static void
next_line(struct dialog *d, struct edit *e)
{
	int at = dialog_focused(d), next = dialog_neighbour(d, at, 1);

	if (next != EDIT_WHEN) {
		dialog_focus(d, next);
	} else if (dialog_value(d, at)[0] == '\0') {
		dialog_focus(d, EDIT_WHEN);
	} else {
		dialog_field_after(d, at, ++e->last_line);
		dialog_focus(d, e->last_line);
	}
}

/* Whether the fault, if there is one, is not in the line with the focus. */
static bool
line_is_good(struct dialog *d, struct edit *e)
{
	size_t line = 0, at = 0;
	int id = DIALOG_FIELD_NONE;
	struct err err;
	cJSON *json;

	edit_form_collect(d, e);
	json = form_parse(e->typed, &line, &err);
	if (json != NULL) {
		cJSON_Delete(json);
		return true;
	}
	while ((id = dialog_neighbour(d, id, 1)) != dialog_focused(d))
		at++;
	if (at != line)
		return true;
	point_at_fault(d, line, &err);
	return false;
}

/* Enter and Tab leave a line only when it can be read. */
static void
leave_line(struct dialog *d, struct edit *e, int32_t key)
{
	dialog_fault(d, NULL);
	if (!line_is_good(d, e))
		return;
	if (key == KEYS_ENTER)
		next_line(d, e);
	else
		dialog_focus(d, EDIT_WHEN);
}

bool
edit_form_key(struct dialog *d, struct app *app, int32_t key)
{
	struct edit *e = dialog_state(d);
	int at = dialog_focused(d), to;

	e->warned = false;
	if (key == CTRL_KEY('o')) {
		edit_text_open(d, app, e);
		return true;
	}
	if (key == KEYS_BACKTAB && at == EDIT_WHEN) {
		dialog_focus(d, 1);
		return true;
	}
	if (at == EDIT_WHEN && key == KEYS_ENTER) {
		dialog_fault(d, NULL);
		dialog_focus_buttons(d, B_COMPARE);
		return true;
	}
	if (at == EDIT_WHEN && key == KEYS_UP) {
		dialog_focus(d, dialog_neighbour(d, at, -1));
		return true;
	}
	if (at == EDIT_WHEN || at == DIALOG_FIELD_NONE)
		return false;
	if (key == KEYS_ENTER || key == KEYS_TAB) {
		leave_line(d, e, key);
		return true;
	}
	if (key != KEYS_UP && key != KEYS_DOWN)
		return false;
	to = dialog_neighbour(d, at, key == KEYS_UP ? -1 : 1);
	if (to != DIALOG_FIELD_NONE)
		dialog_focus(d, to);
	return true;
}
