/*
 * The question behind a typed command that acts on much: who is meant, and the
 * word to confirm it.
 */
#include "config.h"

#include <stdlib.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/fleet.h"
#include "tui/app.h"
#include "tui/confirm.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/hub_words.h"
#include "tui/target_text.h"

#define WIDTH 76
#define F_CONFIRM 1

struct question {
	char *line; /* owned */
	char **ids; /* owned, frozen */
	size_t n;
};

static void
question_free(void *state)
{
	struct question *q = state;

	str_array_free(q->ids, q->n);
	free(q->line);
	free(q);
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	const struct question *q = dialog_state(d);

	if (button == 1 && !confirm_is_given(d, app, F_CONFIRM, q->n))
		return;
	if (button == 1)
		app_run_on(app, q->line, q->ids, q->n);
	app_close(app);
}

static const struct dialog_ops command_ops = {
	.on_button = on_button,
	.free = question_free,
};

void
dialog_command_open(
    struct app *app, const char *line, char **device_ids, size_t n)
{
	static const char *const buttons[] = { "Cancel", "Run" };
	struct question *q = xcalloc(1, sizeof(*q));
	struct dialog *d;
	char count[32];

	*q = (struct question){ xstrdup(line), device_ids, n };
	d = dialog_new(app, "Command", "Tab next · Enter choose · Esc back",
	    WIDTH, &command_ops, q);
	dialog_text(d, STYLE_STRONG, "Run this on %s of  %s",
	    target_count(n, count, sizeof(count)), app_title(app));
	hub_lost_row(d, app);
	dialog_gap(d);
	dialog_item(d, STYLE_TEXT, "  ", line);
	dialog_gap(d);
	target_rows(d, app, device_ids, n);
	dialog_gap(d);
	confirm_field(d, app, F_CONFIRM, n);
	dialog_gap(d);
	dialog_buttons(d, buttons, 2);
	app_open(app, d);
}
