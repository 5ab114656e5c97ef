/*
 * A deck without a hub: fleet, events, commands and form are the real ones,
 * watch and jobs are what a test says they are, and core/deck/job_info.c tells
 * of them.  Linked in place of core/deck/deck.c, watch.c, jobs.c, job_hub.c and
 * select.c.
 */
#ifndef TWINDECK_TESTS_SUPPORT_FAKE_DECK_H
#define TWINDECK_TESTS_SUPPORT_FAKE_DECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/deck/jobs.h"
#include "core/deck/watch.h"

struct deck;

#define FAKE_NOW_US INT64_C(1795312889000000) /* 2026-11-22T02:01:29Z */

/* The monotonic time at which the deck was made: the fleet knows no other. */
extern int64_t fake_now_ms;
/* When a twin that is handed in is seen; FAKE_NOW_US in a new deck. */
extern int64_t fake_seen_us;

struct deck *fake_deck_new(void);
void fake_deck_free(struct deck *deck);

/* A twin as JSON text, as the hub sends it; it also becomes the focused one's
 * when that device is watched. */
void fake_deck_twin(struct deck *deck, const char *json);
/* Devices door-001 to door-00N in all the states that a row knows. */
void fake_deck_fill(struct deck *deck);
struct watch_health *fake_deck_health(struct deck *deck);
void fake_deck_fire(struct deck *deck, int kind);

/* A job that stands as it is told; its devices may be changed afterwards. */
struct job *fake_deck_job(struct deck *deck, const char *title,
    enum job_state state, const char *const *device_ids, size_t n);
struct job_request *fake_job_request(struct job *job);
void fake_job_note(struct job *job, const char *note); /* the hub runs it */
void fake_job_pause(struct job *job, bool paused);
struct job_samples *fake_job_samples(struct job *job); /* made when asked */
struct job_device *fake_job_device(struct job *job, size_t i);
void fake_job_end(struct job *job, size_t i, enum job_device_state state);
void fake_job_times(
    struct job *job, int64_t starts_ms, int64_t began_us, int64_t elapsed_ms);
/* What jobs_add() was asked last; NULL: never. */
const struct job_request *fake_deck_asked(struct deck *deck);
const char *fake_deck_focus(struct deck *deck);

#endif
