/*
 * The prompts of the last line: what is asked, what acts as it is typed, and
 * what becomes of it.
 */
#include "config.h"

#include "tui/app.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/filter.h"
#include "core/deck/fleet_view.h"
#include "tui/actions_twin.h"
#include "tui/app_state.h"
#include "tui/complete.h"
#include "tui/key.h"
#include "tui/list_settings.h"
#include "tui/list_words.h"
#include "tui/pane_devices.h"
#include "tui/prompt.h"
#include "tui/recall.h"

/* What their histories are called. */
static const char *const prompt_kinds[] = {
	[APP_PROMPT_COMMAND] = "command",
	[APP_PROMPT_FILTER] = "filter",
	[APP_PROMPT_FIND] = "find",
};

void
app_ask(struct app *app, enum app_prompt kind, const char *text)
{
	struct fleet_view *view = pane_devices_view(app->panes[PANE_DEVICES]);

	app->asks = kind;
	if (kind == APP_PROMPT_FILTER && view != NULL) {
		free(app->filter_before);
		app->filter_before = xstrdup(fleet_view_filter(view));
	}
	if (kind == APP_PROMPT_COMMAND)
		prompt_open(app->recall, prompt_kinds[kind], text,
		    complete_command, app);
	else if (kind == APP_PROMPT_FILTER)
		prompt_open(app->recall, prompt_kinds[kind], text,
		    list_filter_word, app);
	else
		prompt_open(app->recall, prompt_kinds[kind], text, NULL, NULL);
}

/*
 * "lin" finds nothing, and will be "link:off" in a moment: until then the
 * words in front of it hold.
 */
static void
look_ahead(struct app *app, const char *text)
{
	struct pane *pane = app->panes[PANE_DEVICES];
	struct filter *filter;
	size_t head;
	char *words;

	if (fleet_view_size(pane_devices_view(pane)) > 0 ||
	    !filter_is_half_typed(text, &head))
		return;
	words = xstrndup(text, head);
	filter = list_settings_filter(app, words, NULL);
	if (filter != NULL)
		pane_devices_take_filter(pane, filter);
	free(words);
}

/*
 * What is half typed may be no filter yet: the last good one stays, and what
 * is wrong stands below until it is right.
 */
static void
set_filter(struct app *app, const char *text, bool is_typing)
{
	struct pane *pane = app->panes[PANE_DEVICES];
	struct filter *filter;
	struct err err;

	free(app->filter_fault);
	app->filter_fault = NULL;
	if (pane_devices_view(pane) == NULL)
		return;
	app_clear_message(app);
	filter = list_settings_filter(app, text, &err);
	if (filter != NULL)
		pane_devices_take_filter(pane, filter);
	if (filter != NULL && is_typing)
		look_ahead(app, text);
	else if (filter == NULL && is_typing)
		app->filter_fault = xstrdup(err.text);
	else if (filter == NULL)
		app_say(app, true, "filter: %s", err.text);
}

void
app_prompt_typed(struct app *app)
{
	if (app->asks == APP_PROMPT_FILTER)
		set_filter(app, prompt_text(), true);
	else if (app->asks == APP_PROMPT_FIND)
		actions_twin_find_typed(app, prompt_text());
}

static void
end_prompt(struct app *app, bool accepted)
{
	enum app_prompt kind = app->asks;
	char *line = xstrdup(prompt_text()), *text = str_trim(line);

	app->asks = APP_PROMPT_NONE;
	prompt_close();
	if (accepted)
		recall_add(app->recall, prompt_kinds[kind], text);
	if (kind == APP_PROMPT_FILTER)
		set_filter(
		    app, accepted ? text : app->filter_before, false);
	else if (kind == APP_PROMPT_FIND)
		actions_twin_find_end(app, accepted);
	else if (accepted)
		app_run_line(app, text);
	free(line);
}

void
app_prompt_key(struct app *app, int32_t key)
{
	/* Rubbing out more than there is leaves, as in any pager. */
	if (key == KEYS_BACKSPACE && prompt_text()[0] == '\0')
		key = KEYS_ESC;
	switch (prompt_key(key)) {
	case PROMPT_EDITING:
		app_prompt_typed(app);
		break;
	case PROMPT_ACCEPTED:
		end_prompt(app, true);
		break;
	case PROMPT_CANCELLED:
		end_prompt(app, false);
		break;
	}
}
