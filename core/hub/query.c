#include "config.h"

#include "core/hub/query.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/job_records.h"
#include "core/hub/liveness.h"
#include "core/hub/query_lag.h"
#include "core/hub/query_page.h"
#include "core/hub/registry.h"
#include "core/hub/twins.h"
#include "core/store/store.h"

/* The service's own sentence; its clients look for it. */
#define INVALID                                                               \
	"The query is invalid. Please check the format of the query and try " \
	"again"

static void
put_object(
    const struct hub_query *query, struct store_stmt *row, struct strbuf *out)
{
	char before = '{';
	size_t i;

	for (i = 0; i < query->n_names; i++) {
		if (store_column_is_null(row, (int)i + 1))
			continue; /* not defined: left out */
		strbuf_putc(out, before);
		json_put_string(out, query->names[i]);
		strbuf_putc(out, ':');
		strbuf_puts(out, store_column_text(row, (int)i + 1));
		before = ',';
	}
	strbuf_puts(out, before == '{' ? "{}" : "}");
}

static void
put_row(struct hub *hub, const struct hub_query *query, struct store_stmt *row,
    struct strbuf *out)
{
	if (!query->is_star)
		put_object(query, row, out);
	else if (query->is_jobs)
		hub_job_record_format(row, out);
	else
		hub_twins_format_row(hub->twins, row, out);
}

void
hub_query_bind(const struct hub_query *query, struct store_stmt *stmt,
    const char *after, int64_t limit)
{
	int n = (int)query->n_values, i;

	for (i = 0; i < n; i++) {
		if (query->values[i].text != NULL)
			store_bind_text(stmt, i + 1, query->values[i].text);
		else
			store_bind_double(stmt, i + 1, query->values[i].number);
	}
	store_bind_text(stmt, n + 1, after != NULL ? after : query->first);
	store_bind_int(stmt, n + 2, limit);
}

void
hub_query_bind_range(const struct hub_query *query, struct store_stmt *stmt,
    const char *first, const char *last)
{
	hub_query_bind(query, stmt, first, 0);
	store_bind_text(stmt, (int)query->n_values + 2, last);
}

/* Of groups the place is a number of rows: they have no key of their own. */
static struct store_stmt *
prepare(struct hub *hub, const struct hub_query *query,
    const struct hub_query_place *place, int64_t limit, struct err *err)
{
	struct store_stmt *stmt =
	    store_prepare(hub_query_lag_store(hub), query->sql, err);

	if (stmt == NULL)
		return NULL;
	hub_query_bind(query, stmt, place->after, limit);
	if (query->is_grouped)
		store_bind_int(
		    stmt, (int)query->n_values + 1, place->n_rows);
	return stmt;
}

/*
 * Gives up to limit rows.  One more than that is asked for, to learn whether
 * there is a next page: the last one must not promise another.
 */
static int
put_rows(struct hub *hub, const struct hub_query *query, int64_t limit,
    struct hub_query_place *place, bool *has_more, struct strbuf *out,
    struct err *err)
{
	struct store_stmt *row =
	    prepare(hub, query, place, limit + 1, err);
	char before = '[';
	int64_t n = 0;
	int rc = -1;

	*has_more = false;
	while (row != NULL && (rc = store_step(row, err)) == 1) {
		if (n == limit) {
			*has_more = true;
			rc = 0;
			break;
		}
		n++;
		strbuf_putc(out, before);
		put_row(hub, query, row, out);
		before = ',';
		if (n < limit && out->len < HUB_QUERY_PAGE_BYTES)
			continue;
		limit = n;
		free(place->after);
		place->after =
		    xstrdup(query->is_grouped
			    ? ""
			    : store_column_text(row, query->key_column));
	}
	strbuf_puts(out, before == '[' ? "[]" : "]");
	place->n_rows += n;
	store_stmt_free(row);
	return rc;
}

static int
run(struct hub *hub, const struct hub_query *query, const char *text,
    size_t len, struct hub_query_page *page, struct strbuf *out,
    struct err *err)
{
	struct hub_query_place place = { 0 };
	int64_t limit = page->size;
	bool has_more;
	int rc;

	if (page->token != NULL &&
	    hub_query_place_parse(hub, text, len, page->token, &place, err) ==
		-1)
		return -1;
	if (page->token != NULL && place.is_by_row != query->is_by_row) {
		free(place.after);
		return err_set(err, ERR_INVALID,
		    "the continuation token is of before an index came or "
		    "went: begin anew");
	}
	place.is_by_row = query->is_by_row;
	if (query->top != -1 && query->top - place.n_rows < limit)
		limit = query->top - place.n_rows;
	hub_liveness_flush(hub->liveness, query->sees);
	rc = put_rows(hub, query, limit, &place, &has_more, out, err);
	if (rc == 0 && has_more && place.n_rows != query->top)
		page->next = hub_query_place_format(hub, text, len, &place);
	free(place.after);
	return rc;
}

int
hub_query_run(struct hub *hub, const char *text, size_t len,
    struct hub_query_page *page, struct strbuf *out, struct err *err)
{
	struct hub_query query;
	int rc;

	page->next = NULL;
	if (hub_query_compile_indexed(
		hub->query_indexes, text, len, &query, err) == -1)
		return err_prefix(err, INVALID);
	page->item_type = query.item_type;
	rc = run(hub, &query, text, len, page, out, err);
	hub_query_fini(&query);
	return rc;
}
