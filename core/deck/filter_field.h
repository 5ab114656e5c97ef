/*
 * What a word of a filter can ask of a row: the seam between filter.c, which
 * reads words, and filter_field.c, which looks at rows.  Everybody else
 * includes filter.h.
 */
#ifndef TWINDECK_CORE_DECK_FILTER_FIELD_H
#define TWINDECK_CORE_DECK_FILTER_FIELD_H

#include "core/deck/filter.h"

enum filter_how { FILTER_START, FILTER_WHOLE, FILTER_GLOB };

/* One word, taken apart; strings owned by the filter. */
struct filter_term {
	bool negated;
	const struct filter_field *field; /* never NULL once parsed */
	char *text;                       /* lower case; "" without a value */
	size_t len;
	char *path; /* "tag.site", "reported.battery.level"; or NULL */
	enum filter_how how;
	/* Bits of the enum values that the text stands for, found out once. */
	unsigned int phases, doors;
	bool on; /* of a link */
};

/* Words without a field; in no help of the fields. */
extern const struct filter_field filter_anywhere, filter_fuzzy;

/* Whether its path is one that the fleet must keep. */
bool filter_asks_path(const struct filter_term *term);
bool filter_asks_mark(const struct filter_term *term);

#endif
