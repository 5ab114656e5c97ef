#include "config.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/hub/query.h"
#include "core/hub/query_sql.h"

static const char *const op_signs[] = {
	[QUERY_EQ] = "=",
	[QUERY_NE] = "<>",
	[QUERY_LT] = "<",
	[QUERY_LE] = "<=",
	[QUERY_GT] = ">",
	[QUERY_GE] = ">=",
};

/* With the sides exchanged. */
static const enum query_op mirrored[] = {
	[QUERY_EQ] = QUERY_EQ,
	[QUERY_NE] = QUERY_NE,
	[QUERY_LT] = QUERY_GT,
	[QUERY_LE] = QUERY_GE,
	[QUERY_GT] = QUERY_LT,
	[QUERY_GE] = QUERY_LE,
};

/* The JSON types, as json_type() names them, that a literal compares with. */
static const char *const json_types[] = {
	[QUERY_IS_TEXT] = "'text'",
	[QUERY_IS_NUMBER] = "'integer', 'real'",
	[QUERY_IS_TRUE] = "'true'",
	[QUERY_IS_FALSE] = "'false'",
	[QUERY_IS_NULL] = "'null'",
	[QUERY_IS_UNDEFINED] = "NULL",
};

static bool
is_plain(const struct query_literal *literal)
{
	return literal->kind == QUERY_IS_TEXT ||
	    literal->kind == QUERY_IS_NUMBER;
}

static void
put_literal(struct query_compiler *c, const struct query_literal *literal)
{
	strbuf_printf(&c->sql, "?%zu",
	    query_add_value(c, literal->text, literal->number));
}

/*
 * Other types are unequal, and neither less nor more.  The value is looked at
 * first: of most rows that is all.
 */
static void
put_json_comparison(struct query_compiler *c, const struct query_field *field,
    enum query_op op, const struct query_literal *literal)
{
	bool not = op == QUERY_NE;

	if (is_plain(literal) && !not) {
		query_put_value(&c->sql, field);
		strbuf_printf(&c->sql, " %s ", op_signs[op]);
		put_literal(c, literal);
		strbuf_puts(&c->sql, " AND ");
	}
	query_put_type_is(&c->sql, field, json_types[literal->kind], not);
	if (is_plain(literal) && not) {
		strbuf_puts(&c->sql, " OR ");
		query_put_value(&c->sql, field);
		strbuf_puts(&c->sql, " <> ");
		put_literal(c, literal);
	}
}

/* One of two texts, by the column behind it. */
static void
put_flag_comparison(struct query_compiler *c, const struct query_flag *flag,
    enum query_op op, const char *text)
{
	int i;

	for (i = 0; i < 2; i++)
		if (strcmp(text, flag->texts[i]) == 0)
			break;
	if (i == 2)
		strbuf_puts(&c->sql, op == QUERY_NE ? "1" : "0");
	else
		strbuf_printf(&c->sql, "%s = %d", flag->column,
		    op == QUERY_NE ? !i : i);
}

/* The type of a column is known: a literal of another type is unequal. */
static void
put_column_comparison(struct query_compiler *c,
    const struct query_field *field, enum query_op op,
    const struct query_literal *literal)
{
	const struct query_flag *flag = query_flag_of(field);
	bool fits = (field->type == QUERY_FIELD_TEXT &&
			literal->kind == QUERY_IS_TEXT) ||
	    (field->type == QUERY_FIELD_NUMBER &&
		literal->kind == QUERY_IS_NUMBER);

	if (flag != NULL && fits && (op == QUERY_EQ || op == QUERY_NE)) {
		put_flag_comparison(c, flag, op, literal->text);
		return;
	}
	query_put_value(&c->sql, field);
	if (fits) {
		strbuf_printf(&c->sql, " %s ", op_signs[op]);
		put_literal(c, literal);
	} else if (field->type == QUERY_FIELD_BOOL &&
	    (literal->kind == QUERY_IS_TRUE ||
		literal->kind == QUERY_IS_FALSE)) {
		strbuf_printf(&c->sql, " %s %d", op_signs[op],
		    literal->kind == QUERY_IS_TRUE);
	} else if (literal->kind == QUERY_IS_UNDEFINED) {
		strbuf_puts(&c->sql, " IS NULL AND NULL");
	} else {
		/* NULL stays NULL, all else is a constant. */
		strbuf_printf(
		    &c->sql, " IS NULL AND NULL OR %d", op == QUERY_NE);
	}
}

static int
resolve_value(struct query_compiler *c, const struct query_path *path,
    struct query_field *field)
{
	if (query_resolve(c, path, field) == -1)
		return -1;
	if (field->type == QUERY_FIELD_SECTION)
		return query_compiler_refuse(c, path, ERR_INVALID,
		    "is an object: only a property in it can be compared");
	return 0;
}

static int
check_order(struct query_compiler *c, const struct query_node *value,
    enum query_op op, const struct query_literal *literal)
{
	if (is_plain(literal) || literal->kind == QUERY_IS_UNDEFINED ||
	    op == QUERY_EQ || op == QUERY_NE)
		return 0;
	if (value->kind == QUERY_PATH)
		return query_compiler_refuse(c, &value->path, ERR_INVALID,
		    "is compared with true, false or null: only = and != can");
	return query_compiler_fault(c, value->at, ERR_INVALID,
	    "a value is compared with true, false or null: only = and != can");
}

/* A path and a literal: the case that an index may help. */
static int
put_field_comparison(struct query_compiler *c, const struct query_node *value,
    enum query_op op, const struct query_literal *literal)
{
	struct query_field field;

	if (resolve_value(c, &value->path, &field) == -1 ||
	    check_order(c, value, op, literal) == -1)
		return -1;
	strbuf_putc(&c->sql, '(');
	if (field.type == QUERY_FIELD_JSON)
		put_json_comparison(c, &field, op, literal);
	else
		put_column_comparison(c, &field, op, literal);
	strbuf_putc(&c->sql, ')');
	return 0;
}

/*
 * A value of which only the data say what it is: its class is 'n'umber,
 * 't'ext, 'b'oolean, 'z' null, 'o'bject or array, NULL while undefined.
 */
struct operand {
	struct strbuf class;
	struct strbuf value;
};

static void
operand_fini(struct operand *operand)
{
	strbuf_fini(&operand->class);
	strbuf_fini(&operand->value);
}

static void
make_literal(struct query_compiler *c, const struct query_literal *literal,
    struct operand *out)
{
	static const char *const classes[] = {
		[QUERY_IS_TEXT] = "'t'",
		[QUERY_IS_NUMBER] = "'n'",
		[QUERY_IS_TRUE] = "'b'",
		[QUERY_IS_FALSE] = "'b'",
		[QUERY_IS_NULL] = "'z'",
		[QUERY_IS_UNDEFINED] = "NULL",
	};

	strbuf_puts(&out->class, classes[literal->kind]);
	if (is_plain(literal))
		strbuf_printf(&out->value, "?%zu",
		    query_add_value(c, literal->text, literal->number));
	else
		strbuf_puts(&out->value,
		    literal->kind == QUERY_IS_TRUE	? "1"
			: literal->kind == QUERY_IS_FALSE ? "0"
							  : "NULL");
}

static void
make_field(const struct query_field *field, struct operand *out)
{
	static const char class_of[] = {
		[QUERY_FIELD_TEXT] = 't',
		[QUERY_FIELD_NUMBER] = 'n',
		[QUERY_FIELD_BOOL] = 'b',
	};

	query_put_value(&out->value, field);
	if (field->type == QUERY_FIELD_JSON)
		strbuf_printf(&out->class,
		    "CASE json_type(%s, ?%zu) WHEN 'integer' THEN 'n' "
		    "WHEN 'real' THEN 'n' WHEN 'text' THEN 't' "
		    "WHEN 'true' THEN 'b' WHEN 'false' THEN 'b' "
		    "WHEN 'null' THEN 'z' WHEN 'array' THEN 'o' "
		    "WHEN 'object' THEN 'o' END",
		    field->root->sql, field->json_path);
	else
		strbuf_printf(&out->class, "iif(%s IS NULL, NULL, '%c')",
		    field->root->sql, class_of[field->type]);
}

static int put_number(struct query_compiler *c, const struct query_node *node,
    struct strbuf *out);

/* A sum needs parentheses in a product; SQLite's parser takes few of them. */
static int
put_factor(struct query_compiler *c, const struct query_node *node,
    bool is_product, bool is_right, struct strbuf *out)
{
	bool is_sum = node->kind == QUERY_ARITHMETIC &&
	    (node->sign == '+' || node->sign == '-');
	bool parens = node->kind == QUERY_ARITHMETIC &&
	    (is_right || (is_product && is_sum));
	int rc;

	if (parens)
		strbuf_putc(out, '(');
	rc = put_number(c, node, out);
	if (parens)
		strbuf_putc(out, ')');
	return rc;
}

/* What is no number is NULL, and so is all that is reckoned with it. */
static int
put_number(struct query_compiler *c, const struct query_node *node,
    struct strbuf *out)
{
	struct query_field field;
	bool is_product = node->sign != '+' && node->sign != '-';

	if (node->kind == QUERY_ARITHMETIC) {
		if (put_factor(c, node->left, is_product, false, out) == -1)
			return -1;
		strbuf_printf(out, node->sign == '/' ? " * 1.0 %c " : " %c ",
		    node->sign);
		return put_factor(c, node->right, is_product, true, out);
	}
	if (node->kind == QUERY_LITERAL &&
	    node->literals[0].kind == QUERY_IS_NUMBER) {
		strbuf_printf(out, "?%zu",
		    query_add_value(c, NULL, node->literals[0].number));
		return 0;
	}
	if (node->kind != QUERY_PATH)
		return query_compiler_fault(c, node->at, ERR_INVALID,
		    "arithmetic takes numbers and paths only");
	if (resolve_value(c, &node->path, &field) == -1)
		return -1;
	if (field.type == QUERY_FIELD_JSON) {
		strbuf_puts(out, "CASE WHEN ");
		query_put_type_is(
		    out, &field, json_types[QUERY_IS_NUMBER], false);
		strbuf_puts(out, " THEN ");
		query_put_value(out, &field);
		strbuf_puts(out, " END");
	} else if (field.type == QUERY_FIELD_NUMBER) {
		query_put_value(out, &field);
	} else {
		return query_compiler_refuse(
		    c, &node->path, ERR_INVALID, "is no number");
	}
	return 0;
}

static int
make_operand(struct query_compiler *c, const struct query_node *node,
    struct operand *out)
{
	struct query_field field;

	switch (node->kind) {
	case QUERY_LITERAL:
		make_literal(c, &node->literals[0], out);
		return 0;
	case QUERY_PATH:
		if (resolve_value(c, &node->path, &field) == -1)
			return -1;
		make_field(&field, out);
		return 0;
	case QUERY_ARITHMETIC:
		strbuf_putc(&out->value, '(');
		if (put_number(c, node, &out->value) == -1)
			return -1;
		strbuf_putc(&out->value, ')');
		strbuf_printf(&out->class, "iif(%s IS NULL, NULL, 'n')",
		    strbuf_str(&out->value));
		return 0;
	default:
		return query_compiler_fault(c, node->at, ERR_INVALID,
		    "a condition stands where a value was expected");
	}
}

/* Any two values; NULL when one of them is not there. */
static int
put_comparison(struct query_compiler *c, const struct query_node *node)
{
	struct operand a = { { 0 }, { 0 } }, b = { { 0 }, { 0 } };
	bool is_equality = node->op == QUERY_EQ || node->op == QUERY_NE;
	const char *ca, *cb;
	int rc = -1;

	if (make_operand(c, node->left, &a) == -1 ||
	    make_operand(c, node->right, &b) == -1)
		goto out;
	ca = strbuf_str(&a.class);
	cb = strbuf_str(&b.class);
	strbuf_printf(&c->sql,
	    "CASE WHEN %s IS NULL OR %s IS NULL THEN NULL "
	    "WHEN %s <> %s THEN %d WHEN %s IN (%s) THEN %s %s %s "
	    "WHEN %s = 'z' THEN %d ELSE 0 END",
	    ca, cb, ca, cb, node->op == QUERY_NE, ca,
	    is_equality ? "'n', 't', 'b'" : "'n', 't'", strbuf_str(&a.value),
	    op_signs[node->op], strbuf_str(&b.value), ca,
	    node->op == QUERY_EQ);
	rc = 0;
out:
	operand_fini(&a);
	operand_fini(&b);
	return rc;
}

static int
put_compare(struct query_compiler *c, const struct query_node *node)
{
	const struct query_node *left = node->left, *right = node->right;

	if (left->kind == QUERY_PATH && right->kind == QUERY_LITERAL)
		return put_field_comparison(
		    c, left, node->op, &right->literals[0]);
	if (left->kind == QUERY_LITERAL && right->kind == QUERY_PATH)
		return put_field_comparison(
		    c, right, mirrored[node->op], &left->literals[0]);
	return put_comparison(c, node);
}

/* Literals of one kind in one IN, so that SQLite can use an index. */
static void
put_in_kind(struct query_compiler *c, const struct query_node *node,
    const struct query_field *field, enum query_literal_kind kind)
{
	char before = '(';
	size_t i;

	strbuf_putc(&c->sql, '(');
	if (field->type == QUERY_FIELD_JSON) {
		query_put_type_is(&c->sql, field, json_types[kind], false);
		strbuf_puts(&c->sql, " AND ");
	}
	query_put_value(&c->sql, field);
	strbuf_puts(&c->sql, " IN ");
	for (i = 0; i < node->n_literals; i++) {
		if (node->literals[i].kind != kind)
			continue;
		strbuf_putc(&c->sql, before);
		put_literal(c, &node->literals[i]);
		before = ',';
	}
	strbuf_puts(&c->sql, "))");
}

static bool
stands_alone(
    const struct query_field *field, const struct query_literal *literal)
{
	enum query_field_type type = literal->kind == QUERY_IS_TEXT
	    ? QUERY_FIELD_TEXT
	    : QUERY_FIELD_NUMBER;

	return !is_plain(literal) ||
	    (field->type != QUERY_FIELD_JSON && field->type != type);
}

static int
put_in(struct query_compiler *c, const struct query_node *node)
{
	bool has_kind[QUERY_LITERAL_KINDS] = { false };
	const char *before = "(";
	struct query_field field;
	size_t i;

	if (node->left->kind != QUERY_PATH)
		return query_compiler_fault(c, node->at, ERR_INVALID,
		    "expected a path before IN");
	if (resolve_value(c, &node->left->path, &field) == -1)
		return -1;
	for (i = 0; i < node->n_literals; i++) {
		const struct query_literal *literal = &node->literals[i];

		if (has_kind[literal->kind])
			continue;
		has_kind[literal->kind] = true;
		strbuf_puts(&c->sql, before);
		if (!stands_alone(&field, literal))
			put_in_kind(c, node, &field, literal->kind);
		else if (put_field_comparison(
			     c, node->left, QUERY_EQ, literal) == -1)
			return -1;
		before = " OR ";
	}
	strbuf_putc(&c->sql, ')');
	return 0;
}

static int
put_text_call(struct query_compiler *c, const struct query_node *node,
    const struct query_field *field)
{
	size_t value = query_add_value(c, node->literals[0].text, 0);

	if (field->type != QUERY_FIELD_JSON && field->type != QUERY_FIELD_TEXT)
		return query_compiler_refuse(
		    c, &node->path, ERR_INVALID, "is no text");
	strbuf_putc(&c->sql, '(');
	if (field->type == QUERY_FIELD_JSON) {
		query_put_type_is(
		    &c->sql, field, json_types[QUERY_IS_TEXT], false);
		strbuf_puts(&c->sql, " AND ");
	}
	strbuf_puts(&c->sql, "substr(");
	query_put_value(&c->sql, field);
	/* The last 0 characters would be all of them. */
	if (node->function == QUERY_STARTSWITH)
		strbuf_printf(
		    &c->sql, ", 1, length(?%zu)) = ?%zu)", value, value);
	else
		strbuf_printf(&c->sql,
		    ", -length(?%zu), length(?%zu)) = ?%zu)", value, value,
		    value);
	return 0;
}

static void
put_is_defined(struct query_compiler *c, const struct query_field *field)
{
	if (field->type == QUERY_FIELD_SECTION)
		strbuf_puts(&c->sql, "1");
	else if (field->type != QUERY_FIELD_JSON)
		strbuf_printf(&c->sql, "(%s IS NOT NULL)", field->root->sql);
	else
		/* Tags are not there while they are empty. */
		strbuf_printf(&c->sql,
		    "(json_type(%s, ?%zu) IS NOT NULL AND %s <> '{}')",
		    field->root->sql, field->json_path, field->root->sql);
}

/* What IS_… asks for: types of JSON, and those of columns by their bits. */
static const struct {
	const char *json;
	unsigned columns;
} asked_types[] = {
	[QUERY_IS_NULL_TYPE] = { "'null'", 0 },
	[QUERY_IS_NUMBER_TYPE] = { "'integer', 'real'",
	    1u << QUERY_FIELD_NUMBER },
	[QUERY_IS_STRING_TYPE] = { "'text'", 1u << QUERY_FIELD_TEXT },
	[QUERY_IS_BOOL_TYPE] = { "'true', 'false'", 1u << QUERY_FIELD_BOOL },
	[QUERY_IS_ARRAY_TYPE] = { "'array'", 0 },
	[QUERY_IS_OBJECT_TYPE] = { "'object'", 1u << QUERY_FIELD_SECTION },
	[QUERY_IS_PRIMITIVE_TYPE] = {
	    "'null', 'integer', 'real', 'text', 'true', 'false'",
	    1u << QUERY_FIELD_NUMBER | 1u << QUERY_FIELD_TEXT |
		1u << QUERY_FIELD_BOOL },
};

/* Never NULL: what is not there is of no type. */
static void
put_is_type(struct query_compiler *c, enum query_function function,
    const struct query_field *field)
{
	bool has = (asked_types[function].columns >> field->type & 1u) != 0;

	if (field->type == QUERY_FIELD_JSON) {
		strbuf_puts(&c->sql, "ifnull(");
		query_put_type_is(
		    &c->sql, field, asked_types[function].json, false);
		strbuf_puts(&c->sql, ", 0)");
	} else if (has && field->type != QUERY_FIELD_SECTION) {
		strbuf_printf(&c->sql, "(%s IS NOT NULL)", field->root->sql);
	} else {
		strbuf_puts(&c->sql, has ? "1" : "0");
	}
}

static int
put_call(struct query_compiler *c, const struct query_node *node)
{
	struct query_field field;

	if (query_resolve(c, &node->path, &field) == -1)
		return -1;
	switch (node->function) {
	case QUERY_IS_DEFINED:
		put_is_defined(c, &field);
		return 0;
	case QUERY_STARTSWITH:
	case QUERY_ENDSWITH:
		return put_text_call(c, node, &field);
	default:
		put_is_type(c, node->function, &field);
		return 0;
	}
}

/* A value alone: true is a condition, and what is not boolean is false.  What
 * is undefined stays so below NOT. */
static int
put_truth(struct query_compiler *c, const struct query_node *node)
{
	struct query_field field;

	if (node->kind == QUERY_LITERAL) {
		strbuf_puts(&c->sql,
		    node->literals[0].kind == QUERY_IS_TRUE	      ? "1"
			: node->literals[0].kind == QUERY_IS_UNDEFINED ? "NULL"
								       : "0");
		return 0;
	}
	if (node->kind == QUERY_ARITHMETIC)
		return query_compiler_fault(c, node->at, ERR_INVALID,
		    "a number stands where a condition was expected");
	if (query_resolve(c, &node->path, &field) == -1)
		return -1;
	if (field.type == QUERY_FIELD_JSON)
		query_put_type_is(&c->sql, &field, "'true'", false);
	else
		strbuf_puts(&c->sql,
		    field.type == QUERY_FIELD_BOOL ? field.root->sql : "0");
	return 0;
}

/* Left by left, without parentheses: SQLite's parser can take few of them. */
static int
put_chain(struct query_compiler *c, const struct query_node *node,
    enum query_node_kind kind)
{
	if (node->kind != kind)
		return query_put_condition(c, node);
	if (put_chain(c, node->left, kind) == -1)
		return -1;
	strbuf_puts(&c->sql, kind == QUERY_AND ? " AND " : " OR ");
	return query_put_condition(c, node->right);
}

int
query_put_condition(struct query_compiler *c, const struct query_node *node)
{
	int rc;

	switch (node->kind) {
	case QUERY_AND:
	case QUERY_OR:
		strbuf_putc(&c->sql, '(');
		rc = put_chain(c, node, node->kind);
		strbuf_putc(&c->sql, ')');
		return rc;
	case QUERY_NOT:
		strbuf_puts(&c->sql, "NOT ");
		return query_put_condition(c, node->left);
	case QUERY_COMPARE:
		return put_compare(c, node);
	case QUERY_IN:
		return put_in(c, node);
	case QUERY_CALL:
		return put_call(c, node);
	default:
		return put_truth(c, node);
	}
}

static bool
is_section(const struct query_field *field)
{
	const char *sql = field->root->sql;

	return field->type == QUERY_FIELD_JSON && sql != NULL &&
	    (strcmp(sql, "twin.tags") == 0 || strcmp(sql, "twin.desired") == 0 ||
		strcmp(sql, "twin.reported") == 0);
}

static int
put_one_search(struct query_compiler *c, const struct query_node *path,
    const struct query_node *literal, struct strbuf *out)
{
	struct strbuf text = { 0 };
	struct query_field field;

	if (path->kind != QUERY_PATH || literal->kind != QUERY_LITERAL ||
	    literal->literals[0].kind != QUERY_IS_TEXT)
		return 0;
	if (query_resolve(c, &path->path, &field) == -1)
		return -1;
	if (!is_section(&field) || field.indexed != NULL)
		return 0;
	json_put_string(&text, literal->literals[0].text);
	strbuf_printf(out, "instr(%s, ?%zu) > 0 AND ", field.root->sql,
	    query_add_value(c, strbuf_str(&text), 0));
	strbuf_fini(&text);
	return 0;
}

static bool
is_indexed_pair(struct query_compiler *c, const struct query_node *path,
    const struct query_node *literal)
{
	struct query_field field;

	return path->kind == QUERY_PATH && literal->kind == QUERY_LITERAL &&
	    is_plain(&literal->literals[0]) &&
	    query_resolve(c, &path->path, &field) == 0 &&
	    field.type == QUERY_FIELD_JSON && field.indexed != NULL;
}

bool
query_is_indexed(struct query_compiler *c, const struct query_node *node)
{
	if (node->kind == QUERY_AND)
		return query_is_indexed(c, node->left) ||
		    query_is_indexed(c, node->right);
	return node->kind == QUERY_COMPARE && node->op == QUERY_EQ &&
	    (is_indexed_pair(c, node->left, node->right) ||
		is_indexed_pair(c, node->right, node->left));
}

/* Not below OR and NOT: there "false" and "undefined" are two things. */
int
query_put_search(struct query_compiler *c, const struct query_node *node,
    struct strbuf *out)
{
	if (node->kind == QUERY_AND)
		return query_put_search(c, node->left, out) == -1
		    ? -1
		    : query_put_search(c, node->right, out);
	if (node->kind != QUERY_COMPARE || node->op != QUERY_EQ)
		return 0;
	return put_one_search(c, node->left, node->right, out) == -1
	    ? -1
	    : put_one_search(c, node->right, node->left, out);
}
