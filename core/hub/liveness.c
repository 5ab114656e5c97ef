#include "config.h"

#include "core/hub/liveness.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/map.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/who.h"
#include "core/store/store.h"

#define FLUSH_MS 1000 /* from the first sign to its writing */
/* Written in one turn of the loop, and until the next: among a million devices
 * each is a page or two of its own, and whoever asks meanwhile waits. */
#define PORTION_MAX 64
#define PORTION_MS 5

/*
 * What one device or module has shown.  It stands in the map from the first
 * sign until it is on disk: is_dirty while there is something to write, again
 * after a commit that failed, and n_writes while commits are awaited.  Who is
 * forgotten meanwhile is out of the map and goes with the last of those.
 */
struct sign {
	struct hub_liveness *liveness;
	char *who;
	int64_t activity_us;
	int64_t connection_us; /* when is_connected changed; 0: it has not */
	bool is_connected;
	bool is_dirty;
	bool has_changed; /* is_connected, since it was written */
	bool is_forgotten;
	int n_writes;
};

enum statement { TOUCH, CONNECT, STATEMENTS };

#define STATEMENTS_ON(TABLE)                                            \
	{                                                               \
		[TOUCH] = "UPDATE " TABLE " SET last_activity = ?2 "    \
			  "WHERE device_id = ?1",                       \
		[CONNECT] = "UPDATE " TABLE " SET last_activity = ?2, " \
			    "connected = ?3, connection_updated = ?4 "  \
			    "WHERE device_id = ?1",                     \
	}

static const char *const statements[HUB_KINDS][STATEMENTS] = {
	[HUB_DEVICE] = STATEMENTS_ON("device"),
	[HUB_MODULE] = STATEMENTS_ON("module"),
};

struct hub_liveness {
	struct hub *hub;
	struct store_stmt *stmts[HUB_KINDS][STATEMENTS];
	struct map *signs;   /* struct sign by name; owned */
	size_t n_dirty;      /* of them */
	size_t n_changed;    /* of those */
	struct event *flush; /* pending while there are dirty ones */
};

static void
free_sign(struct sign *sign)
{
	free(sign->who);
	free(sign);
}

static void
arm(struct hub_liveness *liveness, int ms)
{
	struct timeval delay = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	if (!event_pending(liveness->flush, EV_TIMEOUT, NULL))
		event_add(liveness->flush, &delay);
}

static void
set_dirty(struct sign *sign)
{
	if (sign->is_dirty)
		return;
	sign->is_dirty = true;
	sign->liveness->n_dirty++;
	arm(sign->liveness, FLUSH_MS);
}

static void
set_changed(struct sign *sign, bool has_changed)
{
	if (sign->has_changed != has_changed && has_changed)
		sign->liveness->n_changed++;
	else if (sign->has_changed != has_changed)
		sign->liveness->n_changed--;
	sign->has_changed = has_changed;
}

static void
on_committed(bool ok, void *arg)
{
	struct sign *sign = arg;

	sign->n_writes--;
	if (!ok && !sign->is_forgotten) {
		set_dirty(sign);
		set_changed(sign, sign->connection_us != 0);
	}
	if (sign->n_writes > 0 || sign->is_dirty)
		return;
	if (!sign->is_forgotten)
		map_remove(sign->liveness->signs, sign->who);
	free_sign(sign);
}

static void
write_one(struct hub_liveness *liveness, struct sign *sign)
{
	bool changes = sign->has_changed;
	struct store_stmt *s =
	    liveness->stmts[hub_who_kind(sign->who)][changes ? CONNECT : TOUCH];
	char stamp[CLOCK_STAMP_SIZE];
	struct err err = { 0 };

	hub_commit_begin(liveness->hub->commit);
	store_bind_text(s, 1, sign->who);
	clock_format_iso(stamp, sign->activity_us);
	store_bind_text(s, 2, stamp);
	if (changes) {
		store_bind_int(s, 3, sign->is_connected);
		clock_format_iso(stamp, sign->connection_us);
		store_bind_text(s, 4, stamp);
	}
	if (store_run(s, &err) == -1) {
		hub_commit_fail(liveness->hub->commit);
		log_error("%s: %s", sign->who, err.text);
	}
	sign->is_dirty = false;
	liveness->n_dirty--;
	set_changed(sign, false);
	sign->n_writes++;
	hub_commit_then(liveness->hub->commit, on_committed, sign);
}

static void
flush(struct hub_liveness *liveness, size_t max)
{
	struct sign *sign;
	size_t cursor = 0;

	event_del(liveness->flush);
	while (liveness->n_dirty > 0 && max > 0 &&
	    (sign = map_next(liveness->signs, &cursor)) != NULL) {
		if (!sign->is_dirty)
			continue;
		write_one(liveness, sign);
		max--;
	}
}

static void
flush_connections(struct hub_liveness *liveness)
{
	struct sign *sign;
	size_t cursor = 0;

	while (liveness->n_changed > 0 &&
	    (sign = map_next(liveness->signs, &cursor)) != NULL)
		if (sign->has_changed)
			write_one(liveness, sign);
}

/* What is left is for the turns that follow. */
static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct hub_liveness *liveness = arg;

	(void)fd;
	(void)what;
	flush(liveness, PORTION_MAX);
	if (liveness->n_dirty > 0)
		arm(liveness, PORTION_MS);
}

void
hub_liveness_flush(struct hub_liveness *liveness, enum hub_liveness_part part)
{
	if (part == HUB_LIVENESS_ALL)
		flush(liveness, SIZE_MAX);
	else if (part == HUB_LIVENESS_CONNECTIONS)
		flush_connections(liveness);
}

struct hub_liveness *
hub_liveness_new(struct hub *hub, struct err *err)
{
	struct hub_liveness *liveness = xcalloc(1, sizeof(*liveness));
	struct store_stmt *stmt;
	int i;

	liveness->hub = hub;
	liveness->signs = map_new();
	liveness->flush = evtimer_new(hub->base, on_flush, liveness);
	for (i = 0; i < HUB_KINDS * STATEMENTS; i++) {
		stmt = store_prepare(hub->store,
		    statements[i / STATEMENTS][i % STATEMENTS], err);
		if (stmt == NULL)
			goto fail;
		liveness->stmts[i / STATEMENTS][i % STATEMENTS] = stmt;
	}
	/* Whoever was connected when the hub last left, no longer is. */
	if (store_exec(hub->store,
		"UPDATE device SET connected = 0 WHERE connected = 1;"
		"UPDATE module SET connected = 0 WHERE connected = 1",
		err) == -1)
		goto fail;
	return liveness;
fail:
	hub_liveness_free(liveness);
	return NULL;
}

void
hub_liveness_free(struct hub_liveness *liveness)
{
	struct sign *sign;
	size_t cursor = 0;
	int i;

	if (liveness == NULL)
		return;
	while ((sign = map_next(liveness->signs, &cursor)) != NULL)
		free_sign(sign);
	for (i = 0; i < HUB_KINDS * STATEMENTS; i++)
		store_stmt_free(
		    liveness->stmts[i / STATEMENTS][i % STATEMENTS]);
	event_free(liveness->flush);
	map_free(liveness->signs);
	free(liveness);
}

static struct sign *
sign_of(struct hub_liveness *liveness, const char *who)
{
	struct sign *sign = map_get(liveness->signs, who);

	if (sign == NULL) {
		sign = xcalloc(1, sizeof(*sign));
		sign->liveness = liveness;
		sign->who = xstrdup(who);
		map_set(liveness->signs, sign->who, sign);
	}
	return sign;
}

void
hub_liveness_set_connected(
    struct hub_liveness *liveness, const char *who, bool connected)
{
	struct sign *sign = sign_of(liveness, who);

	sign->activity_us = sign->connection_us = clock_utc_us();
	sign->is_connected = connected;
	set_dirty(sign);
	set_changed(sign, true);
}

void
hub_liveness_touch(struct hub_liveness *liveness, const char *who)
{
	struct sign *sign = sign_of(liveness, who);

	sign->activity_us = clock_utc_us();
	set_dirty(sign);
}

void
hub_liveness_forget(struct hub_liveness *liveness, const char *who)
{
	struct sign *sign = map_remove(liveness->signs, who);

	if (sign == NULL)
		return;
	if (sign->is_dirty)
		liveness->n_dirty--;
	set_changed(sign, false);
	sign->is_dirty = false;
	sign->is_forgotten = true;
	if (sign->n_writes == 0)
		free_sign(sign);
}

void
hub_liveness_look(const struct hub_liveness *liveness, const char *who,
    struct hub_liveness_view *view)
{
	const struct sign *sign;

	if (map_size(liveness->signs) == 0 ||
	    (sign = map_get(liveness->signs, who)) == NULL)
		return;
	clock_format_iso(view->stamps[0], sign->activity_us);
	view->last_activity = view->stamps[0];
	if (sign->connection_us == 0)
		return;
	clock_format_iso(view->stamps[1], sign->connection_us);
	view->connection_updated = view->stamps[1];
	view->is_connected = sign->is_connected;
}
