/*
 * list: the floor of a list in a terminal.  A million rows that are computed,
 * a line above and one below, drawn by curses and nothing else: j and k scroll
 * by a line, d and u by a page, g and G go to the ends, q leaves.  With the
 * word "beside" there is a pane of texts beside it, which stand still.
 */
#include "config.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <ncurses.h>

#define ROWS 1000000
#define TEXT_SIZE 512

static int list_cols; /* of COLS; what is right of them is the pane */

static void
draw_row(int y, int i, bool chosen)
{
	static const char *const states[] = { "current", "downloading",
		"applying", "rebooting" };
	uint32_t h = (uint32_t)i * 2654435761u;
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text),
	    " device-%07d  %-10s  %-12s  %6.2f C  v1.%02u  10.%u.%u.%u  "
	    "etag %08x  seen %2us",
	    i, (h & 16) != 0 ? "connected" : "offline", states[h >> 8 & 3],
	    (h >> 10) % 9000 / 100.0, h >> 12 & 31, h >> 24, h >> 16 & 255,
	    h & 255, h, h >> 6 & 63);
	attrset(chosen ? A_REVERSE : A_NORMAL);
	attron(COLOR_PAIR((h & 16) != 0 ? 1 : 2));
	mvprintw(y, 0, "%-*.*s", list_cols, list_cols, text);
	attrset(A_NORMAL);
}

static void
draw(int top)
{
	int y;

	attrset(A_BOLD);
	mvprintw(0, 0, " a list of %d rows ", ROWS);
	attrset(A_NORMAL);
	for (y = 1; y < LINES - 1; y++)
		draw_row(y, top + y - 1, y == 1);
	mvprintw(LINES - 1, 0, " row %d ", top);
	clrtoeol();
	refresh();
}

static void
draw_pane(void)
{
	int y;

	for (y = 1; y < LINES - 1 && list_cols < COLS; y++)
		mvprintw(y, list_cols, "| %.*s", y % 20,
		    "a text that stands still");
}

static int
after_key(int key, int top)
{
	int page = LINES - 2;

	switch (key) {
	case 'j':
		top++;
		break;
	case 'k':
		top--;
		break;
	case 'd':
		top += page;
		break;
	case 'u':
		top -= page;
		break;
	case 'g':
		top = 0;
		break;
	case 'G':
		top = ROWS;
		break;
	}
	if (top > ROWS - page)
		top = ROWS - page;
	return top > 0 ? top : 0;
}

int
main(int argc, char **argv)
{
	int key, top = 0;

	setlocale(LC_ALL, "");
	initscr();
	cbreak();
	noecho();
	curs_set(0);
	start_color();
	use_default_colors();
	init_pair(1, COLOR_GREEN, -1);
	init_pair(2, COLOR_RED, -1);
	list_cols = argc > 1 && strcmp(argv[1], "beside") == 0
	    ? COLS * 55 / 100
	    : COLS;
	draw_pane();
	draw(top);
	while ((key = getch()) != 'q' && key != ERR) {
		top = after_key(key, top);
		draw(top);
	}
	endwin();
	return 0;
}
