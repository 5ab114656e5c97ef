/*
 * What takes several turns of the loop in a long list: filter, sort and marks;
 * and keys that act on what these are to show, pressed before it is there.
 * They wait, and those behind them; what only looks around is answered at once.
 */
#include "config.h"

#include "tui/app.h"

#include <stddef.h>
#include <string.h>

#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "tui/app_state.h"
#include "tui/key.h"
#include "tui/keys.h"
#include "tui/pane.h"
#include "tui/pane_devices.h"

static bool
acts_on_list(const struct key_def *def)
{
	static const char *const names[] = { "open", "mark-all", "unmark-all",
		"invert" };
	size_t i;

	if (def == NULL)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(def->name, names[i]) == 0)
			return true;
	return (def->needs & ~(NEEDS_DECK | NEEDS_HUB)) != 0;
}

/* A command may do anything. */
static bool
must_wait(const struct app *app, int32_t key)
{
	if (!pane_devices_waits(app->panes[PANE_DEVICES]) ||
	    app->dialog != NULL)
		return false;
	if (app->asks == APP_PROMPT_COMMAND)
		return key == KEYS_ENTER;
	return app->asks == APP_PROMPT_NONE &&
	    acts_on_list(keys_find(key, 1 << (int)app->focus));
}

bool
app_ahead_key(struct app *app, int32_t key)
{
	if (app->n_ahead == 0 && !must_wait(app, key))
		return false;
	if (key == KEYS_ESC || key == CTRL_KEY('c')) {
		app->n_ahead = 0;
		return false;
	}
	if (app->n_ahead < APP_AHEAD_MAX)
		app->ahead[app->n_ahead++] = key;
	return true;
}

static void
press_ahead(struct app *app)
{
	int32_t key;

	while (app->n_ahead > 0 && !must_wait(app, app->ahead[0])) {
		key = app->ahead[0];
		app->n_ahead--;
		memmove(app->ahead, app->ahead + 1,
		    app->n_ahead * sizeof(app->ahead[0]));
		app_press_now(app, key);
	}
}

/* Once it is known. */
static void
say_marked(struct app *app)
{
	const struct fleet *fleet;

	if (!app->says_marked || app->deck == NULL)
		return;
	fleet = deck_fleet(app->deck);
	if (fleet_is_marking(fleet))
		return;
	app->says_marked = false;
	app_say(app, false, "%zu marked", fleet_marked(fleet));
}

void
app_say_marked(struct app *app)
{
	app->says_marked = true;
	if (fleet_is_marking(deck_fleet(app->deck)))
		app_say(app, false, "marking…");
	say_marked(app);
}

bool
app_works(const struct app *app)
{
	return pane_devices_works(app->panes[PANE_DEVICES]) || app->n_ahead > 0;
}

void
app_work(struct app *app)
{
	pane_devices_work(app->panes[PANE_DEVICES]);
	say_marked(app);
	press_ahead(app);
}
