#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/traffic.h"
#include "core/iothub/connstr.h"
#include "tests/support/test.h"

#define API "?api-version=2021-04-12"

struct fixture {
	struct events *events;
	struct traffic *traffic;
	int fired;
};

static void
on_event(int kind, const void *news, void *arg)
{
	struct fixture *f = arg;

	(void)news;
	f->fired += kind == DECK_TRAFFIC;
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct connstr cs = { 0 };

	assert_int_equal(0,
	    connstr_parse("HostName=h.example;SharedAccessKeyName=p;"
			  "SharedAccessKey=MDEyMzQ1Njc4OWFiY2RlZg==",
		&cs, NULL));
	f->events = events_new();
	events_subscribe(f->events, on_event, f);
	f->traffic = traffic_new(f->events, &cs, "/x/it's.pem");
	connstr_fini(&cs);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	traffic_free(f->traffic);
	events_free(f->events);
	free(f);
	return 0;
}

static const struct traffic_entry *
last(struct fixture *f)
{
	return traffic_at(f->traffic, traffic_size(f->traffic) - 1);
}

static void
take(struct fixture *f, const char *method, const char *path, const char *body,
    int http, const char *text)
{
	static const char *const etag[] = { "If-Match: \"AA=\"", NULL };
	struct err err = { 0 };
	struct client_answer answer = { .err = &err,
		.http = http,
		.body = text,
		.body_len = strlen(text),
		.elapsed_us = 1500 };
	struct client_exchange x = { .method = method,
		.path = path,
		.body = body,
		.answer = &answer,
		.headers = strcmp(method, "PATCH") == 0 ? etag : NULL };

	if (http != 200)
		err_set(&err, ERR_UNREACHABLE, "cannot reach h.example");
	traffic_take(f->traffic, &x);
}

static void
test_a_request_and_its_answer_are_kept_newest_last(void **state)
{
	struct fixture *f = *state;

	take(f, "GET", "/twins/a" API, NULL, 200, "{\"deviceId\":\"a\"}");
	take(f, "PATCH", "/twins/b" API, "{\"tags\":{}}", 0, "");
	assert_int_equal(2, f->fired);
	assert_int_equal(2, traffic_size(f->traffic));
	assert_string_equal("/twins/a" API, traffic_at(f->traffic, 0)->path);
	assert_string_equal(
	    "{\"deviceId\":\"a\"}", traffic_at(f->traffic, 0)->answer);
	assert_null(traffic_at(f->traffic, 0)->error);
	assert_string_equal("cannot reach h.example", last(f)->error);
	assert_string_equal("If-Match: \"AA=\"", last(f)->headers);
	assert_int_equal(1500, last(f)->elapsed_us);
}

/* A deck asks the same twice a second. */
static void
test_a_poll_is_one_row_and_a_call_is_never_two(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 5; i++) {
		take(f, "GET", "/twins/a" API, NULL, 200, i < 4 ? "{}" : "[]");
		take(f, "POST", "/devices/query" API, "{\"query\":\"q\"}", 200,
		    "[]");
	}
	assert_int_equal(2, traffic_size(f->traffic));
	assert_int_equal(5, last(f)->times);
	assert_string_equal("[]", traffic_at(f->traffic, 0)->answer);
	take(f, "GET", "/twins/a" API, NULL, 0, ""); /* went another way */
	assert_int_equal(1, last(f)->times);
	for (i = 0; i < 3; i++)
		take(f, "POST", "/twins/a/methods" API, "{}", 200, "{}");
	assert_int_equal(6, traffic_size(f->traffic));
	assert_int_equal(1, last(f)->times);
}

static void
test_what_is_kept_is_bounded(void **state)
{
	struct fixture *f = *state;
	char *body = xcalloc(1, TRAFFIC_BODY_MAX + 2), path[64];
	size_t i;

	memset(body, 'x', TRAFFIC_BODY_MAX + 1);
	for (i = 0; i < TRAFFIC_MAX + 10; i++) {
		snprintf(path, sizeof(path), "/twins/%zu/methods" API, i);
		take(f, "POST", path, body, 200, body);
	}
	assert_int_equal(TRAFFIC_MAX, traffic_size(f->traffic));
	assert_string_equal(
	    "/twins/10/methods" API, traffic_at(f->traffic, 0)->path);
	assert_int_equal(TRAFFIC_BODY_MAX, strlen(last(f)->body));
	assert_int_equal(TRAFFIC_BODY_MAX + 1, last(f)->body_len);
	assert_int_equal(TRAFFIC_BODY_MAX, strlen(last(f)->answer));
	assert_null(traffic_curl(f->traffic, last(f))); /* half a body */
	assert_null(traffic_az(last(f)));
	free(body);
}

static const struct {
	const char *text, *shown;
} bodies[] = {
	{ "{\"symmetricKey\":{\"primaryKey\":\"c2VjcmV0\","
	  "\"secondaryKey\":\"c2VjcmV0\"},\"a\":1}",
	    "{\"symmetricKey\":{\"primaryKey\":(secret),"
	    "\"secondaryKey\":(secret)},\"a\":1}" },
	{ "{\"primaryKey\": \"c2VjcmV0\"}", "{\"primaryKey\":(secret)}" },
	{ "{\"s\":\"HostName=h;SharedAccessKey=c2VjcmV0;x=1\"}",
	    "{\"s\":\"HostName=h;SharedAccessKey=(secret);x=1\"}" },
	{ "\"SharedAccessSignature sr=h&sig=c2VjcmV0&se=1\"",
	    "\"SharedAccessSignature sr=(secret)\"" },
	{ "https://x/y?sig=c2VjcmV0&z=1", "https://x/y?sig=(secret)&z=1" },
	{ "{\"primaryKey\":\"c2Vj", "{\"primaryKey\":(secret)" },
};

static void
test_secrets_are_masked(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < N_ROWS(bodies); i++) {
		take(f, "PUT", "/devices/a" API, bodies[i].text, 200,
		    bodies[i].text);
		assert_string_equal(bodies[i].shown, last(f)->body);
		assert_string_equal(bodies[i].shown, last(f)->answer);
	}
}

#define LOGIN " --login \"$IOTHUB_CONNECTION_STRING\""

/* Each runs as it stands, and does what the deck did. */
static const struct {
	const char *method, *path, *body, *az;
} commands[] = {
	{ "GET", "/twins/door%20a" API, NULL,
	    "az iot hub device-twin show" LOGIN " --device-id 'door a'" },
	{ "PATCH", "/twins/a" API,
	    "{\"properties\":{\"desired\":{\"it's\":1}}}",
	    "az iot hub device-twin update" LOGIN
	    " --device-id 'a' --etag 'AA=' --desired '{\"it'\\''s\":1}'" },
	{ "PATCH", "/twins/a" API, "{\"tags\":{\"b\":null}}",
	    "az iot hub device-twin update" LOGIN
	    " --device-id 'a' --etag 'AA=' --tags '{\"b\":null}'" },
	{ "POST", "/twins/a/methods" API,
	    "{\"methodName\":\"lockDoor\",\"payload\":{\"lockTime\":\"10m\"},"
	    "\"responseTimeoutInSeconds\":30}",
	    "az iot hub invoke-device-method" LOGIN
	    " --device-id 'a' --method-name 'lockDoor' "
	    "--method-payload '{\"lockTime\":\"10m\"}' --timeout 30" },
	{ "POST", "/devices/query" API, "{\"query\":\"SELECT * FROM devices\"}",
	    "az iot hub query" LOGIN
	    " --query-command 'SELECT * FROM devices'" },
	{ "PUT", "/jobs/v2/j1" API,
	    "{\"type\":\"scheduleDeviceMethod\",\"cloudToDeviceMethod\":{"
	    "\"methodName\":\"m\"},\"queryCondition\":\"deviceId = 'a'\","
	    "\"startTime\":\"2026-11-22T06:00:00Z\","
	    "\"maxExecutionTimeInSeconds\":60}",
	    "az iot hub job create" LOGIN
	    " --job-id 'j1' --job-type 'scheduleDeviceMethod' "
	    "--query-condition 'deviceId = '\\''a'\\''' --method-name 'm' "
	    "--start-time '2026-11-22T06:00:00Z' --ttl 60" },
	{ "POST", "/jobs/v2/j1/cancel" API, NULL,
	    "az iot hub job cancel" LOGIN " --job-id 'j1'" },
	{ "GET", "/control/faults" API, NULL, NULL },
	{ "DELETE", "/twins/a" API, NULL, NULL },
};

static void
test_az_says_the_same(void **state)
{
	struct fixture *f = *state;
	char *az;
	size_t i;

	for (i = 0; i < N_ROWS(commands); i++) {
		take(f, commands[i].method, commands[i].path, commands[i].body,
		    200, "{}");
		az = traffic_az(last(f));
		if (commands[i].az == NULL)
			assert_null(az);
		else
			assert_string_equal(commands[i].az, az);
		free(az);
	}
}

static void
test_curl_says_the_same_without_the_key(void **state)
{
	struct fixture *f = *state;
	char *curl;

	take(f, "PATCH", "/twins/a" API, "{\"tags\":{\"o\":\"it's\"}}", 200,
	    "{}");
	curl = traffic_curl(f->traffic, last(f));
	assert_string_equal("curl -X PATCH --cacert '/x/it'\\''s.pem' "
			    "-H \"Authorization: $SAS\" "
			    "-H 'If-Match: \"AA=\"' "
			    "-H 'Content-Type: application/json' "
			    "-d '{\"tags\":{\"o\":\"it'\\''s\"}}' "
			    "'https://h.example/twins/a" API "'",
	    curl);
	free(curl);
}

static void
test_a_packet_is_a_row_of_its_own_and_no_line_for_a_shell(void **state)
{
	struct fixture *f = *state;
	int i;

	for (i = 0; i < 2; i++)
		traffic_take_packet(f->traffic, "a", true,
		    "CONNECT a, password (secret), SharedAccessKey=c2VjcmV0");
	assert_int_equal(2, traffic_size(f->traffic));
	assert_true(last(f)->is_packet);
	assert_string_equal("a", last(f)->path);
	assert_string_equal(
	    "CONNECT a, password (secret), SharedAccessKey=(secret)",
	    last(f)->body);
	assert_null(traffic_az(last(f)));
	assert_null(traffic_curl(f->traffic, last(f)));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_request_and_its_answer_are_kept_newest_last),
		TEST(test_a_poll_is_one_row_and_a_call_is_never_two),
		TEST(test_what_is_kept_is_bounded),
		TEST(test_secrets_are_masked),
		TEST(test_a_packet_is_a_row_of_its_own_and_no_line_for_a_shell),
		TEST(test_az_says_the_same),
		TEST(test_curl_says_the_same_without_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
