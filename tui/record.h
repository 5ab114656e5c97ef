/*
 * What a user does, written down as a tour that can be played again
 * (tui/tour_script.h).  What was said of it, and which dialogs opened, become
 * what the tour waits for.  A line in which a secret may have been typed is
 * left out, and said to be.
 */
#ifndef TWINDECK_TUI_RECORD_H
#define TWINDECK_TUI_RECORD_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct record;

/*
 * A new file, for its user only; one that is there already is left alone.
 * NULL with err set: ERR_EXISTS, ERR_IO.
 */
struct record *record_new(const char *path, struct err *err);
/* Writes what is pending, but not what is being typed. */
void record_free(struct record *record); /* NULL does nothing */
const char *record_path(const struct record *record);

/* What is there before the first key, and takes a moment to come. */
void record_begin(struct record *record, const char *seen);
/*
 * A key, before it does anything.  help: what it does in a pane, and thereby
 * begins a step; NULL in a prompt or dialog.
 */
void
record_key(struct record *record, int32_t key, bool typed, const char *help);
void record_paste(struct record *record, const char *text);
/* What a line holds by now, for secrets. */
void record_look(struct record *record, const char *line);
/* A dialog has opened. */
void record_opened(struct record *record, const char *title);
/* at_once: by the key just pressed, and so the same when it is played. */
void record_said(struct record *record, const char *text, bool at_once);
/* What a tour cannot do; a comment, once where it stands. */
void record_note(struct record *record, const char *text);
/* 0, or -1 with err set when the file could not be written. */
int record_check(const struct record *record, struct err *err);

#endif
