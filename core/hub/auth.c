#include "config.h"

#include "core/hub/auth.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/authority.h"
#include "core/hub/choices.h"
#include "core/hub/faults.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"
#include "core/hub/registry.h"
#include "core/hub/who.h"
#include "core/iothub/sas.h"

/*
 * SDKs sign a token and send it with request after request: those that were
 * found good are kept, so that they cost a comparison instead of an HMAC.
 * Policies do not change while a hub runs; only time ends a token.
 */
#define VERIFIED_MAX 256 /* a power of two */

struct verified {
	char *text; /* owned, a secret; NULL: none */
	size_t len;
	char *path; /* owned: the resource it covers */
	int rights;
	int64_t expiry_s;
};

struct hub_auth {
	struct hub *hub;
	struct verified verified[VERIFIED_MAX]; /* by a hash of the text */
	uint64_t seed;
};

struct hub_auth *
hub_auth_new(struct hub *hub)
{
	struct hub_auth *auth = xcalloc(1, sizeof(*auth));

	auth->hub = hub;
	RAND_bytes((unsigned char *)&auth->seed, sizeof(auth->seed));
	return auth;
}

static void
verified_fini(struct verified *v)
{
	xfree_secret(v->text);
	free(v->path);
	*v = (struct verified){ 0 };
}

void
hub_auth_free(struct hub_auth *auth)
{
	size_t i;

	if (auth == NULL)
		return;
	for (i = 0; i < VERIFIED_MAX; i++)
		verified_fini(&auth->verified[i]);
	free(auth);
}

static int64_t
true_now_s(void)
{
	return clock_utc_us() / 1000000;
}

/* device_id NULL: of a service. */
static int64_t
skewed_now_s(const struct hub_auth *auth, const char *device_id)
{
	return true_now_s() + hub_faults_skew_s(auth->hub->faults, device_id);
}

static int
refuse(struct err *err, const char *why)
{
	return err_set(err, ERR_UNAUTHORIZED, "%s", why);
}

/* Everything about a token but who signed it. */
static int
check_token(const struct hub_auth *auth, const struct sas_token *token,
    int64_t now_s, struct err *err)
{
	if (token->expiry_s + HUB_CHOICE_SAS_GRACE_S <= now_s)
		return refuse(err, "the token has expired");
	if (!hub_identity_is_me(
		auth->hub->identity, token->host, strlen(token->host)))
		return err_set(err, ERR_UNAUTHORIZED,
		    "the token is for %.100s, which is not this hub",
		    token->host);
	return 0;
}

static bool
is_signed_by_policy(
    const struct hub_auth *auth, const struct sas_token *token, int *rights)
{
	const char *primary, *secondary;

	primary = hub_identity_policy_key(
	    auth->hub->identity, token->policy, false, rights);
	secondary = hub_identity_policy_key(
	    auth->hub->identity, token->policy, true, rights);
	return primary != NULL &&
	    (sas_token_signed_by(token, primary) ||
		sas_token_signed_by(token, secondary));
}

/*
 * The place of a token, in time that tells nothing about the others: keyed,
 * so that nobody can aim at a place.
 */
static struct verified *
place_of(struct hub_auth *auth, const char *text)
{
	uint64_t h = auth->seed;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return &auth->verified[(h ^ (h >> 32)) & (VERIFIED_MAX - 1)];
}

static bool
is_known(const struct verified *v, const char *text, int64_t now_s)
{
	return v->text != NULL && strlen(text) == v->len &&
	    CRYPTO_memcmp(v->text, text, v->len) == 0 &&
	    v->expiry_s + HUB_CHOICE_SAS_GRACE_S > now_s;
}

static int
verify(struct hub_auth *auth, const char *text, int64_t now_s,
    struct verified *v, struct err *err)
{
	struct sas_token token;
	int rights = 0, rc = -1;

	if (sas_token_parse(text, &token, err) == -1)
		return -1;
	if (token.policy == NULL) {
		refuse(err, "a service token needs a policy (skn)");
		goto out;
	}
	if (check_token(auth, &token, now_s, err) == -1)
		goto out;
	if (!is_signed_by_policy(auth, &token, &rights)) {
		err_set(err, ERR_UNAUTHORIZED,
		    "no policy %.64s with the key that signed the token",
		    token.policy);
		goto out;
	}
	verified_fini(v);
	v->text = xstrdup(text);
	v->len = strlen(text);
	v->path = token.path;
	token.path = NULL;
	v->rights = rights;
	v->expiry_s = token.expiry_s;
	rc = 0;
out:
	sas_token_fini(&token);
	return rc;
}

static bool
covers(const char *resource, const char *path)
{
	size_t len = strlen(resource);

	return strncmp(resource, path, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

static int
check_service(struct hub_auth *auth, const char *text, const char *path,
    int rights, int64_t now_s, struct err *err)
{
	struct verified *v;

	if (text == NULL)
		return refuse(err, "no Authorization header");
	v = place_of(auth, text);
	if (!is_known(v, text, now_s) &&
	    verify(auth, text, now_s, v, err) == -1)
		return -1;
	if (!covers(v->path, path))
		return refuse(err, "the token is for another resource");
	if ((v->rights & rights) != rights)
		return refuse(err, "the policy lacks the right");
	return 0;
}

int
hub_auth_service(struct hub_auth *auth, const char *text, const char *path,
    int rights, struct err *err)
{
	return check_service(
	    auth, text, path, rights, skewed_now_s(auth, NULL), err);
}

int
hub_auth_control(struct hub_auth *auth, const char *text, const char *path,
    int rights, struct err *err)
{
	return check_service(auth, text, path, rights, true_now_s(), err);
}

static int
check_device_key(const struct hub_auth *auth, const struct sas_token *token,
    const struct hub_device *device, struct err *err)
{
	int rights = 0;

	if (token->policy != NULL) {
		if (!is_signed_by_policy(auth, token, &rights))
			return refuse(err, "the token's signature is wrong");
		if ((rights & HUB_DEVICE_CONNECT) == 0)
			return refuse(err, "the policy lacks DeviceConnect");
		return 0;
	}
	if (!sas_token_signed_by(token, device->primary_key) &&
	    !sas_token_signed_by(token, device->secondary_key))
		return refuse(err, "the token's signature is wrong");
	return 0;
}

static int
find_enabled_device(struct hub *hub, const char *device_id,
    struct hub_device *found, struct err *err)
{
	if (hub_registry_get(hub->registry, device_id, found, NULL) == -1)
		return refuse(err, "no such device");
	if (found->enabled)
		return 0;
	hub_device_fini(found);
	return err_set(err, ERR_REFUSED, "the device is disabled");
}

/* Finds who it is, unless its device is disabled. */
static int
find_enabled(
    struct hub *hub, const char *who, struct hub_device *found, struct err *err)
{
	struct hub_device owner;
	char *device_id;
	int rc;

	if (hub_who_kind(who) == HUB_MODULE) {
		device_id = hub_who_device(who);
		rc = find_enabled_device(hub, device_id, &owner, err);
		free(device_id);
		if (rc == -1)
			return -1;
		hub_device_fini(&owner);
		return hub_registry_get(hub->registry, who, found, NULL) == 0
		    ? 0
		    : refuse(err, "no such module");
	}
	return find_enabled_device(hub, who, found, err);
}

/* "/devices/d1" or "/devices/d1/modules/m1"; the caller's. */
static char *
resource_of(const char *who)
{
	char *device_id = hub_who_device(who), *path;

	path = hub_who_module(who) == NULL
	    ? xasprintf("/devices/%s", device_id)
	    : xasprintf(
		  "/devices/%s/modules/%s", device_id, hub_who_module(who));
	free(device_id);
	return path;
}

int
hub_auth_device(struct hub *hub, const char *text, const char *who,
    int64_t *expiry_s, struct err *err)
{
	struct hub_device device = { 0 };
	struct sas_token token;
	char *path;
	int rc = -1;

	if (sas_token_parse(text, &token, err) == -1)
		return -1;
	path = resource_of(who);
	if (check_token(
		hub->auth, &token, skewed_now_s(hub->auth, who), err) == -1)
		goto out;
	if (!sas_token_covers(&token, path) ||
	    (token.policy == NULL && token.path[0] == '\0')) {
		refuse(err, "the token is for another resource");
		goto out;
	}
	if (find_enabled(hub, who, &device, err) == -1 ||
	    check_device_key(hub->auth, &token, &device, err) == -1)
		goto out;
	*expiry_s = token.expiry_s;
	rc = 0;
out:
	hub_device_fini(&device);
	sas_token_fini(&token);
	free(path);
	return rc;
}

static bool
has_thumbprint(
    const X509 *certificate, const EVP_MD *digest, const char *thumbprint)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned int len = 0;

	if (X509_digest(certificate, digest, bytes, &len) != 1)
		return false;
	str_hex(hex, bytes, len);
	return strcasecmp(hex, thumbprint) == 0;
}

static bool
is_certificate_of(const X509 *certificate, const struct hub_device *device)
{
	const char *thumbprint;
	int i;

	for (i = 0; i < 2; i++) {
		thumbprint = device->thumbprints[i];
		if (thumbprint != NULL &&
		    (has_thumbprint(certificate, EVP_sha1(), thumbprint) ||
			has_thumbprint(certificate, EVP_sha256(), thumbprint)))
			return true;
	}
	return false;
}

/* Of a thumbprint's certificate it is not looked at until when it is good:
 * the contract names only the thumbprint. */
int
hub_auth_certificate(struct hub *hub, X509 *certificate, STACK_OF(X509) *chain,
    const char *who, struct err *err)
{
	struct hub_device device = { 0 };
	int rc = -1;

	if (certificate == NULL)
		return refuse(err, "neither a SAS token nor a certificate");
	if (find_enabled(hub, who, &device, err) == -1)
		return -1;
	if (device.is_by_authority)
		rc = hub_authority_check(
		    hub->authority, certificate, chain, who, err);
	else if (is_certificate_of(certificate, &device))
		rc = 0;
	else
		refuse(err, "the certificate's thumbprint is not its own");
	hub_device_fini(&device);
	return rc;
}
