#include "config.h"

#include "core/base/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

#define NEW_TRIES 10

/* The lock is on the folder itself: no file in it has to be there for it. */
struct claim {
	char *path;
	int fd;
};

/* Whether path still is the folder behind fd: it may be gone by now. */
static bool
is_there(const char *path, int fd)
{
	struct stat of_path, of_fd;

	return stat(path, &of_path) == 0 && fstat(fd, &of_fd) == 0 &&
	    of_path.st_dev == of_fd.st_dev && of_path.st_ino == of_fd.st_ino;
}

struct claim *
claim_take(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct claim *claim;

	if (fd == -1)
		return NULL;
	if (flock(fd, LOCK_EX | LOCK_NB) == -1 || !is_there(path, fd)) {
		close(fd);
		return NULL;
	}
	claim = xcalloc(1, sizeof(*claim));
	claim->path = xstrdup(path);
	claim->fd = fd;
	return claim;
}

struct claim *
claim_new(const char *parent, const char *prefix, struct err *err)
{
	struct claim *claim = NULL;
	char *path = NULL;
	int tries;

	/* Whoever looks what is there has a new one for a moment, and whoever
	 * removes the last one may take parent away. */
	for (tries = 0; claim == NULL && tries < NEW_TRIES; tries++) {
		if (paths_make_dir(parent, err) == -1)
			return NULL;
		free(path);
		path = xasprintf("%s/%sXXXXXX", parent, prefix);
		if (mkdtemp(path) == NULL && errno != ENOENT)
			break;
		claim = claim_take(path);
		if (claim == NULL)
			rmdir(path);
	}
	if (claim == NULL)
		err_set(err, ERR_IO, "cannot make the folder %s: %s", path,
		    strerror(errno));
	free(path);
	return claim;
}

const char *
claim_path(const struct claim *claim)
{
	return claim->path;
}

void
claim_leave(struct claim *claim)
{
	if (claim == NULL)
		return;
	close(claim->fd);
	free(claim->path);
	free(claim);
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

void
claim_remove(struct claim *claim)
{
	struct dirent *entry;
	DIR *dir;

	if (claim == NULL)
		return;
	dir = opendir(claim->path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (!is_dots(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	rmdir(claim->path);
	claim_leave(claim);
}

size_t
claim_list(const char *parent, char ***paths)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;
	size_t n = 0;

	*paths = NULL;
	while (dir != NULL && n < CLAIM_LIST_MAX &&
	    (entry = readdir(dir)) != NULL) {
		if (is_dots(entry->d_name))
			continue;
		*paths = xreallocarray(*paths, n + 1, sizeof(**paths));
		(*paths)[n++] = xasprintf("%s/%s", parent, entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

/* When anything in the folder was written last. */
static time_t
newest(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;
	time_t at = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, "..") != 0 &&
		    fstatat(dirfd(dir), entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime > at)
			at = st.st_mtime;
	if (dir != NULL)
		closedir(dir);
	return at;
}

static void
sweep_folder(const char *folder, time_t before)
{
	char **paths;
	size_t i, n = claim_list(folder, &paths);

	for (i = 0; i < n; i++)
		if (newest(paths[i]) < before)
			claim_remove(claim_take(paths[i]));
	str_array_free(paths, n);
	rmdir(folder);
}

void
claim_sweep(const char *top, int64_t age_s)
{
	time_t before = time(NULL) - (time_t)age_s;
	char **folders;
	size_t i, n = claim_list(top, &folders);

	for (i = 0; i < n; i++)
		sweep_folder(folders[i], before);
	str_array_free(folders, n);
}
