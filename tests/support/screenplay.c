/*
 * screenplay FILE.play: runs a program in a terminal, plays a script at it and
 * says in TAP what came of it.  One action a line; tests/README.md tells how
 * a script is written, and the table at the end of this file is the list.
 *
 * A case ends with the next "case" or with the file.  The first action that
 * fails ends the play: its case and those behind it are "not ok".
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/procs.h"
#include "tests/support/terminal.h"
#include "tests/support/test.h"

#define SCRIPT_MAX ((size_t)1024 * 1024)
#define LINES_MAX 2000
#define INCLUDE_DEPTH_MAX 8
#define READ_STEP_MS 20
#define QUIET_MS 300       /* without a byte: the screen has settled */
#define AFTER_ESC_MS 60    /* a person's pause; Esc and a key are else one */
#define SHELL_TIMEOUT "60" /* seconds */

struct action;

struct line {
	char *file;
	int number;
	const struct action *action;
	char *arg; /* owned; behind the action's name, trimmed */
};

struct play {
	struct line lines[LINES_MAX];
	size_t n_lines;
	const struct line *at;
	struct strbuf why; /* an action that fails says so here */

	char scratch[48];
	char run_mark[64], shell_mark[64];
	int rows, cols;
	struct terminal *terminal; /* NULL: nothing was run yet */
	bool ended;
	int status; /* as from waitpid(), once it has ended */

	int n_cases, case_number;
	char *case_name; /* owned; NULL: between two */
};

struct action {
	const char *name;
	bool (*play)(struct play *p, char *arg);
	bool on_screen; /* asks for a program that was run */
};

static const struct action actions[];

static bool __attribute__((format(printf, 2, 3)))
fails(struct play *p, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	strbuf_puts(&p->why, text);
	free(text);
	return false;
}

/* Cuts the first word off; what follows it is left, trimmed. */
static char *
take_word(char **arg)
{
	char *word = *arg;

	*arg += strcspn(word, " \t");
	if (**arg != '\0')
		*(*arg)++ = '\0';
	*arg = str_trim(*arg);
	return word;
}

static bool
take_duration(struct play *p, char **arg, int64_t *deadline_ms)
{
	char *word = take_word(arg);
	int64_t ms = 0;
	bool ok = clock_parse_duration(word, &ms) == 0;

	*deadline_ms = clock_mono_ms() + ms;
	return ok || fails(p, "\"%s\" is no duration", word);
}

static bool
read_until(struct play *p, int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_mono_ms();

	if (left <= 0)
		return false;
	terminal_read(
	    p->terminal, left < READ_STEP_MS ? (int)left : READ_STEP_MS);
	return true;
}

static void
screen_text(struct play *p, struct strbuf *out)
{
	int row;

	for (row = 0; row < terminal_rows(p->terminal); row++) {
		terminal_row(p->terminal, row, out);
		strbuf_putc(out, '\n');
	}
}

/* text is a plain text, or an extended regular expression as /regex/. */
static bool
is_on_screen(struct play *p, const char *text)
{
	struct strbuf screen = { 0 };
	size_t len = strlen(text);
	bool found;
	regex_t regex;
	char *pattern;

	screen_text(p, &screen);
	if (len > 2 && text[0] == '/' && text[len - 1] == '/') {
		pattern = xstrndup(text + 1, len - 2);
		if (regcomp(&regex, pattern,
			REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0)
			errx(1, "%s:%d: no regular expression: %s",
			    p->at->file, p->at->number, text);
		found = regexec(&regex, strbuf_str(&screen), 0, NULL, 0) == 0;
		regfree(&regex);
		free(pattern);
	} else {
		found = strstr(strbuf_str(&screen), text) != NULL;
	}
	strbuf_fini(&screen);
	return found;
}

/* The environment of what is started, with a mark to find it by. */
static char **
environment_with(char *mark)
{
	size_t n = 0;
	char **list;

	while (environ[n] != NULL)
		n++;
	list = xcalloc(n + 2, sizeof(*list));
	memcpy(list, environ, n * sizeof(*list));
	list[n] = mark;
	return list;
}

static bool
has_ended(struct play *p)
{
	if (!p->ended && p->terminal != NULL &&
	    waitpid(terminal_pid(p->terminal), &p->status, WNOHANG) > 0)
		p->ended = true;
	return p->ended;
}

static bool
play_size(struct play *p, char *arg)
{
	int used = 0;

	if (sscanf(arg, "%dx%d%n", &p->cols, &p->rows, &used) != 2 ||
	    arg[used] != '\0' || p->cols < 1 || p->rows < 1)
		return fails(p, "a size is COLUMNSxROWS");
	return true;
}

static bool
play_run(struct play *p, char *arg)
{
	char *command = xasprintf("exec %s", arg), **environment;

	if (p->terminal != NULL && !has_ended(p))
		return fails(p, "the program before has not ended");
	terminal_free(p->terminal);
	environment = environment_with(p->run_mark);
	p->terminal = terminal_new(p->rows, p->cols, command, environment);
	p->ended = false;
	free(environment);
	free(command);
	return true;
}

static bool
play_wait(struct play *p, char *arg)
{
	int64_t deadline_ms;

	if (!take_duration(p, &arg, &deadline_ms))
		return false;
	do {
		if (is_on_screen(p, arg))
			return true;
	} while (read_until(p, deadline_ms));
	return fails(p, "not on the screen: %s", arg);
}

static bool
play_absent(struct play *p, char *arg)
{
	int64_t deadline_ms;

	if (!take_duration(p, &arg, &deadline_ms))
		return false;
	do {
		if (!is_on_screen(p, arg))
			return true;
	} while (read_until(p, deadline_ms));
	return fails(p, "still on the screen: %s", arg);
}

static bool
play_row(struct play *p, char *arg)
{
	struct strbuf text = { 0 };
	char *word = take_word(&arg);
	int64_t row;
	bool found = false;

	if (str_to_int64(word, -terminal_rows(p->terminal),
		terminal_rows(p->terminal), &row) == -1 || row == 0)
		return fails(p, "no row %s", word);
	row += row > 0 ? -1 : terminal_rows(p->terminal);
	terminal_row(p->terminal, (int)row, &text);
	found = strstr(strbuf_str(&text), arg) != NULL;
	strbuf_fini(&text);
	return found || fails(p, "not in row %s: %s", word, arg);
}

static bool
play_cursor(struct play *p, char *arg)
{
	struct strbuf text = { 0 };
	int row = terminal_cursor_row(p->terminal);
	bool found;

	terminal_row(p->terminal, row, &text);
	found = strstr(strbuf_str(&text), arg) != NULL;
	strbuf_fini(&text);
	return found ||
	    fails(p, "the cursor is in row %d, without: %s", row + 1, arg);
}

static bool
play_attr(struct play *p, char *arg)
{
	char *attr = take_word(&arg);

	return terminal_has_attr(p->terminal, attr, arg) ||
	    fails(p, "not shown in %s: %s", attr, arg);
}

static bool
play_key(struct play *p, char *arg)
{
	int64_t pause_ms;
	char *key;

	while (*arg != '\0') {
		key = take_word(&arg);
		if (!terminal_key(p->terminal, key))
			return fails(p, "no such key: %s", key);
		pause_ms = strcmp(key, "<Esc>") == 0 ? AFTER_ESC_MS : 1;
		pause_ms += clock_mono_ms();
		while (read_until(p, pause_ms))
			;
	}
	return true;
}

static bool
play_type(struct play *p, char *arg)
{
	terminal_type(p->terminal, arg);
	return true;
}

static bool
play_paste(struct play *p, char *arg)
{
	terminal_paste(p->terminal, arg);
	return true;
}

static bool
play_resize(struct play *p, char *arg)
{
	if (!play_size(p, arg))
		return false;
	terminal_resize(p->terminal, p->rows, p->cols);
	return true;
}

static bool
play_exit(struct play *p, char *arg)
{
	int64_t deadline_ms;
	char said[32];

	if (!take_duration(p, &arg, &deadline_ms))
		return false;
	while (!has_ended(p) && read_until(p, deadline_ms))
		;
	if (!p->ended)
		return fails(p, "the program has not ended");
	while (terminal_read(p->terminal, 0) > 0)
		;
	if (WIFEXITED(p->status))
		snprintf(said, sizeof(said), "%d", WEXITSTATUS(p->status));
	else
		snprintf(said, sizeof(said), "signal %d", WTERMSIG(p->status));
	return strcmp(said, arg) == 0 ||
	    fails(p, "it ended with %s, not %s", said, arg);
}

static bool
play_signal(struct play *p, char *arg)
{
	static const struct {
		const char *name;
		int signo;
	} signals[] = { { "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT },
		{ "TERM", SIGTERM }, { "KILL", SIGKILL }, { "TSTP", SIGTSTP },
		{ "STOP", SIGSTOP }, { "CONT", SIGCONT }, { "SEGV", SIGSEGV },
		{ "WINCH", SIGWINCH } };
	size_t i;

	for (i = 0; i < N_ROWS(signals); i++)
		if (strcmp(signals[i].name, arg) == 0) {
			kill(terminal_pid(p->terminal), signals[i].signo);
			return true;
		}
	return fails(p, "no such signal: %s", arg);
}

static bool
play_hangup(struct play *p, char *arg)
{
	(void)arg;
	terminal_hangup(p->terminal);
	return true;
}

static bool
play_tty(struct play *p, char *arg)
{
	int64_t deadline_ms;
	bool cooked;

	if (!take_duration(p, &arg, &deadline_ms))
		return false;
	do {
		cooked = terminal_is_cooked(p->terminal);
		if (strcmp(arg, cooked ? "cooked" : "raw") == 0)
			return true;
	} while (read_until(p, deadline_ms));
	return fails(p, "the terminal is %s", cooked ? "cooked" : "raw");
}

static bool
play_screen(struct play *p, char *arg)
{
	int64_t deadline_ms;
	bool alternate;

	if (!take_duration(p, &arg, &deadline_ms))
		return false;
	do {
		alternate = terminal_is_alternate(p->terminal);
		if (strcmp(arg, alternate ? "alternate" : "main") == 0)
			return true;
	} while (read_until(p, deadline_ms));
	return fails(
	    p, "it is the %s screen", alternate ? "alternate" : "main");
}

static bool
play_idle(struct play *p, char *arg)
{
	int64_t deadline_ms, most;
	size_t n = 0, got;

	if (!take_duration(p, &arg, &deadline_ms))
		return false;
	if (str_to_int64(arg, 0, INT32_MAX, &most) == -1)
		return fails(p, "\"%s\" is no number of bytes", arg);
	while (clock_mono_ms() < deadline_ms) {
		got = terminal_read(p->terminal, READ_STEP_MS);
		n += got;
		if (n > (size_t)most && got > 0)
			return fails(p, "%zu bytes were written, the last: %s",
			    n, terminal_last(p->terminal));
	}
	return true;
}

/* Each line of text as a diagnostic, behind a prefix. */
static void
print_lines(const char *prefix, const char *text)
{
	size_t n;

	for (; *text != '\0'; text += n + (text[n] != '\0')) {
		n = strcspn(text, "\n");
		printf("# %s%.*s\n", prefix, (int)n, text);
	}
}

static bool
play_settle(struct play *p, char *arg)
{
	int64_t deadline_ms, last_ms = clock_mono_ms(), now_ms;
	int64_t quiet_ms = QUIET_MS;

	if (!take_duration(p, &arg, &deadline_ms))
		return false;
	if (*arg != '\0' && clock_parse_duration(arg, &quiet_ms) == -1)
		return fails(p, "\"%s\" is no duration", arg);
	while ((now_ms = clock_mono_ms()) < deadline_ms) {
		if (terminal_read(p->terminal, READ_STEP_MS) > 0)
			last_ms = now_ms;
		else if (now_ms - last_ms >= quiet_ms)
			return true;
	}
	return fails(p, "the screen does not settle, it wrote last: %s",
	    terminal_last(p->terminal));
}

static bool
play_snapshot(struct play *p, char *arg)
{
	struct strbuf text = { 0 };
	struct err err = { 0 };
	bool ok = true;

	screen_text(p, &text);
	if (*arg != '\0')
		ok = paths_write_file(
			 arg, text.data, text.len, 0644, &err) == 0 ||
		    fails(p, "%s", err.text);
	else
		print_lines("|", strbuf_str(&text));
	strbuf_fini(&text);
	return ok;
}

/* Runs a command beside the terminal; what it said is in the file. */
static bool
run_shell(struct play *p, const char *command, char **said)
{
	char *file = xasprintf("%s/said", p->scratch), **environment;
	struct err err = { 0 };
	int status = -1;
	pid_t pid;

	environment = environment_with(p->shell_mark);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (freopen("/dev/null", "r", stdin) == NULL ||
		    freopen(file, "w", stdout) == NULL ||
		    dup2(STDOUT_FILENO, STDERR_FILENO) == -1)
			_exit(126);
		execle("/usr/bin/timeout", "timeout", SHELL_TIMEOUT, "sh", "-c",
		    command, (char *)NULL, environment);
		_exit(127);
	}
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	free(environment);
	*said = paths_read_file(file, SCRIPT_MAX, NULL, &err);
	if (*said == NULL)
		*said = xstrdup(err.text);
	free(file);
	return status == 0 ||
	    fails(p, "the command ended with %d and said: %s",
		WIFEXITED(status) ? WEXITSTATUS(status) : -1, *said);
}

static bool
play_shell(struct play *p, char *arg)
{
	char *said;
	bool ok = run_shell(p, arg, &said);

	free(said);
	return ok;
}

static bool
play_capture(struct play *p, char *arg)
{
	char *name = take_word(&arg), *said;
	bool ok = run_shell(p, arg, &said);

	said[strcspn(said, "\n")] = '\0';
	setenv(name, said, 1);
	free(said);
	return ok;
}

static bool
play_set(struct play *p, char *arg)
{
	char *name = take_word(&arg);

	(void)p;
	setenv(name, arg, 1);
	return true;
}

static bool
play_nochild(struct play *p, char *arg)
{
	struct strbuf list = { 0 };
	int64_t deadline_ms;

	if (!take_duration(p, &arg, &deadline_ms))
		return false;
	do {
		has_ended(p);
		if (procs_with(p->run_mark, NULL) == 0)
			return true;
	} while (read_until(p, deadline_ms));
	procs_with(p->run_mark, &list);
	fails(p, "still running: %s", strbuf_str(&list));
	strbuf_fini(&list);
	return false;
}

static void
end_case(struct play *p, bool ok)
{
	struct strbuf screen = { 0 };

	if (p->case_name == NULL)
		return;
	printf("%s %d - %s\n", ok ? "ok" : "not ok", p->case_number,
	    p->case_name);
	free(p->case_name);
	p->case_name = NULL;
	if (ok)
		return;
	printf("# %s:%d: %s %s\n", p->at->file, p->at->number,
	    p->at->action->name, p->at->arg);
	print_lines("  ", strbuf_str(&p->why));
	if (p->terminal == NULL)
		return;
	printf("# the screen, %dx%d, %s:\n", p->cols, p->rows,
	    has_ended(p) ? "the program has ended" : "the program runs");
	screen_text(p, &screen);
	print_lines("|", strbuf_str(&screen));
	strbuf_fini(&screen);
}

static bool
play_case(struct play *p, char *arg)
{
	end_case(p, true);
	p->case_number++;
	p->case_name = xstrdup(arg);
	return true;
}

static const struct action actions[] = {
	{ "case", play_case, false },
	{ "set", play_set, false },
	{ "shell", play_shell, false },
	{ "capture", play_capture, false },
	{ "size", play_size, false },
	{ "run", play_run, false },
	{ "wait", play_wait, true },
	{ "absent", play_absent, true },
	{ "row", play_row, true },
	{ "cursor", play_cursor, true },
	{ "attr", play_attr, true },
	{ "key", play_key, true },
	{ "type", play_type, true },
	{ "paste", play_paste, true },
	{ "resize", play_resize, true },
	{ "settle", play_settle, true },
	{ "idle", play_idle, true },
	{ "signal", play_signal, true },
	{ "hangup", play_hangup, true },
	{ "exit", play_exit, true },
	{ "nochild", play_nochild, true },
	{ "tty", play_tty, true },
	{ "screen", play_screen, true },
	{ "snapshot", play_snapshot, true },
	{ .name = NULL },
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

static void load(struct play *p, const char *path, int depth);

static void
load_line(
    struct play *p, const char *path, int number, char *text, int depth)
{
	const struct action *a;
	struct line *line;
	char *arg = str_trim(text), *name, *dir, *included;

	if (*arg == '\0' || *arg == '#')
		return;
	name = take_word(&arg);
	if (strcmp(name, "include") == 0) {
		dir = xstrdup(path);
		included = xasprintf("%s/%s", dirname(dir), arg);
		load(p, included, depth + 1);
		free(included);
		free(dir);
		return;
	}
	for (a = actions; a->name != NULL && strcmp(a->name, name) != 0; a++)
		;
	if (a->name == NULL)
		errx(1, "%s:%d: no such action: %s", path, number, name);
	if (p->n_lines == LINES_MAX)
		errx(1, "%s: over %d lines", path, LINES_MAX);
	line = &p->lines[p->n_lines++];
	*line = (struct line){ xstrdup(path), number, a, xstrdup(arg) };
	p->n_cases += a->play == play_case;
}

static void
load(struct play *p, const char *path, int depth)
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
		load_line(p, path, ++number, line, depth);
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
	snprintf(p->run_mark, sizeof(p->run_mark), "SCREENPLAY=run-%d", getpid());
	snprintf(p->shell_mark, sizeof(p->shell_mark), "SCREENPLAY=shell-%d",
	    getpid());
}

static int
remove_one(
    const char *path, const struct stat *st, int type, struct FTW *where)
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

static bool
play_line(struct play *p)
{
	char *arg = p->at->action->play == play_shell ||
		p->at->action->play == play_capture ||
		p->at->action->play == play_run
	    ? xstrdup(p->at->arg)
	    : expanded(p->at->arg);
	bool ok;

	if (p->at->action->on_screen && p->terminal == NULL)
		ok = fails(p, "nothing was run yet");
	else
		ok = p->at->action->play(p, arg);
	free(arg);
	return ok;
}

int
main(int argc, char **argv)
{
	static struct play play = { .rows = 24, .cols = 80 };
	struct play *p = &play;
	bool ok = true;
	size_t i;

	if (argc != 2)
		errx(2, "usage: screenplay FILE");
	load(p, argv[1], 0);
	if (p->n_cases == 0)
		errx(1, "%s: no case", argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", p->n_cases);
	set_stage(p);
	for (i = 0; ok && i < p->n_lines; i++) {
		p->at = &p->lines[i];
		ok = play_line(p);
	}
	if (!ok && p->case_name == NULL)
		printf("Bail out!  %s:%d: %s: %s\n", p->at->file, p->at->number,
		    p->at->action->name, strbuf_str(&p->why));
	end_case(p, ok);
	for (; i < p->n_lines; i++) {
		if (p->lines[i].action->play != play_case)
			continue;
		printf("not ok %d - %s # not reached\n", ++p->case_number,
		    p->lines[i].arg);
	}
	clear_stage(p);
	return ok ? 0 : 1;
}
