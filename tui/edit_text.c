/* The whole section in the user's own editor, as many times as it takes. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/json_text.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/form.h"
#include "core/deck/section.h"
#include "tui/dialog.h"
#include "tui/edit.h"
#include "tui/editor.h"

#define NOTES_MAX 7

static void
on_left(struct app *app, const char *text, const struct err *err, void *arg);

/* What it is, for one who finds it. */
static char *
head_of(const struct edit *e)
{
	if (e->n == 1)
		return xasprintf(
		    "%s of %s.", section_word(e->section), e->ids[0]);
	return xasprintf("%s to set on each of %zu devices; null "
			 "removes a property.",
	    section_word(e->section), e->n);
}

/* fault is the first note, NULL: none; line and column are of text. */
static void
hand_over(struct dialog *d, struct app *app, struct edit *e, const char *text,
    const char *fault, size_t line, size_t column)
{
	const char *notes[NOTES_MAX];
	struct editor_text in = { .base = e->base != NULL ? e->base : e->opened,
		.notes = notes,
		.text = text,
		.line = line,
		.column = column };
	char *head = head_of(e);
	struct err err;

	if (e->editor == NULL)
		e->editor = editor_new(app, edit_kept_new(app, e));
	if (fault != NULL)
		notes[in.n_notes++] = fault;
	notes[in.n_notes++] = head;
	if (e->from != NULL)
		notes[in.n_notes++] = e->from;
	if (e->beside != NULL)
		notes[in.n_notes++] = e->beside;
	if (edit_kept_is_stale(e))
		notes[in.n_notes++] = "It has been written since: what you do "
				      "not change here stands as it is now.";
	notes[in.n_notes++] =
	    "Save and leave: the difference is shown before it is sent.";
	notes[in.n_notes++] = "Lines like these are left out.";
	edit_set_text(&e->handed, text);
	edit_set_text(&e->left, NULL);
	edit_set_text(&e->note, NULL);
	edit_wait(d, e, EDIT_ELSEWHERE, "the editor has the properties of");
	if (editor_open(e->editor, &in, on_left, d, &err) == -1) {
		edit_form_show(d, app, e);
		dialog_fault(d, err.text);
	}
	free(head);
}

/* What the editor is to begin with; the caller's, NULL: the form has a fault.
 */
static char *
text_to_edit(struct dialog *d, struct app *app, struct edit *e)
{
	struct strbuf text = { 0 };
	char *kept;

	/* What an editor that was killed had saved, if that is the newer. */
	if (e->left != NULL && strcmp(e->typed, e->form_then) == 0)
		return xstrdup(e->left);
	/* Of an earlier deck, if nothing is typed in this one. */
	if (e->editor == NULL && !edit_form_is_changed(e) &&
	    (kept = edit_kept_take(app, e)) != NULL)
		return kept;
	if (edit_form_read(d, app, e) == -1)
		return NULL;
	json_put_pretty(&text, e->mine);
	return strbuf_take(&text);
}

void
edit_text_open(struct dialog *d, struct app *app, struct edit *e)
{
	char *text;

	edit_form_collect(d, e);
	text = text_to_edit(d, app, e);
	if (text != NULL)
		hand_over(d, app, e, text, NULL, 0, 0);
	free(text);
}

/* Back in the form; what the editor left is kept for another time. */
static void
come_back(struct dialog *d, struct app *app, struct edit *e, const char *left,
    const char *why)
{
	edit_set_text(&e->left, left);
	edit_set_text(&e->note, left != NULL ? why : NULL);
	edit_form_show(d, app, e);
	edit_form_collect(d, e);
	edit_set_text(&e->form_then, e->typed);
	if (left == NULL)
		dialog_fault(d, why);
	e->in_editor = false;
}

/* Whether it is what was handed over: editors end a last line. */
static bool
is_as_handed(const char *text, const char *handed)
{
	size_t len = strlen(handed);

	return strncmp(text, handed, len) == 0 &&
	    text[len + strspn(text + len, " \t\r\n")] == '\0';
}

/* The same fault twice is no typing error: somebody must look at it here. */
static void
mend(struct dialog *d, struct app *app, struct edit *e, const char *text,
    const struct err *err, size_t line, size_t column)
{
	char *words;

	if (is_as_handed(text, e->handed)) {
		words = xasprintf("%s; ^O goes on editing", err->text);
		come_back(d, app, e, text, words);
	} else {
		words =
		    xasprintf("line {line}, column %zu: %s", column, err->text);
		hand_over(d, app, e, text, words, line, column);
	}
	free(words);
}

/* json_parse()'s "line 1, column 7: words" taken apart. */
static void
split_place(struct err *err, size_t *line, size_t *column)
{
	char words[sizeof(err->text)];
	int used = 0;

	*line = *column = 1;
	if (sscanf(err->text, "line %zu, column %zu: %n", line, column,
		&used) != 2 ||
	    used == 0)
		return;
	snprintf(words, sizeof(words), "%s", err->text + used);
	snprintf(err->text, sizeof(err->text), "%s", words);
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* What the editor has saved; it may go back there, or on to the difference. */
static void
take_text(struct dialog *d, struct app *app, struct edit *e, const char *text)
{
	size_t line, column;
	const cJSON *fault;
	struct err err;
	cJSON *json = json_parse(text, strlen(text), &err);

	if (json == NULL) {
		split_place(&err, &line, &column);
		mend(d, app, e, text, &err, line, column);
		return;
	}
	if (section_check(e->section, json, &fault, &err) == -1) {
		if (!json_locate(
			text, strlen(text), json, fault, &line, &column))
			line = column = 1;
		mend(d, app, e, text, &err, line, column);
		cJSON_Delete(json);
		return;
	}
	edit_set_json(&e->mine, json);
	edit_kept_merge(e);
	free(e->typed);
	e->typed = form_format(e->mine);
	edit_compare(d, app, e);
}

static void
on_left(struct app *app, const char *text, const struct err *err, void *arg)
{
	struct dialog *d = arg;
	struct edit *e = dialog_state(d);
	cJSON *json;
	char *left;

	if (text == NULL) {
		left = editor_left(e->editor);
		come_back(
		    d, app, e, left != NULL ? left : e->handed, err->text);
		free(left);
		return;
	}
	if (is_blank(text)) {
		edit_kept_forget(e);
		come_back(d, app, e, NULL,
		    "the editor left an empty text: nothing was taken over");
		return;
	}
	json = json_parse(text, strlen(text), NULL);
	/* One that was kept has been changed before. */
	if (json != NULL && e->from == NULL && is_as_handed(text, e->handed)) {
		come_back(d, app, e, NULL, "nothing was changed in the editor");
		cJSON_Delete(json);
		return;
	}
	cJSON_Delete(json);
	take_text(d, app, e, text);
}
