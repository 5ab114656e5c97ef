/*
 * What a user does goes to a record, if one is kept, and to the screen.
 */
#include "config.h"

#include "tui/app.h"

#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "tui/app_state.h"
#include "tui/dialog.h"
#include "tui/keys.h"
#include "tui/prompt.h"
#include "tui/record.h"

/* Played again, the devices are to be there first, as they are now. */
static void
begin(struct app *app)
{
	size_t n = app->deck != NULL ? fleet_size(deck_fleet(app->deck)) : 0;
	char seen[64];

	if (n == 0)
		return;
	snprintf(seen, sizeof(seen), "%zu of %zu", n, n);
	record_begin(app->record, seen);
}

int
app_record(struct app *app, const char *path, struct err *err)
{
	struct record *record = NULL;

	if (path != NULL && app->record != NULL)
		return err_set(err, ERR_BUSY, "%s is being recorded already",
		    record_path(app->record));
	if (path != NULL && (record = record_new(path, err)) == NULL)
		return -1;
	record_free(app->record);
	app->record = record;
	if (record != NULL)
		begin(app);
	return 0;
}

const char *
app_recorded(const struct app *app)
{
	return app->record != NULL ? record_path(app->record) : NULL;
}

/* How the program is left or painted is no part of what was done. */
static bool
is_about_the_program(const struct key_def *def)
{
	static const char *const names[] = { "quit", "suspend", "repaint" };
	size_t i;

	for (i = 0; def != NULL && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(def->name, names[i]) == 0)
			return true;
	return false;
}

static bool
is_typed(int32_t key)
{
	return prompt_is_open() && key >= ' ' && key < KEYS_UP &&
	    key != KEYS_BACKSPACE;
}

/* The dialog may be the same, shown anew: its title tells. */
static void
look_after(struct app *app, const struct dialog *before)
{
	struct err err;

	if (prompt_is_open())
		record_look(app->record, prompt_text());
	if (app->dialog != NULL && app->dialog != before)
		record_opened(app->record, dialog_title(app->dialog));
	if (record_check(app->record, &err) == -1) {
		app_record(app, NULL, NULL);
		app_say(app, true, "record: %s", err.text);
	}
}

void
app_record_key(struct app *app, int32_t key)
{
	bool in_pane = app->dialog == NULL && app->asks == APP_PROMPT_NONE;
	const struct dialog *before = app->dialog;
	const struct key_def *def = NULL;

	if (in_pane)
		def = keys_find(key, 1 << (int)app->focus);
	if (app->record == NULL || is_about_the_program(def) ||
	    (in_pane && def == NULL)) {
		app_press(app, key);
		return;
	}
	record_key(
	    app->record, key, is_typed(key), def != NULL ? def->help : NULL);
	app->in_press = true;
	app_press(app, key);
	app->in_press = false;
	if (app->record != NULL) /* the key may have ended it */
		look_after(app, before);
}
