#include "config.h"

#include "core/hub/query_sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/xalloc.h"
#include "core/hub/job_records.h"
#include "core/hub/query.h"
#include "core/hub/twins.h"

/* key is what pages are ordered by; first stands before all of it. */
static const struct {
	const char *columns; /* of SELECT * */
	const char *from;
	const char *key;
	const char *first;
	const char *item_type;
} sources[] = {
	[QUERY_DEVICES] = { HUB_TWINS_COLUMNS,
	    " FROM device JOIN twin ON twin.id = device.id WHERE ",
	    "device.device_id", "", "Twin" },
	/* The same columns in tables of their own, under the same names. */
	[QUERY_MODULES] = { HUB_TWINS_COLUMNS,
	    " FROM module AS device JOIN module_twin AS twin"
	    " ON twin.id = device.id WHERE ",
	    "device.device_id", "", "Twin" },
	[QUERY_JOBS] = { HUB_JOB_RECORD_COLUMNS,
	    " FROM device_job JOIN job ON job.id = device_job.job WHERE ",
	    "device_job.id", "0", "DeviceJob" },
};

/* A table is not read for what stands in the other. */
#define FROM_DEVICE " FROM device WHERE "
#define FROM_TWIN " FROM twin WHERE "

/* Where nothing is named; of the aggregate's path otherwise. */
static const char *const functions[] = {
	[QUERY_COUNT] = "count",
	[QUERY_AVG] = "avg",
	[QUERY_SUM] = "sum",
	[QUERY_MIN] = "min",
	[QUERY_MAX] = "max",
};

/*
 * Pages go by the id of a device, where an index would have to be sorted for
 * that, of all that it finds, they go by its row.
 */
#define ROW_KEY "twin.id"
#define ROW_FIRST "0"

static const char *
key_of(const struct query_compiler *c)
{
	return c->query->is_by_row ? ROW_KEY : sources[c->source].key;
}

static void
add_name(struct query_compiler *c, const struct query_item *item,
    const char *name)
{
	struct hub_query *q = c->query;

	q->names[q->n_names++] =
	    xstrdup(item->alias != NULL ? item->alias : name);
}

/* What has neither an alias nor a path is $1, $2 …, as in Cosmos DB. */
static size_t
n_unnamed(const struct query_compiler *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->query->n_names; i++)
		n += c->query->names[i][0] == '$';
	return n;
}

/* Numbers count for all of them, and texts have a least and a greatest. */
static int
put_aggregate(struct query_compiler *c, const struct query_item *item)
{
	bool takes_text = item->aggregate == QUERY_MIN ||
	    item->aggregate == QUERY_MAX;
	struct query_field field;
	char unnamed[24];

	strbuf_puts(&c->sql, ", ");
	if (item->aggregate == QUERY_COUNT) {
		strbuf_puts(&c->sql, "count(*)");
		snprintf(unnamed, sizeof(unnamed), "$%zu", n_unnamed(c) + 1);
		add_name(c, item, unnamed);
		return 0;
	}
	if (query_resolve(c, &item->path, &field) == -1)
		return -1;
	if (field.type == QUERY_FIELD_SECTION ||
	    field.type == QUERY_FIELD_BOOL ||
	    (field.type == QUERY_FIELD_TEXT && !takes_text))
		return query_compiler_refuse(
		    c, &item->path, ERR_INVALID, "is no number");
	/* json_quote(NULL) would be the text null. */
	strbuf_printf(&c->sql, "nullif(json_quote(%s(",
	    functions[item->aggregate]);
	if (field.type == QUERY_FIELD_JSON) {
		strbuf_puts(&c->sql, "CASE WHEN ");
		query_put_type_is(&c->sql, &field,
		    takes_text ? "'integer', 'real', 'text'"
			       : "'integer', 'real'",
		    false);
		strbuf_puts(&c->sql, " THEN ");
		query_put_value(&c->sql, &field);
		strbuf_puts(&c->sql, " END");
	} else {
		query_put_value(&c->sql, &field);
	}
	strbuf_puts(&c->sql, ")), 'null')");
	add_name(c, item, field.name);
	return 0;
}

static bool
is_same_path(const struct query_path *a, const struct query_path *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (a->is_index[i] != b->is_index[i] ||
		    (i == 0 ? strcasecmp(a->names[i], b->names[i])
			    : strcmp(a->names[i], b->names[i])) != 0)
			return false;
	return true;
}

static int
check_grouped(struct query_compiler *c, const struct query_tree *tree,
    const struct query_item *item)
{
	size_t i;

	for (i = 0; i < tree->n_groups; i++)
		if (is_same_path(&tree->groups[i], &item->path))
			return 0;
	return query_compiler_refuse(c, &item->path, ERR_INVALID,
	    "stands beside aggregates: expected it behind GROUP BY too");
}

/* Each selected column is JSON text, or NULL where there is nothing. */
static int
put_items(struct query_compiler *c, const struct query_tree *tree)
{
	struct query_field field;
	size_t i;

	/* A condition alone selects nothing but the key. */
	c->query->names =
	    xcalloc(tree->n_items + 1, sizeof(*c->query->names));
	strbuf_puts(&c->sql,
	    c->query->is_grouped ? "NULL" : key_of(c));
	for (i = 0; i < tree->n_items; i++) {
		const struct query_item *item = &tree->items[i];

		if (item->aggregate != QUERY_NO_AGGREGATE) {
			if (put_aggregate(c, item) == -1)
				return -1;
			continue;
		}
		if (c->query->is_grouped &&
		    check_grouped(c, tree, item) == -1)
			return -1;
		if (query_resolve(c, &item->path, &field) == -1)
			return -1;
		strbuf_puts(&c->sql, ", ");
		query_put_json(&c->sql, &field);
		add_name(c, item, field.name);
	}
	return 0;
}

/* GROUP BY, or ORDER BY the same: pages must meet. */
static int
put_groups(struct query_compiler *c, const struct query_tree *tree,
    const char *words)
{
	struct query_field field;
	size_t i;

	for (i = 0; i < tree->n_groups; i++) {
		if (query_resolve(c, &tree->groups[i], &field) == -1)
			return -1;
		strbuf_puts(&c->sql, i == 0 ? words : ", ");
		query_put_json(&c->sql, &field);
	}
	return 0;
}

static bool
has_aggregate(const struct query_tree *tree)
{
	size_t i;

	for (i = 0; i < tree->n_items; i++)
		if (tree->items[i].aggregate != QUERY_NO_AGGREGATE)
			return true;
	return tree->n_groups > 0;
}

static int
check_source(struct query_compiler *c, const struct query_tree *tree)
{
	if (tree->is_star && tree->n_groups > 0)
		return query_compiler_fault(c, tree->groups[0].at,
		    ERR_UNSUPPORTED,
		    "SELECT * cannot be grouped: name what is selected");
	if (tree->source == QUERY_JOBS && !tree->is_star)
		return query_compiler_fault(c, tree->source_at,
		    ERR_UNSUPPORTED,
		    "of devices.jobs only SELECT * is supported");
	return 0;
}

/* What is quickly looked at stands in front. */
static int
put_condition(struct query_compiler *c, const struct query_node *where)
{
	struct strbuf condition, search = { 0 };
	int rc = -1;

	if (query_put_condition(c, where) == -1)
		return -1;
	condition = c->sql;
	c->sql = (struct strbuf){ 0 };
	if (query_put_search(c, where, &search) == 0) {
		strbuf_puts(&c->sql, strbuf_str(&search));
		strbuf_puts(&c->sql, strbuf_str(&condition));
		rc = 0;
	}
	strbuf_fini(&search);
	strbuf_fini(&condition);
	return rc;
}

static int
put_where(struct query_compiler *c, const struct query_tree *tree)
{
	const char *key = key_of(c);
	size_t n;

	if (tree->where == NULL)
		strbuf_puts(&c->sql, "1");
	else if (put_condition(c, tree->where) == -1)
		return -1;
	n = c->query->n_values;
	if (c->is_target) {
		strbuf_printf(&c->sql, " AND %s BETWEEN ?%zu AND ?%zu", key,
		    n + 1, n + 2);
		return 0;
	}
	if (!c->query->is_grouped) {
		strbuf_printf(&c->sql,
		    " AND %s > ?%zu ORDER BY %s LIMIT ?%zu", key, n + 1, key,
		    n + 2);
		return 0;
	}
	if (put_groups(c, tree, " GROUP BY ") == -1 ||
	    put_groups(c, tree, " ORDER BY ") == -1)
		return -1;
	n = c->query->n_values;
	strbuf_printf(&c->sql, " LIMIT ?%zu OFFSET ?%zu", n + 2, n + 1);
	return 0;
}

/* Our own words: what the query says stands in parameters. */
static bool
reads(const struct query_compiler *c, const struct strbuf *select,
    const char *table)
{
	return strstr(strbuf_str(select), table) != NULL ||
	    strstr(strbuf_str(&c->sql), table) != NULL;
}

static void
set_key(struct query_compiler *c, const struct query_tree *tree)
{
	struct hub_query *q = c->query;

	q->first = sources[c->source].first;
	if (c->indexes == NULL || q->is_grouped || tree->where == NULL ||
	    !query_is_indexed(c, tree->where))
		return;
	q->is_by_row = true;
	q->first = ROW_FIRST;
	if (q->is_star)
		q->key_column = HUB_TWINS_N_COLUMNS;
}

static int
compile(struct query_compiler *c, const struct query_tree *tree)
{
	struct hub_query *q = c->query;
	struct strbuf select = { 0 };
	const char *from;
	int rc = -1;

	c->source = tree->source;
	q->top = tree->top;
	q->is_star = tree->is_star;
	q->is_jobs = tree->source == QUERY_JOBS;
	q->is_grouped = has_aggregate(tree);
	q->item_type = q->is_star ? sources[c->source].item_type : "Raw";
	if (check_source(c, tree) == -1)
		return -1;
	set_key(c, tree);
	if (tree->is_star)
		strbuf_printf(&c->sql, q->is_by_row ? "%s, " ROW_KEY : "%s",
		    sources[c->source].columns);
	else if (put_items(c, tree) == -1)
		return -1;
	select = c->sql;
	c->sql = (struct strbuf){ 0 };
	if (put_where(c, tree) == -1)
		goto out;
	from = sources[c->source].from;
	if (c->source == QUERY_DEVICES && !reads(c, &select, "twin."))
		from = FROM_DEVICE;
	else if (c->source == QUERY_DEVICES && !reads(c, &select, "device."))
		from = FROM_TWIN;
	q->sql = xasprintf("SELECT %s%s%s", strbuf_str(&select), from,
	    strbuf_str(&c->sql));
	rc = 0;
out:
	strbuf_fini(&select);
	return rc;
}

enum text_kind { WHOLE, CONDITION, TARGET, MODULES };

bool
hub_query_is_too_long(const char *text, size_t len)
{
	size_t n = 0, i;

	if (len <= HUB_QUERY_TEXT_MAX)
		return false;
	for (i = 0; i < len && n <= HUB_QUERY_TEXT_MAX; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n > HUB_QUERY_TEXT_MAX || len > 4 * HUB_QUERY_TEXT_MAX;
}

static int
compile_text(const struct hub_query_indexes *indexes, const char *text,
    size_t len, enum text_kind kind, struct hub_query *query, struct err *err)
{
	struct query_compiler c = { .text = text, .query = query, .err = err,
		.is_target = kind == TARGET || kind == MODULES,
		.indexes = indexes };
	struct query_tree *tree;
	int rc = -1;

	*query = (struct hub_query){ 0 };
	if (hub_query_is_too_long(text, len))
		return err_set(err, ERR_LIMIT,
		    "a query may have %zu characters at most",
		    HUB_QUERY_TEXT_MAX);
	tree = xcalloc(1, sizeof(*tree));
	if (kind == WHOLE || kind == MODULES)
		rc = query_parse(text, len, tree, err);
	else
		rc = query_parse_condition(text, len, tree, err);
	if (rc == 0 && kind == MODULES &&
	    (tree->source != QUERY_MODULES || has_aggregate(tree)))
		rc = err_set(err, ERR_INVALID,
		    "expected FROM devices.modules WHERE … and no groups");
	if (rc == 0)
		rc = compile(&c, tree);
	query_tree_fini(tree);
	free(tree);
	strbuf_fini(&c.sql);
	if (rc == -1)
		hub_query_fini(query);
	return rc;
}

int
hub_query_compile(
    const char *text, size_t len, struct hub_query *query, struct err *err)
{
	return compile_text(NULL, text, len, WHOLE, query, err);
}

int
hub_query_compile_indexed(const struct hub_query_indexes *indexes,
    const char *text, size_t len, struct hub_query *query, struct err *err)
{
	return compile_text(indexes, text, len, WHOLE, query, err);
}

int
hub_query_compile_condition(
    const char *text, size_t len, struct hub_query *query, struct err *err)
{
	return compile_text(NULL, text, len, CONDITION, query, err);
}

int
hub_query_compile_target(
    const char *text, size_t len, struct hub_query *query, struct err *err)
{
	return compile_text(NULL, text, len, TARGET, query, err);
}

int
hub_query_compile_modules(
    const char *text, size_t len, struct hub_query *query, struct err *err)
{
	char *whole = xasprintf("SELECT deviceId %.*s", (int)len, text);
	int rc;

	rc = compile_text(NULL, whole, strlen(whole), MODULES, query, err);
	free(whole);
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
