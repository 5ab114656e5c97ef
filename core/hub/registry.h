/*
 * The identity registry: devices, their modules (see who.h) and their keys,
 * kept in the store.  The
 * bodies follow IoT Hub's REST shapes; ETags and IoT Hub's own rules for
 * create against update live here, HTTP does not.  Each change opens a batch;
 * callers answer by hub_commit_then().
 *
 * Errors of IoT Hub's making: ERR_NOT_FOUND (the text is the id), ERR_EXISTS,
 * ERR_CONFLICT (an ETag does not match), ERR_INVALID and ERR_LIMIT (a value
 * that is not allowed), ERR_REFUSED (too many devices, or modules); ERR_IO is the database's.
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
struct strbuf;

#define HUB_LIST_MAX 1000         /* devices in one list, also its default */
#define HUB_MODULES_MAX 50        /* of one device */
#define HUB_BULK_MAX 100          /* devices in one bulk request */
#define HUB_STATUS_REASON_MAX 128 /* characters */
#define HUB_NEVER "0001-01-01T00:00:00Z"

/* NULL with err set (ERR_IO, ERR_INTERNAL). */
struct hub_registry *hub_registry_new(struct hub *hub, struct err *err);
/* The hub it belongs to, borrowed. */
struct hub *hub_registry_hub(struct hub_registry *registry);
void hub_registry_free(struct hub_registry *registry);

/* What MQTT and SAS need of an identity; strings are owned. */
struct hub_device {
	int64_t id; /* its row */
	char *device_id;
	char *primary_key; /* base64, a secret; NULL when not of type sas */
	char *secondary_key;
	char *thumbprints[2]; /* hex, of either length; NULL when there is none
				 or it is not of type selfSigned */
	bool is_by_authority; /* of type certificateAuthority */
	bool enabled;
	bool iot_edge;
};

/* 0, or -1 with err set (ERR_NOT_FOUND); fini wipes the keys. */
int hub_registry_get(struct hub_registry *registry, const char *device_id,
    struct hub_device *device, struct err *err);
void hub_device_fini(struct hub_device *device);

/*
 * PUT /devices/{id}: without if_match it creates, with it it updates.  body
 * is the request's, if_match the header without its quotes, "*" for any.  A
 * device that is disabled or gets new keys loses its connection.
 */
int hub_registry_put(struct hub_registry *registry, const char *device_id,
    const struct cJSON *body, const char *if_match, struct err *err);
/* Its twin, sessions and stored subscriptions go with it. */
int hub_registry_delete(struct hub_registry *registry, const char *device_id,
    const char *if_match, struct err *err);

/*
 * Appends a device as GET answers it, keys and all; etag, unless NULL, gets
 * its ETag, the caller's.
 */
int hub_registry_format(struct hub_registry *registry, const char *device_id,
    struct strbuf *out, char **etag, struct err *err);
/* Appends an array of the first top devices, by id. */
int hub_registry_list(struct hub_registry *registry, int64_t top,
    struct strbuf *out, struct err *err);

/* Appends an array of the modules of a device. */
int hub_registry_list_modules(struct hub_registry *registry,
    const char *device_id, struct strbuf *out, struct err *err);

/*
 * POST /devices: does each item of the array that can be done, and appends
 * the result object.  1 when all went well, 0 when some did not, -1 with err
 * set when nothing was done: ERR_INVALID, ERR_LIMIT, ERR_EXISTS (one id stands
 * twice).
 */
int hub_registry_bulk(struct hub_registry *registry, const struct cJSON *items,
    struct strbuf *out, struct err *err);

struct hub_statistics {
	int64_t n_devices;
	int64_t n_enabled;
	int64_t n_connected;
};

int hub_registry_statistics(struct hub_registry *registry,
    struct hub_statistics *statistics, struct err *err);

/*
 * ETags: of an identity base64 of a decimal number, of a twin base64 of eight
 * bytes, most significant first.  Each is the caller's.
 */
char *hub_etag_identity(int64_t etag);
char *hub_etag_twin(int64_t etag);
/* Whether the If-Match says yes to this ETag; NULL says yes to all. */
bool hub_etag_matches(const char *if_match, const char *etag);

#endif
