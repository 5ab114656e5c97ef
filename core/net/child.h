/*
 * Child processes of the same program: started by exec in a session of their
 * own, read line by line, gone when the pipe that is their standard input
 * closes.
 */
#ifndef TWINDECK_CORE_NET_CHILD_H
#define TWINDECK_CORE_NET_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct event_base;
struct net_child;

#define NET_CHILD_LINE_MAX ((size_t)64 * 1024) /* bytes of one line; a child
						   that writes a longer one
						   is read no more */

struct net_child_ops {
	/* A line of its standard output, without the end of line. */
	void (*on_line)(struct net_child *child, const char *line, void *arg);
	/* It ended by itself, after its last line; status as from waitpid(). */
	void (*on_exit)(struct net_child *child, int status, void *arg);
};

/*
 * argv[0] is shown, what runs is this very program.  stderr_fd becomes its
 * standard error, -1: nowhere.  Only the pipe of its standard input tells it
 * that we are gone, so every other descriptor of this process is to be
 * close-on-exec.  NULL with err set (ERR_IO).
 */
struct net_child *net_child_new(struct event_base *base, char *const *argv,
    int stderr_fd, const struct net_child_ops *ops, void *arg, struct err *err);

/* Writes to its standard input; 0, or -1 with err set (ERR_IO). */
int net_child_write(
    struct net_child *child, const char *data, size_t len, struct err *err);

pid_t net_child_pid(const struct net_child *child);

/*
 * Closes its standard input, waits up to grace_ms for it to leave, then kills
 * it.  May be called from a callback of the child.  NULL does nothing.
 */
void net_child_free(struct net_child *child, int64_t grace_ms);
/* Any child process: waits that long for it to end, then kills it. */
void net_child_reap(pid_t pid, int64_t grace_ms);

#endif
