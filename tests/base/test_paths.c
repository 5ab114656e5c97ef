#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "tests/support/test.h"

static char scratch[64]; /* a folder of this test's own */

static int
make_scratch(void **state)
{
	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/twindeck-paths-XXXXXX");
	return mkdtemp(scratch) == NULL ? -1 : chdir(scratch);
}

static int
remove_scratch(void **state)
{
	(void)state;
	return chdir("/") == 0 && remove(scratch) == 0 ? 0 : -1;
}

static void
is_dir_for(const char *env, const char *value, const char *expected)
{
	struct err err = { 0 };
	char *dir;

	if (value != NULL)
		setenv(env, value, 1);
	else
		unsetenv(env);
	dir = paths_dir(PATHS_STATE, &err);
	if (expected == NULL)
		assert_null(dir);
	else
		assert_string_equal(expected, dir);
	free(dir);
}

static void
test_xdg_names_the_folders_and_home_the_rest(void **state)
{
	struct err err = { 0 };

	(void)state;
	setenv("HOME", "/home/u", 1);
	is_dir_for("XDG_STATE_HOME", "/x", "/x/twindeck");
	is_dir_for(
	    "XDG_STATE_HOME", "not/absolute", "/home/u/.local/state/twindeck");
	is_dir_for("XDG_STATE_HOME", NULL, "/home/u/.local/state/twindeck");
	unsetenv("HOME");
	is_dir_for("XDG_STATE_HOME", NULL, NULL);
	assert_null(paths_dir(PATHS_STATE, &err));
	assert_string_equal("neither XDG_STATE_HOME nor HOME is set", err.text);
}

static void
test_folders_are_made_private(void **state)
{
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(0, paths_make_dir("a/b//c/", &err));
	assert_int_equal(0, paths_make_dir("a/b/c", &err));
	assert_int_equal(0, stat("a/b/c", &st));
	assert_int_equal(S_IFDIR | 0700, st.st_mode);
	assert_int_equal(0, stat("a", &st));
	assert_int_equal(0700, st.st_mode & 0777);
	assert_int_equal(-1, paths_make_dir("", &err));
	assert_int_equal(0, paths_write_file("a/file", "x", 1, 0600, &err));
	assert_int_equal(-1, paths_make_dir("a/file/d", &err));
	assert_int_equal(ERR_IO, err.code);
	assert_int_equal(-1, paths_make_dir("a/file", &err));
	assert_string_equal(
	    "cannot make the folder a/file: Not a directory", err.text);
	unlink("a/file");
	rmdir("a/b/c");
	rmdir("a/b");
	rmdir("a");
}

static void
test_a_folder_that_cannot_be_made_says_why_not(void **state)
{
	struct err err = { 0 };
	bool is_root = geteuid() == 0;

	(void)state;
	assert_int_equal(0, mkdir("ro", 0555));
	assert_int_equal(0, chmod(".", 0755));
	if (is_root) /* whom no mode holds up */
		assert_int_equal(0, seteuid(65534));
	assert_int_equal(-1, paths_make_dir("ro/no/such", &err));
	if (is_root)
		assert_int_equal(0, seteuid(0));
	/* And not that "ro/no" is missing then. */
	assert_string_equal(
	    "cannot make the folder ro/no/such: Permission denied", err.text);
	rmdir("ro");
}

static void
test_a_file_is_replaced_in_one_piece(void **state)
{
	char *tmp = xasprintf("f.%ld.tmp", (long)getpid());
	struct err err = { 0 };
	struct stat st;
	size_t len;
	char *text;
	int fd;

	(void)state;
	/* Left by a crash, with a mode that must not be kept. */
	fd = open(tmp, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_not_equal(-1, fd);
	close(fd);
	assert_int_equal(0, paths_write_file("f", "one", 3, 0600, &err));
	assert_int_equal(0, paths_write_file("f", "se\0cond", 7, 0600, &err));
	assert_int_equal(0, stat("f", &st));
	assert_int_equal(0600, st.st_mode & 0777);
	assert_int_equal(-1, access(tmp, F_OK));
	text = paths_read_file("f", 7, &len, &err);
	assert_non_null(text);
	assert_int_equal(7, len);
	assert_memory_equal("se\0cond", text, 8);
	free(text);
	assert_int_equal(-1, paths_write_file("no/f", "x", 1, 0600, &err));
	assert_int_equal(ERR_IO, err.code);
	unlink("f");
	free(tmp);
}

static void
test_what_a_killed_process_left_is_swept(void **state)
{
	static const char *const others[] = { "s.x.tmp", "s.1.tmp", "s.tmp",
		"ss.999999999.tmp", "s.999999999.tmp.old" };
	struct err err = { 0 };
	pid_t pid = fork();
	size_t i;
	char *left;

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(pid, waitpid(pid, NULL, 0));
	left = xasprintf("s.%ld.tmp", (long)pid);
	close(open(left, O_WRONLY | O_CREAT, 0600));
	for (i = 0; i < N_ROWS(others); i++)
		close(open(others[i], O_WRONLY | O_CREAT, 0600));
	assert_int_equal(0, paths_write_file("s", "one", 3, 0600, &err));
	assert_int_equal(-1, access(left, F_OK));
	for (i = 0; i < N_ROWS(others); i++)
		assert_int_equal(0, unlink(others[i]));
	assert_int_equal(0, unlink("s"));
	free(left);
}

static void
test_a_file_is_read_up_to_the_limit(void **state)
{
	struct err err = { 0 };
	char big[10000];
	size_t len;
	char *text;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(
	    0, paths_write_file("big", big, sizeof(big), 0600, &err));
	text = paths_read_file("big", sizeof(big), &len, &err);
	assert_non_null(text);
	assert_int_equal(sizeof(big), len);
	free(text);
	assert_null(paths_read_file("big", sizeof(big) - 1, &len, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	assert_string_equal("big is over 9999 bytes", err.text);
	assert_null(paths_read_file("nope", 1, &len, &err));
	assert_int_equal(ERR_NOT_FOUND, err.code);
	assert_null(paths_read_file(".", 1, &len, &err));
	assert_int_equal(ERR_IO, err.code);
	unlink("big");
}

static void
test_any_text_becomes_a_name_that_nobody_takes_amiss(void **state)
{
	static const struct {
		const char *text, *name;
	} rows[] = {
		{ "my-hub.azure-devices.net", "my-hub.azure-devices.net" },
		{ "127.0.0.1:8443", "127.0.0.1_8443" },
		{ "../../etc/passwd", "_._.._etc_passwd" },
		{ "-rf $(x) \x1b", "_rf___x___" },
		{ ".", "_" },
	};
	char big[300], *name;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		name = paths_plain_name(rows[i].text);
		assert_string_equal(rows[i].name, name);
		free(name);
	}
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	name = paths_plain_name(big);
	assert_int_equal(PATHS_NAME_MAX, strlen(name));
	free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xdg_names_the_folders_and_home_the_rest),
		cmocka_unit_test(test_folders_are_made_private),
		cmocka_unit_test(
		    test_a_folder_that_cannot_be_made_says_why_not),
		cmocka_unit_test(test_a_file_is_replaced_in_one_piece),
		cmocka_unit_test(test_a_file_is_read_up_to_the_limit),
		cmocka_unit_test(test_what_a_killed_process_left_is_swept),
		cmocka_unit_test(
		    test_any_text_becomes_a_name_that_nobody_takes_amiss),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
