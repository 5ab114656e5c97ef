/* The dialog of an action: f, l, m, s, r and templates. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "tui/action_fields.h"
#include "tui/app.h"
#include "tui/confirm.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/hub_words.h"
#include "tui/recall.h"
#include "tui/target_text.h"

#define WIDTH 84

enum button { B_CANCEL, B_CALL };

struct action {
	enum job_action action;
	char *method; /* owned; NULL: typed in a field, or none */
	char **ids;   /* owned: frozen when the dialog opened */
	size_t n;
};

static void
action_free(void *state)
{
	struct action *a = state;

	str_array_free(a->ids, a->n);
	free(a->method);
	free(a);
}

static const char *
method_of(struct dialog *d)
{
	const struct action *a = dialog_state(d);

	if (a->action != JOB_METHOD)
		return NULL;
	return a->method != NULL ? a->method : dialog_value(d, F_METHOD);
}

static bool
method_is_typed(const struct action *a)
{
	return a->action == JOB_METHOD && a->method == NULL;
}

/* Where the JSON parser stopped is marked; the cursor stays where it is. */
static void
point_at_fault(struct dialog *d, int id, const struct err *err)
{
	const char *column = strstr(err->text, "column ");
	long at;

	if (dialog_focused(d) != id)
		dialog_focus(d, id);
	dialog_fault(d, err->text);
	if (column == NULL || id != F_PAYLOAD)
		return;
	at = strtol(column + strlen("column "), NULL, 10);
	if (at > 0)
		dialog_mark_fault(d, (size_t)at - 1);
}

static bool
on_leave(struct dialog *d, struct app *app, int id)
{
	const struct action *a = dialog_state(d);
	struct job_request ignored = { 0 };
	struct err err;

	if (action_field_read(d, id, a->action, &ignored, &err) == -1) {
		point_at_fault(d, id, &err);
		return false;
	}
	/* The payload of a method that has only just been named. */
	if (id == F_METHOD && dialog_value(d, F_PAYLOAD)[0] == '\0')
		dialog_set_value(d, F_PAYLOAD,
		    action_payload(app, a->action, dialog_value(d, F_METHOD)));
	return true;
}

/* What was typed comes back the next time, also when it was not called. */
static void
remember(struct dialog *d, struct app *app)
{
	const struct action *a = dialog_state(d);
	char *kind = action_payload_kind(a->action, method_of(d));
	struct job_request ignored = { 0 };
	struct err err;

	if (action_field_read(d, F_PAYLOAD, a->action, &ignored, &err) == 0)
		recall_add(app_recall(app), kind, dialog_value(d, F_PAYLOAD));
	if (method_is_typed(a))
		recall_add(app_recall(app), "method", method_of(d));
	free(kind);
}

/* 0, or -1 with the focus on the field that is wrong. */
static int
read_fields(struct dialog *d, const struct action *a, struct job_request *r)
{
	int id = DIALOG_FIELD_NONE;
	const char *payload;
	struct err err;

	while ((id = dialog_neighbour(d, id, 1)) != DIALOG_FIELD_NONE)
		if (action_field_read(d, id, a->action, r, &err) == -1) {
			point_at_fault(d, id, &err);
			return -1;
		}
	payload = dialog_value(d, F_PAYLOAD);
	if (a->action != JOB_METHOD)
		r->patch = payload;
	else if (payload[strspn(payload, " ")] != '\0')
		r->payload = payload;
	return 0;
}

static void
call(struct dialog *d, struct app *app)
{
	const struct action *a = dialog_state(d);
	struct job_request r = {
		.action = a->action,
		.method = method_of(d),
		.device_ids = (const char *const *)a->ids,
		.n_devices = a->n,
	};
	struct job *job;
	struct err err;

	if (read_fields(d, a, &r) == -1 ||
	    !confirm_is_given(d, app, F_CONFIRM, a->n))
		return;
	job = jobs_add(deck_jobs(app_deck(app)), &r, &err);
	if (job == NULL) {
		dialog_fault(d, err.text);
		return;
	}
	remember(d, app);
	app_clear_message(app);
	hub_say_job(app, job, dialog_value(d, F_WHEN));
	app_close(app);
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	const struct action *a = dialog_state(d);
	bool is_method = a->action == JOB_METHOD;

	if (button == B_CALL) {
		call(d, app);
		return;
	}
	remember(d, app);
	app_close(app);
	/* Enter twice ends here, which may look like a call. */
	if (button == B_CANCEL)
		app_say(app, false,
		    is_method ? "nothing was called" : "nothing was set");
}

static const struct dialog_ops action_ops = {
	.on_button = on_button,
	.on_leave = on_leave,
	.free = action_free,
};

static void
put_sentence(struct dialog *d, struct app *app, const struct action *a)
{
	char count[32];

	target_count(a->n, count, sizeof(count));
	if (a->action == JOB_METHOD)
		dialog_text(d, STYLE_STRONG, "Call %s on %s of  %s",
		    a->method != NULL ? a->method : "a method", count,
		    app_title(app));
	else
		dialog_text(d, STYLE_STRONG, "Set %s on %s of  %s",
		    a->action == JOB_TAGS ? "tags" : "desired properties",
		    count, app_title(app));
}

static void
build(struct dialog *d, struct app *app, const struct action *a,
    const struct action_form *form)
{
	const char *buttons[] = { "Cancel",
		a->action == JOB_METHOD ? "Call" : "Set" };

	put_sentence(d, app, a);
	if (form->note != NULL)
		dialog_text(d, STYLE_DIM, "%s", form->note);
	hub_lost_row(d, app);
	dialog_gap(d);
	if (target_rows(d, app, a->ids, a->n) > 0)
		dialog_text(d, STYLE_DIM, "    %s",
		    a->action == JOB_METHOD
			? "the hub waits \"connect in\" for each; then the "
			  "call "
			  "fails there"
			: "desired properties wait in the hub until it comes");
	dialog_gap(d);
	action_fields_add(d, app, form);
	dialog_item(d, STYLE_DIM, "follow      ",
	    action_follow_words(a->action, a->method));
	confirm_field(d, app, F_CONFIRM, a->n);
	dialog_gap(d);
	dialog_buttons(d, buttons, 2);
}

/* Where one begins: on Cancel, unless something has to be typed first. */
static void
focus_first(
    struct dialog *d, const struct action *a, const struct action_form *form)
{
	if (method_is_typed(a))
		dialog_focus(d, F_METHOD);
	else if (form->at_when)
		dialog_focus(d, F_WHEN);
	else if (a->action != JOB_METHOD && form->payload == NULL)
		dialog_focus(d, F_PAYLOAD);
	else
		dialog_focus_buttons(d, B_CANCEL);
}

void
dialog_action_form(struct app *app, const struct action_form *form,
    char **device_ids, size_t n)
{
	struct action *a = xcalloc(1, sizeof(*a));
	struct dialog *d;

	a->action = form->action;
	a->method = xstrdup(form->method);
	a->ids = device_ids;
	a->n = n;
	d = dialog_new(app,
	    a->action == JOB_TAGS          ? "Tags"
		: a->action == JOB_DESIRED ? "Desired properties"
		: a->method != NULL        ? a->method
					   : "Direct method",
	    "Tab next · Enter choose · Esc back", WIDTH, &action_ops, a);
	build(d, app, a, form);
	app_open(app, d);
	focus_first(d, a, form);
}

void
dialog_action_open(
    struct app *app, const char *method, char **device_ids, size_t n)
{
	const struct action_form form = { .action = JOB_METHOD,
		.method = method };

	dialog_action_form(app, &form, device_ids, n);
}
