#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/configuration_body.h"
#include "core/hub/configuration_store.h"
#include "core/hub/configurations.h"
#include "core/hub/hub.h"
#include "core/hub/query.h"
#include "core/hub/registry.h"
#include "core/hub/twins.h"
#include "core/iothub/topic.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define N_MANY (HUB_CONFIGURATION_RANGE * 2 + 5)

static cJSON *
json_of(const char *text)
{
	struct err err = { 0 };
	cJSON *json = json_parse(text, strlen(text), &err);

	if (json == NULL)
		fail_msg("%s", err.text);
	return json;
}

static void
put_text(
    struct rig *rig, const char *id, const char *text, const char *if_match)
{
	cJSON *body = json_of(text);
	struct hub_configuration configuration;
	enum iothub_error_id error;
	struct err err = { 0 };

	if (hub_configuration_read(body, id, &configuration, &error, &err) ==
		-1 ||
	    hub_configuration_put(
		rig_hub(rig), &configuration, if_match, &err) == -1)
		fail_msg("%s", err.text);
	hub_configuration_fini(&configuration);
	cJSON_Delete(body);
}

/* content is that of deviceContent behind "properties.desired." */
static void
put(struct rig *rig, const char *id, const char *content, const char *condition,
    int priority, const char *if_match)
{
	char *text = xasprintf(
	    "{\"content\":{\"deviceContent\":{\"properties.desired.%s}},"
	    "\"targetCondition\":\"%s\",\"priority\":%d,\"metrics\":"
	    "{\"queries\":{\"floor3\":\"SELECT deviceId FROM devices WHERE "
	    "configurations.[[%s]].status = 'Applied' AND "
	    "properties.reported.floor = 3\"}}}",
	    content, condition, priority, id);

	put_text(rig, id, text, if_match);
	free(text);
}

static char *
twin_of(struct rig *rig, const char *device_id)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (hub_twins_format(
		rig_hub(rig)->twins, device_id, &out, NULL, &err) == -1)
		fail_msg("%s", err.text);
	return strbuf_take(&out);
}

static char *
configuration_of(struct rig *rig, const char *id)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };
	char *etag;

	if (hub_configuration_format(rig_hub(rig), id, &out, &etag, &err) == -1)
		fail_msg("%s", err.text);
	free(etag);
	return strbuf_take(&out);
}

/* Runs the hub until get() of that thing holds the text. */
static void
wait_for(struct rig *rig, char *(*get)(struct rig *, const char *),
    const char *id, const char *text)
{
	int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;
	char *is = get(rig, id);

	while (strstr(is, text) == NULL) {
		if (clock_mono_ms() > end_ms)
			fail_msg("%s does not say %s", is, text);
		rig_turn(rig, 10);
		free(is);
		is = get(rig, id);
	}
	free(is);
}

static void
assert_twin(struct rig *rig, const char *device_id, const char *text, bool has)
{
	char *twin = twin_of(rig, device_id);

	if ((strstr(twin, text) != NULL) != has)
		fail_msg(
		    "%s: %s %s", twin, has ? "not there:" : "there:", text);
	free(twin);
}

static void
patch(struct rig *rig, const char *device_id, const char *text)
{
	cJSON *body = json_of(text);
	struct hub_twins_write write = { .body = body };
	struct err err = { 0 };

	if (hub_twins_update(rig_hub(rig)->twins, device_id, &write, &err) ==
	    -1)
		fail_msg("%s", err.text);
	cJSON_Delete(body);
}

static void
report(struct rig *rig, const char *device_id, const char *text)
{
	cJSON *body = json_of(text);
	struct err err = { 0 };
	int64_t version;

	if (hub_twins_report(
		rig_hub(rig)->twins, device_id, body, &version, &err) == -1)
		fail_msg("%s", err.text);
	cJSON_Delete(body);
}

static void
test_a_configuration_is_applied_to_whom_it_targets(void **state)
{
	struct rig *rig = *state;

	patch(rig, "d1", "{\"tags\":{\"type\":\"chiller\"}}");
	put(rig, "fw", "firmware\":{\"v\":\"2.8.5\"}", "tags.type = 'chiller'",
	    20, NULL);
	wait_for(rig, twin_of, "d1",
	    "\"configurations\":{\"fw\":{\"status\":\"Applied\"}}");
	assert_twin(rig, "d1",
	    "\"desired\":{\"firmware\":{\"v\":\"2.8.5\"},\"$metadata\"", true);
	assert_twin(rig, "d1", "\"$lastUpdatedVersion\":2", true);
	assert_twin(rig, "d2", "configurations", false);
	assert_twin(rig, "d2", "firmware", false);
	wait_for(rig, configuration_of, "fw",
	    "\"targetedCount\":1,\"appliedCount\":1,");
}

static void
test_a_device_comes_and_goes_with_its_tags_and_reports(void **state)
{
	struct rig *rig = *state;

	put(rig, "c", "a\":1", "tags.on = true OR properties.reported.on = 1",
	    1, NULL);
	wait_for(rig, configuration_of, "c", "\"targetedCount\":0");
	patch(rig, "d1", "{\"tags\":{\"on\":true}}");
	wait_for(rig, twin_of, "d1", "\"Applied\"");
	report(rig, "d2", "{\"on\":1}");
	wait_for(rig, twin_of, "d2", "\"Applied\"");
	patch(rig, "d1", "{\"tags\":{\"on\":false}}");
	wait_for(rig, configuration_of, "c", "\"targetedCount\":1");
	assert_twin(rig, "d1", "configurations", false);
	assert_twin(rig, "d1", "\"desired\":{\"a\":1,", true); /* it stays */
}

static void
test_a_new_device_is_targeted(void **state)
{
	struct rig *rig = *state;

	put(rig, "c", "a\":1", "*", 1, NULL);
	wait_for(rig, twin_of, "d2", "\"Applied\"");
	rig_add_device(rig, "d3");
	wait_for(rig, twin_of, "d3", "\"Applied\"");
}

static void
test_the_highest_priority_wins(void **state)
{
	struct rig *rig = *state;
	struct err err = { 0 };

	put(rig, "low", "a\":\"low\"", "deviceId = 'd1'", 1, NULL);
	wait_for(rig, twin_of, "d1", "\"a\":\"low\"");
	put(rig, "high", "a\":\"high\"", "*", 9, NULL);
	wait_for(rig, twin_of, "d1", "\"a\":\"high\"");
	assert_twin(rig, "d1", "\"high\":{\"status\":\"Applied\"}", true);
	assert_twin(rig, "d1", "\"low\":{\"status\":\"Targeted\"}", true);
	/* A priority may be changed, and the next one follows a deletion. */
	put(rig, "low", "a\":\"low\"", "deviceId = 'd1'", 10, "*");
	wait_for(rig, twin_of, "d1", "\"a\":\"low\"");
	assert_int_equal(
	    0, hub_configuration_delete(rig_hub(rig), "low", NULL, &err));
	wait_for(rig, twin_of, "d1", "\"a\":\"high\"");
	assert_twin(rig, "d1", "\"low\"", false);
}

static void
test_what_an_operator_writes_over_it_stays(void **state)
{
	struct rig *rig = *state;

	put(rig, "c", "a\":1", "*", 1, NULL);
	wait_for(rig, twin_of, "d1", "\"Applied\"");
	patch(rig, "d1",
	    "{\"properties\":{\"desired\":{\"a\":2}},"
	    "\"tags\":{\"x\":1}}");
	put(rig, "other", "b\":1", "tags.x = 1", 0, NULL);
	wait_for(rig, twin_of, "d1", "\"other\":{\"status\":\"Targeted\"}");
	assert_twin(rig, "d1", "\"desired\":{\"a\":2,", true);
}

static void
test_it_is_all_there_after_a_restart(void **state)
{
	struct rig *rig = *state;

	put(rig, "c", "a\":1", "*", 1, NULL);
	wait_for(rig, twin_of, "d1", "\"Applied\"");
	patch(rig, "d1", "{\"properties\":{\"desired\":{\"a\":2}}}");
	rig_restart(rig);
	assert_twin(rig, "d1", "\"c\":{\"status\":\"Applied\"}", true);
	rig_add_device(rig, "d3");
	wait_for(rig, twin_of, "d3", "\"Applied\"");
	assert_twin(rig, "d1", "\"a\":2", true); /* not applied anew */
}

static void
test_a_twin_that_is_too_full_does_not_hold_up_the_rest(void **state)
{
	struct rig *rig = *state;
	char *text = xmalloc(4097), *body;
	char key;

	memset(text, 'x', 4096);
	text[4096] = '\0';
	for (key = 'p'; key < 'w'; key++) {
		body =
		    xasprintf("{\"properties\":{\"desired\":{\"%c\":\"%s\"}}}",
			key, text);
		patch(rig, "d1", body);
		free(body);
	}
	body = xasprintf("big\":[\"%s\",\"%s\"]", text, text);
	put(rig, "c", body, "*", 1, NULL);
	wait_for(rig, twin_of, "d2", "\"Applied\"");
	assert_twin(rig, "d1", "\"c\":{\"status\":\"Targeted\"}", true);
	free(body);
	free(text);
}

static void
test_many_devices_are_reached_range_by_range(void **state)
{
	struct rig *rig = *state;
	char id[16], *applied;
	int i;

	for (i = 0; i < N_MANY; i++) {
		snprintf(id, sizeof(id), "many%d", i);
		rig_add_device(rig, id);
	}
	put(rig, "c", "a\":1", "*", 1, NULL);
	applied = xasprintf("\"appliedCount\":%d,", N_MANY + 2);
	wait_for(rig, configuration_of, "c", applied);
	free(applied);
}

static void
test_metrics_and_queries_see_the_status(void **state)
{
	struct rig *rig = *state;
	struct hub_query_page page = { .size = 10 };
	static const char query[] =
	    "SELECT deviceId, configurations.[[c]].status AS s FROM devices "
	    "WHERE configurations.[[c]].status = 'Applied'";
	struct strbuf out = { 0 };
	struct err err = { 0 };

	put(rig, "c", "a\":1", "deviceId = 'd2'", 1, NULL);
	wait_for(rig, configuration_of, "c", "\"results\":{\"floor3\":0}");
	wait_for(rig, twin_of, "d2", "\"Applied\"");
	report(rig, "d2", "{\"floor\":3}");
	wait_for(rig, configuration_of, "c", "\"results\":{\"floor3\":1}");
	assert_int_equal(0,
	    hub_query_run(
		rig_hub(rig), query, strlen(query), &page, &out, &err));
	assert_string_equal(
	    "[{\"deviceId\":\"d2\",\"s\":\"Applied\"}]", strbuf_str(&out));
	strbuf_fini(&out);
}

static char *
list_of(struct rig *rig, const char *unused)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	(void)unused;
	assert_int_equal(0, hub_configuration_list(rig_hub(rig), &out, &err));
	return strbuf_take(&out);
}

static void
test_a_list_has_the_metrics_of_each(void **state)
{
	struct rig *rig = *state;

	report(rig, "d2", "{\"floor\":3}");
	put(rig, "a", "a\":1", "deviceId = 'd1'", 1, NULL);
	put(rig, "b", "a\":1", "deviceId = 'd2'", 1, NULL);
	wait_for(rig, twin_of, "d2", "\"Applied\"");
	wait_for(rig, list_of, NULL, "\"results\":{\"floor3\":0}");
	wait_for(rig, list_of, NULL, "\"results\":{\"floor3\":1}");
}

static void
test_a_connected_device_is_told(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	struct strbuf packet = { 0 };

	rig_client_connect(client, "d1", true, 0, RIG_HOUR);
	rig_client_subscribe(
	    client, "$iothub/twin/PATCH/properties/desired/#", 0);
	put(rig, "c", "a\":{\"b\":[1]}", "*", 1, NULL);
	rig_client_read(client, &packet);
	assert_non_null(memmem(packet.data, packet.len,
	    "{\"a\":{\"b\":[1]},\"$version\":2}",
	    strlen("{\"a\":{\"b\":[1]},\"$version\":2}")));
	strbuf_fini(&packet);
	rig_client_free(client);
}

#define DEPLOYMENT(CONDITION, PRIORITY, ZOOM)                           \
	"{\"content\":{\"modulesContent\":{\"$edgeAgent\":{"            \
	"\"properties.desired\":{\"schemaVersion\":\"1.1\"}},\"cam\":{" \
	"\"properties.desired.zoom\":" ZOOM "}}},\"targetCondition\":\"" \
	CONDITION "\",\"priority\":" PRIORITY "}"

static void
test_an_edge_deployment_reaches_the_modules_of_edges(void **state)
{
	struct rig *rig = *state;
	cJSON *edge = json_of("{\"capabilities\":{\"iotEdge\":true}}");
	struct err err = { 0 };

	assert_int_equal(0, hub_registry_put(rig_hub(rig)->registry, "edge",
				edge, NULL, &err));
	cJSON_Delete(edge);
	rig_add_device(rig, "edge/cam");
	rig_add_device(rig, "edge/other");
	rig_add_device(rig, "d1/cam");
	put_text(rig, "low", DEPLOYMENT("*", "1", "2"), NULL);
	wait_for(rig, twin_of, "edge/cam", "\"desired\":{\"zoom\":2,");
	wait_for(rig, configuration_of, "low",
	    "\"targetedCount\":1,\"appliedCount\":1,");
	/* Neither other modules of it nor modules of devices. */
	assert_twin(rig, "edge/other", "zoom", false);
	assert_twin(rig, "d1/cam", "zoom", false);
	assert_twin(rig, "edge", "\"low\":{\"status\":\"Applied\"}", true);
	/* It competes with its like, and not with a device's. */
	put(rig, "device", "floor\":3", "deviceId = 'edge'", 0, NULL);
	wait_for(rig, twin_of, "edge", "\"desired\":{\"floor\":3,");
	put_text(rig, "high", DEPLOYMENT("deviceId = 'edge'", "5", "3"), NULL);
	wait_for(rig, twin_of, "edge/cam", "\"desired\":{\"zoom\":3,");
	wait_for(rig, twin_of, "edge", "\"low\":{\"status\":\"Targeted\"}");
	assert_twin(rig, "edge", "\"device\":{\"status\":\"Applied\"}", true);
	/* The same after a restart. */
	rig_restart(rig);
	wait_for(rig, configuration_of, "high",
	    "\"targetedCount\":1,\"appliedCount\":1,");
	hub_configuration_delete(rig_hub(rig), "high", NULL, &err);
	wait_for(rig, twin_of, "edge/cam", "\"desired\":{\"zoom\":2,");
}

#define OF_MODULES(CONDITION, PRIORITY, ZOOM)                             \
	"{\"content\":{\"moduleContent\":{\"properties.desired.zoom\":" ZOOM \
	"}},\"targetCondition\":\"FROM devices.modules WHERE " CONDITION     \
	"\",\"priority\":" PRIORITY ",\"metrics\":{\"queries\":{\"sharp\":"    \
	"\"SELECT deviceId FROM devices.modules WHERE "                     \
	"properties.reported.sharp = true\"}}}"

static void
test_a_configuration_of_modules_is_applied_to_them(void **state)
{
	struct rig *rig = *state;
	struct err err = { 0 };

	rig_add_device(rig, "d1/cam");
	rig_add_device(rig, "d1/door");
	rig_add_device(rig, "d2/cam");
	put_text(rig, "low", OF_MODULES("moduleId = 'cam'", "1", "2"), NULL);
	wait_for(rig, configuration_of, "low",
	    "\"targetedCount\":2,\"appliedCount\":2,");
	assert_twin(rig, "d1/cam", "\"desired\":{\"zoom\":2,", true);
	assert_twin(
	    rig, "d1/cam", "\"low\":{\"status\":\"Applied\"}", true);
	assert_twin(rig, "d1/door", "zoom", false);
	assert_twin(rig, "d1", "configurations", false);
	/* The higher priority has it, for as long as it targets it. */
	put_text(rig, "high", OF_MODULES("tags.on = true", "5", "3"), NULL);
	patch(rig, "d2/cam", "{\"tags\":{\"on\":true}}");
	wait_for(rig, twin_of, "d2/cam", "\"desired\":{\"zoom\":3,");
	assert_twin(
	    rig, "d2/cam", "\"low\":{\"status\":\"Targeted\"}", true);
	patch(rig, "d2/cam", "{\"tags\":{\"on\":false}}");
	wait_for(rig, twin_of, "d2/cam", "\"desired\":{\"zoom\":2,");
	assert_twin(rig, "d2/cam", "\"high\"", false);
	/* One that is new, after a restart; and what they report. */
	rig_restart(rig);
	rig_add_device(rig, "d2/cam-2");
	patch(rig, "d2/cam-2", "{\"tags\":{\"on\":true}}");
	wait_for(rig, twin_of, "d2/cam-2", "\"desired\":{\"zoom\":3,");
	report(rig, "d2/cam-2", "{\"sharp\":true}");
	wait_for(rig, configuration_of, "high", "\"results\":{\"sharp\":1}");
	/* Who is gone is counted no more. */
	assert_int_equal(0, hub_registry_delete(rig_hub(rig)->registry, "d1",
				"*", &err));
	wait_for(rig, configuration_of, "low",
	    "\"targetedCount\":1,\"appliedCount\":1,");
}

static void
test_devices_and_their_modules_are_configured_apart(void **state)
{
	struct rig *rig = *state;
	struct err err = { 0 };

	rig_add_device(rig, "d1/cam");
	put(rig, "device", "a\":1", "*", 1, NULL);
	put_text(
	    rig, "module", OF_MODULES("deviceId = 'd1'", "9", "7"), NULL);
	wait_for(rig, twin_of, "d1/cam", "\"desired\":{\"zoom\":7,");
	wait_for(rig, twin_of, "d1", "\"desired\":{\"a\":1,");
	assert_twin(rig, "d1", "zoom", false);
	assert_twin(rig, "d1/cam", "\"a\":1", false);
	assert_twin(rig, "d1/cam", "\"device\"", false);
	wait_for(rig, configuration_of, "device", "\"targetedCount\":2,");
	assert_int_equal(0, hub_registry_delete(rig_hub(rig)->registry, "d2",
				"*", &err));
	wait_for(rig, configuration_of, "device",
	    "\"targetedCount\":1,\"appliedCount\":1,");
}

static void
test_many_modules_are_reached_range_by_range(void **state)
{
	struct rig *rig = *state;
	char id[16], *applied;
	int i;

	for (i = 0; i < N_MANY; i++) {
		snprintf(id, sizeof(id), "d%d/m%d", i % 2 + 1, i / 2);
		if (i / 2 < 50) /* as many as a device may have */
			rig_add_device(rig, id);
	}
	put_text(rig, "c", OF_MODULES("moduleId != ''", "1", "4"), NULL);
	applied = xasprintf("\"targetedCount\":100,\"appliedCount\":100,");
	wait_for(rig, configuration_of, "c", applied);
	free(applied);
}

static void
test_a_hub_has_a_hundred_of_them(void **state)
{
	struct rig *rig = *state;
	struct hub_configuration c = { .labels = (char[]){ "{}" },
		.content = (char[]){ "{}" },
		.condition = (char[]){ "" },
		.metrics = (char[]){ "{}" } };
	struct err err = { 0 };
	char id[16];
	int i;

	c.content = xstrdup("{\"deviceContent\":{\"properties.desired.a\":1}}");
	c.id = id;
	for (i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		assert_int_equal(
		    0, hub_configuration_put(rig_hub(rig), &c, NULL, &err));
	}
	snprintf(id, sizeof(id), "c100");
	assert_int_equal(
	    -1, hub_configuration_put(rig_hub(rig), &c, NULL, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	free(c.content);
}

#define T(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup_two_devices, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_configuration_is_applied_to_whom_it_targets),
		T(test_a_device_comes_and_goes_with_its_tags_and_reports),
		T(test_a_new_device_is_targeted),
		T(test_the_highest_priority_wins),
		T(test_what_an_operator_writes_over_it_stays),
		T(test_it_is_all_there_after_a_restart),
		T(test_a_twin_that_is_too_full_does_not_hold_up_the_rest),
		T(test_many_devices_are_reached_range_by_range),
		T(test_metrics_and_queries_see_the_status),
		T(test_a_list_has_the_metrics_of_each),
		T(test_a_connected_device_is_told),
		T(test_an_edge_deployment_reaches_the_modules_of_edges),
		T(test_a_configuration_of_modules_is_applied_to_them),
		T(test_devices_and_their_modules_are_configured_apart),
		T(test_many_modules_are_reached_range_by_range),
		T(test_a_hub_has_a_hundred_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
