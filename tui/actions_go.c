#include "config.h"

#include "tui/actions_go.h"

#include "core/base/err.h"
#include "core/deck/deck.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "tui/app.h"
#include "tui/pane_devices.h"

/* A device that was asked for by its id is shown, filter or not. */
static void
show(struct app *app, const char *id, bool opens)
{
	struct pane *devices = app_pane(app, PANE_DEVICES);
	struct fleet_view *view = pane_devices_view(devices);

	if (fleet_view_index(view, id) < 0) {
		pane_devices_take_filter(
		    devices, filter_parse("", NULL, NULL, NULL));
		app_say(app, false, "the filter is off: it hid %s", id);
	}
	pane_devices_go(devices, id);
	app_set_focus(app, opens ? PANE_TWIN : PANE_DEVICES);
}

static void
go(struct app *app, const char *id, bool opens)
{
	if (fleet_get(deck_fleet(app_deck(app)), id) != NULL) {
		show(app, id, opens);
		return;
	}
	app_say(app, false, "asking the hub for %s", id);
	app_seek(app, id, opens);
}

void
action_go(struct app *app, const char *arg)
{
	if (arg[0] == '\0')
		app_say(app, true, "go: which device?");
	else
		go(app, arg, false);
}

void
action_go_open(struct app *app, const char *device_id)
{
	go(app, device_id, true);
}

void
action_go_found(struct app *app, const struct deck_found *found, bool opens)
{
	const struct fleet *fleet = deck_fleet(app_deck(app));

	if (found->err->code != ERR_NONE)
		app_say(app, true, "%s", found->err->text);
	else if (fleet_get(fleet, found->device_id) == NULL)
		app_say(app, true, "%s: there is no room for it in the list",
		    found->device_id);
	else {
		if (!app_has_error(app))
			app_clear_message(app); /* nobody is asked any more */
		show(app, found->device_id, opens);
	}
}
