#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/hub/call.h"
#include "core/hub/hub.h"
#include "core/hub/messages.h"
#include "core/hub/routes.h"

static int
read_string(
    const cJSON *body, const char *name, const char **text, struct err *err)
{
	const cJSON *item = json_get_nocase(body, name);

	*text = NULL;
	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsString(item))
		return err_set(err, ERR_INVALID, "%s must be a string", name);
	*text = item->valuestring;
	return 0;
}

static int
read_ttl(const cJSON *body, int64_t *ttl_s, struct err *err)
{
	const cJSON *item = json_get_nocase(body, "ttlInSeconds");

	*ttl_s = HUB_MESSAGE_TTL_S;
	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsNumber(item) || item->valuedouble < 1 ||
	    item->valuedouble != floor(item->valuedouble) ||
	    item->valuedouble > (double)HUB_MESSAGE_TTL_MAX_S)
		return err_set(err, ERR_INVALID,
		    "ttlInSeconds must be a whole number from 1 to %" PRId64,
		    HUB_MESSAGE_TTL_MAX_S);
	*ttl_s = (int64_t)item->valuedouble;
	return 0;
}

/* A payload that is a string is its text; other JSON goes as it stands. */
static int
read_message(struct hub_call *call, const cJSON *body,
    struct hub_message *message, struct err *err)
{
	const cJSON *payload = json_get(body, "payload");
	const char *text;
	size_t len;

	if (!cJSON_IsObject(body))
		return err_set(
		    err, ERR_INVALID, "the body must be a JSON object");
	message->properties = json_get_nocase(body, "properties");
	if (cJSON_IsNull(message->properties))
		message->properties = NULL;
	if (message->properties != NULL && !cJSON_IsObject(message->properties))
		return err_set(
		    err, ERR_INVALID, "properties must be a JSON object");
	message->payload = "";
	if (cJSON_IsString(payload)) {
		message->payload = payload->valuestring;
		message->payload_len = strlen(payload->valuestring);
	} else if (payload != NULL) {
		text = hub_call_body(call, &len);
		json_raw_member(text, len, "payload", &message->payload,
		    &message->payload_len);
	}
	if (read_string(body, "messageId", &message->message_id, err) == -1 ||
	    read_string(body, "correlationId", &message->correlation_id, err) ==
		-1 ||
	    read_string(body, "contentType", &message->content_type, err) ==
		-1 ||
	    read_string(
		body, "contentEncoding", &message->content_encoding, err) == -1)
		return -1;
	return read_ttl(body, &message->ttl_s, err);
}

/* What SDKs do over AMQP, which is not here. */
void
hub_rest_message_send(struct hub_call *call)
{
	const char *device_id = hub_call_arg(call, 0);
	struct hub_message message = { 0 };
	struct strbuf out = { 0 };
	struct err err = { 0 };
	cJSON *body = hub_call_json(call);

	if (body == NULL)
		return;
	if (read_message(call, body, &message, &err) == 0 &&
	    hub_messages_send(call->hub->messages, device_id, &message, &err) ==
		0) {
		strbuf_puts(&out, "{\"deviceId\":");
		json_put_string(&out, device_id);
		strbuf_printf(&out,
		    ",\"cloudToDeviceMessageCount\":%" PRId64 "}",
		    hub_messages_count(call->hub->messages, device_id));
		hub_call_answer(call, 200, &out);
	} else if (err.code == ERR_BUSY) {
		hub_call_error(call, IOTHUB_MAX_QUEUE_DEPTH, err.text);
	} else if (err.code == ERR_LIMIT) {
		hub_call_error(call, IOTHUB_MESSAGE_TOO_LARGE, err.text);
	} else {
		hub_call_fail(call, &err);
	}
	cJSON_Delete(body);
}

void
hub_rest_messages_purge(struct hub_call *call)
{
	const char *device_id = hub_call_who(call);
	struct strbuf out = { 0 };
	struct err err = { 0 };
	int64_t n = hub_messages_purge(call->hub->messages, device_id, &err);

	if (n == -1) {
		hub_call_fail(call, &err);
		return;
	}
	strbuf_printf(
	    &out, "{\"totalMessagesPurged\":%" PRId64 ",\"deviceId\":", n);
	json_put_string(&out, device_id);
	strbuf_puts(&out, ",\"moduleId\":null}");
	hub_call_answer(call, 200, &out);
}
