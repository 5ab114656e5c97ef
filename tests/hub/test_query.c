#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/query.h"
#include "core/hub/query_index.h"
#include "core/hub/query_lag.h"
#include "core/hub/registry.h"
#include "core/store/store.h"
#include "tests/hub/world.h"
#include "tests/support/test.h"

static struct world world;

static const struct {
	const char *id, *twin, *reported;
} devices[] = {
	{ "d1",
	    "{\"tags\":{\"site\":\"brno\",\"floor\":1,\"hot\":true},"
	    "\"properties\":{\"desired\":{\"building\":43}}}",
	    "{\"fw\":{\"version\":\"1.4.2\",\"size\":10.5},\"odd-name\":1}" },
	{ "d2", "{\"tags\":{\"site\":\"praha\",\"floor\":2,\"hot\":false}}",
	    "{\"fw\":{\"version\":\"1.4.3\"},\"building\":41,"
	    "\"list\":[{\"deep\":\"x\"},8]}" },
	{ "d3", "{\"tags\":{\"site\":\"br\\\"no\\\\x\",\"floor\":\"1\"}}",
	    NULL },
	{ "d4", NULL, NULL },
	/* Modules, which no query on devices sees. */
	{ "d1/m1", "{\"tags\":{\"site\":\"brno\",\"floor\":7}}", NULL },
	{ "d1/m2", NULL, "{\"fw\":{\"version\":\"1.4.2\"}}" },
	{ "d2/m1", "{\"tags\":{\"floor\":7}}", NULL },
};

static int
setup(void **state)
{
	size_t i;

	*state = &world;
	world_init(&world);
	for (i = 0; i < N_ROWS(devices); i++) {
		world_add_device(&world, devices[i].id);
		if (devices[i].twin != NULL)
			world_patch(&world, devices[i].id, devices[i].twin);
		if (devices[i].reported != NULL)
			world_report(
			    &world, devices[i].id, devices[i].reported);
	}
	return 0;
}

static int
run(const char *text, struct hub_query_page *page, struct strbuf *out,
    struct err *err)
{
	return hub_query_run(world.hub, text, strlen(text), page, out, err);
}

/* "d1 d2": the deviceId of each row. */
static char *
ids_of(const char *array)
{
	cJSON *json = cJSON_Parse(array), *item;
	struct strbuf sb = { 0 };

	cJSON_ArrayForEach(item, json)
		strbuf_printf(&sb, "%s%s", sb.len > 0 ? " " : "",
		    json_get_string(item, "deviceId"));
	cJSON_Delete(json);
	return strbuf_take(&sb);
}

/* WHERE condition, and the devices it selects. */
static const struct {
	const char *where, *ids;
} selections[] = {
	{ "deviceId = 'd1'", "d1" },
	{ "DEVICEID='d1'", "d1" },
	{ "'d1' = deviceId", "d1" },
	{ "deviceId > 'd2'", "d3 d4" },
	{ "'d2' < deviceId", "d3 d4" },
	{ "deviceId != 'd1'", "d2 d3 d4" },
	{ "deviceId <> 'd1'", "d2 d3 d4" },
	{ "deviceId IN ['d1', 'd3', 'nobody']", "d1 d3" },
	{ "deviceId in ['d2']", "d2" },
	{ "deviceId NIN ['d1', 'd3']", "d2 d4" },
	{ "deviceId NOT IN ['d1', 'd3']", "d2 d4" },
	{ "deviceId IN [1, true]", "" },
	{ "deviceId = 1", "" },
	{ "deviceId != 1", "d1 d2 d3 d4" },
	{ "tags.site = 'brno'", "d1" },
	{ "'brno' = tags.site AND tags.floor = 1", "d1" },
	{ "NOT tags.site = 'nowhere'", "d1 d2 d3" },
	{ "tags.site = \"brno\"", "d1" },
	{ "tags.Site = 'brno'", "" },
	{ "TAGS.site = 'brno'", "d1" },
	{ "tags.[[site]] = 'brno'", "d1" },
	{ "tags.site = 'br\\\"no\\\\x'", "d3" },
	{ "tags.site = 'br\\u006eo'", "d1" },
	{ "tags.site = 'brno' OR 1 = 1", "d1 d2 d3 d4" },
	{ "tags.site = 'brno' OR 1 = '1'", "d1" },
	{ "tags.floor + 1 = 2", "d1" },
	{ "2 = tags.floor + 1", "d1" },
	{ "tags.floor * 2 - 1 > 1 AND (tags.floor + 1) * 3 = 9", "d2" },
	{ "tags.floor / 2 = 0.5", "d1" },
	{ "tags.floor % 2 = 0", "d2" },
	{ "-tags.floor = -1", "d1" },
	{ "-(tags.floor + 1) < -2", "d2" },
	{ "7 - tags.floor - 1 = 5", "d1" },
	{ "7 - (tags.floor - 1) = 7", "d1" },
	{ "tags.floor / 0 = 1", "" },
	{ "NOT tags.floor / 0 = 1", "" },
	{ "properties.desired.building > properties.reported.fw.size", "d1" },
	{ "tags.floor = tags.floor", "d1 d2 d3" },
	{ "tags.floor = tags.site", "" },
	{ "tags.floor != tags.site", "d1 d2 d3" },
	{ "tags.hot = tags.hot", "d1 d2" },
	{ "tags.hot < tags.hot", "" },
	{ "properties.reported.fw = properties.reported.fw", "" },
	{ "deviceId = tags.id OR deviceId = 'd4'", "d4" },
	{ "tags.nothing = tags.nothing", "" },
	{ "tags.site = undefined", "" },
	{ "NOT tags.site = undefined", "" },
	{ "tags.site IN ['brno', undefined]", "d1" },
	{ "tags.hot", "d1" },
	{ "NOT tags.hot", "d2" },
	{ "tags.hot AND true", "d1" },
	{ "true", "d1 d2 d3 d4" },
	{ "false OR tags.floor", "" },
	{ "NOT undefined", "" },
	{ "undefined OR tags.hot", "d1" },
	{ "capabilities.iotEdge", "" },
	{ "IS_NULL(tags.site)", "" },
	{ "IS_NUMBER(tags.floor)", "d1 d2" },
	{ "IS_STRING(tags.floor)", "d3" },
	{ "NOT IS_STRING(tags.floor)", "d1 d2 d4" },
	{ "IS_BOOL(tags.hot)", "d1 d2" },
	{ "IS_ARRAY(properties.reported.list)", "d2" },
	{ "IS_OBJECT(properties.reported.fw)", "d1 d2" },
	{ "IS_OBJECT(properties.reported)", "d1 d2 d3 d4" },
	{ "IS_PRIMITIVE(properties.reported.fw.version)", "d1 d2" },
	{ "IS_STRING(deviceId) AND NOT IS_NUMBER(deviceId)", "d1 d2 d3 d4" },
	{ "properties.reported.list[1] = 8", "d2" },
	{ "properties.reported.list[0].deep = 'x'", "d2" },
	{ "properties.reported['odd-name'] = 1", "d1" },
	{ "properties[\"reported\"].fw['version'] = '1.4.2'", "d1" },
	{ "devices.deviceId = 'd1'", "d1" },
	{ "etag = 'AAAAAAAAAAI='", "d1 d2 d3" },
	{ "moduleId = 'm'", "" },
	{ "tags.site = 'brno'' OR 1=1--'", NULL },
	{ "tags.floor = 1", "d1" },
	{ "tags.floor = 1.0", "d1" },
	{ "tags.floor = 0x1", "d1" },
	{ "tags.floor = '1'", "d3" },
	{ "tags.floor != 1", "d2 d3" },
	{ "tags.floor >= 1", "d1 d2" },
	{ "tags.floor > -1 AND tags.floor < 2", "d1" },
	{ "tags.floor IN [1, '1']", "d1 d3" },
	{ "tags.floor NIN [1]", "d2 d3" },
	{ "tags.hot = true", "d1" },
	{ "tags.hot != true", "d2" },
	{ "tags.hot IN [true, false]", "d1 d2" },
	{ "tags.hot = null", "" },
	{ "tags.hot != null", "d1 d2" },
	/* What is not there is neither equal nor unequal nor "not". */
	{ "NOT tags.site = 'brno'", "d2 d3" },
	{ "NOT (tags.site = 'brno' OR tags.floor = 2)", "d3" },
	{ "tags.nothing != 1", "" },
	{ "NOT tags.nothing = 1", "" },
	{ "IS_DEFINED(tags.hot)", "d1 d2" },
	{ "NOT is_defined(tags.hot)", "d3 d4" },
	{ "IS_DEFINED(tags)", "d1 d2 d3" },
	{ "IS_DEFINED(deviceId)", "d1 d2 d3 d4" },
	{ "properties.desired.building = 43", "d1" },
	{ "properties.reported.building = 41", "d2" },
	{ "properties.reported.fw.version = '1.4.2'", "d1" },
	{ "properties.reported.fw.size > 10.4e0", "d1" },
	{ "properties.reported.[[odd-name]] = 1", "d1" },
	{ "properties.reported.fw = 'x'", "" },
	{ "properties.reported.$version >= 2", "d1 d2" },
	{ "properties.desired.$version = 1", "d2 d3 d4" },
	{ "properties.desired.$metadata.building.$lastUpdated > '2020'", "d1" },
	{ "STARTSWITH(deviceId, 'd')", "d1 d2 d3 d4" },
	{ "STARTSWITH(tags.site, 'pr')", "d2" },
	{ "STARTSWITH(tags.site, '')", "d1 d2 d3" },
	{ "ENDSWITH(tags.site, 'no')", "d1" },
	{ "ENDSWITH(tags.site, 'brno longer than that')", "" },
	{ "status = 'enabled' AND connectionState = 'Disconnected'",
	    "d1 d2 d3 d4" },
	{ "connectionState = 'Connected' OR status = 'x'", "" },
	{ "connectionState != 'Connected' AND status <> 'disabled'",
	    "d1 d2 d3 d4" },
	{ "NOT connectionState = 'connected'", "d1 d2 d3 d4" },
	{ "connectionState IN ['Connected', 'Disconnected']", "d1 d2 d3 d4" },
	{ "status > 'd' AND status = connectionState", "" },
	{ "capabilities.iotEdge = false", "d1 d2 d3 d4" },
	{ "version > 3", "d1 d2" },
	{ "lastActivityTime < '2026-01-01T00:00:00Z'", "d1 d2 d3 d4" },
	{ "tags.site = 'brno' OR tags.site = 'praha' AND tags.floor = 99",
	    "d1" },
	{ "(tags.site = 'brno' OR tags.site = 'praha') AND tags.floor = 2",
	    "d2" },
};

static void
test_a_condition_selects_these_devices(void **state)
{
	struct hub_query_page page;
	struct strbuf text = { 0 }, out = { 0 };
	struct err err;
	size_t i;
	char *ids;
	int rc;

	(void)state;
	for (i = 0; i < N_ROWS(selections); i++) {
		strbuf_reset(&text);
		strbuf_reset(&out);
		strbuf_printf(&text, "SELECT * FROM devices WHERE %s",
		    selections[i].where);
		page = (struct hub_query_page){ .size = 100 };
		rc = run(strbuf_str(&text), &page, &out, &err);
		if (selections[i].ids == NULL) {
			if (rc == 0)
				fail_msg(
				    "%s: not refused", selections[i].where);
			continue;
		}
		if (rc == -1)
			fail_msg("%s: %s", selections[i].where, err.text);
		assert_string_equal("Twin", page.item_type);
		ids = ids_of(strbuf_str(&out));
		if (strcmp(ids, selections[i].ids) != 0)
			fail_msg("%s: %s instead of %s", selections[i].where,
			    ids, selections[i].ids);
		free(ids);
	}
	strbuf_fini(&text);
	strbuf_fini(&out);
}

static const struct {
	const char *query, *answer;
} projections[] = {
	{ "SELECT deviceId FROM devices WHERE deviceId='d1'",
	    "[{\"deviceId\":\"d1\"}]" },
	/* Trap 16 of the contract. */
	{ "SELECT DEVICEID FROM devices WHERE deviceId='d1'",
	    "[{\"deviceId\":\"d1\"}]" },
	{ "select DeviceId as id, tags.site from devices where deviceId='d1'",
	    "[{\"id\":\"d1\",\"site\":\"brno\"}]" },
	{ "SELECT tags.hot, tags.floor, properties.reported.fw FROM devices "
	  "WHERE deviceId='d1'",
	    "[{\"hot\":true,\"floor\":1,\"fw\":{\"version\":\"1.4.2\","
	    "\"size\":10.5}}]" },
	{ "SELECT tags FROM devices WHERE deviceId IN ['d2','d4']",
	    "[{\"tags\":{\"site\":\"praha\",\"floor\":2,\"hot\":false}},{}]" },
	{ "SELECT capabilities.iotEdge, version, STATUS FROM devices "
	  "WHERE deviceId='d4'",
	    "[{\"iotEdge\":false,\"version\":2,\"status\":\"enabled\"}]" },
	{ "SELECT COUNT() AS n FROM devices", "[{\"n\":4}]" },
	{ "SELECT COUNT() FROM devices", "[{\"$1\":4}]" },
	{ "SELECT COUNT(), COUNT(), status FROM devices GROUP BY status",
	    "[{\"$1\":4,\"$2\":4,\"status\":\"enabled\"}]" },
	{ "SELECT deviceScope, parentScopes FROM devices WHERE deviceId='d1'",
	    "[{}]" },
	{ "SELECT COUNT() AS n FROM devices WHERE tags.floor = 2",
	    "[{\"n\":1}]" },
	{ "SELECT tags.hot, COUNT() AS n FROM devices GROUP BY tags.hot",
	    "[{\"n\":2},{\"hot\":false,\"n\":1},{\"hot\":true,\"n\":1}]" },
	{ "SELECT COUNT() AS n, status FROM devices GROUP BY STATUS, "
	  "connectionState",
	    "[{\"n\":4,\"status\":\"enabled\"}]" },
	{ "SELECT SUM(tags.floor) AS s, AVG(tags.floor) AS a, MIN(tags.floor), "
	  "MAX(deviceId) AS m FROM devices",
	    "[{\"s\":3,\"a\":1.5,\"floor\":1,\"m\":\"d4\"}]" },
	{ "SELECT AVG(tags.nothing) AS a, COUNT() AS n FROM devices WHERE "
	  "false",
	    "[{\"n\":0}]" },
	{ "SELECT TOP 1 tags.site FROM devices WHERE IS_DEFINED(tags.site) "
	  "GROUP BY tags.site",
	    "[{\"site\":\"br\\\"no\\\\x\"}]" },
	{ "SELECT properties.reported.list[1] AS x FROM devices WHERE "
	  "deviceId = 'd2'",
	    "[{\"x\":8}]" },
	{ "SELECT etag FROM devices WHERE deviceId = 'd4'",
	    "[{\"etag\":\"AAAAAAAAAAE=\"}]" },
	{ "SELECT COUNT() AS n FROM devices.modules", "[{\"n\":3}]" },
	{ "SELECT deviceId, moduleId FROM devices.modules WHERE "
	  "tags.floor = 7",
	    "[{\"deviceId\":\"d1\",\"moduleId\":\"m1\"},"
	    "{\"deviceId\":\"d2\",\"moduleId\":\"m1\"}]" },
	{ "SELECT devices.modules.moduleId AS m, properties.reported.fw FROM "
	  "devices.modules WHERE deviceId = 'd1' AND moduleId != 'm1'",
	    "[{\"m\":\"m2\",\"fw\":{\"version\":\"1.4.2\"}}]" },
	{ "SELECT deviceId, COUNT() AS n FROM devices.modules GROUP BY "
	  "deviceId",
	    "[{\"deviceId\":\"d1\",\"n\":2},"
	    "{\"deviceId\":\"d2\",\"n\":1}]" },
	{ "SELECT TOP 2 deviceId FROM devices",
	    "[{\"deviceId\":\"d1\"},{\"deviceId\":\"d2\"}]" },
	{ "SELECT deviceId FROM devices WHERE deviceId='nobody'", "[]" },
};

static void
test_a_projection_gives_this_array(void **state)
{
	struct hub_query_page page;
	struct strbuf out = { 0 };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(projections); i++) {
		strbuf_reset(&out);
		page = (struct hub_query_page){ .size = 100 };
		if (run(projections[i].query, &page, &out, &err) == -1)
			fail_msg("%s: %s", projections[i].query, err.text);
		assert_string_equal("Raw", page.item_type);
		assert_null(page.next);
		assert_string_equal(projections[i].answer, strbuf_str(&out));
	}
	strbuf_fini(&out);
}

/* The SQL writes it as the registry does, however long the number is. */
static void
test_the_etag_of_an_identity_can_be_asked_for(void **state)
{
	static const char *const numbers[] = { "5", "42", "123", "1234",
		"12345678", "9223372036854775807" };
	struct hub_query_page page;
	struct strbuf out = { 0 };
	struct err err;
	char *sql, *etag, *text, *want;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(numbers); i++) {
		sql = xasprintf("UPDATE device SET etag = %s "
				"WHERE device_id = 'd4'",
		    numbers[i]);
		assert_int_equal(0, store_exec(world.hub->store, sql, &err));
		etag = hub_etag_identity(strtoll(numbers[i], NULL, 10));
		text = xasprintf("SELECT deviceId, deviceEtag FROM devices "
				 "WHERE deviceEtag = '%s'",
		    etag);
		want = xasprintf(
		    "[{\"deviceId\":\"d4\",\"deviceEtag\":\"%s\"}]", etag);
		strbuf_reset(&out);
		page = (struct hub_query_page){ .size = 100 };
		if (run(text, &page, &out, &err) == -1)
			fail_msg("%s", err.text);
		assert_string_equal(want, strbuf_str(&out));
		free(want);
		free(text);
		free(etag);
		free(sql);
	}
	strbuf_fini(&out);
}

static void
test_a_section_is_selected_as_a_service_sees_it(void **state)
{
	struct hub_query_page page = { .size = 100 };
	struct strbuf out = { 0 };
	struct err err;
	cJSON *json;

	(void)state;
	assert_int_equal(0,
	    run("SELECT properties.desired FROM devices WHERE "
		"deviceId IN ['d1','d4']",
		&page, &out, &err));
	json = cJSON_Parse(strbuf_str(&out));
	assert_non_null(json_path(cJSON_GetArrayItem(json, 0),
	    "desired.$metadata.building.$lastUpdated"));
	assert_int_equal(43,
	    json_path(cJSON_GetArrayItem(json, 0), "desired.building")
		->valueint);
	assert_int_equal(1,
	    json_path(cJSON_GetArrayItem(json, 1), "desired.$version")
		->valueint);
	cJSON_Delete(json);
	strbuf_fini(&out);
}

#define SENTENCE                                                              \
	"The query is invalid. Please check the format of the query and try " \
	"again: "

/* What is wrong, and where; the words behind the service's sentence. */
static const struct {
	const char *query, *words;
} refusals[] = {
	{ "", "line 1, column 1: expected SELECT" },
	{ "SELECT", "line 1, column 7: expected a name" },
	{ "SELECT * devices", "line 1, column 10: expected FROM" },
	{ "SELECT * FROM things",
	    "line 1, column 15: expected devices, devices.modules or "
	    "devices.jobs" },
	{ "SELECT * FROM devices.things",
	    "line 1, column 23: expected modules or jobs" },
	{ "SELECT *\nFROM devices\n WHERE deviceId ='d1' x",
	    "line 3, column 23: expected a comparison, AND, OR, GROUP BY or "
	    "the end" },
	{ "SELECT * FROM devices ORDER BY deviceId",
	    "line 1, column 23: ORDER is not supported here" },
	{ "SELECT DISTINCT deviceId FROM devices",
	    "line 1, column 8: DISTINCT is not supported here" },
	{ "SELECT deviceId FROM devices JOIN t",
	    "line 1, column 30: JOIN is not supported here" },
	{ "SELECT * FROM devices WHERE tags.a IN (SELECT 1)",
	    "line 1, column 39: expected '['" },
	{ "SELECT * FROM devices WHERE (SELECT 1)",
	    "line 1, column 37: expected ')'" },
	{ "SELECT * FROM devices GROUP BY tags.site",
	    "line 1, column 32: SELECT * cannot be grouped: name what is "
	    "selected" },
	{ "SELECT tags.floor, COUNT() AS n FROM devices GROUP BY tags.site",
	    "line 1, column 8: tags.floor stands beside aggregates: expected "
	    "it behind GROUP BY too" },
	{ "SELECT deviceId FROM devices GROUP tags.site",
	    "line 1, column 36: expected BY" },
	{ "SELECT COUNT() AS n FROM devices GROUP BY tags.site HAVING n > 1",
	    "line 1, column 53: HAVING is not supported here" },
	{ "SELECT deviceId FROM devices.jobs",
	    "line 1, column 22: of devices.jobs only SELECT * is supported" },
	{ "SELECT COUNT() AS n FROM devices.jobs",
	    "line 1, column 26: of devices.jobs only SELECT * is supported" },
	{ "SELECT * FROM devices.jobs WHERE tags.site = 'x'",
	    "line 1, column 34: tags.site is no property of a device's job: "
	    "expected devices.jobs.deviceId, .jobId, .jobType, .status, a "
	    "time, .error.code or .outcome.deviceMethodResponse.status" },
	{ "SELECT MEDIAN(tags.floor) FROM devices",
	    "line 1, column 8: the function MEDIAN is not supported" },
	{ "SELECT AVG(status) FROM devices",
	    "line 1, column 12: status is no number" },
	{ "SELECT tags.a + 1 FROM devices", "line 1, column 15: expected FROM" },
	{ "SELECT * FROM devices WHERE",
	    "line 1, column 28: expected a path, a value or '('" },
	{ "SELECT * FROM devices WHERE deviceId IN ('a')",
	    "line 1, column 41: expected '['" },
	{ "SELECT * FROM devices WHERE deviceId IN []",
	    "line 1, column 42: expected a string, a number, true, false or "
	    "null" },
	{ "SELECT * FROM devices WHERE 1 IN [1]",
	    "line 1, column 29: expected a path before IN" },
	{ "SELECT * FROM devices WHERE deviceId LIKE 'a'",
	    "line 1, column 38: LIKE is not supported here" },
	{ "SELECT * FROM devices WHERE CONTAINS(tags.a, 'b')",
	    "line 1, column 29: the function CONTAINS is not supported" },
	{ "SELECT * FROM devices WHERE tags.a + 'x' = 2",
	    "line 1, column 38: arithmetic takes numbers and paths only" },
	{ "SELECT * FROM devices WHERE status + 1 = 2",
	    "line 1, column 29: status is no number" },
	{ "SELECT * FROM devices WHERE tags.a + 1",
	    "line 1, column 36: a number stands where a condition was "
	    "expected" },
	{ "SELECT * FROM devices WHERE (tags.a = 1) = true",
	    "line 1, column 37: a condition stands where a value was "
	    "expected" },
	{ "SELECT * FROM devices WHERE tags.a > true",
	    "line 1, column 29: tags.a is compared with true, false or null: "
	    "only = and != can" },
	{ "SELECT * FROM devices WHERE tags.a[x] = 1",
	    "line 1, column 36: expected a name in quotes or an index" },
	{ "SELECT * FROM devices WHERE tags.a[0 = 1",
	    "line 1, column 38: expected ']'" },
	{ "SELECT * FROM devices WHERE nonsense = 1",
	    "line 1, column 29: nonsense is no property of a device: expected "
	    "deviceId, tags.…, properties.desired.…, properties.reported.… or "
	    "a field of the twin" },
	{ "SELECT * FROM devices WHERE deviceId.x = 'x'",
	    "line 1, column 29: deviceId.x has nothing below it" },
	{ "SELECT * FROM devices WHERE properties.desired = 1",
	    "line 1, column 29: properties.desired is an object: only a "
	    "property in it can be compared" },
	{ "SELECT * FROM devices WHERE tags.[[a\"b]] = 1",
	    "line 1, column 29: tags.a\"b has a quote or backslash in a name, "
	    "which queries cannot reach" },
	{ "SELECT * FROM devices WHERE tags.a = 'x",
	    "line 1, column 38: a string without its end" },
	{ "SELECT * FROM devices WHERE tags.a = 'x\\n'",
	    "line 1, column 38: a string has an escape that is none of \\' "
	    "\\\" \\\\ \\uXXXX" },
	{ "SELECT * FROM devices WHERE tags.a = 12abc",
	    "line 1, column 38: 12abc is no number" },
	{ "SELECT * FROM devices WHERE tags.a = #",
	    "line 1, column 38: a character that has no meaning here" },
	{ "SELECT TOP 0 * FROM devices",
	    "line 1, column 12: expected a whole number from 1" },
	{ "SELECT * FROM devices; DROP TABLE device",
	    "line 1, column 22: a character that has no meaning here" },
};

static void
test_what_is_refused_is_named_with_its_place(void **state)
{
	struct hub_query_page page;
	struct strbuf out = { 0 };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(refusals); i++) {
		page = (struct hub_query_page){ .size = 100 };
		if (run(refusals[i].query, &page, &out, &err) == 0)
			fail_msg("%s: not refused", refusals[i].query);
		assert_true(str_starts_with(err.text, SENTENCE));
		assert_string_equal(
		    refusals[i].words, err.text + strlen(SENTENCE));
	}
	strbuf_fini(&out);
}

/* What stands in it, cut and mixed: refused or answered, and nothing else. */
static const char *const fuzz_words[] = { "SELECT", "*", "FROM", "devices",
	"devices.jobs", "WHERE", "tags", ".", "a", "[[", "]]", "[", "]", "(",
	")", "=", "!=", "<", "IN", "NIN", "NOT", "AND", "OR", "'x'", "1",
	"0x1f", "-", "+", "*", "/", "%", ",", "true", "null", "undefined",
	"deviceId", "properties.desired", "$version", "GROUP", "BY", "AS", "n",
	"COUNT", "AVG", "IS_DEFINED", "STARTSWITH", "IS_NULL", "TOP", "\xc3",
	"\\", "\"", "e9" };

static void
try(const char *text)
{
	struct hub_query_page page = { .size = 3 };
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (run(text, &page, &out, &err) == -1) {
		if (err.code != ERR_INVALID && err.code != ERR_LIMIT &&
		    err.code != ERR_UNSUPPORTED)
			fail_msg("%s: %s", text, err.text);
	}
	free(page.next);
	strbuf_fini(&out);
}

static void
test_no_text_breaks_the_compiler(void **state)
{
	struct strbuf text = { 0 };
	unsigned seed = 1;
	size_t i, n;
	char *cut;

	(void)state;
	for (i = 0; i < N_ROWS(projections); i++) {
		for (n = 0; n <= strlen(projections[i].query); n++) {
			cut = xstrndup(projections[i].query, n);
			try(cut);
			free(cut);
		}
	}
	for (i = 0; i < 6000; i++) {
		strbuf_reset(&text);
		strbuf_puts(&text, i % 3 == 0 ? "" : "SELECT ");
		if (i % 3 == 2)
			strbuf_puts(&text, "* FROM devices WHERE ");
		for (n = 0; n < 3 + i % 23; n++) {
			seed = seed * 1103515245 + 12345;
			strbuf_printf(&text, "%s%s",
			    fuzz_words[(seed >> 8) % N_ROWS(fuzz_words)],
			    (seed >> 4) % 3 == 0 ? "" : " ");
		}
		try(strbuf_str(&text));
	}
	strbuf_fini(&text);
}

static void
test_deep_and_long_conditions_are_refused(void **state)
{
	struct hub_query_page page = { .size = 100 };
	struct strbuf text = { 0 }, out = { 0 };
	struct err err;
	int i;

	(void)state;
	strbuf_puts(&text, "SELECT * FROM devices WHERE ");
	for (i = 0; i < 5000; i++)
		strbuf_putc(&text, '(');
	assert_int_equal(-1, run(strbuf_str(&text), &page, &out, &err));
	assert_non_null(strstr(err.text, "conditions"));
	/* As deep as it goes, in each way that takes room in SQLite. */
	strbuf_reset(&text);
	strbuf_puts(&text, "SELECT * FROM devices WHERE ");
	for (i = 0; i < 13; i++)
		strbuf_puts(&text, "tags.a=1 OR tags.a=1 AND (");
	strbuf_puts(&text, "tags.a IN [1, 'x'])))))))))))))");
	if (run(strbuf_str(&text), &page, &out, &err) == -1)
		fail_msg("%s", err.text);
	strbuf_reset(&text);
	strbuf_puts(&text, "SELECT * FROM devices WHERE ");
	for (i = 0; i < 6; i++)
		strbuf_puts(&text, "tags.a=1 OR tags.a=1 AND NOT (");
	strbuf_puts(&text, "NOT tags.a IN [1, 'x']))))))");
	if (run(strbuf_str(&text), &page, &out, &err) == -1)
		fail_msg("%s", err.text);
	strbuf_reset(&text);
	strbuf_puts(&text, "SELECT * FROM devices WHERE ");
	for (i = 0; i < 3; i++)
		strbuf_puts(&text, "NOT (tags.a = tags.b OR ");
	strbuf_puts(&text, "1-(1-(1-(1-(1-(1-tags.a))))) = tags.b)))");
	if (run(strbuf_str(&text), &page, &out, &err) == -1)
		fail_msg("%s", err.text);
	strbuf_reset(&text);
	strbuf_puts(&text, "SELECT * FROM devices WHERE 0 = tags.floor");
	for (i = 0; i < 600; i++)
		strbuf_puts(&text, i % 2 ? "+1" : "-tags.floor*1");
	if (run(strbuf_str(&text), &page, &out, &err) == -1 &&
	    err.code != ERR_LIMIT)
		fail_msg("%s", err.text);
	strbuf_reset(&text);
	strbuf_puts(&text, "SELECT * FROM devices WHERE 0 = tags.floor");
	for (i = 0; i < 600; i++)
		strbuf_puts(&text, "+1");
	if (run(strbuf_str(&text), &page, &out, &err) == -1)
		fail_msg("%s", err.text);
	strbuf_reset(&text);
	strbuf_puts(&text, "SELECT * FROM devices WHERE tags.a=1");
	for (i = 0; i < 600; i++)
		strbuf_puts(&text, " OR tags.a=1");
	assert_int_equal(-1, run(strbuf_str(&text), &page, &out, &err));
	assert_non_null(strstr(err.text, "conditions"));
	strbuf_reset(&text);
	strbuf_puts(&text, "SELECT * FROM devices WHERE tags.floor=1");
	for (i = 0; i < 250; i++)
		strbuf_puts(&text, " AND tags.floor=1");
	assert_int_equal(0, run(strbuf_str(&text), &page, &out, &err));
	for (i = 0; i < 1000; i++)
		strbuf_puts(&text, "          ");
	assert_int_equal(-1, run(strbuf_str(&text), &page, &out, &err));
	assert_non_null(strstr(err.text, "8192 characters"));
	strbuf_reset(&text);
	strbuf_puts(&text, "SELECT * FROM devices WHERE tags.site='");
	for (i = 0; i < 8192 - 40; i++)
		strbuf_puts(&text, "ě");
	strbuf_puts(&text, "'");
	assert_int_equal(0, run(strbuf_str(&text), &page, &out, &err));
	strbuf_puts(&text, " ");
	assert_int_equal(-1, run(strbuf_str(&text), &page, &out, &err));
	strbuf_fini(&text);
	strbuf_fini(&out);
}

/* Follows the tokens to the end; "d1|d2 d3": pages apart. */
static char *
pages_of(const char *query, int64_t size)
{
	struct hub_query_page page = { .size = size };
	struct strbuf all = { 0 }, out = { 0 };
	char *token = NULL, *ids;
	struct err err;

	do {
		strbuf_reset(&out);
		page.token = token;
		if (run(query, &page, &out, &err) == -1)
			fail_msg("%s: %s", query, err.text);
		ids = ids_of(strbuf_str(&out));
		strbuf_printf(&all, "%s%s", all.len > 0 ? "|" : "", ids);
		free(ids);
		free(token);
		token = page.next;
	} while (token != NULL);
	strbuf_fini(&out);
	return strbuf_take(&all);
}

static void
test_pages_meet_and_the_last_has_no_token(void **state)
{
	static const struct {
		const char *query;
		int64_t size;
		const char *pages;
	} rows[] = {
		{ "SELECT * FROM devices", 100, "d1 d2 d3 d4" },
		{ "SELECT * FROM devices", 4, "d1 d2 d3 d4" },
		{ "SELECT * FROM devices", 3, "d1 d2 d3|d4" },
		{ "SELECT deviceId FROM devices", 1, "d1|d2|d3|d4" },
		{ "SELECT TOP 3 * FROM devices", 2, "d1 d2|d3" },
		{ "SELECT TOP 2 * FROM devices", 2, "d1 d2" },
		{ "SELECT * FROM devices.modules", 2, "d1 d1|d2" },
		{ "SELECT * FROM devices WHERE tags.floor >= 1", 1, "d1|d2" },
		{ "SELECT deviceId FROM devices GROUP BY deviceId", 3,
		    "d1 d2 d3|d4" },
		{ "SELECT TOP 3 deviceId FROM devices GROUP BY deviceId", 2,
		    "d1 d2|d3" },
	};
	size_t i;
	char *pages;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		pages = pages_of(rows[i].query, rows[i].size);
		assert_string_equal(rows[i].pages, pages);
		free(pages);
	}
}

static void
test_a_token_cannot_be_forged_or_moved(void **state)
{
	const char *query = "SELECT * FROM devices";
	struct hub_query_page page = { .size = 1 }, next;
	struct strbuf out = { 0 };
	struct err err;
	char *token;
	size_t i;

	(void)state;
	assert_int_equal(0, run(query, &page, &out, &err));
	token = page.next;
	assert_non_null(token);
	next = (struct hub_query_page){ .size = 1, .token = token };
	assert_int_equal(
	    -1, run("SELECT deviceId FROM devices", &next, &out, &err));
	assert_int_equal(ERR_INVALID, err.code);
	for (i = 0; token[i] != '\0' && token[i] != '='; i++) {
		token[i] = (char)(token[i] == 'A' ? 'B' : 'A');
		next = (struct hub_query_page){ .size = 1, .token = token };
		if (run(query, &next, &out, &err) == 0) {
			/* The last character may have bits that do not count.
			 */
			assert_true(
			    token[i + 1] == '\0' || token[i + 1] == '=');
			free(next.next);
		}
		free(token);
		page = (struct hub_query_page){ .size = 1 };
		assert_int_equal(0, run(query, &page, &out, &err));
		token = page.next;
	}
	/* The same hub knows it again. */
	world_restart(&world);
	next = (struct hub_query_page){ .size = 1, .token = token };
	assert_int_equal(0, run(query, &next, &out, &err));
	free(next.next);
	free(token);
	strbuf_fini(&out);
}

/* Twins of the greatest size, and their $metadata several times that. */
static void
test_a_page_of_large_twins_is_shorter(void **state)
{
	struct strbuf body = { 0 };
	char id[16], *pages, *p;
	int i, n_devices = 24, n_ids = 1, n_pages = 1;

	(void)state;
	strbuf_puts(&body, "{\"properties\":{\"desired\":{\"k\":0");
	for (i = 1000; i < 3500; i++)
		strbuf_printf(&body, ",\"k%d\":1", i);
	strbuf_puts(&body, "}}}");
	for (i = 0; i < n_devices; i++) {
		snprintf(id, sizeof(id), "large-%02d", i);
		world_add_device(&world, id);
		world_patch(&world, id, strbuf_str(&body));
	}
	pages = pages_of("SELECT * FROM devices "
			 "WHERE STARTSWITH(deviceId, 'large-')",
	    100);
	for (p = pages; *p != '\0'; p++) {
		n_ids += *p == ' ' || *p == '|';
		n_pages += *p == '|';
	}
	assert_int_equal(n_devices, n_ids);
	assert_int_equal(2, n_pages);
	free(pages);
	strbuf_fini(&body);
}

static void
use_indexes(const char *list)
{
	struct err err = { 0 };
	struct hub_query_indexes *indexes =
	    hub_query_indexes_open(world.hub->store, list, &err);

	if (indexes == NULL)
		fail_msg("%s", err.text);
	hub_query_indexes_free(world.hub->query_indexes);
	world.hub->query_indexes = indexes;
}

#define INDEXES                                                     \
	"tags.site, tags.floor,properties.desired.building,"        \
	"properties.reported.fw.version,properties.reported.odd-name"

static void
test_an_index_changes_no_answer(void **state)
{
	use_indexes(INDEXES);
	test_a_condition_selects_these_devices(state);
	test_a_projection_gives_this_array(state);
	test_pages_meet_and_the_last_has_no_token(state);
	test_a_token_cannot_be_forged_or_moved(state);
	use_indexes("none");
}

/* How SQLite goes about it; the caller's. */
static char *
plan_of(const char *text)
{
	struct hub_query query;
	struct strbuf plan = { 0 };
	struct err err = { 0 };
	struct store_stmt *s;
	char *sql;

	if (hub_query_compile_indexed(world.hub->query_indexes, text,
		strlen(text), &query, &err) == -1)
		fail_msg("%s", err.text);
	sql = xasprintf("EXPLAIN QUERY PLAN %s", query.sql);
	s = store_prepare(world.hub->store, sql, &err);
	assert_non_null(s);
	hub_query_bind(&query, s, NULL, 10);
	while (store_step(s, &err) == 1)
		strbuf_printf(&plan, "%s\n", store_column_text(s, 3));
	store_stmt_free(s);
	free(sql);
	hub_query_fini(&query);
	return strbuf_take(&plan);
}

static const struct {
	const char *where, *index; /* NULL: it has to scan */
} plans[] = {
	{ "tags.site = 'brno'", "path tags.site" },
	{ "'brno' = tags.[[site]]", "path tags.site" },
	{ "IS_DEFINED(tags.hot) AND tags.floor = 2", "path tags.floor" },
	{ "properties.reported.fw.version = '1.4.2'",
	    "path properties.reported.fw.version" },
	{ "tags.site IN ['brno', 'praha']", "path tags.site" },
	{ "tags.hot = 'x'", NULL },
	{ "properties.desired.fw.version = '1'", NULL },
};

static void
test_a_query_on_an_indexed_path_uses_the_index(void **state)
{
	char *text, *plan;
	size_t i;

	(void)state;
	use_indexes(INDEXES);
	for (i = 0; i < N_ROWS(plans); i++) {
		text = xasprintf(
		    "SELECT COUNT() AS n FROM devices WHERE %s",
		    plans[i].where);
		plan = plan_of(text);
		if (plans[i].index != NULL
			? strstr(plan, plans[i].index) == NULL
			: strstr(plan, "path ") != NULL)
			fail_msg("%s: %s", text, plan);
		free(plan);
		free(text);
	}
	/* A page is read as it comes, and not sorted. */
	plan = plan_of("SELECT * FROM devices WHERE tags.site = 'brno'");
	assert_non_null(strstr(plan, "path tags.site"));
	assert_null(strstr(plan, "TEMP B-TREE"));
	free(plan);
	/* Modules are in tables of their own. */
	plan = plan_of(
	    "SELECT * FROM devices.modules WHERE tags.site = 'brno'");
	assert_null(strstr(plan, "path "));
	free(plan);
	use_indexes("none");
}

static void
test_indexes_stay_until_others_are_asked_for(void **state)
{
	struct hub_query_page page = { .size = 1 }, next;
	const char *query = "SELECT * FROM devices WHERE tags.floor > 0";
	const char *indexed = "SELECT * FROM devices WHERE tags.floor = 2 "
			      "AND IS_DEFINED(tags.site)";
	struct strbuf out = { 0 };
	struct err err = { 0 };
	char *plan;

	(void)state;
	world_patch(&world, "d1", "{\"tags\":{\"floor\":2}}");
	use_indexes("tags.floor");
	assert_int_equal(0, run(indexed, &page, &out, &err));
	assert_non_null(page.next);
	world_restart(&world);
	plan = plan_of(indexed);
	assert_non_null(strstr(plan, "path tags.floor"));
	free(plan);
	use_indexes("tags.site");
	plan = plan_of(query);
	assert_null(strstr(plan, "path "));
	free(plan);
	/* Its place was one in the index. */
	next = (struct hub_query_page){ .size = 1, .token = page.next };
	assert_int_equal(-1, run(indexed, &next, &out, &err));
	assert_int_equal(ERR_INVALID, err.code);
	free(page.next);
	strbuf_fini(&out);
	use_indexes("none");
	world_patch(&world, "d1", "{\"tags\":{\"floor\":1}}");
}

static void
test_what_cannot_be_indexed_is_refused(void **state)
{
	static const char *const lists[] = { "", "deviceId", "tags", "tags.",
		"tags..a", "tags.a.", "tags.a,", "tags.a'b", "tags.a\"b",
		"tags.a b", "properties.a", "tags.caf\xc3\xa9",
		"tags.a,tags.b,tags.c,tags.d,tags.e,tags.f,tags.g,tags.h,"
		"tags.i,tags.j,tags.k,tags.l,tags.m,tags.n,tags.o,tags.p,"
		"tags.q" };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(lists); i++)
		if (hub_query_indexes_open(
			world.hub->store, lists[i], &err) != NULL)
			fail_msg("%s", lists[i]);
	use_indexes(NULL);
}

static bool
sees(const char *where)
{
	struct hub_query_page page = { .size = 1 };
	char *text =
	    xasprintf("SELECT deviceId FROM devices WHERE %s", where);
	struct strbuf out = { 0 };
	struct err err;
	bool is_seen;

	if (run(text, &page, &out, &err) == -1)
		fail_msg("%s", err.text);
	is_seen = strcmp(strbuf_str(&out), "[]") != 0;
	strbuf_fini(&out);
	free(text);
	return is_seen;
}

#define LAG_MS 400

static void
test_queries_may_be_made_to_lag_behind(void **state)
{
	struct timeval tick = { .tv_usec = 10000 };
	int64_t start_ms, took_ms;
	struct err err = { 0 };

	(void)state;
	world.hub->query_lag = hub_query_lag_new(world.hub, LAG_MS, &err);
	if (world.hub->query_lag == NULL)
		fail_msg("%s", err.text);
	world_patch(&world, "d4", "{\"tags\":{\"lag\":1}}");
	start_ms = clock_mono_ms();
	assert_false(sees("tags.lag = 1"));
	while (!sees("tags.lag = 1") &&
	    clock_mono_ms() - start_ms < 10 * LAG_MS) {
		event_base_loopexit(world.base, &tick);
		event_base_dispatch(world.base);
	}
	took_ms = clock_mono_ms() - start_ms;
	assert_in_range(took_ms, LAG_MS / 2 - 50, 10 * LAG_MS - 1);
	/* It is in no one's way meanwhile. */
	world_patch(&world, "d4", "{\"tags\":{\"lag\":2}}");
	hub_query_lag_free(world.hub->query_lag);
	world.hub->query_lag = NULL;
	assert_true(sees("tags.lag = 2"));
	assert_null(hub_query_lag_new(
	    world.hub, HUB_QUERY_LAG_MAX_MS + 1, &err));
	assert_int_equal(ERR_INVALID, err.code);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_condition_selects_these_devices),
		cmocka_unit_test(test_a_projection_gives_this_array),
		cmocka_unit_test(test_the_etag_of_an_identity_can_be_asked_for),
		cmocka_unit_test(
		    test_a_section_is_selected_as_a_service_sees_it),
		cmocka_unit_test(test_what_is_refused_is_named_with_its_place),
		cmocka_unit_test(test_no_text_breaks_the_compiler),
		cmocka_unit_test(test_deep_and_long_conditions_are_refused),
		cmocka_unit_test(test_pages_meet_and_the_last_has_no_token),
		cmocka_unit_test(test_a_token_cannot_be_forged_or_moved),
		cmocka_unit_test(test_an_index_changes_no_answer),
		cmocka_unit_test(test_a_page_of_large_twins_is_shorter),
		cmocka_unit_test(
		    test_a_query_on_an_indexed_path_uses_the_index),
		cmocka_unit_test(test_indexes_stay_until_others_are_asked_for),
		cmocka_unit_test(test_what_cannot_be_indexed_is_refused),
		cmocka_unit_test(test_queries_may_be_made_to_lag_behind),
	};

	return cmocka_run_group_tests(tests, setup, world_teardown);
}
