/*
 * One identity as REST answers it, from a row of the store.
 */
#ifndef TWINDECK_CORE_HUB_REGISTRY_ROW_H
#define TWINDECK_CORE_HUB_REGISTRY_ROW_H

struct hub;
struct store_stmt;
struct strbuf;

/* Of the table device or module. */
#define HUB_REGISTRY_COLUMNS                                              \
	"device_id, generation_id, etag, connected, enabled, "            \
	"status_reason, connection_updated, status_updated, "             \
	"last_activity, primary_key, secondary_key, primary_thumbprint, " \
	"secondary_thumbprint, auth_type, iot_edge, scope, parent_scopes"
/* Behind them, of a module. */
#define HUB_REGISTRY_OWNED ", owner, managed_by"

/* Appends a device, or a module with its own columns, keys and all. */
void hub_registry_row_put(
    struct hub *hub, struct store_stmt *row, struct strbuf *out);
/* Appends what there is of the columns scope and parent_scopes, from i on. */
void hub_registry_scope_put(struct store_stmt *row, int i, struct strbuf *out);

#endif
