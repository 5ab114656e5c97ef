#include "config.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/hub/call.h"
#include "core/hub/choices.h"
#include "core/hub/hub.h"
#include "core/hub/method_body.h"
#include "core/hub/methods.h"
#include "core/hub/registry.h"
#include "core/hub/routes.h"

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
	enum iothub_error_id id;
	const char *text;
	int timeout_s = -1;

	/* A 500 because of other people's changes would be tried again, and
	 * the device would act twice. */
	call->stores_nothing = true;
	if (result->end == HUB_METHOD_ANSWERED) {
		answer(call, result);
		return;
	}
	if (result->end == HUB_METHOD_NOT_CONNECTED ||
	    result->end == HUB_METHOD_NOT_SUBSCRIBED)
		timeout_s = call->connect_timeout_s;
	else if (result->end == HUB_METHOD_NO_ANSWER)
		timeout_s = call->response_timeout_s;
	text = hub_method_end_error(result->end, &id);
	hub_call_error_method(call, id, text, timeout_s);
}

void
hub_rest_method(struct hub_call *call)
{
	struct hub_method_request request = { .device_id = hub_call_who(call) };
	struct hub_device device = { 0 };
	struct err err = { 0 };
	cJSON *body = hub_call_json(call);
	const char *text;
	size_t len;

	if (body == NULL)
		return;
	text = hub_call_body(call, &len);
	if (hub_method_body_read(text, len, body, &request, &err) == -1 ||
	    hub_registry_get(
		call->hub->registry, request.device_id, &device, &err) == -1) {
		hub_call_fail(call, &err);
		goto out;
	}
	call->connect_timeout_s = request.connect_timeout_s;
	call->response_timeout_s = request.response_timeout_s;
	if (device.enabled)
		hub_methods_invoke(
		    call->hub->methods, &request, on_result, call);
	else
		on_result(
		    &(struct hub_method_result){
			.end = HUB_CHOICE_METHOD_DISABLED },
		    call);
out:
	hub_device_fini(&device);
	cJSON_Delete(body);
}
