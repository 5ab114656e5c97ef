#include "config.h"

#include "core/hub/query_expr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/hub/query_parse.h"

#define INDEX_MAX 1000000.0 /* of an array */

/* Words of SQL that this language has not. */
static const char *const refused_words[] = { "ORDER", "JOIN", "DISTINCT",
	"LIKE", "HAVING", "OFFSET", "LIMIT", "BETWEEN", "UNION", "EXISTS",
	"CASE", "IS", "SELECT", NULL };

int
query_advance(struct query_parser *p)
{
	return query_lexer_next(&p->lex, p->err);
}

int
query_fault(struct query_parser *p, const char *expected)
{
	const char *const *word;

	for (word = refused_words; *word != NULL; word++)
		if (query_lexer_is_word(&p->lex, *word))
			return query_lexer_fault(&p->lex, p->err,
			    ERR_UNSUPPORTED, "%s is not supported here",
			    *word);
	return query_lexer_fault(
	    &p->lex, p->err, ERR_INVALID, "expected %s", expected);
}

int
query_expect_word(struct query_parser *p, const char *word)
{
	return query_lexer_is_word(&p->lex, word) ? query_advance(p)
						  : query_fault(p, word);
}

int
query_expect_sign(
    struct query_parser *p, const char *sign, const char *quoted)
{
	return query_lexer_is_sign(&p->lex, sign) ? query_advance(p)
						  : query_fault(p, quoted);
}

bool
query_is_call(const struct query_parser *p)
{
	const char *s = p->lex.p;

	if (p->lex.kind != QUERY_NAME)
		return false;
	while (s < p->lex.end && (*s == ' ' || *s == '\t'))
		s++;
	return s < p->lex.end && *s == '(';
}

int
query_refuse_function(struct query_parser *p)
{
	return query_lexer_fault(&p->lex, p->err, ERR_UNSUPPORTED,
	    "the function %.*s is not supported",
	    (int)(p->lex.len < 64 ? p->lex.len : 64), p->lex.start);
}

void
query_path_fini(struct query_path *path)
{
	while (path->n > 0)
		free(path->names[--path->n]);
}

static int
add_name(struct query_parser *p, struct query_path *path, char *name,
    bool is_index)
{
	if (path->n == QUERY_PATH_MAX) {
		free(name);
		return query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
		    "a path has more than %d names", QUERY_PATH_MAX);
	}
	path->is_index[path->n] = is_index;
	path->names[path->n++] = name;
	return query_advance(p);
}

/* The first name, or one behind a dot. */
static int
parse_name(struct query_parser *p, struct query_path *path)
{
	if (p->lex.kind != QUERY_NAME && p->lex.kind != QUERY_QUOTED)
		return query_fault(p, "a name");
	return add_name(
	    p, path, xstrndup(p->lex.start, p->lex.len), false);
}

/* ['name'] or [0]; the bracket has been read. */
static int
parse_bracket(struct query_parser *p, struct query_path *path)
{
	int rc;

	if (p->lex.kind == QUERY_STRING)
		rc = add_name(p, path, xstrdup(p->lex.string), false);
	else if (p->lex.kind == QUERY_NUMBER && p->lex.number <= INDEX_MAX &&
	    p->lex.number == (double)(int64_t)p->lex.number)
		rc = add_name(p, path,
		    xasprintf("%d", (int)p->lex.number), true);
	else
		rc = query_fault(p, "a name in quotes or an index");
	return rc == -1 ? -1 : query_expect_sign(p, "]", "']'");
}

int
query_parse_path(struct query_parser *p, struct query_path *path)
{
	path->at = p->lex.start;
	if (p->lex.kind == QUERY_QUOTED)
		path->at -= strlen("[[");
	if (parse_name(p, path) == -1)
		return -1;
	for (;;) {
		if (query_lexer_is_sign(&p->lex, ".")) {
			if (query_advance(p) == -1 ||
			    parse_name(p, path) == -1)
				return -1;
		} else if (query_lexer_is_sign(&p->lex, "[")) {
			if (query_advance(p) == -1 ||
			    parse_bracket(p, path) == -1)
				return -1;
		} else {
			return 0;
		}
	}
}

static const struct {
	const char *word;
	enum query_literal_kind kind;
} word_literals[] = {
	{ "true",      QUERY_IS_TRUE },
	{ "false",     QUERY_IS_FALSE },
	{ "null",      QUERY_IS_NULL },
	{ "undefined", QUERY_IS_UNDEFINED },
};

#define N_WORD_LITERALS (sizeof(word_literals) / sizeof(word_literals[0]))

static size_t
find_word_literal(const struct query_parser *p)
{
	size_t i;

	for (i = 0; i < N_WORD_LITERALS; i++)
		if (query_lexer_is_word(&p->lex, word_literals[i].word))
			break;
	return i;
}

static bool
is_literal(const struct query_parser *p)
{
	return p->lex.kind == QUERY_STRING || p->lex.kind == QUERY_NUMBER ||
	    find_word_literal(p) < N_WORD_LITERALS;
}

/* A literal, or the minus of a number. */
static int
parse_literal(struct query_parser *p, struct query_literal *literal)
{
	double sign = 1;

	if (query_lexer_is_sign(&p->lex, "-")) {
		sign = -1;
		if (query_advance(p) == -1)
			return -1;
		if (p->lex.kind != QUERY_NUMBER)
			return query_fault(p, "a number");
	}
	if (!is_literal(p))
		return query_fault(
		    p, "a string, a number, true, false or null");
	if (p->lex.kind == QUERY_STRING) {
		literal->kind = QUERY_IS_TEXT;
		literal->text = xstrdup(p->lex.string);
	} else if (p->lex.kind == QUERY_NUMBER) {
		literal->kind = QUERY_IS_NUMBER;
		literal->number = sign * p->lex.number;
	} else {
		literal->kind = word_literals[find_word_literal(p)].kind;
	}
	return query_advance(p);
}

static struct query_node *
node_new(enum query_node_kind kind, const char *at)
{
	struct query_node *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	node->at = at;
	return node;
}

void
query_node_free(struct query_node *node)
{
	size_t i;

	if (node == NULL)
		return;
	query_node_free(node->left);
	query_node_free(node->right);
	query_path_fini(&node->path);
	for (i = 0; i < node->n_literals; i++)
		free(node->literals[i].text);
	free(node->literals);
	free(node);
}

static int
add_literal(struct query_parser *p, struct query_node *node)
{
	node->literals = xreallocarray(
	    node->literals, node->n_literals + 1, sizeof(*node->literals));
	node->literals[node->n_literals] = (struct query_literal){ 0 };
	return parse_literal(p, &node->literals[node->n_literals++]);
}

static const struct {
	const char *name;
	enum query_function function;
	bool has_text; /* a second argument */
} functions[] = {
	{ "IS_DEFINED",   QUERY_IS_DEFINED,        false },
	{ "STARTSWITH",   QUERY_STARTSWITH,        true },
	{ "ENDSWITH",     QUERY_ENDSWITH,          true },
	{ "IS_NULL",      QUERY_IS_NULL_TYPE,      false },
	{ "IS_NUMBER",    QUERY_IS_NUMBER_TYPE,    false },
	{ "IS_STRING",    QUERY_IS_STRING_TYPE,    false },
	{ "IS_BOOL",      QUERY_IS_BOOL_TYPE,      false },
	{ "IS_ARRAY",     QUERY_IS_ARRAY_TYPE,     false },
	{ "IS_OBJECT",    QUERY_IS_OBJECT_TYPE,    false },
	{ "IS_PRIMITIVE", QUERY_IS_PRIMITIVE_TYPE, false },
};

#define N_FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static int
parse_text_argument(struct query_parser *p, struct query_node *node)
{
	if (query_expect_sign(p, ",", "','") == -1)
		return -1;
	if (p->lex.kind != QUERY_STRING)
		return query_fault(p, "a string");
	return add_literal(p, node);
}

static struct query_node *
parse_call(struct query_parser *p)
{
	struct query_node *node = NULL;
	size_t i;

	for (i = 0; i < N_FUNCTIONS; i++)
		if (query_lexer_is_word(&p->lex, functions[i].name))
			break;
	if (i == N_FUNCTIONS) {
		query_refuse_function(p);
		return NULL;
	}
	node = node_new(QUERY_CALL, p->lex.start);
	node->function = functions[i].function;
	if (query_advance(p) == -1 || query_expect_sign(p, "(", "'('") == -1 ||
	    query_parse_path(p, &node->path) == -1 ||
	    (functions[i].has_text && parse_text_argument(p, node) == -1) ||
	    query_expect_sign(p, ")", "')'") == -1) {
		query_node_free(node);
		return NULL;
	}
	return node;
}

static struct query_node *
parse_parenthesis(struct query_parser *p)
{
	struct query_node *node = NULL;

	if (query_advance(p) == -1)
		return NULL;
	node = query_parse_expr(p);
	if (node != NULL && query_expect_sign(p, ")", "')'") == -1) {
		query_node_free(node);
		return NULL;
	}
	return node;
}

/* -1 is a number; -path is 0 - path. */
static struct query_node *parse_primary(struct query_parser *p);

static struct query_node *
parse_minus(struct query_parser *p)
{
	struct query_node *node = node_new(QUERY_ARITHMETIC, p->lex.start);

	node->sign = '-';
	node->left = node_new(QUERY_LITERAL, p->lex.start);
	node->left->literals = xcalloc(1, sizeof(*node->left->literals));
	node->left->literals[0].kind = QUERY_IS_NUMBER;
	node->left->n_literals = 1;
	if (query_advance(p) == -1 ||
	    (node->right = parse_primary(p)) == NULL) {
		query_node_free(node);
		return NULL;
	}
	return node;
}

static bool
is_number_next(const struct query_parser *p)
{
	return p->lex.p < p->lex.end && *p->lex.p >= '0' && *p->lex.p <= '9';
}

static struct query_node *
parse_value(struct query_parser *p)
{
	struct query_node *node;
	int rc;

	if (query_lexer_is_sign(&p->lex, "("))
		return parse_parenthesis(p);
	if (query_is_call(p))
		return parse_call(p);
	if (query_lexer_is_sign(&p->lex, "-") && !is_number_next(p))
		return parse_minus(p);
	if (query_lexer_is_sign(&p->lex, "-") || is_literal(p)) {
		node = node_new(QUERY_LITERAL, p->lex.start);
		rc = add_literal(p, node);
	} else if (p->lex.kind == QUERY_NAME || p->lex.kind == QUERY_QUOTED) {
		node = node_new(QUERY_PATH, p->lex.start);
		rc = query_parse_path(p, &node->path);
	} else {
		query_fault(p, "a path, a value or '('");
		return NULL;
	}
	if (rc == -1) {
		query_node_free(node);
		return NULL;
	}
	return node;
}

static struct query_node *
parse_primary(struct query_parser *p)
{
	struct query_node *node;

	if (++p->n_values > QUERY_VALUES_MAX || p->depth >= QUERY_DEPTH_MAX) {
		query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
		    "more than %d values, or %d conditions in one another",
		    QUERY_VALUES_MAX, QUERY_DEPTH_MAX);
		return NULL;
	}
	p->depth++;
	node = parse_value(p);
	p->depth--;
	return node;
}

/* left and what comes behind the sign or word, which is the token. */
static struct query_node *
join(struct query_parser *p, enum query_node_kind kind,
    struct query_node *left, struct query_node *(*below)(struct query_parser *))
{
	struct query_node *node = node_new(kind, p->lex.start);

	node->left = left;
	if (p->lex.kind == QUERY_SIGN)
		node->sign = *p->lex.start;
	if (query_advance(p) == -1 || (node->right = below(p)) == NULL) {
		query_node_free(node);
		return NULL;
	}
	return node;
}

static bool
is_one_of(const struct query_parser *p, const char *signs)
{
	return p->lex.kind == QUERY_SIGN && p->lex.len == 1 &&
	    strchr(signs, *p->lex.start) != NULL;
}

static struct query_node *
parse_product(struct query_parser *p)
{
	struct query_node *left = parse_primary(p);

	while (left != NULL && is_one_of(p, "*/%"))
		left = join(p, QUERY_ARITHMETIC, left, parse_primary);
	return left;
}

static struct query_node *
parse_sum(struct query_parser *p)
{
	struct query_node *left = parse_product(p);

	while (left != NULL && is_one_of(p, "+-"))
		left = join(p, QUERY_ARITHMETIC, left, parse_product);
	return left;
}

static struct query_node *
negate(struct query_node *node)
{
	struct query_node *not = node_new(QUERY_NOT, node->at);

	not->left = node;
	return not;
}

/* [1, 2]; the IN has been read. */
static int
parse_list(struct query_parser *p, struct query_node *node)
{
	if (query_expect_sign(p, "[", "'['") == -1)
		return -1;
	for (;;) {
		if (add_literal(p, node) == -1)
			return -1;
		if (!query_lexer_is_sign(&p->lex, ","))
			break;
		if (query_advance(p) == -1)
			return -1;
	}
	return query_expect_sign(p, "]", "',' or ']'");
}

/* left [NOT] IN [...], left NIN [...] */
static struct query_node *
parse_in(struct query_parser *p, struct query_node *left)
{
	struct query_node *node = node_new(QUERY_IN, left->at);
	bool is_not = query_lexer_is_word(&p->lex, "NOT");

	node->left = left;
	if (is_not && query_advance(p) == -1)
		goto fail;
	if (is_not && !query_lexer_is_word(&p->lex, "IN")) {
		query_fault(p, "IN");
		goto fail;
	}
	is_not = is_not || query_lexer_is_word(&p->lex, "NIN");
	if (query_advance(p) == -1 || parse_list(p, node) == -1)
		goto fail;
	return is_not ? negate(node) : node;
fail:
	query_node_free(node);
	return NULL;
}

static const struct {
	const char *sign;
	enum query_op op;
} ops[] = {
	{ "=",  QUERY_EQ },
	{ "!=", QUERY_NE },
	{ "<>", QUERY_NE },
	{ "<",  QUERY_LT },
	{ "<=", QUERY_LE },
	{ ">",  QUERY_GT },
	{ ">=", QUERY_GE },
};

#define N_OPS (sizeof(ops) / sizeof(ops[0]))

static struct query_node *
parse_comparison(struct query_parser *p)
{
	struct query_node *left;
	size_t i;

	if (++p->n_terms > QUERY_TERMS_MAX) {
		query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
		    "more than %d conditions", QUERY_TERMS_MAX);
		return NULL;
	}
	left = parse_sum(p);
	if (left == NULL)
		return NULL;
	if (query_lexer_is_word(&p->lex, "IN") ||
	    query_lexer_is_word(&p->lex, "NIN") ||
	    query_lexer_is_word(&p->lex, "NOT"))
		return parse_in(p, left);
	for (i = 0; i < N_OPS; i++)
		if (query_lexer_is_sign(&p->lex, ops[i].sign))
			break;
	if (i == N_OPS)
		return left;
	left = join(p, QUERY_COMPARE, left, parse_sum);
	if (left != NULL)
		left->op = ops[i].op;
	return left;
}

static struct query_node *
parse_not(struct query_parser *p)
{
	struct query_node *node = NULL;

	if (!query_lexer_is_word(&p->lex, "NOT"))
		return parse_comparison(p);
	if (p->depth >= QUERY_DEPTH_MAX) {
		query_lexer_fault(&p->lex, p->err, ERR_LIMIT,
		    "more than %d conditions in one another", QUERY_DEPTH_MAX);
		return NULL;
	}
	p->depth++;
	if (query_advance(p) == 0 && (node = parse_not(p)) != NULL)
		node = negate(node);
	p->depth--;
	return node;
}

static struct query_node *
parse_and(struct query_parser *p)
{
	struct query_node *left = parse_not(p);

	while (left != NULL && query_lexer_is_word(&p->lex, "AND"))
		left = join(p, QUERY_AND, left, parse_not);
	return left;
}

struct query_node *
query_parse_expr(struct query_parser *p)
{
	struct query_node *left = parse_and(p);

	while (left != NULL && query_lexer_is_word(&p->lex, "OR"))
		left = join(p, QUERY_OR, left, parse_and);
	return left;
}
