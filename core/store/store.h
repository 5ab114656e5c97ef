/*
 * A SQLite file: opened durable (WAL, synchronous FULL), brought to the
 * newest schema, and spoken to by prepared statements.  Nothing else in the
 * program knows which database this is.  One thread, except for the
 * checkpoints, which have a thread and a connection of their own.
 */
#ifndef TWINDECK_CORE_STORE_STORE_H
#define TWINDECK_CORE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct store;
struct store_stmt;

/* The i-th row, counted from 1, makes schema version i out of i - 1. */
struct store_migration {
	const char *name; /* for the log */
	const char *sql;  /* one or more statements; NULL ends the list */
};

/*
 * Opens or makes the file (mode 0600) and migrates it, each step in one
 * transaction with the new version.  The list must outlive the store.  NULL
 * with err set: ERR_IO (cannot be read or written), ERR_UNSUPPORTED (made by
 * a newer program).
 */
struct store *store_open(const char *path,
    const struct store_migration *migrations, struct err *err);
/*
 * The same beside the program that has it open: nothing is made or migrated.
 * NULL with err set, also when the file is not there (ERR_NOT_FOUND) or of
 * another schema (ERR_UNSUPPORTED).
 */
struct store *store_open_beside(const char *path,
    const struct store_migration *migrations, struct err *err);
/* Every statement must be gone.  NULL does nothing. */
void store_close(struct store *store);

/*
 * Moves checkpoints out of this thread: a WAL checkpoint can stall for tens
 * of milliseconds.  Without it, SQLite runs them inside a commit.  0, or -1
 * with err set (ERR_IO).
 */
int store_start_checkpoints(struct store *store, struct err *err);
/* Pages in the WAL as of the last commit, for measurements and tests. */
size_t store_wal_pages(const struct store *store);

/* One or more statements without parameters.  0, or -1 with err set. */
int store_exec(struct store *store, const char *sql, struct err *err);

/*
 * How long a statement waits for another process that holds the file; 2 s if
 * nothing is said.  After that it fails with ERR_TIMEOUT.
 */
void store_set_patience(struct store *store, int ms);

/*
 * From now on prepared statements that change something fail outside of a
 * transaction, with the words of the store_begin() that failed if one did:
 * SQLite would commit each of them by itself.
 */
void store_forbid_autocommit(struct store *store);

/*
 * Transactions do not nest.  store_commit() returns only when everything is
 * on disk; when it fails, or store_rollback() is called, nothing of it
 * happened.  SQLite may end a transaction by itself after an error (a full
 * disk): then store_in_transaction() says so.
 */
int store_begin(struct store *store, struct err *err);
int store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);

/*
 * A statement with parameters ?1, ?2 … sql need not live on.  NULL with err
 * set (ERR_INTERNAL): the statement is wrong for this schema.
 */
struct store_stmt *
store_prepare(struct store *store, const char *sql, struct err *err);
void store_stmt_free(struct store_stmt *stmt); /* NULL does nothing */

/* Parameters count from 1 and stay until bound anew.  The text is copied. */
void store_bind_text(struct store_stmt *stmt, int i, const char *text);
void store_bind_text_len(
    struct store_stmt *stmt, int i, const char *text, size_t len);
/* Not copied: the text stays as it is until the statement has run. */
void store_bind_text_static(
    struct store_stmt *stmt, int i, const char *text, size_t len);
void store_bind_int(struct store_stmt *stmt, int i, int64_t value);
void store_bind_double(struct store_stmt *stmt, int i, double value);
void store_bind_null(struct store_stmt *stmt, int i);

/*
 * Steps to the next row: 1, or 0 at the end, or -1 with err set (ERR_IO;
 * ERR_TIMEOUT when another process holds the file, ERR_EXISTS when a unique column has the value already).  After anything
 * but 1 the statement is ready to run again.
 */
int store_step(struct store_stmt *stmt, struct err *err);
/* Runs to the end: 0, or -1 with err set as above. */
int store_run(struct store_stmt *stmt, struct err *err);
/* Leaves the rows that are left; a statement left standing blocks others. */
void store_reset(struct store_stmt *stmt);

/* Columns count from 0; text is borrowed until the next step or reset. */
const char *store_column_text(struct store_stmt *stmt, int i); /* or NULL */
size_t store_column_len(struct store_stmt *stmt, int i);
int64_t store_column_int(struct store_stmt *stmt, int i);
bool store_column_is_null(struct store_stmt *stmt, int i);

/* Rows that the last INSERT, UPDATE or DELETE changed; its last new row. */
int64_t store_changes(const struct store *store);
int64_t store_last_id(const struct store *store);

#endif
