#include "config.h"

#include "tui/actions_tour.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/app.h"
#include "tui/tour.h"

static void
guide(struct tour *tour)
{
	tour_go(tour, false, clock_mono_ms());
}

static void
play(struct tour *tour)
{
	tour_go(tour, true, clock_mono_ms());
}

static void
next(struct tour *tour)
{
	tour_skip(tour, 1, clock_mono_ms());
}

static void
back(struct tour *tour)
{
	tour_skip(tour, -1, clock_mono_ms());
}

static void
again(struct tour *tour)
{
	tour_rewind(tour, clock_mono_ms());
	guide(tour);
}

static const struct {
	const char *name;
	void (*run)(struct tour *tour);
} steps[] = {
	{ "", guide },
	{ "on", guide },
	{ "off", tour_stop },
	{ "next", next },
	{ "back", back },
	{ "again", again },
	{ "play", play },
};

#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

void
action_tour(struct app *app, const char *arg)
{
	struct tour *tour = app_tour(app);
	size_t i;

	for (i = 0; i < N_STEPS && strcmp(steps[i].name, arg) != 0; i++)
		;
	if (i == N_STEPS) {
		app_say(app, true,
		    "tour: \"%.20s\" is none of on, off, next, back, again, "
		    "play",
		    arg);
		return;
	}
	if (tour == NULL) {
		app_say(
		    app, true, "there is no tour here; twindeck demo has one");
		return;
	}
	steps[i].run(tour);
	app_lay_out(app);
}

/* As a shell reads it. */
static char *
path_of(const char *arg)
{
	const char *home = getenv("HOME");

	if (str_starts_with(arg, "~/") && home != NULL)
		return xasprintf("%s%s", home, arg + 1);
	return xstrdup(arg);
}

static void
end_record(struct app *app)
{
	const char *path = app_recorded(app);
	char *name;

	if (path == NULL) {
		app_say(app, false,
		    "nothing is recorded; :record FILE begins a new file");
		return;
	}
	name = xstrdup(path);
	app_record(app, NULL, NULL);
	app_say(app, false,
	    "%s is recorded; demo --autoplay --tour-file plays it", name);
	free(name);
}

static void
begin_record(struct app *app, const char *arg)
{
	char *path = path_of(arg);
	struct err err;

	if (app_record(app, path, &err) == -1)
		app_say(app, true, "record: %s", err.text);
	else
		app_say(app, false, "recording to %s, until :record off", path);
	free(path);
}

void
action_record(struct app *app, const char *arg)
{
	if (*arg != '\0' && strcmp(arg, "off") != 0)
		begin_record(app, arg);
	else if (*arg == '\0' && app_recorded(app) != NULL)
		app_say(app, false, "recording to %s, until :record off",
		    app_recorded(app));
	else
		end_record(app);
}
