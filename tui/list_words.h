/*
 * What may be typed behind '/', :filter, :sort, :columns and :select: names of
 * columns and fields, saved filters, tags and twin paths that were seen.
 */
#ifndef TWINDECK_TUI_LIST_WORDS_H
#define TWINDECK_TUI_LIST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct app;

/* As prompt_words_cb has it, of a line of the filter prompt; arg is the app. */
const char *
list_filter_word(const char *line, size_t start, size_t i, void *arg);

/* Whether a ':' line is one of ours; then *word is its i-th, or NULL. */
bool list_command_word(struct app *app, const char *line, size_t start,
    size_t i, const char **word);

#endif
