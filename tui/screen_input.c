#include "config.h"

#include "tui/screen_input.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/key.h"
#include "tui/mouse.h"
#include "tui/screen.h"

/*
 * Codes of define_key(), clear of those that ncurses has: behind KEY_MAX it
 * numbers the keys that a terminal's description adds.
 */
enum {
	CODE_PASTE_BEGIN = KEY_MAX + 2000,
	CODE_PASTE_END,
	CODE_MOUSE,     /* "ESC [ < 0 ; 12 ; 5 M" */
	CODE_MOUSE_OLD, /* "ESC [ M" and three bytes, of terminals without */
	CODE_WORD_LEFT,
	CODE_WORD_RIGHT,
};

struct screen_input {
	const struct screen_ops *ops;
	void *arg;
	bool stopped; /* until the next read */

	bool pasting;
	struct strbuf paste;
	char bytes[4]; /* of a character that is not yet whole */
	size_t n_bytes;

	int in_mouse;   /* the code that began a report of it, or 0 */
	char mouse[24]; /* what has come of it; longer is no mouse's */
	size_t n_mouse;
};

/* The buttons of the mouse, as SGR numbers them; modifiers are added. */
#define OLD_OFFSET 32 /* what the bytes of an old report have added */
enum { BUTTON_LEFT = 0, BUTTON_WHEEL_UP = 64, BUTTON_WHEEL_DOWN = 65 };

/* Some terminals send these although their description says otherwise. */
static void
define_keys(void)
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
		{ "\033[<", CODE_MOUSE },
		{ "\033[M", CODE_MOUSE_OLD },
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
add_pasted(struct screen_input *input, int byte)
{
	if (input->paste.len < SCREEN_PASTE_MAX && byte != 0)
		strbuf_putc(&input->paste, (char)byte);
}

/*
 * One byte of a character.  Returns the character, or -1 while it is not
 * whole; what is no UTF-8 is dropped.
 */
static int32_t
take_byte(struct screen_input *input, int byte)
{
	uint32_t c;
	int len;

	if (byte == '\n')
		return KEYS_ENTER;
	if (byte == 8)
		return KEYS_BACKSPACE;
	if (byte < 0x80) {
		input->n_bytes = 0;
		return byte;
	}
	if ((byte & 0xc0) == 0xc0)
		input->n_bytes = 0;
	input->bytes[input->n_bytes++] = (char)byte;
	len = utf8_decode(input->bytes, input->n_bytes, &c);
	if (len <= 0 && input->n_bytes < sizeof(input->bytes))
		return -1;
	input->n_bytes = 0;
	return len > 0 ? (int32_t)c : -1;
}

static void
report_mouse(struct screen_input *input)
{
	struct mouse mouse = { .kind = MOUSE_PRESS };
	int button, n = 0;

	if (input->in_mouse == CODE_MOUSE_OLD) {
		button = (unsigned char)input->mouse[0] - OLD_OFFSET;
		mouse.x = (unsigned char)input->mouse[1] - OLD_OFFSET;
		mouse.y = (unsigned char)input->mouse[2] - OLD_OFFSET;
	} else if (sscanf(input->mouse, "%4d;%6d;%6d%n", &button, &mouse.x,
		       &mouse.y, &n) != 3 ||
	    input->mouse[n] != '\0') {
		return;
	}
	if (mouse.x < 1 || mouse.y < 1)
		return;
	mouse.x--;
	mouse.y--;
	if (button == BUTTON_WHEEL_UP)
		mouse.kind = MOUSE_WHEEL_UP;
	else if (button == BUTTON_WHEEL_DOWN)
		mouse.kind = MOUSE_WHEEL_DOWN;
	else if (button != BUTTON_LEFT)
		return;
	input->ops->on_mouse(&mouse, input->arg);
}

/* Three bytes, whatever they are: they are no keys. */
static void
take_old_mouse(struct screen_input *input, int code)
{
	input->mouse[input->n_mouse++] = (char)code;
	if (input->n_mouse < 3)
		return;
	report_mouse(input);
	input->in_mouse = 0;
}

/* One byte behind "ESC [ <"; M ends a press, m a release. */
static void
take_mouse(struct screen_input *input, int code)
{
	bool more = (code >= '0' && code <= '9') || code == ';';

	if (input->in_mouse == CODE_MOUSE_OLD) {
		take_old_mouse(input, code);
		return;
	}
	if (more && input->n_mouse < sizeof(input->mouse) - 1) {
		input->mouse[input->n_mouse++] = (char)code;
		return;
	}
	if (more)
		return; /* too long: up to its end, unseen */
	input->mouse[input->n_mouse] = '\0';
	if (code == 'M' && input->n_mouse < sizeof(input->mouse) - 1)
		report_mouse(input);
	input->in_mouse = 0;
}

static void
take(struct screen_input *input, int code, bool alt)
{
	int32_t key = -1;

	if (code == CODE_PASTE_BEGIN) {
		input->pasting = true;
		strbuf_reset(&input->paste);
		return;
	}
	if (code == CODE_PASTE_END) {
		input->pasting = false;
		input->ops->on_paste(strbuf_str(&input->paste), input->arg);
		return;
	}
	if (input->pasting) {
		if (code < 0x100)
			add_pasted(input, code);
		return;
	}
	if (code == CODE_MOUSE || code == CODE_MOUSE_OLD) {
		input->in_mouse = code;
		input->n_mouse = 0;
		return;
	}
	if (code >= 0x100)
		key = decode(code);
	else
		key = take_byte(input, code);
	if (key == -1)
		return;
	input->ops->on_key(alt ? ALT_KEY(key) : key, input->arg);
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
	while (
	    introducer == '[' && code != ERR && (code < 0x40 || code > 0x7e));
}

/* Esc; or Esc and a key at once, which is that key with Alt. */
static void
take_escape(struct screen_input *input)
{
	int next = wgetch(stdscr);

	if (next == '[' || next == 'O') {
		skip_sequence(next);
	} else if (next == ERR || next == KEYS_ESC) {
		take(input, KEYS_ESC, false);
		if (next == KEYS_ESC)
			ungetch(next);
	} else if (next != KEY_RESIZE) {
		take(input, next, true);
	}
}

bool
screen_input_read(struct screen_input *input)
{
	bool any = false;
	int code;

	input->stopped = false;
	/* All of it: ncurses reads ahead, and for what it has taken in the
	 * event does not come again. */
	while ((code = wgetch(stdscr)) != ERR) {
		any = true;
		if (code == KEY_RESIZE)
			continue;
		if (input->in_mouse != 0)
			take_mouse(input, code);
		else if (code == KEYS_ESC && !input->pasting)
			take_escape(input);
		else
			take(input, code, false);
		if (input->stopped)
			return true;
	}
	return any || !is_gone();
}

void
screen_input_stop(struct screen_input *input)
{
	input->stopped = true;
}

struct screen_input *
screen_input_new(const struct screen_ops *ops, void *arg)
{
	struct screen_input *input = xcalloc(1, sizeof(*input));

	input->ops = ops;
	input->arg = arg;
	define_keys();
	return input;
}

void
screen_input_free(struct screen_input *input)
{
	if (input == NULL)
		return;
	strbuf_fini(&input->paste);
	free(input);
}
