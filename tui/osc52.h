/*
 * The sequence that puts text on a terminal's clipboard, OSC 52, dressed so
 * that tmux and GNU screen hand it on.  The text goes as base64: nothing in it
 * can do anything to a terminal.  Writing it is screen.c's work.
 */
#ifndef TWINDECK_TUI_OSC52_H
#define TWINDECK_TUI_OSC52_H

#include <stddef.h>

struct strbuf;

/* As base64 and in its frame that makes 100,000 bytes, up to which terminals
 * are known to take it. */
#define OSC52_TEXT_MAX ((size_t)74994)

enum osc52_way {
	OSC52_PLAIN,  /* the terminal reads what is written */
	OSC52_TMUX,
	OSC52_SCREEN,
	OSC52_NONE,   /* this type of terminal is known to have no clipboard */
};

/* By $TERM, $TMUX and $STY; NULL where one is not set. */
enum osc52_way osc52_way(const char *term, const char *tmux, const char *sty);

/* Appends the sequence; len is OSC52_TEXT_MAX at most, way not OSC52_NONE. */
void osc52_put(
    struct strbuf *out, enum osc52_way way, const char *text, size_t len);

#endif
