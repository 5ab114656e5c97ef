/*
 * The whole screen on a deck that stands still: keys go in, what is shown is
 * asked for.  tests/tui/screens holds what whole screens look like;
 * UPDATE_SCREENS=1 writes them anew, to be looked at in the diff.
 */
#ifndef TWINDECK_TESTS_SUPPORT_SCREEN_RIG_H
#define TWINDECK_TESTS_SUPPORT_SCREEN_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/deck/fleet.h"
#include "tui/canvas.h"

struct app;
struct deck;
struct recall;

/* By then no change is new any more. */
#define SCREEN_RIG_LATER_MS (FLEET_CHANGED_MS + 900)

struct screen_rig {
	struct deck *deck; /* fake_deck.h, filled */
	struct recall *recall;
	struct app *app;
	struct canvas *canvas;
	int64_t later_ms; /* how long after the deck was made it is drawn */
	int quits, suspends, repaints;
	char *copied;  /* last, to the clipboard; NULL: nothing was */
	char *printed; /* last, to be printed later; likewise */
	enum err_code copy_fails; /* ERR_NONE: it works */
	char *lent; /* the last word given to the editor: its file; or NULL */
	char *lent_place; /* the word before */
};

/* cmocka's fixtures, 80x24 in UTF-8. */
int screen_rig_setup(void **state);
int screen_rig_teardown(void **state);

void screen_rig_resize(struct screen_rig *rig, int cols, int rows);
void screen_rig_charset(struct screen_rig *rig, enum canvas_charset charset);
void screen_rig_draw(struct screen_rig *rig);
void screen_rig_press(struct screen_rig *rig, int32_t key);
void screen_rig_type(struct screen_rig *rig, const char *ascii);
/* ':', the line, Enter */
void screen_rig_command(struct screen_rig *rig, const char *line);

bool screen_rig_lacks(struct screen_rig *rig, const char *words);
/* Prints the screen where it does not. */
bool screen_rig_shows(struct screen_rig *rig, const char *words);
/* Drawn SCREEN_RIG_LATER_MS later. */
void screen_rig_compare(struct screen_rig *rig, const char *name);

/*
 * A group's own home: where texts for an editor are kept, and nano as the
 * editor, of which it is known how to tell it a line.  Each test ends without
 * a text, so that removing it fails (-1) if one was left behind.
 */
int screen_rig_make_home(void **state);
int screen_rig_remove_home(void **state);
const char *screen_rig_home(void);

#endif
