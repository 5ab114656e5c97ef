#include "config.h"

/*
 * A hub that is killed in the middle of a method job.  Its devices count how
 * often they are called: after the next start the job goes on to its end, and
 * nobody has been called twice.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/device/endpoint.h"
#include "core/device/link.h"
#include "core/hub/hub.h"
#include "core/hub/schema.h"
#include "core/iothub/connstr.h"
#include "core/iothub/sas.h"
#include "core/iothub/topic.h"
#include "core/net/http.h"
#include "core/store/store.h"
#include "tests/support/e2e.h"
#include "tests/support/test.h"

#define ROUNDS 3
#define N_DEVICES 100 /* more than a job calls at a time */
#define PATIENCE_MS 60000
#define ANSWER_MS 40 /* that a device takes */
#define KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

struct device {
	struct world *world;
	char id[16];
	struct device_link *link;
	char *rid; /* of the call that it will answer; owned */
	struct event *timer;
	int n_calls; /* in this round */
};

struct world {
	struct e2e e2e;
	struct net_http *http;
	struct device_endpoint *endpoint;
	struct device devices[N_DEVICES];
	int n_up;
	int n_calls; /* in this round */
	bool over;   /* the hub is dead, or about to be */
};

static void
start_hub(struct world *w)
{
	struct err err = { 0 };

	e2e_start_hub(&w->e2e);
	w->http = net_http_new(w->e2e.base, w->e2e.ca_file, &err);
	assert_non_null(w->http);
	w->endpoint = device_endpoint_new(
	    w->e2e.base, w->e2e.cs.host_name, w->e2e.mqtt_port, w->e2e.ca_file, &err);
	assert_non_null(w->endpoint);
	w->over = false;
}

static void
end_hub(struct world *w, int sig)
{
	struct device *d;

	w->over = true;
	e2e_end_hub(&w->e2e, sig);
	for (d = w->devices; d < w->devices + N_DEVICES; d++) {
		device_link_free(d->link);
		d->link = NULL;
		event_del(d->timer);
		free(d->rid);
		d->rid = NULL;
	}
	w->n_up = 0;
	net_http_free(w->http);
	device_endpoint_free(w->endpoint);
}

struct answer {
	bool done;
	int status;
	char *body;
};

static void
on_answer(
    struct net_http_call *call, const struct net_http_answer *a, void *arg)
{
	struct answer *answer = arg;

	(void)call;
	answer->done = true;
	answer->status = a->status;
	answer->body = xstrndup(a->body, a->body_len);
}

/* The body of an answer 200, the caller's. */
static char *
ask(struct world *w, const char *method, const char *path, const char *body)
{
	struct net_http_request request = { .method = method, .body = body };
	struct answer answer = { 0 };
	const char *headers[3];
	struct err err = { 0 };
	char *url, *token, *auth;

	url = xasprintf("https://%s:%u%s?api-version=2021-04-12",
	    w->e2e.cs.host_name, w->e2e.cs.port, path);
	token = sas_token_new(w->e2e.cs.host, w->e2e.cs.key, w->e2e.cs.policy,
	    (int64_t)time(NULL) + 600, &err);
	auth = xasprintf("Authorization: %s", token);
	headers[0] = auth;
	headers[1] = "Content-Type: application/json";
	headers[2] = NULL;
	request.url = url;
	request.headers = headers;
	request.body_len = body != NULL ? strlen(body) : 0;
	net_http_send(w->http, &request, on_answer, &answer);
	while (!answer.done) /* it has a time-out of its own */
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
	if (answer.status != 200)
		fail_msg("%s %s: %d %s", method, path, answer.status,
		    answer.body);
	xfree_secret(token);
	xfree_secret(auth);
	free(url);
	return answer.body;
}

static void
on_up(void *arg)
{
	struct device *d = arg;

	d->world->n_up++;
}

static void
on_down(const struct err *err, int64_t retry_ms, void *arg)
{
	struct device *d = arg;

	(void)retry_ms;
	if (!d->world->over)
		fail_msg("%s: %s", d->id, err->text);
}

static void
on_message(
    const struct topic *topic, const char *payload, size_t len, void *arg)
{
	struct timeval delay = { .tv_usec = ANSWER_MS * 1000 };
	struct device *d = arg;

	(void)payload;
	(void)len;
	if (topic->kind != TOPIC_METHOD)
		return;
	d->n_calls++;
	d->world->n_calls++;
	free(d->rid);
	d->rid = xstrndup(topic->rid.s, topic->rid.len);
	event_add(d->timer, &delay);
}

static void
on_time_to_answer(evutil_socket_t fd, short what, void *arg)
{
	struct timeval later = { .tv_usec = ANSWER_MS * 1000 };
	struct device *d = arg;
	char *topic;

	(void)fd;
	(void)what;
	topic = topic_format_method_response(
	    200, (struct topic_str){ d->rid, strlen(d->rid) });
	/* A stored session may bring a call before the link is up. */
	if (device_link_publish(d->link, topic, "{}", 2, NULL) == -1)
		event_add(d->timer, &later);
	free(topic);
}

static void
connect_devices(struct world *w)
{
	static const struct device_link_ops ops = { on_up, on_down,
		on_message };
	struct connstr cs = { .host = w->e2e.cs.host_name,
		.host_name = w->e2e.cs.host_name,
		.port = w->e2e.mqtt_port,
		.key = (char *)(uintptr_t)KEY };
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
	struct err err = { 0 };
	struct device *d;

	for (d = w->devices; d < w->devices + N_DEVICES; d++) {
		cs.device_id = d->id;
		d->link = device_link_new(
		    w->endpoint, &cs, DEVICE_LINK_SAS_DEF_S, &ops, d, &err);
		if (d->link == NULL)
			fail_msg("%s", err.text);
		device_link_start(d->link, 0);
	}
	while (w->n_up < N_DEVICES) {
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
		if (clock_mono_ms() > end_ms)
			fail_msg("%d devices connect", w->n_up);
	}
}

static void
make_devices(struct world *w)
{
	struct device *d;
	char *path;

	for (d = w->devices; d < w->devices + N_DEVICES; d++) {
		path = xasprintf("/devices/%s", d->id);
		free(ask(w, "PUT", path,
		    "{\"authentication\":{\"symmetricKey\":{\"primaryKey\":"
		    "\"" KEY "\",\"secondaryKey\":\"" KEY "\"}}}"));
		free(path);
	}
}

static void
run_until_killed(struct world *w, const char *job, int n_calls)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
	char *path = xasprintf("/jobs/v2/%s", job);
	struct device *d;

	for (d = w->devices; d < w->devices + N_DEVICES; d++)
		d->n_calls = 0;
	w->n_calls = 0;
	free(ask(w, "PUT", path,
	    "{\"type\":\"scheduleDeviceMethod\",\"queryCondition\":\"*\","
	    "\"cloudToDeviceMethod\":{\"methodName\":\"lockDoor\"},"
	    "\"maxExecutionTimeInSeconds\":300}"));
	while (w->n_calls < n_calls) {
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
		if (clock_mono_ms() > end_ms)
			fail_msg("%d devices are called", w->n_calls);
	}
	end_hub(w, SIGKILL);
	free(path);
}

static void
wait_for_end(struct world *w, const char *job)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
	char *path = xasprintf("/jobs/v2/%s", job), *body;
	bool done = false;

	while (!done) {
		body = ask(w, "GET", path, NULL);
		done = strstr(body, "\"status\":\"completed\"") != NULL;
		if (!done && clock_mono_ms() > end_ms)
			fail_msg("no end: %s", body);
		free(body);
		event_base_loop(w->e2e.base, EVLOOP_ONCE); /* a tick at most */
	}
	free(path);
}

static struct device *
find(struct world *w, const char *id)
{
	struct device *d;

	for (d = w->devices; d < w->devices + N_DEVICES; d++)
		if (strcmp(d->id, id) == 0)
			return d;
	fail_msg("%s is nobody", id);
	return NULL;
}

/* What the records say against what the devices know; beside the hub. */
static void
check_records(struct world *w, const char *job, int n_before)
{
	char *path = xasprintf("%s/" HUB_FILE_DATABASE, w->e2e.dir);
	int n_completed = 0, n_unknown = 0;
	struct err err = { 0 };
	struct store *store = store_open(path, hub_schema, &err);
	struct store_stmt *s;
	const char *status;
	struct device *d;

	if (store == NULL)
		fail_msg("%s", err.text);
	s = store_prepare(store,
	    "SELECT device_id, device_job.status, error_code, error_text"
	    " FROM device_job JOIN job ON job.id = device_job.job"
	    " WHERE job_id = ?1",
	    &err);
	store_bind_text(s, 1, job);
	while (store_step(s, &err) == 1) {
		d = find(w, store_column_text(s, 0));
		status = store_column_text(s, 1);
		if (d->n_calls > 1)
			fail_msg("%s was called %d times", d->id, d->n_calls);
		if (strcmp(status, "completed") == 0) {
			assert_int_equal(1, d->n_calls);
			n_completed++;
			continue;
		}
		assert_string_equal("failed", status);
		assert_string_equal("504101", store_column_text(s, 2));
		assert_non_null(strstr(store_column_text(s, 3), "unknown"));
		n_unknown++;
	}
	store_stmt_free(s);
	store_close(store);
	free(path);
	printf("# %s: %d calls before the kill, %d completed, %d unknown\n",
	    job, n_before, n_completed, n_unknown);
	assert_int_equal(N_DEVICES, n_completed + n_unknown);
	assert_true(n_completed > 0);
}

static int
setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	size_t i;

	xalloc_init();
	e2e_init(&w->e2e);
	for (i = 0; i < N_DEVICES; i++) {
		w->devices[i].world = w;
		snprintf(w->devices[i].id, sizeof(w->devices[i].id),
		    "door-%03zu", i);
		w->devices[i].timer = evtimer_new(
		    w->e2e.base, on_time_to_answer, &w->devices[i]);
	}
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	size_t i;

	if (w->e2e.pid != 0)
		end_hub(w, SIGKILL);
	for (i = 0; i < N_DEVICES; i++)
		event_free(w->devices[i].timer);
	e2e_fini(&w->e2e);
	free(w);
	return 0;
}

static void
test_a_killed_hub_ends_its_job_and_calls_nobody_twice(void **state)
{
	/* At the first call, with some answered, with most of them. */
	static const int kill_after[ROUNDS] = { 1, 30, 90 };
	struct world *w = *state;
	char job[16];
	int round;

	start_hub(w);
	make_devices(w);
	connect_devices(w);
	for (round = 0; round < ROUNDS; round++) {
		snprintf(job, sizeof(job), "job-%d", round);
		run_until_killed(w, job, kill_after[round]);
		start_hub(w);
		connect_devices(w);
		wait_for_end(w, job);
		check_records(w, job, kill_after[round]);
	}
	end_hub(w, SIGTERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_killed_hub_ends_its_job_and_calls_nobody_twice,
		    setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
