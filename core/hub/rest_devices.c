#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/hub/call.h"
#include "core/hub/hub.h"
#include "core/hub/registry.h"
#include "core/hub/routes.h"

/* The whole device as it is now, with its ETag. */
static void
answer_device(struct hub_call *call)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	char *etag = NULL;

	if (hub_registry_format(call->hub->registry, hub_call_who(call), &out,
		&etag, &err) == -1) {
		hub_call_fail(call, &err);
		return;
	}
	hub_call_set_etag(call, etag);
	hub_call_answer(call, 200, &out);
	free(etag);
}

void
hub_rest_device_get(struct hub_call *call)
{
	answer_device(call);
}

void
hub_rest_device_put(struct hub_call *call)
{
	struct err err = { 0 };
	cJSON *body = hub_call_json(call);
	char *if_match;

	if (body == NULL)
		return;
	if_match = hub_call_if_match(call);
	if (hub_registry_put(call->hub->registry, hub_call_who(call), body,
		if_match, &err) == -1)
		hub_call_fail(call, &err);
	else
		answer_device(call);
	free(if_match);
	cJSON_Delete(body);
}

void
hub_rest_device_delete(struct hub_call *call)
{
	char *if_match = hub_call_if_match(call);
	struct err err = { 0 };

	if (if_match == NULL)
		hub_call_error(
		    call, IOTHUB_PRECONDITION_FAILED, "Etag missing");
	else if (hub_registry_delete(call->hub->registry, hub_call_who(call),
		     if_match, &err) == -1)
		hub_call_fail(call, &err);
	else
		hub_call_answer(call, 204, NULL);
	free(if_match);
}

void
hub_rest_device_list(struct hub_call *call)
{
	char *top = hub_call_query(call, "top");
	int64_t n = HUB_LIST_MAX;
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (top != NULL && str_to_int64(top, 1, INT64_MAX, &n) == -1)
		hub_call_error(call, IOTHUB_ARGUMENT_INVALID,
		    "top must be a number from 1 to 1000");
	else if (hub_registry_list(call->hub->registry,
		     n < HUB_LIST_MAX ? n : HUB_LIST_MAX, &out, &err) == -1)
		hub_call_fail(call, &err);
	else
		hub_call_answer(call, 200, &out);
	strbuf_fini(&out);
	free(top);
}

void
hub_rest_module_list(struct hub_call *call)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (hub_registry_list_modules(
		call->hub->registry, hub_call_who(call), &out, &err) == -1)
		hub_call_fail(call, &err);
	else
		hub_call_answer(call, 200, &out);
	strbuf_fini(&out);
}

void
hub_rest_device_bulk(struct hub_call *call)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	cJSON *body = hub_call_json(call);
	int ok;

	if (body == NULL)
		return;
	ok = hub_registry_bulk(call->hub->registry, body, &out, &err);
	if (ok == -1)
		hub_call_error(call,
		    err.code == ERR_EXISTS
			? IOTHUB_DEVICE_DEFINED_MULTIPLE_TIMES
			: IOTHUB_ARGUMENT_INVALID,
		    err.text);
	else
		/* Partial failure is 400 with the same shape. */
		hub_call_answer(call, ok ? 200 : 400, &out);
	strbuf_fini(&out);
	cJSON_Delete(body);
}

void
hub_rest_statistics_devices(struct hub_call *call)
{
	struct hub_statistics st;
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (hub_registry_statistics(call->hub->registry, &st, &err) == -1) {
		hub_call_fail(call, &err);
		return;
	}
	strbuf_printf(&out,
	    "{\"totalDeviceCount\":%" PRId64 ",\"enabledDeviceCount\":%" PRId64
	    ",\"disabledDeviceCount\":%" PRId64 "}",
	    st.n_devices, st.n_enabled, st.n_devices - st.n_enabled);
	hub_call_answer(call, 200, &out);
}

void
hub_rest_statistics_service(struct hub_call *call)
{
	struct hub_statistics st;
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (hub_registry_statistics(call->hub->registry, &st, &err) == -1) {
		hub_call_fail(call, &err);
		return;
	}
	strbuf_printf(
	    &out, "{\"connectedDeviceCount\":%" PRId64 "}", st.n_connected);
	hub_call_answer(call, 200, &out);
}
