#include "config.h"

#include "core/net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"

static const int leave_signals[] = { SIGINT, SIGTERM, SIGHUP };

#define N_SIGNALS (sizeof(leave_signals) / sizeof(leave_signals[0]))

struct net_leave {
	struct event_base *base;
	struct event *signals[N_SIGNALS];
	struct event *eof; /* NULL: standard input does not matter */
};

/* libevent would write to standard error, on whatever screen that is. */
static void
on_log(int severity, const char *text)
{
	log_write(
	    severity >= EVENT_LOG_ERR ? LOG_ERROR : LOG_DEBUG, "%s", text);
}

struct event_base *
net_loop_new(struct err *err)
{
	struct event_base *base;

	event_set_log_callback(on_log);
	base = event_base_new();
	if (base == NULL)
		err_set(err, ERR_IO, "cannot start the event loop");
	/* Both are errors of a write, and told by it: no reason to die. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return base;
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct net_leave *leave = arg;

	(void)what;
	log_info("leaving on signal %d", (int)signo);
	event_base_loopbreak(leave->base);
}

static void
on_stdin(evutil_socket_t fd, short what, void *arg)
{
	struct net_leave *leave = arg;
	char ignored[512];
	ssize_t n = read(fd, ignored, sizeof(ignored));

	(void)what;
	if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR))) {
		if (!event_pending(leave->eof, EV_READ, NULL))
			event_active(leave->eof, EV_READ, 1);
		return;
	}
	log_info("leaving: standard input is closed");
	event_base_loopbreak(leave->base);
}

struct net_leave *
net_leave_new(struct event_base *base, int on_eof)
{
	struct net_leave *leave = xcalloc(1, sizeof(*leave));
	size_t i;

	leave->base = base;
	for (i = 0; i < N_SIGNALS; i++) {
		leave->signals[i] =
		    evsignal_new(base, leave_signals[i], on_signal, leave);
		event_add(leave->signals[i], NULL);
	}
	if (on_eof) {
		leave->eof = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST,
		    on_stdin, leave);
		/* epoll takes no regular file and no /dev/null: they have no
		 * writer to wait for, and are at their end already. */
		if (event_add(leave->eof, NULL) == -1)
			event_active(leave->eof, EV_READ, 1);
	}
	return leave;
}

void
net_leave_free(struct net_leave *leave)
{
	size_t i;

	if (leave == NULL)
		return;
	for (i = 0; i < N_SIGNALS; i++)
		event_free(leave->signals[i]);
	if (leave->eof != NULL)
		event_free(leave->eof);
	free(leave);
}
