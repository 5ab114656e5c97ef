#include "config.h"

#include "core/deck/select.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/backoff.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/iothub/connstr.h"

#define RETRY_MS 1000
#define RETRY_MAX_MS 30000
#define PROGRESS_SIZE 96
#define SLICE_US 2500 /* of a turn of the loop */
#define MARK_US 500   /* likewise */

/*
 * First the pages of the query: what they name goes into the pick, or to those
 * that are missing because the fleet does not know them.  Of these the twins
 * are read, from next on; then all are marked at once, and when that is done,
 * words say so.
 */
struct select {
	struct deck *deck; /* borrowed */
	struct event *retry; /* or what is to go on in the next turn */
	struct client_call *call; /* or NULL */
	char *query;              /* owned; NULL: none is running */
	size_t shift;             /* characters of it that were not typed */
	char *continuation;       /* owned; NULL: the first page, or the last */
	bool is_read;             /* the last page is in */
	int tries;                /* of the page under way that failed */

	struct fleet_pick *pick;
	size_t n_known; /* ids that went into it from the pages */
	char **missing; /* owned, each once */
	size_t n_missing, cap, next, asked; /* asked: in the call under way */
	size_t n_new;                       /* that came of these */
	struct map *by_id;                  /* of those that are missing */
	size_t marked;                      /* when words are to be said */
	char *words;                        /* owned, or NULL */
	char progress[PROGRESS_SIZE];
};

static void on_page(const struct client_answer *answer, void *arg);
static void on_twins(const struct client_answer *answer, void *arg);
static void finish(struct select *select);
static void mark(struct select *select);
static void on_retry(evutil_socket_t fd, short what, void *arg);

struct select *
select_new(struct deck *deck)
{
	struct select *select = xcalloc(1, sizeof(*select));

	select->deck = deck;
	select->retry = evtimer_new(deck_base(deck), on_retry, select);
	return select;
}

/* Forgets the query and all that it found. */
static void
end(struct select *select)
{
	if (select->call != NULL)
		client_cancel(select->call);
	evtimer_del(select->retry);
	fleet_pick_free(select->pick);
	str_array_free(select->missing, select->n_missing);
	map_free(select->by_id);
	free(select->words);
	free(select->query);
	free(select->continuation);
	*select =
	    (struct select){ .deck = select->deck, .retry = select->retry };
}

void
select_free(struct select *select)
{
	if (select == NULL)
		return;
	end(select);
	event_free(select->retry);
	free(select);
}

static bool
begins_with_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncasecmp(text, word, len) == 0 &&
	    (text[len] == '\0' || isspace((unsigned char)text[len]));
}

static void
ask_page(struct select *select)
{
	select->call = client_query(deck_client(select->deck), select->query,
	    CLIENT_TWINS_MAX, select->continuation, on_page, select);
}

/* Once more, in the next turn of the loop. */
static void
go_on(struct select *select)
{
	static const struct timeval at_once = { 0, 0 };

	evtimer_add(select->retry, &at_once);
}

/* Those that the list has learnt of meanwhile need not be asked for. */
static void
ask_twins(struct select *select)
{
	int64_t end_us = clock_mono_us() + SLICE_US;

	while (select->next < select->n_missing &&
	    fleet_pick_add(select->pick, select->missing[select->next])) {
		select->next++;
		select->n_new++;
		if (clock_mono_us() < end_us)
			continue;
		go_on(select);
		return;
	}
	if (select->next == select->n_missing) {
		finish(select);
		return;
	}
	select->call = client_twins_get(deck_client(select->deck),
	    (const char *const *)select->missing + select->next,
	    select->n_missing - select->next, &select->asked, on_twins, select);
}

int
select_start(struct select *select, const char *text, struct err *err)
{
	const char *head;

	text += strspn(text, " \t");
	if (text[0] == '\0')
		return err_set(err, ERR_INVALID,
		    "which devices? as in select tags.site = 'brno'");
	if ((size_t)utf8_characters(text) > SELECT_QUERY_MAX)
		return err_set(err, ERR_LIMIT,
		    "a query has at most %zu characters", SELECT_QUERY_MAX);
	end(select);
	/* Whole twins cost more, but while the list is still loading most of
	 * what is found would have to be read one by one. */
	head = begins_with_word(text, "select") ? ""
	    : fleet_is_complete(deck_fleet(select->deck))
	    ? "SELECT deviceId FROM devices"
	    : "SELECT * FROM devices";
	select->query = xasprintf("%s%s%s", head,
	    head[0] == '\0'                       ? ""
		: begins_with_word(text, "where") ? " "
						  : " WHERE ",
	    text);
	select->shift = strlen(select->query) - strlen(text);
	select->by_id = map_new();
	select->pick = fleet_pick_new(deck_fleet(select->deck));
	ask_page(select);
	events_fire(deck_events(select->deck), DECK_FLEET, NULL);
	return 0;
}

bool
select_is_running(const struct select *select)
{
	return select->query != NULL;
}

void
select_cancel(struct select *select)
{
	if (!select_is_running(select))
		return;
	end(select);
	deck_say(select->deck, false, "select given up: nothing was marked");
}

const char *
select_progress(struct select *select)
{
	char *out = select->progress;
	size_t found = select->n_known + select->n_missing;

	if (!select->is_read)
		snprintf(out, PROGRESS_SIZE, "%zu device%s found so far", found,
		    found == 1 ? "" : "s");
	else
		snprintf(out, PROGRESS_SIZE,
		    "%zu devices found, %zu of %zu new ones read",
		    found, select->next, select->n_missing);
	return out;
}

/*
 * The hub counts columns in what it was sent; the operator typed only a part
 * of it, and sees one line: "…: line 1, column 40: …" becomes "column 5: …".
 */
static char *
translate(const struct select *select, const char *words)
{
	static const char place[] = "line 1, column ";
	const char *at = strstr(words, place);
	char *behind = NULL;
	unsigned long column;

	if (at == NULL)
		return xstrdup(words);
	column = strtoul(at + strlen(place), &behind, 10);
	if (behind == at + strlen(place) || column <= select->shift)
		return xstrdup(words);
	return xasprintf("column %lu%s", column - select->shift, behind);
}

static void
fail(struct select *select, const char *words)
{
	char *text = translate(select, words);

	end(select);
	deck_say(select->deck, true, "select: %s; nothing was marked", text);
	free(text);
}

/* Throttling is waited out; false: it is no such thing, or lasts too long. */
static bool
wait_out(struct select *select, const struct client_answer *answer)
{
	struct timeval tv;
	int64_t ms;

	if (answer->err->code != ERR_THROTTLED ||
	    ++select->tries >= SELECT_TRIES)
		return false;
	ms = backoff_ms(
	    select->tries - 1, RETRY_MS, RETRY_MAX_MS, answer->retry_after_ms);
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	evtimer_add(select->retry, &tv);
	return true;
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	if (((struct select *)arg)->words != NULL)
		mark(arg);
	else if (!((struct select *)arg)->is_read)
		ask_page(arg);
	else
		ask_twins(arg);
}

static void
take_id(struct select *select, const char *id)
{
	size_t before = fleet_pick_size(select->pick);

	if (map_get(select->by_id, id) != NULL)
		return;
	if (fleet_pick_add(select->pick, id)) {
		select->n_known += fleet_pick_size(select->pick) - before;
		return;
	}
	if (select->n_missing == select->cap) {
		select->cap = select->cap * 2 + 128;
		select->missing = xreallocarray(
		    select->missing, select->cap, sizeof(*select->missing));
	}
	select->missing[select->n_missing] = xstrdup(id);
	map_set(select->by_id, id, select->missing[select->n_missing]);
	select->n_missing++;
}

/* false with the words said: rows that name no device mark none. */
static bool
take_rows(struct select *select, const cJSON *rows)
{
	const cJSON *row;
	const char *id;

	cJSON_ArrayForEach(row, rows) {
		id = json_get_string(row, "deviceId");
		if (id == NULL || device_id_check(id, NULL) == -1) {
			fail(select,
			    "the rows of this query have no deviceId; begin "
			    "it with SELECT deviceId");
			return false;
		}
		if (select->n_known + select->n_missing == FLEET_MAX) {
			fail(select, "more devices than any hub has");
			return false;
		}
		if (json_get(row, "properties") != NULL)
			deck_take_twin(select->deck, row);
		take_id(select, id);
	}
	return true;
}

/* Marks, and says so when it is done. */
static void
mark(struct select *select)
{
	struct fleet *fleet = deck_fleet(select->deck);
	struct strbuf words = { 0 };
	size_t marked = select->marked;

	/* Little of a turn: whoever draws the fleet works on it too. */
	fleet_work_until(fleet, clock_mono_us() + MARK_US);
	if (fleet_is_marking(fleet)) {
		go_on(select);
		return;
	}
	strbuf_puts(&words, select->words);
	if (fleet_marked(fleet) > marked)
		strbuf_printf(
		    &words, "; %zu marked in all", fleet_marked(fleet));
	end(select);
	deck_say(select->deck, false, "%s", strbuf_str(&words));
	strbuf_fini(&words);
}

/* All are in: marks those that the fleet knows, and says what came of it. */
static void
finish(struct select *select)
{
	struct fleet_pick *pick = select->pick;
	size_t found = select->n_known + select->n_missing;
	size_t marked = fleet_pick_size(pick), gone = found - marked;
	struct strbuf words = { 0 };

	if (found == 0)
		strbuf_puts(&words, "select: the hub found no device");
	else
		strbuf_printf(&words, "select: marked %zu device%s", marked,
		    marked == 1 ? "" : "s");
	if (select->n_new > 0)
		strbuf_printf(&words, ", %zu of them not in the list before",
		    select->n_new);
	if (gone > 0)
		strbuf_printf(
		    &words, "; %zu %s gone", gone, gone == 1 ? "is" : "are");
	select->pick = NULL;
	end(select);
	select->marked = marked;
	select->words = xstrdup(strbuf_str(&words));
	strbuf_fini(&words);
	fleet_pick_mark(pick, FLEET_MARK);
	mark(select);
}

static void
on_page(const struct client_answer *answer, void *arg)
{
	struct select *select = arg;
	struct deck *deck = select->deck;

	select->call = NULL;
	if (answer->err->code != ERR_NONE) {
		if (!wait_out(select, answer))
			fail(select, answer->err->text);
		return;
	}
	select->tries = 0;
	if (!take_rows(select, answer->json))
		return;
	free(select->continuation);
	select->continuation = xstrdup(answer->continuation);
	if (select->continuation != NULL)
		ask_page(select);
	else {
		select->is_read = true;
		ask_twins(select);
	}
	events_fire(deck_events(deck), DECK_FLEET, NULL);
}

/*
 * Goes on behind those that were asked for.  A page may be short of some: they
 * are asked for again, unless none of them came at all.
 */
static void
pass_asked(struct select *select, bool there_is_more)
{
	char **ids = select->missing + select->next, *came;
	size_t i, n = 0;

	for (i = 0; i < select->asked; i++) {
		if (!fleet_pick_add(select->pick, ids[i]))
			continue;
		select->n_new++;
		came = ids[i];
		ids[i] = ids[n];
		ids[n++] = came;
	}
	select->next += there_is_more && n > 0 ? n : select->asked;
}

static void
on_twins(const struct client_answer *answer, void *arg)
{
	struct select *select = arg;
	struct deck *deck = select->deck;
	const cJSON *twin;

	select->call = NULL;
	if (answer->err->code != ERR_NONE) {
		if (!wait_out(select, answer))
			fail(select, answer->err->text);
		return;
	}
	select->tries = 0;
	cJSON_ArrayForEach(twin, answer->json)
		deck_take_twin(deck, twin);
	pass_asked(select, answer->continuation != NULL);
	ask_twins(select);
	events_fire(deck_events(deck), DECK_FLEET, NULL);
}
