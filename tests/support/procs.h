/*
 * The processes of a test, found by a mark in their environment wherever they
 * have gone: another session, another parent.
 */
#ifndef TWINDECK_TESTS_SUPPORT_PROCS_H
#define TWINDECK_TESTS_SUPPORT_PROCS_H

#include <stddef.h>

struct strbuf;

/*
 * How many processes were started with the variable mark ("NAME=value") in
 * their environment.  Unless list is NULL, it gets "PID COMMAND LINE; " of
 * each.
 */
size_t procs_with(const char *mark, struct strbuf *list);

/* Kills them all, and those they start meanwhile, within a second or so. */
void procs_kill(const char *mark);

#endif
