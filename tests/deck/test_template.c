#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/deck/template.h"
#include "tests/support/test.h"

static void
test_a_method_comes_back_as_it_was_kept(void **state)
{
	const struct job_request r = { .action = JOB_METHOD,
		.method = "lockDoor",
		.payload = "{\"lockTime\": \"10m; # \\u00e9\"}",
		.response_timeout_s = 45,
		.connect_timeout_s = 0,
		.engine = JOB_HUB,
		.at_once = 3 };
	struct err err = { 0 };
	struct template t;
	char *text = template_format(&r, &err);

	(void)state;
	assert_non_null(text);
	assert_null(strchr(text, '\n'));
	assert_int_equal(0, template_parse(text, &t, &err));
	assert_int_equal(JOB_METHOD, t.action);
	assert_string_equal("lockDoor", t.method);
	assert_string_equal("{\"lockTime\":\"10m; # é\"}", t.payload);
	assert_int_equal(45, t.response_timeout_s);
	assert_int_equal(0, t.connect_timeout_s);
	assert_int_equal(3, t.at_once);
	assert_int_equal(JOB_HUB, t.engine);
	template_fini(&t);
	free(text);
}

static void
test_sections_and_null_come_back_too(void **state)
{
	struct job_request r = { .action = JOB_TAGS,
		.patch = "{\"site\":null}" };
	struct err err = { 0 };
	struct template t;
	char *text = template_format(&r, &err);

	(void)state;
	assert_string_equal("{\"tags\":{\"site\":null}}", text);
	assert_int_equal(0, template_parse(text, &t, &err));
	assert_int_equal(JOB_TAGS, t.action);
	assert_string_equal("{\"site\":null}", t.payload);
	template_fini(&t);
	free(text);
	r = (struct job_request){ .action = JOB_METHOD, .method = "reboot" };
	text = template_format(&r, &err);
	assert_non_null(strstr(text, "\"payload\":null"));
	free(text);
	r = (struct job_request){ .action = JOB_DESIRED }; /* an undo */
	assert_null(template_format(&r, &err));
}

static void
test_what_a_user_wrote_wrong_is_said(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "lockDoor", "line 1, column 1" },
		{ "{}", "a template has a method, desired or tags" },
		{ "{\"desired\":{}}", "a template has a method" },
		{ "{\"method\":\"a/b\"}", "method" },
		{ "{\"method\":\"a\",\"answer-in\":2}", "answer-in is from 5" },
		{ "{\"method\":\"a\",\"engine\":\"x\"}", "here or hub" },
		{ "{\"method\":\"a\",\"at-once\":99}", "at-once is from 1 to" },
		{ "{\"method\":\"a\",\"connect-in\":\"x\",\"at-once\":0}",
		    "at-once is from 1 to" },
	};
	struct template t;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		assert_int_equal(-1, template_parse(cases[i].text, &t, &err));
		if (strstr(err.text, cases[i].words) == NULL)
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_null(t.method);
		assert_null(t.payload);
	}
}

static void
test_names_are_words(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(0, template_name_check("night-lock_2.0", &err));
	assert_int_equal(-1, template_name_check("", &err));
	assert_int_equal(-1, template_name_check("a b", &err));
	assert_int_equal(-1, template_name_check("a=b", &err));
	assert_int_equal(-1, template_name_check("\xc3\xa9", &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_method_comes_back_as_it_was_kept),
		cmocka_unit_test(test_sections_and_null_come_back_too),
		cmocka_unit_test(test_what_a_user_wrote_wrong_is_said),
		cmocka_unit_test(test_names_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
