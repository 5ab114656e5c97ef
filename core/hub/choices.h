/*
 * What no source has settled about IoT Hub, and what this hub does: whoever
 * learns better changes it here.  The comment says what the question was.
 *
 * Three choices are not values.  The numbers of errors that nobody has seen
 * (409401, 415000, 502000) stand in the table of core/iothub/error.c; that an
 * empty patch moves no version and one of equal values does, in twins.c;
 * that a PUBLISH to no topic of IoT Hub ends the connection and a
 * SUBSCRIBE is answered with 0x80, in handle_publish.c and subscriptions.c.
 */
#ifndef TWINDECK_CORE_HUB_CHOICES_H
#define TWINDECK_CORE_HUB_CHOICES_H

#include "core/hub/identity.h"
#include "core/hub/methods.h"
#include "core/iothub/error.h"
#include "core/mqtt/protocol.h"

/* Which rights configurations ask for. */
#define HUB_CHOICE_CONFIGURATION_READ HUB_REGISTRY_READ
#define HUB_CHOICE_CONFIGURATION_WRITE HUB_REGISTRY_WRITE

/* How long a SAS token is good for after it has expired, in seconds. */
#define HUB_CHOICE_SAS_GRACE_S 0

/* What CONNACK says to a disabled device: 3 or 5. */
#define HUB_CHOICE_CONNACK_DISABLED MQTT_REFUSED_NOT_AUTHORIZED

/* How many calls one device may have in flight. */
#define HUB_CHOICE_METHODS_IN_FLIGHT 10
/* How a call of a disabled device ends. */
#define HUB_CHOICE_METHOD_DISABLED HUB_METHOD_NOT_CONNECTED
/* What a service is told of a device's answer that is no JSON. */
#define HUB_CHOICE_METHOD_NO_JSON IOTHUB_INVALID_RESPONSE

/* What a job ends as whose condition is no query; whose time is up. */
#define HUB_CHOICE_JOB_NO_QUERY "failed"
#define HUB_CHOICE_JOB_TIME_UP "completed"
/* What cancel says of a job that has begun or ended; that nobody knows. */
#define HUB_CHOICE_JOB_CANCEL_LATE IOTHUB_INVALID_OPERATION
#define HUB_CHOICE_JOB_CANCEL_UNKNOWN IOTHUB_JOB_NOT_FOUND

/* How many rows a page of a query has when nobody says; and at most. */
#define HUB_CHOICE_PAGE_ROWS 100

/* How many devices F1 has. */
#define HUB_CHOICE_F1_DEVICES 500

#endif
