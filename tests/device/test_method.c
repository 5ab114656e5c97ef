#include "config.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/device/method.h"
#include "tests/support/test.h"

static void
reads_as(const char *payload, const char *expected)
{
	cJSON *json = device_method_read(payload, strlen(payload), NULL);
	char *text;

	assert_non_null(json);
	text = json_print(json);
	assert_string_equal(expected, text);
	cJSON_free(text);
	cJSON_Delete(json);
}

static void
refused_with(const char *payload, const char *words)
{
	struct err err = { 0 };

	assert_null(device_method_read(payload, strlen(payload), &err));
	assert_string_equal(words, err.text);
}

static void
test_an_object_and_a_string_that_holds_one_are_the_same(void **state)
{
	(void)state;
	reads_as("{\"fwPackageUri\":\"u\"}", "{\"fwPackageUri\":\"u\"}");
	reads_as(
	    "\"{\\\"fwPackageUri\\\":\\\"u\\\"}\"", "{\"fwPackageUri\":\"u\"}");
}

static void
test_null_and_nothing_are_an_empty_request(void **state)
{
	(void)state;
	reads_as("null", "{}");
	reads_as("", "{}");
	reads_as(" \n", "{}");
	reads_as("\"null\"", "{}");
	reads_as("\"\"", "{}");
}

static void
test_what_cannot_be_read_says_why(void **state)
{
	(void)state;
	refused_with("{\"a\":",
	    "the payload is no JSON: line 1, column 6: "
	    "expected a JSON value");
	refused_with("\"test.com\"",
	    "the payload is a string that holds no JSON: line 1, column 1: "
	    "expected a JSON value");
	refused_with("7", "the payload must be a JSON object");
	refused_with("[]", "the payload must be a JSON object");
	refused_with("\"7\"", "the payload must be a JSON object");
}

static void
test_answers_are_json(void **state)
{
	char *text = device_method_format_response("ok");

	(void)state;
	assert_string_equal("{\"Response\":\"ok\"}", text);
	cJSON_free(text);
	text = device_method_format_error("a \"b\"");
	assert_string_equal("{\"error\":\"a \\\"b\\\"\"}", text);
	cJSON_free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_an_object_and_a_string_that_holds_one_are_the_same),
		cmocka_unit_test(test_null_and_nothing_are_an_empty_request),
		cmocka_unit_test(test_what_cannot_be_read_says_why),
		cmocka_unit_test(test_answers_are_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
