#include "config.h"

#include "tui/actions_jobs.h"

#include <stddef.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "tui/app.h"
#include "tui/dialogs.h"
#include "tui/pane_job.h"
#include "tui/pane_jobs.h"

/* The one whose number was typed, else the one under the cursor; NULL: said. */
static struct job *
job_of(struct app *app, const char *what, const char *arg)
{
	struct job *job;
	int64_t number;

	if (arg[0] == '\0')
		return app_focus(app) == PANE_JOB
		    ? pane_job_current(app_pane(app, PANE_JOB))
		    : pane_jobs_current(app_pane(app, PANE_JOBS));
	if (str_to_int64(arg, 1, JOBS_MAX, &number) == -1) {
		app_say(app, true,
		    "%s takes the number of a job, not \"%.40s\"", what, arg);
		return NULL;
	}
	job = jobs_by_number(deck_jobs(app_deck(app)), (int)number);
	if (job == NULL)
		app_say(app, true, "%s: there is no job %.40s", what, arg);
	return job;
}

void
action_pause(struct app *app, const char *arg)
{
	struct job *job = job_of(app, "pause", arg);
	struct err err;

	if (job == NULL)
		return;
	if (jobs_pause(
		deck_jobs(app_deck(app)), job, !job_is_paused(job), &err) == -1)
		app_say(app, false, "pause: %s", err.text);
}

void
action_retry(struct app *app, const char *arg)
{
	struct job *job = job_of(app, "retry", arg);
	struct job_counts n;

	if (job == NULL)
		return;
	job_counts(job, &n);
	if (n.failed == 0)
		app_say(app, false, "retry: no device of job %d has failed",
		    job_number(job));
	else if (job_request(job)->action != JOB_METHOD &&
	    job_request(job)->patch == NULL)
		app_say(app, true,
		    "retry: job %d wrote something else to each device",
		    job_number(job));
	else
		dialog_retry_open(app, job);
}

void
action_job_sort(struct app *app, const char *arg)
{
	struct pane *pane = app_pane(app, PANE_JOB);
	enum job_order order = (pane_job_sorted(pane) + 1) % JOB_ORDERS;

	(void)arg;
	pane_job_sort(pane, order);
	app_say(app, false, "the job's devices: %s", job_order_name(order));
}

void
action_job_show(struct app *app, const char *arg)
{
	struct pane *pane = app_pane(app, PANE_JOB);
	enum job_below below = (pane_job_shown(pane) + 1) % JOB_BELOWS;

	(void)arg;
	pane_job_show(pane, below);
	app_say(app, false, "%s %s",
	    pane_job_has_room(pane) ? "shown below:" : "no room here for",
	    job_below_name(below));
}

static void
schedule(struct app *app, const struct action_form *form)
{
	char **ids;
	size_t n = app_targets(app, &ids);

	dialog_action_form(app, form, ids, n);
}

void
action_schedule(struct app *app, const char *arg)
{
	struct action_form form = { .action = JOB_METHOD, .at_when = true };
	char **ids;
	size_t n;

	if (arg[0] == '\0') {
		n = app_targets(app, &ids);
		dialog_schedule_open(app, ids, n);
		return;
	}
	if (strpbrk(arg, " \t") != NULL) {
		app_say(app, true,
		    "schedule takes one word, desired, tags or a method, not "
		    "\"%.40s\"; call and set take --when and --on",
		    arg);
		return;
	}
	if (strcmp(arg, "desired") == 0)
		form.action = JOB_DESIRED;
	else if (strcmp(arg, "tags") == 0)
		form.action = JOB_TAGS;
	else if (strcmp(arg, "firmware") == 0)
		form.method = "firmwareUpdate";
	else
		form.method = strcmp(arg, "lock") == 0 ? "lockDoor" : arg;
	schedule(app, &form);
}
