/*
 * Reads the twin of each device of a plan, fresh, a few at a time, and fires
 * DECK_PLAN as they come in.
 */
#ifndef TWINDECK_CORE_DECK_PLAN_READER_H
#define TWINDECK_CORE_DECK_PLAN_READER_H

struct deck;
struct plan;
struct plan_reader;

#define PLAN_READER_AT_ONCE 8
#define PLAN_READER_RETRIES 4 /* of one twin, where nothing speaks against it */

/* Both are borrowed. */
struct plan_reader *plan_reader_new(struct deck *deck, struct plan *plan);
/* Drops what is under way.  NULL does nothing. */
void plan_reader_free(struct plan_reader *reader);

#endif
