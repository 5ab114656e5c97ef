/* What an edit would change, shown before it is sent. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/form.h"
#include "core/deck/plan.h"
#include "core/deck/plan_reader.h"
#include "core/deck/section.h"
#include "tui/app.h"
#include "tui/confirm.h"
#include "tui/dialog.h"
#include "tui/edit.h"
#include "tui/plan_text.h"

enum button { B_BACK, B_CANCEL, B_SEND };

void
edit_plan_free(struct edit *e)
{
	plan_reader_free(e->reader);
	plan_free(e->plan);
	e->reader = NULL;
	e->plan = NULL;
}

static void
put_difference(enum form_change change, const char *path, const char *was,
    const char *is, void *arg)
{
	struct dialog *d = arg;

	if (change != FORM_ADDED)
		dialog_text(
		    d, STYLE_BAD, "- %-*s  %s", EDIT_PATH_WIDTH, path, was);
	if (change != FORM_REMOVED)
		dialog_text(
		    d, STYLE_GOOD, "+ %-*s  %s", EDIT_PATH_WIDTH, path, is);
}

/* How many devices it goes to. */
static size_t
changes(const struct edit *e)
{
	return e->plan != NULL ? plan_count(e->plan, PLAN_CHANGES) : 1;
}

static void
put_buttons(struct dialog *d, struct app *app, struct edit *e, int64_t delay_ms)
{
	static const char *const buttons[] = { "Back to edit", "Cancel",
		"Send" };

	if (delay_ms > 0)
		dialog_text(d, STYLE_TEXT, "when   %s", e->when);
	confirm_field(d, app, EDIT_CONFIRM, changes(e));
	dialog_gap(d);
	dialog_buttons(d, buttons, 3);
	dialog_focus_buttons(d, B_BACK);
	e->step = EDIT_COMPARING;
}

static void
show_one(struct dialog *d, struct app *app, struct edit *e, int64_t delay_ms)
{
	cJSON *patch = edit_patch(e);
	char *text = json_print(patch);

	dialog_reset(d, edit_title(e), "difference");
	edit_headline(d, app, e);
	form_diff(e->opened, e->mine, put_difference, d);
	dialog_gap(d);
	dialog_text(d, STYLE_TEXT, "sends  %s", text);
	dialog_text(d, STYLE_DIM, "only if nobody wrote since (If-Match)");
	put_buttons(d, app, e, delay_ms);
	free(text);
	cJSON_Delete(patch);
}

static void
show_many(struct dialog *d, struct app *app, struct edit *e, int64_t delay_ms)
{
	char *text;

	if (changes(e) == 0) {
		edit_form_show(d, app, e);
		dialog_fault(d,
		    plan_count(e->plan, PLAN_SAME) == e->n
			? "nothing would change: all have these values already"
			: "nothing can be changed: see i for each device");
		plan_say_troubles(app, e->plan);
		return;
	}
	text = json_print(e->mine);
	dialog_reset(d, edit_title(e), "difference");
	edit_headline(d, app, e);
	plan_put_counts(d, e->plan);
	plan_put_rows(d, e->plan);
	dialog_gap(d);
	dialog_text(d, STYLE_TEXT, "sends  %s", text);
	dialog_text(d, STYLE_DIM,
	    "to each of %zu, only if nobody wrote there since (If-Match)",
	    changes(e));
	put_buttons(d, app, e, delay_ms);
	free(text);
}

static int
read_when(struct dialog *d, struct app *app, struct edit *e, int64_t *delay_ms)
{
	struct err err;

	if (command_parse_when(e->when, delay_ms, &err) == 0)
		return 0;
	if (e->step != EDIT_TYPING)
		edit_form_show(d, app, e);
	if (dialog_focused(d) != EDIT_WHEN)
		dialog_focus(d, EDIT_WHEN);
	dialog_fault(d, err.text);
	return -1;
}

/* The same on each: their twins are read anew first. */
static void
begin_plan(struct dialog *d, struct app *app, struct edit *e)
{
	char *patch = json_print(e->mine);
	const struct plan_order order = { .section = e->section,
		.device_ids = (const char *const *)e->ids,
		.n = e->n,
		.patch = patch };

	edit_plan_free(e);
	e->plan = plan_new(&order);
	free(patch);
	edit_wait(d, e, EDIT_READING, "reading the twins of");
	e->reader = plan_reader_new(app_deck(app), e->plan);
	edit_compare_event(d, app, e);
}

void
edit_compare(struct dialog *d, struct app *app, struct edit *e)
{
	int64_t delay_ms;
	cJSON *patch;
	bool nothing;

	if (read_when(d, app, e, &delay_ms) == -1)
		return;
	patch = edit_patch(e);
	nothing = patch->child == NULL;
	cJSON_Delete(patch);
	if (nothing) {
		if (e->step != EDIT_TYPING)
			edit_form_show(d, app, e);
		dialog_fault(d, "nothing has been changed");
	} else if (e->n == 1) {
		show_one(d, app, e, delay_ms);
	} else {
		begin_plan(d, app, e);
	}
}

/* A twin of the plan has come. */
void
edit_compare_event(struct dialog *d, struct app *app, struct edit *e)
{
	int64_t delay_ms;
	char words[80];

	if (!plan_is_done(e->plan)) {
		snprintf(words, sizeof(words), "read %zu of %zu twins of",
		    e->n - plan_count(e->plan, PLAN_READING), e->n);
		edit_wait(d, e, EDIT_READING, words);
		return;
	}
	plan_reader_free(e->reader);
	e->reader = NULL;
	if (read_when(d, app, e, &delay_ms) == 0)
		show_many(d, app, e, delay_ms);
}

void
edit_compare_button(struct dialog *d, struct app *app, int button)
{
	struct edit *e = dialog_state(d);

	if (button == B_SEND) {
		if (confirm_is_given(d, app, EDIT_CONFIRM, changes(e)))
			edit_send(d, app, e);
	} else if (button == B_CANCEL) {
		edit_close(app, e, NULL);
	} else {
		edit_plan_free(e);
		edit_form_show(d, app, e);
	}
}
