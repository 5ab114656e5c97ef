/* Texts that an editor had when a deck died: said at the start, taken up. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/merge3.h"
#include "core/deck/section.h"
#include "tui/app.h"
#include "tui/dialogs.h"
#include "tui/edit.h"
#include "tui/editor.h"
#include "tui/kept.h"

#define MINUTE_SIZE (sizeof("2026-11-21 14:03"))

static void
format_minute(char out[MINUTE_SIZE], int64_t at_us)
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_format_log(stamp, at_us);
	snprintf(out, MINUTE_SIZE, "%.*s", (int)MINUTE_SIZE - 1, stamp);
}

static struct kept_of
what(struct app *app, const struct edit *e)
{
	return (struct kept_of){ .place = deck_place(app_deck(app)),
		.section = e->section,
		.ids = e->ids,
		.n = e->n };
}

struct kept *
edit_kept_new(struct app *app, const struct edit *e)
{
	const struct kept_of of = what(app, e);

	return kept_new(&of);
}

void
edit_kept_note(struct app *app, struct edit *e)
{
	const struct kept_of of = what(app, e);
	struct kept *kept = e->note == NULL ? kept_find(&of) : NULL;
	char minute[MINUTE_SIZE];

	if (kept == NULL)
		return;
	format_minute(minute, kept_at_us(kept));
	e->note = xasprintf(
	    "What was edited here was kept %s: ^O goes on with it.", minute);
	kept_leave(kept);
}

char *
edit_kept_take(struct app *app, struct edit *e)
{
	const struct kept_of of = what(app, e);
	struct kept *kept = kept_find(&of);
	char *text = kept != NULL ? kept_text(kept) : NULL;
	char minute[MINUTE_SIZE];

	if (text == NULL) {
		kept_leave(kept);
		return NULL;
	}
	format_minute(minute, kept_at_us(kept));
	edit_set_json(&e->base, cJSON_Duplicate(kept_base(kept), true));
	e->from = xasprintf("This was edited before and kept %s, as it was not "
			    "sent; to throw it away, leave nothing here.",
	    minute);
	if (kept_beside(kept) != NULL)
		e->beside = xasprintf(
		    "The editor left %s beside it then.", kept_beside(kept));
	e->editor = editor_new(app, kept);
	return text;
}

void
edit_kept_forget(struct edit *e)
{
	edit_set_json(&e->base, NULL);
	free(e->from);
	free(e->beside);
	e->from = e->beside = NULL;
}

bool
edit_kept_is_stale(const struct edit *e)
{
	return e->base != NULL && !json_equal(e->base, e->opened);
}

void
edit_kept_merge(struct edit *e)
{
	if (edit_kept_is_stale(e)) {
		edit_set_json(
		    &e->mine, merge3(e->base, e->opened, e->mine, false));
		edit_set_text(&e->note,
		    "It has been written since: what you did not change "
		    "stays.");
	}
	edit_kept_forget(e);
}

/* The last one is what the message line shows: it tells of the others. */
struct news {
	struct app *app;
	char *words; /* owned; not said yet, or NULL */
	size_t said;
};

static char *
words_of(const struct kept_of *of, int64_t at_us)
{
	const char *word = section_word(of->section);
	const char *key = of->section == TWIN_TAGS ? "T" : "E";
	char minute[MINUTE_SIZE];

	format_minute(minute, at_us);
	if (of->n == 1)
		return xasprintf(
		    "edited %s of %s was kept %s; %s goes on with it", word,
		    of->ids[0], minute, key);
	return xasprintf("edited %s of %zu devices (%s, …) was kept %s; mark "
			 "them, and %s goes on with it",
	    word, of->n, of->ids[0], minute, key);
}

static void
say_next(const struct kept_of *of, int64_t at_us, void *arg)
{
	struct news *news = arg;

	if (news->words != NULL) {
		app_say(news->app, false, "%s", news->words);
		news->said++;
	}
	free(news->words);
	news->words = words_of(of, at_us);
}

void
dialog_edit_say_kept(struct app *app)
{
	struct news news = { .app = app };

	kept_walk(deck_place(app_deck(app)), say_next, &news);
	if (news.words != NULL && news.said > 0)
		app_say(
		    app, false, "%s; %zu more: see i", news.words, news.said);
	else if (news.words != NULL)
		app_say(app, false, "%s", news.words);
	free(news.words);
}
