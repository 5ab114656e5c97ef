#include "config.h"

#include "tui/list_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/filter.h"
#include "core/deck/profile.h"
#include "tui/app.h"
#include "tui/columns.h"
#include "tui/pane_devices.h"

#define KEY_COLUMNS "columns"
#define KEY_SORT "sort"
#define KEY_FILTER "filter."
#define KEY_SIZE (sizeof(KEY_FILTER) + FILTER_NAME_MAX)

static struct pane *
list_of(const struct app *app)
{
	return app_pane(app, PANE_DEVICES);
}

/* What the user wrote there himself may be wrong: where it stands is said. */
static void
say_fault(struct app *app, const char *key, const struct err *err)
{
	char *origin = profile_origin(app_profile(app), key);

	app_say(app, true, "%s in %s: %s", key,
	    origin != NULL ? origin : "the profile", err->text);
	free(origin);
}

static void
load_columns(struct app *app)
{
	const char *text = profile_get(app_profile(app), KEY_COLUMNS);
	struct columns *columns = NULL;
	struct err err;

	if (text != NULL) {
		columns = columns_parse(text, NULL, &err);
		if (columns == NULL)
			say_fault(app, KEY_COLUMNS, &err);
	}
	if (columns == NULL)
		columns = columns_parse(COLUMNS_DEFAULT, NULL, NULL);
	pane_devices_take_columns(list_of(app), columns);
}

void
list_settings_load(struct app *app)
{
	const char *text;
	struct err err;

	load_columns(app);
	text = profile_get(app_profile(app), KEY_SORT);
	if (text != NULL &&
	    pane_devices_sort(
		list_of(app), text + (*text == '-'), *text == '-', &err) == -1)
		say_fault(app, KEY_SORT, &err);
}

/* What cannot be kept holds for now all the same. */
static void
keep(struct app *app, const char *key, const char *value)
{
	struct err err;

	if (profile_set(app_profile(app), key, value, &err) == -1)
		app_say(app, true, "%s is not kept: %s", key, err.text);
}

/* What was asked for and is not to be seen here. */
static void
say_without_room(struct app *app)
{
	const struct columns *columns = pane_devices_columns(list_of(app));
	struct strbuf names = { 0 };
	size_t i;

	for (i = 0; i < columns_size(columns); i++)
		if (!pane_devices_column_fits(list_of(app), i))
			strbuf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
			    column_name(columns_at(columns, i)));
	if (names.len > 0)
		app_say(app, false, "columns: no room here for %s%s",
		    names.data,
		    app_is_wide(app) ? "; z gives the list the whole screen"
				     : "");
	strbuf_fini(&names);
}

void
list_settings_take_columns(struct app *app, struct columns *columns)
{
	char *text = columns_format(columns);

	pane_devices_take_columns(list_of(app), columns);
	keep(
	    app, KEY_COLUMNS, strcmp(text, COLUMNS_DEFAULT) == 0 ? NULL : text);
	free(text);
	say_without_room(app);
}

int
list_settings_sort(
    struct app *app, const char *name, bool reverse, struct err *err)
{
	char *text;

	if (pane_devices_sort(list_of(app), name, reverse, err) == -1)
		return -1;
	text = xasprintf("%s%s", reverse ? "-" : "", name);
	keep(app, KEY_SORT, strcmp(text, "device") == 0 ? NULL : text);
	free(text);
	return 0;
}

static const char *
named(const char *name, void *app)
{
	char key[KEY_SIZE];

	if (filter_name_check(name, NULL) == -1)
		return NULL;
	snprintf(key, sizeof(key), KEY_FILTER "%s", name);
	return profile_get(app_profile(app), key);
}

struct filter *
list_settings_filter(struct app *app, const char *text, struct err *err)
{
	struct filter *filter = filter_parse(text, named, app, err);

	if (filter == NULL || app_deck(app) == NULL ||
	    filter_check_paths(filter, deck_fleet(app_deck(app)), err) == 0)
		return filter;
	filter_free(filter);
	return NULL;
}

/* For a name that is about to be given: whether the filter asks for it. */
struct asked {
	struct app *app;
	const char *name;
	bool is_asked;
};

static const char *
named_but(const char *name, void *arg)
{
	struct asked *asked = arg;

	if (strcmp(name, asked->name) == 0) {
		asked->is_asked = true;
		return "";
	}
	return named(name, asked->app);
}

/* A name within itself would never end. */
static bool
holds_itself(struct app *app, const char *name, const char *text)
{
	struct asked asked = { app, name, false };

	filter_free(filter_parse(text, named_but, &asked, NULL));
	return asked.is_asked;
}

int
list_settings_save_filter(
    struct app *app, const char *name, const char *text, struct err *err)
{
	char key[KEY_SIZE];

	if (filter_name_check(name, err) == -1)
		return -1;
	if (text == NULL && named(name, app) == NULL)
		return err_set(
		    err, ERR_NOT_FOUND, "no filter was saved as %s", name);
	if (text != NULL && text[strspn(text, " \t")] == '\0')
		return err_set(
		    err, ERR_INVALID, "there is no filter to save; type one");
	if (text != NULL && holds_itself(app, name, text))
		return err_set(err, ERR_INVALID,
		    "@%s is a word of this filter itself", name);
	if (text != NULL &&
	    list_settings_filter_name(app, LIST_FILTERS_MAX - 1) != NULL &&
	    named(name, app) == NULL)
		return err_set(err, ERR_LIMIT, "at most %zu filters are kept",
		    LIST_FILTERS_MAX);
	snprintf(key, sizeof(key), KEY_FILTER "%s", name);
	return profile_set(app_profile(app), key, text, err);
}

const char *
list_settings_filter_name(const struct app *app, size_t i)
{
	const char *key = profile_key_at(app_profile(app), KEY_FILTER, i);

	return key != NULL ? key + strlen(KEY_FILTER) : NULL;
}
