#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/liveness.h"
#include "core/hub/query.h"
#include "core/hub/registry.h"
#include "core/hub/twins.h"
#include "core/store/store.h"
#include "tests/hub/world.h"
#include "tests/support/test.h"

#define PATIENCE_MS 10000
#define MANY 600

static struct world world;

static int64_t
number(const char *sql)
{
	struct err err = { 0 };
	struct store_stmt *s = store_prepare(world.hub->store, sql, &err);
	int64_t n;

	assert_non_null(s);
	assert_int_equal(1, store_step(s, &err));
	n = store_column_int(s, 0);
	store_stmt_free(s);
	return n;
}

static int64_t
written(void)
{
	return number("SELECT count(*) FROM device WHERE connected = 1");
}

/* Rounds of the loop until somebody has been written as connected. */
static int64_t
wait_for_some(void)
{
	int64_t end_ms = clock_mono_ms() + PATIENCE_MS, n;

	while ((n = written()) == 0 && clock_mono_ms() < end_ms)
		event_base_loop(world.base, EVLOOP_ONCE);
	return n;
}

static bool
identity_says(const char *who, const char *words)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	bool found;

	assert_int_equal(
	    0, hub_registry_format(world.hub->registry, who, &out, NULL, &err));
	found = strstr(out.data, words) != NULL;
	strbuf_fini(&out);
	return found;
}

static bool
twin_says(const char *who, const char *words)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	bool found;

	assert_int_equal(
	    0, hub_twins_format(world.hub->twins, who, &out, NULL, &err));
	found = strstr(out.data, words) != NULL;
	strbuf_fini(&out);
	return found;
}

static bool
query_says(const char *text, const char *words)
{
	struct hub_query_page page = { .size = 10 };
	struct strbuf out = { 0 };
	struct err err = { 0 };
	bool found;

	if (hub_query_run(world.hub, text, strlen(text), &page, &out, &err) ==
	    -1)
		fail_msg("%s", err.text);
	found = strstr(out.data, words) != NULL;
	strbuf_fini(&out);
	free(page.next);
	return found;
}

static void
test_a_connection_is_seen_before_it_is_written(void **state)
{
	static const char connected[] = "\"connectionState\":\"Connected\"";

	(void)state;
	hub_liveness_set_connected(world.hub->liveness, "d1", true);
	assert_false(store_in_transaction(world.hub->store));
	assert_true(identity_says("d1", connected));
	assert_false(
	    identity_says("d1", "\"connectionStateUpdatedTime\":\"" HUB_NEVER));
	assert_true(twin_says("d1", connected));
	assert_false(twin_says("d1", "\"lastActivityTime\":\"" HUB_NEVER));
	assert_true(query_says("SELECT * FROM devices", connected));
	assert_int_equal(0, written());
}

static void
test_a_query_for_it_finds_it_at_once(void **state)
{
	static const char *const texts[] = {
		"SELECT * FROM devices WHERE connectionState = 'Connected'",
		"SELECT deviceId, connectionState FROM devices",
		("SELECT connectionState, COUNT() AS n FROM devices "
		 "GROUP BY connectionState"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		hub_liveness_set_connected(world.hub->liveness, "d1", true);
		assert_true(query_says(texts[i], "\"Connected\""));
		hub_liveness_set_connected(world.hub->liveness, "d1", false);
		assert_false(query_says(texts[i], "\"Connected\""));
		world_settle(&world);
	}
}

static void
test_a_query_for_connections_leaves_activities(void **state)
{
	static const char query[] =
	    "SELECT * FROM devices WHERE connectionState = 'Connected'";

	(void)state;
	hub_liveness_set_connected(world.hub->liveness, "d1", true);
	assert_true(query_says(query, "\"d1\""));
	world_settle(&world);
	hub_liveness_touch(world.hub->liveness, "d1");
	assert_true(query_says(query, "\"d1\""));
	assert_false(store_in_transaction(world.hub->store));
	assert_false(query_says("SELECT deviceId FROM devices "
				"WHERE lastActivityTime = '" HUB_NEVER "'",
	    "\"d1\""));
	assert_true(store_in_transaction(world.hub->store));
}

static void
test_it_is_written_after_a_while(void **state)
{
	(void)state;
	hub_liveness_set_connected(world.hub->liveness, "d1", true);
	assert_int_equal(1, wait_for_some());
}

static void
test_many_are_written_in_portions(void **state)
{
	char *who[MANY];
	int i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		who[i] = xasprintf("many-%d", i);
		world_add_device(&world, who[i]);
	}
	for (i = 0; i < MANY; i++) {
		hub_liveness_set_connected(world.hub->liveness, who[i], true);
		free(who[i]);
	}
	assert_in_range(wait_for_some(), 1, MANY / 2);
	hub_liveness_flush(world.hub->liveness, HUB_LIVENESS_ALL);
	assert_int_equal(MANY, written());
}

static void
test_what_could_not_be_written_is_written_later(void **state)
{
	(void)state;
	hub_liveness_set_connected(world.hub->liveness, "d1", true);
	hub_liveness_flush(world.hub->liveness, HUB_LIVENESS_ALL);
	hub_commit_fail(world.hub->commit);
	world_settle(&world);
	assert_int_equal(0, written());
	assert_true(identity_says("d1", "\"Connected\""));
	assert_int_equal(1, wait_for_some());
}

static void
test_a_change_during_a_commit_is_written_too(void **state)
{
	(void)state;
	hub_liveness_set_connected(world.hub->liveness, "d1", false);
	hub_liveness_flush(world.hub->liveness, HUB_LIVENESS_ALL);
	hub_liveness_set_connected(world.hub->liveness, "d1", true);
	world_settle(&world);
	assert_int_equal(0, written());
	assert_true(identity_says("d1", "\"Connected\""));
	assert_int_equal(1, wait_for_some());
}

static void
test_a_new_identity_has_shown_nothing(void **state)
{
	struct err err = { 0 };

	(void)state;
	hub_liveness_set_connected(world.hub->liveness, "d1", true);
	hub_liveness_flush(world.hub->liveness, HUB_LIVENESS_ALL);
	hub_liveness_set_connected(world.hub->liveness, "d1", false);
	if (hub_registry_delete(world.hub->registry, "d1", "*", &err) == -1)
		fail_msg("%s", err.text);
	world_add_device(&world, "d1");
	assert_true(identity_says("d1", "\"lastActivityTime\":\"" HUB_NEVER));
	hub_liveness_flush(world.hub->liveness, HUB_LIVENESS_ALL);
	world_settle(&world);
	assert_true(
	    identity_says("d1", "\"connectionStateUpdatedTime\":\"" HUB_NEVER));
}

int
main(void)
{
#define CASE(test) WORLD_CASE(test, &world)
	const struct CMUnitTest tests[] = {
		CASE(test_a_connection_is_seen_before_it_is_written),
		CASE(test_a_query_for_it_finds_it_at_once),
		CASE(test_a_query_for_connections_leaves_activities),
		CASE(test_it_is_written_after_a_while),
		CASE(test_many_are_written_in_portions),
		CASE(test_what_could_not_be_written_is_written_later),
		CASE(test_a_change_during_a_commit_is_written_too),
		CASE(test_a_new_identity_has_shown_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
