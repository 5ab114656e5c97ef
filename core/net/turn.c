#include "config.h"

#include "core/net/turn.h"

#include <stdlib.h>

#include <event2/event.h>

#include "core/base/xalloc.h"

struct net_turn {
	struct event *event;
	net_turn_cb cb;
	void *arg;
};

static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	struct net_turn *turn = arg;

	(void)fd;
	(void)what;
	turn->cb(turn->arg);
}

struct net_turn *
net_turn_new(struct event_base *base, net_turn_cb cb, void *arg)
{
	struct net_turn *turn = xcalloc(1, sizeof(*turn));

	turn->event = event_new(base, -1, 0, on_end, turn);
	turn->cb = cb;
	turn->arg = arg;
	return turn;
}

void
net_turn_free(struct net_turn *turn)
{
	if (turn == NULL)
		return;
	event_free(turn->event);
	free(turn);
}

void
net_turn_end(struct net_turn *turn)
{
	/* libevent queues it behind all that is ready now, and only once. */
	event_active(turn->event, EV_TIMEOUT, 0);
}

void
net_turn_end_next(struct net_turn *turn)
{
	static const struct timeval at_once;

	/* Timers are looked at once more is read from the sockets. */
	event_add(turn->event, &at_once);
}
