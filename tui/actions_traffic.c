#include "config.h"

#include "tui/actions_traffic.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/traffic.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/pane_traffic.h"

#define BODY_LINES_MAX 400

void
action_traffic(struct app *app, const char *arg)
{
	(void)arg;
	app_set_focus(app, PANE_TRAFFIC);
}

static const struct traffic_entry *
current(struct app *app)
{
	const struct traffic_entry *e =
	    pane_traffic_current(app_pane(app, PANE_TRAFFIC));

	if (e == NULL)
		app_say(app, false, "nothing was asked yet");
	return e;
}

/* cJSON indents with a tab, and puts one behind each name; text has none. */
static void
put_json_line(struct dialog *d, char *line)
{
	size_t depth = strspn(line, "\t");
	char *c = line + depth;

	while ((c = strchr(c, '\t')) != NULL)
		*c = ' ';
	dialog_text(d, STYLE_TEXT, "%*s%s", (int)depth * 2, "", line + depth);
}

/* JSON a member a line; what is cut or no JSON as it came. */
static void
put_body(struct dialog *d, const char *head, const char *text, size_t len)
{
	cJSON *json = json_parse(text, strlen(text), NULL);
	char *pretty = json != NULL ? cJSON_Print(json) : NULL;
	char *copy = xstrdup(pretty != NULL ? pretty : text), *rest = copy;
	char *line;
	int n = 0;

	dialog_gap(d);
	dialog_text(d, STYLE_STRONG, "%s, %zu bytes%s", head, len,
	    len > strlen(text) ? ", cut" : "");
	while ((line = strsep(&rest, "\n")) != NULL && n++ < BODY_LINES_MAX)
		if (pretty != NULL)
			put_json_line(d, line);
		else
			dialog_text(d, STYLE_TEXT, "%s", line);
	free(copy);
	cJSON_free(pretty);
	cJSON_Delete(json);
}

static void
put_line(struct dialog *d, const char *head, const char *line)
{
	if (line == NULL)
		return;
	dialog_gap(d);
	dialog_text(d, STYLE_STRONG, "%s", head);
	dialog_text(d, STYLE_TEXT, "%s", line);
}

static void
put_exchange(struct dialog *d, const struct traffic_entry *e)
{
	char stamp[CLOCK_STAMP_SIZE], *headers, *rest, *line;

	clock_format_time(stamp, e->at_us);
	if (e->is_packet) {
		dialog_text(d, STYLE_STRONG, "A packet %s %s, at %s",
		    e->from_device ? "from" : "to", e->path, stamp);
		return;
	}
	dialog_text(d, STYLE_STRONG, "%s %s", e->method, e->path);
	headers = rest = xstrdup(e->headers);
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL)
		dialog_text(d, STYLE_TEXT, "%s", line);
	free(headers);
	if (e->error != NULL)
		dialog_text(d, STYLE_BAD, "%s", e->error);
	if (e->http > 0)
		dialog_text(d, STYLE_TEXT, "%d at %s, after %.1f ms", e->http,
		    stamp, (double)e->elapsed_us / 1000);
	if (e->times > 1)
		dialog_text(
		    d, STYLE_DIM, "asked %" PRIu64 " times in a row", e->times);
}

void
action_traffic_open(struct app *app)
{
	const struct traffic_entry *e = current(app);
	char *curl, *az;
	struct dialog *d;

	if (e == NULL)
		return;
	curl = traffic_curl(deck_traffic(app_deck(app)), e);
	az = traffic_az(e);
	d = dialog_reading_new(
	    app, e->is_packet ? "Packet" : "Request and answer");
	put_exchange(d, e);
	put_line(d, "The same with az, copied by Y", az);
	put_line(d, "and with curl, copied by y; $SAS is a token", curl);
	if (e->body != NULL)
		put_body(d, e->is_packet ? "Packet" : "Request", e->body,
		    e->body_len);
	if (e->answer_len > 0)
		put_body(d, "Answer", e->answer, e->answer_len);
	app_open(app, d);
	free(curl);
	free(az);
}

/* text is freed. */
static void
copy(struct app *app, const struct traffic_entry *e, const char *what,
    char *text)
{
	struct err err;

	if (text == NULL && e->is_packet)
		app_say(app, true, "a packet of MQTT is no line for %s", what);
	else if (text == NULL)
		app_say(app, true, "there is no %s line for this request",
		    what);
	else if (app_copy(app, text, &err) == -1)
		app_say(app, true, "copy: %s", err.text);
	else
		app_say(app, false, "copied the %s line, %zu bytes", what,
		    strlen(text));
	free(text);
}

void
action_copy_curl(struct app *app, const char *arg)
{
	const struct traffic_entry *e = current(app);

	(void)arg;
	if (e != NULL)
		copy(app, e, "curl",
		    traffic_curl(deck_traffic(app_deck(app)), e));
}

void
action_copy_az(struct app *app, const char *arg)
{
	const struct traffic_entry *e = current(app);

	(void)arg;
	if (e != NULL)
		copy(app, e, "az", traffic_az(e));
}
