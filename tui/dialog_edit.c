/* The dialog of desired properties: typed, compared, sent; and a conflict. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/form.h"
#include "core/deck/jobs.h"
#include "core/deck/watch.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/key.h"
#include "tui/target_text.h"

#define WIDTH 76
#define PATH_WIDTH 12
#define F_WHEN 0 /* the lines of the form are counted from 1 */

enum step {
	STEP_LOADING, /* the twin, for the first time or after a conflict */
	STEP_TYPING,
	STEP_COMPARING,
	STEP_SENDING,
};

enum typing_button { T_CANCEL, T_COMPARE };
enum comparing_button { C_BACK, C_CANCEL, C_SEND };

/*
 * opened is the section as the operator saw it, without what the hub adds;
 * typed is the form's text whenever it is not in the fields.
 */
struct edit {
	char **ids; /* owned, frozen */
	size_t n;
	enum step step;
	cJSON *opened;
	double opened_version; /* its $version; below 0: not said */
	char *etag;            /* owned; NULL: of several devices */
	char *typed;           /* owned */
	char *original; /* owned; the text as it was before anybody typed */
	char *when;     /* owned */
	char *note;     /* owned; what went wrong before, or NULL */
	cJSON *kept;    /* the patch to put on top of a new twin, or NULL */
	int last_line;  /* the highest id of a line */
	int job_number; /* while sending */
	bool warned;    /* Esc once more gives up what was typed */
};

static void
edit_free(void *state)
{
	struct edit *e = state;

	fleet_ids_free(e->ids, e->n);
	cJSON_Delete(e->opened);
	cJSON_Delete(e->kept);
	free(e->etag);
	free(e->typed);
	free(e->original);
	free(e->when);
	free(e->note);
	free(e);
}

static void
set_text(char **where, const char *text)
{
	char *copy = xstrdup(text);

	free(*where);
	*where = copy;
}

/* The lines as they stand in the fields. */
static void
collect(struct dialog *d, struct edit *e)
{
	struct strbuf sb = { 0 };
	int id = DIALOG_FIELD_NONE;

	if (e->step != STEP_TYPING)
		return;
	while ((id = dialog_neighbour(d, id, 1)) != DIALOG_FIELD_NONE)
		if (id != F_WHEN)
			strbuf_printf(&sb, "%s\n", dialog_value(d, id));
	set_text(&e->when, dialog_value(d, F_WHEN));
	free(e->typed);
	e->typed = strbuf_take(&sb);
}

static bool
is_changed(const struct edit *e)
{
	cJSON *was = form_parse(e->original, &(size_t){ 0 }, NULL);
	cJSON *is = form_parse(e->typed, &(size_t){ 0 }, NULL);
	bool changed = was == NULL || is == NULL || !json_equal(was, is);

	cJSON_Delete(was);
	cJSON_Delete(is);
	return changed;
}

static void
put_headline(struct dialog *d, struct app *app, const struct edit *e)
{
	char count[32];

	if (e->n > 1)
		dialog_text(d, STYLE_STRONG,
		    "Set desired properties on each of %s of  %s",
		    target_count(e->n, count, sizeof(count)), app_title(app));
	else if (e->opened_version >= 0)
		dialog_text(d, STYLE_STRONG,
		    "desired of %s, as opened at $v %.0f", e->ids[0],
		    e->opened_version);
	else
		dialog_text(d, STYLE_STRONG, "desired of %s", e->ids[0]);
	if (e->n > 1)
		target_rows(d, app, e->ids, e->n);
	if (e->note != NULL)
		dialog_text(d, STYLE_BAD, "%s", e->note);
	dialog_gap(d);
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

static void
show_typing(struct dialog *d, struct app *app, struct edit *e)
{
	static const char *const buttons[] = { "Cancel", "Compare" };

	dialog_reset(
	    d, "Desired properties", "Enter next line · Tab on · Esc back");
	put_headline(d, app, e);
	put_lines(d, e);
	dialog_gap(d);
	dialog_field(d, F_WHEN, "when", e->when, 20,
	    "now, +20s, 14:30, 2026-11-22T06:00Z", "when");
	dialog_text(d, STYLE_DIM,
	    "path = JSON value, one a line: building = 43, "
	    "door.mode = \"night\"; %s",
	    e->n > 1 ? "null removes a property."
		     : "an emptied line removes its property.");
	dialog_gap(d);
	dialog_buttons(d, buttons, 2);
	e->step = STEP_TYPING;
	dialog_focus(d, 1);
}

static void
show_waiting(
    struct dialog *d, struct edit *e, enum step step, const char *words)
{
	dialog_reset(d, "Desired properties", "Esc back");
	dialog_text(d, STYLE_TEXT, "%s %s", words, e->ids[0]);
	dialog_gap(d);
	e->step = step;
}

static const cJSON *
current_twin(struct app *app, const struct edit *e)
{
	const cJSON *twin = watch_twin(deck_watch(app_deck(app)));
	const char *id = json_get_string(twin, "deviceId");

	return id != NULL && strcmp(id, e->ids[0]) == 0 ? twin : NULL;
}

/* Takes the twin that has come, and puts what was typed before on top. */
static void
open_twin(struct dialog *d, struct app *app, struct edit *e, const cJSON *twin)
{
	cJSON *desired = cJSON_Duplicate(
	    json_get(json_get(twin, "properties"), "desired"), true);
	const cJSON *version = json_get(desired, "$version");

	e->opened_version = cJSON_IsNumber(version) ? version->valuedouble : -1;
	if (desired == NULL)
		desired = cJSON_CreateObject();
	cJSON_DeleteItemFromObjectCaseSensitive(desired, "$metadata");
	cJSON_DeleteItemFromObjectCaseSensitive(desired, "$version");
	cJSON_Delete(e->opened);
	e->opened = cJSON_Duplicate(desired, true);
	set_text(&e->etag, json_get_string(twin, "etag"));
	free(e->original);
	e->original = form_format(desired);
	if (e->kept != NULL)
		json_merge(desired, e->kept);
	free(e->typed);
	e->typed = form_format(desired);
	cJSON_Delete(e->kept);
	e->kept = NULL;
	cJSON_Delete(desired);
	show_typing(d, app, e);
}

/* Where the parser stopped: that line gets the focus, its column a mark. */
static void
point_at_fault(struct dialog *d, size_t line, const struct err *err)
{
	const char *column = strstr(err->text, "column ");
	int id = DIALOG_FIELD_NONE;
	long at;

	do
		id = dialog_neighbour(d, id, 1);
	while (line-- > 0 && id != DIALOG_FIELD_NONE);
	if (id != DIALOG_FIELD_NONE && id != dialog_focused(d))
		dialog_focus(d, id);
	at = column != NULL ? strtol(column + strlen("column "), NULL, 10) : 0;
	if (at > 0)
		dialog_mark_fault(d, (size_t)at - 1);
	dialog_fault(d, err->text);
}

static void
put_difference(enum form_change change, const char *path, const char *was,
    const char *is, void *arg)
{
	struct dialog *d = arg;

	if (change != FORM_ADDED)
		dialog_text(d, STYLE_BAD, "- %-*s  %s", PATH_WIDTH, path, was);
	if (change != FORM_REMOVED)
		dialog_text(d, STYLE_GOOD, "+ %-*s  %s", PATH_WIDTH, path, is);
}

static void
show_comparing(struct dialog *d, struct app *app, struct edit *e)
{
	static const char *const buttons[] = { "Back to edit", "Cancel",
		"Send" };
	cJSON *is, *patch = NULL;
	char *text = NULL;
	int64_t delay_ms;
	struct err err;
	size_t line = 0;

	collect(d, e);
	if (command_parse_when(e->when, &delay_ms, &err) == -1) {
		if (dialog_focused(d) != F_WHEN)
			dialog_focus(d, F_WHEN);
		dialog_fault(d, err.text);
		return;
	}
	is = form_parse(e->typed, &line, &err);
	if (is == NULL) {
		point_at_fault(d, line, &err);
		return;
	}
	patch = form_patch(e->opened, is);
	if (patch->child == NULL) {
		dialog_fault(d, "nothing has been changed");
		goto out;
	}
	text = json_print(patch);
	dialog_reset(d, "Desired properties", "difference");
	put_headline(d, app, e);
	form_diff(e->opened, is, put_difference, d);
	dialog_gap(d);
	dialog_text(d, STYLE_TEXT, "sends  %s", text);
	dialog_text(d, STYLE_DIM, "%s",
	    e->n > 1 ? "to each device, whatever it has there now"
		     : "only if nobody wrote since (If-Match)");
	if (delay_ms > 0)
		dialog_text(d, STYLE_TEXT, "when   %s", e->when);
	dialog_gap(d);
	dialog_buttons(d, buttons, 3);
	dialog_focus_buttons(d, C_BACK);
	e->step = STEP_COMPARING;
out:
	free(text);
	cJSON_Delete(patch);
	cJSON_Delete(is);
}

static void
send(struct dialog *d, struct app *app, struct edit *e)
{
	struct job_request r = { .action = JOB_DESIRED,
		.device_ids = (const char *const *)e->ids,
		.n_devices = e->n,
		.etags = e->n == 1 ? (const char *const *)&e->etag : NULL };
	cJSON *is, *patch = NULL;
	struct job *job = NULL;
	char *text = NULL;
	struct err err;
	size_t line;

	is = form_parse(e->typed, &line, &err);
	if (is != NULL)
		patch = form_patch(e->opened, is);
	if (patch != NULL)
		text = json_print(patch);
	r.patch = text;
	if (text != NULL && command_parse_when(e->when, &r.delay_ms, &err) == 0)
		job = jobs_add(deck_jobs(app_deck(app)), &r, &err);
	free(text);
	cJSON_Delete(is);
	cJSON_Delete(patch);
	if (job == NULL) {
		dialog_fault(d, err.text);
		return;
	}
	app_clear_message(app);
	app_say(app, false, "job %d: %s on %zu device%s%s%s", job_number(job),
	    job_title(job), e->n, e->n == 1 ? "" : "s",
	    r.delay_ms > 0 ? ", " : "", r.delay_ms > 0 ? e->when : "");
	if (e->n > 1 || r.delay_ms > 0) {
		app_close(app);
		return;
	}
	/* The answer may want something of the operator: wait for it here. */
	e->job_number = job_number(job);
	show_waiting(d, e, STEP_SENDING, "sending to");
}

static void
give_up(struct dialog *d, struct app *app, struct edit *e)
{
	if (e->step == STEP_TYPING && !e->warned) {
		collect(d, e);
		if (is_changed(e)) {
			e->warned = true;
			show_typing(d, app, e);
			dialog_fault(d, "Esc again gives up what was typed");
			return;
		}
	}
	app_close(app);
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	struct edit *e = dialog_state(d);

	if (e->step == STEP_TYPING && button == T_COMPARE)
		show_comparing(d, app, e);
	else if (e->step == STEP_TYPING && button == DIALOG_ESC)
		give_up(d, app, e);
	else if (e->step == STEP_COMPARING && button == C_SEND)
		send(d, app, e);
	else if (e->step == STEP_COMPARING && button != C_CANCEL)
		show_typing(d, app, e);
	else
		app_close(app);
}

/* On to the next line; a new one below the last. */
static void
next_line(struct dialog *d, struct edit *e)
{
	int at = dialog_focused(d), next = dialog_neighbour(d, at, 1);

	if (next != F_WHEN) {
		dialog_focus(d, next);
	} else if (dialog_value(d, at)[0] == '\0') {
		dialog_focus(d, F_WHEN);
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

	collect(d, e);
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

static bool
on_key(struct dialog *d, struct app *app, int32_t key)
{
	struct edit *e = dialog_state(d);
	int at = dialog_focused(d), to;

	(void)app;
	e->warned = false;
	if (e->step != STEP_TYPING)
		return false;
	if (key == KEYS_BACKTAB && at == F_WHEN) {
		dialog_focus(d, 1);
		return true;
	}
	if (at == F_WHEN && key == KEYS_ENTER) {
		dialog_fault(d, NULL);
		dialog_focus_buttons(d, T_COMPARE);
		return true;
	}
	if (at == F_WHEN && key == KEYS_UP) {
		dialog_focus(d, dialog_neighbour(d, at, -1));
		return true;
	}
	if (at == F_WHEN || at == DIALOG_FIELD_NONE)
		return false;
	if (key == KEYS_ENTER || key == KEYS_TAB) {
		dialog_fault(d, NULL);
		if (!line_is_good(d, e))
			return true;
		if (key == KEYS_ENTER)
			next_line(d, e);
		else
			dialog_focus(d, F_WHEN);
		return true;
	}
	if (key != KEYS_UP && key != KEYS_DOWN)
		return false;
	to = dialog_neighbour(d, at, key == KEYS_UP ? -1 : 1);
	if (to != DIALOG_FIELD_NONE)
		dialog_focus(d, to);
	return true;
}

static void on_twin(struct dialog *d, struct app *app, struct edit *e);

/* Somebody else wrote first: what was typed becomes a patch on the new twin. */
static void
meet_conflict(struct dialog *d, struct app *app, struct edit *e)
{
	cJSON *is = form_parse(e->typed, &(size_t){ 0 }, NULL);

	if (is != NULL)
		e->kept = form_patch(e->opened, is);
	cJSON_Delete(is);
	show_waiting(d, e, STEP_LOADING, "somebody else wrote first; reading");
	watch_refresh(deck_watch(app_deck(app)));
	on_twin(d, app, e); /* the new one may be here already */
}

static void
on_sent(struct dialog *d, struct app *app, struct edit *e)
{
	struct job *job =
	    jobs_by_number(deck_jobs(app_deck(app)), e->job_number);
	const struct job_device *device;

	if (job == NULL) {
		app_close(app);
		return;
	}
	device = job_device(job, 0);
	if (device->state == JOB_DEVICE_WAITING ||
	    device->state == JOB_DEVICE_CALLING)
		return;
	if (device->err.code == ERR_CONFLICT) {
		meet_conflict(d, app, e);
	} else if (device->err.code != ERR_NONE) {
		set_text(&e->note, device->err.text);
		show_typing(d, app, e);
	} else {
		app_close(app);
	}
}

static void
on_twin(struct dialog *d, struct app *app, struct edit *e)
{
	const cJSON *twin = current_twin(app, e);
	const char *etag = json_get_string(twin, "etag");

	if (twin == NULL || etag == NULL)
		return;
	if (e->etag != NULL && strcmp(etag, e->etag) == 0)
		return; /* still the one that was refused */
	if (e->etag != NULL) {
		free(e->note);
		e->note = xasprintf(
		    "Somebody else wrote first: etag %s is now %s. What you "
		    "changed stands on top of the new twin; nothing was sent.",
		    e->etag, etag);
	}
	open_twin(d, app, e, twin);
}

static void
on_event(struct dialog *d, struct app *app, int kind)
{
	struct edit *e = dialog_state(d);

	if (kind == DECK_JOBS && e->step == STEP_SENDING)
		on_sent(d, app, e);
	else if (kind == DECK_TWIN && e->step == STEP_LOADING)
		on_twin(d, app, e);
}

static const struct dialog_ops edit_ops = {
	.on_button = on_button,
	.on_key = on_key,
	.on_event = on_event,
	.free = edit_free,
};

/*
 * What was typed for this device and not written, as somebody else had written
 * first by the time it was due: it is taken up again.
 */
static void
take_up(struct app *app, struct edit *e)
{
	const struct jobs *jobs = deck_jobs(app_deck(app));
	const struct job_request *request;
	struct job *job;
	size_t i;

	for (i = 0; i < jobs_size(jobs); i++) {
		job = jobs_at(jobs, i);
		request = job_request(job);
		if (request->action != JOB_DESIRED || job_size(job) != 1 ||
		    strcmp(job_device(job, 0)->device_id, e->ids[0]) != 0)
			continue;
		if (job_device(job, 0)->err.code != ERR_CONFLICT)
			return; /* a later one went well */
		e->kept =
		    json_parse(request->patch, strlen(request->patch), NULL);
		e->note = xasprintf(
		    "Job %d was not written, as somebody else wrote first. "
		    "What you typed for it stands on top of the twin as it is "
		    "now.",
		    job_number(job));
		return;
	}
}

void
dialog_edit_open(struct app *app, char **device_ids, size_t n)
{
	struct edit *e = xcalloc(1, sizeof(*e));
	struct dialog *d = dialog_new(
	    app, "Desired properties", "Esc back", WIDTH, &edit_ops, e);

	e->ids = device_ids;
	e->n = n;
	e->when = xstrdup("now");
	e->typed = xstrdup("");
	e->original = xstrdup("");
	e->opened = cJSON_CreateObject();
	e->opened_version = -1;
	app_open(app, d);
	if (n > 1) {
		show_typing(d, app, e);
		return;
	}
	take_up(app, e);
	app_pin(app, device_ids[0]);
	show_waiting(d, e, STEP_LOADING, "loading the twin of");
	on_twin(d, app, e);
}
