/*
 * A device's end of its twin: reads it after each connect, takes desired
 * properties and echoes them, brings reported patches to the hub one by one.
 * It is told the time and never looks at a clock.
 */
#ifndef TWINDECK_CORE_DEVICE_TWIN_H
#define TWINDECK_CORE_DEVICE_TWIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct device_twin;
struct err;
struct topic;

struct device_twin_ops {
	/* 0, or -1 with err set: ERR_UNREACHABLE, ERR_LIMIT. */
	int (*publish)(const char *topic, const char *payload, size_t len,
	    struct err *err, void *arg);
	/* Nothing is answered any more: this connection is of no use. */
	void (*reset)(const struct err *reason, void *arg);
	/* The twin was read; first: since the device was started. */
	void (*on_read)(const struct cJSON *reported, bool first, void *arg);
	/* A line for the console; borrowed. */
	void (*tell)(bool trouble, const char *text, void *arg);
	void *arg;
};

struct device_twin *device_twin_new(const struct device_twin_ops *ops);
void device_twin_free(struct device_twin *twin); /* NULL does nothing */

/* The connection came up: asks for the twin.  And went down. */
void device_twin_up(struct device_twin *twin, int64_t now_ms);
void device_twin_down(struct device_twin *twin);

/* Takes a patch, and brings it to the hub when it can. */
void device_twin_report(struct device_twin *twin, struct cJSON *patch);

/* A message that came; what is not about the twin is skipped. */
void device_twin_take(struct device_twin *twin, const struct topic *topic,
    const char *payload, size_t len, int64_t now_ms);

/*
 * The moment of device_twin_tick(), or DEVICE_NEVER.  The tick also sends what
 * is to be sent, so it comes last after anything else was done.
 */
int64_t device_twin_due_ms(const struct device_twin *twin);
void device_twin_tick(struct device_twin *twin, int64_t now_ms);

/* Compact JSON, cut to fit into a line; the caller's. */
char *device_twin_format_line(const struct cJSON *json);

#endif
