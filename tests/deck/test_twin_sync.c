#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/deck/evidence.h"
#include "core/deck/twin_path.h"
#include "core/deck/twin_sync.h"
#include "tests/support/test.h"

#define EARLY "{\"$lastUpdated\":\"2026-11-22T02:00:00.1234560Z\"}"
#define LATE "{\"$lastUpdated\":\"2026-11-22T02:00:09Z\"}"

static cJSON *
parse(const char *text)
{
	cJSON *json = json_parse(text, strlen(text), NULL);

	assert_non_null(json);
	return json;
}

static void
write_leaf(const struct twin_sync_leaf *leaf, void *arg)
{
	strbuf_printf(arg, "%s: %s\n", leaf->path, twin_sync_name(leaf->sync));
}

static void
assert_walk(const char *expected, const char *text)
{
	struct strbuf out = { 0 };
	cJSON *twin = parse(text);

	twin_sync_walk(twin, write_leaf, &out);
	assert_string_equal(expected, strbuf_str(&out));
	strbuf_fini(&out);
	cJSON_Delete(twin);
}

static void
test_a_leaf_is_in_sync_pending_or_diverged(void **state)
{
	(void)state;
	assert_walk("properties.desired.same: in sync\n"
		    "properties.desired.asked: pending\n"
		    "properties.desired.refused: diverged\n"
		    "properties.desired.missing: pending\n"
		    "properties.desired.door.state: diverged\n",
	    "{\"properties\":{\"desired\":{\"same\":1,\"asked\":2,"
	    "\"refused\":3,\"missing\":4,\"door\":{\"state\":\"open\"},"
	    "\"$metadata\":{\"same\":" LATE ",\"asked\":" LATE
	    ",\"refused\":" EARLY ",\"missing\":" EARLY
	    ",\"door\":{\"state\":" EARLY "}},\"$version\":3},"
	    "\"reported\":{\"same\":1,\"asked\":1,\"refused\":1,\"more\":9,"
	    "\"door\":{\"state\":\"shut\"},"
	    "\"$metadata\":{\"same\":" EARLY ",\"asked\":" EARLY
	    ",\"refused\":" LATE ",\"more\":" LATE ",\"door\":{\"state\":" LATE
	    "}}}}}");
}

static void
test_a_different_value_of_an_unknown_time_is_pending(void **state)
{
	(void)state;
	assert_walk("properties.desired.a: pending\n"
		    "properties.desired.b: pending\n",
	    "{\"properties\":{\"desired\":{\"a\":1,\"b\":1,"
	    "\"$metadata\":{\"a\":" EARLY "}},"
	    "\"reported\":{\"a\":2,\"b\":2,\"$metadata\":{\"b\":" LATE "}}}}");
}

static void
test_what_differs_is_what_the_list_shows_as_drift(void **state)
{
	static const char text[] =
	    "{\"properties\":{\"desired\":{\"a\":1,\"b\":{\"c\":2,\"d\":3},"
	    "\"list\":[1,2],\"empty\":{},\"e\":{\"f\":1}},"
	    "\"reported\":{\"a\":1,\"b\":{\"c\":5},\"list\":[1],\"e\":7,"
	    "\"only\":{\"x\":1,\"y\":[2]}}}}";
	cJSON *twin = parse(text);
	struct evidence evidence;
	struct strbuf out = { 0 };
	size_t n = 0;
	const char *p;

	(void)state;
	evidence_read(twin, &evidence);
	twin_sync_walk(twin, write_leaf, &out);
	for (p = strbuf_str(&out); (p = strchr(p, '\n')) != NULL; p++)
		n += p[-1] != 'c'; /* "in sync" */
	assert_int_equal(4, n);
	assert_int_equal(evidence.drift, n);
	assert_int_equal(2, twin_sync_only_reported(twin));
	strbuf_fini(&out);
	cJSON_Delete(twin);
}

static void
test_nothing_desired_has_no_leaves(void **state)
{
	(void)state;
	assert_walk("", "{}");
	assert_walk("", "{\"properties\":{\"desired\":{\"$version\":1}}}");
	assert_walk("", "{\"properties\":7}");
}

static void
test_a_path_leads_back_to_what_it_was_written_for(void **state)
{
	static const char text[] =
	    "{\"tags\":{\"a.b\":{\"c\":1}},\"x\":{\"\":2,\"q\\\"\\\\\":3,"
	    "\"list\":[4,{\"k [0]\":5}],\"\xc4\x8d\":6}}";
	static const struct {
		const char *path, *value;
	} cases[] = {
		{ "tags.\"a.b\".c", "1" },
		{ "x.\"\"", "2" },
		{ "x.\"q\\\"\\\\\"", "3" },
		{ "x.list[0]", "4" },
		{ "x.list[1].\"k [0]\"", "5" },
		{ "x.\xc4\x8d", "6" },
		{ "tags.a", NULL },
		{ "tags.a.b.c", NULL },
		{ "x.list[2]", NULL },
		{ "x.list[", NULL },
		{ "x.list[99999999999999999999]", NULL },
		{ "x.\"never closed", NULL },
		{ "x.\"\\", NULL },
		{ "x..list", NULL },
		{ "x.list[0]4", NULL },
	};
	cJSON *twin = parse(text);
	const cJSON *item;
	char *value;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		item = twin_path_get(twin, cases[i].path);
		if (cases[i].value == NULL) {
			assert_null(item);
			continue;
		}
		assert_non_null(item);
		value = json_print(item);
		assert_string_equal(cases[i].value, value);
		free(value);
	}
	cJSON_Delete(twin);
}

static void
test_a_key_is_quoted_only_where_it_must_be(void **state)
{
	struct strbuf path = { 0 };

	(void)state;
	twin_path_put_key(&path, "properties");
	twin_path_put_key(&path, "$metadata");
	twin_path_put_key(&path, "a.b");
	twin_path_put_index(&path, 3);
	twin_path_put_key(&path, "d\xc3\xb3r");
	assert_string_equal(
	    "properties.$metadata.\"a.b\"[3].d\xc3\xb3r", strbuf_str(&path));
	strbuf_fini(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_leaf_is_in_sync_pending_or_diverged),
		cmocka_unit_test(
		    test_a_different_value_of_an_unknown_time_is_pending),
		cmocka_unit_test(
		    test_what_differs_is_what_the_list_shows_as_drift),
		cmocka_unit_test(test_nothing_desired_has_no_leaves),
		cmocka_unit_test(
		    test_a_path_leads_back_to_what_it_was_written_for),
		cmocka_unit_test(test_a_key_is_quoted_only_where_it_must_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
