/*
 * The twins of the hub: merge, counters and metadata by iothub/twin.h, kept
 * in the store.  Each change opens a batch; callers answer by
 * hub_commit_then().
 */
#ifndef TWINDECK_CORE_HUB_TWINS_H
#define TWINDECK_CORE_HUB_TWINS_H

#include <stdbool.h>
#include <stdint.h>

struct cJSON;
struct err;
struct hub;
struct hub_twins;

struct hub_twins *hub_twins_new(struct hub *hub);
void hub_twins_free(struct hub_twins *twins);

/*
 * A device's view, {"desired":{…,"$version":5},"reported":{…,"$version":7}},
 * compact; the caller's.  NULL with err set (ERR_NOT_FOUND).
 */
char *hub_twins_device_view(
    struct hub_twins *twins, const char *device_id, struct err *err);

/*
 * Merges what a device reports; version gets the new reported $version.
 * 0, or -1 with err set: ERR_INVALID, ERR_LIMIT (IoT Hub's limits on keys,
 * values, depth and size), ERR_NOT_FOUND.
 */
int hub_twins_report(struct hub_twins *twins, const char *device_id,
    const struct cJSON *patch, int64_t *version, struct err *err);

/* Keeps the model-id that a device named at CONNECT. */
void hub_twins_set_model_id(
    struct hub_twins *twins, const char *device_id, const char *model_id);

#endif
