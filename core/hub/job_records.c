#include "config.h"

#include "core/hub/job_records.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/query.h"
#include "core/store/store.h"

const char *
hub_job_type_name(enum hub_job_type type)
{
	static const char *const names[HUB_JOB_TYPES] = {
		[HUB_JOB_METHOD] = "scheduleDeviceMethod",
		[HUB_JOB_TWIN] = "scheduleUpdateTwin",
	};

	return names[type];
}

int
hub_job_check_id(const char *job_id, struct err *err)
{
	size_t i;

	for (i = 0; job_id[i] != '\0'; i++)
		if (!isascii((unsigned char)job_id[i]) ||
		    (!isalnum((unsigned char)job_id[i]) && job_id[i] != '-'))
			break;
	if (job_id[i] == '\0' && i > 0 && i <= HUB_JOB_ID_MAX)
		return 0;
	return err_set(err, ERR_INVALID,
	    "a job's id has 1 to %d letters, digits and '-'", HUB_JOB_ID_MAX);
}

static void
put_member(struct strbuf *out, const char *name, struct store_stmt *row, int i)
{
	if (store_column_is_null(row, i))
		return;
	strbuf_printf(out, ",\"%s\":", name);
	json_put_string(out, store_column_text(row, i));
}

void
hub_job_record_format(struct store_stmt *row, struct strbuf *out)
{
	strbuf_puts(out, "{\"deviceId\":");
	json_put_string(out, store_column_text(row, 1));
	put_member(out, "jobId", row, 2);
	put_member(out, "jobType", row, 3);
	put_member(out, "status", row, 4);
	put_member(out, "startTimeUtc", row, 5);
	put_member(out, "endTimeUtc", row, 6);
	put_member(out, "createdDateTimeUtc", row, 7);
	put_member(out, "lastUpdatedDateTimeUtc", row, 8);
	if (!store_column_is_null(row, 9))
		strbuf_printf(out,
		    ",\"outcome\":{\"deviceMethodResponse\":{\"status\":%" PRId64
		    ",\"payload\":%s}}",
		    store_column_int(row, 9), store_column_text(row, 10));
	else if (store_column_is_null(row, 11))
		strbuf_puts(out, ",\"outcome\":null");
	if (!store_column_is_null(row, 11)) {
		strbuf_puts(out, ",\"error\":{\"code\":");
		json_put_string(out, store_column_text(row, 11));
		strbuf_puts(out, ",\"description\":");
		json_put_string(out, store_column_text(row, 12));
		strbuf_putc(out, '}');
	}
	strbuf_putc(out, '}');
}

/* One count for each status, as the index has them side by side. */
static int
put_statistics(
    struct hub *hub, int64_t job, struct strbuf *out, struct err *err)
{
	static const char *const statuses[] = { "failed", "completed",
		"running", "pending" };
	struct store_stmt *row = store_prepare(hub->store,
	    "SELECT status, count(*) FROM device_job WHERE job = ?1"
	    " GROUP BY status",
	    err);
	int64_t n[4] = { 0 }, n_all = 0;
	int i, rc = -1;

	if (row == NULL)
		return -1;
	store_bind_int(row, 1, job);
	while ((rc = store_step(row, err)) == 1) {
		n_all += store_column_int(row, 1);
		for (i = 0; i < 4; i++)
			if (strcmp(store_column_text(row, 0), statuses[i]) == 0)
				n[i] = store_column_int(row, 1);
	}
	store_stmt_free(row);
	strbuf_printf(out,
	    ",\"deviceJobStatistics\":{\"deviceCount\":%" PRId64
	    ",\"failedCount\":%" PRId64 ",\"succeededCount\":%" PRId64
	    ",\"runningCount\":%" PRId64 ",\"pendingCount\":%" PRId64 "}",
	    n_all, n[0], n[1], n[2], n[3]);
	return rc;
}

/* Whether it has devices: what failed or was cancelled never had any. */
static bool
has_begun(const char *status)
{
	return strcmp(status, "running") == 0 ||
	    strcmp(status, "completed") == 0;
}

void
hub_job_put_members(struct store_stmt *row, struct strbuf *out)
{
	const char *type = store_column_text(row, 7);

	strbuf_puts(out, "\"jobId\":");
	json_put_string(out, store_column_text(row, 1));
	put_member(out, "queryCondition", row, 2);
	put_member(out, "createdTime", row, 3);
	put_member(out, "startTime", row, 4);
	put_member(out, "endTime", row, 5);
	strbuf_printf(out, ",\"maxExecutionTimeInSeconds\":%" PRId64,
	    store_column_int(row, 6));
	put_member(out, "type", row, 7);
	strbuf_printf(out, ",\"%s\":",
	    strcmp(type, "scheduleUpdateTwin") == 0 ? "updateTwin"
						     : "cloudToDeviceMethod");
	strbuf_puts(out, store_column_text(row, 8));
	put_member(out, "status", row, 9);
	put_member(out, "failureReason", row, 10);
}

static int
put_job(struct hub *hub, struct store_stmt *row, struct strbuf *out,
    struct err *err)
{
	strbuf_putc(out, '{');
	hub_job_put_members(row, out);
	if (has_begun(store_column_text(row, 9)) &&
	    put_statistics(hub, store_column_int(row, 0), out, err) == -1)
		return -1;
	strbuf_putc(out, '}');
	return 0;
}

int
hub_job_format(struct hub *hub, const char *job_id, struct strbuf *out,
    struct err *err)
{
	struct store_stmt *row = store_prepare(hub->store,
	    "SELECT " HUB_JOB_COLUMNS " FROM job WHERE job_id = ?1", err);
	int rc;

	if (row == NULL)
		return -1;
	store_bind_text(row, 1, job_id);
	rc = store_step(row, err);
	if (rc == 1 && put_job(hub, row, out, err) == -1)
		rc = -1;
	store_stmt_free(row);
	return rc;
}

static void
bind_or_null(struct store_stmt *stmt, int i, const char *text)
{
	if (text != NULL)
		store_bind_text(stmt, i, text);
	else
		store_bind_null(stmt, i);
}

int
hub_job_list_format(struct hub *hub, struct hub_job_list *list,
    struct strbuf *out, struct err *err)
{
	struct store_stmt *row = store_prepare(hub->store,
	    "SELECT " HUB_JOB_COLUMNS " FROM job WHERE id > ?1"
	    " AND (?2 IS NULL OR type = ?2) AND (?3 IS NULL OR status = ?3)"
	    " ORDER BY id LIMIT ?4",
	    err);
	int64_t last = 0;
	int n = 0, limit = list->size, rc = -1;

	list->next = NULL;
	if (row == NULL)
		return -1;
	store_bind_text(row, 1, list->after != NULL ? list->after : "0");
	bind_or_null(row, 2, list->type);
	bind_or_null(row, 3, list->status);
	store_bind_int(row, 4, list->size + 1);
	strbuf_putc(out, '[');
	while ((rc = store_step(row, err)) == 1 && n < limit) {
		if (n++ > 0)
			strbuf_putc(out, ',');
		last = store_column_int(row, 0);
		if (put_job(hub, row, out, err) == -1) {
			rc = -1;
			break;
		}
		if (out->len >= HUB_QUERY_PAGE_BYTES)
			limit = n;
	}
	strbuf_putc(out, ']');
	if (rc == 1)
		list->next = xasprintf("%" PRId64, last);
	store_stmt_free(row);
	return rc == -1 ? -1 : 0;
}
