#include "config.h"

#include "core/hub/newcomers.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"

struct hub_newcomers {
	struct list list;
};

struct hub_newcomers *
hub_newcomers_new(void)
{
	struct hub_newcomers *newcomers = xcalloc(1, sizeof(*newcomers));

	list_init(&newcomers->list);
	return newcomers;
}

void
hub_newcomers_free(struct hub_newcomers *newcomers)
{
	struct hub_newcomer *n, *tmp;

	if (newcomers == NULL)
		return;
	LIST_FOREACH_SAFE(n, tmp, &newcomers->list, struct hub_newcomer, link)
		list_remove(&n->link);
	free(newcomers);
}

void
hub_newcomers_add(
    struct hub_newcomers *newcomers, struct hub_newcomer *newcomer)
{
	newcomer->since_ms = clock_mono_ms();
	list_append(&newcomers->list, &newcomer->link);
}

void
hub_newcomers_remove(struct hub_newcomer *newcomer)
{
	list_remove(&newcomer->link);
}

bool
hub_newcomers_make_room(struct hub_newcomers *newcomers)
{
	int64_t latest_ms = clock_mono_ms() - HUB_NEWCOMER_AGE_MS;
	struct hub_newcomer *n;
	int closed = 0;

	while (closed < HUB_NEWCOMERS_CLOSED_MAX &&
	    (n = LIST_FIRST(&newcomers->list, struct hub_newcomer, link)) !=
		NULL &&
	    n->since_ms <= latest_ms) {
		list_remove(&n->link);
		n->close(n);
		closed++;
	}
	if (closed > 0)
		log_warn("no room: %d connections that have not shown who "
			 "they are were closed",
		    closed);
	return closed > 0;
}
