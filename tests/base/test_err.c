#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "tests/support/test.h"

static void
test_a_leaf_is_one_line(void **state)
{
	struct err err = { 0 }, other = { 0 };

	(void)state;
	assert_int_equal(-1, err_set(&err, ERR_LIMIT, "%d too many", 3));
	assert_int_equal(-1, err_prefix(&err, "%s", "door-007"));
	assert_int_equal(ERR_LIMIT, err.code);
	assert_string_equal("door-007: 3 too many", err.text);
	assert_int_equal(-1, err_copy(&other, &err));
	assert_string_equal(err.text, other.text);
	err_clear(&err);
	assert_int_equal(ERR_NONE, err.code);
	assert_string_equal("", err.text);
	assert_int_equal(-1, err_set(NULL, ERR_LIMIT, "nobody listens"));
	assert_int_equal(-1, err_prefix(NULL, "x"));
}

static void
test_a_long_text_is_cut_between_characters(void **state)
{
	struct strbuf text = { 0 };
	struct err err = { 0 };
	size_t i, pad;

	(void)state;
	for (pad = 0; pad < 4; pad++) {
		strbuf_reset(&text);
		for (i = 0; i < pad; i++)
			strbuf_putc(&text, 'x');
		for (i = 0; i < 300; i++)
			strbuf_puts(&text, "€");
		err_set(&err, ERR_INVALID, "%s", strbuf_str(&text));
		assert_true(utf8_is_valid(err.text, strlen(err.text)));
		assert_true(strlen(err.text) > sizeof(err.text) - 4);
		assert_true(str_starts_with(strbuf_str(&text), err.text));
		err_prefix(&err, "ž");
		assert_true(utf8_is_valid(err.text, strlen(err.text)));
		assert_true(strlen(err.text) > sizeof(err.text) - 5);
	}
	strbuf_fini(&text);
}

static void
test_what_others_said_is_plain_text(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, ERR_REFUSED, "%s", "a\x1b[2J\n\x7f" "\xc2\x9b" "č\xff");
	assert_string_equal("a [2J    č?", err.text);
}

static void
test_a_log_line_has_no_control_characters(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	(void)state;
	assert_non_null(file);
	log_write(LOG_ERROR, "nobody listens");
	log_open(file, LOG_INFO);
	log_debug("less than the least");
	log_warn("%s", "a\x1b[2J\nb č\xff\xc2\x9b");
	log_open(NULL, LOG_INFO);
	log_error("closed again");
	fclose(file);
	assert_string_equal("warning: a\\x1b[2J\\x0ab č\\xff\\u009b\n",
	    strchr(strchr(text, ' ') + 1, ' ') + 1);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_leaf_is_one_line),
		cmocka_unit_test(test_a_long_text_is_cut_between_characters),
		cmocka_unit_test(test_what_others_said_is_plain_text),
		cmocka_unit_test(test_a_log_line_has_no_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
