#include "config.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/net/http.h"
#include "core/net/loop.h"
#include "tests/support/ca.h"
#include "tests/support/https_server.h"
#include "tests/support/test.h"

#define OK_ANSWER \
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: \"AAAAAAAAAAE=\"\r\n\r\nok"
#define PATIENCE_S 20 /* a test that is not over by then has failed */

static struct test_ca *ca;
static struct test_cert good, other_name;

struct fixture {
	struct event_base *base;
	struct test_server *server;
	struct net_http *http;
	/* What the server does, and what came of the last request. */
	int kill_from;       /* the number of the request that is killed, … */
	int kill_to;         /* … and the last one; 0: none */
	const char *answer;
	bool cancels_itself; /* the callback tries to */
	bool frees_http;
	bool answered;
	struct err err;
	int status;
	char body[32], etag[32], seen[512];
	size_t body_len;
};

static const char *
serve(int n, const char *text, void *arg)
{
	struct fixture *f = arg;

	snprintf(f->seen, sizeof(f->seen), "%s", text);
	if (f->kill_from > 0 && n >= f->kill_from && n <= f->kill_to)
		return TEST_SERVER_KILL;
	return f->answer;
}

static void
give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("nothing happened in %d s", PATIENCE_S);
}

static void
start(struct fixture *f, const struct test_cert *cert, const char *ca_file)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	struct err err = { 0 };

	*f = (struct fixture){ .answer = OK_ANSWER };
	f->base = net_loop_new(&err);
	f->server = test_server_new(f->base, cert, serve, f);
	f->http = net_http_new(f->base, ca_file, &err);
	assert_non_null(f->http);
	event_base_once(f->base, -1, EV_TIMEOUT, give_up, NULL, &patience);
}

static void
finish(struct fixture *f)
{
	net_http_free(f->http);
	test_server_free(f->server);
	event_base_free(f->base);
}

static void
on_answer(
    struct net_http_call *call, const struct net_http_answer *answer, void *arg)
{
	struct fixture *f = arg;
	const char *etag = net_http_header(call, "etag");

	f->answered = true;
	f->err = *answer->err;
	f->status = answer->status;
	f->body_len = answer->body_len;
	snprintf(f->body, sizeof(f->body), "%s", answer->body);
	snprintf(f->etag, sizeof(f->etag), "%s", etag != NULL ? etag : "");
	if (f->cancels_itself)
		net_http_cancel(call);
	if (f->frees_http) {
		net_http_free(f->http);
		f->http = NULL;
	}
	event_base_loopbreak(f->base);
}

static void
ask(struct fixture *f, struct net_http_request request)
{
	char *url = NULL;

	if (request.url == NULL)
		request.url = url = xasprintf("https://localhost:%u/x",
		    test_server_port(f->server));
	f->answered = false;
	net_http_send(f->http, &request, on_answer, f);
	free(url);
	event_base_dispatch(f->base);
	assert_true(f->answered);
}

#define GET ((struct net_http_request){ .method = "GET", .repeatable = true })

static void
test_an_answer_has_status_body_and_headers(void **state)
{
	static const char *const headers[] = { "If-Match: \"x\"", NULL };
	struct fixture f;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	ask(&f, (struct net_http_request){ .method = "PATCH", .body = "{}",
	    .body_len = 2, .headers = headers });
	assert_int_equal(ERR_NONE, f.err.code);
	assert_int_equal(200, f.status);
	assert_string_equal("ok", f.body);
	assert_int_equal(2, f.body_len);
	assert_string_equal("\"AAAAAAAAAAE=\"", f.etag);
	assert_memory_equal("PATCH /x HTTP/1.1\r\n", f.seen, 19);
	assert_non_null(strstr(f.seen, "\r\nIf-Match: \"x\"\r\n"));
	assert_null(strstr(f.seen, "Expect"));
	assert_string_equal("\r\n\r\n{}", strstr(f.seen, "\r\n\r\n"));
	f.answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
	ask(&f, GET);
	assert_int_equal(ERR_NONE, f.err.code);
	assert_int_equal(404, f.status);
	assert_string_equal("", f.body);
	assert_string_equal("", f.etag);
	assert_int_equal(1, test_server_connections(f.server));
	finish(&f);
}

/* What may change something, in every form that the client sends. */
static const struct net_http_request changes[] = {
	{ .method = "POST", .body = "{\"a\":1}", .body_len = 7 },
	{ .method = "POST" },
	{ .method = "PUT", .body = "{}", .body_len = 2 },
	{ .method = "PATCH", .body = "{}", .body_len = 2 },
	{ .method = "DELETE" },
};

/*
 * The trap: libcurl takes a kept-alive connection that dies before the answer
 * for one that was closed before the request, and sends again.
 */
static void
test_a_change_is_never_sent_twice_on_a_reused_connection(void **state)
{
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(changes); i++) {
		start(&f, &good, test_ca_file(ca));
		ask(&f, GET);
		f.kill_from = 2;
		f.kill_to = 99;
		ask(&f, changes[i]);
		assert_int_equal(ERR_UNKNOWN, f.err.code);
		assert_int_equal(2, test_server_requests(f.server));
		assert_memory_equal(changes[i].method, f.seen,
		    strlen(changes[i].method));
		finish(&f);
	}
}

static void
test_a_change_is_never_sent_twice_on_a_new_connection(void **state)
{
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(changes); i++) {
		start(&f, &good, test_ca_file(ca));
		f.kill_from = 1;
		f.kill_to = 99;
		ask(&f, changes[i]);
		assert_int_equal(ERR_UNKNOWN, f.err.code);
		assert_int_equal(1, test_server_requests(f.server));
		finish(&f);
	}
}

static void
test_a_change_with_a_body_reuses_the_connection(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	ask(&f, GET);
	ask(&f, changes[0]);
	ask(&f, changes[3]);
	assert_int_equal(3, test_server_requests(f.server));
	assert_int_equal(1, test_server_connections(f.server));
	finish(&f);
}

static void
test_a_read_is_sent_again_by_itself(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	ask(&f, GET);
	f.kill_from = f.kill_to = 2;
	ask(&f, GET);
	assert_int_equal(ERR_NONE, f.err.code);
	assert_int_equal(3, test_server_requests(f.server));
	f.kill_from = f.kill_to = 4; /* a query is a read with a body */
	ask(&f, (struct net_http_request){ .method = "POST", .body = "{}",
	    .body_len = 2, .repeatable = true });
	assert_int_equal(ERR_NONE, f.err.code);
	assert_int_equal(5, test_server_requests(f.server));
	finish(&f);
}

static void
test_silence_after_the_request_is_unknown(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	f.answer = test_server_silence;
	ask(&f, (struct net_http_request){ .method = "POST", .body = "{}",
	    .body_len = 2, .timeout_ms = 300 });
	assert_int_equal(ERR_UNKNOWN, f.err.code);
	assert_int_equal(1, test_server_requests(f.server));
	finish(&f);
}

static void
test_half_an_answer_is_unknown(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	f.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
	ask(&f, (struct net_http_request){ .method = "POST", .body = "{}",
	    .body_len = 2, .timeout_ms = 300 });
	assert_int_equal(ERR_UNKNOWN, f.err.code);
	assert_int_equal(1, test_server_requests(f.server));
	finish(&f);
}

static void
test_a_refused_connection_is_unreachable(void **state)
{
	struct test_server *gone;
	struct fixture f;
	char *url;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	gone = test_server_new(f.base, &good, serve, &f);
	url = xasprintf("https://localhost:%u/", test_server_port(gone));
	test_server_free(gone);
	ask(&f, (struct net_http_request){ .method = "POST", .url = url,
	    .body = "{}", .body_len = 2 });
	assert_int_equal(ERR_UNREACHABLE, f.err.code);
	free(url);
	finish(&f);
}

/* The kernel takes the connection, and nobody ever speaks TLS on it. */
static void
test_a_handshake_that_never_ends_is_unreachable(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct fixture f;
	char *url;

	(void)state;
	assert_int_equal(0, bind(fd, (struct sockaddr *)&address, len));
	assert_int_equal(0, listen(fd, 8));
	assert_int_equal(0, getsockname(fd, (struct sockaddr *)&address, &len));
	url = xasprintf("https://127.0.0.1:%u/", ntohs(address.sin_port));
	start(&f, &good, test_ca_file(ca));
	ask(&f, (struct net_http_request){ .method = "POST", .url = url,
	    .body = "{}", .body_len = 2, .connect_ms = 300 });
	assert_int_equal(ERR_UNREACHABLE, f.err.code);
	free(url);
	finish(&f);
	close(fd);
}

static void
test_a_server_without_tls_is_unreachable(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	ask(&f, (struct net_http_request){ .method = "POST", .url = "http://x/",
	    .body = "{}", .body_len = 2 });
	assert_int_equal(ERR_UNREACHABLE, f.err.code);
	ask(&f, (struct net_http_request){ .method = "GET", .url = "no url" });
	assert_int_equal(ERR_UNREACHABLE, f.err.code);
	finish(&f);
}

static void
unreachable_with(const struct test_cert *cert, const char *ca_file)
{
	struct fixture f;

	start(&f, cert, ca_file);
	ask(&f, changes[0]);
	assert_int_equal(ERR_UNREACHABLE, f.err.code);
	assert_int_equal(0, test_server_requests(f.server));
	finish(&f);
}

static void
test_a_certificate_for_another_name_is_refused(void **state)
{
	(void)state;
	unreachable_with(&other_name, test_ca_file(ca));
}

static void
test_a_certificate_of_another_ca_is_refused(void **state)
{
	struct test_ca *stranger = test_ca_new();

	(void)state;
	unreachable_with(&good, test_ca_file(stranger));
	unreachable_with(&good, NULL); /* the system's CAs do not know ours */
	test_ca_free(stranger);
}

static void
test_a_ca_file_that_cannot_be_read_is_said_at_once(void **state)
{
	struct err err = { 0 };
	struct event_base *base = net_loop_new(&err);

	(void)state;
	assert_null(net_http_new(base, "/nowhere/ca.pem", &err));
	assert_int_equal(ERR_IO, err.code);
	assert_string_equal("cannot read the CA certificates in "
	    "/nowhere/ca.pem: No such file or directory", err.text);
	event_base_free(base);
}

static void
test_an_answer_over_the_limit_is_given_up(void **state)
{
	size_t body = NET_HTTP_BODY_MAX + 1, head;
	char *answer = xcalloc(body + 100, 1);
	struct fixture f;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	head = (size_t)sprintf(
	    answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body);
	memset(answer + head, 'x', body);
	f.answer = answer;
	ask(&f, GET);
	assert_int_equal(ERR_UNKNOWN, f.err.code);
	assert_string_equal(
	    "the answer is over 33554432 bytes", f.err.text);
	finish(&f);
	free(answer);
}

static void
never(struct net_http_call *call, const struct net_http_answer *answer,
    void *arg)
{
	(void)call;
	(void)answer;
	(void)arg;
	fail_msg("a dropped call came back");
}

static void
test_a_dropped_call_does_not_come_back(void **state)
{
	struct fixture f;
	char *url;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	url = xasprintf("https://localhost:%u/", test_server_port(f.server));
	net_http_cancel(net_http_send(f.http,
	    &(struct net_http_request){ .method = "GET", .url = url }, never,
	    NULL));
	ask(&f, GET);
	/* Left to net_http_free(). */
	net_http_send(f.http,
	    &(struct net_http_request){ .method = "GET", .url = url }, never,
	    NULL);
	free(url);
	finish(&f);
}

static void
test_the_callback_may_drop_its_call_and_the_client(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, &good, test_ca_file(ca));
	f.cancels_itself = true;
	ask(&f, GET);
	f.frees_http = true;
	ask(&f, GET);
	assert_null(f.http);
	finish(&f);
}

static int
make_certificates(void **state)
{
	(void)state;
	ca = test_ca_new();
	test_ca_issue(ca, "DNS:localhost,IP:127.0.0.1", &good);
	test_ca_issue(ca, "DNS:hub.example,IP:127.0.0.2", &other_name);
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
		cmocka_unit_test(test_an_answer_has_status_body_and_headers),
		cmocka_unit_test(
		    test_a_change_is_never_sent_twice_on_a_reused_connection),
		cmocka_unit_test(
		    test_a_change_is_never_sent_twice_on_a_new_connection),
		cmocka_unit_test(
		    test_a_change_with_a_body_reuses_the_connection),
		cmocka_unit_test(test_a_read_is_sent_again_by_itself),
		cmocka_unit_test(test_silence_after_the_request_is_unknown),
		cmocka_unit_test(test_half_an_answer_is_unknown),
		cmocka_unit_test(test_a_refused_connection_is_unreachable),
		cmocka_unit_test(
		    test_a_handshake_that_never_ends_is_unreachable),
		cmocka_unit_test(test_a_server_without_tls_is_unreachable),
		cmocka_unit_test(test_a_certificate_for_another_name_is_refused),
		cmocka_unit_test(test_a_certificate_of_another_ca_is_refused),
		cmocka_unit_test(
		    test_a_ca_file_that_cannot_be_read_is_said_at_once),
		cmocka_unit_test(test_an_answer_over_the_limit_is_given_up),
		cmocka_unit_test(test_a_dropped_call_does_not_come_back),
		cmocka_unit_test(
		    test_the_callback_may_drop_its_call_and_the_client),
	};

	return cmocka_run_group_tests(
	    tests, make_certificates, remove_certificates);
}
