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

/*
 * First the pages of the query, which fill ids; then the twins of those that
 * the fleet does not know, from next on; then all are marked at once.
 */
struct select {
	struct deck *deck; /* borrowed */
	struct event *retry;
	struct client_call *call; /* or NULL */
	char *query;              /* owned; NULL: none is running */
	size_t shift;             /* characters of it that were not typed */
	char *continuation;       /* owned; NULL: the first page, or the last */
	bool is_read;             /* the last page is in */
	int tries;                /* of the page under way that failed */

	char **ids; /* owned, each once */
	size_t n_ids, cap;
	struct map *known; /* the same, by id */
	char **missing;    /* of ids, borrowed; those the fleet does not know */
	size_t n_missing, next, asked; /* asked: in the call under way */
	char progress[PROGRESS_SIZE];
};

static void on_page(const struct client_answer *answer, void *arg);
static void on_twins(const struct client_answer *answer, void *arg);
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
	fleet_ids_free(select->ids, select->n_ids);
	map_free(select->known);
	free(select->missing);
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

static void
ask_twins(struct select *select)
{
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
	select->known = map_new();
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

	if (!select->is_read)
		snprintf(out, PROGRESS_SIZE, "%zu device%s found so far",
		    select->n_ids, select->n_ids == 1 ? "" : "s");
	else
		snprintf(out, PROGRESS_SIZE,
		    "%zu devices found, %zu of %zu new ones read",
		    select->n_ids, select->next, select->n_missing);
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
	if (!((struct select *)arg)->is_read)
		ask_page(arg);
	else
		ask_twins(arg);
}

static void
take_id(struct select *select, const char *id)
{
	if (map_get(select->known, id) != NULL)
		return;
	if (select->n_ids == select->cap) {
		select->cap = select->cap * 2 + 128;
		select->ids = xreallocarray(
		    select->ids, select->cap, sizeof(*select->ids));
	}
	select->ids[select->n_ids] = xstrdup(id);
	map_set(select->known, select->ids[select->n_ids],
	    select->ids[select->n_ids]);
	select->n_ids++;
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
		if (select->n_ids == FLEET_MAX) {
			fail(select, "more devices than any hub has");
			return false;
		}
		take_id(select, id);
		if (json_get(row, "properties") != NULL)
			deck_take_twin(select->deck, row);
	}
	return true;
}

/* All are in: marks those that the fleet knows, and says what came of it. */
static void
finish(struct select *select)
{
	struct fleet *fleet = deck_fleet(select->deck);
	size_t i, marked = 0, gone = 0, new = select->n_missing;
	struct strbuf words = { 0 };

	for (i = 0; i < select->n_ids; i++) {
		if (fleet_get(fleet, select->ids[i]) == NULL) {
			gone++;
			continue;
		}
		fleet_mark(fleet, select->ids[i], true);
		marked++;
	}
	new -= gone < new ? gone : new;
	if (select->n_ids == 0)
		strbuf_puts(&words, "select: the hub found no device");
	else
		strbuf_printf(&words, "select: marked %zu device%s", marked,
		    marked == 1 ? "" : "s");
	if (new > 0)
		strbuf_printf(
		    &words, ", %zu of them not in the list before", new);
	if (gone > 0)
		strbuf_printf(
		    &words, "; %zu %s gone", gone, gone == 1 ? "is" : "are");
	if (fleet_marked(fleet) > marked)
		strbuf_printf(
		    &words, "; %zu marked in all", fleet_marked(fleet));
	end(select);
	deck_say(select->deck, false, "%s", strbuf_str(&words));
	strbuf_fini(&words);
}

/* Behind the last page: whose twins are still to be read. */
static void
find_missing(struct select *select)
{
	size_t i;

	select->is_read = true;
	select->missing = xcalloc(select->n_ids + 1, sizeof(*select->missing));
	for (i = 0; i < select->n_ids; i++)
		if (fleet_get(deck_fleet(select->deck), select->ids[i]) == NULL)
			select->missing[select->n_missing++] = select->ids[i];
	if (select->n_missing > 0)
		ask_twins(select);
	else
		finish(select);
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
	else
		find_missing(select);
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
		if (fleet_get(deck_fleet(select->deck), ids[i]) == NULL)
			continue;
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
	if (select->next < select->n_missing)
		ask_twins(select);
	else
		finish(select);
	events_fire(deck_events(deck), DECK_FLEET, NULL);
}
