/*
 * The one loop of a process, and the ways a process without a screen ends.
 */
#ifndef TWINDECK_CORE_NET_LOOP_H
#define TWINDECK_CORE_NET_LOOP_H

struct event_base;
struct err;
struct net_leave;

/* Ignores SIGPIPE too.  Free it with event_base_free(). */
struct event_base *net_loop_new(struct err *err);

/*
 * Ends the loop on SIGINT, SIGTERM and SIGHUP, and, if on_eof, when standard
 * input closes: that is how a child notices that its parent is gone, however
 * it died.
 */
struct net_leave *net_leave_new(struct event_base *base, int on_eof);
void net_leave_free(struct net_leave *leave); /* NULL does nothing */

#endif
