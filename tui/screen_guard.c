#include "config.h"

#include "tui/screen_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"

#define RESTORE_SIZE 256

/* What the guard is told; it acts on the last word when the pipe closes. */
#define GUARD_ARMED 'a'
#define GUARD_AT_EASE 'e'

/*
 * What a dying process needs to give the terminal back: plain data, so that a
 * signal handler may use it.
 */
static struct {
	bool armed;
	struct termios modes; /* as they were before the first screen */
	char bytes[RESTORE_SIZE];
	size_t len;
} restore;

/* The process that outlives a SIGKILL of this one; pid 0: there is none. */
static struct {
	pid_t pid;
	int fd; /* the only writing end of the pipe it reads */
} guard;

static void
tell_guard(char word)
{
	ssize_t n;

	if (guard.pid <= 0)
		return;
	n = write(guard.fd, &word, 1);
	(void)n;
}

static void
give_back_raw(void)
{
	ssize_t n;

	if (!restore.armed)
		return;
	restore.armed = false;
	n = write(STDOUT_FILENO, restore.bytes, restore.len);
	(void)n;
	tcsetattr(STDIN_FILENO, TCSANOW, &restore.modes);
	tell_guard(GUARD_AT_EASE);
}

static void
on_crash(int signo)
{
	give_back_raw();
	/* The handler is gone (SA_RESETHAND): this time it ends the process. */
	raise(signo);
}

static void
append(const char *bytes)
{
	size_t len = strlen(bytes);

	if (len > RESTORE_SIZE - restore.len)
		return;
	memcpy(restore.bytes + restore.len, bytes, len);
	restore.len += len;
}

static void
append_capability(const char *name)
{
	const char *s = tigetstr(name);

	if (s != NULL && s != (char *)-1)
		append(s);
}

void
screen_guard_learn(void)
{
	tcgetattr(STDIN_FILENO, &restore.modes);
	restore.len = 0;
	append("\033[?2004l\033[?1006l\033[?1000l"); /* pasting, the mouse */
	append_capability("sgr0");
	append_capability("cnorm");
	append_capability("rmkx");
	append_capability("rmcup");
}

static void
catch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE,
		SIGILL };
	struct sigaction crash = { .sa_handler = on_crash,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER) };
	size_t i;

	sigemptyset(&crash.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &crash, NULL);
	xalloc_on_failure(give_back_raw);
}

void
screen_guard_arm(bool armed)
{
	if (armed)
		catch_crashes();
	restore.armed = armed;
	tell_guard(armed ? GUARD_ARMED : GUARD_AT_EASE);
}

/*
 * In the guard's process: until the other one is gone.  It keeps nothing of
 * the other's open: a connection that is closed there would not be closed.
 */
static void
keep_guard(int pipe_fd)
{
	const int fd = dup2(pipe_fd, STDERR_FILENO + 1);
	char word, last = GUARD_AT_EASE;
	ssize_t n;

	close_range(STDERR_FILENO + 2, ~0U, 0);
	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	while ((n = read(fd, &word, 1)) > 0 || (n == -1 && errno == EINTR))
		if (n > 0)
			last = word;
	restore.armed = last == GUARD_ARMED;
	give_back_raw();
	_exit(0);
}

int
screen_guard_start(struct err *err)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_set(
		    err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
	guard.pid = fork();
	if (guard.pid == 0)
		keep_guard(fd[0]);
	close(fd[0]);
	guard.fd = fd[1];
	if (guard.pid == -1) {
		close(fd[1]);
		return err_set(
		    err, ERR_IO, "cannot start a process: %s", strerror(errno));
	}
	tell_guard(restore.armed ? GUARD_ARMED : GUARD_AT_EASE);
	return 0;
}

void
screen_guard_end(void)
{
	if (guard.pid <= 0)
		return;
	tell_guard(GUARD_AT_EASE);
	close(guard.fd);
	waitpid(guard.pid, NULL, 0);
	guard.pid = 0;
}
