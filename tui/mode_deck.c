#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/deck/deck.h"
#include "core/deck/profile.h"
#include "core/deck/watch.h"
#include "core/net/loop.h"
#include "core/net/turn.h"
#include "tui/app.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/mode.h"
#include "tui/mode_connect.h"
#include "tui/mode_screen.h"
#include "tui/screen.h"
#include "tui/screen_guard.h"

#define EARLY_TURNS 4 /* the request, its connection, the first of TLS */

static const struct option_def deck_options[] = {
	MODE_OPTIONS,
	MODE_CONNECT_OPTIONS,
	MODE_SCREEN_OPTIONS,
	{ .name = NULL },
};

static int run(const struct options *options);

static void
print_more(FILE *file)
{
	keys_print(file);
	profile_print(file);
}

const struct mode mode_deck = {
	.name = NULL,
	.usage = "[OPTION …]",
	.summary = "Opens the deck on a hub: its devices, the twin of the one "
		   "under the cursor, the jobs.",
	.options = deck_options,
	.run = run,
	.print_more = print_more,
};

static int
explain(const struct err *err)
{
	mode_fail(&mode_deck, err, EXIT_USAGE);
	fputs("\n"
	      "  twindeck demo                          try it out: a hub and "
	      "25 devices on this machine\n"
	      "  twindeck --connection-string-file F    the connection string "
	      "of a service policy\n"
	      "  IOTHUB_CONNECTION_STRING=… twindeck    the same, in the "
	      "environment\n"
	      "\n"
	      "twindeck --help lists all options, keys and modes.\n",
	    stderr);
	return EXIT_USAGE;
}

/*
 * The deck of one hub at a time.  Another one is opened at the end of a turn
 * of the loop, when no callback of the former is under way.
 */
struct mode_of_deck {
	struct event_base *base;
	struct mode_screen *screen;
	struct mode_connect hub;
	struct deck *deck;
	struct net_turn *turn;
};

static int
open_deck(struct mode_of_deck *m, struct err *err)
{
	char *place;

	m->deck = deck_new(m->base, &m->hub.cs, m->hub.ca_file, err);
	if (m->deck == NULL)
		return -1;
	place = mode_connect_place(&m->hub);
	deck_set_place(m->deck, place);
	free(place);
	return 0;
}

/*
 * The first request is on its way while the screen is set up: the connection
 * is asked for, and the TLS handshake begins where the hub is as near as that.
 */
static void
start_early(struct mode_of_deck *m)
{
	struct layout layout;
	int rows, cols, i;

	screen_ask_size(&rows, &cols);
	layout_compute(&layout, rows, cols, PANE_DEVICES, PANE_DEVICES, false);
	watch_expect(deck_watch(m->deck), layout.panes[PANE_DEVICES].rows);
	watch_start(deck_watch(m->deck));
	for (i = 0; i < EARLY_TURNS; i++)
		event_base_loop(m->base, EVLOOP_NONBLOCK);
}

static void
show_deck(struct mode_of_deck *m)
{
	struct app *app = mode_screen_app(m->screen);

	app_set_title(app, mode_connect_title(&m->hub));
	app_set_profile(app, m->hub.profile); /* its section is this hub's */
	app_set_deck(app, m->deck);
	watch_start(deck_watch(m->deck));
}

static void
close_deck(struct mode_of_deck *m)
{
	if (m->screen != NULL)
		app_set_deck(mode_screen_app(m->screen), NULL);
	deck_free(m->deck);
	m->deck = NULL;
}

static void
reopen_deck(void *arg)
{
	struct mode_of_deck *m = arg;
	struct err err;

	close_deck(m);
	if (open_deck(m, &err) == 0)
		show_deck(m);
	else
		app_say(mode_screen_app(m->screen), true, "%s", err.text);
}

static int
on_hub(const char *name, struct err *err, void *arg)
{
	struct mode_of_deck *m = arg;

	if (mode_connect_switch(&m->hub, name, err) == -1)
		return -1;
	net_turn_end(m->turn);
	return 0;
}

static int
run_screen(
    struct mode_of_deck *m, const struct options *options, struct err *err)
{
	if (screen_check(err) == -1)
		return EXIT_USAGE;
	m->base = net_loop_new(err);
	if (m->base == NULL || open_deck(m, err) == -1)
		return EXIT_FAULT;
	start_early(m);
	m->turn = net_turn_new(m->base, reopen_deck, m);
	m->screen = mode_screen_new(m->base, mode_connect_title(&m->hub),
	    options, m->hub.profile, NULL, err);
	if (m->screen == NULL)
		return EXIT_FAULT;
	mode_screen_on_hub(m->screen, on_hub, m);
	show_deck(m);
	event_base_loop(m->base, EVLOOP_NONBLOCK); /* the first paint */
	if (event_base_got_break(m->base))
		return EXIT_OK; /* somebody was quick to leave */
	if (screen_guard_start(err) == -1)
		return EXIT_FAULT;
	mode_screen_run(m->screen);
	return EXIT_OK;
}

static int
run(const struct options *options)
{
	struct mode_of_deck m = { 0 };
	struct err err;
	int code = EXIT_USAGE;

	if (options_argc(options) > 0) {
		err_set(&err, ERR_INVALID, "no such mode: %.60s; see --help",
		    options_argv(options, 0));
		return mode_fail(&mode_deck, &err, EXIT_USAGE);
	}
	if (mode_connect_find(options, &m.hub, &err) == -1) {
		if (err.code == ERR_INVALID)
			code = explain(&err);
		else
			mode_fail(&mode_deck, &err, code);
	} else {
		code = run_screen(&m, options, &err);
		close_deck(&m);
		mode_screen_free(m.screen);
		screen_guard_end();
		if (code != EXIT_OK)
			mode_fail(&mode_deck, &err, code);
	}
	net_turn_free(m.turn);
	if (m.base != NULL)
		event_base_free(m.base);
	mode_connect_fini(&m.hub);
	return code;
}
