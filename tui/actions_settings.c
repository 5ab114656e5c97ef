#include "config.h"

#include "tui/actions_settings.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "core/deck/profile.h"
#include "tui/app.h"
#include "tui/dialogs.h"
#include "tui/keys.h"

static void
say_hubs(struct app *app)
{
	const struct profile *profile = app_profile(app);
	struct strbuf sb = { 0 };
	const char *name;
	size_t i;

	for (i = 0; (name = profile_hub_at(profile, i)) != NULL; i++)
		strbuf_printf(&sb, "%s%s", i > 0 ? ", " : "", name);
	if (i == 0)
		app_say(app, false, "the configuration file names no hub");
	else
		app_say(app, false, "hubs: %s", strbuf_str(&sb));
	strbuf_fini(&sb);
}

void
action_hub(struct app *app, const char *arg)
{
	struct deck *deck = app_deck(app);
	size_t active = deck != NULL ? jobs_active(deck_jobs(deck)) : 0;
	struct err err;

	if (*arg == '\0')
		say_hubs(app);
	else if (active > 0) /* they would be lost */
		app_say(app, true,
		    "%zu job%s still run%s from here: cancel, or let it end, "
		    "before another hub is opened",
		    active, active == 1 ? "" : "s", active == 1 ? "s" : "");
	else if (app_open_hub(app, arg, &err) == -1)
		app_say(app, true, "%s", err.text);
}

/* What a command of the same name sets it sets at once, and keeps itself. */
static const struct key_def *
command_of(const struct profile_def *def, const char *key)
{
	return def->of_deck ? NULL : keys_find_name(key);
}

static void
set(struct app *app, const char *key, const char *value)
{
	const struct profile_def *def = profile_def(key);
	const struct key_def *command;
	char *origin;
	struct err err;

	if (def != NULL && def->is_secret) {
		app_say(app, true,
		    "%s is a secret: write it into the configuration file",
		    key);
		return;
	}
	command = def != NULL ? command_of(def, key) : NULL;
	if (command != NULL && *value != '\0') {
		command->run(app, value);
		return;
	}
	if (profile_set(app_profile(app), key, *value != '\0' ? value : NULL,
		&err) == -1) {
		app_say(app, true, "%s", err.text);
		return;
	}
	origin = profile_origin(app_profile(app), key);
	app_say(app, false, "%s = %s  (%s)", key, *value != '\0' ? value : "",
	    origin != NULL ? origin : "not set");
	free(origin);
}

void
action_settings(struct app *app, const char *arg)
{
	char *text = xstrdup(arg);
	char *key = str_trim(text);
	char *equals = strchr(key, '=');

	if (*key == '\0')
		dialog_settings_open(app);
	else if (equals == NULL)
		app_say(app, true,
		    ":settings KEY = VALUE; :settings alone lists what is set");
	else {
		*equals = '\0';
		set(app, str_trim(key), str_trim(equals + 1));
	}
	free(text);
}
