/*
 * The sub-commands of "twindeck hub" that work on the state folder itself,
 * beside the hub that runs on it or without one.
 */
#ifndef TWINDECK_TUI_MODE_HUB_STATE_H
#define TWINDECK_TUI_MODE_HUB_STATE_H

struct err;

/*
 * file "-" is standard output or input.  Each says on standard error what it
 * has done.  0, or -1 with err set: ERR_NOT_FOUND (there is no state),
 * ERR_BUSY (import: a hub runs on it), ERR_EXISTS (backup: the file is there),
 * or what the file or the database had.
 */
int
mode_hub_export(const char *state_dir, const char *file, struct err *err);
int
mode_hub_import(const char *state_dir, const char *file, struct err *err);
int
mode_hub_backup(const char *state_dir, const char *file, struct err *err);

#endif
