#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/json_text.h"
#include "core/base/str.h"
#include "tests/support/test.h"

static const struct {
	const char *json, *text;
} pretty[] = {
	{ "{}", "{}" },
	{ "{\"a\":1,\"b\":{\"c\":[1,[2]],\"d\":{}}}",
	    "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [1,[2]],\n"
	    "    \"d\": {}\n  }\n}" },
	{ "[{\"a\":0.1},2]", "[\n  {\n    \"a\": 0.1\n  },\n  2\n]" },
};

static void
test_a_member_stands_on_a_line_of_its_own(void **state)
{
	struct strbuf out = { 0 };
	cJSON *json;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(pretty); i++) {
		json = cJSON_Parse(pretty[i].json);
		strbuf_reset(&out);
		json_put_pretty(&out, json);
		assert_string_equal(pretty[i].text, strbuf_str(&out));
		cJSON_Delete(json);
	}
	strbuf_fini(&out);
}

static void
test_what_cannot_be_seen_is_written_out(void **state)
{
	static const char text[] =
	    "{\"\\u202ea\":\"č\\u009b\\u007f\\u200b\\udb40\\udc01\\n\"}";
	cJSON *json = json_parse(text, strlen(text), NULL), *again;
	struct strbuf out = { 0 };

	(void)state;
	json_put_pretty(&out, json);
	assert_string_equal("{\n  \"\\u202ea\": \"č\\u009b\\u007f\\u200b"
			    "\\udb40\\udc01\\n\"\n}",
	    strbuf_str(&out));
	again = json_parse(strbuf_str(&out), out.len, NULL);
	assert_true(json_equal(json, again));
	cJSON_Delete(json);
	cJSON_Delete(again);
	strbuf_fini(&out);
}

static void
test_a_value_is_found_by_its_key(void **state)
{
	static const char text[] =
	    "{ \"č\\\"}\": [1, {\"x\": \"a:b\"}],\n"
	    "  \"c\": {\"d\": true,\n\t\"e\"\n: {}}}";
	static const struct {
		const char *path;
		size_t line, column;
	} places[] = { { "", 1, 1 }, { "c", 2, 3 }, { "c.d", 2, 9 },
		{ "c.e", 3, 2 } };
	struct err err;
	cJSON *root = json_parse(text, strlen(text), &err), *other;
	const cJSON *item;
	size_t i, line, column;

	(void)state;
	if (root == NULL)
		fail_msg("%s", err.text);
	for (i = 0; i < N_ROWS(places); i++) {
		item = json_path(root, places[i].path);
		assert_true(json_locate(
		    text, strlen(text), root, item, &line, &column));
		assert_int_equal(places[i].line, line);
		assert_int_equal(places[i].column, column);
	}
	item = cJSON_GetArrayItem(root->child, 1)->child;
	assert_true(
	    json_locate(text, strlen(text), root, item, &line, &column));
	assert_int_equal(1, line);
	assert_int_equal(16, column);
	other = cJSON_CreateNull();
	assert_false(
	    json_locate(text, strlen(text), root, other, &line, &column));
	cJSON_Delete(other);
	cJSON_Delete(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_member_stands_on_a_line_of_its_own),
		cmocka_unit_test(test_what_cannot_be_seen_is_written_out),
		cmocka_unit_test(test_a_value_is_found_by_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
