#include "config.h"

#include "core/hub/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/net/tls.h"

#define DAY ((long)24 * 60 * 60)
#define CA_DAYS 3650
#define CERT_DAYS 800 /* some clients refuse more than 825 */
#define RENEW_DAYS 30
#define BACKDATE_DAYS 1 /* clocks differ */
#define SERIAL_BITS 127
#define PEM_MAX ((size_t)64 * 1024)

struct extension {
	int nid;
	const char *value;
};

static const struct extension ca_extensions[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_undef, NULL },
};

static const struct extension cert_extensions[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature" },
	{ NID_ext_key_usage, "serverAuth" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid" },
	{ NID_undef, NULL },
};

static int
fail(const char *what, struct err *err)
{
	return err_set(
	    err, ERR_IO, "cannot make %s: %s", what, net_tls_reason());
}

static bool
is_address(const char *name)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, buf) == 1 ||
	    inet_pton(AF_INET6, name, buf) == 1;
}

static bool
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

static bool
add_names(X509 *cert, X509 *issuer, const char *const *names)
{
	struct strbuf san = { 0 };
	bool ok;

	for (; *names != NULL; names++)
		strbuf_printf(&san, "%s%s:%s", san.len > 0 ? "," : "",
		    is_address(*names) ? "IP" : "DNS", *names);
	ok =
	    add_extension(cert, issuer, NID_subject_alt_name, strbuf_str(&san));
	strbuf_fini(&san);
	return ok;
}

static bool
set_serial(X509 *cert)
{
	BIGNUM *serial = BN_new();
	bool ok;

	ok = serial != NULL &&
	    BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
	    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)) != NULL;
	BN_free(serial);
	return ok;
}

/*
 * Signs a certificate for key; issuer NULL means by itself.  NULL when
 * OpenSSL refuses something.
 */
static X509 *
sign(EVP_PKEY *key, const char *common_name, long days,
    const struct extension *extensions, const char *const *names, X509 *issuer,
    EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();
	X509_NAME *subject;
	char name[64 + 1]; /* X.520's upper bound */
	bool ok;

	if (cert == NULL)
		return NULL;
	snprintf(name, sizeof(name), "%s", common_name);
	if (issuer == NULL)
		issuer = cert;
	subject = X509_get_subject_name(cert);
	ok = X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -BACKDATE_DAYS * DAY) &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), days * DAY) &&
	    X509_set_pubkey(cert, key) &&
	    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
		(const unsigned char *)"twindeck", -1, -1, 0) &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
		(const unsigned char *)name, -1, -1, 0) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	for (; ok && extensions->value != NULL; extensions++)
		ok = add_extension(
		    cert, issuer, extensions->nid, extensions->value);
	if (ok && names != NULL)
		ok = add_names(cert, issuer, names);
	if (!ok || X509_sign(cert, issuer_key, EVP_sha256()) == 0) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static int
write_pem(const char *path, BIO *bio, unsigned int mode, struct err *err)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	return paths_write_file(path, data, (size_t)len, mode, err);
}

/* The key goes first: a certificate without its key is of no use. */
static int
write_pair(const char *cert_file, X509 *cert, const char *key_file,
    EVP_PKEY *key, struct err *err)
{
	BIO *cert_pem = BIO_new(BIO_s_mem());
	BIO *key_pem = BIO_new(BIO_s_secmem());
	int rc = -1;

	if (PEM_write_bio_X509(cert_pem, cert) != 1 ||
	    PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) !=
		1)
		fail(cert_file, err);
	else if (write_pem(key_file, key_pem, 0600, err) == 0 &&
	    write_pem(cert_file, cert_pem, 0644, err) == 0)
		rc = 0;
	BIO_free(cert_pem);
	BIO_free(key_pem);
	return rc;
}

/* Both stay NULL when a file is not there; other faults are errors. */
static int
read_pair(const char *cert_file, X509 **cert, const char *key_file,
    EVP_PKEY **key, struct err *err)
{
	struct err why = { 0 };
	char *cert_pem, *key_pem = NULL;
	size_t cert_len, key_len;
	BIO *bio;
	int rc = -1;

	cert_pem = paths_read_file(cert_file, PEM_MAX, &cert_len, &why);
	if (cert_pem != NULL)
		key_pem = paths_read_file(key_file, PEM_MAX, &key_len, &why);
	if (key_pem == NULL) {
		rc = why.code == ERR_NOT_FOUND
		    ? 0
		    : err_set(err, ERR_IO, "%s", why.text);
		goto out;
	}
	bio = BIO_new_mem_buf(cert_pem, (int)cert_len);
	*cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	bio = BIO_new_mem_buf(key_pem, (int)key_len);
	*key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (*cert == NULL || *key == NULL ||
	    X509_check_private_key(*cert, *key) != 1)
		err_set(err, ERR_IO, "%s and %s do not fit: %s", cert_file,
		    key_file, net_tls_reason());
	else
		rc = 0;
out:
	free(cert_pem);
	xfree_secret(key_pem);
	return rc;
}

static int
make_ca(const struct hub_certificate_files *files, X509 **cert, EVP_PKEY **key,
    struct err *err)
{
	char machine[64] = "", *name;

	if (read_pair(files->ca, cert, files->ca_key, key, err) == -1)
		return -1;
	if (*cert != NULL && *key != NULL)
		return 0;
	gethostname(machine, sizeof(machine) - 1);
	name = xasprintf("twindeck local hub CA (%.40s)", machine);
	*key = EVP_EC_gen("P-256");
	if (*key != NULL)
		*cert =
		    sign(*key, name, CA_DAYS, ca_extensions, NULL, NULL, *key);
	free(name);
	if (*cert == NULL)
		return fail(files->ca, err);
	return write_pair(files->ca, *cert, files->ca_key, *key, err);
}

static bool
has_names(X509 *cert, const char *const *names)
{
	for (; *names != NULL; names++)
		if ((is_address(*names)
			    ? X509_check_ip_asc(cert, *names, 0)
			    : X509_check_host(cert, *names, 0, 0, NULL)) != 1)
			return false;
	return true;
}

static bool
is_good(X509 *cert, X509 *ca, EVP_PKEY *ca_key, const char *const *names)
{
	time_t soon = time(NULL) + RENEW_DAYS * DAY;

	return X509_check_issued(ca, cert) == X509_V_OK &&
	    X509_verify(cert, ca_key) == 1 && has_names(cert, names) &&
	    X509_cmp_time(X509_get0_notAfter(cert), &soon) > 0;
}

static int
make_cert(const struct hub_certificate_files *files, X509 *ca, EVP_PKEY *ca_key,
    const char *const *names, struct err *err)
{
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	struct err why;
	int rc = -1;

	/* A pair that does not fit is half of one that was being made anew. */
	if (read_pair(files->cert, &cert, files->key, &key, &why) == 0 &&
	    cert != NULL && is_good(cert, ca, ca_key, names)) {
		rc = 0;
		goto out;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	cert = NULL;
	key = EVP_EC_gen("P-256");
	if (key != NULL)
		cert = sign(key, names[0], CERT_DAYS, cert_extensions, names,
		    ca, ca_key);
	if (cert == NULL)
		fail(files->cert, err);
	else
		rc = write_pair(files->cert, cert, files->key, key, err);
out:
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

int
hub_certificate_make(const struct hub_certificate_files *files,
    const char *const *names, struct err *err)
{
	EVP_PKEY *ca_key = NULL;
	X509 *ca = NULL;
	int rc = -1;

	if (make_ca(files, &ca, &ca_key, err) == 0 &&
	    make_cert(files, ca, ca_key, names, err) == 0)
		rc = 0;
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	return rc;
}
