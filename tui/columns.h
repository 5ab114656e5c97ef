/*
 * Which columns the list of devices shows, in which order, how wide, and how
 * each is drawn: built-in ones, and any path of the twin.  As text they are
 * "device,link,firmware:18,tags.site:10"; a number is a width in cells.
 */
#ifndef TWINDECK_TUI_COLUMNS_H
#define TWINDECK_TUI_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/deck/fleet.h"
#include "tui/canvas.h"

struct column_cell;
struct columns;
struct err;
struct look;
struct map;

#define COLUMNS_MAX ((size_t)20)
#define COLUMN_WIDTH_MAX 99
#define COLUMN_PATH_MAX ((size_t)128) /* bytes */
#define COLUMNS_DEFAULT "device,link,firmware,door,drift"

/* Read by the parser, layout, drawing, sort, completion and the dialog. */
struct column_def {
	const char *name; /* NULL ends */
	const char *help; /* one sentence */
	int narrow;       /* cells at least, where there is little room */
	int width;        /* where there is enough */
	int widest;       /* grows up to this before what is left stays empty */
	enum fleet_sort sort;
	bool is_right; /* numbers: the heading stands at the right end */
	void (*draw)(const struct column_cell *cell);
};
extern const struct column_def column_table[]; /* the first is the id */
extern const struct column_def *const column_of_path;

struct column {
	const struct column_def *def; /* never NULL */
	const char *path; /* of the twin, "tags.site"; NULL: a built-in one */
	size_t value;     /* number of the path among those of the fleet */
	int width;        /* as the user wants it; 0: as there is room */
};

/*
 * A text that begins with + or - changes those of before, which may be NULL:
 * + puts a column behind the others, - takes one away.  NULL with err set
 * (ERR_INVALID, ERR_LIMIT): which one, and what it may be.
 */
struct columns *
columns_parse(const char *text, const struct columns *before, struct err *err);
void columns_free(struct columns *columns);          /* NULL does nothing */
char *columns_format(const struct columns *columns); /* the caller's */
size_t columns_size(const struct columns *columns);
const struct column *columns_at(const struct columns *columns, size_t i);
const char *column_name(const struct column *column); /* or its path */
/* The place of a column by name or path; -1: it is not there. */
int columns_find(const struct columns *columns, const char *name);
/* The paths that the fleet is to keep, in the order of their numbers. */
size_t columns_paths(
    const struct columns *columns, const char *paths[FLEET_PATHS_MAX]);
/* What stands above it: of a path the last part, if it is long. */
const char *column_heading(const struct column *column);
enum fleet_sort column_sort(const struct column *column);
const char *column_sort_name(enum fleet_sort sort); /* of a built-in one */

/* Changing a copy; false where it cannot be done. */
struct columns *columns_dup(const struct columns *columns);
bool columns_remove(struct columns *columns, size_t i);
bool columns_move(struct columns *columns, size_t i, int step);
void columns_set_width(struct columns *columns, size_t i, int width);

/* Where the columns stand in a list so wide; those at the end go first. */
struct column_place {
	size_t column;
	int x, width;
};
struct column_places {
	struct column_place at[COLUMNS_MAX];
	size_t n;
	int sign; /* where a row's own sign stands, behind the last */
};
/* id_width is the widest id so far. */
void columns_lay_out(const struct columns *columns, int cols, int id_width,
    struct column_places *places);

struct column_list {
	const struct columns *columns;
	const struct column_places *places;
	const struct fleet *fleet;
	const struct look *look;
	const struct map *followed; /* devices that an update goes on at */
	enum fleet_sort sorted_by;
};
void columns_draw_heading(const struct column_list *list, struct area a);
void columns_draw_row(const struct column_list *list, struct area a, int y,
    const struct fleet_row *row);

#endif
