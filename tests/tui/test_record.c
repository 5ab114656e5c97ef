/*
 * What a user does, written down: as a tour that can be read again, without
 * secrets, and never over another file.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "tests/support/test.h"
#include "tui/key.h"
#include "tui/record.h"
#include "tui/tour_script.h"

#define FILE_MAX ((size_t)65536)

static char dir[64], path[96];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/twindeck-record-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/a.tour", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static struct record *
begun(void)
{
	struct err err = { 0 };
	struct record *record = record_new(path, &err);

	if (record == NULL)
		fail_msg("%s", err.text);
	return record;
}

static void
type(struct record *record, const char *ascii)
{
	for (; *ascii != '\0'; ascii++)
		record_key(record, *ascii, true, NULL);
}

/* The whole file; the caller's. */
static char *
written(void)
{
	struct err err = { 0 };
	char *text = paths_read_file(path, FILE_MAX, NULL, &err);

	if (text == NULL)
		fail_msg("%s", err.text);
	return text;
}

static void
assert_written(const char *part)
{
	char *text = written();

	if (strstr(text, part) == NULL)
		fail_msg("lacks \"%s\": %s", part, text);
	free(text);
}

static void
test_a_step_has_its_keys_and_what_came_of_them(void **state)
{
	static const char help[] = "Do it.", other[] = "Do more.";
	struct record *r = begun();
	struct tour_script *script;
	struct err err = { 0 };

	(void)state;
	record_key(r, 'f', false, help);
	record_said(r, "said before", true);
	record_opened(r, "What?");
	type(r, " a b ");
	record_key(r, KEYS_ENTER, false, NULL);
	record_said(r, "job 7: x on door-001, +20s (200)", true);
	record_said(r, "job 7: x ended in 3 s: 1 done", false);
	record_said(r, "job 7: something else", false);
	record_key(r, 'j', false, other);
	record_key(r, 'j', false, other);
	record_free(r);
	assert_written("\nsay Do it.\n"
		       "key f\n"
		       "wait 10s /What\\?/\n"
		       "key <Space>\n"
		       "type a b\n"
		       "key <Space>\n"
		       "key <Enter>\n"
		       "wait 10s /job [0-9]+: x on door-001, \\+[0-9]+s "
		       "\\([0-9]+\\)/\n"
		       "wait 10m /job [0-9]+: x ended/\n"
		       "\n"
		       "say Do more.\n"
		       "key j j\n");
	script = tour_script_read(path, &err);
	assert_non_null(script);
	assert_int_equal(2, tour_script_steps(script));
	tour_script_free(script);
}

static void
test_a_secret_is_left_out_with_its_step(void **state)
{
	static const char help[] = "Do it.";
	struct record *r = begun();
	char *text;

	(void)state;
	record_key(r, ':', false, help);
	type(r, "call x {\"Password\":\"hunter2\"}");
	record_look(r, "call x {\"Password\":\"hunter2\"}");
	record_key(r, KEYS_ENTER, false, NULL);
	record_key(r, 'j', false, help);
	record_free(r);
	assert_written("# left out: what was typed here may be a secret\n");
	assert_written("key j\n");
	text = written();
	assert_null(strstr(text, "hunter2"));
	free(text);
}

static void
test_what_is_still_being_typed_is_not_written(void **state)
{
	static const char help[] = "Do it.";
	struct record *r = begun();
	char *text;

	(void)state;
	record_key(r, ':', false, help);
	type(r, "record off");
	record_free(r);
	text = written();
	assert_null(strstr(text, "record off"));
	free(text);
}

static void
test_a_file_that_is_there_is_left_alone(void **state)
{
	struct err err = { 0 };
	struct stat st;
	char *before, *after;

	(void)state;
	record_free(begun());
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(0600, st.st_mode & 07777);
	before = written();
	assert_null(record_new(path, &err));
	assert_int_equal(ERR_EXISTS, err.code);
	after = written();
	assert_string_equal(before, after);
	free(before);
	free(after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_step_has_its_keys_and_what_came_of_them, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_secret_is_left_out_with_its_step, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_what_is_still_being_typed_is_not_written, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_file_that_is_there_is_left_alone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
