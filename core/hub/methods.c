#include "config.h"

#include "core/hub/methods.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/map.h"
#include "core/base/xalloc.h"
#include "core/hub/choices.h"
#include "core/hub/history.h"
#include "core/hub/hub.h"
#include "core/hub/sessions.h"
#include "core/iothub/method.h"

/* The calls of one device, there while it has any. */
struct device {
	char *device_id;
	struct list calls;
	size_t n;
};

/*
 * One call.  Until it is sent, its timer is that of connecting; from then on
 * that of the answer.  rid 0: not sent yet.
 */
struct hub_method_call {
	struct list link; /* in the device's calls */
	struct hub_methods *methods;
	struct device *device;
	char *name;
	char *payload; /* owned; NULL once it is sent */
	size_t payload_len;
	int response_timeout_s;
	uint64_t rid;
	uint64_t record; /* in the history */
	/* Why it could not be sent when it was last tried. */
	enum hub_method_end held_by;
	struct event *timer;
	hub_method_cb cb;
	void *arg;
};

struct hub_methods {
	struct hub *hub;
	struct map *devices;
	/* Never used twice, not even by the hub's next process: a device may
	 * answer that one what this one asked. */
	uint64_t last_rid;
};

struct hub_methods *
hub_methods_new(struct hub *hub)
{
	struct hub_methods *methods = xcalloc(1, sizeof(*methods));

	methods->hub = hub;
	methods->devices = map_new();
	methods->last_rid = (uint64_t)clock_utc_us();
	return methods;
}

static struct device *
device_get(struct hub_methods *methods, const char *device_id)
{
	struct device *device = map_get(methods->devices, device_id);

	if (device != NULL)
		return device;
	device = xcalloc(1, sizeof(*device));
	device->device_id = xstrdup(device_id);
	list_init(&device->calls);
	map_set(methods->devices, device->device_id, device);
	return device;
}

static void
call_free(struct hub_method_call *call)
{
	struct device *device = call->device;

	list_remove(&call->link);
	if (--device->n == 0) {
		map_remove(call->methods->devices, device->device_id);
		free(device->device_id);
		free(device);
	}
	event_free(call->timer);
	free(call->name);
	free(call->payload);
	free(call);
}

/* As the history calls them. */
static const char *const end_names[] = {
	[HUB_METHOD_ANSWERED] = "answered",
	[HUB_METHOD_NOT_CONNECTED] = "notConnected",
	[HUB_METHOD_NOT_SUBSCRIBED] = "notSubscribed",
	[HUB_METHOD_NO_ANSWER] = "noAnswer",
	[HUB_METHOD_BAD_ANSWER] = "badAnswer",
	[HUB_METHOD_TOO_MANY] = "tooMany",
};

/* The call is gone once this returns; its callback may make others. */
static void
finish(struct hub_method_call *call, const struct hub_method_result *result)
{
	hub_method_cb cb = call->cb;
	void *arg = call->arg;

	hub_history_end(call->methods->hub->history, call->record,
	    end_names[result->end], result->status);
	call_free(call);
	cb(result, arg);
}

static void
finish_without(struct hub_method_call *call, enum hub_method_end end)
{
	finish(call, &(struct hub_method_result){ .end = end });
}

void
hub_methods_free(struct hub_methods *methods)
{
	struct hub_method_call *call;
	struct device *device;
	size_t cursor;

	if (methods == NULL)
		return;
	while (cursor = 0,
	    (device = map_next(methods->devices, &cursor)) != NULL) {
		call = LIST_FIRST(&device->calls, struct hub_method_call, link);
		finish_without(call,
		    call->rid == 0 ? call->held_by : HUB_METHOD_NO_ANSWER);
	}
	map_free(methods->devices);
	free(methods);
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct hub_method_call *call = arg;

	(void)fd;
	(void)what;
	finish_without(
	    call, call->rid == 0 ? call->held_by : HUB_METHOD_NO_ANSWER);
}

static void
start_timer(struct hub_method_call *call, int timeout_s)
{
	struct timeval timeout = { .tv_sec = timeout_s };

	event_add(call->timer, &timeout);
}

/* Sends it, once, if the device is there; otherwise notes why not. */
static void
try_send(struct hub_method_call *call)
{
	struct hub_methods *methods = call->methods;
	enum hub_sessions_sent sent;
	char rid[24];

	snprintf(rid, sizeof(rid), "%" PRIx64, methods->last_rid + 1);
	sent = hub_sessions_send_method(methods->hub->sessions,
	    call->device->device_id, call->name, rid, call->payload,
	    call->payload_len);
	if (sent != HUB_SESSIONS_SENT) {
		call->held_by = sent == HUB_SESSIONS_AWAY
		    ? HUB_METHOD_NOT_CONNECTED
		    : HUB_METHOD_NOT_SUBSCRIBED;
		return;
	}
	call->rid = ++methods->last_rid;
	free(call->payload);
	call->payload = NULL;
	start_timer(call, call->response_timeout_s);
}

static struct hub_method_call *
call_new(struct hub_methods *methods, struct device *device,
    const struct hub_method_request *request, hub_method_cb cb, void *arg)
{
	struct hub_method_call *call = xcalloc(1, sizeof(*call));

	call->methods = methods;
	call->device = device;
	call->name = xstrdup(request->name);
	/* Node's SDK answers an empty payload by itself, with an error. */
	call->payload = request->payload_len > 0
	    ? xstrndup(request->payload, request->payload_len)
	    : xstrdup("null");
	call->payload_len = strlen(call->payload);
	call->response_timeout_s = request->response_timeout_s;
	call->timer = evtimer_new(methods->hub->base, on_timeout, call);
	call->record = hub_history_add(methods->hub->history,
	    device->device_id, call->name, call->payload, call->payload_len);
	call->cb = cb;
	call->arg = arg;
	list_append(&device->calls, &call->link);
	device->n++;
	return call;
}

void
hub_methods_invoke(struct hub_methods *methods,
    const struct hub_method_request *request, hub_method_cb cb, void *arg)
{
	struct hub_method_result too_many = { .end = HUB_METHOD_TOO_MANY };
	struct device *device = device_get(methods, request->device_id);
	struct hub_method_call *call;

	if (device->n >= HUB_CHOICE_METHODS_IN_FLIGHT) {
		cb(&too_many, arg);
		return;
	}
	call = call_new(methods, device, request, cb, arg);
	try_send(call);
	if (call->rid != 0)
		return;
	if (request->connect_timeout_s == 0)
		finish_without(call, call->held_by);
	else
		start_timer(call, request->connect_timeout_s);
}

bool
hub_methods_withdraw(
    struct hub_methods *methods, const char *device_id, const void *arg)
{
	struct device *device = map_get(methods->devices, device_id);
	struct hub_method_call *call;

	if (device == NULL)
		return false;
	LIST_FOREACH(call, &device->calls, struct hub_method_call, link) {
		if (call->arg != arg || call->rid != 0)
			continue;
		hub_history_end(methods->hub->history, call->record,
		    end_names[call->held_by], 0);
		call_free(call);
		return true;
	}
	return false;
}

void
hub_methods_ready(struct hub_methods *methods, const char *device_id)
{
	struct device *device = map_get(methods->devices, device_id);
	struct hub_method_call *call;

	if (device == NULL)
		return;
	/* No callback runs from here, so the list keeps still. */
	LIST_FOREACH(call, &device->calls, struct hub_method_call, link)
		if (call->rid == 0)
			try_send(call);
}

static struct hub_method_call *
find(struct hub_methods *methods, const char *device_id, struct topic_str rid)
{
	struct device *device = map_get(methods->devices, device_id);
	struct hub_method_call *call;
	char text[24];

	if (device == NULL)
		return NULL;
	LIST_FOREACH(call, &device->calls, struct hub_method_call, link) {
		snprintf(text, sizeof(text), "%" PRIx64, call->rid);
		if (call->rid != 0 && rid.len == strlen(text) &&
		    memcmp(rid.s, text, rid.len) == 0)
			return call;
	}
	return NULL;
}

void
hub_methods_answer(struct hub_methods *methods, const char *device_id,
    struct topic_str rid, int status, const char *payload, size_t payload_len)
{
	struct hub_method_call *call = find(methods, device_id, rid);
	struct hub_method_result result = {
		.end = HUB_METHOD_ANSWERED,
		.status = status,
		.payload = payload,
		.payload_len = payload_len,
	};
	struct err err = { 0 };
	cJSON *json;

	if (call == NULL) {
		log_info("mqtt: %s: a method was answered too late", device_id);
		return;
	}
	if (payload_len == 0) {
		result.payload = "null";
		result.payload_len = strlen(result.payload);
	} else {
		json = payload_len > METHOD_PAYLOAD_MAX
		    ? NULL
		    : json_parse(payload, payload_len, &err);
		if (json == NULL) {
			log_info("mqtt: %s: %s was answered without JSON: %s",
			    device_id, call->name, err.text);
			result.end = HUB_METHOD_BAD_ANSWER;
		}
		cJSON_Delete(json);
	}
	finish(call, &result);
}
