#include "config.h"

#include <stdlib.h>

#include <cjson/cJSON.h>
#include <event2/http.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/call.h"
#include "core/hub/faults.h"
#include "core/hub/history.h"
#include "core/hub/http_gauge.h"
#include "core/hub/hub.h"
#include "core/hub/monitor.h"
#include "core/hub/routes.h"
#include "core/hub/sessions.h"

/* {"faults":["latency=200ms", …]} */
static void
answer_faults(struct hub_call *call)
{
	struct strbuf out = { 0 };

	strbuf_puts(&out, "{\"faults\":");
	hub_faults_format(call->hub->faults, &out);
	strbuf_putc(&out, '}');
	hub_call_answer(call, 200, &out);
}

void
hub_rest_faults_get(struct hub_call *call)
{
	answer_faults(call);
}

static int
set_faults(struct hub *hub, const cJSON *rules, struct err *err)
{
	const char **texts;
	const cJSON *rule;
	size_t n = 0;
	int rc = 0;

	if (!cJSON_IsArray(rules))
		return err_set(
		    err, ERR_INVALID, "faults must be an array of strings");
	texts = xcalloc((size_t)cJSON_GetArraySize(rules) + 1, sizeof(*texts));
	cJSON_ArrayForEach(rule, rules) {
		if (!cJSON_IsString(rule))
			rc = err_set(err, ERR_INVALID,
			    "faults must be an array of strings");
		texts[n++] = rule->valuestring;
	}
	if (rc == 0)
		rc = hub_faults_set(hub->faults, texts, n, err);
	free(texts);
	return rc;
}

void
hub_rest_faults_put(struct hub_call *call)
{
	cJSON *body = hub_call_json(call);
	struct err err = { 0 };

	if (body == NULL)
		return;
	if (set_faults(call->hub, json_get(body, "faults"), &err) == -1) {
		hub_call_fail(call, &err);
	} else {
		hub_sessions_close_offline(call->hub->sessions);
		answer_faults(call);
	}
	cJSON_Delete(body);
}

void
hub_rest_faults_delete(struct hub_call *call)
{
	hub_faults_set(call->hub->faults, NULL, 0, NULL);
	answer_faults(call);
}

void
hub_rest_calls_get(struct hub_call *call)
{
	char *device_id = hub_call_query(call, "deviceId");
	char *after = hub_call_query(call, "after");
	struct strbuf out = { 0 };
	int64_t n = 0;

	if (after != NULL && str_to_int64(after, 0, INT64_MAX, &n) == -1) {
		hub_call_error(call, IOTHUB_ARGUMENT_INVALID,
		    "after must be the number of a call");
	} else {
		hub_history_format(
		    call->hub->history, (uint64_t)n, device_id, &out);
		hub_call_answer(call, 200, &out);
	}
	free(after);
	free(device_id);
}

void
hub_rest_calls_delete(struct hub_call *call)
{
	hub_history_clear(call->hub->history);
	hub_call_answer(call, 204, NULL);
}

/* A device that is not registered may be so by the time it sends. */
static void
attend(struct hub_call *call, enum hub_monitor_kind kind)
{
	struct hub_monitor *monitor = call->hub->monitor;
	struct evhttp_connection *connection =
	    evhttp_request_get_connection(call->request);
	char *device_id = xstrdup(hub_call_arg(call, 0));

	if (hub_monitor_count(monitor) >= HUB_MONITOR_LISTENERS_MAX) {
		hub_call_error(call, IOTHUB_SERVICE_UNAVAILABLE,
		    "there are as many listeners as there may be");
	} else {
		hub_http_gauge_leave(call->request);
		hub_call_free(call);
		hub_monitor_listen(monitor, kind, connection, device_id);
	}
	free(device_id);
}

void
hub_rest_monitor(struct hub_call *call)
{
	attend(call, HUB_MONITOR_MESSAGES);
}

void
hub_rest_packets(struct hub_call *call)
{
	attend(call, HUB_MONITOR_PACKETS);
}
