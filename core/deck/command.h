/*
 * The commands that act on devices: the one table that `twindeck run`, the
 * deck's ':' prompt, completion, help and the man page share.  (What only
 * moves things on the screen is the screen's own table.)
 */
#ifndef TWINDECK_CORE_DECK_COMMAND_H
#define TWINDECK_CORE_DECK_COMMAND_H

#include <stddef.h>
#include <stdint.h>

struct deck;
struct err;
struct job;
struct option_def;
struct options;

enum command_needs {
	COMMAND_NEEDS_TARGETS = 1, /* --on, or what is marked */
	COMMAND_NEEDS_JOB = 2,     /* a job number, or the one under the cursor */
	COMMAND_ONE_SHOT_ONLY = 4, /* only `twindeck run` prints lists */
};

struct command_context {
	struct deck *deck;
	/* Targets where --on is not given; the deck's marked or focused. */
	const char *const *device_ids;
	size_t n_devices;
	struct job *job; /* under the cursor, or NULL */
};

/* What became of a command that started. */
struct command_result {
	struct job *job; /* to be followed, or NULL */
};

struct command_def {
	const char *name;  /* "call" */
	const char *usage; /* "METHOD [JSON]" */
	const char *help;  /* one sentence */
	int needs;         /* enum command_needs */
	const struct option_def *options;
	/* options_argv(options, 0) is the first argument behind the name. */
	int (*run)(const struct command_context *context,
	    const struct options *options, struct command_result *result,
	    struct err *err);
};

extern const struct command_def command_table[]; /* ends with no name */

const struct command_def *command_find(const char *name); /* or NULL */

/*
 * Splits a line into words as a shell does with quotes and backslashes, no
 * expansion; braces and brackets keep JSON together, so that
 * `call lockDoor {"lockTime": "10m"}` needs no quotes.  *words and its strings
 * are the caller's (free with command_words_free()).  0, or -1 with err set.
 */
int command_split(
    const char *line, char ***words, size_t *n, struct err *err);
void command_words_free(char **words, size_t n);

/* Finds, parses and runs a line.  0, or -1 with err set. */
int command_run_line(const struct command_context *context, const char *line,
    struct command_result *result, struct err *err);

/* "now", "+20s", "14:30", an ISO time: milliseconds from now.  0, or -1. */
int command_parse_when(const char *when, int64_t *delay_ms, struct err *err);

#endif
