/*
 * The conditions and values of a query, by recursive descent.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_EXPR_H
#define TWINDECK_CORE_HUB_QUERY_EXPR_H

#include <stdbool.h>

#include "core/hub/query_lex.h"

struct err;
struct query_node;
struct query_path;
struct query_tree;

/* One token ahead, as recursive descent needs it. */
struct query_parser {
	struct query_lexer lex;
	struct query_tree *tree;
	int depth;
	int n_terms;
	int n_values;
	struct err *err;
};

int query_advance(struct query_parser *p);
/* "expected …" at the token; a word of SQL is refused by its name. */
int query_fault(struct query_parser *p, const char *expected);
int query_expect_word(struct query_parser *p, const char *word);
int query_expect_sign(
    struct query_parser *p, const char *sign, const char *quoted);
/* The next token is the parenthesis of a call. */
bool query_is_call(const struct query_parser *p);
int query_refuse_function(struct query_parser *p);

/* 0, or -1 with err set; either way the path is the caller's to free. */
int query_parse_path(struct query_parser *p, struct query_path *path);
void query_path_fini(struct query_path *path);

/* The caller's, or NULL with err set. */
struct query_node *query_parse_expr(struct query_parser *p);
void query_node_free(struct query_node *node);

#endif
