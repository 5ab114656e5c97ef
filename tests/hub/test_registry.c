#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/hub/commit.h"
#include "core/hub/liveness.h"
#include "core/hub/registry.h"
#include "core/hub/twins.h"
#include "tests/hub/world.h"
#include "tests/support/test.h"

static struct world world;

/* The caller's. */
static cJSON *
device(const char *id)
{
	struct strbuf sb = { 0 };
	struct err err = { 0 };
	cJSON *json;

	if (hub_registry_format(
		world.hub->registry, id, &sb, NULL, &err) == -1)
		fail_msg("%s", err.text);
	json = cJSON_Parse(strbuf_str(&sb));
	assert_non_null(json);
	strbuf_fini(&sb);
	return json;
}

static int
put(const char *id, const char *body, const char *if_match, struct err *err)
{
	cJSON *json = cJSON_Parse(body);
	int rc;

	assert_non_null(json);
	rc = hub_registry_put(world.hub->registry, id, json, if_match, err);
	cJSON_Delete(json);
	world_settle(&world);
	return rc;
}

static const struct {
	const char *body;
	const char *words; /* NULL: created */
} bodies[] = {
	{ "{}", NULL },
	{ "{\"deviceId\":\"x\",\"STATUS\":\"Disabled\"}", NULL },
	{ "{\"authentication\":null}", NULL },
	{ "{\"authentication\":{\"type\":\"SAS\",\"symmetricKey\":{"
	  "\"primaryKey\":\"\",\"secondaryKey\":\"\"}}}",
	    NULL },
	{ "{\"authentication\":{\"type\":\"selfSigned\",\"x509Thumbprint\":{"
	  "\"primaryThumbprint\":\"00112233445566778899AaBbCcDdEeFf00112233\""
	  "}}}",
	    NULL },
	{ "{\"authentication\":{\"type\":\"certificateAuthority\"}}", NULL },
	{ "[]", "the body must be a JSON object" },
	{ "{\"deviceId\":\"X\"}",
	    "deviceId in the body differs from the one in the path" },
	{ "{\"status\":\"on\"}", "status must be enabled or disabled" },
	{ "{\"status\":1}", "status must be a string" },
	{ "{\"authentication\":\"x\"}", "authentication must be an object" },
	{ "{\"authentication\":{\"type\":\"none\"}}",
	    "DeviceAuthenticationTypeIsMissing: type must be sas, selfSigned "
	    "or certificateAuthority" },
	{ "{\"authentication\":{\"symmetricKey\":{\"primaryKey\":\"" WORLD_KEY
	  "\"}}}",
	    "Either no keys or both keys can be set" },
	{ "{\"authentication\":{\"symmetricKey\":{\"primaryKey\":\"eA==\","
	  "\"secondaryKey\":\"eA==\"}}}",
	    "Invalid device key length" },
	{ "{\"authentication\":{\"type\":\"selfSigned\"}}",
	    "selfSigned needs a primaryThumbprint" },
	{ "{\"authentication\":{\"type\":\"selfSigned\",\"x509Thumbprint\":{"
	  "\"primaryThumbprint\":\"00:11\"}}}",
	    "primaryThumbprint: StringIsNotThumbprint" },
	{ "{\"capabilities\":{\"iotEdge\":\"yes\"}}",
	    "capabilities.iotEdge must be a boolean" },
};

static void
test_a_body_creates_or_is_refused(void **state)
{
	struct err err;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < N_ROWS(bodies); i++) {
		err_clear(&err);
		rc = put("x", bodies[i].body, NULL, &err);
		assert_string_equal(
		    bodies[i].words != NULL ? bodies[i].words : "", err.text);
		assert_int_equal(bodies[i].words != NULL ? -1 : 0, rc);
		assert_int_equal(rc,
		    hub_registry_delete(
			world.hub->registry, "x", "*", &err));
	}
}

/* Trap 4 of the contract: also where they are empty. */
static void
test_keys_are_made_where_none_are_given(void **state)
{
	cJSON *a, *b;
	struct err err;
	const char *primary, *secondary;

	(void)state;
	assert_int_equal(0, put("x", "{}", NULL, &err));
	a = device("x");
	primary = json_get_string(
	    json_path(a, "authentication.symmetricKey"), "primaryKey");
	secondary = json_get_string(
	    json_path(a, "authentication.symmetricKey"), "secondaryKey");
	assert_int_equal(44, strlen(primary));
	assert_string_not_equal(primary, secondary);
	/* An update without keys gives it new ones, and a new ETag. */
	assert_int_equal(0, put("x", "{\"status\":\"enabled\"}", "*", &err));
	b = device("x");
	assert_string_not_equal(primary,
	    json_get_string(json_path(b, "authentication.symmetricKey"),
		"primaryKey"));
	assert_string_not_equal(
	    json_get_string(a, "etag"), json_get_string(b, "etag"));
	assert_string_equal(json_get_string(a, "generationId"),
	    json_get_string(b, "generationId"));
	cJSON_Delete(a);
	cJSON_Delete(b);
}

static void
test_statusUpdatedTime_moves_with_the_status_only(void **state)
{
	struct err err;
	cJSON *json;

	(void)state;
	assert_int_equal(
	    0, put("d1", "{\"statusReason\":\"why\"}", "*", &err));
	json = device("d1");
	assert_string_equal(
	    HUB_NEVER, json_get_string(json, "statusUpdatedTime"));
	assert_string_equal("why", json_get_string(json, "statusReason"));
	assert_string_equal("enabled", json_get_string(json, "status"));
	cJSON_Delete(json);
	assert_int_equal(
	    0, put("d1", "{\"status\":\"disabled\"}", "*", &err));
	json = device("d1");
	assert_string_not_equal(
	    HUB_NEVER, json_get_string(json, "statusUpdatedTime"));
	assert_string_equal("disabled", json_get_string(json, "status"));
	cJSON_Delete(json);
	/* Without a word about it, it stays as it is. */
	assert_int_equal(0, put("d1", "{}", "*", &err));
	json = device("d1");
	assert_string_equal("disabled", json_get_string(json, "status"));
	cJSON_Delete(json);
}

static void
test_activity_is_seen_at_once_and_kept(void **state)
{
	cJSON *json;
	char *stamp;

	(void)state;
	hub_liveness_touch(world.hub->liveness, "d1");
	json = device("d1");
	stamp = strdup(json_get_string(json, "lastActivityTime"));
	assert_string_not_equal(HUB_NEVER, stamp);
	cJSON_Delete(json);
	world_restart(&world);
	json = device("d1");
	assert_string_equal(stamp, json_get_string(json, "lastActivityTime"));
	cJSON_Delete(json);
	free(stamp);
}

static void
test_nobody_is_connected_after_a_restart(void **state)
{
	struct hub_statistics statistics;
	struct err err;
	cJSON *json;

	(void)state;
	hub_liveness_set_connected(world.hub->liveness, "d1", true);
	world_settle(&world);
	json = device("d1");
	assert_string_equal(
	    "Connected", json_get_string(json, "connectionState"));
	cJSON_Delete(json);
	hub_registry_statistics(world.hub->registry, &statistics, &err);
	assert_int_equal(1, statistics.n_connected);
	world_restart(&world);
	json = device("d1");
	assert_string_equal(
	    "Disconnected", json_get_string(json, "connectionState"));
	assert_string_not_equal(
	    HUB_NEVER, json_get_string(json, "connectionStateUpdatedTime"));
	cJSON_Delete(json);
}

static void
test_the_twin_goes_with_its_device(void **state)
{
	struct strbuf sb = { 0 };
	struct err err;
	char *view;

	(void)state;
	world_patch(&world, "d1", "{\"properties\":{\"desired\":{\"a\":1}}}");
	assert_int_equal(0,
	    hub_registry_delete(world.hub->registry, "d1", "*", &err));
	assert_int_equal(-1,
	    hub_twins_format(world.hub->twins, "d1", &sb, NULL, &err));
	assert_int_equal(ERR_NOT_FOUND, err.code);
	assert_string_equal("d1", err.text);
	world_settle(&world);
	world_add_device(&world, "d1");
	view = hub_twins_device_view(world.hub->twins, "d1", &err);
	assert_string_equal(
	    "{\"desired\":{\"$version\":1},\"reported\":{\"$version\":1}}",
	    view);
	free(view);
	strbuf_fini(&sb);
}

static void
test_a_device_reads_its_view(void **state)
{
	struct err err;
	char *view;

	(void)state;
	world_patch(&world, "d1",
	    "{\"tags\":{\"t\":1},\"properties\":{\"desired\":{\"a\":1}}}");
	world_report(&world, "d1", "{\"b\":{\"c\":\"x\"}}");
	world_report(&world, "d1", "{}"); /* changes nothing */
	view = hub_twins_device_view(world.hub->twins, "d1", &err);
	assert_string_equal("{\"desired\":{\"a\":1,\"$version\":2},"
			    "\"reported\":{\"b\":{\"c\":\"x\"},"
			    "\"$version\":2}}",
	    view);
	free(view);
}

/* What is seen before the commit, and what is left when it fails. */
static void
on_committed(bool ok, void *arg)
{
	*(int *)arg = ok;
}

static void
test_a_batch_that_fails_leaves_nothing_and_says_so(void **state)
{
	struct err err;
	int first = -1, second = -1;
	cJSON *body = cJSON_Parse("{}");
	struct hub_device found;

	(void)state;
	assert_int_equal(0,
	    hub_registry_put(world.hub->registry, "y", body, NULL, &err));
	hub_commit_then(world.hub->commit, on_committed, &first);
	assert_int_equal(-1, first); /* nobody is told before it is on disk */
	hub_commit_fail(world.hub->commit);
	hub_commit_then(world.hub->commit, on_committed, &second);
	world_settle(&world);
	assert_int_equal(0, first);
	assert_int_equal(0, second);
	assert_int_equal(
	    -1, hub_registry_get(world.hub->registry, "y", &found, &err));
	/* And the next one works again. */
	assert_int_equal(0,
	    hub_registry_put(world.hub->registry, "y", body, NULL, &err));
	hub_commit_then(world.hub->commit, on_committed, &first);
	world_settle(&world);
	assert_int_equal(1, first);
	cJSON_Delete(body);
}

static void
test_a_device_has_so_many_modules_and_no_more(void **state)
{
	struct strbuf before = { 0 }, after = { 0 };
	cJSON *body = cJSON_Parse("{}");
	struct err err = { 0 };
	char who[32];
	int i;

	(void)state;
	world_add_device(&world, "owner");
	for (i = 0; i < HUB_MODULES_MAX; i++) {
		snprintf(who, sizeof(who), "owner/m%d", i);
		assert_int_equal(0,
		    hub_registry_put(
			world.hub->registry, who, body, NULL, &err));
	}
	assert_int_equal(-1,
	    hub_registry_put(
		world.hub->registry, "owner/more", body, NULL, &err));
	assert_int_equal(ERR_REFUSED, err.code);
	assert_string_equal(
	    "Device owner has 50 modules, which is the limit.", err.text);
	assert_int_equal(0,
	    hub_registry_put(world.hub->registry, "owner/m1", body, "*", &err));

	/* And they are there after a restart. */
	hub_registry_list_modules(world.hub->registry, "owner", &before, &err);
	world_settle(&world);
	world_restart(&world);
	hub_registry_list_modules(world.hub->registry, "owner", &after, &err);
	assert_string_equal(before.data, after.data);
	strbuf_fini(&before);
	strbuf_fini(&after);
	cJSON_Delete(body);
}

int
main(void)
{
#define TEST(name) WORLD_CASE(name, &world)
	const struct CMUnitTest tests[] = {
		TEST(test_a_body_creates_or_is_refused),
		TEST(test_keys_are_made_where_none_are_given),
		TEST(test_statusUpdatedTime_moves_with_the_status_only),
		TEST(test_activity_is_seen_at_once_and_kept),
		TEST(test_nobody_is_connected_after_a_restart),
		TEST(test_the_twin_goes_with_its_device),
		TEST(test_a_device_reads_its_view),
		TEST(test_a_device_has_so_many_modules_and_no_more),
		TEST(test_a_batch_that_fails_leaves_nothing_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
