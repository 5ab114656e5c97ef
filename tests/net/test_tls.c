#include "config.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/net/loop.h"
#include "core/net/tls.h"
#include "tests/support/ca.h"
#include "tests/support/https_server.h"
#include "tests/support/test.h"

static struct test_ca *ca;
static struct test_cert cert;

static const char *
serve(int n, const char *text, void *arg)
{
	(void)n;
	(void)text;
	(void)arg;
	return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	short *seen = arg;

	*seen = what;
	if ((what & BEV_EVENT_CONNECTED) != 0)
		bufferevent_write(bev, "GET / HTTP/1.1\r\n\r\n", 18);
	else
		event_base_loopbreak(bufferevent_get_base(bev));
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)arg;
	event_base_loopbreak(bufferevent_get_base(bev));
}

/*
 * Whether a client that wants to talk to host accepts the server, as
 * libmosquitto would: with our context, and nothing else said.
 */
static bool
accepts(const char *host, char sni[64], int max_version)
{
	const struct timeval patience = { 20, 0 };
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct err err = { 0 };
	struct event_base *base = net_loop_new(&err);
	struct test_server *server = test_server_new(base, &cert, serve, NULL);
	SSL_CTX *ctx = net_tls_client_new(test_ca_file(ca), host, &err);
	struct bufferevent *bev;
	bool accepted;
	short seen = 0;

	assert_non_null(ctx);
	if (max_version != 0)
		SSL_CTX_set_max_proto_version(ctx, max_version);
	bev = bufferevent_openssl_socket_new(base, -1, SSL_new(ctx),
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(bev, on_read, NULL, on_event, &seen);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	address.sin_port = htons(test_server_port(server));
	assert_int_equal(0,
	    bufferevent_socket_connect(
		bev, (struct sockaddr *)&address, sizeof(address)));
	event_base_loopexit(base, &patience);
	event_base_dispatch(base);
	assert_int_not_equal(0, seen);
	accepted = test_server_requests(server) == 1;
	assert_int_equal(accepted, (seen & BEV_EVENT_CONNECTED) != 0);
	strcpy(sni, test_server_sni(server));
	bufferevent_free(bev);
	SSL_CTX_free(ctx);
	test_server_free(server);
	event_base_free(base);
	return accepted;
}

static void
test_a_client_talks_to_its_host_only(void **state)
{
	char sni[64];

	(void)state;
	assert_true(accepts("localhost", sni, 0));
	assert_string_equal("localhost", sni);
	assert_true(accepts("hub.example", sni, 0));
	assert_string_equal("hub.example", sni);
	assert_true(accepts("127.0.0.1", sni, 0));
	assert_string_equal("", sni);
	assert_false(accepts("other.example", sni, 0));
	assert_false(accepts("hub.example.net", sni, 0));
	assert_false(accepts("127.0.0.2", sni, 0));
}

static void
test_tls_1_2_is_spoken_and_1_1_is_not(void **state)
{
	char sni[64];

	(void)state;
	assert_true(accepts("localhost", sni, TLS1_2_VERSION));
	assert_false(accepts("localhost", sni, TLS1_1_VERSION));
}

/* A handshake's keys are derived with the hash of its cipher. */
static void
test_a_server_would_rather_have_sha256(void **state)
{
	struct err err = { 0 };
	SSL_CTX *ctx = net_tls_server_new(cert.cert_file, cert.key_file, &err);

	(void)state;
	assert_non_null(ctx);
	assert_string_equal("TLS_AES_128_GCM_SHA256",
	    SSL_CIPHER_get_name(sk_SSL_CIPHER_value(
		SSL_CTX_get_ciphers(ctx), 0)));
	assert_true((SSL_CTX_get_options(ctx) &
	    SSL_OP_CIPHER_SERVER_PREFERENCE) != 0);
	SSL_CTX_free(ctx);
}

static void
test_a_file_that_is_no_certificate_is_named(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(net_tls_client_new("/nowhere/ca.pem", "h", &err));
	assert_int_equal(ERR_IO, err.code);
	assert_non_null(strstr(err.text, "/nowhere/ca.pem"));
	assert_null(net_tls_server_new(cert.key_file, cert.key_file, &err));
	assert_int_equal(ERR_IO, err.code);
	assert_non_null(strstr(err.text, cert.key_file));
}

static void
test_advice_is_given_where_it_helps(void **state)
{
	static const char *const helps[] = {
		"unable to get local issuer certificate",
		"SSL certificate problem: unable to get issuer certificate",
		"self-signed certificate in certificate chain",
		"unable to verify the first certificate",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(helps) / sizeof(helps[0]); i++)
		assert_string_equal("; --ca-file names the CA to trust",
		    net_tls_advice(helps[i]));
	assert_string_equal("", net_tls_advice("IP address mismatch"));
	assert_string_equal("", net_tls_advice("certificate has expired"));
}

static int
make_certificates(void **state)
{
	(void)state;
	ca = test_ca_new();
	test_ca_issue(ca, "DNS:localhost,DNS:hub.example,IP:127.0.0.1", &cert);
	return 0;
}

static int
remove_certificates(void **state)
{
	(void)state;
	test_ca_free(ca);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_client_talks_to_its_host_only),
		cmocka_unit_test(test_tls_1_2_is_spoken_and_1_1_is_not),
		cmocka_unit_test(test_a_server_would_rather_have_sha256),
		cmocka_unit_test(test_a_file_that_is_no_certificate_is_named),
		cmocka_unit_test(test_advice_is_given_where_it_helps),
	};

	return cmocka_run_group_tests(
	    tests, make_certificates, remove_certificates);
}
