/* The dialog of desired properties or tags: opened, sent, closed. */
#include "config.h"

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
#include "core/deck/plan.h"
#include "core/deck/section.h"
#include "core/deck/watch.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/edit.h"
#include "tui/editor.h"
#include "tui/hub_words.h"
#include "tui/target_text.h"

static void
edit_free(void *state)
{
	struct edit *e = state;

	edit_plan_free(e);
	/* The deck itself is ending: a text that nobody sent stays. */
	if (e->editor != NULL && !e->is_over)
		editor_keep(e->editor);
	editor_free(e->editor);
	str_array_free(e->ids, e->n);
	cJSON_Delete(e->opened);
	cJSON_Delete(e->theirs);
	cJSON_Delete(e->mine);
	cJSON_Delete(e->kept);
	free(e->etag);
	free(e->their_etag);
	free(e->typed);
	free(e->original);
	free(e->when);
	free(e->note);
	free(e->handed);
	free(e->left);
	free(e->form_then);
	edit_kept_forget(e);
	free(e);
}

void
edit_set_text(char **where, const char *text)
{
	char *copy = xstrdup(text);

	free(*where);
	*where = copy;
}

void
edit_set_json(cJSON **where, cJSON *json)
{
	cJSON_Delete(*where);
	*where = json;
}

const char *
edit_title(const struct edit *e)
{
	return e->section == TWIN_TAGS ? "Tags" : "Desired properties";
}

/* To several devices all of it goes, a null for what only some of them have. */
cJSON *
edit_patch(const struct edit *e)
{
	return e->n == 1 ? form_patch(e->opened, e->mine)
			 : cJSON_Duplicate(e->mine, true);
}

void
edit_headline(struct dialog *d, struct app *app, const struct edit *e)
{
	const char *word = section_word(e->section);
	char count[32];

	if (e->n > 1)
		dialog_text(d, STYLE_STRONG, "Set %s on each of %s of  %s",
		    e->section == TWIN_TAGS ? "tags" : "desired properties",
		    target_count(e->n, count, sizeof(count)), app_title(app));
	else if (e->opened_version >= 0)
		dialog_text(d, STYLE_STRONG, "%s of %s, as opened at %s %.0f",
		    word, e->ids[0], e->section == TWIN_TAGS ? "version" : "$v",
		    e->opened_version);
	else
		dialog_text(d, STYLE_STRONG, "%s of %s", word, e->ids[0]);
	if (e->n > 1)
		target_rows(d, app, e->ids, e->n);
	if (e->note != NULL)
		dialog_text(d, STYLE_BAD, "%s", e->note);
	hub_lost_row(d, app);
	dialog_gap(d);
}

void
edit_wait(
    struct dialog *d, struct edit *e, enum edit_step step, const char *words)
{
	char count[32];

	dialog_reset(d, edit_title(e), "Esc back");
	dialog_text(d, STYLE_TEXT, "%s %s", words,
	    e->n == 1 ? e->ids[0] : target_count(e->n, count, sizeof(count)));
	dialog_gap(d);
	e->step = step;
}

void
edit_close(struct app *app, struct edit *e, const char *words)
{
	e->is_over = true;
	app_close(app);
	if (words != NULL)
		app_say(app, false, "%s", words);
}

static const cJSON *
current_twin(struct app *app, const struct edit *e)
{
	const cJSON *twin = watch_twin(deck_watch(app_deck(app)));
	const char *id = json_get_string(twin, "deviceId");

	return id != NULL && strcmp(id, e->ids[0]) == 0 ? twin : NULL;
}

static double
version_of(const cJSON *twin, enum twin_section section)
{
	const cJSON *version = section == TWIN_TAGS
	    ? json_get(twin, "version")
	    : json_path(twin, "properties.desired.$version");

	return cJSON_IsNumber(version) ? version->valuedouble : -1;
}

/* Takes the twin that has come, and puts what was typed before on top. */
static void
open_twin(struct dialog *d, struct app *app, struct edit *e, const cJSON *twin)
{
	cJSON *section = section_dup(twin, e->section);

	e->opened_version = version_of(twin, e->section);
	edit_set_json(&e->opened, cJSON_Duplicate(section, true));
	edit_set_text(&e->etag, json_get_string(twin, "etag"));
	free(e->original);
	e->original = form_format(section);
	if (e->kept != NULL)
		json_merge(section, e->kept);
	free(e->typed);
	e->typed = form_format(section);
	edit_set_json(&e->kept, NULL);
	cJSON_Delete(section);
	edit_form_show(d, app, e);
	if (e->in_editor)
		edit_text_open(d, app, e);
}

/* A newer one than the twin that was refused. */
static void
meet_theirs(
    struct dialog *d, struct app *app, struct edit *e, const cJSON *twin)
{
	edit_set_json(&e->theirs, section_dup(twin, e->section));
	e->their_version = version_of(twin, e->section);
	edit_set_text(&e->their_etag, json_get_string(twin, "etag"));
	edit_conflict_show(d, app, e);
}

static void
on_twin(struct dialog *d, struct app *app, struct edit *e)
{
	const cJSON *twin = current_twin(app, e);
	const char *etag = json_get_string(twin, "etag");

	if (twin == NULL || etag == NULL)
		return;
	if (e->etag == NULL)
		open_twin(d, app, e, twin);
	else if (strcmp(etag, e->etag) != 0)
		meet_theirs(d, app, e, twin);
}

/* Those of the plan that would change, each under the etag it was read with. */
static void
choose_devices(const struct edit *e, struct job_request *r, const char **ids,
    const char **etags)
{
	const struct plan_device *device;
	size_t i;

	r->device_ids = ids;
	r->etags = etags;
	if (e->plan == NULL) {
		ids[r->n_devices] = e->ids[0];
		etags[r->n_devices++] = e->etag;
		return;
	}
	for (i = 0; i < e->n; i++) {
		device = plan_device(e->plan, i);
		if (device->state != PLAN_CHANGES)
			continue;
		ids[r->n_devices] = device->device_id;
		etags[r->n_devices++] = device->etag;
	}
}

static struct job *
add_job(
    struct app *app, const struct edit *e, int64_t *delay_ms, struct err *err)
{
	struct job_request r = {
		.action = e->section == TWIN_TAGS ? JOB_TAGS : JOB_DESIRED
	};
	const char **ids = xcalloc(e->n, sizeof(*ids));
	const char **etags = xcalloc(e->n, sizeof(*etags));
	cJSON *patch = edit_patch(e);
	char *text = json_print(patch);
	struct job *job = NULL;

	choose_devices(e, &r, ids, etags);
	r.patch = text;
	if (command_parse_when(e->when, delay_ms, err) == 0) {
		r.delay_ms = *delay_ms;
		job = jobs_add(deck_jobs(app_deck(app)), &r, err);
	}
	free(text);
	cJSON_Delete(patch);
	free(ids);
	free(etags);
	return job;
}

void
edit_send(struct dialog *d, struct app *app, struct edit *e)
{
	int64_t delay_ms;
	struct err err;
	struct job *job = add_job(app, e, &delay_ms, &err);

	if (job == NULL) {
		dialog_fault(d, err.text);
		return;
	}
	app_clear_message(app);
	hub_say_job(app, job, e->when);
	if (e->n > 1 || delay_ms > 0) {
		edit_close(app, e, NULL);
		return;
	}
	/* The answer may want something of the operator: wait for it here. */
	e->job_number = job_number(job);
	edit_wait(d, e, EDIT_SENDING, "sending to");
	hub_lost_row(d, app);
}

/* Somebody else wrote first: the three versions are shown once it is here. */
static void
meet_conflict(struct dialog *d, struct app *app, struct edit *e)
{
	edit_wait(d, e, EDIT_LOADING, "somebody else wrote first; reading");
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
		edit_close(app, e, NULL);
		return;
	}
	device = job_device(job, 0);
	if (device->state == JOB_DEVICE_WAITING ||
	    device->state == JOB_DEVICE_CALLING)
		return;
	if (device->err.code == ERR_CONFLICT) {
		meet_conflict(d, app, e);
	} else if (device->err.code != ERR_NONE) {
		edit_set_text(&e->note, device->err.text);
		edit_form_show(d, app, e);
	} else {
		edit_close(app, e, NULL);
	}
}

static void
on_event(struct dialog *d, struct app *app, int kind)
{
	struct edit *e = dialog_state(d);

	if (kind == DECK_JOBS && e->step == EDIT_SENDING)
		on_sent(d, app, e);
	else if (kind == DECK_TWIN && e->step == EDIT_LOADING)
		on_twin(d, app, e);
	else if (kind == DECK_PLAN && e->step == EDIT_READING)
		edit_compare_event(d, app, e);
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	struct edit *e = dialog_state(d);

	switch (e->step) {
	case EDIT_TYPING:
		edit_form_button(d, app, button);
		break;
	case EDIT_COMPARING:
		edit_compare_button(d, app, button);
		break;
	case EDIT_CONFLICT:
		edit_conflict_button(d, app, button);
		break;
	case EDIT_READING:
		edit_plan_free(e);
		edit_form_show(d, app, e);
		break;
	case EDIT_LOADING:
	case EDIT_ELSEWHERE:
	case EDIT_SENDING:
		edit_close(app, e, NULL);
	}
}

static bool
on_key(struct dialog *d, struct app *app, int32_t key)
{
	const struct edit *e = dialog_state(d);

	return e->step == EDIT_TYPING && edit_form_key(d, app, key);
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
		if (request->action == JOB_METHOD ||
		    job_section(request->action) != e->section ||
		    request->patch == NULL || job_size(job) != 1 ||
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
dialog_edit_open(struct app *app, enum twin_section section, bool in_editor,
    char **device_ids, size_t n)
{
	struct edit *e = xcalloc(1, sizeof(*e));
	struct dialog *d;

	e->section = section;
	e->in_editor = in_editor;
	e->ids = device_ids;
	e->n = n;
	e->when = xstrdup("now");
	e->typed = xstrdup("");
	e->original = xstrdup("");
	e->opened = cJSON_CreateObject();
	e->opened_version = -1;
	d = dialog_new(
	    app, edit_title(e), "Esc back", EDIT_WIDTH, &edit_ops, e);
	app_open(app, d);
	if (n > 1) {
		if (!in_editor)
			edit_kept_note(app, e);
		edit_form_show(d, app, e);
		if (in_editor)
			edit_text_open(d, app, e);
		return;
	}
	take_up(app, e);
	if (!in_editor)
		edit_kept_note(app, e);
	app_pin(app, device_ids[0]);
	edit_wait(d, e, EDIT_LOADING, "loading the twin of");
	on_twin(d, app, e);
}
