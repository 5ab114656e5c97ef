#include "config.h"

#include "core/base/events.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/base/list.h"
#include "core/base/xalloc.h"

struct events {
	struct list subscriptions;
	int firing; /* how many events_fire() are on the stack */
};

/* Unsubscribed during a delivery: marked, and freed when it is over. */
struct events_subscription {
	struct list link;
	struct events *events;
	events_cb cb; /* NULL: gone */
	void *arg;
};

struct events *
events_new(void)
{
	struct events *events = xcalloc(1, sizeof(*events));

	list_init(&events->subscriptions);
	return events;
}

static void
sweep(struct events *events, bool all)
{
	struct events_subscription *s, *tmp;

	LIST_FOREACH_SAFE(s, tmp, &events->subscriptions,
	    struct events_subscription, link)
	{
		if (!all && s->cb != NULL)
			continue;
		list_remove(&s->link);
		free(s);
	}
}

void
events_free(struct events *events)
{
	if (events == NULL)
		return;
	sweep(events, true);
	free(events);
}

struct events_subscription *
events_subscribe(struct events *events, events_cb cb, void *arg)
{
	struct events_subscription *s = xcalloc(1, sizeof(*s));

	s->events = events;
	s->cb = cb;
	s->arg = arg;
	list_append(&events->subscriptions, &s->link);
	return s;
}

void
events_unsubscribe(struct events_subscription *s)
{
	if (s == NULL)
		return;
	s->cb = NULL;
	if (s->events->firing == 0)
		sweep(s->events, false);
}

void
events_fire(struct events *events, int kind, const void *news)
{
	struct events_subscription *s;

	events->firing++;
	LIST_FOREACH(s, &events->subscriptions, struct events_subscription,
	    link)
		if (s->cb != NULL)
			s->cb(kind, news, s->arg);
	if (--events->firing == 0)
		sweep(events, false);
}
