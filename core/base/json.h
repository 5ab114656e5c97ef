/*
 * JSON beyond what cJSON does: strict parsing with the place of the fault,
 * RFC 7386 merge, paths, and text kept byte for byte.
 */
#ifndef TWINDECK_CORE_BASE_JSON_H
#define TWINDECK_CORE_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct err;
struct strbuf;

#define JSON_DEPTH_MAX 64 /* levels of nesting that json_parse() reads */

/*
 * Parses one JSON value and nothing after it.  Refuses what RFC 8259 refuses,
 * and also duplicate keys.  Returns NULL with err set: ERR_INVALID ("line 1,
 * column 7: …"; columns count characters) or ERR_LIMIT.
 */
struct cJSON *json_parse(const char *text, size_t len, struct err *err);

/* Compact; numbers read back as they were.  json_print() is the caller's. */
void json_put(struct strbuf *out, const struct cJSON *json);
char *json_print(const struct cJSON *json);
/* Appends a string with its quotes; NULL becomes null. */
void json_put_string(struct strbuf *out, const char *s);

/*
 * Merges patch into target (RFC 7386): objects merge, null removes, the rest
 * replaces.  Nulls inside a subtree that is new are dropped.
 */
void json_merge(struct cJSON *target, const struct cJSON *patch);

/* A member by its exact name, borrowed, or NULL; NULL in gives NULL. */
const struct cJSON *json_get(const struct cJSON *object, const char *name);
/* A member below by its dotted path, "firmware.status". */
const struct cJSON *json_path(const struct cJSON *object, const char *path);
/* A member by its name in any case, as IoT Hub reads its envelopes. */
const struct cJSON *json_get_nocase(
    const struct cJSON *object, const char *name);
/* The text of a string member, or NULL. */
const char *json_get_string(const struct cJSON *object, const char *name);
/* A number member without its fraction; or otherwise, also when it is beyond
 * the 2^53 up to which a double is exact. */
int64_t json_get_int(
    const struct cJSON *object, const char *name, int64_t otherwise);

/* Equal values, whatever the order of the keys. */
bool json_equal(const struct cJSON *a, const struct cJSON *b);

/*
 * Finds the bytes of a top-level member's value in text that json_parse() has
 * accepted, so that they can be passed on unchanged.  Returns false if there
 * is no such member or the text is no object.
 */
bool json_raw_member(const char *text, size_t len, const char *name,
    const char **start, size_t *n);

#endif
