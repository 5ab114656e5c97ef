/*
 * The insides of a dialog, for dialog.c, which changes them,
 * dialog_wrap.c, which breaks its texts, and dialog_draw.c, which draws them.
 */
#ifndef TWINDECK_TUI_DIALOG_STATE_H
#define TWINDECK_TUI_DIALOG_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tui/canvas.h"
#include "tui/dialog.h"

#define DIALOG_MARGIN 2 /* cells between the frame and the text */
#define DIALOG_LABEL_WIDTH 12

enum dialog_row_kind { ROW_TEXT, ROW_CELLS, ROW_FIELD, ROW_BUTTONS };

struct dialog_row {
	enum dialog_row_kind kind;
	enum style style;
	char *text; /* owned; of a field, its value */
	/*
	 * Of text, owned: what it says, and what stands in front of its first
	 * line only.  NULL: the row goes on with the one above.
	 */
	char *head, *whole;
	char *breaks; /* owned; of groups: whole with its joins, else NULL */
	char **cells; /* owned, like them; of ROW_CELLS */
	size_t n_cells;
	int id;     /* fields only, as the rest below */
	int width;
	bool must_be_read; /* the hint: below, where it has no room behind */
	bool hint_below;   /* and there it stands */
	char *label, *hint, *history; /* owned; history may be NULL */
};

/*
 * The focus is a field's row or the buttons.  While a field has it, its text
 * is in the prompt, and comes back to the row when the focus leaves.
 */
struct dialog {
	struct app *app; /* borrowed */
	const struct dialog_ops *ops;
	void *state;
	char *title, *info, *fault;
	int width;
	struct dialog_row *rows; /* owned */
	size_t n_rows, cap_rows;
	char *buttons[DIALOG_BUTTONS_MAX];
	size_t n_buttons;
	size_t button;    /* of the buttons, the one with the focus */
	ssize_t focus;    /* row of the field; -1: the buttons */
	ssize_t pointed;  /* row as it was built, lines that go on are none */
	int wrapped;      /* the width that text is broken for; 0: for none */
	size_t *lines;    /* owned: the rows that are drawn, in their order */
	size_t n_lines, cap_lines;
	size_t top;       /* first line that is seen */
	bool is_new;      /* no key yet: seen from its first line on */
	bool pinned;      /* the buttons stay at the bottom */
	int y;            /* of its frame: rows that come do not lift it */
	struct area seen; /* where its rows were drawn last */
	/* Of the buttons, the first column and the one behind. */
	int button_at[DIALOG_BUTTONS_MAX], button_end[DIALOG_BUTTONS_MAX];
};

void dialog_row_fini(struct dialog_row *row);

/* Breaks texts into lines of that many cells, if they are not yet. */
void dialog_wrap(struct dialog *dialog, struct area area, int width);
/*
 * Finds the lines of a dialog that has so many: gaps are left out where there
 * are too few, from below.
 */
void dialog_fit(struct dialog *dialog, size_t lines);
/* The row of the line that is pointed at; -1: none. */
ssize_t dialog_row_pointed(const struct dialog *dialog);

/* Which row is seen in a line of the inside; n_rows: none. */
size_t dialog_row_seen(const struct dialog *dialog, int y);

#endif
