#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/registry.h"
#include "core/hub/registry_row.h"
#include "core/hub/transfer.h"
#include "core/hub/transfer_jobs.h"
#include "core/hub/who.h"
#include "core/store/store.h"

enum column {
	DEVICE_ID,
	GENERATION_ID,
	DEVICE_ETAG,
	ENABLED,
	STATUS_REASON,
	STATUS_UPDATED,
	LAST_ACTIVITY,
	AUTH_TYPE,
	PRIMARY_KEY,
	PRIMARY_THUMBPRINT = PRIMARY_KEY + 2,
	IOT_EDGE = PRIMARY_THUMBPRINT + 2,
	MODEL_ID,
	TWIN_VERSION,
	TWIN_ETAG,
	TAGS,
	DESIRED, /* each: properties, $metadata, $version */
	REPORTED = DESIRED + 3,
	SCOPES = REPORTED + 3,
	MANAGED_BY = SCOPES + 2
};

/* Devices come first, so that a module that is read back has its owner. */
#define ALL(TABLE, TWIN, MANAGED_BY)                                         \
	"SELECT device_id, generation_id, " TABLE ".etag, enabled, "         \
	"status_reason, status_updated, last_activity, auth_type, "          \
	"primary_key, secondary_key, primary_thumbprint, "                   \
	"secondary_thumbprint, iot_edge, model_id, version, " TWIN ".etag, " \
	"tags, desired, desired_metadata, desired_version, reported, "       \
	"reported_metadata, reported_version, scope, parent_scopes, "        \
	MANAGED_BY " FROM " TABLE                                            \
	" JOIN " TWIN " ON " TWIN ".id = " TABLE ".id "                      \
	"ORDER BY " TABLE ".id"

static const char *const all[HUB_KINDS] = {
	[HUB_DEVICE] = ALL("device", "twin", "NULL"),
	[HUB_MODULE] = ALL("module", "module_twin", "managed_by"),
};

/* ,"name":"text" or ,"name":null */
static void
put_text(struct strbuf *out, const char *name, const char *text)
{
	strbuf_printf(out, ",\"%s\":", name);
	json_put_string(out, text);
}

static void
put_pair(struct strbuf *out, struct store_stmt *row, int i, const char *name,
    const char *first, const char *second)
{
	strbuf_printf(out, ",\"%s\":{\"%s\":", name, first);
	json_put_string(out, store_column_text(row, i));
	put_text(out, second, store_column_text(row, i + 1));
	strbuf_putc(out, '}');
}

static void
put_ids(struct strbuf *out, const char *who)
{
	const char *module_id = hub_who_module(who);
	char *device_id = hub_who_device(who);

	strbuf_puts(out, "{\"id\":");
	json_put_string(out, device_id);
	if (module_id != NULL)
		put_text(out, "moduleId", module_id);
	free(device_id);
}

static void
put_identity(struct strbuf *out, struct store_stmt *row)
{
	char *etag = hub_etag_identity(store_column_int(row, DEVICE_ETAG));

	put_ids(out, store_column_text(row, DEVICE_ID));
	put_text(out, "generationId", store_column_text(row, GENERATION_ID));
	put_text(out, "eTag", etag);
	put_text(out, "status",
	    store_column_int(row, ENABLED) != 0 ? "enabled" : "disabled");
	put_text(out, "statusReason", store_column_text(row, STATUS_REASON));
	put_text(
	    out, "statusUpdateTime", store_column_text(row, STATUS_UPDATED));
	put_text(
	    out, "lastActivityTime", store_column_text(row, LAST_ACTIVITY));
	strbuf_puts(out, ",\"authentication\":{\"type\":");
	json_put_string(out, store_column_text(row, AUTH_TYPE));
	put_pair(out, row, PRIMARY_KEY, "symmetricKey", "primaryKey",
	    "secondaryKey");
	put_pair(out, row, PRIMARY_THUMBPRINT, "x509Thumbprint",
	    "primaryThumbprint", "secondaryThumbprint");
	strbuf_printf(out, "},\"capabilities\":{\"iotEdge\":%s}",
	    store_column_int(row, IOT_EDGE) != 0 ? "true" : "false");
	hub_registry_scope_put(row, SCOPES, out);
	put_text(out, "modelId", store_column_text(row, MODEL_ID));
	if (!store_column_is_null(row, MANAGED_BY))
		put_text(out, "managedBy", store_column_text(row, MANAGED_BY));
	free(etag);
}

/* "name":{…,"$metadata":{…},"$version":4} */
static void
put_section(struct strbuf *out, struct store_stmt *row, int i, const char *name)
{
	size_t len = store_column_len(row, i);

	strbuf_printf(out, "\"%s\":{", name);
	if (len > 2) {
		strbuf_put(out, store_column_text(row, i) + 1, len - 2);
		strbuf_putc(out, ',');
	}
	strbuf_puts(out, "\"$metadata\":");
	strbuf_puts(out, store_column_text(row, i + 1));
	strbuf_printf(
	    out, ",\"$version\":%" PRId64 "}", store_column_int(row, i + 2));
}

static void
put_twin(struct strbuf *out, struct store_stmt *row)
{
	char *etag = hub_etag_twin(store_column_int(row, TWIN_ETAG));

	strbuf_printf(
	    out, ",\"version\":%" PRId64, store_column_int(row, TWIN_VERSION));
	put_text(out, "twinETag", etag);
	strbuf_puts(out, ",\"tags\":");
	strbuf_puts(out, store_column_text(row, TAGS));
	strbuf_puts(out, ",\"properties\":{");
	put_section(out, row, DESIRED, "desired");
	strbuf_putc(out, ',');
	put_section(out, row, REPORTED, "reported");
	strbuf_puts(out, "}}\n");
	free(etag);
}

static int
export_kind(struct store *store, enum hub_kind kind, FILE *out, int64_t *n,
    struct err *err)
{
	struct store_stmt *row = store_prepare(store, all[kind], err);
	struct strbuf line = { 0 };
	int rc = -1;

	while (row != NULL && (rc = store_step(row, err)) == 1) {
		strbuf_reset(&line);
		put_identity(&line, row);
		put_twin(&line, row);
		if (fwrite(line.data, line.len, 1, out) != 1)
			break;
		++*n;
	}
	if (rc >= 0 && (ferror(out) || fflush(out) != 0))
		rc = err_set(err, ERR_IO, "cannot write the export: %s",
		    strerror(errno));
	store_stmt_free(row);
	xfree_secret(strbuf_take(&line));
	return rc;
}

int
hub_export(struct store *store, FILE *out, int64_t *n, struct err *err)
{
	int rc;

	*n = 0;
	/* One moment for all. */
	if (store_exec(store, "BEGIN", err) == -1)
		return -1;
	rc = export_kind(store, HUB_DEVICE, out, n, err);
	if (rc == 0)
		rc = export_kind(store, HUB_MODULE, out, n, err);
	if (rc == 0)
		rc = hub_transfer_jobs_write(store, out, n, err);
	store_rollback(store); /* nothing was written */
	return rc;
}
