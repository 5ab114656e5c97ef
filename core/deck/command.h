/*
 * The commands that act on devices: the one table that `twindeck run`, the
 * deck's ':' prompt, completion, help and the man page share.  (What only
 * moves things on the screen is the screen's own table.)
 */
#ifndef TWINDECK_CORE_DECK_COMMAND_H
#define TWINDECK_CORE_DECK_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/options.h"
#include "core/deck/jobs.h"

struct deck;
struct err;
struct job;

enum command_needs {
	COMMAND_NEEDS_TARGETS = 1, /* --on, or what is marked */
	COMMAND_NEEDS_JOB = 2,     /* a job number, or the one under the cursor */
	COMMAND_ONE_SHOT_ONLY = 4, /* only `twindeck run` prints lists */
	COMMAND_DECK_ONLY = 8,     /* one-shot commands leave no job behind */
};

/* The options of commands that act, here and of `twindeck run`. */
#define COMMAND_ACT_OPTIONS \
	{ .name = "on", .type = OPTION_STRING, .arg = "ID[,ID…]", \
	    .help = "The devices to act on." }, \
	{ .name = "when", .type = OPTION_STRING, .arg = "TIME", .def = "now", \
	    .help = "Start after a delay (+20s, +5m) or at a time (14:30, " \
		    "2026-11-22T06:00Z)." }, \
	{ .name = "at-once", .type = OPTION_NUMBER, .arg = "N", .min = 1, \
	    .max = JOBS_AT_ONCE_MAX, .def = "8", .unit = "devices", \
	    .help = "How many devices are called at the same time." }, \
	{ .name = "engine", .type = OPTION_STRING, .arg = "ENGINE", \
	    .def = "here", \
	    .help = "Who calls: here, this process; hub, a job of IoT Hub's " \
		    "own, which goes on without us." }, \
	{ .name = "ack", .type = OPTION_FLAG, \
	    .help = "Be content with the acknowledgement; do not wait until " \
		    "reported properties confirm it." }
#define COMMAND_CALL_OPTIONS \
	{ .name = "timeout", .type = OPTION_NUMBER, .arg = "S", .min = 5, \
	    .max = 300, .def = "30", .unit = "seconds", \
	    .help = "How long the device may take to answer a method." }, \
	{ .name = "connect-timeout", .type = OPTION_NUMBER, .arg = "S", \
	    .min = 0, .max = 300, .def = "0", .unit = "seconds", \
	    .help = "How long the hub waits for a device that is offline." }

struct command_context {
	struct deck *deck;
	bool one_shot; /* of `twindeck run` */
	/* Nothing is begun: the result says on what it would be. */
	bool rehearses;
	int64_t retry_ms; /* as in struct job_request */
	/* Targets where --on is not given; the deck's marked or focused. */
	const char *const *device_ids;
	size_t n_devices;
	struct job *job; /* under the cursor, or NULL */
};

/* What became of a command that started; of the rest, what to print. */
struct command_result {
	struct job *job;             /* to be followed, or NULL */
	enum command_print {
		COMMAND_PRINTS_NOTHING,
		COMMAND_PRINTS_LIST, /* of devices that match text, a filter */
		COMMAND_PRINTS_TWIN, /* of the device text */
		COMMAND_PRINTS_HELP
	} print;
	char *text;                  /* the caller's, or NULL */
	/* Of a rehearsal, the caller's: who would be acted on; or NULL, 0. */
	char **device_ids;
	size_t n_devices;
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

/*
 * The command that these words begin with, "twin" "get" among them; *used is
 * the number of words of its name.  NULL with err set (ERR_INVALID).
 */
const struct command_def *command_find(
    char *const *words, size_t n, size_t *used, struct err *err);

/*
 * Splits a line into words as a shell does with quotes and backslashes, no
 * expansion; brackets keep JSON together, and a string behind '=' keeps its
 * quotes, so that `call lockDoor {"lockTime": "10m"}` and `set site="brno"`
 * need no others.  *words and its strings
 * are the caller's (free with str_array_free()).  0, or -1 with err set.
 */
int command_split(
    const char *line, char ***words, size_t *n, struct err *err);

/*
 * Runs a command with the words behind its name, checking what it needs.
 * 0, or -1 with err set.
 */
int command_run(const struct command_context *context,
    const struct command_def *command, char *const *words, size_t n,
    struct command_result *result, struct err *err);

/* Finds, parses and runs a line.  0, or -1 with err set. */
int command_run_line(const struct command_context *context, const char *line,
    struct command_result *result, struct err *err);

/* "now", "+20s", "14:30", an ISO time: milliseconds from now.  0, or -1. */
int command_parse_when(const char *when, int64_t *delay_ms, struct err *err);

#endif
