#include "config.h"

#include "core/deck/plan_reader.h"

#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>

#include "core/base/backoff.h"
#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/plan.h"

#define RETRY_LEAST_MS 500
#define RETRY_MOST_MS 10000

/* One of those at a time: a twin that is asked for, or waits to be again. */
struct slot {
	struct plan_reader *reader;
	struct client_call *call; /* or NULL */
	struct event *again;
	size_t i; /* of the device */
	int tries;
};

struct plan_reader {
	struct deck *deck;
	struct plan *plan;
	struct slot slots[PLAN_READER_AT_ONCE];
	size_t next; /* device */
};

static void on_answer(const struct client_answer *answer, void *arg);

static void
ask(struct slot *slot)
{
	struct plan_reader *reader = slot->reader;

	slot->call = client_twin_get(deck_client(reader->deck),
	    plan_device(reader->plan, slot->i)->device_id, on_answer, slot);
}

static void
ask_next(struct slot *slot)
{
	struct plan_reader *reader = slot->reader;

	if (reader->next == plan_size(reader->plan))
		return;
	slot->i = reader->next++;
	slot->tries = 0;
	ask(slot);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask(arg);
}

/* A read may always be tried again, unless the hub knows better. */
static bool
may_try_again(const struct slot *slot, const struct client_answer *answer)
{
	return slot->tries < PLAN_READER_RETRIES &&
	    (answer->http == 0 || answer->http == 429 || answer->http >= 500);
}

static void
on_answer(const struct client_answer *answer, void *arg)
{
	struct slot *slot = arg;
	struct plan_reader *reader = slot->reader;
	struct timeval tv;
	int64_t wait_ms;

	slot->call = NULL;
	if (answer->err->code != ERR_NONE && may_try_again(slot, answer)) {
		wait_ms = backoff_ms(slot->tries++, RETRY_LEAST_MS,
		    RETRY_MOST_MS, answer->retry_after_ms);
		tv.tv_sec = wait_ms / 1000;
		tv.tv_usec = wait_ms % 1000 * 1000;
		evtimer_add(slot->again, &tv);
		return;
	}
	if (answer->err->code == ERR_NONE) {
		deck_take_twin(reader->deck, answer->json);
		plan_take(reader->plan, slot->i, answer->json, NULL);
	} else {
		plan_take(reader->plan, slot->i, NULL, answer->err);
	}
	ask_next(slot);
	/* Last: whoever hears it may free the reader. */
	events_fire(deck_events(reader->deck), DECK_PLAN, NULL);
}

struct plan_reader *
plan_reader_new(struct deck *deck, struct plan *plan)
{
	struct plan_reader *reader = xcalloc(1, sizeof(*reader));
	struct slot *slot;

	reader->deck = deck;
	reader->plan = plan;
	for (slot = reader->slots; slot < reader->slots + PLAN_READER_AT_ONCE;
	     slot++) {
		slot->reader = reader;
		slot->again = evtimer_new(deck_base(deck), on_again, slot);
		ask_next(slot);
	}
	return reader;
}

void
plan_reader_free(struct plan_reader *reader)
{
	struct slot *slot;

	if (reader == NULL)
		return;
	for (slot = reader->slots; slot < reader->slots + PLAN_READER_AT_ONCE;
	     slot++) {
		if (slot->call != NULL)
			client_cancel(slot->call);
		event_free(slot->again);
	}
	free(reader);
}
