/*
 * Jobs as lines of an export: a job as GET answers it, and each of its
 * devices as devices.jobs has it, in lines of their own behind their job.
 */
#ifndef TWINDECK_CORE_HUB_TRANSFER_JOBS_H
#define TWINDECK_CORE_HUB_TRANSFER_JOBS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cJSON;
struct err;
struct hub_transfer_jobs;
struct store;

/* Adds the lines to *n.  0, or -1 with err set (ERR_IO, as ferror() says). */
int hub_transfer_jobs_write(
    struct store *store, FILE *out, int64_t *n, struct err *err);

/* For reading them back; NULL with err set. */
struct hub_transfer_jobs *
hub_transfer_jobs_new(struct store *store, struct err *err);
void hub_transfer_jobs_free(struct hub_transfer_jobs *jobs); /* or NULL */

/*
 * One line with a jobId: a job, or the record of a device when it has a
 * deviceId too.  A job that is there already is replaced, and its records go.
 * json is what text parses to.  The caller has opened a transaction.  0, or
 * -1 with err set: ERR_INVALID, ERR_LIMIT, ERR_NOT_FOUND (a record's job).
 */
int hub_transfer_jobs_read(struct hub_transfer_jobs *jobs, const char *text,
    size_t len, const struct cJSON *json, struct err *err);

#endif
