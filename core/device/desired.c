#include "config.h"

#include "core/device/desired.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/xalloc.h"

/* What the device itself reports at the top: nobody else's to set. */
static const char *const own_keys[] = { "firmwareStatus", "firmwareVersion",
	"firmwareError", "logTime", "downloadComplete", "startedApplyingImage",
	"lastFirmwareUpdate", "door", "desiredVersion", NULL };

struct device_desired {
	cJSON *known;    /* the section as of version, without $ keys */
	int64_t version; /* -1: never seen */
};

struct device_desired *
device_desired_new(void)
{
	struct device_desired *desired = xcalloc(1, sizeof(*desired));

	desired->known = cJSON_CreateObject();
	desired->version = -1;
	return desired;
}

void
device_desired_free(struct device_desired *desired)
{
	if (desired == NULL)
		return;
	cJSON_Delete(desired->known);
	free(desired);
}

int64_t
device_desired_version(const struct device_desired *desired)
{
	return desired->version;
}

static bool
is_own(const char *key)
{
	const char *const *own;

	for (own = own_keys; *own != NULL; own++)
		if (strcmp(key, *own) == 0)
			return true;
	return *key == '$';
}

/* What of a section or patch is there to be echoed. */
static cJSON *
without_own(const cJSON *section)
{
	cJSON *out = cJSON_CreateObject();
	const cJSON *item;

	cJSON_ArrayForEach(item, section)
		if (!is_own(item->string))
			cJSON_AddItemToObject(
			    out, item->string, cJSON_Duplicate(item, true));
	return out;
}

/*
 * Adds to patch what makes reported say what desired does, and a null for
 * what desired had (in old) and has no more.  old may be NULL.
 */
static void
difference(
    cJSON *patch, const cJSON *old, const cJSON *desired, const cJSON *reported)
{
	const cJSON *item, *there;
	cJSON *below;

	cJSON_ArrayForEach(item, desired) {
		there = json_get(reported, item->string);
		if (there != NULL && json_equal(item, there))
			continue;
		if (!cJSON_IsObject(item) || !cJSON_IsObject(there)) {
			cJSON_AddItemToObject(
			    patch, item->string, cJSON_Duplicate(item, true));
			continue;
		}
		below = cJSON_CreateObject();
		difference(below, json_get(old, item->string), item, there);
		if (below->child != NULL)
			cJSON_AddItemToObject(patch, item->string, below);
		else
			cJSON_Delete(below);
	}
	cJSON_ArrayForEach(item, old)
		if (json_get(desired, item->string) == NULL &&
		    json_get(reported, item->string) != NULL)
			cJSON_AddNullToObject(patch, item->string);
}

enum device_desired_news
device_desired_catch_up(struct device_desired *desired, const cJSON *section,
    const cJSON *reported, cJSON **echo)
{
	const cJSON *said = json_get(reported, "desiredVersion");
	int64_t version = json_get_int(section, "$version", -1);
	cJSON *now;

	*echo = NULL;
	if (desired->version != -1 && version == desired->version)
		return DEVICE_DESIRED_OLD;
	now = without_own(section);
	*echo = cJSON_CreateObject();
	difference(*echo, desired->known, now, reported);
	cJSON_Delete(desired->known);
	desired->known = now;
	desired->version = version;
	/* A device that was never asked for anything has nothing to say, nor
	 * has one that said it before it was started anew. */
	if ((*echo)->child == NULL &&
	    (said == NULL ? now->child == NULL
			  : said->valuedouble == (double)version)) {
		cJSON_Delete(*echo);
		*echo = NULL;
		return DEVICE_DESIRED_OLD;
	}
	cJSON_AddNumberToObject(*echo, "desiredVersion", (double)version);
	return DEVICE_DESIRED_NEW;
}

enum device_desired_news
device_desired_patch(
    struct device_desired *desired, const cJSON *patch, cJSON **echo)
{
	int64_t version = json_get_int(patch, "$version", -1);

	*echo = NULL;
	if (version <= desired->version)
		return DEVICE_DESIRED_OLD;
	if (version != desired->version + 1)
		return DEVICE_DESIRED_GAP;
	*echo = without_own(patch);
	json_merge(desired->known, *echo);
	desired->version = version;
	cJSON_AddNumberToObject(*echo, "desiredVersion", (double)version);
	return DEVICE_DESIRED_NEW;
}
