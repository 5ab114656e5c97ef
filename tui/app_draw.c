#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/profile.h"
#include "core/deck/select.h"
#include "core/deck/watch.h"
#include "tui/app_state.h"
#include "tui/canvas.h"
#include "tui/dialog.h"
#include "tui/keys.h"
#include "tui/pane.h"
#include "tui/prompt.h"

#define COLS_HEADER_WIDE 100
#define BADGE_WIDTH 9 /* "live", "30 min" */

/* "live", the age of what is seen, or that the hub does not answer. */
static enum style
write_badge(const struct app *app, int64_t now_ms, char *out, size_t size)
{
	const struct watch_health *health;
	const char *words;
	char age[TIME_SIZE];
	int64_t next_s;

	if (app->hold != HOLD_OFF) {
		snprintf(out, size, "HOLD");
		return STYLE_ALERT;
	}
	if (app->deck == NULL) {
		snprintf(
		    out, size, app_has_error(app) ? "stopped" : "starting");
		return app_has_error(app) ? STYLE_ALERT : STYLE_BUSY;
	}
	health = watch_health(deck_watch(app->deck));
	if (!health->ever && health->err.code == ERR_NONE) {
		snprintf(out, size, "connecting");
		return STYLE_BUSY;
	}
	if (health->ok) {
		snprintf(out, size, "%s",
		    age_format(age, now_ms - health->fresh_ms));
		return STYLE_GOOD;
	}
	next_s = (health->next_try_ms - now_ms + 999) / 1000;
	words = health->err.code == ERR_UNAUTHORIZED ? "not authorized"
	    : health->err.code == ERR_THROTTLED      ? "throttled"
	    : health->err.code == ERR_UNREACHABLE ||
		health->err.code == ERR_UNKNOWN ||
		health->err.code == ERR_TIMEOUT
	    ? "no answer"
	    : "refused";
	if (next_s > 0)
		snprintf(
		    out, size, "%s, next try in %" PRId64 " s", words, next_s);
	else
		snprintf(out, size, "%s, trying again", words);
	return STYLE_ALERT;
}

/* The panes that there is no room for. */
static const char *const tabs[] = { "1 devices", "2 twin", "3 jobs" };

#define N_TABS (sizeof(tabs) / sizeof(tabs[0]))

static void
draw_tabs(const struct app *app, struct area a)
{
	size_t i;
	int x = 1;

	for (i = 0; i < N_TABS; i++)
		x = area_put(a, 0, x,
			i == app->focus ? STYLE_BUTTON : STYLE_TEXT, tabs[i]) +
		    2;
}

enum pane_id
app_tab_at(const struct app *app, int x)
{
	int begin = 1, end;
	size_t i;

	for (i = 0; i < N_TABS && app->layout.tabs; i++) {
		end = begin + (int)strlen(tabs[i]);
		if (x >= begin && x < end)
			return (enum pane_id)i;
		begin = end + 2;
	}
	return PANES;
}

static void
draw_header(const struct app *app, struct area a, int64_t now_ms)
{
	const struct fleet *fleet;
	char badge[96], counts[128] = "";
	enum style style = write_badge(app, now_ms, badge, sizeof(badge));
	int x, end;

	/* A badge as short as usual leaves all else where it stands. */
	end = area_put_right(a, 0, a.cols - 1, style, badge) - 2;
	if (end > a.cols - BADGE_WIDTH)
		end = a.cols - BADGE_WIDTH;
	a.cols = end;
	if (app->layout.tabs) {
		draw_tabs(app, a);
		return;
	}
	x = area_put(a, 0, 1, STYLE_STRONG, "twindeck");
	x = area_put_fit(a, 0, x + 2, end - x - 3, STYLE_TEXT, app->title);
	if (profile_is_yes(app->profile, "danger"))
		x = area_put(a, 0, x + 2, STYLE_STRONG, "danger");
	if (app->deck == NULL)
		return;
	fleet = deck_fleet(app->deck);
	if (fleet_size(fleet) == 0 && !fleet_is_complete(fleet))
		return;
	if (a.cols >= COLS_HEADER_WIDE)
		snprintf(counts, sizeof(counts),
		    "%zu%s device%s  %zu linked  %zu marked", fleet_size(fleet),
		    fleet_is_complete(fleet) ? "" : "+",
		    fleet_size(fleet) == 1 ? "" : "s", fleet_linked(fleet),
		    fleet_marked(fleet));
	else
		snprintf(counts, sizeof(counts), "%zu/%zu%s linked  %zu marked",
		    fleet_linked(fleet), fleet_size(fleet),
		    fleet_is_complete(fleet) ? "" : "+", fleet_marked(fleet));
	if (x + 2 + area_width(a, counts) <= end - 1)
		area_put_right(a, 0, end - 2, STYLE_TEXT, counts);
}

static void
draw_message(const struct app *app, struct area a, int64_t now_ms)
{
	const struct watch_health *health = NULL;

	(void)now_ms;
	if (app->deck != NULL)
		health = watch_health(deck_watch(app->deck));
	if (app->dialog == NULL && app->asks != APP_PROMPT_NONE) {
		area_put(a, 0, 0, STYLE_KEY,
		    app->asks == APP_PROMPT_COMMAND ? ":" : "/");
		prompt_draw(a, 0, 1, a.cols - 1, STYLE_TEXT);
		return;
	}
	if (app->select != NULL && select_is_running(app->select) &&
	    !app_has_error(app)) {
		area_putf(a, 0, 1, STYLE_BUSY, "select: %s   Esc gives up",
		    select_progress(app->select));
		return;
	}
	if (app->message != NULL)
		area_put_fit(a, 0, 1, a.cols - 2,
		    app->message_is_error ? STYLE_BAD : STYLE_TEXT,
		    app->message);
	else if (health != NULL && !health->ok && health->err.code != ERR_NONE)
		area_put_fit(a, 0, 1, a.cols - 2, STYLE_BAD, health->err.text);
}

/* What completion found, while a prompt is open. */
static bool
draw_matches(const struct app *app, struct area a)
{
	const char *const *matches;
	size_t i, n;
	int x = 1;

	if (app->asks == APP_PROMPT_NONE || app->dialog != NULL)
		return false;
	matches = prompt_matches(&n);
	for (i = 0; i < n; i++) {
		int width = area_width(a, matches[i]);

		if (x + width + 8 > a.cols && i + 1 < n) {
			area_putf(a, 0, x, STYLE_DIM, "+%zu", n - i);
			break;
		}
		x = area_put(a, 0, x, STYLE_TEXT, matches[i]) + 2;
	}
	return n > 0;
}

static int
footer_width(struct area a, const struct key_def *def)
{
	char name[KEY_NAME_SIZE];

	return area_width(a, key_label(def->keys[0], name)) + 1 +
	    (int)strlen(def->label) + 2;
}

static int
put_footer(struct area a, int x, const struct key_def *def)
{
	char name[KEY_NAME_SIZE];

	x = area_put(a, 0, x, STYLE_KEY, key_label(def->keys[0], name));
	return area_put(a, 0, x + 1, STYLE_TEXT, def->label) + 2;
}

/*
 * As many keys as fit, in the order of the table; those that serve everywhere
 * stand last, and help and quit always fit.
 */
static void
draw_keys(const struct app *app, struct area a)
{
	const struct key_def *def, *help = keys_find('?', IN_ALL);
	const struct key_def *quit = keys_find('q', IN_ALL);
	const struct key_def *command = keys_find(':', IN_ALL);
	int x = 1, end = a.cols + 1, where = 1 << (int)app->focus;
	int last = footer_width(a, help) + footer_width(a, quit);
	bool commands = false;

	for (def = key_table; def->name != NULL; def++) {
		if (def->label == NULL || (def->where & where) == 0 ||
		    def == help || def == quit)
			continue;
		if (strcmp(def->name, "twin") == 0 &&
		    (app_is_wide(app) || app->focus == PANE_TWIN))
			continue;
		if (x + footer_width(a, def) + last > end)
			continue;
		if (def == command) {
			last += footer_width(a, def);
			commands = true;
		} else {
			x = put_footer(a, x, def);
		}
	}
	if (x + last > end)
		return;
	if (commands)
		x = put_footer(a, x, command);
	put_footer(a, put_footer(a, x, help), quit);
}

static void
draw_footer(const struct app *app, struct area a)
{
	if (app->dialog != NULL) {
		area_put_fit(a, 0, 1, a.cols - 2, STYLE_DIM,
		    dialog_keys(app->dialog));
		return;
	}
	if (app->asks == APP_PROMPT_FILTER && app->filter_fault != NULL) {
		area_put_fit(
		    a, 0, 1, a.cols - 2, STYLE_BAD, app->filter_fault);
		return;
	}
	if (draw_matches(app, a))
		return;
	if (app->asks != APP_PROMPT_NONE) {
		area_put_fit(a, 0, 1, a.cols - 2, STYLE_DIM,
		    app->asks == APP_PROMPT_FIND && app->message != NULL
			? app->message
			: app->asks == APP_PROMPT_FIND
			? "words in names and values   Enter go   Esc back"
			: app->asks == APP_PROMPT_COMMAND
			? "Enter run   Tab complete   Up earlier   Esc leave"
			: "word !word ~fuzzy tag.site:brno fw:applying "
			  "link:off door:locked marked @saved");
		return;
	}
	draw_keys(app, a);
}

static void
draw_tiny(const struct app *app, struct area a)
{
	char text[128] = "twindeck: starting";

	if (app->deck != NULL)
		snprintf(text, sizeof(text),
		    "%zu devices, %zu jobs run; too small to show",
		    fleet_size(deck_fleet(app->deck)),
		    jobs_active(deck_jobs(app->deck)));
	area_put_fit(a, 0, 0, a.cols, STYLE_TEXT, text);
	area_set_cursor(a, 0, 0, false);
}

void
app_draw_held(const struct app *app, struct canvas *canvas)
{
	struct area a = area_all(canvas);

	if (app->hold_words == NULL || app->layout.tiny)
		return;
	a = area_sub(a, app->layout.message, 0, 1, a.cols);
	area_clear(a);
	area_put_fit(a, 0, 1, a.cols - 2, STYLE_TEXT, app->hold_words);
}

void
app_draw_screen(const struct app *app, struct canvas *canvas, int64_t now_ms,
    int64_t now_us)
{
	const struct layout *l = &app->layout;
	struct area all = area_all(canvas);
	struct look look = { .now_ms = now_ms, .now_us = now_us };
	const struct rect *r;
	size_t i;

	canvas_clear(canvas);
	if (l->tiny) {
		draw_tiny(app, all);
		return;
	}
	for (i = 0; i < PANES; i++) {
		r = &l->panes[i];
		if (r->rows == 0)
			continue;
		look.focused = i == app->focus && app->dialog == NULL &&
		    app->asks == APP_PROMPT_NONE;
		look.number = l->numbered && i < PANE_JOB ? (int)i + 1 : 0;
		app->panes[i]->ops->draw(app->panes[i],
		    area_sub(all, r->y, r->x, r->rows, r->cols), &look);
	}
	if (l->header >= 0)
		draw_header(
		    app, area_sub(all, l->header, 0, 1, all.cols), now_ms);
	if (l->header >= 0 && profile_is_yes(app->profile, "danger"))
		area_highlight(all, l->header);
	draw_message(app, area_sub(all, l->message, 0, 1, all.cols), now_ms);
	if (l->footer >= 0)
		draw_footer(app, area_sub(all, l->footer, 0, 1, all.cols));
	if (app->dialog != NULL)
		dialog_draw(app->dialog,
		    area_sub(all, l->header + 1, 0, l->message - l->header - 1,
			all.cols));
}
