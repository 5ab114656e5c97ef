#include "config.h"

#include "core/hub/query_index.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/store/store.h"

/* Names of indexes begin so, and the path follows. */
#define NAME_PREFIX "path "

static const struct {
	const char *prefix; /* of a path */
	const char *column; /* in twin */
} sections[] = {
	{ "tags.", "tags" },
	{ "properties.desired.", "desired" },
	{ "properties.reported.", "reported" },
};

struct index {
	char *path; /* as it was asked for */
	const char *column;
	char *json_path; /* $."site" */
	char *literal;   /* the same with quotes around it */
};

struct hub_query_indexes {
	struct index items[HUB_QUERY_INDEXES_MAX];
	size_t n;
};

void
hub_query_indexes_free(struct hub_query_indexes *indexes)
{
	if (indexes == NULL)
		return;
	while (indexes->n-- > 0) {
		free(indexes->items[indexes->n].path);
		free(indexes->items[indexes->n].json_path);
		free(indexes->items[indexes->n].literal);
	}
	free(indexes);
}

/* Names that need no escape, in SQL or in JSON: nothing else gets into SQL. */
static bool
is_plain(const char *names)
{
	const char *p;

	if (*names == '\0' || *names == '.')
		return false;
	for (p = names; *p != '\0'; p++) {
		if (*p == '.' && (p[1] == '.' || p[1] == '\0'))
			return false;
		if (!isascii((unsigned char)*p) ||
		    (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL))
			return false;
	}
	return true;
}

static const char *
names_of(const char *path, const char **column)
{
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (str_starts_with(path, sections[i].prefix)) {
			*column = sections[i].column;
			return path + strlen(sections[i].prefix);
		}
	return NULL;
}

static int
add(struct hub_query_indexes *indexes, const char *path, struct err *err)
{
	struct index *index = &indexes->items[indexes->n];
	struct strbuf json_path = { 0 };
	const char *column = NULL, *names = names_of(path, &column);
	size_t i;

	if (names == NULL || !is_plain(names))
		return err_set(err, ERR_INVALID,
		    "%.100s cannot be indexed: expected tags.NAME, "
		    "properties.desired.NAME or properties.reported.NAME, with "
		    "names of letters, digits, _ and -",
		    path);
	for (i = 0; i < indexes->n; i++)
		if (strcmp(indexes->items[i].path, path) == 0)
			return 0;
	if (indexes->n == HUB_QUERY_INDEXES_MAX ||
	    strlen(path) > HUB_QUERY_INDEX_PATH_MAX)
		return err_set(err, ERR_LIMIT,
		    "%d paths can be indexed, of %d characters each",
		    HUB_QUERY_INDEXES_MAX, HUB_QUERY_INDEX_PATH_MAX);
	strbuf_puts(&json_path, "$.\"");
	for (; *names != '\0'; names++) {
		if (*names == '.')
			strbuf_puts(&json_path, "\".\"");
		else
			strbuf_putc(&json_path, *names);
	}
	strbuf_putc(&json_path, '"');
	index->path = xstrdup(path);
	index->column = column;
	index->json_path = strbuf_take(&json_path);
	index->literal = xasprintf("'%s'", index->json_path);
	indexes->n++;
	return 0;
}

static int
read_list(struct hub_query_indexes *indexes, const char *list, struct err *err)
{
	char *copy = xstrdup(list), *rest = copy, *path;
	int rc = 0;

	if (strcmp(list, HUB_QUERY_INDEXES_NONE) == 0)
		rest = NULL;
	while (rc == 0 && (path = strsep(&rest, ",")) != NULL)
		rc = add(indexes, str_trim(path), err);
	free(copy);
	return rc;
}

/* What is there already. */
static int
read_names(
    struct hub_query_indexes *indexes, struct store *store, struct err *err)
{
	struct store_stmt *s = store_prepare(store,
	    "SELECT substr(name, length('" NAME_PREFIX "') + 1) "
	    "FROM sqlite_schema WHERE type = 'index' "
	    "AND name GLOB '" NAME_PREFIX "*' ORDER BY name",
	    err);
	int rc = s != NULL ? 0 : -1;

	while (rc == 0 && (rc = store_step(s, err)) == 1)
		rc = add(indexes, store_column_text(s, 0), err);
	store_stmt_free(s);
	return rc;
}

static bool
has(const struct hub_query_indexes *indexes, const char *path)
{
	size_t i;

	for (i = 0; i < indexes->n; i++)
		if (strcmp(indexes->items[i].path, path) == 0)
			return true;
	return false;
}

static int
change(struct store *store, const struct hub_query_indexes *from,
    const struct hub_query_indexes *to, struct err *err)
{
	const struct index *index;
	char *sql;
	int rc = 0;

	for (index = from->items; rc == 0 && index < from->items + from->n;
	     index++) {
		if (has(to, index->path))
			continue;
		sql =
		    xasprintf("DROP INDEX \"" NAME_PREFIX "%s\"", index->path);
		rc = store_exec(store, sql, err);
		free(sql);
	}
	for (index = to->items; rc == 0 && index < to->items + to->n; index++) {
		if (has(from, index->path))
			continue;
		sql = xasprintf("CREATE INDEX \"" NAME_PREFIX "%s\" ON twin "
				"(json_extract(%s, %s))",
		    index->path, index->column, index->literal);
		rc = store_exec(store, sql, err);
		free(sql);
		if (rc == 0)
			log_info("queries find %s by an index", index->path);
	}
	return rc;
}

struct hub_query_indexes *
hub_query_indexes_open(struct store *store, const char *list, struct err *err)
{
	struct hub_query_indexes *have = xcalloc(1, sizeof(*have)), *want;

	if (read_names(have, store, err) == -1) {
		hub_query_indexes_free(have);
		return NULL;
	}
	if (list == NULL)
		return have;
	want = xcalloc(1, sizeof(*want));
	if (read_list(want, list, err) == -1 ||
	    change(store, have, want, err) == -1) {
		hub_query_indexes_free(want);
		want = NULL;
	}
	hub_query_indexes_free(have);
	return want;
}

const char *
hub_query_index_find(const struct hub_query_indexes *indexes,
    const char *column, const char *json_path)
{
	const struct index *index;

	if (indexes == NULL || !str_starts_with(column, "twin."))
		return NULL;
	for (index = indexes->items; index < indexes->items + indexes->n;
	     index++)
		if (strcmp(column + strlen("twin."), index->column) == 0 &&
		    strcmp(json_path, index->json_path) == 0)
			return index->literal;
	return NULL;
}
