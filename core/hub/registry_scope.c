#include "config.h"

#include "core/hub/registry_scope.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/registry_body.h"
#include "core/store/store.h"

/* Of a device that is no edge: either member will do. */
static const char *
scope_of(const struct hub_registry_body *body)
{
	return body->scope != NULL ? body->scope : body->parent_scope;
}

int
hub_registry_scope_check(struct store *store, const char *device_id,
    const struct hub_registry_body *body, bool is_edge, struct err *err)
{
	struct store_stmt *s;
	int rc;

	if (is_edge || scope_of(body) == NULL)
		return 0;
	s = store_prepare(store,
	    "SELECT 1 FROM device WHERE (scope = ?1 AND iot_edge = 1)"
	    " OR (device_id = ?2 AND scope = ?1) LIMIT 1",
	    err);
	if (s == NULL)
		return -1;
	store_bind_text(s, 1, scope_of(body));
	store_bind_text(s, 2, device_id);
	rc = store_step(s, err);
	store_stmt_free(s);
	return rc == 0 ? err_set(err, ERR_INVALID,
			     "deviceScope is not that of an edge device")
	    : rc == 1  ? 0
		       : -1;
}

/* ["scope"], the caller's; NULL: none. */
static char *
format_parents(const char *scope)
{
	struct strbuf out = { 0 };

	if (scope == NULL)
		return NULL;
	strbuf_putc(&out, '[');
	json_put_string(&out, scope);
	strbuf_putc(&out, ']');
	return strbuf_take(&out);
}

/* ?3: an edge, whose scope never changes; ?5: its parents stay. */
#define WRITE                                                            \
	"UPDATE device SET parent_scopes = iif(?5, parent_scopes, ?4),"  \
	" scope = iif(?3, coalesce(scope, ?2, 'ms-azure-iot-edge://' ||" \
	" device_id || '-' || generation_id), ?2) WHERE device_id = ?1"

int
hub_registry_scope_write(struct store *store, const char *device_id,
    const struct hub_registry_body *body, struct err *err)
{
	const char *scope = body->is_edge ? body->scope : scope_of(body);
	const char *parent = body->is_edge ? body->parent_scope : scope;
	struct store_stmt *s;
	char *parents;
	int rc;

	if (!body->is_edge && !body->has_scope && !body->has_parent_scope)
		return 0;
	s = store_prepare(store, WRITE, err);
	if (s == NULL)
		return -1;
	parents = format_parents(parent);
	store_bind_text(s, 1, device_id);
	store_bind_text(s, 2, scope);
	store_bind_int(s, 3, body->is_edge);
	store_bind_text(s, 4, parents);
	store_bind_int(s, 5, body->is_edge && !body->has_parent_scope);
	rc = store_run(s, err);
	store_stmt_free(s);
	free(parents);
	return rc;
}
