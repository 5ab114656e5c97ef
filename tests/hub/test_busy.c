#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/schema.h"
#include "core/hub/sessions.h"
#include "core/iothub/topic.h"
#include "core/mqtt/publish.h"
#include "core/store/store.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define ANSWER_MAX ((size_t)64 * 1024)

struct scene {
	struct rig *rig;
	struct store *other; /* as the shell of SQLite has the file open */
};

static int
set_up(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	struct err err = { 0 };
	char *path;

	scene->rig = rig_new();
	rig_add_device(scene->rig, "d1");
	path = xasprintf(
	    "%s/" HUB_FILE_DATABASE, hub_get_state_dir(rig_hub(scene->rig)));
	scene->other = store_open_beside(path, hub_schema, &err);
	assert_non_null(scene->other);
	free(path);
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	store_close(scene->other);
	rig_free(scene->rig);
	free(scene);
	return 0;
}

static void
hold(struct scene *scene)
{
	assert_int_equal(0, store_exec(scene->other, "BEGIN IMMEDIATE", NULL));
}

static void
let_go(struct scene *scene)
{
	store_rollback(scene->other);
}

/* The whole answer, head and body; the caller's. */
static char *
ask(struct scene *scene, const char *method, const char *path, const char *body)
{
	struct rig_client *client = rig_client_new_https(scene->rig);
	char *token = rig_service_token(scene->rig);
	char *request = xasprintf("%s %s?api-version=2021-04-12 HTTP/1.1\r\n"
				  "Host: localhost\r\nConnection: close\r\n"
				  "Authorization: %s\r\nContent-Length: %zu"
				  "\r\n\r\n%s",
	    method, path, token, strlen(body), body);
	struct strbuf answer = { 0 };

	rig_client_send(client, request, strlen(request));
	rig_client_read_bytes(client, ANSWER_MAX, &answer);
	rig_client_free(client);
	free(request);
	free(token);
	return strbuf_take(&answer);
}

static void
expect(struct scene *scene, const char *method, const char *path,
    const char *body, const char *words)
{
	char *answer = ask(scene, method, path, body);

	if (strstr(answer, words) == NULL)
		fail_msg("no %s in: %s", words, answer);
	free(answer);
}

static void
test_a_write_is_refused_in_words_and_nothing_of_it_happens(void **state)
{
	static const char body[] = "{\"tags\":{\"a\":1}}";
	struct scene *scene = *state;

	hold(scene);
	expect(scene, "PUT", "/devices/d2", "{}", "HTTP/1.1 503");
	expect(scene, "PATCH", "/twins/d1", body, "ServiceUnavailable");
	expect(scene, "PATCH", "/twins/d1", body, "another process");
	expect(scene, "GET", "/twins/d1", "", "HTTP/1.1 200");
	let_go(scene);
	expect(scene, "GET", "/devices/d2", "", "HTTP/1.1 404");
	expect(scene, "GET", "/twins/d1", "", "\"version\":2,");
	expect(scene, "PUT", "/devices/d2", "{}", "HTTP/1.1 200");
	expect(scene, "PATCH", "/twins/d1", body, "\"a\":1");
}

static void
test_the_loop_waits_for_it_only_once(void **state)
{
	struct scene *scene = *state;
	int64_t start_ms;
	int i;

	hold(scene);
	expect(scene, "PUT", "/devices/d2", "{}", "HTTP/1.1 503");
	start_ms = clock_mono_ms();
	for (i = 0; i < 20; i++)
		expect(scene, "PUT", "/devices/d2", "{}", "HTTP/1.1 503");
	/* Each of them would wait for 200 ms. */
	assert_true(clock_mono_ms() - start_ms < 3000);
	let_go(scene);
}

static size_t
n_of(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

/* A database that may not grow stands for the disk. */
static void
test_a_change_that_finds_the_disk_full_says_so(void **state)
{
	struct scene *scene = *state;
	struct store *store = rig_hub(scene->rig)->store;
	char path[32], *answer;
	bool is_full = false;
	int i;

	assert_int_equal(
	    0, store_exec(store, "PRAGMA max_page_count = 1", NULL));
	for (i = 0; i < 1000 && !is_full; i++) {
		snprintf(path, sizeof(path), "/devices/f%d", i);
		answer = ask(scene, "PUT", path, "{}");
		is_full = strstr(answer, "HTTP/1.1 500") != NULL;
		if (is_full && strstr(answer, "disk is full") == NULL)
			fail_msg("%s", answer);
		free(answer);
	}
	assert_true(is_full);
	expect(scene, "GET", "/devices/d1", "", "HTTP/1.1 200");
}

/* What the commit refuses: the session of nobody. */
static void
fail_to_commit(struct scene *scene)
{
	struct hub *hub = rig_hub(scene->rig);

	hub_commit_begin(hub->commit);
	assert_int_equal(0,
	    store_exec(hub->store,
		"PRAGMA defer_foreign_keys = 1;"
		"INSERT INTO session VALUES ('nobody', '{}')",
		NULL));
	rig_turn(scene->rig, 20);
}

static void
test_commits_that_fail_are_said_once_and_when_it_is_over(void **state)
{
	struct scene *scene = *state;
	char *text = NULL;
	size_t len, n_failed, n_over;
	FILE *log = open_memstream(&text, &len);

	log_open(log, LOG_INFO);
	fail_to_commit(scene);
	fail_to_commit(scene);
	hub_commit_begin(rig_hub(scene->rig)->commit);
	rig_turn(scene->rig, 20);
	log_open(NULL, LOG_INFO);
	fclose(log);
	n_failed = n_of(text, "nothing can be stored: ");
	n_over = n_of(text, "changes are stored again");
	free(text);
	assert_int_equal(1, n_failed);
	assert_int_equal(1, n_over);
}

static void
send_report(struct rig_client *client, const char *rid)
{
	char *topic =
	    xasprintf("$iothub/twin/PATCH/properties/reported/?$rid=%s", rid);
	struct mqtt_publish publish = { .topic_name = mqtt_str(topic),
		.payload = mqtt_str("{\"door\":1}") };
	struct strbuf out = { 0 };

	mqtt_publish_write(&out, &publish);
	rig_client_send(client, out.data, out.len);
	strbuf_fini(&out);
	free(topic);
}

static void
expect_response(struct rig_client *client, const char *topic)
{
	struct strbuf packet = { 0 };

	rig_client_read(client, &packet);
	assert_non_null(memmem(packet.data, packet.len, topic, strlen(topic)));
	strbuf_fini(&packet);
}

static void
test_a_report_is_refused_and_its_device_stays(void **state)
{
	struct scene *scene = *state;
	struct rig_client *device = rig_client_new(scene->rig);

	rig_client_connect(device, "d1", true, 60, RIG_HOUR);
	rig_client_subscribe(device, TOPIC_TWIN_RES_FILTER, 0);
	hold(scene);
	send_report(device, "1");
	expect_response(device, "$iothub/twin/res/500/?$rid=1");
	let_go(scene);
	expect(scene, "GET", "/twins/d1", "", "\"reported\":{\"$meta");
	send_report(device, "2");
	expect_response(device, "$iothub/twin/res/204/?$rid=2");
	rig_client_free(device);
}

/* What is known of it is not lost because it could not be written. */
static void
test_a_device_comes_and_is_seen_all_the_same(void **state)
{
	struct scene *scene = *state;
	struct rig_client *device = rig_client_new(scene->rig);
	bool never = false;

	hold(scene);
	rig_client_connect(device, "d1", true, 60, RIG_HOUR);
	rig_wait(scene->rig, &never, 1500); /* it is tried meanwhile */
	expect(scene, "GET", "/devices/d1", "", "\"Connected\"");
	let_go(scene);
	expect(scene, "GET", "/statistics/service", "",
	    "\"connectedDeviceCount\":1");
	rig_client_free(device);
}

static void
test_a_session_that_cannot_be_kept_is_unavailable(void **state)
{
	static const char refused[] = "\x20\x02\x00\x03";
	struct scene *scene = *state;
	struct rig_client *device = rig_client_new(scene->rig);
	struct strbuf packet = { 0 };

	hold(scene);
	rig_client_send_connect(device, "d1", false, 60, RIG_HOUR);
	rig_client_read(device, &packet);
	assert_int_equal(sizeof(refused) - 1, packet.len);
	assert_memory_equal(refused, packet.data, packet.len);
	rig_client_free(device);
	let_go(scene);
	strbuf_fini(&packet);
	device = rig_client_new(scene->rig);
	assert_false(rig_client_connect(device, "d1", false, 60, RIG_HOUR));
	rig_client_free(device);
}

int
main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(
		    test_a_write_is_refused_in_words_and_nothing_of_it_happens),
		CASE(test_the_loop_waits_for_it_only_once),
		CASE(test_a_change_that_finds_the_disk_full_says_so),
		CASE(test_commits_that_fail_are_said_once_and_when_it_is_over),
		CASE(test_a_report_is_refused_and_its_device_stays),
		CASE(test_a_device_comes_and_is_seen_all_the_same),
		CASE(test_a_session_that_cannot_be_kept_is_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
