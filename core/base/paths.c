#include "config.h"

#include "core/base/paths.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

static const struct {
	const char *env;
	const char *below_home;
} kinds[] = {
	[PATHS_CONFIG] = { "XDG_CONFIG_HOME", ".config" },
	[PATHS_DATA] = { "XDG_DATA_HOME", ".local/share" },
	[PATHS_STATE] = { "XDG_STATE_HOME", ".local/state" },
};

char *
paths_dir(enum paths_kind kind, struct err *err)
{
	const char *base = getenv(kinds[kind].env);
	const char *home = getenv("HOME");

	/* The XDG specification: a path that is not absolute is ignored. */
	if (base != NULL && base[0] == '/')
		return xasprintf("%s/twindeck", base);
	if (home == NULL || home[0] != '/') {
		err_set(err, ERR_INVALID, "neither %s nor HOME is set",
		    kinds[kind].env);
		return NULL;
	}
	return xasprintf("%s/%s/twindeck", home, kinds[kind].below_home);
}

int
paths_make_dir(const char *path, struct err *err)
{
	char *copy, *slash;
	struct stat st;
	int rc = 0, why = 0;

	if (*path == '\0')
		return err_set(err, ERR_INVALID, "a folder without a name");
	copy = xstrdup(path);
	for (slash = strchr(copy + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		/* The last one tells, but it may only know that one before it
		 * is not there. */
		if (mkdir(copy, 0700) == -1 && errno != EEXIST && why == 0)
			why = errno;
		*slash = '/';
	}
	if (mkdir(copy, 0700) == -1) {
		if (errno != ENOENT || why == 0)
			why = errno;
		rc = -1;
		if (why == EEXIST && stat(copy, &st) == 0)
			rc = S_ISDIR(st.st_mode) ? 0 : -1;
	}
	if (rc == -1)
		err_set(err, ERR_IO, "cannot make the folder %s: %s", path,
		    strerror(why == EEXIST ? ENOTDIR : why));
	free(copy);
	return rc;
}

char *
paths_plain_name(const char *text)
{
	char *name = xstrndup(text,
	    strlen(text) > PATHS_NAME_MAX ? PATHS_NAME_MAX : strlen(text));
	char *p;

	for (p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-_.", *p) == NULL)
			*p = '_';
	if (name[0] == '.' || name[0] == '-')
		name[0] = '_';
	return name;
}

char *
paths_read_file(const char *path, size_t max, size_t *len, struct err *err)
{
	struct strbuf sb = { 0 };
	char chunk[4096];
	ssize_t n;
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
					: open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1) {
		err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && sb.len <= max)
		strbuf_put(&sb, chunk, (size_t)n);
	if (n == -1)
		err_set(err, ERR_IO, "cannot read %s: %s", path,
		    strerror(errno));
	else if (sb.len > max)
		n = err_set(err, ERR_LIMIT, "%s is over %zu bytes", path, max);
	explicit_bzero(chunk, sizeof(chunk));
	close(fd);
	if (n == -1) {
		strbuf_fini(&sb);
		return NULL;
	}
	if (len != NULL)
		*len = sb.len;
	return strbuf_take(&sb);
}

static int
write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n)
		if ((n = write(fd, data, len)) == -1)
			return -1;
	return fsync(fd);
}

/* "typed.json.4711.tmp" of a process that is gone. */
static bool
is_left_over(const char *name, const char *base)
{
	size_t len = strlen(base);
	char *end;
	long pid;

	if (strncmp(name, base, len) != 0 || name[len] != '.')
		return false;
	pid = strtol(name + len + 1, &end, 10);
	return pid > 0 && pid <= INT_MAX && strcmp(end, ".tmp") == 0 &&
	    kill((pid_t)pid, 0) == -1 && errno == ESRCH;
}

/* What processes left that were killed between writing and renaming. */
static void
sweep(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL
	    ? xstrdup(".")
	    : xstrndup(path, (size_t)(slash - path + 1));
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (is_left_over(
			entry->d_name, slash == NULL ? path : slash + 1))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	free(folder);
}

int
paths_write_file(const char *path, const void *data, size_t len,
    unsigned int mode, struct err *err)
{
	char *tmp = xasprintf("%s.%ld.tmp", path, (long)getpid());
	int fd, rc = -1;

	sweep(path);
	unlink(tmp); /* what a crash left would keep its old mode */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	if (fd != -1 && write_all(fd, data, len) == 0 &&
	    rename(tmp, path) == 0)
		rc = 0;
	else
		err_set(err, ERR_IO, "cannot write %s: %s", path,
		    strerror(errno));
	if (fd != -1)
		close(fd);
	if (rc == -1)
		unlink(tmp);
	free(tmp);
	return rc;
}
