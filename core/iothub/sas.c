#include "config.h"

#include "core/iothub/sas.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

#define PREFIX "SharedAccessSignature "
#define NEW_KEY_SIZE 32

int
sas_key_decode(const char *base64, unsigned char key[SAS_KEY_MAX])
{
	ssize_t n =
	    str_base64_decode(base64, strlen(base64), key, SAS_KEY_MAX);

	return n < SAS_KEY_MIN ? -1 : (int)n;
}

char *
sas_key_new(void)
{
	unsigned char key[NEW_KEY_SIZE];
	char *base64;

	if (RAND_bytes(key, sizeof(key)) != 1)
		abort(); /* a guessable key is worse than no program */
	base64 = str_base64_encode(key, sizeof(key));
	OPENSSL_cleanse(key, sizeof(key));
	return base64;
}

static bool
sign(const char *key_base64, const char *sr, const char *se,
    unsigned char digest[SAS_DIGEST_SIZE])
{
	unsigned char key[SAS_KEY_MAX];
	char *text;
	int n = sas_key_decode(key_base64, key);
	bool ok;

	if (n == -1)
		return false;
	text = xasprintf("%s\n%s", sr, se);
	ok = HMAC(EVP_sha256(), key, n, (const unsigned char *)text,
		 strlen(text), digest, NULL) != NULL;
	OPENSSL_cleanse(key, sizeof(key));
	free(text);
	return ok;
}

char *
sas_token_new(const char *resource, const char *key_base64, const char *policy,
    int64_t expiry_s, struct err *err)
{
	unsigned char digest[SAS_DIGEST_SIZE];
	struct strbuf out = { 0 }, sr = { 0 };
	char *se = xasprintf("%" PRId64, expiry_s);
	char *sig = NULL, *token = NULL;

	str_percent_encode(&sr, resource, strlen(resource));
	if (!sign(key_base64, strbuf_str(&sr), se, digest)) {
		err_set(err, ERR_INVALID,
		    "SharedAccessKey is not base64 of %d to %d bytes",
		    SAS_KEY_MIN, SAS_KEY_MAX);
		goto out;
	}
	sig = str_base64_encode(digest, sizeof(digest));
	strbuf_printf(&out, PREFIX "sr=%s&sig=", strbuf_str(&sr));
	str_percent_encode(&out, sig, strlen(sig));
	strbuf_printf(&out, "&se=%s", se);
	if (policy != NULL) {
		strbuf_puts(&out, "&skn=");
		str_percent_encode(&out, policy, strlen(policy));
	}
	token = strbuf_take(&out);
out:
	free(sig);
	free(se);
	strbuf_fini(&sr);
	return token;
}

/* sr, decoded, is "host[:port][/path]"; old tools end it in "?api-version=". */
static void
split_resource(struct sas_token *token)
{
	char *sr = xstrdup(token->sr_raw), *slash, *query, *colon, *p;
	size_t len;

	sr[str_percent_decode(sr, strlen(sr))] = '\0';
	slash = strchr(sr, '/');
	token->path = xstrdup(slash == NULL ? "" : slash);
	if (slash != NULL)
		*slash = '\0';
	query = strstr(token->path, "/?api-version=");
	if (query == NULL)
		query = strstr(token->path, "/api-version=");
	if (query != NULL)
		*query = '\0';
	len = strlen(token->path);
	if (len > 0 && token->path[len - 1] == '/')
		token->path[len - 1] = '\0';
	colon = strrchr(sr, ':');
	/* An IPv6 address without brackets has more than one colon. */
	if (colon != NULL &&
	    (strchr(sr, ':') == colon || (colon > sr && colon[-1] == ']')))
		*colon = '\0';
	for (p = sr; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	token->host = sr;
}

static int
take_field(struct sas_token *token, char *name, char *value, char **sig)
{
	char **to = NULL;

	if (strcmp(name, "sr") == 0)
		to = &token->sr_raw;
	else if (strcmp(name, "se") == 0)
		to = &token->se_raw;
	else if (strcmp(name, "skn") == 0)
		to = &token->policy;
	else if (strcmp(name, "sig") == 0)
		to = sig;
	if (to == NULL)
		return 0;
	if (*to != NULL)
		return -1;
	*to = xstrdup(value);
	return 0;
}

int
sas_token_parse(const char *text, struct sas_token *token, struct err *err)
{
	char *copy = NULL, *rest, *pair, *equals, *sig = NULL;
	int rc = -1;

	*token = (struct sas_token){ 0 };
	if (strlen(text) > SAS_TOKEN_MAX || !str_starts_with(text, PREFIX))
		return err_set(err, ERR_UNAUTHORIZED,
		    "no SharedAccessSignature");
	copy = rest = xstrdup(text + strlen(PREFIX));
	while ((pair = strsep(&rest, "&")) != NULL) {
		if ((equals = strchr(pair, '=')) == NULL)
			goto out;
		*equals = '\0';
		if (take_field(token, pair, equals + 1, &sig) == -1)
			goto out;
	}
	if (token->sr_raw == NULL || token->se_raw == NULL || sig == NULL)
		goto out;
	if (str_to_int64(token->se_raw, 0, INT64_MAX, &token->expiry_s) == -1)
		goto out;
	str_percent_decode(sig, strlen(sig));
	if (str_base64_decode(sig, strlen(sig), token->signature,
		SAS_DIGEST_SIZE) != SAS_DIGEST_SIZE)
		goto out;
	if (token->policy != NULL)
		str_percent_decode(token->policy, strlen(token->policy));
	if (token->policy != NULL && *token->policy == '\0') {
		free(token->policy); /* "&skn=" says no more than nothing */
		token->policy = NULL;
	}
	split_resource(token);
	rc = 0;
out:
	free(copy);
	free(sig);
	if (rc == -1) {
		err_set(err, ERR_UNAUTHORIZED,
		    "the SharedAccessSignature is malformed");
		sas_token_fini(token);
	}
	return rc;
}

void
sas_token_fini(struct sas_token *token)
{
	free(token->sr_raw);
	free(token->se_raw);
	free(token->host);
	free(token->path);
	free(token->policy);
	*token = (struct sas_token){ 0 };
}

bool
sas_token_signed_by(const struct sas_token *token, const char *key_base64)
{
	unsigned char digest[SAS_DIGEST_SIZE];

	return key_base64 != NULL &&
	    sign(key_base64, token->sr_raw, token->se_raw, digest) &&
	    CRYPTO_memcmp(digest, token->signature, SAS_DIGEST_SIZE) == 0;
}

bool
sas_token_covers(const struct sas_token *token, const char *path)
{
	size_t len = strlen(token->path);

	return strncmp(token->path, path, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}
