#include "config.h"

#include "tui/list_words.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/deck/deck.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/watch.h"
#include "tui/app.h"
#include "tui/columns.h"
#include "tui/list_settings.h"
#include "tui/pane_devices.h"
#include "tui/prompt.h"
#include "tui/words.h"

#define ROWS_LOOKED_AT ((size_t)500) /* for their tags */
#define PATH_MAX_BYTES ((size_t)128)
#define DEPTH_MAX 8

/* "link:on" and "link:off" of a field; "fw:" where anything may follow. */
static void
put_field(const char *sign, const struct filter_field *field)
{
	const char *p = field->values;
	size_t len;

	if (p == NULL) {
		words_put("%s%s", sign, field->name);
		return;
	}
	if (*p == '\0') {
		words_put("%s%s%s", sign, field->name,
		    field->name[strlen(field->name) - 1] == '.' ? "" : ":");
		return;
	}
	for (; *p != '\0'; p += len + (p[len] == '|')) {
		len = strcspn(p, "|");
		words_put("%s%s:%.*s", sign, field->name, (int)len, p);
	}
}

/* "site=brno floor=3" gives tag.site:brno and tag.floor:3. */
static void
put_tags(const char *sign, const char *tags)
{
	const char *p = tags, *value;
	char path[PATH_MAX_BYTES];
	size_t len, path_len;

	while (p != NULL && *p != '\0') {
		path_len = strcspn(p, "= ");
		if (p[path_len] == '=' && path_len < sizeof(path)) {
			snprintf(path, sizeof(path), "%.*s", (int)path_len, p);
			value = filter_tag(tags, path, &len);
			if (value != NULL && memchr(value, ' ', len) == NULL)
				words_put("%stag.%s:%.*s", sign, path, (int)len,
				    value);
			else if (value != NULL)
				words_put("%stag.%s:\"%.*s\"", sign, path,
				    (int)len, value);
		}
		p = strchr(p, ' ');
		p += p != NULL;
	}
}

/* Of all devices, also those that the filter hides. */
static void
put_devices(struct app *app, const char *sign)
{
	struct fleet *fleet = deck_fleet(app_deck(app));
	struct fleet_view *all = fleet_view_new(fleet);
	size_t i, n = fleet_view_size(all);

	n = n < ROWS_LOOKED_AT ? n : ROWS_LOOKED_AT;
	for (i = 0; i < n; i++)
		put_tags(sign, fleet_row_tags(fleet, fleet_view_at(all, i)));
	for (i = 0; i < n; i++)
		words_put("%s%s", sign, fleet_view_at(all, i)->id);
	fleet_view_free(all);
}

/* Only of those does the list know the values. */
static void
put_shown_paths(struct app *app, const char *sign)
{
	const char *paths[FLEET_PATHS_MAX];
	size_t i, n;

	n = columns_paths(
	    pane_devices_columns(app_pane(app, PANE_DEVICES)), paths);
	for (i = 0; i < n; i++)
		if (str_starts_with(paths[i], "desired.") ||
		    str_starts_with(paths[i], "reported."))
			words_put("%s%s:", sign, paths[i]);
}

static void
put_filter_words(struct app *app, const char *typed)
{
	const char *sign = typed[0] == '!' ? "!" : "", *name;
	const struct filter_field *field;
	size_t i;

	for (field = filter_fields; field->name != NULL; field++)
		put_field(sign, field);
	for (i = 0; (name = list_settings_filter_name(app, i)) != NULL; i++)
		words_put("@%s", name);
	put_shown_paths(app, sign);
	if (app_deck(app) != NULL)
		put_devices(app, sign);
}

/* Leaves below a member of the twin that is shown. */
static void
put_paths(const char *sign, struct strbuf *path, const cJSON *json, int depth)
{
	size_t len = path->len;
	const cJSON *item;

	cJSON_ArrayForEach(item, json) {
		if (item->string == NULL || item->string[0] == '$' ||
		    strpbrk(item->string, ". ,:") != NULL ||
		    path->len + strlen(item->string) > PATH_MAX_BYTES)
			continue;
		strbuf_printf(path, ".%s", item->string);
		if (cJSON_IsObject(item) && depth < DEPTH_MAX)
			put_paths(sign, path, item, depth + 1);
		else
			words_put("%s%s", sign, strbuf_str(path));
		path->len = len;
		path->data[len] = '\0';
	}
}

static void
put_section(
    const char *sign, const char *head, const char *section, const cJSON *json)
{
	struct strbuf path = { 0 };

	strbuf_printf(&path, "%s%s", head, section);
	put_paths(sign, &path, json, 0);
	strbuf_fini(&path);
}

static void
put_twin_paths(struct app *app, const char *sign, const char *head)
{
	const cJSON *twin, *properties;

	if (app_deck(app) == NULL)
		return;
	twin = watch_twin(deck_watch(app_deck(app)));
	properties = json_get(twin, "properties");
	put_section(sign, "", "tags", json_get(twin, "tags"));
	put_section(sign, head, "desired", json_get(properties, "desired"));
	put_section(sign, head, "reported", json_get(properties, "reported"));
}

/* Those that are shown, paths among them, and the built-in ones. */
static void
put_columns(struct app *app, const char *sign)
{
	const struct columns *shown =
	    pane_devices_columns(app_pane(app, PANE_DEVICES));
	const struct column_def *def;
	size_t i;

	for (i = 0; i < columns_size(shown); i++)
		words_put("%s%s", sign, column_name(columns_at(shown, i)));
	if (strcmp(sign, "-") == 0)
		return;
	for (def = column_table; def->name != NULL; def++)
		words_put("%s%s", sign, def->name);
}

static void
put_sort_words(struct app *app, const char *typed)
{
	const struct columns *shown =
	    pane_devices_columns(app_pane(app, PANE_DEVICES));
	const char *sign = typed[0] == '-' ? "-" : "";
	const struct column_def *def;
	size_t i;

	for (i = 0; i < columns_size(shown); i++)
		words_put("%s%s", sign, column_name(columns_at(shown, i)));
	for (def = column_table; def->name != NULL; def++)
		words_put("%s%s", sign, def->name);
}

static void
put_column_words(struct app *app, const char *typed)
{
	const char *sign = typed[0] == '+' ? "+" : typed[0] == '-' ? "-" : "";

	prompt_words_are_list();
	put_columns(app, sign);
	if (sign[0] == '\0')
		words_put("default");
	if (sign[0] != '-')
		put_twin_paths(app, sign, "");
}

static void
put_select_words(struct app *app, const char *typed)
{
	static const char *const fixed[] = { "deviceId", "connectionState",
		"status", "lastActivityTime", "SELECT", "FROM", "devices",
		"WHERE", "AND", "OR", "NOT", "IN" };
	size_t i;

	(void)typed;
	put_twin_paths(app, "", "properties.");
	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		words_put("%s", fixed[i]);
}

/* Behind "save" and "delete" stands a name, else words of a filter. */
static void
put_filter_arguments(struct app *app, const char *typed)
{
	words_put("save");
	words_put("delete");
	put_filter_words(app, typed);
}

static void
put_filter_names(struct app *app, const char *typed)
{
	const char *name;
	size_t i;

	(void)typed;
	for (i = 0; (name = list_settings_filter_name(app, i)) != NULL; i++)
		words_put("%s", name);
}

/* The first that the line begins with holds. */
static const struct {
	const char *begins;
	void (*put)(struct app *app, const char *typed);
	bool once; /* there is no second word */
} lines[] = {
	{ "filter save ", put_filter_names, true },
	{ "filter delete ", put_filter_names, true },
	{ "filter ", put_filter_arguments, false },
	{ "sort ", put_sort_words, true },
	{ "columns ", put_column_words, false },
	{ "select ", put_select_words, false },
};

const char *
list_filter_word(const char *line, size_t start, size_t i, void *arg)
{
	if (i == 0) {
		words_begin();
		put_filter_words(arg, line + start);
	}
	return words_at(i);
}

/* Whether there is no word between these places. */
static bool
is_first(const char *line, size_t from, size_t to)
{
	return from + strspn(line + from, " ") >= to;
}

bool
list_command_word(struct app *app, const char *line, size_t start, size_t i,
    const char **word)
{
	size_t k;

	for (k = 0; k < sizeof(lines) / sizeof(lines[0]); k++) {
		if (!str_starts_with(line, lines[k].begins))
			continue;
		if (i == 0) {
			words_begin();
			if (!lines[k].once ||
			    is_first(line, strlen(lines[k].begins), start))
				lines[k].put(app, line + start);
		}
		*word = words_at(i);
		return true;
	}
	return false;
}
