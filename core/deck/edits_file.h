/*
 * Edits across starts: on disk by hub, below $XDG_STATE_HOME/twindeck/undo,
 * each running deck in a folder of its own; what decks that have ended left
 * there is loaded by the next one.
 */
#ifndef TWINDECK_CORE_DECK_EDITS_FILE_H
#define TWINDECK_CORE_DECK_EDITS_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct edits;
struct edits_file;
struct event_base;

/* Bytes of the file, which is written and read between two paints: what does
 * not fit, the newest first, lives in memory only. */
#define EDITS_FILE_MAX ((size_t)4 * 1024 * 1024)
#define EDITS_FILE_DAYS 30 /* what was not written to for so long is removed */

/* A file that cannot be read or written, in words. */
typedef void (*edits_file_say_cb)(const char *text, void *arg);

/*
 * Keeps them under the hub's name, see deck_place(); it is copied.  Nothing is
 * read before the edits are asked for.  Without a home they live in memory.
 */
struct edits_file *edits_file_new(struct event_base *base, struct edits *edits,
    const char *place, edits_file_say_cb say, void *arg);
/* Writes what is not written yet; before the edits go.  NULL does nothing. */
void edits_file_free(struct edits_file *file);

#endif
