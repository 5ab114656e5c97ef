#include "config.h"

#include "tui/twin_draw.h"

#include <stdio.h>
#include <string.h>

#include "core/deck/fleet.h"
#include "tui/twin_json.h"
#include "tui/twin_lines.h"
#include "tui/widget.h"

#define AGE_WIDTH 8     /* "30 min" and room in front */
#define COLS_FOR_AGE 46 /* below that there is no room for ages */
#define COLS_FOR_NUMBERS 40
#define VALUE_MIN 6 /* cells that a value keeps beside anything else */
#define NAME_SHOWN_MAX 256

static bool
is_changed(const struct twin_line *line, const struct twin_drawing *d)
{
	return line->changed_ms != 0 &&
	    d->now_ms - line->changed_ms < FLEET_CHANGED_MS;
}

static bool
is_match(const struct twin_line *line, const struct twin_drawing *d)
{
	return d->find != NULL && twin_line_has(line, d->find);
}

int
twin_draw_column(const struct twin_lines *lines, int min)
{
	const struct twin_line *line;
	int end, column = min;
	size_t i;

	for (i = 0; i < lines->n; i++) {
		line = &lines->line[i];
		if (line->branch || line->name == NULL || line->path == NULL)
			continue;
		end = 5 + 2 * line->depth +
		    (int)strnlen(line->name, NAME_SHOWN_MAX);
		if (end > column)
			column = end;
	}
	return column;
}

bool
twin_draw_has_ages(const struct twin_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->n; i++)
		if (lines->line[i].updated_us > 0)
			return true;
	return false;
}

/* Sign, or that it changed, and name; returns the column behind. */
static int
draw_name(struct area a, int y, const struct twin_line *line,
    const struct twin_drawing *d, enum style style)
{
	int x = 1 + 2 * line->depth, end = a.cols - 3;
	bool changed = is_changed(line, d);

	/* A value is worth more than the end of a long name. */
	if (line->value[0] != '\0' && end > 2 * a.cols / 3)
		end = 2 * a.cols / 3;
	if (line->branch)
		area_put(a, y, x, STYLE_TEXT, line->open ? "▾" : "▸");
	else if (line->sign != NULL)
		area_put(a, y, x,
		    line->beside != NULL ? line->beside_style : STYLE_TEXT,
		    line->sign);
	if (changed)
		area_put(a, y, line->branch || line->sign != NULL ? x + 1 : x,
		    STYLE_CHANGED, "*");
	if (line->name == NULL)
		return x + 2;
	return area_put_fit(a, y, x + 2, end - x - 2, style, line->name);
}

/* What stands at the right; returns the column in front of it. */
static int
draw_beside(struct area a, int y, int column, const struct twin_line *line,
    const struct twin_drawing *d)
{
	int end = a.cols - 1;
	char age[TIME_SIZE];

	if (d->has_ages && a.cols >= COLS_FOR_AGE) {
		if (line->updated_us > 0)
			area_put_right(a, y, end, STYLE_DIM,
			    since_format(
				age, (d->now_us - line->updated_us) / 1000));
		if (line->updated_us > 0 || !line->branch)
			end -= AGE_WIDTH;
	}
	if (line->beside == NULL)
		return end;
	if (line->branch || line->value[0] == '\0' ||
	    end - column > area_width(a, line->beside) + VALUE_MIN)
		return area_put_right(
			   a, y, end, line->beside_style, line->beside) -
		    1;
	if (line->beside_style == STYLE_DRIFT && line->sign == NULL)
		return area_put_right(a, y, end, STYLE_DRIFT, "≠") - 1;
	return end;
}

/* A value, or two of which each gets what the other leaves. */
static void
draw_values(struct area a, int y, int x, int end, const struct twin_line *line,
    enum style style)
{
	int room = end - x, half;

	if (line->other == NULL) {
		area_put_fit(a, y, x, room, style, line->value);
		return;
	}
	half = (room - 3) / 2;
	if (room < 2 * VALUE_MIN) {
		area_put_fit(a, y, x, room, style, line->value);
		return;
	}
	if (area_fits(a, line->other, half))
		half = room - 3 - area_width(a, line->other);
	x = area_put_fit(a, y, x, half, style, line->value);
	x = area_put(a, y, x + 1, STYLE_DIM, line->link);
	area_put_fit(a, y, x + 1, end - x - 1, style, line->other);
}

static void
draw_property(struct area a, int y, const struct twin_line *line, bool match,
    const struct twin_drawing *d)
{
	int x, column, end;

	x = draw_name(a, y, line, d, match ? STYLE_MATCH : line->style);
	column = d->column > a.cols / 2 ? a.cols / 2 : d->column;
	if (x + 1 > column)
		column = x + 2;
	end = draw_beside(a, y, column, line, d);
	draw_values(a, y, column, end, line,
	    is_changed(line, d)            ? STYLE_CHANGED
		: match                    ? STYLE_MATCH
		: line->style == STYLE_DIM ? STYLE_DIM
					   : STYLE_TEXT);
}

static void
draw_json(struct area a, int y, const struct twin_line *line, bool match,
    size_t number, const struct twin_drawing *d)
{
	int indent = TWIN_JSON_INDENT * line->depth - d->side, x = 1;
	enum style style = match ? STYLE_MATCH : line->style;
	char text[24];

	if (a.cols >= COLS_FOR_NUMBERS) {
		snprintf(text, sizeof(text), "%*zu", d->digits, number);
		x = area_put(a, y, x, STYLE_DIM, text) + 1;
	}
	if (is_changed(line, d)) {
		area_put(a, y, x, STYLE_CHANGED, "*");
		style = STYLE_CHANGED;
	}
	x++;
	if (indent > 0)
		x += indent;
	area_put_from(
	    a, y, x, a.cols - x, indent < 0 ? -indent : 0, style, line->value);
}

void
twin_draw_line(struct area a, int y, const struct twin_line *line,
    size_t number, const struct twin_drawing *drawing)
{
	bool match = is_match(line, drawing);

	if (drawing->is_json)
		draw_json(a, y, line, match, number, drawing);
	else
		draw_property(a, y, line, match, drawing);
	if (match)
		area_put(a, y, 0, STYLE_MATCH, "/");
}
