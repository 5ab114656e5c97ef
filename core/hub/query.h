/*
 * Queries on the devices of the hub, in IoT Hub's query language: parsed,
 * checked, and compiled to SQL over SQLite's JSON functions.  What the query
 * says becomes bound parameters, never text of the SQL.
 *
 *   SELECT [TOP n] * | path [AS name], … | COUNT() AS name
 *   FROM devices
 *   WHERE path = != <> < <= > >= literal, path IN|NIN [literal, …],
 *         IS_DEFINED(path), STARTSWITH(path, text), ENDSWITH(path, text),
 *         joined by AND, OR, NOT and parentheses
 *
 * Everything else of the language is refused by its name.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_H
#define TWINDECK_CORE_HUB_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct hub;
struct strbuf;

#define HUB_QUERY_TEXT_MAX ((size_t)8192) /* bytes */
#define HUB_QUERY_PAGE_MAX 100            /* rows, also the default */

/* A parameter of the SQL: its place is its index + 1. */
struct hub_query_value {
	char *text; /* owned; NULL: number counts */
	double number;
};

/*
 * A compiled query.  The SQL has two more parameters behind the values: the
 * last device id of the page before ('' before the first) and the most rows
 * to give.  Its column 0 is the device id, unless it is a count.
 */
struct hub_query {
	char *sql;
	struct hub_query_value *values;
	size_t n_values;
	bool is_twins; /* SELECT *: columns are HUB_TWINS_COLUMNS */
	bool is_count; /* one row, one column, the number */
	char **names;  /* of columns 1…, which are JSON text; owned */
	size_t n_names;
	int64_t top;        /* rows altogether; -1: all */
	bool sees_activity; /* it looks at lastActivityTime */
};

/* 0, or -1 with err set (ERR_INVALID, ERR_LIMIT, ERR_UNSUPPORTED: line, column
 * and what was expected) and the query empty. */
int hub_query_compile(
    const char *text, size_t len, struct hub_query *query, struct err *err);
void hub_query_fini(struct hub_query *query);

/* One page of an answer. */
struct hub_query_page {
	int64_t size;      /* rows at most, 1 to HUB_QUERY_PAGE_MAX */
	const char *token; /* where the last page ended, or NULL */
	char *next;        /* out: the token of the next one, or NULL; owned */
	bool is_twins;     /* out: whole twins */
};

/*
 * Compiles, runs, and appends a JSON array.  0, or -1 with err set as above;
 * ERR_INVALID also for a token that is not of this hub and query.
 */
int hub_query_run(struct hub *hub, const char *text, size_t len,
    struct hub_query_page *page, struct strbuf *out, struct err *err);

#endif
