/*
 * Of the thirty traps in the wire contract those that stand in no other test.
 * The others bear their number where they are checked: 1 in
 * test_kept_sessions.c, 4 in test_registry.c, 5 to 7 in test_auth.c, 9 and 10
 * in test_hub.sh, 16 in test_query.c, 17 in test_error.c, 19 and 25 in
 * test_methods.c, 21 in test_transfer_jobs.c, 23, 24 and 26 to 29 in
 * mqtt/conversations.txt, the rest in rest.txt and test_rest.c.
 */
#include "config.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/registry.h"
#include "core/iothub/sas.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/protocol.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

/* A handshake with that server name, NULL for none, and version at most:
 * which version it became, or 0. */
static int
shake_hands(struct rig *rig, const char *name, int min, int max)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;
	int fd = rig_dial(rig), rc, version = 0;
	SSL *ssl = SSL_new(tls);

	assert_int_not_equal(-1, fd);
	SSL_set_min_proto_version(ssl, min);
	SSL_set_max_proto_version(ssl, max);
	/* So that an old version is not refused on this side already. */
	SSL_set_security_level(ssl, 0);
	if (name != NULL)
		assert_int_equal(1, SSL_set_tlsext_host_name(ssl, name));
	SSL_set_fd(ssl, fd);
	while ((rc = SSL_connect(ssl)) != 1 &&
	    SSL_get_error(ssl, rc) == SSL_ERROR_WANT_READ) {
		rig_turn(rig, 5);
		assert_true(clock_mono_ms() < end_ms);
	}
	if (rc == 1)
		version = SSL_version(ssl);
	ERR_clear_error();
	SSL_free(ssl);
	SSL_CTX_free(tls);
	close(fd);
	return version;
}

static void
test_trap_11_devices_with_tls_1_2_alone_are_served(void **state)
{
	assert_int_equal(TLS1_2_VERSION,
	    shake_hands(*state, "localhost", TLS1_2_VERSION, TLS1_2_VERSION));
	assert_int_equal(TLS1_3_VERSION,
	    shake_hands(*state, "localhost", TLS1_2_VERSION, TLS1_3_VERSION));
	/* And those before it are not, as IoT Hub has it. */
	assert_int_equal(
	    0, shake_hands(*state, "localhost", TLS1_VERSION, TLS1_1_VERSION));
}

static void
test_trap_12_a_server_name_may_be_none_an_address_or_anything(void **state)
{
	static const char *const names[] = { NULL, "127.0.0.1", "::1",
		"localhost", "myhub.azure-devices.net", "x" };
	size_t i;

	for (i = 0; i < N_ROWS(names); i++)
		if (shake_hands(
			*state, names[i], TLS1_2_VERSION, TLS1_3_VERSION) == 0)
			fail_msg("%s", names[i] != NULL ? names[i] : "none");
}

/* CONNECT with a user name for one host and a token for another's resource,
 * signed with the device's key: the code in CONNACK. */
static int
say_connect(struct rig *rig, const char *device_id, const char *user_host,
    const char *resource)
{
	char *user =
	    xasprintf("%s/%s/?api-version=2021-04-12", user_host, device_id);
	struct hub_device device;
	struct err err = { 0 };
	struct strbuf packet = { 0 };
	struct rig_client *client;
	struct mqtt_connect connect;
	char *token;
	int code;

	assert_int_equal(
	    0, hub_registry_get(rig_hub(rig)->registry, "d1", &device, &err));
	token = sas_token_new(resource, device.primary_key, NULL,
	    clock_utc_us() / 1000000 + RIG_HOUR, &err);
	assert_non_null(token);
	connect = (struct mqtt_connect){ .client_id = mqtt_str(device_id),
		.user_name = mqtt_str(user),
		.password = mqtt_str(token),
		.keep_alive_s = 60,
		.clean_session = true };
	mqtt_connect_write(&packet, &connect);
	client = rig_client_new(rig);
	rig_client_send(client, packet.data, packet.len);
	rig_client_read(client, &packet);
	assert_int_equal(MQTT_CONNACK << 4, (unsigned char)packet.data[0]);
	code = packet.data[3];
	rig_client_free(client);
	hub_device_fini(&device);
	strbuf_fini(&packet);
	free(token);
	free(user);
	return code;
}

/* As with GatewayHostName: the host of the connection, of the user name and
 * of the token are three. */
static void
test_trap_8_hosts_need_not_agree(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "LOCAL",
		"localhost:18883" };
	size_t i, j;
	char *resource;

	for (i = 0; i < N_ROWS(hosts); i++)
		for (j = 0; j < N_ROWS(hosts); j++) {
			resource = xasprintf("%s/devices/d1", hosts[j]);
			if (say_connect(*state, "d1", hosts[i], resource) != 0)
				fail_msg("%s, %s", hosts[i], hosts[j]);
			free(resource);
		}
	assert_int_equal(5,
	    say_connect(*state, "d1", "elsewhere.net", "localhost/devices/d1"));
	assert_int_equal(5,
	    say_connect(*state, "d1", "localhost", "elsewhere.net/devices/d1"));
}

static void
test_trap_30_an_id_is_raw_and_its_letters_count(void **state)
{
	static const char *const ids[] = { "D1", "50%25", "50%", "a%20b" };
	struct rig *rig = *state;
	struct rig_client *client;
	size_t i;

	for (i = 0; i < N_ROWS(ids); i++) {
		rig_add_device(rig, ids[i]);
		client = rig_client_new(rig);
		rig_client_connect(client, ids[i], true, 60, RIG_HOUR);
		rig_client_free(client);
	}
	/* d1's key is not D1's, and a host's letters do not count. */
	assert_int_equal(
	    5, say_connect(rig, "D1", "localhost", "localhost/devices/D1"));
	assert_int_equal(
	    0, say_connect(rig, "d1", "LocalHost", "LOCALHOST/devices/d1"));
	/* What only decoding would make of it is nobody. */
	assert_int_equal(
	    5, say_connect(rig, "%64%31", "localhost", "localhost/devices/d1"));
}

int
main(void)
{
#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, rig_setup_device, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_trap_8_hosts_need_not_agree),
		CASE(test_trap_11_devices_with_tls_1_2_alone_are_served),
		CASE(
		    test_trap_12_a_server_name_may_be_none_an_address_or_anything),
		CASE(test_trap_30_an_id_is_raw_and_its_letters_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
