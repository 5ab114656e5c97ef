#include "config.h"

#include "core/net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "core/base/err.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"

#define BACKLOG 1024
#define FREE_PORT_TRIES 16
#define BREATHER_S 1 /* how long nothing is accepted without descriptors */
#define SHORT_BREATHER_US 10000 /* where some are about to be free */

struct net_listen {
	struct list link; /* in all_listens */
	struct evconnlistener *listeners[NET_LISTEN_MAX];
	bool taken[NET_LISTEN_MAX];
	struct event *breather;
	uint16_t port;
	bool paused;    /* by the caller */
	bool is_logged; /* that descriptors ran out */
	net_listen_cb cb;
	void *arg;
	net_listen_shortage_cb on_shortage; /* or NULL */
	void *shortage_arg;
};

/*
 * A listener's error callback gets the argument of its accept callback, and
 * that is evhttp's own once evhttp accepts: so it looks for its owner here.
 */
static struct list all_listens = { &all_listens, &all_listens };

static struct net_listen *
find(const struct evconnlistener *listener)
{
	struct net_listen *l;
	size_t i;

	LIST_FOREACH(l, &all_listens, struct net_listen, link)
		for (i = 0; i < NET_LISTEN_MAX; i++)
			if (l->listeners[i] == listener)
				return l;
	return NULL;
}

static void
set_enabled(struct net_listen *l, bool enabled)
{
	size_t i;

	for (i = 0; i < NET_LISTEN_MAX; i++) {
		if (l->listeners[i] == NULL)
			continue;
		if (enabled)
			evconnlistener_enable(l->listeners[i]);
		else
			evconnlistener_disable(l->listeners[i]);
	}
}

static void
on_breather(evutil_socket_t fd, short what, void *arg)
{
	struct net_listen *l = arg;

	(void)fd;
	(void)what;
	set_enabled(l, !l->paused);
}

static void
on_error(struct evconnlistener *listener, void *arg)
{
	struct timeval breather = { .tv_sec = BREATHER_S };
	int error = EVUTIL_SOCKET_ERROR();
	struct net_listen *l = find(listener);

	(void)arg;
	if (l == NULL)
		return;
	if (!l->is_logged)
		log_warn("port %u: cannot accept a connection: %s; trying "
			 "again every %d s",
		    l->port, strerror(error), BREATHER_S);
	l->is_logged = true;
	set_enabled(l, false);
	if (l->on_shortage != NULL && l->on_shortage(l->shortage_arg))
		breather =
		    (struct timeval){ .tv_usec = SHORT_BREATHER_US };
	event_add(l->breather, &breather);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *peer, int peer_len, void *arg)
{
	struct net_listen *l = arg;

	(void)listener;
	(void)peer;
	(void)peer_len;
	l->is_logged = false;
	l->cb(fd, l->arg);
}

static int
set_options(int fd, int family)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
		return -1;
	/* Accepted sockets inherit it; without it answers come 40 ms late. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
		return -1;
	if (family == AF_INET6)
		return setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return 0;
}

/* A listening socket, or -1 with errno set. */
static int
open_socket(int family, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = in6addr_loopback };
	const struct sockaddr *addr = family == AF_INET
	    ? (const struct sockaddr *)&v4
	    : (const struct sockaddr *)&v6;
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd == -1)
		return -1;
	if (set_options(fd, family) == 0 && bind(fd, addr, len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
		return 0;
	return ntohs(addr.sin_port);
}

/* ::1 is missing on many a container: that is no error. */
static bool
is_no_ipv6(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL ||
	    error == EPROTONOSUPPORT;
}

static int
open_pair(uint16_t port, int fds[NET_LISTEN_MAX])
{
	int error;

	fds[1] = -1;
	if ((fds[0] = open_socket(AF_INET, port)) == -1)
		return -1;
	if ((fds[1] = open_socket(AF_INET6, port_of(fds[0]))) != -1 ||
	    is_no_ipv6(errno))
		return 0;
	error = errno;
	close(fds[0]);
	errno = error;
	return -1;
}

static int
open_sockets(int64_t port, int fds[NET_LISTEN_MAX], struct err *err)
{
	int tries = port == 0 ? FREE_PORT_TRIES : 1;

	/* A port that is free on 127.0.0.1 may be in use on ::1. */
	while (tries-- > 0)
		if (open_pair((uint16_t)port, fds) == 0)
			return 0;
	if (errno == EADDRINUSE)
		return err_set(err, ERR_EXISTS,
		    "port %" PRId64 " is in use by another program; name "
		    "another, or 0 for a free one",
		    port);
	if (errno == EACCES)
		return err_set(err, ERR_UNAUTHORIZED,
		    "port %" PRId64 " is not for this user: name another, or "
		    "give the program the right, with setcap "
		    "cap_net_bind_service=+ep",
		    port);
	return err_set(err, ERR_IO,
	    "cannot listen on port %" PRId64 ": %s", port, strerror(errno));
}

struct net_listen *
net_listen_new(struct event_base *base, int64_t port, net_listen_cb cb,
    void *arg, struct err *err)
{
	int fds[NET_LISTEN_MAX];
	struct net_listen *l;
	size_t i;

	if (open_sockets(port, fds, err) == -1)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->cb = cb;
	l->arg = arg;
	l->port = port_of(fds[0]);
	l->breather = evtimer_new(base, on_breather, l);
	for (i = 0; i < NET_LISTEN_MAX; i++) {
		if (fds[i] == -1)
			continue;
		l->listeners[i] = evconnlistener_new(base,
		    cb != NULL ? on_accept : NULL, l,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fds[i]);
		evconnlistener_set_error_cb(l->listeners[i], on_error);
	}
	list_append(&all_listens, &l->link);
	return l;
}

void
net_listen_free(struct net_listen *l)
{
	size_t i;

	if (l == NULL)
		return;
	list_remove(&l->link);
	event_free(l->breather);
	for (i = 0; i < NET_LISTEN_MAX; i++)
		if (l->listeners[i] != NULL && !l->taken[i])
			evconnlistener_free(l->listeners[i]);
	free(l);
}

uint16_t
net_listen_port(const struct net_listen *l)
{
	return l->port;
}

void
net_listen_pause(struct net_listen *l, bool pause)
{
	l->paused = pause;
	set_enabled(l, !pause);
}

void
net_listen_on_shortage(
    struct net_listen *l, net_listen_shortage_cb cb, void *arg)
{
	l->on_shortage = cb;
	l->shortage_arg = arg;
}

struct evconnlistener *
net_listen_take(struct net_listen *l, size_t i)
{
	if (i >= NET_LISTEN_MAX || l->listeners[i] == NULL)
		return NULL;
	l->taken[i] = true;
	return l->listeners[i];
}
