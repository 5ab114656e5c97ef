/*
 * What a configuration may say: its id, content, condition, priority, labels
 * and metrics, read from a request and checked.
 */
#ifndef TWINDECK_CORE_HUB_CONFIGURATION_BODY_H
#define TWINDECK_CORE_HUB_CONFIGURATION_BODY_H

#include <stdint.h>

#include "core/iothub/error.h"

struct cJSON;
struct err;

#define HUB_CONFIGURATION_ID_MAX 128
#define HUB_CONFIGURATION_METRICS_MAX 5
#define HUB_CONFIGURATION_LABELS_MAX 16
#define HUB_CONFIGURATION_CONTENT_MAX ((size_t)64 * 1024) /* bytes of JSON */
/* A condition that is true of no device. */
#define HUB_CONFIGURATION_NOBODY "deviceId = ''"
#define HUB_CONFIGURATION_OF_MODULES "FROM devices.modules"

/* What a content is for; as the column configuration.kind has them. */
enum hub_configuration_kind {
	HUB_CONFIGURATION_DEVICES, /* deviceContent */
	HUB_CONFIGURATION_EDGES,   /* modulesContent: modules of edge devices */
	HUB_CONFIGURATION_MODULES  /* moduleContent: modules by themselves */
};

/* Its strings are owned; JSON where it says so. */
struct hub_configuration {
	enum hub_configuration_kind kind;
	char *id;
	char *labels;  /* JSON: {"name":"text"} */
	char *content; /* JSON */
	char *condition;
	char *metrics; /* JSON: {"name":"SELECT …"} */
	int64_t priority;
};

/*
 * From the body of a PUT to that id.  0, or -1 with err set and the error that
 * IoT Hub would answer with; then the configuration is empty.
 */
int hub_configuration_read(const struct cJSON *body, const char *id,
    struct hub_configuration *configuration, enum iothub_error_id *error,
    struct err *err);
void hub_configuration_fini(struct hub_configuration *configuration);

/*
 * The patches of desired properties that a content stands for, the caller's:
 * {"":{…}} of whoever is targeted, or {"moduleId":{…}, …} of its modules.
 * NULL with err set: ERR_INVALID, ERR_LIMIT.
 */
struct cJSON *hub_configuration_patches(const struct cJSON *content,
    enum hub_configuration_kind *kind, struct err *err);

/*
 * 0, or -1 with err set: nothing, "*" and what is for a target condition; of
 * modules "FROM devices.modules WHERE …".
 */
int hub_configuration_check_condition(
    const char *text, enum hub_configuration_kind kind, struct err *err);
/* A query on devices. */
int hub_configuration_check_metric(const struct cJSON *text, struct err *err);

#endif
