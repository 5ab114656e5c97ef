/* The help: keys of a pane, or whatever has the words that are looked for. */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/deck/filter.h"
#include "core/deck/profile.h"
#include "tui/app.h"
#include "tui/columns.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/keys.h"

#define HEAD_SIZE 160

/* Whether each of the words stands in the text, without case. */
static bool
has_words(const char *text, const char *words)
{
	char *copy = xstrdup(words), *rest = copy, *word;
	bool has = true;

	while (has && (word = strsep(&rest, " ")) != NULL)
		has = strcasestr(text, word) != NULL;
	free(copy);
	return has;
}

static bool
put(struct dialog *d, const char *words, const char *head, const char *help)
{
	char *text = xasprintf("%s %s", head, help);
	bool has = has_words(text, words);

	if (has)
		dialog_item(d, STYLE_TEXT, head, help);
	free(text);
	return has;
}

/* Rows with a key, or those that have only a name. */
static size_t
put_keys(struct dialog *d, int where, bool with_key, const char *words)
{
	char keys[KEYS_NAMES_SIZE], head[HEAD_SIZE];
	const struct key_def *def;
	size_t n = 0;

	for (def = key_table; def->name != NULL; def++) {
		if ((def->where & where) == 0 ||
		    (def->keys[0] != 0) != with_key)
			continue;
		if (with_key)
			snprintf(head, sizeof(head), "%-11s %-14s ",
			    keys_names(def, keys), def->name);
		else
			snprintf(head, sizeof(head), ":%-10s %-14s ", def->name,
			    def->arg != NULL ? def->arg : "");
		n += put(d, words, head, def->help);
	}
	return n;
}

static size_t
put_commands(struct dialog *d, const char *words)
{
	const struct command_def *command;
	char head[HEAD_SIZE];
	size_t n = 0;
	int width;

	for (command = command_table; command->name != NULL; command++) {
		if ((command->needs & COMMAND_ONE_SHOT_ONLY) != 0 ||
		    keys_find_name(command->name) != NULL)
			continue;
		/* printf() pads by bytes. */
		width = 14 + (int)strlen(command->usage) -
		    utf8_characters(command->usage);
		snprintf(head, sizeof(head), ":%-10s %-*s ", command->name,
		    width, command->usage);
		n += put(d, words, head, command->help);
	}
	return n;
}

static size_t
put_settings(struct dialog *d, const char *words)
{
	const struct profile_def *def;
	char head[HEAD_SIZE];
	size_t n = 0;

	for (def = profile_table; def->name != NULL; def++) {
		snprintf(head, sizeof(head), "%-25s ", def->name);
		n += put(d, words, head, def->help);
	}
	return n;
}

/* What may stand behind '/', and the columns that the list may have. */
static size_t
put_list(struct dialog *d, const char *words)
{
	const struct filter_field *field;
	const struct column_def *column;
	char name[HEAD_SIZE / 2], head[HEAD_SIZE];
	const char *values;
	size_t n = 0;

	for (field = filter_fields; field->name != NULL; field++) {
		values = field->values != NULL ? field->values : "";
		snprintf(name, sizeof(name), "%s%s%s", field->name,
		    values[0] != '\0' ? ":" : "", values);
		snprintf(head, sizeof(head), "filter %-25s ", name);
		n += put(d, words, head, field->help);
	}
	for (column = column_table; column->name != NULL; column++) {
		snprintf(head, sizeof(head), "column %-25s ", column->name);
		n += put(d, words, head, column->help);
	}
	return n;
}

static void
find(struct dialog *d, const char *words)
{
	size_t n = put_keys(d, IN_ALL, true, words);

	n += put_keys(d, IN_ALL, false, words);
	n += put_commands(d, words);
	n += put_settings(d, words);
	n += put_list(d, words);
	if (n == 0)
		dialog_text(d, STYLE_TEXT,
		    "No key, command or setting has these words.");
}

void
dialog_help_open(struct app *app, int where, const char *words)
{
	static const char *const names[] = { "devices", "twin", "jobs", "job",
		"traffic" };
	struct dialog *d;
	char title[64];

	if (*words != '\0')
		snprintf(title, sizeof(title), "Help: %.40s", words);
	else
		snprintf(title, sizeof(title), "Keys: %s",
		    names[app_focus(app) < PANES ? app_focus(app) : 0]);
	d = dialog_reading_new(app, title);
	if (*words != '\0')
		find(d, words);
	else {
		put_keys(d, where, true, "");
		dialog_gap(d);
		put_keys(d, where, false, "");
		put_commands(d, "");
		dialog_gap(d);
		put_list(d, "");
		dialog_gap(d);
		dialog_text(d, STYLE_DIM,
		    "The second column is what a key is called behind ':'; "
		    ":help WORDS searches all of them. "
		    "Marks: ● connected  ○ not connected  * changed just now  "
		    "! failed  ≠ reported differs from desired.");
	}
	app_open(app, d);
}
