/*
 * JSON as people read and type it: spread over lines, and where in such a text
 * a value stands.
 */
#ifndef TWINDECK_CORE_BASE_JSON_TEXT_H
#define TWINDECK_CORE_BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;
struct strbuf;

/*
 * A line a member, two spaces a level, arrays without objects on one line; no
 * line end behind the last.  Characters that nobody would see are written as
 * \u202e.
 */
void json_put_pretty(struct strbuf *out, const struct cJSON *json);

/*
 * Where an item of root stands in the text that json_parse() made root of: its
 * key, if it has one.  Both count from 1, columns in characters.  False if it
 * is not of that tree.
 */
bool json_locate(const char *text, size_t len, const struct cJSON *root,
    const struct cJSON *item, size_t *line, size_t *column);

#endif
