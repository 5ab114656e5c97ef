/* The dialog of a direct method: f, l, m. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/iothub/method.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/recall.h"
#include "tui/target_text.h"

#include <cjson/cJSON.h>

#define WIDTH 84
#define CONNECT_TIMEOUT_DEF 10
#define NUMBER_WIDTH 6

enum field { F_METHOD, F_PAYLOAD, F_WHEN, F_ANSWER, F_CONNECT, F_AT_ONCE };
enum button { B_CANCEL, B_CALL };

struct action {
	char *method; /* owned; NULL: typed in a field */
	char **ids;   /* owned: frozen when the dialog opened */
	size_t n;
};

/* What the methods of the tutorials take. */
static const struct {
	const char *method, *payload, *follow;
} known_methods[] = {
	{ "firmwareUpdate", "{\"fwPackageUri\":\"door-1.5.0.bin\"}",
	    "reported firmware phases to the end of the update" },
	{ "lockDoor", "{\"lockTime\":\"10m\"}",
	    "until the device reports a locked door" },
};

#define N_KNOWN (sizeof(known_methods) / sizeof(known_methods[0]))

static void
action_free(void *state)
{
	struct action *a = state;

	fleet_ids_free(a->ids, a->n);
	free(a->method);
	free(a);
}

static const char *
method_of(struct dialog *d)
{
	const struct action *a = dialog_state(d);

	return a->method != NULL ? a->method : dialog_value(d, F_METHOD);
}

/* What it is called in the history of payloads. */
static char *
payload_kind(const char *method)
{
	return xasprintf("payload %s", method);
}

/* NULL: not a JSON value, with err set. */
static int
check_payload(const char *text, struct err *err)
{
	cJSON *json;

	if (text[strspn(text, " ")] == '\0')
		return 0; /* null */
	if (strlen(text) > METHOD_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT,
		    "a payload has at most %zu bytes", METHOD_PAYLOAD_MAX);
	json = json_parse(text, strlen(text), err);
	if (json == NULL)
		return -1;
	cJSON_Delete(json);
	return 0;
}

/* "30", "30 s", "30s", within bounds. */
static int
read_seconds(const char *text, int least, int most, const char *what,
    int *seconds, struct err *err)
{
	char *copy = xstrdup(text), *p, *end;
	int64_t ms = -1;

	for (p = end = copy; *p != '\0'; p++)
		if (*p != ' ')
			*end++ = *p;
	*end = '\0';
	if (copy[0] == '\0' || clock_parse_duration(copy, &ms) == -1 ||
	    ms % 1000 != 0 || ms < (int64_t)least * 1000 ||
	    ms > (int64_t)most * 1000) {
		free(copy);
		return err_set(err, ERR_INVALID,
		    "%s takes whole seconds from %d to %d", what, least, most);
	}
	free(copy);
	*seconds = (int)(ms / 1000);
	return 0;
}

static int
check_field(struct dialog *d, int id, struct job_request *r, struct err *err)
{
	const char *text = dialog_value(d, id);
	int64_t number;

	switch ((enum field)id) {
	case F_METHOD:
		return method_name_check(text, err);
	case F_PAYLOAD:
		return check_payload(text, err) == -1
		    ? err_prefix(err, "payload")
		    : 0;
	case F_WHEN:
		return command_parse_when(text, &r->delay_ms, err);
	case F_ANSWER:
		return read_seconds(text, METHOD_RESPONSE_TIMEOUT_MIN,
		    METHOD_RESPONSE_TIMEOUT_MAX, "answer in",
		    &r->response_timeout_s, err);
	case F_CONNECT:
		return read_seconds(text, 0, METHOD_CONNECT_TIMEOUT_MAX,
		    "connect in", &r->connect_timeout_s, err);
	case F_AT_ONCE:
		if (str_to_int64(text, 1, JOBS_AT_ONCE_MAX, &number) == -1)
			return err_set(err, ERR_INVALID,
			    "at once takes a number from 1 to %d",
			    JOBS_AT_ONCE_MAX);
		r->at_once = (int)number;
		break;
	}
	return 0;
}

/* Where the JSON parser stopped is marked; the cursor stays where it is. */
static void
point_at_fault(struct dialog *d, int id, const struct err *err)
{
	const char *column = strstr(err->text, "column ");
	long at;

	if (dialog_focused(d) != id)
		dialog_focus(d, id);
	dialog_fault(d, err->text);
	if (column == NULL || id != F_PAYLOAD)
		return;
	at = strtol(column + strlen("column "), NULL, 10);
	if (at > 0)
		dialog_mark_fault(d, (size_t)at - 1);
}

static bool
on_leave(struct dialog *d, struct app *app, int id)
{
	struct job_request ignored = { 0 };
	struct err err;
	char *kind;

	if (check_field(d, id, &ignored, &err) == -1) {
		point_at_fault(d, id, &err);
		return false;
	}
	/* The payload of a method that has only just been named. */
	if (id == F_METHOD && dialog_value(d, F_PAYLOAD)[0] == '\0') {
		kind = payload_kind(dialog_value(d, F_METHOD));
		if (recall_last(app_recall(app), kind) != NULL)
			dialog_set_value(
			    d, F_PAYLOAD, recall_last(app_recall(app), kind));
		free(kind);
	}
	return true;
}

/* What was typed comes back the next time, also when it was not called. */
static void
remember(struct dialog *d, struct app *app)
{
	char *kind = payload_kind(method_of(d));

	if (check_payload(dialog_value(d, F_PAYLOAD), NULL) == 0)
		recall_add(app_recall(app), kind, dialog_value(d, F_PAYLOAD));
	if (((struct action *)dialog_state(d))->method == NULL)
		recall_add(app_recall(app), "method", method_of(d));
	free(kind);
}

static void
call(struct dialog *d, struct app *app)
{
	const struct action *a = dialog_state(d);
	struct job_request r = {
		.action = JOB_METHOD,
		.method = method_of(d),
		.device_ids = (const char *const *)a->ids,
		.n_devices = a->n,
	};
	const char *payload;
	struct job *job;
	struct err err;
	int id;

	for (id = F_METHOD; id <= F_AT_ONCE; id++) {
		if (id == F_METHOD && a->method != NULL)
			continue;
		if (check_field(d, id, &r, &err) == -1) {
			point_at_fault(d, id, &err);
			return;
		}
	}
	payload = dialog_value(d, F_PAYLOAD);
	if (payload[strspn(payload, " ")] != '\0')
		r.payload = payload;
	job = jobs_add(deck_jobs(app_deck(app)), &r, &err);
	if (job == NULL) {
		dialog_fault(d, err.text);
		return;
	}
	remember(d, app);
	app_clear_message(app);
	app_say(app, false, "job %d: %s on %zu device%s%s%s", job_number(job),
	    job_title(job), a->n, a->n == 1 ? "" : "s",
	    r.delay_ms > 0 ? ", " : "",
	    r.delay_ms > 0 ? dialog_value(d, F_WHEN) : "");
	app_close(app);
}

static void
on_button(struct dialog *d, struct app *app, int button)
{
	if (button == B_CALL) {
		call(d, app);
		return;
	}
	remember(d, app);
	app_close(app);
	/* Enter twice in a field ends here, which may look like a call. */
	if (button == B_CANCEL)
		app_say(app, false, "nothing was called");
}

static const struct dialog_ops action_ops = {
	.on_button = on_button,
	.on_leave = on_leave,
	.free = action_free,
};

static const char *
default_payload(struct app *app, const char *method)
{
	char *kind = payload_kind(method);
	const char *last = recall_last(app_recall(app), kind);
	size_t i;

	free(kind);
	if (last != NULL)
		return last;
	for (i = 0; i < N_KNOWN; i++)
		if (strcmp(known_methods[i].method, method) == 0)
			return known_methods[i].payload;
	return "";
}

static const char *
follow_words(const char *method)
{
	size_t i;

	for (i = 0; method != NULL && i < N_KNOWN; i++)
		if (strcmp(known_methods[i].method, method) == 0)
			return known_methods[i].follow;
	return "nothing: an answer below 300 is the end of it";
}

static void
build(struct dialog *d, struct app *app, const struct action *a)
{
	static const char *const buttons[] = { "Cancel", "Call" };
	char number[16];
	char *kind = payload_kind(a->method != NULL ? a->method : "");

	dialog_text(d, STYLE_STRONG, "Call %s on %s of  %s",
	    a->method != NULL ? a->method : "a method",
	    target_count(a->n, number, sizeof(number)), app_title(app));
	dialog_gap(d);
	target_rows(d, app, a->ids, a->n);
	dialog_gap(d);
	if (a->method == NULL)
		dialog_field(d, F_METHOD, "method",
		    recall_last(app_recall(app), "method") != NULL
			? recall_last(app_recall(app), "method")
			: "",
		    0, NULL, "method");
	dialog_field(d, F_PAYLOAD, "payload",
	    default_payload(app, a->method != NULL ? a->method : ""), 0, NULL,
	    kind);
	dialog_field(d, F_WHEN, "when", "now", 20,
	    "now, +20s, 14:30, 2026-11-22T06:00Z", "when");
	snprintf(number, sizeof(number), "%d", METHOD_RESPONSE_TIMEOUT_DEF);
	dialog_field(
	    d, F_ANSWER, "answer in", number, NUMBER_WIDTH, "seconds", NULL);
	snprintf(number, sizeof(number), "%d", CONNECT_TIMEOUT_DEF);
	dialog_field(d, F_CONNECT, "connect in", number, NUMBER_WIDTH,
	    "seconds for a device that is not connected", NULL);
	snprintf(number, sizeof(number), "%d", JOBS_AT_ONCE_DEF);
	dialog_field(d, F_AT_ONCE, "at once", number, NUMBER_WIDTH,
	    "calls at a time", NULL);
	dialog_text(d, STYLE_DIM, "follow      %s", follow_words(a->method));
	dialog_gap(d);
	dialog_buttons(d, buttons, 2);
	free(kind);
}

void
dialog_action_open(
    struct app *app, const char *method, char **device_ids, size_t n)
{
	struct action *a = xcalloc(1, sizeof(*a));
	struct dialog *d;

	a->method = xstrdup(method);
	a->ids = device_ids;
	a->n = n;
	d = dialog_new(app, method != NULL ? method : "Direct method",
	    "Tab next · Enter choose · Esc back", WIDTH, &action_ops, a);
	build(d, app, a);
	app_open(app, d);
	dialog_focus(d, method != NULL ? F_PAYLOAD : F_METHOD);
}
