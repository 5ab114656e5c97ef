#include "config.h"

#include "core/iothub/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>
#include <openssl/rand.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

/* Numbers and names: troubleshoot-error-codes, and the SDKs' own tables. */
static const struct iothub_error errors[IOTHUB_ERRORS] = {
	[IOTHUB_GENERIC_BAD_REQUEST] = { 400, 400000, "GenericBadRequest",
	    ERR_INVALID, "the hub could not read the request" },
	[IOTHUB_INVALID_PROTOCOL_VERSION] = { 400, 400001,
	    "InvalidProtocolVersion", ERR_INVALID,
	    "the hub does not know this api-version" },
	[IOTHUB_INVALID_OPERATION] = { 400, 400003, "InvalidOperation",
	    ERR_INVALID, "the hub does not allow this now" },
	[IOTHUB_ARGUMENT_INVALID] = { 400, 400004, "ArgumentInvalid",
	    ERR_INVALID, "the hub refused a value" },
	[IOTHUB_ARGUMENT_NULL] = { 400, 400005, "ArgumentNull", ERR_INVALID,
	    "the hub misses a value" },
	[IOTHUB_FORMAT_ERROR] = { 400, 400006, "IotHubFormatError",
	    ERR_INVALID, "the hub could not read the request" },
	[IOTHUB_DEVICE_DEFINED_MULTIPLE_TIMES] = { 400, 400011,
	    "DeviceDefinedMultipleTimes", ERR_INVALID,
	    "a device stands twice in the request" },
	[IOTHUB_BULK_REGISTRY_OPERATION_FAILURE] = { 400, 400013,
	    "BulkRegistryOperationFailure", ERR_INVALID,
	    "some of the devices failed" },
	[IOTHUB_ETAG_DOES_NOT_MATCH] = { 400, 400023, "EtagDoesNotMatch",
	    ERR_CONFLICT, "somebody else wrote first" },
	[IOTHUB_INVALID_TARGET_CONDITION] = { 400, 400401,
	    "InvalidConfigurationTargetCondition", ERR_INVALID,
	    "the hub refused a configuration's target condition" },
	[IOTHUB_INVALID_CONFIGURATION_CONTENT] = { 400, 400402,
	    "InvalidConfigurationContent", ERR_INVALID,
	    "the hub refused a configuration's content" },
	[IOTHUB_INVALID_METRICS_QUERY] = { 400, 400404,
	    "InvalidConfigurationCustomMetricsQuery", ERR_INVALID,
	    "the hub refused a query of a configuration's metrics" },
	[IOTHUB_UNAUTHORIZED_ACCESS] = { 401, 401002,
	    "IotHubUnauthorizedAccess", ERR_UNAUTHORIZED,
	    "not authorized: wrong key, clock off by minutes, or a policy "
	    "without the right" },
	[IOTHUB_UNAUTHORIZED] = { 401, 401003, "IotHubUnauthorized",
	    ERR_UNAUTHORIZED, "not authorized: the token has expired" },
	[IOTHUB_QUOTA_EXCEEDED] = { 403, 403002, "IotHubQuotaExceeded",
	    ERR_LIMIT, "the hub's messages for today are used up" },
	[IOTHUB_OPERATION_NOT_AVAILABLE] = { 403, 403010,
	    "OperationNotAvailableInCurrentTier", ERR_UNSUPPORTED,
	    "the hub's tier does not have this" },
	[IOTHUB_MAX_QUEUE_DEPTH] = { 403, 403004,
	    "DeviceMaximumQueueDepthExceeded", ERR_LIMIT,
	    "too many messages wait for the device" },
	[IOTHUB_DEVICE_DISABLED] = { 403, 403012, "DeviceDisabled",
	    ERR_REFUSED, "the device is disabled" },
	[IOTHUB_MAX_INFLIGHT_METHODS] = { 403, 403800,
	    "DeviceMaximumInflightMethodExceeded", ERR_THROTTLED,
	    "too many calls to this device at once" },
	[IOTHUB_DEVICE_NOT_FOUND] = { 404, 404001, "DeviceNotFound",
	    ERR_NOT_FOUND, "no such device" },
	[IOTHUB_JOB_NOT_FOUND] = { 404, 404002, "JobNotFound", ERR_NOT_FOUND,
	    "no such job" },
	[IOTHUB_MODULE_NOT_FOUND] = { 404, 404010, "ModuleNotFound",
	    ERR_NOT_FOUND, "no such module" },
	[IOTHUB_DEVICE_NOT_ONLINE] = { 404, 404103, "DeviceNotOnline",
	    ERR_UNREACHABLE, "the device is offline" },
	[IOTHUB_CONFIGURATION_NOT_FOUND] = { 404, 404301,
	    "ConfigurationNotFound", ERR_NOT_FOUND,
	    "no such configuration" },
	[IOTHUB_DEVICE_ALREADY_EXISTS] = { 409, 409001, "DeviceAlreadyExists",
	    ERR_EXISTS, "the device is there already" },
	[IOTHUB_JOB_ALREADY_EXISTS] = { 409, 409104, "JobAlreadyExists",
	    ERR_EXISTS, "the job is there already" },
	[IOTHUB_MODULE_ALREADY_EXISTS] = { 409, 409301,
	    "ModuleAlreadyExistsOnDevice", ERR_EXISTS,
	    "the module is there already" },
	[IOTHUB_CONFIGURATION_ALREADY_EXISTS] = { 409, 409401,
	    "ConfigurationAlreadyExists", ERR_EXISTS,
	    "the configuration is there already" },
	[IOTHUB_PRECONDITION_FAILED] = { 412, 412001, "PreconditionFailed",
	    ERR_CONFLICT, "somebody else wrote first" },
	[IOTHUB_MESSAGE_TOO_LARGE] = { 413, 413001, "MessageTooLarge",
	    ERR_LIMIT, "the request is too large" },
	[IOTHUB_TOO_MANY_DEVICES] = { 413, 413002, "TooManyDevices",
	    ERR_LIMIT, "the hub has as many devices as its tier allows" },
	[IOTHUB_TOO_MANY_MODULES] = { 413, 413003, "TooManyModulesOnDevice",
	    ERR_LIMIT, "the device has too many modules" },
	[IOTHUB_UNSUPPORTED_MEDIA_TYPE] = { 415, 415000,
	    "GenericUnsupportedMediaType", ERR_INVALID,
	    "the hub takes application/json" },
	[IOTHUB_THROTTLING] = { 429, 429001, "ThrottlingException",
	    ERR_THROTTLED, "throttled: the hub's requests are used up for now" },
	[IOTHUB_MAX_ACTIVE_JOBS] = { 429, 429004,
	    "ThrottlingMaxActiveJobCountExceeded", ERR_THROTTLED,
	    "the hub runs as many jobs as its tier allows" },
	[IOTHUB_SERVER_ERROR] = { 500, 500001, "ServerError", ERR_INTERNAL,
	    "the hub failed inside" },
	[IOTHUB_INVALID_RESPONSE] = { 502, 502000,
	    "InvalidResponseWhileProxying", ERR_PROTOCOL,
	    "the device answered, but not in JSON" },
	[IOTHUB_SERVICE_UNAVAILABLE] = { 503, 503001, "ServiceUnavailable",
	    ERR_THROTTLED, "the hub is busy" },
	[IOTHUB_GATEWAY_TIMEOUT] = { 504, 504101, "GatewayTimeout",
	    ERR_UNKNOWN, "no answer from the device in time; it may have "
	    "acted all the same" },
};

const struct iothub_error *
iothub_error_get(enum iothub_error_id id)
{
	return &errors[id];
}

const struct iothub_error *
iothub_error_by_code(int code)
{
	const struct iothub_error *e;

	for (e = errors; e < errors + IOTHUB_ERRORS; e++)
		if (e->code == code)
			return e;
	return NULL;
}

const struct iothub_error *
iothub_error_by_name(const char *name)
{
	const struct iothub_error *e;

	for (e = errors; e < errors + IOTHUB_ERRORS; e++)
		if (strcmp(e->name, name) == 0)
			return e;
	return NULL;
}

/* What the envelopes of an answer hold, whichever of the three it was. */
struct said {
	int code;       /* 0: not said */
	char name[64];  /* "": not said */
	char text[256];
};

static void
read_b(const cJSON *json, struct said *said)
{
	const cJSON *code = json_get_nocase(json, "errorCode");
	const char *text =
	    cJSON_GetStringValue(json_get_nocase(json, "message"));

	if (cJSON_IsNumber(code))
		said->code = code->valueint;
	if (text != NULL)
		snprintf(said->text, sizeof(said->text), "%s", text);
}

static void
read_message(const char *message, struct said *said)
{
	struct err ignored;
	cJSON *inner;
	int used = 0;

	if (message[0] == '{') {
		inner = json_parse(message, strlen(message), &ignored);
		read_b(inner, said);
		cJSON_Delete(inner);
	} else if (sscanf(message, "ErrorCode:%63[^;];%n", said->name, &used) ==
		1 && used > 0) {
		snprintf(said->text, sizeof(said->text), "%s", message + used);
	} else {
		snprintf(said->text, sizeof(said->text), "%s", message);
	}
}

static void
read_envelope(const char *body, size_t len, struct said *said)
{
	struct err ignored;
	cJSON *json = json_parse(body, len, &ignored);
	const char *message =
	    cJSON_GetStringValue(json_get_nocase(json, "Message"));

	if (json_get_nocase(json, "errorCode") != NULL)
		read_b(json, said);
	else if (message != NULL)
		read_message(message, said);
	cJSON_Delete(json);
}

static const struct iothub_error *
by_http(int http)
{
	switch (http) {
	case 401:
		return &errors[IOTHUB_UNAUTHORIZED_ACCESS];
	case 412:
		return &errors[IOTHUB_PRECONDITION_FAILED];
	case 413:
		return &errors[IOTHUB_MESSAGE_TOO_LARGE];
	case 429:
		return &errors[IOTHUB_THROTTLING];
	case 503:
		return &errors[IOTHUB_SERVICE_UNAVAILABLE];
	case 504:
		return &errors[IOTHUB_GATEWAY_TIMEOUT];
	default:
		return NULL;
	}
}

const struct iothub_error *
iothub_error_read(int http, const char *name, const char *body, size_t len,
    const char *device_id, struct err *err)
{
	const struct iothub_error *e = NULL;
	struct said said = { 0 };

	read_envelope(body, len, &said);
	if (said.code != 0)
		e = iothub_error_by_code(said.code);
	if (e == NULL && said.name[0] != '\0')
		e = iothub_error_by_name(said.name);
	if (e == NULL && name != NULL)
		e = iothub_error_by_name(name);
	if (e == NULL)
		e = by_http(http);
	if (e == NULL)
		err_set(err, http >= 500 ? ERR_UNKNOWN : ERR_REFUSED,
		    "the hub answered %d%s%s", http,
		    said.text[0] != '\0' ? ": " : "", said.text);
	else if ((e->err == ERR_INVALID || e->err == ERR_INTERNAL) &&
	    said.text[0] != '\0')
		err_set(err, e->err, "%s (%d): %s", e->words, e->code,
		    said.text);
	else
		err_set(err, e->err, "%s (%d)", e->words, e->code);
	if (device_id != NULL)
		err_prefix(err, "%s", device_id);
	return e;
}

/* 32 hex digits, then what the service puts behind them. */
static char *
tracking_id(int64_t now_us)
{
	unsigned char random[16];
	char hex[2 * sizeof(random) + 1], when[CLOCK_STAMP_SIZE];
	time_t s = (time_t)(now_us / 1000000);
	struct tm tm;

	if (RAND_bytes(random, sizeof(random)) != 1)
		memset(random, 0, sizeof(random));
	str_hex(hex, random, sizeof(random));
	gmtime_r(&s, &tm);
	strftime(when, sizeof(when), "%m/%d/%Y %H:%M:%S", &tm);
	return xasprintf("%s-G:0-TimeStamp:%s", hex, when);
}

char *
iothub_error_format_a(enum iothub_error_id id, const char *text)
{
	cJSON *json = cJSON_CreateObject();
	char *tracking = tracking_id(clock_utc_us());
	char *message =
	    xasprintf("ErrorCode:%s;%s", errors[id].name, text);
	char *exception = xasprintf("Tracking ID:%s", tracking), *p, *out;

	/* The Node SDK cuts the text at the next semicolon. */
	p = strchr(message, ';') + 1;
	while ((p = strchr(p, ';')) != NULL)
		*p = ',';
	cJSON_AddStringToObject(json, "Message", message);
	cJSON_AddStringToObject(json, "ExceptionMessage", exception);
	out = json_print(json);
	cJSON_Delete(json);
	free(message);
	free(exception);
	free(tracking);
	return out;
}

static cJSON *
envelope_b(enum iothub_error_id id, const char *text, cJSON *info)
{
	cJSON *json = cJSON_CreateObject();
	int64_t now_us = clock_utc_us();
	char *tracking = tracking_id(now_us);
	char stamp[CLOCK_STAMP_SIZE];

	clock_format_iso(stamp, now_us);
	cJSON_AddNumberToObject(json, "errorCode", errors[id].code);
	cJSON_AddStringToObject(json, "trackingId", tracking);
	cJSON_AddStringToObject(json, "message", text);
	if (info != NULL)
		cJSON_AddItemToObject(json, "info", info);
	cJSON_AddStringToObject(json, "timestampUtc", stamp);
	free(tracking);
	return json;
}

char *
iothub_error_format_b(enum iothub_error_id id, const char *text)
{
	cJSON *json = envelope_b(id, text, cJSON_CreateNull());
	char *out = json_print(json);

	cJSON_Delete(json);
	return out;
}

char *
iothub_error_format_c(
    enum iothub_error_id id, const char *text, int info_timeout_s)
{
	cJSON *info = cJSON_CreateNull(), *inner, *json;
	char span[32], *message, *out;

	if (info_timeout_s >= 0) {
		cJSON_Delete(info);
		info = cJSON_CreateObject();
		snprintf(span, sizeof(span), "%02d:%02d:%02d",
		    info_timeout_s / 3600, info_timeout_s / 60 % 60,
		    info_timeout_s % 60);
		cJSON_AddStringToObject(info, "timeout", span);
	}
	inner = envelope_b(id, text, info);
	message = json_print(inner);
	json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "Message", message);
	cJSON_AddStringToObject(json, "ExceptionMessage", "");
	out = json_print(json);
	cJSON_Delete(inner);
	cJSON_Delete(json);
	free(message);
	return out;
}

char *
iothub_error_format_mqtt(enum iothub_error_id id, const char *text)
{
	cJSON *json = envelope_b(id, text, NULL);
	char *out = json_print(json);

	cJSON_Delete(json);
	return out;
}
