#include "config.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/hub/call.h"
#include "core/hub/hub.h"
#include "core/hub/methods.h"
#include "core/hub/registry.h"
#include "core/hub/routes.h"
#include "core/iothub/method.h"

#define NOT_CONNECTED "Timed out waiting for device to connect."
#define NOT_SUBSCRIBED "Timed out waiting for device to subscribe."
#define NO_ANSWER "Timed out waiting for the response from device."

static void
answer(struct hub_call *call, const struct hub_method_result *result)
{
	struct strbuf out = { 0 };

	strbuf_printf(&out, "{\"status\":%d,\"payload\":", result->status);
	strbuf_put(&out, result->payload, result->payload_len);
	strbuf_putc(&out, '}');
	hub_call_answer(call, 200, &out);
}

static void
on_result(const struct hub_method_result *result, void *arg)
{
	struct hub_call *call = arg;

	switch (result->end) {
	case HUB_METHOD_ANSWERED:
		answer(call, result);
		break;
	case HUB_METHOD_NOT_CONNECTED:
		hub_call_error_method(call, IOTHUB_DEVICE_NOT_ONLINE,
		    NOT_CONNECTED, call->connect_timeout_s);
		break;
	case HUB_METHOD_NOT_SUBSCRIBED:
		hub_call_error_method(call, IOTHUB_DEVICE_NOT_ONLINE,
		    NOT_SUBSCRIBED, call->connect_timeout_s);
		break;
	case HUB_METHOD_NO_ANSWER:
		hub_call_error_method(call, IOTHUB_GATEWAY_TIMEOUT, NO_ANSWER,
		    call->response_timeout_s);
		break;
	case HUB_METHOD_BAD_ANSWER:
		hub_call_error_method(call, IOTHUB_INVALID_RESPONSE,
		    "The device's response is no JSON.", -1);
		break;
	case HUB_METHOD_TOO_MANY:
		hub_call_error_method(call, IOTHUB_MAX_INFLIGHT_METHODS,
		    "Too many methods are in flight to this device.", -1);
		break;
	}
}

static int
read_seconds(const cJSON *body, const char *name, int min, int max,
    int *seconds, struct err *err)
{
	const cJSON *item = json_get_nocase(body, name);

	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsNumber(item) ||
	    item->valuedouble != floor(item->valuedouble) ||
	    item->valuedouble < min || item->valuedouble > max)
		return err_set(err, ERR_INVALID,
		    "%s must be a whole number from %d to %d", name, min, max);
	*seconds = item->valueint;
	return 0;
}

static int
read_request(struct hub_call *call, const cJSON *body,
    struct hub_method_request *request, struct err *err)
{
	const char *text;
	size_t len;

	if (!cJSON_IsObject(body))
		return err_set(
		    err, ERR_INVALID, "the body must be a JSON object");
	request->name =
	    cJSON_GetStringValue(json_get_nocase(body, "methodName"));
	if (request->name == NULL)
		return err_set(
		    err, ERR_INVALID, "methodName is missing or not a string");
	request->response_timeout_s = METHOD_RESPONSE_TIMEOUT_DEF;
	/* The Python client of 2018 says "timeout". */
	if (method_name_check(request->name, err) == -1 ||
	    read_seconds(body, "timeout", METHOD_RESPONSE_TIMEOUT_MIN,
		METHOD_RESPONSE_TIMEOUT_MAX, &request->response_timeout_s,
		err) == -1 ||
	    read_seconds(body, "responseTimeoutInSeconds",
		METHOD_RESPONSE_TIMEOUT_MIN, METHOD_RESPONSE_TIMEOUT_MAX,
		&request->response_timeout_s, err) == -1 ||
	    read_seconds(body, "connectTimeoutInSeconds", 0,
		METHOD_CONNECT_TIMEOUT_MAX, &request->connect_timeout_s,
		err) == -1)
		return -1;
	text = hub_call_body(call, &len);
	/* Byte for byte: what a number looks like may matter to a device.
	 * Never empty: the Node SDK refuses that before its user sees it. */
	if (!json_raw_member(text, len, "payload", &request->payload,
		&request->payload_len)) {
		request->payload = "null";
		request->payload_len = strlen("null");
	}
	if (request->payload_len > METHOD_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT,
		    "the payload may have %zu bytes at most",
		    METHOD_PAYLOAD_MAX);
	return 0;
}

void
hub_rest_method(struct hub_call *call)
{
	struct hub_method_request request = { .device_id =
						  hub_call_arg(call, 0) };
	struct hub_device device = { 0 };
	struct err err = { 0 };
	cJSON *body = hub_call_json(call);

	if (body == NULL)
		return;
	if (read_request(call, body, &request, &err) == -1 ||
	    hub_registry_get(
		call->hub->registry, request.device_id, &device, &err) == -1)
		hub_call_fail(call, &err);
	else if (!device.enabled)
		hub_call_error_method(call, IOTHUB_DEVICE_NOT_ONLINE,
		    NOT_CONNECTED, request.connect_timeout_s);
	else {
		call->connect_timeout_s = request.connect_timeout_s;
		call->response_timeout_s = request.response_timeout_s;
		hub_methods_invoke(
		    call->hub->methods, &request, on_result, call);
	}
	hub_device_fini(&device);
	cJSON_Delete(body);
}
