#include "config.h"

#include "tests/support/procs.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/str.h"

#define KILL_TRIES 100
#define KILL_STEP_US 10000

/* A file of /proc/PID, NUL bytes and all. */
static void
read_proc(const char *pid, const char *file, struct strbuf *out)
{
	char path[64], buf[4096];
	ssize_t n;
	int fd;

	strbuf_reset(out);
	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		strbuf_put(out, buf, (size_t)n);
	close(fd);
}

static bool
is_marked(const char *pid, const char *mark)
{
	struct strbuf environment = { 0 };
	const char *p, *end;
	bool found = false;

	/* What has died and was not waited for yet has none. */
	read_proc(pid, "environ", &environment);
	p = strbuf_str(&environment);
	end = p + environment.len;
	for (; p < end && !found; p += strlen(p) + 1)
		found = strcmp(p, mark) == 0;
	strbuf_fini(&environment);
	return found;
}

static void
add_to(struct strbuf *list, const char *pid)
{
	struct strbuf command = { 0 };
	size_t i;

	read_proc(pid, "cmdline", &command);
	for (i = 0; i + 1 < command.len; i++)
		if (command.data[i] == '\0')
			command.data[i] = ' ';
	strbuf_printf(list, "%s %s; ", pid, strbuf_str(&command));
	strbuf_fini(&command);
}

static size_t
each(const char *mark, struct strbuf *list, int signo)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	size_t n = 0;

	while (proc != NULL && (d = readdir(proc)) != NULL) {
		if (!isdigit((unsigned char)d->d_name[0]) ||
		    !is_marked(d->d_name, mark))
			continue;
		n++;
		if (list != NULL)
			add_to(list, d->d_name);
		if (signo != 0)
			kill((pid_t)atol(d->d_name), signo);
	}
	if (proc != NULL)
		closedir(proc);
	return n;
}

size_t
procs_with(const char *mark, struct strbuf *list)
{
	return each(mark, list, 0);
}

void
procs_kill(const char *mark)
{
	int tries;

	for (tries = 0; tries < KILL_TRIES && each(mark, NULL, SIGKILL) > 0;
	     tries++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		usleep(KILL_STEP_US);
	}
}
