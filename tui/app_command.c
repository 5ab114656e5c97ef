/*
 * What a key or a line behind ':' does, if it can be done now.
 */
#include "config.h"

#include "tui/app.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/watch.h"
#include "tui/app_state.h"
#include "tui/confirm.h"
#include "tui/dialogs.h"
#include "tui/hub_words.h"
#include "tui/keys.h"
#include "tui/pane_devices.h"
#include "tui/pane_jobs.h"

/* Refuses in one line what cannot be done now; true: it can. */
static bool
meets(struct app *app, const struct key_def *def)
{
	const char *id = pane_devices_id(app->panes[PANE_DEVICES]);
	int needs = def->needs;

	if (needs != 0 && app->deck == NULL) {
		app_say(app, false, "%s: the hub is still starting", def->name);
		return false;
	}
	if (app->deck == NULL)
		return true;
	if ((needs & (NEEDS_HUB | NEEDS_TARGETS)) != 0 &&
	    !hub_takes(app, def->name, (needs & NEEDS_HUB) != 0))
		return false;
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

/* Whether the word is, or begins, the first word of a command's name. */
static bool
is_command(const char *word, bool whole)
{
	const struct command_def *command;
	size_t len = strlen(word);

	for (command = command_table; command->name != NULL; command++)
		if (str_starts_with(command->name, word) &&
		    (!whole || command->name[len] == '\0' ||
			command->name[len] == ' '))
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

/* Begins it, on the devices given unless the line names its own. */
void
app_run_on(struct app *app, const char *line, char *const *ids, size_t n)
{
	struct command_context context = {
		.deck = app->deck,
		.device_ids = (const char *const *)ids,
		.n_devices = n,
		.job = pane_jobs_current(app->panes[PANE_JOBS]),
	};
	struct command_result result = { 0 };
	struct err err;

	if (app->deck == NULL)
		return;
	if (command_run_line(&context, line, &result, &err) == -1)
		app_say(app, true, "%s", err.text);
	else if (result.job != NULL)
		hub_say_job(app, result.job, NULL);
	else if (result.print == COMMAND_PRINTS_HELP)
		dialog_help_open(app, IN_ALL, "");
	free(result.text);
}

/*
 * What a dialog would ask a word for is not begun by a line without it
 * either.  True: it is asked for now, or the line is wrong, or the hub refuses.
 */
static bool
asks_first(struct app *app, const char *name, const char *line,
    char *const *ids, size_t n)
{
	struct command_context context = {
		.deck = app->deck,
		.rehearses = true,
		.device_ids = (const char *const *)ids,
		.n_devices = n,
	};
	struct command_result result = { 0 };
	struct err err;

	if (command_run_line(&context, line, &result, &err) == -1) {
		app_say(app, true, "%s", err.text);
		return true;
	}
	if (result.n_devices > 0 && !hub_takes(app, name, false)) {
		str_array_free(result.device_ids, result.n_devices);
		return true;
	}
	if (result.n_devices > 0 && confirm_is_asked(app, result.n_devices)) {
		dialog_command_open(
		    app, line, result.device_ids, result.n_devices);
		return true;
	}
	str_array_free(result.device_ids, result.n_devices);
	return false;
}

static void
run_command(struct app *app, const char *name, const char *line)
{
	char **ids;
	size_t n = app_targets(app, &ids);

	if (!asks_first(app, name, line, ids, n))
		app_run_on(app, line, ids, n);
	str_array_free(ids, n);
}

/* A word that begins the names of several does not say which. */
static void
say_unknown(struct app *app, const char *name)
{
	struct strbuf names = { 0 };
	const struct key_def *def;
	const struct command_def *command;

	for (command = command_table; command->name != NULL; command++)
		if (str_starts_with(command->name, name) &&
		    (command->needs & COMMAND_ONE_SHOT_ONLY) == 0 &&
		    keys_find_name(command->name) == NULL)
			strbuf_printf(&names, "%s, ", command->name);
	for (def = key_table; def->name != NULL; def++)
		if (str_starts_with(def->name, name))
			strbuf_printf(&names, "%s, ", def->name);
	if (names.len > 2)
		app_say(app, true, "%s may be %.*s", name,
		    (int)(names.len - 2), strbuf_str(&names));
	else
		app_say(app, true,
		    "there is no command \"%.40s\"; ? shows what there is",
		    name);
	strbuf_fini(&names);
}

void
app_run_line(struct app *app, const char *line)
{
	const struct key_def *def;
	char *name, *rest;
	size_t len;

	line += strspn(line, " ");
	if (line[0] == '\0')
		return;
	pane_devices_finish(app->panes[PANE_DEVICES]);
	app_clear_message(app); /* an error stays until the next action */
	len = strcspn(line, " ");
	name = xstrndup(line, len);
	rest = trimmed_dup(line + len); /* completion leaves a space behind */
	def = keys_find_name(name);
	if (def == NULL && !is_command(name, false))
		def = keys_find_prefix(name); /* :q */
	if (def != NULL && (rest[0] == '\0' || def->arg != NULL))
		app_run_key(app, def, rest);
	else if (def != NULL && !is_command(name, true))
		app_say(app, true, "%s takes nothing behind it, not \"%.40s\"",
		    def->name, rest);
	else if (!is_command(name, true))
		say_unknown(app, name);
	else if (app->deck == NULL)
		app_say(app, true, "%s: the hub is still starting", name);
	else
		run_command(app, name, line);
	free(name);
	free(rest);
}
