#include "config.h"

#include "core/deck/twin_history.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/map.h"
#include "core/base/xalloc.h"
#include "core/deck/twin_path.h"

struct device {
	struct list link;
	char *id;               /* owned */
	struct twin_seen *seen; /* owned, with their texts; oldest first */
	size_t n, cap;
};

/*
 * The list has the device looked at last at its end.  Where all is more than
 * may be kept, the oldest versions of those at its head go first.
 */
struct twin_history {
	struct list devices;
	struct map *by_id;
	size_t bytes; /* of all texts */
};

struct twin_history *
twin_history_new(void)
{
	struct twin_history *history = xcalloc(1, sizeof(*history));

	list_init(&history->devices);
	history->by_id = map_new();
	return history;
}

/* The oldest n of them. */
static void
drop_versions(struct twin_history *history, struct device *device, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	for (i = 0; i < n; i++) {
		history->bytes -= device->seen[i].len;
		free(device->seen[i].text);
	}
	device->n -= n;
	memmove(
	    device->seen, device->seen + n, device->n * sizeof(*device->seen));
}

static void
forget(struct twin_history *history, struct device *device)
{
	drop_versions(history, device, device->n);
	map_remove(history->by_id, device->id);
	list_remove(&device->link);
	free(device->seen);
	free(device->id);
	free(device);
}

void
twin_history_free(struct twin_history *history)
{
	struct device *device, *tmp;

	if (history == NULL)
		return;
	LIST_FOREACH_SAFE(device, tmp, &history->devices, struct device, link)
		forget(history, device);
	map_free(history->by_id);
	free(history);
}

void
twin_history_follow(struct twin_history *history, const char *device_id)
{
	struct device *device = map_get(history->by_id, device_id);

	if (device != NULL) {
		list_remove(&device->link);
		list_append(&history->devices, &device->link);
		return;
	}
	if (map_size(history->by_id) >= TWIN_HISTORY_DEVICES)
		forget(history,
		    LIST_FIRST(&history->devices, struct device, link));
	device = xcalloc(1, sizeof(*device));
	device->id = xstrdup(device_id);
	list_append(&history->devices, &device->link);
	map_set(history->by_id, device->id, device);
}

/* The newest version of a device goes only when nothing else is left to. */
static void
make_room(struct twin_history *history)
{
	struct device *device;

	LIST_FOREACH(device, &history->devices, struct device, link)
		while (history->bytes > TWIN_HISTORY_BYTES && device->n > 1)
			drop_versions(history, device, 1);
	LIST_FOREACH(device, &history->devices, struct device, link)
		if (history->bytes > TWIN_HISTORY_BYTES)
			drop_versions(history, device, device->n);
}

static int64_t
last_update(const cJSON *twin)
{
	const cJSON *properties = json_get(twin, "properties");
	int64_t desired = twin_updated_us(
	    json_get(json_get(properties, "desired"), "$metadata"));
	int64_t reported = twin_updated_us(
	    json_get(json_get(properties, "reported"), "$metadata"));

	return desired > reported ? desired : reported;
}

/* Whether this is news, beside what is kept; makes way for another life. */
static bool
is_news(struct twin_history *history, struct device *device,
    const struct twin_seen *seen)
{
	const struct twin_seen *last;

	if (device->n == 0)
		return true;
	last = &device->seen[device->n - 1];
	if (seen->version > last->version)
		return true;
	if (seen->version == last->version ||
	    seen->updated_us <= last->updated_us)
		return false;
	drop_versions(history, device, device->n);
	return true;
}

void
twin_history_take(
    struct twin_history *history, const cJSON *twin, int64_t seen_us)
{
	const char *id = json_get_string(twin, "deviceId");
	struct device *device = id != NULL ? map_get(history->by_id, id) : NULL;
	struct twin_seen seen = {
		.version = json_get_int(twin, "version", -1),
		.seen_us = seen_us,
	};

	if (device == NULL || seen.version < 0)
		return;
	seen.updated_us = last_update(twin);
	if (!is_news(history, device, &seen))
		return;
	seen.text = json_print(twin);
	seen.len = strlen(seen.text);
	if (seen.len > TWIN_HISTORY_TWIN_MAX) {
		free(seen.text);
		return;
	}
	if (device->n == TWIN_HISTORY_VERSIONS)
		drop_versions(history, device, 1);
	if (device->n == device->cap) {
		device->cap = device->cap * 2 + 4;
		device->seen = xreallocarray(
		    device->seen, device->cap, sizeof(*device->seen));
	}
	device->seen[device->n++] = seen;
	history->bytes += seen.len;
	make_room(history);
}

void
twin_history_forget(struct twin_history *history, const char *device_id)
{
	struct device *device = map_get(history->by_id, device_id);

	/* Whoever looked at it goes on looking: it may come back. */
	if (device != NULL)
		drop_versions(history, device, device->n);
}

size_t
twin_history_size(const struct twin_history *history, const char *device_id)
{
	const struct device *device = map_get(history->by_id, device_id);

	return device != NULL ? device->n : 0;
}

const struct twin_seen *
twin_history_at(
    const struct twin_history *history, const char *device_id, size_t i)
{
	const struct device *device = map_get(history->by_id, device_id);

	return device != NULL && i < device->n ? &device->seen[i] : NULL;
}
