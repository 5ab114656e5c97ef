/*
 * A query as a tree.  What the names mean is not known here.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_PARSE_H
#define TWINDECK_CORE_HUB_QUERY_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define QUERY_PATH_MAX 14   /* names: sections nest ten deep */
#define QUERY_ITEMS_MAX 64  /* behind SELECT */
#define QUERY_GROUPS_MAX 8  /* behind GROUP BY */
#define QUERY_DEPTH_MAX 14  /* parentheses and NOTs in one another */
#define QUERY_TERMS_MAX 256  /* conditions; SQLite's trees are bounded too */
#define QUERY_VALUES_MAX 640 /* outside of lists */

struct query_path {
	char *names[QUERY_PATH_MAX];   /* owned */
	bool is_index[QUERY_PATH_MAX]; /* the name is a number in brackets */
	size_t n;
	const char *at; /* in the text, for errors */
};

enum query_literal_kind {
	QUERY_IS_TEXT,
	QUERY_IS_NUMBER,
	QUERY_IS_TRUE,
	QUERY_IS_FALSE,
	QUERY_IS_NULL,
	QUERY_IS_UNDEFINED
};

#define QUERY_LITERAL_KINDS (QUERY_IS_UNDEFINED + 1)

struct query_literal {
	enum query_literal_kind kind;
	char *text; /* owned */
	double number;
};

enum query_op { QUERY_EQ, QUERY_NE, QUERY_LT, QUERY_LE, QUERY_GT, QUERY_GE };

enum query_function {
	QUERY_IS_DEFINED,
	QUERY_STARTSWITH, /* literals[0] is a text */
	QUERY_ENDSWITH,
	QUERY_IS_NULL_TYPE,
	QUERY_IS_NUMBER_TYPE,
	QUERY_IS_STRING_TYPE,
	QUERY_IS_BOOL_TYPE,
	QUERY_IS_ARRAY_TYPE,
	QUERY_IS_OBJECT_TYPE,
	QUERY_IS_PRIMITIVE_TYPE
};

/*
 * Conditions and values alike: which of them may stand where is for the
 * compiler to say.
 */
enum query_node_kind {
	QUERY_AND, /* left, right */
	QUERY_OR,
	QUERY_NOT,        /* left */
	QUERY_COMPARE,    /* left op right */
	QUERY_IN,         /* left, literals */
	QUERY_CALL,       /* function, path, literals */
	QUERY_ARITHMETIC, /* left sign right */
	QUERY_PATH,       /* path */
	QUERY_LITERAL     /* literals[0] */
};

struct query_node {
	enum query_node_kind kind;
	struct query_node *left;
	struct query_node *right;
	struct query_path path;
	enum query_op op;
	enum query_function function;
	char sign; /* + - * / % */
	struct query_literal *literals;
	size_t n_literals;
	const char *at; /* in the text, for errors */
};

enum query_aggregate {
	QUERY_NO_AGGREGATE,
	QUERY_COUNT, /* no path */
	QUERY_AVG,
	QUERY_SUM,
	QUERY_MIN,
	QUERY_MAX
};

struct query_item {
	enum query_aggregate aggregate;
	struct query_path path;
	char *alias; /* owned; NULL: none */
	const char *at;
};

enum query_source { QUERY_DEVICES, QUERY_MODULES, QUERY_JOBS };

struct query_tree {
	int64_t top; /* -1: none */
	bool is_star;
	struct query_item items[QUERY_ITEMS_MAX];
	size_t n_items;
	enum query_source source;
	const char *source_at;
	struct query_node *where; /* NULL: all */
	struct query_path groups[QUERY_GROUPS_MAX];
	size_t n_groups;
};

/* 0, or -1 with err set and the tree empty. */
int query_parse(
    const char *text, size_t len, struct query_tree *tree, struct err *err);
/* Only what stands behind WHERE, or a lone star for all devices. */
int query_parse_condition(
    const char *text, size_t len, struct query_tree *tree, struct err *err);
void query_tree_fini(struct query_tree *tree);

#endif
