#include "config.h"

#include "tui/actions.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/deck/profile.h"
#include "tui/app.h"
#include "tui/theme.h"

void
action_hold(struct app *app, const char *arg)
{
	(void)arg;
	app_hold(app, !app_is_held(app));
}

/* What is chosen is kept for the next start. */
static void
keep(struct app *app, const char *key, const char *value)
{
	struct err err;

	if (profile_set(app_profile(app), key, value, &err) == -1)
		app_say(app, true, "%s: chosen, not kept: %s", key, err.text);
}

void
action_mouse(struct app *app, const char *arg)
{
	bool on = strcmp(arg, "on") == 0;

	if (arg[0] == '\0') {
		app_say(app, false,
		    "the mouse is %s; :mouse on, :mouse off; text is selected "
		    "with Shift",
		    app_has_mouse(app) ? "on" : "off");
		return;
	}
	if (!on && strcmp(arg, "off") != 0) {
		app_say(
		    app, true, "mouse: \"%.20s\" is neither on nor off", arg);
		return;
	}
	app_set_mouse(app, on);
	app_say(app, false,
	    on ? "the mouse is on: click, wheel; Shift and drag selects text"
	       : "the mouse is the terminal's");
	keep(app, "mouse", on ? "on" : "off");
}

static void
say_themes(struct app *app)
{
	struct strbuf names = { 0 };
	char buf[THEME_NAME_MAX];
	const char *name;
	size_t i;

	for (i = 0; (name = theme_name_at(app_profile(app), i, buf)) != NULL;
	     i++)
		strbuf_printf(&names, "%s%s", i > 0 ? ", " : "", name);
	app_say(app, false, "the theme is %s, of %s", app_theme(app),
	    strbuf_str(&names));
	strbuf_fini(&names);
}

void
action_theme(struct app *app, const char *arg)
{
	struct err err;

	if (arg[0] == '\0') {
		say_themes(app);
	} else if (app_set_theme(app, arg, &err) == -1) {
		app_say(app, true, "%s", err.text);
	} else {
		app_say(app, false, "the theme is %s", app_theme(app));
		keep(app, "theme", arg);
	}
}
