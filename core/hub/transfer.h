/*
 * A hub's devices, modules and jobs as text, to be kept, edited or moved: JSON
 * Lines, an identity a line with its keys, its counters and its twin.  Such a
 * line is what IoT Hub's own export has, and some members more; read back, it
 * makes the same device, ETags, $version and $metadata included.  Of a line
 * only the id is needed: {"id":"door-001","tags":{"site":"brno"}} gets keys and
 * a new twin.
 *
 * A line with a jobId is a job or the record of one of its devices, as in
 * transfer_jobs.h.  A job that had not ended goes on in the next hub; who was
 * being called then is failed there as unknown, as after a restart.
 */
#ifndef TWINDECK_CORE_HUB_TRANSFER_H
#define TWINDECK_CORE_HUB_TRANSFER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct err;
struct store;

/* The largest sections, with $metadata for a leaf of each few bytes. */
#define HUB_TRANSFER_LINE_MAX ((size_t)4 * 1024 * 1024)
#define HUB_TRANSFER_BATCH 4096 /* lines in one transaction */

/*
 * Writes every device, then every module, then every job, then every record
 * of a job's device, in the order in which they were made; *n gets how many
 * lines.  The store must not be in a transaction.  What is written is of one
 * moment.  0, or -1 with err set (ERR_IO).
 */
int
hub_export(struct store *store, FILE *out, int64_t *n, struct err *err);

/*
 * Reads them into the store, in batches; what is there already is replaced, so
 * that an import that broke off can be run again.  *n gets how many lines are
 * in the store for good.  0, or -1 with err set: ERR_INVALID, ERR_NOT_FOUND (a
 * module's device, a record's job), ERR_LIMIT ("line 7: …"), ERR_IO.  Nobody
 * else may be in a transaction.
 */
int hub_import(struct store *store, FILE *in, int64_t *n, struct err *err);

#endif
