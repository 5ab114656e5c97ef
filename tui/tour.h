/*
 * A tour under way: which stop it is at, what is to be pressed there, and
 * whether what is waited for has come.  Guided, the user presses; played, it
 * presses itself, and the user's first key makes it pause.  It knows no app:
 * whoever owns it hands over keys, times and what the screen shows.
 */
#ifndef TWINDECK_TUI_TOUR_H
#define TWINDECK_TUI_TOUR_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/canvas.h"

struct err;
struct tour;
struct tour_script;

enum tour_state {
	TOUR_OFF,
	TOUR_GUIDES,
	TOUR_PLAYS,
	TOUR_PAUSES, /* a key came while it played */
	TOUR_ENDED,  /* the last text still stands */
};

#define TOUR_NEVER INT64_MAX

/*
 * The script is the tour's from now on.  pace_ms is how long a text stands
 * before what it says is pressed; all else goes by it.
 */
struct tour *tour_new(struct tour_script *script, int64_t pace_ms);
void tour_free(struct tour *tour); /* NULL does nothing */

/* Starts, or goes on where it was left; behind the end from the beginning. */
void tour_go(struct tour *tour, bool plays, int64_t now_ms);
void tour_rewind(struct tour *tour, int64_t now_ms);
/* To the next step, or the one before, done or not. */
void tour_skip(struct tour *tour, int steps, int64_t now_ms);
void tour_stop(struct tour *tour);
enum tour_state tour_state(const struct tour *tour);

enum tour_place {
	TOUR_AT_TOP, /* Esc would mean nothing to the screen */
	TOUR_INSIDE,
	TOUR_IN_COMMAND, /* behind ':' */
};

/* A key of the user's.  True if it was meant for the tour. */
bool tour_take_key(
    struct tour *tour, int32_t key, enum tour_place place, int64_t now_ms);
/*
 * Goes on, where the time has come.  Returns the key to press now, 0: none.
 */
int32_t tour_advance(struct tour *tour, int64_t now_ms);
/* What is on the screen, the tour's own rows left out. */
void tour_see(struct tour *tour, const char *screen, int64_t now_ms);
/* What was said, though it may be gone before it is painted. */
void tour_hear(struct tour *tour, const char *message, int64_t now_ms);
/* When tour_advance() is next to be called; TOUR_NEVER: no need. */
int64_t tour_due_ms(const struct tour *tour);
/* Whether it looks at the screen for something. */
bool tour_waits(const struct tour *tour);

/* Whether the program is to end: with the tour, or with what is late. */
void tour_set_exits(struct tour *tour);
bool tour_wants_exit(const struct tour *tour);
/*
 * What did not come in its time, the first one, with its place in the file;
 * returns -1 with err set, or 0 if nothing is late.
 */
int tour_late(const struct tour *tour, struct err *err);

/* The rows it takes of a screen, 0: none. */
int tour_rows(const struct tour *tour, int rows, int cols);
void tour_draw(const struct tour *tour, struct area a);

#endif
