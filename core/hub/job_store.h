/*
 * The writing side of job_records.h: what jobs.c changes in the store.  Unless
 * it says otherwise a function runs in the batch that its caller has opened,
 * and a failure fails that batch.
 */
#ifndef TWINDECK_CORE_HUB_JOB_STORE_H
#define TWINDECK_CORE_HUB_JOB_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "core/hub/jobs.h"

struct err;
struct hub;
struct hub_job_store;
struct hub_query;

struct hub_job_store *hub_job_store_new(struct hub *hub, struct err *err);
void hub_job_store_free(struct hub_job_store *store); /* NULL: nothing */

/* At a start, in no batch: whoever was being called gets this error. */
int hub_job_store_recover(struct hub_job_store *store, const char *error_code,
    const char *error_text, struct err *err);

/* A job that has not ended; its strings are borrowed. */
struct hub_job_row {
	int64_t id;
	struct hub_job_order order;
	int64_t begun_us; /* 0: not yet */
};

typedef void (*hub_job_store_cb)(const struct hub_job_row *row, void *arg);
int hub_job_store_load(struct hub_job_store *store, hub_job_store_cb cb,
    void *arg, struct err *err);
/* Jobs that ended before then, with their records. */
void hub_job_store_forget(struct hub_job_store *store, int64_t before_us);

/* 1, 0, or -1 with err set. */
int hub_job_store_exists(
    struct hub_job_store *store, const char *job_id, struct err *err);
/* 0, or -1 with err set. */
int hub_job_store_add(struct hub_job_store *store,
    const struct hub_job_order *order, const char *status, int64_t *id,
    struct err *err);
/* Its time has come, its turn not yet. */
void hub_job_store_wait(struct hub_job_store *store, int64_t id);
/*
 * Writes down the next max devices of the condition, in the order of their
 * ids: how many there were, or -1 with err set.  Fewer than max: that is all.
 */
int64_t hub_job_store_gather(struct hub_job_store *store, int64_t id,
    const struct hub_query *devices, int64_t max, struct err *err);
void hub_job_store_begin(
    struct hub_job_store *store, int64_t id, int64_t begun_us);
/* Whoever has been written down will not be called. */
void hub_job_store_cancel(struct hub_job_store *store, int64_t id);
void hub_job_store_end(struct hub_job_store *store, int64_t id,
    const char *status, const char *failure);

struct hub_job_record {
	int64_t id;
	char *device_id; /* the caller's */
};

/* The next devices that wait, max of them at most; -1: see the log. */
int hub_job_store_pending(struct hub_job_store *store, int64_t id,
    struct hub_job_record *records, int max);
void hub_job_store_mark(struct hub_job_store *store, int64_t record);
void hub_job_store_unmark(struct hub_job_store *store, int64_t record);

struct hub_job_outcome {
	int response_status;
	const char *response; /* JSON text; NULL: none */
	size_t response_len;
	int error_code;         /* of IoT Hub */
	const char *error_text; /* NULL: none, it is completed */
};

void hub_job_store_outcome(struct hub_job_store *store, int64_t record,
    const struct hub_job_outcome *outcome);
/* Every device of a job in that status has failed. */
void hub_job_store_sweep(struct hub_job_store *store, int64_t id,
    const char *status, const char *error_code, const char *error_text);

#endif
