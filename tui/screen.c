#include "config.h"

#include "tui/screen.h"

#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <curses.h>
#include <event2/event.h>
#include <term.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/osc52.h"
#include "tui/screen_guard.h"
#include "tui/screen_input.h"
#include "tui/style.h"

#define ESCAPE_DELAY_MS 25 /* ncurses waits so long behind a lone Esc */
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define CHARSET_USUAL "\033(B"
/* Presses and the wheel, with SGR's numbers: they have no limit. */
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

/* term.h makes macros of short words. */
#undef lines
#undef columns

static const int leave_signals[] = { SIGHUP, SIGTERM, SIGINT, SIGQUIT };

#define N_LEAVE (sizeof(leave_signals) / sizeof(leave_signals[0]))

struct screen {
	const struct screen_ops *ops;
	void *arg;
	SCREEN *curses;
	struct theme asked, theme; /* the latter as this terminal can show it */
	bool has_colours, has_charsets;
	enum canvas_charset charset;
	bool cursor_is_text;
	/* What stdscr holds: curses is only told of cells that are others. */
	struct cell *shown; /* owned, shown_rows of shown_cols; or NULL */
	int shown_rows, shown_cols;
	struct event *readable;
	struct event *leave[N_LEAVE];
	struct event *winch_event, *tstp, *cont;
	struct screen_input *input; /* owned */
	bool away; /* the terminal is not ours: nothing is read or painted */
	bool lent; /* to a program that will give it back */
	bool mouse;
	struct strbuf later; /* printed once the screen is left */
};

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
		    "the terminal type TERM=%.60s is not known here: install "
		    "its description (ncurses-term has many), or try "
		    "TERM=xterm-256color twindeck",
		    term);
	if (tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1)
		return err_set(err, ERR_UNSUPPORTED,
		    "the terminal type TERM=%.60s cannot move the cursor: no "
		    "screen can be drawn on it",
		    term);
	screen_guard_learn();
	del_curterm(cur_term); /* newterm() makes its own */
	return 0;
}

void
screen_ask_size(int *rows, int *cols)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row;
	*cols = size.ws_col;
}

static void
set_up_colours(struct screen *screen)
{
	const char *no_color = getenv("NO_COLOR");

	if ((no_color != NULL && no_color[0] != '\0') || !has_colors())
		return;
	start_color();
	use_default_colors();
	screen->has_colours = COLORS >= 8 && COLOR_PAIRS > STYLES;
}

/* One that the terminal has: of a bright one its plain one, else its own. */
static short
colour_here(int16_t colour)
{
	if (colour < COLORS)
		return colour;
	return colour < 16 ? (short)(colour - 8) : LOOK_OWN;
}

/* What ncurses holds is not what was painted last. */
static void
forget_shown(struct screen *screen)
{
	free(screen->shown);
	screen->shown = NULL;
}

/*
 * Without colours the attributes are left; what was told by a colour only is
 * told as the theme without colours does.
 */
void
screen_set_theme(struct screen *screen, const struct theme *theme)
{
	struct style_look *look;
	short i;

	if (memcmp(&screen->asked, theme, sizeof(*theme)) == 0)
		return;
	forget_shown(screen);
	screen->asked = screen->theme = *theme;
	for (i = 0; i < STYLES; i++) {
		look = &screen->theme.looks[i];
		if (screen->has_colours) {
			init_pair((short)(i + 1), colour_here(look->colour),
			    colour_here(look->ground));
		} else if (look->colour != LOOK_OWN ||
		    look->ground != LOOK_OWN) {
			*look = theme_mono.looks[i];
		}
	}
	screen_repaint(screen);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct screen *screen = arg;

	(void)fd;
	(void)what;
	if (screen_input_read(screen->input))
		return;
	event_del(screen->readable);
	screen->ops->on_leave(screen->arg);
}

static void
on_leave_signal(evutil_socket_t signo, short what, void *arg)
{
	struct screen *screen = arg;

	(void)what;
	/* ^C in a program that has the terminal is meant for that program. */
	if (screen->lent && (signo == SIGINT || signo == SIGQUIT))
		return;
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
	forget_shown(screen); /* even if the next size is the one from before */
	screen->ops->on_resize(size.ws_row, size.ws_col, screen->arg);
}

static void
on_winch(evutil_socket_t signo, short what, void *arg)
{
	struct screen *screen = arg;

	(void)signo;
	(void)what;
	if (screen->away)
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

/* The modes that ncurses does not know. */
static void
modes_on(const struct screen *screen)
{
	write_now(PASTE_ON);
	if (screen->mouse)
		write_now(MOUSE_ON);
}

static void
modes_off(const struct screen *screen)
{
	write_now(PASTE_OFF);
	if (screen->mouse)
		write_now(MOUSE_OFF);
}

void
screen_set_mouse(struct screen *screen, bool on)
{
	if (screen->mouse == on)
		return;
	screen->mouse = on;
	if (!screen->away)
		write_now(on ? MOUSE_ON : MOUSE_OFF);
}

static void
give_away(struct screen *screen)
{
	if (screen->away)
		return;
	screen->away = true;
	screen_input_stop(screen->input);
	event_del(screen->readable);
	modes_off(screen);
	leave_screen();
	screen_guard_arm(false);
}

/* Whoever had the terminal has left something else on it. */
static void
take_again(struct screen *screen)
{
	if (!screen->away)
		endwin(); /* SIGSTOP from outside: nobody has asked first */
	screen->away = false;
	screen_guard_arm(true);
	if (screen->has_charsets)
		write_now(CHARSET_USUAL);
	wrefresh(stdscr);
	modes_on(screen);
	event_add(screen->readable, NULL);
	follow_size(screen);
	screen_repaint(screen);
	screen->ops->on_resize(LINES, COLS, screen->arg);
}

void
screen_lend(struct screen *screen)
{
	screen->lent = true;
	give_away(screen);
}

void
screen_take_back(struct screen *screen)
{
	if (!screen->lent)
		return;
	screen->lent = false;
	take_again(screen);
}

void
screen_suspend(struct screen *screen)
{
	give_away(screen);
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

static void
on_cont(evutil_socket_t signo, short what, void *arg)
{
	struct screen *screen = arg;

	(void)signo;
	(void)what;
	if (!screen->lent)
		take_again(screen);
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

static void
drop_head(const char *capability, const char *head)
{
	char *s = tigetstr(capability);
	size_t len = strlen(head);

	if (s != NULL && s != (char *)-1 && str_starts_with(s, head))
		memmove(s, s + len, strlen(s + len) + 1);
}

/*
 * Many a description chooses the usual character set with each attribute, in
 * case another one was.  It is chosen when the terminal becomes ours, nothing
 * here is drawn in another one, and it would be a tenth of what is written.
 */
static void
shorten_attributes(struct screen *screen)
{
	const char *off = tigetstr("sgr0");

	screen->has_charsets = off != NULL && off != (char *)-1 &&
	    str_starts_with(off, CHARSET_USUAL);
	if (!screen->has_charsets)
		return;
	drop_head("sgr", "%?%p9%t\033(0%e" CHARSET_USUAL "%;");
	drop_head("sgr0", CHARSET_USUAL);
}

struct screen *
screen_new(struct event_base *base, bool plain, const struct screen_ops *ops,
    void *arg, struct err *err)
{
	struct screen *screen = xcalloc(1, sizeof(*screen));

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
	shorten_attributes(screen);
	/* Until curses has been left once it writes after each movement of the
	 * cursor, a hundred times a paint; from then on once. */
	endwin();
	screen_guard_arm(true);
	raw();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	intrflush(stdscr, FALSE);
	screen->input = screen_input_new(ops, arg);
	set_up_colours(screen);
	screen_set_theme(screen, &theme_default);
	set_up_events(screen, base);
	write_now(PASTE_ON);
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
	if (!screen->away) {
		modes_off(screen);
		leave_screen();
	}
	delscreen(screen->curses);
	screen_guard_arm(false);
	write_now(strbuf_str(&screen->later));
	strbuf_fini(&screen->later);
	screen_input_free(screen->input);
	free(screen->shown);
	free(screen);
}

int
screen_copy(struct screen *screen, const char *text, struct err *err)
{
	const char *term = getenv("TERM");
	enum osc52_way way = osc52_way(term, getenv("TMUX"), getenv("STY"));
	struct strbuf out = { 0 };
	size_t len = strlen(text);

	(void)screen;
	if (way == OSC52_NONE)
		return err_set(err, ERR_UNSUPPORTED,
		    "a terminal of type %.40s has no clipboard",
		    term != NULL ? term : "unknown");
	if (len > OSC52_TEXT_MAX)
		return err_set(err, ERR_LIMIT,
		    "%zu bytes are more than the %zu that terminals take", len,
		    OSC52_TEXT_MAX);
	osc52_put(&out, way, text, len);
	write_now(strbuf_str(&out));
	strbuf_fini(&out);
	return 0;
}

int
screen_print_later(struct screen *screen, const char *text, struct err *err)
{
	size_t len = strlen(text);

	/* What is escaped may have grown beyond it. */
	if (screen->later.len > SCREEN_LATER_MAX ||
	    len > SCREEN_LATER_MAX - screen->later.len)
		return err_set(err, ERR_LIMIT,
		    "at most %zu bytes are printed on leaving",
		    SCREEN_LATER_MAX);
	strbuf_put_escaped(&screen->later, text, len);
	strbuf_putc(&screen->later, '\n');
	return 0;
}

enum canvas_charset
screen_charset(const struct screen *screen)
{
	return screen->charset;
}

static attr_t
attributes(const struct screen *screen, const struct cell *cell)
{
	const struct style_look *look = &screen->theme.looks[cell->style];
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
	const struct style_look *look = &screen->theme.looks[cell->style];
	wchar_t text[CELL_MARKS_MAX + 2] = { (wchar_t)cell->ch };
	short pair = 0;
	cchar_t c;
	int i;

	for (i = 0; i < CELL_MARKS_MAX; i++)
		text[i + 1] = (wchar_t)cell->marks[i];
	if (look->colour != LOOK_OWN || look->ground != LOOK_OWN)
		pair = (short)(cell->style + 1);
	setcchar(&c, text, attributes(screen, cell), pair, NULL);
	mvadd_wch(y, x, &c);
}

/* Another size or theme: every cell is put anew. */
static void
know_shown(struct screen *screen, int rows, int cols)
{
	if (screen->shown != NULL && screen->shown_rows == rows &&
	    screen->shown_cols == cols)
		return;
	free(screen->shown);
	screen->shown =
	    xcalloc((size_t)rows * (size_t)cols, sizeof(*screen->shown));
	screen->shown_rows = rows;
	screen->shown_cols = cols;
}

static void
put_row(struct screen *screen, const struct canvas *canvas, int y, int cols)
{
	struct cell *shown =
	    screen->shown + (size_t)y * (size_t)screen->shown_cols;
	const struct cell *cell = canvas_at(canvas, y, 0);
	int x;

	for (x = 0; x < cols; x++, cell++, shown++) {
		if (memcmp(cell, shown, sizeof(*cell)) == 0)
			continue;
		*shown = *cell;
		if (cell->ch != 0)
			put_cell(screen, y, x, cell);
	}
}

void
screen_paint(struct screen *screen, const struct canvas *canvas)
{
	int y, x, rows = canvas_rows(canvas), cols = canvas_cols(canvas);
	bool is_text = canvas_cursor_is_text(canvas);

	if (screen->away)
		return;
	know_shown(screen, LINES, COLS);
	for (y = 0; y < rows && y < LINES; y++)
		put_row(screen, canvas, y, cols < COLS ? cols : COLS);
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
