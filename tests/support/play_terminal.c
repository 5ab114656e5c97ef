#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/picture.h"
#include "tests/support/play.h"
#include "tests/support/terminal.h"
#include "tests/support/test.h"

#define STORM_SEED 20261122U /* a storm blows the same each time */
#define STORM_COLS 500
#define STORM_ROWS 200
#define STAT_MAX ((size_t)4096)
#define BUTTON_LEFT 1
#define BUTTON_WHEEL_UP 4
#define BUTTON_WHEEL_DOWN 5

bool
play_at(struct play *p, char *arg)
{
	int row = terminal_cursor_row(p->terminal) + 1;
	int col = terminal_cursor_col(p->terminal) + 1;
	int want_row, want_col;

	if (sscanf(arg, "%d %d", &want_row, &want_col) != 2)
		return play_fails(p, "a place is ROW COLUMN, from 1");
	return (row == want_row && col == want_col) ||
	    play_fails(p, "the cursor is in row %d, column %d", row, col);
}

static bool
press(struct play *p, const char *text, int button)
{
	int row, col;

	if (!terminal_find(p->terminal, text, &row, &col))
		return play_fails(p, "not on the screen: %s", text);
	terminal_click(p->terminal, row, col, button);
	return true;
}

bool
play_picture(struct play *p, char *arg)
{
	char *path = play_take_word(&arg);
	struct strbuf svg = { 0 };
	struct err err = { 0 };
	bool ok;

	picture_put(p->terminal, arg, &svg);
	ok = paths_write_file(path, svg.data, svg.len, 0644, &err) == 0 ||
	    play_fails(p, "%s", err.text);
	strbuf_fini(&svg);
	return ok;
}

bool
play_click(struct play *p, char *arg)
{
	return press(p, arg, BUTTON_LEFT);
}

bool
play_wheel(struct play *p, char *arg)
{
	bool up = strcmp(play_take_word(&arg), "up") == 0;

	return press(p, arg, up ? BUTTON_WHEEL_UP : BUTTON_WHEEL_DOWN);
}

bool
play_mouse(struct play *p, char *arg)
{
	int64_t deadline_ms;
	bool on;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	do {
		on = terminal_wants_mouse(p->terminal);
		if (strcmp(arg, on ? "on" : "off") == 0)
			return true;
	} while (play_read(p, deadline_ms));
	return play_fails(p, "the mouse is %s", on ? "on" : "off");
}

bool
play_colours(struct play *p, char *arg)
{
	size_t n = terminal_coloured(p->terminal);

	return strcmp(arg, n > 0 ? "some" : "none") == 0 ||
	    play_fails(p, "%zu cells have a colour", n);
}

static bool
is_stopped(pid_t pid)
{
	char *path = xasprintf("/proc/%d/stat", (int)pid), *text, *end;
	bool stopped;

	text = paths_read_file(path, STAT_MAX, NULL, NULL);
	end = text != NULL ? strrchr(text, ')') : NULL;
	stopped = end != NULL && str_starts_with(end, ") T");
	free(text);
	free(path);
	return stopped;
}

/* A signal to go on that comes before it has stopped is lost. */
bool
play_stopped(struct play *p, char *arg)
{
	int64_t deadline_ms;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	do {
		if (is_stopped(terminal_pid(p->terminal)))
			return true;
	} while (play_read(p, deadline_ms));
	return play_fails(p, "the program is not stopped");
}

static int
roll(unsigned int *seed, int most)
{
	return 1 + (int)((unsigned int)rand_r(seed) % (unsigned int)most);
}

/* The last size is the one from before: what is shown then can be asked for. */
bool
play_storm(struct play *p, char *arg)
{
	size_t before = terminal_clears(p->terminal), clears;
	unsigned int seed = STORM_SEED;
	int64_t n, i;

	if (str_to_int64(arg, 1, 100000, &n) == -1)
		return play_fails(p, "\"%s\" is no number of sizes", arg);
	for (i = 0; i < n; i++) {
		if (i % 50 == 0)
			terminal_resize(p->terminal, 1, 1);
		else if (i % 50 == 25)
			terminal_resize(p->terminal, STORM_ROWS, STORM_COLS);
		else
			terminal_resize(p->terminal, roll(&seed, STORM_ROWS),
			    roll(&seed, STORM_COLS));
		play_read(p, clock_mono_ms() + roll(&seed, 4));
	}
	terminal_resize(p->terminal, p->rows, p->cols);
	clears = terminal_clears(p->terminal) - before;
	return clears <= (size_t)n + 1 ||
	    play_fails(p, "the screen was painted %zu times", clears);
}

bool
play_unharmed(struct play *p, char *arg)
{
	const char *harm = terminal_harm(p->terminal);

	(void)arg;
	return *harm == '\0' || play_fails(p, "the terminal was sent %s", harm);
}

bool
play_wrote(struct play *p, char *arg)
{
	int64_t deadline_ms;

	if (!play_take_deadline(p, &arg, &deadline_ms))
		return false;
	while (!terminal_wrote(p->terminal, arg))
		if (!play_read(p, deadline_ms))
			return play_fails(p, "not written: %s", arg);
	return true;
}
