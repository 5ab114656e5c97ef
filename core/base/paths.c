#include "config.h"

#include "core/base/paths.h"

#include <errno.h>
#include <fcntl.h>
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
	int rc = 0;

	if (*path == '\0')
		return err_set(err, ERR_INVALID, "a folder without a name");
	copy = xstrdup(path);
	for (slash = strchr(copy + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0700); /* the last one tells */
		*slash = '/';
	}
	if (mkdir(copy, 0700) == -1 &&
	    (errno != EEXIST || stat(copy, &st) == -1 || !S_ISDIR(st.st_mode)))
		rc = err_set(err, ERR_IO, "cannot make the folder %s: %s", path,
		    strerror(errno));
	free(copy);
	return rc;
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

int
paths_write_file(const char *path, const void *data, size_t len,
    unsigned int mode, struct err *err)
{
	char *tmp = xasprintf("%s.%ld.tmp", path, (long)getpid());
	int fd, rc = -1;

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
