/*
 * The rules of device twins: what may stand in a section, how a patch merges
 * into it, and what $metadata says afterwards.  Pure functions on cJSON
 * objects: who stores, sends or draws a twin is not known here.
 *
 * A section is kept without its $metadata and $version.
 */
#ifndef TWINDECK_CORE_IOTHUB_TWIN_H
#define TWINDECK_CORE_IOTHUB_TWIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct err;

enum twin_section { TWIN_TAGS, TWIN_DESIRED, TWIN_REPORTED, TWIN_SECTIONS };

/* As IoT Hub counts them: see twin_size(). */
#define TWIN_TAGS_MAX ((size_t)8 * 1024)
#define TWIN_PROPERTIES_MAX ((size_t)32 * 1024) /* desired, reported: each */
#define TWIN_KEY_MAX ((size_t)1024)             /* bytes of UTF-8 */
#define TWIN_STRING_MAX ((size_t)4096)          /* bytes of UTF-8 */
#define TWIN_DEPTH_MAX 10                       /* objects below a section */
#define TWIN_INTEGER_MAX 4503599627370495.0     /* 2^52 - 1 */
#define TWIN_INTEGER_MIN (-4503599627370496.0)

/* Where the counters of a new twin stand. */
#define TWIN_FIRST_SECTION_VERSION 1 /* $version */
#define TWIN_FIRST_ETAG 1
#define TWIN_FIRST_VERSION 2 /* counts every change of the twin */

const char *twin_section_name(enum twin_section section); /* "tags" … */

/*
 * Bytes that count against a section's limit: keys and strings in UTF-8
 * without control characters, 8 a number, 4 a boolean.
 */
size_t twin_size(const struct cJSON *json);

/*
 * Whether this may be merged into a section: an object, its keys, values and
 * depth within the limits, no null inside an array.  Other nulls stand for
 * "remove".  0, or -1 with err set: ERR_INVALID, ERR_LIMIT; the text names
 * the path.
 */
int twin_check(
    enum twin_section section, const struct cJSON *patch, struct err *err);

/* The same; *fault is the item of patch that is to blame, borrowed. */
int twin_check_at(enum twin_section section, const struct cJSON *patch,
    const struct cJSON **fault, struct err *err);

/*
 * Merges a patch that twin_check() would accept: objects merge, null removes,
 * the rest replaces.  0, or -1 with err set as above, or ERR_LIMIT when the
 * result is too large, also as text of what counts nothing; then the section
 * is unchanged.
 */
int twin_merge(enum twin_section section, struct cJSON *target,
    const struct cJSON *patch, struct err *err);

/*
 * What a service sends may hold $version and $metadata at its top, because
 * tools send back what they got: takes them out.
 */
void twin_strip(struct cJSON *section);

/* The patch that makes now out of was, with a null for each key that goes. */
struct cJSON *twin_difference(const struct cJSON *was, const struct cJSON *now);

/*
 * $metadata: the same tree, with $lastUpdated in each node, and in desired
 * also $lastUpdatedVersion.  stamp is of clock_format_iso(); version is the
 * section's new $version, or negative for reported.
 */
struct cJSON *twin_metadata_new(const char *stamp);
void twin_metadata_merge(struct cJSON *metadata, const struct cJSON *patch,
    const char *stamp, int64_t version);

#endif
