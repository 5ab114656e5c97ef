#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/deck/form.h"
#include "tests/support/test.h"

static const char *const sections[] = {
	"{}",
	"{\"building\":43,\"floor\":3}",
	"{\"a\":{\"b\":{\"c\":[1,{\"d\":null}]}},\"e\":\"x = \\\"y\\\"\"}",
	"{\"empty\":{},\"none\":[],\"t\":true,\"f\":1.5,\"s\":\"\"}",
	("{\"with.dot\":1,\"with space\":{\"q\\\"uote\":2},\"\":3,\"č\":4,"
	 "\"#x\":5,\"a=b\":6,\"back\\\\slash\":7}"),
};

static void
test_what_is_written_reads_back_the_same(void **state)
{
	cJSON *was, *is;
	struct err err;
	size_t i, line;
	char *text;

	(void)state;
	for (i = 0; i < N_ROWS(sections); i++) {
		was = cJSON_Parse(sections[i]);
		text = form_format(was);
		is = form_parse(text, &line, &err);
		if (is == NULL)
			fail_msg("%s: %s", text, err.text);
		if (!json_equal(was, is))
			fail_msg("%s", text);
		free(text);
		cJSON_Delete(was);
		cJSON_Delete(is);
	}
}

static void
test_a_form_is_one_line_a_leaf_without_metadata(void **state)
{
	cJSON *json = cJSON_Parse("{\"b\":{\"x\":1,\"y.z\":\"t\"},\"a\":[1,2],"
	    "\"$metadata\":{\"b\":1},\"$version\":4}");
	char *text = form_format(json);

	(void)state;
	assert_string_equal("b.x = 1\nb.\"y.z\" = \"t\"\na = [1,2]", text);
	free(text);
	cJSON_Delete(json);
}

static const struct fault {
	const char *text;
	size_t line;
	const char *words;
} faults[] = {
	{ "building = brno", 0, "line 1, column 12: expected a JSON value; "
	    "text needs double quotes" },
	{ "# so\n\na = 1\nb = {\"x\":}", 3,
	    "line 4, column 10: expected a JSON value" },
	{ "a = 1\na = 2", 1, "line 2: \"a\" stands twice" },
	{ "a = 1\na.b = 2", 1, "line 2: \"a\" has a value already, so nothing "
	    "can stand below it" },
	{ "a.b = 2\na = 1", 1, "line 2: \"a\" stands twice" },
	{ "building", 0, "line 1, column 9: expected '=' and a JSON value" },
	{ "= 3", 0, "line 1, column 1: expected a name" },
	{ "a..b = 3", 0, "line 1, column 3: expected a name" },
	{ "\"a = 3", 0, "line 1, column 1: the quote is not closed" },
	{ "\"\\x\" = 3", 0, "line 1, column 1: this is no JSON string" },
	{ "čau = 1 2", 0,
	    "line 1, column 9: expected nothing more after the value" },
	{ "a =", 0, "line 1, column 4: expected a JSON value" },
	{ "a = {\"b\":1,\"b\":2}", 0,
	    "line 1, column 5: key \"b\" stands twice" },
	{ "a b = 3", 0, "line 1, column 3: expected '=' and a JSON value" },
};

static void
test_a_fault_names_line_and_column(void **state)
{
	struct err err;
	size_t i, line;

	(void)state;
	for (i = 0; i < N_ROWS(faults); i++) {
		assert_null(form_parse(faults[i].text, &line, &err));
		assert_string_equal(faults[i].words, err.text);
		assert_int_equal(faults[i].line, line);
	}
}

static void
test_a_form_of_too_many_lines_is_refused(void **state)
{
	struct strbuf text = { 0 };
	struct err err;
	size_t line, i;

	(void)state;
	for (i = 0; i < FORM_LINES_MAX; i++)
		strbuf_puts(&text, "\n");
	assert_null(form_parse(text.data, &line, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	strbuf_fini(&text);
}

static const struct {
	const char *from, *to, *patch;
} patches[] = {
	{ "{\"a\":1}", "{\"a\":1}", "{}" },
	{ "{\"a\":1,\"b\":2}", "{\"a\":3}", "{\"b\":null,\"a\":3}" },
	{ "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":1}}",
	    "{\"a\":{\"y\":null}}" },
	{ "{\"a\":1}", "{\"a\":{\"x\":1}}", "{\"a\":{\"x\":1}}" },
	{ "{\"a\":{\"x\":1}}", "{\"a\":[]}", "{\"a\":[]}" },
	{ "{\"a\":1}", "{\"a\":null}", "{\"a\":null}" },
	{ "{}", "{\"a\":null}", "{}" },
	{ "{\"$version\":4,\"$metadata\":{},\"a\":1}", "{\"a\":1}", "{}" },
};

static void
test_the_patch_turns_what_was_into_what_was_typed(void **state)
{
	cJSON *from, *to, *patch;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(patches); i++) {
		from = cJSON_Parse(patches[i].from);
		to = cJSON_Parse(patches[i].to);
		patch = form_patch(from, to);
		text = json_print(patch);
		assert_string_equal(patches[i].patch, text);
		free(text);
		cJSON_Delete(from);
		cJSON_Delete(to);
		cJSON_Delete(patch);
	}
}

static void
put_change(enum form_change change, const char *path, const char *was,
    const char *is, void *arg)
{
	strbuf_printf(arg, "%c %s %s %s;", "+-~"[change], path,
	    was != NULL ? was : "", is != NULL ? is : "");
}

static void
test_the_difference_walks_the_leaves(void **state)
{
	cJSON *from = cJSON_Parse(
	    "{\"a\":1,\"b\":{\"c\":2,\"d\":3},\"same\":{\"x\":1}}");
	cJSON *to = cJSON_Parse(
	    "{\"b\":{\"c\":\"t\",\"d\":3},\"n\":{\"m\":5},\"same\":{\"x\":1}}");
	struct strbuf out = { 0 };

	(void)state;
	form_diff(from, to, put_change, &out);
	assert_string_equal(
	    "- a 1 ;~ b.c 2 \"t\";+ n.m  5;", strbuf_str(&out));
	strbuf_fini(&out);
	cJSON_Delete(from);
	cJSON_Delete(to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_reads_back_the_same),
		cmocka_unit_test(test_a_form_is_one_line_a_leaf_without_metadata),
		cmocka_unit_test(test_a_fault_names_line_and_column),
		cmocka_unit_test(test_a_form_of_too_many_lines_is_refused),
		cmocka_unit_test(
		    test_the_patch_turns_what_was_into_what_was_typed),
		cmocka_unit_test(test_the_difference_walks_the_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
