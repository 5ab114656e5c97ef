/*
 * A copy of a database that others may be writing to meanwhile: of one
 * moment, and whole.
 */
#ifndef TWINDECK_CORE_STORE_BACKUP_H
#define TWINDECK_CORE_STORE_BACKUP_H

struct err;

/*
 * Copies the database at path to a new file, mode 0600.  0, or -1 with err
 * set: ERR_NOT_FOUND (there is no such database), ERR_EXISTS (to is there
 * already), ERR_IO.
 */
int store_backup(const char *path, const char *to, struct err *err);

#endif
