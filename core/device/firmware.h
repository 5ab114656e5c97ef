/*
 * The firmware of a simulated device: firmwareUpdate takes it through
 * standBy, downloading, applying and completed, each reported at its start
 * with the time field of Azure's tutorial.  A package with a real URL is
 * downloaded while the device says downloading.
 */
#ifndef TWINDECK_CORE_DEVICE_FIRMWARE_H
#define TWINDECK_CORE_DEVICE_FIRMWARE_H

#include <stdint.h>

#include "core/device/behaviour.h"

struct cJSON;
struct device_firmware;
struct device_package;
struct err;

#define DEVICE_FIRMWARE_VERSION "1.4.1" /* of a device fresh from the box */

struct device_firmware_config {
	int64_t phase_ms;          /* how long each phase takes */
	unsigned int fail_percent; /* of updates that fail, on purpose */
	/*
	 * Starts to download; device_firmware_fetched() is told the outcome,
	 * later and once.  The package is borrowed, and good until then.
	 */
	void (*fetch)(const struct device_package *package, void *arg);
	void *arg;
};

/* Both are copied. */
struct device_firmware *device_firmware_new(
    const struct device_firmware_config *config,
    const struct device_outlet *outlet);
void device_firmware_free(struct device_firmware *firmware); /* or NULL */

/*
 * The device is up and has read its reported properties: it goes on with the
 * version that stands there, and reports standBy, unless it is updating.
 */
void device_firmware_boot(struct device_firmware *firmware,
    const struct device_now *now, const struct cJSON *reported);

/*
 * Begins an update.  Returns 0, or -1 with err set: ERR_BUSY (one is running),
 * ERR_INVALID or ERR_LIMIT (the request is not understood).
 */
int device_firmware_update(struct device_firmware *firmware,
    const struct device_now *now, const struct cJSON *request, struct err *err);

/* The moment of device_firmware_tick(), or DEVICE_NEVER. */
int64_t device_firmware_due_ms(const struct device_firmware *firmware);
void device_firmware_tick(
    struct device_firmware *firmware, const struct device_now *now);

/* The download is done: failure is NULL, or why it failed. */
void device_firmware_fetched(struct device_firmware *firmware,
    const struct device_now *now, const struct err *failure);

#endif
