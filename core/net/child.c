#include "config.h"

#include "core/net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/xalloc.h"

#define WAIT_STEP_NS 2000000L /* between two looks at a child that leaves */

struct net_child {
	pid_t pid;      /* -1: reaped */
	int to_fd;      /* its standard input; the only end of it on our side */
	int from_fd;    /* its standard output */
	struct event *readable;
	struct event *sigchld;
	struct evbuffer *in;
	const struct net_child_ops *ops;
	void *arg;
	bool in_callback;
	bool dead; /* freed inside its own callback: finished off after it */
};

static void
release(struct net_child *child)
{
	event_free(child->readable);
	event_free(child->sigchld);
	evbuffer_free(child->in);
	if (child->from_fd != -1)
		close(child->from_fd);
	free(child);
}

/* Reads once; false when there is nothing more, now or for good. */
static bool
read_some(struct net_child *child)
{
	int n = evbuffer_read(child->in, child->from_fd, -1);

	if (n > 0 && evbuffer_get_length(child->in) <= NET_CHILD_LINE_MAX)
		return true;
	if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		event_del(child->readable);
	return false;
}

static void
give_lines(struct net_child *child)
{
	char *line;

	while (!child->dead &&
	    (line = evbuffer_readln(child->in, NULL, EVBUFFER_EOL_LF)) !=
		NULL) {
		child->ops->on_line(child, line, child->arg);
		free(line);
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct net_child *child = arg;

	(void)fd;
	(void)what;
	child->in_callback = true;
	read_some(child);
	give_lines(child);
	child->in_callback = false;
	if (child->dead)
		release(child);
}

static void
on_sigchld(evutil_socket_t signo, short what, void *arg)
{
	struct net_child *child = arg;
	int status;

	(void)signo;
	(void)what;
	if (child->pid == -1 || waitpid(child->pid, &status, WNOHANG) <= 0)
		return;
	child->pid = -1;
	child->in_callback = true;
	/* Its last words may still be in the pipe. */
	while (!child->dead && read_some(child))
		give_lines(child);
	give_lines(child);
	if (!child->dead)
		child->ops->on_exit(child, status, child->arg);
	child->in_callback = false;
	if (child->dead)
		release(child);
}

static int
spawn(struct net_child *child, char *const *argv, int in_fd, int out_fd,
    int stderr_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	if (stderr_fd != -1)
		posix_spawn_file_actions_adddup2(
		    &actions, stderr_fd, STDERR_FILENO);
	else
		posix_spawn_file_actions_addopen(
		    &actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
		POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(
	    &child->pid, "/proc/self/exe", &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

struct net_child *
net_child_new(struct event_base *base, char *const *argv, int stderr_fd,
    const struct net_child_ops *ops, void *arg, struct err *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, rc;
	struct net_child *child = xcalloc(1, sizeof(*child));

	child->pid = -1;
	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
		rc = errno;
	else
		rc = spawn(child, argv, in[0], out[1], stderr_fd);
	if (in[0] != -1)
		close(in[0]);
	if (out[1] != -1)
		close(out[1]);
	if (rc != 0) {
		err_set(err, ERR_IO, "cannot start %s: %s", argv[0],
		    strerror(rc));
		if (in[1] != -1)
			close(in[1]);
		if (out[0] != -1)
			close(out[0]);
		free(child);
		return NULL;
	}
	child->to_fd = in[1];
	child->from_fd = out[0];
	evutil_make_socket_nonblocking(child->from_fd);
	child->ops = ops;
	child->arg = arg;
	child->in = evbuffer_new();
	child->readable = event_new(base, child->from_fd, EV_READ | EV_PERSIST,
	    on_readable, child);
	child->sigchld = evsignal_new(base, SIGCHLD, on_sigchld, child);
	event_add(child->readable, NULL);
	event_add(child->sigchld, NULL);
	/* It may have ended before anybody listened to the signal. */
	event_active(child->sigchld, EV_SIGNAL, 1);
	return child;
}

int
net_child_write(
    struct net_child *child, const char *data, size_t len, struct err *err)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n)
		if ((n = write(child->to_fd, data, len)) == -1)
			return err_set(err, ERR_IO,
			    "cannot write to process %ld: %s", (long)child->pid,
			    strerror(errno));
	return 0;
}

pid_t
net_child_pid(const struct net_child *child)
{
	return child->pid;
}

void
net_child_reap(pid_t pid, int64_t grace_ms)
{
	const struct timespec step = { 0, WAIT_STEP_NS };
	int64_t deadline = clock_mono_ms() + grace_ms;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_ms() >= deadline) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return;
		}
		nanosleep(&step, NULL);
	}
}

void
net_child_free(struct net_child *child, int64_t grace_ms)
{
	if (child == NULL)
		return;
	close(child->to_fd);
	event_del(child->readable);
	event_del(child->sigchld);
	if (child->pid != -1)
		net_child_reap(child->pid, grace_ms);
	child->pid = -1;
	child->dead = true;
	if (!child->in_callback)
		release(child);
}
