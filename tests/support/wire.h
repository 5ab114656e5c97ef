/*
 * Bytes as people write them in the tests' data files:
 *
 *   10 ff       bytes in hex
 *   00*300      one byte, many times
 *   'text'      the bytes of a text
 *   "text"      the same, behind its length in two bytes
 *   { … }       what is inside, behind its length as MQTT writes it
 *   <name>      stands for a text, anywhere
 */
#ifndef TWINDECK_TESTS_SUPPORT_WIRE_H
#define TWINDECK_TESTS_SUPPORT_WIRE_H

#include <stdio.h>

struct strbuf;

#define WIRE_FIELDS_MAX 12

/* One line of a data file, "name | field | field"; all owned. */
struct wire_line {
	char *text;
	char *fields[WIRE_FIELDS_MAX]; /* views into text, trimmed */
	size_t n;
	int number;
};

/* Opens a data file, named from the top of the tree. */
FILE *wire_open(const char *name);

/* The next line that is no comment; 0 at the end. */
int wire_next(FILE *file, struct wire_line *line);
void wire_line_fini(struct wire_line *line);

/* Pairs of name and text, a NULL name ends; the caller's to free. */
struct wire_word {
	const char *name;
	const char *text;
};
char *wire_expand(const char *text, const struct wire_word *words);

/* Appends the bytes; fails the test if the text cannot be read. */
void wire_bytes(const char *text, struct strbuf *out);

#endif
