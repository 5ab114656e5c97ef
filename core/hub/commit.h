/*
 * Commit, then answer: changes of one turn of the loop, and of the few turns
 * that follow while each brings more, share one transaction, and whatever
 * tells the world of them waits until it is on disk.
 */
#ifndef TWINDECK_CORE_HUB_COMMIT_H
#define TWINDECK_CORE_HUB_COMMIT_H

#include <stdbool.h>

struct err;
struct event_base;
struct hub_commit;
struct store;

struct hub_commit *hub_commit_new(struct event_base *base, struct store *store);
/* Commits what is open and calls who waits.  NULL does nothing. */
void hub_commit_free(struct hub_commit *commit);

/*
 * Opens a batch, unless one is open; before each change.  When
 * the database does not even let it begin, because another process holds it,
 * say, the batch fails, and so does each change in it.
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

/*
 * Why the last batch failed that did, for who has just heard it: ERR_TIMEOUT
 * when it could not even begin (nothing was changed that somebody may have
 * read), ERR_IO.
 */
const struct err *hub_commit_why(const struct hub_commit *commit);

#endif
