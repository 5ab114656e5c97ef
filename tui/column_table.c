/* The columns there are, and how each is drawn. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/base/map.h"
#include "tui/columns.h"
#include "tui/pane.h"
#include "tui/widget.h"

#define BAR_WIDTH 10
#define PHASE_WIDTH 12 /* "downloading" and a blank */

/* One cell of the list; its area is as wide as the column. */
struct column_cell {
	struct area a;
	const struct column *column;
	const struct fleet *fleet;
	const struct fleet_row *row;
	const struct look *look;
	bool is_followed; /* its "waiting" is a phase of an update */
};

static void
draw_device(const struct column_cell *c)
{
	area_put_id(c->a, 0, 0, c->a.cols,
	    c->row->marked ? STYLE_STRONG : STYLE_TEXT, c->row->id);
}

static void
draw_link(const struct column_cell *c)
{
	switch ((enum device_link)c->row->link) {
	case LINK_UNKNOWN:
		area_put(c->a, 0, 0, STYLE_DIM, "?");
		break;
	case LINK_CONNECTED:
		area_put(c->a, 0, 0, STYLE_GOOD, "●");
		break;
	case LINK_DISCONNECTED:
		area_put(c->a, 0, 0, STYLE_TEXT, "○");
		break;
	}
}

static void
draw_phase_bar(const struct column_cell *c)
{
	const struct fleet_row *row = c->row;
	const char *name = firmware_phase_name((enum firmware_phase)row->phase);
	int width = c->a.cols >= 33 ? BAR_WIDTH + 6
	    : c->a.cols >= 25	    ? BAR_WIDTH
	    : c->a.cols >= 19	    ? BAR_WIDTH - 4
				    : 0;
	/* Quarters of the way: waiting, downloading, applying, completed. */
	int done = ((int)row->phase - (int)PHASE_WAITING) * 100 +
	    (row->percent > 0 ? row->percent : 0);
	char text[48];
	int x = 0;

	if (row->percent >= 0)
		snprintf(text, sizeof(text), "%s %d%%", name, row->percent);
	else
		snprintf(text, sizeof(text), "%s", name);
	if (width > 0)
		x = bar_draw_progress(c->a, 0, 0, width, STYLE_BUSY, done, 400) +
		    1;
	area_put_fit(c->a, 0, x, c->a.cols - x, STYLE_BUSY, text);
}

static void
draw_firmware(const struct column_cell *c)
{
	const char *detail = fleet_row_version(c->fleet, c->row);
	const char *words = NULL;
	enum style style = STYLE_TEXT;

	switch ((enum firmware_phase)c->row->phase) {
	case PHASE_NONE:
		words = "-";
		break;
	case PHASE_OTHER:
		words = "other";
		break;
	case PHASE_WAITING:
		words = c->is_followed ? NULL : "standBy";
		break;
	case PHASE_DOWNLOADING:
	case PHASE_APPLYING:
		break;
	case PHASE_COMPLETED:
		words = "completed";
		style = STYLE_GOOD;
		break;
	case PHASE_FAILED:
		words = "failed";
		detail = fleet_row_failure(c->fleet, c->row);
		style = STYLE_BAD;
		break;
	}
	if (words == NULL) {
		draw_phase_bar(c);
		return;
	}
	area_put_fit(c->a, 0, 0, c->a.cols, style, words);
	if (detail != NULL)
		area_put_fit(c->a, 0, PHASE_WIDTH, c->a.cols - PHASE_WIDTH,
		    STYLE_TEXT, detail);
}

static void
draw_door(const struct column_cell *c)
{
	int64_t until_us = fleet_row_door_until_us(c->row);
	int64_t left_ms = (until_us - c->look->now_us) / 1000;
	char text[TIME_SIZE + 16], left[TIME_SIZE];

	switch ((enum door_state)c->row->door) {
	case DOOR_NONE:
		area_put_fit(c->a, 0, 0, c->a.cols, STYLE_DIM, "-");
		break;
	case DOOR_UNLOCKED:
		area_put_fit(c->a, 0, 0, c->a.cols, STYLE_TEXT, "unlocked");
		break;
	case DOOR_LOCKED:
		snprintf(text, sizeof(text), "locked");
		if (until_us != 0 && left_ms > 0)
			snprintf(text, sizeof(text), "locked %s",
			    left_format(left, left_ms));
		area_put_fit(c->a, 0, 0, c->a.cols, STYLE_STRONG, text);
		break;
	}
}

static void
draw_drift(const struct column_cell *c)
{
	char text[24];

	if (c->row->drift == 0)
		return;
	snprintf(text, sizeof(text), "%zu", (size_t)c->row->drift);
	area_put_right(c->a, 0, c->a.cols, STYLE_DRIFT, text);
}

/* What is not there is said, so that a gap is not taken for a blank. */
static void
draw_text(const struct column_cell *c, const char *text)
{
	if (text == NULL)
		area_put_fit(c->a, 0, 0, c->a.cols, STYLE_DIM, "-");
	else
		area_put_fit(c->a, 0, 0, c->a.cols, STYLE_TEXT, text);
}

static void
draw_version(const struct column_cell *c)
{
	draw_text(c, fleet_row_version(c->fleet, c->row));
}

static void
draw_tags(const struct column_cell *c)
{
	draw_text(c, fleet_row_tags(c->fleet, c->row));
}

static void
draw_seen(const struct column_cell *c)
{
	int64_t seen_ms = fleet_row_seen_ms(c->fleet, c->row);
	char age[TIME_SIZE];

	area_put_fit(c->a, 0, 0, c->a.cols, STYLE_DIM,
	    age_format(age, c->look->now_ms - seen_ms));
}

static void
draw_value(const struct column_cell *c)
{
	draw_text(c, fleet_row_value(c->fleet, c->row, c->column->value));
}

/* clang-format off */
const struct column_def column_table[] = {
	{ "device", "Its id.",
	  8, 8, 8, SORT_DEVICE, false, draw_device },
	{ "link", "Whether the hub sees it connected.",
	  1, 4, 4, SORT_LINK, false, draw_link },
	{ "firmware", "Phase of an update, with its version.",
	  16, 16, 37, SORT_FIRMWARE, false, draw_firmware },
	{ "door", "Locked, for how long, or unlocked.",
	  10, 10, 10, SORT_DOOR, false, draw_door },
	{ "drift", "Desired properties that are not reported.",
	  5, 5, 5, SORT_DRIFT, true, draw_drift },
	{ "version", "The version of its firmware.",
	  7, 10, 10, SORT_VERSION, false, draw_version },
	{ "tags", "All tags, in one line.",
	  12, 16, 60, SORT_TAGS, false, draw_tags },
	{ "seen", "How long ago it was read from the hub.",
	  6, 6, 6, SORT_SEEN, false, draw_seen },
	{ .name = NULL },
};
/* clang-format on */

static const struct column_def value_def = {
	.name = "value", .draw = draw_value
};
const struct column_def *const column_of_path = &value_def;

const char *
column_heading(const struct column *column)
{
	const char *dot;

	if (column->path == NULL)
		return column->def->name;
	dot = strrchr(column->path, '.');
	return dot != NULL ? dot + 1 : column->path;
}

static void
draw_heading(const struct column_list *list, struct area a,
    const struct column_place *place)
{
	const struct column *column = columns_at(list->columns, place->column);
	const char *text = column_heading(column);
	bool is_sorted = column_sort(column) == list->sorted_by;
	enum style style = is_sorted ? STYLE_STRONG : STYLE_DIM;

	if (column->path != NULL && area_width(a, column->path) <= place->width)
		text = column->path;
	if (column->def->is_right)
		area_put_right(a, 0, place->x + place->width, style, text);
	else if (place->width > 2)
		area_put_fit(a, 0, place->x, place->width, style, text);
}

void
columns_draw_heading(const struct column_list *list, struct area a)
{
	size_t i;

	for (i = 0; i < list->places->n; i++)
		draw_heading(list, a, &list->places->at[i]);
}

void
columns_draw_row(const struct column_list *list, struct area a, int y,
    const struct fleet_row *row)
{
	struct column_cell cell = {
		.fleet = list->fleet,
		.row = row,
		.look = list->look,
		.is_followed = list->followed != NULL &&
		    map_get(list->followed, row->id) != NULL,
	};
	const struct column_place *place;
	size_t i;

	for (i = 0; i < list->places->n; i++) {
		place = &list->places->at[i];
		cell.column = columns_at(list->columns, place->column);
		cell.a = area_sub(a, y, place->x, 1, place->width);
		cell.column->def->draw(&cell);
	}
}
