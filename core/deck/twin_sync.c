#include "config.h"

#include "core/deck/twin_sync.h"

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/deck/evidence.h"
#include "core/deck/twin_path.h"

static const char *const names[] = {
	[TWIN_IN_SYNC] = "in sync",
	[TWIN_PENDING] = "pending",
	[TWIN_DIVERGED] = "diverged",
};

/* An object of desired beside what is reported there; NULL where nothing is. */
struct level {
	const cJSON *desired, *desired_meta;
	const cJSON *reported, *reported_meta;
};

struct walk {
	struct strbuf path;
	twin_sync_cb cb;
	void *arg;
};

const char *
twin_sync_name(enum twin_sync sync)
{
	return names[sync];
}

static bool
is_meta(const cJSON *item)
{
	return item->string != NULL && item->string[0] == '$';
}

static enum twin_sync
judge(const struct twin_sync_leaf *leaf)
{
	if (evidence_drift(leaf->desired, leaf->reported) == DRIFT_SAME)
		return TWIN_IN_SYNC;
	if (leaf->reported == NULL || leaf->reported_us == 0 ||
	    leaf->desired_us == 0 || leaf->reported_us < leaf->desired_us)
		return TWIN_PENDING;
	return TWIN_DIVERGED;
}

static void
tell_leaf(struct walk *w, const struct level *at)
{
	struct twin_sync_leaf leaf = {
		.path = strbuf_str(&w->path),
		.desired = at->desired,
		.reported = at->reported,
		.desired_us = twin_updated_us(at->desired_meta),
		.reported_us = twin_updated_us(at->reported_meta),
	};

	leaf.sync = judge(&leaf);
	w->cb(&leaf, w->arg);
}

static void
walk_level(struct walk *w, const struct level *at)
{
	size_t len = w->path.len;
	const cJSON *item;
	struct level below;

	cJSON_ArrayForEach(item, at->desired) {
		if (is_meta(item))
			continue;
		below = (struct level){
			.desired = item,
			.desired_meta =
			    json_get(at->desired_meta, item->string),
			.reported = cJSON_IsObject(at->reported)
			    ? json_get(at->reported, item->string)
			    : NULL,
			.reported_meta =
			    json_get(at->reported_meta, item->string),
		};
		twin_path_put_key(&w->path, item->string);
		if (cJSON_IsObject(item))
			walk_level(w, &below);
		else
			tell_leaf(w, &below);
		w->path.len = len;
		w->path.data[len] = '\0';
	}
}

void
twin_sync_walk(const cJSON *twin, twin_sync_cb cb, void *arg)
{
	const cJSON *properties = json_get(twin, "properties");
	struct walk w = { .cb = cb, .arg = arg };
	struct level top = {
		.desired = json_get(properties, "desired"),
		.reported = json_get(properties, "reported"),
	};

	top.desired_meta = json_get(top.desired, "$metadata");
	top.reported_meta = json_get(top.reported, "$metadata");
	strbuf_puts(&w.path, "properties.desired");
	walk_level(&w, &top);
	strbuf_fini(&w.path);
}

static size_t
count_only(const cJSON *reported, const cJSON *desired)
{
	const cJSON *item, *there;
	size_t n = 0;

	cJSON_ArrayForEach(item, reported) {
		if (is_meta(item))
			continue;
		there = cJSON_IsObject(desired)
		    ? json_get(desired, item->string)
		    : NULL;
		if (cJSON_IsObject(item))
			n += count_only(item, there);
		else if (there == NULL)
			n++;
	}
	return n;
}

size_t
twin_sync_only_reported(const cJSON *twin)
{
	const cJSON *properties = json_get(twin, "properties");

	return count_only(
	    json_get(properties, "reported"), json_get(properties, "desired"));
}
