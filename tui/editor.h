/*
 * A text in the user's own editor, $VISUAL or $EDITOR: in a file of kept.h
 * until whoever asked for it is done with it.
 */
#ifndef TWINDECK_TUI_EDITOR_H
#define TWINDECK_TUI_EDITOR_H

#include <stddef.h>

struct app;
struct cJSON;
struct editor;
struct err;
struct kept;

/* kept is the editor's from now on. */
struct editor *editor_new(struct app *app, struct kept *kept);
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

/* What it is opened with; everything is borrowed. */
struct editor_text {
	const struct cJSON *base; /* what it is compared with: see kept.h */
	const char *const *notes;
	size_t n_notes;
	const char *text;
	size_t line, column; /* in text, from 1; 0: at its top */
};

/*
 * Writes the file and opens the editor on it.  What stands in a note as {line}
 * becomes the line's number in the file.  0, or -1 with err set.
 */
int editor_open(struct editor *editor, const struct editor_text *text,
    editor_cb cb, void *arg, struct err *err);

/* What is in the file now, notes left out: the caller's, or NULL. */
char *editor_left(const struct editor *editor);

/* The editor's words for a place: the last arguments, the file among them. */
char **editor_argv(
    const char *command, const char *path, size_t line, size_t column);
void editor_argv_free(char **argv);

#endif
