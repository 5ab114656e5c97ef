#include "config.h"

#include "tui/tour.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "tui/key.h"
#include "tui/tour_script.h"
#include "tui/tour_state.h"

#define KEY_MS_MAX 500  /* between two keys it presses, however slow */
#define TYPE_MS_MAX 120 /* between two characters */

struct tour *
tour_new(struct tour_script *script, int64_t pace_ms)
{
	struct tour *tour = xcalloc(1, sizeof(*tour));

	tour->script = script;
	tour->pace_ms = pace_ms;
	tour->due_ms = TOUR_NEVER;
	return tour;
}

void
tour_free(struct tour *tour)
{
	if (tour == NULL)
		return;
	tour_script_free(tour->script);
	free(tour);
}

const struct tour_stop *
tour_at(const struct tour *tour)
{
	return tour_script_at(tour->script, tour->at);
}

static int64_t
at_most(int64_t ms, int64_t most)
{
	return ms < most ? ms : most;
}

/* A text is read before anything is pressed, or its wait is looked at. */
static void
arrive(struct tour *tour, size_t at, int64_t now_ms)
{
	const struct tour_stop *stop;

	tour->at = at;
	stop = tour_at(tour);
	if (stop->say[0] != '\0')
		tour->say = stop->say;
	tour->pressed = tour->wait = 0;
	tour->looked = tour->was_so = false;
	tour->phase = TOUR_READS;
	tour->due_ms =
	    now_ms + (stop->say[0] != '\0' ? tour->pace_ms : tour->pace_ms / 4);
}

static void
end(struct tour *tour)
{
	tour->state = TOUR_ENDED;
	tour->due_ms = TOUR_NEVER;
}

static void
depart(struct tour *tour, int64_t now_ms)
{
	if (tour->at + 1 < tour_script_stops(tour->script))
		arrive(tour, tour->at + 1, now_ms);
	else
		end(tour);
}

/* All is pressed: now what is to come of it is waited for. */
static void
begin_waiting(struct tour *tour, int64_t now_ms)
{
	tour->phase = TOUR_WAITS;
	tour->since_ms = now_ms;
	tour->due_ms = tour_at(tour)->n_waits > 0 ? TOUR_NEVER : now_ms;
}

/* What has come is seen for a moment before the next text. */
static void
linger(struct tour *tour, int64_t now_ms)
{
	tour->phase = TOUR_LINGERS;
	tour->due_ms = now_ms + tour->pace_ms / 2;
}

static void
meet(struct tour *tour, int64_t now_ms)
{
	tour->wait++;
	tour->was_so = false;
	tour->since_ms = now_ms;
	if (tour->wait == tour_at(tour)->n_waits)
		linger(tour, now_ms);
}

void
tour_rewind(struct tour *tour, int64_t now_ms)
{
	tour->say = "";
	tour->is_late = false;
	arrive(tour, 0, now_ms);
	tour->begun = true;
}

void
tour_go(struct tour *tour, bool plays, int64_t now_ms)
{
	if (!tour->begun || tour->state == TOUR_ENDED)
		tour_rewind(tour, now_ms);
	else if (tour->phase != TOUR_WAITS || tour_at(tour)->n_waits == 0)
		tour->due_ms = now_ms + tour->pace_ms / 4;
	tour->state = plays ? TOUR_PLAYS : TOUR_GUIDES;
}

void
tour_stop(struct tour *tour)
{
	tour->state = TOUR_OFF;
	tour->due_ms = TOUR_NEVER;
}

void
tour_skip(struct tour *tour, int steps, int64_t now_ms)
{
	size_t n = tour_script_stops(tour->script), at = tour->at;
	size_t step = tour_at(tour)->step;

	if (tour->state == TOUR_ENDED)
		step = tour_script_steps(tour->script) + 1;
	while (steps > 0 && at < n &&
	    tour_script_at(tour->script, at)->step <= step)
		at++;
	while (steps < 0 && at > 0 &&
	    tour_script_at(tour->script, at - 1)->step + 1 >= step)
		at--;
	if (at == n) {
		end(tour);
		return;
	}
	if (tour->state == TOUR_ENDED || tour->state == TOUR_OFF)
		tour->state = TOUR_GUIDES;
	arrive(tour, at, now_ms);
}

enum tour_state
tour_state(const struct tour *tour)
{
	return tour->state;
}

/*
 * Whatever else is pressed meanwhile is the user's own affair.  The first key
 * says that the text was read.
 */
static void
follow(struct tour *tour, int32_t key, int64_t now_ms)
{
	const struct tour_stop *stop;

	if (tour->phase == TOUR_LINGERS)
		depart(tour, now_ms); /* it has been seen */
	stop = tour_at(tour);
	if (tour->state == TOUR_ENDED)
		return;
	if (tour->pressed < stop->n_keys &&
	    stop->keys[tour->pressed].key == key) {
		tour->pressed++;
		tour->looked = true; /* and what is so now came of the key */
	}
	if (tour->pressed == stop->n_keys && tour->phase == TOUR_READS &&
	    stop->n_keys > 0)
		begin_waiting(tour, now_ms);
}

static bool
expects(const struct tour *tour, int32_t key)
{
	const struct tour_stop *stop = tour_at(tour);

	return tour->pressed < stop->n_keys &&
	    stop->keys[tour->pressed].key == key;
}

/* Leaving and repainting are always the screen's. */
static bool
is_of_screen(int32_t key)
{
	return key == 'q' || key == CTRL_KEY('c') || key == CTRL_KEY('z') ||
	    key == CTRL_KEY('l');
}

/* A command that the tour did not ask for is about something else. */
static bool
asked_for_command(const struct tour *tour)
{
	const struct tour_stop *stop = tour_at(tour);
	size_t i;

	for (i = 0; i < tour->pressed; i++)
		if (stop->keys[i].key == ':')
			return true;
	return false;
}

bool
tour_take_key(
    struct tour *tour, int32_t key, enum tour_place place, int64_t now_ms)
{
	switch (tour->state) {
	case TOUR_OFF:
		return false;
	case TOUR_ENDED:
		tour_stop(tour);
		return key == KEYS_ESC;
	case TOUR_PLAYS:
		if (is_of_screen(key))
			return false;
		tour->state = TOUR_PAUSES;
		return true;
	case TOUR_PAUSES:
		if (key == KEYS_SPACE) {
			tour_go(tour, true, now_ms);
			return true;
		}
		tour->state = TOUR_GUIDES;
		break;
	case TOUR_GUIDES:
		break;
	}
	if (key == KEYS_ESC && place == TOUR_AT_TOP && !expects(tour, key)) {
		tour_stop(tour);
		return true;
	}
	if (place != TOUR_IN_COMMAND || asked_for_command(tour))
		follow(tour, key, now_ms);
	return false;
}

static int32_t
press(struct tour *tour, int64_t now_ms)
{
	const struct tour_stop *stop = tour_at(tour);
	const struct tour_key *key = &stop->keys[tour->pressed++];

	tour->due_ms = now_ms +
	    (key->typed ? at_most(tour->pace_ms / 20, TYPE_MS_MAX)
			: at_most(tour->pace_ms / 6, KEY_MS_MAX));
	if (tour->pressed == stop->n_keys)
		begin_waiting(tour, now_ms);
	return key->key;
}

/* Where nothing is to be pressed or waited for, a text was all there was. */
static void
pass(struct tour *tour, int64_t now_ms)
{
	const struct tour_stop *stop = tour_at(tour);

	if (tour->phase == TOUR_LINGERS)
		depart(tour, now_ms);
	else if (tour->phase == TOUR_READS && stop->n_keys == 0)
		begin_waiting(tour, now_ms);
	else if (tour->phase == TOUR_WAITS && stop->n_waits == 0 &&
	    stop->n_keys > 0)
		linger(tour, now_ms);
	else if (tour->phase == TOUR_WAITS && stop->n_waits == 0)
		depart(tour, now_ms);
	else
		tour->due_ms = TOUR_NEVER; /* it is the user's turn */
}

int32_t
tour_advance(struct tour *tour, int64_t now_ms)
{
	if ((tour->state != TOUR_GUIDES && tour->state != TOUR_PLAYS) ||
	    now_ms < tour->due_ms)
		return 0;
	if (tour->state == TOUR_PLAYS && tour->phase == TOUR_READS &&
	    tour_at(tour)->n_keys > tour->pressed)
		return press(tour, now_ms);
	pass(tour, now_ms);
	return 0;
}

bool
tour_waits(const struct tour *tour)
{
	if (tour->state == TOUR_OFF || tour->state == TOUR_ENDED ||
	    tour->phase == TOUR_LINGERS)
		return false;
	if (tour->wait == tour_at(tour)->n_waits)
		return false;
	/* Reached another way, before the keys are pressed, is reached too. */
	return tour->phase == TOUR_WAITS ||
	    (tour->state == TOUR_GUIDES && tour_at(tour)->n_keys > 0);
}

static void
note_if_late(struct tour *tour, const struct tour_wait *wait, int64_t now_ms)
{
	if (tour->phase != TOUR_WAITS || tour->is_late ||
	    now_ms - tour->since_ms <= tour_wait_ms(wait))
		return;
	tour->is_late = true;
	tour->late_at = tour->at;
	tour->late_wait = tour->wait;
}

void
tour_see(struct tour *tour, const char *screen, int64_t now_ms)
{
	const struct tour_wait *wait;
	bool is_so;

	while (tour_waits(tour)) {
		wait = tour_stop_wait(tour_at(tour), tour->wait);
		is_so = tour_wait_is_met(wait, screen);
		if (!tour->looked)
			tour->was_so = is_so;
		tour->looked = true;
		/* What was so from the start is no sign of anything. */
		if (!is_so || (tour->phase == TOUR_READS && tour->was_so)) {
			note_if_late(tour, wait, now_ms);
			break;
		}
		meet(tour, now_ms);
	}
}

void
tour_hear(struct tour *tour, const char *message, int64_t now_ms)
{
	const struct tour_wait *wait;

	if (!tour_waits(tour) || tour->phase != TOUR_WAITS)
		return;
	wait = tour_stop_wait(tour_at(tour), tour->wait);
	if (!tour_wait_is_absent(wait) && tour_wait_is_met(wait, message))
		meet(tour, now_ms);
}

int64_t
tour_due_ms(const struct tour *tour)
{
	return tour->state == TOUR_GUIDES || tour->state == TOUR_PLAYS
	    ? tour->due_ms
	    : TOUR_NEVER;
}

void
tour_set_exits(struct tour *tour)
{
	tour->exits = true;
}

bool
tour_wants_exit(const struct tour *tour)
{
	return tour->exits && (tour->is_late || tour->state == TOUR_ENDED);
}

int
tour_late(const struct tour *tour, struct err *err)
{
	const struct tour_wait *wait;

	if (!tour->is_late)
		return 0;
	wait = tour_stop_wait(
	    tour_script_at(tour->script, tour->late_at), tour->late_wait);
	return err_set(err, ERR_TIMEOUT, "%s:%d: %s: %s",
	    tour_script_name(tour->script), tour_wait_line(wait),
	    tour_wait_is_absent(wait) ? "still on the screen"
				      : "not on the screen",
	    tour_wait_text(wait));
}
