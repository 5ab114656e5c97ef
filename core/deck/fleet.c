#include "config.h"

#include "core/deck/fleet.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/events.h"
#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet_view.h"
#include "core/iothub/connstr.h"

/* A device that was deleted and made anew starts over at a low version: an
 * older twin is dropped only for that long. */
#define OLDER_DROPPED_MS 60000

/*
 * A row and what only fleet.c needs of it.  version is the twin's own, which
 * moves with every change of it; load is the number of the load in which it
 * was last read, so that a load can tell what has gone.
 */
struct entry {
	struct fleet_row row; /* first: a row is cast to its entry */
	int64_t version;
	int64_t version_ms; /* monotonic; when version was first read */
	unsigned int load;
};

struct fleet {
	struct events *events; /* borrowed */
	struct map *entries;   /* owned, by id */
	struct list views;
	size_t linked, marked;
	unsigned int load;
	bool complete;
};

struct fleet *
fleet_new(struct events *events)
{
	struct fleet *fleet = xcalloc(1, sizeof(*fleet));

	fleet->events = events;
	fleet->entries = map_new();
	list_init(&fleet->views);
	return fleet;
}

static void
entry_free(struct entry *entry)
{
	free(entry->row.id);
	free(entry->row.version);
	free(entry->row.failure);
	free(entry->row.tags);
	free(entry);
}

void
fleet_free(struct fleet *fleet)
{
	struct entry *entry;
	size_t cursor = 0;

	if (fleet == NULL)
		return;
	while ((entry = map_next(fleet->entries, &cursor)) != NULL)
		entry_free(entry);
	map_free(fleet->entries);
	free(fleet);
}

struct list *
fleet_views(struct fleet *fleet)
{
	return &fleet->views;
}

const struct fleet_row *
fleet_next(const struct fleet *fleet, size_t *cursor)
{
	return map_next(fleet->entries, cursor);
}

int
fleet_id_compare(const char *a, const char *b)
{
	int order = strverscmp(a, b);

	return order != 0 ? order : strcmp(a, b);
}

static void
changed(struct fleet *fleet)
{
	events_fire(fleet->events, DECK_FLEET, NULL);
}

static void
tell_views(struct fleet *fleet, const struct fleet_row *row, bool going)
{
	struct list *link;

	for (link = fleet->views.next; link != &fleet->views;
	     link = link->next) {
		if (going)
			fleet_view_drop(fleet_view_of(link), row);
		else
			fleet_view_take(fleet_view_of(link), row);
	}
}

static bool
set_text(char **text, const char *to)
{
	if (*text == NULL ? to == NULL : to != NULL && strcmp(*text, to) == 0)
		return false;
	free(*text);
	*text = xstrdup(to);
	return true;
}

/* Leaves of the tags, by path; what would be too long is left out. */
static void
write_tags(struct strbuf *out, struct strbuf *path, const cJSON *object)
{
	const cJSON *item;
	size_t len = path->len;
	char *text;

	cJSON_ArrayForEach(item, object) {
		if (item->string == NULL || out->len > FLEET_TAGS_MAX)
			break;
		strbuf_printf(
		    path, "%s%.64s", len > 0 ? "." : "", item->string);
		if (cJSON_IsObject(item) && path->len < FLEET_TAGS_MAX) {
			write_tags(out, path, item);
		} else {
			text = cJSON_IsString(item) ? xstrdup(item->valuestring)
						    : json_print(item);
			if (out->len + path->len + strlen(text) <
			    FLEET_TAGS_MAX)
				strbuf_printf(out, "%s%s=%s",
				    out->len > 0 ? " " : "", strbuf_str(path),
				    text);
			free(text);
		}
		path->len = len;
		path->data[len] = '\0';
	}
}

static bool
set_tags(struct fleet_row *row, const cJSON *tags)
{
	struct strbuf out = { 0 }, path = { 0 };
	bool differs;

	write_tags(&out, &path, tags);
	differs = set_text(&row->tags, out.len > 0 ? out.data : NULL);
	strbuf_fini(&out);
	strbuf_fini(&path);
	return differs;
}

/* Puts what the twin says into the row; whether that changed anything. */
static bool
set_row(struct fleet *fleet, struct fleet_row *row, const cJSON *twin)
{
	struct evidence e;
	bool differs;

	evidence_read(twin, &e);
	differs = row->link != e.link || row->phase != e.phase ||
	    row->percent != e.percent || row->door != e.door ||
	    row->door_until_us != e.door_until_us || row->drift != e.drift;
	if (row->link == LINK_CONNECTED)
		fleet->linked--;
	if (e.link == LINK_CONNECTED)
		fleet->linked++;
	if (e.phase == PHASE_FAILED && row->phase != PHASE_FAILED)
		row->alarm = true;
	row->link = e.link;
	row->phase = e.phase;
	row->percent = e.percent;
	row->door = e.door;
	row->door_until_us = e.door_until_us;
	row->drift = e.drift;
	if (set_text(&row->version, e.version))
		differs = true;
	if (set_text(&row->failure, e.failure))
		differs = true;
	if (set_tags(row, json_get(twin, "tags")))
		differs = true;
	return differs;
}

static bool
is_older(struct entry *entry, const cJSON *twin, int64_t now)
{
	int64_t v = json_get_int(twin, "version", 0);

	if (v < entry->version && now - entry->version_ms < OLDER_DROPPED_MS)
		return true;
	if (v != entry->version) {
		entry->version = v;
		entry->version_ms = now;
	}
	return false;
}

void
fleet_take_twin(struct fleet *fleet, const cJSON *twin)
{
	const char *id = json_get_string(twin, "deviceId");
	int64_t now = clock_mono_ms();
	struct entry *entry;
	bool fresh;

	/* Module twins have ids of their own below the device's. */
	if (id == NULL || json_get_string(twin, "moduleId") != NULL ||
	    device_id_check(id, NULL) == -1)
		return;
	entry = map_get(fleet->entries, id);
	fresh = entry == NULL;
	if (fresh && map_size(fleet->entries) >= FLEET_MAX)
		return;
	if (fresh) {
		entry = xcalloc(1, sizeof(*entry));
		entry->row.id = xstrdup(id);
		entry->row.percent = -1;
		map_set(fleet->entries, entry->row.id, entry);
	}
	entry->load = fleet->load;
	entry->row.seen_ms = now;
	if (is_older(entry, twin, now))
		return;
	if (!set_row(fleet, &entry->row, twin) && !fresh)
		return;
	if (!fresh)
		entry->row.changed_ms = now;
	tell_views(fleet, &entry->row, false);
	changed(fleet);
}

static void
remove_entry(struct fleet *fleet, struct entry *entry)
{
	tell_views(fleet, &entry->row, true);
	map_remove(fleet->entries, entry->row.id);
	if (entry->row.link == LINK_CONNECTED)
		fleet->linked--;
	if (entry->row.marked)
		fleet->marked--;
	entry_free(entry);
}

void
fleet_remove(struct fleet *fleet, const char *device_id)
{
	struct entry *entry = map_get(fleet->entries, device_id);

	if (entry == NULL)
		return;
	remove_entry(fleet, entry);
	changed(fleet);
}

const struct fleet_row *
fleet_get(const struct fleet *fleet, const char *id)
{
	return map_get(fleet->entries, id);
}

size_t
fleet_size(const struct fleet *fleet)
{
	return map_size(fleet->entries);
}

size_t
fleet_linked(const struct fleet *fleet)
{
	return fleet->linked;
}

size_t
fleet_marked(const struct fleet *fleet)
{
	return fleet->marked;
}

bool
fleet_is_complete(const struct fleet *fleet)
{
	return fleet->complete;
}

void
fleet_load_begin(struct fleet *fleet)
{
	fleet->load++;
}

void
fleet_load_end(struct fleet *fleet)
{
	bool news = !fleet->complete;
	struct entry *entry;
	size_t cursor = 0;

	while ((entry = map_next(fleet->entries, &cursor)) != NULL)
		if (entry->load != fleet->load) {
			remove_entry(fleet, entry);
			news = true;
		}
	fleet->complete = true;
	if (news)
		changed(fleet);
}

static bool
set_marked(struct fleet *fleet, struct entry *entry, bool marked)
{
	if (entry == NULL || entry->row.marked == marked)
		return false;
	entry->row.marked = marked;
	if (marked)
		fleet->marked++;
	else
		fleet->marked--;
	tell_views(fleet, &entry->row, false);
	return true;
}

void
fleet_mark(struct fleet *fleet, const char *id, bool marked)
{
	if (set_marked(fleet, map_get(fleet->entries, id), marked))
		changed(fleet);
}

void
fleet_unmark_all(struct fleet *fleet)
{
	struct entry *entry;
	size_t cursor = 0;
	bool news = false;

	while ((entry = map_next(fleet->entries, &cursor)) != NULL)
		if (set_marked(fleet, entry, false))
			news = true;
	if (news)
		changed(fleet);
}

static void
set_alarm(struct fleet *fleet, const char *id, bool alarm)
{
	struct entry *entry = map_get(fleet->entries, id);

	if (entry == NULL || entry->row.alarm == alarm)
		return;
	entry->row.alarm = alarm;
	changed(fleet);
}

void
fleet_alarm(struct fleet *fleet, const char *id)
{
	set_alarm(fleet, id, true);
}

void
fleet_looked_at(struct fleet *fleet, const char *id)
{
	set_alarm(fleet, id, false);
}

static int
by_id(const void *a, const void *b)
{
	return fleet_id_compare(
	    *(const char *const *)a, *(const char *const *)b);
}

size_t
fleet_marked_ids(const struct fleet *fleet, char ***ids)
{
	const struct entry *entry;
	size_t cursor = 0, n = 0;

	*ids = xcalloc(fleet->marked + 1, sizeof(**ids));
	while ((entry = map_next(fleet->entries, &cursor)) != NULL)
		if (entry->row.marked)
			(*ids)[n++] = xstrdup(entry->row.id);
	qsort(*ids, n, sizeof(**ids), by_id);
	return n;
}

void
fleet_ids_free(char **ids, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(ids[i]);
	free(ids);
}
