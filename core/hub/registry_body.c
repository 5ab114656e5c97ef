#include "config.h"

#include "core/hub/registry_body.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/registry.h"
#include "core/hub/registry_scope.h"
#include "core/iothub/sas.h"

static const char *const auth_types[] = { "sas", HUB_AUTH_SELF_SIGNED,
	HUB_AUTH_AUTHORITY };

enum { AUTH_SAS, AUTH_SELF_SIGNED, AUTH_CERTIFICATE_AUTHORITY, AUTH_TYPES };

/* A member that is missing or null counts as the empty string. */
static int
text_of(
    const cJSON *object, const char *name, const char **text, struct err *err)
{
	const cJSON *item = json_get_nocase(object, name);

	*text = "";
	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsString(item))
		return err_set(err, ERR_INVALID, "%s must be a string", name);
	*text = item->valuestring;
	return 0;
}

static size_t
count_characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int
read_status(const cJSON *json, struct hub_registry_body *body, struct err *err)
{
	const char *status, *reason;

	if (text_of(json, "status", &status, err) == -1 ||
	    text_of(json, "statusReason", &reason, err) == -1)
		return -1;
	body->has_status = *status != '\0';
	body->enabled = strcasecmp(status, "disabled") != 0;
	if (body->has_status && body->enabled &&
	    strcasecmp(status, "enabled") != 0)
		return err_set(
		    err, ERR_INVALID, "status must be enabled or disabled");
	if (count_characters(reason) > HUB_STATUS_REASON_MAX)
		return err_set(err, ERR_LIMIT,
		    "statusReason may have %d characters at most",
		    HUB_STATUS_REASON_MAX);
	body->status_reason = *reason != '\0' ? reason : NULL;
	return 0;
}

static int
read_keys(const cJSON *auth, struct hub_registry_body *body, struct err *err)
{
	const cJSON *keys = json_get_nocase(auth, "symmetricKey");
	unsigned char decoded[SAS_KEY_MAX];
	const char *text[2];
	int i;

	if (text_of(keys, "primaryKey", &text[0], err) == -1 ||
	    text_of(keys, "secondaryKey", &text[1], err) == -1)
		return -1;
	if ((*text[0] == '\0') != (*text[1] == '\0'))
		return err_set(
		    err, ERR_INVALID, "Either no keys or both keys can be set");
	/* Empty strings ask for fresh keys: stored as they are, they would be
	 * keys that everybody has. */
	body->has_fresh_keys = *text[0] == '\0';
	for (i = 0; i < 2; i++) {
		if (body->has_fresh_keys) {
			body->keys[i] = sas_key_new();
			continue;
		}
		if (sas_key_decode(text[i], decoded) == -1)
			return err_set(
			    err, ERR_INVALID, "Invalid device key length");
		body->keys[i] = xstrdup(text[i]);
	}
	explicit_bzero(decoded, sizeof(decoded));
	return 0;
}

static bool
is_thumbprint(const char *s)
{
	size_t n = strspn(s, "0123456789abcdefABCDEF");

	return s[n] == '\0' && (n == 40 || n == 64); /* SHA-1, SHA-256 */
}

static int
read_thumbprints(
    const cJSON *auth, struct hub_registry_body *body, struct err *err)
{
	static const char *const names[] = { "primaryThumbprint",
		"secondaryThumbprint" };
	const cJSON *prints = json_get_nocase(auth, "x509Thumbprint");
	const char *text;
	int i;

	for (i = 0; i < 2; i++) {
		if (text_of(prints, names[i], &text, err) == -1)
			return -1;
		if (*text == '\0')
			continue;
		if (!is_thumbprint(text))
			return err_set(err, ERR_INVALID,
			    "%s: StringIsNotThumbprint", names[i]);
		body->thumbprints[i] = xstrdup(text);
	}
	return 0;
}

static int
read_auth(const cJSON *json, struct hub_registry_body *body, struct err *err)
{
	const cJSON *auth = json_get_nocase(json, "authentication");
	const char *type;
	int i;

	if (auth != NULL && !cJSON_IsObject(auth) && !cJSON_IsNull(auth))
		return err_set(
		    err, ERR_INVALID, "authentication must be an object");
	if (text_of(auth, "type", &type, err) == -1 ||
	    read_thumbprints(auth, body, err) == -1)
		return -1;
	if (*type == '\0')
		type =
		    body->thumbprints[0] != NULL ? HUB_AUTH_SELF_SIGNED : "sas";
	for (i = 0; i < AUTH_TYPES; i++)
		if (strcasecmp(type, auth_types[i]) == 0)
			break;
	if (i == AUTH_TYPES)
		return err_set(err, ERR_INVALID,
		    "DeviceAuthenticationTypeIsMissing: type must be sas, "
		    "selfSigned or certificateAuthority");
	body->auth_type = auth_types[i];
	if (i == AUTH_SAS)
		return read_keys(auth, body, err);
	if (i == AUTH_SELF_SIGNED && body->thumbprints[0] == NULL)
		return err_set(
		    err, ERR_INVALID, "selfSigned needs a primaryThumbprint");
	return 0;
}

static int
read_capabilities(
    const cJSON *json, struct hub_registry_body *body, struct err *err)
{
	const cJSON *edge =
	    json_get_nocase(json_get_nocase(json, "capabilities"), "iotEdge");

	if (edge == NULL || cJSON_IsNull(edge))
		return 0;
	if (!cJSON_IsBool(edge))
		return err_set(
		    err, ERR_INVALID, "capabilities.iotEdge must be a boolean");
	body->has_edge = true;
	body->is_edge = cJSON_IsTrue(edge);
	return 0;
}

static int
read_scope(
    const cJSON *item, const char *name, const char **scope, struct err *err)
{
	*scope = NULL;
	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsString(item) ||
	    strlen(item->valuestring) > HUB_SCOPE_MAX)
		return err_set(err, ERR_INVALID,
		    "%s must be a string of %d bytes at most", name,
		    HUB_SCOPE_MAX);
	if (*item->valuestring != '\0')
		*scope = item->valuestring;
	return 0;
}

static int
read_scopes(const cJSON *json, struct hub_registry_body *body, struct err *err)
{
	const cJSON *scope = json_get_nocase(json, "deviceScope");
	const cJSON *parents = json_get_nocase(json, "parentScopes");

	body->has_scope = scope != NULL;
	body->has_parent_scope = parents != NULL;
	if (read_scope(scope, "deviceScope", &body->scope, err) == -1)
		return -1;
	if (parents == NULL || cJSON_IsNull(parents))
		return 0;
	if (!cJSON_IsArray(parents) || cJSON_GetArraySize(parents) > 1)
		return err_set(err, ERR_INVALID,
		    "parentScopes must be an array with one scope at most");
	return read_scope(
	    parents->child, "parentScopes[0]", &body->parent_scope, err);
}

int
hub_registry_body_read(
    const cJSON *json, struct hub_registry_body *body, struct err *err)
{
	*body = (struct hub_registry_body){
		.managed_by = cJSON_GetStringValue(
		    json_get_nocase(json, "managedBy")),
	};
	if (read_status(json, body, err) == 0 &&
	    read_auth(json, body, err) == 0 &&
	    read_capabilities(json, body, err) == 0 &&
	    read_scopes(json, body, err) == 0)
		return 0;
	hub_registry_body_fini(body);
	return -1;
}

void
hub_registry_body_fini(struct hub_registry_body *body)
{
	int i;

	for (i = 0; i < 2; i++) {
		xfree_secret(body->keys[i]);
		free(body->thumbprints[i]);
	}
	*body = (struct hub_registry_body){ 0 };
}
