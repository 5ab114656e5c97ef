#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/hub/query.h"
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
	    "{\"fw\":{\"version\":\"1.4.3\"},\"building\":41}" },
	{ "d3", "{\"tags\":{\"site\":\"br\\\"no\\\\x\",\"floor\":\"1\"}}",
	    NULL },
	{ "d4", NULL, NULL },
};

static int
setup(void **state)
{
	size_t i;

	(void)state;
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
teardown(void **state)
{
	(void)state;
	world_fini(&world);
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
	{ "tags.site = \"brno\"", "d1" },
	{ "tags.Site = 'brno'", "" },
	{ "TAGS.site = 'brno'", "d1" },
	{ "tags.[[site]] = 'brno'", "d1" },
	{ "tags.site = 'br\\\"no\\\\x'", "d3" },
	{ "tags.site = 'br\\u006eo'", "d1" },
	{ "tags.site = 'brno' OR 1 = 1", NULL },
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
		assert_true(page.is_twins);
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
	{ "SELECT COUNT() AS n FROM devices WHERE tags.floor = 2",
	    "[{\"n\":1}]" },
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
		assert_false(page.is_twins);
		assert_null(page.next);
		assert_string_equal(projections[i].answer, strbuf_str(&out));
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
	{ "SELECT * FROM things", "line 1, column 15: expected devices" },
	{ "SELECT *\nFROM devices\n WHERE deviceId ='d1' x",
	    "line 3, column 23: expected AND, OR or the end" },
	{ "SELECT * FROM devices ORDER BY deviceId",
	    "line 1, column 23: ORDER is not supported" },
	{ "SELECT DISTINCT deviceId FROM devices",
	    "line 1, column 17: expected FROM" },
	{ "SELECT * FROM devices GROUP BY tags.site",
	    "line 1, column 23: GROUP is not supported" },
	{ "SELECT * FROM devices.modules",
	    "line 1, column 22: only devices can be queried, not "
	    "devices.modules or devices.jobs" },
	{ "SELECT AVG(tags.floor) FROM devices",
	    "line 1, column 8: the function AVG is not supported" },
	{ "SELECT COUNT() FROM devices",
	    "COUNT() needs a name here: COUNT() AS name" },
	{ "SELECT * FROM devices WHERE", "line 1, column 28: expected a name" },
	{ "SELECT * FROM devices WHERE deviceId IN ('a')",
	    "line 1, column 41: expected '['" },
	{ "SELECT * FROM devices WHERE deviceId IN []",
	    "line 1, column 42: expected a string, a number, true, false or "
	    "null" },
	{ "SELECT * FROM devices WHERE deviceId LIKE 'a'",
	    "line 1, column 38: LIKE is not supported" },
	{ "SELECT * FROM devices WHERE CONTAINS(tags.a, 'b')",
	    "line 1, column 29: the function CONTAINS is not supported" },
	{ "SELECT * FROM devices WHERE tags.a + 1 = 2",
	    "line 1, column 36: arithmetic is not supported" },
	{ "SELECT * FROM devices WHERE tags.a = properties.desired.a",
	    "line 1, column 38: comparing two paths is not supported" },
	{ "SELECT * FROM devices WHERE tags.a = undefined",
	    "line 1, column 38: undefined is not supported; use "
	    "IS_DEFINED()" },
	{ "SELECT * FROM devices WHERE tags.a > true",
	    "line 1, column 29: tags.a is compared with true, false or null: "
	    "only = and != can" },
	{ "SELECT * FROM devices WHERE tags.a[0] = 1",
	    "line 1, column 35: an index into a path is not supported" },
	{ "SELECT * FROM devices WHERE nonsense = 1",
	    "line 1, column 29: nonsense is no property of a device: expected "
	    "deviceId, tags.…, properties.desired.…, properties.reported.… or "
	    "a field of the twin" },
	{ "SELECT * FROM devices WHERE etag = 'x'",
	    "line 1, column 29: etag is not supported in queries" },
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
	assert_non_null(strstr(err.text, "8192 bytes"));
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
		{ "SELECT * FROM devices WHERE tags.floor >= 1", 1, "d1|d2" },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_condition_selects_these_devices),
		cmocka_unit_test(test_a_projection_gives_this_array),
		cmocka_unit_test(
		    test_a_section_is_selected_as_a_service_sees_it),
		cmocka_unit_test(test_what_is_refused_is_named_with_its_place),
		cmocka_unit_test(test_deep_and_long_conditions_are_refused),
		cmocka_unit_test(test_pages_meet_and_the_last_has_no_token),
		cmocka_unit_test(test_a_token_cannot_be_forged_or_moved),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
