/*
 * What a behaviour (firmware, door) may know and do of the device around it.
 * A behaviour is told the time and asked when it wants to be called next; it
 * never sleeps, looks at a clock or sees a connection.
 */
#ifndef TWINDECK_CORE_DEVICE_BEHAVIOUR_H
#define TWINDECK_CORE_DEVICE_BEHAVIOUR_H

#include <stdint.h>

struct cJSON;

#define DEVICE_NEVER INT64_MAX /* a moment that does not come */

struct device_now {
	int64_t mono_ms; /* for deadlines */
	int64_t utc_us;  /* for stamps */
};

struct device_outlet {
	/* Sends a patch to the reported properties, and frees it. */
	void (*report)(struct cJSON *patch, void *arg);
	/* A line for the console; borrowed. */
	void (*say)(const char *text, void *arg);
	void *arg;
};

void device_outlet_say(const struct device_outlet *outlet, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
