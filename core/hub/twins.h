/*
 * The twins of the hub: merge, counters and metadata by iothub/twin.h, kept
 * in the store.  Each change opens a batch; callers answer by
 * hub_commit_then().  A connected device is told of a desired change once it
 * is on disk.
 */
#ifndef TWINDECK_CORE_HUB_TWINS_H
#define TWINDECK_CORE_HUB_TWINS_H

#include <stdbool.h>
#include <stdint.h>

struct cJSON;
struct err;
struct hub;
struct hub_twins;
struct store_stmt;
struct strbuf;

struct hub_twins *hub_twins_new(struct hub *hub, struct err *err);
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

/*
 * A service's write.  body is a twin, or the part of one: tags and
 * properties.desired count, the rest does not.  Without replace they are
 * patches (null clears a section), with it they are the new sections, and
 * what is missing becomes empty.  if_match is compared with the twin's ETag.
 * 0, or -1 with err set: as above, or ERR_CONFLICT.
 */
struct hub_twins_write {
	const struct cJSON *body;
	bool replace;
	const char *if_match; /* without quotes; NULL or "*": any */
};

int hub_twins_update(struct hub_twins *twins, const char *device_id,
    const struct hub_twins_write *write, struct err *err);

/*
 * Appends the twin as a service sees it; etag, unless NULL, gets its ETag,
 * the caller's.
 */
int hub_twins_format(struct hub_twins *twins, const char *device_id,
    struct strbuf *out, char **etag, struct err *err);

/* {"id":{"status":"Applied"}}: what configurations.h has made of a device. */
#define HUB_TWINS_CONFIGURATIONS                                           \
	"(SELECT json_group_object(configuration.config_id, "              \
	"json_object('status', iif(configured.status = 1, 'Applied', "     \
	"'Targeted'))) FROM configured JOIN configuration "                \
	"ON configuration.id = configured.config "                         \
	"WHERE configured.device_id = device.device_id)"

/*
 * The same for a row of any SELECT of these columns, from the tables device
 * and twin, side by side by their id.
 */
#define HUB_TWINS_COLUMNS                                                 \
	"device.device_id, twin.etag, device.etag, device.enabled, "      \
	"device.status_updated, device.connected, device.last_activity, " \
	"device.auth_type, device.primary_thumbprint, "                   \
	"device.secondary_thumbprint, device.model_id, twin.version, "    \
	"twin.tags, twin.desired, twin.desired_metadata, "                \
	"twin.desired_version, twin.reported, twin.reported_metadata, "   \
	"twin.reported_version, device.iot_edge, device.status_reason, "  \
	HUB_TWINS_CONFIGURATIONS ", device.scope, device.parent_scopes"
#define HUB_TWINS_N_COLUMNS 24
#define HUB_TWINS_COLUMN_ID 0
#define HUB_TWINS_COLUMN_ETAG 1

void hub_twins_format_row(
    struct hub_twins *twins, struct store_stmt *row, struct strbuf *out);

#endif
