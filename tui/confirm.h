/*
 * The last question of a dialog that acts on much: the number of devices, or
 * on a hub that is marked as dangerous its name, typed by hand.  A key that
 * repeats, or a habit, never gets past it.
 */
#ifndef TWINDECK_TUI_CONFIRM_H
#define TWINDECK_TUI_CONFIRM_H

#include <stdbool.h>
#include <stddef.h>

struct app;
struct dialog;

#define CONFIRM_MANY ((size_t)10) /* devices: more than that are counted */

/* Whether this many devices of this hub ask for a word. */
bool confirm_is_asked(const struct app *app, size_t n);
/* The field for it, of that id; nothing where none is asked. */
void confirm_field(
    struct dialog *dialog, const struct app *app, int id, size_t n);
/*
 * Whether the acting button may act.  If not, the dialog says what is missing
 * and the focus is in the field.
 */
bool confirm_is_given(
    struct dialog *dialog, const struct app *app, int id, size_t n);

#endif
