/*
 * What a key or a line behind ':' does, if it can be done now.
 */
#include "config.h"

#include "tui/app.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/watch.h"
#include "tui/app_state.h"
#include "tui/dialogs.h"
#include "tui/keys.h"
#include "tui/pane_devices.h"
#include "tui/pane_jobs.h"

/* Refuses in one line what cannot be done now; true: it can. */
static bool
meets(struct app *app, const struct key_def *def)
{
	const char *id = pane_devices_id(app->panes[PANE_DEVICES]);
	const struct watch_health *health;
	int needs = def->needs;
	int64_t next_s;

	if (needs != 0 && app->deck == NULL) {
		app_say(app, false, "%s: the hub is still starting", def->name);
		return false;
	}
	if (app->deck == NULL)
		return true;
	health = watch_health(deck_watch(app->deck));
	if ((needs & NEEDS_HUB) != 0 && !health->ok && health->ever) {
		next_s = (health->next_try_ms - clock_mono_ms() + 999) / 1000;
		app_say(app, true, "%s: %s; next try in %" PRId64 " s",
		    def->name,
		    health->err.code == ERR_UNAUTHORIZED
			? "not authorized"
			: "the hub does not answer",
		    next_s > 0 ? next_s : 0);
		return false;
	}
	if (((needs & NEEDS_DEVICE) != 0 && id == NULL) ||
	    ((needs & NEEDS_TARGETS) != 0 && id == NULL &&
		fleet_marked(deck_fleet(app->deck)) == 0)) {
		app_say(app, false, "%s: %s", def->name,
		    fleet_size(deck_fleet(app->deck)) > 0 ? "no device is shown"
			: fleet_is_complete(deck_fleet(app->deck))
			? "the hub has no devices"
			: "the devices are still loading");
		return false;
	}
	if ((needs & NEEDS_TWIN) != 0 &&
	    watch_twin(deck_watch(app->deck)) == NULL) {
		app_say(app, false, "%s: the twin is still loading", def->name);
		return false;
	}
	if ((needs & NEEDS_JOB) != 0 &&
	    pane_jobs_current(app->panes[PANE_JOBS]) == NULL) {
		app_say(app, false, "%s: there is no job yet", def->name);
		return false;
	}
	return true;
}

void
app_run_key(struct app *app, const struct key_def *def, const char *arg)
{
	if (meets(app, def))
		def->run(app, arg);
}

static bool
is_command(const char *prefix)
{
	const struct command_def *command;

	for (command = command_table; command->name != NULL; command++)
		if (str_starts_with(command->name, prefix))
			return true;
	return false;
}

static char *
trimmed_dup(const char *text)
{
	size_t len;

	text += strspn(text, " ");
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return xstrndup(text, len);
}

void
app_run_line(struct app *app, const char *line)
{
	struct command_context context = { .deck = app->deck };
	struct command_result result = { 0 };
	const struct key_def *def;
	const char *rest;
	struct err err;
	char **ids = NULL, *name, *args;
	size_t n = 0, len;

	line += strspn(line, " ");
	if (line[0] == '\0')
		return;
	pane_devices_finish(app->panes[PANE_DEVICES]);
	app_clear_message(app); /* an error stays until the next action */
	len = strcspn(line, " ");
	name = xstrndup(line, len);
	/* Completion leaves a space behind. */
	rest = args = trimmed_dup(line + len);
	def = keys_find_name(name);
	if (def == NULL && !is_command(name))
		def = keys_find_prefix(name); /* :q */
	if (def != NULL && (rest[0] == '\0' || def->arg != NULL)) {
		app_run_key(app, def, rest);
		goto out;
	}
	if (app->deck == NULL) {
		app_say(app, true, "%s: the hub is still starting", name);
		goto out;
	}
	n = app_targets(app, &ids);
	context.device_ids = (const char *const *)ids;
	context.n_devices = n;
	context.job = pane_jobs_current(app->panes[PANE_JOBS]);
	if (command_run_line(&context, line, &result, &err) == -1)
		app_say(app, true, "%s", err.text);
	else if (result.job != NULL)
		app_say(app, false, "job %d: %s on %zu device%s",
		    job_number(result.job), job_title(result.job),
		    job_size(result.job), job_size(result.job) == 1 ? "" : "s");
	else if (result.print == COMMAND_PRINTS_HELP)
		dialog_help_open(app, IN_ALL, "");
out:
	free(result.text);
	fleet_ids_free(ids, n);
	free(name);
	free(args);
}
