#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/options.h"
#include "tests/support/test.h"

static const struct option_def table[] = {
	{ .name = "name", .type = OPTION_STRING, .arg = "NAME", .def = "local",
	    .help = "What the hub is called." },
	{ .name = "https-port", .type = OPTION_NUMBER, .arg = "N", .min = 0,
	    .max = 65535, .def = "8443", .help = "Where it listens." },
	{ .name = "timeout", .type = OPTION_NUMBER, .arg = "S", .min = 5,
	    .max = 300, .unit = "seconds", .help = "How long to wait." },
	{ .name = "fault", .type = OPTION_LIST, .arg = "LIST",
	    .help = "What goes wrong." },
	{ .name = "json", .type = OPTION_FLAG, .help = "For machines." },
	{ .name = NULL },
};

#define ARGV(...) \
	(char *const[]){ "twindeck", __VA_ARGS__, NULL }

static struct options *
parse(char *const *argv, struct err *err)
{
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	return options_parse(table, argc, argv, err);
}

static void
test_options_stand_anywhere(void **state)
{
	struct err err = { 0 };
	struct options *o = parse(
	    ARGV("add-device", "--json", "d1", "--https-port=0", "--", "--x"),
	    &err);

	(void)state;
	assert_non_null(o);
	assert_true(options_flag(o, "json"));
	assert_true(options_given(o, "https-port"));
	assert_int_equal(0, options_number(o, "https-port"));
	assert_int_equal(3, options_argc(o));
	assert_string_equal("add-device", options_argv(o, 0));
	assert_string_equal("d1", options_argv(o, 1));
	assert_string_equal("--x", options_argv(o, 2));
	assert_null(options_argv(o, 3));
	options_free(o);
}

static void
test_what_is_not_given_is_the_default(void **state)
{
	struct err err = { 0 };
	struct options *o = parse(ARGV("-"), &err);

	(void)state;
	assert_non_null(o);
	assert_string_equal("local", options_string(o, "name"));
	assert_int_equal(8443, options_number(o, "https-port"));
	assert_false(options_given(o, "https-port"));
	assert_false(options_flag(o, "json"));
	assert_string_equal("-", options_argv(o, 0));
	options_free(o);
}

static void
test_the_last_of_two_counts(void **state)
{
	struct err err = { 0 };
	struct options *o = parse(ARGV("--name", "a", "--name", "-"), &err);

	(void)state;
	assert_non_null(o);
	assert_string_equal("-", options_string(o, "name"));
	options_free(o);
}

static void
test_a_list_that_is_given_again_goes_on(void **state)
{
	struct err err = { 0 };
	struct options *o = parse(ARGV("--fault", "a,b", "--fault=c", "--json",
				      "--fault", "d"),
	    &err);

	(void)state;
	assert_non_null(o);
	assert_string_equal("a,b,c,d", options_string(o, "fault"));
	options_free(o);
	o = parse(ARGV("--json"), &err);
	assert_null(options_string(o, "fault"));
	options_free(o);
}

static void
refused(char *const *argv, const char *words)
{
	struct err err = { 0 };

	assert_null(parse(argv, &err));
	assert_int_equal(ERR_INVALID, err.code);
	assert_string_equal(words, err.text);
}

static void
test_a_fault_names_the_option(void **state)
{
	(void)state;
	refused(ARGV("x", "--nmae", "a"), "unknown option --nmae; see --help");
	refused(ARGV("x", "-j"), "unknown option -j; see --help");
	refused(ARGV("x", "-xyz", "d"), "unknown option -x; see --help");
	refused(ARGV("--name"), "--name needs an argument");
	refused(ARGV("--json=yes"), "--json takes no argument");
	refused(ARGV("--https-port", "65536"), "--https-port takes a whole "
	    "number from 0 to 65535, not \"65536\"");
	refused(ARGV("--timeout", "1m"), "--timeout takes a whole number from 5 "
	    "to 300 seconds, not \"1m\"");
}

static void
test_help_says_argument_and_default(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	(void)state;
	assert_non_null(file);
	options_print_help(file, table);
	fclose(file);
	assert_non_null(strstr(text,
	    "  --name NAME               What the hub is called. "
	    "(default local)\n"));
	assert_non_null(strstr(text, "How long to wait. (seconds)\n"));
	free(text);
}

static void
test_a_row_of_help_keeps_to_80_columns(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	(void)state;
	assert_non_null(file);
	options_print_row(file, "--a-long-option WITH_ARGUMENT",
	    "Seventeen words make a sentence that cannot stand on one line.");
	fclose(file);
	assert_string_equal("  --a-long-option WITH_ARGUMENT\n"
	    "                            Seventeen words make a sentence that "
	    "cannot stand on\n"
	    "                            one line.\n", text);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_stand_anywhere),
		cmocka_unit_test(test_what_is_not_given_is_the_default),
		cmocka_unit_test(test_the_last_of_two_counts),
		cmocka_unit_test(test_a_list_that_is_given_again_goes_on),
		cmocka_unit_test(test_a_fault_names_the_option),
		cmocka_unit_test(test_help_says_argument_and_default),
		cmocka_unit_test(test_a_row_of_help_keeps_to_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
