/*
 * Signs of life: connectionState and lastActivityTime.  Both are seen at once
 * and written to the store every now and then, in portions: nobody is promised
 * that they are on disk, and a CONNECT need not wait for it.  A hub that was
 * killed begins with all devices Disconnected anyway.
 */
#ifndef TWINDECK_CORE_HUB_LIVENESS_H
#define TWINDECK_CORE_HUB_LIVENESS_H

#include <stdbool.h>

#include "core/base/clock.h"

struct err;
struct hub;
struct hub_liveness;

/* NULL with err set (ERR_IO, ERR_INTERNAL).  All become Disconnected. */
struct hub_liveness *hub_liveness_new(struct hub *hub, struct err *err);
/* hub_liveness_flush() and its commit come first, or what is not written yet
 * is lost.  NULL does nothing. */
void hub_liveness_free(struct hub_liveness *liveness);

/* Connected or Disconnected, with connectionStateUpdatedTime. */
void hub_liveness_set_connected(
    struct hub_liveness *liveness, const char *who, bool connected);
/* Telemetry, methods, twin traffic: lastActivityTime. */
void hub_liveness_touch(struct hub_liveness *liveness, const char *who);
/* An identity is new: what one of that name has shown before is not its own. */
void hub_liveness_forget(struct hub_liveness *liveness, const char *who);

/* What a row of the store says; start with its texts, borrowed. */
struct hub_liveness_view {
	bool is_connected;
	const char *connection_updated;
	const char *last_activity;
	char stamps[2][CLOCK_STAMP_SIZE]; /* of what is not written yet */
};

/* Puts what is not written yet in the place of what the row says. */
void hub_liveness_look(const struct hub_liveness *liveness, const char *who,
    struct hub_liveness_view *view);

/* What a query looks at: activities come by thousands a second, connections
 * do not. */
enum hub_liveness_part {
	HUB_LIVENESS_NONE,
	HUB_LIVENESS_CONNECTIONS,
	HUB_LIVENESS_ALL
};

/* Writes that part, for whoever is going to ask the store.  Opens a batch if
 * there is anything to write. */
void hub_liveness_flush(
    struct hub_liveness *liveness, enum hub_liveness_part part);

#endif
