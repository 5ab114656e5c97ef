/*
 * What jobs leave in the store: the job, and a record for each of its
 * devices.  Only the SQL and the JSON of it; jobs.c decides.
 */
#ifndef TWINDECK_CORE_HUB_JOB_RECORDS_H
#define TWINDECK_CORE_HUB_JOB_RECORDS_H

#include <stddef.h>

#include "core/hub/jobs.h"

struct err;
struct hub;
struct store_stmt;
struct strbuf;

/* "scheduleDeviceMethod"; a static string. */
const char *hub_job_type_name(enum hub_job_type type);
/* The rules for an id: 0, or -1 with err set (ERR_INVALID). */
int hub_job_check_id(const char *job_id, struct err *err);

/* Of any SELECT from device_job and job, side by side. */
#define HUB_JOB_RECORD_COLUMNS                                            \
	"device_job.id, device_job.device_id, job.job_id, job.type, "     \
	"device_job.status, device_job.started, device_job.ended, "       \
	"device_job.created, device_job.updated, "                        \
	"device_job.response_status, device_job.response, "               \
	"device_job.error_code, device_job.error_text"

/* Appends such a row as an item of devices.jobs. */
void hub_job_record_format(struct store_stmt *row, struct strbuf *out);

/* Of any SELECT from job. */
#define HUB_JOB_COLUMNS                                                      \
	"job.id, job.job_id, job.condition, job.created, job.start, "        \
	"job.ended, job.max_execution_s, job.type, job.action, job.status, " \
	"job.failure, job.begun_us"
#define HUB_JOB_COLUMN_BEGUN 11 /* microseconds, or null */

/* Appends the members of such a row, without the braces around them. */
void hub_job_put_members(struct store_stmt *row, struct strbuf *out);

/* Appends a job as GET answers it: 1, 0 if there is none, -1 with err set. */
int hub_job_format(struct hub *hub, const char *job_id, struct strbuf *out,
    struct err *err);

/* A page of the list of jobs. */
struct hub_job_list {
	const char *type;   /* NULL: any */
	const char *status; /* NULL: any */
	const char *after;  /* the row that the last page ended with */
	int size;           /* rows at most; fewer where they are large */
	char *next;         /* out: the row of this one, or NULL; owned */
};

/* Appends an array: 0, or -1 with err set. */
int hub_job_list_format(struct hub *hub, struct hub_job_list *list,
    struct strbuf *out, struct err *err);

#endif
