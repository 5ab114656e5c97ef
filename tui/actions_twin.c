#include "config.h"

#include "tui/actions_twin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/app.h"
#include "tui/pane_twin.h"
#include "tui/twin_tree.h"

#define WORD_SIZE 16

static struct pane *
twin_of(struct app *app)
{
	return app_pane(app, PANE_TWIN);
}

void
action_fold(struct app *app, const char *arg)
{
	(void)arg;
	pane_twin_fold(twin_of(app), true);
}

void
action_unfold(struct app *app, const char *arg)
{
	(void)arg;
	pane_twin_fold(twin_of(app), false);
}

void
action_view(struct app *app, const char *arg)
{
	int view = ((int)pane_twin_view(twin_of(app)) + 1) % TWIN_VIEWS;

	if (arg[0] != '\0') {
		for (view = 0; view < TWIN_VIEWS; view++)
			if (str_starts_with(
				pane_twin_view_name((enum twin_view)view), arg))
				break;
		if (view == TWIN_VIEWS) {
			app_say(app, true,
			    "view: tree, json or difference, not %s", arg);
			return;
		}
	}
	app_set_focus(app, PANE_TWIN);
	pane_twin_set_view(twin_of(app), (enum twin_view)view);
}

static void
say_match(struct app *app, const struct twin_match *match, int step)
{
	const char *words = pane_twin_words(twin_of(app));

	app_clear_message(app);
	if (words[0] == '\0')
		return;
	if (match->total == 0)
		app_say(app, false, "find: no line has %s", words);
	else
		app_say(app, false, "find: %zu of %zu with %s%s", match->rank,
		    match->total, words,
		    !match->wrapped ? ""
			: step < 0  ? ", from the bottom again"
				    : ", from the top again");
}

static void
find(struct app *app, const char *words, int step)
{
	struct twin_match match = pane_twin_find(twin_of(app), words, step);

	say_match(app, &match, step);
}

void
action_find(struct app *app, const char *arg)
{
	app_set_focus(app, PANE_TWIN);
	if (arg[0] != '\0') {
		find(app, arg, 0);
		return;
	}
	pane_twin_find_begin(twin_of(app));
	app_ask(app, APP_PROMPT_FIND, "");
}

bool
actions_twin_word(
    struct app *app, const char *line, size_t i, const char **word)
{
	*word = NULL;
	if (!str_starts_with(line, "find "))
		return false;
	*word = pane_twin_name_at(twin_of(app), i);
	return true;
}

void
actions_twin_find_typed(struct app *app, const char *words)
{
	struct twin_match match = pane_twin_find_typed(twin_of(app), words);

	say_match(app, &match, 0);
}

void
actions_twin_find_end(struct app *app, bool accepted)
{
	struct pane *pane = twin_of(app);

	if (!accepted)
		app_clear_message(app);
	pane_twin_find_end(pane, accepted);
}

static void
find_again(struct app *app, int step)
{
	if (pane_twin_words(twin_of(app))[0] == '\0')
		app_say(app, false, "find: / asks for words first");
	else
		find(app, NULL, step);
}

void
action_find_next(struct app *app, const char *arg)
{
	(void)arg;
	find_again(app, 1);
}

void
action_find_back(struct app *app, const char *arg)
{
	(void)arg;
	find_again(app, -1);
}

static void
step_version(struct app *app, int step)
{
	struct err err;

	app_set_focus(app, PANE_TWIN);
	if (pane_twin_step(twin_of(app), step, &err) == -1)
		app_say(app, false, "%s: %s", step < 0 ? "older" : "newer",
		    err.text);
	else if (pane_twin_past(twin_of(app)) == 0)
		app_say(app, false, "this is the live twin again");
}

void
action_older(struct app *app, const char *arg)
{
	(void)arg;
	step_version(app, -1);
}

void
action_newer(struct app *app, const char *arg)
{
	(void)arg;
	step_version(app, 1);
}

void
action_live(struct app *app, const char *arg)
{
	(void)arg;
	app_set_focus(app, PANE_TWIN);
	pane_twin_go_live(twin_of(app));
}

bool
actions_twin_back(struct app *app)
{
	struct pane *pane = twin_of(app);

	if (pane_twin_past(pane) != 0)
		pane_twin_go_live(pane);
	else if (pane_twin_words(pane)[0] != '\0')
		pane_twin_find(pane, "", 0);
	else
		return false;
	app_clear_message(app);
	return true;
}

void
actions_twin_leave_past(struct app *app)
{
	int64_t past = pane_twin_past(twin_of(app));

	if (past == 0)
		return;
	pane_twin_go_live(twin_of(app));
	app_say(
	    app, false, "what is edited is the live twin, not v%" PRId64, past);
}

/* Which part, and whether it is to be printed; -1: a word is neither. */
static int
parse_copy(struct app *app, const char *arg, enum twin_part *part, bool *print)
{
	char word[WORD_SIZE];
	size_t len;
	int i;

	for (; *(arg += strspn(arg, " ")) != '\0'; arg += len) {
		len = strcspn(arg, " ");
		memcpy(word, arg, len < WORD_SIZE ? len : WORD_SIZE - 1);
		word[len < WORD_SIZE ? len : WORD_SIZE - 1] = '\0';
		if (strcmp(word, "print") == 0) {
			*print = true;
			continue;
		}
		for (i = 0; i < TWIN_PARTS; i++)
			if (strcmp(word,
				pane_twin_part_name((enum twin_part)i)) == 0)
				break;
		if (i == TWIN_PARTS) {
			app_say(app, true,
			    "copy: path, value, section or twin, not %s", word);
			return -1;
		}
		*part = (enum twin_part)i;
	}
	return 0;
}

static void
print_later(
    struct app *app, const char *text, const char *what, const char *why)
{
	struct err err;

	if (app_print_later(app, text, &err) == -1)
		app_say(app, true, "copy: %s", err.text);
	else
		app_say(app, false, "%s%s is printed when the deck is left",
		    why, what);
}

static void
copy(struct app *app, enum twin_part part, bool print)
{
	struct pane *pane = twin_of(app);
	struct err err;
	char *what, *why = NULL, *text;
	int64_t past = pane_twin_past(pane);

	text = pane_twin_part(pane, part, &what, &err);
	if (text == NULL) {
		app_say(app, true, "copy: %s", err.text);
	} else if (print) {
		print_later(app, text, what, "");
	} else if (app_copy(app, text, &err) == 0) {
		if (past != 0)
			app_say(app, false,
			    "copied %s in v%" PRId64 ", %zu byte%s", what, past,
			    strlen(text), strlen(text) == 1 ? "" : "s");
		else
			app_say(app, false, "copied %s, %zu byte%s", what,
			    strlen(text), strlen(text) == 1 ? "" : "s");
	} else if (err.code == ERR_UNSUPPORTED) {
		why = xasprintf("%s: ", err.text);
		print_later(app, text, what, why);
	} else {
		app_say(app, true, "copy: %s; :copy %s print does without",
		    err.text, pane_twin_part_name(part));
	}
	free(why);
	free(what);
	free(text);
}

void
action_copy(struct app *app, const char *arg)
{
	enum twin_part part = TWIN_PART_VALUE;
	bool print = false;

	if (parse_copy(app, arg, &part, &print) == 0)
		copy(app, part, print);
}

void
action_copy_path(struct app *app, const char *arg)
{
	(void)arg;
	copy(app, TWIN_PART_PATH, false);
}

static void
set_level(struct app *app, int level)
{
	struct pane *pane = twin_of(app);

	if (pane_twin_view(pane) != TWIN_TREE) {
		app_say(app, false, "level: only the tree folds");
		return;
	}
	level = pane_twin_set_level(pane, level);
	if (level == TWIN_LEVEL_ALL)
		app_say(app, false, "all is unfolded");
	else
		app_say(app, false, "unfolded to level %d", level);
}

void
action_level(struct app *app, const char *arg)
{
	int64_t level;

	if (strcmp(arg, "all") == 0)
		set_level(app, TWIN_LEVEL_ALL);
	else if (str_to_int64(arg, 0, TWIN_LEVEL_ALL, &level) == 0)
		set_level(app, (int)level);
	else
		app_say(app, true, "level: a number, or all");
}

void
action_unfold_more(struct app *app, const char *arg)
{
	int level = pane_twin_level(twin_of(app));

	(void)arg;
	set_level(app, level == TWIN_LEVEL_ALL ? level : level + 1);
}

void
action_fold_more(struct app *app, const char *arg)
{
	int level = pane_twin_level(twin_of(app));

	(void)arg;
	if (level == TWIN_LEVEL_ALL)
		level = pane_twin_depth(twin_of(app));
	set_level(app, level - 1);
}

static void
to_sibling(struct app *app, int step)
{
	if (!pane_twin_to_sibling(twin_of(app), step))
		app_say(app, false, "this is the %s on this branch",
		    step > 0 ? "last" : "first");
}

void
action_sibling(struct app *app, const char *arg)
{
	(void)arg;
	to_sibling(app, 1);
}

void
action_sibling_back(struct app *app, const char *arg)
{
	(void)arg;
	to_sibling(app, -1);
}

void
action_parent(struct app *app, const char *arg)
{
	(void)arg;
	pane_twin_to_parent(twin_of(app));
}
