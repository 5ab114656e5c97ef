/*
 * The Topic Names of IoT Hub's MQTT dialect, written and read by both sides.
 */
#ifndef TWINDECK_CORE_IOTHUB_TOPIC_H
#define TWINDECK_CORE_IOTHUB_TOPIC_H

#include <stddef.h>
#include <stdint.h>

#define TOPIC_METHODS_FILTER "$iothub/methods/POST/#"
#define TOPIC_TWIN_RES_FILTER "$iothub/twin/res/#"
#define TOPIC_DESIRED_FILTER "$iothub/twin/PATCH/properties/desired/#"

enum topic_kind {
	TOPIC_OTHER,           /* none of these */
	TOPIC_TELEMETRY,       /* devices/{id}[/modules/{m}]/messages/events/… */
	TOPIC_TWIN_GET,        /* $iothub/twin/GET/?$rid= */
	TOPIC_REPORTED_PATCH,  /* $iothub/twin/PATCH/properties/reported/ */
	TOPIC_METHOD_RESPONSE, /* $iothub/methods/res/{status}/?$rid= */
	TOPIC_TWIN_RESPONSE,   /* $iothub/twin/res/{status}/?$rid= */
	TOPIC_DESIRED_PATCH,   /* $iothub/twin/PATCH/properties/desired/ */
	TOPIC_METHOD,          /* $iothub/methods/POST/{name}/?$rid= */
	TOPIC_DEVICEBOUND      /* devices/{id}/messages/devicebound/… */
};

/* A view: strings point into the text that was read, or are empty. */
struct topic_str {
	const char *s;
	size_t len;
};

struct topic {
	enum topic_kind kind;
	struct topic_str device_id; /* telemetry, devicebound: raw */
	struct topic_str module_id;
	struct topic_str name;      /* of a method */
	struct topic_str rid;       /* as it was sent, to be sent back */
	struct topic_str bag;       /* properties, still encoded */
	int status;                 /* of a response; any int */
	int64_t version;            /* $version, or -1 */
};

/* Never fails: what is not understood is TOPIC_OTHER. */
void topic_parse(const char *s, size_t len, struct topic *topic);

/* Each is the caller's. */
char *topic_format_twin_get(const char *rid);
char *topic_format_reported_patch(const char *rid);
char *topic_format_method_response(int status, struct topic_str rid);
char *topic_format_telemetry(const char *device_id);
/* version below 0 is left out. */
char *topic_format_twin_response(
    int status, struct topic_str rid, int64_t version);
char *topic_format_desired_patch(int64_t version);
char *topic_format_method(const char *name, const char *rid);
char *topic_format_devicebound_filter(
    const char *device_id, const char *module_id);

#endif
