/*
 * The insides of the app, for app.c, which changes them, and app_draw.c,
 * which draws them.
 */
#ifndef TWINDECK_TUI_APP_STATE_H
#define TWINDECK_TUI_APP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/app.h"

struct events_subscription;
struct key_def;
struct record;
struct tour;

#define APP_AHEAD_MAX ((size_t)64)

struct app_log_entry {
	char *text; /* owned */
	int64_t at_us;
	bool is_error;
};

enum app_hold {
	HOLD_OFF,
	HOLD_NEXT, /* what is drawn next stands still */
	HOLD_ON,
};

/*
 * Keys go to the dialog if there is one, else to the prompt if it asks for
 * something, else to the pane that has the focus.
 */
struct app {
	const struct app_ops *ops;
	void *arg;
	char *title;           /* owned */
	struct recall *recall; /* borrowed */
	struct profile *profile; /* borrowed */
	struct profile *own_profile; /* owned; until there is another */
	struct deck *deck;     /* borrowed; NULL: not yet */
	struct events_subscription *subscription;

	int rows, cols;
	struct layout layout;
	struct pane *panes[PANES]; /* owned */
	enum pane_id focus;
	enum pane_id upper; /* of devices and twin, where there is room for one */
	enum pane_id under; /* what had the focus before the job, or
				the traffic, was opened */
	bool zoomed;
	bool twin_changed;
	int64_t waits_since_ms; /* for the twin to be shown; 0: it is there */

	struct dialog *dialog; /* owned; NULL: none */
	struct dialog *closed; /* owned; freed once its callback is over */
	enum app_prompt asks;
	struct tour *tour; /* owned; NULL: there is none */
	struct record *record; /* owned; NULL: nothing is recorded */
	int32_t ahead[APP_AHEAD_MAX]; /* keys that wait */
	size_t n_ahead;
	bool says_marked; /* when all are */
	bool in_press; /* a key of the user's is being taken */
	enum app_hold hold;
	char *hold_words; /* owned; why a key did nothing meanwhile, or NULL */
	bool mouse;
	char *theme; /* owned; its name; NULL: the default */
	char *theme_asked; /* owned; comes before the profile's; NULL: none */
	char *filter_before;   /* owned; what Esc gives back */
	char *filter_fault;    /* owned; of what is typed, or NULL */
	struct select *select; /* owned; NULL without a deck */

	char *message;         /* owned; NULL: none */
	bool message_is_error;
	bool message_is_of_key; /* it is about a key, and over with the next */
	char *fault;           /* owned; why the hub fails just now, or NULL */
	struct app_log_entry log[APP_LOG_MAX]; /* a ring, log_next the oldest */
	size_t log_next;

	app_lend_cb lend_cb; /* NULL: no program has the terminal */
	void *lend_arg;

	/* What the watch was told last. */
	char *watched; /* owned; the focused device */
	char *pinned;  /* owned; what a dialog wants watched instead, or NULL */
	uint64_t visible_hash;

	char *sought; /* owned; a device that the hub was asked for, or NULL */
	bool sought_opens;
};

/* The tab in a column of the header; PANES: none. */
enum pane_id app_tab_at(const struct app *app, int x);

/* Takes note of a hub that fails, or answers again. */
void app_log_health(struct app *app);

/* Theme and mouse as the profile has them. */
void app_use_settings(struct app *app);

/* A key of the table, with what was typed behind its name; may be refused. */
void app_run_key(struct app *app, const struct key_def *def, const char *arg);

/* While a prompt asks for something: a key, and what acts as it is typed. */
void app_prompt_key(struct app *app, int32_t key);
void app_prompt_typed(struct app *app);

/* Tells the watch what is looked at, when that has changed. */
void app_watch_point(struct app *app);
/*
 * A twin is mostly there within milliseconds: until then the one before stays,
 * under its own id, instead of a pane that is emptied and filled at each step.
 */
bool app_watch_waits(struct app *app, int64_t now_ms);

/* A key as the screen takes it, whoever pressed it. */
void app_press(struct app *app, int32_t key);
void app_press_now(struct app *app, int32_t key); /* without waiting */
/* True if the key waits for what it would act on. */
bool app_ahead_key(struct app *app, int32_t key);
/* A key of the user's, which is recorded if that was asked for. */
void app_record_key(struct app *app, int32_t key);
/* True if the key was meant for the tour. */
bool app_tour_key(struct app *app, int32_t key);
/* Lets the tour look at what is drawn, and adds its rows. */
void app_draw_tour(struct app *app, struct canvas *canvas, int64_t now_ms);

/* While the screen is held: true if the key is refused, or lets go. */
bool app_hold_key(struct app *app, const struct key_def *def, int32_t key);
void app_hold_refuse(struct app *app, const char *what);
/* What changes on a screen that is held: why a key did nothing. */
void app_draw_held(const struct app *app, struct canvas *canvas);

void app_draw_screen(const struct app *app, struct canvas *canvas,
    int64_t now_ms, int64_t now_us);

#endif
