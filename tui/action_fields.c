#include "config.h"

#include "tui/action_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/iothub/method.h"
#include "core/iothub/twin.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/dialogs.h"
#include "tui/recall.h"

#define CONNECT_TIMEOUT_DEF 10
#define NUMBER_WIDTH 6
#define WHEN_WIDTH 20

/* What the methods of the tutorials take. */
static const struct {
	const char *method, *payload, *follow;
} known_methods[] = {
	{ "firmwareUpdate", "{\"fwPackageUri\":\"door-1.5.0.bin\"}",
	    "reported firmware phases to the end, up to 15 min" },
	{ "lockDoor", "{\"lockTime\":\"10m\"}",
	    "until the device reports a locked door, up to 1 min" },
};

#define N_KNOWN (sizeof(known_methods) / sizeof(known_methods[0]))

char *
action_payload_kind(enum job_action action, const char *method)
{
	if (action == JOB_METHOD)
		return xasprintf("payload %s", method);
	return xstrdup(action == JOB_TAGS ? "patch tags" : "patch desired");
}

const char *
action_payload(struct app *app, enum job_action action, const char *method)
{
	char *kind = action_payload_kind(action, method);
	const char *last = recall_last(app_recall(app), kind);
	size_t i;

	free(kind);
	if (last != NULL)
		return last;
	for (i = 0; action == JOB_METHOD && i < N_KNOWN; i++)
		if (strcmp(known_methods[i].method, method) == 0)
			return known_methods[i].payload;
	return "";
}

const char *
action_follow_words(enum job_action action, const char *method)
{
	size_t i;

	if (action == JOB_TAGS)
		return "nothing: the hub keeps tags, no device sees them";
	if (action == JOB_DESIRED)
		return "until reported has the same values, up to 1 min";
	for (i = 0; method != NULL && i < N_KNOWN; i++)
		if (strcmp(known_methods[i].method, method) == 0)
			return known_methods[i].follow;
	return "nothing: an answer below 300 is the end of it";
}

static void
add_number(
    struct dialog *d, int id, const char *label, int value, const char *hint)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	dialog_field(d, id, label, text, NUMBER_WIDTH, hint, NULL);
}

static void
add_method(struct dialog *d, struct app *app, const struct action_form *form)
{
	const char *last = recall_last(app_recall(app), "method");

	if (form->method == NULL)
		dialog_field(d, F_METHOD, "method", last != NULL ? last : "", 0,
		    NULL, "method");
}

void
action_fields_add(
    struct dialog *d, struct app *app, const struct action_form *form)
{
	const char *method = form->method != NULL ? form->method : "";
	const char *payload = form->payload;
	char *kind = action_payload_kind(form->action, method);

	if (form->action == JOB_METHOD)
		add_method(d, app, form);
	if (payload == NULL)
		payload = action_payload(app, form->action, method);
	dialog_field(d, F_PAYLOAD,
	    form->action == JOB_METHOD ? "payload" : "sets", payload, 0, NULL,
	    kind);
	dialog_field(d, F_WHEN, "when", "now", WHEN_WIDTH,
	    "now, +20s, 14:30, 2026-11-22T06:00Z", "when");
	if (form->action == JOB_METHOD) {
		add_number(d, F_ANSWER, "answer in",
		    form->response_timeout_s > 0 ? form->response_timeout_s
						 : METHOD_RESPONSE_TIMEOUT_DEF,
		    "seconds");
		add_number(d, F_CONNECT, "connect in",
		    form->response_timeout_s > 0 ? form->connect_timeout_s
						 : CONNECT_TIMEOUT_DEF,
		    "seconds for a device that is not connected");
	}
	add_number(d, F_AT_ONCE, "at once",
	    form->at_once > 0 ? form->at_once : JOBS_AT_ONCE_DEF,
	    "devices at a time");
	dialog_field(d, F_ENGINE, "engine", job_engine_name(form->engine),
	    NUMBER_WIDTH, "here, or hub: its own job, goes on without us",
	    NULL);
	free(kind);
}

/* Nothing is null. */
static int
check_payload(const char *text, struct err *err)
{
	cJSON *json;

	if (text[strspn(text, " ")] == '\0')
		return 0;
	if (strlen(text) > METHOD_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT,
		    "a payload has at most %zu bytes", METHOD_PAYLOAD_MAX);
	json = json_parse(text, strlen(text), err);
	if (json == NULL)
		return err_prefix(err, "payload");
	cJSON_Delete(json);
	return 0;
}

static int
check_patch(const char *text, struct err *err)
{
	cJSON *json;
	int rc = 0;

	if (strlen(text) > TWIN_PROPERTIES_MAX)
		return err_set(err, ERR_LIMIT,
		    "desired properties have at most %zu bytes",
		    TWIN_PROPERTIES_MAX);
	json = json_parse(text, strlen(text), err);
	if (json == NULL)
		return err_prefix(err, "sets");
	if (!cJSON_IsObject(json) || json->child == NULL)
		rc = err_set(err, ERR_INVALID,
		    "sets takes a JSON object, as in {\"building\":43}");
	cJSON_Delete(json);
	return rc;
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
read_at_once(const char *text, int *at_once, struct err *err)
{
	int64_t number;

	if (str_to_int64(text, 1, JOBS_AT_ONCE_MAX, &number) == -1)
		return err_set(err, ERR_INVALID,
		    "at once takes a number from 1 to %d", JOBS_AT_ONCE_MAX);
	*at_once = (int)number;
	return 0;
}

int
action_field_read(struct dialog *d, int id, enum job_action action,
    struct job_request *r, struct err *err)
{
	const char *text = dialog_value(d, id);

	switch ((enum action_field)id) {
	case F_METHOD:
		return method_name_check(text, err);
	case F_PAYLOAD:
		return action == JOB_METHOD ? check_payload(text, err)
					    : check_patch(text, err);
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
		return read_at_once(text, &r->at_once, err);
	case F_ENGINE:
		return job_engine_parse(
		    text + strspn(text, " "), &r->engine, err);
	case F_CONFIRM:
		break;
	}
	return 0;
}
