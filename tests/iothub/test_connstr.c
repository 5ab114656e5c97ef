#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/iothub/connstr.h"
#include "tests/support/test.h"

#define KEY "AAAAAAAAAAAAAAAAAAAAAA=="
#define MASKED "\x01" /* what must never be shown */

/* What is typed | what connstr_format() writes. */
static const char *const accepted[][2] = {
	{ "HostName=h.x;SharedAccessKeyName=iothubowner;SharedAccessKey=" KEY,
	    "HostName=h.x;SharedAccessKeyName=iothubowner;SharedAccessKey=" KEY },
	{ "HostName=h;DeviceId=d1;SharedAccessKey=" KEY,
	    "HostName=h;DeviceId=d1;SharedAccessKey=" KEY },
	{ "HostName=h;DeviceId=d1;x509=true", "HostName=h;DeviceId=d1;x509=true" },
	{ "HostName=h;DeviceId=d1;x509=True", "HostName=h;DeviceId=d1;x509=true" },
	{ "HostName=h;DeviceId=d1;ModuleId=m1;SharedAccessKey=" KEY,
	    "HostName=h;DeviceId=d1;ModuleId=m1;SharedAccessKey=" KEY },
	{ "HostName=h;DeviceId=d1;SharedAccessKey=" KEY ";GatewayHostName=g:1",
	    "HostName=h;DeviceId=d1;SharedAccessKey=" KEY ";GatewayHostName=g:1" },
	{ "HostName=h;DeviceId=d1;SharedAccessSignature=SharedAccessSignature "
	  "sr=h&sig=x%3D&se=1",
	    "HostName=h;DeviceId=d1;SharedAccessSignature=SharedAccessSignature "
	    "sr=h&sig=x%3D&se=1" },
	/* Outer white space and quotes, empty parts, unknown keys, order. */
	{ " \"SharedAccessKey=" KEY ";;DeviceId=a=b;HostName=h;\"\n",
	    "HostName=h;DeviceId=a=b;SharedAccessKey=" KEY },
	{ "'HostName=h; DeviceId=d1;UseProvisioning=true;SharedAccessKey=" KEY "'",
	    "HostName=h;DeviceId=d1;SharedAccessKey=" KEY },
	{ "HostName=127.0.0.1:8443;SharedAccessKeyName=service;SharedAccessKey="
	  KEY,
	    "HostName=127.0.0.1:8443;SharedAccessKeyName=service;"
	    "SharedAccessKey=" KEY },
};

static const struct {
	const char *text, *words; /* behind "connection string: " */
} refused[] = {
	{ "", "it is empty" },
	{ " '' ", "it is empty" },
	{ "HostName=h;" MASKED, "a part without '='; expected HostName=…;"
	    "SharedAccessKeyName=…;SharedAccessKey=…, or DeviceId=… in the "
	    "middle for a device" },
	{ MASKED "AAAAAAAAAAAAAAAAAAAA=", "a part has no value" },
	{ "HostName=h;DeviceId=;SharedAccessKey=" MASKED,
	    "DeviceId has no value" },
	{ "HostName=h;DeviceId=a;DeviceId=b;SharedAccessKey=" MASKED,
	    "DeviceId stands twice" },
	{ "hostname=h;DeviceId=a;SharedAccessKey=" MASKED,
	    "write HostName, not hostname" },
	{ "DeviceId=a;SharedAccessKey=" MASKED, "HostName is missing" },
	{ "HostName=h;SharedAccessKey=" MASKED,
	    "neither SharedAccessKeyName (a service string) nor DeviceId (a "
	    "device string) is there" },
	{ "HostName=h;SharedAccessKeyName=service",
	    "SharedAccessKey is missing" },
	{ "HostName=h;DeviceId=a;x509=false", "SharedAccessKey is missing" },
	{ "HostName=h;DeviceId=a;x509=yes", "x509 is true or false" },
	{ "HostName=h;SharedAccessKeyName=s;ModuleId=m;SharedAccessKey=" MASKED,
	    "ModuleId without DeviceId" },
	{ "HostName=h:0;DeviceId=a;SharedAccessKey=" MASKED,
	    "the port in HostName is not a number from 1 to 65535" },
	{ "HostName=h:;DeviceId=a;SharedAccessKey=" MASKED,
	    "the port in HostName is not a number from 1 to 65535" },
	{ "HostName=:8443;DeviceId=a;SharedAccessKey=" MASKED,
	    "HostName is not a host name" },
	{ "HostName=https://h;DeviceId=a;SharedAccessKey=" MASKED,
	    "the port in HostName is not a number from 1 to 65535" },
	{ "HostName=h/x;DeviceId=a;SharedAccessKey=" MASKED,
	    "HostName is not a host name" },
	{ "HostName=h;DeviceId=a b;SharedAccessKey=" MASKED,
	    "a device id holds ASCII letters, digits and - : . + % _ # * ? ! "
	    "( ) , = @ ; $ ', not the byte 0x20" },
};

static void
test_every_form_is_read_and_written_for_the_strictest_parser(void **state)
{
	struct connstr cs;
	struct err err = { 0 };
	size_t i;
	char *out;

	(void)state;
	for (i = 0; i < N_ROWS(accepted); i++) {
		assert_int_equal(0, connstr_parse(accepted[i][0], &cs, &err));
		out = connstr_format(&cs);
		assert_string_equal(accepted[i][1], out);
		xfree_secret(out);
		connstr_fini(&cs);
	}
}

static void
test_a_refusal_says_why_and_shows_no_secret(void **state)
{
	struct connstr cs;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(refused); i++) {
		err_clear(&err);
		assert_int_equal(-1, connstr_parse(refused[i].text, &cs, &err));
		assert_int_equal(ERR_INVALID, err.code);
		assert_memory_equal("connection string: ", err.text, 19);
		assert_string_equal(refused[i].words, err.text + 19);
		assert_null(cs.host);
		assert_null(cs.key);
	}
}

static void
host_is(const char *host, const char *name, int port)
{
	char *text = xasprintf("HostName=%s;DeviceId=d;SharedAccessKey=" KEY,
	    host);
	struct connstr cs;
	struct err err = { 0 };

	assert_int_equal(0, connstr_parse(text, &cs, &err));
	assert_string_equal(host, cs.host);
	assert_string_equal(name, cs.host_name);
	assert_int_equal(port, cs.port);
	connstr_fini(&cs);
	free(text);
}

static void
test_the_port_is_taken_off_for_connecting_only(void **state)
{
	(void)state;
	host_is("my.Hub.net", "my.Hub.net", 0);
	host_is("localhost:18443", "localhost", 18443);
	host_is("[::1]:8443", "[::1]", 8443);
	host_is("[::1]", "[::1]", 0);
	host_is("::1", "::1", 0);
}

static void
test_a_service_string_is_told_from_a_device_string(void **state)
{
	struct connstr cs;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(0, connstr_parse(accepted[0][0], &cs, &err));
	assert_true(connstr_is_service(&cs));
	connstr_fini(&cs);
	assert_int_equal(0, connstr_parse(accepted[1][0], &cs, &err));
	assert_false(connstr_is_service(&cs));
	connstr_fini(&cs);
	/* A policy may sign for a device, too. */
	assert_int_equal(0, connstr_parse("HostName=h;DeviceId=d;"
	    "SharedAccessKeyName=device;SharedAccessKey=" KEY, &cs, &err));
	assert_false(connstr_is_service(&cs));
	connstr_fini(&cs);
}

static void
test_a_string_over_the_limit_is_refused(void **state)
{
	char text[CONNSTR_MAX + 2];
	struct connstr cs;
	struct err err = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(-1, connstr_parse(text, &cs, &err));
	assert_int_equal(ERR_LIMIT, err.code);
}

static void
test_ids_hold_what_iot_hub_allows(void **state)
{
	char longest[130];
	struct err err = { 0 };

	(void)state;
	memset(longest, 'd', sizeof(longest));
	longest[128] = '\0';
	assert_int_equal(0, device_id_check(longest, &err));
	longest[128] = 'd';
	longest[129] = '\0';
	assert_int_equal(-1, device_id_check(longest, &err));
	assert_int_equal(-1, device_id_check("", &err));
	assert_int_equal(0, device_id_check("aZ09-:.+%_#*?!(),=@;$'", &err));
	assert_int_equal(-1, device_id_check("a/b", &err));
	assert_int_equal(-1, device_id_check("č", &err));
	assert_int_equal(-1, device_id_check("a\"b", &err));
	assert_int_equal(ERR_INVALID, err.code);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_every_form_is_read_and_written_for_the_strictest_parser),
		cmocka_unit_test(test_a_refusal_says_why_and_shows_no_secret),
		cmocka_unit_test(
		    test_the_port_is_taken_off_for_connecting_only),
		cmocka_unit_test(
		    test_a_service_string_is_told_from_a_device_string),
		cmocka_unit_test(test_a_string_over_the_limit_is_refused),
		cmocka_unit_test(test_ids_hold_what_iot_hub_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
