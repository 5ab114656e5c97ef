#include "config.h"

#include "core/hub/registry_row.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/hub/hub.h"
#include "core/hub/liveness.h"
#include "core/hub/messages.h"
#include "core/hub/registry.h"
#include "core/hub/who.h"
#include "core/store/store.h"

static void
put_pair(struct strbuf *out, struct store_stmt *s, int column,
    const char *primary, const char *secondary)
{
	strbuf_printf(out, "{\"%s\":", primary);
	json_put_string(out, store_column_text(s, column));
	strbuf_printf(out, ",\"%s\":", secondary);
	json_put_string(out, store_column_text(s, column + 1));
	strbuf_putc(out, '}');
}

static void
put_authentication(struct strbuf *out, struct store_stmt *s)
{
	strbuf_puts(out, ",\"authentication\":{\"symmetricKey\":");
	put_pair(out, s, 9, "primaryKey", "secondaryKey");
	strbuf_puts(out, ",\"x509Thumbprint\":");
	put_pair(out, s, 11, "primaryThumbprint", "secondaryThumbprint");
	strbuf_printf(out, ",\"type\":\"%s\"}", store_column_text(s, 13));
}

static void
look(const struct hub *hub, struct store_stmt *s,
    struct hub_liveness_view *live)
{
	live->is_connected = store_column_int(s, 3) != 0;
	live->connection_updated = store_column_text(s, 6);
	live->last_activity = store_column_text(s, 8);
	hub_liveness_look(hub->liveness, store_column_text(s, 0), live);
}

/* It has no status. */
static void
put_module(struct hub *hub, struct store_stmt *s,
    struct strbuf *out)
{
	const char *who = store_column_text(s, 0);
	struct hub_liveness_view live;
	char *etag = hub_etag_identity(store_column_int(s, 2));

	look(hub, s, &live);
	hub_who_put_json(out, who);
	strbuf_puts(out, ",\"managedBy\":");
	json_put_string(out, store_column_text(s, 18));
	strbuf_printf(out,
	    ",\"generationId\":\"%s\",\"etag\":\"%s\","
	    "\"connectionState\":\"%s\","
	    "\"connectionStateUpdatedTime\":\"%s\","
	    "\"lastActivityTime\":\"%s\",\"cloudToDeviceMessageCount\":0",
	    store_column_text(s, 1), etag,
	    live.is_connected ? "Connected" : "Disconnected",
	    live.connection_updated, live.last_activity);
	put_authentication(out, s);
	strbuf_putc(out, '}');
	free(etag);
}

void
hub_registry_scope_put(struct store_stmt *row, int i, struct strbuf *out)
{
	if (!store_column_is_null(row, i)) {
		strbuf_puts(out, ",\"deviceScope\":");
		json_put_string(out, store_column_text(row, i));
	}
	if (!store_column_is_null(row, i + 1)) {
		strbuf_puts(out, ",\"parentScopes\":");
		strbuf_puts(out, store_column_text(row, i + 1));
	}
}

/* In IoT Hub's own order of fields. */
static void
put_device(struct hub *hub, struct store_stmt *s,
    struct strbuf *out)
{
	const char *device_id = store_column_text(s, 0);
	struct hub_liveness_view live;
	char *etag = hub_etag_identity(store_column_int(s, 2));

	look(hub, s, &live);
	strbuf_puts(out, "{\"deviceId\":");
	json_put_string(out, device_id);
	strbuf_printf(out,
	    ",\"generationId\":\"%s\",\"etag\":\"%s\","
	    "\"connectionState\":\"%s\",\"status\":\"%s\",\"statusReason\":",
	    store_column_text(s, 1), etag,
	    live.is_connected ? "Connected" : "Disconnected",
	    store_column_int(s, 4) != 0 ? "enabled" : "disabled");
	json_put_string(out, store_column_text(s, 5));
	strbuf_printf(out,
	    ",\"connectionStateUpdatedTime\":\"%s\","
	    "\"statusUpdatedTime\":\"%s\",\"lastActivityTime\":\"%s\","
	    "\"cloudToDeviceMessageCount\":%" PRId64,
	    live.connection_updated, store_column_text(s, 7),
	    live.last_activity,
	    hub_messages_count(hub->messages, device_id));
	put_authentication(out, s);
	strbuf_printf(out, ",\"capabilities\":{\"iotEdge\":%s}",
	    store_column_int(s, 14) != 0 ? "true" : "false");
	hub_registry_scope_put(s, 15, out);
	strbuf_putc(out, '}');
	free(etag);
}

void
hub_registry_row_put(
    struct hub *hub, struct store_stmt *row, struct strbuf *out)
{
	if (hub_who_kind(store_column_text(row, 0)) == HUB_MODULE)
		put_module(hub, row, out);
	else
		put_device(hub, row, out);
}
