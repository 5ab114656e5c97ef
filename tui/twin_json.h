/*
 * A twin's JSON as the hub sent it, broken into lines: numbers, strings and
 * the order of the keys are what they were, byte for byte; only the white
 * space between them is ours.
 */
#ifndef TWINDECK_TUI_TWIN_JSON_H
#define TWINDECK_TUI_TWIN_JSON_H

#include <stddef.h>

struct twin_lines;

#define TWIN_JSON_INDENT 2 /* cells a level */

/* text is one that json_parse() has accepted; of any other, what can be. */
void twin_json_build(struct twin_lines *lines, const char *text, size_t len);

#endif
