#include "config.h"

#include "tui/twin_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/evidence.h"
#include "core/deck/twin_path.h"
#include "tui/twin_lines.h"

#define DEPTH_SHOWN_MAX 12 /* what is deeper stands as JSON in its line */
#define BESIDE_MAX 60      /* bytes of a reported value beside a desired one */

struct twin_folds {
	int level;
	struct map *exceptions; /* path -> the same, owned */
};

/* A branch under way, with what stands at its path elsewhere, or NULL. */
struct level {
	const cJSON *object;
	const cJSON *reported; /* beside desired */
	const cJSON *meta;     /* its node in $metadata */
	int depth;
	bool is_desired, is_meta;
};

struct walk {
	struct twin_lines *lines;
	const struct twin_folds *folds;
	struct strbuf path;
};

struct twin_folds *
twin_folds_new(void)
{
	struct twin_folds *folds = xcalloc(1, sizeof(*folds));

	folds->level = TWIN_LEVEL_ALL;
	folds->exceptions = map_new();
	return folds;
}

static void
forget_exceptions(struct twin_folds *folds)
{
	size_t cursor = 0;
	char *path;

	while ((path = map_next(folds->exceptions, &cursor)) != NULL) {
		map_remove(folds->exceptions, path);
		free(path);
	}
}

void
twin_folds_free(struct twin_folds *folds)
{
	if (folds == NULL)
		return;
	forget_exceptions(folds);
	map_free(folds->exceptions);
	free(folds);
}

void
twin_folds_set_level(struct twin_folds *folds, int level)
{
	forget_exceptions(folds);
	folds->level = level;
}

int
twin_folds_level(const struct twin_folds *folds)
{
	return folds->level;
}

void
twin_folds_toggle(struct twin_folds *folds, const char *path)
{
	char *copy = map_remove(folds->exceptions, path);

	if (copy != NULL) {
		free(copy);
		return;
	}
	copy = xstrdup(path);
	map_set(folds->exceptions, copy, copy);
}

static bool
is_metadata(const char *name)
{
	return strcmp(name, "$metadata") == 0;
}

bool
twin_folds_is_open(const struct twin_folds *folds, const char *path,
    const char *name, int depth)
{
	bool by_level = !is_metadata(name) && depth < folds->level;

	return by_level != (map_get(folds->exceptions, path) != NULL);
}

static bool
is_open(const struct walk *w, const char *name, int depth)
{
	if (w->folds == NULL)
		return !is_metadata(name);
	return twin_folds_is_open(w->folds, strbuf_str(&w->path), name, depth);
}

/* How reported stands to a desired leaf, in words. */
static void
compare(struct twin_line *line, const cJSON *desired, const cJSON *reported)
{
	char *text;

	line->beside_style = STYLE_DRIFT;
	switch (evidence_drift(desired, reported)) {
	case DRIFT_SAME:
		line->beside = xstrdup("= reported");
		line->beside_style = STYLE_DIM;
		break;
	case DRIFT_DIFFERS:
		text = json_print(reported);
		line->beside = xasprintf("≠ reported %.*s", BESIDE_MAX, text);
		free(text);
		break;
	case DRIFT_MISSING:
		line->beside = xstrdup("≠ not reported");
		break;
	}
}

/* What the hub adds is not counted, unless there is nothing else. */
static int
count_members(const cJSON *object, bool is_meta)
{
	const cJSON *item;
	int n = 0;

	cJSON_ArrayForEach(item, object)
		n += is_meta || item->string == NULL || item->string[0] != '$';
	return n;
}

static char *
folded_text(const cJSON *object, bool is_meta)
{
	return xasprintf("{%d}", count_members(object, is_meta));
}

static void walk_members(struct walk *w, const struct level *at);

static void
walk_item(struct walk *w, const struct level *at, const cJSON *item)
{
	struct twin_line *line = twin_lines_add(w->lines);
	struct level below = {
		.object = item,
		.reported = json_get(at->reported, item->string),
		.meta = json_get(at->meta, item->string),
		.depth = at->depth + 1,
		.is_meta = at->is_meta || is_metadata(item->string),
	};

	if (line == NULL)
		return;
	below.is_desired = at->is_desired && !below.is_meta;
	line->path = xstrdup(strbuf_str(&w->path));
	line->name = xstrdup(item->string);
	line->depth = at->depth;
	line->style = below.is_meta ? STYLE_DIM : STYLE_NAME;
	line->updated_us = twin_updated_us(below.meta);
	line->branch = cJSON_IsObject(item) && item->child != NULL &&
	    at->depth < DEPTH_SHOWN_MAX;
	if (!line->branch) {
		line->value = json_print(item);
		if (below.is_desired)
			compare(line, item, below.reported);
		return;
	}
	line->open = is_open(w, item->string, at->depth);
	line->value =
	    line->open ? xstrdup("") : folded_text(item, below.is_meta);
	if (line->open)
		walk_members(w, &below);
}

static void
walk_members(struct walk *w, const struct level *at)
{
	size_t len = w->path.len;
	const cJSON *item;

	cJSON_ArrayForEach(item, at->object) {
		if (item->string == NULL ||
		    strcmp(item->string, "$version") == 0)
			continue;
		twin_path_put_key(&w->path, item->string);
		walk_item(w, at, item);
		w->path.len = len;
		w->path.data[len] = '\0';
	}
}

static void
walk_section(struct walk *w, const char *path, const char *name,
    const cJSON *section, const cJSON *reported)
{
	const cJSON *version = json_get(section, "$version");
	struct twin_line *line = twin_lines_add(w->lines);
	struct level at = {
		.object = section,
		.reported = reported,
		.meta = json_get(section, "$metadata"),
		.depth = 1,
		.is_desired = reported != NULL,
	};

	if (line == NULL)
		return;
	strbuf_reset(&w->path);
	strbuf_puts(&w->path, path);
	line->path = xstrdup(path);
	line->name = xstrdup(name);
	line->branch = true;
	line->open = is_open(w, name, 0);
	line->style = STYLE_STRONG;
	line->value = cJSON_GetArraySize(section) == 0 ? xstrdup("{}")
	    : line->open                               ? xstrdup("")
			 : folded_text(section, false);
	if (cJSON_IsNumber(version)) {
		line->beside = xasprintf("$v %.0f", version->valuedouble);
		line->beside_style = STYLE_DIM;
	}
	if (line->open)
		walk_members(w, &at);
}

void
twin_tree_build(
    struct twin_lines *lines, const cJSON *twin, const struct twin_folds *folds)
{
	const cJSON *properties = json_get(twin, "properties");
	const cJSON *reported = json_get(properties, "reported");
	struct walk w = { .lines = lines, .folds = folds };
	static const cJSON nothing = { .type = cJSON_Object };

	walk_section(&w, "tags", "tags", json_get(twin, "tags"), NULL);
	walk_section(&w, "properties.desired", "desired",
	    json_get(properties, "desired"),
	    reported != NULL ? reported : &nothing);
	walk_section(&w, "properties.reported", "reported", reported, NULL);
	strbuf_fini(&w.path);
}

static int
depth_of(const cJSON *object)
{
	const cJSON *item;
	int deepest = 0, depth;

	cJSON_ArrayForEach(item, object) {
		if (!cJSON_IsObject(item) || item->child == NULL ||
		    item->string == NULL || is_metadata(item->string))
			continue;
		depth = depth_of(item) + 1;
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

int
twin_tree_depth(const cJSON *twin)
{
	const cJSON *properties = json_get(twin, "properties");
	int tags = depth_of(json_get(twin, "tags"));
	int desired = depth_of(json_get(properties, "desired"));
	int reported = depth_of(json_get(properties, "reported"));
	int deepest = tags > desired ? tags : desired;

	if (reported > deepest)
		deepest = reported;
	return (deepest < DEPTH_SHOWN_MAX ? deepest : DEPTH_SHOWN_MAX) + 1;
}
