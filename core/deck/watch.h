/*
 * Keeps fresh what is on the screen: loads the list page by page, reads the
 * rows on screen by one query (the whole list, while it fits in one page), the
 * focused device by GET, each at most once in flight, every WATCH_PERIOD_MS.
 * A long list is read once as fast as the hub gives it, and from then on
 * slowly, again and again, to learn who came and went; how many are linked the
 * hub counts.  When it does not answer the watch backs off and says why, and
 * recovers by itself.
 */
#ifndef TWINDECK_CORE_DECK_WATCH_H
#define TWINDECK_CORE_DECK_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct cJSON;
struct client;
struct deck;
struct watch;

#define WATCH_PERIOD_MS 500
#define WATCH_CALM_MS 10000     /* nothing new, nobody looks elsewhere: then */
#define WATCH_PERIOD_CALM_MS 1000
#define WATCH_ROWS_MAX 100     /* ids in one query */
#define WATCH_SPARED_MS 2000   /* the focused device, if the list is as it was */
#define WATCH_SPARED_CALM_MS 5000 /* likewise, when it has been so for long */
#define WATCH_RELOAD_MS 30000  /* from one load of a long list to the next */
#define WATCH_SWEEP_MS 2000    /* from page to page of a later load */
#define WATCH_COUNT_MS 5000    /* from one count of a long list to the next */
#define WATCH_SHARE 20         /* both wait that many times what the hub took */
#define WATCH_BACKOFF_MS 500   /* after a failure, doubled up to _MAX */
#define WATCH_BACKOFF_MAX 10000

struct watch *watch_new(struct deck *deck);
void watch_free(struct watch *watch);
/* How many rows there is room for: before watch_start(), if it is known. */
void watch_expect(struct watch *watch, int rows);
void watch_start(struct watch *watch);

/* Whose twin is shown; NULL: nobody's.  Asks at once when it changes. */
void watch_focus(struct watch *watch, const char *device_id);
/* The rows on screen; copied, cut at WATCH_ROWS_MAX. */
void watch_visible(
    struct watch *watch, const char *const *device_ids, size_t n);
/*
 * Reads one device by its id, whether the list has it yet or not; the last one
 * asked for.  DECK_FOUND tells what came of it.
 */
void watch_find(struct watch *watch, const char *device_id);
/* Asks for everything now, as R does; a long list is read fast once more. */
void watch_refresh(struct watch *watch);

/*
 * The focused device's twin as last read, borrowed until the next turn of the
 * loop; NULL while it is still loading.
 */
const struct cJSON *watch_twin(const struct watch *watch);
/* The same as the hub sent it, byte for byte; NULL: only the list has told of
 * it so far. */
const char *watch_twin_text(const struct watch *watch);
int64_t watch_twin_seen_ms(const struct watch *watch); /* monotonic; 0: never */

struct watch_health {
	bool ok;             /* the last request was answered */
	bool ever;           /* any request ever was */
	struct err err;      /* when not ok: why, in words */
	int64_t fresh_ms;    /* monotonic; the last good answer; 0: never */
	int64_t next_try_ms; /* monotonic; when not ok; 0: trying just now */
};
const struct watch_health *watch_health(const struct watch *watch);

#endif
