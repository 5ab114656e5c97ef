/*
 * The door of a simulated device: lockDoor locks it, for a while or without
 * end, and it says so under reported.door.
 */
#ifndef TWINDECK_CORE_DEVICE_DOOR_H
#define TWINDECK_CORE_DEVICE_DOOR_H

#include "core/device/behaviour.h"

struct cJSON;
struct device_door;
struct err;

#define DEVICE_DOOR_LOCK_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

struct device_door *device_door_new(const struct device_outlet *outlet);
void device_door_free(struct device_door *door); /* NULL does nothing */

/*
 * The device is up and has read its reported properties: a door that stands
 * there as locked is locked, and unlocks when its time is over.
 */
void device_door_boot(struct device_door *door, const struct device_now *now,
    const struct cJSON *reported);

/*
 * Locks for the request's lockTime: "10m", "90s", "1h" or a number of seconds;
 * without one, or null, until it is locked anew.  A locked door takes the new
 * time.  Returns 0, or -1 with err set (ERR_INVALID, ERR_LIMIT).
 */
int device_door_lock(struct device_door *door, const struct device_now *now,
    const struct cJSON *request, struct err *err);

/* The moment of device_door_tick(), or DEVICE_NEVER. */
int64_t device_door_due_ms(const struct device_door *door);
void device_door_tick(struct device_door *door, const struct device_now *now);

#endif
