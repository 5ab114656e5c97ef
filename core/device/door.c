#include "config.h"

#include "core/device/door.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"

struct device_door {
	struct device_outlet outlet;
	bool booted;
	bool locked;
	int64_t unlock_ms; /* DEVICE_NEVER: stays locked */
};

struct device_door *
device_door_new(const struct device_outlet *outlet)
{
	struct device_door *door = xcalloc(1, sizeof(*door));

	door->outlet = *outlet;
	door->unlock_ms = DEVICE_NEVER;
	return door;
}

void
device_door_free(struct device_door *door)
{
	free(door);
}

static void
add_stamp(cJSON *to, const char *key, int64_t utc_us)
{
	char text[CLOCK_STAMP_SIZE];

	clock_format_iso(text, utc_us);
	cJSON_AddStringToObject(to, key, text);
}

/* lock_ms DEVICE_NEVER: without end; null clears what an earlier lock left. */
static void
report(struct device_door *door, const struct device_now *now,
    const char *lock_time, int64_t lock_ms)
{
	cJSON *patch = cJSON_CreateObject();
	cJSON *json = cJSON_AddObjectToObject(patch, "door");

	cJSON_AddStringToObject(
	    json, "state", door->locked ? "locked" : "unlocked");
	if (lock_time != NULL)
		cJSON_AddStringToObject(json, "lockTime", lock_time);
	else
		cJSON_AddNullToObject(json, "lockTime");
	add_stamp(json, "since", now->utc_us);
	if (lock_ms != DEVICE_NEVER)
		add_stamp(json, "until", now->utc_us + lock_ms * 1000);
	else
		cJSON_AddNullToObject(json, "until");
	door->outlet.report(patch, door->outlet.arg);
}

static void
unlock(struct device_door *door, const struct device_now *now)
{
	door->locked = false;
	door->unlock_ms = DEVICE_NEVER;
	report(door, now, NULL, DEVICE_NEVER);
}

void
device_door_boot(struct device_door *door, const struct device_now *now,
    const cJSON *reported)
{
	const cJSON *json = json_get(reported, "door");
	const char *state = json_get_string(json, "state");
	const char *until = json_get_string(json, "until");
	int64_t until_us;

	if (door->booted || door->locked)
		return;
	door->booted = true;
	if (state == NULL) {
		unlock(door, now);
	} else if (strcmp(state, "locked") == 0) {
		door->locked = true;
		if (until != NULL && clock_parse_iso(until, &until_us) == 0)
			door->unlock_ms =
			    now->mono_ms + (until_us - now->utc_us) / 1000;
		device_outlet_say(&door->outlet, "door: still locked");
	}
}

static int
read_lock_time(const cJSON *value, int64_t *ms, struct err *err)
{
	if (cJSON_IsNumber(value) && value->valuedouble > 0 &&
	    value->valuedouble <= (double)DEVICE_DOOR_LOCK_MAX_MS / 1000)
		*ms = (int64_t)(value->valuedouble * 1000);
	else if (!cJSON_IsString(value) ||
	    clock_parse_duration(value->valuestring, ms) == -1 || *ms <= 0)
		return err_set(err, ERR_INVALID,
		    "lockTime must be a time like \"10m\", \"90s\" or \"1h\", "
		    "or null");
	if (*ms > DEVICE_DOOR_LOCK_MAX_MS)
		return err_set(
		    err, ERR_LIMIT, "lockTime must be at most 366 days");
	return 0;
}

int
device_door_lock(struct device_door *door, const struct device_now *now,
    const cJSON *request, struct err *err)
{
	const cJSON *value = json_get_nocase(request, "lockTime");
	int64_t ms = DEVICE_NEVER;
	char *text = NULL;

	if (value != NULL && !cJSON_IsNull(value)) {
		if (read_lock_time(value, &ms, err) == -1)
			return -1;
		text = cJSON_IsString(value)
		    ? xstrdup(value->valuestring)
		    : xasprintf("%" PRId64 "%s",
			  ms % 1000 == 0 ? ms / 1000 : ms,
			  ms % 1000 == 0 ? "s" : "ms");
	}
	door->booted = true;
	door->locked = true;
	door->unlock_ms = ms == DEVICE_NEVER ? DEVICE_NEVER : now->mono_ms + ms;
	report(door, now, text, ms);
	device_outlet_say(&door->outlet, "lockDoor: Locking Door!  %s%s",
	    text != NULL ? "for " : "without end", text != NULL ? text : "");
	free(text);
	return 0;
}

int64_t
device_door_due_ms(const struct device_door *door)
{
	return door->unlock_ms;
}

void
device_door_tick(struct device_door *door, const struct device_now *now)
{
	if (!door->locked || door->unlock_ms > now->mono_ms)
		return;
	unlock(door, now);
	device_outlet_say(&door->outlet, "door: unlocked, the time is over");
}
