/*
 * Edits as JSON text and back: what edits_file.c keeps.  There an edit goes by
 * its time, as a job's number means nothing to the next start.
 */
#ifndef TWINDECK_CORE_DECK_EDITS_TEXT_H
#define TWINDECK_CORE_DECK_EDITS_TEXT_H

#include <stddef.h>

struct cJSON;
struct edits;
struct err;
struct strbuf;

/* The newest first, each of them whole; what does not fit is left out. */
void edits_text_put(struct strbuf *out, const struct edits *edits,
    const char *place, size_t max);

/* Whether it is such a text.  0, or -1 with err set (ERR_INVALID). */
int edits_text_check(const struct cJSON *json, struct err *err);

/*
 * An array of such texts, checked: all their edits become those of earlier
 * starts.  Where one stands in several, the text that was written last has it.
 */
void edits_text_take(struct edits *edits, const struct cJSON *texts);

#endif
