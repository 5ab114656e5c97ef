/*
 * The identity registry: devices and their keys, kept in the store.  The
 * bodies follow iothub's REST shapes; ETags and IoT Hub's own rules for
 * create against update live here, HTTP does not.
 */
#ifndef TWINDECK_CORE_HUB_REGISTRY_H
#define TWINDECK_CORE_HUB_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct err;
struct hub;
struct hub_registry;

struct hub_registry *hub_registry_new(struct hub *hub);
void hub_registry_free(struct hub_registry *registry);

/* What MQTT and SAS need of an identity; strings are owned. */
struct hub_device {
	char *device_id;
	char *primary_key;   /* base64, a secret; NULL when not of type sas */
	char *secondary_key;
	bool enabled;
};

/* 0, or -1 with err set (ERR_NOT_FOUND); fini wipes the keys. */
int hub_registry_get(struct hub_registry *registry, const char *device_id,
    struct hub_device *device, struct err *err);
void hub_device_fini(struct hub_device *device);

/*
 * Connected or Disconnected, with connectionStateUpdatedTime; kept in memory
 * and in the store, and all Disconnected at a start.
 */
void hub_registry_set_connected(
    struct hub_registry *registry, const char *device_id, bool connected);
/* Telemetry, methods, twin traffic: lastActivityTime, without a commit each. */
void hub_registry_touch(struct hub_registry *registry, const char *device_id);

#endif
