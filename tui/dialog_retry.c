/*
 * Again, for the devices of a job that failed: r.  Those that gave no answer
 * may have acted all the same: what they report now is shown, and only who
 * asks for it calls them again.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/target_text.h"

#define WIDTH 76
#define UNKNOWN_SHOWN 12 /* devices with a line of their own */

struct retry {
	int number; /* of the job */
	size_t failed, unknown;
};

/* A frozen copy of the ids; the caller's. */
static size_t
collect(const struct job *job, bool unknown_too, char ***ids)
{
	const struct job_device *device;
	size_t i, n = 0;

	*ids = xcalloc(job_size(job), sizeof(**ids));
	for (i = 0; i < job_size(job); i++) {
		device = job_device(job, i);
		if (device->ended &&
		    (device->state == JOB_DEVICE_FAILED ||
			(unknown_too && device->state == JOB_DEVICE_UNKNOWN)))
			(*ids)[n++] = xstrdup(device->device_id);
	}
	return n;
}

static void
ask(struct app *app, const struct job *job, bool unknown_too)
{
	const struct job_request *r = job_request(job);
	struct action_form form = {
		.action = r->action,
		.engine = r->engine,
		.method = r->method,
		.payload = r->action == JOB_METHOD ? r->payload : r->patch,
		.response_timeout_s = r->response_timeout_s,
		.connect_timeout_s = r->connect_timeout_s,
		.at_once = r->at_once,
	};
	char **ids, note[64];
	size_t n = collect(job, unknown_too, &ids);

	if (form.payload == NULL)
		form.payload = ""; /* null, and not what it was the last time */
	snprintf(note, sizeof(note), "again, as in job %d", job_number(job));
	form.note = note;
	dialog_action_form(app, &form, ids, n);
}

static void
put_unknown(struct dialog *d, const struct job *job, size_t n_unknown)
{
	const struct job_device *device;
	size_t i, shown = 0;
	char *head;

	dialog_text(d, STYLE_DRIFT,
	    "%zu gave no answer and may have acted all the same.  What the hub "
	    "says now:",
	    n_unknown);
	for (i = 0; i < job_size(job) && shown < UNKNOWN_SHOWN; i++) {
		device = job_device(job, i);
		if (!device->ended || device->state != JOB_DEVICE_UNKNOWN)
			continue;
		head = xasprintf("    %-12s  ", device->device_id);
		dialog_item(d, STYLE_TEXT, head,
		    device->known != NULL ? device->known : "is being read");
		free(head);
		shown++;
	}
	if (shown < n_unknown)
		dialog_text(d, STYLE_DIM, "    and %zu more; i in the job view",
		    n_unknown - shown);
}

static void
build(struct dialog *d, struct app *app, const struct retry *r,
    const struct job *job)
{
	const char *labels[3] = { "Cancel" };
	char all[32], failed[32], **ids;
	size_t n = 1, n_ids;

	if (r->failed > 0) {
		dialog_text(d, STYLE_STRONG, "%zu of %zu failed: %s, job %d",
		    r->failed, job_size(job), job_title(job), r->number);
		n_ids = collect(job, false, &ids);
		target_rows(d, app, ids, n_ids);
		str_array_free(ids, n_ids);
		snprintf(
		    failed, sizeof(failed), "The %zu that failed", r->failed);
		labels[n++] = failed;
	}
	dialog_gap(d);
	put_unknown(d, job, r->unknown);
	dialog_gap(d);
	snprintf(all, sizeof(all), r->failed > 0 ? "All %zu" : "Those %zu",
	    r->failed + r->unknown);
	labels[n++] = all;
	dialog_buttons(d, labels, n);
}

static struct job *
job_of(struct dialog *d, struct app *app)
{
	const struct retry *r = dialog_state(d);

	return app_deck(app) != NULL
	    ? jobs_by_number(deck_jobs(app_deck(app)), r->number)
	    : NULL;
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	const struct retry *r = dialog_state(d);
	struct job *job = job_of(d, app);

	if (button < 1 || job == NULL)
		app_close(app);
	else
		ask(app, job, button == 2 || r->failed == 0);
}

/* What was read comes in; the button that has the focus keeps it. */
static void
on_event(struct dialog *d, struct app *app, int kind)
{
	struct job *job = job_of(d, app);
	int button = dialog_button(d);

	if (kind != DECK_JOBS || job == NULL)
		return;
	dialog_reset(d, "Retry", "Enter choose · Esc back");
	build(d, app, dialog_state(d), job);
	dialog_focus_buttons(d, button);
}

static const struct dialog_ops retry_ops = {
	.on_button = on_button,
	.on_event = on_event,
	.free = free,
};

void
dialog_retry_open(struct app *app, struct job *job)
{
	const struct job_device *device;
	struct retry *r;
	struct dialog *d;
	size_t i, failed = 0, unknown = 0;

	for (i = 0; i < job_size(job); i++) {
		device = job_device(job, i);
		failed += device->ended && device->state == JOB_DEVICE_FAILED;
		unknown += device->ended && device->state == JOB_DEVICE_UNKNOWN;
	}
	if (unknown == 0) {
		ask(app, job, false);
		return;
	}
	r = xcalloc(1, sizeof(*r));
	*r = (struct retry){ job_number(job), failed, unknown };
	d = dialog_new(
	    app, "Retry", "Enter choose · Esc back", WIDTH, &retry_ops, r);
	app_open(app, d);
	jobs_look(deck_jobs(app_deck(app)), job);
	build(d, app, r, job);
}
