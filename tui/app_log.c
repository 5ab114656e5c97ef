/*
 * The message line, and the messages before: what i shows.
 */
#include "config.h"

#include "tui/app.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/watch.h"
#include "tui/app_state.h"
#include "tui/record.h"
#include "tui/tour.h"

/* text is copied. */
static void
keep(struct app *app, bool is_error, const char *text)
{
	struct app_log_entry *entry = &app->log[app->log_next];

	app->log_next = (app->log_next + 1) % APP_LOG_MAX;
	free(entry->text);
	entry->text = xstrdup(text);
	entry->at_us = clock_utc_us();
	entry->is_error = is_error;
}

void
app_say(struct app *app, bool is_error, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	keep(app, is_error, text);
	if (app->record != NULL)
		record_said(app->record, text, app->in_press);
	if (app->tour != NULL)
		tour_hear(app->tour, text, clock_mono_ms());
	if (app->message != NULL && app->message_is_error && !is_error) {
		free(text); /* good news does not cover up bad news */
		return;
	}
	free(app->message);
	app->message = text;
	app->message_is_error = is_error;
	app->message_is_of_key = false;
	app->ops->wake(app->arg);
}

/*
 * That the hub fails is the last event: what was said before makes room for
 * the reason, which is drawn as long as it holds.  What is throttled comes and
 * goes, and has its badge.
 */
void
app_log_health(struct app *app)
{
	const struct watch_health *health =
	    watch_health(deck_watch(app->deck));
	bool fails = !health->ok && health->err.code != ERR_NONE &&
	    health->err.code != ERR_THROTTLED;

	if (!fails && !health->ok)
		return;
	if (fails == (app->fault != NULL) &&
	    (!fails || strcmp(app->fault, health->err.text) == 0))
		return;
	free(app->fault);
	app->fault = fails ? xstrdup(health->err.text) : NULL;
	if (!fails) {
		app_say(app, false, "the hub answers again");
		return;
	}
	keep(app, true, app->fault);
	if (!app_has_error(app))
		app_clear_message(app);
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
	app->message_is_of_key = false;
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
