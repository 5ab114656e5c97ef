#include "config.h"

#include "tui/app.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/options.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/packets.h"
#include "core/deck/profile.h"
#include "core/deck/select.h"
#include "core/deck/watch.h"
#include "tui/actions_go.h"
#include "tui/actions_twin.h"
#include "tui/app_state.h"
#include "tui/complete.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/keys.h"
#include "tui/list_settings.h"
#include "tui/list_words.h"
#include "tui/pane.h"
#include "tui/pane_devices.h"
#include "tui/pane_job.h"
#include "tui/pane_jobs.h"
#include "tui/pane_traffic.h"
#include "tui/pane_twin.h"
#include "tui/prompt.h"
#include "tui/recall.h"
#include "tui/templates.h"

#define TWIN_PATIENCE_MS 250
#define FLEET_FEW 100 /* devices: the first page of the list */

struct app *
app_new(const char *title, struct recall *recall, const struct app_ops *ops,
    void *arg)
{
	struct app *app = xcalloc(1, sizeof(*app));

	app->ops = ops;
	app->arg = arg;
	app->title = xstrdup(title);
	app->recall = recall;
	app->own_profile = profile_new(NULL, NULL);
	app->profile = app->own_profile;
	app->panes[PANE_DEVICES] = pane_devices_new();
	app->panes[PANE_TWIN] = pane_twin_new();
	app->panes[PANE_JOBS] = pane_jobs_new();
	app->panes[PANE_JOB] = pane_job_new();
	app->panes[PANE_TRAFFIC] = pane_traffic_new();
	app_resize(app, 24, 80);
	return app;
}

void
app_free(struct app *app)
{
	size_t i;

	if (app == NULL)
		return;
	app_set_deck(app, NULL);
	prompt_close();
	dialog_free(app->dialog);
	dialog_free(app->closed);
	for (i = 0; i < PANES; i++)
		app->panes[i]->ops->free(app->panes[i]);
	for (i = 0; i < APP_LOG_MAX; i++)
		free(app->log[i].text);
	profile_free(app->own_profile);
	free(app->title);
	free(app->filter_before);
	free(app->filter_fault);
	free(app->message);
	free(app->hold_words);
	free(app->theme);
	free(app->theme_asked);
	free(app->watched);
	free(app->pinned);
	free(app->sought);
	free(app);
}

static void
bury(struct app *app)
{
	dialog_free(app->closed);
	app->closed = NULL;
}

void
app_seek(struct app *app, const char *device_id, bool opens)
{
	char *copy = xstrdup(device_id);

	free(app->sought);
	app->sought = copy;
	app->sought_opens = opens;
	watch_find(deck_watch(app->deck), device_id);
}

static void
take_found(struct app *app, const struct deck_found *found)
{
	if (app->sought == NULL || strcmp(app->sought, found->device_id) != 0)
		return;
	free(app->sought);
	app->sought = NULL;
	action_go_found(app, found, app->sought_opens);
}

/* Page by page, hundreds a second: what they bring is seen at the next tick. */
static bool
is_loading_more(const struct app *app)
{
	const struct fleet *fleet = deck_fleet(app->deck);

	return !fleet_is_complete(fleet) && fleet_size(fleet) > FLEET_FEW;
}

static void
on_deck_event(int kind, const void *news, void *arg)
{
	const struct deck_message *message = news;
	struct app *app = arg;

	if (kind == DECK_TRAFFIC && app->focus != PANE_TRAFFIC)
		return;
	if (kind == DECK_MESSAGE)
		app_say(app, message->is_error, "%s", message->text);
	else if (kind == DECK_FOUND)
		take_found(app, news);
	else if (kind == DECK_TWIN)
		app->twin_changed = true;
	if (app->dialog != NULL)
		dialog_event(app->dialog, kind);
	bury(app);
	if (kind == DECK_FLEET && is_loading_more(app))
		return;
	app->ops->wake(app->arg);
}

void
app_set_notice(struct app *app, const char *notice)
{
	pane_devices_set_notice(app->panes[PANE_DEVICES], notice);
	app->ops->wake(app->arg);
}

void
app_set_deck(struct app *app, struct deck *deck)
{
	size_t i;

	if (app->deck != NULL)
		events_unsubscribe(app->subscription);
	app->subscription = NULL;
	select_free(app->select);
	app->select = NULL;
	app->deck = deck;
	for (i = 0; i < PANES; i++)
		app->panes[i]->deck = deck;
	pane_devices_set_deck(app->panes[PANE_DEVICES], deck);
	pane_job_set(app->panes[PANE_JOB], NULL);
	if (deck == NULL)
		return;
	app->subscription =
	    events_subscribe(deck_events(deck), on_deck_event, app);
	app->select = select_new(deck);
	app_set_notice(app, NULL);
	list_settings_load(app);
}

struct deck *
app_deck(const struct app *app)
{
	return app->deck;
}

void
app_set_profile(struct app *app, struct profile *profile)
{
	app->profile = profile;
	app_use_settings(app);
}

struct profile *
app_profile(const struct app *app)
{
	return app->profile;
}

struct select *
app_select(const struct app *app)
{
	return app->select;
}

struct recall *
app_recall(const struct app *app)
{
	return app->recall;
}

const char *
app_title(const struct app *app)
{
	return app->title;
}

void
app_set_title(struct app *app, const char *title)
{
	free(app->title);
	app->title = xstrdup(title);
}

int
app_open_hub(struct app *app, const char *name, struct err *err)
{
	if (app->ops->open_hub == NULL)
		return err_set(err, ERR_UNSUPPORTED,
		    "there is only this one hub here");
	return app->ops->open_hub(name, err, app->arg);
}

struct pane *
app_pane(const struct app *app, enum pane_id id)
{
	return app->panes[id];
}

enum pane_id
app_focus(const struct app *app)
{
	return app->focus;
}

static void
lay_out(struct app *app)
{
	size_t i;

	layout_compute(&app->layout, app->rows, app->cols, app->focus,
	    app->upper, app->zoomed);
	for (i = 0; i < PANES; i++) {
		if (app->layout.panes[i].rows == 0)
			continue;
		app->panes[i]->rows = app->layout.panes[i].rows;
		app->panes[i]->cols = app->layout.panes[i].cols;
	}
}

void
app_resize(struct app *app, int rows, int cols)
{
	app->rows = rows;
	app->cols = cols;
	lay_out(app);
	if (app->hold == HOLD_ON)
		app->hold = HOLD_NEXT; /* it has to be drawn anew */
}

enum pane_id
app_under(const struct app *app)
{
	return app->under;
}

void
app_set_focus(struct app *app, enum pane_id id)
{
	if (id >= PANE_JOB && app->focus < PANE_JOB)
		app->under = app->focus;
	if (id == PANE_DEVICES || id == PANE_TWIN)
		app->upper = id;
	app->focus = id;
	lay_out(app);
}

void
app_toggle_zoom(struct app *app)
{
	app->zoomed = !app->zoomed;
	lay_out(app);
}

bool
app_is_zoomed(const struct app *app)
{
	return app->zoomed;
}

bool
app_is_wide(const struct app *app)
{
	return app->layout.panes[PANE_DEVICES].rows > 0 &&
	    app->layout.panes[PANE_TWIN].rows > 0;
}

size_t
app_targets(const struct app *app, char ***ids)
{
	const char *id = pane_devices_id(app->panes[PANE_DEVICES]);

	*ids = NULL;
	if (app->deck == NULL)
		return 0;
	if (fleet_marked(deck_fleet(app->deck)) > 0)
		return fleet_marked_ids(deck_fleet(app->deck), ids);
	if (id == NULL)
		return 0;
	*ids = xcalloc(1, sizeof(**ids));
	(*ids)[0] = xstrdup(id);
	return 1;
}

void
app_say(struct app *app, bool is_error, const char *fmt, ...)
{
	struct app_log_entry *entry;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	entry = &app->log[app->log_next];
	app->log_next = (app->log_next + 1) % APP_LOG_MAX;
	free(entry->text);
	entry->text = xstrdup(text);
	entry->at_us = clock_utc_us();
	entry->is_error = is_error;
	if (app->message != NULL && app->message_is_error && !is_error) {
		free(text); /* good news does not cover up bad news */
		return;
	}
	free(app->message);
	app->message = text;
	app->message_is_error = is_error;
	app->ops->wake(app->arg);
}

bool
app_has_error(const struct app *app)
{
	return app->message != NULL && app->message_is_error;
}

void
app_clear_message(struct app *app)
{
	free(app->message);
	app->message = NULL;
	app->message_is_error = false;
}

const char *
app_log_at(const struct app *app, size_t i, int64_t *at_us, bool *is_error)
{
	const struct app_log_entry *entry;

	if (i >= APP_LOG_MAX)
		return NULL;
	entry = &app->log[(app->log_next + APP_LOG_MAX - 1 - i) % APP_LOG_MAX];
	*at_us = entry->at_us;
	*is_error = entry->is_error;
	return entry->text;
}

void
app_open(struct app *app, struct dialog *dialog)
{
	app_close(app);
	app->dialog = dialog;
}

void
app_close(struct app *app)
{
	if (app->dialog == NULL)
		return;
	dialog_free(app->closed);
	app->closed = app->dialog;
	app->dialog = NULL;
	app_pin(app, NULL);
}

void
app_pin(struct app *app, const char *device_id)
{
	free(app->pinned);
	app->pinned = xstrdup(device_id);
}

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

/* Refuses in one line what cannot be done now; true: it can. */
static bool
meets(struct app *app, const struct key_def *def)
{
	const char *id = pane_devices_id(app->panes[PANE_DEVICES]);
	const struct watch_health *health;
	int needs = def->needs;
	int64_t next_s;

	if (needs != 0 && app->deck == NULL) {
		app_say(app, false, "%s: the hub is still starting", def->name);
		return false;
	}
	if (app->deck == NULL)
		return true;
	health = watch_health(deck_watch(app->deck));
	if ((needs & NEEDS_HUB) != 0 && !health->ok && health->ever) {
		next_s = (health->next_try_ms - clock_mono_ms() + 999) / 1000;
		app_say(app, true, "%s: %s; next try in %" PRId64 " s",
		    def->name,
		    health->err.code == ERR_UNAUTHORIZED
			? "not authorized"
			: "the hub does not answer",
		    next_s > 0 ? next_s : 0);
		return false;
	}
	if (((needs & NEEDS_DEVICE) != 0 && id == NULL) ||
	    ((needs & NEEDS_TARGETS) != 0 && id == NULL &&
		fleet_marked(deck_fleet(app->deck)) == 0)) {
		app_say(app, false, "%s: %s", def->name,
		    fleet_size(deck_fleet(app->deck)) > 0 ? "no device is shown"
			: fleet_is_complete(deck_fleet(app->deck))
			? "the hub has no devices"
			: "the devices are still loading");
		return false;
	}
	if ((needs & NEEDS_TWIN) != 0 &&
	    watch_twin(deck_watch(app->deck)) == NULL) {
		app_say(app, false, "%s: the twin is still loading", def->name);
		return false;
	}
	if ((needs & NEEDS_JOB) != 0 &&
	    pane_jobs_current(app->panes[PANE_JOBS]) == NULL) {
		app_say(app, false, "%s: there is no job yet", def->name);
		return false;
	}
	return true;
}

static void
run(struct app *app, const struct key_def *def, const char *arg)
{
	if (meets(app, def))
		def->run(app, arg);
}

static bool
is_command(const char *prefix)
{
	const struct command_def *command;

	for (command = command_table; command->name != NULL; command++)
		if (str_starts_with(command->name, prefix))
			return true;
	return false;
}

static char *
trimmed_dup(const char *text)
{
	size_t len;

	text += strspn(text, " ");
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return xstrndup(text, len);
}

/* A line of the ':' prompt. */
void
app_run_line(struct app *app, const char *line)
{
	struct command_context context = { .deck = app->deck };
	struct command_result result = { 0 };
	const struct key_def *def;
	const char *rest;
	struct err err;
	char **ids = NULL, *name, *args;
	size_t n = 0, len;

	line += strspn(line, " ");
	if (line[0] == '\0')
		return;
	pane_devices_finish(app->panes[PANE_DEVICES]);
	app_clear_message(app); /* an error stays until the next action */
	len = strcspn(line, " ");
	name = xstrndup(line, len);
	/* Completion leaves a space behind. */
	rest = args = trimmed_dup(line + len);
	def = keys_find_name(name);
	if (def == NULL && !is_command(name))
		def = keys_find_prefix(name); /* :q */
	if (def != NULL && (rest[0] == '\0' || def->arg != NULL)) {
		run(app, def, rest);
		goto out;
	}
	if (app->deck == NULL) {
		app_say(app, true, "%s: the hub is still starting", name);
		goto out;
	}
	n = app_targets(app, &ids);
	context.device_ids = (const char *const *)ids;
	context.n_devices = n;
	context.job = pane_jobs_current(app->panes[PANE_JOBS]);
	if (command_run_line(&context, line, &result, &err) == -1)
		app_say(app, true, "%s", err.text);
	else if (result.job != NULL)
		app_say(app, false, "job %d: %s on %zu device%s",
		    job_number(result.job), job_title(result.job),
		    job_size(result.job), job_size(result.job) == 1 ? "" : "s");
	else if (result.print == COMMAND_PRINTS_HELP)
		dialog_help_open(app, IN_ALL, "");
out:
	free(result.text);
	fleet_ids_free(ids, n);
	free(name);
	free(args);
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

/* What acts as it is typed. */
static void
take_typed(struct app *app)
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

static void
key_to_prompt(struct app *app, int32_t key)
{
	/* Rubbing out more than there is leaves, as in any pager. */
	if (key == KEYS_BACKSPACE && prompt_text()[0] == '\0')
		key = KEYS_ESC;
	switch (prompt_key(key)) {
	case PROMPT_EDITING:
		take_typed(app);
		break;
	case PROMPT_ACCEPTED:
		end_prompt(app, true);
		break;
	case PROMPT_CANCELLED:
		end_prompt(app, false);
		break;
	}
}

static void
key_to_pane(struct app *app, int32_t key)
{
	const struct key_def *def = keys_find(key, 1 << (int)app->focus);
	char name[KEY_NAME_SIZE];
	bool had_error = app_has_error(app);

	if (app_hold_key(app, def, key))
		return;
	pane_devices_finish(app->panes[PANE_DEVICES]);
	if (def == NULL) {
		app_clear_message(app);
		app_say(app, false, "%s does nothing here; ? shows the keys",
		    key_label(key, name));
		return;
	}
	/* Looking around is no action: an error stays. */
	if (had_error && (key == KEYS_ESC || def->needs != 0))
		app_clear_message(app);
	if (had_error && key == KEYS_ESC)
		return;
	run(app, def, "");
}

/*
 * Esc and a key in one read look like Alt and the key.  Only readline knows
 * what to do with Alt.
 */
static bool
is_esc_and_key(const struct app *app, int32_t key)
{
	if ((key & KEYS_ALT) == 0)
		return false;
	if (!prompt_is_open() ||
	    (app->dialog != NULL &&
		dialog_focused(app->dialog) == DIALOG_FIELD_NONE))
		return true;
	key &= ~KEYS_ALT;
	return key != KEYS_BACKSPACE &&
	    (key >= 0x7f || strchr("bcdfltuyr.<>_", (char)key) == NULL);
}

void
app_key(struct app *app, int32_t key)
{
	if (is_esc_and_key(app, key)) {
		app_key(app, KEYS_ESC);
		app_key(app, key & ~KEYS_ALT);
		return;
	}
	if (key == CTRL_KEY('l'))
		app_repaint(app);
	else if (key == CTRL_KEY('z'))
		app_suspend(app);
	else if (app->dialog != NULL)
		dialog_key(app->dialog, key);
	else if (app->asks != APP_PROMPT_NONE)
		key_to_prompt(app, key);
	else
		key_to_pane(app, key);
	bury(app);
	app->ops->wake(app->arg);
}

void
app_paste(struct app *app, const char *text)
{
	if (app->dialog != NULL)
		dialog_paste(app->dialog, text);
	else if (app->asks != APP_PROMPT_NONE)
		prompt_paste(text);
	else
		app_say(app, false, "pasted text has no place here");
	take_typed(app);
	app->ops->wake(app->arg);
}

static uint64_t
hash_ids(const char *const *ids, size_t n)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	const char *p;
	size_t i;

	for (i = 0; i < n; i++)
		for (p = ids[i];; p++) {
			hash = (hash ^ (unsigned char)*p) *
			    UINT64_C(1099511628211);
			if (*p == '\0')
				break;
		}
	return hash;
}

/* Tells the watch what is looked at, when that has changed. */
static void
point_watch(struct app *app)
{
	struct watch *watch = deck_watch(app->deck);
	const char *id = app->pinned != NULL
	    ? app->pinned
	    : pane_devices_id(app->panes[PANE_DEVICES]);
	const char *ids[WATCH_ROWS_MAX];
	size_t n;
	uint64_t hash;

	n = pane_devices_visible(app->panes[PANE_DEVICES], ids, WATCH_ROWS_MAX);
	hash = hash_ids(ids, n);
	if (hash != app->visible_hash) {
		app->visible_hash = hash;
		watch_visible(watch, ids, n);
	}
	if ((id == NULL) != (app->watched == NULL) ||
	    (id != NULL && strcmp(id, app->watched) != 0)) {
		free(app->watched);
		app->watched = xstrdup(id);
		watch_focus(watch, id);
		app->twin_changed = true;
	}
	packets_watch(deck_packets(app->deck),
	    app->focus == PANE_TRAFFIC ? app->watched : NULL);
}

/*
 * A twin is mostly there within milliseconds: until then the one before stays,
 * under its own id, instead of a pane that is emptied and filled at each step.
 */
static bool
waits(struct app *app, int64_t now_ms)
{
	if (app->watched == NULL || watch_twin(deck_watch(app->deck)) != NULL) {
		app->waits_since_ms = 0;
		return false;
	}
	if (app->waits_since_ms == 0)
		app->waits_since_ms = now_ms;
	return now_ms - app->waits_since_ms < TWIN_PATIENCE_MS;
}

void
app_draw(struct app *app, struct canvas *canvas, int64_t now_ms, int64_t now_us)
{
	size_t i;

	if (app->hold == HOLD_ON) {
		app_draw_held(app, canvas);
		return;
	}
	app->panes[PANE_DEVICES]->ops->settle(app->panes[PANE_DEVICES], now_ms);
	if (app->deck != NULL)
		point_watch(app);
	if (app->deck != NULL && app->twin_changed && !waits(app, now_ms)) {
		pane_twin_set(app->panes[PANE_TWIN], app->watched, now_ms);
		app->twin_changed = false;
	}
	for (i = 0; i < PANES; i++)
		app->panes[i]->ops->settle(app->panes[i], now_ms);
	if (app->focus == PANE_JOB &&
	    pane_job_current(app->panes[PANE_JOB]) == NULL)
		app_set_focus(app, PANE_JOBS);
	app_draw_screen(app, canvas, now_ms, now_us);
	if (app->ops->again != NULL &&
	    pane_devices_is_working(app->panes[PANE_DEVICES]))
		app->ops->again(app->arg);
	if (app->hold == HOLD_NEXT)
		app->hold = HOLD_ON;
}

int
app_lend(struct app *app, char *const *argv, app_lend_cb cb, void *arg,
    struct err *err)
{
	app->lend_cb = cb;
	app->lend_arg = arg;
	if (app->ops->lend(argv, err, app->arg) == 0)
		return 0;
	app->lend_cb = NULL;
	return -1;
}

void
app_lend_ended(struct app *app, int status)
{
	app_lend_cb cb = app->lend_cb;

	app->lend_cb = NULL;
	if (cb != NULL)
		cb(app, status, app->lend_arg);
	bury(app);
	app->ops->wake(app->arg);
}

void
app_lend_forget(struct app *app, const void *arg)
{
	if (app->lend_arg == arg)
		app->lend_cb = NULL;
}

int
app_copy(struct app *app, const char *text, struct err *err)
{
	return app->ops->copy(text, err, app->arg);
}

int
app_print_later(struct app *app, const char *text, struct err *err)
{
	return app->ops->print_later(text, err, app->arg);
}

bool
app_is_restless(const struct app *app, int64_t now_ms)
{
	const struct watch_health *health;

	if (app->deck == NULL)
		return true;
	health = watch_health(deck_watch(app->deck));
	return !health->ok || !fleet_is_complete(deck_fleet(app->deck)) ||
	    jobs_active(deck_jobs(app->deck)) > 0 ||
	    now_ms - health->fresh_ms > WATCH_PERIOD_CALM_MS + WATCH_PERIOD_MS;
}

void
app_quit(struct app *app)
{
	app->ops->quit(app->arg);
}

void
app_suspend(struct app *app)
{
	app->ops->suspend(app->arg);
}

void
app_repaint(struct app *app)
{
	app->ops->repaint(app->arg);
}
