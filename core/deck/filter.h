/*
 * Which devices a list shows: words that must all match, without case.
 *
 *   word          in the id, phase, version, door, tags, or a path's value
 *   "two words"   likewise, with the blank
 *   !word         must not match; in front of any of these
 *   ~dr7          these characters of the id, in this order
 *   tag.site:br   a tag's value from its start; a number, or a value in
 *                 quotes, as a whole; * stands for anything
 *   reported.battery.level:9
 *                 likewise, of a path that the fleet keeps the values of
 *   link:off      and the other fields of filter_fields[]
 *   @north        the words of the filter that was saved as north
 */
#ifndef TWINDECK_CORE_DECK_FILTER_H
#define TWINDECK_CORE_DECK_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct filter;
struct filter_term;
struct fleet;
struct fleet_row;

#define FILTER_WORDS_MAX ((size_t)32)  /* named ones taken apart */
#define FILTER_TEXT_MAX ((size_t)1024) /* bytes */
#define FILTER_NAME_MAX ((size_t)32)   /* bytes */
#define FILTER_NESTED_MAX 4            /* names within names */

/* The text of a named filter, or NULL; borrowed until the next call. */
typedef const char *(*filter_named_cb)(const char *name, void *arg);

/*
 * named may be NULL: there are none.  NULL with err set (ERR_INVALID,
 * ERR_LIMIT): which word, and what was expected.  "" matches everything.
 */
struct filter *filter_parse(
    const char *text, filter_named_cb named, void *arg, struct err *err);
void filter_free(struct filter *filter); /* NULL does nothing */

const char *filter_text(const struct filter *filter); /* as it was typed */
bool filter_matches(const struct filter *filter, const struct fleet *fleet,
    const struct fleet_row *row);
/*
 * Whether the fleet keeps the values of all paths that it asks for.  0, or -1
 * with err set (ERR_INVALID): the one that is missing.
 */
int filter_check_paths(
    const struct filter *filter, const struct fleet *fleet, struct err *err);
/* Whether a mark makes a difference to it. */
bool filter_asks_marks(const struct filter *filter);
/*
 * Whether it can only show what the other one shows too, as one more
 * character of a word does; false where that is not plain to see.
 */
bool filter_narrows(const struct filter *filter, const struct filter *other);

/*
 * Whether the last word may become a field's name, and has not got its colon
 * yet; *head is how many bytes stand in front of it.
 */
bool filter_is_half_typed(const char *text, size_t *head);

/* Letters, digits, - and _; 0, or -1 with err set (ERR_INVALID). */
int filter_name_check(const char *name, struct err *err);

/* Read by the parser, completion and the help of the prompt. */
struct filter_field {
	const char *name;   /* NULL ends */
	const char *values; /* "on|off"; "" anything; NULL: it takes none */
	const char *help;   /* one sentence */
	/* For the parser: takes the value apart, false if it is none of values;
	 * and whether a row has it. */
	bool (*prepare)(struct filter_term *term);
	bool (*matches)(const struct filter_term *term,
	    const struct fleet *fleet, const struct fleet_row *row);
};
extern const struct filter_field filter_fields[];

/*
 * The value of a tag in a row's tags, "site=brno floor=3"; *len is its
 * length.  NULL: there is no such tag.
 */
const char *filter_tag(const char *tags, const char *path, size_t *len);

#endif
