/*
 * Breaks the texts of a dialog into lines that fit, and finds those that do.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "tui/canvas.h"
#include "tui/dialog_state.h"

#define INDENT 4      /* cells, of text that has no room beside its head */
#define HINT_INDENT 2 /* of one that has none behind its field */

static int
width_of(struct area a, const char *text, size_t len)
{
	char *copy = xstrndup(text, len);
	int width = area_width(a, copy);

	free(copy);
	return width;
}

static size_t
next_character(const char *text, size_t at)
{
	do
		at++;
	while (((unsigned char)text[at] & 0xc0) == 0x80);
	return at;
}

/* Of a word that is longer than a line; at least a character. */
static size_t
fitting_part(struct area a, const char *text, int width)
{
	size_t at = next_character(text, 0), next;

	while (text[at] != '\0') {
		next = next_character(text, at);
		if (width_of(a, text, next) > width)
			break;
		at = next;
	}
	return at;
}

/*
 * The bytes of text that fit into width cells, cut where breaks, which is as
 * long, has a blank; NULL: between words.
 */
static size_t
fitting(struct area a, const char *text, const char *breaks, int width)
{
	const char *blanks = breaks != NULL ? breaks : text;
	size_t at = 0, next;
	int cells = 0;

	for (;;) {
		next = at + strspn(blanks + at, " ");
		next += strcspn(blanks + next, " ");
		cells += width_of(a, text + at, next - at);
		if (cells > width && at > 0)
			return at;
		if (cells > width)
			return breaks != NULL ? fitting(a, text, NULL, width)
					      : fitting_part(a, text, width);
		if (text[next] == '\0')
			return next;
		at = next;
	}
}

static struct dialog_row *
add(struct dialog *to)
{
	if (to->n_rows == to->cap_rows) {
		to->cap_rows = to->cap_rows * 2 + 16;
		to->rows =
		    xreallocarray(to->rows, to->cap_rows, sizeof(*to->rows));
	}
	to->rows[to->n_rows] = (struct dialog_row){ .kind = ROW_TEXT };
	return &to->rows[to->n_rows++];
}

/* One that goes on with the row above. */
static void
add_line(struct dialog *to, enum style style, int indent, const char *text,
    size_t len)
{
	struct dialog_row *row = add(to);

	row->style = style;
	row->text = xasprintf("%*s%.*s", indent, "", (int)len, text);
}

/* The row is moved to its new place, with its lines behind it. */
static void
add_text(struct dialog *to, struct dialog_row *from, struct area a, int width)
{
	const char *text = from->whole, *head = from->head;
	const char *breaks = from->breaks;
	struct dialog_row *row = add(to);
	enum style style = from->style;
	int indent = area_width(a, head);
	size_t len;

	*row = *from;
	free(row->text);
	row->text = NULL;
	if (indent > width / 2) {
		row->text = xstrdup(head);
		indent = INDENT;
	}
	do {
		len = fitting(a, text, breaks, width - indent);
		if (row->text != NULL)
			add_line(to, style, indent, text, len);
		else
			row->text = xasprintf("%s%.*s", head, (int)len, text);
		len += strspn(text + len, " ");
		text += len;
		breaks += breaks != NULL ? len : 0;
		row = &to->rows[to->n_rows - 1];
	} while (*text != '\0');
}

/* The field is moved to its new place, with its hint below if need be. */
static void
add_field(
    struct dialog *to, const struct dialog_row *from, struct area a, int width)
{
	struct dialog_row *row = add(to);
	const char *hint = from->hint;
	size_t len;

	*row = *from;
	row->hint_below = row->must_be_read &&
	    DIALOG_LABEL_WIDTH + row->width + 2 + area_width(a, hint) > width;
	if (!row->hint_below)
		return;
	for (; *hint != '\0'; hint += strspn(hint, " ")) {
		len = fitting(a, hint, NULL, width - HINT_INDENT);
		add_line(to, STYLE_DIM, HINT_INDENT, hint, len);
		hint += len;
	}
}

void
dialog_wrap(struct dialog *dialog, struct area area, int width)
{
	struct dialog new = { 0 };
	ssize_t focus = dialog->focus;
	size_t i;

	if (width < 1)
		width = 1;
	if (dialog->wrapped == width)
		return;
	for (i = 0; i < dialog->n_rows; i++) {
		struct dialog_row *row = &dialog->rows[i];

		if ((ssize_t)i == dialog->focus)
			focus = (ssize_t)new.n_rows;
		if (row->kind == ROW_FIELD)
			add_field(&new, row, area, width);
		else if (row->kind != ROW_TEXT)
			*add(&new) = *row;
		else if (row->whole != NULL)
			add_text(&new, row, area, width);
		else
			dialog_row_fini(row);
	}
	free(dialog->rows);
	dialog->rows = new.rows;
	dialog->n_rows = new.n_rows;
	dialog->cap_rows = new.cap_rows;
	dialog->focus = focus;
	dialog->wrapped = width;
}

ssize_t
dialog_row_pointed(const struct dialog *dialog)
{
	ssize_t left = dialog->pointed;
	size_t i;

	for (i = 0; left >= 0 && i < dialog->n_rows; i++) {
		if (dialog->rows[i].kind == ROW_TEXT &&
		    dialog->rows[i].whole == NULL)
			continue;
		if (left-- == 0)
			return (ssize_t)i;
	}
	return -1;
}

static bool
is_gap(const struct dialog_row *row)
{
	return row->kind == ROW_TEXT && row->whole != NULL &&
	    row->whole[0] == '\0' && row->head[0] == '\0';
}

void
dialog_fit(struct dialog *dialog, size_t lines)
{
	size_t left = dialog->n_rows, at = dialog->n_rows, i;

	for (; left > lines && at > 0; at--)
		left -= is_gap(&dialog->rows[at - 1]);
	/* From there on the gaps are left out. */
	if (dialog->cap_lines < left) {
		dialog->cap_lines = left;
		dialog->lines =
		    xreallocarray(dialog->lines, left, sizeof(*dialog->lines));
	}
	dialog->n_lines = 0;
	for (i = 0; i < dialog->n_rows; i++)
		if (i < at || !is_gap(&dialog->rows[i]))
			dialog->lines[dialog->n_lines++] = i;
}
