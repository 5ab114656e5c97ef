/*
 * A query as a tree.  What the names mean is not known here.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_PARSE_H
#define TWINDECK_CORE_HUB_QUERY_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define QUERY_PATH_MAX 12   /* names: sections nest ten deep */
#define QUERY_ITEMS_MAX 64  /* behind SELECT */
#define QUERY_DEPTH_MAX 14  /* parentheses and NOTs in one another */
#define QUERY_TERMS_MAX 256 /* comparisons; SQLite's trees are bounded too */

struct query_path {
	char *names[QUERY_PATH_MAX]; /* owned */
	size_t n;
	const char *at; /* in the text, for errors */
};

enum query_literal_kind {
	QUERY_IS_TEXT,
	QUERY_IS_NUMBER,
	QUERY_IS_TRUE,
	QUERY_IS_FALSE,
	QUERY_IS_NULL
};

struct query_literal {
	enum query_literal_kind kind;
	char *text; /* owned */
	double number;
};

enum query_op { QUERY_EQ, QUERY_NE, QUERY_LT, QUERY_LE, QUERY_GT, QUERY_GE };

enum query_node_kind {
	QUERY_AND, /* left, right */
	QUERY_OR,
	QUERY_NOT,     /* left */
	QUERY_COMPARE, /* path op literals[0] */
	QUERY_IN,      /* path, literals */
	QUERY_IS_DEFINED,
	QUERY_STARTSWITH, /* path, literals[0], a text */
	QUERY_ENDSWITH
};

struct query_node {
	enum query_node_kind kind;
	struct query_node *left;
	struct query_node *right;
	struct query_path path;
	enum query_op op;
	struct query_literal *literals;
	size_t n_literals;
};

struct query_item {
	bool is_count; /* COUNT() */
	struct query_path path;
	char *alias; /* owned; NULL: none */
};

struct query_tree {
	int64_t top; /* -1: none */
	bool is_star;
	struct query_item items[QUERY_ITEMS_MAX];
	size_t n_items;
	struct query_node *where; /* NULL: all */
};

/* 0, or -1 with err set and the tree empty. */
int query_parse(
    const char *text, size_t len, struct query_tree *tree, struct err *err);
void query_tree_fini(struct query_tree *tree);

#endif
