#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/claim.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/test.h"

static char scratch[64]; /* a folder of this test's own */
static char *parent;

static int
make_scratch(void **state)
{
	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/twindeck-claim-XXXXXX");
	if (mkdtemp(scratch) == NULL)
		return -1;
	parent = xasprintf("%s/a/b", scratch);
	return 0;
}

static int
remove_scratch(void **state)
{
	char *above = xasprintf("%s/a", scratch);
	int rc;

	(void)state;
	rmdir(parent);
	rmdir(above);
	rc = rmdir(scratch); /* nothing was left behind */
	free(above);
	free(parent);
	return rc;
}

static void
put_file(const struct claim *claim)
{
	char *path = xasprintf("%s/.file", claim_path(claim));
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_not_equal(-1, fd);
	close(fd);
	free(path);
}

static void
test_a_folder_is_one_process_s_at_a_time(void **state)
{
	struct err err = { 0 };
	struct claim *claim = claim_new(parent, "x-", &err), *again;
	char *path, *start;
	struct stat st;

	(void)state;
	assert_non_null(claim);
	path = xstrdup(claim_path(claim));
	start = xasprintf("%s/x-", parent);
	assert_memory_equal(start, path, strlen(start));
	free(start);
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(S_IFDIR | 0700, st.st_mode);
	put_file(claim);
	assert_null(claim_take(path));
	claim_leave(claim);
	again = claim_take(path);
	assert_non_null(again);
	assert_string_equal(path, claim_path(again));
	claim_remove(again);
	assert_int_equal(-1, stat(path, &st));
	assert_null(claim_take(path));
	free(path);
	claim_leave(NULL);
	claim_remove(NULL);
}

static void
test_who_is_killed_leaves_it_to_the_next(void **state)
{
	struct err err = { 0 };
	struct claim *claim;
	char path[200] = "";
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(0, pipe(ends));
	pid = fork();
	if (pid == 0) {
		claim = claim_new(parent, "", &err);
		if (claim == NULL ||
		    write(ends[1], claim_path(claim),
			strlen(claim_path(claim))) == -1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(read(ends[0], path, sizeof(path) - 1) > 0);
	assert_null(claim_take(path));
	kill(pid, SIGKILL);
	assert_int_equal(pid, waitpid(pid, NULL, 0));
	claim = claim_take(path);
	assert_non_null(claim);
	claim_remove(claim);
	close(ends[0]);
	close(ends[1]);
}

static void
test_all_there_are_can_be_listed(void **state)
{
	struct err err = { 0 };
	struct claim *a, *b;
	char **paths;
	size_t n;

	(void)state;
	assert_int_equal(0, claim_list("/nonexistent", &paths));
	a = claim_new(parent, "", &err);
	b = claim_new(parent, "", &err);
	n = claim_list(parent, &paths);
	assert_int_equal(2, n);
	assert_true(strcmp(paths[0], claim_path(a)) == 0 ||
	    strcmp(paths[1], claim_path(a)) == 0);
	str_array_free(paths, n);
	claim_remove(a);
	claim_remove(b);
}

static void
test_what_nobody_has_and_writes_to_is_swept(void **state)
{
	struct err err = { 0 };
	struct claim *a = claim_new(parent, "", &err);
	struct claim *b = claim_new(parent, "", &err);
	char *path_a = xstrdup(claim_path(a)), *path_b = xstrdup(claim_path(b));
	char *top = xasprintf("%s/a", scratch);

	(void)state;
	put_file(a);
	claim_leave(a);
	claim_sweep(top, 60);
	assert_int_equal(0, access(path_a, F_OK));
	claim_sweep(top, -60); /* in a minute from now */
	assert_int_equal(-1, access(path_a, F_OK));
	assert_int_equal(0, access(path_b, F_OK));
	claim_leave(b);
	claim_sweep(top, -60);
	assert_int_equal(-1, access(path_b, F_OK));
	assert_int_equal(-1, access(parent, F_OK));
	free(path_a);
	free(path_b);
	free(top);
}

static void
test_a_folder_that_cannot_be_made_is_said(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(claim_new("/proc/nowhere", "", &err));
	assert_int_equal(ERR_IO, err.code);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_folder_is_one_process_s_at_a_time),
		cmocka_unit_test(test_who_is_killed_leaves_it_to_the_next),
		cmocka_unit_test(test_all_there_are_can_be_listed),
		cmocka_unit_test(test_what_nobody_has_and_writes_to_is_swept),
		cmocka_unit_test(test_a_folder_that_cannot_be_made_is_said),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
