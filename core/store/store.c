#include "config.h"

#include "core/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"
#include "core/store/checkpoint.h"

#define BUSY_TIMEOUT_MS 2000

struct store {
	sqlite3 *db;
	char *path;
	size_t wal_pages;                    /* as the last commit left it */
	struct store_checkpoint *checkpoint; /* NULL: SQLite's own */
	struct store_stmt *begin;
	struct store_stmt *commit;
	bool forbids_autocommit;
	struct err refusal; /* why there is no transaction; or none */
};

struct store_stmt {
	sqlite3_stmt *stmt;
	struct store *store;
};

static int
fail(const struct store *store, const char *what, struct err *err)
{
	bool is_held = (sqlite3_errcode(store->db) & 0xff) == SQLITE_BUSY;

	return err_set(err, is_held ? ERR_TIMEOUT : ERR_IO,
	    "%s: cannot %s: %s%s", store->path, what,
	    sqlite3_errmsg(store->db),
	    is_held ? ", another process is writing to it" : "");
}

int
store_exec(struct store *store, const char *sql, struct err *err)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(store, "write", err);
	return 0;
}

static int
user_version(struct store *store, struct err *err)
{
	struct store_stmt *stmt =
	    store_prepare(store, "PRAGMA user_version", err);
	int version = -1;

	if (stmt != NULL && store_step(stmt, err) == 1)
		version = (int)store_column_int(stmt, 0);
	store_stmt_free(stmt);
	return version;
}

static int
migrate_one(struct store *store, const struct store_migration *m, int version,
    struct err *err)
{
	char *sql = xasprintf("PRAGMA user_version=%d", version);
	int rc = -1;

	if (store_exec(store, "BEGIN IMMEDIATE", err) == 0 &&
	    store_exec(store, m->sql, err) == 0 &&
	    store_exec(store, sql, err) == 0 &&
	    store_exec(store, "COMMIT", err) == 0)
		rc = 0;
	if (rc == -1) {
		err_prefix(err, "schema %d (%s)", version, m->name);
		store_rollback(store);
	} else {
		log_debug("%s: schema %d (%s)", store->path, version, m->name);
	}
	free(sql);
	return rc;
}

static int
migrate(struct store *store, const struct store_migration *migrations,
    struct err *err)
{
	int i, have = user_version(store, err), newest = 0;

	if (have == -1)
		return -1;
	while (migrations[newest].sql != NULL)
		newest++;
	if (have > newest)
		return err_set(err, ERR_UNSUPPORTED,
		    "%s was made by a newer program (schema %d, this one knows "
		    "%d)",
		    store->path, have, newest);
	for (i = have; i < newest; i++)
		if (migrate_one(store, &migrations[i], i + 1, err) == -1)
			return -1;
	return 0;
}

/* SQLite would make the file readable to others, and it holds keys. */
static int
make_private(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1)
		return err_set(
		    err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

static int
on_wal(void *arg, sqlite3 *db, const char *name, int n_pages)
{
	struct store *store = arg;

	(void)db;
	(void)name;
	store->wal_pages = (size_t)n_pages;
	return SQLITE_OK;
}

static int
connect_db(struct store *store, struct err *err)
{
	/* One thread, so there is nobody to keep out. */
	if (sqlite3_open_v2(store->path, &store->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK)
		return fail(store, "open", err);
	sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
	return store_exec(store,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY",
	    err);
}

struct store *
store_open(
    const char *path, const struct store_migration *migrations, struct err *err)
{
	struct store *store;

	if (make_private(path, err) == -1)
		return NULL;
	store = xcalloc(1, sizeof(*store));
	store->path = xstrdup(path);
	if (connect_db(store, err) == -1 ||
	    migrate(store, migrations, err) == -1)
		goto fail;
	store->begin = store_prepare(store, "BEGIN IMMEDIATE", err);
	store->commit = store_prepare(store, "COMMIT", err);
	if (store->begin == NULL || store->commit == NULL)
		goto fail;
	return store;
fail:
	store_close(store);
	return NULL;
}

struct store *
store_open_beside(
    const char *path, const struct store_migration *migrations, struct err *err)
{
	struct store *store;
	int newest = 0, have = -1;

	if (access(path, F_OK) == -1) {
		err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
		return NULL;
	}
	while (migrations[newest].sql != NULL)
		newest++;
	store = xcalloc(1, sizeof(*store));
	store->path = xstrdup(path);
	if (connect_db(store, err) == 0)
		have = user_version(store, err);
	if (have != -1 && have != newest)
		err_set(err, ERR_UNSUPPORTED,
		    "%s is of schema %d, this program's is %d", path, have,
		    newest);
	if (have != newest) {
		store_close(store);
		return NULL;
	}
	return store;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_checkpoint_free(store->checkpoint);
	store_stmt_free(store->begin);
	store_stmt_free(store->commit);
	if (sqlite3_close(store->db) != SQLITE_OK)
		log_error("%s: closed with statements open", store->path);
	free(store->path);
	free(store);
}

int
store_start_checkpoints(struct store *store, struct err *err)
{
	store->checkpoint = store_checkpoint_new(store->path, err);
	if (store->checkpoint == NULL)
		return -1;
	/* It takes the place of SQLite's own checkpoints. */
	sqlite3_wal_hook(store->db, on_wal, store);
	return 0;
}

size_t
store_wal_pages(const struct store *store)
{
	return store->wal_pages;
}

static void
look_after_wal(struct store *store)
{
	int n_log = 0, n_done = 0;

	switch (store_checkpoint_after_commit(
	    store->checkpoint, store->wal_pages)) {
	case STORE_CHECKPOINT_NOTHING:
		return;
	case STORE_CHECKPOINT_ALL:
		log_warn("%s: %zu pages wait in the WAL; writing them now",
		    store->path, store->wal_pages);
		break;
	case STORE_CHECKPOINT_LAST_PAGES:
		break;
	}
	sqlite3_wal_checkpoint_v2(
	    store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &n_log, &n_done);
}

static int
step(struct store_stmt *stmt, struct err *err)
{
	int rc = sqlite3_step(stmt->stmt);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE) {
		sqlite3_reset(stmt->stmt);
		return 0;
	}
	if (rc == SQLITE_CONSTRAINT_UNIQUE ||
	    rc == SQLITE_CONSTRAINT_PRIMARYKEY)
		err_set(err, ERR_EXISTS, "%s", sqlite3_errmsg(stmt->store->db));
	else
		fail(stmt->store, "run a statement", err);
	sqlite3_reset(stmt->stmt);
	return -1;
}

void
store_set_patience(struct store *store, int ms)
{
	sqlite3_busy_timeout(store->db, ms);
}

void
store_forbid_autocommit(struct store *store)
{
	store->forbids_autocommit = true;
}

int
store_begin(struct store *store, struct err *err)
{
	err_clear(&store->refusal);
	if (step(store->begin, &store->refusal) == 0)
		return 0;
	return err_copy(err, &store->refusal);
}

int
store_commit(struct store *store, struct err *err)
{
	if (step(store->commit, err) == -1) {
		store_rollback(store);
		return -1;
	}
	if (store->checkpoint != NULL)
		look_after_wal(store);
	return 0;
}

void
store_rollback(struct store *store)
{
	if (store_in_transaction(store))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

bool
store_in_transaction(const struct store *store)
{
	return sqlite3_get_autocommit(store->db) == 0;
}

struct store_stmt *
store_prepare(struct store *store, const char *sql, struct err *err)
{
	struct store_stmt *stmt;
	sqlite3_stmt *s;

	if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
		&s, NULL) != SQLITE_OK) {
		err_set(err, ERR_INTERNAL, "%s: %s", store->path,
		    sqlite3_errmsg(store->db));
		return NULL;
	}
	stmt = xcalloc(1, sizeof(*stmt));
	stmt->stmt = s;
	stmt->store = store;
	return stmt;
}

void
store_stmt_free(struct store_stmt *stmt)
{
	if (stmt == NULL)
		return;
	sqlite3_finalize(stmt->stmt);
	free(stmt);
}

void
store_bind_text(struct store_stmt *stmt, int i, const char *text)
{
	if (text == NULL)
		store_bind_null(stmt, i);
	else
		store_bind_text_len(stmt, i, text, strlen(text));
}

void
store_bind_text_len(
    struct store_stmt *stmt, int i, const char *text, size_t len)
{
	sqlite3_bind_text64(
	    stmt->stmt, i, text, len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

void
store_bind_text_static(
    struct store_stmt *stmt, int i, const char *text, size_t len)
{
	sqlite3_bind_text64(
	    stmt->stmt, i, text, len, SQLITE_STATIC, SQLITE_UTF8);
}

void
store_bind_int(struct store_stmt *stmt, int i, int64_t value)
{
	sqlite3_bind_int64(stmt->stmt, i, value);
}

void
store_bind_double(struct store_stmt *stmt, int i, double value)
{
	sqlite3_bind_double(stmt->stmt, i, value);
}

void
store_bind_null(struct store_stmt *stmt, int i)
{
	sqlite3_bind_null(stmt->stmt, i);
}

/* Whether it would be a transaction of its own, where that is forbidden. */
static bool
is_forbidden(const struct store_stmt *stmt)
{
	return stmt->store->forbids_autocommit &&
	    !store_in_transaction(stmt->store) &&
	    sqlite3_stmt_readonly(stmt->stmt) == 0;
}

static int
refuse(const struct store *store, struct err *err)
{
	if (store->refusal.code != ERR_NONE)
		return err_copy(err, &store->refusal);
	return err_set(err, ERR_IO,
	    "%s: a change before this one has failed", store->path);
}

int
store_step(struct store_stmt *stmt, struct err *err)
{
	return is_forbidden(stmt) ? refuse(stmt->store, err) : step(stmt, err);
}

int
store_run(struct store_stmt *stmt, struct err *err)
{
	int rc;

	while ((rc = store_step(stmt, err)) == 1)
		;
	return rc;
}

void
store_reset(struct store_stmt *stmt)
{
	sqlite3_reset(stmt->stmt);
}

const char *
store_column_text(struct store_stmt *stmt, int i)
{
	return (const char *)sqlite3_column_text(stmt->stmt, i);
}

size_t
store_column_len(struct store_stmt *stmt, int i)
{
	return (size_t)sqlite3_column_bytes(stmt->stmt, i);
}

int64_t
store_column_int(struct store_stmt *stmt, int i)
{
	return sqlite3_column_int64(stmt->stmt, i);
}

bool
store_column_is_null(struct store_stmt *stmt, int i)
{
	return sqlite3_column_type(stmt->stmt, i) == SQLITE_NULL;
}

int64_t
store_changes(const struct store *store)
{
	return sqlite3_changes64(store->db);
}

int64_t
store_last_id(const struct store *store)
{
	return sqlite3_last_insert_rowid(store->db);
}
