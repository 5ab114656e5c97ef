/* Edits of desired properties and tags, and taking them back. */
#include "config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/edits.h"
#include "core/deck/jobs.h"
#include "tui/actions.h"
#include "tui/actions_twin.h"
#include "tui/app.h"
#include "tui/dialogs.h"

static void
open_edit(struct app *app, enum twin_section section, const char *name,
    const char *arg)
{
	bool in_editor = strcmp(arg, "editor") == 0;
	char **ids;
	size_t n;

	if (arg[0] != '\0' && !in_editor) {
		app_say(app, true,
		    "%s takes nothing, or the word editor, not \"%.40s\"", name,
		    arg);
		return;
	}
	actions_twin_leave_past(app);
	n = app_targets(app, &ids);
	dialog_edit_open(app, section, in_editor, ids, n);
}

void
action_edit(struct app *app, const char *arg)
{
	open_edit(app, TWIN_DESIRED, "edit", arg);
}

void
action_tags(struct app *app, const char *arg)
{
	char *line;

	/* As one says it; twindeck run knows it as set-tags. */
	if (str_starts_with(arg, "set ")) {
		line = xasprintf("set-tags %s", arg + strlen("set "));
		app_run_line(app, line);
		free(line);
		return;
	}
	open_edit(app, TWIN_TAGS, "tags", arg);
}

void
action_editor(struct app *app, const char *arg)
{
	(void)arg;
	open_edit(app, TWIN_DESIRED, "editor", "editor");
}

void
action_tags_editor(struct app *app, const char *arg)
{
	(void)arg;
	open_edit(app, TWIN_TAGS, "tags-editor", "editor");
}

/* Why a job cannot be taken back. */
static void
refuse(struct app *app, int number)
{
	struct job *job = jobs_by_number(deck_jobs(app_deck(app)), number);

	if (number < 0)
		app_say(app, true,
		    "undo: of the edits before the start there are not as "
		    "many as %d",
		    -number);
	else if (job == NULL)
		app_say(app, true, "undo: there is no job %d", number);
	else if (job_request(job)->action == JOB_METHOD)
		app_say(app, true,
		    "undo: job %d called %s, and what a device did cannot be "
		    "taken back",
		    number, job_title(job));
	else
		app_say(app, true,
		    "undo: job %d has changed nothing that is known here",
		    number);
}

/* Of this job, or of any with 0: what would be taken back is not yet done. */
static bool
is_still_writing(struct app *app, int number)
{
	struct jobs *jobs = deck_jobs(app_deck(app));
	struct job_counts counts;
	struct job *job;
	size_t i, left;

	for (i = 0; i < jobs_size(jobs); i++) {
		job = jobs_at(jobs, i);
		if (job_request(job)->action == JOB_METHOD ||
		    job_request(job)->engine != JOB_HERE ||
		    job_state(job) != JOB_RUNNING ||
		    (number != 0 && job_number(job) != number))
			continue;
		job_counts(job, &counts);
		left = counts.by_state[JOB_DEVICE_WAITING] +
		    counts.by_state[JOB_DEVICE_CALLING];
		if (left == 0)
			continue;
		app_say(app, true,
		    "undo: job %d has %zu of %zu still to write; let it end, "
		    "or cancel it, then undo",
		    job_number(job), left, counts.total);
		return true;
	}
	return false;
}

static void
say_done(struct app *app, const struct edits_job *edit)
{
	char name[EDITS_NAME_SIZE];

	edits_name(name, edit);
	app_say(app, false, "undo: %s has been taken back already", name);
}

void
action_undo(struct app *app, const char *arg)
{
	struct edits *edits = deck_edits(app_deck(app));
	const struct edits_job *edit;
	int64_t number;

	if (arg[0] == '\0') {
		edit = edits_last(edits);
		if (is_still_writing(app, 0))
			return;
		if (edit == NULL)
			app_say(app, false,
			    "undo: nothing that was edited from here is left "
			    "to take back");
		else
			dialog_undo_open(app, edit);
		return;
	}
	if (str_to_int64(arg, -EDITS_MAX, JOBS_MAX, &number) == -1 ||
	    number == 0) {
		app_say(app, true,
		    "undo takes the number of a job, not \"%.40s\"", arg);
		return;
	}
	edit = edits_by_job(edits, (int)number);
	if (is_still_writing(app, (int)number))
		return;
	if (edit == NULL)
		refuse(app, (int)number);
	else if (edit->n_undone == edit->n)
		say_done(app, edit);
	else
		dialog_undo_open(app, edit);
}
