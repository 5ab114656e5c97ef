#include "config.h"

#include "tui/actions.h"

#include <string.h>

#include "tui/app.h"

void
action_hold(struct app *app, const char *arg)
{
	(void)arg;
	app_hold(app, !app_is_held(app));
}

void
action_mouse(struct app *app, const char *arg)
{
	if (arg[0] == '\0')
		app_say(app, false,
		    "the mouse is %s; :mouse on, :mouse off; text is selected "
		    "with Shift",
		    app_has_mouse(app) ? "on" : "off");
	else if (strcmp(arg, "on") != 0 && strcmp(arg, "off") != 0)
		app_say(app, true, "mouse: \"%.20s\" is neither on nor off",
		    arg);
	else
		app_set_mouse(app, strcmp(arg, "on") == 0);
}
