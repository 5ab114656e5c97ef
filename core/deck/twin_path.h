/*
 * Where something stands in a twin, written as IoT Hub's queries do:
 * "tags.site", "properties.reported.door.state", "[2]" behind an array.  A key
 * that could be mistaken for more than one is written in quotes, as JSON.
 */
#ifndef TWINDECK_CORE_DECK_TWIN_PATH_H
#define TWINDECK_CORE_DECK_TWIN_PATH_H

#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct strbuf;

/* Each goes one step down from the path that is there. */
void twin_path_put_key(struct strbuf *path, const char *key);
void twin_path_put_index(struct strbuf *path, size_t i);

/* What stands there, borrowed from the twin; NULL: nothing, or no path. */
const struct cJSON *twin_path_get(
    const struct cJSON *twin, const char *path);

/* $lastUpdated of a node of $metadata: UTC, 0 where it says nothing. */
int64_t twin_updated_us(const struct cJSON *metadata);

#endif
