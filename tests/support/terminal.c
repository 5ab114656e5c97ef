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

struct terminal {
	int fd; /* -1: hung up */
	pid_t pid;
	VTerm *vt;
	VTermScreen *screen;
	bool alternate;
	struct strbuf last;
};

static int
on_prop(VTermProp prop, VTermValue *value, void *arg)
{
	struct terminal *t = arg;

	if (prop == VTERM_PROP_ALTSCREEN)
		t->alternate = value->boolean != 0;
	return 1;
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
	static const VTermScreenCallbacks callbacks = { .settermprop =
							    on_prop };
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
		if (cell.chars[0] == 0)
			cell.chars[0] = ' ';
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
cell_has(const VTermScreenCell *cell, const char *attr)
{
	if (strcmp(attr, "bold") == 0)
		return cell->attrs.bold;
	if (strcmp(attr, "underline") == 0)
		return cell->attrs.underline != 0;
	if (strcmp(attr, "blink") == 0)
		return cell->attrs.blink;
	return strcmp(attr, "reverse") == 0 && cell->attrs.reverse;
}

bool
terminal_has_attr(const struct terminal *t, const char *attr, const char *text)
{
	struct strbuf row = { 0 }, columns = { 0 };
	VTermScreenCell cell;
	VTermPos pos = { 0 };
	size_t at, i;
	const char *found = NULL;
	bool has = false;

	for (; found == NULL && pos.row < terminal_rows(t); pos.row++) {
		strbuf_reset(&row);
		strbuf_reset(&columns);
		read_row(t, pos.row, &row, &columns);
		found = strstr(strbuf_str(&row), text);
		if (found == NULL)
			continue;
		at = (size_t)(found - row.data);
		for (i = 0, has = true; i < strlen(text); i++) {
			memcpy(&pos.col,
			    columns.data + (at + i) * sizeof(pos.col),
			    sizeof(pos.col));
			vterm_screen_get_cell(t->screen, pos, &cell);
			has = has && cell_has(&cell, attr);
		}
	}
	strbuf_fini(&row);
	strbuf_fini(&columns);
	return has;
}
