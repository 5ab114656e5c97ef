#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/intern.h"
#include "core/base/xalloc.h"
#include "core/deck/fleet_sort.h"
#include "core/deck/fleet_view.h"

#define DIGIT_BITS 11
#define DIGITS 3 /* of a key of 32 bits */
#define DIGIT_MASK ((1u << DIGIT_BITS) - 1)
#define VERSION_BITS 28
#define BATCH ((size_t)512) /* between two looks at the clock */
#define RUN ((size_t)8)     /* texts that are sorted by moving them along */
#define HEAD_BYTES 8

/* A row and where it is to stand; two take no more room than a ranked text. */
struct item {
	uint32_t key, row;
};

/*
 * A text that rows have at the column.  Where the heads of two texts differ
 * they are in the order of the texts, so most of these need not be looked at.
 */
struct ranked {
	uint64_t head;
	uint32_t number;
};

struct merge {
	struct ranked *from, *to; /* to: of runs twice as long */
	size_t width;             /* of a sorted run in from */
	size_t left, right;       /* next of the two runs that are merged */
	size_t middle, end;       /* where these end */
};

/*
 * Rows share few texts, so these are sorted, not the rows: ranks gives, by a
 * text's number, its place among them from 1.  A key of 32 bits is what is
 * left of a row then, and sorted digit by digit.
 *
 * Each phase goes over something from at on.  The texts are pinned: those of a
 * row that changes meanwhile stay what they were.
 */
struct fleet_sorter {
	const struct fleet *fleet;
	struct intern *texts;
	enum fleet_sort by;
	bool reverse;
	uint32_t *rows; /* borrowed */
	size_t n;
	size_t phase, at;

	uint32_t *ranks;
	uint32_t n_ranks;
	struct ranked *ranked, *other; /* later from and to stand in ranked */
	size_t n_ranked;
	const char *first; /* of the texts */
	size_t common;     /* bytes that all of them begin with */
	struct merge merge;

	struct item *from, *to;
	uint32_t starts[DIGITS][DIGIT_MASK + 2];
	unsigned int digit;
};

/* The number of the text that the column sorts by; 0: none.  In a row that has
 * gone there is no such thing. */
static uint32_t
text_of(
    const struct fleet *fleet, enum fleet_sort by, const struct fleet_row *row)
{
	if (row->id == NULL)
		return 0;
	if (by == SORT_FIRMWARE || by == SORT_VERSION)
		return row->version;
	if (by == SORT_TAGS)
		return row->tags;
	if (by < SORT_VALUE)
		return 0;
	return fleet_row_value_number(fleet, row, (size_t)by - SORT_VALUE);
}

/* How far this turn of a phase goes, of n. */
static size_t
reach(const struct fleet_sorter *s, size_t n)
{
	return n - s->at < BATCH ? n : s->at + BATCH;
}

/* Shortens what all texts have in common, but not into a number. */
static void
compare_begin(struct fleet_sorter *s, const char *text)
{
	size_t i;

	for (i = 0; i < s->common && text[i] == s->first[i]; i++)
		;
	while (i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9')
		i--;
	s->common = i;
}

static bool
collect_texts(struct fleet_sorter *s)
{
	size_t end = reach(s, s->n);
	const char *text;
	uint32_t number;

	for (; s->at < end; s->at++) {
		number = text_of(
		    s->fleet, s->by, fleet_row_at(s->fleet, s->rows[s->at]));
		if (number == 0 || number >= s->n_ranks ||
		    s->ranks[number] != 0)
			continue;
		s->ranks[number] = 1;
		text = intern_text(s->texts, number);
		if (s->n_ranked == 0) {
			s->first = text;
			s->common = strlen(text);
		}
		s->ranked[s->n_ranked++].number = number;
		compare_begin(s, text);
	}
	return s->at < s->n;
}

/*
 * The first bytes of a text, so that they compare as strverscmp() does: in
 * front of a number stands how long it is.  What comes behind a number that
 * begins with 0, or is very long, is left out.
 */
static uint64_t
head_of(const char *text)
{
	unsigned char head[HEAD_BYTES + 1] = { 0 };
	size_t n = 0, digits;
	uint64_t value = 0;

	while (n < HEAD_BYTES && *text != '\0') {
		digits = *text == '0' ? 0 : strspn(text, "0123456789");
		if (*text == '0' || digits > 8) {
			head[n] = *text == '0' ? '0' : '9';
			break;
		}
		if (digits > 0)
			head[n++] = (unsigned char)('0' + digits);
		do {
			if (n < HEAD_BYTES)
				head[n++] = (unsigned char)*text;
			text++;
		} while (digits > 0 && --digits > 0);
	}
	for (n = 0; n < HEAD_BYTES; n++)
		value = value << 8 | head[n];
	return value;
}

/* A text less what is common to all. */
static const char *
rest_of(const struct fleet_sorter *s, uint32_t number)
{
	return intern_text(s->texts, number) + s->common;
}

static bool
read_heads(struct fleet_sorter *s)
{
	size_t end = reach(s, s->n_ranked);

	for (; s->at < end; s->at++)
		s->ranked[s->at].head =
		    head_of(rest_of(s, s->ranked[s->at].number));
	return s->at < s->n_ranked;
}

static bool
is_after(const struct fleet_sorter *s, const struct ranked *a,
    const struct ranked *b)
{
	if (a->head != b->head)
		return a->head > b->head;
	return strverscmp(rest_of(s, a->number), rest_of(s, b->number)) > 0;
}

/* The runs that a merge begins with. */
static bool
sort_runs(struct fleet_sorter *s)
{
	size_t end = reach(s, s->n_ranked), i, k;
	struct ranked moved;

	for (; s->at < end; s->at += RUN)
		for (i = s->at + 1; i < s->at + RUN && i < s->n_ranked; i++) {
			moved = s->ranked[i];
			for (k = i; k > s->at &&
			     is_after(s, &s->ranked[k - 1], &moved);
			     k--)
				s->ranked[k] = s->ranked[k - 1];
			s->ranked[k] = moved;
		}
	if (s->at < s->n_ranked)
		return true;
	s->merge = (struct merge){ s->ranked, s->other, RUN, 0, 0, 0, 0 };
	return false;
}

/* The next two runs are those from at on. */
static void
begin_pair(struct fleet_sorter *s)
{
	struct merge *m = &s->merge;
	size_t n = s->n_ranked;

	m->left = s->at;
	m->middle = n - m->left < m->width ? n : m->left + m->width;
	m->right = m->middle;
	m->end = n - m->middle < m->width ? n : m->middle + m->width;
}

/* The runs of the next round are twice as long. */
static void
end_round(struct fleet_sorter *s)
{
	struct merge *m = &s->merge;
	struct ranked *swap = m->from;

	m->from = m->to;
	m->to = swap;
	m->width *= 2;
	m->end = 0;
	s->at = 0;
}

static bool
merge_runs(struct fleet_sorter *s)
{
	struct merge *m = &s->merge;
	size_t end;

	if (m->width >= s->n_ranked) {
		s->ranked = m->from;
		s->other = m->to;
		return false;
	}
	if (s->at == m->end)
		begin_pair(s);
	end = reach(s, m->end);
	while (s->at < end) {
		if (m->left < m->middle &&
		    (m->right == m->end ||
			!is_after(s, &m->from[m->left], &m->from[m->right])))
			m->to[s->at++] = m->from[m->left++];
		else
			m->to[s->at++] = m->from[m->right++];
	}
	if (s->at == s->n_ranked)
		end_round(s);
	return true;
}

static bool
rank_texts(struct fleet_sorter *s)
{
	size_t end = reach(s, s->n_ranked);

	for (; s->at < end; s->at++)
		s->ranks[s->ranked[s->at].number] = (uint32_t)s->at + 1;
	return s->at < s->n_ranked;
}

/* To free much memory takes time too. */
static bool
drop_other(struct fleet_sorter *s)
{
	free(s->other);
	s->other = NULL;
	s->from = (struct item *)(void *)s->ranked;
	s->to = s->from + s->n;
	return false;
}

/* 0: the row has no text. */
static uint32_t
rank_of(const struct fleet_sorter *s, const struct fleet_row *row)
{
	uint32_t number = text_of(s->fleet, s->by, row);

	return number < s->n_ranks ? s->ranks[number] : 0;
}

static uint32_t
key_of(const struct fleet_sorter *s, const struct fleet_row *row)
{
	uint32_t rank;

	switch (s->by) {
	case SORT_LINK:
		return row->link;
	case SORT_FIRMWARE:
		return (uint32_t)row->phase << VERSION_BITS | rank_of(s, row);
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
	rank = rank_of(s, row);
	return rank != 0 ? rank : s->reverse ? 0 : UINT32_MAX;
}

static bool
make_keys(struct fleet_sorter *s)
{
	size_t end = reach(s, s->n), i;
	struct item *item;

	for (; s->at < end; s->at++) {
		item = &s->from[s->at];
		item->row = s->rows[s->at];
		item->key = key_of(s, fleet_row_at(s->fleet, item->row));
		for (i = 0; i < DIGITS; i++)
			s->starts[i]
				 [(item->key >> i * DIGIT_BITS & DIGIT_MASK) +
				     1]++;
	}
	return s->at < s->n;
}

/* Whether it is the same in all keys; else where each of its values goes. */
static bool
begin_digit(struct fleet_sorter *s)
{
	uint32_t *starts = s->starts[s->digit];
	size_t i;

	for (i = 0; i <= DIGIT_MASK; i++) {
		if (starts[i + 1] == s->n)
			return false;
		starts[i + 1] += starts[i];
	}
	return true;
}

/* Digit by digit; the order of equal ones stays. */
static bool
sort_digits(struct fleet_sorter *s)
{
	unsigned int shift = s->digit * DIGIT_BITS;
	uint32_t *starts = s->starts[s->digit];
	size_t end = reach(s, s->n);
	struct item *swap;

	if (s->digit == DIGITS || s->n == 0)
		return false;
	if (s->at == 0 && !begin_digit(s)) {
		s->digit++;
		return true;
	}
	for (; s->at < end; s->at++)
		s->to[starts[s->from[s->at].key >> shift & DIGIT_MASK]++] =
		    s->from[s->at];
	if (s->at < s->n)
		return true;
	swap = s->from;
	s->from = s->to;
	s->to = swap;
	s->digit++;
	s->at = 0;
	return true;
}

static bool
write_rows(struct fleet_sorter *s)
{
	size_t end = reach(s, s->n);

	for (; s->at < end; s->at++)
		s->rows[s->at] = s->from[s->at].row;
	return s->at < s->n;
}

static bool
drop_ranks(struct fleet_sorter *s)
{
	free(s->ranks);
	s->ranks = NULL;
	return false;
}

/* One turn of each; false: there is no more of it. */
static bool (*const phases[])(struct fleet_sorter *s) = {
	collect_texts,
	read_heads,
	sort_runs,
	merge_runs,
	rank_texts,
	drop_other,
	make_keys,
	drop_ranks,
	sort_digits,
	write_rows,
};

#define PHASES (sizeof(phases) / sizeof(phases[0]))

struct fleet_sorter *
fleet_sorter_new(const struct fleet *fleet, enum fleet_sort by, bool reverse,
    uint32_t *rows, size_t n)
{
	struct fleet_sorter *s = xcalloc(1, sizeof(*s));

	s->fleet = fleet;
	s->texts = fleet_texts(fleet);
	s->by = by;
	s->reverse = reverse;
	s->rows = rows;
	s->n = n;
	intern_pin(s->texts);
	/* Memory comes with the first use of each page: much of it never. */
	s->n_ranks = intern_end(s->texts);
	s->ranks = xcalloc(s->n_ranks, sizeof(*s->ranks));
	s->ranked = xcalloc(n + 1, sizeof(*s->ranked));
	s->other = xcalloc(n + 1, sizeof(*s->other));
	return s;
}

bool
fleet_sorter_step(struct fleet_sorter *s, int64_t end_us)
{
	while (s->phase < PHASES) {
		if (!phases[s->phase](s)) {
			s->phase++;
			s->at = 0;
		}
		if (clock_mono_us() >= end_us)
			return true;
	}
	return false;
}

void
fleet_sorter_free(struct fleet_sorter *s)
{
	if (s == NULL)
		return;
	intern_unpin(s->texts);
	free(s->ranks);
	free(s->ranked);
	free(s->other);
	free(s);
}
