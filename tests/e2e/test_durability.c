#include "config.h"

/*
 * A hub that is killed in the middle of its work, again and again.  Writers
 * keep one change each in flight and count: what was acknowledged must be
 * there after the next start, each change once, and the database whole.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/device/endpoint.h"
#include "core/device/link.h"
#include "core/hub/hub.h"
#include "core/hub/schema.h"
#include "core/iothub/connstr.h"
#include "core/iothub/topic.h"
#include "core/store/store.h"
#include "tests/support/e2e.h"
#include "tests/support/test.h"

#define ROUNDS 8
#define N_PATCHERS 6   /* desired properties, over REST */
#define N_REPORTERS 12 /* reported properties, over MQTT */
#define N_CREATORS 2   /* new identities, over REST */
#define N_WRITERS (N_PATCHERS + N_REPORTERS + N_CREATORS)
#define LIFE_MIN_US 50000 /* of a hub, once its writers write */
#define LIFE_MAX_US 600000
#define PATIENCE_MS 20000
#define SEED_DEF UINT64_C(0x5eed2026)

enum kind { PATCHER, REPORTER, CREATOR };

/* One change in flight: sent is acked, or one more. */
struct writer {
	struct world *world;
	enum kind kind;
	char id[32]; /* of its device; of a creator, what ids begin with */
	char *key;   /* of a reporter's device; a secret */
	struct device_link *link;
	int64_t sent;
	int64_t acked;
};

struct world {
	struct e2e e2e;
	struct client *client;
	struct device_endpoint *endpoint;
	struct writer writers[N_WRITERS];
	uint64_t random;
	bool over;        /* the hub is dead, or about to be asked */
	size_t n_waiting; /* answers that a check waits for */
};

/* xorshift64*: the same rounds for the same seed. */
static uint64_t
next_random(struct world *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return w->random * UINT64_C(0x2545f4914f6cdd1d);
}

static void
wait_for_answers(struct world *w, const char *doing)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS;

	while (w->n_waiting > 0) {
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
		if (clock_mono_ms() > end_ms)
			fail_msg("%s: no answer", doing);
	}
}

static void
start_hub(struct world *w)
{
	struct err err = { 0 };

	e2e_start_hub(&w->e2e);
	w->client = client_new(w->e2e.base, &w->e2e.cs, w->e2e.ca_file, &err);
	assert_non_null(w->client);
	w->endpoint = device_endpoint_new(
	    w->e2e.base, w->e2e.cs.host_name, w->e2e.mqtt_port, w->e2e.ca_file, &err);
	assert_non_null(w->endpoint);
	w->over = false;
}

static void
end_hub(struct world *w, int sig)
{
	size_t i;

	e2e_end_hub(&w->e2e, sig);
	for (i = 0; i < N_WRITERS; i++) {
		device_link_free(w->writers[i].link);
		w->writers[i].link = NULL;
	}
	client_free(w->client);
	device_endpoint_free(w->endpoint);
}

static void write_next(struct writer *writer);

static void
on_acked(struct writer *writer, int64_t n)
{
	assert_int_equal(writer->sent, n);
	writer->acked = n;
	write_next(writer);
}

static void
on_answer(const struct client_answer *answer, void *arg)
{
	struct writer *writer = arg;

	if (answer->err->code == ERR_NONE)
		on_acked(writer, writer->sent);
	else if (!writer->world->over && answer->http != 0)
		fail_msg("%s: %s", writer->id, answer->err->text);
}

static void
on_message(
    const struct topic *topic, const char *payload, size_t len, void *arg)
{
	struct writer *writer = arg;
	char rid[24];

	(void)payload;
	(void)len;
	if (topic->kind != TOPIC_TWIN_RESPONSE)
		return;
	assert_int_equal(204, topic->status);
	snprintf(rid, sizeof(rid), "%.*s", (int)topic->rid.len, topic->rid.s);
	on_acked(writer, strtoll(rid, NULL, 10));
}

static void
report(struct writer *writer, const char *payload)
{
	char rid[24], *topic;
	struct err err = { 0 };

	snprintf(rid, sizeof(rid), "%" PRId64, writer->sent);
	topic = topic_format_reported_patch(rid);
	if (device_link_publish(
		writer->link, topic, payload, strlen(payload), &err) == -1)
		writer->sent--; /* the hub is gone, and this never left */
	free(topic);
}

static void
write_next(struct writer *writer)
{
	struct world *w = writer->world;
	char text[96], id[64];
	const char *ids[1] = { id };
	int64_t n;

	if (w->over)
		return;
	n = ++writer->sent;
	switch (writer->kind) {
	case PATCHER:
		snprintf(text, sizeof(text),
		    "{\"properties\":{\"desired\":{\"n\":%" PRId64 "}}}", n);
		client_twin_patch(
		    w->client, writer->id, text, NULL, on_answer, writer);
		break;
	case REPORTER:
		snprintf(text, sizeof(text), "{\"n\":%" PRId64 "}", n);
		report(writer, text);
		break;
	case CREATOR:
		snprintf(id, sizeof(id), "%s-%" PRId64, writer->id, n);
		client_devices_create(w->client, ids, 1, on_answer, writer);
		break;
	}
}

static void
on_up(void *arg)
{
	struct writer *writer = arg;

	writer->world->n_waiting--;
	write_next(writer);
}

static void
on_down(const struct err *err, int64_t retry_ms, void *arg)
{
	struct writer *writer = arg;

	(void)retry_ms;
	if (!writer->world->over)
		fail_msg("%s: %s", writer->id, err->text);
}

static void
connect_reporter(struct writer *writer)
{
	static const struct device_link_ops ops = { on_up, on_down,
		on_message };
	struct world *w = writer->world;
	struct connstr cs = { .host = w->e2e.cs.host_name,
		.host_name = w->e2e.cs.host_name,
		.port = w->e2e.mqtt_port,
		.device_id = writer->id,
		.key = writer->key };
	struct err err = { 0 };

	writer->link = device_link_new(
	    w->endpoint, &cs, DEVICE_LINK_SAS_DEF_S, &ops, writer, &err);
	if (writer->link == NULL)
		fail_msg("%s", err.text);
	w->n_waiting++;
	device_link_start(writer->link, 0);
}

static void
on_time_to_die(evutil_socket_t fd, short what, void *arg)
{
	struct world *w = arg;

	(void)fd;
	(void)what;
	w->over = true;
}

static void
write_until_killed(struct world *w)
{
	struct timeval life = { 0 };
	size_t i;

	for (i = 0; i < N_WRITERS; i++)
		if (w->writers[i].kind == REPORTER)
			connect_reporter(&w->writers[i]);
	wait_for_answers(w, "devices connect");
	for (i = 0; i < N_WRITERS; i++)
		if (w->writers[i].kind != REPORTER)
			write_next(&w->writers[i]);
	life.tv_usec = (suseconds_t)(LIFE_MIN_US +
	    next_random(w) % (LIFE_MAX_US - LIFE_MIN_US));
	event_base_once(w->e2e.base, -1, EV_TIMEOUT, on_time_to_die, w, &life);
	while (!w->over)
		event_base_loop(w->e2e.base, EVLOOP_ONCE);
	end_hub(w, SIGKILL);
}

/* A section whose n is what was acknowledged, or the one that was on its way;
 * $version counts each of them once. */
static void
check_section(struct writer *writer, const cJSON *twin, const char *path)
{
	const cJSON *section = json_path(twin, path);
	const cJSON *n = json_get(section, "n");
	const cJSON *version = json_get(section, "$version");
	int64_t have = n != NULL ? (int64_t)n->valuedouble : 0;

	if (have < writer->acked || have > writer->sent)
		fail_msg("%s: %s.n is %" PRId64 ", acknowledged was %" PRId64
			 ", sent %" PRId64,
		    writer->id, path, have, writer->acked, writer->sent);
	assert_int_equal(have + 1, (int64_t)version->valuedouble);
	writer->acked = writer->sent = have;
}

static void
on_twin(const struct client_answer *answer, void *arg)
{
	struct writer *writer = arg;

	writer->world->n_waiting--;
	if (answer->err->code != ERR_NONE)
		fail_msg("%s", answer->err->text);
	check_section(writer, answer->json,
	    writer->kind == PATCHER ? "properties.desired"
				    : "properties.reported");
}

static void
on_created_device(const struct client_answer *answer, void *arg)
{
	struct world *w = arg;

	w->n_waiting--;
	if (answer->err->code != ERR_NONE)
		fail_msg("acknowledged, and gone: %s", answer->err->text);
}

/* The one on its way may or may not be there: then it is not made again. */
static void
check_creator(struct writer *writer)
{
	struct world *w = writer->world;
	char id[64];
	int64_t n;

	for (n = 1; n <= writer->acked; n++) {
		snprintf(id, sizeof(id), "%s-%" PRId64, writer->id, n);
		w->n_waiting++;
		client_device_get(w->client, id, on_created_device, w);
		if (n % 64 == 0)
			wait_for_answers(w, "devices that were created");
	}
	wait_for_answers(w, "devices that were created");
	/* A name of its own for the next round. */
	snprintf(writer->id, sizeof(writer->id), "new-%" PRIx64,
	    next_random(w) >> 16);
	writer->acked = writer->sent = 0;
}

static void
check_acknowledged(struct world *w)
{
	size_t i;

	for (i = 0; i < N_WRITERS; i++) {
		if (w->writers[i].kind == CREATOR)
			continue;
		w->n_waiting++;
		client_twin_get(
		    w->client, w->writers[i].id, on_twin, &w->writers[i]);
	}
	wait_for_answers(w, "twins");
	for (i = 0; i < N_WRITERS; i++)
		if (w->writers[i].kind == CREATOR)
			check_creator(&w->writers[i]);
}

/* Beside the hub, if one runs. */
static void
check_database(struct world *w)
{
	char *path = xasprintf("%s/" HUB_FILE_DATABASE, w->e2e.dir);
	struct err err = { 0 };
	struct store *store = store_open(path, hub_schema, &err);
	struct store_stmt *s;

	if (store == NULL)
		fail_msg("%s", err.text);
	s = store_prepare(store, "PRAGMA integrity_check", &err);
	assert_int_equal(1, store_step(s, &err));
	assert_string_equal("ok", store_column_text(s, 0));
	store_stmt_free(s);
	s = store_prepare(store, "PRAGMA foreign_key_check", &err);
	assert_int_equal(0, store_step(s, &err));
	store_stmt_free(s);
	s = store_prepare(store,
	    "SELECT count(*) FROM device LEFT JOIN twin "
	    "ON twin.id = device.id WHERE twin.id IS NULL",
	    &err);
	assert_int_equal(1, store_step(s, &err));
	assert_int_equal(0, store_column_int(s, 0));
	store_stmt_free(s);
	store_close(store);
	free(path);
}

static void
on_key(const struct client_answer *answer, void *arg)
{
	struct writer *writer = arg;

	writer->world->n_waiting--;
	if (answer->err->code != ERR_NONE)
		fail_msg("%s", answer->err->text);
	writer->key = xstrdup(json_get_string(
	    json_path(answer->json, "authentication.symmetricKey"),
	    "primaryKey"));
}

static void
make_devices(struct world *w)
{
	const char *ids[N_WRITERS];
	size_t i, n = 0;

	for (i = 0; i < N_WRITERS; i++)
		if (w->writers[i].kind != CREATOR)
			ids[n++] = w->writers[i].id;
	w->n_waiting++;
	client_devices_create(w->client, ids, n, on_created_device, w);
	wait_for_answers(w, "devices are made");
	for (i = 0; i < N_WRITERS; i++) {
		if (w->writers[i].kind != REPORTER)
			continue;
		w->n_waiting++;
		client_device_get(
		    w->client, w->writers[i].id, on_key, &w->writers[i]);
	}
	wait_for_answers(w, "keys");
}

static void
make_writers(struct world *w)
{
	struct writer *writer;
	size_t i;

	for (i = 0; i < N_WRITERS; i++) {
		writer = &w->writers[i];
		writer->world = w;
		writer->kind = i < N_PATCHERS      ? PATCHER
		    : i < N_PATCHERS + N_REPORTERS ? REPORTER
						   : CREATOR;
		snprintf(writer->id, sizeof(writer->id), "door-%zu", i);
	}
}

static int
setup(void **state)
{
	const char *seed = getenv("SEED");
	struct world *w = xcalloc(1, sizeof(*w));

	xalloc_init();
	e2e_init(&w->e2e);
	w->random = seed != NULL ? strtoull(seed, NULL, 0) : SEED_DEF;
	printf("# SEED=0x%" PRIx64 "\n", w->random);
	make_writers(w);
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
	for (i = 0; i < N_WRITERS; i++)
		xfree_secret(w->writers[i].key);
	e2e_fini(&w->e2e);
	free(w);
	return 0;
}

static void
test_what_was_acknowledged_outlives_kill_9(void **state)
{
	struct world *w = *state;
	int64_t n = 0;
	size_t i;
	int round;

	start_hub(w);
	make_devices(w);
	for (round = 0; round < ROUNDS; round++) {
		write_until_killed(w);
		for (i = 0; i < N_WRITERS; i++)
			n += w->writers[i].kind == CREATOR ? w->writers[i].acked
							   : 0;
		/* Either the hub mends the database at its start, or SQLite
		 * alone does. */
		if (round % 2 == 0)
			check_database(w);
		start_hub(w);
		check_acknowledged(w);
		check_database(w);
	}
	for (i = 0; i < N_WRITERS; i++)
		n += w->writers[i].acked;
	printf("# %" PRId64 " writes were acknowledged\n", n);
	end_hub(w, SIGTERM);
	check_database(w);
	assert_true(n > ROUNDS * N_WRITERS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_what_was_acknowledged_outlives_kill_9, setup,
		    teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
