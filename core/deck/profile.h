/*
 * What a user keeps about hubs: how one is reached, whether it is dangerous,
 * and what the deck remembers there (columns, filters, templates).  One INI
 * file for all:
 *
 *   [deck]                                  holds for every hub
 *   hub = prod                              the one that is opened
 *   theme = light
 *
 *   [hub prod]
 *   connection-string-file = ~/prod.txt
 *   danger = yes
 *
 * The user's own editor and the deck both write it: what the deck sets changes
 * one line, all others stay as they are, byte for byte.
 */
#ifndef TWINDECK_CORE_DECK_PROFILE_H
#define TWINDECK_CORE_DECK_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct err;
struct profile;

#define PROFILE_FILE_MAX ((size_t)1024 * 1024) /* bytes */
#define PROFILE_NAME_MAX ((size_t)128) /* bytes of a hub's or a key's name */
#define PROFILE_VALUE_MAX ((size_t)64 * 1024) /* bytes */

/* A key of the file; the parser, `set`, help and the man-page test read it. */
struct profile_def {
	const char *name; /* "filter." with a dot: any name stands behind it */
	const char *arg;  /* what the value is called: "FILE" */
	const char *help; /* one sentence */
	bool is_secret;   /* never shown; the file must be private */
	bool of_deck;     /* stands in [deck] only */
	bool is_switch;   /* yes or no, in a word that profile_is_yes() knows */
};
extern const struct profile_def profile_table[]; /* ends with no name */
/* Prints the table, for --help. */
void profile_print(FILE *file);
/* The row of a key, or NULL. */
const struct profile_def *profile_def(const char *key);

/*
 * Reads the file; one that is missing is an empty one, NULL keeps everything
 * in memory.  No hub is chosen yet.  NULL with err set, naming file and line:
 * ERR_INVALID, ERR_LIMIT, ERR_IO, ERR_UNAUTHORIZED (it holds a secret and
 * others can read it).
 */
struct profile *profile_new(const char *path, struct err *err);
void profile_free(struct profile *profile); /* NULL does nothing */

/* Reads the file again.  0, or -1 with err set and nothing changed. */
int profile_reload(struct profile *profile, struct err *err);

/*
 * Chooses the hub whose section is read and written.  Any name does, its
 * section is made by the first profile_set(); profile_has_hub() tells whether
 * it is there.  0, or -1 with err set (ERR_INVALID: no name for a section).
 */
int profile_choose(
    struct profile *profile, const char *name, struct err *err);
bool profile_has_hub(const struct profile *profile, const char *name);
const char *profile_name(const struct profile *profile); /* or NULL */
/* Hubs that can be opened, those with a connection string, in the order of the
 * file; NULL behind the last.  Borrowed. */
const char *profile_hub_at(const struct profile *profile, size_t i);

/*
 * The chosen hub's own section first, then [deck]; NULL: not set.  Borrowed
 * until the next profile_set().
 */
const char *profile_get(const struct profile *profile, const char *key);
/* yes, on, true or 1; of a switch there is nothing else but no, off, false, 0. */
bool profile_is_yes(const struct profile *profile, const char *key);
/* "[hub prod] of /home/eva/.config/twindeck/config"; NULL: not set. */
char *profile_origin(const struct profile *profile, const char *key);
/*
 * The i-th key that is set and begins with prefix ("filter.", "" for all),
 * the hub's own first; NULL behind the last.  Borrowed as profile_get().
 */
const char *profile_key_at(
    const struct profile *profile, const char *prefix, size_t i);

/*
 * Sets a key of the chosen hub, or of [deck] where there is none or the key
 * belongs there; value NULL removes it.  The file is read again first, as
 * somebody may have written it since, and replaced in one piece.  0, or -1
 * with err set and nothing changed.
 */
int profile_set(struct profile *profile, const char *key, const char *value,
    struct err *err);

#endif
