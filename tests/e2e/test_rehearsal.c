#include "config.h"

/*
 * What a service sees of a hub that has a tier, and of one with faults on
 * purpose.
 */
#include <stdlib.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"
#include "core/hub/monitor.h"
#include "core/hub/tier.h"
#include "core/iothub/connstr.h"
#include "core/iothub/sas.h"
#include "core/net/http.h"
#include "tests/support/e2e.h"
#include "tests/support/test.h"

#define PATIENCE_MS 20000
#define API "?api-version=2021-04-12"

/* A hub in this process, and a service that asks it over HTTPS. */
struct world {
	struct e2e e2e;
	struct hub *hub;
	struct client *client;
	/* Of the last answer. */
	bool answered;
	struct err err;
	int http, code;
	int64_t elapsed_ms, retry_after_ms;
	char body[2048];
	bool stops; /* whoever listens, at the next message */
};

static void
start(struct world *w, const struct hub_config *given)
{
	struct hub_config config = *given;
	struct connstr cs = { .policy = (char *)(uintptr_t) "iothubowner" };
	const struct hub_identity *identity;
	struct err err = { 0 };

	config.state_dir = w->e2e.dir;
	config.name = "local";
	w->hub = hub_new(w->e2e.base, &config, &err);
	if (w->hub == NULL)
		fail_msg("%s", err.text);
	identity = hub_get_identity(w->hub);
	cs.host_name = xstrdup(hub_identity_host(identity));
	cs.port = hub_https_port(w->hub);
	cs.host = xasprintf("%s:%u", cs.host_name, cs.port);
	cs.key =
	    xstrdup(hub_identity_policy_key(identity, cs.policy, false, NULL));
	w->client =
	    client_new(w->e2e.base, &cs, hub_identity_ca_file(identity), &err);
	assert_non_null(w->client);
	cs.policy = NULL;
	connstr_fini(&cs);
}

static int
setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	e2e_init(&w->e2e);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	client_free(w->client);
	hub_free(w->hub);
	e2e_fini(&w->e2e);
	free(w);
	return 0;
}

static void
on_answer(const struct client_answer *answer, void *arg)
{
	struct world *w = arg;

	w->answered = true;
	err_copy(&w->err, answer->err);
	w->http = answer->http;
	w->code = answer->code;
	w->elapsed_ms = answer->elapsed_us / 1000;
	w->retry_after_ms = answer->retry_after_ms;
	snprintf(w->body, sizeof(w->body), "%s", answer->body);
}

static void
wait_for_answer(struct world *w)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	while (!w->answered) {
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
		if (clock_mono_ms() > end_ms)
			fail_msg("no answer");
	}
	w->answered = false;
}

static void
get_twin(struct world *w, const char *device_id)
{
	client_twin_get(w->client, device_id, on_answer, w);
	wait_for_answer(w);
}

static void
make_device(struct world *w, const char *device_id)
{
	client_devices_create(w->client, &device_id, 1, on_answer, w);
	wait_for_answer(w);
	assert_int_equal(200, w->http);
}

static void
on_control(
    struct net_http_call *call, const struct net_http_answer *answer, void *arg)
{
	struct world *w = arg;

	(void)call;
	w->answered = true;
	w->http = answer->status;
	snprintf(w->body, sizeof(w->body), "%s", answer->body);
}

/* A request with a token of that policy. */
static void
control(struct world *w, const char *policy, const char *method,
    const char *path, const char *body)
{
	const struct hub_identity *identity = hub_get_identity(w->hub);
	struct err err = { 0 };
	struct net_http *http =
	    net_http_new(w->e2e.base, hub_identity_ca_file(identity), &err);
	char *token = sas_token_new(hub_identity_host(identity),
	    hub_identity_policy_key(identity, policy, false, NULL), policy,
	    clock_utc_us() / 1000000 + 600, &err);
	char *header = xasprintf("Authorization: %s", token);
	char *url = xasprintf("https://%s:%u%s", hub_identity_host(identity),
	    hub_https_port(w->hub), path);
	const char *const headers[] = { header,
		"Content-Type: application/json", NULL };
	struct net_http_request request = { .method = method,
		.url = url,
		.headers = headers,
		.body = body,
		.body_len = body != NULL ? strlen(body) : 0 };

	net_http_send(http, &request, on_control, w);
	wait_for_answer(w);
	net_http_free(http);
	free(url);
	free(header);
	xfree_secret(token);
}

static void
use_up(struct world *w, enum hub_op op, size_t amount)
{
	while (hub_tier_take(w->hub->tier, op, amount) != HUB_TIER_REFUSED)
		;
}

static void
test_over_the_quota_a_read_waits_for_its_turn(void **state)
{
	struct world *w = *state;
	int i;

	start(w, &(struct hub_config){ .tier = "S1", .n_units = 1 });
	make_device(w, "d");
	for (i = 0; i < 150; i++)
		hub_tier_take(w->hub->tier, HUB_OP_TWIN_READ, 1);
	get_twin(w, "d");
	assert_int_equal(200, w->http);
	assert_in_range(w->elapsed_ms, 200, HUB_TIER_DELAY_MAX_MS);
}

static void
test_far_over_the_quota_it_is_429_in_envelope_a(void **state)
{
	struct world *w = *state;

	start(w, &(struct hub_config){ .tier = "F1", .n_units = 1 });
	make_device(w, "d");
	use_up(w, HUB_OP_TWIN_READ, 1);
	get_twin(w, "d");
	assert_int_equal(429, w->http);
	assert_int_equal(429001, w->code);
	assert_int_equal(ERR_THROTTLED, w->err.code);
	assert_int_equal(0, w->retry_after_ms);
	assert_non_null(strstr(w->body,
	    "{\"Message\":\"ErrorCode:ThrottlingException;The request has been "
	    "throttled. Wait 10 seconds and try again. Operation type: "
	    "TwinReads\",\"ExceptionMessage\":\"Tracking ID:"));
}

static void
test_over_the_messages_of_the_day_it_is_403(void **state)
{
	struct world *w = *state;
	int i;

	start(w, &(struct hub_config){ .tier = "F1", .n_units = 1 });
	make_device(w, "d");
	for (i = 0; i < 7998; i++)
		hub_tier_bill(w->hub->tier, 0);
	/* A twin is more than half a KB: two messages. */
	get_twin(w, "d");
	assert_int_equal(200, w->http);
	get_twin(w, "d");
	assert_int_equal(403, w->http);
	assert_int_equal(403002, w->code);
	assert_non_null(strstr(w->body,
	    "{\"Message\":\"ErrorCode:IotHubQuotaExceeded;Total number of "
	    "messages on IotHub exceeded the allocated quota of 8000 a day\""));
	make_device(w, "identities-are-free");
}

static void
test_a_free_hub_has_500_devices(void **state)
{
	struct world *w = *state;
	char ids[100][8];
	const char *all[100];
	int i, j;

	start(w, &(struct hub_config){ .tier = "F1", .n_units = 1 });
	for (i = 0; i < 5; i++) {
		for (j = 0; j < 100; j++) {
			snprintf(ids[j], sizeof(ids[j]), "d%d", i * 100 + j);
			all[j] = ids[j];
		}
		client_devices_create(w->client, all, 100, on_answer, w);
		wait_for_answer(w);
		assert_int_equal(200, w->http);
	}
	control(w, "iothubowner", "POST", "/devices" API,
	    "[{\"id\":\"one-more\"}]");
	assert_int_equal(400, w->http);
	assert_non_null(strstr(w->body, "\"errorCode\":\"TooManyDevices\","));
	assert_non_null(strstr(w->body, "The hub has 500 devices and modules"));
	control(w, "iothubowner", "PUT", "/devices/one-more" API, "{}");
	assert_int_equal(413, w->http);
	assert_non_null(strstr(w->body, "ErrorCode:TooManyDevices;"));
	control(w, "iothubowner", "PUT", "/devices/d1/modules/m" API, "{}");
	assert_int_equal(413, w->http);
}

static void
test_a_method_is_refused_in_envelope_c(void **state)
{
	struct client_method method = { .name = "lockDoor",
		.response_timeout_s = 30 };
	struct world *w = *state;

	start(w, &(struct hub_config){ .tier = "S1", .n_units = 1 });
	make_device(w, "d");
	use_up(w, HUB_OP_METHOD, 4096);
	client_method(w->client, "d", &method, on_answer, w);
	wait_for_answer(w);
	assert_int_equal(429, w->http);
	assert_non_null(
	    strstr(w->body, "{\"Message\":\"{\\\"errorCode\\\":429001"));
}

static void
test_retry_after_is_sent_where_it_was_asked_for(void **state)
{
	struct world *w = *state;

	start(w,
	    &(struct hub_config){
		.tier = "S1", .n_units = 1, .sends_retry_after = true });
	make_device(w, "d");
	use_up(w, HUB_OP_TWIN_READ, 1);
	get_twin(w, "d");
	assert_int_equal(429, w->http);
	assert_int_equal(10000, w->retry_after_ms);
}

static void
test_the_hub_may_leave_while_requests_wait(void **state)
{
	struct world *w = *state;
	int i;

	start(w, &(struct hub_config){ .tier = "S1", .n_units = 1 });
	make_device(w, "d");
	for (i = 0; i < 400; i++)
		hub_tier_take(w->hub->tier, HUB_OP_TWIN_READ, 1);
	client_twin_get(w->client, "d", on_answer, w);
	for (i = 0; i < 10; i++)
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
	assert_false(w->answered);
	hub_free(w->hub);
	w->hub = NULL;
	wait_for_answer(w);
	assert_int_equal(503, w->http);
}

static void
set_faults(struct world *w, const char *body)
{
	control(w, "iothubowner", "PUT", "/control/faults", body);
	assert_int_equal(200, w->http);
}

static void
test_faults_come_and_go_over_the_control_route(void **state)
{
	struct world *w = *state;

	start(w, &(struct hub_config){ .faults = "latency=1ms@x" });
	make_device(w, "d");
	control(w, "iothubowner", "GET", "/control/faults", NULL);
	assert_string_equal("{\"faults\":[\"latency=1ms@x\"]}", w->body);
	set_faults(w, "{\"faults\":[\"503@d\"]}");
	get_twin(w, "d");
	assert_int_equal(503, w->http);
	set_faults(w, "{\"faults\":[\"429@d\"]}");
	get_twin(w, "d");
	assert_int_equal(429001, w->code);
	control(w, "iothubowner", "DELETE", "/control/faults", NULL);
	assert_string_equal("{\"faults\":[]}", w->body);
	get_twin(w, "d");
	assert_int_equal(200, w->http);
}

static void
test_the_control_route_wants_the_owner(void **state)
{
	struct world *w = *state;

	start(w, &(struct hub_config){ .faults = NULL });
	control(
	    w, "service", "PUT", "/control/faults", "{\"faults\":[\"loss\"]}");
	assert_int_equal(401, w->http);
	control(w, "registryReadWrite", "GET", "/control/calls", NULL);
	assert_int_equal(401, w->http);
}

static void
test_the_control_route_has_no_faults(void **state)
{
	struct world *w = *state;

	start(w, &(struct hub_config){ .faults = "loss" });
	control(w, "iothubowner", "DELETE", "/control/faults", NULL);
	assert_int_equal(200, w->http);
	control(w, "iothubowner", "PUT", "/control/faults",
	    "{\"faults\":[\"lossy\"]}");
	assert_int_equal(400, w->http);
	control(w, "iothubowner", "PUT", "/control/faults", "[]");
	assert_int_equal(400, w->http);
	control(w, "iothubowner", "PUT", "/control/faults", "{\"faults\":[1]}");
	assert_int_equal(400, w->http);
}

static void
test_a_request_that_is_lost_was_not_acted_on(void **state)
{
	struct world *w = *state;

	start(w, &(struct hub_config){ .faults = "loss@d" });
	make_device(w, "d");
	client_twin_patch(
	    w->client, "d", "{\"tags\":{\"a\":1}}", NULL, on_answer, w);
	wait_for_answer(w);
	assert_int_equal(0, w->http);
	assert_int_equal(ERR_UNKNOWN, w->err.code);
	set_faults(w, "{\"faults\":[]}");
	get_twin(w, "d");
	assert_null(strstr(w->body, "\"tags\""));
}

static void
test_a_request_whose_answer_is_lost_was_acted_on(void **state)
{
	struct world *w = *state;

	start(w, &(struct hub_config){ .faults = "answer-loss@d" });
	make_device(w, "d");
	client_twin_patch(
	    w->client, "d", "{\"tags\":{\"a\":1}}", NULL, on_answer, w);
	wait_for_answer(w);
	assert_int_equal(0, w->http);
	assert_int_equal(ERR_UNKNOWN, w->err.code);
	set_faults(w, "{\"faults\":[]}");
	get_twin(w, "d");
	assert_non_null(strstr(w->body, "\"tags\":{\"a\":1}"));
}

static void
test_latency_is_for_its_device(void **state)
{
	struct world *w = *state;

	start(w, &(struct hub_config){ .faults = "latency=300ms@slow" });
	make_device(w, "slow");
	make_device(w, "quick");
	get_twin(w, "slow");
	assert_int_equal(200, w->http);
	/* The loop's clock may be a little behind when the wait begins. */
	assert_in_range(w->elapsed_ms, 290, PATIENCE_MS);
	get_twin(w, "quick");
	assert_in_range(w->elapsed_ms, 0, 299);
}

static void
test_a_clock_that_is_ahead_finds_tokens_expired(void **state)
{
	struct world *w = *state;

	start(w, &(struct hub_config){ .faults = "clock-skew=2d" });
	get_twin(w, "d");
	assert_int_equal(401, w->http);
}

static void
test_the_history_says_which_device_was_called_with_what(void **state)
{
	struct client_method method = { .name = "lockDoor",
		.payload = "{\"lockTime\":\"10m\"}",
		.response_timeout_s = 30 };
	struct world *w = *state;

	start(w, &(struct hub_config){ .faults = NULL });
	make_device(w, "d");
	client_method(w->client, "d", &method, on_answer, w);
	wait_for_answer(w);
	assert_int_equal(404, w->http);
	control(w, "iothubowner", "GET", "/control/calls?deviceId=d", NULL);
	assert_int_equal(200, w->http);
	assert_non_null(strstr(w->body, "[{\"number\":1,\"time\":\"20"));
	assert_non_null(strstr(w->body,
	    "\"deviceId\":\"d\",\"methodName\":\"lockDoor\",\"payload\":"
	    "{\"lockTime\":\"10m\"},\"payloadBytes\":18,"
	    "\"outcome\":\"notConnected\""));
	control(w, "iothubowner", "GET", "/control/calls?after=1", NULL);
	assert_string_equal("[]", w->body);
	control(w, "iothubowner", "DELETE", "/control/calls", NULL);
	assert_int_equal(204, w->http);
	control(w, "iothubowner", "GET", "/control/calls", NULL);
	assert_string_equal("[]", w->body);
}

static int
on_line(const char *data, size_t len, void *arg)
{
	struct world *w = arg;

	w->answered = true;
	snprintf(w->body, sizeof(w->body), "%.*s", (int)len, data);
	return w->stops ? -1 : 0;
}

static void
listen_to_d(struct world *w)
{
	/* The one before has gone, and the hub may not know yet. */
	while (hub_monitor_count(w->hub->monitor) > 0)
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
	client_listen(
	    w->client, "/control/devices/d/messages", on_line, on_answer, w);
	while (hub_monitor_count(w->hub->monitor) == 0)
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
}

/* What comes of it ends with the hub, or with whoever listens. */
static void
test_a_client_hears_messages_until_somebody_leaves(void **state)
{
	struct hub_monitor_message message = {
		.who = "d", .bag = "a=1", .bag_len = 3, .payload = "hello",
		.payload_len = 5
	};
	struct world *w = *state;

	start(w, &(struct hub_config){ 0 });
	listen_to_d(w);
	hub_monitor_tell(w->hub->monitor, &message);
	wait_for_answer(w);
	assert_non_null(strstr(w->body, "\"payload\":\"hello\""));
	w->stops = true;
	hub_monitor_tell(w->hub->monitor, &message);
	while (w->http != 200)
		event_base_loop(w->e2e.base, EVLOOP_ONCE);

	w->answered = w->stops = false;
	w->http = 0;
	listen_to_d(w);
	hub_monitor_tell(w->hub->monitor, &message);
	wait_for_answer(w);
	hub_free(w->hub);
	w->hub = NULL;
	wait_for_answer(w);
	assert_int_equal(200, w->http);
	assert_int_equal(ERR_UNREACHABLE, w->err.code);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_over_the_quota_a_read_waits_for_its_turn, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_far_over_the_quota_it_is_429_in_envelope_a, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_over_the_messages_of_the_day_it_is_403, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_free_hub_has_500_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_method_is_refused_in_envelope_c, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_retry_after_is_sent_where_it_was_asked_for, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_the_hub_may_leave_while_requests_wait, setup,
		    teardown),
		CASE(test_faults_come_and_go_over_the_control_route),
		CASE(test_the_control_route_wants_the_owner),
		CASE(test_the_control_route_has_no_faults),
		CASE(test_a_request_that_is_lost_was_not_acted_on),
		CASE(test_a_request_whose_answer_is_lost_was_acted_on),
		CASE(test_latency_is_for_its_device),
		CASE(test_a_clock_that_is_ahead_finds_tokens_expired),
		CASE(test_the_history_says_which_device_was_called_with_what),
		CASE(test_a_client_hears_messages_until_somebody_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
