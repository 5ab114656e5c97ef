#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/iothub/connstr.h"
#include "core/iothub/sas.h"
#include "core/net/loop.h"
#include "tests/support/ca.h"
#include "tests/support/https_server.h"
#include "tests/support/test.h"

#define KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define PATIENCE_S 20

static struct test_ca *ca;
static struct test_cert cert;

struct fixture {
	struct event_base *base;
	struct test_server *server;
	struct client *client;
	struct connstr cs;
	/* What the server answers, and what came of the last call. */
	const char *answer; /* NULL: the connection is killed */
	char seen[4096];
	bool answered, same, has_json;
	struct err err;
	int http, code;
	int64_t retry_after_ms;
	char continuation[64], body[256];
};

static const char *
serve(int n, const char *text, void *arg)
{
	struct fixture *f = arg;

	(void)n;
	snprintf(f->seen, sizeof(f->seen), "%s", text);
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
on_answer(const struct client_answer *answer, void *arg)
{
	struct fixture *f = arg;

	f->answered = true;
	err_copy(&f->err, answer->err);
	f->http = answer->http;
	f->same = answer->same;
	f->has_json = answer->json != NULL;
	f->code = answer->code;
	f->retry_after_ms = answer->retry_after_ms;
	snprintf(f->continuation, sizeof(f->continuation), "%s",
	    answer->continuation != NULL ? answer->continuation : "-");
	snprintf(f->body, sizeof(f->body), "%s", answer->body);
	event_base_loopbreak(f->base);
}

static int
setup(void **state)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct err err = { 0 };
	char *text;

	f->base = net_loop_new(&err);
	f->server = test_server_new(f->base, &cert, serve, f);
	text = xasprintf("HostName=localhost:%u;SharedAccessKeyName=service;"
	    "SharedAccessKey=" KEY, test_server_port(f->server));
	assert_int_equal(0, connstr_parse(text, &f->cs, &err));
	free(text);
	f->client = client_new(f->base, &f->cs, test_ca_file(ca), &err);
	assert_non_null(f->client);
	event_base_once(f->base, -1, EV_TIMEOUT, give_up, NULL, &patience);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	client_free(f->client);
	test_server_free(f->server);
	connstr_fini(&f->cs);
	event_base_free(f->base);
	free(f);
	return 0;
}

/* Waits for the answer to what was just asked. */
static void
wait_for(struct fixture *f, struct client_call *call)
{
	assert_non_null(call);
	f->answered = false;
	event_base_dispatch(f->base);
	assert_true(f->answered);
}

#define OK(body) \
	"HTTP/1.1 200 OK\r\nContent-Length: " body "\r\n" \
	"Content-Type: application/json; charset=utf-8\r\n"

static void
assert_seen(const struct fixture *f, const char *text)
{
	if (strstr(f->seen, text) == NULL)
		fail_msg("no \"%s\" in: %s", text, f->seen);
}

static void
test_an_id_is_percent_encoded_in_the_path(void **state)
{
	struct fixture *f = *state;

	f->answer = OK("2") "\r\n{}";
	wait_for(f, client_twin_get(f->client, "a/b#c'd%", on_answer, f));
	assert_int_equal(ERR_NONE, f->err.code);
	assert_seen(f, "GET /twins/a%2Fb%23c%27d%25?api-version=2021-04-12 ");
}

static void
test_the_token_is_signed_for_the_policy_and_kept(void **state)
{
	struct fixture *f = *state;
	struct sas_token token;
	char first[1024], *end, *start;
	struct err err = { 0 };

	f->answer = OK("2") "\r\n{}";
	wait_for(f, client_twin_get(f->client, "d", on_answer, f));
	start = strstr(f->seen, "Authorization: ");
	assert_non_null(start);
	start += strlen("Authorization: ");
	end = strstr(start, "\r\n");
	snprintf(first, sizeof(first), "%.*s", (int)(end - start), start);
	assert_int_equal(0, sas_token_parse(first, &token, &err));
	assert_true(sas_token_signed_by(&token, KEY));
	assert_string_equal("service", token.policy);
	assert_string_equal("localhost", token.host);
	assert_in_range((uintmax_t)token.expiry_s,
	    (uintmax_t)(clock_utc_us() / 1000000 + 3000),
	    (uintmax_t)(clock_utc_us() / 1000000 + 3700));
	sas_token_fini(&token);
	wait_for(f, client_twin_get(f->client, "d", on_answer, f));
	assert_seen(f, first);
}

static void
test_a_method_carries_both_time_outs_and_the_payload_as_typed(void **state)
{
	const struct client_method method = { "lock\"Door", "{\"n\":1.50}", 7,
		3 };
	struct fixture *f = *state;

	f->answer = OK("26") "\r\n{\"status\":200,\"payload\":7}";
	wait_for(f, client_method(f->client, "d1", &method, on_answer, f));
	assert_int_equal(ERR_NONE, f->err.code);
	assert_seen(f, "POST /twins/d1/methods?api-version=2021-04-12 ");
	assert_seen(f,
	    "{\"methodName\":\"lock\\\"Door\",\"payload\":{\"n\":1.50},"
	    "\"responseTimeoutInSeconds\":7,\"connectTimeoutInSeconds\":3}");
}

static void
test_a_patch_carries_its_etag_in_quotes(void **state)
{
	struct fixture *f = *state;

	f->answer = OK("2") "\r\n{}";
	wait_for(f, client_twin_patch(f->client, "d1",
	    "{\"properties\":{\"desired\":{\"a\":1}}}", "AAAAAAAAAAE=",
	    on_answer, f));
	assert_seen(f, "PATCH /twins/d1?");
	assert_seen(f, "If-Match: \"AAAAAAAAAAE=\"\r\n");
	assert_seen(f, "\r\n\r\n{\"properties\":{\"desired\":{\"a\":1}}}");
}

static void
test_a_query_goes_on_where_it_stopped(void **state)
{
	struct fixture *f = *state;

	f->answer = OK("2") "x-ms-continuation: next==\r\n\r\n[]";
	wait_for(f, client_query(f->client, "SELECT * FROM devices", 10, NULL,
	    on_answer, f));
	assert_string_equal("next==", f->continuation);
	assert_seen(f, "POST /devices/query?");
	assert_seen(f, "x-ms-max-item-count: 10\r\n");
	assert_null(strstr(f->seen, "x-ms-continuation"));
	f->answer = OK("2") "\r\n[]";
	wait_for(f, client_query(f->client, "SELECT * FROM devices", 10,
	    "next==", on_answer, f));
	assert_seen(f, "x-ms-continuation: next==\r\n");
	assert_string_equal("-", f->continuation);
}

static void
test_twins_of_odd_ids_are_asked_for_within_the_length_of_a_query(void **state)
{
	struct fixture *f = *state;
	const char *ids[100];
	char lone[] = "it's";
	char long_id[129];
	size_t taken, i;

	f->answer = OK("2") "\r\n[]";
	ids[0] = lone;
	wait_for(f, client_twins_get(f->client, ids, 1, &taken, on_answer, f));
	assert_int_equal(1, taken);
	assert_seen(f, "WHERE deviceId IN ['it\\\\'s']");
	memset(long_id, 'x', sizeof(long_id) - 1);
	long_id[sizeof(long_id) - 1] = '\0';
	for (i = 0; i < 100; i++)
		ids[i] = long_id;
	wait_for(f,
	    client_twins_get(f->client, ids, 100, &taken, on_answer, f));
	assert_in_range(taken, 60, 63);
}

static const struct refusal {
	const char *answer;
	enum err_code err;
	int code;
	const char *words;
} refusals[] = {
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 65\r\n"
	  "iothub-errorcode: DeviceNotOnline\r\n\r\n"
	  "{\"Message\":\"{\\\"errorCode\\\":404103,\\\"message\\\":\\\"T.\\\"}\","
	  "\"x\":12345}",
	    ERR_UNREACHABLE, 404103, "d1: the device is offline (404103)" },
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 41\r\n\r\n"
	  "{\"Message\":\"ErrorCode:DeviceNotFound;d1\"}",
	    ERR_NOT_FOUND, 404001, "d1: no such device (404001)" },
	{ "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n"
	  "iothub-errorcode: GatewayTimeout\r\n\r\n",
	    ERR_UNKNOWN, 504101, "d1: no answer from the device in time" },
	{ "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n"
	  "Retry-After: 7\r\n\r\n",
	    ERR_THROTTLED, 429001, "d1: throttled" },
	{ "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
	    ERR_UNAUTHORIZED, 401002, "d1: not authorized" },
};

static void
test_an_answer_that_is_known_is_not_parsed(void **state)
{
	struct fixture *f = *state;
	struct client_call *call;

	f->answer = OK("9") "\r\n{\"n\":123}";
	call = client_twin_get(f->client, "d", on_answer, f);
	client_call_knows(call, "{\"n\":123}", 9);
	wait_for(f, call);
	assert_int_equal(ERR_NONE, f->err.code);
	assert_true(f->same);
	assert_false(f->has_json);
	call = client_twin_get(f->client, "d", on_answer, f);
	client_call_knows(call, "{\"n\":124}", 9);
	wait_for(f, call);
	assert_false(f->same);
	assert_true(f->has_json);
}

static void
test_what_the_hub_refuses_is_told_apart_in_words(void **state)
{
	const struct client_method method = { "m", NULL, 5, 0 };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < N_ROWS(refusals); i++) {
		f->answer = refusals[i].answer;
		wait_for(f,
		    client_method(f->client, "d1", &method, on_answer, f));
		assert_int_equal(refusals[i].err, f->err.code);
		assert_int_equal(refusals[i].code, f->code);
		if (strncmp(f->err.text, refusals[i].words,
			strlen(refusals[i].words)) != 0)
			fail_msg("%s", f->err.text);
		assert_int_equal(
		    f->http == 429 ? 7000 : 0, f->retry_after_ms);
	}
}

static void
test_a_method_whose_connection_dies_is_sent_once_and_unknown(void **state)
{
	const struct client_method method = { "m", NULL, 5, 0 };
	struct fixture *f = *state;

	/* On a connection that is kept alive libcurl would send it again. */
	f->answer = OK("2") "\r\n{}";
	wait_for(f, client_twin_get(f->client, "d1", on_answer, f));
	f->answer = TEST_SERVER_KILL;
	wait_for(f, client_method(f->client, "d1", &method, on_answer, f));
	assert_int_equal(ERR_UNKNOWN, f->err.code);
	assert_int_equal(0, f->http);
	assert_int_equal(2, test_server_requests(f->server));
}

static void
test_a_read_without_an_answer_is_unreachable(void **state)
{
	struct fixture *f = *state;

	f->answer = TEST_SERVER_KILL;
	wait_for(f, client_twin_get(f->client, "d1", on_answer, f));
	assert_int_equal(ERR_UNREACHABLE, f->err.code);
	assert_non_null(strstr(f->err.text, "d1: no answer from localhost"));
}

static void
test_bulk_registration_is_a_bare_array(void **state)
{
	const char *const ids[] = { "a", "b" };
	struct fixture *f = *state;

	f->answer = OK("2") "\r\n{}";
	wait_for(f, client_devices_create(f->client, ids, 2, on_answer, f));
	assert_seen(f, "POST /devices?api-version=");
	assert_seen(f, "[{\"id\":\"a\",\"importMode\":\"create\","
		       "\"status\":\"enabled\"},{\"id\":\"b\"");
}

struct own {
	struct fixture *f;
	struct client_call *call;
};

static void
cancel_own(const struct client_answer *answer, void *arg)
{
	struct own *own = arg;

	client_cancel(own->call);
	on_answer(answer, own->f);
}

static void
test_a_call_may_be_cancelled_in_its_own_callback(void **state)
{
	struct own own = { .f = *state };

	own.f->answer = OK("2") "\r\n{}";
	own.call = client_twin_get(own.f->client, "d1", cancel_own, &own);
	wait_for(own.f, own.call);
	assert_int_equal(200, own.f->http);
}

static void
never(const struct client_answer *answer, void *arg)
{
	(void)answer;
	(void)arg;
	fail_msg("a dropped call came back");
}

/* What is left to it is freed with the client; the sanitizer would tell. */
static void
test_calls_under_way_go_with_the_client(void **state)
{
	const char *const ids[] = { "a", "b" };
	struct fixture *f = *state;

	f->answer = test_server_silence;
	client_twin_get(f->client, "d1", never, f);
	client_devices_create(f->client, ids, 2, never, f);
	client_cancel(client_twin_get(f->client, "d2", never, f));
	event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
test_a_device_string_is_refused_before_anything_is_sent(void **state)
{
	struct fixture *f = *state;
	struct connstr cs;
	struct err err = { 0 };

	assert_int_equal(0, connstr_parse("HostName=h.x;DeviceId=d;"
	    "SharedAccessKey=" KEY, &cs, &err));
	assert_null(client_new(f->base, &cs, NULL, &err));
	assert_int_equal(ERR_INVALID, err.code);
	assert_null(strstr(err.text, KEY));
	connstr_fini(&cs);
}

static int
setup_ca(void **state)
{
	(void)state;
	xalloc_init();
	ca = test_ca_new();
	test_ca_issue(ca, "DNS:localhost,IP:127.0.0.1", &cert);
	return 0;
}

static int
teardown_ca(void **state)
{
	(void)state;
	test_ca_free(ca);
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_an_id_is_percent_encoded_in_the_path),
		CASE(test_the_token_is_signed_for_the_policy_and_kept),
		CASE(test_a_method_carries_both_time_outs_and_the_payload_as_typed),
		CASE(test_a_patch_carries_its_etag_in_quotes),
		CASE(test_a_query_goes_on_where_it_stopped),
		CASE(test_twins_of_odd_ids_are_asked_for_within_the_length_of_a_query),
		CASE(test_an_answer_that_is_known_is_not_parsed),
		CASE(test_what_the_hub_refuses_is_told_apart_in_words),
		CASE(test_a_method_whose_connection_dies_is_sent_once_and_unknown),
		CASE(test_a_read_without_an_answer_is_unreachable),
		CASE(test_bulk_registration_is_a_bare_array),
		CASE(test_a_call_may_be_cancelled_in_its_own_callback),
		CASE(test_calls_under_way_go_with_the_client),
		CASE(test_a_device_string_is_refused_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, setup_ca, teardown_ca);
}
