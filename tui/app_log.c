/*
 * The message line, and the messages before: what i shows.
 */
#include "config.h"

#include "tui/app.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/xalloc.h"
#include "tui/app_state.h"
#include "tui/record.h"
#include "tui/tour.h"

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
