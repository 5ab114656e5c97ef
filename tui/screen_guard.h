/*
 * Gives the terminal back when the program ends with no chance to ask ncurses:
 * in the handler of a crash, and from a process of its own after a SIGKILL.
 */
#ifndef TWINDECK_TUI_SCREEN_GUARD_H
#define TWINDECK_TUI_SCREEN_GUARD_H

#include <stdbool.h>

struct err;

/*
 * Remembers how the terminal is now and what makes it so again.  Needs the
 * terminal's description (setupterm()), and comes before any mode is changed.
 */
void screen_guard_learn(void);

/*
 * Watches over the terminal from a process of its own, which mends it when
 * this one was killed with no chance to do so itself (SIGKILL).  It leaves as
 * soon as this process does, and keeps none of its descriptors but the
 * terminal's.  Comes after screen_check().  0, or -1 with err set.
 */
int screen_guard_start(struct err *err);
/* All is well: the process leaves without a word.  Fine without one. */
void screen_guard_end(void);

/*
 * Whether the terminal is ours just now, and to be given back if we die: it is
 * the shell's while the program is suspended.
 */
void screen_guard_arm(bool armed);

#endif
