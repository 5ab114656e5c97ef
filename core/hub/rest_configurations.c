#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/call.h"
#include "core/hub/configuration_body.h"
#include "core/hub/configuration_store.h"
#include "core/hub/hub.h"
#include "core/hub/registry.h"
#include "core/hub/routes.h"
#include "core/hub/twins.h"
#include "core/hub/who.h"

static void
fail(struct hub_call *call, const struct err *err)
{
	switch (err->code) {
	case ERR_EXISTS:
		hub_call_error(
		    call, IOTHUB_CONFIGURATION_ALREADY_EXISTS, err->text);
		break;
	case ERR_NOT_FOUND:
		hub_call_error(call, IOTHUB_CONFIGURATION_NOT_FOUND, err->text);
		break;
	case ERR_LIMIT:
		hub_call_error(call, IOTHUB_QUOTA_EXCEEDED, err->text);
		break;
	default:
		hub_call_fail(call, err);
		break;
	}
}

/* As the service, which sees no If-Match that has no quotes; the caller's. */
static char *
quoted_if_match(struct hub_call *call)
{
	const char *value = hub_call_header(call, "If-Match");

	return value != NULL && strchr(value, '"') != NULL
	    ? hub_call_if_match(call)
	    : NULL;
}

static void
answer(struct hub_call *call)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	char *etag = NULL;

	if (hub_configuration_format(
		call->hub, hub_call_arg(call, 0), &out, &etag, &err) == -1) {
		fail(call, &err);
		return;
	}
	hub_call_set_etag(call, etag);
	hub_call_answer(call, 200, &out);
	free(etag);
}

void
hub_rest_configuration_get(struct hub_call *call)
{
	answer(call);
}

void
hub_rest_configuration_list(struct hub_call *call)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	/* ?top= changes nothing, as in the service. */
	if (hub_configuration_list(call->hub, &out, &err) == -1) {
		strbuf_fini(&out);
		fail(call, &err);
		return;
	}
	hub_call_answer(call, 200, &out);
}

void
hub_rest_configuration_put(struct hub_call *call)
{
	struct hub_configuration configuration;
	enum iothub_error_id error;
	struct err err = { 0 };
	cJSON *body = hub_call_json(call);
	char *if_match;

	if (body == NULL)
		return;
	if (hub_configuration_read(body, hub_call_arg(call, 0), &configuration,
		&error, &err) == -1) {
		hub_call_error(call, error, err.text);
		cJSON_Delete(body);
		return;
	}
	if_match = quoted_if_match(call);
	if (hub_configuration_put(call->hub, &configuration, if_match, &err) ==
	    -1)
		fail(call, &err);
	else
		answer(call);
	free(if_match);
	hub_configuration_fini(&configuration);
	cJSON_Delete(body);
}

void
hub_rest_configuration_delete(struct hub_call *call)
{
	char *if_match = quoted_if_match(call);
	struct err err = { 0 };

	if (hub_configuration_delete(
		call->hub, hub_call_arg(call, 0), if_match, &err) == -1)
		fail(call, &err);
	else
		hub_call_answer(call, 204, NULL);
	free(if_match);
}

/* A condition alone says by its first word what it is for. */
static enum hub_configuration_kind
kind_of(const char *condition)
{
	return strncasecmp(condition, "FROM ", strlen("FROM ")) == 0
	    ? HUB_CONFIGURATION_MODULES
	    : HUB_CONFIGURATION_DEVICES;
}

static void
test_queries(struct hub_call *call, const cJSON *body)
{
	const char *condition =
	    cJSON_GetStringValue(json_get_nocase(body, "targetCondition"));
	const cJSON *query;
	struct strbuf out = { 0 };
	struct err err = { 0 };
	char before = '{';

	strbuf_puts(&out, "{\"targetConditionError\":");
	if (condition != NULL &&
	    hub_configuration_check_condition(
		condition, kind_of(condition), &err) == -1)
		json_put_string(&out, err.text);
	else
		json_put_string(&out, NULL);
	strbuf_puts(&out, ",\"customMetricQueryErrors\":");
	cJSON_ArrayForEach(
	    query, json_get_nocase(body, "customMetricQueries")) {
		if (query->string == NULL ||
		    hub_configuration_check_metric(query, &err) == 0)
			continue;
		strbuf_putc(&out, before);
		json_put_string(&out, query->string);
		strbuf_putc(&out, ':');
		json_put_string(&out, err.text);
		before = ',';
	}
	strbuf_puts(&out, before == '{' ? "{}}" : "}}");
	hub_call_answer(call, 200, &out);
}

void
hub_rest_configuration_test(struct hub_call *call)
{
	cJSON *body = hub_call_json(call);

	if (body == NULL)
		return;
	if (cJSON_IsObject(body))
		test_queries(call, body);
	else
		hub_call_error(call, IOTHUB_ARGUMENT_INVALID,
		    "the body must be a JSON object");
	cJSON_Delete(body);
}

/* Takes the patch.  A module that is not there is passed over. */
static int
apply_patch(struct hub_call *call, const char *module, cJSON *patch,
    struct err *err)
{
	cJSON *twin = cJSON_CreateObject();
	struct hub_twins_write write = { .body = twin };
	char *who = hub_who_new(
	    hub_call_who(call), *module != '\0' ? module : NULL);
	int rc;

	cJSON_AddItemToObject(
	    cJSON_AddObjectToObject(twin, "properties"), "desired", patch);
	rc = hub_twins_update(call->hub->twins, who, &write, err);
	if (rc == -1 && *module != '\0' && err->code == ERR_NOT_FOUND)
		rc = 0;
	free(who);
	cJSON_Delete(twin);
	return rc;
}

/* Content at once, on one edge device and its modules. */
static void
apply(struct hub_call *call, const cJSON *body)
{
	enum hub_configuration_kind kind;
	struct err err = { 0 };
	cJSON *patches = hub_configuration_patches(body, &kind, &err);
	cJSON *patch;
	char *module;
	int rc = 0;

	if (patches == NULL || kind == HUB_CONFIGURATION_MODULES) {
		hub_call_error(call, IOTHUB_INVALID_CONFIGURATION_CONTENT,
		    patches == NULL ? err.text
				    : "moduleContent is for no device");
		cJSON_Delete(patches);
		return;
	}
	while (rc == 0 &&
	    (patch = cJSON_DetachItemFromArray(patches, 0)) != NULL) {
		module = xstrdup(patch->string);
		rc = apply_patch(call, module, patch, &err);
		free(module);
	}
	cJSON_Delete(patches);
	if (rc == -1)
		hub_call_fail(call, &err);
	else
		hub_call_answer(call, 204, NULL);
}

void
hub_rest_configuration_apply(struct hub_call *call)
{
	struct hub_device device = { 0 };
	struct err err = { 0 };
	cJSON *body = hub_call_json(call);

	if (body == NULL)
		return;
	if (hub_registry_get(
		call->hub->registry, hub_call_who(call), &device, &err) == -1)
		hub_call_fail(call, &err);
	else if (!device.iot_edge)
		hub_call_error(call, IOTHUB_INVALID_OPERATION,
		    "configuration content can be applied to edge devices "
		    "only");
	else
		apply(call, body);
	hub_device_fini(&device);
	cJSON_Delete(body);
}
