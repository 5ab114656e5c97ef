#include "config.h"

#include "core/hub/transfer_jobs.h"

#include <errno.h>
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
#include "core/hub/job_records.h"
#include "core/hub/jobs.h"
#include "core/hub/method_body.h"
#include "core/hub/query.h"
#include "core/hub/who.h"
#include "core/iothub/method.h"
#include "core/store/store.h"

enum statement { DROP, ADD_JOB, FIND, ADD_RECORD, STATEMENTS };

static const char *const statements[STATEMENTS] = {
	[DROP] = "DELETE FROM job WHERE job_id = ?1",
	[ADD_JOB] = "INSERT INTO job (job_id, type, status, condition, action,"
		    " created, start, start_us, max_execution_s, begun_us,"
		    " ended, failure) VALUES"
		    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[FIND] = "SELECT id FROM job WHERE job_id = ?1",
	[ADD_RECORD] = "INSERT OR REPLACE INTO device_job (job, device_id,"
		       " status, created, started, ended, updated,"
		       " response_status, response, error_code, error_text)"
		       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
};

static const char *const job_statuses[] = { "queued", "scheduled", "running",
	"completed", "failed", "cancelled", NULL };
#define N_OPEN 3 /* the first of them: it has not ended */
static const char *const record_statuses[] = { "pending", "running",
	"completed", "failed", "canceled", NULL };

struct hub_transfer_jobs {
	struct store_stmt *stmts[STATEMENTS];
	/* The job that the last record was of; owned, NULL: none. */
	char *job_id;
	int64_t job;
};

static void
put_job(struct store_stmt *row, struct strbuf *line)
{
	char begun[CLOCK_STAMP_SIZE];

	strbuf_putc(line, '{');
	hub_job_put_members(row, line);
	if (!store_column_is_null(row, HUB_JOB_COLUMN_BEGUN)) {
		clock_format_iso(
		    begun, store_column_int(row, HUB_JOB_COLUMN_BEGUN));
		strbuf_printf(line, ",\"begunTime\":\"%s\"", begun);
	}
	strbuf_putc(line, '}');
}

static int
write_all(struct store *store, const char *sql,
    void (*put)(struct store_stmt *row, struct strbuf *line), FILE *out,
    int64_t *n, struct err *err)
{
	struct store_stmt *row = store_prepare(store, sql, err);
	struct strbuf line = { 0 };
	int rc = -1;

	while (row != NULL && (rc = store_step(row, err)) == 1) {
		strbuf_reset(&line);
		put(row, &line);
		strbuf_putc(&line, '\n');
		if (fwrite(line.data, line.len, 1, out) != 1)
			break;
		++*n;
	}
	if (rc >= 0 && (ferror(out) || fflush(out) != 0))
		rc = err_set(err, ERR_IO, "cannot write the export: %s",
		    strerror(errno));
	store_stmt_free(row);
	strbuf_fini(&line);
	return rc;
}

int
hub_transfer_jobs_write(
    struct store *store, FILE *out, int64_t *n, struct err *err)
{
	if (write_all(store,
		"SELECT " HUB_JOB_COLUMNS " FROM job ORDER BY job.id", put_job,
		out, n, err) == -1)
		return -1;
	return write_all(store,
	    "SELECT " HUB_JOB_RECORD_COLUMNS " FROM device_job JOIN job"
	    " ON job.id = device_job.job ORDER BY job.id, device_job.id",
	    hub_job_record_format, out, n, err);
}

struct hub_transfer_jobs *
hub_transfer_jobs_new(struct store *store, struct err *err)
{
	struct hub_transfer_jobs *jobs = xcalloc(1, sizeof(*jobs));
	int i;

	for (i = 0; i < STATEMENTS; i++) {
		jobs->stmts[i] = store_prepare(store, statements[i], err);
		if (jobs->stmts[i] == NULL) {
			hub_transfer_jobs_free(jobs);
			return NULL;
		}
	}
	return jobs;
}

void
hub_transfer_jobs_free(struct hub_transfer_jobs *jobs)
{
	int i;

	if (jobs == NULL)
		return;
	for (i = 0; i < STATEMENTS; i++)
		store_stmt_free(jobs->stmts[i]);
	free(jobs->job_id);
	free(jobs);
}

/* Which of the names a member is, or -1 with err set. */
static int
name_of(const cJSON *json, const char *name, const char *const *names,
    struct err *err)
{
	const char *text = json_get_string(json, name);
	int i;

	for (i = 0; text != NULL && names[i] != NULL; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	return err_set(
	    err, ERR_INVALID, "%s is missing or none that there is", name);
}

/* *utc_us stays when the member is missing: 1, 0 then, or -1 with err set. */
static int
time_of(const cJSON *json, const char *name, int64_t *utc_us, struct err *err)
{
	const cJSON *item = json_get(json, name);

	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsString(item) ||
	    clock_parse_iso(item->valuestring, utc_us) == -1)
		return err_set(err, ERR_INVALID, "%s is no time", name);
	return 1;
}

static void
bind_time(struct store_stmt *s, int i, int64_t utc_us)
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_format_iso(stamp, utc_us);
	store_bind_text(s, i, stamp);
}

/* A time that may be missing. */
static int
bind_time_of(struct store_stmt *s, int i, const cJSON *json, const char *name,
    struct err *err)
{
	int64_t utc_us;
	int rc = time_of(json, name, &utc_us, err);

	if (rc == 1)
		bind_time(s, i, utc_us);
	else
		store_bind_null(s, i);
	return rc == -1 ? -1 : 0;
}

/* Byte for byte, for a payload may be any; checked as that of a request. */
static int
bind_action(struct store_stmt *s, int i, const char *text, size_t len,
    enum hub_job_type type, const cJSON *json, struct err *err)
{
	const char *name =
	    type == HUB_JOB_METHOD ? "cloudToDeviceMethod" : "updateTwin";
	const cJSON *item = json_get(json, name);
	struct hub_method_request request;
	const char *raw;
	size_t raw_len;

	if (!cJSON_IsObject(item) ||
	    !json_raw_member(text, len, name, &raw, &raw_len))
		return err_set(
		    err, ERR_INVALID, "%s is missing or no object", name);
	if (type == HUB_JOB_METHOD &&
	    hub_method_body_read(raw, raw_len, item, &request, err) == -1)
		return -1;
	store_bind_text_len(s, i, raw, raw_len);
	return 0;
}

static int
bind_condition(struct store_stmt *s, int i, const cJSON *json, struct err *err)
{
	const char *condition = json_get_string(json, "queryCondition");

	if (condition == NULL || *condition == '\0' ||
	    hub_query_is_too_long(condition, strlen(condition)))
		return err_set(err, ERR_INVALID,
		    "queryCondition must be a text of 1 to %zu characters",
		    HUB_QUERY_TEXT_MAX);
	store_bind_text(s, i, condition);
	return 0;
}

/* One that runs has begun, one that has ended has an end. */
static int
bind_times(struct store_stmt *s, int status, const cJSON *json, struct err *err)
{
	int64_t now_us = clock_utc_us(), start_us = now_us, created_us = now_us;
	int64_t begun_us = now_us, ended_us = now_us;
	int has_begun, has_ended;

	if (time_of(json, "createdTime", &created_us, err) == -1 ||
	    time_of(json, "startTime", &start_us, err) == -1 ||
	    (has_begun = time_of(json, "begunTime", &begun_us, err)) == -1 ||
	    (has_ended = time_of(json, "endTime", &ended_us, err)) == -1)
		return -1;
	bind_time(s, 6, created_us);
	bind_time(s, 7, start_us);
	store_bind_int(s, 8, start_us);
	if (has_begun == 1 || strcmp(job_statuses[status], "running") == 0)
		store_bind_int(s, 10, begun_us);
	else
		store_bind_null(s, 10);
	if (status >= N_OPEN)
		bind_time(s, 11, ended_us);
	else if (has_ended == 1)
		return err_set(err, ERR_INVALID,
		    "endTime is there, but the job has not ended");
	else
		store_bind_null(s, 11);
	return 0;
}

static int
bind_job(struct store_stmt *s, const char *text, size_t len, const cJSON *json,
    struct err *err)
{
	static const char *types[HUB_JOB_TYPES + 1];
	const char *failure = json_get_string(json, "failureReason");
	int64_t max_s = json_get_int(
	    json, "maxExecutionTimeInSeconds", HUB_JOB_EXECUTION_DEF);
	int type, status;
	enum hub_job_type i;

	for (i = 0; i < HUB_JOB_TYPES; i++)
		types[i] = hub_job_type_name(i);
	if ((type = name_of(json, "type", types, err)) == -1 ||
	    (status = name_of(json, "status", job_statuses, err)) == -1)
		return -1;
	if (max_s < 1 || max_s > HUB_JOB_EXECUTION_MAX)
		return err_set(err, ERR_INVALID,
		    "maxExecutionTimeInSeconds must be a whole number from 1 "
		    "to %d",
		    HUB_JOB_EXECUTION_MAX);
	store_bind_text(s, 2, types[type]);
	store_bind_text(s, 3, job_statuses[status]);
	store_bind_int(s, 9, max_s);
	if (failure != NULL)
		store_bind_text(s, 12, failure);
	else
		store_bind_null(s, 12);
	if (bind_condition(s, 4, json, err) == -1 ||
	    bind_action(s, 5, text, len, (enum hub_job_type)type, json, err) ==
		-1)
		return -1;
	return bind_times(s, status, json, err);
}

static int
read_job(struct hub_transfer_jobs *jobs, const char *job_id, const char *text,
    size_t len, const cJSON *json, struct err *err)
{
	struct store_stmt *s = jobs->stmts[ADD_JOB];

	free(jobs->job_id); /* it may be this one's, with the row it had */
	jobs->job_id = NULL;
	store_bind_text(s, 1, job_id);
	if (bind_job(s, text, len, json, err) == -1)
		return -1;
	store_bind_text(jobs->stmts[DROP], 1, job_id);
	if (store_run(jobs->stmts[DROP], err) == -1)
		return -1;
	return store_run(s, err);
}

/* The bytes of object.name, or false. */
static bool
narrow(const char **text, size_t *len, const char *name)
{
	return json_raw_member(*text, *len, name, text, len);
}

static int
bind_response(struct store_stmt *s, const char *text, size_t len,
    const cJSON *json, struct err *err)
{
	const cJSON *response = json_path(json, "outcome.deviceMethodResponse");
	int64_t status = json_get_int(response, "status", 0);

	store_bind_null(s, 8);
	store_bind_null(s, 9);
	if (response == NULL || cJSON_IsNull(response))
		return 0;
	if (!narrow(&text, &len, "outcome") ||
	    !narrow(&text, &len, "deviceMethodResponse") ||
	    !narrow(&text, &len, "payload")) {
		text = "null";
		len = strlen(text);
	}
	if (len > METHOD_PAYLOAD_MAX || status < INT32_MIN ||
	    status > INT32_MAX)
		return err_set(err, ERR_LIMIT,
		    "outcome.deviceMethodResponse: a payload has %zu bytes at "
		    "most, a status 32 bits",
		    METHOD_PAYLOAD_MAX);
	store_bind_int(s, 8, status);
	store_bind_text_len(s, 9, text, len);
	return 0;
}

static void
bind_error(struct store_stmt *s, const cJSON *json)
{
	const char *code = json_get_string(json_get(json, "error"), "code");
	const char *words =
	    json_get_string(json_get(json, "error"), "description");

	if (code == NULL) {
		store_bind_null(s, 10);
		store_bind_null(s, 11);
		return;
	}
	store_bind_text(s, 10, code);
	store_bind_text(s, 11, words != NULL ? words : "");
}

static int
find_job(struct hub_transfer_jobs *jobs, const char *job_id, struct err *err)
{
	struct store_stmt *s = jobs->stmts[FIND];
	int rc;

	if (jobs->job_id != NULL && strcmp(jobs->job_id, job_id) == 0)
		return 0;
	store_bind_text(s, 1, job_id);
	if ((rc = store_step(s, err)) != 1)
		return rc == 0 ? err_set(err, ERR_NOT_FOUND,
				     "the job %.64s of this record is not "
				     "there",
				     job_id)
			       : -1;
	jobs->job = store_column_int(s, 0);
	store_reset(s);
	free(jobs->job_id);
	jobs->job_id = xstrdup(job_id);
	return 0;
}

static int
read_record(struct hub_transfer_jobs *jobs, const char *job_id,
    const char *text, size_t len, const cJSON *json, struct err *err)
{
	struct store_stmt *s = jobs->stmts[ADD_RECORD];
	const char *device_id = json_get_string(json, "deviceId");
	int64_t created_us = clock_utc_us(), updated_us = created_us;
	int status = name_of(json, "status", record_statuses, err);

	if (status == -1 || find_job(jobs, job_id, err) == -1)
		return -1;
	if (device_id == NULL)
		return err_set(err, ERR_INVALID, "deviceId must be a string");
	if (hub_who_check(device_id, err) == -1 ||
	    time_of(json, "createdDateTimeUtc", &created_us, err) == -1 ||
	    time_of(json, "lastUpdatedDateTimeUtc", &updated_us, err) == -1 ||
	    bind_time_of(s, 5, json, "startTimeUtc", err) == -1 ||
	    bind_time_of(s, 6, json, "endTimeUtc", err) == -1 ||
	    bind_response(s, text, len, json, err) == -1)
		return -1;
	bind_error(s, json);
	store_bind_int(s, 1, jobs->job);
	store_bind_text(s, 2, device_id);
	store_bind_text(s, 3, record_statuses[status]);
	bind_time(s, 4, created_us);
	bind_time(s, 7, updated_us);
	return store_run(s, err);
}

int
hub_transfer_jobs_read(struct hub_transfer_jobs *jobs, const char *text,
    size_t len, const cJSON *json, struct err *err)
{
	const char *job_id = json_get_string(json, "jobId");

	if (job_id == NULL)
		return err_set(err, ERR_INVALID, "jobId must be a string");
	if (hub_job_check_id(job_id, err) == -1)
		return -1;
	return json_get(json, "deviceId") != NULL
	    ? read_record(jobs, job_id, text, len, json, err)
	    : read_job(jobs, job_id, text, len, json, err);
}
