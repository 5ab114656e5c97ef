#include "config.h"

#include "tests/support/play.h"

#include <err.h>
#include <errno.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "tests/support/procs.h"
#include "tests/support/terminal.h"
#include "tests/support/test.h"

#define SAID_MAX ((size_t)1024 * 1024) /* bytes of a command's output */
#define READ_STEP_MS 20
#define QUIET_MS 300       /* without a byte: the screen has settled */
#define AFTER_ESC_MS 60    /* a person's pause; Esc and a key are else one */
#define SHELL_TIMEOUT "60" /* seconds */

bool
play_fails(struct play *p, const char *fmt, ...)
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

char *
play_take_word(char **arg)
{
	char *word = *arg;

	*arg += strcspn(word, " \t");
	if (**arg != '\0')
		*(*arg)++ = '\0';
	*arg = str_trim(*arg);
	return word;
}

bool
play_take_deadline(struct play *p, char **arg, int64_t *deadline_ms)
{
	char *word = play_take_word(arg);
	int64_t ms = 0;
	bool ok = clock_parse_duration(word, &ms) == 0;

	*deadline_ms = clock_mono_ms() + ms * p->patience;
	return ok || play_fails(p, "\"%s\" is no duration", word);
}

bool
play_read(struct play *p, int64_t deadline_ms)
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
			errx(1, "%s:%d: no regular expression: %s", p->at->file,
			    p->at->number, text);
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
do_size(struct play *p, char *arg)
{
	int used = 0;

	if (sscanf(arg, "%dx%d%n", &p->cols, &p->rows, &used) != 2 ||
	    arg[used] != '\0' || p->cols < 1 || p->rows < 1)
		return play_fails(p, "a size is COLUMNSxROWS");
	return true;
}

static bool
do_run(struct play *p, char *arg)
{
	char *command = xasprintf("exec %s", arg), **environment;

	if (p->terminal != NULL && !has_ended(p))
		return play_fails(p, "the program before has not ended");
	terminal_free(p->terminal);
	environment = environment_with(p->run_mark);
	p->terminal = terminal_new(p->rows, p->cols, command, environment);
	p->ended = false;
	free(environment);
	free(command);
	return true;
}

static bool
do_wait(struct play *p, char *arg)
{
	int64_t deadline_ms;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	do {
		if (is_on_screen(p, arg))
			return true;
	} while (play_read(p, deadline_ms));
	return play_fails(p, "not on the screen: %s", arg);
}

static bool
do_absent(struct play *p, char *arg)
{
	int64_t deadline_ms;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	do {
		if (!is_on_screen(p, arg))
			return true;
	} while (play_read(p, deadline_ms));
	return play_fails(p, "still on the screen: %s", arg);
}

static bool
do_row(struct play *p, char *arg)
{
	struct strbuf text = { 0 };
	char *word = play_take_word(&arg);
	int64_t row;
	bool found = false;

	if (str_to_int64(word, -terminal_rows(p->terminal),
		terminal_rows(p->terminal), &row) == -1 ||
	    row == 0)
		return play_fails(p, "no row %s", word);
	row += row > 0 ? -1 : terminal_rows(p->terminal);
	terminal_row(p->terminal, (int)row, &text);
	found = strstr(strbuf_str(&text), arg) != NULL;
	strbuf_fini(&text);
	return found || play_fails(p, "not in row %s: %s", word, arg);
}

static bool
do_cursor(struct play *p, char *arg)
{
	struct strbuf text = { 0 };
	int row = terminal_cursor_row(p->terminal);
	bool found;

	terminal_row(p->terminal, row, &text);
	found = strstr(strbuf_str(&text), arg) != NULL;
	strbuf_fini(&text);
	return found ||
	    play_fails(p, "the cursor is in row %d, without: %s", row + 1, arg);
}

static bool
do_attr(struct play *p, char *arg)
{
	char *attr = play_take_word(&arg);

	return terminal_has_attr(p->terminal, attr, arg) ||
	    play_fails(p, "not shown in %s: %s", attr, arg);
}

static bool
do_key(struct play *p, char *arg)
{
	int64_t pause_ms;
	char *key;

	while (*arg != '\0') {
		key = play_take_word(&arg);
		if (!terminal_key(p->terminal, key))
			return play_fails(p, "no such key: %s", key);
		pause_ms = strcmp(key, "<Esc>") == 0 ? AFTER_ESC_MS : 1;
		pause_ms += clock_mono_ms();
		while (play_read(p, pause_ms))
			;
	}
	return true;
}

static bool
do_type(struct play *p, char *arg)
{
	terminal_type(p->terminal, arg);
	return true;
}

static bool
do_paste(struct play *p, char *arg)
{
	terminal_paste(p->terminal, arg);
	return true;
}

static bool
do_resize(struct play *p, char *arg)
{
	if (!do_size(p, arg))
		return false;
	terminal_resize(p->terminal, p->rows, p->cols);
	return true;
}

static bool
do_exit(struct play *p, char *arg)
{
	int64_t deadline_ms;
	char said[32];

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	while (!has_ended(p) && play_read(p, deadline_ms))
		;
	if (!p->ended)
		return play_fails(p, "the program has not ended");
	while (terminal_read(p->terminal, 0) > 0)
		;
	if (WIFEXITED(p->status))
		snprintf(said, sizeof(said), "%d", WEXITSTATUS(p->status));
	else
		snprintf(said, sizeof(said), "signal %d", WTERMSIG(p->status));
	return strcmp(said, arg) == 0 ||
	    play_fails(p, "it ended with %s, not %s", said, arg);
}

static bool
do_signal(struct play *p, char *arg)
{
	static const struct {
		const char *name;
		int signo;
	} signals[] = { { "HUP", SIGHUP }, { "INT", SIGINT },
		{ "QUIT", SIGQUIT }, { "TERM", SIGTERM }, { "KILL", SIGKILL },
		{ "TSTP", SIGTSTP }, { "STOP", SIGSTOP }, { "CONT", SIGCONT },
		{ "SEGV", SIGSEGV }, { "WINCH", SIGWINCH } };
	size_t i;

	for (i = 0; i < N_ROWS(signals); i++)
		if (strcmp(signals[i].name, arg) == 0) {
			kill(terminal_pid(p->terminal), signals[i].signo);
			return true;
		}
	return play_fails(p, "no such signal: %s", arg);
}

static bool
do_hangup(struct play *p, char *arg)
{
	(void)arg;
	terminal_hangup(p->terminal);
	return true;
}

static bool
do_tty(struct play *p, char *arg)
{
	int64_t deadline_ms;
	bool cooked;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	do {
		cooked = terminal_is_cooked(p->terminal);
		if (strcmp(arg, cooked ? "cooked" : "raw") == 0)
			return true;
	} while (play_read(p, deadline_ms));
	return play_fails(p, "the terminal is %s", cooked ? "cooked" : "raw");
}

static bool
do_screen(struct play *p, char *arg)
{
	int64_t deadline_ms;
	bool alternate;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	do {
		alternate = terminal_is_alternate(p->terminal);
		if (strcmp(arg, alternate ? "alternate" : "main") == 0)
			return true;
	} while (play_read(p, deadline_ms));
	return play_fails(
	    p, "it is the %s screen", alternate ? "alternate" : "main");
}

static bool
do_idle(struct play *p, char *arg)
{
	const char *word = play_take_word(&arg);
	int64_t ms, most, deadline_ms;
	size_t n = 0, got;

	if (clock_parse_duration(word, &ms) == -1)
		return play_fails(p, "\"%s\" is no duration", word);
	deadline_ms = clock_mono_ms() + ms;
	if (str_to_int64(arg, 0, INT32_MAX, &most) == -1)
		return play_fails(p, "\"%s\" is no number of bytes", arg);
	while (clock_mono_ms() < deadline_ms) {
		got = terminal_read(p->terminal, READ_STEP_MS);
		n += got;
		if (n > (size_t)most && got > 0)
			return play_fails(p,
			    "%zu bytes were written, the last: %s", n,
			    terminal_last(p->terminal));
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
do_settle(struct play *p, char *arg)
{
	int64_t deadline_ms, last_ms = clock_mono_ms(), now_ms;
	int64_t quiet_ms = QUIET_MS;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	if (*arg != '\0' && clock_parse_duration(arg, &quiet_ms) == -1)
		return play_fails(p, "\"%s\" is no duration", arg);
	while ((now_ms = clock_mono_ms()) < deadline_ms) {
		if (terminal_read(p->terminal, READ_STEP_MS) > 0)
			last_ms = now_ms;
		else if (now_ms - last_ms >= quiet_ms)
			return true;
	}
	return play_fails(p, "the screen does not settle, it wrote last: %s",
	    terminal_last(p->terminal));
}

static bool
do_snapshot(struct play *p, char *arg)
{
	struct strbuf text = { 0 };
	struct err err = { 0 };
	bool ok = true;

	screen_text(p, &text);
	if (*arg != '\0')
		ok = paths_write_file(arg, text.data, text.len, 0644, &err) ==
			0 ||
		    play_fails(p, "%s", err.text);
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
	*said = paths_read_file(file, SAID_MAX, NULL, &err);
	if (*said == NULL)
		*said = xstrdup(err.text);
	free(file);
	return status == 0 ||
	    play_fails(p, "the command ended with %d and said: %s",
		WIFEXITED(status) ? WEXITSTATUS(status) : -1, *said);
}

static bool
do_shell(struct play *p, char *arg)
{
	char *said;
	bool ok = run_shell(p, arg, &said);

	free(said);
	return ok;
}

static bool
do_capture(struct play *p, char *arg)
{
	char *name = play_take_word(&arg), *said;
	bool ok = run_shell(p, arg, &said);

	said[strcspn(said, "\n")] = '\0';
	setenv(name, said, 1);
	free(said);
	return ok;
}

static bool
do_set(struct play *p, char *arg)
{
	char *name = play_take_word(&arg);

	(void)p;
	setenv(name, arg, 1);
	return true;
}

static bool
do_nochild(struct play *p, char *arg)
{
	struct strbuf list = { 0 };
	int64_t deadline_ms;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	do {
		has_ended(p);
		if (procs_with(p->run_mark, NULL) == 0)
			return true;
	} while (play_read(p, deadline_ms));
	procs_with(p->run_mark, &list);
	play_fails(p, "still running: %s", strbuf_str(&list));
	strbuf_fini(&list);
	return false;
}

void
play_end_case(struct play *p, bool ok)
{
	struct strbuf screen = { 0 };

	if (p->case_name == NULL)
		return;
	printf(
	    "%s %d - %s\n", ok ? "ok" : "not ok", p->case_number, p->case_name);
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

/* What a tour says to its reader. */
static bool
do_say(struct play *p, char *arg)
{
	(void)p;
	print_lines("", arg);
	return true;
}

static bool
do_case(struct play *p, char *arg)
{
	play_end_case(p, true);
	p->case_number++;
	p->case_name = xstrdup(arg);
	return true;
}

const struct play_action play_actions[] = {
	{ "case", do_case, PLAY_CASE },
	{ "say", do_say, 0 },
	{ "set", do_set, 0 },
	{ "shell", do_shell, PLAY_FOR_SHELL },
	{ "capture", do_capture, PLAY_FOR_SHELL },
	{ "size", do_size, 0 },
	{ "run", do_run, PLAY_FOR_SHELL },
	{ "wait", do_wait, PLAY_ON_SCREEN },
	{ "absent", do_absent, PLAY_ON_SCREEN },
	{ "row", do_row, PLAY_ON_SCREEN },
	{ "cursor", do_cursor, PLAY_ON_SCREEN },
	{ "at", play_at, PLAY_ON_SCREEN },
	{ "attr", do_attr, PLAY_ON_SCREEN },
	{ "click", play_click, PLAY_ON_SCREEN },
	{ "wheel", play_wheel, PLAY_ON_SCREEN },
	{ "mouse", play_mouse, PLAY_ON_SCREEN },
	{ "colours", play_colours, PLAY_ON_SCREEN },
	{ "stopped", play_stopped, PLAY_ON_SCREEN },
	{ "storm", play_storm, PLAY_ON_SCREEN },
	{ "unharmed", play_unharmed, PLAY_ON_SCREEN },
	{ "wrote", play_wrote, PLAY_ON_SCREEN },
	{ "key", do_key, PLAY_ON_SCREEN },
	{ "type", do_type, PLAY_ON_SCREEN },
	{ "paste", do_paste, PLAY_ON_SCREEN },
	{ "resize", do_resize, PLAY_ON_SCREEN },
	{ "settle", do_settle, PLAY_ON_SCREEN },
	{ "idle", do_idle, PLAY_ON_SCREEN },
	{ "signal", do_signal, PLAY_ON_SCREEN },
	{ "hangup", do_hangup, PLAY_ON_SCREEN },
	{ "exit", do_exit, PLAY_ON_SCREEN },
	{ "nochild", do_nochild, PLAY_ON_SCREEN },
	{ "tty", do_tty, PLAY_ON_SCREEN },
	{ "screen", do_screen, PLAY_ON_SCREEN },
	{ "picture", play_picture, PLAY_ON_SCREEN },
	{ "snapshot", do_snapshot, PLAY_ON_SCREEN },
	{ .name = NULL },
};
