#include "config.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/http.h"
#include "core/hub/identity.h"
#include "core/iothub/error.h"
#include "core/iothub/sas.h"
#include "core/net/http.h"
#include "core/net/tls.h"
#include "tests/hub/world.h"
#include "tests/support/test.h"

#define LINE_FIELDS 7
#define HEADERS_MAX 8
#define LATEST "api-version=2021-04-12"

static struct world world;
static struct net_http *http;

/* What the last answers have left for the next requests. */
static char etag[128], bare[128], next[1024];
static char long_path[20001]; /* over what a head may have */

struct answer {
	bool done;
	enum err_code code;
	int status;
	char *body;
	char *headers; /* "name: value\n" of those that tests look at */
};

static const char *const looked_at[] = { "ETag", "Content-Type",
	"iothub-errorcode", "x-ms-request-id", "x-ms-item-type",
	"x-ms-continuation", "Allow" };

static int
setup(void **state)
{
	struct err err;

	(void)state;
	memset(long_path, 'x', sizeof(long_path) - 1);
	world_init(&world);
	http = net_http_new(world.base,
	    hub_identity_ca_file(hub_get_identity(world.hub)), &err);
	assert_non_null(http);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	net_http_free(http);
	world_fini(&world);
	return 0;
}

static void
on_answer(
    struct net_http_call *call, const struct net_http_answer *a, void *arg)
{
	struct answer *answer = arg;
	struct strbuf headers = { 0 };
	const char *value;
	size_t i;

	answer->done = true;
	answer->code = a->err->code;
	answer->status = a->status;
	answer->body = xstrndup(a->body, a->body_len);
	for (i = 0; i < N_ROWS(looked_at); i++)
		if ((value = net_http_header(call, looked_at[i])) != NULL)
			strbuf_printf(
			    &headers, "%s: %s\n", looked_at[i], value);
	answer->headers = strbuf_take(&headers);
}

static void
answer_fini(struct answer *answer)
{
	free(answer->body);
	free(answer->headers);
}

/* "Authorization: …" of a policy; NULL for nobody; the caller's. */
static char *
authorization(const char *as)
{
	const char *key = WORLD_KEY;
	struct err err;
	char *token, *header;

	if (strcmp(as, "nobody") == 0)
		return NULL;
	if (strcmp(as, "wrong") != 0)
		key = hub_identity_policy_key(
		    hub_get_identity(world.hub), as, false, NULL);
	else
		as = "iothubowner";
	assert_non_null(key);
	token = sas_token_new(
	    "localhost", key, as, (int64_t)time(NULL) + 600, &err);
	header = xasprintf("Authorization: %s", token);
	free(token);
	return header;
}

static void
ask(const char *method, const char *path, const char *const *headers,
    const char *body, size_t len, struct answer *answer)
{
	struct net_http_request request = { .method = method,
		.headers = headers, .body = body, .body_len = len };
	char *url = xasprintf("https://localhost:%u%s%s%s",
	    hub_https_port(world.hub), path,
	    strchr(path, '?') != NULL ? "" : "?",
	    strchr(path, '?') != NULL ? "" : LATEST);

	*answer = (struct answer){ 0 };
	request.url = url;
	net_http_send(http, &request, on_answer, answer);
	while (!answer->done)
		event_base_loop(world.base, EVLOOP_ONCE);
	free(url);
}

/* Puts the last answers in where a line names them; the caller's. */
static char *
filled_in(const char *text)
{
	static const struct {
		const char *name;
		const char *value;
	} vars[] = { { "{etag}", etag }, { "{bare}", bare },
		{ "{next}", next }, { "{long}", long_path } };
	struct strbuf out = { 0 };
	size_t i;

	while (*text != '\0') {
		for (i = 0; i < N_ROWS(vars); i++)
			if (str_starts_with(text, vars[i].name))
				break;
		if (i < N_ROWS(vars)) {
			strbuf_puts(&out, vars[i].value);
			text += strlen(vars[i].name);
		} else {
			strbuf_putc(&out, *text++);
		}
	}
	return strbuf_take(&out);
}

/* Splits at a separator in place; returns how many. */
static size_t
split(char *text, const char *separator, char **parts, size_t max)
{
	size_t n = 0;
	char *end;

	if (strcmp(text, "-") == 0)
		return 0;
	for (;;) {
		assert_true(n < max);
		parts[n++] = text;
		end = strstr(text, separator);
		if (end == NULL)
			return n;
		*end = '\0';
		text = end + strlen(separator);
	}
}

static void
keep(const struct answer *answer)
{
	const char *p = strstr(answer->headers, "ETag: \"");

	if (p != NULL && sscanf(p, "ETag: %127s", etag) == 1) {
		snprintf(bare, sizeof(bare), "%.*s", (int)strlen(etag) - 2,
		    etag + 1);
	}
	p = strstr(answer->headers, "x-ms-continuation: ");
	if (p != NULL)
		sscanf(p, "x-ms-continuation: %1023s", next);
}

static bool
holds(const struct answer *answer, const char *want)
{
	struct strbuf line = { 0 };
	bool ok;

	if (str_starts_with(want, "@!"))
		return strstr(answer->headers, want + 2) == NULL;
	if (*want == '@') {
		/* "@Name: -": any value will do. */
		strbuf_puts(&line, want + 1);
		if (strcmp(want + strlen(want) - 3, ": -") == 0)
			line.data[--line.len] = '\0';
		ok = strstr(answer->headers, strbuf_str(&line)) != NULL;
		strbuf_fini(&line);
		return ok;
	}
	if (*want == '!')
		return strstr(answer->body, want + 1) == NULL;
	return strstr(answer->body, want) != NULL;
}

/* The error in the body is the one in the header, by name or by number. */
static bool
agrees(const struct answer *answer)
{
	static const char header[] = "iothub-errorcode: ";
	const char *p = strstr(answer->headers, header), *code;
	const struct iothub_error *error;
	char *name, *message;
	bool ok;

	if (p == NULL)
		return true;
	p += strlen(header);
	name = xstrndup(p, strcspn(p, "\n"));
	message = xasprintf("\"ErrorCode:%s;", name);
	code = strstr(answer->body, "errorCode");
	code = code != NULL ? code + strcspn(code, "0123456789") : "";
	error = iothub_error_by_code(atoi(code));
	ok = strstr(answer->body, message) != NULL ||
	    (error != NULL && strcmp(error->name, name) == 0);
	free(message);
	free(name);
	return ok;
}

/* One line of the file; the ETag is the one before this line. */
static void
play(char *line)
{
	char *field[LINE_FIELDS], *parts[32], *path, *body, *auth, *wants;
	const char *headers[HEADERS_MAX + 3];
	char *filled[HEADERS_MAX];
	struct answer answer;
	size_t i, n, n_filled, n_headers = 0;

	assert_int_equal(
	    LINE_FIELDS, split(line, " | ", field, LINE_FIELDS));
	n_filled = split(field[3], " && ", parts, HEADERS_MAX);
	for (i = 0; i < n_filled; i++)
		headers[n_headers++] = filled[i] = filled_in(parts[i]);
	auth = authorization(field[1]);
	if (auth != NULL)
		headers[n_headers++] = auth;
	headers[n_headers++] = "Content-Type: application/json";
	headers[n_headers] = NULL;
	path = strchr(field[2], ' ');
	*path = '\0';
	path = filled_in(path + 1);
	body = strcmp(field[4], "-") == 0 ? NULL : filled_in(field[4]);
	wants = filled_in(field[6]);
	ask(field[2], path, headers, body, body != NULL ? strlen(body) : 0,
	    &answer);
	if (answer.status != atoi(field[5]))
		fail_msg("%s: %d %s", field[0], answer.status, answer.body);
	if (!agrees(&answer))
		fail_msg("%s: %s%s", field[0], answer.headers, answer.body);
	n = split(wants, " && ", parts, N_ROWS(parts));
	for (i = 0; i < n; i++)
		if (!holds(&answer, parts[i]))
			fail_msg("%s: not so: %s\n%s%s", field[0], parts[i],
			    answer.headers, answer.body);
	keep(&answer);
	while (n_filled > 0)
		free(filled[--n_filled]);
	answer_fini(&answer);
	free(auth);
	free(body);
	free(path);
	free(wants);
}

static void
test_requests_are_answered_as_the_contract_has_it(void **state)
{
	const char *srcdir = getenv("srcdir");
	char *path = xasprintf("%s/tests/hub/rest.txt",
	    srcdir != NULL ? srcdir : "."), *line = NULL;
	FILE *file = fopen(path, "r");
	size_t cap = 0, n = 0;
	ssize_t len;

	(void)state;
	assert_non_null(file);
	while ((len = getline(&line, &cap, file)) > 0) {
		line[len - 1] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		play(line);
		n++;
	}
	assert_true(n > 80);
	fclose(file);
	free(line);
	free(path);
}

static const char *const *
owner_headers(char **auth)
{
	static const char *headers[3];

	*auth = authorization("iothubowner");
	headers[0] = *auth;
	headers[1] = "Content-Type: application/json";
	return headers;
}

static void
test_a_body_over_the_limit_is_413_and_no_more(void **state)
{
	size_t len = 5 * HUB_HTTP_BODY_MAX + 1;
	char *body = xmalloc(len), *auth;
	const char *const *headers = owner_headers(&auth);
	struct answer answer;

	(void)state;
	memset(body, ' ', len);
	ask("PUT", "/devices/big", headers, body, HUB_HTTP_BODY_MAX + 1,
	    &answer);
	assert_int_equal(413, answer.status);
	assert_non_null(strstr(answer.headers, "MessageTooLarge"));
	assert_non_null(strstr(answer.body,
	    "{\"Message\":\"ErrorCode:MessageTooLarge;the body has 1048577 "));
	answer_fini(&answer);
	ask("PUT", "/devices/big", headers, body, len, &answer);
	assert_int_equal(413, answer.status);
	assert_non_null(strstr(answer.headers, "MessageTooLarge"));
	assert_non_null(strstr(answer.body,
	    "{\"Message\":\"ErrorCode:MessageTooLarge;the body is over the "
	    "limit of 1024 KB"));
	answer_fini(&answer);
	ask("GET", "/devices", headers, NULL, 0, &answer);
	assert_int_equal(200, answer.status);
	answer_fini(&answer);
	free(body);
	free(auth);
}

static void
test_a_payload_over_its_limit_is_refused(void **state)
{
	struct strbuf body = { 0 };
	struct answer answer;
	char *auth;
	const char *const *headers = owner_headers(&auth);

	(void)state;
	world_add_device(&world, "big");
	strbuf_puts(&body, "{\"methodName\":\"m\",\"payload\":\"");
	while (body.len < 128 * 1024 + 100)
		strbuf_puts(&body, "0123456789");
	strbuf_puts(&body, "\"}");
	ask("POST", "/twins/big/methods", headers, body.data, body.len,
	    &answer);
	assert_int_equal(400, answer.status);
	assert_non_null(strstr(answer.body, "131072 bytes"));
	answer_fini(&answer);
	strbuf_fini(&body);
	free(auth);
}

/* Raw bytes over TLS; a blocking client, with the hub's loop in between. */
static SSL *
dial(int *fd)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons(hub_https_port(world.hub)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct err err;
	SSL_CTX *ctx = net_tls_client_new(
	    hub_identity_ca_file(hub_get_identity(world.hub)), "127.0.0.1",
	    &err);
	SSL *ssl;
	int rc, rounds = 0;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	connect(*fd, (struct sockaddr *)&addr, sizeof(addr));
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(ssl, *fd);
	while ((rc = SSL_connect(ssl)) != 1 && rounds++ < 10000) {
		event_base_loop(world.base, EVLOOP_NONBLOCK);
		usleep(500);
	}
	assert_int_equal(1, rc);
	return ssl;
}

static void
hang_up(SSL *ssl, int fd)
{
	SSL_free(ssl);
	close(fd);
}

/* All that comes until the connection ends; the caller's. */
static char *
read_all(SSL *ssl)
{
	struct strbuf in = { 0 };
	char part[4096];
	int n, rounds = 0;

	while ((n = SSL_read(ssl, part, sizeof(part))) > 0 ||
	    (SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ &&
		rounds++ < 10000)) {
		if (n > 0)
			strbuf_put(&in, part, (size_t)n);
		event_base_loop(world.base, EVLOOP_NONBLOCK);
		usleep(500);
	}
	assert_true(rounds < 10000);
	return strbuf_take(&in);
}

static void
test_what_is_no_request_is_refused_in_the_service_s_words(void **state)
{
#define ENDS "GET /devices HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
#define REFUSED(status, name) "HTTP/1.1 " status " " name "\r\n" \
	"iothub-errorcode: " name "\r\n" \
	"Content-Type: application/json; charset=utf-8\r\n" \
	"Connection: close\r\n"
	static const struct {
		const char *bytes;
		const char *begins;
		const char *holds; /* "", what is next: 401, for ENDS */
	} rows[] = {
		{ "this is no HTTP\r\n\r\n" ENDS,
		    REFUSED("400", "IotHubFormatError"),
		    "\"ErrorCode:IotHubFormatError;" },
		{ "GET /devices HTTP/9.9\r\n\r\n",
		    REFUSED("400", "IotHubFormatError"), "no HTTP request" },
		{ "BREW /devices HTTP/1.1\r\n\r\n" ENDS,
		    REFUSED("405", "InvalidOperation"), "this method" },
		{ "PUT /devices/x HTTP/1.1\r\nTransfer-Encoding: chunked"
		  "\r\n\r\nzz\r\n",
		    REFUSED("413", "MessageTooLarge"), "chunks" },
		/* A head has no body, and the connection goes on. */
		{ "HEAD /devices/d1 HTTP/1.1\r\nHost: x\r\n\r\n" ENDS,
		    "HTTP/1.1 405 Method Not Allowed\r\n"
		    "Allow: GET, PUT, DELETE\r\n",
		    "\r\n\r\nHTTP/1.1 401 Unauthorized\r\n" },
		{ "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" ENDS,
		    "HTTP/1.1 404 Not Found\r\n",
		    "\"}HTTP/1.1 401 Unauthorized\r\n" },
		{ "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n" ENDS,
		    "HTTP/1.1 404 Not Found\r\n",
		    "\"}HTTP/1.1 401 Unauthorized\r\n" },
		{ "PUT /devices/x HTTP/1.1\r\nHost: x\r\n"
		  "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n",
		    "HTTP/1.1 100 Continue\r\n\r\n", "" },
	};
	char *answer;
	size_t i;
	SSL *ssl;
	int fd;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		ssl = dial(&fd);
		SSL_write(ssl, rows[i].bytes, (int)strlen(rows[i].bytes));
		if (*rows[i].holds == '\0') { /* its body follows */
			world_settle(&world);
			SSL_write(ssl, "{} " ENDS, (int)strlen("{} " ENDS));
		}
		answer = read_all(ssl);
		if (!str_starts_with(answer, rows[i].begins) ||
		    strstr(answer, rows[i].holds) == NULL ||
		    strstr(answer, "<HTML>") != NULL)
			fail_msg("%s: %s", rows[i].bytes, answer);
		free(answer);
		hang_up(ssl, fd);
	}
}

static void
test_malformed_bytes_only_hurt_their_own_connection(void **state)
{
	static const char *const garbage[] = {
		"\x16\x03\x01 this is no HTTP\r\n\r\n",
		"GET\r\n\r\n",
		"GET /devices HTTP/9.9\r\n\r\n",
		"GET http://[::1/devices HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /devices HTTP/1.1\r\nContent-Length: -5\r\n\r\nx",
		"POST /devices HTTP/1.1\r\nContent-Length: x\r\n\r\nx",
		"PUT /devices/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz",
		"BREW /devices HTTP/1.1\r\n\r\n",
		"PATCH /twins/%zz%00/methods HTTP/1.1\r\n\r\n",
	};
	struct answer answer;
	char *auth;
	const char *const *headers = owner_headers(&auth);
	SSL *ssl;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < N_ROWS(garbage); i++) {
		ssl = dial(&fd);
		SSL_write(ssl, garbage[i], (int)strlen(garbage[i]));
		ask("GET", "/devices", headers, NULL, 0, &answer);
		assert_int_equal(200, answer.status);
		answer_fini(&answer);
		hang_up(ssl, fd);
	}
	/* No TLS at all. */
	ssl = dial(&fd);
	assert_int_equal(5, send(fd, "GET /", 5, 0));
	ask("GET", "/devices", headers, NULL, 0, &answer);
	assert_int_equal(200, answer.status);
	answer_fini(&answer);
	hang_up(ssl, fd);
	free(auth);
}

static void
test_a_client_that_leaves_before_its_answer_does_no_harm(void **state)
{
	struct strbuf request = { 0 };
	struct answer answer;
	char *auth;
	const char *const *headers = owner_headers(&auth);
	const char *body =
	    "{\"methodName\":\"m\",\"connectTimeoutInSeconds\":1}";
	SSL *ssl;
	int fd;

	(void)state;
	world_add_device(&world, "away");
	strbuf_printf(&request,
	    "POST /twins/away/methods?" LATEST " HTTP/1.1\r\nHost: x\r\n%s\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    auth, strlen(body), body);
	ssl = dial(&fd);
	SSL_write(ssl, request.data, (int)request.len);
	world_settle(&world);
	hang_up(ssl, fd);
	/* This one runs into the same second. */
	ask("POST", "/twins/away/methods", headers, body, strlen(body),
	    &answer);
	assert_int_equal(404, answer.status);
	answer_fini(&answer);
	strbuf_fini(&request);
	free(auth);
}

static void
test_a_hub_that_leaves_answers_the_calls_under_way(void **state)
{
	struct net_http_request request = { .method = "POST" };
	struct answer answer = { 0 };
	char *auth, *url;

	(void)state;
	world_add_device(&world, "waiting");
	request.headers = owner_headers(&auth);
	request.body = "{\"methodName\":\"m\",\"connectTimeoutInSeconds\":60}";
	request.body_len = strlen(request.body);
	url = xasprintf("https://localhost:%u/twins/waiting/methods?" LATEST,
	    hub_https_port(world.hub));
	request.url = url;
	net_http_send(http, &request, on_answer, &answer);
	event_base_loopexit(
	    world.base, &(struct timeval){ .tv_usec = 200000 });
	event_base_dispatch(world.base);
	assert_false(answer.done);
	world_restart(&world);
	while (!answer.done)
		event_base_loop(world.base, EVLOOP_ONCE);
	assert_int_equal(ERR_NONE, answer.code);
	assert_int_equal(404, answer.status); /* it has not connected */
	answer_fini(&answer);
	free(url);
	free(auth);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_requests_are_answered_as_the_contract_has_it),
		cmocka_unit_test(test_a_body_over_the_limit_is_413_and_no_more),
		cmocka_unit_test(test_a_payload_over_its_limit_is_refused),
		cmocka_unit_test(
		    test_what_is_no_request_is_refused_in_the_service_s_words),
		cmocka_unit_test(
		    test_malformed_bytes_only_hurt_their_own_connection),
		cmocka_unit_test(
		    test_a_client_that_leaves_before_its_answer_does_no_harm),
		cmocka_unit_test(
		    test_a_hub_that_leaves_answers_the_calls_under_way),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
