#include "config.h"

#include "core/hub/query_parse.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/hub/query_expr.h"

#define TOP_MAX 2147483647.0

static const struct {
	const char *name;
	enum query_aggregate aggregate;
} aggregates[] = {
	{ "COUNT", QUERY_COUNT },
	{ "AVG",   QUERY_AVG },
	{ "SUM",   QUERY_SUM },
	{ "MIN",   QUERY_MIN },
	{ "MAX",   QUERY_MAX },
};

#define N_AGGREGATES (sizeof(aggregates) / sizeof(aggregates[0]))

static int
parse_aggregate(struct query_parser *p, struct query_item *item)
{
	size_t i;

	for (i = 0; i < N_AGGREGATES; i++)
		if (query_lexer_is_word(&p->lex, aggregates[i].name))
			break;
	if (i == N_AGGREGATES)
		return query_refuse_function(p);
	item->aggregate = aggregates[i].aggregate;
	if (query_advance(p) == -1 || query_expect_sign(p, "(", "'('") == -1)
		return -1;
	if (item->aggregate != QUERY_COUNT &&
	    query_parse_path(p, &item->path) == -1)
		return -1;
	return query_expect_sign(p, ")", "')'");
}

static int
parse_item(struct query_parser *p)
{
	struct query_item *item;

	if (p->tree->n_items == QUERY_ITEMS_MAX)
		return query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
		    "more than %d items are selected", QUERY_ITEMS_MAX);
	item = &p->tree->items[p->tree->n_items++];
	item->at = p->lex.start;
	if (query_is_call(p)) {
		if (parse_aggregate(p, item) == -1)
			return -1;
	} else if (query_parse_path(p, &item->path) == -1) {
		return -1;
	}
	if (!query_lexer_is_word(&p->lex, "AS"))
		return 0;
	if (query_advance(p) == -1)
		return -1;
	if (p->lex.kind != QUERY_NAME && p->lex.kind != QUERY_QUOTED)
		return query_fault(p, "a name");
	item->alias = xstrndup(p->lex.start, p->lex.len);
	return query_advance(p);
}

static int
parse_top(struct query_parser *p)
{
	if (!query_lexer_is_word(&p->lex, "TOP"))
		return 0;
	if (query_advance(p) == -1)
		return -1;
	if (p->lex.kind != QUERY_NUMBER || p->lex.number < 1 ||
	    p->lex.number > TOP_MAX ||
	    p->lex.number != (double)(int64_t)p->lex.number)
		return query_fault(p, "a whole number from 1");
	p->tree->top = (int64_t)p->lex.number;
	return query_advance(p);
}

static int
parse_select(struct query_parser *p)
{
	if (query_expect_word(p, "SELECT") == -1 || parse_top(p) == -1)
		return -1;
	if (query_lexer_is_sign(&p->lex, "*")) {
		p->tree->is_star = true;
		return query_advance(p);
	}
	for (;;) {
		if (query_lexer_is_word(&p->lex, "FROM"))
			return query_fault(p, "* or a path");
		if (query_lexer_is_word(&p->lex, "DISTINCT"))
			return query_fault(p, "a path");
		if (parse_item(p) == -1)
			return -1;
		if (!query_lexer_is_sign(&p->lex, ","))
			return 0;
		if (query_advance(p) == -1)
			return -1;
	}
}

static int
parse_from(struct query_parser *p)
{
	if (query_expect_word(p, "FROM") == -1)
		return -1;
	p->tree->source_at = p->lex.start;
	if (!query_lexer_is_word(&p->lex, "devices"))
		return query_fault(
		    p, "devices, devices.modules or devices.jobs");
	if (query_advance(p) == -1)
		return -1;
	if (!query_lexer_is_sign(&p->lex, "."))
		return 0;
	if (query_advance(p) == -1)
		return -1;
	if (query_lexer_is_word(&p->lex, "modules"))
		p->tree->source = QUERY_MODULES;
	else if (query_lexer_is_word(&p->lex, "jobs"))
		p->tree->source = QUERY_JOBS;
	else
		return query_fault(p, "modules or jobs");
	return query_advance(p);
}

static int
parse_groups(struct query_parser *p)
{
	struct query_tree *tree = p->tree;

	if (query_advance(p) == -1 || query_expect_word(p, "BY") == -1)
		return -1;
	for (;;) {
		if (tree->n_groups == QUERY_GROUPS_MAX)
			return query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
			    "more than %d paths to group by",
			    QUERY_GROUPS_MAX);
		if (query_parse_path(p, &tree->groups[tree->n_groups++]) == -1)
			return -1;
		if (!query_lexer_is_sign(&p->lex, ","))
			return 0;
		if (query_advance(p) == -1)
			return -1;
	}
}

static int
parse_query(struct query_parser *p)
{
	const char *expected = "WHERE, GROUP BY or the end";

	if (query_advance(p) == -1 || parse_select(p) == -1 ||
	    parse_from(p) == -1)
		return -1;
	if (query_lexer_is_word(&p->lex, "WHERE")) {
		if (query_advance(p) == -1)
			return -1;
		p->tree->where = query_parse_expr(p);
		if (p->tree->where == NULL)
			return -1;
		expected = "a comparison, AND, OR, GROUP BY or the end";
	}
	if (query_lexer_is_word(&p->lex, "GROUP")) {
		if (parse_groups(p) == -1)
			return -1;
		expected = "',' or the end";
	}
	return p->lex.kind == QUERY_END ? 0 : query_fault(p, expected);
}

static int
parse_condition(struct query_parser *p)
{
	if (query_advance(p) == -1)
		return -1;
	if (query_lexer_is_sign(&p->lex, "*"))
		return query_advance(p) == -1 ? -1
		    : p->lex.kind == QUERY_END
		    ? 0
		    : query_fault(p, "the end");
	/* A whole query would be read as a path that is multiplied. */
	if (query_lexer_is_word(&p->lex, "SELECT"))
		return query_fault(p, "a condition");
	p->tree->where = query_parse_expr(p);
	if (p->tree->where == NULL)
		return -1;
	return p->lex.kind == QUERY_END
	    ? 0
	    : query_fault(p, "a comparison, AND, OR or the end");
}

static int
parse(const char *text, size_t len, struct query_tree *tree,
    int (*start)(struct query_parser *p), struct err *err)
{
	struct query_parser p = { .tree = tree, .err = err };
	int rc;

	*tree = (struct query_tree){ .top = -1 };
	query_lexer_init(&p.lex, text, len);
	rc = start(&p);
	query_lexer_fini(&p.lex);
	if (rc == -1)
		query_tree_fini(tree);
	return rc;
}

int
query_parse(
    const char *text, size_t len, struct query_tree *tree, struct err *err)
{
	return parse(text, len, tree, parse_query, err);
}

int
query_parse_condition(
    const char *text, size_t len, struct query_tree *tree, struct err *err)
{
	return parse(text, len, tree, parse_condition, err);
}

void
query_tree_fini(struct query_tree *tree)
{
	while (tree->n_items > 0) {
		tree->n_items--;
		query_path_fini(&tree->items[tree->n_items].path);
		free(tree->items[tree->n_items].alias);
	}
	while (tree->n_groups > 0)
		query_path_fini(&tree->groups[--tree->n_groups]);
	query_node_free(tree->where);
	tree->where = NULL;
}
