/*
 * From the tree of a query to SQL: what its paths mean, and its conditions.
 * What the query says becomes bound parameters, never text of the SQL.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_SQL_H
#define TWINDECK_CORE_HUB_QUERY_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/hub/query_parse.h"

struct hub_query;
struct hub_query_indexes;

/*
 * What a path means.  A comparison with something that is not there is NULL
 * in SQL, and stays so under NOT: such a device is not selected.
 */
enum query_field_type {
	QUERY_FIELD_TEXT,
	QUERY_FIELD_NUMBER,
	QUERY_FIELD_BOOL,
	QUERY_FIELD_JSON,   /* in a JSON column; its type is in the data */
	QUERY_FIELD_SECTION /* a whole section as a service sees it */
};

struct query_root {
	const char *path;
	enum query_field_type type;
	const char *sql; /* NULL: the hub has it, and queries cannot see it */
};

/* A column of 0 or 1 that is one of two texts to a query: compared as what it
 * is, it may use an index. */
struct query_flag {
	const char *column;
	const char *texts[2];
	const char *sql; /* of the root */
};

struct query_field {
	const struct query_root *root;
	enum query_field_type type;
	size_t json_path; /* index of a parameter, from 1; of a JSON field */
	const char *indexed; /* the same as SQL that an index has, or NULL */
	const char *name; /* the last one, borrowed from root or path */
};

struct query_compiler {
	const char *text; /* of the query */
	enum query_source source;
	bool is_target; /* a condition, and few paths are for it */
	const struct hub_query_indexes *indexes; /* NULL: none */
	struct hub_query *query;
	struct strbuf sql;
	struct err *err;
};

/* "line 1, column 8: …"; returns -1. */
int query_compiler_fault(struct query_compiler *c, const char *at,
    enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same about a path, which is named. */
int query_compiler_refuse(struct query_compiler *c,
    const struct query_path *path, enum err_code code, const char *why);

/* A parameter; returns its index, from 1. */
size_t query_add_value(
    struct query_compiler *c, const char *text, double number);

/* 0, or -1 with err set. */
int query_resolve(struct query_compiler *c, const struct query_path *path,
    struct query_field *field);

/* NULL if it is none. */
const struct query_flag *query_flag_of(const struct query_field *field);

/* Appends its value as SQL has it: text, number, 0 or 1, NULL. */
void query_put_value(struct strbuf *sql, const struct query_field *field);
/* Appends "json_type(…) [NOT] IN (types)" of a JSON field. */
void query_put_type_is(struct strbuf *sql, const struct query_field *field,
    const char *types, bool not);
/* Appends its JSON text, or NULL where there is nothing. */
void query_put_json(struct strbuf *sql, const struct query_field *field);

/* Whether the condition holds only where a property that has an index equals
 * a text or a number. */
bool query_is_indexed(
    struct query_compiler *c, const struct query_node *node);
/* Appends a condition: 0, or -1 with err set. */
int query_put_condition(
    struct query_compiler *c, const struct query_node *node);
/*
 * Appends to out what must hold for a condition to be true, and is quickly
 * looked at: "instr(…) > 0 AND " for each text that a property in a section
 * has to equal.  Sections are stored as json_put() writes them, so the text
 * stands in them as it is, and most rows need not be parsed.  0, or -1 with
 * err set.
 */
int query_put_search(struct query_compiler *c, const struct query_node *node,
    struct strbuf *out);

#endif
