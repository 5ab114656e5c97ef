#include "config.h"

#include "core/iothub/twin.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"

/* As text a section may be that many times larger than it counts: more than
 * anything but nothing needs. */
#define TEXT_FACTOR 4

static const struct {
	const char *name;
	size_t max;
} sections[TWIN_SECTIONS] = {
    [TWIN_TAGS] = {"tags", TWIN_TAGS_MAX},
    [TWIN_DESIRED] = {"properties.desired", TWIN_PROPERTIES_MAX},
    [TWIN_REPORTED] = {"properties.reported", TWIN_PROPERTIES_MAX},
};

/* A place in the tree, for the words of an error; leads up to the section. */
struct place {
	const struct place *up; /* NULL: the section itself */
	const char *key;
	const cJSON *item;
	const cJSON **fault; /* where to say which item it is; or NULL */
	int depth; /* objects above and here, below the section */
	bool in_array;
};

const char *
twin_section_name(enum twin_section section)
{
	return sections[section].name;
}

static size_t
text_size(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += !iscntrl((unsigned char)*s);
	return n;
}

size_t
twin_size(const cJSON *json)
{
	const cJSON *item;
	size_t n = 0;

	if (json->string != NULL)
		n += text_size(json->string);
	if (cJSON_IsString(json))
		n += text_size(json->valuestring);
	else if (cJSON_IsNumber(json))
		n += 8;
	else if (cJSON_IsBool(json))
		n += 4;
	cJSON_ArrayForEach (item, json)
		n += twin_size(item);
	return n;
}

/* Bytes that the text of it has at least: what counts nothing as IoT Hub
 * counts, empty arrays and control characters, takes room all the same. */
static size_t
text_least(const cJSON *json)
{
	const cJSON *item;
	size_t n = 2; /* brackets, quotes or a digit, and a comma */

	if (json->string != NULL)
		n += strlen(json->string);
	if (cJSON_IsString(json))
		n += strlen(json->valuestring);
	cJSON_ArrayForEach (item, json)
		n += text_least(item);
	return n;
}

/* The section's own key counts nothing. */
static size_t
section_size(const cJSON *section)
{
	const cJSON *item;
	size_t n = 0;

	cJSON_ArrayForEach (item, section)
		n += twin_size(item);
	return n;
}

/* Writes "properties.desired.a.b", keys cut where they are long. */
static void
path_format(
    char *out, size_t size, enum twin_section section, const struct place *at)
{
	size_t used;

	if (at->up == NULL) {
		strncpy(out, sections[section].name, size - 1);
		out[size - 1] = '\0';
		return;
	}
	path_format(out, size, section, at->up);
	used = strlen(out);
	strncat(out, ".", size - used - 1);
	used = strlen(out);
	strncat(out, at->key, size - used - 1 < 40 ? size - used - 1 : 40);
}

static int
refuse(enum twin_section section, const struct place *at, enum err_code code,
    const char *why, struct err *err)
{
	char path[200];

	if (at->fault != NULL)
		*at->fault = at->item;
	path_format(path, sizeof(path), section, at);
	return err_set(err, code, "%s: %s", path, why);
}

static int
check_key(enum twin_section section, const struct place *at, struct err *err)
{
	const char *p;

	if (strlen(at->key) > TWIN_KEY_MAX)
		return refuse(section, at, ERR_LIMIT,
		    "a key may have 1024 bytes at most", err);
	for (p = at->key; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p) || strchr(".$# ", *p) != NULL)
			return refuse(section, at, ERR_INVALID,
			    "a key may hold no '.', '$', '#', space or control "
			    "character",
			    err);
	return 0;
}

static int
check_number(enum twin_section section, const struct place *at, double n,
    struct err *err)
{
	if (!isfinite(n))
		return refuse(section, at, ERR_LIMIT,
		    "the number is too large for a double", err);
	if (n == floor(n) && fabs(n) < 1e18 &&
	    (n > TWIN_INTEGER_MAX || n < TWIN_INTEGER_MIN))
		return refuse(section, at, ERR_LIMIT,
		    "an integer must be within -4503599627370496 and "
		    "4503599627370495",
		    err);
	return 0;
}

static int check_items(enum twin_section section, const struct place *at,
    const cJSON *json, struct err *err);

static int
check_value(enum twin_section section, const struct place *at,
    const cJSON *json, struct err *err)
{
	struct place inside = *at;

	if (cJSON_IsString(json) && strlen(json->valuestring) > TWIN_STRING_MAX)
		return refuse(section, at, ERR_LIMIT,
		    "a string may have 4096 bytes at most", err);
	if (cJSON_IsNumber(json))
		return check_number(section, at, json->valuedouble, err);
	if (!cJSON_IsObject(json) && !cJSON_IsArray(json))
		return 0;
	inside.depth++;
	inside.in_array = at->in_array || cJSON_IsArray(json);
	if (inside.depth > TWIN_DEPTH_MAX)
		return refuse(section, at, ERR_LIMIT,
		    "nested more than 10 levels deep", err);
	return check_items(section, &inside, json, err);
}

static int
check_items(enum twin_section section, const struct place *at,
    const cJSON *json, struct err *err)
{
	struct place below = {
	    .up = at, .depth = at->depth, .fault = at->fault};
	const cJSON *item;

	below.in_array = at->in_array || cJSON_IsArray(json);
	cJSON_ArrayForEach (item, json) {
		/* There it could not mean "remove". */
		if (below.in_array && cJSON_IsNull(item))
			return refuse(section, at, ERR_INVALID,
			    "an array may hold no null", err);
		if (cJSON_IsArray(json)) {
			if (check_value(section, at, item, err) == -1)
				return -1;
			continue;
		}
		below.key = item->string;
		below.item = item;
		if (check_key(section, &below, err) == -1 ||
		    check_value(section, &below, item, err) == -1)
			return -1;
	}
	return 0;
}

int
twin_check(enum twin_section section, const cJSON *patch, struct err *err)
{
	return twin_check_at(section, patch, NULL, err);
}

int
twin_check_at(enum twin_section section, const cJSON *patch,
    const cJSON **fault, struct err *err)
{
	struct place root = {.item = patch, .fault = fault};

	if (!cJSON_IsObject(patch))
		return refuse(
		    section, &root, ERR_INVALID, "must be a JSON object", err);
	/* Room for every old key to go and a whole new section to come; what
	 * is larger can only be refused, so it is not looked at further. */
	if (section_size(patch) > 2 * sections[section].max ||
	    text_least(patch) > 2 * TEXT_FACTOR * sections[section].max)
		return refuse(
		    section, &root, ERR_LIMIT, "the patch is too large", err);
	return check_items(section, &root, patch, err);
}

int
twin_merge(enum twin_section section, cJSON *target, const cJSON *patch,
    struct err *err)
{
	cJSON *merged, *items;

	if (twin_check(section, patch, err) == -1)
		return -1;
	/* On a copy: json_merge() works in place, and a patch that turns out
	 * too large must not leave half of itself behind. */
	merged = cJSON_Duplicate(target, true);
	json_merge(merged, patch);
	if (section_size(merged) > sections[section].max ||
	    text_least(merged) > TEXT_FACTOR * sections[section].max) {
		cJSON_Delete(merged);
		return err_set(err, ERR_LIMIT, "%s: larger than %zu KB",
		    sections[section].name, sections[section].max / 1024);
	}
	items = target->child;
	target->child = merged->child;
	merged->child = items;
	cJSON_Delete(merged);
	return 0;
}

void
twin_strip(cJSON *section)
{
	cJSON_DeleteItemFromObjectCaseSensitive(section, "$version");
	cJSON_DeleteItemFromObjectCaseSensitive(section, "$metadata");
}

cJSON *
twin_difference(const cJSON *was, const cJSON *now)
{
	cJSON *patch = cJSON_CreateObject();
	const cJSON *item, *other;

	cJSON_ArrayForEach (item, now) {
		other = json_get(was, item->string);
		if (cJSON_IsObject(item) && cJSON_IsObject(other))
			cJSON_AddItemToObject(
			    patch, item->string, twin_difference(other, item));
		else
			cJSON_AddItemToObject(
			    patch, item->string, cJSON_Duplicate(item, true));
	}
	cJSON_ArrayForEach (item, was)
		if (json_get(now, item->string) == NULL)
			cJSON_AddNullToObject(patch, item->string);
	return patch;
}

static void
set_item(cJSON *object, const char *name, cJSON *item)
{
	if (json_get(object, name) != NULL)
		cJSON_ReplaceItemInObjectCaseSensitive(object, name, item);
	else
		cJSON_AddItemToObject(object, name, item);
}

static void
stamp_node(cJSON *node, const char *stamp, int64_t version)
{
	set_item(node, "$lastUpdated", cJSON_CreateString(stamp));
	if (version >= 0)
		set_item(node, "$lastUpdatedVersion",
		    cJSON_CreateNumber((double)version));
}

cJSON *
twin_metadata_new(const char *stamp)
{
	cJSON *metadata = cJSON_CreateObject();

	stamp_node(metadata, stamp, -1);
	return metadata;
}

void
twin_metadata_merge(
    cJSON *metadata, const cJSON *patch, const char *stamp, int64_t version)
{
	const cJSON *item;
	cJSON *node;

	stamp_node(metadata, stamp, version);
	cJSON_ArrayForEach (item, patch) {
		if (cJSON_IsNull(item)) {
			cJSON_DeleteItemFromObjectCaseSensitive(
			    metadata, item->string);
			continue;
		}
		node = cJSON_GetObjectItemCaseSensitive(metadata, item->string);
		if (node == NULL || !cJSON_IsObject(item)) {
			/* A leaf now: what was below it is gone. */
			node = cJSON_CreateObject();
			set_item(metadata, item->string, node);
		}
		if (cJSON_IsObject(item))
			twin_metadata_merge(node, item, stamp, version);
		else
			stamp_node(node, stamp, version);
	}
}
