/*
 * Three versions of one section: as it was opened, as somebody else has
 * written it since, and as it was typed here.
 */
#ifndef TWINDECK_CORE_DECK_MERGE3_H
#define TWINDECK_CORE_DECK_MERGE3_H

#include <stdbool.h>

struct cJSON;

enum merge3_kind {
	MERGE3_MINE,   /* changed here only */
	MERGE3_THEIRS, /* changed there only */
	MERGE3_SAME,   /* changed to the same by both */
	MERGE3_CONFLICT
};

/*
 * Walks what differs.  Values are JSON texts, borrowed in the call; NULL: not
 * there.  A null that was typed is a wish that it be gone.
 */
typedef void (*merge3_cb)(enum merge3_kind kind, const char *path,
    const char *base, const char *theirs, const char *mine, void *arg);
void merge3_walk(const struct cJSON *base, const struct cJSON *theirs,
    const struct cJSON *mine, merge3_cb cb, void *arg);

/*
 * Theirs with what was changed here on top; where both changed the same value,
 * mine, or theirs if prefer_theirs.  The caller's.
 */
struct cJSON *merge3(const struct cJSON *base, const struct cJSON *theirs,
    const struct cJSON *mine, bool prefer_theirs);

#endif
