/*
 * Command lines by table: the parser, --help and the man-page test read the
 * same rows.
 */
#ifndef TWINDECK_CORE_BASE_OPTIONS_H
#define TWINDECK_CORE_BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct err;
struct options;

enum option_type {
	OPTION_FLAG,   /* takes no argument */
	OPTION_STRING,
	OPTION_LIST,   /* a string; given again, it goes on behind a comma */
	OPTION_NUMBER, /* a whole number within [min, max] */
};

struct option_def {
	const char *name; /* without the dashes */
	enum option_type type;
	const char *arg;  /* what the argument is called: "FILE" */
	const char *unit; /* "seconds", or NULL */
	int64_t min, max; /* of a number */
	const char *def;  /* as one would type it; NULL: none */
	const char *help; /* one sentence */
};

#define OPTIONS_MAX 32 /* rows of one table */

/*
 * Reads argv[1…]; options stand anywhere among the other arguments, and "--"
 * ends them.  The table ends with a row without a name and must outlive the
 * result, which borrows from argv.  Returns NULL with err set (ERR_INVALID).
 */
struct options *options_parse(const struct option_def *table, int argc,
    char *const *argv, struct err *err);
void options_free(struct options *options); /* NULL does nothing */

bool options_flag(const struct options *options, const char *name);
/* The value given, else the default, else NULL; borrowed. */
const char *options_string(const struct options *options, const char *name);
int64_t options_number(const struct options *options, const char *name);
bool options_given(const struct options *options, const char *name);

/* What is left: arguments that are no options. */
int options_argc(const struct options *options);
const char *options_argv(const struct options *options, int i); /* or NULL */

/* Writes sentences, wrapped for a terminal of 80 columns. */
void options_print_text(FILE *file, const char *text);

/*
 * Writes one row of a help text: words at the left, a sentence at the right,
 * wrapped for a terminal of 80 columns.
 */
void options_print_row(FILE *file, const char *words, const char *help);

/* Writes one row for each row of the table. */
void options_print_help(FILE *file, const struct option_def *table);

#endif
