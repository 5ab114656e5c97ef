#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/query.h"
#include "core/hub/query_parse.h"
#include "core/hub/twins.h"

#define FROM_DEVICES " FROM device JOIN twin ON twin.id = device.id"

/*
 * What a path means.  A comparison with something that is not there is NULL
 * in SQL, and stays so under NOT: such a device is not selected.
 */
enum field_type {
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_BOOL,
	FIELD_JSON,   /* a place in a JSON column; its type is in the data */
	FIELD_SECTION /* a whole section as a service sees it, JSON text */
};

/* Names in the roots are without case, and written as they stand here. */
static const struct root {
	const char *path;
	enum field_type type;
	const char *sql; /* NULL: the hub has it, and queries cannot see it */
} roots[] = {
	{ "deviceId",          FIELD_TEXT,   "device.device_id" },
	{ "status",            FIELD_TEXT,
	    "iif(device.enabled, 'enabled', 'disabled')" },
	{ "statusReason",      FIELD_TEXT,   "device.status_reason" },
	{ "statusUpdateTime",  FIELD_TEXT,   "device.status_updated" },
	{ "connectionState",   FIELD_TEXT,
	    "iif(device.connected, 'Connected', 'Disconnected')" },
	{ "lastActivityTime",  FIELD_TEXT,   "device.last_activity" },
	{ "authenticationType", FIELD_TEXT,  "device.auth_type" },
	{ "modelId",           FIELD_TEXT,   "device.model_id" },
	{ "version",           FIELD_NUMBER, "twin.version" },
	{ "capabilities.iotEdge", FIELD_BOOL, "device.iot_edge" },
	{ "etag",              FIELD_TEXT,   NULL },
	{ "deviceEtag",        FIELD_TEXT,   NULL },
	{ "moduleId",          FIELD_TEXT,   NULL },
	{ "x509Thumbprint",    FIELD_TEXT,   NULL },
	{ "cloudToDeviceMessageCount", FIELD_NUMBER, NULL },
	{ "configurations",    FIELD_TEXT,   NULL },
	{ "properties.desired.$version",  FIELD_NUMBER,
	    "twin.desired_version" },
	{ "properties.reported.$version", FIELD_NUMBER,
	    "twin.reported_version" },
	{ "properties.desired.$metadata",  FIELD_JSON,
	    "twin.desired_metadata" },
	{ "properties.reported.$metadata", FIELD_JSON,
	    "twin.reported_metadata" },
	{ "properties.desired",  FIELD_JSON, "twin.desired" },
	{ "properties.reported", FIELD_JSON, "twin.reported" },
	{ "tags",                FIELD_JSON, "twin.tags" },
};

#define N_ROOTS (sizeof(roots) / sizeof(roots[0]))

/* As twins.c writes them: the members, $metadata and $version. */
#define SECTION_SQL(name) \
	"'{' || iif(twin." name " = '{}', '', substr(twin." name \
	", 2, length(twin." name ") - 2) || ',') || '\"$metadata\":' || " \
	"twin." name "_metadata || ',\"$version\":' || twin." name \
	"_version || '}'"

struct field {
	const struct root *root;
	enum field_type type;
	size_t json_path; /* index of a parameter, from 1; of FIELD_JSON */
};

struct compiler {
	const char *text; /* of the query */
	struct hub_query *query;
	struct strbuf sql;
	struct err *err;
};

static int
fault(struct compiler *c, const struct query_path *path, enum err_code code,
    const char *why)
{
	size_t line = 1, column = 1, i;
	struct strbuf words = { 0 };
	const char *p;

	for (p = c->text; p < path->at; p++) {
		column = *p == '\n' ? 1 : column + 1;
		line += *p == '\n';
	}
	for (i = 0; i < path->n; i++)
		strbuf_printf(
		    &words, "%s%.100s", i > 0 ? "." : "", path->names[i]);
	err_set(c->err, code, "line %zu, column %zu: %.200s %s", line, column,
	    strbuf_str(&words), why);
	strbuf_fini(&words);
	return -1;
}

static size_t
add_value(struct compiler *c, const char *text, double number)
{
	struct hub_query *q = c->query;

	q->values =
	    xreallocarray(q->values, q->n_values + 1, sizeof(*q->values));
	q->values[q->n_values].text = xstrdup(text);
	q->values[q->n_values].number = number;
	return ++q->n_values;
}

/* How many names of the path the root has, or 0 if it is another root. */
static size_t
match_root(const struct root *root, const struct query_path *path)
{
	const char *p = root->path;
	size_t i, len;

	for (i = 0; *p != '\0'; i++) {
		len = strcspn(p, ".");
		if (i == path->n || strlen(path->names[i]) != len ||
		    strncasecmp(path->names[i], p, len) != 0)
			return 0;
		p += len + (p[len] == '.');
	}
	return i;
}

/* SQLite's "$."name".…" cannot say a quote or a backslash. */
static int
add_json_path(struct compiler *c, const struct query_path *path, size_t from,
    size_t *index)
{
	struct strbuf sb = { 0 };
	size_t i;

	strbuf_putc(&sb, '$');
	for (i = from; i < path->n; i++) {
		if (strpbrk(path->names[i], "\"\\") != NULL) {
			strbuf_fini(&sb);
			return fault(c, path, ERR_UNSUPPORTED,
			    "has a quote or backslash in a name, which queries "
			    "cannot reach");
		}
		strbuf_printf(&sb, ".\"%s\"", path->names[i]);
	}
	*index = add_value(c, strbuf_str(&sb), 0);
	strbuf_fini(&sb);
	return 0;
}

static int
resolve(struct compiler *c, const struct query_path *path, struct field *field)
{
	size_t i, n = 0;

	for (i = 0; i < N_ROOTS && n == 0; i++) {
		n = match_root(&roots[i], path);
		field->root = &roots[i];
	}
	if (n == 0)
		return fault(c, path, ERR_INVALID,
		    "is no property of a device: expected deviceId, tags.…, "
		    "properties.desired.…, properties.reported.… or a field "
		    "of the twin");
	if (field->root->sql == NULL)
		return fault(c, path, ERR_UNSUPPORTED,
		    "is not supported in queries");
	field->type = field->root->type;
	if (strcasecmp(field->root->path, "lastActivityTime") == 0)
		c->query->sees_activity = true;
	if (field->type != FIELD_JSON) {
		if (n < path->n)
			return fault(
			    c, path, ERR_INVALID, "has nothing below it");
		return 0;
	}
	if (n == path->n && n == 2) {
		field->type = FIELD_SECTION;
		return 0;
	}
	return add_json_path(c, path, n, &field->json_path);
}

static const char *const op_signs[] = {
	[QUERY_EQ] = "=",
	[QUERY_NE] = "<>",
	[QUERY_LT] = "<",
	[QUERY_LE] = "<=",
	[QUERY_GT] = ">",
	[QUERY_GE] = ">=",
};

/* The JSON types, as json_type() names them, that a literal compares with. */
static const char *const json_types[] = {
	[QUERY_IS_TEXT] = "'text'",
	[QUERY_IS_NUMBER] = "'integer', 'real'",
	[QUERY_IS_TRUE] = "'true'",
	[QUERY_IS_FALSE] = "'false'",
	[QUERY_IS_NULL] = "'null'",
};

static bool
is_plain(const struct query_literal *literal)
{
	return literal->kind == QUERY_IS_TEXT ||
	    literal->kind == QUERY_IS_NUMBER;
}

static void
put_value(struct compiler *c, const struct query_literal *literal)
{
	strbuf_printf(
	    &c->sql, "?%zu", add_value(c, literal->text, literal->number));
}

static void
put_field(struct compiler *c, const struct field *field)
{
	if (field->type == FIELD_JSON)
		strbuf_printf(&c->sql, "json_extract(%s, ?%zu)",
		    field->root->sql, field->json_path);
	else
		strbuf_puts(&c->sql, field->root->sql);
}

static void
put_type_is(
    struct compiler *c, const struct field *field, const char *types, bool not)
{
	strbuf_printf(&c->sql, "json_type(%s, ?%zu)%s IN (%s)",
	    field->root->sql, field->json_path, not ? " NOT" : "", types);
}

/* Other types are unequal, and neither less nor more. */
static void
put_json_comparison(struct compiler *c, const struct field *field,
    enum query_op op, const struct query_literal *literal)
{
	bool not = op == QUERY_NE;

	put_type_is(c, field, json_types[literal->kind], not);
	if (!is_plain(literal))
		return;
	strbuf_puts(&c->sql, not ? " OR " : " AND ");
	put_field(c, field);
	strbuf_printf(&c->sql, " %s ", op_signs[op]);
	put_value(c, literal);
}

/* The type of a column is known: a literal of another type is unequal. */
static void
put_column_comparison(struct compiler *c, const struct field *field,
    enum query_op op, const struct query_literal *literal)
{
	bool fits = (field->type == FIELD_TEXT &&
			literal->kind == QUERY_IS_TEXT) ||
	    (field->type == FIELD_NUMBER &&
		literal->kind == QUERY_IS_NUMBER);

	if (fits) {
		put_field(c, field);
		strbuf_printf(&c->sql, " %s ", op_signs[op]);
		put_value(c, literal);
	} else if (field->type == FIELD_BOOL &&
	    (literal->kind == QUERY_IS_TRUE ||
		literal->kind == QUERY_IS_FALSE)) {
		put_field(c, field);
		strbuf_printf(&c->sql, " %s %d", op_signs[op],
		    literal->kind == QUERY_IS_TRUE);
	} else {
		/* NULL stays NULL, all else is a constant. */
		put_field(c, field);
		strbuf_printf(
		    &c->sql, " IS NULL AND NULL OR %d", op == QUERY_NE);
	}
}

static int
put_comparison(struct compiler *c, const struct query_path *path,
    const struct field *field, enum query_op op,
    const struct query_literal *literal)
{
	if (!is_plain(literal) && op != QUERY_EQ && op != QUERY_NE)
		return fault(c, path, ERR_INVALID,
		    "is compared with true, false or null: only = and != can");
	strbuf_putc(&c->sql, '(');
	if (field->type == FIELD_JSON)
		put_json_comparison(c, field, op, literal);
	else
		put_column_comparison(c, field, op, literal);
	strbuf_putc(&c->sql, ')');
	return 0;
}

/* Literals of one kind in one IN, so that SQLite can use an index. */
static void
put_in_kind(struct compiler *c, const struct query_node *node,
    const struct field *field, enum query_literal_kind kind)
{
	char before = '(';
	size_t i;

	strbuf_putc(&c->sql, '(');
	if (field->type == FIELD_JSON) {
		put_type_is(c, field, json_types[kind], false);
		strbuf_puts(&c->sql, " AND ");
	}
	put_field(c, field);
	strbuf_puts(&c->sql, " IN ");
	for (i = 0; i < node->n_literals; i++) {
		if (node->literals[i].kind != kind)
			continue;
		strbuf_putc(&c->sql, before);
		put_value(c, &node->literals[i]);
		before = ',';
	}
	strbuf_puts(&c->sql, "))");
}

static int
put_in(struct compiler *c, const struct query_node *node,
    const struct field *field)
{
	bool has_kind[QUERY_IS_NULL + 1] = { false };
	const char *before = "(";
	size_t i;

	for (i = 0; i < node->n_literals; i++) {
		const struct query_literal *literal = &node->literals[i];
		bool is_alone = !is_plain(literal) ||
		    (field->type != FIELD_JSON &&
			field->type !=
			    (literal->kind == QUERY_IS_TEXT ? FIELD_TEXT
							    : FIELD_NUMBER));

		if (has_kind[literal->kind])
			continue;
		has_kind[literal->kind] = true;
		strbuf_puts(&c->sql, before);
		if (!is_alone)
			put_in_kind(c, node, field, literal->kind);
		else if (put_comparison(c, &node->path, field, QUERY_EQ,
			     literal) == -1)
			return -1;
		before = " OR ";
	}
	strbuf_putc(&c->sql, ')');
	return 0;
}

static int
put_text_function(struct compiler *c, const struct query_node *node,
    const struct field *field)
{
	size_t value = add_value(c, node->literals[0].text, 0);

	if (field->type != FIELD_JSON && field->type != FIELD_TEXT)
		return fault(c, &node->path, ERR_INVALID, "is no text");
	strbuf_putc(&c->sql, '(');
	if (field->type == FIELD_JSON) {
		put_type_is(c, field, json_types[QUERY_IS_TEXT], false);
		strbuf_puts(&c->sql, " AND ");
	}
	strbuf_puts(&c->sql, "substr(");
	put_field(c, field);
	/* The last 0 characters would be all of them. */
	if (node->kind == QUERY_STARTSWITH)
		strbuf_printf(
		    &c->sql, ", 1, length(?%zu)) = ?%zu)", value, value);
	else
		strbuf_printf(&c->sql,
		    ", -length(?%zu), length(?%zu)) = ?%zu)", value, value,
		    value);
	return 0;
}

static void
put_is_defined(struct compiler *c, const struct field *field)
{
	if (field->type == FIELD_SECTION)
		strbuf_puts(&c->sql, "1");
	else if (field->type != FIELD_JSON)
		strbuf_printf(&c->sql, "(%s IS NOT NULL)", field->root->sql);
	else
		/* Tags are not there while they are empty. */
		strbuf_printf(&c->sql,
		    "(json_type(%s, ?%zu) IS NOT NULL AND %s <> '{}')",
		    field->root->sql, field->json_path, field->root->sql);
}

static int
put_leaf(struct compiler *c, const struct query_node *node)
{
	struct field field = { 0 };

	if (resolve(c, &node->path, &field) == -1)
		return -1;
	if (node->kind == QUERY_IS_DEFINED) {
		put_is_defined(c, &field);
		return 0;
	}
	if (field.type == FIELD_SECTION)
		return fault(c, &node->path, ERR_INVALID,
		    "is an object: only a property in it can be compared");
	if (node->kind == QUERY_COMPARE)
		return put_comparison(
		    c, &node->path, &field, node->op, &node->literals[0]);
	if (node->kind == QUERY_IN)
		return put_in(c, node, &field);
	return put_text_function(c, node, &field);
}

static int put_node(struct compiler *c, const struct query_node *node);

/* Left by left, without parentheses: SQLite's parser can take few of them. */
static int
put_chain(struct compiler *c, const struct query_node *node,
    enum query_node_kind kind)
{
	if (node->kind != kind)
		return put_node(c, node);
	if (put_chain(c, node->left, kind) == -1)
		return -1;
	strbuf_puts(&c->sql, kind == QUERY_AND ? " AND " : " OR ");
	return put_node(c, node->right);
}

static int
put_node(struct compiler *c, const struct query_node *node)
{
	int rc;

	if (node->kind != QUERY_AND && node->kind != QUERY_OR &&
	    node->kind != QUERY_NOT)
		return put_leaf(c, node);
	if (node->kind == QUERY_NOT) {
		strbuf_puts(&c->sql, "NOT ");
		return put_node(c, node->left);
	}
	strbuf_putc(&c->sql, '(');
	rc = put_chain(c, node, node->kind);
	strbuf_putc(&c->sql, ')');
	return rc;
}

/* Each selected column is JSON text, or NULL where there is nothing. */
static int
put_item(struct compiler *c, const struct query_item *item)
{
	const char *sql, *last;
	struct field field = { 0 };

	if (resolve(c, &item->path, &field) == -1)
		return -1;
	sql = field.root->sql;
	strbuf_puts(&c->sql, ", ");
	switch (field.type) {
	case FIELD_SECTION:
		strbuf_puts(&c->sql,
		    strstr(sql, "desired") != NULL ? SECTION_SQL("desired")
						   : SECTION_SQL("reported"));
		break;
	case FIELD_JSON:
		/* Empty tags are left out, as in a whole twin. */
		strbuf_printf(&c->sql,
		    item->path.n == 1 ? "nullif(%s -> ?%zu, '{}')"
				      : "%s -> ?%zu",
		    sql, field.json_path);
		break;
	case FIELD_BOOL:
		strbuf_printf(&c->sql, "iif(%s, 'true', 'false')", sql);
		break;
	default:
		strbuf_printf(&c->sql,
		    "iif(%s IS NULL, NULL, json_quote(%s))", sql, sql);
		break;
	}
	last = strrchr(field.root->path, '.');
	last = last != NULL ? last + 1 : field.root->path;
	/* A root is written as IoT Hub writes it, however it was asked for. */
	if (field.type == FIELD_JSON)
		last = item->path.names[item->path.n - 1];
	c->query->names[c->query->n_names++] =
	    xstrdup(item->alias != NULL ? item->alias : last);
	return 0;
}

static int
put_items(struct compiler *c, const struct query_tree *tree)
{
	size_t i;

	c->query->names =
	    xcalloc(tree->n_items, sizeof(*c->query->names));
	if (tree->items[0].is_count && tree->n_items == 1) {
		if (tree->items[0].alias == NULL)
			return err_set(c->err, ERR_UNSUPPORTED,
			    "COUNT() needs a name here: COUNT() AS name");
		c->query->is_count = true;
		c->query->names[c->query->n_names++] =
		    xstrdup(tree->items[0].alias);
		strbuf_puts(&c->sql, "count(*)");
		return 0;
	}
	strbuf_puts(&c->sql, "device.device_id");
	for (i = 0; i < tree->n_items; i++) {
		if (tree->items[i].is_count)
			return err_set(c->err, ERR_UNSUPPORTED,
			    "COUNT() beside other items is not supported");
		if (put_item(c, &tree->items[i]) == -1)
			return -1;
	}
	return 0;
}

static int
compile(struct compiler *c, const struct query_tree *tree)
{
	struct hub_query *q = c->query;

	q->top = tree->top;
	q->is_twins = tree->is_star;
	strbuf_puts(&c->sql, "SELECT ");
	if (tree->is_star)
		strbuf_puts(&c->sql, HUB_TWINS_COLUMNS);
	else if (put_items(c, tree) == -1)
		return -1;
	strbuf_puts(&c->sql, FROM_DEVICES " WHERE ");
	if (tree->where == NULL)
		strbuf_puts(&c->sql, "1");
	else if (put_node(c, tree->where) == -1)
		return -1;
	strbuf_printf(&c->sql, " AND device.device_id > ?%zu",
	    q->n_values + 1);
	if (!q->is_count)
		strbuf_puts(&c->sql, " ORDER BY device.device_id");
	strbuf_printf(&c->sql, " LIMIT ?%zu", q->n_values + 2);
	q->sql = strbuf_take(&c->sql);
	return 0;
}

int
hub_query_compile(
    const char *text, size_t len, struct hub_query *query, struct err *err)
{
	struct compiler c = { .text = text, .query = query, .err = err };
	struct query_tree *tree;
	int rc = -1;

	*query = (struct hub_query){ 0 };
	if (len > HUB_QUERY_TEXT_MAX)
		return err_set(err, ERR_LIMIT,
		    "a query may have %zu bytes at most", HUB_QUERY_TEXT_MAX);
	tree = xcalloc(1, sizeof(*tree));
	if (query_parse(text, len, tree, err) == 0)
		rc = compile(&c, tree);
	query_tree_fini(tree);
	free(tree);
	strbuf_fini(&c.sql);
	if (rc == -1)
		hub_query_fini(query);
	return rc;
}

void
hub_query_fini(struct hub_query *query)
{
	while (query->n_values > 0)
		free(query->values[--query->n_values].text);
	while (query->n_names > 0)
		free(query->names[--query->n_names]);
	free(query->values);
	free(query->names);
	free(query->sql);
	*query = (struct hub_query){ 0 };
}
