#include "config.h"

#include "tui/app.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/deck/profile.h"
#include "tui/app_state.h"
#include "tui/theme.h"

int
app_set_theme(struct app *app, const char *name, struct err *err)
{
	struct theme theme;
	char *copy;

	if (theme_load(&theme, name, app_profile(app), err) == -1)
		return -1;
	copy = xstrdup(name);
	free(app->theme);
	app->theme = copy;
	if (app->ops->set_theme != NULL)
		app->ops->set_theme(&theme, app->arg);
	return 0;
}

const char *
app_theme(const struct app *app)
{
	return app->theme != NULL ? app->theme : theme_default.name;
}

void
app_set_mouse(struct app *app, bool on)
{
	app->mouse = on;
	if (app->ops->set_mouse != NULL)
		app->ops->set_mouse(on, app->arg);
}

bool
app_has_mouse(const struct app *app)
{
	return app->mouse;
}

void
app_use_settings(struct app *app)
{
	const struct profile *profile = app_profile(app);
	const char *theme = app->theme_asked;
	struct err err;

	if (theme == NULL)
		theme = profile_get(profile, "theme");
	if (theme == NULL)
		theme = theme_default.name;
	if (app_set_theme(app, theme, &err) == -1)
		app_say(app, true, "%s", err.text);
	app_set_mouse(app, profile_is_yes(profile, "mouse"));
}

void
app_ask_theme(struct app *app, const char *name)
{
	free(app->theme_asked);
	app->theme_asked = xstrdup(name);
	app_use_settings(app);
}
