/*
 * A terminal with a program in it: a pty whose other end is libvterm, so that
 * what a user would see can be asked for as text.  What cannot be done ends
 * the test program with a sentence.
 */
#ifndef TWINDECK_TESTS_SUPPORT_TERMINAL_H
#define TWINDECK_TESTS_SUPPORT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct strbuf;
struct terminal;

/* Runs command with sh -c in a session of its own, with this environment. */
struct terminal *terminal_new(
    int rows, int cols, const char *command, char *const *environment);
/* Closes the terminal; the program is the caller's to end and to wait for. */
void terminal_free(struct terminal *t); /* NULL does nothing */

pid_t terminal_pid(const struct terminal *t);

/*
 * Reads what the program writes for at most timeout_ms, and returns as soon
 * as something came: the number of bytes, 0 for none.
 */
size_t terminal_read(struct terminal *t, int timeout_ms);
/* The last bytes that were read, control characters escaped; borrowed. */
const char *terminal_last(const struct terminal *t);
/* Whether this was written, as terminal_last() shows it; not too long ago. */
bool terminal_wrote(const struct terminal *t, const char *text);

void terminal_resize(struct terminal *t, int rows, int cols);
/* Closes this side of the pty, as a lost connection does. */
void terminal_hangup(struct terminal *t);

/*
 * One key by its name: "f", "č", "<Enter>", "<Down>", "<C-l>", "<M-x>".
 * Returns false if there is no such key.
 */
bool terminal_key(struct terminal *t, const char *name);
/* Characters one by one, or in one piece as a terminal pastes them. */
void terminal_type(struct terminal *t, const char *text);
void terminal_paste(struct terminal *t, const char *text);

int terminal_rows(const struct terminal *t);

struct terminal_cell {
	uint32_t ch;  /* 0: the right half of a wide one */
	int colour;   /* as terminals number them; -1: its own */
	bool bold, underline, reverse;
};

void terminal_cell(const struct terminal *t, int row, int col,
    struct terminal_cell *out);
/* A row from 0, without the blanks at its end; put behind what out holds. */
void terminal_row(const struct terminal *t, int row, struct strbuf *out);
int terminal_cols(const struct terminal *t);
int terminal_cursor_row(const struct terminal *t);
int terminal_cursor_col(const struct terminal *t);
/* Where the first text like this begins; false if it is nowhere. */
bool terminal_find(
    const struct terminal *t, const char *text, int *row, int *col);
bool terminal_is_alternate(const struct terminal *t); /* screen */
/* Whether lines are edited and echoed by the kernel, as a shell has it. */
bool terminal_is_cooked(const struct terminal *t);

/*
 * Whether the first text like this is shown with this attribute throughout:
 * bold, underline, blink, reverse, coloured.  False too if either is not
 * there.
 */
bool terminal_has_attr(
    const struct terminal *t, const char *attr, const char *text);
/* How many cells have colours that are not the terminal's own. */
size_t terminal_coloured(const struct terminal *t);

/* Presses and releases a button; 4 and 5 are the wheel's. */
void terminal_click(struct terminal *t, int row, int col, int button);
bool terminal_wants_mouse(const struct terminal *t);

/*
 * What has reached the terminal since it was made that a screen has no need
 * of, in words: a title, a bell, a control string (OSC, DCS, APC, PM, SOS), a
 * C1 character, a shift of the character set, a reversed screen.  "" if it is
 * as a shell has it.  A title that is only kept and given back is no harm.
 */
const char *terminal_harm(const struct terminal *t);
/* How often the whole screen was cleared. */
size_t terminal_clears(const struct terminal *t);

#endif
