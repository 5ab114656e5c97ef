/*
 * Direct methods: the limits that IoT Hub sets on a call.
 */
#ifndef TWINDECK_CORE_IOTHUB_METHOD_H
#define TWINDECK_CORE_IOTHUB_METHOD_H

#include <stddef.h>

struct err;

#define METHOD_NAME_MAX 100
#define METHOD_PAYLOAD_MAX ((size_t)128 * 1024) /* bytes, each way */
#define METHOD_RESPONSE_TIMEOUT_MIN 5           /* seconds */
#define METHOD_RESPONSE_TIMEOUT_MAX 300
#define METHOD_RESPONSE_TIMEOUT_DEF 30
#define METHOD_CONNECT_TIMEOUT_MAX 300          /* from 0, seconds */

/*
 * A name stands raw in an MQTT topic: 1 to 100 characters, none of / # + ?
 * and no control character.  0, or -1 with err set (ERR_INVALID).
 */
int method_name_check(const char *name, struct err *err);

#endif
