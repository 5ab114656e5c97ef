/*
 * What Tab completes at the ':' prompt: commands, their options, and their
 * arguments by what the key table and the command table call them, METHOD or
 * DEVICE.
 */
#ifndef TWINDECK_TUI_COMPLETE_H
#define TWINDECK_TUI_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it knows what an argument of this name may be: "[METHOD]". */
bool complete_knows(const char *usage);

/* As prompt_words_cb has it; arg is the app. */
const char *complete_command(
    const char *line, size_t start, size_t i, void *arg);

#endif
