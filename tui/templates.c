#include "config.h"

#include "tui/templates.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/profile.h"
#include "core/deck/template.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"

#define PREFIX "template."
#define WIDTH 84

static const char *const verbs[] = { "save", "delete" };

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* The name behind the prefix; NULL behind the last. */
static const char *
name_at(struct app *app, size_t i)
{
	const char *key = profile_key_at(app_profile(app), PREFIX, i);

	return key != NULL ? key + strlen(PREFIX) : NULL;
}

const char *
template_word(struct app *app, const char *line, size_t start, size_t i)
{
	bool is_verb = str_starts_with(line, "template save ") ||
	    str_starts_with(line, "template delete ");
	const char *p = line + strcspn(line, " ");

	p += strspn(p, " ");
	if (is_verb) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	if (p < line + start)
		return NULL; /* the name stands there already */
	if (!is_verb && i < N_VERBS)
		return verbs[i];
	return name_at(app, is_verb ? i : i - N_VERBS);
}

static void
save(struct app *app, const char *name)
{
	const struct job *job = jobs_at(deck_jobs(app_deck(app)), 0);
	char *key = xasprintf(PREFIX "%s", name), *text = NULL;
	struct err err;

	if (job == NULL)
		err_set(&err, ERR_NOT_FOUND,
		    "there was no action yet that could be kept");
	else if (template_name_check(name, &err) == 0)
		text = template_format(job_request(job), &err);
	if (text == NULL ||
	    profile_set(app_profile(app), key, text, &err) == -1)
		app_say(app, true, "template: %s", err.text);
	else
		app_say(app, false, "template %s: %s, as in job %d", name,
		    job_title(job), job_number(job));
	free(text);
	free(key);
}

static const char *
find(struct app *app, const char *name)
{
	char *key = xasprintf(PREFIX "%s", name);
	const char *text = profile_get(app_profile(app), key);

	free(key);
	if (text == NULL)
		app_say(app, true,
		    "template: there is none of the name %.60s; template "
		    "lists them",
		    name);
	return text;
}

static void delete (struct app *app, const char *name)
{
	char *key = xasprintf(PREFIX "%s", name);
	struct err err;

	if (find(app, name) != NULL) {
		if (profile_set(app_profile(app), key, NULL, &err) == -1)
			app_say(app, true, "template: %s", err.text);
		else
			app_say(app, false, "template %s is deleted", name);
	}
	free(key);
}

static void
use(struct app *app, const char *name)
{
	const char *text = find(app, name);
	struct action_form form = { 0 };
	struct template t;
	struct err err;
	char **ids, *note;
	size_t n;

	if (text == NULL)
		return;
	if (template_parse(text, &t, &err) == -1) {
		app_say(app, true, "template %s: %s", name, err.text);
		return;
	}
	n = app_targets(app, &ids);
	if (n == 0) {
		app_say(app, false, "template: no device to act on");
		template_fini(&t);
		return;
	}
	note = xasprintf("template %s", name);
	form.action = t.action;
	form.engine = t.engine;
	form.method = t.method;
	form.payload = t.payload != NULL ? t.payload : "";
	form.response_timeout_s = t.response_timeout_s;
	form.connect_timeout_s = t.connect_timeout_s;
	form.at_once = t.at_once;
	form.note = note;
	dialog_action_form(app, &form, ids, n);
	free(note);
	template_fini(&t);
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	(void)d;
	(void)button;
	app_close(app);
}

static const struct dialog_ops list_ops = { .on_button = on_button };

static void
list(struct app *app)
{
	struct dialog *d = dialog_new(
	    app, "Templates", "j k scroll · Esc back", WIDTH, &list_ops, NULL);
	const char *name, *text;
	char *key, *head;
	size_t i;

	for (i = 0; (name = name_at(app, i)) != NULL; i++) {
		key = xasprintf(PREFIX "%s", name);
		head = xasprintf("%-16s  ", name);
		text = profile_get(app_profile(app), key);
		dialog_item(d, STYLE_TEXT, head, text != NULL ? text : "");
		free(head);
		free(key);
	}
	if (i == 0)
		dialog_text(d, STYLE_TEXT, "None are kept yet.");
	dialog_gap(d);
	dialog_text(d, STYLE_DIM,
	    ":template NAME opens its dialog, :template save NAME keeps the "
	    "last action, :template delete NAME forgets it.");
	app_open(app, d);
}

void
action_template(struct app *app, const char *arg)
{
	if (arg[0] == '\0')
		list(app);
	else if (str_starts_with(arg, "save "))
		save(app, arg + strlen("save "));
	else if (str_starts_with(arg, "delete "))
		delete (app, arg + strlen("delete "));
	else if (strcmp(arg, "save") == 0 || strcmp(arg, "delete") == 0)
		app_say(app, true, "template %s: of which name?", arg);
	else
		use(app, arg);
}
