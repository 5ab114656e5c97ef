#include "config.h"

#include "core/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/err.h"

#define BUSY_TIMEOUT_MS 2000

/* It holds keys; and nothing that is there is lost. */
static int
make_target(const char *to, struct err *err)
{
	int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1 && errno == EEXIST)
		return err_set(err, ERR_EXISTS, "%s is there already", to);
	if (fd == -1)
		return err_set(
		    err, ERR_IO, "cannot write %s: %s", to, strerror(errno));
	close(fd);
	return 0;
}

static int
fail(sqlite3 *db, const char *path, struct err *err)
{
	return err_set(err, ERR_IO, "%s: %s", path, sqlite3_errmsg(db));
}

/* In one step: a WAL has room for writers beside a reader, and a copy in
 * pieces would start over with each of their commits. */
static int
copy(sqlite3 *from, sqlite3 *to, const char *to_path, struct err *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int rc;

	if (backup == NULL)
		return fail(to, to_path, err);
	rc = sqlite3_backup_step(backup, -1);
	sqlite3_backup_finish(backup);
	return rc == SQLITE_DONE ? 0 : fail(to, to_path, err);
}

int
store_backup(const char *path, const char *to_path, struct err *err)
{
	sqlite3 *from = NULL, *to = NULL;
	int rc = -1;

	if (access(path, F_OK) == -1)
		return err_set(
		    err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
	if (make_target(to_path, err) == -1)
		return -1;
	if (sqlite3_open_v2(path, &from, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK) {
		fail(from, path, err);
		goto out;
	}
	sqlite3_busy_timeout(from, BUSY_TIMEOUT_MS);
	if (sqlite3_open_v2(to_path, &to, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK) {
		fail(to, to_path, err);
		goto out;
	}
	rc = copy(from, to, to_path, err);
out:
	sqlite3_close(to);
	sqlite3_close(from);
	if (rc == -1)
		unlink(to_path);
	return rc;
}
