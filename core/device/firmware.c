#include "config.h"

#include "core/device/firmware.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>
#include <event2/util.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/device/package.h"

enum phase { STAND_BY, DOWNLOADING, APPLYING, COMPLETED, PHASES };

/* Status and time field are the tutorial's, and so are the words. */
static const struct {
	const char *status;
	const char *time_key;
	const char *words;
} phases[] = {
	{ "standBy", "logTime", "Starting firmware update." },
	{ "downloading", "downloadComplete", "Downloading image from: " },
	{ "applying", "startedApplyingImage", "Applying image from: " },
	{ "completed", "lastFirmwareUpdate", "Image applied, version " },
};

struct device_firmware {
	struct device_firmware_config config;
	struct device_outlet outlet;
	char *version;
	bool running;
	enum phase phase;   /* while running */
	int64_t due_ms;     /* the earliest end of the phase */
	bool fetching;      /* a download is under way: phase waits for it */
	int64_t fetched_us; /* when it was done, or 0 */
	bool failed;        /* firmwareError stands in the twin */
	struct device_package package; /* of the update that runs */
};

struct device_firmware *
device_firmware_new(const struct device_firmware_config *config,
    const struct device_outlet *outlet)
{
	struct device_firmware *firmware = xcalloc(1, sizeof(*firmware));

	firmware->config = *config;
	firmware->outlet = *outlet;
	firmware->version = xstrdup(DEVICE_FIRMWARE_VERSION);
	return firmware;
}

void
device_firmware_free(struct device_firmware *firmware)
{
	if (firmware == NULL)
		return;
	device_package_fini(&firmware->package);
	free(firmware->version);
	free(firmware);
}

/* As the tutorial's str(datetime.now()): local, with microseconds. */
static void
add_stamp(cJSON *patch, const char *key, int64_t utc_us)
{
	time_t s = (time_t)(utc_us / 1000000);
	char text[CLOCK_STAMP_SIZE];
	struct tm tm;
	size_t n;

	localtime_r(&s, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%06d", (int)(utc_us % 1000000));
	cJSON_AddStringToObject(patch, key, text);
}

static cJSON *
patch_new(enum phase phase, int64_t utc_us)
{
	cJSON *patch = cJSON_CreateObject();

	cJSON_AddStringToObject(patch, "firmwareStatus", phases[phase].status);
	add_stamp(patch, phases[phase].time_key, utc_us);
	return patch;
}

void
device_firmware_boot(struct device_firmware *firmware,
    const struct device_now *now, const cJSON *reported)
{
	const char *version = json_get_string(reported, "firmwareVersion");
	cJSON *patch;

	if (firmware->running)
		return;
	patch = patch_new(STAND_BY, now->utc_us);
	if (version != NULL && strlen(version) <= DEVICE_PACKAGE_VERSION_MAX) {
		free(firmware->version);
		firmware->version = xstrdup(version);
	} else {
		cJSON_AddStringToObject(
		    patch, "firmwareVersion", firmware->version);
	}
	firmware->failed = json_get(reported, "firmwareError") != NULL;
	firmware->outlet.report(patch, firmware->outlet.arg);
}

static void
say_phase(const struct device_firmware *firmware)
{
	const char *uri = firmware->package.uri;
	const char *about = "";

	if (firmware->phase == DOWNLOADING || firmware->phase == APPLYING)
		about = uri != NULL ? uri : "a package without a name";
	else if (firmware->phase == COMPLETED)
		about = firmware->version;
	device_outlet_say(&firmware->outlet,
	    "firmwareUpdate: %s (%d of %d)  %s%s",
	    phases[firmware->phase].status, (int)firmware->phase + 1,
	    (int)PHASES, phases[firmware->phase].words, about);
}

static void
stop(struct device_firmware *firmware)
{
	firmware->running = false;
	firmware->fetching = false;
	device_package_fini(&firmware->package);
}

static void
fail(struct device_firmware *firmware, const char *reason)
{
	cJSON *patch = cJSON_CreateObject();

	cJSON_AddStringToObject(patch, "firmwareStatus", "failed");
	cJSON_AddStringToObject(patch, "firmwareError", reason);
	firmware->failed = true;
	firmware->outlet.report(patch, firmware->outlet.arg);
	device_outlet_say(
	    &firmware->outlet, "firmwareUpdate: failed: %s", reason);
	stop(firmware);
}

static void
enter(struct device_firmware *firmware, const struct device_now *now,
    enum phase phase)
{
	cJSON *patch = patch_new(phase, now->utc_us);

	firmware->phase = phase;
	firmware->due_ms = now->mono_ms + firmware->config.phase_ms;
	if (phase == STAND_BY && firmware->failed) {
		cJSON_AddNullToObject(patch, "firmwareError");
		firmware->failed = false;
	}
	/* The tutorial stamps this field when the download begins; after a
	 * real one the true time is known. */
	if (phase == APPLYING && firmware->fetched_us != 0)
		add_stamp(
		    patch, phases[DOWNLOADING].time_key, firmware->fetched_us);
	if (phase == COMPLETED && firmware->package.version != NULL) {
		free(firmware->version);
		firmware->version = xstrdup(firmware->package.version);
	}
	if (phase == COMPLETED)
		cJSON_AddStringToObject(
		    patch, "firmwareVersion", firmware->version);
	firmware->outlet.report(patch, firmware->outlet.arg);
	say_phase(firmware);
	if (phase == COMPLETED)
		stop(firmware);
}

int
device_firmware_update(struct device_firmware *firmware,
    const struct device_now *now, const cJSON *request, struct err *err)
{
	struct device_package package;

	if (firmware->running)
		return err_set(err, ERR_BUSY,
		    "an update is running already: %s (%d of %d)",
		    phases[firmware->phase].status, (int)firmware->phase + 1,
		    (int)PHASES);
	if (device_package_read(request, &package, err) == -1)
		return -1;
	firmware->package = package;
	firmware->running = true;
	firmware->fetched_us = 0;
	enter(firmware, now, STAND_BY);
	return 0;
}

int64_t
device_firmware_due_ms(const struct device_firmware *firmware)
{
	if (!firmware->running || firmware->fetching)
		return DEVICE_NEVER;
	return firmware->due_ms;
}

static bool
fails_on_purpose(const struct device_firmware *firmware)
{
	uint32_t dice;

	evutil_secure_rng_get_bytes(&dice, sizeof(dice));
	return dice % 100 < firmware->config.fail_percent;
}

void
device_firmware_tick(
    struct device_firmware *firmware, const struct device_now *now)
{
	while (device_firmware_due_ms(firmware) <= now->mono_ms) {
		if (firmware->phase == APPLYING && fails_on_purpose(firmware)) {
			fail(firmware,
			    "the image was refused (simulated failure)");
			return;
		}
		enter(firmware, now, firmware->phase + 1);
		if (firmware->running && firmware->phase == DOWNLOADING &&
		    firmware->package.real) {
			firmware->fetching = true;
			firmware->config.fetch(
			    &firmware->package, firmware->config.arg);
		}
	}
}

void
device_firmware_fetched(struct device_firmware *firmware,
    const struct device_now *now, const struct err *failure)
{
	if (!firmware->fetching)
		return;
	firmware->fetching = false;
	if (failure != NULL) {
		fail(firmware, failure->text);
		return;
	}
	firmware->fetched_us = now->utc_us;
	device_firmware_tick(firmware, now);
}
