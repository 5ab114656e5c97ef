/* Dialogs without fields: quit, messages, settings. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/job_line.h"
#include "core/deck/jobs.h"
#include "core/deck/profile.h"
#include "core/deck/watch.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/pane_job.h"
#include "tui/pane_jobs.h"

#define SETTING_WIDTH 22 /* cells: "connection-string-file" */
#define WIDTH 76
#define READING_WIDTH 80 /* the narrowest usual screen */
#define QUIT_JOBS_SHOWN 5

enum quit_button { QUIT_STAY, QUIT_LEAVE };

static void
on_quit_button(struct dialog *dialog, struct app *app, int button)
{
	(void)dialog;
	app_close(app);
	if (button == QUIT_LEAVE)
		app_quit(app);
}

static bool
on_quit_key(struct dialog *dialog, struct app *app, int32_t key)
{
	switch (key) {
	case 'y':
		on_quit_button(dialog, app, QUIT_LEAVE);
		return true;
	case 'n':
		on_quit_button(dialog, app, QUIT_STAY);
		return true;
	case 'q': /* not yet a yes: keys may repeat */
		dialog_focus_buttons(dialog, QUIT_STAY);
		return true;
	default:
		return false;
	}
}

static const struct dialog_ops quit_ops = {
	.on_button = on_quit_button,
	.on_key = on_quit_key,
};

void
dialog_quit_open(struct app *app)
{
	static const char *const buttons[] = { "Stay", "Quit" };
	const struct jobs *jobs = deck_jobs(app_deck(app));
	size_t i, shown = 0, active = jobs_active(jobs);
	struct job_counts n;
	struct dialog *d =
	    dialog_new(app, "Quit", "y quit · n stay", WIDTH, &quit_ops, NULL);

	if (active == 1)
		dialog_text(d, STYLE_STRONG, "A job still runs from here.");
	else
		dialog_text(
		    d, STYLE_STRONG, "%zu jobs still run from here.", active);
	dialog_gap(d);
	for (i = 0; i < jobs_size(jobs) && shown < QUIT_JOBS_SHOWN; i++) {
		const struct job *job = jobs_at(jobs, i);

		if (!job_is_active(job))
			continue;
		job_counts(job, &n);
		dialog_text(d, STYLE_TEXT,
		    "  job %d  %s: %zu waiting, %zu running, %zu done",
		    job_number(job), job_title(job), n.waiting, n.running,
		    n.done);
		shown++;
	}
	if (shown < active)
		dialog_text(d, STYLE_TEXT, "  and %zu more", active - shown);
	dialog_gap(d);
	dialog_text(d, STYLE_TEXT,
	    "Quitting drops what waits. What was sent goes on at the devices, "
	    "and nobody here will see how it ends.");
	dialog_gap(d);
	dialog_buttons(d, buttons, 2);
	app_open(app, d);
}

static void
close_on_any_button(struct dialog *dialog, struct app *app, int button)
{
	(void)dialog;
	(void)button;
	app_close(app);
}

static bool
close_on_key(struct dialog *dialog, struct app *app, int32_t key)
{
	(void)dialog;
	if (key != 'q' && key != '?' && key != 'i')
		return false;
	app_close(app);
	return true;
}

struct dialog *
dialog_reading_new(struct app *app, const char *title)
{
	static const struct dialog_ops ops = {
		.on_button = close_on_any_button,
		.on_key = close_on_key,
	};

	return dialog_new(app, title, "j k scroll · Esc back", READING_WIDTH,
	    &ops, NULL);
}

/* The job under the cursor, as a line for the shell. */
static void
put_job_line(struct dialog *d, struct app *app)
{
	const struct profile *profile = app_profile(app);
	const struct job *job = app_focus(app) == PANE_JOB
	    ? pane_job_current(app_pane(app, PANE_JOB))
	    : app_focus(app) == PANE_JOBS
	    ? pane_jobs_current(app_pane(app, PANE_JOBS))
	    : NULL;
	const char *hub = NULL, *name;
	char *line;
	size_t i;

	for (i = 0; (name = profile_hub_at(profile, i)) != NULL; i++)
		if (profile_name(profile) != NULL &&
		    strcmp(name, profile_name(profile)) == 0)
			hub = name;
	line = job != NULL ? job_line(job, hub) : NULL;
	if (line == NULL)
		return;
	dialog_text(d, STYLE_STRONG, "Job %d without a screen",
	    job_number(job));
	dialog_text(d, STYLE_TEXT, "%s", line);
	dialog_gap(d);
	free(line);
}

void
dialog_details_open(struct app *app)
{
	struct dialog *d = dialog_reading_new(app, "Messages");
	const struct watch_health *health;
	char stamp[CLOCK_STAMP_SIZE];
	const char *text;
	bool is_error, is_well = true;
	char *head;
	int64_t at_us;
	size_t i;

	if (app_deck(app) != NULL) {
		health = watch_health(deck_watch(app_deck(app)));
		if (!health->ok && health->err.code != ERR_NONE) {
			is_well = false;
			dialog_text(d, STYLE_BAD, "%s", health->err.text);
			dialog_gap(d);
		}
	}
	put_job_line(d, app);
	for (i = 0; (text = app_log_at(app, i, &at_us, &is_error)) != NULL;
	     i++) {
		clock_format_time(stamp, at_us);
		head = xasprintf("%s  ", stamp);
		dialog_item(d, is_error ? STYLE_BAD : STYLE_TEXT, head, text);
		free(head);
	}
	if (i == 0 && is_well)
		dialog_text(d, STYLE_DIM, "nothing has been said yet");
	app_open(app, d);
}

static void
put_setting(struct dialog *d, const char *key, const char *text)
{
	char *head = xasprintf("%-*s  ", SETTING_WIDTH, key);

	dialog_item(d, STYLE_TEXT, head, text);
	free(head);
}

void
dialog_settings_open(struct app *app)
{
	const struct profile *profile = app_profile(app);
	struct dialog *d = dialog_reading_new(app, "Settings");
	const struct profile_def *def;
	const char *key;
	char *origin;
	size_t i;

	for (i = 0; (key = profile_key_at(profile, "", i)) != NULL; i++) {
		def = profile_def(key);
		origin = profile_origin(profile, key);
		put_setting(d, key,
		    def->is_secret ? "(secret)" : profile_get(profile, key));
		dialog_text(d, STYLE_DIM, "    %s", origin);
		free(origin);
	}
	if (i == 0)
		dialog_text(d, STYLE_DIM, "nothing is set");
	dialog_gap(d);
	dialog_text(d, STYLE_STRONG, "What can be set");
	for (def = profile_table; def->name != NULL; def++)
		put_setting(d, def->name, def->help);
	app_open(app, d);
}
