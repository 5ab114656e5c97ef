/* What is to happen later: s. */
#include "config.h"

#include <stdlib.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/fleet.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/target_text.h"

#define WIDTH 84

struct schedule {
	char **ids; /* owned: frozen; NULL once handed on */
	size_t n;
};

/* Cancel stands in front of these; each has a key of its own as well. */
static const struct choice {
	int32_t key;
	const char *label;
	struct action_form form;
} choices[] = {
	{ 'f', "Firmware",
	    { .action = JOB_METHOD, .method = "firmwareUpdate" } },
	{ 'l', "Lock", { .action = JOB_METHOD, .method = "lockDoor" } },
	{ 'm', "Method", { .action = JOB_METHOD } },
	{ 'e', "Desired", { .action = JOB_DESIRED } },
	{ 't', "Tags", { .action = JOB_TAGS } },
};

#define N_CHOICES (sizeof(choices) / sizeof(choices[0]))

static void
schedule_free(void *state)
{
	struct schedule *s = state;

	str_array_free(s->ids, s->n);
	free(s);
}

static void
choose(struct dialog *d, struct app *app, const struct choice *choice)
{
	struct schedule *s = dialog_state(d);
	struct action_form form = choice->form;
	char **ids = s->ids;
	size_t n = s->n;

	s->ids = NULL; /* the next dialog's */
	s->n = 0;
	form.at_when = true;
	dialog_action_form(app, &form, ids, n);
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	if (button >= 1 && (size_t)button <= N_CHOICES)
		choose(d, app, &choices[button - 1]);
	else
		app_close(app);
}

static bool
on_key(struct dialog *d, struct app *app, int32_t key)
{
	size_t i;

	for (i = 0; i < N_CHOICES; i++)
		if (choices[i].key == key) {
			choose(d, app, &choices[i]);
			return true;
		}
	return false;
}

static const struct dialog_ops schedule_ops = {
	.on_button = on_button,
	.on_key = on_key,
	.free = schedule_free,
};

void
dialog_schedule_open(struct app *app, char **device_ids, size_t n)
{
	const char *labels[N_CHOICES + 1] = { "Cancel" };
	struct schedule *s = xcalloc(1, sizeof(*s));
	struct dialog *d;
	char count[32];
	size_t i;

	s->ids = device_ids;
	s->n = n;
	for (i = 0; i < N_CHOICES; i++)
		labels[i + 1] = choices[i].label;
	d = dialog_new(app, "Schedule", "f l m e t · Enter choose · Esc back",
	    WIDTH, &schedule_ops, s);
	dialog_text(d, STYLE_STRONG,
	    "What is to happen later on %s of  %s?",
	    target_count(n, count, sizeof(count)), app_title(app));
	dialog_gap(d);
	target_rows(d, app, device_ids, n);
	dialog_gap(d);
	dialog_text(d, STYLE_DIM,
	    "f firmwareUpdate   l lockDoor   m any method   e desired   "
	    "t tags");
	dialog_gap(d);
	dialog_buttons(d, labels, N_CHOICES + 1);
	app_open(app, d);
}
