#include "config.h"

#include "core/hub/twins.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/configurations.h"
#include "core/hub/hub.h"
#include "core/hub/liveness.h"
#include "core/hub/messages.h"
#include "core/hub/registry.h"
#include "core/hub/registry_row.h"
#include "core/hub/sessions.h"
#include "core/hub/who.h"
#include "core/iothub/twin.h"
#include "core/iothub/twin_text.h"
#include "core/store/store.h"

enum statement {
	FORMAT,
	VIEW,
	GET,
	GET_REPORTED,
	SET_SERVICE,
	SET_REPORTED,
	SET_MODEL_ID,
	STATEMENTS
};

#define STATEMENTS_ON(DEVICE, TWIN)                                        \
	{                                                                  \
		[FORMAT] = "SELECT " HUB_TWINS_COLUMNS " FROM " DEVICE     \
			   " AS device JOIN " TWIN " AS twin "             \
			   "ON twin.id = device.id WHERE device_id = ?1",  \
		[VIEW] = "SELECT desired, desired_version, reported, "     \
			 "reported_version FROM " DEVICE                   \
			 " AS device JOIN " TWIN " AS twin "               \
			 "ON twin.id = device.id WHERE device_id = ?1",    \
		[GET] = "SELECT twin.id, twin.etag, tags, desired, "       \
			"desired_metadata, desired_version FROM " DEVICE   \
			" AS device JOIN " TWIN " AS twin "                \
			"ON twin.id = device.id WHERE device_id = ?1",     \
		[GET_REPORTED] = "SELECT twin.id, reported, "              \
				 "reported_metadata, reported_version "    \
				 "FROM " DEVICE " AS device JOIN " TWIN    \
				 " AS twin ON twin.id = device.id "        \
				 "WHERE device_id = ?1",                   \
		[SET_SERVICE] = "UPDATE " TWIN " SET etag = etag + 1, "    \
				"version = version + 1, tags = ?2, "       \
				"desired = ?3, desired_metadata = ?4, "    \
				"desired_version = ?5 WHERE id = ?1",      \
		[SET_REPORTED] = "UPDATE " TWIN                            \
				 " SET version = version + 1, "            \
				 "reported = ?2, reported_metadata = ?3, " \
				 "reported_version = ?4 WHERE id = ?1",    \
		[SET_MODEL_ID] = "UPDATE " DEVICE " SET model_id = ?2 "    \
				 "WHERE device_id = ?1 "                   \
				 "AND model_id <> ?2",                     \
	}

static const char *const statements[HUB_KINDS][STATEMENTS] = {
	[HUB_DEVICE] = STATEMENTS_ON("device", "twin"),
	[HUB_MODULE] = STATEMENTS_ON("module", "module_twin"),
};

struct hub_twins {
	struct hub *hub;
	struct store_stmt *stmts[HUB_KINDS][STATEMENTS];
	struct strbuf reported; /* what is being written: used again and */
	struct strbuf metadata; /* again, a report needs no room of its own */
};

/* A section in memory while it is being changed. */
struct section {
	enum twin_section which;
	cJSON *json;
	cJSON *metadata; /* NULL: tags */
	int64_t version;
	bool is_changed;
};

struct twin {
	enum hub_kind kind;
	int64_t id;
	int64_t etag;
	struct section sections[TWIN_SECTIONS];
};

struct hub_twins *
hub_twins_new(struct hub *hub, struct err *err)
{
	struct hub_twins *twins = xcalloc(1, sizeof(*twins));
	struct store_stmt *stmt;
	const char *sql;
	int i;

	twins->hub = hub;
	for (i = 0; i < HUB_KINDS * STATEMENTS; i++) {
		sql = statements[i / STATEMENTS][i % STATEMENTS];
		stmt = store_prepare(hub->store, sql, err);
		if (stmt == NULL) {
			hub_twins_free(twins);
			return NULL;
		}
		twins->stmts[i / STATEMENTS][i % STATEMENTS] = stmt;
	}
	return twins;
}

void
hub_twins_free(struct hub_twins *twins)
{
	int i;

	if (twins == NULL)
		return;
	for (i = 0; i < HUB_KINDS * STATEMENTS; i++)
		store_stmt_free(twins->stmts[i / STATEMENTS][i % STATEMENTS]);
	strbuf_fini(&twins->reported);
	strbuf_fini(&twins->metadata);
	free(twins);
}

static void
twin_fini(struct twin *twin)
{
	size_t i;

	for (i = 0; i < TWIN_SECTIONS; i++) {
		cJSON_Delete(twin->sections[i].json);
		cJSON_Delete(twin->sections[i].metadata);
	}
}

static cJSON *
column_json(struct store_stmt *s, int i)
{
	cJSON *json = cJSON_ParseWithLength(
	    store_column_text(s, i), store_column_len(s, i));

	/* We wrote it ourselves: only a damaged file reads otherwise. */
	return json != NULL ? json : cJSON_CreateObject();
}

/* Steps to the one row there is; *row is to be reset. */
static int
find(struct hub_twins *twins, enum statement which, const char *device_id,
    struct store_stmt **row, struct err *err)
{
	struct store_stmt *s = twins->stmts[hub_who_kind(device_id)][which];
	int rc;

	*row = s;

	store_bind_text(s, 1, device_id);
	if ((rc = store_step(s, err)) == 1)
		return 0;
	return rc == 0 ? err_set(err, ERR_NOT_FOUND, "%s", device_id) : -1;
}

/* Reads the service's side of a twin. */
static int
twin_read(struct hub_twins *twins, const char *device_id, struct twin *twin,
    struct err *err)
{
	struct section *section = twin->sections;
	struct store_stmt *s;
	size_t i;

	*twin = (struct twin){ 0 };
	if (find(twins, GET, device_id, &s, err) == -1)
		return -1;
	twin->kind = hub_who_kind(device_id);
	for (i = 0; i < TWIN_SECTIONS; i++)
		section[i].which = (enum twin_section)i;
	twin->id = store_column_int(s, 0);
	twin->etag = store_column_int(s, 1);
	section[TWIN_TAGS].json = column_json(s, 2);
	section[TWIN_DESIRED].json = column_json(s, 3);
	section[TWIN_DESIRED].metadata = column_json(s, 4);
	section[TWIN_DESIRED].version = store_column_int(s, 5);
	store_reset(s);
	return 0;
}

static void
bind_json(struct store_stmt *s, int i, const cJSON *json)
{
	char *text = json_print(json);

	store_bind_text(s, i, text);
	cJSON_free(text);
}

static int
run(struct hub_twins *twins, struct store_stmt *s, struct err *err)
{
	hub_commit_begin(twins->hub->commit);
	if (store_run(s, err) == 0)
		return 0;
	hub_commit_fail(twins->hub->commit);
	return -1;
}

/* An empty patch changes nothing, not even a version. */
static int
merge(struct section *section, const cJSON *patch, struct err *err)
{
	char stamp[CLOCK_STAMP_SIZE];

	if (twin_merge(section->which, section->json, patch, err) == -1)
		return -1;
	if (patch->child == NULL)
		return 0;
	section->is_changed = true;
	section->version++;
	if (section->metadata == NULL)
		return 0;
	clock_format_iso(stamp, clock_utc_us());
	twin_metadata_merge(section->metadata, patch, stamp,
	    section->which == TWIN_DESIRED ? section->version : -1);
	return 0;
}

/* Over trees: sections that are large, or not as we write them. */
static int
merge_trees(struct hub_twins *twins, struct store_stmt *row,
    const cJSON *patch, struct err *err)
{
	struct section reported = {
		.which = TWIN_REPORTED,
		.json = column_json(row, 1),
		.metadata = column_json(row, 2),
	};
	int rc = merge(&reported, patch, err);

	strbuf_reset(&twins->reported);
	strbuf_reset(&twins->metadata);
	json_put(&twins->reported, reported.json);
	json_put(&twins->metadata, reported.metadata);
	cJSON_Delete(reported.json);
	cJSON_Delete(reported.metadata);
	return rc;
}

/* Into twins->reported and twins->metadata. */
static int
merge_reported(struct hub_twins *twins, struct store_stmt *row,
    const cJSON *patch, struct err *err)
{
	char stamp[CLOCK_STAMP_SIZE];

	if (twin_check(TWIN_REPORTED, patch, err) == -1)
		return -1;
	strbuf_reset(&twins->reported);
	strbuf_reset(&twins->metadata);
	clock_format_iso(stamp, clock_utc_us());
	if (twin_text_merge(&twins->reported, TWIN_REPORTED,
		store_column_text(row, 1), store_column_len(row, 1), patch) &&
	    twin_text_metadata_merge(&twins->metadata,
		store_column_text(row, 2), store_column_len(row, 2), patch,
		stamp, -1))
		return 0;
	return merge_trees(twins, row, patch, err);
}

int
hub_twins_report(struct hub_twins *twins, const char *device_id,
    const cJSON *patch, int64_t *version, struct err *err)
{
	struct store_stmt *s =
	    twins->stmts[hub_who_kind(device_id)][SET_REPORTED];
	struct store_stmt *row;
	int rc;

	if (find(twins, GET_REPORTED, device_id, &row, err) == -1)
		return -1;
	rc = merge_reported(twins, row, patch, err);
	*version = store_column_int(row, 3) + (patch->child != NULL);
	store_bind_int(s, 1, store_column_int(row, 0));
	store_reset(row);
	if (rc == -1 || patch->child == NULL)
		return rc;
	store_bind_text_static(
	    s, 2, twins->reported.data, twins->reported.len);
	store_bind_text_static(
	    s, 3, twins->metadata.data, twins->metadata.len);
	store_bind_int(s, 4, *version);
	if (run(twins, s, err) == -1)
		return -1;
	hub_configurations_touch(twins->hub->configurations, device_id);
	return 0;
}

void
hub_twins_set_model_id(
    struct hub_twins *twins, const char *device_id, const char *model_id)
{
	struct store_stmt *s =
	    twins->stmts[hub_who_kind(device_id)][SET_MODEL_ID];
	struct err err = { 0 };

	store_bind_text(s, 1, device_id);
	store_bind_text(s, 2, model_id);
	if (run(twins, s, &err) == -1)
		log_error("%s: %s", device_id, err.text);
}

/* What a device is told once its desired properties are on disk. */
struct notice {
	struct hub *hub;
	char *device_id;
	char *patch;
	int64_t version;
};

static void
on_desired_committed(bool ok, void *arg)
{
	struct notice *notice = arg;

	if (ok && notice->hub->sessions != NULL)
		hub_sessions_notify_desired(notice->hub->sessions,
		    notice->device_id, notice->patch, notice->version);
	free(notice->device_id);
	free(notice->patch);
	free(notice);
}

static void
notify(struct hub_twins *twins, const char *device_id, const cJSON *patch,
    int64_t version)
{
	struct notice *notice = xcalloc(1, sizeof(*notice));

	notice->hub = twins->hub;
	notice->device_id = xstrdup(device_id);
	notice->patch = json_print(patch);
	notice->version = version;
	hub_commit_then(twins->hub->commit, on_desired_committed, notice);
}

/* Nulls in a whole new section mean that there is nothing. */
static cJSON *
without_nulls(const cJSON *section)
{
	cJSON *clean = cJSON_CreateObject();

	json_merge(clean, section);
	return clean;
}

/*
 * Makes the patch that a write comes down to, the caller's; *patch stays NULL
 * when it leaves the section alone.
 */
static int
patch_of(const struct section *section, const cJSON *given, bool replace,
    cJSON **patch, struct err *err)
{
	cJSON *copy, *clean;

	if (given == NULL && !replace)
		return 0;
	if (given != NULL && !cJSON_IsNull(given) && !cJSON_IsObject(given))
		return err_set(err, ERR_INVALID, "%s: must be a JSON object",
		    twin_section_name(section->which));
	copy = given == NULL || cJSON_IsNull(given)
	    ? cJSON_CreateObject()
	    : cJSON_Duplicate(given, true);
	twin_strip(copy);
	if (cJSON_IsObject(given) && !replace) {
		*patch = copy;
		return 0;
	}
	/* Checked first: what has too many keys is too much to compare. */
	if (twin_check(section->which, copy, err) == -1) {
		cJSON_Delete(copy);
		return -1;
	}
	clean = without_nulls(copy);
	*patch = twin_difference(section->json, clean);
	cJSON_Delete(clean);
	cJSON_Delete(copy);
	return 0;
}

static int
save_service(struct hub_twins *twins, const struct twin *twin, struct err *err)
{
	const struct section *desired = &twin->sections[TWIN_DESIRED];
	struct store_stmt *s = twins->stmts[twin->kind][SET_SERVICE];

	store_bind_int(s, 1, twin->id);
	bind_json(s, 2, twin->sections[TWIN_TAGS].json);
	bind_json(s, 3, desired->json);
	bind_json(s, 4, desired->metadata);
	store_bind_int(s, 5, desired->version);
	return run(twins, s, err);
}

static int
check_etag(const char *if_match, int64_t etag, struct err *err)
{
	char *text = hub_etag_twin(etag);
	bool ok = hub_etag_matches(if_match, text);

	free(text);
	return ok ? 0
		  : err_set(err, ERR_CONFLICT,
			"PreconditionFailed, ETag may be invalid.");
}

static int
check_write(const cJSON *body, struct err *err)
{
	const cJSON *properties = json_get_nocase(body, "properties");

	if (!cJSON_IsObject(body))
		return err_set(
		    err, ERR_INVALID, "the body must be a JSON object");
	if (properties != NULL && !cJSON_IsNull(properties) &&
	    !cJSON_IsObject(properties))
		return err_set(
		    err, ERR_INVALID, "properties must be a JSON object");
	return 0;
}

int
hub_twins_update(struct hub_twins *twins, const char *device_id,
    const struct hub_twins_write *write, struct err *err)
{
	cJSON *tags = NULL, *desired = NULL;
	struct section *section;
	struct twin twin;
	int rc = -1;

	if (check_write(write->body, err) == -1 ||
	    twin_read(twins, device_id, &twin, err) == -1)
		return -1;
	section = twin.sections;
	if (check_etag(write->if_match, twin.etag, err) == -1 ||
	    patch_of(&section[TWIN_TAGS], json_get_nocase(write->body, "tags"),
		write->replace, &tags, err) == -1 ||
	    patch_of(&section[TWIN_DESIRED],
		json_get_nocase(
		    json_get_nocase(write->body, "properties"), "desired"),
		write->replace, &desired, err) == -1)
		goto out;
	if ((tags != NULL && merge(&section[TWIN_TAGS], tags, err) == -1) ||
	    (desired != NULL &&
		merge(&section[TWIN_DESIRED], desired, err) == -1))
		goto out;
	rc = 0;
	if (section[TWIN_TAGS].is_changed || section[TWIN_DESIRED].is_changed)
		rc = save_service(twins, &twin, err);
	if (rc == 0 && section[TWIN_TAGS].is_changed)
		hub_configurations_touch(twins->hub->configurations, device_id);
	if (rc == 0 && section[TWIN_DESIRED].is_changed)
		notify(
		    twins, device_id, desired, section[TWIN_DESIRED].version);
out:
	cJSON_Delete(tags);
	cJSON_Delete(desired);
	twin_fini(&twin);
	return rc;
}

/* The members of a stored object, without its brackets, and a comma. */
static void
put_members(struct strbuf *out, struct store_stmt *s, int i)
{
	size_t len = store_column_len(s, i);

	if (len <= 2)
		return;
	strbuf_put(out, store_column_text(s, i) + 1, len - 2);
	strbuf_putc(out, ',');
}

static void
put_column(struct strbuf *out, struct store_stmt *s, int i)
{
	strbuf_put(out, store_column_text(s, i), store_column_len(s, i));
}

static void
put_section(struct strbuf *out, struct store_stmt *s, int i)
{
	put_members(out, s, i);
	strbuf_puts(out, "\"$metadata\":");
	put_column(out, s, i + 1);
	strbuf_puts(out, ",\"$version\":");
	strbuf_put_int(out, store_column_int(s, i + 2));
	strbuf_putc(out, '}');
}

char *
hub_twins_device_view(
    struct hub_twins *twins, const char *device_id, struct err *err)
{
	struct strbuf out = { 0 };
	struct store_stmt *s;

	if (find(twins, VIEW, device_id, &s, err) == -1)
		return NULL;
	strbuf_puts(&out, "{\"desired\":{");
	put_members(&out, s, 0);
	strbuf_printf(&out, "\"$version\":%" PRId64 "},\"reported\":{",
	    store_column_int(s, 1));
	put_members(&out, s, 2);
	strbuf_printf(
	    &out, "\"$version\":%" PRId64 "}}", store_column_int(s, 3));
	store_reset(s);
	return strbuf_take(&out);
}

/* The fields that every twin has, in IoT Hub's order; no printf() here: a
 * GET spends its time on this. */
static void
put_identity(struct hub_twins *twins, struct store_stmt *s, struct strbuf *out)
{
	const char *device_id = store_column_text(s, 0);
	struct hub_liveness_view live = {
		.is_connected = store_column_int(s, 5) != 0,
		.last_activity = store_column_text(s, 6),
	};
	char *etag = hub_etag_twin(store_column_int(s, 1));
	char *device_etag = hub_etag_identity(store_column_int(s, 2));

	hub_liveness_look(twins->hub->liveness, device_id, &live);
	hub_who_put_json(out, device_id);
	strbuf_puts(out, ",\"etag\":\"");
	strbuf_puts(out, etag);
	strbuf_puts(out, "\",\"deviceEtag\":\"");
	strbuf_puts(out, device_etag);
	strbuf_puts(out,
	    store_column_int(s, 3) != 0 ? "\",\"status\":\"enabled\""
					: "\",\"status\":\"disabled\"");
	if (!store_column_is_null(s, 20)) {
		strbuf_puts(out, ",\"statusReason\":");
		json_put_string(out, store_column_text(s, 20));
	}
	strbuf_puts(out, ",\"statusUpdateTime\":\"");
	put_column(out, s, 4);
	strbuf_puts(out,
	    live.is_connected
		? "\",\"connectionState\":\"Connected\""
		: "\",\"connectionState\":\"Disconnected\"");
	strbuf_puts(out, ",\"lastActivityTime\":\"");
	strbuf_puts(out, live.last_activity);
	strbuf_puts(out,
	    "\",\"cloudToDeviceMessageCount\":");
	strbuf_put_int(
	    out, hub_messages_count(twins->hub->messages, device_id));
	strbuf_puts(out, ",\"authenticationType\":\"");
	put_column(out, s, 7);
	strbuf_puts(out, "\",\"x509Thumbprint\":{\"primaryThumbprint\":");
	json_put_string(out, store_column_text(s, 8));
	strbuf_puts(out, ",\"secondaryThumbprint\":");
	json_put_string(out, store_column_text(s, 9));
	strbuf_puts(out, "},\"modelId\":");
	json_put_string(out, store_column_text(s, 10));
	free(etag);
	free(device_etag);
}

void
hub_twins_format_row(
    struct hub_twins *twins, struct store_stmt *s, struct strbuf *out)
{
	put_identity(twins, s, out);
	strbuf_puts(out, ",\"version\":");
	strbuf_put_int(out, store_column_int(s, 11));
	if (store_column_len(s, 12) > 2) {
		strbuf_puts(out, ",\"tags\":");
		put_column(out, s, 12);
	}
	strbuf_puts(out, ",\"properties\":{\"desired\":{");
	put_section(out, s, 13);
	strbuf_puts(out, ",\"reported\":{");
	put_section(out, s, 16);
	strbuf_puts(out,
	    store_column_int(s, 19) != 0
		? "},\"capabilities\":{\"iotEdge\":true}"
		: "},\"capabilities\":{\"iotEdge\":false}");
	if (store_column_len(s, 21) > 2) {
		strbuf_puts(out, ",\"configurations\":");
		put_column(out, s, 21);
	}
	hub_registry_scope_put(s, 22, out);
	strbuf_putc(out, '}');
}

int
hub_twins_format(struct hub_twins *twins, const char *device_id,
    struct strbuf *out, char **etag, struct err *err)
{
	struct store_stmt *s;

	if (find(twins, FORMAT, device_id, &s, err) == -1)
		return -1;
	if (etag != NULL)
		*etag =
		    hub_etag_twin(store_column_int(s, HUB_TWINS_COLUMN_ETAG));
	hub_twins_format_row(twins, s, out);
	store_reset(s);
	return 0;
}
