#include "config.h"

#include "core/hub/method_body.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/hub/choices.h"
#include "core/hub/methods.h"
#include "core/iothub/method.h"

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

int
hub_method_body_read(const char *text, size_t len, const cJSON *body,
    struct hub_method_request *request, struct err *err)
{
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

static const struct {
	enum iothub_error_id id;
	const char *text;
} ends[] = {
	[HUB_METHOD_NOT_CONNECTED] = { IOTHUB_DEVICE_NOT_ONLINE,
	    "Timed out waiting for device to connect." },
	[HUB_METHOD_NOT_SUBSCRIBED] = { IOTHUB_DEVICE_NOT_ONLINE,
	    "Timed out waiting for device to subscribe." },
	[HUB_METHOD_NO_ANSWER] = { IOTHUB_GATEWAY_TIMEOUT,
	    "Timed out waiting for the response from device." },
	[HUB_METHOD_BAD_ANSWER] = { HUB_CHOICE_METHOD_NO_JSON,
	    "The device's response is no JSON, or has more than 128 KB." },
	[HUB_METHOD_TOO_MANY] = { IOTHUB_MAX_INFLIGHT_METHODS,
	    "Too many methods are in flight to this device." },
};

const char *
hub_method_end_error(enum hub_method_end end, enum iothub_error_id *id)
{
	*id = ends[end].id;
	return ends[end].text;
}
