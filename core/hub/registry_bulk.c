#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/registry.h"
#include "core/hub/twins.h"
#include "core/hub/who.h"
#include "core/iothub/error.h"

typedef int (*item_fn)(struct hub *hub, const char *id, const cJSON *item,
    const char *if_match, struct err *err);

/* An ETag in an item comes without quotes; some send it with. */
static char *
item_etag(const cJSON *item, const char *name)
{
	const cJSON *etag = json_get_nocase(item, name);
	size_t len;

	if (!cJSON_IsString(etag))
		return NULL;
	len = strlen(etag->valuestring);
	if (len >= 2 && etag->valuestring[0] == '"' &&
	    etag->valuestring[len - 1] == '"')
		return xstrndup(etag->valuestring + 1, len - 2);
	return xstrdup(etag->valuestring);
}

static int
set_twin(struct hub *hub, const char *id, const cJSON *item,
    const char *if_match, struct err *err)
{
	struct hub_twins_write write = { .body = item,
		.if_match = if_match };

	return hub_twins_update(hub->twins, id, &write, err);
}

/* An import may bring the first twin along. */
static int
create(struct hub *hub, const char *id, const cJSON *item,
    const char *if_match, struct err *err)
{
	(void)if_match;
	if (hub_registry_put(hub->registry, id, item, NULL, err) == -1)
		return -1;
	if (set_twin(hub, id, item, NULL, err) == 0)
		return 0;
	hub_registry_delete(hub->registry, id, NULL, NULL);
	return -1;
}

static int
update(struct hub *hub, const char *id, const cJSON *item,
    const char *if_match, struct err *err)
{
	return hub_registry_put(hub->registry, id, item, if_match, err);
}

static int
delete(struct hub *hub, const char *id, const cJSON *item,
    const char *if_match, struct err *err)
{
	(void)item;
	return hub_registry_delete(hub->registry, id, if_match, err);
}

static const struct mode {
	const char *name;
	item_fn run;
	const char *etag; /* the member that has to match; NULL: any will do */
} modes[] = {
	{ "create",              create,   NULL },
	{ "update",              update,   NULL },
	{ "updateIfMatchETag",   update,   "etag" },
	{ "delete",              delete,   NULL },
	{ "deleteIfMatchETag",   delete,   "etag" },
	{ "updateTwin",          set_twin, NULL },
	{ "updateTwinIfMatchETag", set_twin, "twinETag" },
};

#define N_MODES (sizeof(modes) / sizeof(modes[0]))

static const struct mode *
find_mode(const cJSON *item)
{
	const cJSON *name = json_get_nocase(item, "importMode");
	size_t i;

	for (i = 0; i < N_MODES; i++)
		if (cJSON_IsString(name) &&
		    strcasecmp(name->valuestring, modes[i].name) == 0)
			return &modes[i];
	/* The service's own default. */
	return name == NULL || cJSON_IsNull(name) ? &modes[0] : NULL;
}

/* A device, or a module of it, as who.h names them; the caller's. */
static char *
item_who(const cJSON *item)
{
	return hub_who_new(
	    cJSON_GetStringValue(json_get_nocase(item, "id")),
	    cJSON_GetStringValue(json_get_nocase(item, "moduleId")));
}

static int
do_item(struct hub *hub, const char *who, const cJSON *item, struct err *err)
{
	const struct mode *mode = find_mode(item);
	char *etag = NULL;
	int rc;

	if (mode == NULL)
		return err_set(err, ERR_INVALID, "importMode is not known");
	if (mode->etag != NULL) {
		etag = item_etag(item, mode->etag);
		if (etag == NULL)
			return err_set(
			    err, ERR_CONFLICT, "%s is missing", mode->etag);
	}
	rc = mode->run(hub, who, item, etag != NULL ? etag : "*", err);
	free(etag);
	return rc;
}

static enum iothub_error_id
error_of(const char *who, const struct err *err)
{
	bool is_module = hub_who_kind(who) == HUB_MODULE;

	switch (err->code) {
	case ERR_NOT_FOUND:
		return is_module && strcmp(err->text, who) == 0
		    ? IOTHUB_MODULE_NOT_FOUND
		    : IOTHUB_DEVICE_NOT_FOUND;
	case ERR_EXISTS:
		return is_module ? IOTHUB_MODULE_ALREADY_EXISTS
				 : IOTHUB_DEVICE_ALREADY_EXISTS;
	case ERR_CONFLICT:
		return IOTHUB_ETAG_DOES_NOT_MATCH;
	case ERR_REFUSED:
		return is_module ? IOTHUB_TOO_MANY_MODULES
				 : IOTHUB_TOO_MANY_DEVICES;
	case ERR_IO:
		return IOTHUB_SERVER_ERROR;
	default:
		return IOTHUB_ARGUMENT_INVALID;
	}
}

static void
put_error(struct strbuf *out, const char *who, const struct err *err)
{
	char *device_id = hub_who_device(who);

	if (out->len > 0)
		strbuf_putc(out, ',');
	strbuf_puts(out, "{\"deviceId\":");
	json_put_string(out, device_id);
	strbuf_printf(out, ",\"errorCode\":\"%s\",\"errorStatus\":",
	    iothub_error_get(error_of(who, err))->name);
	json_put_string(out, err->text);
	strbuf_puts(out, ",\"moduleId\":");
	json_put_string(out, hub_who_module(who));
	strbuf_puts(out, ",\"operation\":null}");
	free(device_id);
}

/* That nobody could act on: seen has who came before it, and owns them. */
static int
check_item(const cJSON *item, struct map *seen, struct err *err)
{
	const char *id = cJSON_GetStringValue(json_get_nocase(item, "id"));
	const cJSON *module = json_get_nocase(item, "moduleId");
	char *who, *same;

	if (id == NULL)
		return err_set(
		    err, ERR_INVALID, "an item has no id of type string");
	/* It would be taken for a module's name. */
	if (hub_who_kind(id) == HUB_MODULE)
		return err_set(err, ERR_INVALID, "an id may not have a slash");
	if (module != NULL && !cJSON_IsNull(module) && !cJSON_IsString(module))
		return err_set(err, ERR_INVALID, "moduleId must be a string");
	who = item_who(item);
	same = map_set(seen, who, who);
	if (same == NULL)
		return 0;
	free(same);
	return err_set(err, ERR_EXISTS,
	    "device %s stands more than once in the request", id);
}

/* What is wrong with the request as a whole. */
static int
check_items(const cJSON *items, struct err *err)
{
	struct map *seen;
	const cJSON *item;
	size_t cursor = 0;
	char *who;
	int n = cJSON_GetArraySize(items), rc = 0;

	if (!cJSON_IsArray(items) || n == 0)
		return err_set(err, ERR_INVALID,
		    "the body must be an array of 1 to %d devices",
		    HUB_BULK_MAX);
	if (n > HUB_BULK_MAX)
		return err_set(err, ERR_LIMIT,
		    "%d devices at once, %d are allowed", n, HUB_BULK_MAX);
	seen = map_new();
	cJSON_ArrayForEach(item, items) {
		if ((rc = check_item(item, seen, err)) == -1)
			break;
	}
	while ((who = map_next(seen, &cursor)) != NULL)
		free(who);
	map_free(seen);
	return rc;
}

int
hub_registry_bulk(struct hub_registry *registry, const cJSON *items,
    struct strbuf *out, struct err *err)
{
	struct hub *hub = hub_registry_hub(registry);
	struct strbuf errors = { 0 };
	struct err why;
	const cJSON *item;
	char *who;
	bool ok;

	if (check_items(items, err) == -1)
		return -1;
	cJSON_ArrayForEach(item, items) {
		err_clear(&why);
		who = item_who(item);
		if (do_item(hub, who, item, &why) == -1)
			put_error(&errors, who, &why);
		free(who);
	}
	ok = errors.len == 0;
	strbuf_printf(out,
	    "{\"isSuccessful\":%s,\"errors\":[%s],\"warnings\":[]}",
	    ok ? "true" : "false", strbuf_str(&errors));
	strbuf_fini(&errors);
	return ok;
}
