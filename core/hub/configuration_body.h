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

/* Its strings are owned; JSON where it says so. */
struct hub_configuration {
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
 * The patch of desired properties that a content's deviceContent stands for,
 * the caller's.  NULL with err set: ERR_INVALID, ERR_LIMIT, ERR_UNSUPPORTED
 * (content of modules).
 */
struct cJSON *
hub_configuration_patch(const struct cJSON *content, struct err *err);

/* 0, or -1 with err set: nothing, "*" and what is for a target condition. */
int hub_configuration_check_condition(const char *text, struct err *err);
/* A query on devices. */
int hub_configuration_check_metric(const struct cJSON *text, struct err *err);

#endif
