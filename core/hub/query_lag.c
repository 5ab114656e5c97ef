#include "config.h"

#include "core/hub/query_lag.h"

#include <inttypes.h>
#include <stdlib.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/schema.h"
#include "core/store/store.h"

/*
 * Two connections beside the hub's own, each in a transaction that only reads
 * and so sees the database as it was when it began.  Every half of the lag
 * the older one begins anew, and queries go to the other.
 */
struct hub_query_lag {
	struct store *snapshots[2];
	int in_use;
	struct event *timer;
};

static int
begin(struct store *store, struct err *err)
{
	if (store_exec(store, "BEGIN", err) == -1)
		return -1;
	/* It begins with its first look. */
	return store_exec(store, "SELECT count(*) FROM job", err);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hub_query_lag *lag = arg;
	struct store *oldest = lag->snapshots[lag->in_use];
	struct err err = { 0 };

	(void)fd;
	(void)what;
	store_rollback(oldest);
	if (begin(oldest, &err) == -1)
		log_error("queries see what is new: %s", err.text);
	lag->in_use = !lag->in_use;
}

struct hub_query_lag *
hub_query_lag_new(struct hub *hub, int64_t lag_ms, struct err *err)
{
	struct timeval half = { .tv_sec = lag_ms / 2000,
		.tv_usec = lag_ms / 2 % 1000 * 1000 };
	struct hub_query_lag *lag;
	char *path;
	int i, rc = 0;

	if (lag_ms < 2 || lag_ms > HUB_QUERY_LAG_MAX_MS) {
		err_set(err, ERR_INVALID,
		    "queries may lag behind by 2 ms to %" PRId64 " s",
		    HUB_QUERY_LAG_MAX_MS / 1000);
		return NULL;
	}
	lag = xcalloc(1, sizeof(*lag));
	path = xasprintf("%s/" HUB_FILE_DATABASE, hub->state_dir);
	for (i = 0; rc == 0 && i < 2; i++) {
		lag->snapshots[i] = store_open_beside(path, hub_schema, err);
		rc = lag->snapshots[i] != NULL ? begin(lag->snapshots[i], err)
					       : -1;
	}
	free(path);
	lag->timer = event_new(hub->base, -1, EV_PERSIST, on_timer, lag);
	event_add(lag->timer, &half);
	if (rc == 0)
		return lag;
	hub_query_lag_free(lag);
	return NULL;
}

void
hub_query_lag_free(struct hub_query_lag *lag)
{
	int i;

	if (lag == NULL)
		return;
	for (i = 0; i < 2; i++) {
		if (lag->snapshots[i] != NULL)
			store_rollback(lag->snapshots[i]);
		store_close(lag->snapshots[i]);
	}
	event_free(lag->timer);
	free(lag);
}

struct store *
hub_query_lag_store(const struct hub *hub)
{
	const struct hub_query_lag *lag = hub->query_lag;

	return lag != NULL ? lag->snapshots[lag->in_use] : hub->store;
}
