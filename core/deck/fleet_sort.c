#include "config.h"

#include "core/deck/fleet_sort.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/intern.h"
#include "core/base/xalloc.h"
#include "core/deck/fleet_view.h"

#define DIGIT_BITS 11
#define DIGITS 3 /* of a key of 32 bits */
#define VERSION_BITS 28

static int
compare_texts(const char *a, const char *b)
{
	return strverscmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int
compare_values(const char *a, const char *b, bool reverse)
{
	if (a == NULL || b == NULL)
		return reverse ? (b == NULL) - (a == NULL)
			       : (a == NULL) - (b == NULL);
	return strverscmp(a, b);
}

int
fleet_sort_compare(const struct fleet *fleet, enum fleet_sort by,
    bool reverse, const struct fleet_row *a, const struct fleet_row *b)
{
	switch (by) {
	case SORT_DEVICE:
	case SORTS:
		return 0;
	case SORT_LINK:
		return (int)a->link - (int)b->link;
	case SORT_FIRMWARE:
		if (a->phase != b->phase)
			return (int)a->phase - (int)b->phase;
		return compare_texts(
		    fleet_row_version(fleet, a), fleet_row_version(fleet, b));
	case SORT_DOOR:
		return (int)b->door - (int)a->door;
	case SORT_DRIFT:
		return (int)b->drift - (int)a->drift;
	case SORT_VERSION:
		return compare_values(fleet_row_version(fleet, a),
		    fleet_row_version(fleet, b), reverse);
	case SORT_TAGS:
		return compare_values(fleet_row_tags(fleet, a),
		    fleet_row_tags(fleet, b), reverse);
	case SORT_SEEN:
		return (a->seen > b->seen) - (a->seen < b->seen);
	case SORT_VALUE:
		break;
	}
	return compare_values(
	    fleet_row_value(fleet, a, (size_t)by - SORT_VALUE),
	    fleet_row_value(fleet, b, (size_t)by - SORT_VALUE), reverse);
}

/* A row and where it is to stand. */
struct item {
	uint32_t key, row;
};

struct ranked {
	const char *text;
	uint32_t number;
};

/* The number of the text that the column sorts by; 0: none. */
static uint32_t
text_of(
    const struct fleet *fleet, enum fleet_sort by, const struct fleet_row *row)
{
	if (by == SORT_FIRMWARE || by == SORT_VERSION)
		return row->version;
	if (by == SORT_TAGS)
		return row->tags;
	if (by < SORT_VALUE)
		return 0;
	return fleet_row_value_number(fleet, row, (size_t)by - SORT_VALUE);
}

static int
by_text(const void *a, const void *b)
{
	const struct ranked *of_a = a, *of_b = b;

	return strverscmp(of_a->text, of_b->text);
}

/*
 * The place of each text among those that the rows have, by number, from 1:
 * rows share few texts, so these are compared, not the rows.  The caller's.
 */
static uint32_t *
rank_texts(const struct fleet *fleet, enum fleet_sort by, const uint32_t *rows,
    size_t n)
{
	const struct intern *texts = fleet_texts(fleet);
	uint32_t *ranks = xcalloc(intern_end(texts), sizeof(*ranks)), number;
	struct ranked *all;
	size_t i, n_all = 0;

	for (i = 0; i < n; i++) {
		number = text_of(fleet, by, fleet_row_at(fleet, rows[i]));
		if (number != 0 && ranks[number]++ == 0)
			n_all++;
	}
	all = xcalloc(n_all + 1, sizeof(*all));
	for (n_all = 0, number = 1; number < intern_end(texts); number++)
		if (ranks[number] != 0)
			all[n_all++] =
			    (struct ranked){ intern_text(texts, number),
				    number };
	qsort(all, n_all, sizeof(*all), by_text);
	for (i = 0; i < n_all; i++)
		ranks[all[i].number] = (uint32_t)i + 1;
	free(all);
	return ranks;
}

static uint32_t
key_of(const struct fleet *fleet, enum fleet_sort by, bool reverse,
    const struct fleet_row *row, const uint32_t *ranks)
{
	uint32_t number;

	switch (by) {
	case SORT_LINK:
		return row->link;
	case SORT_FIRMWARE:
		return (uint32_t)row->phase << VERSION_BITS |
		    ranks[row->version];
	case SORT_DOOR:
		return UINT32_MAX - row->door;
	case SORT_DRIFT:
		return UINT32_MAX - row->drift;
	case SORT_SEEN:
		return row->seen;
	case SORT_DEVICE:
	case SORTS:
		return 0;
	case SORT_VERSION:
	case SORT_TAGS:
	case SORT_VALUE:
		break;
	}
	number = text_of(fleet, by, row);
	return number != 0 ? ranks[number] : reverse ? 0 : UINT32_MAX;
}

/* One digit of the keys; the order of equal ones stays. */
static void
sort_digit(
    const struct item *from, struct item *to, size_t n, unsigned int shift)
{
	uint32_t mask = (1u << DIGIT_BITS) - 1;
	size_t starts[(1u << DIGIT_BITS) + 1] = { 0 }, i;

	for (i = 0; i < n; i++)
		starts[(from[i].key >> shift & mask) + 1]++;
	for (i = 0; i < mask; i++)
		starts[i + 1] += starts[i];
	for (i = 0; i < n; i++)
		to[starts[from[i].key >> shift & mask]++] = from[i];
}

static void
sort_items(struct item *items, size_t n)
{
	struct item *other = xcalloc(n + 1, sizeof(*other)), *from = items;
	struct item *to = other, *swap;
	uint32_t same = UINT32_MAX, differs;
	unsigned int digit, shift;
	size_t i;

	for (i = 1; i < n; i++)
		same &= ~(items[i].key ^ items[0].key);
	for (digit = 0; digit < DIGITS; digit++) {
		shift = digit * DIGIT_BITS;
		differs = ~same >> shift & ((1u << DIGIT_BITS) - 1);
		if (differs == 0)
			continue;
		sort_digit(from, to, n, shift);
		swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, n * sizeof(*items));
	free(other);
}

void
fleet_sort_rows(const struct fleet *fleet, enum fleet_sort by, bool reverse,
    uint32_t *rows, size_t n)
{
	struct item *items = xcalloc(n + 1, sizeof(*items));
	uint32_t *ranks = rank_texts(fleet, by, rows, n);
	size_t i;

	for (i = 0; i < n; i++)
		items[i] = (struct item){
			key_of(fleet, by, reverse,
			    fleet_row_at(fleet, rows[i]), ranks),
			rows[i]
		};
	sort_items(items, n);
	for (i = 0; i < n; i++)
		rows[i] = items[i].row;
	free(ranks);
	free(items);
}
