/*
 * Connections that have not shown yet who they are, on both ports, the oldest
 * first.  They are the ones to go when there is no room for others.
 */
#ifndef TWINDECK_CORE_HUB_NEWCOMERS_H
#define TWINDECK_CORE_HUB_NEWCOMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/list.h"

struct hub_newcomers;

/* Part of what stands for a connection.  close() may free it, at once or in
 * the next turn of the loop. */
struct hub_newcomer {
	struct list link;
	int64_t since_ms; /* monotonic */
	void (*close)(struct hub_newcomer *newcomer);
};

/* Nobody is closed before: a handshake is not over at once. */
#define HUB_NEWCOMER_AGE_MS 1000
#define HUB_NEWCOMERS_CLOSED_MAX 8 /* at once */

struct hub_newcomers *hub_newcomers_new(void);
/* Who is left in it may still be removed.  NULL does nothing. */
void hub_newcomers_free(struct hub_newcomers *newcomers);

void hub_newcomers_add(
    struct hub_newcomers *newcomers, struct hub_newcomer *newcomer);
/* It has shown who it is, or has gone; does nothing the second time. */
void hub_newcomers_remove(struct hub_newcomer *newcomer);

/* Closes the oldest: whether there was one that is old enough. */
bool hub_newcomers_make_room(struct hub_newcomers *newcomers);

#endif
