#include "config.h"

#include "core/deck/watch.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/backoff.h"
#include "core/base/clock.h"
#include "core/base/events.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/last_answer.h"

#define NEVER INT64_MAX
#define FOCUS_FIRST_MS 50
#define FIRST_PAGE_DEF 40

/* Those from POLL_COUNT on say nothing about the health of the hub: one may be
 * too slow or too dear for it, the other's end is told to whoever asked. */
enum kind { POLL_LIST, POLL_ROWS, POLL_FOCUS, POLL_COUNT, POLL_FIND, POLLS };

/* One kind of request: in flight, or due at a time. */
struct poll {
	struct watch *watch;
	struct client_call *call; /* or NULL */
	int64_t due_ms;           /* monotonic */
	int64_t sent_ms;
	int fails;      /* in a row; 0: the last one was answered */
	struct err err; /* when it failed */
	struct last_answer last;
};

/*
 * The list is read page by page, again and again: every period while it fits
 * in one page, and then the rows on screen need no reading of their own; else
 * a page now and then, to learn who came and went.
 *
 * A row on screen that its query did not bring may be gone, or new on a hub
 * whose queries lag: it is in doubt until a GET has told.
 */
struct watch {
	struct deck *deck;
	struct event *timer;
	bool started;
	struct poll polls[POLLS];

	int first_page;            /* rows: seen sooner than a whole page */
	char *continuation;        /* of the load under way, or NULL */
	size_t pages;              /* of the load under way that are in */
	unsigned int paths_number; /* as the rows were asked for last */
	bool is_long; /* has more than one page, as far as is known */
	bool slowly;  /* has been read once: pages wait for each other */

	char *visible[WATCH_ROWS_MAX]; /* owned */
	size_t n_visible;
	size_t next_row; /* where the next query begins, if they do not fit */
	bool asked_all;  /* the query under way is about exactly these */

	char *wanted;   /* owned; by watch_find(), or NULL */
	char *doubted;  /* owned, or NULL */
	char *finding;  /* owned; whom the GET under way is about, or NULL */
	bool is_wanted; /* and why */

	char *focus; /* owned, or NULL */
	char *asked; /* whom the GET under way is about, or NULL */
	cJSON *first; /* of the first page, until there is a focus; or NULL */
	cJSON *twin; /* of focus, or NULL */
	char *body;  /* its text, to see whether it changed */
	int64_t twin_seen_ms;

	int64_t busy_ms; /* monotonic; when something was new */
	struct watch_health health;
};

static void on_tick(evutil_socket_t fd, short what, void *arg);
static void on_list(const struct client_answer *answer, void *arg);
static void on_rows(const struct client_answer *answer, void *arg);
static void on_focus(const struct client_answer *answer, void *arg);
static void on_count(const struct client_answer *answer, void *arg);
static void on_found(const struct client_answer *answer, void *arg);

struct watch *
watch_new(struct deck *deck)
{
	struct watch *watch = xcalloc(1, sizeof(*watch));
	size_t i;

	watch->deck = deck;
	watch->first_page = FIRST_PAGE_DEF;
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
	for (i = 0; i < POLLS; i++)
		last_answer_fini(&watch->polls[i].last);
	for (i = 0; i < watch->n_visible; i++)
		free(watch->visible[i]);
	forget_twin(watch);
	cJSON_Delete(watch->first);
	free(watch->continuation);
	free(watch->wanted);
	free(watch->doubted);
	free(watch->finding);
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
	if (kind == POLL_ROWS && watch->n_visible == 0)
		return NEVER;
	if ((kind == POLL_ROWS || kind == POLL_COUNT) && !watch->is_long)
		return NEVER;
	if (kind == POLL_FIND && watch->wanted == NULL &&
	    watch->doubted == NULL)
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

/*
 * Mostly nothing has changed, and then the same bytes come.  Jobs want to see
 * every twin, and rows may have to learn more of it: then all is looked at
 * again.
 */
static void
offer_last(struct watch *watch, enum kind kind)
{
	struct poll *poll = &watch->polls[kind];
	struct deck *deck = watch->deck;

	if (jobs_active(deck_jobs(deck)) > 0 ||
	    watch->paths_number != fleet_paths_number(deck_fleet(deck))) {
		watch->paths_number = fleet_paths_number(deck_fleet(deck));
		last_answer_doubt(&poll->last);
	}
	if (kind != POLL_FOCUS || watch->twin != NULL)
		last_answer_offer(&poll->last, poll->call);
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
	watch->asked_all = taken == watch->n_visible;
}

static void
ask_for_one(struct watch *watch, struct poll *poll)
{
	char **whom = watch->wanted != NULL ? &watch->wanted : &watch->doubted;

	watch->is_wanted = whom == &watch->wanted;
	free(watch->finding);
	watch->finding = *whom;
	*whom = NULL;
	poll->call = client_twin_get(
	    deck_client(watch->deck), watch->finding, on_found, poll);
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
		    watch->health.ever ? CLIENT_TWINS_MAX : watch->first_page,
		    watch->continuation, on_list, poll);
		break;
	case POLL_ROWS:
		ask_rows(watch, poll);
		break;
	case POLL_COUNT:
		poll->call = client_query(client,
		    "SELECT COUNT() AS n FROM devices "
		    "WHERE connectionState = 'Connected'",
		    1, NULL, on_count, poll);
		break;
	case POLL_FIND:
		ask_for_one(watch, poll);
		break;
	default:
		free(watch->asked);
		watch->asked = xstrdup(watch->focus);
		poll->call =
		    client_twin_get(client, watch->focus, on_focus, poll);
	}
	offer_last(watch, kind);
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
	for (p = watch->polls; p < watch->polls + POLL_COUNT; p++) {
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

static int64_t
period_ms(const struct watch *watch, int64_t now)
{
	return now - watch->busy_ms < WATCH_CALM_MS ||
		jobs_active(deck_jobs(watch->deck)) > 0
	    ? WATCH_PERIOD_MS
	    : WATCH_PERIOD_CALM_MS;
}

/* Somebody looks elsewhere, or something has moved. */
static void
be_busy(struct watch *watch)
{
	watch->busy_ms = clock_mono_ms();
}

static void
keep(struct watch *watch, struct poll *poll, const struct client_answer *answer)
{
	if (last_answer_keep(&poll->last, answer))
		be_busy(watch);
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
		poll->due_ms = poll->sent_ms + period_ms(watch, now);
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

/* When to ask again where the hub is to be left alone in between. */
static int64_t
later(const struct client_answer *answer, int64_t at_least_ms)
{
	int64_t share_ms = answer->elapsed_us / 1000 * WATCH_SHARE;

	return clock_mono_ms() +
	    (share_ms > at_least_ms ? share_ms : at_least_ms);
}

/*
 * A list that is as it was has the focused device in it, as it was: that one
 * is read by itself less often then, and at once when the list has changed.
 */
static void
spare_focus(struct watch *watch, bool same)
{
	struct poll *focus = &watch->polls[POLL_FOCUS];
	int64_t now = clock_mono_ms();
	bool calm = period_ms(watch, now) == WATCH_PERIOD_CALM_MS;

	if (focus->call != NULL || focus->fails > 0 || watch->twin == NULL)
		return;
	if (same) {
		watch->twin_seen_ms = now;
		focus->due_ms = focus->sent_ms +
		    (calm ? WATCH_SPARED_CALM_MS : WATCH_SPARED_MS);
	} else if (focus->due_ms > focus->sent_ms + WATCH_PERIOD_MS) {
		focus->due_ms = 0;
	}
}

/*
 * The screen waits for one thing now, the first device's twin: it gets the
 * connection that is there, before others need more of them.
 */
static void
let_focus_first(struct watch *watch)
{
	int64_t now = clock_mono_ms();

	watch->polls[POLL_LIST].due_ms = now + FOCUS_FIRST_MS;
	watch->polls[POLL_ROWS].due_ms = now + WATCH_PERIOD_MS;
	watch->polls[POLL_COUNT].due_ms = now + FOCUS_FIRST_MS * 2;
}

/*
 * Whoever is first in the list is most likely looked at next: what the list
 * says of it is shown until its own GET is answered.
 */
static void
keep_first(struct watch *watch, const cJSON *twins)
{
	if (watch->focus != NULL || watch->first != NULL)
		return;
	watch->first =
	    cJSON_Duplicate(cJSON_GetArrayItem(twins, 0), true);
}

static void
take_page(
    struct watch *watch, struct poll *poll, const struct client_answer *answer)
{
	struct fleet *fleet = deck_fleet(watch->deck);

	if (answer->same)
		fleet_seen_again(fleet, NULL);
	spare_focus(watch, answer->same);
	keep_first(watch, answer->json);
	take_twins(watch, answer->json);
	watch->pages++;
	free(watch->continuation);
	watch->continuation = xstrdup(answer->continuation);
	if (answer->continuation != NULL) {
		last_answer_fini(&poll->last);
		poll->due_ms =
		    watch->slowly ? later(answer, WATCH_SWEEP_MS) : 0;
		if (!watch->is_long)
			let_focus_first(watch);
		watch->is_long = true;
		return;
	}
	fleet_load_end(fleet);
	if (!answer->same && watch->pages == 1)
		keep(watch, poll, answer);
	watch->is_long =
	    watch->pages > 1 && fleet_size(fleet) > (size_t)CLIENT_TWINS_MAX;
	watch->slowly = watch->is_long;
	if (watch->is_long)
		poll->due_ms = clock_mono_ms() + WATCH_RELOAD_MS;
	else
		fleet_set_linked(fleet, -1);
}

static void
on_list(const struct client_answer *answer, void *arg)
{
	struct poll *poll = arg;
	struct watch *watch = poll->watch;

	if (settle(poll, answer)) {
		take_page(watch, poll, answer);
	} else if (answer->http == 400) {
		/* The place in the list is no longer known: start over. */
		free(watch->continuation);
		watch->continuation = NULL;
	}
	judge_health(watch);
	arm(watch);
}

/* The first row on screen that its query has not brought. */
static void
doubt(struct watch *watch, int64_t sent_ms)
{
	const struct fleet *fleet = deck_fleet(watch->deck);
	const struct fleet_row *row;
	size_t i;

	if (!watch->asked_all || watch->doubted != NULL)
		return;
	for (i = 0; i < watch->n_visible; i++) {
		row = fleet_get(fleet, watch->visible[i]);
		if (row != NULL &&
		    fleet_row_seen_ms(fleet, row) + FLEET_TICK_MS <= sent_ms) {
			watch->doubted = xstrdup(row->id);
			return;
		}
	}
}

static void
take_rows(
    struct watch *watch, struct poll *poll, const struct client_answer *answer)
{
	size_t i;

	if (answer->same) {
		for (i = 0; i < watch->n_visible && watch->asked_all; i++)
			fleet_seen_again(
			    deck_fleet(watch->deck), watch->visible[i]);
		return;
	}
	take_twins(watch, answer->json);
	/* While one is missing all are looked at, until it is known why. */
	if (watch->asked_all &&
	    cJSON_GetArraySize(answer->json) == (int)watch->n_visible)
		keep(watch, poll, answer);
	else
		last_answer_fini(&poll->last);
}

static void
on_rows(const struct client_answer *answer, void *arg)
{
	struct poll *poll = arg;

	if (settle(poll, answer)) {
		take_rows(poll->watch, poll, answer);
		doubt(poll->watch, poll->sent_ms);
	}
	judge_health(poll->watch);
	arm(poll->watch);
}

static void
on_count(const struct client_answer *answer, void *arg)
{
	struct poll *poll = arg;
	const cJSON *row = cJSON_GetArrayItem(answer->json, 0);
	int64_t n = json_get_int(row, "n", -1);

	if (settle(poll, answer)) {
		poll->due_ms = later(answer, WATCH_COUNT_MS);
		if (n >= 0 && n <= (int64_t)FLEET_MAX && poll->watch->is_long)
			fleet_set_linked(
			    deck_fleet(poll->watch->deck), (ssize_t)n);
	}
	arm(poll->watch);
}

/* Nothing is tried again: whoever wanted it has been told. */
static void
on_found(const struct client_answer *answer, void *arg)
{
	struct poll *poll = arg;
	struct watch *watch = poll->watch;
	char *id = watch->finding;
	struct deck_found found = { id, answer->err };

	poll->call = NULL;
	poll->due_ms = 0;
	watch->finding = NULL;
	if (answer->err->code == ERR_NONE)
		deck_take_twin(watch->deck, answer->json);
	else if (answer->http == 404)
		deck_device_gone(watch->deck, id);
	if (watch->is_wanted)
		events_fire(deck_events(watch->deck), DECK_FOUND, &found);
	free(id);
	arm(watch);
}

/* The same bytes are the same twin: nothing to draw. */
static void
take_focused(struct watch *watch, const struct client_answer *answer)
{
	bool news =
	    watch->body == NULL || strcmp(watch->body, answer->body) != 0;

	watch->twin_seen_ms = clock_mono_ms();
	if (answer->same && watch->twin == NULL)
		last_answer_doubt(&watch->polls[POLL_FOCUS].last);
	if (answer->same || !news)
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
		if (answer->same)
			fleet_seen_again(deck_fleet(watch->deck), asked);
		else
			deck_take_twin(watch->deck, answer->json);
		if (!answer->same && current)
			keep(watch, poll, answer);
	}
	/* The focus was elsewhere meanwhile, or came back to the same bytes. */
	if ((!current || (answer->same && watch->twin == NULL)) &&
	    poll->fails == 0)
		poll->due_ms = 0;
	free(asked);
	judge_health(watch);
	arm(watch);
}

void
watch_expect(struct watch *watch, int rows)
{
	/* One more tells whether that is all of them. */
	if (rows > 0 && rows < CLIENT_TWINS_MAX)
		watch->first_page = rows + 1;
}

void
watch_start(struct watch *watch)
{
	watch->started = true;
	arm(watch);
}

static void
show_first(struct watch *watch)
{
	const char *id = json_get_string(watch->first, "deviceId");

	if (id != NULL && watch->focus != NULL &&
	    strcmp(id, watch->focus) == 0) {
		watch->twin = watch->first;
		watch->twin_seen_ms = clock_mono_ms();
	} else {
		cJSON_Delete(watch->first);
	}
	watch->first = NULL;
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
	show_first(watch);
	be_busy(watch);
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
	watch->asked_all = false;
	last_answer_doubt(&watch->polls[POLL_ROWS].last);
	be_busy(watch);
	arm(watch);
}

void
watch_find(struct watch *watch, const char *device_id)
{
	char *copy = xstrdup(device_id);

	free(watch->wanted);
	watch->wanted = copy;
	arm(watch);
}

void
watch_refresh(struct watch *watch)
{
	enum kind kind;

	watch->slowly = false;
	be_busy(watch);
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
