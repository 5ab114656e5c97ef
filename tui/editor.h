/*
 * A text in the user's own editor, $VISUAL or $EDITOR: kept in a private file
 * until whoever asked for it is done with it.  Lines at the top that begin
 * with two slashes are notes for the user, and no part of the text.
 */
#ifndef TWINDECK_TUI_EDITOR_H
#define TWINDECK_TUI_EDITOR_H

#include <stddef.h>

struct app;
struct editor;
struct err;

#define EDITOR_TEXT_MAX ((size_t)1024 * 1024) /* bytes that are read back */

/* name is what the file is called, with ".json" behind it. */
struct editor *editor_new(struct app *app, const char *name);
/* The file outlives the editor; says so where errors are said. */
void editor_keep(struct editor *editor);
/* Removes the file, and forgets an editor that still runs.  NULL does nothing.
 */
void editor_free(struct editor *editor);

/*
 * The editor has ended.  err is ERR_NONE and text what was saved, borrowed; or
 * text is NULL and err says what went wrong, and where the text is kept.
 */
typedef void (*editor_cb)(
    struct app *app, const char *text, const struct err *err, void *arg);

/*
 * Writes the file and opens the editor on it; line and column are in text and
 * count from 1, 0: at its top.  What stands in a note as {line} becomes the
 * line's number in the file.  0, or -1 with err set.
 */
int editor_open(struct editor *editor, const char *const *notes, size_t n_notes,
    const char *text, size_t line, size_t column, editor_cb cb, void *arg,
    struct err *err);

/* What is in the file now, notes left out: the caller's, or NULL. */
char *editor_left(const struct editor *editor);
const char *editor_path(const struct editor *editor); /* NULL: no file yet */

/* The editor's words for a place: the last arguments, the file among them. */
char **editor_argv(
    const char *command, const char *path, size_t line, size_t column);
void editor_argv_free(char **argv);

#endif
