/*
 * What keys do on the screen: the one table that the dispatcher, the footer,
 * the help, the ':' prompt and the man-page test read.  (What acts on devices
 * without a screen is the table of core/deck/command.h.)
 */
#ifndef TWINDECK_TUI_KEYS_H
#define TWINDECK_TUI_KEYS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tui/key.h"

struct app;

#define KEYS_PER_ROW 4

enum key_where {
	IN_DEVICES = 1, /* 1 << enum pane_id */
	IN_TWIN = 2,
	IN_JOBS = 4,
	IN_JOB = 8,
	IN_TRAFFIC = 16,
	IN_PANES = IN_DEVICES | IN_TWIN | IN_JOBS,
	IN_ALL = IN_PANES | IN_JOB | IN_TRAFFIC,
};

/* The dispatcher refuses politely when one is not met. */
enum key_needs {
	NEEDS_DECK = 1,    /* a hub to talk to */
	NEEDS_HUB = 2,     /* that answers just now */
	NEEDS_DEVICE = 4,  /* under the cursor */
	NEEDS_TARGETS = 8, /* marked, or under the cursor */
	NEEDS_TWIN = 16,   /* of the device under the cursor, loaded */
	NEEDS_JOB = 32,    /* under the cursor */
};

struct key_def {
	const char *name; /* as one types it behind ':'; NULL ends */
	int32_t keys[KEYS_PER_ROW]; /* 0: none */
	int where;         /* enum key_where */
	int needs;         /* enum key_needs */
	const char *label; /* in the footer; NULL: not there */
	const char *arg;   /* what may stand behind the name; NULL: nothing */
	const char *help;  /* one sentence */
	void (*run)(struct app *app, const char *arg);
};

extern const struct key_def key_table[];

const struct key_def *keys_find(int32_t key, int where);       /* or NULL */
const struct key_def *keys_find_name(const char *name);        /* or NULL */
/* The one whose name begins so; NULL if there is none, or more than one. */
const struct key_def *keys_find_prefix(const char *prefix);

#define KEYS_NAMES_SIZE 64
/* "j, Down" */
const char *keys_names(const struct key_def *def, char out[KEYS_NAMES_SIZE]);
void keys_print(FILE *file); /* for --help */

#endif
