/*
 * A dialog: rows of text, fields and buttons in a frame.  Fields are edited by
 * readline, one at a time; Tab goes on to the next, Enter to the buttons, of
 * which the first, harmless one has the focus.  What is longer than the screen
 * is seen from the top first, where it says what it is about; from the first
 * key on it scrolls with the focus.
 */
#ifndef TWINDECK_TUI_DIALOG_H
#define TWINDECK_TUI_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/canvas.h"
#include "tui/style.h"

struct app;
struct dialog;
struct mouse;

#define DIALOG_BUTTONS_MAX 6
#define DIALOG_ROWS_MAX ((size_t)4096)

struct dialog_ops {
	/* buttons are counted from 0; Esc is DIALOG_ESC.  May close. */
	void (*on_button)(struct dialog *dialog, struct app *app, int button);
	/*
	 * A field loses the focus: false keeps it there, with the fault said
	 * by dialog_fault().  Optional.
	 */
	bool (*on_leave)(struct dialog *dialog, struct app *app, int id);
	/* Before the dialog looks at a key: true says it is done.  Optional. */
	bool (*on_key)(struct dialog *dialog, struct app *app, int32_t key);
	/* Something of the deck changed, enum deck_event.  Optional. */
	void (*on_event)(struct dialog *dialog, struct app *app, int kind);
	void (*free)(void *state); /* optional */
};

#define DIALOG_ESC (-1)
#define DIALOG_FIELD_NONE (-1)

/* state is the dialog's from now on.  info stands in the frame. */
struct dialog *dialog_new(struct app *app, const char *title, const char *info,
    int width, const struct dialog_ops *ops, void *state);
void dialog_free(struct dialog *dialog); /* NULL does nothing */
void *dialog_state(struct dialog *dialog);
const char *dialog_title(const struct dialog *dialog); /* borrowed */

/* Building; everything is copied. */
void dialog_reset(struct dialog *dialog, const char *title, const char *info);
void dialog_text(struct dialog *dialog, enum style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The text stands beside its head, and is wrapped there. */
void dialog_item(struct dialog *dialog, enum style style, const char *head,
    const char *text);
/*
 * Likewise, of groups that stay on one line where they fit into one: within a
 * group DIALOG_JOIN stands for each blank.
 */
#define DIALOG_JOIN '\x1f'
void dialog_groups(struct dialog *dialog, const char *head, const char *text);
/*
 * A row of a table, its cells cut where there is no room; the last one is half
 * as wide as the others.
 */
void dialog_cells(struct dialog *dialog, enum style style,
    const char *const *cells, size_t n);
void dialog_gap(struct dialog *dialog);
/*
 * label may be ""; hint stands behind a field of that width (0: to the end);
 * kind is what its history is called, or NULL.
 */
void dialog_field(struct dialog *dialog, int id, const char *label,
    const char *value, int width, const char *hint, const char *kind);
/* Likewise; the hint must be read, and goes on below where it has no room. */
void dialog_question(struct dialog *dialog, int id, const char *label,
    int width, const char *hint);
void dialog_buttons(struct dialog *dialog, const char *const *labels, size_t n);
/* The same behind the row of a field; the id is new. */
void dialog_field_after(struct dialog *dialog, int after, int id);

const char *dialog_value(struct dialog *dialog, int id); /* borrowed */
void dialog_set_value(struct dialog *dialog, int id, const char *value);
/* DIALOG_FIELD_NONE while the focus is on the buttons. */
int dialog_focused(const struct dialog *dialog);
void dialog_focus(struct dialog *dialog, int id);
/*
 * Marks the character behind so many others, in the field with the focus,
 * until the next key.
 */
void dialog_mark_fault(struct dialog *dialog, size_t characters);
void dialog_focus_buttons(struct dialog *dialog, int button);
int dialog_button(const struct dialog *dialog); /* that has or had it last */
/*
 * A row of text, counted from 0, that is highlighted and kept in sight until
 * the next dialog_reset(): of a list that the dialog's own keys move in.
 */
void dialog_point(struct dialog *dialog, size_t row);
/* The field before or behind one, or DIALOG_FIELD_NONE. */
int dialog_neighbour(const struct dialog *dialog, int id, int step);
/* Whether there is a field or a button. */
bool dialog_has_choice(const struct dialog *dialog);
/* Its keys in a line, for the footer. */
const char *dialog_keys(const struct dialog *dialog);
/* What is wrong, below the rows; NULL: nothing (any more). */
void dialog_fault(struct dialog *dialog, const char *text);

void dialog_key(struct dialog *dialog, int32_t key);
/* A click puts the focus there; one on the button that has it presses it. */
void dialog_mouse(struct dialog *dialog, const struct mouse *mouse);
void dialog_paste(struct dialog *dialog, const char *text);
void dialog_event(struct dialog *dialog, int kind);
void dialog_draw(struct dialog *dialog, struct area screen);

#endif
