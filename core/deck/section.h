/*
 * The section of a twin that an edit is about, desired or tags: where it
 * stands in a twin, what it is called, and the body that writes it.
 */
#ifndef TWINDECK_CORE_DECK_SECTION_H
#define TWINDECK_CORE_DECK_SECTION_H

#include <stddef.h>

#include "core/iothub/twin.h"

struct cJSON;
struct err;

const char *section_word(enum twin_section section); /* "desired", "tags" */

/*
 * A copy of what a service may write there: without $metadata and $version.
 * {} where the twin has none.  The caller's.
 */
struct cJSON *section_dup(
    const struct cJSON *twin, enum twin_section section);

size_t section_max(enum twin_section section); /* bytes, as twin_size() */

/*
 * Whether a whole section, or a patch, keeps IoT Hub's limits.  0, or -1 with
 * err set (thing, limit and path) and *fault the item to blame, borrowed.
 */
int section_check(enum twin_section section, const struct cJSON *json,
    const struct cJSON **fault, struct err *err);

/* The body of a PATCH of the twin; the caller's. */
char *section_body(enum twin_section section, const char *patch);

/*
 * The patch that takes another one back: where before had a value it is set
 * again, what the patch brought becomes null.  The caller's; {} when the patch
 * changes nothing.
 */
struct cJSON *section_inverse(
    const struct cJSON *before, const struct cJSON *patch);

#endif
