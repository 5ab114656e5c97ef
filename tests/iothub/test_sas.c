#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/iothub/sas.h"
#include "tests/support/test.h"

/* Keys whose signatures below hold '+', '/' and '='. */
#define KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define OTHER_KEY "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="

enum sig_form {
	SIG_UPPER,     /* %2B %2F %3D */
	SIG_LOWER,     /* %2b %2f %3d */
	SIG_RAW_SLASH, /* %2B / %3D */
};

/* How each SDK writes its token; %s is the signature, %d the expiry. */
static const struct producer {
	const char *name;
	const char *sr; /* signed as it stands */
	enum sig_form sig;
	const char *format; /* sr, sig, se */
	const char *host, *path, *policy;
} producers[] = {
	{ "Node device", "localhost%2Fdevices%2Fd1", SIG_UPPER,
	    "sr=%s&sig=%s&se=%s", "localhost", "/devices/d1", NULL },
	{ "Node device, other port", "localhost%3A18883%2Fdevices%2Fd1",
	    SIG_UPPER, "sr=%s&sig=%s&se=%s", "localhost", "/devices/d1", NULL },
	{ "Node device, odd id", "h%2Fdevices%2Fd%21%27%28%29%2A%25", SIG_UPPER,
	    "sr=%s&sig=%s&se=%s", "h", "/devices/d!'()*%", NULL },
	{ "Node service", "My.Hub.net", SIG_UPPER,
	    "sr=%s&sig=%2$s&skn=iothubowner&se=%3$s", "my.hub.net", "",
	    "iothubowner" },
	{ "Python device", "h%2Fdevices%2Fd1%2Fmodules%2Fm1", SIG_UPPER,
	    "sr=%s&sig=%s&se=%s", "h", "/devices/d1/modules/m1", NULL },
	{ "Python service", "localhost%3A18443", SIG_RAW_SLASH,
	    "sr=%s&sig=%s&se=%s&skn=iothubowner", "localhost", "",
	    "iothubowner" },
	{ "C device", "127.0.0.1/devices/d1", SIG_LOWER, "sr=%s&sig=%s&se=%s",
	    "127.0.0.1", "/devices/d1", NULL },
	{ "C device, empty policy", "127.0.0.1/devices/d1", SIG_LOWER,
	    "sr=%s&sig=%s&se=%s&skn=", "127.0.0.1", "/devices/d1", NULL },
	{ "C service", "127.0.0.1:19443", SIG_LOWER,
	    "sr=%s&sig=%s&se=%s&skn=service", "127.0.0.1", "", "service" },
	{ "C# device", "h%2fdevices%2fD1", SIG_LOWER,
	    "sr=%s&sig=%s&se=%s&skn=device", "h", "/devices/D1", "device" },
	{ "editor extension", "h%2Fdevices%2Fd1%2F%3Fapi-version%3D2018-06-30",
	    SIG_UPPER, "sr=%s&sig=%s&se=%s", "h", "/devices/d1", NULL },
	{ "old tool", "h/devices/d1/api-version=2016-11-14", SIG_UPPER,
	    "sr=%s&sig=%s&se=%s", "h", "/devices/d1", NULL },
	{ "IPv6", "%5B%3A%3A1%5D%3A8443%2Fdevices%2Fd1%2F", SIG_UPPER,
	    "se=%3$s&sr=%1$s&sig=%2$s", "[::1]", "/devices/d1", NULL },
};

/* The signature, computed apart from the code under test. */
static char *
signature(const char *sr, const char *se, enum sig_form form)
{
	unsigned char key[64], digest[32];
	char *text = xasprintf("%s\n%s", sr, se), base64[64], *p;
	struct strbuf out = { 0 };
	int n = EVP_DecodeBlock(key, (const unsigned char *)KEY, strlen(KEY));

	assert_non_null(HMAC(EVP_sha256(), key, n - 1,
	    (const unsigned char *)text, strlen(text), digest, NULL));
	EVP_EncodeBlock((unsigned char *)base64, digest, sizeof(digest));
	for (p = base64; *p != '\0'; p++) {
		if (strchr("+/=", *p) == NULL ||
		    (*p == '/' && form == SIG_RAW_SLASH))
			strbuf_putc(&out, *p);
		else
			strbuf_printf(&out, form == SIG_LOWER ? "%%%02x"
							      : "%%%02X",
			    (unsigned int)*p);
	}
	free(text);
	return strbuf_take(&out);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static char *
token_of(const struct producer *p, const char *se)
{
	char *sig = signature(p->sr, se, p->sig), *fields = NULL, *token;
	const char *format = p->format;
	char positional[80];

	/* Plain %s in order, or positions: printf() takes no mix. */
	if (strchr(format, '$') != NULL && strstr(format, "%s") != NULL) {
		snprintf(positional, sizeof(positional), "sr=%%1$s%s",
		    strchr(format, '&'));
		format = positional;
	}
	assert_int_not_equal(-1, asprintf(&fields, format, p->sr, sig, se));
	token = xasprintf("SharedAccessSignature %s", fields);
	free(fields);
	free(sig);
	return token;
}
#pragma GCC diagnostic pop

static void
test_every_producers_token_is_understood(void **state)
{
	/* Three expiries, so that each alphabet of base64 comes up. */
	static const char *const expiries[] = { "1795306460", "1795306461",
		"1795306466" };
	const struct producer *p;
	struct sas_token t;
	struct err err;
	size_t i;
	char *text;

	(void)state;
	for (p = producers; p < producers + N_ROWS(producers); p++)
		for (i = 0; i < N_ROWS(expiries); i++) {
			text = token_of(p, expiries[i]);
			err_clear(&err);
			if (sas_token_parse(text, &t, &err) == -1)
				fail_msg("%s: %s", p->name, err.text);
			assert_string_equal(p->host, t.host);
			assert_string_equal(p->path, t.path);
			if (p->policy == NULL)
				assert_null(t.policy);
			else
				assert_string_equal(p->policy, t.policy);
			assert_true(t.expiry_s == atoll(expiries[i]));
			assert_true(sas_token_signed_by(&t, KEY));
			assert_false(sas_token_signed_by(&t, OTHER_KEY));
			assert_false(sas_token_signed_by(&t, NULL));
			assert_false(sas_token_signed_by(&t, "short"));
			sas_token_fini(&t);
			free(text);
		}
}

static void
test_what_is_signed_is_what_was_sent(void **state)
{
	struct sas_token t;
	struct err err = { 0 };
	char *text = token_of(&producers[0], "1795306460"), *p;

	(void)state;
	/* The same resource, encoded otherwise, is another text. */
	p = strstr(text, "%2Fdevices");
	assert_non_null(p);
	p[2] = 'f';
	assert_int_equal(0, sas_token_parse(text, &t, &err));
	assert_string_equal("/devices/d1", t.path);
	assert_false(sas_token_signed_by(&t, KEY));
	sas_token_fini(&t);
	free(text);
}

static void
test_our_own_token_is_as_the_contract_says(void **state)
{
	struct sas_token t;
	struct err err = { 0 };
	char *text = sas_token_new(
	    "h:8443/devices/d 1#", KEY, "iothub owner", 1795306460, &err);
	char *sig, *expected;

	(void)state;
	assert_non_null(text);
	sig = signature(
	    "h%3A8443%2Fdevices%2Fd%201%23", "1795306460", SIG_UPPER);
	expected = xasprintf("SharedAccessSignature sr=h%%3A8443%%2Fdevices"
	    "%%2Fd%%201%%23&sig=%s&se=1795306460&skn=iothub%%20owner", sig);
	assert_string_equal(expected, text);
	assert_int_equal(0, sas_token_parse(text, &t, &err));
	assert_string_equal("h", t.host);
	assert_string_equal("iothub owner", t.policy);
	assert_true(sas_token_signed_by(&t, KEY));
	sas_token_fini(&t);
	free(sig);
	free(expected);
	free(text);
}

static void
test_a_malformed_token_is_refused(void **state)
{
#define SIG "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY%3D"
	static const char *const bad[] = { "", "SharedAccessSignature ",
		"Bearer x", "sharedaccesssignature sr=h&sig=" SIG "&se=1",
		"SharedAccessSignature  sr=h&sig=" SIG "&se=1",
		"SharedAccessSignature sig=" SIG "&se=1",
		"SharedAccessSignature sr=h&se=1",
		"SharedAccessSignature sr=h&sig=" SIG,
		"SharedAccessSignature sr=h&sig=" SIG "&se=",
		"SharedAccessSignature sr=h&sig=" SIG "&se=1.5",
		"SharedAccessSignature sr=h&sig=" SIG "&se=-1",
		"SharedAccessSignature sr=h&sig=" SIG "&se=99999999999999999999",
		"SharedAccessSignature sr=h&sr=g&sig=" SIG "&se=1",
		"SharedAccessSignature sr=h&sig=" SIG "&se=1&x",
		"SharedAccessSignature sr=h&sig=AAAA&se=1",
		"SharedAccessSignature sr=h&sig=%%%&se=1" };
	char huge[SAS_TOKEN_MAX + 100];
	struct sas_token t;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(bad); i++) {
		err_clear(&err);
		assert_int_equal(-1, sas_token_parse(bad[i], &t, &err));
		assert_int_equal(ERR_UNAUTHORIZED, err.code);
		assert_null(strstr(err.text, "sig="));
		assert_null(t.sr_raw);
	}
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	memcpy(huge, "SharedAccessSignature sr=", 25);
	assert_int_equal(-1, sas_token_parse(huge, &t, &err));
}

static void
test_a_token_covers_by_whole_segments(void **state)
{
	static const struct {
		const char *token, *path;
		bool covers;
	} rows[] = {
		{ "", "/devices/d1", true },
		{ "", "", true },
		{ "/devices/d1", "/devices/d1", true },
		{ "/devices/d1", "/devices/d1/messages/events", true },
		{ "/devices/d1", "/devices/d1/modules/m", true },
		{ "/devices/d1", "/devices/d10", false },
		{ "/devices/d1", "/devices/D1", false },
		{ "/devices/d1", "/devices", false },
		{ "/devices/d1", "", false },
		{ "/devices/d1/modules/m", "/devices/d1", false },
	};
	struct sas_token t = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		t.path = xstrdup(rows[i].token);
		assert_int_equal(
		    rows[i].covers, sas_token_covers(&t, rows[i].path));
		free(t.path);
	}
}

static void
test_keys_have_sixteen_to_sixty_four_bytes(void **state)
{
	unsigned char key[SAS_KEY_MAX], data[SAS_KEY_MAX + 1] = { 1 };
	struct err err = { 0 };
	size_t len;
	char *text;

	(void)state;
	for (len = 1; len <= sizeof(data); len++) {
		text = str_base64_encode(data, len);
		assert_int_equal(len >= 16 && len <= 64 ? (int)len : -1,
		    sas_key_decode(text, key));
		free(text);
	}
	assert_int_equal(-1, sas_key_decode("", key));
	assert_int_equal(-1, sas_key_decode("no base64 at all!", key));
	assert_null(sas_token_new("h", "bm8=", NULL, 1, &err));
	assert_int_equal(ERR_INVALID, err.code);
	assert_null(strstr(err.text, "bm8="));
}

static void
test_a_new_key_is_random(void **state)
{
	unsigned char key[SAS_KEY_MAX];
	char *a = sas_key_new(), *b = sas_key_new();

	(void)state;
	assert_int_equal(32, sas_key_decode(a, key));
	assert_string_not_equal(a, b);
	xfree_secret(a);
	xfree_secret(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_producers_token_is_understood),
		cmocka_unit_test(test_what_is_signed_is_what_was_sent),
		cmocka_unit_test(test_our_own_token_is_as_the_contract_says),
		cmocka_unit_test(test_a_malformed_token_is_refused),
		cmocka_unit_test(test_a_token_covers_by_whole_segments),
		cmocka_unit_test(test_keys_have_sixteen_to_sixty_four_bytes),
		cmocka_unit_test(test_a_new_key_is_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
