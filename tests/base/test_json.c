#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"

static void
refused_with(const char *text, const char *words)
{
	struct err err = { 0 };

	assert_null(json_parse(text, strlen(text), &err));
	assert_string_equal(words, err.text);
}

static void
test_a_fault_names_line_and_column(void **state)
{
	(void)state;
	refused_with("{\"a\":1,}",
	    "line 1, column 8: expected a string in double quotes");
	refused_with("{\"č\": 01}", "line 1, column 8: expected ',' or '}'");
	refused_with("{\n\"a\" 1}", "line 2, column 5: expected ':'");
	refused_with("", "line 1, column 1: expected a JSON value");
	refused_with("1 2", "line 1, column 3: expected nothing more after the value");
	refused_with("nul", "line 1, column 1: expected a JSON value");
	refused_with("\"\x01\"", "line 1, column 2: expected no control character");
}

static void
test_a_key_that_stands_twice_is_refused(void **state)
{
	(void)state;
	refused_with("{\"a\":{\"b\":1,\"b\":2}}", "key \"b\" stands twice");
	/* Large objects are looked at in another way than small ones. */
	refused_with("{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,"
		     "\"h\":0,\"i\":0,\"j\":0,\"a\":0}",
	    "key \"a\" stands twice");
}

static void
test_what_cannot_be_kept_is_refused(void **state)
{
	char deep[2 * (JSON_DEPTH_MAX + 1) + 1], digits[70];
	struct err err = { 0 };
	cJSON *json;
	size_t i;

	(void)state;
	refused_with("{\"a\":[1,1e999]}", "a number is too large");
	refused_with("-1e999", "a number is too large");
	refused_with("\"\\ud800\"", "an escape is half a character");
	refused_with("\"\\u0000\"", "line 1, column 4: expected no \\u0000");
	refused_with("\"\xff\"", "line 1, column 2: expected valid UTF-8");
	memset(digits, '7', sizeof(digits));
	digits[64] = '\0';
	refused_with(digits, "line 1, column 1: expected a number of at most "
			     "63 characters");
	digits[63] = '\0';
	json = json_parse(digits, 63, &err);
	assert_non_null(json);
	cJSON_Delete(json);

	for (i = 0; i <= JSON_DEPTH_MAX; i++) {
		deep[i] = '[';
		deep[sizeof(deep) - 2 - i] = ']';
	}
	deep[sizeof(deep) - 1] = '\0';
	assert_null(json_parse(deep, strlen(deep), &err));
	assert_int_equal(ERR_LIMIT, err.code);
	json = json_parse(deep + 1, strlen(deep) - 2, &err);
	assert_non_null(json);
	cJSON_Delete(json);
}

static void
test_members_are_found_by_name_case_and_path(void **state)
{
	const char *text = "{\"A\":{\"b\":{\"c\":\"deep\"}},\"a\":1,\"n\":null}";
	const char *same = " {\"n\":null, \"a\":1.0,\"A\":{\"b\":{\"c\":\"deep\"}}}";
	struct err err = { 0 };
	cJSON *json = json_parse(text, strlen(text), &err);
	cJSON *other = json_parse(same, strlen(same), &err);

	(void)state;
	assert_int_equal(1, json_get(json, "a")->valueint);
	assert_true(cJSON_IsObject(json_get_nocase(json, "A")));
	assert_null(json_get(json, "B"));
	assert_null(json_get(NULL, "a"));
	assert_string_equal("deep", json_path(json, "A.b.c")->valuestring);
	assert_null(json_path(json, "A.b.c.d"));
	assert_null(json_path(json, "A..c"));
	assert_null(json_path(NULL, "A"));
	assert_null(json_get_string(json, "a"));
	assert_true(json_equal(json, other));
	assert_false(json_equal(json, json_get(other, "A")));
	cJSON_Delete(json);
	cJSON_Delete(other);
}

static void
merges_to(const char *target, const char *patch, const char *expected)
{
	cJSON *t = cJSON_Parse(target), *p = cJSON_Parse(patch);
	char *text;

	json_merge(t, p);
	text = json_print(t);
	assert_string_equal(expected, text);
	cJSON_free(text);
	cJSON_Delete(t);
	cJSON_Delete(p);
}

/* The example of RFC 7386, and IoT Hub's own points. */
static void
test_merge_follows_rfc_7386(void **state)
{
	(void)state;
	merges_to("{\"a\":\"b\",\"c\":{\"d\":\"e\",\"f\":\"g\"}}",
	    "{\"a\":\"z\",\"c\":{\"f\":null}}",
	    "{\"a\":\"z\",\"c\":{\"d\":\"e\"}}");
	merges_to("{}", "{\"a\":{\"bb\":{\"ccc\":null}}}",
	    "{\"a\":{\"bb\":{}}}");
	merges_to("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":null}}", "{\"a\":{}}");
	merges_to("{\"a\":1}", "{\"a\":{}}", "{\"a\":{}}");
	merges_to("{\"a\":{\"b\":1}}", "{\"a\":{}}", "{\"a\":{\"b\":1}}");
	merges_to("{\"a\":[1]}", "{\"a\":[2,3],\"x\":null}", "{\"a\":[2,3]}");
}

static void
test_a_raw_member_keeps_its_bytes(void **state)
{
	const char *text =
	    " { \"methodName\" : \"m\", \"payload\" : { \"n\" : 1.50 , "
	    "\"s\":\"}\\\"\" } , \"z\":1 }";
	const char *start;
	size_t n;

	(void)state;
	assert_true(json_raw_member(text, strlen(text), "payload", &start, &n));
	assert_int_equal(n, strlen("{ \"n\" : 1.50 , \"s\":\"}\\\"\" }"));
	assert_memory_equal(start, "{ \"n\" : 1.50 , \"s\":\"}\\\"\" }", n);
	assert_false(json_raw_member(text, strlen(text), "nope", &start, &n));
}

static void
test_a_number_too_large_for_an_integer_is_none(void **state)
{
	static const char text[] =
	    "{\"a\":7.9,\"b\":1e300,\"c\":-1e300,\"d\":\"7\"}";
	cJSON *json = json_parse(text, strlen(text), NULL);

	(void)state;
	assert_int_equal(7, json_get_int(json, "a", -1));
	assert_int_equal(-1, json_get_int(json, "b", -1));
	assert_int_equal(-1, json_get_int(json, "c", -1));
	assert_int_equal(-1, json_get_int(json, "d", -1));
	assert_int_equal(-1, json_get_int(json, "e", -1));
	assert_int_equal(-1, json_get_int(NULL, "a", -1));
	cJSON_Delete(json);
}

static void
test_a_string_is_escaped(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	json_put_string(&sb, "a\"b\\c\n\x01\xc4\x8d");
	json_put_string(&sb, "");
	json_put_string(&sb, NULL);
	assert_string_equal(
	    "\"a\\\"b\\\\c\\n\\u0001\xc4\x8d\"\"\"null", strbuf_str(&sb));
	strbuf_fini(&sb);
}

static void
test_what_was_read_is_printed_again(void **state)
{
	static const char *const texts[] = {
		"{\"a\":[1,-2.5,{}],\"b\":{\"c\":null,\"d\":[]}}",
		"[true,false,\"\\b\\f\\n\\r\\t\\\"\\\\/\\u001b\"]",
		"[0,-0,0.1,0.30000000000000004,1e+300,4503599627370495]",
		"[123456789012345,-999999999999999,1.5e-07]",
		"{\"\\u0001\":\"č\"}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cJSON *json = json_parse(texts[i], strlen(texts[i]), NULL);
		char *text = json_print(json);

		assert_string_equal(texts[i], text);
		cJSON_free(text);
		cJSON_Delete(json);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fault_names_line_and_column),
		cmocka_unit_test(test_a_key_that_stands_twice_is_refused),
		cmocka_unit_test(test_what_cannot_be_kept_is_refused),
		cmocka_unit_test(test_members_are_found_by_name_case_and_path),
		cmocka_unit_test(test_merge_follows_rfc_7386),
		cmocka_unit_test(test_a_raw_member_keeps_its_bytes),
		cmocka_unit_test(test_a_number_too_large_for_an_integer_is_none),
		cmocka_unit_test(test_a_string_is_escaped),
		cmocka_unit_test(test_what_was_read_is_printed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
