/*
 * What the hub answered the last time: while it says the same again, nothing
 * is parsed.
 */
#ifndef TWINDECK_CORE_DECK_LAST_ANSWER_H
#define TWINDECK_CORE_DECK_LAST_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_answer;
struct client_call;

#define LAST_ANSWER_MAX ((size_t)256 * 1024) /* bytes kept of one */
#define LAST_ANSWER_MS 30000 /* then it is looked at again in any case */

/* Starts from { 0 }: none. */
struct last_answer {
	char *body; /* owned, or NULL */
	size_t len;
	int64_t parsed_ms; /* monotonic; 0: it is not to be offered any more */
};

/* Not while a call knows of it. */
void last_answer_fini(struct last_answer *last);
/* Whether it differs from the one before. */
bool last_answer_keep(
    struct last_answer *last, const struct client_answer *answer);
/* It is to be parsed when it comes again. */
void last_answer_doubt(struct last_answer *last);
/* Tells a call that was just made. */
void last_answer_offer(
    const struct last_answer *last, struct client_call *call);

#endif
