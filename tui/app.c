#include "config.h"

#include "tui/app.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/profile.h"
#include "core/deck/select.h"
#include "core/deck/watch.h"
#include "tui/actions_go.h"
#include "tui/app_state.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/keys.h"
#include "tui/list_settings.h"
#include "tui/pane.h"
#include "tui/pane_devices.h"
#include "tui/pane_job.h"
#include "tui/pane_jobs.h"
#include "tui/pane_traffic.h"
#include "tui/pane_twin.h"
#include "tui/prompt.h"
#include "tui/record.h"
#include "tui/tour.h"

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
	tour_free(app->tour);
	record_free(app->record);
	for (i = 0; i < PANES; i++)
		app->panes[i]->ops->free(app->panes[i]);
	for (i = 0; i < APP_LOG_MAX; i++)
		free(app->log[i].text);
	profile_free(app->own_profile);
	free(app->title);
	free(app->filter_before);
	free(app->filter_fault);
	free(app->message);
	free(app->fault);
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
	else if (kind == DECK_HEALTH)
		app_log_health(app);
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
	app->n_ahead = 0;
	app->says_marked = false;
	free(app->fault);
	app->fault = NULL;
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
	dialog_edit_say_kept(app);
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

void
app_lay_out(struct app *app)
{
	int rows = app->rows - tour_rows(app->tour, app->rows, app->cols);
	size_t i;

	layout_compute(&app->layout, rows, app->cols, app->focus, app->upper,
	    app->zoomed);
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
	app_lay_out(app);
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
	app_lay_out(app);
}

void
app_toggle_zoom(struct app *app)
{
	app->zoomed = !app->zoomed;
	app_lay_out(app);
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
	fleet_finish_marks(deck_fleet(app->deck)); /* never some of them */
	if (fleet_marked(deck_fleet(app->deck)) > 0)
		return fleet_marked_ids(deck_fleet(app->deck), ids);
	if (id == NULL)
		return 0;
	*ids = xcalloc(1, sizeof(**ids));
	(*ids)[0] = xstrdup(id);
	return 1;
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

static void
key_to_pane(struct app *app, int32_t key)
{
	const struct key_def *def = keys_find(key, 1 << (int)app->focus);
	char name[KEY_NAME_SIZE];
	bool had_error = app_has_error(app);

	if (app_hold_key(app, def, key))
		return;
	if (def == NULL && had_error) {
		return; /* it is not covered by a slip */
	} else if (def == NULL) {
		app_say(app, false, "%s does nothing here; ? shows the keys",
		    key_label(key, name));
		app->message_is_of_key = true;
		return;
	}
	if (app->message_is_of_key)
		app_clear_message(app);
	/* Looking around is no action: an error stays. */
	if (had_error && (key == KEYS_ESC || def->needs != 0))
		app_clear_message(app);
	if (had_error && key == KEYS_ESC)
		return;
	app_run_key(app, def, "");
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
	if (app_tour_key(app, key))
		app->ops->wake(app->arg);
	else
		app_record_key(app, key);
}

void
app_press(struct app *app, int32_t key)
{
	if (key == CTRL_KEY('l'))
		app_repaint(app);
	else if (key == CTRL_KEY('z'))
		app_suspend(app);
	else if (!app_ahead_key(app, key))
		app_press_now(app, key);
}

void
app_press_now(struct app *app, int32_t key)
{
	if (app->dialog != NULL)
		dialog_key(app->dialog, key);
	else if (app->asks != APP_PROMPT_NONE)
		app_prompt_key(app, key);
	else
		key_to_pane(app, key);
	bury(app);
	app->ops->wake(app->arg);
}

void
app_paste(struct app *app, const char *text)
{
	if (app->record != NULL && prompt_is_open())
		record_paste(app->record, text);
	if (app->dialog != NULL)
		dialog_paste(app->dialog, text);
	else if (app->asks != APP_PROMPT_NONE)
		prompt_paste(text);
	else
		app_say(app, false, "pasted text has no place here");
	app_prompt_typed(app);
	app->ops->wake(app->arg);
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
		app_watch_point(app);
	if (app->deck != NULL && app->twin_changed && !app_watch_waits(app, now_ms)) {
		pane_twin_set(app->panes[PANE_TWIN], app->watched, now_ms);
		app->twin_changed = false;
	}
	for (i = 0; i < PANES; i++)
		app->panes[i]->ops->settle(app->panes[i], now_ms);
	if (app->focus == PANE_JOB &&
	    pane_job_current(app->panes[PANE_JOB]) == NULL)
		app_set_focus(app, PANE_JOBS);
	app_draw_screen(app, canvas, now_ms, now_us);
	app_draw_tour(app, canvas, now_ms);
	if (app->hold == HOLD_NEXT)
		app->hold = HOLD_ON;
}

int
app_lend(struct app *app, char *const *argv, app_lend_cb cb, void *arg,
    struct err *err)
{
	if (app->record != NULL)
		record_note(app->record,
		    "another program, such as an editor, had the terminal");
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

	if (app->deck == NULL || (app->tour != NULL && tour_waits(app->tour)))
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
