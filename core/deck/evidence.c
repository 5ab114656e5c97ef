#include "config.h"

#include "core/deck/evidence.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"

/* Where the firmware tutorials report, the one of today first. */
static const struct progress {
	const char *status;
	const char *version;
	const char *failure;
	const char *percent;  /* or NULL */
	const char *ended;    /* a time that is set once an update has ended, so
				 that the resting status means completed; or
				 NULL */
} progress_table[] = {
	{ .status = "firmwareStatus", .version = "firmwareVersion",
	  .failure = "firmwareError", .percent = "firmwareProgress" },
	{ .status = "firmware.fwUpdateStatus",
	  .version = "firmware.currentFwVersion",
	  .failure = "firmware.fwUpdateSubstatus",
	  .ended = "firmware.lastFwUpdateEndTime" },
	{ .status = "iothubDM.firmwareUpdate.status",
	  .version = "iothubDM.firmwareUpdate.version",
	  .failure = "iothubDM.firmwareUpdate.error.message" },
	{ .status = "firmware.status", .version = "firmware.version",
	  .failure = "firmware.error", .percent = "firmware.progress" },
};

/* What devices call the phases; matched without case. */
static const struct word {
	const char *text;
	enum firmware_phase phase;
} words[] = {
	{ "standBy", PHASE_WAITING },
	{ "waiting", PHASE_WAITING },
	{ "current", PHASE_WAITING },
	{ "idle", PHASE_WAITING },
	{ "downloading", PHASE_DOWNLOADING },
	{ "downloadComplete", PHASE_DOWNLOADING },
	{ "verifying", PHASE_DOWNLOADING },
	{ "applying", PHASE_APPLYING },
	{ "rebooting", PHASE_APPLYING },
	{ "completed", PHASE_COMPLETED },
	{ "complete", PHASE_COMPLETED },
	{ "applyComplete", PHASE_COMPLETED },
	{ "failed", PHASE_FAILED },
	{ "error", PHASE_FAILED },
	{ "downloadFailed", PHASE_FAILED },
	{ "applyFailed", PHASE_FAILED },
	{ "rolledback", PHASE_FAILED },
};

#define N_PROGRESS (sizeof(progress_table) / sizeof(progress_table[0]))
#define N_WORDS (sizeof(words) / sizeof(words[0]))

static const char *const phase_names[] = {
	[PHASE_NONE] = "",
	[PHASE_WAITING] = "waiting",
	[PHASE_DOWNLOADING] = "downloading",
	[PHASE_APPLYING] = "applying",
	[PHASE_COMPLETED] = "completed",
	[PHASE_FAILED] = "failed",
	[PHASE_OTHER] = "other",
};

const char *
firmware_phase_name(enum firmware_phase phase)
{
	return phase_names[phase];
}

static const char *
string_at(const cJSON *section, const char *path)
{
	return path == NULL ? NULL
			    : cJSON_GetStringValue(json_path(section, path));
}

/* $lastUpdated of what stands at path, or NULL. */
static const char *
updated_at(const cJSON *reported, const char *path)
{
	const cJSON *metadata = json_get(reported, "$metadata");

	return json_get_string(json_path(metadata, path), "$lastUpdated");
}

static enum firmware_phase
phase_of(const char *status)
{
	size_t i;

	for (i = 0; i < N_WORDS; i++)
		if (strcasecmp(words[i].text, status) == 0)
			return words[i].phase;
	return PHASE_OTHER;
}

/*
 * The row that the device reported last: one that was updated from an older
 * program may still carry what the older one left behind.
 */
static const struct progress *
find_progress(const cJSON *reported)
{
	const struct progress *row, *best = NULL;
	const char *time, *best_time = NULL;

	for (row = progress_table; row < progress_table + N_PROGRESS; row++) {
		if (string_at(reported, row->status) == NULL)
			continue;
		time = updated_at(reported, row->status);
		if (best == NULL ||
		    (time != NULL && best_time != NULL &&
			strcmp(time, best_time) > 0)) {
			best = row;
			best_time = time;
		}
	}
	return best;
}

static void
read_firmware(const cJSON *reported, struct evidence *evidence)
{
	const struct progress *row = find_progress(reported);
	const cJSON *percent;
	const char *ended;
	size_t i;

	for (i = 0; i < N_PROGRESS && evidence->version == NULL; i++)
		evidence->version =
		    string_at(reported, progress_table[i].version);
	if (row == NULL)
		return;
	evidence->phase_text = string_at(reported, row->status);
	evidence->phase_time = updated_at(reported, row->status);
	evidence->phase = phase_of(evidence->phase_text);
	ended = string_at(reported, row->ended);
	if (evidence->phase == PHASE_WAITING && ended != NULL && *ended != '\0')
		evidence->phase = PHASE_COMPLETED;
	if (evidence->phase == PHASE_FAILED)
		evidence->failure = string_at(reported, row->failure);
	if (row->percent == NULL)
		return;
	percent = json_path(reported, row->percent);
	if (cJSON_IsNumber(percent) && percent->valuedouble >= 0 &&
	    percent->valuedouble <= 100)
		evidence->percent = (int)percent->valuedouble;
}

static void
read_door(const cJSON *reported, struct evidence *evidence)
{
	const cJSON *door = json_get(reported, "door");
	const char *state = json_get_string(door, "state");
	const char *until = json_get_string(door, "until");

	if (state == NULL)
		return;
	if (strcasecmp(state, "locked") == 0)
		evidence->door = DOOR_LOCKED;
	else if (strcasecmp(state, "unlocked") == 0)
		evidence->door = DOOR_UNLOCKED;
	evidence->door_time = updated_at(reported, "door.state");
	if (until == NULL ||
	    clock_parse_iso(until, &evidence->door_until_us) == -1)
		evidence->door_until_us = 0;
}

enum drift
evidence_drift(const cJSON *desired_leaf, const cJSON *reported_leaf)
{
	if (reported_leaf == NULL)
		return DRIFT_MISSING;
	return json_equal(desired_leaf, reported_leaf) ? DRIFT_SAME
						       : DRIFT_DIFFERS;
}

static bool
is_meta(const cJSON *item)
{
	return item->string != NULL && item->string[0] == '$';
}

/* Arrays are leaves, as IoT Hub replaces them whole. */
static size_t
count_drift(const cJSON *desired, const cJSON *reported)
{
	const cJSON *item, *there;
	size_t n = 0;

	cJSON_ArrayForEach(item, desired)
	{
		if (is_meta(item))
			continue;
		there = json_get(reported, item->string);
		if (cJSON_IsObject(item))
			n += count_drift(
			    item, cJSON_IsObject(there) ? there : NULL);
		else if (evidence_drift(item, there) != DRIFT_SAME)
			n++;
	}
	return n;
}

static enum device_link
read_link(const cJSON *twin)
{
	const char *state = json_get_string(twin, "connectionState");

	if (state == NULL)
		return LINK_UNKNOWN;
	return strcasecmp(state, "Connected") == 0 ? LINK_CONNECTED
						   : LINK_DISCONNECTED;
}

void
evidence_read(const cJSON *twin, struct evidence *evidence)
{
	const cJSON *properties = json_get(twin, "properties");
	const cJSON *desired = json_get(properties, "desired");
	const cJSON *reported = json_get(properties, "reported");

	*evidence = (struct evidence){ .percent = -1 };
	evidence->link = read_link(twin);
	evidence->desired_version = json_get_int(desired, "$version", -1);
	evidence->reported_version = json_get_int(reported, "$version", -1);
	evidence->drift = count_drift(desired, reported);
	read_firmware(reported, evidence);
	read_door(reported, evidence);
}
