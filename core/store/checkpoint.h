/*
 * Checkpoints in a thread of their own.  A PASSIVE checkpoint blocks nobody,
 * but under steady writes some commit always falls into the pass, and then
 * the WAL never starts over.  So the thread repeats it, each pass shorter,
 * and when only a few pages are left it hands over: the writer itself runs
 * the last pass, between two transactions.
 */
#ifndef TWINDECK_CORE_STORE_CHECKPOINT_H
#define TWINDECK_CORE_STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct store_checkpoint;

/* path is opened anew: the thread's connection.  NULL with err set. */
struct store_checkpoint *
store_checkpoint_new(const char *path, struct err *err);
/* Waits for the pass under way.  NULL does nothing. */
void store_checkpoint_free(struct store_checkpoint *checkpoint);

enum store_checkpoint_wish {
	STORE_CHECKPOINT_NOTHING,
	STORE_CHECKPOINT_LAST_PAGES, /* PASSIVE, few pages */
	STORE_CHECKPOINT_ALL         /* over the hard limit: it may take long */
};

/* After each commit: how long the WAL is; returns what the writer has to do. */
enum store_checkpoint_wish store_checkpoint_after_commit(
    struct store_checkpoint *checkpoint, size_t wal_pages);

#endif
