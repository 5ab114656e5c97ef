#include "config.h"

#include "core/hub/query_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"

#define DIGEST_SIZE 32
#define TOKEN_MAX 1024 /* characters */

/* Between the number of rows and the key. */
#define BY_ID ':'
#define BY_ROW ';'

/*
 * base64 of a digest and "rows:device id" or "rows;row".  The key is made of the owner's,
 * so that a token outlives a restart, like the key itself.
 */
static void
sign(const struct hub *hub, const char *query, size_t len, const char *content,
    unsigned char digest[DIGEST_SIZE])
{
	static const char label[] = "twindeck continuation token 1";
	const char *owner =
	    hub_identity_policy_key(hub->identity, "iothubowner", false, NULL);
	unsigned char key[DIGEST_SIZE];
	struct strbuf text = { 0 };

	HMAC(EVP_sha256(), owner, (int)strlen(owner),
	    (const unsigned char *)label, sizeof(label), key, NULL);
	/* Neither part can run over into the other: content has no NUL. */
	strbuf_puts(&text, content);
	strbuf_putc(&text, '\0');
	strbuf_put(&text, query, len);
	HMAC(EVP_sha256(), key, sizeof(key), (const unsigned char *)text.data,
	    text.len, digest, NULL);
	OPENSSL_cleanse(key, sizeof(key));
	strbuf_fini(&text);
}

char *
hub_query_place_format(const struct hub *hub, const char *query, size_t len,
    const struct hub_query_place *place)
{
	unsigned char digest[DIGEST_SIZE];
	struct strbuf raw = { 0 };
	char *content, *token;

	content = xasprintf("%" PRId64 "%c%s", place->n_rows,
	    place->is_by_row ? BY_ROW : BY_ID, place->after);
	sign(hub, query, len, content, digest);
	strbuf_put(&raw, digest, sizeof(digest));
	strbuf_puts(&raw, content);
	token = str_base64_encode(raw.data, raw.len);
	strbuf_fini(&raw);
	free(content);
	return token;
}

int
hub_query_place_parse(const struct hub *hub, const char *query, size_t len,
    const char *token, struct hub_query_place *place, struct err *err)
{
	unsigned char raw[TOKEN_MAX + 1], digest[DIGEST_SIZE];
	char *content, *colon;
	ssize_t n;

	*place = (struct hub_query_place){ 0 };
	n = str_base64_decode(token, strlen(token), raw, TOKEN_MAX);
	if (n <= DIGEST_SIZE)
		goto refused;
	raw[n] = '\0';
	content = (char *)raw + DIGEST_SIZE;
	sign(hub, query, len, content, digest);
	if (strlen(content) != (size_t)n - DIGEST_SIZE ||
	    CRYPTO_memcmp(raw, digest, DIGEST_SIZE) != 0)
		goto refused;
	colon = content + strspn(content, "0123456789");
	if (*colon != BY_ID && *colon != BY_ROW)
		goto refused;
	place->is_by_row = *colon == BY_ROW;
	*colon = '\0';
	if (str_to_int64(content, 0, INT64_MAX, &place->n_rows) == -1)
		goto refused;
	place->after = xstrdup(colon + 1);
	return 0;
refused:
	return err_set(err, ERR_INVALID,
	    "the continuation token is not of this hub and query");
}
