/*
 * What a client says of a device in the body of a PUT or of a bulk item, read
 * and checked by IoT Hub's rules.
 */
#ifndef TWINDECK_CORE_HUB_REGISTRY_BODY_H
#define TWINDECK_CORE_HUB_REGISTRY_BODY_H

#include <stdbool.h>

struct cJSON;
struct err;

#define HUB_AUTH_SELF_SIGNED "selfSigned"
#define HUB_AUTH_AUTHORITY "certificateAuthority"

struct hub_registry_body {
	bool has_status;
	bool enabled;
	const char *status_reason; /* borrowed from the body; or NULL */
	const char *auth_type;     /* "sas", …; static */
	bool has_fresh_keys;       /* made here: none were given */
	char *keys[2];             /* owned, secrets; NULL when not sas */
	char *thumbprints[2];      /* owned, or NULL */
	const char *managed_by; /* of a module: borrowed from the body; or NULL */
	bool has_edge;
	bool is_edge;
	bool has_scope;          /* deviceScope */
	bool has_parent_scope;   /* parentScopes */
	const char *scope;       /* both borrowed from the body; NULL: none */
	const char *parent_scope;
};

/* 0, or -1 with err set (ERR_INVALID, ERR_LIMIT) and body empty. */
int hub_registry_body_read(
    const struct cJSON *json, struct hub_registry_body *body, struct err *err);
void hub_registry_body_fini(struct hub_registry_body *body);

#endif
