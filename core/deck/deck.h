/*
 * What an operator sees and does of one hub, without a screen: the fleet, the
 * watch that keeps it fresh, the jobs.  Panes read it, and draw again when an
 * event says that something changed.
 */
#ifndef TWINDECK_CORE_DECK_DECK_H
#define TWINDECK_CORE_DECK_DECK_H

#include <stdbool.h>

struct cJSON;
struct client;
struct connstr;
struct deck;
struct edits;
struct err;
struct event_base;
struct events;
struct fleet;
struct jobs;
struct packets;
struct traffic;
struct twin_history;
struct watch;

/* Kinds of events.h; fired only when something really changed. */
enum deck_event {
	DECK_FLEET,   /* rows came, went or changed; news NULL */
	DECK_TWIN,    /* the twin of the focused device; news NULL */
	DECK_JOBS,    /* a job came or moved; news NULL */
	DECK_FOUND,   /* news: struct deck_found, of watch_find() */
	DECK_PLAN,    /* a plan has got further: see plan_reader.h */
	DECK_TRAFFIC, /* a request was answered; news NULL */
	DECK_HEALTH,  /* live, failing, recovered: see watch_health() */
	DECK_MESSAGE, /* news: struct deck_message */
};

struct deck_found {
	const char *device_id; /* borrowed */
	const struct err *err; /* ERR_NONE: the fleet has it now */
};

struct deck_message {
	bool is_error;    /* stays on screen until the next action */
	const char *text; /* who, what, how long; UTF-8, one line, borrowed */
};

struct deck *deck_new(struct event_base *base, const struct connstr *cs,
    const char *ca_file, struct err *err);
/* Not from a callback of any of its parts.  NULL does nothing. */
void deck_free(struct deck *deck);

/*
 * The name under which things of this hub are kept on disk, the same at each
 * start and no other hub's; copied.  Once, before anything is asked of the
 * deck; until then there is none, and nothing is kept.
 */
void deck_set_place(struct deck *deck, const char *place);
const char *deck_place(const struct deck *deck); /* or NULL */

struct event_base *deck_base(struct deck *deck);
struct client *deck_client(struct deck *deck);
struct events *deck_events(struct deck *deck);
struct fleet *deck_fleet(struct deck *deck);
struct watch *deck_watch(struct deck *deck);
struct jobs *deck_jobs(struct deck *deck);
struct packets *deck_packets(struct deck *deck);
struct traffic *deck_traffic(struct deck *deck);
struct twin_history *deck_twin_history(struct deck *deck);
struct edits *deck_edits(struct deck *deck);

/* Whoever reads a twin hands it over here: to fleet, jobs and history. */
void deck_take_twin(struct deck *deck, const struct cJSON *twin);
/* The hub says that it has no such device (any more). */
void deck_device_gone(struct deck *deck, const char *device_id);

/* Fires DECK_MESSAGE. */
void deck_say(struct deck *deck, bool is_error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
