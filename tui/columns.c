#include "config.h"

#include "tui/columns.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

#define ID_WIDTH_MIN 8
#define COLS_ROOMY 56  /* from here columns are as wide as they like */
#define COLS_SHARED 40 /* from here the id leaves room for others */
#define MARKS_WIDTH 3  /* cursor, mark, and a blank */
#define VALUE_WIDTH_MIN 8
#define VALUE_WIDTH_MAX 16

struct columns {
	struct column at[COLUMNS_MAX]; /* paths owned */
	size_t n;
};

/* Members of a twin itself that are worth a column. */
static const char *const members[] = { "authenticationType",
	"capabilities.iotEdge", "cloudToDeviceMessageCount", "connectionState",
	"deviceEtag", "etag", "lastActivityTime", "modelId", "status",
	"statusReason", "statusUpdateTime" };

#define N_MEMBERS (sizeof(members) / sizeof(members[0]))

static bool
is_path(const char *name)
{
	static const char *const sections[] = { "tags.", "desired.",
		"reported." };
	size_t i;

	for (i = 0; i < N_MEMBERS; i++)
		if (strcmp(name, members[i]) == 0)
			return true;
	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (str_starts_with(name, sections[i]))
			return name[strlen(sections[i])] != '\0';
	return false;
}

static const struct column_def *
find_def(const char *name)
{
	const struct column_def *def;

	for (def = column_table; def->name != NULL; def++)
		if (strcmp(def->name, name) == 0)
			return def;
	return NULL;
}

const char *
column_name(const struct column *column)
{
	return column->path != NULL ? column->path : column->def->name;
}

int
columns_find(const struct columns *columns, const char *name)
{
	size_t i;

	for (i = 0; i < columns->n; i++)
		if (strcmp(column_name(&columns->at[i]), name) == 0)
			return (int)i;
	return -1;
}

/* Numbers the paths anew, in the order of the columns. */
static void
number(struct columns *columns)
{
	size_t i, value = 0;

	for (i = 0; i < columns->n; i++)
		if (columns->at[i].path != NULL)
			columns->at[i].value = value++;
}

static int
refuse_name(const char *name, struct err *err)
{
	struct strbuf names = { 0 };
	const struct column_def *def;
	int rc;

	for (def = column_table; def->name != NULL; def++)
		strbuf_printf(&names, "%s, ", def->name);
	rc = err_set(err, ERR_INVALID,
	    "%.40s is no column: it is one of %sor a path of the twin, as in "
	    "tags.site or reported.battery.level",
	    name, strbuf_str(&names));
	strbuf_fini(&names);
	return rc;
}

/* As filters and queries write it, "tag.site", "properties.desired.a". */
static char *
full_name(const char *name)
{
	static const char *const properties = "properties.";

	if (str_starts_with(name, "tag."))
		return xasprintf("tags.%s", name + strlen("tag."));
	if (str_starts_with(name, properties))
		name += strlen(properties);
	return xstrdup(name);
}

static int
add(struct columns *columns, const char *name, int width, struct err *err)
{
	const char *paths[FLEET_PATHS_MAX];
	const struct column_def *def = find_def(name);
	bool is_own = def == NULL;

	if (is_own && (!is_path(name) || strlen(name) > COLUMN_PATH_MAX))
		return refuse_name(name, err);
	if (columns_find(columns, name) != -1)
		return err_set(
		    err, ERR_INVALID, "%.40s is there already", name);
	if (columns->n == COLUMNS_MAX)
		return err_set(
		    err, ERR_LIMIT, "at most %zu columns", COLUMNS_MAX);
	if (is_own && columns_paths(columns, paths) == FLEET_PATHS_MAX)
		return err_set(err, ERR_LIMIT,
		    "at most %zu columns of twin paths", FLEET_PATHS_MAX);
	columns->at[columns->n++] =
	    (struct column){ .def = is_own ? column_of_path : def,
		    .path = is_own ? xstrdup(name) : NULL,
		    .width = width };
	number(columns);
	return 0;
}

/* One "name" or "name:width", taken apart in place. */
static int
read_one(struct columns *columns, char *text, struct err *err)
{
	char *colon = strrchr(text, ':'), *name;
	int64_t width = 0;
	int at, rc = 0;

	if (*text == '-') {
		at = columns_find(columns, text + 1);
		if (at == -1)
			return err_set(err, ERR_INVALID,
			    "%.40s is not among the columns", text + 1);
		if (!columns_remove(columns, (size_t)at))
			return err_set(err, ERR_INVALID,
			    "device stays: rows are told apart by it");
		return 0;
	}
	text += *text == '+';
	if (colon != NULL) {
		*colon = '\0';
		if (str_to_int64(colon + 1, 1, COLUMN_WIDTH_MAX, &width) == -1)
			return err_set(err, ERR_INVALID,
			    "%.40s: a width is a number from 1 to %d", text,
			    COLUMN_WIDTH_MAX);
	}
	/* "+firmware:18" of one that is there gives it another width. */
	name = full_name(text);
	at = columns_find(columns, name);
	if (at != -1 && colon != NULL)
		columns_set_width(columns, (size_t)at, (int)width);
	else
		rc = add(columns, name, (int)width, err);
	free(name);
	return rc;
}

struct columns *
columns_parse(const char *text, const struct columns *before, struct err *err)
{
	bool changes = text[0] == '+' || text[0] == '-';
	struct columns *columns = changes && before != NULL
	    ? columns_dup(before)
	    : xcalloc(1, sizeof(*columns));
	char *copy = xstrdup(text), *rest = copy, *one;
	int rc = 0;

	while (rc == 0 && (one = strsep(&rest, ", \t")) != NULL)
		if (*one != '\0')
			rc = read_one(columns, one, err);
	if (rc == 0 && columns_find(columns, "device") == -1)
		rc = err_set(err, ERR_INVALID,
		    "device must be among the columns: rows are told apart by "
		    "it");
	free(copy);
	if (rc == -1) {
		columns_free(columns);
		return NULL;
	}
	return columns;
}

void
columns_free(struct columns *columns)
{
	size_t i;

	if (columns == NULL)
		return;
	for (i = 0; i < columns->n; i++)
		free((char *)columns->at[i].path);
	free(columns);
}

char *
columns_format(const struct columns *columns)
{
	struct strbuf out = { 0 };
	const struct column *c;

	for (c = columns->at; c < columns->at + columns->n; c++) {
		strbuf_printf(
		    &out, "%s%s", c > columns->at ? "," : "", column_name(c));
		if (c->width > 0)
			strbuf_printf(&out, ":%d", c->width);
	}
	return strbuf_take(&out);
}

size_t
columns_size(const struct columns *columns)
{
	return columns->n;
}

const struct column *
columns_at(const struct columns *columns, size_t i)
{
	return i < columns->n ? &columns->at[i] : NULL;
}

size_t
columns_paths(const struct columns *columns, const char *paths[FLEET_PATHS_MAX])
{
	size_t i, n = 0;

	for (i = 0; i < columns->n && n < FLEET_PATHS_MAX; i++)
		if (columns->at[i].path != NULL)
			paths[n++] = columns->at[i].path;
	return n;
}

enum fleet_sort
column_sort(const struct column *column)
{
	return column->path != NULL
	    ? (enum fleet_sort)(SORT_VALUE + column->value)
	    : column->def->sort;
}

const char *
column_sort_name(enum fleet_sort sort)
{
	const struct column_def *def;

	for (def = column_table; def->name != NULL; def++)
		if (def->sort == sort)
			return def->name;
	return column_table->name;
}

struct columns *
columns_dup(const struct columns *columns)
{
	struct columns *copy = xcalloc(1, sizeof(*copy));
	size_t i;

	*copy = *columns;
	for (i = 0; i < copy->n; i++)
		copy->at[i].path = xstrdup(columns->at[i].path);
	return copy;
}

bool
columns_remove(struct columns *columns, size_t i)
{
	if (i >= columns->n || columns->at[i].def == column_table)
		return false;
	free((char *)columns->at[i].path);
	columns->n--;
	memmove(&columns->at[i], &columns->at[i + 1],
	    (columns->n - i) * sizeof(columns->at[0]));
	number(columns);
	return true;
}

bool
columns_move(struct columns *columns, size_t i, int step)
{
	size_t to = step < 0 ? i - 1 : i + 1;
	struct column moved;

	if (i >= columns->n || to >= columns->n)
		return false;
	moved = columns->at[i];
	columns->at[i] = columns->at[to];
	columns->at[to] = moved;
	number(columns);
	return true;
}

void
columns_set_width(struct columns *columns, size_t i, int width)
{
	if (i < columns->n)
		columns->at[i].width = width < 0 ? 0
		    : width > COLUMN_WIDTH_MAX   ? COLUMN_WIDTH_MAX
						 : width;
}

/* What it takes at least, and what it grows up to. */
static void
want(const struct column *column, int cols, int id_width, int *least, int *most)
{
	const struct column_def *def = column->def;

	*least = *most = column->width;
	if (column->width > 0)
		return;
	if (column->path != NULL) {
		*least = (int)strlen(column_heading(column));
		*least = *least < VALUE_WIDTH_MIN ? VALUE_WIDTH_MIN
		    : *least > VALUE_WIDTH_MAX    ? VALUE_WIDTH_MAX
						  : *least;
		*most = *least;
	} else if (def == column_table) {
		*least = id_width > ID_WIDTH_MIN ? id_width : ID_WIDTH_MIN;
		if (cols >= COLS_SHARED && *least > cols / 3)
			*least = cols / 3;
		*most = *least;
	} else {
		*least = cols < COLS_ROOMY ? def->narrow : def->width;
		*most = cols < COLS_ROOMY && def->widest == def->width
		    ? *least
		    : def->widest;
	}
}

/* The id stands a little apart. */
static int
gap_behind(const struct column *column)
{
	return column->def == column_table ? 2 : 1;
}

/*
 * Leaves out the last columns until the rest fits, never the id; returns what
 * is left to be shared out.
 */
static int
drop(const struct columns *columns, int cols, const int *least, bool *shown)
{
	int left = cols - MARKS_WIDTH - 1;
	size_t i;

	for (i = 0; i < columns->n; i++) {
		shown[i] = true;
		left -= least[i] + gap_behind(&columns->at[i]);
	}
	for (i = columns->n; i-- > 0 && left < 0;) {
		if (columns->at[i].def == column_table)
			continue;
		shown[i] = false;
		left += least[i] + gap_behind(&columns->at[i]);
	}
	return left;
}

void
columns_lay_out(const struct columns *columns, int cols, int id_width,
    struct column_places *places)
{
	int width[COLUMNS_MAX], most[COLUMNS_MAX], left, before, x;
	bool shown[COLUMNS_MAX];
	size_t i;

	for (i = 0; i < columns->n; i++)
		want(&columns->at[i], cols, id_width, &width[i], &most[i]);
	left = drop(columns, cols, width, shown);
	/* A cell at a time to each that can still grow. */
	do {
		before = left;
		for (i = 0; i < columns->n && left > 0; i++)
			if (shown[i] && width[i] < most[i]) {
				width[i]++;
				left--;
			}
	} while (left < before);

	places->n = 0;
	x = MARKS_WIDTH;
	for (i = 0; i < columns->n; i++) {
		if (!shown[i])
			continue;
		if (left < 0 && columns->at[i].def == column_table)
			width[i] += left; /* not even the id fits */
		places->at[places->n++] = (struct column_place){
			.column = i,
			.x = x,
			.width = width[i] > 1 ? width[i] : 1,
		};
		x += width[i] + gap_behind(&columns->at[i]);
	}
	places->sign = x < cols - 1 ? x : cols - 1;
}
