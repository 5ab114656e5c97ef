#include "config.h"

#include "core/deck/fleet_view.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/deck/fleet.h"

#define FILTER_WORDS_MAX 16

/* One word of a filter, taken apart. */
struct term {
	bool negated;
	const struct field *field; /* NULL: looks everywhere */
	char *text;                /* owned; "" for a field without a value */
};

/*
 * rows is in the order in which the list shows them: sorted when that was
 * asked for, and left alone since, but for rows that come and go.
 */
struct fleet_view {
	struct list link; /* first: see fleet_view_of() */
	struct fleet *fleet;
	const struct fleet_row **rows;
	size_t n_rows, cap;
	char *filter;
	struct term terms[FILTER_WORDS_MAX];
	size_t n_terms;
	enum fleet_sort by;
	bool reverse;
};

static const char *
door_name(enum door_state door)
{
	return door == DOOR_LOCKED ? "locked"
	    : door == DOOR_UNLOCKED ? "unlocked"
				    : "";
}

static bool
link_is(const struct fleet_row *row, const char *text)
{
	return (row->link == LINK_CONNECTED) == (strcasecmp(text, "on") == 0);
}

static bool
firmware_is(const struct fleet_row *row, const char *text)
{
	/* At rest a device is shown by the word it reports. */
	return strcasestr(firmware_phase_name(row->phase), text) != NULL ||
	    (row->phase == PHASE_WAITING &&
		strcasestr("standBy", text) != NULL) ||
	    (row->version != NULL && strcasestr(row->version, text) != NULL);
}

/* From the start: "locked" is not to find "unlocked". */
static bool
door_is(const struct fleet_row *row, const char *text)
{
	return row->door != DOOR_NONE &&
	    strncasecmp(door_name(row->door), text, strlen(text)) == 0;
}

static bool
is_marked(const struct fleet_row *row, const char *text)
{
	(void)text;
	return row->marked;
}

static bool
has_drift(const struct fleet_row *row, const char *text)
{
	(void)text;
	return row->drift > 0;
}

static bool
is_anywhere(const struct fleet_row *row, const char *text)
{
	return strcasestr(row->id, text) != NULL || firmware_is(row, text) ||
	    door_is(row, text) ||
	    (row->tags != NULL && strcasestr(row->tags, text) != NULL);
}

static const struct field {
	const char *name;
	const char *values[3]; /* all it may be; NULL first: anything */
	bool takes_value;
	bool (*matches)(const struct fleet_row *row, const char *text);
} fields[] = {
	{ "link", { "on", "off" }, true, link_is },
	{ "fw", { NULL }, true, firmware_is },
	{ "door", { NULL }, true, door_is },
	{ "marked", { NULL }, false, is_marked },
	{ "drift", { NULL }, false, has_drift },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static const char *const sort_names[SORTS] = {
	[SORT_DEVICE] = "device",
	[SORT_LINK] = "link",
	[SORT_FIRMWARE] = "firmware",
	[SORT_DOOR] = "door",
	[SORT_DRIFT] = "drift",
};

const char *
fleet_sort_name(enum fleet_sort sort)
{
	return sort_names[sort];
}

struct fleet_view *
fleet_view_of(struct list *link)
{
	return LIST_ITEM(link, struct fleet_view, link);
}

/* What is most worth a look comes first: linked, in progress, drifting. */
static int
compare_column(
    enum fleet_sort by, const struct fleet_row *a, const struct fleet_row *b)
{
	switch (by) {
	case SORT_LINK:
		return (int)a->link - (int)b->link;
	case SORT_FIRMWARE:
		if (a->phase != b->phase)
			return (int)a->phase - (int)b->phase;
		return strverscmp(a->version != NULL ? a->version : "",
		    b->version != NULL ? b->version : "");
	case SORT_DOOR:
		return (int)b->door - (int)a->door;
	case SORT_DRIFT:
		return (a->drift < b->drift) - (a->drift > b->drift);
	default:
		return 0;
	}
}

static int
compare(const struct fleet_view *view, const struct fleet_row *a,
    const struct fleet_row *b)
{
	int order = compare_column(view->by, a, b);

	if (order == 0)
		order = fleet_id_compare(a->id, b->id);
	return view->reverse ? -order : order;
}

static int
compare_rows(const void *a, const void *b, void *view)
{
	return compare(view, *(const struct fleet_row *const *)a,
	    *(const struct fleet_row *const *)b);
}

static bool
matches(const struct fleet_view *view, const struct fleet_row *row)
{
	const struct term *t;
	bool found;

	for (t = view->terms; t < view->terms + view->n_terms; t++) {
		found = t->field != NULL ? t->field->matches(row, t->text)
					 : is_anywhere(row, t->text);
		if (found == t->negated)
			return false;
	}
	return true;
}

/*
 * Where a new row comes in.  By id the rows are always in order; by another
 * column values may have moved since, and the first larger one is as good a
 * place as any.
 */
static size_t
place_for(const struct fleet_view *view, const struct fleet_row *row)
{
	size_t low = 0, high = view->n_rows, middle;

	if (view->by != SORT_DEVICE) {
		while (low < high && compare(view, view->rows[low], row) < 0)
			low++;
		return low;
	}
	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(view, view->rows[middle], row) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static ssize_t
index_of(const struct fleet_view *view, const struct fleet_row *row)
{
	size_t i;

	if (view->by == SORT_DEVICE) {
		i = place_for(view, row);
		return i < view->n_rows && view->rows[i] == row ? (ssize_t)i
								: -1;
	}
	for (i = 0; i < view->n_rows; i++)
		if (view->rows[i] == row)
			return (ssize_t)i;
	return -1;
}

static void
make_room(struct fleet_view *view)
{
	if (view->n_rows < view->cap)
		return;
	view->cap = view->cap == 0 ? 64 : view->cap * 2;
	view->rows =
	    xreallocarray(view->rows, view->cap, sizeof(*view->rows));
}

void
fleet_view_drop(struct fleet_view *view, const struct fleet_row *row)
{
	ssize_t i = index_of(view, row);

	if (i == -1)
		return;
	view->n_rows--;
	memmove(view->rows + i, view->rows + i + 1,
	    (view->n_rows - (size_t)i) * sizeof(*view->rows));
}

void
fleet_view_take(struct fleet_view *view, const struct fleet_row *row)
{
	bool is_in = index_of(view, row) != -1;
	size_t i;

	if (matches(view, row) == is_in)
		return;
	if (is_in) {
		fleet_view_drop(view, row);
		return;
	}
	make_room(view);
	i = place_for(view, row);
	memmove(view->rows + i + 1, view->rows + i,
	    (view->n_rows - i) * sizeof(*view->rows));
	view->rows[i] = row;
	view->n_rows++;
}

static void
rebuild(struct fleet_view *view)
{
	const struct fleet_row *row;
	size_t cursor = 0;

	view->n_rows = 0;
	while ((row = fleet_next(view->fleet, &cursor)) != NULL) {
		if (!matches(view, row))
			continue;
		make_room(view);
		view->rows[view->n_rows++] = row;
	}
	if (view->n_rows > 0)
		qsort_r(view->rows, view->n_rows, sizeof(*view->rows),
		    compare_rows, view);
}

struct fleet_view *
fleet_view_new(struct fleet *fleet)
{
	struct fleet_view *view = xcalloc(1, sizeof(*view));

	view->fleet = fleet;
	view->filter = xstrdup("");
	list_append(fleet_views(fleet), &view->link);
	rebuild(view);
	return view;
}

static void
terms_free(struct term *terms, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(terms[i].text);
}

void
fleet_view_free(struct fleet_view *view)
{
	if (view == NULL)
		return;
	list_remove(&view->link);
	terms_free(view->terms, view->n_terms);
	free(view->filter);
	free(view->rows);
	free(view);
}

static int
check_value(const struct field *field, const char *value, struct err *err)
{
	size_t i;

	if (!field->takes_value && *value != '\0')
		return err_set(err, ERR_INVALID, "%s takes no value",
		    field->name);
	if (field->values[0] == NULL)
		return 0;
	for (i = 0; field->values[i] != NULL; i++)
		if (strcasecmp(field->values[i], value) == 0)
			return 0;
	return err_set(err, ERR_INVALID, "%s:%.40s: it is %s:%s or %s:%s",
	    field->name, value, field->name, field->values[0], field->name,
	    field->values[1]);
}

/* An id may hold a colon: only the name of a field makes it one. */
static int
parse_term(const char *word, struct term *term, struct err *err)
{
	const struct field *f;
	size_t len;

	*term = (struct term){ .negated = *word == '!' };
	if (term->negated)
		word++;
	if (*word == '\0')
		return err_set(err, ERR_INVALID, "nothing stands behind the !");
	for (f = fields; f < fields + N_FIELDS; f++) {
		len = strlen(f->name);
		if (strncasecmp(word, f->name, len) != 0 ||
		    word[len] != (f->takes_value ? ':' : '\0'))
			continue;
		word += len + (f->takes_value ? 1 : 0);
		if (check_value(f, word, err) == -1)
			return -1;
		term->field = f;
		break;
	}
	term->text = xstrdup(word);
	return 0;
}

int
fleet_view_set_filter(
    struct fleet_view *view, const char *filter, struct err *err)
{
	struct term terms[FILTER_WORDS_MAX];
	char *copy = xstrdup(filter), *rest = copy, *word;
	size_t n = 0;
	int rc = -1;

	while ((word = strsep(&rest, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (n == FILTER_WORDS_MAX) {
			err_set(err, ERR_LIMIT, "a filter has at most %d words",
			    FILTER_WORDS_MAX);
			goto out;
		}
		if (parse_term(word, &terms[n], err) == -1)
			goto out;
		n++;
	}
	terms_free(view->terms, view->n_terms);
	memcpy(view->terms, terms, n * sizeof(terms[0]));
	view->n_terms = n;
	n = 0; /* the view's now */
	free(view->filter);
	view->filter = xstrdup(filter);
	rebuild(view);
	rc = 0;
out:
	terms_free(terms, n);
	free(copy);
	return rc;
}

const char *
fleet_view_filter(const struct fleet_view *view)
{
	return view->filter;
}

void
fleet_view_sort(struct fleet_view *view, enum fleet_sort by, bool reverse)
{
	view->by = by;
	view->reverse = reverse;
	rebuild(view);
}

enum fleet_sort
fleet_view_sorted_by(const struct fleet_view *view)
{
	return view->by;
}

size_t
fleet_view_size(const struct fleet_view *view)
{
	return view->n_rows;
}

const struct fleet_row *
fleet_view_at(const struct fleet_view *view, size_t i)
{
	return i < view->n_rows ? view->rows[i] : NULL;
}

ssize_t
fleet_view_index(const struct fleet_view *view, const char *id)
{
	const struct fleet_row *row = fleet_get(view->fleet, id);

	return row != NULL ? index_of(view, row) : -1;
}
