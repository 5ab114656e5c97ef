/*
 * Commit, then answer: changes of one turn of the loop share one transaction,
 * and whatever tells the world of them waits until it is on disk.
 */
#ifndef TWINDECK_CORE_HUB_COMMIT_H
#define TWINDECK_CORE_HUB_COMMIT_H

#include <stdbool.h>

struct event_base;
struct hub_commit;
struct store;

struct hub_commit *hub_commit_new(struct event_base *base, struct store *store);
/* Commits what is open and calls who waits.  NULL does nothing. */
void hub_commit_free(struct hub_commit *commit);

/*
 * Opens the batch of this turn, unless it is open; before each change.  When
 * the database does not even let it begin, the batch fails.
 */
void hub_commit_begin(struct hub_commit *commit);

/*
 * A change went wrong in the middle: the whole batch will be undone, and
 * everybody who waits for it hears ok false.
 */
void hub_commit_fail(struct hub_commit *commit);

/*
 * Calls cb once what has been changed so far is on disk: at once if no batch
 * is open.  ok is false when the commit failed, and nothing of it happened.
 */
typedef void (*hub_commit_cb)(bool ok, void *arg);
void hub_commit_then(struct hub_commit *commit, hub_commit_cb cb, void *arg);

#endif
