#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "tui/mode.h"

const struct mode *const mode_table[] = {
	&mode_deck,
	&mode_demo,
	&mode_device,
	&mode_hub,
	&mode_run,
	NULL,
};

int
mode_fail(const struct mode *mode, const struct err *err, int code)
{
	fprintf(stderr, "twindeck%s%s: %s\n", mode->name != NULL ? " " : "",
	    mode->name != NULL ? mode->name : "", err->text);
	return code;
}

void
mode_print_commands(FILE *file)
{
	const struct command_def *c;
	char words[64];

	for (c = command_table; c->name != NULL; c++) {
		if ((c->needs & COMMAND_DECK_ONLY) != 0)
			continue;
		snprintf(words, sizeof(words), "%s %s", c->name, c->usage);
		options_print_row(file, words, c->help);
	}
}

static void
print_help(const struct mode *mode)
{
	const struct mode_command *c;
	const struct mode *const *m;

	printf("usage: twindeck %s\n\n", mode->usage);
	options_print_text(stdout, mode->summary);
	if (mode->commands != NULL)
		putchar('\n');
	for (c = mode->commands; c != NULL && c->usage != NULL; c++)
		options_print_row(stdout, c->usage, c->help);
	if (mode->has_deck_commands) {
		putchar('\n');
		mode_print_commands(stdout);
	}
	putchar('\n');
	options_print_help(stdout, mode->options);
	if (mode->print_more != NULL)
		mode->print_more(stdout);
	if (mode->name != NULL)
		return;
	puts("\nOther modes, each with a --help of its own:\n");
	for (m = mode_table; *m != NULL; m++)
		if ((*m)->name != NULL)
			options_print_row(stdout, (*m)->name, (*m)->summary);
}

static const struct mode *
find_mode(const char *word)
{
	const struct mode *deck = NULL;
	const struct mode *const *m;

	for (m = mode_table; *m != NULL; m++) {
		if ((*m)->name == NULL)
			deck = *m;
		else if (word != NULL && strcmp((*m)->name, word) == 0)
			return *m;
	}
	return deck;
}

int
main(int argc, char **argv)
{
	const struct mode *mode = find_mode(argc > 1 ? argv[1] : NULL);
	struct options *options;
	struct err err;
	int code = EXIT_OK;

	setlocale(LC_ALL, "");
	xalloc_init();
	if (mode == NULL) {
		fputs("twindeck: no such mode\n", stderr);
		return EXIT_USAGE;
	}
	if (mode->name != NULL) {
		argc--;
		argv++;
	}
	options = options_parse(mode->options, argc, argv, &err);
	if (options == NULL)
		return mode_fail(mode, &err, EXIT_USAGE);
	if (options_flag(options, "help"))
		print_help(mode);
	else if (options_flag(options, "version"))
		puts(PACKAGE_STRING);
	else
		code = mode->run(options);
	options_free(options);
	return code;
}
