/*
 * cmocka, with the headers that it wants before itself, and what it lacks.
 */
#ifndef TWINDECK_TESTS_SUPPORT_TEST_H
#define TWINDECK_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N_ROWS(table) (sizeof(table) / sizeof((table)[0]))

/*
 * Shows a text of many lines as TAP diagnostics.  print_message() would cut
 * it at 1024 bytes, and the next "ok" would stand behind the cut.
 */
static inline void
test_show(const char *title, const char *text)
{
	size_t n;

	printf("# %s\n", title);
	for (; *text != '\0'; text += n + (text[n] != '\0')) {
		n = strcspn(text, "\n");
		printf("# |%.*s\n", (int)n, text);
	}
	fflush(stdout);
}

#endif
