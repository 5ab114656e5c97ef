#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <openssl/rand.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/registry.h"
#include "core/hub/registry_body.h"
#include "core/hub/registry_scope.h"
#include "core/hub/transfer.h"
#include "core/hub/transfer_jobs.h"
#include "core/hub/who.h"
#include "core/iothub/twin.h"
#include "core/iothub/twin_text.h"
#include "core/store/store.h"

enum statement { INSERT, UPDATE, FIND, SET_TWIN, STATEMENTS };

/* One that is there keeps its row, and with it its session. */
#define STATEMENTS_ON(TABLE, TWIN, OWNED, OWNED_VALUES, SET_OWNED)             \
	[INSERT] = "INSERT INTO " TABLE " (device_id, etag, enabled, "         \
		   "status_reason, auth_type, primary_key, secondary_key, "    \
		   "primary_thumbprint, secondary_thumbprint, iot_edge, "      \
		   "generation_id, status_updated, last_activity, model_id, "  \
		   "connection_updated" OWNED ") VALUES (?1, ?2, ?3, ?4, ?5, " \
		   "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "                 \
		   "'" HUB_NEVER "'" OWNED_VALUES ")",                         \
	[UPDATE] = "UPDATE " TABLE " SET etag = ?2, enabled = ?3, "            \
		   "status_reason = ?4, auth_type = ?5, primary_key = ?6, "    \
		   "secondary_key = ?7, primary_thumbprint = ?8, "             \
		   "secondary_thumbprint = ?9, iot_edge = ?10, "               \
		   "generation_id = ?11, status_updated = ?12, "               \
		   "last_activity = ?13, model_id = ?14, scope = NULL, "       \
		   "parent_scopes = NULL" SET_OWNED                            \
		   " WHERE device_id = ?1",                                    \
	[FIND] = "SELECT id FROM " TABLE " WHERE device_id = ?1",              \
	[SET_TWIN] = "INSERT OR REPLACE INTO " TWIN " (id, etag, version, "    \
		     "tags, desired, desired_metadata, desired_version, "      \
		     "reported, reported_metadata, reported_version) "         \
		     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"

static const char *const statements[HUB_KINDS][STATEMENTS] = {
	[HUB_DEVICE] = { STATEMENTS_ON("device", "twin", "", "", "") },
	[HUB_MODULE] = { STATEMENTS_ON("module", "module_twin",
	    ", owner, managed_by", ", ?15, ?16", ", managed_by = ?16") },
};

struct import {
	struct store *store;
	struct store_stmt *all[HUB_KINDS][STATEMENTS];
	struct store_stmt **stmts; /* those of the line's kind */
	struct hub_transfer_jobs *jobs;
	char stamp[CLOCK_STAMP_SIZE];
	char generation[32]; /* of who brings none */
	struct strbuf no_metadata; /* of a section that was always empty */
	/* What SET_TWIN is given: the same room for each line. */
	struct strbuf sections[TWIN_SECTIONS];
	struct strbuf metadata[TWIN_SECTIONS];
	int64_t etag;      /* of the last identity that brought none */
	int64_t owner;     /* of a module on the line: the row of its device */
	int64_t n_open;    /* lines in the open transaction */
};

/* The text of a member, or def when there is none; NULL is also none. */
static int
text_of(const cJSON *json, const char *name, const char *def, size_t max,
    const char **text, struct err *err)
{
	const cJSON *item = json_get_nocase(json, name);

	*text = def;
	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsString(item) || strlen(item->valuestring) > max)
		return err_set(err, ERR_INVALID,
		    "%s must be a string of %zu bytes at most", name, max);
	*text = item->valuestring;
	return 0;
}

static int
stamp_of(
    const cJSON *json, const char *name, const char **stamp, struct err *err)
{
	int64_t utc_us;

	if (text_of(json, name, HUB_NEVER, CLOCK_STAMP_SIZE, stamp, err) == -1)
		return -1;
	if (strcmp(*stamp, HUB_NEVER) != 0 &&
	    clock_parse_iso(*stamp, &utc_us) == -1)
		return err_set(err, ERR_INVALID, "%s is no time", name);
	return 0;
}

/* A count from 1 on; *n stays when there is none. */
static int
count_of(const cJSON *json, const char *name, int64_t *n, struct err *err)
{
	const cJSON *item = json_get_nocase(json, name);

	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsNumber(item) ||
	    item->valuedouble != floor(item->valuedouble) ||
	    item->valuedouble < 1 || item->valuedouble > TWIN_INTEGER_MAX)
		return err_set(
		    err, ERR_INVALID, "%s must be a whole number from 1", name);
	*n = (int64_t)item->valuedouble;
	return 0;
}

/* The number in an identity's ETag; one of its own when there is none. */
static int
identity_etag(
    struct import *import, const cJSON *json, int64_t *etag, struct err *err)
{
	const char *text;
	char number[32];
	ssize_t len;

	if (text_of(json, "eTag", NULL, 64, &text, err) == -1)
		return -1;
	if (text == NULL) {
		*etag = ++import->etag;
		return 0;
	}
	len = str_base64_decode(text, strlen(text), number, sizeof(number) - 1);
	if (len > 0)
		number[len] = '\0';
	if (len <= 0 || str_to_int64(number, 0, INT64_MAX, etag) == -1)
		return err_set(err, ERR_INVALID, "eTag is none of a hub");
	return 0;
}

/* The number in a twin's ETag: eight bytes. */
static int
twin_etag(const cJSON *json, int64_t *etag, struct err *err)
{
	unsigned char bytes[8];
	const char *text;
	size_t i;

	*etag = TWIN_FIRST_ETAG;
	if (text_of(json, "twinETag", NULL, 64, &text, err) == -1)
		return -1;
	if (text == NULL)
		return 0;
	if (str_base64_decode(text, strlen(text), bytes, sizeof(bytes)) !=
		(ssize_t)sizeof(bytes) ||
	    bytes[0] > 0x7f)
		return err_set(err, ERR_INVALID, "twinETag is none of a twin");
	for (i = 0, *etag = 0; i < sizeof(bytes); i++)
		*etag = *etag << 8 | bytes[i];
	return 0;
}

/* As it is: it stays where it is until the statement has run. */
static void
bind_text(struct store_stmt *s, int i, const char *text)
{
	if (text == NULL)
		store_bind_null(s, i);
	else
		store_bind_text_static(s, i, text, strlen(text));
}

static void
bind_buffer(struct store_stmt *s, int i, const struct strbuf *text)
{
	store_bind_text_static(s, i, text->data, text->len);
}

static void
bind_device(struct store_stmt *s, const char *id,
    const struct hub_registry_body *body, int64_t etag)
{
	bind_text(s, 1, id);
	store_bind_int(s, 2, etag);
	store_bind_int(s, 3, body->enabled);
	bind_text(s, 4, body->status_reason);
	bind_text(s, 5, body->auth_type);
	bind_text(s, 6, body->keys[0]);
	bind_text(s, 7, body->keys[1]);
	bind_text(s, 8, body->thumbprints[0]);
	bind_text(s, 9, body->thumbprints[1]);
	store_bind_int(s, 10, body->is_edge);
}

static int
bind_rest(const struct import *import, struct store_stmt *s, const cJSON *json,
    struct err *err)
{
	const char *generation, *updated, *activity, *model_id;

	if (text_of(json, "generationId", import->generation, 64, &generation,
		err) == -1 ||
	    stamp_of(json, "statusUpdateTime", &updated, err) == -1 ||
	    stamp_of(json, "lastActivityTime", &activity, err) == -1 ||
	    text_of(json, "modelId", "", 1024, &model_id, err) == -1)
		return -1;
	bind_text(s, 11, generation);
	bind_text(s, 12, updated);
	bind_text(s, 13, activity);
	bind_text(s, 14, model_id);
	return 0;
}

static int
put_row(struct import *import, enum statement which, const char *id,
    const cJSON *json, const struct hub_registry_body *body, int64_t etag,
    struct err *err)
{
	struct store_stmt *s = import->stmts[which];

	bind_device(s, id, body, etag);
	if (bind_rest(import, s, json, err) == -1)
		return -1;
	if (hub_who_kind(id) == HUB_MODULE) {
		store_bind_int(s, 15, import->owner);
		bind_text(s, 16, body->managed_by);
	}
	return store_run(s, err);
}

static int
find_row(struct import *import, const char *id, int64_t *row, struct err *err)
{
	struct store_stmt *s = import->stmts[FIND];
	int rc;

	bind_text(s, 1, id);
	if ((rc = store_step(s, err)) != 1)
		return rc == 0 ? err_set(err, ERR_NOT_FOUND, "%s", id) : -1;
	*row = store_column_int(s, 0);
	store_reset(s);
	return 0;
}

/* Its row, made or taken over. */
static int
put_device(struct import *import, const char *id, const cJSON *json,
    int64_t *row, struct err *err)
{
	struct hub_registry_body body;
	struct err why = { 0 };
	int64_t etag;
	int rc = -1;

	if (hub_registry_body_read(json, &body, err) == -1)
		return -1;
	if (identity_etag(import, json, &etag, err) == -1)
		goto out;
	rc = put_row(import, INSERT, id, json, &body, etag, &why);
	if (rc == 0) {
		*row = store_last_id(import->store);
	} else if (why.code == ERR_EXISTS) {
		rc = put_row(import, UPDATE, id, json, &body, etag, err);
		if (rc == 0)
			rc = find_row(import, id, row, err);
	} else {
		err_copy(err, &why);
	}
	if (rc == 0 && hub_who_kind(id) == HUB_DEVICE)
		rc = hub_registry_scope_write(import->store, id, &body, err);
out:
	hub_registry_body_fini(&body);
	return rc;
}

static void
bind_json(
    struct store_stmt *s, int i, struct strbuf *room, const cJSON *json)
{
	strbuf_reset(room);
	json_put(room, json);
	bind_buffer(s, i, room);
}

/* Checks a section, and takes $metadata and $version out of it: *metadata is
 * the caller's, NULL when there was none. */
static int
read_section(enum twin_section which, cJSON *section, cJSON **metadata,
    int64_t *version, struct err *err)
{
	if (!cJSON_IsObject(section))
		return err_set(err, ERR_INVALID, "%s: must be a JSON object",
		    twin_section_name(which));
	*version = TWIN_FIRST_SECTION_VERSION;
	if (count_of(section, "$version", version, err) == -1)
		return -1;
	*metadata =
	    cJSON_DetachItemFromObjectCaseSensitive(section, "$metadata");
	twin_strip(section);
	if (twin_check(which, section, err) == -1)
		return -1;
	if (*metadata != NULL && !cJSON_IsObject(*metadata))
		return err_set(err, ERR_INVALID,
		    "%s.$metadata must be a JSON "
		    "object",
		    twin_section_name(which));
	return 0;
}

/* The caller's; NULL when it is missing or null. */
static cJSON *
take_member(cJSON *object, const char *name)
{
	cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(object, name);

	if (!cJSON_IsNull(item))
		return item;
	cJSON_Delete(item);
	return NULL;
}

static bool
has_nulls(const cJSON *json)
{
	const cJSON *child;

	cJSON_ArrayForEach(child, json)
		if (cJSON_IsNull(child) || has_nulls(child))
			return true;
	return false;
}

/* Nulls in a section mean that there is nothing; it is taken. */
static cJSON *
without_nulls(cJSON *section)
{
	cJSON *clean;

	if (!has_nulls(section))
		return section;
	clean = cJSON_CreateObject();
	json_merge(clean, section);
	cJSON_Delete(section);
	return clean;
}

static void
bind_nothing(const struct import *import, int i)
{
	struct store_stmt *s = import->stmts[SET_TWIN];

	bind_text(s, i, "{}");
	bind_buffer(s, i + 1, &import->no_metadata);
	store_bind_int(s, i + 2, TWIN_FIRST_SECTION_VERSION);
}

/* A section's $metadata: what the line brought, or made as of now. */
static void
bind_metadata(struct import *import, enum twin_section which,
    const cJSON *section, const cJSON *metadata, int64_t version, int i)
{
	struct store_stmt *s = import->stmts[SET_TWIN];
	struct strbuf *room = &import->metadata[which];

	if (metadata != NULL) {
		bind_json(s, i, room, metadata);
		return;
	}
	strbuf_reset(room);
	twin_text_metadata_new(room, section, import->stamp,
	    which == TWIN_DESIRED ? version : -1);
	bind_buffer(s, i, room);
}

/* Binds three parameters from i on. */
static int
bind_section(struct import *import, enum twin_section which, cJSON *properties,
    int i, struct err *err)
{
	struct store_stmt *s = import->stmts[SET_TWIN];
	cJSON *section = take_member(
	    properties, which == TWIN_DESIRED ? "desired" : "reported");
	cJSON *metadata = NULL;
	int64_t version;
	int rc = -1;

	if (section == NULL) {
		bind_nothing(import, i);
		return 0;
	}
	if (read_section(which, section, &metadata, &version, err) == -1)
		goto out;
	section = without_nulls(section);
	bind_json(s, i, &import->sections[which], section);
	bind_metadata(import, which, section, metadata, version, i + 1);
	store_bind_int(s, i + 2, version);
	rc = 0;
out:
	cJSON_Delete(metadata);
	cJSON_Delete(section);
	return rc;
}

static int
bind_tags(struct import *import, cJSON *json, struct err *err)
{
	struct store_stmt *s = import->stmts[SET_TWIN];
	cJSON *tags = take_member(json, "tags");
	int rc = 0;

	if (tags == NULL) {
		bind_text(s, 4, "{}");
	} else if ((rc = twin_check(TWIN_TAGS, tags, err)) == 0) {
		tags = without_nulls(tags);
		bind_json(s, 4, &import->sections[TWIN_TAGS], tags);
	}
	cJSON_Delete(tags);
	return rc;
}

static int
put_twin(struct import *import, int64_t row, cJSON *json, struct err *err)
{
	struct store_stmt *s = import->stmts[SET_TWIN];
	cJSON *properties = take_member(json, "properties");
	int64_t etag, version = TWIN_FIRST_VERSION;
	int rc = -1;

	if (properties != NULL && !cJSON_IsObject(properties)) {
		err_set(err, ERR_INVALID, "properties must be a JSON object");
		goto out;
	}
	if (twin_etag(json, &etag, err) == -1 ||
	    count_of(json, "version", &version, err) == -1 ||
	    bind_tags(import, json, err) == -1 ||
	    bind_section(import, TWIN_DESIRED, properties, 5, err) == -1 ||
	    bind_section(import, TWIN_REPORTED, properties, 8, err) == -1)
		goto out;
	store_bind_int(s, 1, row);
	store_bind_int(s, 2, etag);
	store_bind_int(s, 3, version);
	rc = store_run(s, err);
out:
	cJSON_Delete(properties);
	return rc;
}

/* The id, or "device/module", of a line; the caller's. */
static char *
read_who(const cJSON *json, struct err *err)
{
	const char *module_id;
	const char *id = cJSON_GetStringValue(json_get_nocase(json, "id"));
	char *who;

	if (id == NULL) /* as GET /devices answers it */
		id = cJSON_GetStringValue(json_get_nocase(json, "deviceId"));
	if (id == NULL) {
		err_set(err, ERR_INVALID, "id is missing or not a string");
		return NULL;
	}
	if (text_of(json, "moduleId", NULL, 128, &module_id, err) == -1)
		return NULL;
	who = hub_who_new(id, module_id);
	if (strchr(id, '/') == NULL && hub_who_check(who, err) == 0)
		return who;
	if (strchr(id, '/') != NULL)
		err_set(err, ERR_INVALID, "id must have no slash");
	free(who);
	return NULL;
}

/* Where its rows go; a module's device must be there. */
static int
choose_tables(struct import *import, const char *who, struct err *err)
{
	char *device_id;
	int rc;

	import->stmts = import->all[HUB_DEVICE];
	if (hub_who_kind(who) == HUB_DEVICE)
		return 0;
	device_id = hub_who_device(who);
	rc = find_row(import, device_id, &import->owner, err);
	if (rc == -1 && err->code == ERR_NOT_FOUND)
		err_set(err, ERR_NOT_FOUND,
		    "the device of the module %s is not there", who);
	free(device_id);
	import->stmts = import->all[HUB_MODULE];
	return rc;
}

static int
put_identity(struct import *import, cJSON *json, struct err *err)
{
	char *who = read_who(json, err);
	int64_t row = 0;
	int rc = -1;

	if (who != NULL && choose_tables(import, who, err) == 0 &&
	    put_device(import, who, json, &row, err) == 0)
		rc = put_twin(import, row, json, err);
	free(who);
	return rc;
}

static int
put_line(struct import *import, const char *text, size_t len, struct err *err)
{
	cJSON *json = json_parse(text, len, err);
	int rc;

	if (json == NULL)
		return -1;
	rc = json_get(json, "jobId") != NULL
	    ? hub_transfer_jobs_read(import->jobs, text, len, json, err)
	    : put_identity(import, json, err);
	cJSON_Delete(json);
	return rc;
}

static int
commit(struct import *import, int64_t *n, struct err *err)
{
	if (store_commit(import->store, err) == -1)
		return -1;
	*n += import->n_open;
	import->n_open = 0;
	return 0;
}

/* Without its end; 1, 0 at the end of the file, or -1 with err set. */
static int
read_line(FILE *in, char *line, size_t *len, struct err *err)
{
	if (fgets(line, (int)HUB_TRANSFER_LINE_MAX + 2, in) == NULL)
		return ferror(in) ? err_set(err, ERR_IO, "cannot be read: %s",
					strerror(errno))
				  : 0;
	*len = strlen(line);
	if (*len > 0 && line[*len - 1] == '\n')
		--*len;
	else if (!feof(in))
		return err_set(err, ERR_LIMIT,
		    "longer than %zu bytes, or with a NUL inside",
		    HUB_TRANSFER_LINE_MAX);
	return 1;
}

/* Editors on Windows put one before the first line. */
static void
skip_byte_order_mark(char *line, size_t *len)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (str_starts_with(line, mark)) {
		*len -= strlen(mark);
		memmove(line, line + strlen(mark), *len + 1);
	}
}

static int
import_lines(struct import *import, FILE *in, int64_t *n, struct err *err)
{
	char *line = xmalloc(HUB_TRANSFER_LINE_MAX + 2);
	int64_t number = 1;
	size_t len = 0;
	int rc;

	for (; (rc = read_line(in, line, &len, err)) == 1; number++) {
		if (number == 1)
			skip_byte_order_mark(line, &len);
		if (strspn(line, " \t\r\n") >= len)
			continue; /* an empty line */
		if (import->n_open == 0 &&
		    (rc = store_begin(import->store, err)) == -1)
			break;
		if ((rc = put_line(import, line, len, err)) == -1)
			break;
		if (++import->n_open == HUB_TRANSFER_BATCH &&
		    (rc = commit(import, n, err)) == -1)
			break;
	}
	if (rc == -1)
		err_prefix(err, "line %" PRId64, number);
	else if (import->n_open > 0)
		rc = commit(import, n, err);
	if (rc == -1)
		store_rollback(import->store);
	xfree_secret(line);
	return rc;
}

/* What all the lines share, made once. */
static void
set_up(struct import *import)
{
	cJSON *nothing = cJSON_CreateObject();
	int64_t now_us = clock_utc_us();
	uint32_t random;

	clock_format_iso(import->stamp, now_us);
	twin_text_metadata_new(
	    &import->no_metadata, nothing, import->stamp, -1);
	cJSON_Delete(nothing);
	/* As the registry makes them: 100 ns since the year 1. */
	snprintf(import->generation, sizeof(import->generation), "%" PRId64,
	    INT64_C(621355968000000000) + now_us * 10);
	RAND_bytes((unsigned char *)&random, sizeof(random));
	import->etag = INT64_C(10000000) + random % 90000000;
}

static void
tear_down(struct import *import)
{
	int i;

	for (i = 0; i < HUB_KINDS * STATEMENTS; i++)
		store_stmt_free(import->all[i / STATEMENTS][i % STATEMENTS]);
	hub_transfer_jobs_free(import->jobs);
	strbuf_fini(&import->no_metadata);
	for (i = 0; i < TWIN_SECTIONS; i++) {
		strbuf_fini(&import->sections[i]);
		strbuf_fini(&import->metadata[i]);
	}
}

static int
prepare(struct import *import, struct err *err)
{
	struct store_stmt **s;
	int kind, i;

	for (kind = 0; kind < HUB_KINDS; kind++)
		for (i = 0; i < STATEMENTS; i++) {
			s = &import->all[kind][i];
			*s = store_prepare(
			    import->store, statements[kind][i], err);
			if (*s == NULL)
				return -1;
		}
	import->jobs = hub_transfer_jobs_new(import->store, err);
	return import->jobs != NULL ? 0 : -1;
}

int
hub_import(struct store *store, FILE *in, int64_t *n, struct err *err)
{
	struct import import = { .store = store };
	int rc = -1;

	*n = 0;
	set_up(&import);
	if (prepare(&import, err) == 0)
		rc = import_lines(&import, in, n, err);
	tear_down(&import);
	return rc;
}
