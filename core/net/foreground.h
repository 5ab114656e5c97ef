/*
 * A program of the user's own that has the terminal for a while, an editor: a
 * child in our session and process group, so that ^Z stops both of us.
 */
#ifndef TWINDECK_CORE_NET_FOREGROUND_H
#define TWINDECK_CORE_NET_FOREGROUND_H

struct err;
struct event_base;
struct net_foreground;

/* It has ended; status as from waitpid().  May free it. */
typedef void (*net_foreground_cb)(int status, void *arg);

/* Found in PATH.  NULL with err set (ERR_IO). */
struct net_foreground *net_foreground_new(struct event_base *base,
    char *const *argv, net_foreground_cb cb, void *arg, struct err *err);

/* Hangs up on it while it still runs, and waits for it.  NULL does nothing. */
void net_foreground_free(struct net_foreground *program);

#endif
