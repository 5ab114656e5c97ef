#include "config.h"

#include <stdlib.h>

#include <event2/http.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/schema.h"
#include "core/hub/tier.h"
#include "core/iothub/topic.h"
#include "core/mqtt/publish.h"
#include "core/store/store.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

/* The linker puts this one in the place of the real clock. */
int64_t __wrap_clock_mono_ms(void);
int64_t __real_clock_mono_ms(void);
static int64_t skipped_ms;

int64_t
__wrap_clock_mono_ms(void)
{
	return __real_clock_mono_ms() + skipped_ms;
}

int64_t __wrap_clock_utc_us(void);
int64_t __real_clock_utc_us(void);
static int64_t skipped_us;

int64_t
__wrap_clock_utc_us(void)
{
	return __real_clock_utc_us() + skipped_us;
}

static struct hub_tier *
make(const char *name, int64_t n_units)
{
	struct err err = { 0 };
	struct hub_tier *tier = hub_tier_new(name, n_units, &err);

	if (tier == NULL)
		fail_msg("%s", err.text);
	return tier;
}

/* How many operations run at once. */
static int
burst(struct hub_tier *tier, enum hub_op op, size_t amount)
{
	int n = 0;

	while (n < 1000000 && hub_tier_take(tier, op, amount) == 0)
		n++;
	return n;
}

static void
test_without_a_tier_nothing_is_counted(void **state)
{
	(void)state;
	assert_int_equal(1000000, burst(NULL, HUB_OP_REGISTRY, 1));
}

static void
test_the_quotas_are_those_of_iot_hub(void **state)
{
	/* Contract 7; for each: F1, S1 x 1, S1 x 10, S2 x 2, S3 x 1. */
	static const struct {
		enum hub_op op;
		size_t amount;
		int n[5];
	} rows[] = {
		{ HUB_OP_REGISTRY, 1, { 100, 100, 1000, 200, 5000 } },
		{ HUB_OP_CONNECT, 1, { 100, 100, 120, 240, 6000 } },
		{ HUB_OP_TELEMETRY, 1, { 100, 100, 120, 240, 6000 } },
		{ HUB_OP_C2D, 1, { 100, 100, 1000, 200, 5000 } },
		{ HUB_OP_METHOD, 4096, { 40, 40, 400, 240, 6144 } },
		{ HUB_OP_QUERY, 1, { 20, 20, 200, 40, 1000 } },
		{ HUB_OP_TWIN_READ, 1, { 100, 100, 100, 100, 500 } },
		{ HUB_OP_TWIN_WRITE, 1, { 50, 50, 50, 50, 250 } },
		{ HUB_OP_JOB, 1, { 100, 100, 1000, 200, 5000 } },
		{ HUB_OP_JOB_DEVICE, 1, { 10, 10, 10, 10, 50 } },
		{ HUB_OP_CONFIGURATION, 1, { 20, 20, 200, 40, 20 } },
	};
	static const struct {
		const char *name;
		int64_t n_units;
	} tiers[] = { { "F1", 1 }, { "s1", 1 }, { "S1", 10 }, { "S2", 2 },
		{ "S3", 1 } };
	struct hub_tier *tier;
	size_t i, j;
	int n;

	(void)state;
	for (j = 0; j < N_ROWS(tiers); j++) {
		tier = make(tiers[j].name, tiers[j].n_units);
		for (i = 0; i < N_ROWS(rows); i++) {
			n = burst(tier, rows[i].op, rows[i].amount);
			/* Time goes on meanwhile: a few more may pass. */
			assert_in_range(n, rows[i].n[j],
			    rows[i].n[j] + rows[i].n[j] / 5 + 1);
		}
		hub_tier_free(tier);
	}
}

static void
test_what_is_over_the_quota_is_put_off_and_then_refused(void **state)
{
	struct hub_tier *tier = make("S1", 1);
	int64_t delay_ms, last_ms = 0;
	int n = 0;

	(void)state;
	assert_in_range(burst(tier, HUB_OP_QUERY, 1), 20, 21);
	/* One query every three seconds, and none later than five. */
	while ((delay_ms = hub_tier_take(tier, HUB_OP_QUERY, 1)) > 0) {
		assert_in_range(delay_ms, last_ms, HUB_TIER_DELAY_MAX_MS);
		last_ms = delay_ms;
		n++;
	}
	assert_int_equal(HUB_TIER_REFUSED, delay_ms);
	assert_in_range(n, 0, 2);
	/* Two minutes later the bucket is full, and no fuller than that. */
	skipped_ms += 120000;
	assert_in_range(burst(tier, HUB_OP_QUERY, 1), 20, 21);
	hub_tier_free(tier);
}

static void
test_a_refusal_names_the_wait_and_the_operation(void **state)
{
	char *text = hub_tier_refusal(HUB_OP_QUERY);

	(void)state;
	assert_string_equal("The request has been throttled. Wait 10 seconds "
			    "and try again. Operation type: Queries",
	    text);
	free(text);
}

static void
test_no_such_tier_and_too_many_units(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(hub_tier_new("B1", 1, &err));
	assert_int_equal(ERR_INVALID, err.code);
	assert_null(hub_tier_new("F1", 2, &err));
	assert_string_equal("tier F1 has 1 to 1 units", err.text);
}

static void
test_a_tier_says_how_many_jobs_may_run(void **state)
{
	static const struct {
		const char *name;
		int n;
	} rows[] = { { "F1", 1 }, { "S1", 1 }, { "S2", 5 }, { "S3", 10 } };
	struct hub_tier *tier;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		tier = make(rows[i].name, 1);
		assert_int_equal(rows[i].n, hub_tier_jobs_max(tier));
		hub_tier_free(tier);
	}
	assert_int_equal(10, hub_tier_jobs_max(NULL));
}

static void
test_a_method_counts_by_4_kb(void **state)
{
	(void)state;
	assert_int_equal(4096, hub_tier_method_size(0));
	assert_int_equal(4096, hub_tier_method_size(4096));
	assert_int_equal(8192, hub_tier_method_size(4097));
}

static void
test_every_route_has_its_class(void **state)
{
	static const struct {
		int method;
		const char *pattern;
		enum hub_op op;
	} rows[] = {
		{ EVHTTP_REQ_GET, "devices/*", HUB_OP_REGISTRY },
		{ EVHTTP_REQ_PUT, "devices/*/modules/*", HUB_OP_REGISTRY },
		{ EVHTTP_REQ_POST, "devices/query", HUB_OP_QUERY },
		{ EVHTTP_REQ_GET, "twins/*", HUB_OP_TWIN_READ },
		{ EVHTTP_REQ_PATCH, "twins/*", HUB_OP_TWIN_WRITE },
		{ EVHTTP_REQ_GET, "twins/*/modules/*", HUB_OP_TWIN_READ },
		{ EVHTTP_REQ_POST, "twins/*/methods", HUB_OP_METHOD },
		{ EVHTTP_REQ_POST, "twins/*/modules/*/methods", HUB_OP_METHOD },
		{ EVHTTP_REQ_GET, "statistics/devices", HUB_OP_REGISTRY },
		{ EVHTTP_REQ_PUT, "jobs/v2/*", HUB_OP_JOB },
		{ EVHTTP_REQ_GET, "configurations", HUB_OP_CONFIGURATION },
		{ EVHTTP_REQ_GET, "control/faults", HUB_OP_FREE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++)
		assert_int_equal(rows[i].op,
		    hub_tier_op_of(rows[i].method, rows[i].pattern));
}

/* How many operations of that many bytes a day has. */
static int64_t
day_of(struct hub_tier *tier, size_t len)
{
	int64_t n = 0;

	while (!hub_tier_is_spent(tier)) {
		hub_tier_bill(tier, len);
		n++;
	}
	return n;
}

static void
test_the_messages_of_a_day_are_metered_in_chunks(void **state)
{
	/* Contract 7: a message is half a KB on F1 and 4 KB elsewhere. */
	static const struct {
		const char *name;
		int64_t n_units;
		size_t len;
		int64_t n;
	} rows[] = {
		{ "F1", 1, 0, 8000 },
		{ "F1", 1, 512, 8000 },
		{ "F1", 1, 513, 4000 },
		{ "F1", 1, 4096, 1000 },
		{ "S1", 1, 4096, 400000 },
		{ "S1", 2, 4097, 400000 },
		{ "S2", 1, 1, 6000000 },
	};
	struct hub_tier *tier;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		tier = make(rows[i].name, rows[i].n_units);
		assert_int_equal(rows[i].n, day_of(tier, rows[i].len));
		hub_tier_free(tier);
	}
	assert_false(hub_tier_is_spent(NULL));
}

static void
test_at_midnight_utc_a_day_begins_anew(void **state)
{
	struct hub_tier *tier = make("F1", 1);

	(void)state;
	assert_int_equal(8000, day_of(tier, 0));
	skipped_us = INT64_C(86400) * 1000000;
	assert_int_equal(8000, day_of(tier, 0));
	skipped_us = 0;
	hub_tier_free(tier);
}

/* What somebody would find who started after a kill -9. */
static int64_t
stored_messages(struct rig *rig)
{
	char *path = xasprintf(
	    "%s/" HUB_FILE_DATABASE, hub_get_state_dir(rig_hub(rig)));
	struct err err = { 0 };
	struct store *store = store_open_beside(path, hub_schema, &err);
	struct store_stmt *row;
	int64_t n = -1;

	if (store == NULL)
		fail_msg("%s", err.text);
	row = store_prepare(store, "SELECT messages FROM tier_day", &err);
	if (store_step(row, &err) == 1)
		n = store_column_int(row, 0);
	store_stmt_free(row);
	store_close(store);
	free(path);
	return n;
}

static void
test_the_count_of_a_day_outlives_the_hub(void **state)
{
	struct rig *rig = rig_new();
	int64_t day, end_ms;

	(void)state;
	rig_set_tier(rig, "F1");
	rig_restart(rig);
	assert_int_equal(0, hub_tier_messages(rig_hub(rig)->tier, &day));
	hub_tier_bill(rig_hub(rig)->tier, 512 * 100);
	hub_tier_bill(rig_hub(rig)->tier, 1);
	end_ms = clock_mono_ms() + RIG_PATIENCE_MS;
	while (stored_messages(rig) != 101 && clock_mono_ms() < end_ms)
		rig_turn(rig, 50);
	assert_int_equal(101, stored_messages(rig));
	/* One that leaves in peace forgets nothing. */
	hub_tier_bill(rig_hub(rig)->tier, 0);
	rig_restart(rig);
	assert_int_equal(102, hub_tier_messages(rig_hub(rig)->tier, &day));
	/* Midnight comes, while no hub runs. */
	skipped_us = INT64_C(86400) * 1000000;
	rig_restart(rig);
	assert_int_equal(0, hub_tier_messages(rig_hub(rig)->tier, &day));
	skipped_us = 0;
	rig_free(rig);
}

static void
test_what_is_free_of_charge_is_not_metered(void **state)
{
	static const enum hub_op free_ones[] = { HUB_OP_FREE, HUB_OP_REGISTRY,
		HUB_OP_CONNECT, HUB_OP_JOB, HUB_OP_JOB_DEVICE,
		HUB_OP_CONFIGURATION };
	static const enum hub_op metered[] = { HUB_OP_TELEMETRY, HUB_OP_C2D,
		HUB_OP_METHOD, HUB_OP_QUERY, HUB_OP_TWIN_READ,
		HUB_OP_TWIN_WRITE };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(free_ones); i++)
		assert_false(hub_tier_is_metered(free_ones[i]));
	for (i = 0; i < N_ROWS(metered); i++)
		assert_true(hub_tier_is_metered(metered[i]));
}

static bool
holds(const struct strbuf *packet, const char *text)
{
	return memmem(packet->data, packet->len, text, strlen(text)) != NULL;
}

static void
ask_twin(struct rig_client *client, const char *rid, struct strbuf *answer)
{
	char *topic = topic_format_twin_get(rid);
	struct mqtt_publish publish = { .topic_name = mqtt_str(topic) };

	strbuf_reset(answer);
	mqtt_publish_write(answer, &publish);
	rig_client_send(client, answer->data, answer->len);
	rig_client_read(client, answer);
	free(topic);
}

static void
send_telemetry(struct rig_client *client, struct strbuf *answer)
{
	struct mqtt_publish publish = { .qos = 1, .packet_id = 7,
		.topic_name = mqtt_str("devices/d/messages/events/") };

	strbuf_reset(answer);
	mqtt_publish_write(answer, &publish);
	rig_client_send(client, answer->data, answer->len);
}

static void
test_a_device_over_the_messages_of_the_day_is_disconnected(void **state)
{
	struct rig *rig = rig_new();
	struct strbuf answer = { 0 };
	struct rig_client *client;
	int i;

	(void)state;
	rig_add_device(rig, "d");
	rig_hub(rig)->tier = make("F1", 1);
	client = rig_client_new(rig);
	/* Messages are counted, connections are not. */
	rig_client_connect(client, "d", true, 60, RIG_HOUR);
	for (i = 0; i < 7998; i++)
		hub_tier_bill(rig_hub(rig)->tier, 0);
	send_telemetry(client, &answer);
	rig_client_read(client, &answer);
	assert_int_equal(4, answer.len); /* PUBACK */
	ask_twin(client, "1", &answer);
	assert_true(holds(&answer, "$iothub/twin/res/200/"));
	assert_true(hub_tier_is_spent(rig_hub(rig)->tier));
	send_telemetry(client, &answer);
	assert_true(rig_client_is_closed(client, RIG_PATIENCE_MS));
	rig_client_free(client);
	/* It may come back, for all the good it does. */
	client = rig_client_new(rig);
	rig_client_connect(client, "d", true, 60, RIG_HOUR);
	rig_client_free(client);
	strbuf_fini(&answer);
	rig_free(rig);
}

static void
test_a_device_over_the_quota_gets_its_answer_late(void **state)
{
	struct rig *rig = rig_new();
	struct strbuf answer = { 0 };
	struct rig_client *client;
	int64_t start_ms;
	int i;

	(void)state;
	rig_add_device(rig, "d");
	client = rig_client_new(rig);
	rig_client_connect(client, "d", true, 60, RIG_HOUR);
	rig_hub(rig)->tier = make("S1", 1);
	for (i = 0; i < 50; i++)
		hub_tier_take(rig_hub(rig)->tier, HUB_OP_TWIN_READ, 1);
	start_ms = clock_mono_ms();
	/* 100 a second: one that owes 60 waits for them. */
	for (i = 0; i < 110; i++)
		hub_tier_take(rig_hub(rig)->tier, HUB_OP_TWIN_READ, 1);
	ask_twin(client, "1", &answer);
	assert_true(holds(&answer, "$iothub/twin/res/200/"));
	assert_true(clock_mono_ms() - start_ms >= 500);
	strbuf_fini(&answer);
	rig_client_free(client);
	rig_free(rig);
}

static void
test_a_device_far_over_the_quota_gets_429_after_the_wait(void **state)
{
	struct rig *rig = rig_new();
	struct strbuf answer = { 0 };
	struct rig_client *client;
	int64_t start_ms;

	(void)state;
	rig_add_device(rig, "d");
	client = rig_client_new(rig);
	rig_client_connect(client, "d", true, 60, RIG_HOUR);
	rig_hub(rig)->tier = make("S1", 1);
	while (hub_tier_take(rig_hub(rig)->tier, HUB_OP_TWIN_READ, 1) !=
	    HUB_TIER_REFUSED)
		;
	start_ms = clock_mono_ms();
	ask_twin(client, "7", &answer);
	assert_true(holds(&answer, "$iothub/twin/res/429/?$rid=7"));
	assert_true(holds(&answer, "\"errorCode\":429001"));
	assert_true(clock_mono_ms() - start_ms >= HUB_TIER_DELAY_MAX_MS - 500);
	strbuf_fini(&answer);
	rig_client_free(client);
	rig_free(rig);
}

static void
test_an_answer_that_is_put_off_goes_with_its_connection(void **state)
{
	struct rig *rig = rig_new();
	struct strbuf out = { 0 };
	struct mqtt_publish publish = { .topic_name = mqtt_str(
					    "$iothub/twin/GET/?$rid=1") };
	struct rig_client *client;

	(void)state;
	rig_add_device(rig, "d");
	client = rig_client_new(rig);
	rig_client_connect(client, "d", true, 60, RIG_HOUR);
	rig_hub(rig)->tier = make("S1", 1);
	while (hub_tier_take(rig_hub(rig)->tier, HUB_OP_TWIN_READ, 1) !=
	    HUB_TIER_REFUSED)
		;
	mqtt_publish_write(&out, &publish);
	rig_client_send(client, out.data, out.len);
	rig_turn(rig, 50);
	rig_client_leave(client);
	rig_turn(rig, 50);
	strbuf_fini(&out);
	rig_free(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_tier_nothing_is_counted),
		cmocka_unit_test(test_the_quotas_are_those_of_iot_hub),
		cmocka_unit_test(
		    test_what_is_over_the_quota_is_put_off_and_then_refused),
		cmocka_unit_test(
		    test_a_refusal_names_the_wait_and_the_operation),
		cmocka_unit_test(test_no_such_tier_and_too_many_units),
		cmocka_unit_test(test_a_tier_says_how_many_jobs_may_run),
		cmocka_unit_test(test_a_method_counts_by_4_kb),
		cmocka_unit_test(test_every_route_has_its_class),
		cmocka_unit_test(
		    test_the_messages_of_a_day_are_metered_in_chunks),
		cmocka_unit_test(test_at_midnight_utc_a_day_begins_anew),
		cmocka_unit_test(test_the_count_of_a_day_outlives_the_hub),
		cmocka_unit_test(test_what_is_free_of_charge_is_not_metered),
		cmocka_unit_test(
		    test_a_device_over_the_messages_of_the_day_is_disconnected),
		cmocka_unit_test(
		    test_a_device_over_the_quota_gets_its_answer_late),
		cmocka_unit_test(
		    test_a_device_far_over_the_quota_gets_429_after_the_wait),
		cmocka_unit_test(
		    test_an_answer_that_is_put_off_goes_with_its_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
