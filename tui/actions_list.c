/* What is done to the list of devices: filter, order, columns, marks. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/select.h"
#include "tui/actions.h"
#include "tui/app.h"
#include "tui/columns.h"
#include "tui/dialogs.h"
#include "tui/list_settings.h"
#include "tui/pane_devices.h"

static struct pane *
list_of(struct app *app)
{
	return app_pane(app, PANE_DEVICES);
}

static struct fleet_view *
view_of(struct app *app)
{
	return pane_devices_view(list_of(app));
}

/* Words behind the name are kept and shown; else those that are shown are. */
static void
save_filter(struct app *app, char *name)
{
	const char *text = fleet_view_filter(view_of(app));
	char *words = name + strcspn(name, " ");
	struct filter *filter = NULL;
	struct err err;

	if (*words != '\0') {
		*words++ = '\0';
		text = str_trim(words);
		filter = list_settings_filter(app, text, &err);
		if (filter == NULL) {
			app_say(app, true, "filter: %s", err.text);
			return;
		}
	}
	if (list_settings_save_filter(app, name, text, &err) == -1) {
		app_say(app, true, "filter: %s", err.text);
		filter_free(filter);
		return;
	}
	app_say(app, false, "/@%s is now %s", name, text);
	if (filter != NULL)
		pane_devices_take_filter(list_of(app), filter);
}

static void
delete_filter(struct app *app, const char *name)
{
	struct err err;

	if (list_settings_save_filter(app, name, NULL, &err) == -1)
		app_say(app, true, "filter: %s", err.text);
	else
		app_say(app, false, "/@%s is forgotten", name);
}

void
action_filter(struct app *app, const char *arg)
{
	struct filter *filter;
	struct err err;

	if (arg[0] == '\0') {
		app_ask(
		    app, APP_PROMPT_FILTER, fleet_view_filter(view_of(app)));
		return;
	}
	if (strcmp(arg, "save") == 0 || strcmp(arg, "delete") == 0) {
		app_say(app, true, "filter %s: of which name?", arg);
		return;
	}
	if (str_starts_with(arg, "save ") || str_starts_with(arg, "delete ")) {
		char *name = xstrdup(strchr(arg, ' ') + 1);

		if (arg[0] == 's')
			save_filter(app, str_trim(name));
		else
			delete_filter(app, str_trim(name));
		free(name);
		return;
	}
	filter = list_settings_filter(app, arg, &err);
	if (filter == NULL)
		app_say(app, true, "filter: %s", err.text);
	else
		pane_devices_take_filter(list_of(app), filter);
}

static void
sort(struct app *app, const char *name, bool reverse)
{
	char *copy = xstrdup(name); /* may be one of the columns themselves */
	struct err err;

	if (list_settings_sort(app, copy, reverse, &err) == -1)
		app_say(app, true, "sort: %s", err.text);
	else
		app_say(app, false, "sorted by %s%s", copy,
		    reverse ? ", reversed" : "");
	free(copy);
}

void
action_sort(struct app *app, const char *arg)
{
	const struct columns *columns = pane_devices_columns(list_of(app));
	size_t next;

	if (arg[0] != '\0') {
		sort(app, arg + (arg[0] == '-'), arg[0] == '-');
		return;
	}
	next = (size_t)(columns_find(
			    columns, pane_devices_sort_name(list_of(app))) +
	    1);
	sort(app,
	    column_name(columns_at(columns, next % columns_size(columns))),
	    false);
}

void
action_reverse(struct app *app, const char *arg)
{
	(void)arg;
	sort(app, pane_devices_sort_name(list_of(app)),
	    !fleet_view_is_reverse(view_of(app)));
}

void
action_columns(struct app *app, const char *arg)
{
	struct columns *columns;
	struct err err;

	if (arg[0] == '\0') {
		dialog_columns_open(app);
		return;
	}
	columns =
	    columns_parse(strcmp(arg, "default") == 0 ? COLUMNS_DEFAULT : arg,
		pane_devices_columns(list_of(app)), &err);
	if (columns == NULL) {
		app_say(app, true, "columns: %s", err.text);
		return;
	}
	list_settings_take_columns(app, columns);
}

void
action_select(struct app *app, const char *arg)
{
	struct err err;

	if (arg[0] == '\0')
		app_ask(app, APP_PROMPT_COMMAND, "select ");
	else if (select_start(app_select(app), arg, &err) == -1)
		app_say(app, true, "select: %s", err.text);
}

static void
mark_range(struct app *app)
{
	ssize_t n = pane_devices_range_mark(list_of(app));

	if (n == -1)
		app_say(app, true,
		    "range: the list changed just now, nothing was marked; "
		    "look again");
	else if (fleet_is_marking(deck_fleet(app_deck(app))))
		app_say_marked(app);
	else
		app_say(app, false, "%zd in the range, %zu marked", n,
		    fleet_marked(deck_fleet(app_deck(app))));
}

void
action_range(struct app *app, const char *arg)
{
	(void)arg;
	if (pane_devices_has_range(list_of(app))) {
		mark_range(app);
		return;
	}
	pane_devices_range_begin(list_of(app));
	app_say(app, false,
	    "range: move to its end; V or Space marks it, Esc drops it");
}

bool
action_list_mark(struct app *app)
{
	if (!pane_devices_has_range(list_of(app)))
		return false;
	mark_range(app);
	return true;
}

bool
action_list_back(struct app *app)
{
	if (app_deck(app) == NULL)
		return false;
	if (select_is_running(app_select(app))) {
		select_cancel(app_select(app));
		return true;
	}
	if (!pane_devices_has_range(list_of(app)))
		return false;
	pane_devices_range_drop(list_of(app));
	app_say(app, false, "range dropped");
	return true;
}
