#include "config.h"

#include "core/deck/deck.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/edits.h"
#include "core/deck/edits_file.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/packets.h"
#include "core/deck/traffic.h"
#include "core/deck/twin_history.h"
#include "core/deck/watch.h"

struct deck {
	struct event_base *base; /* borrowed */
	struct client *client;
	struct events *events;
	struct fleet *fleet;
	struct watch *watch;
	struct jobs *jobs;
	struct twin_history *twin_history;
	struct edits *edits;
	struct edits_file *edits_file; /* NULL without a place */
	struct packets *packets;
	struct traffic *traffic;
	char *place; /* or NULL */
};

static void
on_exchange(const struct client_exchange *exchange, void *arg)
{
	struct deck *deck = arg;

	traffic_take(deck->traffic, exchange);
}

struct deck *
deck_new(struct event_base *base, const struct connstr *cs, const char *ca_file,
    struct err *err)
{
	struct client *client = client_new(base, cs, ca_file, err);
	struct deck *deck;

	if (client == NULL)
		return NULL;
	deck = xcalloc(1, sizeof(*deck));
	deck->base = base;
	deck->client = client;
	deck->events = events_new();
	deck->traffic = traffic_new(deck->events, cs, ca_file);
	client_observe(client, on_exchange, deck);
	deck->packets = packets_new(client, deck->traffic);
	deck->fleet = fleet_new(deck->events);
	deck->watch = watch_new(deck);
	deck->edits = edits_new();
	deck->jobs = jobs_new(deck);
	deck->twin_history = twin_history_new();
	return deck;
}

/* Those that have calls under way go before the client does. */
void
deck_free(struct deck *deck)
{
	if (deck == NULL)
		return;
	jobs_free(deck->jobs);
	edits_file_free(deck->edits_file);
	edits_free(deck->edits);
	watch_free(deck->watch);
	fleet_free(deck->fleet);
	twin_history_free(deck->twin_history);
	packets_free(deck->packets);
	client_free(deck->client);
	traffic_free(deck->traffic);
	events_free(deck->events);
	free(deck->place);
	free(deck);
}

static void
on_edits_file(const char *text, void *arg)
{
	deck_say(arg, true, "%s", text);
}

void
deck_set_place(struct deck *deck, const char *place)
{
	deck->place = xstrdup(place);
	deck->edits_file = edits_file_new(
	    deck->base, deck->edits, place, on_edits_file, deck);
}

const char *
deck_place(const struct deck *deck)
{
	return deck->place;
}

struct event_base *
deck_base(struct deck *deck)
{
	return deck->base;
}

struct packets *
deck_packets(struct deck *deck)
{
	return deck->packets;
}

struct traffic *
deck_traffic(struct deck *deck)
{
	return deck->traffic;
}

struct client *
deck_client(struct deck *deck)
{
	return deck->client;
}

struct events *
deck_events(struct deck *deck)
{
	return deck->events;
}

struct fleet *
deck_fleet(struct deck *deck)
{
	return deck->fleet;
}

struct watch *
deck_watch(struct deck *deck)
{
	return deck->watch;
}

struct jobs *
deck_jobs(struct deck *deck)
{
	return deck->jobs;
}

struct edits *
deck_edits(struct deck *deck)
{
	return deck->edits;
}

struct twin_history *
deck_twin_history(struct deck *deck)
{
	return deck->twin_history;
}

void
deck_take_twin(struct deck *deck, const struct cJSON *twin)
{
	fleet_take_twin(deck->fleet, twin);
	jobs_take_twin(deck->jobs, twin);
	twin_history_take(deck->twin_history, twin, clock_utc_us());
}

void
deck_device_gone(struct deck *deck, const char *device_id)
{
	fleet_remove(deck->fleet, device_id);
	jobs_device_gone(deck->jobs, device_id);
	twin_history_forget(deck->twin_history, device_id);
}

void
deck_say(struct deck *deck, bool is_error, const char *fmt, ...)
{
	struct deck_message message = { .is_error = is_error };
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	message.text = text;
	events_fire(deck->events, DECK_MESSAGE, &message);
	free(text);
}
