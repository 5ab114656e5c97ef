#include "config.h"

#include "tests/support/terminal.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <vterm.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/test.h"

#define WRITTEN_MAX ((size_t)1024 * 1024)

struct terminal {
	int fd; /* -1: hung up */
	pid_t pid;
	VTerm *vt;
	VTermScreen *screen;
	bool alternate, mouse;
	const char *harm; /* the first */
	size_t clears;
	char tail[4];   /* the bytes before, for what two reads cut in two */
	bool in_string; /* a control string, of which this is the beginning */
	char string[4];
	size_t n_string;
	struct strbuf last;
	struct strbuf written; /* the end of all that was, escaped likewise */
};

static void
harm(struct terminal *t, const char *what)
{
	if (t->harm == NULL)
		t->harm = what;
}

static int
on_prop(VTermProp prop, VTermValue *value, void *arg)
{
	struct terminal *t = arg;

	switch (prop) {
	case VTERM_PROP_ALTSCREEN:
		t->alternate = value->boolean != 0;
		break;
	case VTERM_PROP_MOUSE:
		t->mouse = value->number != VTERM_PROP_MOUSE_NONE;
		break;
	case VTERM_PROP_TITLE:
	case VTERM_PROP_ICONNAME:
		harm(t, "a title");
		break;
	case VTERM_PROP_REVERSE:
		if (value->boolean != 0)
			harm(t, "a reversed screen");
		break;
	default:
		break;
	}
	return 1;
}

static int
on_bell(void *arg)
{
	harm(arg, "a bell");
	return 1;
}

/* OSC 104 gives the colours back: ncurses sends it when it leaves. */
static void
take_string(struct terminal *t, char c)
{
	if (c != 007 && c != 033) {
		if (t->n_string < sizeof(t->string))
			t->string[t->n_string] = c;
		t->n_string++;
		return;
	}
	t->in_string = false;
	if (t->n_string != 3 || memcmp(t->string, "104", 3) != 0)
		harm(t, "a control string");
}

/* Byte by byte, whatever libvterm makes of it, which may be nothing. */
static void
look_for_harm(struct terminal *t, const char *data, size_t len)
{
	const char *before = t->tail;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (before[3] == 033 && c != 0 && strchr("]P^_X", c) != NULL) {
			t->in_string = true;
			t->n_string = 0;
		} else if (t->in_string) {
			take_string(t, data[i]);
		} else if (before[3] == '\302' && c >= 0x80 && c < 0xa0)
			harm(t, "a C1 character");
		else if (c == 016 || c == 017)
			harm(t, "a shift of the character set");
		else if (c == 'J' && memcmp(before + 1, "\033[2", 3) == 0)
			t->clears++;
		memmove(t->tail, t->tail + 1, 3);
		t->tail[3] = data[i];
	}
}

static void
run(const char *command, char *const *environment)
{
	execle("/bin/sh", "sh", "-c", command, (char *)NULL, environment);
	_exit(127);
}

struct terminal *
terminal_new(int rows, int cols, const char *command, char *const *environment)
{
	static const VTermScreenCallbacks callbacks = { .settermprop = on_prop,
		.bell = on_bell };
	struct winsize size = { .ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)cols };
	struct terminal *t = xcalloc(1, sizeof(*t));

	t->vt = vterm_new(rows, cols);
	vterm_set_utf8(t->vt, 1);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_set_callbacks(t->screen, &callbacks, t);
	vterm_screen_reset(t->screen, 1);
	t->pid = forkpty(&t->fd, NULL, NULL, &size);
	if (t->pid == -1)
		err(1, "forkpty");
	if (t->pid == 0)
		run(command, environment);
	fcntl(t->fd, F_SETFD, FD_CLOEXEC);
	return t;
}

void
terminal_hangup(struct terminal *t)
{
	if (t->fd != -1)
		close(t->fd);
	t->fd = -1;
}

void
terminal_free(struct terminal *t)
{
	if (t == NULL)
		return;
	terminal_hangup(t);
	vterm_free(t->vt);
	strbuf_fini(&t->last);
	strbuf_fini(&t->written);
	free(t);
}

pid_t
terminal_pid(const struct terminal *t)
{
	return t->pid;
}

static void
send_bytes(struct terminal *t, const char *data, size_t len)
{
	ssize_t n;

	for (; t->fd != -1 && len > 0; data += n, len -= (size_t)n) {
		n = write(t->fd, data, len);
		if (n == -1)
			return; /* nobody is there any more */
	}
}

/* What libvterm has to say: keys, and its answers to questions. */
static void
send_output(struct terminal *t)
{
	char buf[256];
	size_t n;

	while ((n = vterm_output_read(t->vt, buf, sizeof(buf))) > 0)
		send_bytes(t, buf, n);
}

static void
keep_last(struct terminal *t, const char *data, size_t len)
{
	size_t i;

	strbuf_reset(&t->last);
	for (i = 0; i < len; i++)
		if ((unsigned char)data[i] < 0x20 || data[i] == 0x7f)
			strbuf_printf(
			    &t->last, "\\x%02x", (unsigned char)data[i]);
		else
			strbuf_putc(&t->last, data[i]);
}

static void
keep_written(struct terminal *t)
{
	size_t half = t->written.len / 2;

	strbuf_put(&t->written, t->last.data, t->last.len);
	if (t->written.len < WRITTEN_MAX)
		return;
	memmove(t->written.data, t->written.data + half,
	    t->written.len - half + 1);
	t->written.len -= half;
}

size_t
terminal_read(struct terminal *t, int timeout_ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char buf[16384];
	ssize_t n;

	if (poll(&p, 1, timeout_ms) <= 0)
		return 0;
	n = read(t->fd, buf, sizeof(buf));
	if (n <= 0) { /* the program is gone; poll() would not wait again */
		usleep((useconds_t)timeout_ms * 1000);
		return 0;
	}
	keep_last(t, buf, (size_t)n);
	keep_written(t);
	look_for_harm(t, buf, (size_t)n);
	vterm_input_write(t->vt, buf, (size_t)n);
	vterm_screen_flush_damage(t->screen);
	send_output(t);
	return (size_t)n;
}

const char *
terminal_last(const struct terminal *t)
{
	return strbuf_str(&t->last);
}

bool
terminal_wrote(const struct terminal *t, const char *text)
{
	return strstr(strbuf_str(&t->written), text) != NULL;
}

void
terminal_resize(struct terminal *t, int rows, int cols)
{
	struct winsize size = { .ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)cols };

	vterm_set_size(t->vt, rows, cols);
	if (t->fd != -1)
		ioctl(t->fd, TIOCSWINSZ, &size);
}

static const struct {
	const char *name;
	VTermKey key;
	VTermModifier mod;
} named_keys[] = {
	{ "Enter", VTERM_KEY_ENTER, VTERM_MOD_NONE },
	{ "Tab", VTERM_KEY_TAB, VTERM_MOD_NONE },
	{ "S-Tab", VTERM_KEY_TAB, VTERM_MOD_SHIFT },
	{ "Backspace", VTERM_KEY_BACKSPACE, VTERM_MOD_NONE },
	{ "Esc", VTERM_KEY_ESCAPE, VTERM_MOD_NONE },
	{ "Up", VTERM_KEY_UP, VTERM_MOD_NONE },
	{ "Down", VTERM_KEY_DOWN, VTERM_MOD_NONE },
	{ "Left", VTERM_KEY_LEFT, VTERM_MOD_NONE },
	{ "Right", VTERM_KEY_RIGHT, VTERM_MOD_NONE },
	{ "Insert", VTERM_KEY_INS, VTERM_MOD_NONE },
	{ "Delete", VTERM_KEY_DEL, VTERM_MOD_NONE },
	{ "Home", VTERM_KEY_HOME, VTERM_MOD_NONE },
	{ "End", VTERM_KEY_END, VTERM_MOD_NONE },
	{ "PageUp", VTERM_KEY_PAGEUP, VTERM_MOD_NONE },
	{ "PageDown", VTERM_KEY_PAGEDOWN, VTERM_MOD_NONE },
};

static bool
press_named(struct terminal *t, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < N_ROWS(named_keys); i++)
		if (strlen(named_keys[i].name) == len &&
		    memcmp(named_keys[i].name, name, len) == 0) {
			vterm_keyboard_key(
			    t->vt, named_keys[i].key, named_keys[i].mod);
			return true;
		}
	if (len == 5 && memcmp(name, "Space", 5) == 0)
		vterm_keyboard_unichar(t->vt, ' ', VTERM_MOD_NONE);
	else if (len == 2 && memcmp(name, "lt", 2) == 0)
		vterm_keyboard_unichar(t->vt, '<', VTERM_MOD_NONE);
	else if (len == 3 && memcmp(name, "C-", 2) == 0)
		vterm_keyboard_unichar(
		    t->vt, (unsigned char)name[2], VTERM_MOD_CTRL);
	else if (len == 3 && memcmp(name, "M-", 2) == 0)
		vterm_keyboard_unichar(
		    t->vt, (unsigned char)name[2], VTERM_MOD_ALT);
	else
		return false;
	return true;
}

bool
terminal_key(struct terminal *t, const char *name)
{
	size_t len = strlen(name);
	uint32_t cp;

	if (len > 2 && name[0] == '<' && name[len - 1] == '>') {
		if (!press_named(t, name + 1, len - 2))
			return false;
	} else if (utf8_decode(name, len, &cp) == (int)len) {
		vterm_keyboard_unichar(t->vt, cp, VTERM_MOD_NONE);
	} else {
		return false;
	}
	send_output(t);
	return true;
}

void
terminal_type(struct terminal *t, const char *text)
{
	send_bytes(t, text, strlen(text));
}

void
terminal_paste(struct terminal *t, const char *text)
{
	vterm_keyboard_start_paste(t->vt);
	send_output(t);
	terminal_type(t, text);
	vterm_keyboard_end_paste(t->vt);
	send_output(t);
}

int
terminal_rows(const struct terminal *t)
{
	int rows, cols;

	vterm_get_size(t->vt, &rows, &cols);
	return rows;
}

/*
 * The text of a row, and for each of its bytes the column that it stands in,
 * where columns is not NULL.
 */
static void
read_row(const struct terminal *t, int row, struct strbuf *out,
    struct strbuf *columns)
{
	int rows, cols, i, n;
	VTermScreenCell cell;
	VTermPos pos = { .row = row };
	char text[4];

	vterm_get_size(t->vt, &rows, &cols);
	for (; pos.col < cols; pos.col++) {
		if (vterm_screen_get_cell(t->screen, pos, &cell) == 0 ||
		    cell.chars[0] == UINT32_MAX) /* a wide one's right half */
			continue;
		if (cell.chars[0] == 0) { /* and what is behind is not set */
			cell.chars[0] = ' ';
			cell.chars[1] = 0;
		}
		for (i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0;
		     i++) {
			n = utf8_encode(cell.chars[i], text);
			strbuf_put(out, text, (size_t)n);
			for (; columns != NULL && n > 0; n--)
				strbuf_put(columns, &pos.col, sizeof(pos.col));
		}
	}
}

void
terminal_row(const struct terminal *t, int row, struct strbuf *out)
{
	size_t start = out->len;

	read_row(t, row, out, NULL);
	while (out->len > start && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

int
terminal_cols(const struct terminal *t)
{
	int rows, cols;

	vterm_get_size(t->vt, &rows, &cols);
	return cols;
}

int
terminal_cursor_col(const struct terminal *t)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(t->vt), &pos);
	return pos.col;
}

int
terminal_cursor_row(const struct terminal *t)
{
	VTermPos pos;

	vterm_state_get_cursorpos(vterm_obtain_state(t->vt), &pos);
	return pos.row;
}

bool
terminal_is_alternate(const struct terminal *t)
{
	return t->alternate;
}

bool
terminal_is_cooked(const struct terminal *t)
{
	struct termios modes;

	if (t->fd == -1 || tcgetattr(t->fd, &modes) == -1)
		return false;
	return (modes.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

static bool
is_coloured(const VTermScreenCell *cell)
{
	return !VTERM_COLOR_IS_DEFAULT_FG(&cell->fg) ||
	    !VTERM_COLOR_IS_DEFAULT_BG(&cell->bg);
}

static bool
cell_has(const VTermScreenCell *cell, const char *attr)
{
	if (strcmp(attr, "bold") == 0)
		return cell->attrs.bold;
	if (strcmp(attr, "underline") == 0)
		return cell->attrs.underline != 0;
	if (strcmp(attr, "blink") == 0)
		return cell->attrs.blink;
	if (strcmp(attr, "coloured") == 0)
		return is_coloured(cell);
	return strcmp(attr, "reverse") == 0 && cell->attrs.reverse;
}

/* The first text like this: its row, and of each of its bytes the column. */
static bool
find(const struct terminal *t, const char *text, int *row, struct strbuf *cols)
{
	struct strbuf line = { 0 }, columns = { 0 };
	const char *found = NULL;
	size_t at;

	for (*row = 0; *row < terminal_rows(t); ++*row) {
		strbuf_reset(&line);
		strbuf_reset(&columns);
		read_row(t, *row, &line, &columns);
		found = strstr(strbuf_str(&line), text);
		if (found == NULL)
			continue;
		at = (size_t)(found - line.data);
		strbuf_put(cols, columns.data + at * sizeof(int),
		    strlen(text) * sizeof(int));
		break;
	}
	strbuf_fini(&line);
	strbuf_fini(&columns);
	return found != NULL;
}

static int
column(const struct strbuf *cols, size_t i)
{
	int col;

	memcpy(&col, cols->data + i * sizeof(col), sizeof(col));
	return col;
}

bool
terminal_find(const struct terminal *t, const char *text, int *row, int *col)
{
	struct strbuf cols = { 0 };
	bool found = *text != '\0' && find(t, text, row, &cols);

	if (found)
		*col = column(&cols, 0);
	strbuf_fini(&cols);
	return found;
}

bool
terminal_has_attr(const struct terminal *t, const char *attr, const char *text)
{
	struct strbuf cols = { 0 };
	VTermScreenCell cell;
	VTermPos pos;
	size_t i;
	bool has = find(t, text, &pos.row, &cols);

	for (i = 0; has && i < cols.len / sizeof(int); i++) {
		pos.col = column(&cols, i);
		vterm_screen_get_cell(t->screen, pos, &cell);
		has = cell_has(&cell, attr);
	}
	strbuf_fini(&cols);
	return has;
}

void
terminal_cell(const struct terminal *t, int row, int col,
    struct terminal_cell *out)
{
	VTermPos pos = { .row = row, .col = col };
	VTermScreenCell cell;

	*out = (struct terminal_cell){ .ch = ' ', .colour = -1 };
	if (vterm_screen_get_cell(t->screen, pos, &cell) == 0)
		return;
	if (cell.chars[0] != 0)
		out->ch = cell.chars[0] == UINT32_MAX ? 0 : cell.chars[0];
	if (!VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) &&
	    VTERM_COLOR_IS_INDEXED(&cell.fg))
		out->colour = cell.fg.indexed.idx;
	out->bold = cell.attrs.bold;
	out->underline = cell.attrs.underline != 0;
	out->reverse = cell.attrs.reverse;
}

size_t
terminal_coloured(const struct terminal *t)
{
	VTermScreenCell cell;
	VTermPos pos;
	size_t n = 0;

	for (pos.row = 0; pos.row < terminal_rows(t); pos.row++)
		for (pos.col = 0; pos.col < terminal_cols(t); pos.col++) {
			vterm_screen_get_cell(t->screen, pos, &cell);
			n += is_coloured(&cell);
		}
	return n;
}

void
terminal_click(struct terminal *t, int row, int col, int button)
{
	vterm_mouse_move(t->vt, row, col, VTERM_MOD_NONE);
	vterm_mouse_button(t->vt, button, true, VTERM_MOD_NONE);
	if (button < 4) /* a wheel has no release */
		vterm_mouse_button(t->vt, button, false, VTERM_MOD_NONE);
	send_output(t);
}

bool
terminal_wants_mouse(const struct terminal *t)
{
	return t->mouse;
}

const char *
terminal_harm(const struct terminal *t)
{
	return t->harm != NULL ? t->harm : "";
}

size_t
terminal_clears(const struct terminal *t)
{
	return t->clears;
}
