#include "config.h"

#include "tui/editor.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/app.h"
#include "tui/kept.h"

/* What a shell says of a command that is not there, or was killed. */
#define NOT_FOUND 127
#define SHELL_SIGNALED 128 /* and the signal */

/* How an editor is told where to begin. */
enum place {
	PLACE_NONE,
	PLACE_LINE,        /* +4 FILE */
	PLACE_LINE_COLON,  /* +4:12 FILE */
	PLACE_LINE_COMMA,  /* +4,12 FILE */
	PLACE_VIM,         /* "+call cursor(4,12)" FILE */
	PLACE_BEHIND,      /* FILE:4:12 */
	PLACE_BEHIND_GOTO, /* --goto FILE:4:12 */
};

static const struct {
	const char *name; /* of the program */
	enum place place;
} editors[] = {
	{ "code", PLACE_BEHIND_GOTO },
	{ "codium", PLACE_BEHIND_GOTO },
	{ "emacs", PLACE_LINE_COLON },
	{ "emacsclient", PLACE_LINE_COLON },
	{ "ex", PLACE_LINE },
	{ "gvim", PLACE_VIM },
	{ "helix", PLACE_BEHIND },
	{ "hx", PLACE_BEHIND },
	{ "jed", PLACE_LINE },
	{ "joe", PLACE_LINE },
	{ "kak", PLACE_LINE_COLON },
	{ "mcedit", PLACE_BEHIND },
	{ "mg", PLACE_LINE },
	{ "micro", PLACE_LINE_COLON },
	{ "nano", PLACE_LINE_COMMA },
	{ "ne", PLACE_LINE_COMMA },
	{ "nvi", PLACE_LINE },
	{ "nvim", PLACE_VIM },
	{ "pico", PLACE_LINE },
	{ "rnano", PLACE_LINE_COMMA },
	{ "subl", PLACE_BEHIND },
	{ "vi", PLACE_LINE },
	{ "view", PLACE_LINE },
	{ "vim", PLACE_VIM },
	{ "vis", PLACE_LINE },
	{ "zile", PLACE_LINE },
};

struct editor {
	struct app *app; /* borrowed */
	struct kept *kept; /* owned; NULL: left for another time */
	char *command;     /* owned; the one that runs */
	bool runs;
	editor_cb cb;
	void *arg;
};

struct editor *
editor_new(struct app *app, struct kept *kept)
{
	struct editor *editor = xcalloc(1, sizeof(*editor));

	editor->app = app;
	editor->kept = kept;
	return editor;
}

void
editor_keep(struct editor *editor)
{
	const char *path = kept_path(editor->kept);

	if (path != NULL)
		fprintf(stderr, "twindeck: what was edited is kept in %s\n",
		    path);
	kept_leave(editor->kept);
	editor->kept = NULL;
}

void
editor_free(struct editor *editor)
{
	if (editor == NULL)
		return;
	app_lend_forget(editor->app, editor);
	kept_remove(editor->kept);
	free(editor->command);
	free(editor);
}

static void
put_notes(struct strbuf *out, const char *const *notes, size_t n, size_t line)
{
	const char *note, *mark;
	size_t i;

	for (i = 0; i < n; i++) {
		note = notes[i];
		mark = strstr(note, "{line}");
		strbuf_puts(out, "// ");
		if (mark != NULL) {
			strbuf_put_escaped(out, note, (size_t)(mark - note));
			strbuf_printf(out, "%zu", line + n);
			note = mark + strlen("{line}");
		}
		strbuf_put_escaped(out, note, strlen(note));
		strbuf_putc(out, '\n');
	}
}

static int
write_file(struct editor *editor, const struct editor_text *text,
    struct err *err)
{
	struct strbuf out = { 0 };
	int rc;

	put_notes(&out, text->notes, text->n_notes, text->line);
	strbuf_puts(&out, text->text);
	if (out.len > 0 && out.data[out.len - 1] != '\n')
		strbuf_putc(&out, '\n');
	rc = kept_write(
	    editor->kept, text->base, strbuf_str(&out), out.len, err);
	strbuf_fini(&out);
	return rc;
}

/* The program that a command begins with, without its folder. */
static enum place
place_of(const char *command)
{
	const char *start = command, *end, *p;
	size_t i;

	start += strspn(start, " \t");
	end = start + strcspn(start, " \t");
	for (p = start; p < end; p++)
		if (*p == '/')
			start = p + 1;
	for (i = 0; i < sizeof(editors) / sizeof(editors[0]); i++)
		if (strlen(editors[i].name) == (size_t)(end - start) &&
		    strncmp(editors[i].name, start, (size_t)(end - start)) == 0)
			return editors[i].place;
	return PLACE_NONE;
}

/* As a shell would run it: a command may have arguments, as in "code -w". */
char **
editor_argv(const char *command, const char *path, size_t line, size_t column)
{
	enum place place = line > 0 ? place_of(command) : PLACE_NONE;
	char **argv = xcalloc(7, sizeof(*argv));
	size_t n = 0;

	argv[n++] = xstrdup("sh");
	argv[n++] = xstrdup("-c");
	argv[n++] = xasprintf("%s \"$@\"", command);
	argv[n++] = xstrdup(command);
	if (column == 0)
		column = 1;
	switch (place) {
	case PLACE_LINE:
		argv[n++] = xasprintf("+%zu", line);
		break;
	case PLACE_LINE_COLON:
		argv[n++] = xasprintf("+%zu:%zu", line, column);
		break;
	case PLACE_LINE_COMMA:
		argv[n++] = xasprintf("+%zu,%zu", line, column);
		break;
	case PLACE_VIM:
		argv[n++] = xasprintf("+call cursor(%zu,%zu)", line, column);
		break;
	case PLACE_BEHIND_GOTO:
		argv[n++] = xstrdup("--goto");
		/* FALLTHROUGH */
	case PLACE_BEHIND:
		argv[n++] = xasprintf("%s:%zu:%zu", path, line, column);
		return argv;
	case PLACE_NONE:
		break;
	}
	argv[n++] = xstrdup(path);
	return argv;
}

void
editor_argv_free(char **argv)
{
	size_t i;

	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}

static const char *
user_command(void)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

	if (visual != NULL && visual[strspn(visual, " \t")] != '\0')
		return visual;
	if (editor != NULL && editor[strspn(editor, " \t")] != '\0')
		return editor;
	return "vi";
}

/* The signal that ended it, told by itself or by the shell; 0: none. */
static int
signal_of(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	if (WEXITSTATUS(status) > SHELL_SIGNALED)
		return WEXITSTATUS(status) - SHELL_SIGNALED;
	return 0;
}

/* What a status other than 0 means; the text stays in its file. */
static void
set_trouble(const struct editor *editor, int status, struct err *err)
{
	const char *command = editor->command, *path = kept_path(editor->kept);
	int signo = signal_of(status);

	if (signo != 0)
		err_set(err, ERR_CANCELLED,
		    "the editor (%.60s) was killed by signal %d (%s); the text "
		    "is kept in %s",
		    command, signo, strsignal(signo), path);
	else if (WEXITSTATUS(status) == NOT_FOUND)
		err_set(err, ERR_NOT_FOUND,
		    "the editor (%.60s) was not found: set VISUAL or EDITOR; "
		    "the text is kept in %s",
		    command, path);
	else
		err_set(err, ERR_CANCELLED,
		    "the editor (%.60s) ended with status %d, so nothing was "
		    "taken over; the text is kept in %s",
		    command, WEXITSTATUS(status), path);
}

char *
editor_left(const struct editor *editor)
{
	return kept_text(editor->kept);
}

static void
on_end(struct app *app, int status, void *arg)
{
	struct editor *editor = arg;
	const char *path = kept_path(editor->kept);
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;

	editor->runs = false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		set_trouble(editor, status, &err);
	else if ((text = paths_read_file(path, KEPT_TEXT_MAX, &len, &err)) ==
	    NULL)
		err_prefix(&err, "what the editor left cannot be read");
	else if (strlen(text) != len) {
		err_set(&err, ERR_INVALID,
		    "there is a NUL byte in the text, kept in %s", path);
		free(text);
		text = NULL;
	}
	editor->cb(app, text != NULL ? kept_below_notes(text) : NULL, &err,
	    editor->arg);
	free(text);
}

int
editor_open(struct editor *editor, const struct editor_text *text, editor_cb cb,
    void *arg, struct err *err)
{
	char **argv;
	int rc;

	if (editor->runs)
		return err_set(err, ERR_BUSY, "the editor is open already");
	if (write_file(editor, text, err) == -1)
		return -1;
	free(editor->command);
	editor->command = xstrdup(user_command());
	editor->cb = cb;
	editor->arg = arg;
	editor->runs = true;
	/* At the top, behind the notes, is a good place too. */
	argv = editor_argv(editor->command, kept_path(editor->kept),
	    (text->line > 0 ? text->line : 1) + text->n_notes, text->column);
	rc = app_lend(editor->app, argv, on_end, editor, err);
	editor_argv_free(argv);
	editor->runs = rc == 0;
	return rc;
}
