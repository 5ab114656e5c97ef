#include "config.h"

#include "core/hub/configuration_body.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/query.h"
#include "core/iothub/twin.h"

#define DESIRED "properties.desired"

static int
check_id(const cJSON *body, const char *id, struct err *err)
{
	const cJSON *given = json_get_nocase(body, "id");
	size_t i;

	for (i = 0; id[i] != '\0'; i++)
		if (!isascii((unsigned char)id[i]) ||
		    (!islower((unsigned char)id[i]) &&
			!isdigit((unsigned char)id[i]) &&
			strchr("-+%_*!'", id[i]) == NULL))
			break;
	if (id[i] != '\0' || i == 0 || i > HUB_CONFIGURATION_ID_MAX)
		return err_set(err, ERR_INVALID,
		    "a configuration's id has 1 to %d lower-case letters, "
		    "digits and -+%%_*!'",
		    HUB_CONFIGURATION_ID_MAX);
	if (cJSON_IsString(given) && strcmp(given->valuestring, id) != 0)
		return err_set(err, ERR_INVALID,
		    "the id in the body is not that of the path");
	return 0;
}

/* Null and {} are as good as absent. */
static bool
is_there(const cJSON *content, const char *name)
{
	const cJSON *item = json_get_nocase(content, name);

	return item != NULL && !cJSON_IsNull(item) &&
	    !(cJSON_IsObject(item) && item->child == NULL);
}

/* Puts value at a dotted path of the patch. */
static int
add_path(cJSON *patch, const char *path, const cJSON *value, struct err *err)
{
	cJSON *at = patch, *next;
	const char *p = path;
	char *name;
	size_t len;

	for (;; p += len + 1) {
		len = strcspn(p, ".");
		if (len == 0)
			return err_set(err, ERR_INVALID,
			    "%.100s has an empty name", path);
		name = xstrndup(p, len);
		next = cJSON_GetObjectItemCaseSensitive(at, name);
		if (next != NULL && (p[len] == '\0' || !cJSON_IsObject(next))) {
			free(name);
			return err_set(err, ERR_INVALID,
			    "%.100s stands in it twice", path);
		}
		if (p[len] == '\0')
			cJSON_AddItemToObject(
			    at, name, cJSON_Duplicate(value, true));
		else if (next == NULL)
			next = cJSON_AddObjectToObject(at, name);
		free(name);
		if (p[len] == '\0')
			return 0;
		at = next;
	}
}

static int
add_member(cJSON *patch, const cJSON *item, struct err *err)
{
	const char *rest = item->string + strlen(DESIRED);
	const cJSON *child;

	if (!str_starts_with(item->string, DESIRED) ||
	    (*rest != '.' && *rest != '\0'))
		return err_set(err, ERR_INVALID,
		    "expected " DESIRED ".name in place of %.100s",
		    item->string);
	if (*rest == '.')
		return add_path(patch, rest + 1, item, err);
	if (!cJSON_IsObject(item))
		return err_set(err, ERR_INVALID,
		    DESIRED " must be an object");
	cJSON_ArrayForEach(child, item) {
		if (json_get(patch, child->string) != NULL)
			return err_set(err, ERR_INVALID,
			    "%.100s stands in it twice",
			    child->string);
		cJSON_AddItemToObject(
		    patch, child->string, cJSON_Duplicate(child, true));
	}
	return 0;
}

/* {"properties.desired.a.b":1, …} as a patch, {"a":{"b":1}}; the caller's. */
static cJSON *
patch_of(const cJSON *settings, struct err *err)
{
	const cJSON *item;
	cJSON *patch, *target;
	int rc = 0;

	if (!cJSON_IsObject(settings) || settings->child == NULL) {
		err_set(err, ERR_INVALID, "is empty or no object");
		return NULL;
	}
	patch = cJSON_CreateObject();
	cJSON_ArrayForEach(item, settings) {
		if ((rc = add_member(patch, item, err)) == -1)
			break;
	}
	/* Merged into an empty section too: what is too large for that fits
	 * no twin. */
	target = cJSON_CreateObject();
	if (rc == 0 && twin_merge(TWIN_DESIRED, target, patch, err) == -1)
		rc = -1;
	cJSON_Delete(target);
	if (rc == 0)
		return patch;
	cJSON_Delete(patch);
	return NULL;
}

static int
add_patch(cJSON *patches, const char *who, const cJSON *settings,
    struct err *err)
{
	cJSON *patch = patch_of(settings, err);

	if (patch == NULL)
		return -1;
	cJSON_AddItemToObject(patches, who, patch);
	return 0;
}

static int
add_modules(cJSON *patches, const cJSON *modules, struct err *err)
{
	const cJSON *module;

	if (!cJSON_IsObject(modules))
		return err_set(err, ERR_INVALID, "is no object");
	cJSON_ArrayForEach(module, modules) {
		if (*module->string == '\0' ||
		    strlen(module->string) > HUB_CONFIGURATION_ID_MAX)
			return err_set(err, ERR_INVALID,
			    "a module id has 1 to %d bytes",
			    HUB_CONFIGURATION_ID_MAX);
		if (add_patch(patches, module->string, module, err) == -1)
			return err_prefix(err, "%.100s", module->string);
	}
	return 0;
}

static const struct {
	const char *name;
	enum hub_configuration_kind kind;
} contents[] = {
	{ "deviceContent", HUB_CONFIGURATION_DEVICES },
	{ "modulesContent", HUB_CONFIGURATION_EDGES },
	{ "moduleContent", HUB_CONFIGURATION_MODULES },
};

/* Which of the contents it is, or -1 with err set. */
static int
find_content(const cJSON *content, struct err *err)
{
	int i, found = -1;

	for (i = 0; i < (int)(sizeof(contents) / sizeof(contents[0])); i++) {
		if (!is_there(content, contents[i].name))
			continue;
		if (found != -1)
			return err_set(err, ERR_INVALID,
			    "content has both %s and %s", contents[found].name,
			    contents[i].name);
		found = i;
	}
	return found != -1
	    ? found
	    : err_set(err, ERR_INVALID,
		  "content has neither deviceContent nor modulesContent nor "
		  "moduleContent");
}

cJSON *
hub_configuration_patches(const cJSON *content,
    enum hub_configuration_kind *kind, struct err *err)
{
	int i = find_content(content, err), rc;
	const cJSON *settings;
	cJSON *patches;

	if (i == -1)
		return NULL;
	*kind = contents[i].kind;
	settings = json_get_nocase(content, contents[i].name);
	patches = cJSON_CreateObject();
	rc = *kind == HUB_CONFIGURATION_EDGES
	    ? add_modules(patches, settings, err)
	    : add_patch(patches, "", settings, err);
	if (rc == 0)
		return patches;
	err_prefix(err, "%s", contents[i].name);
	cJSON_Delete(patches);
	return NULL;
}

/* "FROM devices.modules WHERE …", as it stands in a query. */
static int
check_modules(const char *text, struct err *err)
{
	struct hub_query query;

	if (strncasecmp(text, HUB_CONFIGURATION_OF_MODULES,
		strlen(HUB_CONFIGURATION_OF_MODULES)) != 0)
		return err_set(err, ERR_INVALID,
		    "expected " HUB_CONFIGURATION_OF_MODULES
		    " WHERE … for moduleContent");
	if (hub_query_compile_modules(text, strlen(text), &query, err) == -1)
		return -1;
	hub_query_fini(&query);
	return 0;
}

int
hub_configuration_check_condition(
    const char *text, enum hub_configuration_kind kind, struct err *err)
{
	struct hub_query query;

	if (*text == '\0')
		return 0;
	if (kind == HUB_CONFIGURATION_MODULES)
		return check_modules(text, err);
	if (hub_query_compile_target(text, strlen(text), &query, err) == -1)
		return -1;
	hub_query_fini(&query);
	return 0;
}

int
hub_configuration_check_metric(const cJSON *text, struct err *err)
{
	struct hub_query query;
	bool is_jobs;

	if (!cJSON_IsString(text))
		return err_set(err, ERR_INVALID, "a query must be a text");
	if (hub_query_compile(text->valuestring, strlen(text->valuestring),
		&query, err) == -1)
		return -1;
	is_jobs = query.is_jobs;
	hub_query_fini(&query);
	return is_jobs ? err_set(err, ERR_UNSUPPORTED,
			     "devices.jobs cannot be counted here")
		       : 0;
}

static int
read_content(const cJSON *body, struct hub_configuration *c, struct err *err)
{
	const cJSON *content = json_get_nocase(body, "content");
	cJSON *patches;

	if (!cJSON_IsObject(content))
		return err_set(
		    err, ERR_INVALID, "content is missing or no object");
	patches = hub_configuration_patches(content, &c->kind, err);
	if (patches == NULL)
		return -1;
	cJSON_Delete(patches);
	c->content = json_print(content);
	if (strlen(c->content) > HUB_CONFIGURATION_CONTENT_MAX)
		return err_set(err, ERR_LIMIT,
		    "content may have %zu bytes at most",
		    HUB_CONFIGURATION_CONTENT_MAX);
	return 0;
}

static int
read_condition(const cJSON *body, struct hub_configuration *c, struct err *err)
{
	const cJSON *condition = json_get_nocase(body, "targetCondition");

	if (condition == NULL || cJSON_IsNull(condition)) {
		c->condition = xstrdup("");
		return 0;
	}
	if (!cJSON_IsString(condition))
		return err_set(
		    err, ERR_INVALID, "targetCondition must be a text");
	c->condition = xstrdup(condition->valuestring);
	return hub_configuration_check_condition(c->condition, c->kind, err);
}

static int
read_metrics(const cJSON *body, struct hub_configuration *c, struct err *err)
{
	const cJSON *queries =
	    json_get_nocase(json_get_nocase(body, "metrics"), "queries");
	const cJSON *query;

	if (queries == NULL || cJSON_IsNull(queries)) {
		c->metrics = xstrdup("{}");
		return 0;
	}
	if (!cJSON_IsObject(queries))
		return err_set(
		    err, ERR_INVALID, "metrics.queries must be an object");
	if (cJSON_GetArraySize(queries) > HUB_CONFIGURATION_METRICS_MAX)
		return err_set(err, ERR_LIMIT,
		    "a configuration may have %d metrics at most",
		    HUB_CONFIGURATION_METRICS_MAX);
	cJSON_ArrayForEach(query, queries) {
		if (hub_configuration_check_metric(query, err) == -1)
			return err_prefix(err, "%.100s", query->string);
	}
	c->metrics = json_print(queries);
	return 0;
}

static int
read_rest(const cJSON *body, struct hub_configuration *c, struct err *err)
{
	const cJSON *labels = json_get_nocase(body, "labels");
	const cJSON *priority = json_get_nocase(body, "priority");
	const cJSON *label;

	if (priority != NULL && !cJSON_IsNull(priority)) {
		if (!cJSON_IsNumber(priority) || priority->valuedouble < 0 ||
		    priority->valuedouble > (double)INT32_MAX ||
		    priority->valuedouble != floor(priority->valuedouble))
			return err_set(err, ERR_INVALID,
			    "priority must be a whole number from 0 to %d",
			    INT32_MAX);
		c->priority = (int64_t)priority->valuedouble;
	}
	if (labels == NULL || cJSON_IsNull(labels)) {
		c->labels = xstrdup("{}");
		return 0;
	}
	if (!cJSON_IsObject(labels) ||
	    cJSON_GetArraySize(labels) > HUB_CONFIGURATION_LABELS_MAX)
		return err_set(err, ERR_INVALID,
		    "labels must be an object of up to %d texts",
		    HUB_CONFIGURATION_LABELS_MAX);
	cJSON_ArrayForEach(label, labels) {
		if (!cJSON_IsString(label))
			return err_set(err, ERR_INVALID,
			    "label %.100s must be a text", label->string);
	}
	c->labels = json_print(labels);
	return 0;
}

int
hub_configuration_read(const cJSON *body, const char *id,
    struct hub_configuration *c, enum iothub_error_id *error, struct err *err)
{
	int rc = -1;

	*c = (struct hub_configuration){ .id = xstrdup(id) };
	*error = IOTHUB_ARGUMENT_INVALID;
	if (!cJSON_IsObject(body))
		err_set(err, ERR_INVALID, "the body must be a JSON object");
	else if (check_id(body, id, err) == 0 && read_rest(body, c, err) == 0)
		rc = 0;
	if (rc == 0 && (rc = read_content(body, c, err)) == -1)
		*error = IOTHUB_INVALID_CONFIGURATION_CONTENT;
	if (rc == 0 && (rc = read_condition(body, c, err)) == -1)
		*error = IOTHUB_INVALID_TARGET_CONDITION;
	if (rc == 0 && (rc = read_metrics(body, c, err)) == -1)
		*error = IOTHUB_INVALID_METRICS_QUERY;
	if (rc == -1)
		hub_configuration_fini(c);
	return rc;
}

void
hub_configuration_fini(struct hub_configuration *c)
{
	free(c->id);
	free(c->labels);
	free(c->content);
	free(c->condition);
	free(c->metrics);
	*c = (struct hub_configuration){ 0 };
}
