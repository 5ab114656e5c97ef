/*
 * The modes of the program.  A mode is one row: its options, its help and the
 * function that wires the layers together and runs until the end.
 */
#ifndef TWINDECK_TUI_MODE_H
#define TWINDECK_TUI_MODE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/base/options.h"

struct err;

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAULT = 1,
	EXIT_USAGE = 2,
	EXIT_SOME_FAILED = 3,
	EXIT_NOT_AUTHORIZED = 4,
	EXIT_UNREACHABLE = 5,
	EXIT_SOME_UNKNOWN = 7,
	EXIT_ALREADY_RUNNING = 10,
	EXIT_PORT_IN_USE = 11,
	EXIT_STATE_NOT_WRITABLE = 12,
};

/* A sub-command of a mode, for its help and the man page. */
struct mode_command {
	const char *usage; /* "add-device ID"; NULL ends */
	const char *help;  /* one sentence */
};

struct mode {
	const char *name;    /* NULL: the deck, which needs no word */
	const char *usage;   /* behind "twindeck ": "hub [OPTION …] [COMMAND]" */
	const char *summary; /* one sentence */
	const struct option_def *options;
	const struct mode_command *commands; /* or NULL */
	bool has_deck_commands; /* it takes those of core/deck/command.h */
	/* Returns the exit code. */
	int (*run)(const struct options *options);
	void (*print_more)(FILE *file); /* of --help, or NULL */
};

/* The rows that every mode's table begins with. */
#define MODE_OPTIONS \
	{ .name = "help", .type = OPTION_FLAG, \
	    .help = "Print this help and exit." }, \
	{ .name = "version", .type = OPTION_FLAG, \
	    .help = "Print the version and exit." }

extern const struct mode *const mode_table[]; /* ends with NULL */
extern const struct mode mode_deck;
extern const struct mode mode_demo;
extern const struct mode mode_device;
extern const struct mode mode_hub;
extern const struct mode mode_run;

/* One line for each command that runs without a screen. */
void mode_print_commands(FILE *file);

/* Prints "twindeck NAME: TEXT" on standard error and returns the code. */
int mode_fail(const struct mode *mode, const struct err *err, int code);

#endif
