#include "config.h"

#include "tui/complete.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/options.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/form.h"
#include "core/deck/jobs.h"
#include "core/deck/profile.h"
#include "core/deck/watch.h"
#include "tui/actions_twin.h"
#include "tui/app.h"
#include "tui/keys.h"
#include "tui/list_words.h"
#include "tui/pane_twin.h"
#include "tui/recall.h"
#include "tui/templates.h"
#include "tui/theme.h"
#include "tui/words.h"

#define NAME_SIZE 64

static void
put_commands(struct app *app, const char *typed)
{
	const struct command_def *command;
	const struct key_def *key;

	(void)app;
	(void)typed;
	for (command = command_table; command->name != NULL; command++)
		if ((command->needs & COMMAND_ONE_SHOT_ONLY) == 0)
			words_put("%s", command->name);
	for (key = key_table; key->name != NULL; key++)
		words_put("%s", key->name);
}

/* Also those that the filter hides. */
static void
put_devices(struct app *app, const char *typed)
{
	struct fleet_view *all;
	const char *id;
	size_t i, n;

	if (app_deck(app) == NULL)
		return;
	all = fleet_view_new(deck_fleet(app_deck(app)));
	n = fleet_view_size(all);
	for (i = 0; i < n; i++) {
		id = fleet_view_at(all, i)->id;
		if (str_starts_with(id, typed))
			words_put_some(id);
	}
	fleet_view_free(all);
}

static void
put_hubs(struct app *app, const char *typed)
{
	const char *name;
	size_t i;

	(void)typed;
	for (i = 0; (name = profile_hub_at(app_profile(app), i)) != NULL; i++)
		words_put("%s", name);
}

static void
put_jobs(struct app *app, const char *typed)
{
	const struct jobs *jobs;
	size_t i;

	(void)typed;
	if (app_deck(app) == NULL)
		return;
	jobs = deck_jobs(app_deck(app));
	for (i = 0; i < jobs_size(jobs); i++)
		words_put("%d", job_number(jobs_at(jobs, i)));
}

/* The tutorials' own, and those that were called before. */
static void
put_methods(struct app *app, const char *typed)
{
	struct recall *recall = app_recall(app);
	size_t i;

	(void)typed;
	words_put_all("firmwareUpdate lockDoor");
	for (i = recall_size(recall, "method"); i-- > 0;)
		words_put("%s", recall_at(recall, "method", i));
}

static void
put_settings(struct app *app, const char *typed)
{
	const struct profile_def *def;
	const char *key;
	size_t i;

	(void)typed;
	for (def = profile_table; def->name != NULL; def++)
		if (!def->is_secret)
			words_put("%s", def->name);
	for (i = 0; (key = profile_key_at(app_profile(app), "", i)) != NULL;
	     i++)
		if (!profile_def(key)->is_secret)
			words_put("%s", key);
}

static void
put_themes(struct app *app, const char *typed)
{
	char buffer[THEME_NAME_MAX];
	const char *name;
	size_t i;

	(void)typed;
	for (i = 0; (name = theme_name_at(app_profile(app), i, buffer)) != NULL;
	     i++)
		words_put("%s", name);
}

/* As a form writes them; a path with a blank would fall apart here. */
static void
put_form_paths(const cJSON *section)
{
	char *form, *line, *rest, *end;

	if (!cJSON_IsObject(section))
		return;
	form = form_format(section);
	for (rest = form; (line = strsep(&rest, "\n")) != NULL;) {
		end = strstr(line, " = ");
		if (end == NULL)
			continue;
		*end = '\0';
		if (strpbrk(line, " ,=") == NULL)
			words_put("%s=", line);
	}
	free(form);
}

static const cJSON *
focused_twin(struct app *app)
{
	return app_deck(app) != NULL ? watch_twin(deck_watch(app_deck(app)))
				     : NULL;
}

static void
put_desired(struct app *app, const char *typed)
{
	(void)typed;
	put_form_paths(
	    json_get(json_get(focused_twin(app), "properties"), "desired"));
}

static void
put_tags(struct app *app, const char *typed)
{
	(void)typed;
	put_form_paths(json_get(focused_twin(app), "tags"));
}

static void
put_views(struct app *app, const char *typed)
{
	size_t i;

	(void)app;
	(void)typed;
	for (i = 0; i < TWIN_VIEWS; i++)
		words_put("%s", pane_twin_view_name((enum twin_view)i));
}

static void
put_parts(struct app *app, const char *typed)
{
	size_t i;

	(void)app;
	(void)typed;
	for (i = 0; i < TWIN_PARTS; i++)
		words_put("%s", pane_twin_part_name((enum twin_part)i));
	words_put("print");
}

/* What a setting may be, else what it is now, to be changed. */
static void
put_value(struct app *app, const struct profile_def *def, const char *key,
    const char *sign)
{
	const char *now = profile_get(app_profile(app), key), *p;
	size_t len;

	if (def->is_switch) {
		for (p = def->arg; *p != '\0'; p += len + (p[len] == '|')) {
			len = strcspn(p, "|");
			words_put("%s%.*s", sign, (int)len, p);
		}
	} else if (strcmp(key, "theme") == 0 || strcmp(key, "hub") == 0) {
		if (sign[0] != '\0')
			words_put("=");
		else if (key[0] == 't')
			put_themes(app, "");
		else
			put_hubs(app, "");
	} else if (now != NULL) {
		words_put("%s%s", sign, now);
	} else if (sign[0] != '\0') {
		words_put("=");
	}
}

/* What stands behind the key of ":settings KEY = VALUE", up to here. */
static void
put_behind_key(struct app *app, const char *words, size_t len)
{
	size_t key_len = strcspn(words, " ="), at = key_len;
	char *key = xstrndup(words, key_len);
	const struct profile_def *def = profile_def(key);
	bool equals;

	at += strspn(words + at, " ");
	equals = at < len && words[at] == '=';
	if (equals)
		at += 1 + strspn(words + at + 1, " ");
	if (def != NULL && !def->is_secret && at >= len)
		put_value(app, def, key, equals ? "" : "= ");
	free(key);
}

/* What a row of a table calls its argument, without brackets. */
static const struct {
	const char *name;
	void (*put)(struct app *app, const char *typed);
	const char *words; /* where they are always the same */
	const char *then;  /* what may stand behind it, once */
} arguments[] = {
	{ .name = "ACTION", .words = "firmware lock desired tags method" },
	{ .name = "DEVICE", .put = put_devices },
	{ .name = "FILE", .words = "off" },
	{ .name = "HUB", .put = put_hubs },
	{ .name = "JOB", .put = put_jobs },
	{ .name = "KEY", .put = put_settings },
	{ .name = "LEVEL", .words = "all" },
	{ .name = "METHOD", .put = put_methods },
	{ .name = "N", .put = put_jobs },
	{ .name = "PATH", .put = put_desired },
	{ .name = "STEP", .words = "on off next back again play" },
	{ .name = "TAG", .put = put_tags },
	{ .name = "THEME", .put = put_themes },
	{ .name = "VIEW", .put = put_views },
	{ .name = "WHAT", .put = put_parts, .then = "print" },
	{ .name = "editor", .words = "editor" },
	{ .name = "on", .words = "on off" },
};
#define N_ARGUMENTS (sizeof(arguments) / sizeof(arguments[0]))

/* The row of what a table calls "[METHOD]" or "PATH=JSON …", or -1. */
static int
find_argument(const char *usage)
{
	size_t len, i;

	usage += strspn(usage, "[");
	len = strcspn(usage, " ]=|");
	for (i = 0; i < N_ARGUMENTS; i++)
		if (strlen(arguments[i].name) == len &&
		    strncmp(arguments[i].name, usage, len) == 0)
			return (int)i;
	return -1;
}

bool
complete_knows(const char *usage)
{
	return find_argument(usage) != -1;
}

/* before: so many arguments stand in front of this one. */
static void
put_argument(
    struct app *app, const char *usage, size_t before, const char *typed)
{
	int i = find_argument(usage);

	if (i == -1)
		return;
	if (before > 0 && strstr(usage, "…") == NULL) {
		if (before == 1 && arguments[i].then != NULL)
			words_put_all(arguments[i].then);
		return;
	}
	if (arguments[i].put != NULL)
		arguments[i].put(app, typed);
	else
		words_put_all(arguments[i].words);
}

/* A row of either table as the prompt finds it: the screen's own first. */
static const struct command_def *
find_rows(const char *name, const struct key_def **key)
{
	const struct command_def *command;

	*key = keys_find_name(name);
	for (command = command_table; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

static void
put_options(const struct command_def *command)
{
	const struct option_def *option;

	if (command == NULL || command->options == NULL)
		return;
	for (option = command->options; option->name != NULL; option++)
		words_put("--%s", option->name);
}

/* How many words stand between two places. */
static size_t
count_words(const char *line, size_t from, size_t to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += line[from] != ' ' &&
		    (from + 1 == to || line[from + 1] == ' ');
	return n;
}

/* Whether the word in front of place at is this one. */
static bool
stands_before(const char *line, size_t at, const char *word)
{
	size_t len = strlen(word);

	while (at > 0 && line[at - 1] == ' ')
		at--;
	return at > len && line[at - len - 1] == ' ' &&
	    strncmp(line + at - len, word, len) == 0;
}

static void
put_words(struct app *app, const char *line, size_t start)
{
	const char *typed = line + start;
	const struct command_def *command;
	const struct key_def *key;
	char name[NAME_SIZE];
	size_t at = start, end, before;

	while (at > 0 && line[at - 1] != ' ')
		at--;
	if (strspn(line, " ") >= at) {
		put_commands(app, typed);
		return;
	}
	snprintf(name, sizeof(name), "%.*s",
	    (int)strcspn(line + strspn(line, " "), " "),
	    line + strspn(line, " "));
	end = strspn(line, " ") + strlen(name);
	before = count_words(line, end, at);
	command = find_rows(name, &key);
	if (typed[0] == '-')
		put_options(command);
	else if (stands_before(line, at, "--on"))
		put_devices(app, typed);
	else if (stands_before(line, at, "--when"))
		words_put_all("now +20s +5m +1h");
	else if (key != NULL && before + (start > at) > 0 &&
	    strcmp(name, "settings") == 0)
		put_behind_key(app, line + end + strspn(line + end, " "),
		    start - end - strspn(line + end, " "));
	else if (start > at && line[start - 1] == '=')
		return; /* a value */
	else if (key != NULL && key->arg != NULL)
		put_argument(app, key->arg, before, typed);
	else if (command != NULL)
		put_argument(app, command->usage, before, typed);
}

const char *
complete_command(const char *line, size_t start, size_t i, void *arg)
{
	struct app *app = arg;
	size_t blanks = strspn(line, " ");
	const char *word;

	line += blanks;
	start -= blanks;
	if (list_command_word(app, line, start, i, &word) ||
	    actions_twin_word(app, line, i, &word))
		return word;
	if (str_starts_with(line, "template "))
		return template_word(app, line, start, i);
	if (i == 0) {
		words_begin();
		put_words(app, line, start);
	}
	return words_at(i);
}
