#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/store/store.h"
#include "tests/support/test.h"

static char *dir;
static char *path;

static const struct store_migration one[] = {
	{ "first", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)" },
	{ NULL, NULL },
};

static const struct store_migration two[] = {
	{ "first", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)" },
	{ "second", "ALTER TABLE t ADD COLUMN c TEXT;"
		    "INSERT INTO t (b, c) VALUES ('x', 'moved')" },
	{ NULL, NULL },
};

static const struct store_migration broken[] = {
	{ "first", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)" },
	{ "second", "INSERT INTO t (b) VALUES ('half'); NONSENSE" },
	{ NULL, NULL },
};

static int
setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	dir = xasprintf("%s/twindeck-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/a.db", dir);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char *file;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(ends); i++) {
		file = xasprintf("%s%s", path, ends[i]);
		unlink(file);
		free(file);
	}
	rmdir(dir);
	free(path);
	free(dir);
	return 0;
}

static struct store *
open_it(const struct store_migration *migrations)
{
	struct err err = { 0 };
	struct store *store = store_open(path, migrations, &err);

	if (store == NULL)
		fail_msg("%s", err.text);
	return store;
}

static int64_t
number(struct store *store, const char *sql)
{
	struct err err = { 0 };
	struct store_stmt *s = store_prepare(store, sql, &err);
	int64_t n;

	if (s == NULL || store_step(s, &err) != 1)
		fail_msg("%s", err.text);
	n = store_column_int(s, 0);
	store_stmt_free(s);
	return n;
}

static void
insert(struct store *store, const char *text)
{
	struct err err = { 0 };
	struct store_stmt *s =
	    store_prepare(store, "INSERT INTO t (b) VALUES (?1)", &err);

	assert_non_null(s);
	store_bind_text(s, 1, text);
	if (store_run(s, &err) == -1)
		fail_msg("%s", err.text);
	store_stmt_free(s);
}

static void
test_a_file_is_brought_to_the_newest_schema(void **state)
{
	struct store *store = open_it(one);
	struct stat st;

	(void)state;
	insert(store, "kept");
	store_close(store);
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(0600, st.st_mode & 0777);
	store = open_it(two);
	assert_int_equal(2, number(store, "SELECT count(*) FROM t"));
	assert_int_equal(
	    1, number(store, "SELECT count(*) FROM t WHERE c = 'moved'"));
	store_close(store);
	/* And only once. */
	store = open_it(two);
	assert_int_equal(2, number(store, "SELECT count(*) FROM t"));
	store_close(store);
}

static void
test_a_newer_schema_is_refused(void **state)
{
	struct err err = { 0 };

	(void)state;
	store_close(open_it(two));
	assert_null(store_open(path, one, &err));
	assert_int_equal(ERR_UNSUPPORTED, err.code);
	store_close(open_it(two));
}

static void
test_a_migration_that_fails_leaves_nothing(void **state)
{
	struct err err = { 0 };
	struct store *store;

	(void)state;
	store_close(open_it(one));
	assert_null(store_open(path, broken, &err));
	assert_int_equal(ERR_IO, err.code);
	store = open_it(one);
	assert_int_equal(0, number(store, "SELECT count(*) FROM t"));
	store_close(store);
}

static void
test_what_is_no_database_is_refused(void **state)
{
	struct err err = { 0 };
	FILE *file = fopen(path, "w");

	(void)state;
	fputs("this is no database, but long enough to be looked at as one, "
	      "whatever it takes for the header to be read as a whole",
	    file);
	fclose(file);
	assert_null(store_open(path, one, &err));
	assert_int_equal(ERR_IO, err.code);
}

static void
test_a_path_that_cannot_be_written_is_refused(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_null(store_open("/proc/nothing/a.db", one, &err));
	assert_int_equal(ERR_IO, err.code);
}

/* In a child that dies by itself, kill -9 and all. */
static void
in_a_child(void (*body)(struct store *store))
{
	struct store *store;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		store = store_open(path, one, NULL);
		if (store != NULL && store_start_checkpoints(store, NULL) == 0)
			body(store);
		_exit(1);
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFSIGNALED(status));
}

static void
commit_then_die(struct store *store)
{
	store_begin(store, NULL);
	insert(store, "committed");
	store_commit(store, NULL);
	kill(getpid(), SIGKILL);
}

static void
die_without_commit(struct store *store)
{
	store_begin(store, NULL);
	insert(store, "never");
	kill(getpid(), SIGKILL);
}

static void
test_a_commit_outlives_the_process_and_nothing_else_does(void **state)
{
	struct store *store;

	(void)state;
	store_close(open_it(one));
	in_a_child(commit_then_die);
	in_a_child(die_without_commit);
	store = open_it(one);
	assert_int_equal(1, number(store, "SELECT count(*) FROM t"));
	assert_int_equal(
	    1, number(store, "SELECT count(*) FROM t WHERE b = 'committed'"));
	store_close(store);
}

static void
test_a_rollback_undoes_everything(void **state)
{
	struct store *store = open_it(one);
	struct err err = { 0 };

	(void)state;
	assert_false(store_in_transaction(store));
	assert_int_equal(0, store_begin(store, &err));
	assert_true(store_in_transaction(store));
	insert(store, "x");
	store_rollback(store);
	assert_false(store_in_transaction(store));
	assert_int_equal(0, number(store, "SELECT count(*) FROM t"));
	/* A commit without a beginning is an error, not a crash. */
	assert_int_equal(-1, store_commit(store, &err));
	store_close(store);
}

static void
test_nothing_is_committed_by_itself_where_that_is_forbidden(void **state)
{
	struct store *store = open_it(one), *other = open_it(one);
	struct err err = { 0 };
	struct store_stmt *change = store_prepare(
	    store, "INSERT INTO t (b) VALUES ('x')", &err);

	(void)state;
	store_forbid_autocommit(store);
	assert_int_equal(-1, store_run(change, &err));
	assert_int_equal(ERR_IO, err.code);
	assert_int_equal(0, store_begin(store, &err));
	assert_int_equal(0, store_run(change, &err));
	store_rollback(store);

	/* Another process, for SQLite: it has a connection of its own. */
	store_set_patience(store, 1);
	assert_int_equal(0, store_begin(other, &err));
	assert_int_equal(-1, store_begin(store, &err));
	assert_int_equal(ERR_TIMEOUT, err.code);
	store_rollback(other);
	err_clear(&err);
	assert_int_equal(-1, store_run(change, &err));
	assert_int_equal(ERR_TIMEOUT, err.code);
	assert_non_null(strstr(err.text, "another process"));
	assert_int_equal(0, number(store, "SELECT count(*) FROM t"));
	store_stmt_free(change);
	store_close(other);
	store_close(store);
}

static void
test_a_value_that_is_there_already_is_told_apart(void **state)
{
	struct store *store = open_it(one);
	struct err err = { 0 };
	struct store_stmt *s =
	    store_prepare(store, "INSERT INTO t (b) VALUES (?1)", &err);

	(void)state;
	store_bind_text(s, 1, "x");
	assert_int_equal(0, store_run(s, &err));
	assert_int_equal(1, store_changes(store));
	assert_int_equal(1, store_last_id(store));
	assert_int_equal(-1, store_run(s, &err));
	assert_int_equal(ERR_EXISTS, err.code);
	store_bind_null(s, 1);
	assert_int_equal(0, store_run(s, &err));
	store_stmt_free(s);
	assert_int_equal(
	    1, number(store, "SELECT count(*) FROM t WHERE b IS NULL"));
	assert_null(store_prepare(store, "SELECT nothing FROM t", &err));
	assert_int_equal(ERR_INTERNAL, err.code);
	store_close(store);
}

#define COMMITS 16000
#define WAL_BOUND 16500 /* 64 MiB; what the commits below write is far more */

static void
test_the_wal_starts_over_under_steady_writes(void **state)
{
	static char text[6000];
	struct err err = { 0 };
	struct store *store = open_it(one);
	struct store_stmt *s;
	size_t most = 0, shortest = SIZE_MAX, last = 0;
	bool started_over = false;
	int i;

	(void)state;
	assert_int_equal(0, store_start_checkpoints(store, &err));
	memset(text, 'x', sizeof(text) - 1);
	s = store_prepare(store, "INSERT INTO t (b) VALUES (?1)", &err);
	for (i = 0; i < COMMITS; i++) {
		snprintf(text, 16, "%d", i);
		text[strlen(text)] = ' ';
		store_bind_text(s, 1, text);
		if (store_begin(store, &err) == -1 ||
		    store_run(s, &err) == -1 || store_commit(store, &err) == -1)
			fail_msg("%s", err.text);
		started_over = started_over || store_wal_pages(store) < last;
		last = store_wal_pages(store);
		if (last > most)
			most = last;
		if (last < shortest)
			shortest = last;
	}
	store_stmt_free(s);
	print_message("# WAL at most %zu pages\n", most);
	assert_true(started_over);
	assert_in_range(most, 1, WAL_BOUND);
	assert_int_equal(COMMITS, number(store, "SELECT count(*) FROM t"));
	store_close(store);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_file_is_brought_to_the_newest_schema),
		TEST(test_a_newer_schema_is_refused),
		TEST(test_a_migration_that_fails_leaves_nothing),
		TEST(test_what_is_no_database_is_refused),
		TEST(test_a_path_that_cannot_be_written_is_refused),
		TEST(test_a_commit_outlives_the_process_and_nothing_else_does),
		TEST(test_a_rollback_undoes_everything),
		TEST(test_nothing_is_committed_by_itself_where_that_is_forbidden),
		TEST(test_a_value_that_is_there_already_is_told_apart),
		TEST(test_the_wal_starts_over_under_steady_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
