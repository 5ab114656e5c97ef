/*
 * Queries on the devices of the hub, in IoT Hub's query language: parsed,
 * checked, and compiled to SQL over SQLite's JSON functions.  What the query
 * says becomes bound parameters, never text of the SQL.
 *
 *   SELECT [TOP n] * | item [AS name], …
 *   FROM devices | devices.modules | devices.jobs
 *   [WHERE condition] [GROUP BY path, …]
 *
 * An item is a path, COUNT(), or AVG, SUM, MIN or MAX of a path.  A condition
 * compares (= != <> < <= > >=) paths, literals and what + - * / % make of
 * them; path [N]IN [literal, …]; IS_DEFINED, STARTSWITH, ENDSWITH, IS_NULL,
 * IS_NUMBER, IS_STRING, IS_BOOL, IS_ARRAY, IS_OBJECT, IS_PRIMITIVE; joined by
 * AND, OR, NOT and parentheses.  A path is names with dots: name, [[name]],
 * ['name'], [index].  Everything else is refused by its name.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_H
#define TWINDECK_CORE_HUB_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hub/liveness.h"

struct err;
struct hub;
struct hub_query_indexes;
struct store_stmt;
struct strbuf;

#define HUB_QUERY_TEXT_MAX ((size_t)8192) /* characters */
/* A page with so much in it takes no further row: fewer are always allowed. */
#define HUB_QUERY_PAGE_BYTES ((size_t)4 * 1024 * 1024)

/* A parameter of the SQL: its place is its index + 1. */
struct hub_query_value {
	char *text; /* owned; NULL: number counts */
	double number;
};

/*
 * A compiled query.  The SQL has two more parameters behind the values: where
 * the last page ended (the key of its last row, first before all of them; of
 * groups how many there were) and the most rows to give.  One of its columns
 * is the key of a row, of groups nothing.
 */
struct hub_query {
	char *sql;
	struct hub_query_value *values;
	size_t n_values;
	bool is_star;          /* whole twins, or records of jobs: their columns */
	bool is_jobs;          /* FROM devices.jobs */
	bool is_grouped;       /* aggregates */
	const char *first;     /* of a static table */
	int key_column;        /* 0, but of some whole twins */
	bool is_by_row;        /* the key is a device's row, not its id */
	const char *item_type; /* "Twin", "Raw" or "DeviceJob" */
	char **names;          /* of columns 1…, which are JSON text; owned */
	size_t n_names;
	int64_t top;        /* rows altogether; -1: all */
	enum hub_liveness_part sees; /* of what may not be written yet */
};

/* 0, or -1 with err set (ERR_INVALID, ERR_LIMIT, ERR_UNSUPPORTED: line, column
 * and what was expected) and the query empty. */
int hub_query_compile(
    const char *text, size_t len, struct hub_query *query, struct err *err);
/* The same with indexes that the query may use. */
int hub_query_compile_indexed(const struct hub_query_indexes *indexes,
    const char *text, size_t len, struct hub_query *query, struct err *err);
/* What stands behind WHERE, or "*" for all: gives the ids of its devices. */
int hub_query_compile_condition(
    const char *text, size_t len, struct hub_query *query, struct err *err);
/*
 * The same for the target condition of a configuration, which may look at
 * deviceId, tags and reported properties.  In place of the two parameters
 * behind the values it has the first and the last id of a range of devices,
 * which hub_query_bind_range() binds.
 */
int hub_query_compile_target(
    const char *text, size_t len, struct hub_query *query, struct err *err);
/*
 * The same of a configuration of modules, "FROM devices.modules [WHERE …]",
 * which may look at moduleId too.  It gives "device/module", as its range
 * does.
 */
int hub_query_compile_modules(
    const char *text, size_t len, struct hub_query *query, struct err *err);
void hub_query_fini(struct hub_query *query);

/* Binds the values and the two behind them; after NULL: from the start. */
void hub_query_bind(const struct hub_query *query, struct store_stmt *stmt,
    const char *after, int64_t limit);

void hub_query_bind_range(const struct hub_query *query,
    struct store_stmt *stmt, const char *first, const char *last);

/* Whether it has more than HUB_QUERY_TEXT_MAX characters of UTF-8. */
bool hub_query_is_too_long(const char *text, size_t len);

/* One page of an answer. */
struct hub_query_page {
	int64_t size;      /* rows at most, 1 to HUB_CHOICE_PAGE_ROWS */
	const char *token; /* where the last page ended, or NULL */
	char *next;        /* out: the token of the next one, or NULL; owned */
	const char *item_type; /* out: of a static table */
};

/*
 * Compiles, runs, and appends a JSON array.  0, or -1 with err set as above;
 * ERR_INVALID also for a token that is not of this hub and query.
 */
int hub_query_run(struct hub *hub, const char *text, size_t len,
    struct hub_query_page *page, struct strbuf *out, struct err *err);

#endif
