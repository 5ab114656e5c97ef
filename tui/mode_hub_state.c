#include "config.h"

#include "tui/mode_hub_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/schema.h"
#include "core/hub/transfer.h"
#include "core/store/backup.h"

static char *
database_of(const char *state_dir)
{
	return xasprintf("%s/" HUB_FILE_DATABASE, state_dir);
}

static int
no_state(const char *state_dir, struct err *err)
{
	return err_set(
	    err, ERR_NOT_FOUND, "no hub has kept its state in %s", state_dir);
}

/*
 * The hub that runs on it, if one does, is of the same schema or this program
 * keeps away; if none does, the state is brought to ours, under its lock.
 */
static struct store *
open_store(const char *state_dir, int *lock, struct err *err)
{
	char *path = database_of(state_dir);
	struct err why = { 0 };
	struct store *store = NULL;

	*lock = -1;
	if (access(path, F_OK) == -1)
		no_state(state_dir, err);
	else if ((*lock = hub_lock_state(state_dir, &why)) != -1)
		store = store_open(path, hub_schema, err);
	else if (why.code == ERR_BUSY)
		store = store_open_beside(path, hub_schema, err);
	else
		err_copy(err, &why);
	free(path);
	return store;
}

static int
cannot(const char *what, const char *file, struct err *err)
{
	return err_set(
	    err, ERR_IO, "cannot %s %s: %s", what, file, strerror(errno));
}

/* A file with keys, under another name until it is whole. */
static int
export_to(struct store *store, const char *file, int64_t *n, struct err *err)
{
	char *tmp = xasprintf("%s.%ld.tmp", file, (long)getpid());
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd != -1 ? fdopen(fd, "w") : NULL;
	int rc = -1;

	if (out == NULL) {
		cannot("write", tmp, err);
		free(tmp);
		return -1;
	}
	rc = hub_export(store, out, n, err);
	if (rc == 0 && fsync(fd) == -1)
		rc = cannot("write", tmp, err);
	if (fclose(out) != 0 && rc == 0)
		rc = cannot("write", tmp, err);
	if (rc == 0 && rename(tmp, file) == -1)
		rc = cannot("write", file, err);
	if (rc == -1)
		unlink(tmp);
	free(tmp);
	return rc;
}

static void
say(int64_t n, const char *what)
{
	fprintf(stderr, "%" PRId64 " line%s %s\n", n, n == 1 ? "" : "s", what);
}

int
mode_hub_export(const char *state_dir, const char *file, struct err *err)
{
	int lock, rc = -1;
	struct store *store = open_store(state_dir, &lock, err);
	int64_t n = 0;

	if (store != NULL) {
		rc = strcmp(file, "-") == 0 ? hub_export(store, stdout, &n, err)
					    : export_to(store, file, &n, err);
		store_close(store);
	}
	if (lock != -1)
		close(lock);
	if (rc == 0)
		say(n, "exported");
	return rc;
}

static int
import_from(const char *state_dir, FILE *in, int64_t *n, struct err *err)
{
	char *path = database_of(state_dir);
	struct store *store = store_open(path, hub_schema, err);
	int rc = -1;

	if (store != NULL)
		rc = hub_import(store, in, n, err);
	store_close(store);
	free(path);
	return rc;
}

int
mode_hub_import(const char *state_dir, const char *file, struct err *err)
{
	bool is_stdin = strcmp(file, "-") == 0;
	FILE *in = is_stdin ? stdin : fopen(file, "re");
	int lock = -1, rc = -1;
	struct err why = { 0 };
	int64_t n = 0;

	if (in == NULL)
		return cannot("read", file, err);
	if (paths_make_dir(state_dir, err) == -1)
		goto out;
	lock = hub_lock_state(state_dir, &why);
	if (lock == -1 && why.code == ERR_BUSY)
		err_set(err, ERR_BUSY,
		    "a hub runs on %s; stop it for the import", state_dir);
	else if (lock == -1)
		err_copy(err, &why);
	else
		rc = import_from(state_dir, in, &n, err);
	if (rc == 0)
		say(n, "imported");
	else if (n > 0)
		say(n, "imported before it broke off; it can be run again");
out:
	if (lock != -1)
		close(lock);
	if (!is_stdin)
		fclose(in);
	return rc;
}

int
mode_hub_backup(const char *state_dir, const char *file, struct err *err)
{
	char *path = database_of(state_dir);
	int rc = -1;

	if (strcmp(file, "-") == 0)
		err_set(err, ERR_INVALID, "backup takes the name of a file");
	else if (access(path, F_OK) == -1)
		no_state(state_dir, err);
	else
		rc = store_backup(path, file, err);
	free(path);
	return rc;
}
