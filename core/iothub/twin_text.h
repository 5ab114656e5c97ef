/*
 * What twin.h does to a section and its $metadata, done to their text: a
 * report is mostly a few leaves of a small section, and trees of all the rest
 * cost many times what the change does.
 *
 * The text is compact, as json_put() writes it.  Where it is not, or is large,
 * or has odd keys, the answer is false and what was appended is worth nothing:
 * then the way over twin.h is the right one, with the same result.
 */
#ifndef TWINDECK_CORE_IOTHUB_TWIN_TEXT_H
#define TWINDECK_CORE_IOTHUB_TWIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/iothub/twin.h"

struct cJSON;
struct strbuf;

#define TWIN_TEXT_KEYS_MAX 64 /* of one object in a patch */

/*
 * Appends the section as twin_merge() leaves it; true means that it is within
 * the limits of the section.  patch has passed twin_check(), here and below.
 */
bool twin_text_merge(struct strbuf *out, enum twin_section section,
    const char *text, size_t len, const struct cJSON *patch);

/* Appends $metadata as twin_metadata_merge() leaves it. */
bool twin_text_metadata_merge(struct strbuf *out, const char *text, size_t len,
    const struct cJSON *patch, const char *stamp, int64_t version);

/* Appends the $metadata of a section that is new. */
void twin_text_metadata_new(struct strbuf *out, const struct cJSON *section,
    const char *stamp, int64_t version);

#endif
