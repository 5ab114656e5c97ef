#include "config.h"

#include "tui/actions.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/watch.h"
#include "tui/actions_go.h"
#include "tui/actions_twin.h"
#include "tui/actions_traffic.h"
#include "tui/app.h"
#include "tui/dialogs.h"
#include "tui/pane.h"
#include "tui/pane_devices.h"
#include "tui/pane_job.h"
#include "tui/pane_jobs.h"
#include "tui/pane_twin.h"

static struct fleet *
fleet_of(struct app *app)
{
	return deck_fleet(app_deck(app));
}

static struct fleet_view *
view_of(struct app *app)
{
	return pane_devices_view(app_pane(app, PANE_DEVICES));
}

static void
step_focus(struct app *app, int step)
{
	int at = (int)app_focus(app);

	if (at >= PANE_JOB)
		at = PANE_JOBS;
	else
		at = (at + step + PANE_JOB) % PANE_JOB;
	app_set_focus(app, (enum pane_id)at);
}

void
action_focus_next(struct app *app, const char *arg)
{
	(void)arg;
	step_focus(app, 1);
}

void
action_focus_previous(struct app *app, const char *arg)
{
	(void)arg;
	step_focus(app, -1);
}

void
action_devices(struct app *app, const char *arg)
{
	(void)arg;
	app_set_focus(app, PANE_DEVICES);
}

void
action_twin(struct app *app, const char *arg)
{
	(void)arg;
	app_set_focus(app, PANE_TWIN);
}

void
action_jobs(struct app *app, const char *arg)
{
	(void)arg;
	app_set_focus(app, PANE_JOBS);
}

static void
move(struct app *app, enum move how)
{
	struct pane *pane = app_pane(app, app_focus(app));

	pane->ops->move(pane, how);
}

void
action_down(struct app *app, const char *arg)
{
	(void)arg;
	move(app, MOVE_DOWN);
}

void
action_up(struct app *app, const char *arg)
{
	(void)arg;
	move(app, MOVE_UP);
}

void
action_top(struct app *app, const char *arg)
{
	(void)arg;
	move(app, MOVE_TOP);
}

void
action_bottom(struct app *app, const char *arg)
{
	(void)arg;
	move(app, MOVE_BOTTOM);
}

void
action_page_down(struct app *app, const char *arg)
{
	(void)arg;
	move(app, MOVE_PGDN);
}

void
action_page_up(struct app *app, const char *arg)
{
	(void)arg;
	move(app, MOVE_PGUP);
}

void
action_mark(struct app *app, const char *arg)
{
	const char *id = pane_devices_id(app_pane(app, PANE_DEVICES));
	const struct fleet_row *row = fleet_get(fleet_of(app), id);

	(void)arg;
	if (row == NULL || action_list_mark(app))
		return;
	fleet_mark(fleet_of(app), id, !row->marked);
	if (app_focus(app) == PANE_DEVICES)
		move(app, MOVE_DOWN);
}

static void
mark_shown(struct app *app, enum fleet_marking how)
{
	struct fleet_view *view = view_of(app);

	fleet_view_mark(view, 0, fleet_view_size(view), how);
	app_say_marked(app);
}

void
action_mark_all(struct app *app, const char *arg)
{
	(void)arg;
	mark_shown(app, FLEET_MARK);
}

void
action_unmark_all(struct app *app, const char *arg)
{
	(void)arg;
	fleet_unmark_all(fleet_of(app));
	app_say_marked(app);
}

void
action_invert(struct app *app, const char *arg)
{
	(void)arg;
	mark_shown(app, FLEET_INVERT);
}

void
action_open(struct app *app, const char *arg)
{
	struct pane *jobs = app_pane(app, PANE_JOBS);
	const char *id;

	if (arg[0] != '\0') {
		action_go_open(app, arg);
		return;
	}
	switch (app_focus(app)) {
	case PANE_DEVICES:
		id = pane_devices_id(app_pane(app, PANE_DEVICES));
		if (id != NULL)
			fleet_looked_at(fleet_of(app), id);
		app_set_focus(app, PANE_TWIN);
		break;
	case PANE_TWIN:
		pane_twin_open(app_pane(app, PANE_TWIN));
		break;
	case PANE_JOBS:
		if (pane_jobs_current(jobs) == NULL) {
			app_say(app, false, "open: there is no job yet");
			break;
		}
		pane_job_set(app_pane(app, PANE_JOB), pane_jobs_current(jobs));
		app_set_focus(app, PANE_JOB);
		break;
	case PANE_JOB:
		id = pane_job_device(app_pane(app, PANE_JOB));
		if (id != NULL) {
			fleet_looked_at(fleet_of(app), id);
			action_go(app, id);
		}
		break;
	case PANE_TRAFFIC:
		action_traffic_open(app);
		break;
	case PANES:
		break;
	}
}

void
action_zoom(struct app *app, const char *arg)
{
	(void)arg;
	app_toggle_zoom(app);
}

static void
open_action(struct app *app, const char *method)
{
	char **ids;
	size_t n = app_targets(app, &ids);

	dialog_action_open(app, method, ids, n);
}

void
action_firmware(struct app *app, const char *arg)
{
	(void)arg;
	open_action(app, "firmwareUpdate");
}

void
action_lock(struct app *app, const char *arg)
{
	(void)arg;
	open_action(app, "lockDoor");
}

void
action_method(struct app *app, const char *arg)
{
	open_action(app, arg[0] != '\0' ? arg : NULL);
}

void
action_cancel(struct app *app, const char *arg)
{
	struct job *job = pane_jobs_current(app_pane(app, PANE_JOBS));
	struct job_counts counts;

	(void)arg;
	if (app_focus(app) == PANE_JOB)
		job = pane_job_current(app_pane(app, PANE_JOB));
	if (job_state(job) == JOB_DONE || job_state(job) == JOB_CANCELLED) {
		app_say(
		    app, false, "cancel: job %d has ended", job_number(job));
		return;
	}
	job_counts(job, &counts);
	jobs_cancel(deck_jobs(app_deck(app)), job);
	if (job_state(job) != JOB_CANCELLED) {
		/* What it answers is said when it comes. */
		app_say(app, false, "job %d: asked the hub to cancel it",
		    job_number(job));
		return;
	}
	app_say(app, false,
	    "job %d cancelled: %zu never called; %zu done, %zu go%s on by %s",
	    job_number(job), counts.waiting, counts.done, counts.running,
	    counts.running == 1 ? "es" : "",
	    counts.running == 1 ? "itself" : "themselves");
}

void
action_refresh(struct app *app, const char *arg)
{
	(void)arg;
	watch_refresh(deck_watch(app_deck(app)));
	app_say(app, false, "asking the hub again");
}

void
action_details(struct app *app, const char *arg)
{
	(void)arg;
	dialog_details_open(app);
}

void
action_command(struct app *app, const char *arg)
{
	app_ask(app, APP_PROMPT_COMMAND, arg);
}

void
action_help(struct app *app, const char *arg)
{
	dialog_help_open(app, 1 << (int)app_focus(app), arg);
}

void
action_back(struct app *app, const char *arg)
{
	(void)arg;
	if (action_list_back(app))
		return;
	if (app_focus(app) == PANE_JOB)
		app_set_focus(app, PANE_JOBS);
	else if (app_focus(app) == PANE_TRAFFIC)
		app_set_focus(app, app_under(app));
	else if (app_focus(app) == PANE_TWIN && actions_twin_back(app))
		return;
	else if (app_is_zoomed(app))
		app_toggle_zoom(app);
	else if (app_focus(app) != PANE_DEVICES)
		app_set_focus(app, PANE_DEVICES);
	else if (app_deck(app) != NULL &&
	    fleet_view_filter(view_of(app))[0] != '\0')
		pane_devices_take_filter(app_pane(app, PANE_DEVICES),
		    filter_parse("", NULL, NULL, NULL));
	else
		app_clear_message(app);
}

void
action_repaint(struct app *app, const char *arg)
{
	(void)arg;
	app_repaint(app);
}

void
action_suspend(struct app *app, const char *arg)
{
	(void)arg;
	app_suspend(app);
}

void
action_quit(struct app *app, const char *arg)
{
	(void)arg;
	if (app_deck(app) != NULL && jobs_active(deck_jobs(app_deck(app))) > 0)
		dialog_quit_open(app);
	else
		app_quit(app);
}
