#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"
#include "core/iothub/sas.h"
#include "tests/support/test.h"

static char *dir;

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	dir = xasprintf("%s/twindeck-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hub_remove_state(dir);
	free(dir);
	return 0;
}

static struct hub_identity *
open_it(const char *host)
{
	struct err err = { 0 };
	struct hub_identity *identity =
	    hub_identity_open(dir, "myhub", host, &err);

	if (identity == NULL)
		fail_msg("%s", err.text);
	return identity;
}

static X509 *
read_cert(const char *path)
{
	FILE *file = fopen(path, "r");
	X509 *cert;

	assert_non_null(file);
	cert = PEM_read_X509(file, NULL, NULL, NULL);
	assert_non_null(cert);
	fclose(file);
	return cert;
}

static char *
text_of(const char *name)
{
	char *path = xasprintf("%s/%s", dir, name), *text;
	struct err err;

	text = paths_read_file(path, 65536, NULL, &err);
	assert_non_null(text);
	free(path);
	return text;
}

static void
test_the_certificate_is_made_out_to_every_name(void **state)
{
	static const char *const names[] = { "localhost", "myhub",
		"hub.example.org" };
	struct hub_identity *identity = open_it("hub.example.org");
	X509 *cert = read_cert(hub_identity_cert_file(identity));
	X509 *ca = read_cert(hub_identity_ca_file(identity));
	EVP_PKEY *key = X509_get0_pubkey(cert);
	char machine[256] = "", group[64];
	size_t i, n;

	(void)state;
	for (i = 0; i < N_ROWS(names); i++)
		assert_int_equal(
		    1, X509_check_host(cert, names[i], 0, 0, NULL));
	gethostname(machine, sizeof(machine) - 1);
	assert_int_equal(1, X509_check_host(cert, machine, 0, 0, NULL));
	assert_int_equal(1, X509_check_ip_asc(cert, "127.0.0.1", 0));
	assert_int_equal(1, X509_check_ip_asc(cert, "::1", 0));
	assert_int_equal(0, X509_check_host(cert, "other.org", 0, 0, NULL));
	assert_true(X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0) == 1);
	assert_true(X509_check_ca(ca) == 1);
	assert_true(X509_check_ca(cert) == 0);
	assert_int_equal(1, X509_verify(cert, X509_get0_pubkey(ca)));
	EVP_PKEY_get_group_name(key, group, sizeof(group), &n);
	assert_string_equal("prime256v1", group);
	X509_free(cert);
	X509_free(ca);
	hub_identity_free(identity);
}

static void
test_keys_are_private_and_kept(void **state)
{
	static const char *const secret[] = { HUB_FILE_CA_KEY, HUB_FILE_KEY,
		HUB_FILE_POLICIES };
	struct hub_identity *identity = open_it(NULL);
	char *owner = xstrdup(hub_identity_policy_key(
	    identity, "iothubowner", false, NULL));
	char *cert = text_of(HUB_FILE_CERT), *again, *path;
	struct stat st;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(secret); i++) {
		path = xasprintf("%s/%s", dir, secret[i]);
		assert_int_equal(0, stat(path, &st));
		assert_int_equal(0600, st.st_mode & 0777);
		free(path);
	}
	hub_identity_free(identity);
	identity = open_it(NULL);
	assert_string_equal(owner,
	    hub_identity_policy_key(identity, "iothubowner", false, NULL));
	again = text_of(HUB_FILE_CERT);
	assert_string_equal(cert, again);
	free(cert);
	free(again);
	free(owner);
	hub_identity_free(identity);
}

static void
test_a_new_name_makes_a_new_certificate_of_the_same_ca(void **state)
{
	char *ca, *ca_again, *cert, *cert_again;

	(void)state;
	hub_identity_free(open_it(NULL));
	ca = text_of(HUB_FILE_CA);
	cert = text_of(HUB_FILE_CERT);
	hub_identity_free(open_it("10.1.2.3"));
	ca_again = text_of(HUB_FILE_CA);
	cert_again = text_of(HUB_FILE_CERT);
	assert_string_equal(ca, ca_again);
	assert_string_not_equal(cert, cert_again);
	free(ca);
	free(ca_again);
	free(cert);
	free(cert_again);
}

/* What a crash in the middle of a first start may leave. */
static void
test_half_a_certificate_is_made_anew(void **state)
{
	char *path = xasprintf("%s/%s", dir, HUB_FILE_KEY);
	struct err err;

	(void)state;
	hub_identity_free(open_it(NULL));
	assert_int_equal(0, unlink(path));
	hub_identity_free(open_it(NULL));
	assert_int_equal(0, paths_write_file(path, "half", 4, 0600, &err));
	hub_identity_free(open_it(NULL));
	free(path);
}

static void
test_damaged_policies_are_never_replaced(void **state)
{
	char *path = xasprintf("%s/%s", dir, HUB_FILE_POLICIES), *text;
	struct err err;

	(void)state;
	hub_identity_free(open_it(NULL));
	assert_int_equal(0, paths_write_file(path, "[]", 2, 0600, &err));
	assert_null(hub_identity_open(dir, "myhub", NULL, &err));
	assert_int_equal(ERR_IO, err.code);
	assert_non_null(strstr(err.text, HUB_FILE_POLICIES));
	text = text_of(HUB_FILE_POLICIES);
	assert_string_equal("[]", text);
	free(text);
	free(path);
}

static void
test_the_hub_knows_its_names_in_any_case(void **state)
{
	static const struct {
		const char *host;
		bool is_me;
	} rows[] = {
		{ "localhost", true },
		{ "LocalHost", true },
		{ "127.0.0.1", true },
		{ "::1", true },
		{ "[::1]", true },
		{ "MYHUB", true },
		{ "hub.example.org", true },
		{ "myhub2", false },
		{ "", false },
		{ "127.0.0.2", false },
	};
	struct hub_identity *identity = open_it("hub.example.org");
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++)
		assert_int_equal(rows[i].is_me,
		    hub_identity_is_me(
			identity, rows[i].host, strlen(rows[i].host)));
	/* Only as far as it is long. */
	assert_true(hub_identity_is_me(identity, "localhost:8443", 9));
	hub_identity_free(identity);
}

static void
test_policies_have_random_keys(void **state)
{
	static const char *const policies[] = { "iothubowner", "service",
		"device", "registryRead", "registryReadWrite" };
	struct hub_identity *identity = open_it(NULL);
	unsigned char key[SAS_KEY_MAX];
	const char *keys[2 * N_ROWS(policies)];
	size_t i, k;
	int rights;

	(void)state;
	for (i = 0; i < N_ROWS(keys); i++) {
		keys[i] = hub_identity_policy_key(
		    identity, policies[i / 2], i % 2 != 0, &rights);
		assert_non_null(keys[i]);
		assert_int_equal(32, sas_key_decode(keys[i], key));
		for (k = 0; k < i; k++)
			assert_string_not_equal(keys[k], keys[i]);
	}
	assert_null(
	    hub_identity_policy_key(identity, "nobody", false, &rights));
	hub_identity_free(identity);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_the_certificate_is_made_out_to_every_name),
		TEST(test_keys_are_private_and_kept),
		TEST(test_a_new_name_makes_a_new_certificate_of_the_same_ca),
		TEST(test_half_a_certificate_is_made_anew),
		TEST(test_damaged_policies_are_never_replaced),
		TEST(test_the_hub_knows_its_names_in_any_case),
		TEST(test_policies_have_random_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
