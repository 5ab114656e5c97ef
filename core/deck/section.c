#include "config.h"

#include "core/deck/section.h"

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/deck/form.h"

static const char *const words[TWIN_SECTIONS] = {
	[TWIN_TAGS] = "tags",
	[TWIN_DESIRED] = "desired",
	[TWIN_REPORTED] = "reported",
};

const char *
section_word(enum twin_section section)
{
	return words[section];
}

cJSON *
section_dup(const cJSON *twin, enum twin_section section)
{
	const cJSON *in =
	    section == TWIN_TAGS ? twin : json_get(twin, "properties");
	cJSON *copy = cJSON_Duplicate(json_get(in, words[section]), true);

	if (!cJSON_IsObject(copy)) {
		cJSON_Delete(copy);
		return cJSON_CreateObject();
	}
	twin_strip(copy);
	return copy;
}

size_t
section_max(enum twin_section section)
{
	return section == TWIN_TAGS ? TWIN_TAGS_MAX : TWIN_PROPERTIES_MAX;
}

int
section_check(enum twin_section section, const cJSON *json, const cJSON **fault,
    struct err *err)
{
	size_t size, max = section_max(section);

	*fault = json;
	if (twin_check_at(section, json, fault, err) == -1)
		return -1;
	size = twin_size(json);
	if (size > max)
		return err_set(err, ERR_LIMIT,
		    "%s: %zu bytes as IoT Hub counts them, %zu KB (%zu) are "
		    "the limit",
		    words[section], size, max / 1024, max);
	return 0;
}

char *
section_body(enum twin_section section, const char *patch)
{
	if (section == TWIN_TAGS)
		return xasprintf("{\"tags\":%s}", patch);
	return xasprintf("{\"properties\":{\"%s\":%s}}", words[section], patch);
}

cJSON *
section_inverse(const cJSON *before, const cJSON *patch)
{
	cJSON *after = cJSON_Duplicate(before, true), *inverse;

	json_merge(after, patch);
	inverse = form_patch(after, before);
	cJSON_Delete(after);
	return inverse;
}
