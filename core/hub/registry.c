#include "config.h"

#include "core/hub/registry.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>
#include <openssl/rand.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/configurations.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"
#include "core/hub/liveness.h"
#include "core/hub/registry_body.h"
#include "core/hub/registry_row.h"
#include "core/hub/registry_scope.h"
#include "core/hub/sessions.h"
#include "core/hub/tier.h"
#include "core/hub/who.h"
#include "core/iothub/twin.h"
#include "core/store/store.h"

#define TICKS_TO_1970 INT64_C(621355968000000000) /* of 100 ns, from year 1 */

enum statement {
	GET,
	FORMAT,
	LIST,
	CREATE,
	CREATE_TWIN,
	UPDATE,
	DELETE,
	STATISTICS,
	STATEMENTS
};

#define THUMBPRINT(WHICH) \
	"iif(auth_type = '" HUB_AUTH_SELF_SIGNED "', " WHICH ", NULL)"

/* What a module's row has and a device's has not: OWNED columns. */
#define STATEMENTS_ON(TABLE, TWIN, OWNED, OWNED_VALUES, SET_OWNED)          \
	[GET] = "SELECT id, etag, enabled, primary_key, secondary_key, "    \
		THUMBPRINT("primary_thumbprint") ", "                       \
		THUMBPRINT("secondary_thumbprint") ", iot_edge, "           \
		"auth_type = '" HUB_AUTH_AUTHORITY "'"                      \
		" FROM " TABLE " WHERE device_id = ?1",                     \
	[FORMAT] = "SELECT " HUB_REGISTRY_COLUMNS OWNED " FROM " TABLE                   \
		   " WHERE device_id = ?1",                                 \
	[CREATE] = "INSERT INTO " TABLE " (device_id, etag, enabled, "      \
		   "status_reason, auth_type, primary_key, secondary_key, " \
		   "primary_thumbprint, secondary_thumbprint, iot_edge, "   \
		   "generation_id, status_updated, connection_updated, "    \
		   "last_activity" OWNED ") "                               \
		   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, " \
		   "'" HUB_NEVER "', '" HUB_NEVER "', '" HUB_NEVER "'"      \
		   OWNED_VALUES ")",                                        \
	[CREATE_TWIN] = "INSERT INTO " TWIN " (id, etag, version, tags, "   \
			"desired, desired_metadata, desired_version, "      \
			"reported, reported_metadata, reported_version) "   \
			"VALUES (?1, ?2, ?3, '{}', '{}', ?4, ?5, '{}', "    \
			"?4, ?5)",                                          \
	[UPDATE] = "UPDATE " TABLE " SET etag = ?2, status_updated = "      \
		   "iif(enabled = ?3, status_updated, ?11), "               \
		   "enabled = ?3, status_reason = ?4, auth_type = ?5, "     \
		   "primary_key = ?6, secondary_key = ?7, "                 \
		   "primary_thumbprint = ?8, secondary_thumbprint = ?9, "   \
		   "iot_edge = ifnull(?10, iot_edge)" SET_OWNED             \
		   " WHERE device_id = ?1",                                 \
	[DELETE] = "DELETE FROM " TABLE " WHERE device_id = ?1"

static const char *const statements[HUB_KINDS][STATEMENTS] = {
	[HUB_DEVICE] = {
		STATEMENTS_ON("device", "twin", "", "", ""),
		[LIST] = "SELECT " HUB_REGISTRY_COLUMNS
			 " FROM device ORDER BY device_id LIMIT ?1",
		[STATISTICS] = ("SELECT count(*), ifnull(sum(enabled), 0), "
				"ifnull(sum(connected), 0) FROM device"),
	},
	[HUB_MODULE] = {
		STATEMENTS_ON("module", "module_twin", HUB_REGISTRY_OWNED,
		    ", ?12, ?13", ", managed_by = ?13"),
		/* Of one device. */
		[LIST] = "SELECT " HUB_REGISTRY_COLUMNS HUB_REGISTRY_OWNED " "
			 "FROM module WHERE owner = ?1 ORDER BY device_id",
		[STATISTICS] = "SELECT count(*) FROM module WHERE owner = ?1",
	},
};

struct hub_registry {
	struct hub *hub;
	struct store_stmt *stmts[HUB_KINDS][STATEMENTS];
};

char *
hub_etag_identity(int64_t etag)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%" PRId64, etag);

	return str_base64_encode(text, (size_t)n);
}

char *
hub_etag_twin(int64_t etag)
{
	unsigned char bytes[8];
	int i;

	for (i = 7; i >= 0; i--, etag >>= 8)
		bytes[i] = (unsigned char)(etag & 0xff);
	return str_base64_encode(bytes, sizeof(bytes));
}

bool
hub_etag_matches(const char *if_match, const char *etag)
{
	return if_match == NULL || strcmp(if_match, "*") == 0 ||
	    strcmp(if_match, etag) == 0;
}

struct hub_registry *
hub_registry_new(struct hub *hub, struct err *err)
{
	struct hub_registry *registry = xcalloc(1, sizeof(*registry));
	struct store_stmt *stmt;
	const char *sql;
	int i;

	registry->hub = hub;
	for (i = 0; i < HUB_KINDS * STATEMENTS; i++) {
		sql = statements[i / STATEMENTS][i % STATEMENTS];
		stmt = store_prepare(hub->store, sql, err);
		if (stmt == NULL)
			goto fail;
		registry->stmts[i / STATEMENTS][i % STATEMENTS] = stmt;
	}
	return registry;
fail:
	hub_registry_free(registry);
	return NULL;
}

void
hub_registry_free(struct hub_registry *registry)
{
	int i;

	if (registry == NULL)
		return;
	for (i = 0; i < HUB_KINDS * STATEMENTS; i++)
		store_stmt_free(registry->stmts[i / STATEMENTS][i % STATEMENTS]);
	free(registry);
}

struct hub *
hub_registry_hub(struct hub_registry *registry)
{
	return registry->hub;
}

static int
not_found(const char *device_id, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "%s", device_id);
}

static struct store_stmt *
stmt_of(const struct hub_registry *registry, const char *who,
    enum statement which)
{
	return registry->stmts[hub_who_kind(who)][which];
}

/* Finds the row; *etag gets its identity's number. */
static int
get(struct hub_registry *registry, const char *device_id,
    struct hub_device *device, int64_t *etag, struct err *err)
{
	struct store_stmt *s = stmt_of(registry, device_id, GET);
	int rc;

	*device = (struct hub_device){ 0 };
	store_bind_text(s, 1, device_id);
	if ((rc = store_step(s, err)) <= 0)
		return rc == 0 ? not_found(device_id, err) : -1;
	device->id = store_column_int(s, 0);
	if (etag != NULL)
		*etag = store_column_int(s, 1);
	device->enabled = store_column_int(s, 2) != 0;
	device->primary_key = xstrdup(store_column_text(s, 3));
	device->secondary_key = xstrdup(store_column_text(s, 4));
	device->thumbprints[0] = xstrdup(store_column_text(s, 5));
	device->thumbprints[1] = xstrdup(store_column_text(s, 6));
	device->iot_edge = store_column_int(s, 7) != 0;
	device->is_by_authority = store_column_int(s, 8) != 0;
	device->device_id = xstrdup(device_id);
	store_reset(s);
	return 0;
}

int
hub_registry_get(struct hub_registry *registry, const char *device_id,
    struct hub_device *device, struct err *err)
{
	return get(registry, device_id, device, NULL, err);
}

void
hub_device_fini(struct hub_device *device)
{
	free(device->device_id);
	xfree_secret(device->primary_key);
	xfree_secret(device->secondary_key);
	free(device->thumbprints[0]);
	free(device->thumbprints[1]);
	*device = (struct hub_device){ 0 };
}

/* A write that fails takes the whole batch with it. */
static int
run(struct hub_registry *registry, struct store_stmt *s, struct err *err)
{
	if (store_run(s, err) == 0)
		return 0;
	hub_commit_fail(registry->hub->commit);
	return -1;
}

/* Numbers that nobody can guess ahead, and that only grow. */
static int64_t
first_etag(void)
{
	uint32_t random = 0;

	RAND_bytes((unsigned char *)&random, sizeof(random));
	return INT64_C(10000000) + random % 90000000;
}

static void
bind_body(struct store_stmt *s, const char *device_id, int64_t etag,
    const struct hub_registry_body *body)
{
	store_bind_text(s, 1, device_id);
	store_bind_int(s, 2, etag);
	store_bind_int(s, 3, body->enabled);
	store_bind_text(s, 4, body->status_reason);
	store_bind_text(s, 5, body->auth_type);
	store_bind_text(s, 6, body->keys[0]);
	store_bind_text(s, 7, body->keys[1]);
	store_bind_text(s, 8, body->thumbprints[0]);
	store_bind_text(s, 9, body->thumbprints[1]);
	if (body->has_edge)
		store_bind_int(s, 10, body->is_edge);
	else
		store_bind_null(s, 10);
}

static int
create_twin(struct hub_registry *registry, const char *device_id, int64_t id,
    int64_t now_us, struct err *err)
{
	struct store_stmt *s = stmt_of(registry, device_id, CREATE_TWIN);
	char stamp[CLOCK_STAMP_SIZE], *text;
	cJSON *metadata;

	clock_format_iso(stamp, now_us);
	metadata = twin_metadata_new(stamp);
	text = json_print(metadata);
	store_bind_int(s, 1, id);
	store_bind_int(s, 2, TWIN_FIRST_ETAG);
	store_bind_int(s, 3, TWIN_FIRST_VERSION);
	store_bind_text(s, 4, text);
	store_bind_int(s, 5, TWIN_FIRST_SECTION_VERSION);
	cJSON_free(text);
	cJSON_Delete(metadata);
	return run(registry, s, err);
}

/* As many as the tier allows.  They are only counted when there may be as
 * many: rows are numbered from 1. */
static int
check_room(struct hub_registry *registry, struct err *err)
{
	int64_t max = hub_tier_identities_max(registry->hub->tier);
	struct store_stmt *s;
	int rc;

	if (max == INT64_MAX)
		return 0;
	s = store_prepare(registry->hub->store,
	    "SELECT iif(highest < ?1, 0, (SELECT count(*) FROM device)"
	    " + (SELECT count(*) FROM module)) FROM"
	    " (SELECT (SELECT ifnull(max(id), 0) FROM device)"
	    "  + (SELECT ifnull(max(id), 0) FROM module) AS highest)",
	    err);
	if (s == NULL)
		return -1;
	store_bind_int(s, 1, max);
	rc = store_step(s, err) == 1 ? 0 : -1;
	if (rc == 0 && store_column_int(s, 0) >= max)
		rc = err_set(err, ERR_REFUSED,
		    "The hub has %" PRId64 " devices and modules, which is "
		    "the limit of its tier.",
		    max);
	store_stmt_free(s);
	return rc;
}

/* The owner's row, if it may have one more module. */
static int
find_owner(struct hub_registry *registry, const char *module,
    int64_t *owner_id, struct err *err)
{
	struct store_stmt *s = registry->stmts[HUB_MODULE][STATISTICS];
	char *device_id = hub_who_device(module);
	struct hub_device owner = { 0 };
	int64_t n = 0;
	int rc;

	rc = hub_registry_get(registry, device_id, &owner, err);
	if (rc == 0) {
		*owner_id = owner.id;
		store_bind_int(s, 1, owner.id);
		rc = store_step(s, err) == 1 ? 0 : -1;
		n = rc == 0 ? store_column_int(s, 0) : 0;
		store_reset(s);
	}
	if (rc == 0 && n >= HUB_MODULES_MAX)
		rc = err_set(err, ERR_REFUSED,
		    "Device %s has %d modules, which is the limit.", device_id,
		    HUB_MODULES_MAX);
	hub_device_fini(&owner);
	free(device_id);
	return rc;
}

static int
create(struct hub_registry *registry, const char *device_id,
    struct hub_registry_body *body, struct err *err)
{
	struct store_stmt *s = stmt_of(registry, device_id, CREATE);
	int64_t now_us = clock_utc_us(), owner_id = 0;
	char generation[32];

	if (check_room(registry, err) == -1)
		return -1;
	if (hub_who_kind(device_id) == HUB_MODULE) {
		if (find_owner(registry, device_id, &owner_id, err) == -1)
			return -1;
		store_bind_int(s, 12, owner_id);
		store_bind_text(s, 13, body->managed_by);
	}
	snprintf(generation, sizeof(generation), "%" PRId64,
	    TICKS_TO_1970 + now_us * 10);
	body->has_edge = true;
	hub_commit_begin(registry->hub->commit);
	bind_body(s, device_id, first_etag(), body);
	store_bind_text(s, 11, generation);
	if (run(registry, s, err) == -1)
		return -1;
	hub_liveness_forget(registry->hub->liveness, device_id);
	hub_configurations_touch(registry->hub->configurations, device_id);
	return create_twin(registry, device_id,
	    store_last_id(registry->hub->store), now_us, err);
}

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether what it showed itself with so far is good no more. */
static bool
is_rekeyed(const struct hub_device *was, const struct hub_registry_body *body)
{
	bool self_signed = strcmp(body->auth_type, HUB_AUTH_SELF_SIGNED) == 0;
	int i;

	if (!is_same(was->primary_key, body->keys[0]) ||
	    !is_same(was->secondary_key, body->keys[1]))
		return true;
	for (i = 0; i < 2; i++)
		if (!is_same(was->thumbprints[i],
			self_signed ? body->thumbprints[i] : NULL))
			return true;
	return false;
}

/* Calls something for each module of a device, by name. */
static void
each_module(struct hub_registry *registry, int64_t device,
    void (*call)(struct hub_sessions *sessions, const char *who))
{
	struct store_stmt *s = registry->stmts[HUB_MODULE][LIST];
	struct strbuf names = { 0 };
	struct err err = { 0 };
	size_t at = 0;

	if (registry->hub->sessions == NULL)
		return;
	store_bind_int(s, 1, device);
	while (store_step(s, &err) == 1)
		strbuf_put(
		    &names, store_column_text(s, 0), store_column_len(s, 0) + 1);
	for (; at < names.len; at += strlen(names.data + at) + 1)
		call(registry->hub->sessions, names.data + at);
	strbuf_fini(&names);
}

static void
close_disabled(struct hub_sessions *sessions, const char *who)
{
	hub_sessions_close(sessions, who, "the device was disabled");
}

static int
update(struct hub_registry *registry, const struct hub_device *was,
    int64_t etag, struct hub_registry_body *body, struct err *err)
{
	struct store_stmt *s = stmt_of(registry, was->device_id, UPDATE);
	bool is_module = hub_who_kind(was->device_id) == HUB_MODULE;
	bool is_edge = body->has_edge ? body->is_edge : was->iot_edge;
	char stamp[CLOCK_STAMP_SIZE];

	if (hub_registry_scope_check(registry->hub->store, was->device_id, body,
		is_edge, err) == -1)
		return -1;
	/* A module is as enabled as its device. */
	if (!body->has_status || is_module)
		body->enabled = was->enabled;
	if (body->has_fresh_keys && was->primary_key != NULL)
		log_warn("%s: an update without keys has given it new ones",
		    was->device_id);
	clock_format_iso(stamp, clock_utc_us());
	hub_commit_begin(registry->hub->commit);
	bind_body(s, was->device_id, etag + 1, body);
	store_bind_text(s, 11, stamp);
	if (is_module)
		store_bind_text(s, 13, body->managed_by);
	if (run(registry, s, err) == -1)
		return -1;
	body->is_edge = is_edge;
	if (registry->hub->sessions == NULL)
		return 0;
	if (!body->enabled) {
		close_disabled(registry->hub->sessions, was->device_id);
		each_module(registry, was->id, close_disabled);
	} else if (is_rekeyed(was, body)) {
		hub_sessions_close(registry->hub->sessions, was->device_id,
		    "the device got new keys");
	}
	return 0;
}

/* The ETag's words are the service's own. */
static int
check_etag(const char *if_match, int64_t etag, struct err *err)
{
	char *text = hub_etag_identity(etag);
	bool ok = hub_etag_matches(if_match, text);

	free(text);
	return ok ? 0
		  : err_set(err, ERR_CONFLICT,
			"PreconditionFailed, ETag may be invalid.");
}

static int
check_id(const cJSON *body, const char *name, const char *id, struct err *err)
{
	const cJSON *item = json_get_nocase(body, name);

	if (item == NULL || cJSON_IsNull(item) ||
	    (cJSON_IsString(item) && strcmp(item->valuestring, id) == 0))
		return 0;
	return err_set(err, ERR_INVALID,
	    "%s in the body differs from the one in the path", name);
}

static int
check_body_ids(const char *who, const cJSON *body, struct err *err)
{
	const char *module = hub_who_module(who);
	char *device_id;
	int rc;

	if (!cJSON_IsObject(body))
		return err_set(
		    err, ERR_INVALID, "the body must be a JSON object");
	device_id = hub_who_device(who);
	rc = check_id(body, "deviceId", device_id, err);
	if (rc == 0 && module != NULL)
		rc = check_id(body, "moduleId", module, err);
	free(device_id);
	return rc;
}

/* In the service's own words. */
static int
exists(struct hub_registry *registry, const char *who, struct err *err)
{
	const char *module = hub_who_module(who);

	if (module == NULL)
		return err_set(err, ERR_EXISTS,
		    "A device with ID '%s' is already registered.", who);
	return err_set(err, ERR_EXISTS,
	    "Device %.*s in IotHub %s already contains Module %s.",
	    (int)strcspn(who, "/"), who,
	    hub_identity_host(registry->hub->identity), module);
}

/* In the batch that the rest of it has opened. */
static int
set_scope(struct hub_registry *registry, const char *device_id,
    const struct hub_registry_body *body, struct err *err)
{
	if (hub_who_kind(device_id) == HUB_MODULE)
		return 0;
	if (hub_registry_scope_write(
		registry->hub->store, device_id, body, err) == 0)
		return 0;
	hub_commit_fail(registry->hub->commit);
	return -1;
}

int
hub_registry_put(struct hub_registry *registry, const char *device_id,
    const cJSON *json, const char *if_match, struct err *err)
{
	struct hub_registry_body body = { 0 };
	struct hub_device was = { 0 };
	struct err why = { 0 };
	int64_t etag = 0;
	int rc = -1;

	if (hub_who_check(device_id, err) == -1 ||
	    check_body_ids(device_id, json, err) == -1)
		return -1;
	if (get(registry, device_id, &was, &etag, &why) == -1 &&
	    (why.code != ERR_NOT_FOUND || if_match != NULL))
		return err_copy(err, &why);
	if (was.device_id != NULL && if_match == NULL)
		exists(registry, device_id, err);
	else if (check_etag(if_match, etag, err) == 0 &&
	    hub_registry_body_read(json, &body, err) == 0) {
		if (was.device_id != NULL)
			rc = update(registry, &was, etag, &body, err);
		else
			rc = create(registry, device_id, &body, err);
	}
	if (rc == 0)
		rc = set_scope(registry, device_id, &body, err);
	hub_registry_body_fini(&body);
	hub_device_fini(&was);
	return rc;
}

int
hub_registry_delete(struct hub_registry *registry, const char *device_id,
    const char *if_match, struct err *err)
{
	struct hub_device was;
	struct store_stmt *s;
	int64_t etag;
	int rc = -1;

	if (get(registry, device_id, &was, &etag, err) == -1)
		return -1;
	if (check_etag(if_match, etag, err) == -1)
		goto out;
	hub_commit_begin(registry->hub->commit);
	/* First the session: it may still write that it has ended. */
	if (registry->hub->sessions != NULL)
		hub_sessions_forget(registry->hub->sessions, device_id);
	if (hub_who_kind(device_id) == HUB_DEVICE)
		each_module(registry, was.id, hub_sessions_forget);
	s = stmt_of(registry, device_id, DELETE);
	store_bind_text(s, 1, device_id);
	rc = run(registry, s, err);
out:
	hub_device_fini(&was);
	return rc;
}

int
hub_registry_format(struct hub_registry *registry, const char *device_id,
    struct strbuf *out, char **etag, struct err *err)
{
	struct store_stmt *s = stmt_of(registry, device_id, FORMAT);
	int rc;

	store_bind_text(s, 1, device_id);
	if ((rc = store_step(s, err)) <= 0)
		return rc == 0 ? not_found(device_id, err) : -1;
	if (etag != NULL)
		*etag = hub_etag_identity(store_column_int(s, 2));
	hub_registry_row_put(registry->hub, s, out);
	store_reset(s);
	return 0;
}

int
hub_registry_list_modules(struct hub_registry *registry, const char *device_id,
    struct strbuf *out, struct err *err)
{
	struct store_stmt *s = registry->stmts[HUB_MODULE][LIST];
	struct hub_device owner = { 0 };
	char before = '[';
	int rc;

	if (hub_registry_get(registry, device_id, &owner, err) == -1)
		return -1;
	store_bind_int(s, 1, owner.id);
	while ((rc = store_step(s, err)) == 1) {
		strbuf_putc(out, before);
		hub_registry_row_put(registry->hub, s, out);
		before = ',';
	}
	strbuf_puts(out, before == '[' ? "[]" : "]");
	hub_device_fini(&owner);
	return rc;
}

int
hub_registry_list(struct hub_registry *registry, int64_t top,
    struct strbuf *out, struct err *err)
{
	struct store_stmt *s = registry->stmts[HUB_DEVICE][LIST];
	char before = '[';
	int rc;

	store_bind_int(s, 1, top);
	while ((rc = store_step(s, err)) == 1) {
		strbuf_putc(out, before);
		hub_registry_row_put(registry->hub, s, out);
		before = ',';
	}
	strbuf_puts(out, before == '[' ? "[]" : "]");
	return rc;
}

int
hub_registry_statistics(struct hub_registry *registry,
    struct hub_statistics *statistics, struct err *err)
{
	struct store_stmt *s = registry->stmts[HUB_DEVICE][STATISTICS];

	hub_liveness_flush(
	    registry->hub->liveness, HUB_LIVENESS_CONNECTIONS);
	if (store_step(s, err) != 1)
		return -1;
	statistics->n_devices = store_column_int(s, 0);
	statistics->n_enabled = store_column_int(s, 1);
	statistics->n_connected = store_column_int(s, 2);
	store_reset(s);
	return 0;
}
