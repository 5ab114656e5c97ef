/* The dialog that takes back what a job has written: U. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/edits.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/plan.h"
#include "core/deck/plan_reader.h"
#include "core/deck/section.h"
#include "tui/app.h"
#include "tui/confirm.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/hub_words.h"
#include "tui/plan_text.h"
#include "tui/target_text.h"

#define WIDTH 76
#define F_CONFIRM 1

enum button { B_CANCEL, B_UNDO };

/* The plan holds each device's own inverse, under the etag that we left. */
struct undo {
	int job_number; /* of the edit, below 0 of an earlier start */
	char name[EDITS_NAME_SIZE];
	enum twin_section section;
	char **ids; /* owned, frozen */
	size_t n;
	struct plan *plan;
	struct plan_reader *reader; /* until all twins are read */
};

static void
undo_free(void *state)
{
	struct undo *u = state;

	plan_reader_free(u->reader);
	plan_free(u->plan);
	str_array_free(u->ids, u->n);
	free(u);
}

static void
put_sentence(struct dialog *d, struct app *app, const struct undo *u)
{
	char count[32];

	dialog_text(d, STYLE_STRONG, "Take back %s%s%s: %s of %s of  %s",
	    u->job_number > 0 ? "what " : "", u->name,
	    u->job_number > 0 ? " wrote" : "", section_word(u->section),
	    u->n == 1 ? u->ids[0] : target_count(u->n, count, sizeof(count)),
	    app_title(app));
}

static void
show_reading(struct dialog *d, struct app *app, const struct undo *u)
{
	dialog_reset(d, "Undo", "Esc back");
	put_sentence(d, app, u);
	dialog_gap(d);
	dialog_text(d, STYLE_TEXT, "read %zu of %zu twins",
	    u->n - plan_count(u->plan, PLAN_READING), u->n);
	dialog_gap(d);
}

/* Of a later edit from here one can say more than that somebody wrote. */
static void
name_writers(struct app *app, const struct undo *u)
{
	struct edits *edits = deck_edits(app_deck(app));
	const struct plan_device *device;
	char name[EDITS_NAME_SIZE], words[EDITS_NAME_SIZE + 40];
	size_t i;
	int job;

	for (i = 0; i < u->n; i++) {
		device = plan_device(u->plan, i);
		if (device->state != PLAN_STALE || device->etag == NULL)
			continue;
		job = edits_wrote(edits, device->device_id, device->etag);
		if (job == 0)
			continue;
		edits_name(name, edits_by_job(edits, job));
		snprintf(words, sizeof(words),
		    "%s wrote it since: undo that one first", name);
		plan_set_why(u->plan, i, words);
	}
}

static void
show_difference(struct dialog *d, struct app *app, const struct undo *u)
{
	static const char *const buttons[] = { "Cancel", "Undo" };
	size_t changes = plan_count(u->plan, PLAN_CHANGES);

	name_writers(app, u);
	dialog_reset(d, "Undo", changes > 0 ? "difference" : "nothing to undo");
	put_sentence(d, app, u);
	dialog_gap(d);
	plan_put_counts(d, u->plan);
	if (changes > 0) {
		plan_put_rows(d, u->plan);
		dialog_gap(d);
		dialog_text(d, STYLE_DIM,
		    "sends each device its own, only if nobody wrote there "
		    "since (If-Match)");
		confirm_field(d, app, F_CONFIRM, changes);
	}
	dialog_gap(d);
	dialog_buttons(d, buttons, changes > 0 ? 2 : 1);
}

static void
on_event(struct dialog *d, struct app *app, int kind)
{
	struct undo *u = dialog_state(d);

	if (kind != DECK_PLAN || u->reader == NULL)
		return;
	if (!plan_is_done(u->plan)) {
		show_reading(d, app, u);
		return;
	}
	plan_reader_free(u->reader);
	u->reader = NULL;
	show_difference(d, app, u);
}

static struct job *
add_job(struct app *app, const struct undo *u, struct err *err)
{
	const char **ids = xcalloc(u->n, sizeof(*ids));
	const char **patches = xcalloc(u->n, sizeof(*patches));
	const char **etags = xcalloc(u->n, sizeof(*etags));
	struct job_request r = {
		.action = u->section == TWIN_TAGS ? JOB_TAGS : JOB_DESIRED,
		.device_ids = ids,
		.patches = patches,
		.etags = etags,
		.undo_of = u->job_number,
	};
	const struct plan_device *device;
	struct job *job;
	size_t i;

	for (i = 0; i < u->n; i++) {
		device = plan_device(u->plan, i);
		if (device->state != PLAN_CHANGES)
			continue;
		ids[r.n_devices] = device->device_id;
		patches[r.n_devices] = device->patch;
		etags[r.n_devices++] = device->etag;
	}
	job = jobs_add(deck_jobs(app_deck(app)), &r, err);
	free(ids);
	free(patches);
	free(etags);
	return job;
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	const struct undo *u = dialog_state(d);
	struct job *job;
	struct err err;

	if (button != B_UNDO) {
		app_close(app);
		return;
	}
	if (!confirm_is_given(
		d, app, F_CONFIRM, plan_count(u->plan, PLAN_CHANGES)))
		return;
	job = add_job(app, u, &err);
	if (job == NULL) {
		dialog_fault(d, err.text);
		return;
	}
	app_clear_message(app);
	hub_say_job(app, job, NULL);
	app_close(app);
}

static const struct dialog_ops undo_ops = {
	.on_button = on_button,
	.on_event = on_event,
	.free = undo_free,
};

static struct plan *
plan_of(struct undo *u, const struct edits_job *edit)
{
	const char **patches = xcalloc(edit->n, sizeof(*patches));
	const char **etags = xcalloc(edit->n, sizeof(*etags));
	struct plan_order order = {
		.section = edit->section, .patches = patches, .etags = etags
	};
	const struct edits_device *device;
	struct plan *plan;

	u->ids = xcalloc(edit->n, sizeof(*u->ids));
	for (device = edit->devices; device < edit->devices + edit->n;
	     device++) {
		if (device->undone)
			continue;
		patches[u->n] = device->inverse;
		etags[u->n] = device->etag;
		u->ids[u->n++] = xstrdup(device->device_id);
	}
	order.device_ids = (const char *const *)u->ids;
	order.n = u->n;
	plan = plan_new(&order);
	free(patches);
	free(etags);
	return plan;
}

void
dialog_undo_open(struct app *app, const struct edits_job *edit)
{
	struct undo *u = xcalloc(1, sizeof(*u));
	struct dialog *d =
	    dialog_new(app, "Undo", "Esc back", WIDTH, &undo_ops, u);

	u->job_number = edit->job_number;
	edits_name(u->name, edit);
	u->section = edit->section;
	u->plan = plan_of(u, edit);
	app_open(app, d);
	show_reading(d, app, u);
	u->reader = plan_reader_new(app_deck(app), u->plan);
	on_event(d, app, DECK_PLAN);
}
