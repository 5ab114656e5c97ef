#include "config.h"

#include "tui/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <event2/event.h>
#include <term.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/key.h"
#include "tui/style.h"

#define ESCAPE_DELAY_MS 25 /* ncurses waits so long behind a lone Esc */
#define RESTORE_SIZE 256
#define GUARD_BYE 'q'

/*
 * Codes of define_key(), clear of those that ncurses has: behind KEY_MAX it
 * numbers the keys that a terminal's description adds.
 */
enum {
	CODE_PASTE_BEGIN = KEY_MAX + 2000,
	CODE_PASTE_END,
	CODE_WORD_LEFT,
	CODE_WORD_RIGHT,
};

/* term.h makes macros of short words. */
#undef lines
#undef columns

static const int leave_signals[] = { SIGHUP, SIGTERM, SIGINT, SIGQUIT };
static const int crash_signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };

#define N_LEAVE (sizeof(leave_signals) / sizeof(leave_signals[0]))
#define N_CRASH (sizeof(crash_signals) / sizeof(crash_signals[0]))

struct screen {
	const struct screen_ops *ops;
	void *arg;
	SCREEN *curses;
	const struct theme *theme;
	enum canvas_charset charset;
	bool cursor_is_text;
	struct event *readable;
	struct event *leave[N_LEAVE];
	struct event *winch_event, *tstp, *cont;
	bool suspended;

	bool pasting;
	struct strbuf paste;
	char bytes[4]; /* of a character that is not yet whole */
	size_t n_bytes;
};

/*
 * What a dying process needs to give the terminal back: plain data, so that a
 * signal handler may use it.
 */
static struct {
	bool active;
	struct termios modes; /* as they were before the first screen */
	char bytes[RESTORE_SIZE];
	size_t len;
} restore;

/* The process that outlives a SIGKILL of this one; pid 0: there is none. */
static struct {
	pid_t pid;
	int fd; /* the only writing end of the pipe it reads */
} guard;

static void
give_back_raw(void)
{
	ssize_t n;

	if (!restore.active)
		return;
	restore.active = false;
	n = write(STDOUT_FILENO, restore.bytes, restore.len);
	(void)n;
	tcsetattr(STDIN_FILENO, TCSANOW, &restore.modes);
}

static void
on_crash(int signo)
{
	give_back_raw();
	/* The handler is gone (SA_RESETHAND): this time it ends the process. */
	raise(signo);
}

static void
append_capability(const char *name)
{
	const char *s = tigetstr(name);
	size_t len;

	if (s == NULL || s == (char *)-1)
		return;
	len = strlen(s);
	if (len > RESTORE_SIZE - restore.len)
		return;
	memcpy(restore.bytes + restore.len, s, len);
	restore.len += len;
}

static void
prepare_restore(void)
{
	struct sigaction crash = { .sa_handler = on_crash,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER) };
	size_t i;

	sigemptyset(&crash.sa_mask);
	for (i = 0; i < N_CRASH; i++)
		sigaction(crash_signals[i], &crash, NULL);
	restore.active = true;
	xalloc_on_failure(give_back_raw);
}

/* What gives the terminal back, while there is somebody to ask for it. */
static void
learn_restore(void)
{
	static const char paste_off[] = "\033[?2004l";

	tcgetattr(STDIN_FILENO, &restore.modes);
	memcpy(restore.bytes, paste_off, sizeof(paste_off) - 1);
	restore.len = sizeof(paste_off) - 1;
	append_capability("sgr0");
	append_capability("cnorm");
	append_capability("rmkx");
	append_capability("rmcup");
}

static void
write_now(const char *s)
{
	fputs(s, stdout);
	fflush(stdout);
}

int
screen_check(struct err *err)
{
	const char *term = getenv("TERM");
	int rc = 0;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_UNSUPPORTED,
		    "the deck needs a terminal: standard input and output must "
		    "be one (twindeck run works without)");
	if (term == NULL || term[0] == '\0')
		return err_set(err, ERR_UNSUPPORTED,
		    "TERM is not set: it names the type of the terminal, for "
		    "example xterm-256color");
	if (setupterm(NULL, STDOUT_FILENO, &rc) == ERR)
		return err_set(err, ERR_UNSUPPORTED,
		    "the terminal type TERM=%.60s is not known here; try "
		    "TERM=xterm or TERM=vt100",
		    term);
	if (tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1)
		return err_set(err, ERR_UNSUPPORTED,
		    "the terminal type TERM=%.60s cannot move the cursor: no "
		    "screen can be drawn on it",
		    term);
	learn_restore();
	del_curterm(cur_term); /* newterm() makes its own */
	return 0;
}

/* In the guard's process; returns when the other one is gone. */
static void
keep_guard(int fd)
{
	char last = 0;
	ssize_t n;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	do
		n = read(fd, &last, 1);
	while (n > 0 || (n == -1 && errno == EINTR));
	if (last != GUARD_BYE) {
		restore.active = true;
		give_back_raw();
	}
	_exit(0);
}

int
screen_guard(struct err *err)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		return err_set(
		    err, ERR_IO, "cannot make a pipe: %s", strerror(errno));
	guard.pid = fork();
	if (guard.pid == 0) {
		close(fd[1]);
		keep_guard(fd[0]);
	}
	close(fd[0]);
	guard.fd = fd[1];
	if (guard.pid == -1) {
		close(fd[1]);
		return err_set(
		    err, ERR_IO, "cannot start a process: %s", strerror(errno));
	}
	return 0;
}

void
screen_guard_end(void)
{
	static const char bye = GUARD_BYE;
	ssize_t n;

	if (guard.pid <= 0)
		return;
	n = write(guard.fd, &bye, 1);
	(void)n;
	close(guard.fd);
	waitpid(guard.pid, NULL, 0);
	guard.pid = 0;
}

static void
set_up_colours(struct screen *screen)
{
	const char *no_color = getenv("NO_COLOR");
	short i;

	screen->theme = &theme_mono;
	if ((no_color != NULL && no_color[0] != '\0') || !has_colors())
		return;
	start_color();
	use_default_colors();
	if (COLORS < 8 || COLOR_PAIRS < STYLES)
		return;
	screen->theme = &theme_default;
	for (i = 0; i < STYLES; i++)
		init_pair(
		    (short)(i + 1), theme_default.looks[i].colour, LOOK_OWN);
}

/* Some terminals send these although their description says otherwise. */
static void
set_up_keys(void)
{
	static const struct {
		const char *bytes;
		int code;
	} more[] = {
		{ "\033[A", KEY_UP },
		{ "\033[B", KEY_DOWN },
		{ "\033[C", KEY_RIGHT },
		{ "\033[D", KEY_LEFT },
		{ "\033OA", KEY_UP },
		{ "\033OB", KEY_DOWN },
		{ "\033OC", KEY_RIGHT },
		{ "\033OD", KEY_LEFT },
		{ "\033[H", KEY_HOME },
		{ "\033[F", KEY_END },
		{ "\033OH", KEY_HOME },
		{ "\033OF", KEY_END },
		{ "\033[1~", KEY_HOME },
		{ "\033[4~", KEY_END },
		{ "\033[2~", KEY_IC },
		{ "\033[3~", KEY_DC },
		{ "\033[5~", KEY_PPAGE },
		{ "\033[6~", KEY_NPAGE },
		{ "\033[Z", KEY_BTAB },
		{ "\033[1;5C", CODE_WORD_RIGHT },
		{ "\033[1;5D", CODE_WORD_LEFT },
		{ "\033[200~", CODE_PASTE_BEGIN },
		{ "\033[201~", CODE_PASTE_END },
	};
	size_t i;

	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		define_key(more[i].bytes, more[i].code);
}

static int32_t
decode(int code)
{
	static const struct {
		int code;
		int32_t key;
	} keys[] = {
		{ KEY_UP, KEYS_UP },
		{ KEY_DOWN, KEYS_DOWN },
		{ KEY_LEFT, KEYS_LEFT },
		{ KEY_RIGHT, KEYS_RIGHT },
		{ KEY_HOME, KEYS_HOME },
		{ KEY_END, KEYS_END },
		{ KEY_PPAGE, KEYS_PGUP },
		{ KEY_NPAGE, KEYS_PGDN },
		{ KEY_IC, KEYS_INSERT },
		{ KEY_DC, KEYS_DELETE },
		{ KEY_BTAB, KEYS_BACKTAB },
		{ KEY_BACKSPACE, KEYS_BACKSPACE },
		{ KEY_ENTER, KEYS_ENTER },
		{ CODE_WORD_LEFT, KEYS_WORD_LEFT },
		{ CODE_WORD_RIGHT, KEYS_WORD_RIGHT },
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return -1;
}

static void
add_pasted(struct screen *screen, int byte)
{
	if (screen->paste.len < SCREEN_PASTE_MAX && byte != 0)
		strbuf_putc(&screen->paste, (char)byte);
}

/*
 * One byte of a character.  Returns the character, or -1 while it is not
 * whole; what is no UTF-8 is dropped.
 */
static int32_t
take_byte(struct screen *screen, int byte)
{
	uint32_t c;
	int len;

	if (byte == '\n')
		return KEYS_ENTER;
	if (byte == 8)
		return KEYS_BACKSPACE;
	if (byte < 0x80) {
		screen->n_bytes = 0;
		return byte;
	}
	if ((byte & 0xc0) == 0xc0)
		screen->n_bytes = 0;
	screen->bytes[screen->n_bytes++] = (char)byte;
	len = utf8_decode(screen->bytes, screen->n_bytes, &c);
	if (len <= 0 && screen->n_bytes < sizeof(screen->bytes))
		return -1;
	screen->n_bytes = 0;
	return len > 0 ? (int32_t)c : -1;
}

static void
take(struct screen *screen, int code, bool alt)
{
	int32_t key = -1;

	if (code == CODE_PASTE_BEGIN) {
		screen->pasting = true;
		strbuf_reset(&screen->paste);
		return;
	}
	if (code == CODE_PASTE_END) {
		screen->pasting = false;
		screen->ops->on_paste(strbuf_str(&screen->paste), screen->arg);
		return;
	}
	if (screen->pasting) {
		if (code < 0x100)
			add_pasted(screen, code);
		return;
	}
	if (code >= 0x100)
		key = decode(code);
	else
		key = take_byte(screen, code);
	if (key == -1)
		return;
	screen->ops->on_key(alt ? ALT_KEY(key) : key, screen->arg);
}

/* No key came although there is something to read: half of one, or the end. */
static bool
is_gone(void)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	struct termios modes;

	if (poll(&fd, 1, 0) == 1 && (fd.revents & (POLLHUP | POLLERR)) != 0)
		return true;
	return tcgetattr(STDIN_FILENO, &modes) == -1 &&
	    (errno == EIO || errno == ENOTTY);
}

/* A key that nobody here knows: its letters and digits are no keys. */
static void
skip_sequence(int introducer)
{
	int code;

	do
		code = wgetch(stdscr);
	while (introducer == '[' && code != ERR &&
	    (code < 0x40 || code > 0x7e));
}

/* Esc; or Esc and a key at once, which is that key with Alt. */
static void
take_escape(struct screen *screen)
{
	int next = wgetch(stdscr);

	if (next == '[' || next == 'O') {
		skip_sequence(next);
	} else if (next == ERR || next == KEYS_ESC) {
		take(screen, KEYS_ESC, false);
		if (next == KEYS_ESC)
			ungetch(next);
	} else if (next != KEY_RESIZE) {
		take(screen, next, true);
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct screen *screen = arg;
	bool any = false;
	int code;

	(void)fd;
	(void)what;
	/* All of it: ncurses reads ahead, and for what it has taken in the
	 * event does not come again. */
	while ((code = wgetch(stdscr)) != ERR) {
		any = true;
		if (code == KEY_RESIZE)
			continue;
		if (code == KEYS_ESC && !screen->pasting)
			take_escape(screen);
		else
			take(screen, code, false);
		if (screen->suspended)
			return;
	}
	if (!any && is_gone()) {
		event_del(screen->readable);
		screen->ops->on_leave(screen->arg);
	}
}

static void
on_leave_signal(evutil_socket_t signo, short what, void *arg)
{
	struct screen *screen = arg;

	(void)signo;
	(void)what;
	screen->ops->on_leave(screen->arg);
}

void
screen_size(const struct screen *screen, int *rows, int *cols)
{
	(void)screen;
	*rows = LINES;
	*cols = COLS;
}

static void
follow_size(struct screen *screen)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_row == 0 ||
	    size.ws_col == 0)
		return;
	if (size.ws_row == LINES && size.ws_col == COLS)
		return;
	resizeterm(size.ws_row, size.ws_col);
	screen->ops->on_resize(size.ws_row, size.ws_col, screen->arg);
}

static void
on_winch(evutil_socket_t signo, short what, void *arg)
{
	struct screen *screen = arg;

	(void)signo;
	(void)what;
	if (screen->suspended)
		return;
	follow_size(screen);
	screen_repaint(screen);
}

/* Without an alternate screen the prompt comes to stand on the footer. */
static void
leave_screen(void)
{
	if (tigetstr("rmcup") == NULL) {
		move(LINES - 1, 0);
		clrtoeol();
		refresh();
	}
	endwin();
}

void
screen_suspend(struct screen *screen)
{
	if (screen->suspended)
		return;
	screen->suspended = true;
	event_del(screen->readable);
	write_now("\033[?2004l");
	leave_screen();
	/* Only this process: the children of a demo go on. */
	raise(SIGSTOP);
}

static void
on_tstp(evutil_socket_t signo, short what, void *arg)
{
	(void)signo;
	(void)what;
	screen_suspend(arg);
}

/* Also after a SIGSTOP from outside, when the shell has used the terminal. */
static void
on_cont(evutil_socket_t signo, short what, void *arg)
{
	struct screen *screen = arg;

	(void)signo;
	(void)what;
	if (!screen->suspended)
		endwin();
	screen->suspended = false;
	wrefresh(stdscr);
	write_now("\033[?2004h");
	event_add(screen->readable, NULL);
	follow_size(screen);
	screen_repaint(screen);
	screen->ops->on_resize(LINES, COLS, screen->arg);
}

static struct event *
add_signal(struct event_base *base, int signo, event_callback_fn cb, void *arg)
{
	struct event *event = evsignal_new(base, signo, cb, arg);

	event_add(event, NULL);
	return event;
}

static void
set_up_events(struct screen *screen, struct event_base *base)
{
	size_t i;

	screen->readable = event_new(
	    base, STDIN_FILENO, EV_READ | EV_PERSIST, on_readable, screen);
	event_add(screen->readable, NULL);
	for (i = 0; i < N_LEAVE; i++)
		screen->leave[i] =
		    add_signal(base, leave_signals[i], on_leave_signal, screen);
	screen->winch_event = add_signal(base, SIGWINCH, on_winch, screen);
	screen->tstp = add_signal(base, SIGTSTP, on_tstp, screen);
	screen->cont = add_signal(base, SIGCONT, on_cont, screen);
}

struct screen *
screen_new(struct event_base *base, bool plain, const struct screen_ops *ops,
    void *arg, struct err *err)
{
	struct screen *screen;

	if (screen_check(err) == -1)
		return NULL;
	screen = xcalloc(1, sizeof(*screen));
	screen->ops = ops;
	screen->arg = arg;
	screen->charset = strcmp(nl_langinfo(CODESET), "UTF-8") != 0
	    ? CANVAS_ASCII
	    : plain ? CANVAS_UTF8_PLAIN
		    : CANVAS_UTF8;
	set_escdelay(ESCAPE_DELAY_MS);
	screen->curses = newterm(NULL, stdout, stdin);
	if (screen->curses == NULL) {
		err_set(err, ERR_UNSUPPORTED, "the terminal cannot be set up");
		free(screen);
		return NULL;
	}
	prepare_restore();
	raw();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	intrflush(stdscr, FALSE);
	set_up_keys();
	set_up_colours(screen);
	set_up_events(screen, base);
	write_now("\033[?2004h");
	return screen;
}

void
screen_free(struct screen *screen)
{
	size_t i;

	if (screen == NULL)
		return;
	event_free(screen->readable);
	for (i = 0; i < N_LEAVE; i++)
		event_free(screen->leave[i]);
	event_free(screen->winch_event);
	event_free(screen->tstp);
	event_free(screen->cont);
	write_now("\033[?2004l");
	leave_screen();
	delscreen(screen->curses);
	restore.active = false;
	strbuf_fini(&screen->paste);
	free(screen);
}

enum canvas_charset
screen_charset(const struct screen *screen)
{
	return screen->charset;
}

static attr_t
attributes(const struct screen *screen, const struct cell *cell)
{
	const struct style_look *look = &screen->theme->looks[cell->style];
	attr_t attrs = A_NORMAL;

	if (look->attrs & LOOK_BOLD)
		attrs |= A_BOLD;
	if (look->attrs & LOOK_DIM)
		attrs |= A_DIM;
	if (look->attrs & LOOK_UNDERLINE)
		attrs |= A_UNDERLINE;
	if (look->attrs & LOOK_REVERSE)
		attrs |= A_REVERSE;
	if (cell->reverse) /* dim on reverse cannot be read on many */
		attrs = (attrs | A_REVERSE) & ~(attr_t)A_DIM;
	return attrs;
}

static void
put_cell(struct screen *screen, int y, int x, const struct cell *cell)
{
	wchar_t text[CELL_MARKS_MAX + 2] = { (wchar_t)cell->ch };
	short pair = 0;
	cchar_t c;
	int i;

	for (i = 0; i < CELL_MARKS_MAX; i++)
		text[i + 1] = (wchar_t)cell->marks[i];
	if (screen->theme->looks[cell->style].colour != LOOK_OWN)
		pair = (short)(cell->style + 1);
	setcchar(&c, text, attributes(screen, cell), pair, NULL);
	mvadd_wch(y, x, &c);
}

void
screen_paint(struct screen *screen, const struct canvas *canvas)
{
	int y, x, rows = canvas_rows(canvas), cols = canvas_cols(canvas);
	bool is_text = canvas_cursor_is_text(canvas);
	const struct cell *cell;

	if (screen->suspended)
		return;
	for (y = 0; y < rows && y < LINES; y++)
		for (x = 0; x < cols && x < COLS; x++) {
			cell = canvas_at(canvas, y, x);
			if (cell->ch != 0)
				put_cell(screen, y, x, cell);
		}
	if (is_text != screen->cursor_is_text) {
		screen->cursor_is_text = is_text;
		curs_set(is_text ? 2 : 1);
	}
	canvas_cursor(canvas, &y, &x);
	if (y < 0 || y >= LINES || x >= COLS)
		y = x = 0;
	move(y, x);
	wnoutrefresh(stdscr);
	doupdate();
}

void
screen_repaint(struct screen *screen)
{
	(void)screen;
	clearok(curscr, TRUE);
}
