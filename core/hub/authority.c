#include "config.h"

#include "core/hub/authority.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"

struct hub_authority {
	X509_STORE *store;
};

struct hub_authority *
hub_authority_new(const char *file, struct err *err)
{
	struct hub_authority *authority = xcalloc(1, sizeof(*authority));

	authority->store = X509_STORE_new();
	/* What stands in the file is trusted, be it a root or not. */
	if (authority->store != NULL &&
	    X509_STORE_load_file(authority->store, file) == 1 &&
	    X509_STORE_set_flags(authority->store, X509_V_FLAG_PARTIAL_CHAIN) ==
		1)
		return authority;
	ERR_clear_error();
	err_set(err, ERR_INVALID, "%s: no certificate can be read there", file);
	hub_authority_free(authority);
	return NULL;
}

void
hub_authority_free(struct hub_authority *authority)
{
	if (authority == NULL)
		return;
	X509_STORE_free(authority->store);
	free(authority);
}

static int
check_chain(const struct hub_authority *authority, X509 *certificate,
    STACK_OF(X509) * chain, struct err *err)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int code = X509_V_ERR_UNSPECIFIED;

	if (ctx != NULL &&
	    X509_STORE_CTX_init(ctx, authority->store, certificate, chain) ==
		1 &&
	    X509_STORE_CTX_set_default(ctx, "ssl_client") == 1)
		code = X509_verify_cert(ctx) == 1
		    ? X509_V_OK
		    : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return code == X509_V_OK
	    ? 0
	    : err_set(err, ERR_UNAUTHORIZED, "the certificate: %s",
		  X509_verify_cert_error_string(code));
}

/* Its only Common Name, byte for byte. */
static bool
is_named(const X509 *certificate, const char *who)
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;
	bool is_same;
	int len;

	if (i < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_commonName, i) >= 0)
		return false;
	len = ASN1_STRING_to_UTF8(
	    &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
	is_same = len >= 0 && (size_t)len == strlen(who) &&
	    memcmp(text, who, (size_t)len) == 0;
	OPENSSL_free(text);
	return is_same;
}

int
hub_authority_check(const struct hub_authority *authority, X509 *certificate,
    STACK_OF(X509) * chain, const char *who, struct err *err)
{
	if (authority == NULL)
		return err_set(err, ERR_UNAUTHORIZED,
		    "the hub was given no CA of devices");
	if (check_chain(authority, certificate, chain, err) == -1)
		return -1;
	return is_named(certificate, who)
	    ? 0
	    : err_set(err, ERR_UNAUTHORIZED,
		  "the certificate is for another Common Name");
}
