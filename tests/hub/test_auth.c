#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/auth.h"
#include "core/hub/faults.h"
#include "core/hub/identity.h"
#include "core/hub/registry.h"
#include "tests/hub/world.h"
#include "tests/support/test.h"

static struct world world;

static int
setup(void **state)
{
	*state = &world;
	world_init(&world);
	world_add_device(&world, "d1");
	world_add_device(&world, "d10");
	world_add_device(&world, "D#1");
	return 0;
}

/* How a producer writes what has to be escaped. */
enum escapes { RAW, UPPER, LOWER, RAW_SLASH };

static void
put_escaped(struct strbuf *out, const char *s, enum escapes how)
{
	for (; *s != '\0'; s++) {
		if (how == RAW || isalnum((unsigned char)*s) ||
		    strchr("-_.~", *s) != NULL ||
		    (how == RAW_SLASH && *s == '/'))
			strbuf_putc(out, *s);
		else
			strbuf_printf(out, how == LOWER ? "%%%02x" : "%%%02X",
			    (unsigned int)(unsigned char)*s);
	}
}

/* What a test asks for; se relative to now. */
struct wish {
	const char *resource;
	enum escapes sr, sig;
	const char *order; /* r s e k: which fields, and in which order */
	const char *policy;
	const char *key; /* base64 */
	int64_t life_s;
};

static char *
token_of(const struct wish *w)
{
	unsigned char key[64], digest[32];
	char base64[64], se[32];
	struct strbuf sr = { 0 }, text = { 0 }, out = { 0 };
	const char *field;
	ssize_t n = str_base64_decode(w->key, strlen(w->key), key, 64);

	put_escaped(&sr, w->resource, w->sr);
	snprintf(se, sizeof(se), "%" PRId64, clock_utc_us() / 1000000 + w->life_s);
	strbuf_printf(&text, "%s\n%s", strbuf_str(&sr), se);
	HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)text.data,
	    text.len, digest, NULL);
	EVP_EncodeBlock((unsigned char *)base64, digest, sizeof(digest));
	strbuf_puts(&out, "SharedAccessSignature ");
	for (field = w->order; *field != '\0'; field++) {
		if (field != w->order)
			strbuf_putc(&out, '&');
		if (*field == 'r') {
			strbuf_printf(&out, "sr=%s", strbuf_str(&sr));
		} else if (*field == 's') {
			strbuf_puts(&out, "sig=");
			put_escaped(&out, base64, w->sig);
		} else if (*field == 'e') {
			strbuf_printf(&out, "se=%s", se);
		} else {
			strbuf_printf(&out, "skn=%s", w->policy);
		}
	}
	strbuf_fini(&sr);
	strbuf_fini(&text);
	return strbuf_take(&out);
}

static const char *
policy_key(const char *policy, bool secondary)
{
	return hub_identity_policy_key(
	    hub_get_identity(world.hub), policy, secondary, NULL);
}

/* Several expiries, so that every character of base64 comes up. */
#define LIVES 12

/* The encodings of contract 2.2, with a device's own key. */
static const struct {
	const char *name, *resource;
	enum escapes sr, sig;
	const char *order;
} device_producers[] = {
	{ "Node", "localhost/devices/d1", UPPER, UPPER, "rse" },
	{ "Node, with a port", "localhost:18883/devices/d1", UPPER, UPPER,
	    "rse" },
	{ "Python", "127.0.0.1/devices/d1", UPPER, UPPER, "rse" },
	{ "C", "127.0.0.1/devices/d1", RAW, LOWER, "rse" },
	{ "C, with a port", "127.0.0.1:18883/devices/d1", RAW, LOWER, "rse" },
	{ "C#", "LOCAL/devices/d1", LOWER, LOWER, "rse" },
	{ "any order", "local/devices/d1", UPPER, UPPER, "esr" },
	{ "old tool", "local/devices/d1/?api-version=2016-11-14", UPPER, UPPER,
	    "rse" },
	{ "IPv6", "[::1]:8883/devices/d1", UPPER, UPPER, "rse" },
};

/* Traps 5, 6 and 7 of the contract: sr signed as it came, sig in any escapes,
 * sr with a port. */
static void
test_every_producers_device_token_is_taken(void **state)
{
	struct wish w = { .key = WORLD_KEY };
	int64_t expiry;
	struct err err;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(device_producers); i++) {
		w.resource = device_producers[i].resource;
		w.sr = device_producers[i].sr;
		w.sig = device_producers[i].sig;
		w.order = device_producers[i].order;
		for (w.life_s = 100; w.life_s < 100 + LIVES; w.life_s++) {
			token = token_of(&w);
			if (hub_auth_device(world.hub, token, "d1",
				&expiry, &err) == -1)
				fail_msg("%s: %s", device_producers[i].name,
				    err.text);
			assert_true(expiry > time(NULL) + w.life_s - 10);
			free(token);
		}
	}
}

static const struct {
	const char *name, *resource;
	enum escapes sr, sig;
	const char *order, *policy;
} service_producers[] = {
	{ "Node", "127.0.0.1", RAW, UPPER, "rske", "iothubowner" },
	{ "Python", "localhost:18443", UPPER, RAW_SLASH, "rsek",
	    "iothubowner" },
	{ "C", "127.0.0.1:19443", RAW, LOWER, "rsek", "service" },
	{ "C#", "LocalHost", LOWER, LOWER, "rsek", "service" },
};

static void
test_every_producers_service_token_is_taken(void **state)
{
	struct wish w = { 0 };
	struct err err;
	char *token;
	size_t i;
	int twice;

	(void)state;
	for (i = 0; i < N_ROWS(service_producers); i++) {
		w.resource = service_producers[i].resource;
		w.sr = service_producers[i].sr;
		w.sig = service_producers[i].sig;
		w.order = service_producers[i].order;
		w.policy = service_producers[i].policy;
		for (w.life_s = 100; w.life_s < 100 + LIVES; w.life_s++) {
			w.key = policy_key(w.policy, w.life_s % 2 == 0);
			token = token_of(&w);
			/* The second time from memory. */
			for (twice = 0; twice < 2; twice++)
				if (hub_auth_service(world.hub->auth, token,
					"/twins/d1", HUB_SERVICE_CONNECT,
					&err) == -1)
					fail_msg("%s: %s",
					    service_producers[i].name,
					    err.text);
			free(token);
		}
	}
}

/* "P" and "S" in key: the policy's primary and secondary. */
static const struct {
	const char *device_id, *resource, *order, *policy, *key;
	int64_t life_s;
	const char *words; /* NULL: taken */
} device_rows[] = {
	{ "d1", "local/devices/d1", "rse", NULL, WORLD_OTHER_KEY, 60, NULL },
	{ "d1", "local/devices/d1", "rsek", "device", "P", 60, NULL },
	{ "d1", "local", "rsek", "device", "S", 60, NULL },
	{ "d1", "local/devices", "rsek", "iothubowner", "P", 60, NULL },
	{ "D#1", "local/devices/D#1", "rse", NULL, WORLD_KEY, 60, NULL },
	{ "d1", "local/devices/d1", "rse", NULL, WORLD_KEY, 0,
	    "the token has expired" },
	{ "d1", "local/devices/d1", "rse", NULL, WORLD_KEY, -3600,
	    "the token has expired" },
	{ "d10", "local/devices/d1", "rse", NULL, WORLD_KEY, 60,
	    "the token is for another resource" },
	{ "d1", "local/devices/d1/messages", "rse", NULL, WORLD_KEY, 60,
	    "the token is for another resource" },
	{ "d1", "local/devices/D1", "rse", NULL, WORLD_KEY, 60,
	    "the token is for another resource" },
	{ "d1", "local", "rse", NULL, WORLD_KEY, 60,
	    "the token is for another resource" },
	{ "d1", "other.hub/devices/d1", "rse", NULL, WORLD_KEY, 60,
	    "the token is for other.hub, which is not this hub" },
	{ "d1", "local/devices/d1", "rsek", "service", "P", 60,
	    "the policy lacks DeviceConnect" },
	{ "d1", "local/devices/d1", "rsek", "nobody", WORLD_KEY, 60,
	    "the token's signature is wrong" },
	{ "d1", "local/devices/d1", "rsek", "device", WORLD_KEY, 60,
	    "the token's signature is wrong" },
	{ "nobody", "local/devices/nobody", "rse", NULL, WORLD_KEY, 60,
	    "no such device" },
	{ "d1", "local/devices/d1", "rs", NULL, WORLD_KEY, 60,
	    "the SharedAccessSignature is malformed" },
};

static void
test_device_tokens_are_held_to_the_rules(void **state)
{
	struct wish w = { .sr = UPPER, .sig = UPPER };
	int64_t expiry;
	struct err err;
	char *token;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < N_ROWS(device_rows); i++) {
		w.resource = device_rows[i].resource;
		w.order = device_rows[i].order;
		w.policy = device_rows[i].policy;
		w.life_s = device_rows[i].life_s;
		w.key = strlen(device_rows[i].key) == 1
		    ? policy_key(w.policy, device_rows[i].key[0] == 'S')
		    : device_rows[i].key;
		token = token_of(&w);
		err_clear(&err);
		rc = hub_auth_device(world.hub, token,
		    device_rows[i].device_id, &expiry, &err);
		assert_string_equal(device_rows[i].words != NULL
			? device_rows[i].words
			: "",
		    err.text);
		assert_int_equal(device_rows[i].words != NULL ? -1 : 0, rc);
		if (rc == -1)
			assert_int_equal(ERR_UNAUTHORIZED, err.code);
		free(token);
	}
}

static void
test_a_disabled_device_is_refused_and_its_modules(void **state)
{
	struct wish w = { "local/devices/d10", UPPER, UPPER, "rse", NULL,
		WORLD_KEY, 60 };
	cJSON *body = cJSON_Parse(
	    "{\"status\":\"disabled\",\"authentication\":{\"symmetricKey\":{"
	    "\"primaryKey\":\"" WORLD_KEY "\",\"secondaryKey\":\"" WORLD_KEY
	    "\"}}}");
	char *token = token_of(&w), *module_token;
	int64_t expiry;
	struct err err;

	(void)state;
	world_add_device(&world, "d10/m1");
	w.resource = "local/devices/d10/modules/m1";
	module_token = token_of(&w);
	assert_int_equal(0,
	    hub_auth_device(world.hub, token, "d10", &expiry, &err));
	assert_int_equal(0,
	    hub_auth_device(world.hub, module_token, "d10/m1", &expiry, &err));
	assert_int_equal(0,
	    hub_registry_put(world.hub->registry, "d10", body, "*", &err));
	assert_int_equal(-1,
	    hub_auth_device(world.hub, token, "d10", &expiry, &err));
	assert_string_equal("the device is disabled", err.text);
	assert_int_equal(-1,
	    hub_auth_device(world.hub, module_token, "d10/m1", &expiry, &err));
	assert_string_equal("the device is disabled", err.text);
	free(module_token);
	cJSON_Delete(body);
	free(token);
}

static const struct {
	const char *policy;
	int rights;
} granted[] = {
	{ "iothubowner",
	    HUB_REGISTRY_READ | HUB_REGISTRY_WRITE | HUB_SERVICE_CONNECT |
		HUB_DEVICE_CONNECT },
	{ "service", HUB_SERVICE_CONNECT },
	{ "device", HUB_DEVICE_CONNECT },
	{ "registryRead", HUB_REGISTRY_READ },
	{ "registryReadWrite", HUB_REGISTRY_READ | HUB_REGISTRY_WRITE },
};

static void
test_each_policy_has_its_rights_and_no_other(void **state)
{
	struct wish w = { .resource = "local", .sig = UPPER, .order = "rsek",
		.life_s = 60 };
	struct err err;
	char *token;
	size_t i;
	int right;

	(void)state;
	for (i = 0; i < N_ROWS(granted); i++) {
		w.policy = granted[i].policy;
		w.key = policy_key(w.policy, false);
		token = token_of(&w);
		for (right = 1; right <= HUB_DEVICE_CONNECT; right *= 2)
			assert_int_equal((granted[i].rights & right) != 0 ? 0
									  : -1,
			    hub_auth_service(world.hub->auth, token, "/devices",
				right, &err));
		free(token);
	}
}

static void
test_a_service_token_that_is_not_right_is_refused(void **state)
{
	struct wish w = { .resource = "local/twins/d1", .sr = UPPER,
		.sig = UPPER, .order = "rsek", .policy = "service",
		.life_s = 60 };
	struct err err;
	char *token;

	(void)state;
	w.key = policy_key("service", false);
	token = token_of(&w);
	assert_int_equal(0, hub_auth_service(world.hub->auth, token,
		"/twins/d1/methods", HUB_SERVICE_CONNECT, &err));
	assert_int_equal(-1, hub_auth_service(world.hub->auth, token,
		"/twins/d10", HUB_SERVICE_CONNECT, &err));
	/* One character of it changed, after it has been remembered. */
	token[strlen("SharedAccessSignature sr=local%2Ftwins%2Fd1&sig=") +
	    2] ^= 1;
	assert_int_equal(-1, hub_auth_service(world.hub->auth, token,
		"/twins/d1", HUB_SERVICE_CONNECT, &err));
	free(token);
	w.order = "rse"; /* no policy: a device's */
	token = token_of(&w);
	assert_int_equal(-1, hub_auth_service(world.hub->auth, token,
		"/twins/d1", HUB_SERVICE_CONNECT, &err));
	free(token);
	assert_int_equal(-1, hub_auth_service(world.hub->auth, NULL, "/twins",
		HUB_SERVICE_CONNECT, &err));
	assert_int_equal(-1, hub_auth_service(world.hub->auth, "Bearer x",
		"/twins", HUB_SERVICE_CONNECT, &err));
}

static void
test_a_clock_that_is_off_on_purpose_locks_nobody_out(void **state)
{
	static const char *const skew = "clock-skew=2h";
	struct wish w = { .resource = "local", .sig = UPPER, .order = "rsek",
		.policy = "iothubowner", .life_s = 3600 };
	struct hub_faults *faults = world.hub->faults;
	struct err err;
	char *token;
	int i;

	(void)state;
	w.key = policy_key("iothubowner", false);
	token = token_of(&w);
	assert_int_equal(0, hub_faults_set(faults, &skew, 1, &err));
	/* Twice: the second time the token is remembered. */
	for (i = 0; i < 2; i++) {
		assert_int_equal(-1, hub_auth_service(world.hub->auth, token,
			"/devices", HUB_REGISTRY_READ, &err));
		assert_int_equal(0, hub_auth_control(world.hub->auth, token,
			"/control/faults", HUB_REGISTRY_READ, &err));
	}
	assert_int_equal(0, hub_faults_set(faults, NULL, 0, &err));
	free(token);
}

static void
test_a_remembered_token_ends_too(void **state)
{
	struct wish w = { .resource = "local", .sig = UPPER, .order = "rsek",
		.policy = "service", .life_s = 1 };
	struct err err;
	int64_t end;
	char *token;

	(void)state;
	w.key = policy_key("service", false);
	/* Not time(): it is some milliseconds late.  A second may begin before
	 * the token is made. */
	end = clock_utc_us() / 1000000 + 1;
	token = token_of(&w);
	if (hub_auth_service(world.hub->auth, token, "/twins",
		HUB_SERVICE_CONNECT, &err) == -1)
		/* A slow machine. */
		assert_true(clock_utc_us() / 1000000 >= end);
	while (clock_utc_us() / 1000000 <= end + 1)
		usleep(20000);
	assert_int_equal(-1, hub_auth_service(world.hub->auth, token, "/twins",
		HUB_SERVICE_CONNECT, &err));
	free(token);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_producers_device_token_is_taken),
		cmocka_unit_test(test_every_producers_service_token_is_taken),
		cmocka_unit_test(test_device_tokens_are_held_to_the_rules),
		cmocka_unit_test(
		    test_a_disabled_device_is_refused_and_its_modules),
		cmocka_unit_test(test_each_policy_has_its_rights_and_no_other),
		cmocka_unit_test(
		    test_a_service_token_that_is_not_right_is_refused),
		cmocka_unit_test(
		    test_a_clock_that_is_off_on_purpose_locks_nobody_out),
		cmocka_unit_test(test_a_remembered_token_ends_too),
	};

	return cmocka_run_group_tests(tests, setup, world_teardown);
}
