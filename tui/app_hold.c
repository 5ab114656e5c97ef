#include "config.h"

#include "tui/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "tui/app_state.h"
#include "tui/keys.h"

void
app_hold(struct app *app, bool hold)
{
	free(app->hold_words);
	app->hold_words = NULL;
	app->hold = hold ? HOLD_NEXT : HOLD_OFF;
	if (hold)
		app_say(app, false,
		    "the screen stands still, data goes on; Z lets go");
	else if (!app_has_error(app))
		app_clear_message(app);
}

bool
app_is_held(const struct app *app)
{
	return app->hold != HOLD_OFF;
}

void
app_hold_refuse(struct app *app, const char *what)
{
	free(app->hold_words);
	app->hold_words = xasprintf(
	    "%s: the screen is held, what it shows is past; Z lets go", what);
}

/*
 * What is shown may be long past, so no key acts on it, not even to look
 * around: that would draw the present beside the past.
 */
bool
app_hold_key(struct app *app, const struct key_def *def, int32_t key)
{
	char name[KEY_NAME_SIZE];

	if (app->hold == HOLD_OFF)
		return false;
	if (key == KEYS_ESC) {
		app_hold(app, false);
		return true;
	}
	if (def != NULL && strcmp(def->name, "hold") == 0)
		return false;
	if (def != NULL && strcmp(def->name, "quit") == 0) {
		app_hold(app, false);
		return false;
	}
	app_hold_refuse(app, def != NULL ? def->name : key_label(key, name));
	return true;
}
