#include "config.h"

#include "core/deck/watch.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/backoff.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"

#define NEVER INT64_MAX

enum kind { POLL_LIST, POLL_ROWS, POLL_FOCUS, POLLS };

/* One kind of request: in flight, or due at a time. */
struct poll {
	struct watch *watch;
	struct client_call *call; /* or NULL */
	int64_t due_ms;           /* monotonic */
	int64_t sent_ms;
	int fails;      /* in a row; 0: the last one was answered */
	struct err err; /* when it failed */
};

/*
 * The list is read page by page, again and again: every period while it fits
 * in one page, and then the rows on screen need no reading of their own; else
 * now and then, to learn who came and went.
 */
struct watch {
	struct deck *deck;
	struct event *timer;
	bool started;
	struct poll polls[POLLS];

	char *continuation; /* of the load under way, or NULL */
	size_t pages;       /* of the load under way that are in */
	bool one_page;      /* the last load was one */

	char *visible[WATCH_ROWS_MAX]; /* owned */
	size_t n_visible;
	size_t next_row; /* where the next query begins, if they do not fit */

	char *focus; /* owned, or NULL */
	char *asked; /* whom the GET under way is about, or NULL */
	cJSON *twin; /* of focus, or NULL */
	char *body;  /* its text, to see whether it changed */
	int64_t twin_seen_ms;

	struct watch_health health;
};

static void on_tick(evutil_socket_t fd, short what, void *arg);
static void on_list(const struct client_answer *answer, void *arg);
static void on_rows(const struct client_answer *answer, void *arg);
static void on_focus(const struct client_answer *answer, void *arg);

struct watch *
watch_new(struct deck *deck)
{
	struct watch *watch = xcalloc(1, sizeof(*watch));
	size_t i;

	watch->deck = deck;
	watch->timer = evtimer_new(deck_base(deck), on_tick, watch);
	for (i = 0; i < POLLS; i++)
		watch->polls[i].watch = watch;
	return watch;
}

static void
forget_twin(struct watch *watch)
{
	cJSON_Delete(watch->twin);
	free(watch->body);
	watch->twin = NULL;
	watch->body = NULL;
	watch->twin_seen_ms = 0;
}

void
watch_free(struct watch *watch)
{
	size_t i;

	if (watch == NULL)
		return;
	for (i = 0; i < POLLS; i++)
		if (watch->polls[i].call != NULL)
			client_cancel(watch->polls[i].call);
	for (i = 0; i < watch->n_visible; i++)
		free(watch->visible[i]);
	forget_twin(watch);
	free(watch->continuation);
	free(watch->focus);
	free(watch->asked);
	event_free(watch->timer);
	free(watch);
}

/* When this kind is due; NEVER while it is in flight or has nothing to ask. */
static int64_t
due_of(const struct watch *watch, enum kind kind)
{
	const struct poll *poll = &watch->polls[kind];

	if (poll->call != NULL)
		return NEVER;
	if (kind == POLL_FOCUS && watch->focus == NULL)
		return NEVER;
	if (kind == POLL_ROWS &&
	    (watch->one_page || watch->n_visible == 0 || watch->pages == 0))
		return NEVER;
	return poll->due_ms;
}

/* Sets the timer to whatever is due first. */
static void
arm(struct watch *watch)
{
	int64_t due = NEVER, now = clock_mono_ms(), left;
	struct timeval tv;
	enum kind kind;

	if (!watch->started)
		return;
	for (kind = 0; kind < POLLS; kind++)
		if (due_of(watch, kind) < due)
			due = due_of(watch, kind);
	if (due == NEVER) {
		evtimer_del(watch->timer);
		return;
	}
	left = due > now ? due - now : 0;
	tv.tv_sec = left / 1000;
	tv.tv_usec = left % 1000 * 1000;
	evtimer_add(watch->timer, &tv);
}

static void
ask_rows(struct watch *watch, struct poll *poll)
{
	const char *ids[WATCH_ROWS_MAX];
	size_t i, taken;

	for (i = 0; i < watch->n_visible; i++)
		ids[i] =
		    watch->visible[(watch->next_row + i) % watch->n_visible];
	poll->call = client_twins_get(deck_client(watch->deck), ids,
	    watch->n_visible, &taken, on_rows, poll);
	watch->next_row = (watch->next_row + taken) % watch->n_visible;
}

static void
ask(struct watch *watch, enum kind kind)
{
	struct client *client = deck_client(watch->deck);
	struct poll *poll = &watch->polls[kind];

	poll->sent_ms = clock_mono_ms();
	switch (kind) {
	case POLL_LIST:
		if (watch->continuation == NULL) {
			watch->pages = 0;
			fleet_load_begin(deck_fleet(watch->deck));
		}
		poll->call = client_query(client, "SELECT * FROM devices",
		    CLIENT_TWINS_MAX, watch->continuation, on_list, poll);
		break;
	case POLL_ROWS:
		ask_rows(watch, poll);
		break;
	default:
		free(watch->asked);
		watch->asked = xstrdup(watch->focus);
		poll->call =
		    client_twin_get(client, watch->focus, on_focus, poll);
	}
}

/* The health of the whole is that of the first kind that fails. */
static void
judge_health(struct watch *watch)
{
	struct watch_health *h = &watch->health, was = *h;
	const struct poll *p;

	h->ok = h->ever;
	h->err = (struct err){ 0 };
	h->next_try_ms = 0;
	for (p = watch->polls; p < watch->polls + POLLS; p++) {
		if (p->fails == 0)
			continue;
		h->ok = false;
		h->err = p->err;
		h->next_try_ms = p->call != NULL ? 0 : p->due_ms;
		break;
	}
	if (was.ok != h->ok || was.next_try_ms != h->next_try_ms ||
	    strcmp(was.err.text, h->err.text) != 0)
		events_fire(deck_events(watch->deck), DECK_HEALTH, NULL);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct watch *watch = arg;
	int64_t now = clock_mono_ms();
	enum kind kind;

	(void)fd;
	(void)what;
	for (kind = 0; kind < POLLS; kind++)
		if (due_of(watch, kind) <= now)
			ask(watch, kind);
	if (!watch->health.ok && watch->health.err.code != ERR_NONE)
		judge_health(watch);
	arm(watch);
}

/* Notes how a request ended; whether it was answered. */
static bool
settle(struct poll *poll, const struct client_answer *answer)
{
	struct watch *watch = poll->watch;
	int64_t now = clock_mono_ms();

	poll->call = NULL;
	if (answer->err->code == ERR_NONE ||
	    (poll == &watch->polls[POLL_FOCUS] && answer->http == 404)) {
		poll->fails = 0;
		poll->due_ms = poll->sent_ms + WATCH_PERIOD_MS;
		watch->health.ever = true;
		watch->health.fresh_ms = now;
		return true;
	}
	err_copy(&poll->err, answer->err);
	poll->due_ms = now +
	    backoff_ms(poll->fails++, WATCH_BACKOFF_MS, WATCH_BACKOFF_MAX,
		answer->retry_after_ms);
	return false;
}

static void
take_twins(struct watch *watch, const cJSON *twins)
{
	const cJSON *twin;

	cJSON_ArrayForEach(twin, twins)
		deck_take_twin(watch->deck, twin);
}

static void
on_list(const struct client_answer *answer, void *arg)
{
	struct poll *poll = arg;
	struct watch *watch = poll->watch;

	if (settle(poll, answer)) {
		take_twins(watch, answer->json);
		watch->pages++;
		free(watch->continuation);
		watch->continuation = xstrdup(answer->continuation);
		if (answer->continuation != NULL) {
			watch->one_page = false;
			poll->due_ms = poll->sent_ms;
		} else {
			fleet_load_end(deck_fleet(watch->deck));
			watch->one_page = watch->pages == 1;
			if (!watch->one_page)
				poll->due_ms = poll->sent_ms + WATCH_RELOAD_MS;
		}
	} else if (answer->http == 400) {
		/* The place in the list is no longer known: start over. */
		free(watch->continuation);
		watch->continuation = NULL;
	}
	judge_health(watch);
	arm(watch);
}

static void
on_rows(const struct client_answer *answer, void *arg)
{
	struct poll *poll = arg;

	if (settle(poll, answer))
		take_twins(poll->watch, answer->json);
	judge_health(poll->watch);
	arm(poll->watch);
}

/* The same bytes are the same twin: nothing to draw. */
static void
take_focused(struct watch *watch, const struct client_answer *answer)
{
	bool news =
	    watch->body == NULL || strcmp(watch->body, answer->body) != 0;

	watch->twin_seen_ms = clock_mono_ms();
	if (!news)
		return;
	cJSON_Delete(watch->twin);
	free(watch->body);
	watch->twin = cJSON_Duplicate(answer->json, true);
	watch->body = xstrdup(answer->body);
	events_fire(deck_events(watch->deck), DECK_TWIN, NULL);
}

static void
on_focus(const struct client_answer *answer, void *arg)
{
	struct poll *poll = arg;
	struct watch *watch = poll->watch;
	char *asked = watch->asked;
	bool current = watch->focus != NULL && strcmp(watch->focus, asked) == 0;

	watch->asked = NULL;
	if (settle(poll, answer) && answer->http == 404) {
		if (current && watch->twin != NULL) {
			forget_twin(watch);
			events_fire(deck_events(watch->deck), DECK_TWIN, NULL);
		}
		poll->due_ms = poll->sent_ms + WATCH_BACKOFF_MAX;
		deck_device_gone(watch->deck, asked);
	} else if (answer->err->code == ERR_NONE) {
		if (current)
			take_focused(watch, answer);
		deck_take_twin(watch->deck, answer->json);
	}
	if (!current && poll->fails == 0)
		poll->due_ms = 0;
	free(asked);
	judge_health(watch);
	arm(watch);
}

void
watch_start(struct watch *watch)
{
	watch->started = true;
	arm(watch);
}

void
watch_focus(struct watch *watch, const char *device_id)
{
	struct poll *poll = &watch->polls[POLL_FOCUS];

	if (device_id == watch->focus ||
	    (device_id != NULL && watch->focus != NULL &&
		strcmp(device_id, watch->focus) == 0))
		return;
	free(watch->focus);
	watch->focus = xstrdup(device_id);
	forget_twin(watch);
	if (poll->fails == 0)
		poll->due_ms = 0;
	events_fire(deck_events(watch->deck), DECK_TWIN, NULL);
	arm(watch);
}

void
watch_visible(struct watch *watch, const char *const *device_ids, size_t n)
{
	size_t i;

	if (n > WATCH_ROWS_MAX)
		n = WATCH_ROWS_MAX;
	for (i = 0; i < n && i < watch->n_visible; i++)
		if (strcmp(watch->visible[i], device_ids[i]) != 0)
			break;
	if (i == n && n == watch->n_visible)
		return;
	for (i = 0; i < watch->n_visible; i++)
		free(watch->visible[i]);
	for (i = 0; i < n; i++)
		watch->visible[i] = xstrdup(device_ids[i]);
	watch->n_visible = n;
	watch->next_row = 0;
	arm(watch);
}

void
watch_refresh(struct watch *watch)
{
	enum kind kind;

	for (kind = 0; kind < POLLS; kind++)
		watch->polls[kind].due_ms = 0;
	arm(watch);
}

const cJSON *
watch_twin(const struct watch *watch)
{
	return watch->twin;
}

const char *
watch_twin_text(const struct watch *watch)
{
	return watch->body;
}

int64_t
watch_twin_seen_ms(const struct watch *watch)
{
	return watch->twin_seen_ms;
}

const struct watch_health *
watch_health(const struct watch *watch)
{
	return &watch->health;
}
