/*
 * Where files live: XDG folders below the user's home, private to the user.
 */
#ifndef TWINDECK_CORE_BASE_PATHS_H
#define TWINDECK_CORE_BASE_PATHS_H

#include <stddef.h>

struct err;

enum paths_kind { PATHS_CONFIG, PATHS_DATA, PATHS_STATE };

/*
 * The folder twindeck has for this kind of file, $XDG_…_HOME/twindeck; NULL
 * with err set when the environment names no home.  The caller's.
 */
char *paths_dir(enum paths_kind kind, struct err *err);

/* Makes a folder and those above it, mode 0700; 0 also if it is there. */
int paths_make_dir(const char *path, struct err *err);

/*
 * A file's name made of any text: what a shell or an editor's own command line
 * may take amiss is an underscore, and a long one is cut.  Two texts may come
 * to the same.  The caller's.
 */
#define PATHS_NAME_MAX ((size_t)64) /* bytes */
char *paths_plain_name(const char *text);

/*
 * Reads a whole file of at most max bytes, terminated; "-" is standard input.
 * NULL with err set: ERR_NOT_FOUND, ERR_LIMIT, ERR_IO.  The caller's.
 */
char *paths_read_file(
    const char *path, size_t max, size_t *len, struct err *err);

/*
 * Writes a new file in one piece (temporary name, fsync, rename), and removes
 * the temporary ones of processes that were killed in between.
 */
int paths_write_file(const char *path, const void *data, size_t len,
    unsigned int mode, struct err *err);

#endif
