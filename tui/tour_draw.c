#include "config.h"

#include "tui/tour_state.h"

#include "core/base/str.h"
#include "tui/key.h"
#include "tui/tour_script.h"

#define COLS_ONE_LINE 80 /* from here, a text has one row */
#define ROWS_ROOMY 14    /* from here, there is a row for the keys */
#define ROWS_LEAST 7     /* below, there is no room for a tour */

int
tour_rows(const struct tour *tour, int rows, int cols)
{
	if (tour == NULL || tour->state == TOUR_OFF || rows < ROWS_LEAST)
		return 0;
	if (rows < ROWS_ROOMY)
		return 1;
	return cols < COLS_ONE_LINE ? 3 : 2;
}

/* The keys of this stop, those that were pressed already dim. */
static int
draw_keys(const struct tour *tour, struct area a, int y, int x)
{
	const struct tour_stop *stop = tour_at(tour);
	const struct tour_key *key;
	char name[KEY_NAME_SIZE], utf8[5];
	bool typed = false;
	size_t i;

	for (i = 0; i < stop->n_keys; i++) {
		key = &stop->keys[i];
		if (key->typed && !typed)
			x = area_put(a, y, x + (i > 0), STYLE_DIM, "type ");
		else if (!key->typed && i > 0)
			x++;
		typed = key->typed;
		if (typed)
			utf8[utf8_encode((uint32_t)key->key, utf8)] = '\0';
		x = area_put(a, y, x,
		    i < tour->pressed ? STYLE_DIM
			: typed       ? STYLE_INPUT
				      : STYLE_KEY,
		    typed ? utf8 : key_label(key->key, name));
	}
	return x;
}

/* What is to be done now, in a few words. */
static const char *
words_of(const struct tour *tour)
{
	switch (tour->state) {
	case TOUR_OFF:
		break;
	case TOUR_ENDED:
		return "the end of the tour; any key takes this line away";
	case TOUR_PLAYS:
		return "any key makes it pause";
	case TOUR_PAUSES:
		return "paused: Space goes on, Esc leaves, any other key is "
		       "yours";
	case TOUR_GUIDES:
		return "Esc leaves the tour";
	}
	return "";
}

static bool
is_late_now(const struct tour *tour)
{
	return tour->is_late && tour->late_at == tour->at &&
	    tour->late_wait == tour->wait && tour->phase == TOUR_WAITS;
}

static void
draw_what_to_do(const struct tour *tour, struct area a, int y)
{
	const struct tour_stop *stop = tour_at(tour);
	int x = 1;

	if (tour->state == TOUR_ENDED || tour->state == TOUR_PAUSES) {
		area_put_fit(a, y, x, a.cols - x, STYLE_TEXT, words_of(tour));
		return;
	}
	if (is_late_now(tour)) {
		area_putf(a, y, x, STYLE_CHANGED,
		    "not yet: %s   :tour next goes on without it",
		    tour_wait_text(tour_stop_wait(stop, tour->wait)));
		return;
	}
	if (tour->phase == TOUR_READS && stop->n_keys > 0) {
		x = area_put(a, y, x, STYLE_TEXT,
		    tour->state == TOUR_PLAYS ? "presses  " : "press  ");
		x = draw_keys(tour, a, y, x) + 3;
	} else {
		x = area_put(a, y, x, STYLE_TEXT, "look") + 3;
	}
	if (x + area_width(a, words_of(tour)) <= a.cols)
		area_put_right(a, y, a.cols - 1, STYLE_DIM, words_of(tour));
}

void
tour_draw(const struct tour *tour, struct area a)
{
	struct area text;
	int x;

	area_clear(a);
	x = area_putf(a, 0, 0, STYLE_BUTTON, " Tour %zu/%zu ",
	    tour_at(tour)->step, tour_script_steps(tour->script));
	if (a.rows == 1) {
		if (tour->state == TOUR_GUIDES && tour->phase == TOUR_READS)
			x = draw_keys(tour, a, 0, x + 1);
		area_put_fit(
		    a, 0, x + 1, a.cols - x - 1, STYLE_TEXT, tour->say);
		return;
	}
	text = area_sub(a, 0, x + 1, a.rows - 1, a.cols - x - 1);
	if (text.rows == 1)
		area_put_fit(text, 0, 0, text.cols, STYLE_STRONG, tour->say);
	else
		area_put_wrapped(text, 0, 0, STYLE_STRONG, tour->say);
	draw_what_to_do(tour, a, a.rows - 1);
}
