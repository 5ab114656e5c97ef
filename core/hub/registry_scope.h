/*
 * Who stands below whom: an edge device has a scope of its own, the device
 * scope of the devices below it.  A device below an edge has that edge's scope
 * as its deviceScope and, once more, in parentScopes; an edge below another
 * has it in parentScopes only.
 */
#ifndef TWINDECK_CORE_HUB_REGISTRY_SCOPE_H
#define TWINDECK_CORE_HUB_REGISTRY_SCOPE_H

#include <stdbool.h>

struct err;
struct hub_registry_body;
struct store;

#define HUB_SCOPE_MAX 1024 /* bytes */

/*
 * Whether a device that is there may have the scope that body asks for, which
 * has to be an edge's: 0, or -1 with err set (ERR_INVALID).  One that is
 * created may have any.
 */
int hub_registry_scope_check(struct store *store, const char *device_id,
    const struct hub_registry_body *body, bool is_edge, struct err *err);

/*
 * Writes it, once the rest of the device is; an edge without a scope gets one.
 * 0, or -1 with err set (ERR_IO).
 */
int hub_registry_scope_write(struct store *store, const char *device_id,
    const struct hub_registry_body *body, struct err *err);

#endif
