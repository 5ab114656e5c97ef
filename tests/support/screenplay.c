/*
 * screenplay FILE.play: runs a program in a terminal, plays a script at it and
 * says in TAP what came of it.  One action a line; tests/README.md tells how
 * a script is written, and the table in play.c is the list.
 *
 * A case ends with the next "case" or with the file.  The first action that
 * fails ends the play: its case and those behind it are "not ok".
 */
#include "config.h"

#include <err.h>
#include <ftw.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/play.h"
#include "tests/support/procs.h"
#include "tests/support/terminal.h"
#include "tests/support/test.h"

#define SCRIPT_MAX ((size_t)1024 * 1024)
#define LINES_MAX 2000
#define INCLUDE_DEPTH_MAX 8
#define PATIENCE_MAX 20

struct script {
	struct play_line lines[LINES_MAX];
	size_t n_lines;
	int n_cases;
};

/* ${NAME} becomes what the environment says; a $ alone is a $. */
static char *
expanded(const char *text)
{
	struct strbuf out = { 0 };
	const char *end, *value;
	char *name;

	while (*text != '\0') {
		end = strncmp(text, "${", 2) == 0 ? strchr(text, '}') : NULL;
		if (end == NULL) {
			strbuf_putc(&out, *text++);
			continue;
		}
		name = xstrndup(text + 2, (size_t)(end - text) - 2);
		value = getenv(name);
		strbuf_puts(&out, value != NULL ? value : "");
		free(name);
		text = end + 1;
	}
	return strbuf_take(&out);
}

static void load(struct script *s, const char *path, int depth);

static void
load_line(struct script *s, const char *path, int number, char *text, int depth)
{
	const struct play_action *a;
	struct play_line *line;
	char *arg = str_trim(text), *name, *dir, *included;

	if (*arg == '\0' || *arg == '#')
		return;
	name = play_take_word(&arg);
	if (strcmp(name, "include") == 0) {
		dir = xstrdup(path);
		included = xasprintf("%s/%s", dirname(dir), arg);
		load(s, included, depth + 1);
		free(included);
		free(dir);
		return;
	}
	for (a = play_actions; a->name != NULL && strcmp(a->name, name) != 0;
	     a++)
		;
	if (a->name == NULL)
		errx(1, "%s:%d: no such action: %s", path, number, name);
	if (s->n_lines == LINES_MAX)
		errx(1, "%s: over %d lines", path, LINES_MAX);
	line = &s->lines[s->n_lines++];
	*line = (struct play_line){ xstrdup(path), number, a, xstrdup(arg) };
	s->n_cases += (a->kind & PLAY_CASE) != 0;
}

static void
load(struct script *s, const char *path, int depth)
{
	struct err err = { 0 };
	char *text = paths_read_file(path, SCRIPT_MAX, NULL, &err);
	char *rest = text, *line;
	int number = 0;

	if (text == NULL)
		errx(1, "%s", err.text);
	if (depth > INCLUDE_DEPTH_MAX)
		errx(1, "%s: included too deep", path);
	while ((line = strsep(&rest, "\n")) != NULL)
		load_line(s, path, ++number, line, depth);
	free(text);
}

/* A home of its own, and nothing of the caller's that changes a screen. */
static void
set_stage(struct play *p)
{
	static const char *const unwanted[] = { "COLUMNS", "LINES", "NO_COLOR",
		"IOTHUB_CONNECTION_STRING", "IOTHUB_DEVICE_CONNECTION_STRING",
		"EDITOR", "VISUAL", "INPUTRC", "TMUX", "TERMCAP" };
	static const char *const folders[] = { "HOME", "TMPDIR",
		"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
		"XDG_RUNTIME_DIR" };
	char path[80];
	size_t i;

	snprintf(p->scratch, sizeof(p->scratch), "/tmp/twindeck-play-XXXXXX");
	if (mkdtemp(p->scratch) == NULL)
		err(1, "%s", p->scratch);
	for (i = 0; i < N_ROWS(unwanted); i++)
		unsetenv(unwanted[i]);
	for (i = 0; i < N_ROWS(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->scratch, folders[i]);
		if (mkdir(path, 0700) == -1)
			err(1, "%s", path);
		setenv(folders[i], path, 1);
	}
	setenv("SCRATCH", p->scratch, 1);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	snprintf(
	    p->run_mark, sizeof(p->run_mark), "SCREENPLAY=run-%d", getpid());
	snprintf(p->shell_mark, sizeof(p->shell_mark), "SCREENPLAY=shell-%d",
	    getpid());
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void
clear_stage(struct play *p)
{
	procs_kill(p->run_mark);
	procs_kill(p->shell_mark);
	terminal_free(p->terminal);
	nftw(p->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int
patience(void)
{
	const char *text = getenv("PLAY_PATIENCE");
	int64_t times = 1;

	if (text != NULL && str_to_int64(text, 1, PATIENCE_MAX, &times) == -1)
		errx(2, "PLAY_PATIENCE is 1 to %d, not %s", PATIENCE_MAX, text);
	return (int)times;
}

static bool
play_line(struct play *p)
{
	const struct play_action *a = p->at->action;
	char *arg;
	bool ok;

	if ((a->kind & PLAY_ON_SCREEN) != 0 && p->terminal == NULL) {
		strbuf_puts(&p->why, "nothing was run yet");
		return false;
	}
	arg = (a->kind & PLAY_FOR_SHELL) != 0 ? xstrdup(p->at->arg)
					      : expanded(p->at->arg);
	ok = a->run(p, arg);
	free(arg);
	return ok;
}

int
main(int argc, char **argv)
{
	static struct script script;
	struct play play = { .rows = 24, .cols = 80, .patience = patience() };
	bool ok = true;
	size_t i;

	if (argc != 2)
		errx(2, "usage: screenplay FILE");
	load(&script, argv[1], 0);
	if (script.n_cases == 0)
		errx(1, "%s: no case", argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", script.n_cases);
	set_stage(&play);
	for (i = 0; ok && i < script.n_lines; i++) {
		play.at = &script.lines[i];
		ok = play_line(&play);
	}
	if (!ok && play.case_name == NULL)
		printf("Bail out!  %s:%d: %s: %s\n", play.at->file,
		    play.at->number, play.at->action->name,
		    strbuf_str(&play.why));
	play_end_case(&play, ok);
	for (; i < script.n_lines; i++)
		if ((script.lines[i].action->kind & PLAY_CASE) != 0)
			printf("not ok %d - %s # not reached\n",
			    ++play.case_number, script.lines[i].arg);
	clear_stage(&play);
	strbuf_fini(&play.why);
	return ok ? 0 : 1;
}
