/*
 * Listening on loopback, on 127.0.0.1 and, where there is one, on ::1, with
 * one port for both.  When descriptors run out, accepting stops for a moment
 * instead of turning the loop into a busy one.
 */
#ifndef TWINDECK_CORE_NET_LISTEN_H
#define TWINDECK_CORE_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct event_base;
struct evconnlistener;
struct net_listen;

#define NET_LISTEN_MAX 2 /* sockets of one net_listen */

/* fd is non-blocking, close-on-exec, without delay, and the callback's. */
typedef void (*net_listen_cb)(int fd, void *arg);

/*
 * port 0 takes a free one.  NULL with err set: ERR_EXISTS (in use, the port
 * is named), ERR_UNAUTHORIZED (this user may not take it), ERR_IO.  Without a
 * cb nothing is accepted: give the listeners to somebody who does.
 */
struct net_listen *net_listen_new(struct event_base *base, int64_t port,
    net_listen_cb cb, void *arg, struct err *err);
void net_listen_free(struct net_listen *listen); /* NULL does nothing */

uint16_t net_listen_port(const struct net_listen *listen);

/* Stops accepting, and starts again; what waits, waits in the kernel. */
void net_listen_pause(struct net_listen *listen, bool pause);

/*
 * Asks whoever may know when descriptors have run out: true says that some
 * will be free in the next turn of the loop, and accepting goes on then.
 */
typedef bool (*net_listen_shortage_cb)(void *arg);
void net_listen_on_shortage(
    struct net_listen *listen, net_listen_shortage_cb cb, void *arg);

/*
 * The i-th listener, or NULL behind the last.  Its new owner frees it after
 * net_listen_free(), and may set its accept callback; running out of
 * descriptors stays handled here.
 */
struct evconnlistener *net_listen_take(struct net_listen *listen, size_t i);

#endif
