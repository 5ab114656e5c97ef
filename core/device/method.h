/*
 * Direct methods from the device's side: what a call's payload says, and the
 * body of an answer.
 */
#ifndef TWINDECK_CORE_DEVICE_METHOD_H
#define TWINDECK_CORE_DEVICE_METHOD_H

#include <stddef.h>

struct cJSON;
struct err;

/*
 * Reads a payload: an object, a string that holds one (as the older tutorials
 * send it), or null, nothing at all and a string with either, which is an
 * empty object here.  The caller's, or NULL with err set (ERR_INVALID,
 * ERR_LIMIT).
 */
struct cJSON *device_method_read(
    const char *payload, size_t len, struct err *err);

/* {"Response":"…"}, as the tutorials' devices answer; the caller's. */
char *device_method_format_response(const char *text);
/* {"error":"…"}; the caller's. */
char *device_method_format_error(const char *text);

#endif
