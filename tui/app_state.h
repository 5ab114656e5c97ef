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

struct app_log_entry {
	char *text; /* owned */
	int64_t at_us;
	bool is_error;
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
	struct deck *deck;     /* borrowed; NULL: not yet */
	struct events_subscription *subscription;

	int rows, cols;
	struct layout layout;
	struct pane *panes[PANES]; /* owned */
	enum pane_id focus;
	enum pane_id upper; /* of devices and twin, where there is room for one */
	enum pane_id under; /* what had the focus before the job was opened */
	bool zoomed;
	bool twin_changed;

	struct dialog *dialog; /* owned; NULL: none */
	struct dialog *closed; /* owned; freed once its callback is over */
	enum app_prompt asks;
	char *filter_before;   /* owned; what Esc gives back */

	char *message;         /* owned; NULL: none */
	bool message_is_error;
	struct app_log_entry log[APP_LOG_MAX]; /* a ring, log_next the oldest */
	size_t log_next;

	app_lend_cb lend_cb; /* NULL: no program has the terminal */
	void *lend_arg;

	/* What the watch was told last. */
	char *watched; /* owned; the focused device */
	char *pinned;  /* owned; what a dialog wants watched instead, or NULL */
	uint64_t visible_hash;
};

void app_draw_screen(const struct app *app, struct canvas *canvas,
    int64_t now_ms, int64_t now_us);

#endif
