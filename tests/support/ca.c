#include "config.h"

#include "tests/support/ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/base/xalloc.h"
#include "tests/support/test.h"

#define VALID_S 3600L

struct test_ca {
	char dir[48];
	char file[64];
	EVP_PKEY *key;
	X509 *cert;
	int issued; /* certificates, which also numbers their files */
};

static void
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(1, X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
}

static X509 *
cert_new(EVP_PKEY *key, const char *common_name, long serial)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	assert_non_null(cert);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), -VALID_S);
	X509_gmtime_adj(X509_getm_notAfter(cert), VALID_S);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)common_name, -1, -1, 0);
	return cert;
}

static void
write_cert(const char *path, X509 *cert)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(1, PEM_write_X509(file, cert));
	assert_int_equal(0, fclose(file));
}

static void
write_key(const char *path, EVP_PKEY *key)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(
	    1, PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	assert_int_equal(0, fclose(file));
}

struct test_ca *
test_ca_new(void)
{
	struct test_ca *ca = xcalloc(1, sizeof(*ca));

	snprintf(ca->dir, sizeof(ca->dir), "/tmp/twindeck-ca-XXXXXX");
	assert_non_null(mkdtemp(ca->dir));
	snprintf(ca->file, sizeof(ca->file), "%s/ca.pem", ca->dir);
	ca->key = EVP_EC_gen("P-256");
	assert_non_null(ca->key);
	ca->cert = cert_new(ca->key, "a test's own CA", 1);
	X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert));
	add_extension(
	    ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(ca->cert, ca->cert, NID_subject_key_identifier, "hash");
	assert_true(X509_sign(ca->cert, ca->key, EVP_sha256()) > 0);
	write_cert(ca->file, ca->cert);
	return ca;
}

void
test_ca_issue(struct test_ca *ca, const char *names, struct test_cert *cert)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x;
	int n = ++ca->issued;

	assert_non_null(key);
	x = cert_new(key, "a test's own server", n + 1);
	X509_set_issuer_name(x, X509_get_subject_name(ca->cert));
	add_extension(x, ca->cert, NID_subject_alt_name, names);
	add_extension(x, ca->cert, NID_ext_key_usage, "serverAuth");
	assert_true(X509_sign(x, ca->key, EVP_sha256()) > 0);
	snprintf(cert->cert_file, sizeof(cert->cert_file), "%s/cert-%d.pem",
	    ca->dir, n);
	snprintf(cert->key_file, sizeof(cert->key_file), "%s/key-%d.pem",
	    ca->dir, n);
	write_cert(cert->cert_file, x);
	write_key(cert->key_file, key);
	X509_free(x);
	EVP_PKEY_free(key);
}

void
test_ca_free(struct test_ca *ca)
{
	char path[96];
	int n;

	if (ca == NULL)
		return;
	for (n = 1; n <= ca->issued; n++) {
		snprintf(path, sizeof(path), "%s/cert-%d.pem", ca->dir, n);
		unlink(path);
		snprintf(path, sizeof(path), "%s/key-%d.pem", ca->dir, n);
		unlink(path);
	}
	unlink(ca->file);
	rmdir(ca->dir);
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
	free(ca);
}

const char *
test_ca_file(const struct test_ca *ca)
{
	return ca->file;
}
