/*
 * IoT Hub's errors: number, name and HTTP status as the service knows them,
 * and what each means to an operator, in words.
 */
#ifndef TWINDECK_CORE_IOTHUB_ERROR_H
#define TWINDECK_CORE_IOTHUB_ERROR_H

#include <stddef.h>

#include "core/base/err.h"

enum iothub_error_id {
	IOTHUB_GENERIC_BAD_REQUEST,
	IOTHUB_INVALID_PROTOCOL_VERSION,
	IOTHUB_INVALID_OPERATION,
	IOTHUB_ARGUMENT_INVALID,
	IOTHUB_ARGUMENT_NULL,
	IOTHUB_FORMAT_ERROR,
	IOTHUB_DEVICE_DEFINED_MULTIPLE_TIMES,
	IOTHUB_BULK_REGISTRY_OPERATION_FAILURE,
	IOTHUB_ETAG_DOES_NOT_MATCH,
	IOTHUB_INVALID_TARGET_CONDITION,
	IOTHUB_INVALID_CONFIGURATION_CONTENT,
	IOTHUB_INVALID_METRICS_QUERY,
	IOTHUB_UNAUTHORIZED_ACCESS,
	IOTHUB_UNAUTHORIZED,
	IOTHUB_QUOTA_EXCEEDED,
	IOTHUB_OPERATION_NOT_AVAILABLE,
	IOTHUB_MAX_QUEUE_DEPTH,
	IOTHUB_DEVICE_DISABLED,
	IOTHUB_MAX_INFLIGHT_METHODS,
	IOTHUB_DEVICE_NOT_FOUND,
	IOTHUB_JOB_NOT_FOUND,
	IOTHUB_MODULE_NOT_FOUND,
	IOTHUB_DEVICE_NOT_ONLINE,
	IOTHUB_CONFIGURATION_NOT_FOUND,
	IOTHUB_DEVICE_ALREADY_EXISTS,
	IOTHUB_JOB_ALREADY_EXISTS,
	IOTHUB_MODULE_ALREADY_EXISTS,
	IOTHUB_CONFIGURATION_ALREADY_EXISTS,
	IOTHUB_PRECONDITION_FAILED,
	IOTHUB_MESSAGE_TOO_LARGE,
	IOTHUB_TOO_MANY_DEVICES,
	IOTHUB_TOO_MANY_MODULES,
	IOTHUB_UNSUPPORTED_MEDIA_TYPE,
	IOTHUB_THROTTLING,
	IOTHUB_MAX_ACTIVE_JOBS,
	IOTHUB_SERVER_ERROR,
	IOTHUB_INVALID_RESPONSE,
	IOTHUB_SERVICE_UNAVAILABLE,
	IOTHUB_GATEWAY_TIMEOUT,
	IOTHUB_ERRORS
};

struct iothub_error {
	int http;           /* status of the answer */
	int code;           /* 404103 */
	const char *name;   /* "DeviceNotOnline" */
	enum err_code err;  /* what it means to a caller */
	const char *words;  /* what it means to an operator */
};

/* Borrowed from a static table. */
const struct iothub_error *iothub_error_get(enum iothub_error_id id);
const struct iothub_error *iothub_error_by_code(int code);     /* or NULL */
const struct iothub_error *iothub_error_by_name(const char *name);

/*
 * What an answer with an error status says, in one sentence for an operator:
 * body is any of the three envelopes, or not JSON at all; name is the header
 * iothub-errorcode, or NULL.  device_id, or NULL, is the thing it was about.
 * Sets err and returns the row it came from, or NULL if the hub's error is
 * not in the table.
 */
const struct iothub_error *iothub_error_read(int http, const char *name,
    const char *body, size_t len, const char *device_id, struct err *err);

/*
 * The envelopes, as the hub writes them.  A: registry, twins, query, jobs.
 * B: modules and configurations.
 * C: methods; info_timeout_s below 0 writes "info":null.  MQTT: answers to
 * twin requests.  Each is the caller's.
 */
char *iothub_error_format_a(enum iothub_error_id id, const char *text);
char *iothub_error_format_b(enum iothub_error_id id, const char *text);
char *iothub_error_format_c(
    enum iothub_error_id id, const char *text, int info_timeout_s);
char *iothub_error_format_mqtt(enum iothub_error_id id, const char *text);

#endif
