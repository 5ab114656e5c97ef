/*
 * What of a twin's text a row keeps: tags on one line, the value at a path,
 * all bounded and cut between characters.
 */
#ifndef TWINDECK_CORE_DECK_FLEET_TEXT_H
#define TWINDECK_CORE_DECK_FLEET_TEXT_H

#include <stddef.h>

#include "core/deck/fleet.h"

struct cJSON;

/* As much of text as fits, terminated; returns out. */
const char *fleet_text_cut(char *out, size_t size, const char *text);

/* "site=brno floor=3": leaves by path; returns out, or NULL: none. */
const char *fleet_text_tags(
    const struct cJSON *tags, char out[FLEET_TAGS_MAX + 1]);

/*
 * What the twin has at "tags.site", "desired.interval", "reported.a.b" or, for
 * any other first word, in itself: see fleet_row_value().  NULL: nothing.
 */
const char *fleet_text_at(const struct cJSON *twin, const char *path,
    char out[FLEET_VALUE_MAX + 1]);

#endif
