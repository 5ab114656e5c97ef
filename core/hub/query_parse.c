#include "config.h"

#include "core/hub/query_parse.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/hub/query_lex.h"

#define TOP_MAX 2147483647.0

/* One token ahead, as recursive descent needs it. */
struct parser {
	struct query_lexer lex;
	struct query_tree *tree;
	int depth;
	int n_terms;
	struct err *err;
};

/* Words of SQL that this language has not, or this hub not yet. */
static const char *const refused_words[] = { "ORDER", "JOIN", "DISTINCT",
	"LIKE", "HAVING", "OFFSET", "LIMIT", "BETWEEN", "UNION", "GROUP",
	"EXISTS", "CASE", "BY", "IS", NULL };

static int
advance(struct parser *p)
{
	return query_lexer_next(&p->lex, p->err);
}

static int
fault(struct parser *p, const char *expected)
{
	const char *const *word;

	for (word = refused_words; *word != NULL; word++)
		if (query_lexer_is_word(&p->lex, *word))
			return query_lexer_fault(&p->lex, p->err,
			    ERR_UNSUPPORTED, "%s is not supported", *word);
	return query_lexer_fault(
	    &p->lex, p->err, ERR_INVALID, "expected %s", expected);
}

static int
expect_word(struct parser *p, const char *word)
{
	return query_lexer_is_word(&p->lex, word) ? advance(p)
						  : fault(p, word);
}

static int
expect_sign(struct parser *p, const char *sign, const char *quoted)
{
	return query_lexer_is_sign(&p->lex, sign) ? advance(p)
						  : fault(p, quoted);
}

static void
path_fini(struct query_path *path)
{
	while (path->n > 0)
		free(path->names[--path->n]);
}

/* The first name, or one behind a dot. */
static int
parse_name(struct parser *p, struct query_path *path)
{
	if (p->lex.kind != QUERY_NAME && p->lex.kind != QUERY_QUOTED)
		return fault(p, "a name");
	if (path->n == QUERY_PATH_MAX)
		return query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
		    "a path has more than %d names", QUERY_PATH_MAX);
	path->names[path->n++] = xstrndup(p->lex.start, p->lex.len);
	return advance(p);
}

static int
parse_path(struct parser *p, struct query_path *path)
{
	path->at = p->lex.start;
	if (parse_name(p, path) == -1)
		return -1;
	while (query_lexer_is_sign(&p->lex, "."))
		if (advance(p) == -1 || parse_name(p, path) == -1)
			return -1;
	if (query_lexer_is_sign(&p->lex, "["))
		return query_lexer_fault(&p->lex, p->err, ERR_UNSUPPORTED,
		    "an index into a path is not supported");
	return 0;
}

static const struct {
	const char *word;
	enum query_literal_kind kind;
} word_literals[] = {
	{ "true", QUERY_IS_TRUE },
	{ "false", QUERY_IS_FALSE },
	{ "null", QUERY_IS_NULL },
};

static bool
is_literal(const struct parser *p)
{
	size_t i;

	if (p->lex.kind == QUERY_STRING || p->lex.kind == QUERY_NUMBER ||
	    query_lexer_is_sign(&p->lex, "-"))
		return true;
	for (i = 0; i < sizeof(word_literals) / sizeof(word_literals[0]); i++)
		if (query_lexer_is_word(&p->lex, word_literals[i].word))
			return true;
	return false;
}

static int
parse_literal(struct parser *p, struct query_literal *literal)
{
	double sign = 1;
	size_t i;

	if (query_lexer_is_word(&p->lex, "undefined"))
		return query_lexer_fault(&p->lex, p->err, ERR_UNSUPPORTED,
		    "undefined is not supported; use IS_DEFINED()");
	if (!is_literal(p))
		return fault(p, "a string, a number, true, false or null");
	if (query_lexer_is_sign(&p->lex, "-")) {
		sign = -1;
		if (advance(p) == -1)
			return -1;
		if (p->lex.kind != QUERY_NUMBER)
			return fault(p, "a number");
	}
	if (p->lex.kind == QUERY_STRING) {
		literal->kind = QUERY_IS_TEXT;
		literal->text = xstrdup(p->lex.string);
	} else if (p->lex.kind == QUERY_NUMBER) {
		literal->kind = QUERY_IS_NUMBER;
		literal->number = sign * p->lex.number;
	} else {
		for (i = 0; !query_lexer_is_word(
			 &p->lex, word_literals[i].word); i++)
			;
		literal->kind = word_literals[i].kind;
	}
	return advance(p);
}

static struct query_node *
node_new(enum query_node_kind kind)
{
	struct query_node *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	return node;
}

static void
node_free(struct query_node *node)
{
	size_t i;

	if (node == NULL)
		return;
	node_free(node->left);
	node_free(node->right);
	path_fini(&node->path);
	for (i = 0; i < node->n_literals; i++)
		free(node->literals[i].text);
	free(node->literals);
	free(node);
}

static int
add_literal(struct parser *p, struct query_node *node)
{
	node->literals = xreallocarray(
	    node->literals, node->n_literals + 1, sizeof(*node->literals));
	node->literals[node->n_literals] = (struct query_literal){ 0 };
	return parse_literal(p, &node->literals[node->n_literals++]);
}

static int
refuse_arithmetic(struct parser *p)
{
	static const char *const arithmetic[] = { "+", "-", "*", "/", "%" };
	size_t i;

	for (i = 0; i < sizeof(arithmetic) / sizeof(arithmetic[0]); i++)
		if (query_lexer_is_sign(&p->lex, arithmetic[i]))
			return query_lexer_fault(&p->lex, p->err,
			    ERR_UNSUPPORTED, "arithmetic is not supported");
	return 0;
}

static const struct {
	const char *sign;
	enum query_op op;
	enum query_op mirrored; /* with the sides exchanged */
} ops[] = {
	{ "=",  QUERY_EQ, QUERY_EQ },
	{ "!=", QUERY_NE, QUERY_NE },
	{ "<>", QUERY_NE, QUERY_NE },
	{ "<",  QUERY_LT, QUERY_GT },
	{ "<=", QUERY_LE, QUERY_GE },
	{ ">",  QUERY_GT, QUERY_LT },
	{ ">=", QUERY_GE, QUERY_LE },
};

#define N_OPS (sizeof(ops) / sizeof(ops[0]))

static int
parse_op(struct parser *p, bool mirrored, enum query_op *op)
{
	size_t i;

	if (refuse_arithmetic(p) == -1)
		return -1;
	for (i = 0; i < N_OPS; i++) {
		if (!query_lexer_is_sign(&p->lex, ops[i].sign))
			continue;
		*op = mirrored ? ops[i].mirrored : ops[i].op;
		return advance(p);
	}
	return fault(p, "a comparison such as = or IN");
}

/* [1, 2]; the IN has been read. */
static int
parse_list(struct parser *p, struct query_node *node)
{
	if (expect_sign(p, "[", "'['") == -1)
		return -1;
	for (;;) {
		if (add_literal(p, node) == -1)
			return -1;
		if (!query_lexer_is_sign(&p->lex, ","))
			break;
		if (advance(p) == -1)
			return -1;
	}
	return expect_sign(p, "]", "',' or ']'");
}

static const struct {
	const char *name;
	enum query_node_kind kind;
	bool has_text; /* a second argument */
} functions[] = {
	{ "IS_DEFINED", QUERY_IS_DEFINED, false },
	{ "STARTSWITH", QUERY_STARTSWITH, true },
	{ "ENDSWITH",   QUERY_ENDSWITH,   true },
};

#define N_FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static bool
is_before_paren(const struct parser *p)
{
	const char *s = p->lex.p;

	while (s < p->lex.end && (*s == ' ' || *s == '\t'))
		s++;
	return s < p->lex.end && *s == '(';
}

static struct query_node *
parse_function(struct parser *p)
{
	struct query_node *node = NULL;
	size_t i;

	for (i = 0; i < N_FUNCTIONS; i++)
		if (query_lexer_is_word(&p->lex, functions[i].name))
			break;
	if (i == N_FUNCTIONS) {
		query_lexer_fault(&p->lex, p->err, ERR_UNSUPPORTED,
		    "the function %.*s is not supported",
		    (int)(p->lex.len < 64 ? p->lex.len : 64), p->lex.start);
		return NULL;
	}
	node = node_new(functions[i].kind);
	if (advance(p) == -1 || expect_sign(p, "(", "'('") == -1 ||
	    parse_path(p, &node->path) == -1)
		goto fail;
	if (functions[i].has_text) {
		if (expect_sign(p, ",", "','") == -1)
			goto fail;
		if (p->lex.kind != QUERY_STRING) {
			fault(p, "a string");
			goto fail;
		}
		if (add_literal(p, node) == -1)
			goto fail;
	}
	if (expect_sign(p, ")", "')'") == -1)
		goto fail;
	return node;
fail:
	node_free(node);
	return NULL;
}

static struct query_node *
negate(struct query_node *node)
{
	struct query_node *not = node_new(QUERY_NOT);

	not->left = node;
	return not;
}

/* path op literal, literal op path, path [NOT] IN [...], path NIN [...] */
static struct query_node *
parse_comparison(struct parser *p)
{
	struct query_node *node = node_new(QUERY_COMPARE);
	bool is_not;

	if (is_literal(p)) {
		if (add_literal(p, node) == -1 ||
		    parse_op(p, true, &node->op) == -1 ||
		    parse_path(p, &node->path) == -1 ||
		    refuse_arithmetic(p) == -1)
			goto fail;
		return node;
	}
	if (parse_path(p, &node->path) == -1)
		goto fail;
	is_not = query_lexer_is_word(&p->lex, "NOT");
	if (is_not && advance(p) == -1)
		goto fail;
	if (is_not && !query_lexer_is_word(&p->lex, "IN")) {
		fault(p, "IN");
		goto fail;
	}
	if (query_lexer_is_word(&p->lex, "IN") ||
	    query_lexer_is_word(&p->lex, "NIN")) {
		is_not = is_not || query_lexer_is_word(&p->lex, "NIN");
		node->kind = QUERY_IN;
		if (advance(p) == -1 || parse_list(p, node) == -1)
			goto fail;
		return is_not ? negate(node) : node;
	}
	if (parse_op(p, false, &node->op) == -1)
		goto fail;
	if (p->lex.kind == QUERY_NAME && !is_literal(p) &&
	    !query_lexer_is_word(&p->lex, "undefined")) {
		query_lexer_fault(&p->lex, p->err, ERR_UNSUPPORTED,
		    "comparing two paths is not supported");
		goto fail;
	}
	if (add_literal(p, node) == -1 || refuse_arithmetic(p) == -1)
		goto fail;
	return node;
fail:
	node_free(node);
	return NULL;
}

static struct query_node *parse_or(struct parser *p);

static struct query_node *
parse_parenthesis(struct parser *p)
{
	struct query_node *node = NULL;

	if (advance(p) == -1)
		return NULL;
	node = parse_or(p);
	if (node != NULL && expect_sign(p, ")", "')'") == -1) {
		node_free(node);
		return NULL;
	}
	return node;
}

static struct query_node *
parse_term(struct parser *p)
{
	struct query_node *node = NULL;

	if (++p->n_terms > QUERY_TERMS_MAX || p->depth >= QUERY_DEPTH_MAX) {
		query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
		    "more than %d conditions, or %d in one another",
		    QUERY_TERMS_MAX, QUERY_DEPTH_MAX);
		return NULL;
	}
	p->depth++;
	if (query_lexer_is_word(&p->lex, "NOT")) {
		if (advance(p) == 0 && (node = parse_term(p)) != NULL)
			node = negate(node);
	} else if (query_lexer_is_sign(&p->lex, "(")) {
		node = parse_parenthesis(p);
	} else if (p->lex.kind == QUERY_NAME && is_before_paren(p)) {
		node = parse_function(p);
	} else {
		node = parse_comparison(p);
	}
	p->depth--;
	return node;
}

/* One or more of what is below, joined by a word; binds to the left. */
static struct query_node *
parse_joined(struct parser *p, const char *word, enum query_node_kind kind,
    struct query_node *(*below)(struct parser *))
{
	struct query_node *left = below(p), *joined;

	while (left != NULL && query_lexer_is_word(&p->lex, word)) {
		joined = node_new(kind);
		joined->left = left;
		if (advance(p) == -1 || (joined->right = below(p)) == NULL) {
			node_free(joined);
			return NULL;
		}
		left = joined;
	}
	return left;
}

static struct query_node *
parse_and(struct parser *p)
{
	return parse_joined(p, "AND", QUERY_AND, parse_term);
}

static struct query_node *
parse_or(struct parser *p)
{
	return parse_joined(p, "OR", QUERY_OR, parse_and);
}

static int
parse_count(struct parser *p, struct query_item *item)
{
	if (!query_lexer_is_word(&p->lex, "COUNT"))
		return query_lexer_fault(&p->lex, p->err, ERR_UNSUPPORTED,
		    "the function %.*s is not supported",
		    (int)(p->lex.len < 64 ? p->lex.len : 64), p->lex.start);
	item->is_count = true;
	if (advance(p) == -1 || expect_sign(p, "(", "'('") == -1)
		return -1;
	return expect_sign(p, ")", "')'");
}

static int
parse_item(struct parser *p)
{
	struct query_item *item;

	if (p->tree->n_items == QUERY_ITEMS_MAX)
		return query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
		    "more than %d items are selected", QUERY_ITEMS_MAX);
	item = &p->tree->items[p->tree->n_items++];
	if (p->lex.kind == QUERY_NAME && is_before_paren(p)) {
		if (parse_count(p, item) == -1)
			return -1;
	} else if (parse_path(p, &item->path) == -1) {
		return -1;
	}
	if (!query_lexer_is_word(&p->lex, "AS"))
		return refuse_arithmetic(p);
	if (advance(p) == -1)
		return -1;
	if (p->lex.kind != QUERY_NAME && p->lex.kind != QUERY_QUOTED)
		return fault(p, "a name");
	item->alias = xstrndup(p->lex.start, p->lex.len);
	return advance(p);
}

static int
parse_top(struct parser *p)
{
	if (!query_lexer_is_word(&p->lex, "TOP"))
		return 0;
	if (advance(p) == -1)
		return -1;
	if (p->lex.kind != QUERY_NUMBER || p->lex.number < 1 ||
	    p->lex.number > TOP_MAX ||
	    p->lex.number != (double)(int64_t)p->lex.number)
		return fault(p, "a whole number from 1");
	p->tree->top = (int64_t)p->lex.number;
	return advance(p);
}

static int
parse_select(struct parser *p)
{
	if (expect_word(p, "SELECT") == -1 || parse_top(p) == -1)
		return -1;
	if (query_lexer_is_sign(&p->lex, "*")) {
		p->tree->is_star = true;
		return advance(p);
	}
	for (;;) {
		if (query_lexer_is_word(&p->lex, "FROM"))
			return fault(p, "* or a path");
		if (parse_item(p) == -1)
			return -1;
		if (!query_lexer_is_sign(&p->lex, ","))
			return 0;
		if (advance(p) == -1)
			return -1;
	}
}

static int
parse_from(struct parser *p)
{
	if (expect_word(p, "FROM") == -1)
		return -1;
	if (!query_lexer_is_word(&p->lex, "devices"))
		return fault(p, "devices");
	if (advance(p) == -1)
		return -1;
	if (query_lexer_is_sign(&p->lex, "."))
		return query_lexer_fault(&p->lex, p->err, ERR_UNSUPPORTED,
		    "only devices can be queried, not devices.modules or "
		    "devices.jobs");
	return 0;
}

static int
parse_query(struct parser *p)
{
	if (advance(p) == -1 || parse_select(p) == -1 || parse_from(p) == -1)
		return -1;
	if (query_lexer_is_word(&p->lex, "WHERE")) {
		if (advance(p) == -1)
			return -1;
		p->tree->where = parse_or(p);
		if (p->tree->where == NULL)
			return -1;
	}
	if (p->lex.kind == QUERY_END)
		return 0;
	return fault(
	    p, p->tree->where != NULL ? "AND, OR or the end" : "WHERE");
}

int
query_parse(
    const char *text, size_t len, struct query_tree *tree, struct err *err)
{
	struct parser p = { .tree = tree, .err = err };
	int rc;

	*tree = (struct query_tree){ .top = -1 };
	query_lexer_init(&p.lex, text, len);
	rc = parse_query(&p);
	query_lexer_fini(&p.lex);
	if (rc == -1)
		query_tree_fini(tree);
	return rc;
}

void
query_tree_fini(struct query_tree *tree)
{
	while (tree->n_items > 0) {
		tree->n_items--;
		path_fini(&tree->items[tree->n_items].path);
		free(tree->items[tree->n_items].alias);
	}
	node_free(tree->where);
	tree->where = NULL;
}
