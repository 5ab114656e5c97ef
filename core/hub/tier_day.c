#include "config.h"

#include "core/hub/tier_day.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/tier.h"
#include "core/store/store.h"

struct hub_tier_day {
	struct hub *hub;
	struct store_stmt *save;
	struct event *timer;
	bool is_dirty;
};

static int
take_up(struct hub_tier_day *day, struct err *err)
{
	struct store_stmt *row = store_prepare(
	    day->hub->store, "SELECT day, messages FROM tier_day", err);
	int rc;

	if (row == NULL)
		return -1;
	rc = store_step(row, err);
	if (rc == 1)
		hub_tier_resume(day->hub->tier, store_column_int(row, 0),
		    store_column_int(row, 1));
	store_stmt_free(row);
	return rc == -1 ? -1 : 0;
}

void
hub_tier_day_flush(struct hub_tier_day *day)
{
	struct err err = { 0 };
	int64_t today, n;

	if (day == NULL || !day->is_dirty)
		return;
	day->is_dirty = false;
	n = hub_tier_messages(day->hub->tier, &today);
	hub_commit_begin(day->hub->commit);
	store_bind_int(day->save, 1, today);
	store_bind_int(day->save, 2, n);
	if (store_run(day->save, &err) == 0)
		return;
	log_error("the messages of the day are not stored: %s", err.text);
	hub_commit_fail(day->hub->commit);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hub_tier_day_flush(arg);
}

/* The count of a batch that fails goes to disk with the next message. */
static void
on_bill(void *arg)
{
	static const struct timeval later = { .tv_usec =
						  HUB_TIER_DAY_SAVE_MS * 1000 };
	struct hub_tier_day *day = arg;

	if (day->is_dirty)
		return;
	day->is_dirty = true;
	if (day->hub->is_leaving) /* the loop does not go round any more */
		hub_tier_day_flush(day);
	else
		event_add(day->timer, &later);
}

struct hub_tier_day *
hub_tier_day_new(struct hub *hub, struct err *err)
{
	struct hub_tier_day *day = xcalloc(1, sizeof(*day));

	day->hub = hub;
	day->timer = evtimer_new(hub->base, on_timer, day);
	day->save = store_prepare(hub->store,
	    "INSERT INTO tier_day (id, day, messages) VALUES (1, ?1, ?2)"
	    " ON CONFLICT (id) DO UPDATE SET day = ?1, messages = ?2",
	    err);
	if (day->save == NULL || take_up(day, err) == -1) {
		hub_tier_day_free(day);
		return NULL;
	}
	hub_tier_on_bill(hub->tier, on_bill, day);
	return day;
}

void
hub_tier_day_free(struct hub_tier_day *day)
{
	if (day == NULL)
		return;
	event_free(day->timer);
	store_stmt_free(day->save);
	free(day);
}
