/*
 * sqlfloor insert FILE ROWS
 * sqlfloor update FILE SECONDS BATCH
 * sqlfloor store FILE SECONDS BATCH
 *
 * What SQLite can do by itself, to hold the hub's store against: fills a fresh
 * database with devices of about 1 KB; updates random ones, durable, by a bare
 * writer with automatic checkpoints, or by the same writer over the hub's
 * store layer.  Prints one line of JSON.
 */
#include "config.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <sqlite3.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/store/store.h"

#define ROWS_MAX 10000000
#define SECONDS_MAX 60
#define BATCH_MAX 10000
#define INSERT_BATCH 10000
#define DOCUMENT_BYTES 960
#define COMMITS_MAX 1000000

static const char schema[] =
    "CREATE TABLE device (k INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,"
    " etag TEXT, status INT, connected INT, version INT, desired TEXT,"
    " reported TEXT)";
static const char insert_sql[] =
    "INSERT INTO device (id, etag, status, connected, version, desired,"
    " reported) VALUES (?1, 'AAAAAAAAAAE=', 1, 0, 1, '{}', ?2)";
static const char update_sql[] =
    "UPDATE device SET reported = ?1, version = version + 1 WHERE k = ?2";

static const struct store_migration no_migrations[] = { { NULL, NULL } };

/* How each commit went. */
struct times {
	int64_t *us;
	size_t n;
	int64_t wal_max;
};

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Numbers that are the same in each run. */
static uint64_t
next_random(void)
{
	static uint64_t x = 88172645463325252U;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* What a device reports. */
static void
make_document(struct strbuf *out, int64_t i)
{
	int sensor = 0;

	strbuf_reset(out);
	strbuf_printf(out,
	    "{\"firmwareStatus\":\"%s\",\"temperature\":%d,"
	    "\"location\":{\"site\":\"plant-%d\",\"floor\":%d},",
	    next_random() % 100 == 0 ? "downloading" : "current",
	    (int)(next_random() % 90), (int)(i % 50), (int)(i % 9));
	while (out->len < DOCUMENT_BYTES)
		strbuf_printf(out, "\"sensor%02d\":{\"v\":%u,\"u\":\"C\"},",
		    sensor++, (unsigned)(next_random() % 100000));
	strbuf_printf(out, "\"n\":%" PRId64 "}", i);
}

static int64_t
size_of(const char *path, const char *suffix)
{
	char *name = xasprintf("%s%s", path, suffix);
	struct stat st;
	int64_t size = stat(name, &st) == 0 ? (int64_t)st.st_size : 0;

	free(name);
	return size;
}

static void
execute(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(db));
	return stmt;
}

static void
run(sqlite3 *db, sqlite3_stmt *stmt)
{
	if (sqlite3_step(stmt) != SQLITE_DONE)
		errx(1, "%s", sqlite3_errmsg(db));
	sqlite3_reset(stmt);
}

static sqlite3 *
open_bare(const char *path, const char *synchronous)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	execute(db, "PRAGMA journal_mode=WAL");
	execute(db, synchronous);
	return db;
}

static void
insert(const char *path, int64_t rows)
{
	/* As the hub imports: durable, but for the last word. */
	sqlite3 *db = open_bare(path, "PRAGMA synchronous=FULL");
	struct strbuf document = { 0 };
	sqlite3_stmt *stmt;
	char id[32];
	int64_t i, start;

	execute(db, schema);
	stmt = prepare(db, insert_sql);
	start = now_us();
	for (i = 0; i < rows; i++) {
		if (i % INSERT_BATCH == 0)
			execute(db, i == 0 ? "BEGIN" : "COMMIT; BEGIN");
		make_document(&document, i);
		snprintf(id, sizeof(id), "device-%07" PRId64, i);
		sqlite3_bind_text(stmt, 1, id, -1, SQLITE_STATIC);
		sqlite3_bind_text(
		    stmt, 2, document.data, (int)document.len, SQLITE_STATIC);
		run(db, stmt);
	}
	execute(db, "COMMIT");
	printf("{\"rows\":%" PRId64 ",\"seconds\":%.4f,\"bytes\":%" PRId64
	       "}\n",
	    rows, (double)(now_us() - start) / 1e6, size_of(path, ""));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	strbuf_fini(&document);
}

static void
note(struct times *times, const char *path, int64_t start)
{
	int64_t wal = size_of(path, "-wal");

	if (times->n < COMMITS_MAX)
		times->us[times->n++] = now_us() - start;
	if (wal > times->wal_max)
		times->wal_max = wal;
}

static int
by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t
percentile(const struct times *times, double p)
{
	return times->us[(size_t)(p * (double)(times->n - 1))];
}

static void
print_times(struct times *times, int64_t rows, int64_t us)
{
	if (times->n == 0)
		errx(1, "no commit at all");
	qsort(times->us, times->n, sizeof(*times->us), by_value);
	printf("{\"rows\":%" PRId64 ",\"seconds\":%.4f,\"commits\":%zu,"
	       "\"p50_us\":%" PRId64 ",\"p999_us\":%" PRId64
	       ",\"max_us\":%" PRId64 ",\"wal_bytes\":%" PRId64 "}\n",
	    rows, (double)us / 1e6, times->n, percentile(times, 0.5),
	    percentile(times, 0.999), percentile(times, 1), times->wal_max);
}

static int64_t
bare_batch(sqlite3 *db, sqlite3_stmt *update, int64_t rows, int64_t batch)
{
	struct strbuf document = { 0 };
	int64_t i, start;

	execute(db, "BEGIN IMMEDIATE");
	for (i = 0; i < batch; i++) {
		make_document(&document, i);
		sqlite3_bind_text(
		    update, 1, document.data, (int)document.len, SQLITE_STATIC);
		sqlite3_bind_int64(
		    update, 2, 1 + (int64_t)(next_random() % (uint64_t)rows));
		run(db, update);
	}
	strbuf_fini(&document);
	start = now_us();
	execute(db, "COMMIT");
	return start;
}

static int64_t
count_rows(sqlite3 *db)
{
	sqlite3_stmt *stmt = prepare(db, "SELECT max(k) FROM device");
	int64_t n = 0;

	if (sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	if (n == 0)
		errx(1, "there are no devices to update");
	return n;
}

static void
update_bare(
    const char *path, int64_t seconds, int64_t batch, struct times *times)
{
	sqlite3 *db = open_bare(path, "PRAGMA synchronous=FULL");
	sqlite3_stmt *update = prepare(db, update_sql);
	int64_t rows = count_rows(db), start = now_us(), n = 0;

	while (now_us() - start < seconds * 1000000) {
		note(times, path, bare_batch(db, update, rows, batch));
		n += batch;
	}
	print_times(times, n, now_us() - start);
	sqlite3_finalize(update);
	sqlite3_close(db);
}

static int64_t
store_batch(
    struct store *store, struct store_stmt *update, int64_t rows, int64_t batch)
{
	struct strbuf document = { 0 };
	struct err err = { 0 };
	int64_t i, start;

	if (store_begin(store, &err) == -1)
		errx(1, "%s", err.text);
	for (i = 0; i < batch; i++) {
		make_document(&document, i);
		store_bind_text_len(update, 1, document.data, document.len);
		store_bind_int(
		    update, 2, 1 + (int64_t)(next_random() % (uint64_t)rows));
		if (store_run(update, &err) == -1)
			errx(1, "%s", err.text);
	}
	strbuf_fini(&document);
	start = now_us();
	if (store_commit(store, &err) == -1)
		errx(1, "%s", err.text);
	return start;
}

static void
update_store(
    const char *path, int64_t seconds, int64_t batch, struct times *times)
{
	sqlite3 *db = open_bare(path, "PRAGMA synchronous=FULL");
	int64_t rows = count_rows(db), start, n = 0;
	struct err err = { 0 };
	struct store *store = store_open(path, no_migrations, &err);
	struct store_stmt *update;

	sqlite3_close(db);
	if (store == NULL || store_start_checkpoints(store, &err) == -1 ||
	    (update = store_prepare(store, update_sql, &err)) == NULL)
		errx(1, "%s", err.text);
	start = now_us();
	while (now_us() - start < seconds * 1000000) {
		note(times, path, store_batch(store, update, rows, batch));
		n += batch;
	}
	print_times(times, n, now_us() - start);
	store_stmt_free(update);
	store_close(store);
}

int
main(int argc, char **argv)
{
	struct times times = { 0 };
	int64_t n, batch = 0;

	if (argc == 4 && strcmp(argv[1], "insert") == 0 &&
	    str_to_int64(argv[3], 1, ROWS_MAX, &n) == 0) {
		insert(argv[2], n);
		return 0;
	}
	if (argc != 5 || str_to_int64(argv[3], 1, SECONDS_MAX, &n) == -1 ||
	    str_to_int64(argv[4], 1, BATCH_MAX, &batch) == -1)
		errx(2,
		    "usage: sqlfloor insert FILE ROWS | "
		    "update FILE SECONDS BATCH | "
		    "store FILE SECONDS BATCH");
	times.us = xcalloc(COMMITS_MAX, sizeof(*times.us));
	if (strcmp(argv[1], "update") == 0)
		update_bare(argv[2], n, batch, &times);
	else
		update_store(argv[2], n, batch, &times);
	free(times.us);
	return 0;
}
