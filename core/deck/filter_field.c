#include "config.h"

#include "core/deck/filter_field.h"

#include <string.h>
#include <strings.h>

#include "core/base/str.h"
#include "core/deck/evidence.h"
#include "core/deck/fleet.h"

#define PHASES (PHASE_OTHER + 1)

static const char *const door_names[] = {
	[DOOR_NONE] = "none",
	[DOOR_UNLOCKED] = "unlocked",
	[DOOR_LOCKED] = "locked",
};

#define DOORS (sizeof(door_names) / sizeof(door_names[0]))

/* Of ASCII, as everywhere in a filter. */
static inline char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/*
 * low is in lower case.  A filter asks a million rows: strcasestr() and
 * tolower(), which look up the locale each time, take four times as long.
 */
static bool
holds(const char *text, const char *low, size_t len)
{
	size_t i;

	if (text == NULL)
		return false;
	for (; *text != '\0'; text++) {
		if (lower(*text) != low[0])
			continue;
		for (i = 1; i < len && lower(text[i]) == low[i]; i++)
			;
		if (i >= len)
			return true;
	}
	return len == 0;
}

static bool
starts(const char *text, size_t text_len, const char *low, size_t len)
{
	return len <= text_len && strncasecmp(text, low, len) == 0;
}

/* A * stands for any number of characters. */
static bool
globs(const char *text, size_t text_len, const char *low)
{
	const char *end = text + text_len, *star = NULL, *from = NULL;

	while (text < end) {
		if (*low == '*') {
			star = ++low;
			from = text;
		} else if (lower(*text) == *low) {
			text++;
			low++;
		} else if (star != NULL) {
			low = star;
			text = ++from;
		} else {
			return false;
		}
	}
	return low[strspn(low, "*")] == '\0';
}

static bool
has_value(const struct filter_term *term, const char *value, size_t len)
{
	switch (term->how) {
	case FILTER_WHOLE:
		return len == term->len &&
		    starts(value, len, term->text, term->len);
	case FILTER_GLOB:
		return globs(value, len, term->text);
	default:
		return starts(value, len, term->text, term->len);
	}
}

const char *
filter_tag(const char *tags, const char *path, size_t *len)
{
	size_t path_len = strlen(path);
	const char *p = tags, *end, *next;

	for (; p != NULL; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncasecmp(p, path, path_len) == 0 && p[path_len] == '=')
			break;
	}
	if (p == NULL)
		return NULL;
	p += path_len + 1;
	/* A value may hold blanks: it ends where the next name begins. */
	for (end = strchr(p, ' '); end != NULL; end = next) {
		next = strchr(end + 1, ' ');
		if (memchr(end, '=',
			next != NULL ? (size_t)(next - end) : strlen(end)) !=
		    NULL)
			break;
	}
	*len = end != NULL ? (size_t)(end - p) : strlen(p);
	return p;
}

/* At rest a device is shown by the word it reports. */
static unsigned int
phases_with(const struct filter_term *term)
{
	unsigned int bits = 0;
	int phase;

	for (phase = 0; phase < PHASES; phase++)
		if (holds(firmware_phase_name((enum firmware_phase)phase),
			term->text, term->len) ||
		    (phase == PHASE_WAITING &&
			holds("standBy", term->text, term->len)))
			bits |= 1U << phase;
	return bits;
}

/* From the start: "locked" is not to find "unlocked". */
static unsigned int
doors_with(const struct filter_term *term)
{
	unsigned int bits = 0;
	size_t i;

	for (i = 0; i < DOORS; i++)
		if (starts(door_names[i], strlen(door_names[i]), term->text,
			term->len))
			bits |= 1U << i;
	return bits;
}

static bool
prepare_anywhere(struct filter_term *term)
{
	term->phases = phases_with(term) & ~(1U << PHASE_NONE);
	term->doors = doors_with(term) & ~(1U << DOOR_NONE);
	return true;
}

/* What a column shows is found, whatever column it is. */
static bool
is_in_values(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	size_t i, n = fleet_paths(fleet);

	for (i = 0; i < n; i++)
		if (holds(
			fleet_row_value(fleet, row, i), term->text, term->len))
			return true;
	return false;
}

static bool
is_anywhere(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	return (term->phases >> row->phase & 1) != 0 ||
	    (term->doors >> row->door & 1) != 0 ||
	    holds(row->id, term->text, term->len) ||
	    holds(fleet_row_version(fleet, row), term->text, term->len) ||
	    holds(fleet_row_failure(fleet, row), term->text, term->len) ||
	    holds(fleet_row_tags(fleet, row), term->text, term->len) ||
	    is_in_values(term, fleet, row);
}

static bool
is_fuzzy(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	const char *want = term->text, *p;

	(void)fleet;
	for (p = row->id; *p != '\0' && *want != '\0'; p++)
		want += lower(*p) == *want;
	return *want == '\0';
}

static bool
prepare_link(struct filter_term *term)
{
	term->on = strcmp(term->text, "on") == 0;
	return term->on || strcmp(term->text, "off") == 0;
}

static bool
link_is(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	(void)fleet;
	return (row->link == LINK_CONNECTED) == term->on;
}

static bool
prepare_firmware(struct filter_term *term)
{
	term->phases = phases_with(term);
	if (strcmp(term->text, "none") == 0)
		term->phases |= 1U << PHASE_NONE;
	term->how = FILTER_START;
	return true;
}

static bool
firmware_is(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	return (term->phases >> row->phase & 1) != 0 ||
	    holds(fleet_row_version(fleet, row), term->text, term->len);
}

static bool
prepare_door(struct filter_term *term)
{
	term->doors = doors_with(term);
	return term->doors != 0;
}

static bool
door_is(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	(void)fleet;
	return (term->doors >> row->door & 1) != 0;
}

static bool
id_is(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	(void)fleet;
	return has_value(term, row->id, strlen(row->id));
}

static bool
version_is(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	const char *version = fleet_row_version(fleet, row);

	return version != NULL && has_value(term, version, strlen(version));
}

/* "tag.floor" alone, or with nothing behind the colon yet: it has one. */
static bool
tag_is(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	const char *path = term->path + strlen(term->field->name), *value;
	size_t len;

	value = filter_tag(fleet_row_tags(fleet, row), path, &len);
	return value != NULL && has_value(term, value, len);
}

/* Of a path whose values the fleet keeps, as those of columns. */
static bool
path_is(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	int i = fleet_path_index(fleet, term->path);
	const char *value =
	    i >= 0 ? fleet_row_value(fleet, row, (size_t)i) : NULL;

	return value != NULL && has_value(term, value, strlen(value));
}

bool
filter_asks_path(const struct filter_term *term)
{
	return term->field->matches == path_is;
}

static bool
is_marked(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	(void)fleet;
	(void)term;
	return row->marked;
}

bool
filter_asks_mark(const struct filter_term *term)
{
	return term->field->matches == is_marked;
}

static bool
has_drift(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	(void)fleet;
	(void)term;
	return row->drift > 0;
}

static bool
has_alarm(const struct filter_term *term, const struct fleet *fleet,
    const struct fleet_row *row)
{
	(void)fleet;
	(void)term;
	return row->alarm;
}

/* clang-format off */
const struct filter_field filter_fields[] = {
	{ "link", "on|off", "Whether the hub sees it connected.",
	  prepare_link, link_is },
	{ "fw", "", "In the phase or version of its firmware.",
	  prepare_firmware, firmware_is },
	{ "door", "locked|unlocked|none", "What its door is.",
	  prepare_door, door_is },
	{ "tag.", "", "The value of a tag, as in tag.site:brno.",
	  NULL, tag_is },
	{ "tags.", "", "The same, as queries write it.", NULL, tag_is },
	{ "desired.", "", "A value of the twin that has a column.",
	  NULL, path_is },
	{ "reported.", "", "Likewise, as in reported.battery.level:9.",
	  NULL, path_is },
	{ "id", "", "Its id.", NULL, id_is },
	{ "version", "", "The version of its firmware.", NULL, version_is },
	{ "marked", NULL, "It is marked.", NULL, is_marked },
	{ "drift", NULL, "It has not reported what is desired.",
	  NULL, has_drift },
	{ "alarm", NULL, "It failed, and nobody has looked at it.",
	  NULL, has_alarm },
	{ .name = NULL },
};
/* clang-format on */

const struct filter_field filter_anywhere = { .name = "word",
	.prepare = prepare_anywhere,
	.matches = is_anywhere };
const struct filter_field filter_fuzzy = { .name = "~", .matches = is_fuzzy };
