#include "config.h"

#include "core/deck/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/events.h"
#include "core/base/intern.h"
#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/strpool.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet_text.h"
#include "core/deck/fleet_view.h"
#include "core/deck/fleet_work.h"
#include "core/deck/row_index.h"
#include "core/deck/row_order.h"
#include "core/iothub/connstr.h"

/* A device that was deleted and made anew starts over at a low version: an
 * older twin is dropped only for that long. */
#define OLDER_DROPPED_S 60
#define CHANGED_NEVER UINT16_MAX
#define DRIFT_MOST ((size_t)0x3fff)

/* What rows have at a path. */
struct column {
	char *path;       /* owned */
	uint32_t *values; /* by row number */
	size_t cap;
};

/*
 * rows is taken for FLEET_MAX at once, as addresses: memory comes with the
 * first use of each page, and a row never moves.  Those below end are in use
 * or, without an id, on the list that begins at unused and goes on in tags.
 *
 * Times in a row are ticks since born_ms.  seen is when it was last read,
 * changed how long before that it changed; load is the parity of the load in
 * which it was last read, so that a load can tell what has gone.
 */
struct fleet {
	struct events *events; /* borrowed */
	struct fleet_row *rows;
	struct strpool *ids;
	struct intern *texts;
	struct row_index *index; /* by id */
	struct row_order *order; /* in id order */
	struct column columns[FLEET_PATHS_MAX];
	size_t n_columns;
	unsigned int paths_number;
	uint32_t end;
	uint32_t unused; /* a row's number plus one; 0: none */
	struct list views;
	struct fleet_work *work;
	size_t linked, marked;
	ssize_t more_linked; /* as the hub counts, than rows say; may be less */
	int64_t born_ms;
	uint32_t load : 1;
	bool loading, complete, hub_counts;
};

static const char *
id_of(uint32_t number, const void *fleet)
{
	return ((const struct fleet *)fleet)->rows[number].id;
}

struct fleet *
fleet_new(struct events *events)
{
	struct fleet *fleet = xcalloc(1, sizeof(*fleet));

	fleet->events = events;
	fleet->rows = xcalloc(FLEET_MAX, sizeof(*fleet->rows));
	fleet->ids = strpool_new();
	fleet->texts = intern_new();
	fleet->index = row_index_new(id_of, fleet);
	fleet->order = row_order_new();
	fleet->born_ms = clock_mono_ms() - FLEET_TICK_MS;
	list_init(&fleet->views);
	fleet->work = fleet_work_new(fleet);
	return fleet;
}

void
fleet_free(struct fleet *fleet)
{
	size_t i;

	if (fleet == NULL)
		return;
	fleet_work_free(fleet->work);
	for (i = 0; i < fleet->n_columns; i++) {
		free(fleet->columns[i].path);
		free(fleet->columns[i].values);
	}
	row_order_free(fleet->order);
	row_index_free(fleet->index);
	intern_free(fleet->texts);
	strpool_free(fleet->ids);
	free(fleet->rows);
	free(fleet);
}

struct list *
fleet_views(struct fleet *fleet)
{
	return &fleet->views;
}

struct fleet_work *
fleet_work_of(const struct fleet *fleet)
{
	return fleet->work;
}

const struct fleet_row *
fleet_row_at(const struct fleet *fleet, uint32_t number)
{
	return &fleet->rows[number];
}

uint32_t
fleet_row_end(const struct fleet *fleet)
{
	return fleet->end;
}

uint32_t
fleet_row_number(const struct fleet *fleet, const struct fleet_row *row)
{
	return (uint32_t)(row - fleet->rows);
}

const struct row_order *
fleet_order(const struct fleet *fleet)
{
	return fleet->order;
}

struct intern *
fleet_texts(const struct fleet *fleet)
{
	return fleet->texts;
}

int
fleet_id_compare(const char *a, const char *b)
{
	int order = strverscmp(a, b);

	return order != 0 ? order : strcmp(a, b);
}

void
fleet_changed(struct fleet *fleet)
{
	events_fire(fleet->events, DECK_FLEET, NULL);
}

const char *
fleet_row_version(const struct fleet *fleet, const struct fleet_row *row)
{
	return intern_text(fleet->texts, row->version);
}

const char *
fleet_row_failure(const struct fleet *fleet, const struct fleet_row *row)
{
	return intern_text(fleet->texts, row->failure);
}

const char *
fleet_row_tags(const struct fleet *fleet, const struct fleet_row *row)
{
	return intern_text(fleet->texts, row->tags);
}

int64_t
fleet_row_door_until_us(const struct fleet_row *row)
{
	return (int64_t)row->door_until_s * 1000000;
}

static int64_t
ms_of_tick(const struct fleet *fleet, uint32_t tick)
{
	return fleet->born_ms + (int64_t)tick * FLEET_TICK_MS;
}

int64_t
fleet_row_seen_ms(const struct fleet *fleet, const struct fleet_row *row)
{
	return ms_of_tick(fleet, row->seen);
}

int64_t
fleet_row_changed_ms(const struct fleet *fleet, const struct fleet_row *row)
{
	if (row->changed == CHANGED_NEVER)
		return 0;
	return ms_of_tick(fleet, row->seen - row->changed);
}

uint32_t
fleet_row_value_number(
    const struct fleet *fleet, const struct fleet_row *row, size_t i)
{
	uint32_t number = fleet_row_number(fleet, row);

	if (i >= fleet->n_columns || number >= fleet->columns[i].cap)
		return 0;
	return fleet->columns[i].values[number];
}

size_t
fleet_paths(const struct fleet *fleet)
{
	return fleet->n_columns;
}

int
fleet_path_index(const struct fleet *fleet, const char *path)
{
	size_t i;

	for (i = 0; i < fleet->n_columns; i++)
		if (strcmp(fleet->columns[i].path, path) == 0)
			return (int)i;
	return -1;
}

const char *
fleet_row_value(
    const struct fleet *fleet, const struct fleet_row *row, size_t i)
{
	return intern_text(fleet->texts, fleet_row_value_number(fleet, row, i));
}

/* Takes the column of that path out of those before, or makes one. */
static struct column
column_for(struct column *before, size_t n, const char *path)
{
	struct column column;
	size_t i;

	for (i = 0; i < n; i++) {
		if (before[i].path == NULL || strcmp(before[i].path, path) != 0)
			continue;
		column = before[i];
		before[i] = (struct column){ 0 };
		return column;
	}
	return (struct column){ .path = xstrdup(path) };
}

void
fleet_set_paths(struct fleet *fleet, const char *const *paths, size_t n)
{
	struct column before[FLEET_PATHS_MAX];
	size_t n_before = fleet->n_columns, i;
	struct list *link;

	if (n > FLEET_PATHS_MAX)
		n = FLEET_PATHS_MAX;
	memcpy(before, fleet->columns, sizeof(before));
	for (i = 0; i < n; i++)
		fleet->columns[i] = column_for(before, n_before, paths[i]);
	fleet->n_columns = n;
	fleet->paths_number++;
	for (i = 0; i < n_before; i++) {
		free(before[i].path);
		fleet_work_drop_texts(
		    fleet->work, before[i].values, before[i].cap);
	}
	for (link = fleet->views.next; link != &fleet->views;
	     link = link->next)
		fleet_view_on_paths(fleet_view_of(link));
	fleet_changed(fleet);
}

unsigned int
fleet_paths_number(const struct fleet *fleet)
{
	return fleet->paths_number;
}

static void
tell_views(struct fleet *fleet, const struct fleet_row *row, bool going)
{
	struct list *link;

	for (link = fleet->views.next; link != &fleet->views;
	     link = link->next) {
		if (going)
			fleet_view_drop(fleet_view_of(link), row);
		else
			fleet_view_take(fleet_view_of(link), row);
	}
}

/* The new text is taken before the old one goes: it may be the same. */
static bool
set_text(struct fleet *fleet, uint32_t *number, const char *text)
{
	uint32_t was = *number;

	*number = intern_take(fleet->texts, text);
	intern_drop(fleet->texts, was);
	return *number != was;
}

static bool
set_short(struct fleet *fleet, uint32_t *number, const char *text)
{
	char cut[FLEET_TEXT_MAX + 1];

	return set_text(fleet, number,
	    text != NULL ? fleet_text_cut(cut, sizeof(cut), text) : NULL);
}

/* Whether a value that was known has become another: one that is read for the
 * first time is news to draw, but no change of the device. */
static bool
set_value(struct fleet *fleet, struct column *column, uint32_t number,
    const struct cJSON *twin, bool *news)
{
	char text[FLEET_VALUE_MAX + 1];
	const char *value = fleet_text_at(twin, column->path, text);
	size_t was = column->cap;
	uint32_t before;

	if (number >= was) {
		if (value == NULL)
			return false;
		column->cap = was == 0 ? 64 : was;
		while (column->cap <= number)
			column->cap += column->cap / 4;
		column->values = xreallocarray(
		    column->values, column->cap, sizeof(*column->values));
		memset(column->values + was, 0,
		    (column->cap - was) * sizeof(*column->values));
	}
	before = column->values[number];
	if (!set_text(fleet, &column->values[number], value))
		return false;
	*news = true;
	return before != 0;
}

static uint32_t
seconds_of(int64_t us)
{
	if (us <= 0)
		return 0;
	us = (us + 999999) / 1000000;
	return us < UINT32_MAX ? (uint32_t)us : 0; /* 2106: no end */
}

/* What is in the row's bits; whether it differs from what was. */
static bool
set_bits(struct fleet *fleet, struct fleet_row *row, const struct evidence *e)
{
	uint32_t until_s = seconds_of(e->door_until_us);
	size_t drift = e->drift < DRIFT_MOST ? e->drift : DRIFT_MOST;
	bool differs = row->link != e->link || row->phase != e->phase ||
	    row->percent != e->percent || row->door != e->door ||
	    row->door_until_s != until_s || row->drift != drift;

	if (row->link == LINK_CONNECTED)
		fleet->linked--;
	if (e->link == LINK_CONNECTED)
		fleet->linked++;
	if (e->phase == PHASE_FAILED && row->phase != PHASE_FAILED)
		row->alarm = true;
	row->link = e->link & 3;
	row->phase = e->phase & 7;
	row->percent = (int8_t)e->percent;
	row->door = e->door & 3;
	row->door_until_s = until_s;
	row->drift = drift & DRIFT_MOST;
	return differs;
}

/* Puts what the twin says into the row.  Whether the device changed; *news,
 * whether there is anything new to draw. */
static bool
set_row(struct fleet *fleet, struct fleet_row *row, const struct cJSON *twin,
    bool *news)
{
	uint32_t number = fleet_row_number(fleet, row);
	char tags[FLEET_TAGS_MAX + 1];
	struct evidence e;
	bool differs;
	size_t i;

	evidence_read(twin, &e);
	differs = set_bits(fleet, row, &e);
	if (set_short(fleet, &row->version, e.version))
		differs = true;
	if (set_short(fleet, &row->failure, e.failure))
		differs = true;
	if (set_text(fleet, &row->tags,
		fleet_text_tags(json_get(twin, "tags"), tags)))
		differs = true;
	for (i = 0; i < fleet->n_columns; i++)
		if (set_value(fleet, &fleet->columns[i], number, twin, news))
			differs = true;
	if (differs)
		*news = true;
	return differs;
}

/* Versions and seconds go round: what counts is the way from one to another. */
static bool
is_older(struct fleet_row *row, const struct cJSON *twin, int64_t now_s)
{
	uint32_t version = (uint32_t)json_get_int(twin, "version", 0);
	uint16_t since = (uint16_t)((uint16_t)now_s - row->twin_version_s);

	if ((int32_t)(version - row->twin_version) < 0 &&
	    since < OLDER_DROPPED_S)
		return true;
	if (version != row->twin_version) {
		row->twin_version = version;
		row->twin_version_s = (uint16_t)now_s;
	}
	return false;
}

static struct fleet_row *
find(const struct fleet *fleet, const char *id)
{
	ssize_t number = row_index_find(fleet->index, id);

	return number >= 0 ? &fleet->rows[number] : NULL;
}

struct place {
	const struct fleet *fleet;
	const char *id;
};

static bool
is_before(uint32_t number, void *arg)
{
	const struct place *place = arg;

	return fleet_id_compare(place->fleet->rows[number].id, place->id) < 0;
}

static struct fleet_row *
new_row(struct fleet *fleet, const char *id)
{
	uint32_t number = fleet->unused - 1;
	struct fleet_row *row;
	struct place place = { fleet, id };

	if (fleet->unused == 0)
		number = fleet->end++;
	row = &fleet->rows[number];
	fleet->unused = fleet->unused != 0 ? row->tags : 0;
	*row = (struct fleet_row){ .id = strpool_dup(fleet->ids, id),
		.percent = -1,
		.changed = CHANGED_NEVER };
	row_order_insert(fleet->order,
	    row_order_search(fleet->order, is_before, &place), number);
	row_index_add(fleet->index, number);
	/* A pick of all has numbers that were not in use. */
	fleet_work_forget(fleet->work, number);
	return row;
}

static void
touch(const struct fleet *fleet, struct fleet_row *row, int64_t now_ms)
{
	uint32_t tick = (uint32_t)((now_ms - fleet->born_ms) / FLEET_TICK_MS);
	uint32_t age = tick - row->seen + row->changed;

	if (row->changed != CHANGED_NEVER)
		row->changed =
		    age < CHANGED_NEVER ? (uint16_t)age : CHANGED_NEVER;
	row->seen = tick;
	row->load = fleet->load;
}

void
fleet_take_twin(struct fleet *fleet, const struct cJSON *twin)
{
	const char *id = json_get_string(twin, "deviceId");
	int64_t now = clock_mono_ms();
	struct fleet_row *row;
	bool fresh, news = false;

	/* Module twins have ids of their own below the device's. */
	if (id == NULL || json_get_string(twin, "moduleId") != NULL ||
	    device_id_check(id, NULL) == -1)
		return;
	row = find(fleet, id);
	fresh = row == NULL;
	if (fresh && fleet_size(fleet) >= FLEET_MAX)
		return;
	if (fresh)
		row = new_row(fleet, id);
	touch(fleet, row, now);
	if (is_older(row, twin, now / 1000) && !fresh)
		return;
	if (set_row(fleet, row, twin, &news) && !fresh)
		row->changed = 0;
	/* The hub has counted it before the list knew of it. */
	if (fresh && fleet->hub_counts && row->link == LINK_CONNECTED)
		fleet->more_linked--;
	if (!news && !fresh)
		return;
	tell_views(fleet, row, false);
	fleet_changed(fleet);
}

void
fleet_seen_again(struct fleet *fleet, const char *device_id)
{
	int64_t now = clock_mono_ms();
	struct fleet_row *row;

	if (device_id != NULL) {
		row = find(fleet, device_id);
		if (row != NULL)
			touch(fleet, row, now);
		return;
	}
	for (row = fleet->rows; row < fleet->rows + fleet->end; row++)
		if (row->id != NULL)
			touch(fleet, row, now);
}

static void
remove_row(struct fleet *fleet, struct fleet_row *row)
{
	uint32_t number = fleet_row_number(fleet, row);
	size_t i;

	tell_views(fleet, row, true);
	fleet_work_forget(fleet->work, number);
	row_order_remove(fleet->order, number);
	row_index_remove(fleet->index, number);
	if (row->link == LINK_CONNECTED)
		fleet->linked--;
	if (row->marked)
		fleet->marked--;
	intern_drop(fleet->texts, row->version);
	intern_drop(fleet->texts, row->failure);
	intern_drop(fleet->texts, row->tags);
	for (i = 0; i < fleet->n_columns; i++)
		if (number < fleet->columns[i].cap)
			set_text(
			    fleet, &fleet->columns[i].values[number], NULL);
	strpool_drop(fleet->ids, row->id);
	*row = (struct fleet_row){ .tags = fleet->unused };
	fleet->unused = number + 1;
}

/* Marks that went with their devices: an action on "the marked ones" is no
 * longer what it was. */
static void
say_marks_gone(struct fleet *fleet, const char *first, size_t n)
{
	struct deck_message message = { 0 };
	char *text;

	if (n == 0)
		return;
	if (n == 1)
		text = xasprintf(
		    "%s is gone from the hub, and its mark with it", first);
	else
		text = xasprintf("%zu marked devices are gone from the hub, "
				 "and their marks with them: %s, …",
		    n, first);
	message.text = text;
	events_fire(fleet->events, DECK_MESSAGE, &message);
	free(text);
}

void
fleet_remove(struct fleet *fleet, const char *device_id)
{
	struct fleet_row *row = find(fleet, device_id);
	bool marked = row != NULL && row->marked;

	if (row == NULL)
		return;
	remove_row(fleet, row);
	fleet_changed(fleet);
	say_marks_gone(fleet, device_id, marked);
}

const struct fleet_row *
fleet_get(const struct fleet *fleet, const char *id)
{
	return find(fleet, id);
}

size_t
fleet_size(const struct fleet *fleet)
{
	return row_order_size(fleet->order);
}

size_t
fleet_linked(const struct fleet *fleet)
{
	ssize_t n = (ssize_t)fleet->linked + fleet->more_linked;

	return n > 0 ? (size_t)n : 0;
}

void
fleet_set_linked(struct fleet *fleet, ssize_t n)
{
	size_t was = fleet_linked(fleet);

	fleet->hub_counts = n >= 0;
	fleet->more_linked = n >= 0 ? n - (ssize_t)fleet->linked : 0;
	if (fleet_linked(fleet) != was)
		fleet_changed(fleet);
}

size_t
fleet_marked(const struct fleet *fleet)
{
	return fleet->marked;
}

bool
fleet_is_complete(const struct fleet *fleet)
{
	return fleet->complete;
}

/* One that did not end goes on: what it has seen was there. */
void
fleet_load_begin(struct fleet *fleet)
{
	if (!fleet->loading)
		fleet->load ^= 1;
	fleet->loading = true;
}

void
fleet_load_end(struct fleet *fleet)
{
	bool news = !fleet->complete;
	struct fleet_row *row;
	char *first = NULL;
	size_t marked = 0;

	for (row = fleet->rows; row < fleet->rows + fleet->end; row++) {
		if (row->id == NULL || row->load == fleet->load)
			continue;
		if (row->marked && marked++ == 0)
			first = xstrdup(row->id);
		remove_row(fleet, row);
		news = true;
	}
	fleet->loading = false;
	fleet->complete = true;
	if (news)
		fleet_changed(fleet);
	say_marks_gone(fleet, first, marked);
	free(first);
}

bool
fleet_set_marked(
    struct fleet *fleet, const struct fleet_row *to_mark, bool marked)
{
	struct fleet_row *row = &fleet->rows[fleet_row_number(fleet, to_mark)];
	struct list *link;

	if (row->marked == marked)
		return false;
	row->marked = marked;
	if (marked)
		fleet->marked++;
	else
		fleet->marked--;
	for (link = fleet->views.next; link != &fleet->views;
	     link = link->next)
		fleet_view_on_mark(fleet_view_of(link), row);
	return true;
}

void
fleet_mark(struct fleet *fleet, const char *id, bool marked)
{
	struct fleet_row *row = find(fleet, id);

	if (row == NULL)
		return;
	fleet_work_forget(fleet->work, fleet_row_number(fleet, row));
	if (fleet_set_marked(fleet, row, marked))
		fleet_changed(fleet);
}

void
fleet_unmark_all(struct fleet *fleet)
{
	struct fleet_pick *pick;

	if (fleet->marked == 0 && !fleet_is_marking(fleet))
		return;
	pick = fleet_pick_new(fleet);
	fleet_pick_add_all(pick);
	fleet_pick_mark(pick, FLEET_UNMARK);
}

static void
set_alarm(struct fleet *fleet, const char *id, bool alarm)
{
	struct fleet_row *row = find(fleet, id);

	if (row == NULL || row->alarm == alarm)
		return;
	row->alarm = alarm;
	fleet_changed(fleet);
}

void
fleet_alarm(struct fleet *fleet, const char *id)
{
	set_alarm(fleet, id, true);
}

void
fleet_looked_at(struct fleet *fleet, const char *id)
{
	set_alarm(fleet, id, false);
}

size_t
fleet_marked_ids(const struct fleet *fleet, char ***ids)
{
	size_t i, n = 0;
	uint32_t number;

	*ids = xcalloc(fleet->marked + 1, sizeof(**ids));
	for (i = 0; n < fleet->marked; i++) {
		number = row_order_at(fleet->order, i);
		if (fleet->rows[number].marked)
			(*ids)[n++] = xstrdup(fleet->rows[number].id);
	}
	return n;
}
