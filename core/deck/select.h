/*
 * Marks the devices that a query of IoT Hub's own language finds, also those
 * that the list has not loaded yet: their twins are read then.  Nothing is
 * marked before the last page is in, so that a query that fails, or is given
 * up, leaves the marks as they were.
 */
#ifndef TWINDECK_CORE_DECK_SELECT_H
#define TWINDECK_CORE_DECK_SELECT_H

#include <stdbool.h>
#include <stddef.h>

struct deck;
struct err;
struct select;

#define SELECT_QUERY_MAX ((size_t)8192) /* characters; IoT Hub's own limit */
#define SELECT_TRIES 5                  /* of a page that is throttled */

struct select *select_new(struct deck *deck); /* borrowed */
/* Gives up what is under way, without a word.  NULL does nothing. */
void select_free(struct select *select);

/*
 * A condition, "tags.site = 'brno'", or a whole query whose rows have a
 * deviceId.  One that is under way is given up.  The outcome is said by
 * deck_say(), with the column of a fault as it stands in text.  0, or -1 with
 * err set (ERR_INVALID, ERR_LIMIT).
 */
int select_start(struct select *select, const char *text, struct err *err);
bool select_is_running(const struct select *select);
void select_cancel(struct select *select); /* says so, if one was running */
/* "120 devices found", borrowed until the next call; fires DECK_FLEET. */
const char *select_progress(struct select *select);

#endif
