#include "config.h"

#include "tui/app.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "tui/app_state.h"
#include "tui/canvas.h"
#include "tui/key.h"
#include "tui/pane_devices.h"
#include "tui/tour.h"

void
app_set_tour(struct app *app, struct tour *tour)
{
	tour_free(app->tour);
	app->tour = tour;
	app_lay_out(app);
}

struct tour *
app_tour(const struct app *app)
{
	return app->tour;
}

/* At the top, Esc has nothing left to go back from. */
static enum tour_place
place_of(const struct app *app)
{
	const struct fleet_view *view =
	    pane_devices_view(app->panes[PANE_DEVICES]);
	bool is_top;

	if (app->dialog == NULL && app->asks == APP_PROMPT_COMMAND)
		return TOUR_IN_COMMAND;
	is_top = app->dialog == NULL && app->asks == APP_PROMPT_NONE &&
	    app->hold == HOLD_OFF && app->focus == PANE_DEVICES &&
	    !app->zoomed && !app_has_error(app) &&
	    (view == NULL || fleet_view_filter(view)[0] == '\0');
	return is_top ? TOUR_AT_TOP : TOUR_INSIDE;
}

bool
app_tour_key(struct app *app, int32_t key)
{
	enum tour_state before;
	bool taken;

	if (app->tour == NULL || tour_state(app->tour) == TOUR_OFF)
		return false;
	before = tour_state(app->tour);
	taken = tour_take_key(app->tour, key, place_of(app), clock_mono_ms());
	if (tour_state(app->tour) != TOUR_OFF)
		return taken;
	if (before != TOUR_ENDED)
		app_say(app, false, "the tour is left; :tour goes on with it");
	app_lay_out(app);
	return taken;
}

void
app_advance(struct app *app, int64_t now_ms)
{
	int32_t key;

	if (app->tour == NULL)
		return;
	key = tour_advance(app->tour, now_ms);
	if (key != 0)
		app_press(app, key);
	if (tour_wants_exit(app->tour))
		app_quit(app);
}

int64_t
app_due_ms(const struct app *app)
{
	return app->tour != NULL ? tour_due_ms(app->tour) : TOUR_NEVER;
}

static struct area
rows_of(const struct app *app, struct canvas *canvas)
{
	struct area all = area_all(canvas);
	int n = tour_rows(app->tour, all.rows, all.cols);

	return area_sub(all, all.rows - n, 0, n, all.cols);
}

/* The tour's rows are still empty then. */
void
app_draw_tour(struct app *app, struct canvas *canvas, int64_t now_ms)
{
	struct area a;
	char *text;

	if (app->tour == NULL)
		return;
	if (tour_waits(app->tour)) {
		area_clear(rows_of(app, canvas));
		text = canvas_to_text(canvas);
		tour_see(app->tour, text, now_ms);
		free(text);
	}
	a = rows_of(app, canvas);
	if (a.rows > 0)
		tour_draw(app->tour, a);
}
