#include "config.h"

#include "core/device/method.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/iothub/method.h"

/* Parses; nothing but white space is null. */
static cJSON *
parse(const char *text, size_t len, struct err *err)
{
	size_t i;

	if (len > METHOD_PAYLOAD_MAX) {
		err_set(err, ERR_LIMIT, "the payload is over %zu bytes",
		    METHOD_PAYLOAD_MAX);
		return NULL;
	}
	for (i = 0;
	     i < len && strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0';
	     i++)
		;
	if (i == len)
		return cJSON_CreateNull();
	return json_parse(text, len, err);
}

cJSON *
device_method_read(const char *payload, size_t len, struct err *err)
{
	cJSON *json = parse(payload, len, err), *inner;

	if (json == NULL) {
		err_prefix(err, "the payload is no JSON");
		return NULL;
	}
	if (cJSON_IsString(json)) {
		inner =
		    parse(json->valuestring, strlen(json->valuestring), err);
		cJSON_Delete(json);
		if (inner == NULL) {
			err_prefix(err,
			    "the payload is a string that holds no "
			    "JSON");
			return NULL;
		}
		json = inner;
	}
	if (cJSON_IsNull(json)) {
		cJSON_Delete(json);
		return cJSON_CreateObject();
	}
	if (!cJSON_IsObject(json)) {
		cJSON_Delete(json);
		err_set(err, ERR_INVALID, "the payload must be a JSON object");
		return NULL;
	}
	return json;
}

static char *
format(const char *name, const char *text)
{
	cJSON *json = cJSON_CreateObject();
	char *body;

	cJSON_AddStringToObject(json, name, text);
	body = json_print(json);
	cJSON_Delete(json);
	return body;
}

char *
device_method_format_response(const char *text)
{
	return format("Response", text);
}

char *
device_method_format_error(const char *text)
{
	return format("error", text);
}
