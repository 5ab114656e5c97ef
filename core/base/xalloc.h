/*
 * Allocations that do not fail: on the last byte of memory the program says
 * so and exits.  Lengths from outside are bounded before they come here.
 */
#ifndef TWINDECK_CORE_BASE_XALLOC_H
#define TWINDECK_CORE_BASE_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xreallocarray(void *p, size_t n, size_t size);
char *xstrdup(const char *s);                 /* NULL stays NULL */
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

/* Overwrites a secret before its memory is given back; NULL does nothing. */
void xfree_secret(char *secret);

/* Called once before the exit, to give the terminal back. */
void xalloc_on_failure(void (*last_words)(void));

/* Gives these functions to cJSON too; main() calls it first. */
void xalloc_init(void);

#endif
