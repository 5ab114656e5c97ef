#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/call.h"
#include "core/hub/choices.h"
#include "core/hub/hub.h"
#include "core/hub/job_records.h"
#include "core/hub/jobs.h"
#include "core/hub/method_body.h"
#include "core/hub/query.h"
#include "core/hub/query_page.h"
#include "core/hub/routes.h"

static const char *const statuses[] = { "unknown", "enqueued", "running",
	"completed", "failed", "cancelled", "scheduled", "queued", NULL };

/* The method as GET will answer it, and as the job will read it again. */
static char *
read_method(struct hub_call *call, const cJSON *body, struct err *err)
{
	const cJSON *method = json_get_nocase(body, "cloudToDeviceMethod");
	struct hub_method_request request = { 0 };
	struct strbuf action = { 0 };
	const char *text, *raw;
	char *printed = NULL;
	size_t len, raw_len;
	int rc;

	if (!cJSON_IsObject(method)) {
		err_set(err, ERR_INVALID,
		    "cloudToDeviceMethod is missing or no object");
		return NULL;
	}
	/* Byte for byte, unless its name is written in another case. */
	text = hub_call_body(call, &len);
	if (!json_raw_member(
		text, len, "cloudToDeviceMethod", &raw, &raw_len)) {
		raw = printed = json_print(method);
		raw_len = strlen(printed);
	}
	rc = hub_method_body_read(raw, raw_len, method, &request, err);
	if (rc == 0) {
		strbuf_puts(&action, "{\"methodName\":");
		json_put_string(&action, request.name);
		strbuf_puts(&action, ",\"payload\":");
		strbuf_put(&action, request.payload, request.payload_len);
		strbuf_printf(&action,
		    ",\"responseTimeoutInSeconds\":%d,"
		    "\"connectTimeoutInSeconds\":%d}",
		    request.response_timeout_s, request.connect_timeout_s);
	}
	free(printed);
	return rc == 0 ? strbuf_take(&action) : NULL;
}

static void
copy_member(cJSON *to, const cJSON *from, const char *name)
{
	const cJSON *item = json_get_nocase(from, name);

	if (item != NULL)
		cJSON_AddItemToObject(
		    to, name, cJSON_Duplicate(item, true));
}

/* Reported properties may come along and are not for a service to write. */
static char *
read_twin(const cJSON *body, struct err *err)
{
	const cJSON *twin = json_get_nocase(body, "updateTwin");
	const char *etag = cJSON_GetStringValue(json_get_nocase(twin, "etag"));
	const cJSON *properties = json_get_nocase(twin, "properties");
	cJSON *action, *copy;
	char *text;

	if (!cJSON_IsObject(twin)) {
		err_set(
		    err, ERR_INVALID, "updateTwin is missing or no object");
		return NULL;
	}
	if (etag == NULL ||
	    (strcmp(etag, "*") != 0 && strcmp(etag, "\"*\"") != 0)) {
		err_set(err, ERR_INVALID,
		    "missing or invalid etag for ScheduleUpdateTwin, which is "
		    "a forced update and only accepts *");
		return NULL;
	}
	action = cJSON_CreateObject();
	cJSON_AddNullToObject(action, "deviceId");
	cJSON_AddStringToObject(action, "etag", "*");
	copy_member(action, twin, "tags");
	if (properties != NULL) {
		copy = cJSON_AddObjectToObject(action, "properties");
		copy_member(copy, properties, "desired");
	}
	text = json_print(action);
	cJSON_Delete(action);
	return text;
}

static int
read_times(
    const cJSON *body, struct hub_job_order *order, struct err *err)
{
	const cJSON *start = json_get_nocase(body, "startTime");
	const cJSON *max = json_get_nocase(body, "maxExecutionTimeInSeconds");

	if (start != NULL && !cJSON_IsNull(start) &&
	    (!cJSON_IsString(start) ||
		clock_parse_iso(start->valuestring, &order->start_us) == -1))
		return err_set(
		    err, ERR_INVALID, "startTime must be an ISO 8601 time");
	order->max_execution_s = HUB_JOB_EXECUTION_DEF;
	if (max == NULL || cJSON_IsNull(max))
		return 0;
	if (!cJSON_IsNumber(max) ||
	    max->valuedouble != floor(max->valuedouble) ||
	    max->valuedouble < 1 ||
	    max->valuedouble > (double)HUB_JOB_EXECUTION_MAX)
		return err_set(err, ERR_INVALID,
		    "maxExecutionTimeInSeconds must be a whole number from 1 "
		    "to %d",
		    HUB_JOB_EXECUTION_MAX);
	order->max_execution_s = (int64_t)max->valuedouble;
	return 0;
}

static int
read_condition(
    const cJSON *body, struct hub_job_order *order, struct err *err)
{
	order->condition =
	    cJSON_GetStringValue(json_get_nocase(body, "queryCondition"));
	if (order->condition == NULL ||
	    order->condition[strspn(order->condition, " \t\r\n")] == '\0')
		return err_set(err, ERR_INVALID,
		    "queryCondition is missing; * stands for all devices");
	if (hub_query_is_too_long(order->condition, strlen(order->condition)))
		return err_set(err, ERR_LIMIT,
		    "queryCondition may have %zu characters at most",
		    HUB_QUERY_TEXT_MAX);
	return 0;
}

/* Whether it is one of the two types that there are. */
static bool
find_type(const char *name, enum hub_job_type *type)
{
	for (*type = 0; name != NULL && *type < HUB_JOB_TYPES; (*type)++)
		if (strcasecmp(name, hub_job_type_name(*type)) == 0)
			return true;
	return false;
}

static void
answer_queued(struct hub_call *call, const struct hub_job_order *order)
{
	struct strbuf out = { 0 };

	strbuf_puts(&out, "{\"jobId\":");
	json_put_string(&out, order->job_id);
	strbuf_printf(&out, ",\"type\":\"%s\",\"status\":\"queued\"}",
	    hub_job_type_name(order->type));
	hub_call_answer(call, 200, &out);
}

static void
fail(struct hub_call *call, const struct err *err)
{
	switch (err->code) {
	case ERR_EXISTS:
		hub_call_error(call, IOTHUB_JOB_ALREADY_EXISTS, err->text);
		break;
	case ERR_THROTTLED:
		hub_call_error(call, IOTHUB_MAX_ACTIVE_JOBS, err->text);
		break;
	case ERR_NOT_FOUND:
		hub_call_error(
		    call, HUB_CHOICE_JOB_CANCEL_UNKNOWN, err->text);
		break;
	case ERR_REFUSED:
		hub_call_error(
		    call, HUB_CHOICE_JOB_CANCEL_LATE, err->text);
		break;
	default:
		hub_call_fail(call, err);
		break;
	}
}

static void
put_job(struct hub_call *call, const cJSON *body)
{
	struct hub_job_order order = { .job_id = hub_call_arg(call, 0) };
	struct err err = { 0 };
	char *action = NULL;

	if (hub_job_check_id(order.job_id, &err) == -1 ||
	    read_condition(body, &order, &err) == -1 ||
	    read_times(body, &order, &err) == -1) {
		fail(call, &err);
		return;
	}
	if (!find_type(cJSON_GetStringValue(json_get_nocase(body, "type")),
		&order.type)) {
		hub_call_error(
		    call, IOTHUB_GENERIC_BAD_REQUEST, "BadRequest");
		return;
	}
	action = order.type == HUB_JOB_METHOD ? read_method(call, body, &err)
					      : read_twin(body, &err);
	order.action = action;
	if (action == NULL ||
	    hub_jobs_create(call->hub->jobs, &order, &err) == -1)
		fail(call, &err);
	else
		answer_queued(call, &order);
	free(action);
}

void
hub_rest_job_put(struct hub_call *call)
{
	cJSON *body = hub_call_json(call);

	if (body == NULL)
		return;
	if (cJSON_IsObject(body))
		put_job(call, body);
	else
		hub_call_error(
		    call, IOTHUB_GENERIC_BAD_REQUEST, "BadRequest");
	cJSON_Delete(body);
}

static void
answer_job(struct hub_call *call, const char *job_id)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	switch (hub_job_format(call->hub, job_id, &out, &err)) {
	case -1:
		strbuf_fini(&out);
		hub_call_fail(call, &err);
		return;
	case 0:
		/* As the service does: pollers look at the status. */
		strbuf_puts(&out, "{\"jobId\":");
		json_put_string(&out, job_id);
		strbuf_puts(
		    &out, ",\"type\":\"unknown\",\"status\":\"unknown\"}");
		break;
	default:
		break;
	}
	hub_call_answer(call, 200, &out);
}

void
hub_rest_job_get(struct hub_call *call)
{
	answer_job(call, hub_call_arg(call, 0));
}

void
hub_rest_job_cancel(struct hub_call *call)
{
	const char *job_id = hub_call_arg(call, 0);
	struct err err = { 0 };

	if (hub_jobs_cancel(call->hub->jobs, job_id, &err) == -1)
		fail(call, &err);
	else
		answer_job(call, job_id);
}

/* A name of an enum in any case; NULL stays NULL. */
static int
find_filter(const char *asked, const char *const *names, const char **name)
{
	for (*name = NULL; asked != NULL && *names != NULL; names++)
		if (strcasecmp(asked, *names) == 0)
			*name = *names;
	return asked == NULL || *name != NULL ? 0 : -1;
}

static int
read_filters(
    struct hub_call *call, struct hub_job_list *list, struct err *err)
{
	static const char *types[HUB_JOB_TYPES + 1];
	char *type = hub_call_query(call, "jobType");
	char *status = hub_call_query(call, "jobStatus");
	enum hub_job_type i;
	int rc = 0;

	for (i = 0; i < HUB_JOB_TYPES; i++)
		types[i] = hub_job_type_name(i);
	if (find_filter(type, types, &list->type) == -1)
		rc = err_set(err, ERR_INVALID,
		    "jobType must be scheduleDeviceMethod or "
		    "scheduleUpdateTwin");
	else if (find_filter(status, statuses, &list->status) == -1)
		rc = err_set(
		    err, ERR_INVALID, "jobStatus is none that jobs have");
	free(type);
	free(status);
	return rc;
}

static int
read_page(struct hub_call *call, const char *query, struct hub_job_list *list,
    struct hub_query_place *place, struct err *err)
{
	const char *size = hub_call_header(call, "x-ms-max-item-count");
	const char *token = hub_call_header(call, "x-ms-continuation");
	int64_t n = HUB_CHOICE_PAGE_ROWS;

	if (size != NULL && str_to_int64(size, 1, INT64_MAX, &n) == -1)
		return err_set(err, ERR_INVALID,
		    "x-ms-max-item-count must be a number from 1");
	list->size = n < HUB_CHOICE_PAGE_ROWS ? (int)n : HUB_CHOICE_PAGE_ROWS;
	if (token == NULL || *token == '\0')
		return 0;
	if (hub_query_place_parse(
		call->hub, query, strlen(query), token, place, err) == -1)
		return -1;
	list->after = place->after;
	return 0;
}

static void
list_jobs(struct hub_call *call, const char *query, struct hub_job_list *list,
    struct err *err)
{
	struct hub_query_place next = { 0 };
	struct strbuf out = { 0 };
	char *token;

	if (hub_job_list_format(call->hub, list, &out, err) == -1) {
		strbuf_fini(&out);
		hub_call_fail(call, err);
		return;
	}
	hub_call_set_header(call, "x-ms-item-type", "JobResponse");
	if (list->next != NULL) {
		next.after = list->next;
		token = hub_query_place_format(
		    call->hub, query, strlen(query), &next);
		hub_call_set_header(call, "x-ms-continuation", token);
		free(token);
	}
	free(list->next);
	hub_call_answer(call, 200, &out);
}

void
hub_rest_job_query(struct hub_call *call)
{
	struct hub_job_list list = { 0 };
	struct hub_query_place place = { 0 };
	struct err err = { 0 };
	char *query = NULL;

	if (read_filters(call, &list, &err) == 0)
		/* What a token is bound to, as to a query's text. */
		query = xasprintf("jobs %s %s",
		    list.type != NULL ? list.type : "*",
		    list.status != NULL ? list.status : "*");
	if (query != NULL && read_page(call, query, &list, &place, &err) == 0)
		list_jobs(call, query, &list, &err);
	else
		hub_call_fail(call, &err);
	free(place.after);
	free(query);
}
