#include "config.h"

#include "core/hub/job_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/job_records.h"
#include "core/hub/query.h"
#include "core/store/store.h"

enum stmt {
	EXISTS,
	ADD,
	WAIT,
	LAST,
	BEGIN,
	CANCEL,
	END,
	PENDING,
	MARK,
	UNMARK,
	OUTCOME,
	SWEEP,
	FORGET,
	STMTS
};

static const char *const stmt_sql[STMTS] = {
	[EXISTS] = "SELECT 1 FROM job WHERE job_id = ?1",
	[ADD] = "INSERT INTO job (job_id, type, status, condition, action,"
		" created, start, start_us, max_execution_s)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[WAIT] = "UPDATE job SET status = 'queued' WHERE id = ?1",
	[LAST] = "SELECT max(device_id) FROM device_job WHERE job = ?1",
	/* The one L is IoT Hub's: jobs are cancelled, their devices so. */
	[CANCEL] = "UPDATE device_job SET status = 'canceled', ended = ?2,"
		   " updated = ?2 WHERE job = ?1 AND status = 'pending'",
	[BEGIN] = "UPDATE job SET status = 'running', begun_us = ?2"
		  " WHERE id = ?1",
	[END] = "UPDATE job SET status = ?2, ended = ?3, failure = ?4"
		" WHERE id = ?1",
	[PENDING] = "SELECT id, device_id FROM device_job"
		    " WHERE job = ?1 AND status = 'pending'"
		    " ORDER BY id LIMIT ?2",
	[MARK] = "UPDATE device_job SET status = 'running', started = ?2,"
		 " updated = ?2 WHERE id = ?1",
	[UNMARK] = "UPDATE device_job SET status = 'pending', started = NULL"
		   " WHERE id = ?1",
	[OUTCOME] = "UPDATE device_job SET status = ?2,"
		    " started = ifnull(started, ?3), ended = ?3, updated = ?3,"
		    " response_status = ?4, response = ?5, error_code = ?6,"
		    " error_text = ?7 WHERE id = ?1",
	[SWEEP] = "UPDATE device_job SET status = 'failed', ended = ?3,"
		  " updated = ?3, error_code = ?4, error_text = ?5"
		  " WHERE job = ?1 AND status = ?2",
	[FORGET] = "DELETE FROM job WHERE ended < ?1",
};

struct hub_job_store {
	struct hub *hub;
	struct store_stmt *stmts[STMTS];
};

struct hub_job_store *
hub_job_store_new(struct hub *hub, struct err *err)
{
	struct hub_job_store *store = xcalloc(1, sizeof(*store));
	int i;

	store->hub = hub;
	for (i = 0; i < STMTS; i++) {
		store->stmts[i] = store_prepare(hub->store, stmt_sql[i], err);
		if (store->stmts[i] == NULL) {
			hub_job_store_free(store);
			return NULL;
		}
	}
	return store;
}

void
hub_job_store_free(struct hub_job_store *store)
{
	int i;

	if (store == NULL)
		return;
	for (i = 0; i < STMTS; i++)
		store_stmt_free(store->stmts[i]);
	free(store);
}

static void
bind_now(struct store_stmt *stmt, int i)
{
	char now[CLOCK_STAMP_SIZE];

	clock_format_iso(now, clock_utc_us());
	store_bind_text(stmt, i, now);
}

static void
bind_or_null(struct store_stmt *stmt, int i, const char *text)
{
	if (text != NULL)
		store_bind_text(stmt, i, text);
	else
		store_bind_null(stmt, i);
}

/* What is bound runs; nobody can do more about it than to undo it all. */
static void
run(struct hub_job_store *store, enum stmt i)
{
	struct err err = { 0 };

	if (store_run(store->stmts[i], &err) == 0)
		return;
	log_error("a job cannot be written: %s", err.text);
	hub_commit_fail(store->hub->commit);
}

int
hub_job_store_recover(struct hub_job_store *store, const char *error_code,
    const char *error_text, struct err *err)
{
	struct store_stmt *stmt = store_prepare(store->hub->store,
	    "UPDATE device_job SET status = 'failed', ended = ?1,"
	    " updated = ?1, error_code = ?2, error_text = ?3"
	    " WHERE status = 'running' AND job IN"
	    " (SELECT id FROM job WHERE status IN"
	    "   ('queued', 'scheduled', 'running'))",
	    err);
	int rc;

	if (stmt == NULL)
		return -1;
	bind_now(stmt, 1);
	store_bind_text(stmt, 2, error_code);
	store_bind_text(stmt, 3, error_text);
	rc = store_run(stmt, err);
	store_stmt_free(stmt);
	return rc;
}

int
hub_job_store_load(struct hub_job_store *store, hub_job_store_cb cb, void *arg,
    struct err *err)
{
	struct store_stmt *stmt = store_prepare(store->hub->store,
	    "SELECT id, job_id, type, condition, action, start_us,"
	    " max_execution_s, begun_us FROM job"
	    " WHERE status IN ('queued', 'scheduled', 'running')"
	    " ORDER BY id",
	    err);
	struct hub_job_row row;
	int rc = -1;

	while (stmt != NULL && (rc = store_step(stmt, err)) == 1) {
		row = (struct hub_job_row){ .id = store_column_int(stmt, 0),
			.begun_us = store_column_int(stmt, 7) };
		row.order.job_id = store_column_text(stmt, 1);
		row.order.type = strcmp(store_column_text(stmt, 2),
				     hub_job_type_name(HUB_JOB_TWIN)) == 0
		    ? HUB_JOB_TWIN
		    : HUB_JOB_METHOD;
		row.order.condition = store_column_text(stmt, 3);
		row.order.action = store_column_text(stmt, 4);
		row.order.start_us = store_column_int(stmt, 5);
		row.order.max_execution_s = store_column_int(stmt, 6);
		cb(&row, arg);
	}
	store_stmt_free(stmt);
	return rc;
}

void
hub_job_store_forget(struct hub_job_store *store, int64_t before_us)
{
	char before[CLOCK_STAMP_SIZE];

	clock_format_iso(before, before_us);
	store_bind_text(store->stmts[FORGET], 1, before);
	run(store, FORGET);
}

int
hub_job_store_exists(
    struct hub_job_store *store, const char *job_id, struct err *err)
{
	struct store_stmt *stmt = store->stmts[EXISTS];
	int rc;

	store_bind_text(stmt, 1, job_id);
	rc = store_step(stmt, err);
	store_reset(stmt);
	return rc;
}

int
hub_job_store_add(struct hub_job_store *store,
    const struct hub_job_order *order, const char *status, int64_t *id,
    struct err *err)
{
	struct store_stmt *stmt = store->stmts[ADD];
	char start[CLOCK_STAMP_SIZE];

	clock_format_iso(start, order->start_us);
	store_bind_text(stmt, 1, order->job_id);
	store_bind_text(stmt, 2, hub_job_type_name(order->type));
	store_bind_text(stmt, 3, status);
	store_bind_text(stmt, 4, order->condition);
	store_bind_text(stmt, 5, order->action);
	bind_now(stmt, 6);
	store_bind_text(stmt, 7, start);
	store_bind_int(stmt, 8, order->start_us);
	store_bind_int(stmt, 9, order->max_execution_s);
	if (store_run(stmt, err) == -1)
		return -1;
	*id = store_last_id(store->hub->store);
	return 0;
}

void
hub_job_store_wait(struct hub_job_store *store, int64_t id)
{
	store_bind_int(store->stmts[WAIT], 1, id);
	run(store, WAIT);
}

int64_t
hub_job_store_gather(struct hub_job_store *store, int64_t id,
    const struct hub_query *devices, int64_t max, struct err *err)
{
	struct store_stmt *last = store->stmts[LAST], *stmt;
	int n = (int)devices->n_values + 2, rc;
	char *sql, *after = NULL;

	store_bind_int(last, 1, id);
	rc = store_step(last, err);
	if (rc == 1)
		after = xstrdup(store_column_text(last, 0));
	store_reset(last);
	if (rc == -1)
		return -1;
	sql = xasprintf("INSERT INTO device_job"
			" (job, device_id, status, created, updated)"
			" SELECT ?%d, device_id, 'pending', ?%d, ?%d FROM (%s)",
	    n + 1, n + 2, n + 2, devices->sql);
	stmt = store_prepare(store->hub->store, sql, err);
	free(sql);
	rc = -1;
	if (stmt != NULL) {
		hub_query_bind(devices, stmt, after, max);
		store_bind_int(stmt, n + 1, id);
		bind_now(stmt, n + 2);
		rc = store_run(stmt, err);
	}
	store_stmt_free(stmt);
	free(after);
	return rc == 0 ? store_changes(store->hub->store) : -1;
}

void
hub_job_store_begin(struct hub_job_store *store, int64_t id, int64_t begun_us)
{
	store_bind_int(store->stmts[BEGIN], 1, id);
	store_bind_int(store->stmts[BEGIN], 2, begun_us);
	run(store, BEGIN);
}

void
hub_job_store_cancel(struct hub_job_store *store, int64_t id)
{
	store_bind_int(store->stmts[CANCEL], 1, id);
	bind_now(store->stmts[CANCEL], 2);
	run(store, CANCEL);
}

void
hub_job_store_end(struct hub_job_store *store, int64_t id, const char *status,
    const char *failure)
{
	struct store_stmt *stmt = store->stmts[END];

	store_bind_int(stmt, 1, id);
	store_bind_text(stmt, 2, status);
	bind_now(stmt, 3);
	bind_or_null(stmt, 4, failure);
	run(store, END);
}

int
hub_job_store_pending(struct hub_job_store *store, int64_t id,
    struct hub_job_record *records, int max)
{
	struct store_stmt *stmt = store->stmts[PENDING];
	struct err err = { 0 };
	int n = 0, rc;

	store_bind_int(stmt, 1, id);
	store_bind_int(stmt, 2, max);
	while ((rc = store_step(stmt, &err)) == 1 && n < max) {
		records[n].id = store_column_int(stmt, 0);
		records[n++].device_id = xstrdup(store_column_text(stmt, 1));
	}
	store_reset(stmt);
	if (rc != -1)
		return n;
	log_error("the devices of a job cannot be read: %s", err.text);
	while (n > 0)
		free(records[--n].device_id);
	return -1;
}

void
hub_job_store_mark(struct hub_job_store *store, int64_t record)
{
	store_bind_int(store->stmts[MARK], 1, record);
	bind_now(store->stmts[MARK], 2);
	run(store, MARK);
}

void
hub_job_store_unmark(struct hub_job_store *store, int64_t record)
{
	store_bind_int(store->stmts[UNMARK], 1, record);
	run(store, UNMARK);
}

void
hub_job_store_outcome(struct hub_job_store *store, int64_t record,
    const struct hub_job_outcome *outcome)
{
	struct store_stmt *stmt = store->stmts[OUTCOME];
	char code[16];

	snprintf(code, sizeof(code), "%d", outcome->error_code);
	store_bind_int(stmt, 1, record);
	store_bind_text(stmt, 2,
	    outcome->error_text == NULL ? "completed" : "failed");
	bind_now(stmt, 3);
	store_bind_null(stmt, 4);
	store_bind_null(stmt, 5);
	if (outcome->response != NULL) {
		store_bind_int(stmt, 4, outcome->response_status);
		store_bind_text_len(
		    stmt, 5, outcome->response, outcome->response_len);
	}
	bind_or_null(stmt, 6, outcome->error_text != NULL ? code : NULL);
	bind_or_null(stmt, 7, outcome->error_text);
	run(store, OUTCOME);
}

void
hub_job_store_sweep(struct hub_job_store *store, int64_t id,
    const char *status, const char *error_code, const char *error_text)
{
	struct store_stmt *stmt = store->stmts[SWEEP];

	store_bind_int(stmt, 1, id);
	store_bind_text(stmt, 2, status);
	bind_now(stmt, 3);
	store_bind_text(stmt, 4, error_code);
	store_bind_text(stmt, 5, error_text);
	run(store, SWEEP);
}
