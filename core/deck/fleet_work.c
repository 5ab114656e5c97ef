#include "config.h"

#include "core/deck/fleet_work.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/intern.h"
#include "core/base/list.h"
#include "core/base/xalloc.h"
#include "core/deck/fleet.h"
#include "core/deck/fleet_view.h"

#define SLICE_US 2000                /* of a turn of the loop */
#define FEW_ROWS ((size_t)20 * 1000) /* done in one go */
#define BATCH ((size_t)256)          /* texts between two looks at the clock */
#define WORD_BITS 64
#define WORDS (FLEET_MAX / WORD_BITS + 1)

/* A bit for each row: it is still to be marked.  Those before word are done. */
struct fleet_pick {
	struct list link; /* among the new ones, or those that wait in line */
	struct fleet *fleet;
	uint64_t *bits;
	size_t n; /* bits that are set */
	size_t word;
	enum fleet_marking how;
};

struct dropped {
	struct list link;
	uint32_t *values;
	size_t n;
};

struct fleet_work {
	struct fleet *fleet;
	struct list new_picks, picks;
	struct list dropped;
	bool news; /* rows were marked that nobody has been told of */
};

struct fleet_work *
fleet_work_new(struct fleet *fleet)
{
	struct fleet_work *work = xcalloc(1, sizeof(*work));

	work->fleet = fleet;
	list_init(&work->new_picks);
	list_init(&work->picks);
	list_init(&work->dropped);
	return work;
}

static void
dropped_free(struct dropped *dropped)
{
	list_remove(&dropped->link);
	free(dropped->values);
	free(dropped);
}

void
fleet_work_free(struct fleet_work *work)
{
	if (work == NULL)
		return;
	/* These are others' to free. */
	while (!list_is_empty(&work->new_picks))
		list_remove(work->new_picks.next);
	while (!list_is_empty(&work->picks))
		fleet_pick_free(
		    LIST_FIRST(&work->picks, struct fleet_pick, link));
	while (!list_is_empty(&work->dropped))
		dropped_free(LIST_FIRST(&work->dropped, struct dropped, link));
	free(work);
}

struct fleet_pick *
fleet_pick_new(struct fleet *fleet)
{
	struct fleet_pick *pick = xcalloc(1, sizeof(*pick));

	pick->fleet = fleet;
	pick->bits = xcalloc(WORDS, sizeof(*pick->bits));
	list_append(&fleet_work_of(fleet)->new_picks, &pick->link);
	return pick;
}

void
fleet_pick_free(struct fleet_pick *pick)
{
	if (pick == NULL)
		return;
	list_remove(&pick->link);
	free(pick->bits);
	free(pick);
}

static void
set_bit(struct fleet_pick *pick, uint32_t number, bool on)
{
	uint64_t *word = &pick->bits[number / WORD_BITS];
	uint64_t bit = UINT64_C(1) << number % WORD_BITS;

	if (((*word & bit) != 0) == on)
		return;
	*word ^= bit;
	if (on)
		pick->n++;
	else
		pick->n--;
}

bool
fleet_pick_add(struct fleet_pick *pick, const char *id)
{
	const struct fleet_row *row = fleet_get(pick->fleet, id);

	if (row != NULL)
		set_bit(pick, fleet_row_number(pick->fleet, row), true);
	return row != NULL;
}

void
fleet_pick_add_rows(struct fleet_pick *pick, const uint32_t *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		set_bit(pick, rows[i], true);
}

void
fleet_pick_add_all(struct fleet_pick *pick)
{
	size_t end = fleet_row_end(pick->fleet), words = end / WORD_BITS;
	uint32_t i;

	memset(pick->bits, 0xff, words * sizeof(*pick->bits));
	pick->n = words * WORD_BITS;
	for (i = (uint32_t)pick->n; i < end; i++)
		set_bit(pick, i, true);
}

size_t
fleet_pick_size(const struct fleet_pick *pick)
{
	return pick->n;
}

static void
forget(struct list *picks, uint32_t number)
{
	struct fleet_pick *pick;

	LIST_FOREACH(pick, picks, struct fleet_pick, link)
		set_bit(pick, number, false);
}

void
fleet_work_forget(struct fleet_work *work, uint32_t number)
{
	forget(&work->new_picks, number);
	forget(&work->picks, number);
}

static void
mark_row(struct fleet_work *work, uint32_t number, enum fleet_marking how)
{
	const struct fleet_row *row = fleet_row_at(work->fleet, number);

	if (row->id == NULL)
		return;
	if (fleet_set_marked(work->fleet, row,
		how == FLEET_MARK || (how == FLEET_INVERT && !row->marked)))
		work->news = true;
}

/* The next rows of it; false: there is none. */
static bool
mark_some(struct fleet_work *work, struct fleet_pick *pick)
{
	uint64_t bits;
	unsigned int i;

	while (pick->n > 0 && pick->bits[pick->word] == 0)
		pick->word++;
	if (pick->n == 0)
		return false;
	bits = pick->bits[pick->word];
	pick->bits[pick->word] = 0;
	for (i = 0; bits >> i != 0; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		pick->n--;
		mark_row(
		    work, (uint32_t)(pick->word * WORD_BITS + i), pick->how);
		if (i == WORD_BITS - 1)
			break;
	}
	return true;
}

static bool
drop_some(struct fleet_work *work, struct dropped *dropped)
{
	size_t i;

	for (i = 0; i < BATCH && dropped->n > 0; i++)
		intern_drop(
		    fleet_texts(work->fleet), dropped->values[--dropped->n]);
	return dropped->n > 0;
}

static void
step(struct fleet_work *work)
{
	struct fleet_pick *pick =
	    LIST_FIRST(&work->picks, struct fleet_pick, link);
	struct dropped *dropped =
	    LIST_FIRST(&work->dropped, struct dropped, link);

	if (pick != NULL && !mark_some(work, pick))
		fleet_pick_free(pick);
	else if (pick == NULL && !drop_some(work, dropped))
		dropped_free(dropped);
}

bool
fleet_work_until(struct fleet *fleet, int64_t end_us)
{
	struct fleet_work *work = fleet_work_of(fleet);

	while (fleet_works(fleet)) {
		step(work);
		if (clock_mono_us() >= end_us)
			break;
	}
	if (work->news && list_is_empty(&work->picks)) {
		work->news = false;
		fleet_changed(fleet);
	}
	return fleet_works(fleet);
}

bool
fleet_work(struct fleet *fleet)
{
	return fleet_works(fleet) &&
	    fleet_work_until(fleet, clock_mono_us() + SLICE_US);
}

bool
fleet_works(const struct fleet *fleet)
{
	return fleet_is_marking(fleet) ||
	    !list_is_empty(&fleet_work_of(fleet)->dropped);
}

bool
fleet_is_marking(const struct fleet *fleet)
{
	return !list_is_empty(&fleet_work_of(fleet)->picks);
}

void
fleet_finish_marks(struct fleet *fleet)
{
	while (fleet_is_marking(fleet))
		fleet_work(fleet);
}

void
fleet_pick_mark(struct fleet_pick *pick, enum fleet_marking how)
{
	struct fleet *fleet = pick->fleet;
	bool at_once = pick->n <= FEW_ROWS && !fleet_is_marking(fleet);

	pick->how = how;
	list_remove(&pick->link);
	list_append(&fleet_work_of(fleet)->picks, &pick->link);
	if (at_once)
		fleet_finish_marks(fleet);
}

void
fleet_work_drop_texts(struct fleet_work *work, uint32_t *values, size_t n)
{
	struct dropped *dropped = xcalloc(1, sizeof(*dropped));

	dropped->values = values;
	dropped->n = n;
	list_append(&work->dropped, &dropped->link);
	if (n > FEW_ROWS)
		return;
	while (drop_some(work, dropped))
		;
	dropped_free(dropped);
}
