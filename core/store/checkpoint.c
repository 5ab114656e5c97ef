#include "config.h"

#include "core/store/checkpoint.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"

/*
 * Pages of 4 KiB.  The writer's own pass takes as long as a few dozen of its
 * commits, so it is to come less than once in a thousand of them: the WAL may
 * grow to forty megabytes before the thread starts.
 */
#define WAL_LONG 10000
#define WAL_SHORT_PASS 100   /* nothing is won by one that is shorter still */
#define WAL_FEW 300          /* what the writer may be left with, */
#define WAL_FEW_OF 8         /* or this part of it when it gets longer */
#define WAL_HARD_LIMIT 16384 /* 64 MiB */
#define PASSES 10

/*
 * The writer wakes the thread by wanted; the thread says by n_done how much
 * of the WAL it has moved.  A pass only sees what was committed before it, so
 * under steady writes there is always something left: when that is little,
 * the writer moves it itself, and its next commit starts the WAL over.  All
 * under the lock.
 */
struct store_checkpoint {
	sqlite3 *db; /* the thread's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool wanted;
	bool busy; /* a pass is under way: do not run into it */
	bool leave;
	size_t n_done; /* pages; 0: nothing to hand over */
};

/* Pages of the WAL that are in the database now; 0 when it did not work. */
static size_t
one_pass(sqlite3 *db)
{
	int n_log = 0, n_done = 0;

	if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE,
		&n_log, &n_done) != SQLITE_OK ||
	    n_done < 0)
		return 0;
	return (size_t)n_done;
}

/* Each pass has only to move what came during the one before; when they get
 * no shorter, the writes come as fast as the disk. */
static size_t
passes(sqlite3 *db)
{
	size_t done = 0, before, moved = SIZE_MAX, moved_before;
	int i;

	for (i = 0; i < PASSES; i++) {
		before = done;
		done = one_pass(db);
		if (done < before)
			break;
		moved_before = moved;
		moved = done - before;
		if (moved <= WAL_SHORT_PASS || moved > moved_before / 4 * 3)
			break;
	}
	return done;
}

static void *
run(void *arg)
{
	struct store_checkpoint *c = arg;
	size_t n_done;

	pthread_mutex_lock(&c->lock);
	while (!c->leave) {
		if (!c->wanted) {
			pthread_cond_wait(&c->wake, &c->lock);
			continue;
		}
		c->wanted = false;
		c->busy = true;
		pthread_mutex_unlock(&c->lock);
		n_done = passes(c->db);
		pthread_mutex_lock(&c->lock);
		c->busy = false;
		c->n_done = n_done;
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Signals are the loop's: none may be delivered to this thread. */
static int
start_thread(struct store_checkpoint *c)
{
	sigset_t all, was;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	error = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return error;
}

struct store_checkpoint *
store_checkpoint_new(const char *path, struct err *err)
{
	struct store_checkpoint *c = xcalloc(1, sizeof(*c));
	int error;

	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	if (sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE, NULL) !=
		SQLITE_OK ||
	    sqlite3_exec(c->db,
		"PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0", NULL,
		NULL, NULL) != SQLITE_OK) {
		err_set(err, ERR_IO, "cannot open %s for checkpoints: %s", path,
		    sqlite3_errmsg(c->db));
		goto fail;
	}
	if ((error = start_thread(c)) != 0) {
		err_set(err, ERR_IO, "cannot start the checkpoint thread: %s",
		    strerror(error));
		goto fail;
	}
	return c;
fail:
	sqlite3_close(c->db);
	free(c);
	return NULL;
}

void
store_checkpoint_free(struct store_checkpoint *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->leave = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	sqlite3_close(c->db);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* What is left is little, or little beside what the WAL has grown to. */
static bool
is_few(size_t n_done, size_t wal_pages)
{
	size_t left = wal_pages - n_done;

	return n_done > 0 && n_done <= wal_pages &&
	    (left <= WAL_FEW || left <= wal_pages / WAL_FEW_OF);
}

enum store_checkpoint_wish
store_checkpoint_after_commit(struct store_checkpoint *c, size_t wal_pages)
{
	enum store_checkpoint_wish wish = STORE_CHECKPOINT_NOTHING;

	if (wal_pages < WAL_LONG)
		return wish;
	pthread_mutex_lock(&c->lock);
	if (c->busy || c->wanted)
		goto out;
	if (is_few(c->n_done, wal_pages))
		wish = STORE_CHECKPOINT_LAST_PAGES;
	else if (wal_pages > WAL_HARD_LIMIT)
		wish = STORE_CHECKPOINT_ALL;
	else {
		c->wanted = true;
		pthread_cond_signal(&c->wake);
	}
	c->n_done = 0;
out:
	pthread_mutex_unlock(&c->lock);
	return wish;
}
