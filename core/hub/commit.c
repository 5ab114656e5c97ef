#include "config.h"

#include "core/hub/commit.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"
#include "core/net/turn.h"
#include "core/store/store.h"

/* A turn in which thousands of devices report is split, so that the first of
 * them do not wait for the last. */
#define CHANGES_MAX 512

/* While each turn brings changes the batch waits for the next one, at most so
 * often: a hundred devices whose answers come with one flush of the disk ask
 * again in two or three turns, and one flush may do for them all. */
#define MORE_TURNS_MAX 3

/* How long the loop stands still while another process holds the database,
 * the first time; until it is free again each batch is tried at once. */
#define PATIENCE_MS 200

struct waiter {
	struct list link;
	hub_commit_cb cb;
	void *arg;
	bool ok; /* once it stands in done */
};

/*
 * A waiter stands in waiting while its batch is open, then in done until the
 * turn ends: nobody is called in the middle of somebody else's change.
 */
struct hub_commit {
	struct store *store;
	struct net_turn *turn;
	struct list waiting;
	struct list done;
	int n_changes; /* in the open batch, behind the first */
	int n_before;  /* of those, when the last turn ended */
	int n_turns;   /* that have ended since it was opened */
	bool is_open;
	bool has_failed;
	bool is_locked_out; /* the last batch could not begin */
	bool is_failing;    /* the last one could not be written */
	struct err why;     /* of the last that failed */
};

/* As begin() does: on a full disk every batch fails, and the log may stand on
 * the same disk. */
static void
note_write(struct hub_commit *commit, const struct err *failure)
{
	if (commit->is_failing == (failure != NULL))
		return;
	commit->is_failing = failure != NULL;
	if (failure != NULL)
		log_error("nothing can be stored: %s", failure->text);
	else
		log_info("changes are stored again");
}

static void
finish_batch(struct hub_commit *commit)
{
	struct waiter *w, *tmp;
	struct err err = { 0 };
	bool ok = false;

	if (!commit->is_open)
		return;
	if (commit->has_failed) {
		store_rollback(commit->store);
	} else if (store_commit(commit->store, &err) == -1) {
		note_write(commit, &err);
		err_copy(&commit->why, &err);
	} else {
		note_write(commit, NULL);
		ok = true;
	}
	commit->is_open = false;
	commit->has_failed = false;
	commit->n_changes = commit->n_before = commit->n_turns = 0;
	LIST_FOREACH_SAFE(w, tmp, &commit->waiting, struct waiter, link) {
		list_remove(&w->link);
		w->ok = ok;
		list_append(&commit->done, &w->link);
	}
}

static void
finish(struct hub_commit *commit)
{
	struct waiter *w;

	finish_batch(commit);
	/* A callback may begin the next batch: those waiters come later. */
	while ((w = LIST_FIRST(&commit->done, struct waiter, link)) != NULL) {
		list_remove(&w->link);
		w->cb(w->ok, w->arg);
		free(w);
	}
}

/* A lone change is committed at once.  Nobody who is done waits for more. */
static void
on_turn_end(void *arg)
{
	struct hub_commit *commit = arg;
	bool has_grown = commit->n_changes > commit->n_before;

	if (commit->is_open && !commit->has_failed && has_grown &&
	    list_is_empty(&commit->done) &&
	    commit->n_turns < MORE_TURNS_MAX) {
		commit->n_before = commit->n_changes;
		commit->n_turns++;
		net_turn_end_next(commit->turn);
		return;
	}
	finish(commit);
}

struct hub_commit *
hub_commit_new(struct event_base *base, struct store *store)
{
	struct hub_commit *commit = xcalloc(1, sizeof(*commit));

	commit->store = store;
	store_set_patience(store, PATIENCE_MS);
	commit->turn = net_turn_new(base, on_turn_end, commit);
	list_init(&commit->waiting);
	list_init(&commit->done);
	return commit;
}

void
hub_commit_free(struct hub_commit *commit)
{
	if (commit == NULL)
		return;
	/* Whoever is called may change one thing more. */
	do
		finish(commit);
	while (commit->is_open);
	net_turn_free(commit->turn);
	free(commit);
}

/* One line in the log when it begins to fail, and one when that is over. */
static void
begin(struct hub_commit *commit)
{
	struct err err = { 0 };
	int rc = store_begin(commit->store, &err);

	if (rc == -1) {
		commit->has_failed = true;
		err_copy(&commit->why, &err);
	}
	if (commit->is_locked_out == (rc == -1))
		return;
	commit->is_locked_out = rc == -1;
	store_set_patience(commit->store, rc == -1 ? 0 : PATIENCE_MS);
	if (rc == -1)
		log_error("nothing can be changed: %s", err.text);
	else
		log_info("changes are possible again");
}

void
hub_commit_begin(struct hub_commit *commit)
{
	if (commit->is_open && ++commit->n_changes > CHANGES_MAX)
		finish_batch(commit);
	/* SQLite ends a transaction by itself when the disk is full, say. */
	if (commit->is_open && !store_in_transaction(commit->store))
		hub_commit_fail(commit);
	if (commit->is_open)
		return;
	commit->is_open = true;
	begin(commit);
	net_turn_end(commit->turn);
}

void
hub_commit_fail(struct hub_commit *commit)
{
	if (!commit->is_open || commit->has_failed)
		return;
	commit->has_failed = true;
	err_set(&commit->why, ERR_IO, "a change of the same turn failed");
}

const struct err *
hub_commit_why(const struct hub_commit *commit)
{
	return &commit->why;
}

void
hub_commit_then(struct hub_commit *commit, hub_commit_cb cb, void *arg)
{
	struct waiter *w;

	/* What is done but not yet told keeps its place in the row. */
	if (!commit->is_open && list_is_empty(&commit->done)) {
		cb(true, arg);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->cb = cb;
	w->arg = arg;
	w->ok = true;
	list_append(
	    commit->is_open ? &commit->waiting : &commit->done, &w->link);
}
