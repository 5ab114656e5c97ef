#include "config.h"

#include "tui/actions_tour.h"

#include <stddef.h>
#include <string.h>

#include "core/base/clock.h"
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
