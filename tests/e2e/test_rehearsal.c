#include "config.h"

/*
 * What a service sees of a hub that has a tier.
 */
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"
#include "core/hub/tier.h"
#include "core/iothub/connstr.h"
#include "core/net/loop.h"
#include "tests/support/test.h"

#define PATIENCE_MS 20000

/* A hub in this process, and a service that asks it over HTTPS. */
struct world {
	struct event_base *base;
	char *dir;
	struct hub *hub;
	struct client *client;
	struct event *tick; /* so that no wait is without end */
	/* Of the last answer. */
	bool answered;
	struct err err;
	int http, code;
	int64_t elapsed_ms, retry_after_ms;
	char body[512];
};

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void
start(struct world *w, const struct hub_config *given)
{
	struct hub_config config = *given;
	struct connstr cs = { .policy = (char *)(uintptr_t) "iothubowner" };
	const struct hub_identity *identity;
	struct err err = { 0 };

	config.state_dir = w->dir;
	config.name = "local";
	w->hub = hub_new(w->base, &config, &err);
	if (w->hub == NULL)
		fail_msg("%s", err.text);
	identity = hub_get_identity(w->hub);
	cs.host_name = xstrdup(hub_identity_host(identity));
	cs.port = hub_https_port(w->hub);
	cs.host = xasprintf("%s:%u", cs.host_name, cs.port);
	cs.key =
	    xstrdup(hub_identity_policy_key(identity, cs.policy, false, NULL));
	w->client =
	    client_new(w->base, &cs, hub_identity_ca_file(identity), &err);
	assert_non_null(w->client);
	cs.policy = NULL;
	connstr_fini(&cs);
}

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct world *w = xcalloc(1, sizeof(*w));
	struct timeval tick = { .tv_usec = 50000 };
	struct err err = { 0 };

	w->dir =
	    xasprintf("%s/twindeck-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	w->base = net_loop_new(&err);
	assert_non_null(w->base);
	w->tick = event_new(w->base, -1, EV_PERSIST, on_tick, NULL);
	event_add(w->tick, &tick);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	client_free(w->client);
	hub_free(w->hub);
	hub_remove_state(w->dir);
	event_free(w->tick);
	event_base_free(w->base);
	free(w->dir);
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
		event_base_loop(w->base, EVLOOP_ONCE);
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
		event_base_loop(w->base, EVLOOP_ONCE);
	assert_false(w->answered);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_over_the_quota_a_read_waits_for_its_turn, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_far_over_the_quota_it_is_429_in_envelope_a, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_method_is_refused_in_envelope_c, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_retry_after_is_sent_where_it_was_asked_for, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_the_hub_may_leave_while_requests_wait, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
