#include "config.h"

#include "core/hub/configuration_store.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/configuration_body.h"
#include "core/hub/configurations.h"
#include "core/hub/hub.h"
#include "core/hub/liveness.h"
#include "core/hub/query.h"
#include "core/hub/registry.h"
#include "core/hub/tier.h"
#include "core/store/store.h"

#define LIST_MS 100          /* that a list may take to count metrics */
#define METRICS_AGE_MS 10000 /* that a list need not count again */

#define INSERT                                                             \
	"INSERT INTO configuration (labels, condition, priority, metrics," \
	" updated, config_id, content, created, kind, etag)"               \
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?8,"                     \
	"  abs(random() % 1000000000) + 1)"
#define UPDATE                                                        \
	"UPDATE configuration SET labels = ?1, condition = ?2,"       \
	" priority = ?3, metrics = ?4, updated = ?5, etag = etag + 1" \
	" WHERE config_id = ?6"
#define SELECT                                                                \
	"SELECT id, config_id, etag, labels, content, condition, priority,"   \
	" metrics, created, updated,"                                         \
	" (SELECT count(*) FROM configured WHERE config = configuration.id)," \
	" (SELECT count(*) FROM configured WHERE config = configuration.id"   \
	"  AND status = 1), kind FROM configuration"

/* A change, in the batch that it opens. */
static int
run(struct hub *hub, struct store_stmt *stmt, struct err *err)
{
	int rc;

	hub_commit_begin(hub->commit);
	rc = store_run(stmt, err);
	if (rc == -1)
		hub_commit_fail(hub->commit);
	else
		hub_configurations_reload(hub->configurations);
	return rc;
}

/* One number of one row; -1 in number when there is no row. */
static int
get_number(struct hub *hub, const char *sql, const char *id, int64_t *number,
    struct err *err)
{
	struct store_stmt *stmt = store_prepare(hub->store, sql, err);
	int rc = -1;

	*number = -1;
	if (stmt == NULL)
		return -1;
	if (id != NULL)
		store_bind_text(stmt, 1, id);
	if ((rc = store_step(stmt, err)) == 1)
		*number = store_column_int(stmt, 0);
	store_stmt_free(stmt);
	return rc == -1 ? -1 : 0;
}

/* Whether it is there, and the one that is meant. */
static int
check_etag(
    struct hub *hub, const char *id, const char *if_match, struct err *err)
{
	int64_t number;
	char *etag;
	int rc = 0;

	if (get_number(hub,
		"SELECT etag FROM configuration WHERE config_id = ?1", id,
		&number, err) == -1)
		return -1;
	if (number == -1)
		return err_set(err, ERR_NOT_FOUND,
		    "Configuration with ID '%s' does not exist.", id);
	etag = hub_etag_identity(number);
	if (!hub_etag_matches(if_match, etag))
		rc = err_set(err, ERR_CONFLICT,
		    "PreconditionFailed, ETag may be invalid.");
	free(etag);
	return rc;
}

static int
check_room(struct hub *hub, const char *id, struct err *err)
{
	int max = hub_tier_configurations_max(hub->tier);
	int64_t n;

	if (get_number(hub,
		"SELECT etag FROM configuration WHERE config_id = ?1", id, &n,
		err) == -1)
		return -1;
	if (n != -1)
		return err_set(err, ERR_EXISTS,
		    "Configuration with ID '%s' already exists.", id);
	if (get_number(
		hub, "SELECT count(*) FROM configuration", NULL, &n, err) == -1)
		return -1;
	return n < max
	    ? 0
	    : err_set(err, ERR_LIMIT, "a hub may have %d configurations", max);
}

/* Other content of the same kind is ignored, as IoT Hub does; of another kind
 * it would come with a condition that does not fit what stays. */
static int
check_kind(struct hub *hub, const struct hub_configuration *c, struct err *err)
{
	int64_t kind;

	if (get_number(hub,
		"SELECT kind FROM configuration WHERE config_id = ?1", c->id,
		&kind, err) == -1)
		return -1;
	return kind == (int64_t)c->kind
	    ? 0
	    : err_set(err, ERR_INVALID,
		  "the content of a configuration cannot be changed");
}

int
hub_configuration_put(struct hub *hub, const struct hub_configuration *c,
    const char *if_match, struct err *err)
{
	char now[CLOCK_STAMP_SIZE];
	struct store_stmt *stmt;
	int rc;

	rc = if_match != NULL ? check_etag(hub, c->id, if_match, err)
			      : check_room(hub, c->id, err);
	if (rc == 0 && if_match != NULL)
		rc = check_kind(hub, c, err);
	if (rc == -1)
		return -1;
	stmt =
	    store_prepare(hub->store, if_match != NULL ? UPDATE : INSERT, err);
	if (stmt == NULL)
		return -1;
	clock_format_iso(now, clock_utc_us());
	store_bind_text(stmt, 1, c->labels);
	store_bind_text(stmt, 2, c->condition);
	store_bind_int(stmt, 3, c->priority);
	store_bind_text(stmt, 4, c->metrics);
	store_bind_text(stmt, 5, now);
	store_bind_text(stmt, 6, c->id);
	if (if_match == NULL) {
		store_bind_text(stmt, 7, c->content);
		store_bind_int(stmt, 8, c->kind);
	}
	rc = run(hub, stmt, err);
	store_stmt_free(stmt);
	return rc;
}

int
hub_configuration_delete(
    struct hub *hub, const char *id, const char *if_match, struct err *err)
{
	struct store_stmt *stmt;
	int rc;

	if (check_etag(hub, id, if_match, err) == -1)
		return -1;
	stmt = store_prepare(
	    hub->store, "DELETE FROM configuration WHERE config_id = ?1", err);
	if (stmt == NULL)
		return -1;
	store_bind_text(stmt, 1, id);
	rc = run(hub, stmt, err);
	store_stmt_free(stmt);
	return rc;
}

/* How many rows a metric's query gives. */
static int
count(struct hub *hub, const char *text, int64_t *n, struct err *err)
{
	struct hub_query query;
	struct store_stmt *stmt;
	char *sql;
	int rc = -1;

	if (hub_query_compile(text, strlen(text), &query, err) == -1)
		return -1;
	hub_liveness_flush(hub->liveness, query.sees);
	sql = xasprintf("SELECT count(*) FROM (%s)", query.sql);
	stmt = store_prepare(hub->store, sql, err);
	free(sql);
	if (stmt != NULL) {
		hub_query_bind(&query, stmt, NULL,
		    query.top != -1 ? query.top : INT64_MAX);
		if (query.is_grouped) /* from the first of them */
			store_bind_int(stmt, (int)query.n_values + 1, 0);
		if ((rc = store_step(stmt, err)) == 1)
			*n = store_column_int(stmt, 0);
	}
	store_stmt_free(stmt);
	hub_query_fini(&query);
	return rc == 1 ? 0 : -1;
}

/* What cannot be counted any more is left out: it was checked once. */
static char *
count_all(struct hub *hub, const cJSON *queries)
{
	struct strbuf out = { 0 };
	const cJSON *query;
	char before = '{';
	int64_t n;

	cJSON_ArrayForEach(query, queries) {
		if (count(hub, query->valuestring, &n, NULL) == -1)
			continue;
		strbuf_putc(&out, before);
		json_put_string(&out, query->string);
		strbuf_printf(&out, ":%" PRId64, n);
		before = ',';
	}
	strbuf_puts(&out, before == '{' ? "{}" : "}");
	return strbuf_take(&out);
}

/* The caller's: it may not be in memory yet, and then it is not kept. */
static char *
count_metrics(struct hub *hub, int64_t id, const char *metrics)
{
	cJSON *queries = cJSON_Parse(metrics);
	char *results = count_all(hub, queries);

	hub_configurations_keep(hub->configurations, id, results);
	cJSON_Delete(queries);
	return results;
}

/*
 * A list may be long, and the fleet too: it counts for a while, what was
 * counted longest ago first.  The rest is as it was counted last.
 */
static void
count_stale(struct hub *hub)
{
	struct store_stmt *row = store_prepare(hub->store,
	    "SELECT metrics FROM configuration WHERE id = ?1", NULL);
	int64_t end_ms = clock_mono_ms() + LIST_MS, id;
	bool is_there = row != NULL;

	while (is_there && clock_mono_ms() < end_ms &&
	    (id = hub_configurations_stalest(
		 hub->configurations, METRICS_AGE_MS)) != 0) {
		store_bind_int(row, 1, id);
		is_there = store_step(row, NULL) == 1;
		if (is_there)
			free(count_metrics(hub, id, store_column_text(row, 0)));
		store_reset(row);
	}
	store_stmt_free(row);
}

/* Who is targeted, as a query; the caller's, NULL: nobody. */
static char *
target_query(struct store_stmt *row)
{
	const char *condition = store_column_text(row, 5);
	bool is_all = strcmp(condition, "*") == 0;

	if (*condition == '\0')
		return NULL;
	switch (store_column_int(row, 12)) {
	case HUB_CONFIGURATION_MODULES:
		return xasprintf("SELECT deviceId %s", condition);
	case HUB_CONFIGURATION_EDGES:
		return xasprintf("SELECT deviceId FROM devices WHERE "
				 "capabilities.iotEdge = true%s%s%s",
		    is_all ? "" : " AND (", is_all ? "" : condition,
		    is_all ? "" : ")");
	default:
		return is_all
		    ? xstrdup("SELECT deviceId FROM devices")
		    : xasprintf(
			  "SELECT deviceId FROM devices WHERE %s", condition);
	}
}

/* What the edge agent of a device reports: this hub has none of them, so of
 * the last two there are none. */
static void
put_system_metrics(struct store_stmt *row, struct strbuf *out)
{
	char *query = target_query(row);

	strbuf_printf(out,
	    "\"systemMetrics\":{\"results\":{\"targetedCount\":%" PRId64
	    ",\"appliedCount\":%" PRId64 ",\"reportedSuccessfulCount\":0,"
	    "\"reportedFailedCount\":0},\"queries\":{",
	    store_column_int(row, 10), store_column_int(row, 11));
	if (query != NULL) {
		strbuf_puts(out, "\"targetedCount\":");
		json_put_string(out, query);
		strbuf_putc(out, ',');
		free(query);
	}
	query = xasprintf("SELECT deviceId FROM devices%s WHERE "
			  "configurations.[[%s]].status = 'Applied'",
	    store_column_int(row, 12) == HUB_CONFIGURATION_MODULES ? ".modules"
								   : "",
	    store_column_text(row, 1));
	strbuf_puts(out, "\"appliedCount\":");
	json_put_string(out, query);
	strbuf_puts(out, "}},");
	free(query);
}

static void
put_configuration(
    struct store_stmt *row, const char *results, struct strbuf *out)
{
	char *etag = hub_etag_identity(store_column_int(row, 2));

	strbuf_puts(out, "{\"id\":");
	json_put_string(out, store_column_text(row, 1));
	strbuf_puts(out, ",\"schemaVersion\":\"1.0\",\"labels\":");
	strbuf_puts(out, store_column_text(row, 3));
	strbuf_puts(out, ",\"content\":");
	strbuf_puts(out, store_column_text(row, 4));
	strbuf_puts(out, ",\"targetCondition\":");
	json_put_string(out, store_column_text(row, 5));
	strbuf_printf(out,
	    ",\"createdTimeUtc\":\"%s\",\"lastUpdatedTimeUtc\":\"%s\","
	    "\"priority\":%" PRId64 ",",
	    store_column_text(row, 8), store_column_text(row, 9),
	    store_column_int(row, 6));
	put_system_metrics(row, out);
	strbuf_printf(out, "\"metrics\":{\"results\":%s,\"queries\":%s}",
	    results, store_column_text(row, 7));
	strbuf_printf(out, ",\"etag\":\"%s\"}", etag);
	free(etag);
}

int
hub_configuration_format(struct hub *hub, const char *id, struct strbuf *out,
    char **etag, struct err *err)
{
	struct store_stmt *row =
	    store_prepare(hub->store, SELECT " WHERE config_id = ?1", err);
	char *results;
	int rc;

	if (row == NULL)
		return -1;
	store_bind_text(row, 1, id);
	rc = store_step(row, err);
	if (rc == 1) {
		*etag = hub_etag_identity(store_column_int(row, 2));
		results = count_metrics(
		    hub, store_column_int(row, 0), store_column_text(row, 7));
		put_configuration(row, results, out);
		free(results);
	}
	store_stmt_free(row);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "Configuration with ID '%s' does not exist.", id);
	return rc == 1 ? 0 : -1;
}

int
hub_configuration_list(struct hub *hub, struct strbuf *out, struct err *err)
{
	struct store_stmt *row =
	    store_prepare(hub->store, SELECT " ORDER BY config_id", err);
	char before = '[';
	int rc = -1;

	count_stale(hub);
	while (row != NULL && (rc = store_step(row, err)) == 1) {
		strbuf_putc(out, before);
		put_configuration(row,
		    hub_configurations_counted(
			hub->configurations, store_column_int(row, 0)),
		    out);
		before = ',';
	}
	strbuf_puts(out, before == '[' ? "[]" : "]");
	store_stmt_free(row);
	return rc;
}
