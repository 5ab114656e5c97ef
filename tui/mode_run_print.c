#include "config.h"

#include "tui/mode_run_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/deck/fleet.h"
#include "core/deck/form.h"
#include "core/deck/jobs.h"

/* Prints what comes from far away on one line, whatever is in it. */
static void
print_text(FILE *file, const char *text)
{
	struct strbuf sb = { 0 };

	strbuf_put_escaped(&sb, text, strlen(text));
	fputs(strbuf_str(&sb), file);
	strbuf_fini(&sb);
}

/* The times at which phases were reported, as far as they were seen. */
static cJSON *
phases_json(const struct job_device *device)
{
	cJSON *list = cJSON_CreateArray(), *item;
	char at[CLOCK_STAMP_SIZE];
	int phase;

	for (phase = PHASE_WAITING; phase <= PHASE_OTHER; phase++) {
		if (device->phase_at_us[phase] == 0)
			continue;
		clock_format_iso(at, device->phase_at_us[phase]);
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "phase",
		    firmware_phase_name((enum firmware_phase)phase));
		cJSON_AddStringToObject(item, "at", at);
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

void
mode_run_print_json(const cJSON *json)
{
	char *text = json_print(json);

	puts(text);
	free(text);
}

static void
print_device_json(const struct job_device *device)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "deviceId", device->device_id);
	cJSON_AddStringToObject(
	    json, "state", job_device_state_name(device->state));
	if (device->status != 0)
		cJSON_AddNumberToObject(json, "status", device->status);
	if (device->answer != NULL)
		cJSON_AddRawToObject(json, "payload", device->answer);
	if (device->err.code != ERR_NONE)
		cJSON_AddStringToObject(json, "reason", device->err.text);
	if (device->code != 0)
		cJSON_AddNumberToObject(json, "errorCode", device->code);
	if (device->phase != PHASE_NONE)
		cJSON_AddItemToObject(json, "phases", phases_json(device));
	if (device->called_us != 0)
		cJSON_AddNumberToObject(
		    json, "answeredInMs", (double)(device->elapsed_us / 1000));
	mode_run_print_json(json);
	cJSON_Delete(json);
}

int
mode_run_id_width(const struct job *job)
{
	size_t i, len, width = 8;

	for (i = 0; i < job_size(job); i++) {
		len = strlen(job_device(job, i)->device_id);
		if (len > width && len <= 32)
			width = len;
	}
	return (int)width;
}

static void
print_device(const struct job_device *device, int width)
{
	const char *phase = firmware_phase_name(device->phase);

	printf("%-*s  %s", width, device->device_id,
	    job_device_state_name(device->state));
	if (*phase != '\0')
		printf("  %s", phase);
	if (device->err.code != ERR_NONE) {
		fputs("  ", stdout);
		print_text(stdout, device->err.text);
	} else if (device->status != 0) {
		printf("  %d", device->status);
		if (device->answer != NULL) {
			putchar(' ');
			print_text(stdout, device->answer);
		}
	}
	putchar('\n');
}

void
mode_run_print_device(const struct job_device *device, int width, bool json)
{
	if (json)
		print_device_json(device);
	else
		print_device(device, width);
	fflush(stdout);
}

static void
print_leaf_lines(const char *section, const cJSON *json)
{
	char *lines = form_format(json), *rest = lines, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0')
			continue;
		printf("%s.", section);
		print_text(stdout, line);
		putchar('\n');
	}
	free(lines);
}

void
mode_run_print_twin(const cJSON *twin)
{
	const cJSON *properties = json_get(twin, "properties");
	const cJSON *version = json_get(twin, "version");
	const char *link = json_get_string(twin, "connectionState");
	const char *etag = json_get_string(twin, "etag");

	print_text(stdout, json_get_string(twin, "deviceId"));
	fputs("  ", stdout);
	print_text(stdout, link != NULL ? link : "-");
	printf("  version %.0f  etag ",
	    cJSON_IsNumber(version) ? version->valuedouble : 0);
	print_text(stdout, etag != NULL ? etag : "-");
	putchar('\n');
	print_leaf_lines("tags", json_get(twin, "tags"));
	print_leaf_lines("desired", json_get(properties, "desired"));
	print_leaf_lines("reported", json_get(properties, "reported"));
}

static const char *
door_name(const struct fleet_row *row)
{
	return row->door == DOOR_LOCKED  ? "locked"
	    : row->door == DOOR_UNLOCKED ? "unlocked"
					 : NULL;
}

static const char *
link_name(const struct fleet_row *row)
{
	return row->link == LINK_CONNECTED ? "connected" : "disconnected";
}

/* As in the deck: at rest a device is shown by the word it reports. */
static const char *
firmware_name(const struct fleet_row *row)
{
	return row->phase == PHASE_WAITING ? "standBy"
					   : firmware_phase_name(row->phase);
}

static void
print_row_json(const struct fleet *fleet, const struct fleet_row *row)
{
	const char *version = fleet_row_version(fleet, row);
	const char *failure = fleet_row_failure(fleet, row);
	const char *phase = firmware_name(row);
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "deviceId", row->id);
	cJSON_AddStringToObject(json, "link", link_name(row));
	if (*phase != '\0')
		cJSON_AddStringToObject(json, "firmware", phase);
	if (version != NULL)
		cJSON_AddStringToObject(json, "version", version);
	if (failure != NULL)
		cJSON_AddStringToObject(json, "failure", failure);
	if (door_name(row) != NULL)
		cJSON_AddStringToObject(json, "door", door_name(row));
	cJSON_AddNumberToObject(json, "drift", row->drift);
	mode_run_print_json(json);
	cJSON_Delete(json);
}

static void
print_column(const char *text, int width)
{
	struct strbuf sb = { 0 };

	strbuf_put_escaped(&sb, text, strlen(text));
	printf("%-*s  ", width, strbuf_str(&sb));
	strbuf_fini(&sb);
}

static void
print_row(const struct fleet *fleet, const struct fleet_row *row)
{
	const char *version = fleet_row_version(fleet, row);
	const char *failure = fleet_row_failure(fleet, row);
	const char *phase = firmware_name(row);

	print_column(row->id, 16);
	printf("%-12s  %-11s  ", link_name(row), *phase != '\0' ? phase : "-");
	print_column(version != NULL ? version : "-", 8);
	printf("%-8s", door_name(row) != NULL ? door_name(row) : "-");
	if (row->drift > 0)
		printf("  drift %u", row->drift);
	if (failure != NULL) {
		fputs("  ", stdout);
		print_text(stdout, failure);
	}
	putchar('\n');
}

void
mode_run_print_row(
    const struct fleet *fleet, const struct fleet_row *row, bool json)
{
	if (json)
		print_row_json(fleet, row);
	else
		print_row(fleet, row);
}
