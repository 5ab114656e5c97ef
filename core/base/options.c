#include "config.h"

#include "core/base/options.h"

#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

#define FIRST_VALUE 256 /* getopt's values, clear of any character */
#define HELP_COLUMN 28
#define HELP_WIDTH 80

struct options {
	const struct option_def *table;
	const char *values[OPTIONS_MAX]; /* borrowed from argv; NULL: not given */
	char *lists[OPTIONS_MAX];        /* owned: of lists given twice */
	int64_t numbers[OPTIONS_MAX];
	char **args; /* owned array of borrowed strings, permuted by getopt */
	int n_args, first_arg;
};

static size_t
row_of(const struct options *o, const char *name)
{
	size_t i;

	for (i = 0; o->table[i].name != NULL; i++)
		if (strcmp(o->table[i].name, name) == 0)
			return i;
	abort(); /* no such row: a slip of the pen in the caller */
}

static int
check_number(const struct option_def *def, const char *value, int64_t *number,
    struct err *err)
{
	if (str_to_int64(value, def->min, def->max, number) == 0)
		return 0;
	return err_set(err, ERR_INVALID,
	    "--%s takes a whole number from %" PRId64 " to %" PRId64
	    "%s%s, not \"%.60s\"",
	    def->name, def->min, def->max, def->unit != NULL ? " " : "",
	    def->unit != NULL ? def->unit : "", value);
}

static void
take(struct options *o, size_t i, const char *value)
{
	char *list;

	if (o->table[i].type == OPTION_LIST && o->values[i] != NULL) {
		list = xasprintf("%s,%s", o->values[i], value);
		free(o->lists[i]);
		o->lists[i] = list;
		value = list;
	}
	o->values[i] = value;
}

/* getopt_long() is told by table what to look for, and says nothing itself. */
static int
parse(struct options *o, struct err *err)
{
	struct option longs[OPTIONS_MAX + 1] = { { 0 } };
	const struct option_def *def;
	size_t i;
	int c;

	for (i = 0; o->table[i].name != NULL; i++) {
		assert(i < OPTIONS_MAX);
		def = &o->table[i];
		longs[i].name = def->name;
		longs[i].has_arg = def->type != OPTION_FLAG;
		longs[i].val = FIRST_VALUE + (int)i;
		if (def->type == OPTION_NUMBER && def->def != NULL &&
		    check_number(def, def->def, &o->numbers[i], err) == -1)
			return -1;
	}
	optind = 0; /* glibc: forget an earlier parse */
	opterr = 0;
	while ((c = getopt_long(o->n_args, o->args, ":", longs, NULL)) != -1) {
		const char *word = o->args[optind - 1];

		if (c == '?' && optopt > 0 && optopt < FIRST_VALUE)
			return err_set(err, ERR_INVALID,
			    "unknown option -%c; see --help", optopt);
		if (c == ':')
			return err_set(err, ERR_INVALID,
			    "%.60s needs an argument", word);
		if (c == '?' && optopt >= FIRST_VALUE)
			return err_set(err, ERR_INVALID,
			    "--%s takes no argument",
			    o->table[optopt - FIRST_VALUE].name);
		if (c == '?')
			return err_set(err, ERR_INVALID,
			    "unknown option %.60s; see --help",
			    word);
		i = (size_t)(c - FIRST_VALUE);
		take(o, i, optarg != NULL ? optarg : "");
		if (o->table[i].type == OPTION_NUMBER &&
		    check_number(&o->table[i], optarg, &o->numbers[i], err) ==
			-1)
			return -1;
	}
	o->first_arg = optind;
	return 0;
}

struct options *
options_parse(const struct option_def *table, int argc, char *const *argv,
    struct err *err)
{
	struct options *o = xcalloc(1, sizeof(*o));

	o->table = table;
	o->n_args = argc;
	o->args = xcalloc((size_t)argc + 1, sizeof(*o->args));
	memcpy(o->args, argv, (size_t)argc * sizeof(*o->args));
	if (parse(o, err) == 0)
		return o;
	options_free(o);
	return NULL;
}

void
options_free(struct options *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < OPTIONS_MAX; i++)
		free(o->lists[i]);
	free(o->args);
	free(o);
}

bool
options_given(const struct options *o, const char *name)
{
	return o->values[row_of(o, name)] != NULL;
}

bool
options_flag(const struct options *o, const char *name)
{
	return options_given(o, name);
}

const char *
options_string(const struct options *o, const char *name)
{
	size_t i = row_of(o, name);

	return o->values[i] != NULL ? o->values[i] : o->table[i].def;
}

int64_t
options_number(const struct options *o, const char *name)
{
	return o->numbers[row_of(o, name)];
}

int
options_argc(const struct options *o)
{
	return o->n_args - o->first_arg;
}

const char *
options_argv(const struct options *o, int i)
{
	return i < options_argc(o) ? o->args[o->first_arg + i] : NULL;
}

/* Words from column to the end of the line, as many lines as it takes. */
static void
print_wrapped(FILE *file, int column, const char *text)
{
	int at = column, width;
	size_t len;
	char *word;

	while (*text != '\0') {
		len = strcspn(text, " ");
		word = xstrndup(text, len);
		width = utf8_characters(word);
		if (at > column && at + 1 + width > HELP_WIDTH) {
			fprintf(file, "\n%*s", column, "");
			at = column;
		}
		at += fprintf(file, "%s", at > column ? " " : "") + width;
		fputs(word, file);
		free(word);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

void
options_print_text(FILE *file, const char *text)
{
	print_wrapped(file, 0, text);
}

void
options_print_row(FILE *file, const char *words, const char *help)
{
	int n = 2 + utf8_characters(words);

	fprintf(file, "  %s", words);
	if (n > HELP_COLUMN - 2) {
		fputc('\n', file);
		n = 0;
	}
	fprintf(file, "%*s", HELP_COLUMN - n, "");
	print_wrapped(file, HELP_COLUMN, help);
}

void
options_print_help(FILE *file, const struct option_def *table)
{
	struct strbuf words = { 0 }, help = { 0 };
	const struct option_def *def;

	for (def = table; def->name != NULL; def++) {
		strbuf_reset(&words);
		strbuf_reset(&help);
		strbuf_printf(&words, "--%s%s%s", def->name,
		    def->arg != NULL ? " " : "",
		    def->arg != NULL ? def->arg : "");
		strbuf_puts(&help, def->help);
		if (def->def != NULL)
			strbuf_printf(&help, " (default %s%s%s)", def->def,
			    def->unit != NULL ? " " : "",
			    def->unit != NULL ? def->unit : "");
		else if (def->unit != NULL)
			strbuf_printf(&help, " (%s)", def->unit);
		options_print_row(file, strbuf_str(&words), strbuf_str(&help));
	}
	strbuf_fini(&words);
	strbuf_fini(&help);
}
