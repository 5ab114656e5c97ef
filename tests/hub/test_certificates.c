/*
 * Devices that show themselves with a certificate: contract 5.1.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/authority.h"
#include "core/hub/hub.h"
#include "core/hub/registry.h"
#include "core/hub/sessions.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/protocol.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define NOBODYS "0123456789abcdef0123456789abcdef01234567"

/* A certificate that nobody has signed but itself. */
struct certificate {
	EVP_PKEY *key;
	X509 *x509;
	char sha1[2 * 20 + 1];
	char sha256[2 * 32 + 1];
};

static struct certificate mine, others;

static void
thumbprint(const X509 *x509, const EVP_MD *digest, char *hex)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int len;

	assert_int_equal(1, X509_digest(x509, digest, bytes, &len));
	str_hex(hex, bytes, len);
}

static void
make(struct certificate *c, long serial)
{
	X509_NAME *name;

	c->key = EVP_EC_gen("P-256");
	c->x509 = X509_new();
	assert_non_null(c->key);
	ASN1_INTEGER_set(X509_get_serialNumber(c->x509), serial);
	X509_gmtime_adj(X509_getm_notBefore(c->x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(c->x509), 3600);
	X509_set_pubkey(c->x509, c->key);
	name = X509_get_subject_name(c->x509);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)"d", -1, -1, 0);
	X509_set_issuer_name(c->x509, name);
	assert_true(X509_sign(c->x509, c->key, EVP_sha256()) > 0);
	thumbprint(c->x509, EVP_sha1(), c->sha1);
	thumbprint(c->x509, EVP_sha256(), c->sha256);
}

static void
fini(struct certificate *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
}

static int
set_up(void **state)
{
	make(&mine, 1);
	make(&others, 2);
	*state = rig_new();
	return 0;
}

static int
tear_down(void **state)
{
	rig_free(*state);
	fini(&mine);
	fini(&others);
	return 0;
}

/* PUT as a service; body is printf's. */
static void
put(struct rig *rig, const char *device_id, const char *if_match,
    const char *type, const char *primary, const char *secondary)
{
	char *text = xasprintf("{\"status\":\"%s\",\"authentication\":{"
			       "\"type\":\"%s\",\"x509Thumbprint\":{"
			       "\"primaryThumbprint\":\"%s\","
			       "\"secondaryThumbprint\":\"%s\"}}}",
	    type[0] == '-' ? "disabled" : "enabled", type + (type[0] == '-'),
	    primary, secondary);
	cJSON *body = cJSON_Parse(text);
	struct err err = { 0 };

	assert_non_null(body);
	if (hub_registry_put(
		rig_hub(rig)->registry, device_id, body, if_match, &err) == -1)
		fail_msg("%s", err.text);
	rig_turn(rig, 0);
	cJSON_Delete(body);
	free(text);
}

/* CONNECT without a password: the code in CONNACK. */
static int
say_connect(struct rig_client *client, const char *device_id)
{
	char *user =
	    xasprintf("127.0.0.1/%s/?api-version=2021-04-12", device_id);
	struct mqtt_connect connect = {
		.client_id = mqtt_str(device_id),
		.user_name = mqtt_str(user),
		.keep_alive_s = 60,
		.clean_session = true,
	};
	struct strbuf packet = { 0 };
	int code;

	mqtt_connect_write(&packet, &connect);
	rig_client_send(client, packet.data, packet.len);
	rig_client_read(client, &packet);
	assert_int_equal(4, packet.len);
	assert_int_equal(MQTT_CONNACK << 4, (unsigned char)packet.data[0]);
	code = packet.data[3];
	strbuf_fini(&packet);
	free(user);
	return code;
}

static char *
upper(const char *hex)
{
	char *text = xstrdup(hex), *p;

	for (p = text; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	return text;
}

/* What is registered, what is shown, and what comes of it. */
static void
test_the_thumbprint_has_to_be_the_identitys(void **state)
{
	char *sha1 = upper(mine.sha1), *sha256 = upper(mine.sha256);
	const struct {
		const char *name;
		const char *type; /* behind '-': disabled */
		const char *primary, *secondary;
		struct certificate *shown;
		int code;
	} cases[] = {
		{ "SHA-1", "selfSigned", mine.sha1, "", &mine, 0 },
		{ "SHA-256", "selfSigned", mine.sha256, "", &mine, 0 },
		{ "SHA-1 in capitals", "selfSigned", sha1, "", &mine, 0 },
		{ "SHA-256 in capitals", "selfSigned", sha256, "", &mine, 0 },
		{ "the secondary", "selfSigned", NOBODYS, mine.sha1, &mine, 0 },
		{ "another's", "selfSigned", mine.sha1, "", &others, 5 },
		{ "nobody's", "selfSigned", NOBODYS, NOBODYS, &mine, 5 },
		{ "none shown", "selfSigned", mine.sha1, "", NULL, 5 },
		{ "disabled", "-selfSigned", mine.sha1, "", &mine, 5 },
		{ "a device with keys", "sas", mine.sha1, "", &mine, 5 },
		{ "a CA's", "certificateAuthority", mine.sha1, "", &mine, 5 },
	};
	struct rig_client *client;
	size_t i;
	char id[16];
	int code;

	for (i = 0; i < N_ROWS(cases); i++) {
		snprintf(id, sizeof(id), "x-%zu", i);
		put(*state, id, NULL, cases[i].type, cases[i].primary,
		    cases[i].secondary);
		client = cases[i].shown == NULL
		    ? rig_client_new(*state)
		    : rig_client_new_certified(
			  *state, cases[i].shown->x509, cases[i].shown->key);
		code = say_connect(client, id);
		if (code != cases[i].code)
			fail_msg("%s: CONNACK %d", cases[i].name, code);
		rig_client_free(client);
	}
	free(sha1);
	free(sha256);
}

/* One for that name, signed by another, or by itself when by is NULL. */
static void
make_signed(struct certificate *c, const char *name,
    const struct certificate *by, bool is_ca, long end_s)
{
	X509_NAME *subject;
	X509_EXTENSION *ca;

	if (by == NULL)
		by = c;
	c->key = EVP_EC_gen("P-256");
	c->x509 = X509_new();
	X509_set_version(c->x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c->x509), 7);
	X509_gmtime_adj(X509_getm_notBefore(c->x509), -7200);
	X509_gmtime_adj(X509_getm_notAfter(c->x509), end_s);
	X509_set_pubkey(c->x509, c->key);
	subject = X509_get_subject_name(c->x509);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(c->x509, X509_get_subject_name(by->x509));
	ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
	    is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	X509_add_ext(c->x509, ca, -1);
	X509_EXTENSION_free(ca);
	assert_true(X509_sign(c->x509, by->key, EVP_sha256()) > 0);
}

/* Whose certificates the hub trusts from now on. */
static void
trust(struct rig *rig, const struct certificate *ca)
{
	char path[] = "/tmp/twindeck-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");
	struct err err = { 0 };

	assert_non_null(file);
	PEM_write_X509(file, ca->x509);
	fclose(file);
	hub_authority_free(rig_hub(rig)->authority);
	rig_hub(rig)->authority = hub_authority_new(path, &err);
	unlink(path);
	if (rig_hub(rig)->authority == NULL)
		fail_msg("%s", err.text);
}

static void
connect_with(struct rig *rig, const char *what, const char *device_id,
    struct certificate *shown, int want)
{
	struct rig_client *client =
	    rig_client_new_certified(rig, shown->x509, shown->key);
	int code = say_connect(client, device_id);

	if (code != want)
		fail_msg("%s: CONNACK %d", what, code);
	rig_client_free(client);
}

enum { ROOT, MIDDLE, ELSE, GOOD, BELOW, FOREIGN, OVER, OWN, MODULE, ALL };

static void
test_a_ca_lets_in_whom_its_certificates_name(void **state)
{
	struct certificate c[ALL];
	int i;

	make_signed(&c[ROOT], "root", NULL, true, 3600);
	make_signed(&c[MIDDLE], "middle", &c[ROOT], true, 3600);
	make_signed(&c[ELSE], "root", NULL, true, 3600);
	make_signed(&c[GOOD], "by-ca", &c[ROOT], false, 3600);
	make_signed(&c[BELOW], "by-ca", &c[MIDDLE], false, 3600);
	make_signed(&c[FOREIGN], "by-ca", &c[ELSE], false, 3600);
	make_signed(&c[OVER], "by-ca", &c[ROOT], false, -3600);
	make_signed(&c[OWN], "by-ca", NULL, false, 3600);
	make_signed(&c[MODULE], "by-ca/m", &c[ROOT], false, 3600);
	put(*state, "by-ca", NULL, "certificateAuthority", "", "");
	put(*state, "BY-CA", NULL, "certificateAuthority", "", "");
	put(*state, "by-ca/m", NULL, "certificateAuthority", "", "");
	put(*state, "by-print", NULL, "selfSigned", NOBODYS, "");
	connect_with(*state, "a hub that trusts none", "by-ca", &c[GOOD], 5);
	trust(*state, &c[ROOT]);
	connect_with(*state, "its own", "by-ca", &c[GOOD], 0);
	connect_with(*state, "of another's name", "BY-CA", &c[GOOD], 5);
	connect_with(*state, "a module's", "by-ca/m", &c[MODULE], 0);
	connect_with(*state, "a device's", "by-ca/m", &c[GOOD], 5);
	connect_with(*state, "one with a thumbprint", "by-print", &c[GOOD], 5);
	connect_with(*state, "of a CA of that name", "by-ca", &c[FOREIGN], 5);
	connect_with(*state, "one that is over", "by-ca", &c[OVER], 5);
	connect_with(*state, "its own hand", "by-ca", &c[OWN], 5);
	connect_with(*state, "without what is between", "by-ca", &c[BELOW], 5);
	trust(*state, &c[MIDDLE]);
	connect_with(*state, "below the middle", "by-ca", &c[BELOW], 0);
	connect_with(*state, "above the middle", "by-ca", &c[GOOD], 5);
	for (i = 0; i < ALL; i++)
		fini(&c[i]);
}

static void
test_a_file_without_a_ca_is_none(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(hub_authority_new("/dev/null", &err));
	assert_int_equal(ERR_INVALID, err.code);
	assert_null(hub_authority_new("/nowhere/ca.pem", &err));
	assert_string_equal(
	    "/nowhere/ca.pem: no certificate can be read there", err.text);
}

static void
test_a_device_that_does_not_exist_is_refused_alike(void **state)
{
	struct rig_client *client =
	    rig_client_new_certified(*state, mine.x509, mine.key);

	assert_int_equal(5, say_connect(client, "nobody"));
	rig_client_free(client);
}

static void
test_a_token_is_good_whatever_certificate_is_shown(void **state)
{
	struct rig_client *client =
	    rig_client_new_certified(*state, mine.x509, mine.key);

	rig_add_device(*state, "with-keys");
	assert_false(
	    rig_client_connect(client, "with-keys", true, 60, RIG_HOUR));
	rig_client_free(client);
}

static void
test_a_new_thumbprint_ends_the_connection_of_the_old(void **state)
{
	struct rig_client *client =
	    rig_client_new_certified(*state, mine.x509, mine.key);

	put(*state, "moves", NULL, "selfSigned", mine.sha1, "");
	assert_int_equal(0, say_connect(client, "moves"));
	put(*state, "moves", "*", "selfSigned", mine.sha1, "");
	assert_true(
	    hub_sessions_is_connected(rig_hub(*state)->sessions, "moves"));
	put(*state, "moves", "*", "selfSigned", others.sha1, "");
	assert_true(rig_client_is_closed(client, RIG_PATIENCE_MS));
	rig_client_free(client);
	client = rig_client_new_certified(*state, mine.x509, mine.key);
	assert_int_equal(5, say_connect(client, "moves"));
	rig_client_free(client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_thumbprint_has_to_be_the_identitys),
		cmocka_unit_test(test_a_ca_lets_in_whom_its_certificates_name),
		cmocka_unit_test(test_a_file_without_a_ca_is_none),
		cmocka_unit_test(
		    test_a_device_that_does_not_exist_is_refused_alike),
		cmocka_unit_test(
		    test_a_token_is_good_whatever_certificate_is_shown),
		cmocka_unit_test(
		    test_a_new_thumbprint_ends_the_connection_of_the_old),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
