/*
 * A text that an editor has: a file in a folder of its own, with a note beside
 * it of what it is a text of, until it is sent or given up.  A deck that dies
 * leaves both, and the next one on the same hub goes on with them.  Lines at
 * the top that begin with two slashes are notes, and no part of the text.
 */
#ifndef TWINDECK_TUI_KEPT_H
#define TWINDECK_TUI_KEPT_H

#include <stddef.h>
#include <stdint.h>

#include "core/iothub/twin.h"

struct cJSON;
struct err;
struct kept;

#define KEPT_TEXT_MAX ((size_t)1024 * 1024) /* bytes that are read back */
#define KEPT_DAYS 30 /* what is older is removed */

/* What it is a text of; everything is borrowed. */
struct kept_of {
	const char *place; /* deck_place(); NULL: it is not found again */
	enum twin_section section;
	char *const *ids;
	size_t n;
};

/* A new one, nothing of which is on disk yet. */
struct kept *kept_new(const struct kept_of *of);
/*
 * The newest that somebody left of the same hub, section and devices, in
 * whatever order; NULL: there is none, or another deck has it.
 */
struct kept *kept_find(const struct kept_of *of);
/* It stays on disk, for the next one.  NULL does nothing. */
void kept_leave(struct kept *kept);
/* With the file, and whatever an editor has put beside it.  Likewise. */
void kept_remove(struct kept *kept);

/*
 * Writes the file; base is the section as it was when the text was begun.  0,
 * or -1 with err set.
 */
int kept_write(struct kept *kept, const struct cJSON *base, const char *text,
    size_t len, struct err *err);

const char *kept_path(const struct kept *kept); /* NULL: no file yet */
/* What is in the file now, notes left out: the caller's, or NULL. */
char *kept_text(const struct kept *kept);
const char *kept_below_notes(const char *text); /* points into it */

/* Of one that was found: */
const struct cJSON *kept_base(const struct kept *kept);
int64_t kept_at_us(const struct kept *kept); /* UTC, when it was saved last */
/* Another file that the editor left there: what it had not saved; or NULL. */
const char *kept_beside(const struct kept *kept);

/*
 * Calls cb with each text that was left on this hub and says anything, oldest
 * first; of is borrowed in the call.  What is too old is removed, of all hubs.
 */
typedef void (*kept_cb)(
    const struct kept_of *of, int64_t at_us, void *arg);
void kept_walk(const char *place, kept_cb cb, void *arg);

#endif
