#include "config.h"

#include "core/net/foreground.h"

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/net/child.h"

#define GRACE_MS 500 /* to keep what was typed, before it is killed */

struct net_foreground {
	pid_t pid; /* -1: reaped */
	struct event *sigchld;
	net_foreground_cb cb;
	void *arg;
};

static void
on_sigchld(evutil_socket_t signo, short what, void *arg)
{
	struct net_foreground *program = arg;
	int status;

	(void)signo;
	(void)what;
	if (program->pid == -1 || waitpid(program->pid, &status, WNOHANG) <= 0)
		return;
	program->pid = -1;
	event_del(program->sigchld);
	program->cb(status, program->arg);
}

static int
spawn(pid_t *pid, char *const *argv)
{
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(pid, argv[0], NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	return rc;
}

struct net_foreground *
net_foreground_new(struct event_base *base, char *const *argv,
    net_foreground_cb cb, void *arg, struct err *err)
{
	struct net_foreground *program = xcalloc(1, sizeof(*program));
	int rc = spawn(&program->pid, argv);

	if (rc != 0) {
		err_set(
		    err, ERR_IO, "cannot start %s: %s", argv[0], strerror(rc));
		free(program);
		return NULL;
	}
	program->cb = cb;
	program->arg = arg;
	program->sigchld = evsignal_new(base, SIGCHLD, on_sigchld, program);
	event_add(program->sigchld, NULL);
	/* It may have ended before anybody listened to the signal. */
	event_active(program->sigchld, EV_SIGNAL, 1);
	return program;
}

void
net_foreground_free(struct net_foreground *program)
{
	if (program == NULL)
		return;
	event_free(program->sigchld);
	if (program->pid != -1) {
		kill(program->pid, SIGHUP);
		kill(program->pid, SIGCONT);
		net_child_reap(program->pid, GRACE_MS);
	}
	free(program);
}
