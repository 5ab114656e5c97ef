#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "core/base/err.h"
#include "core/deck/deck.h"
#include "core/deck/watch.h"
#include "core/iothub/connstr.h"
#include "core/net/loop.h"
#include "tui/app.h"
#include "tui/keys.h"
#include "tui/mode.h"
#include "tui/mode_connect.h"
#include "tui/mode_screen.h"
#include "tui/screen.h"
#include "tui/screen_guard.h"

static const struct option_def deck_options[] = {
	MODE_OPTIONS,
	MODE_CONNECT_OPTIONS,
	MODE_SCREEN_OPTIONS,
	{ .name = NULL },
};

static int run(const struct options *options);

const struct mode mode_deck = {
	.name = NULL,
	.usage = "[OPTION …]",
	.summary = "Opens the deck on a hub: its devices, the twin of the one "
		   "under the cursor, the jobs.",
	.options = deck_options,
	.run = run,
	.print_more = keys_print,
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

static int
run(const struct options *options)
{
	struct event_base *base = NULL;
	struct mode_screen *screen = NULL;
	struct deck *deck = NULL;
	struct connstr cs;
	struct err err;
	int code = EXIT_FAULT;

	if (options_argc(options) > 0) {
		err_set(&err, ERR_INVALID, "no such mode: %.60s; see --help",
		    options_argv(options, 0));
		return mode_fail(&mode_deck, &err, EXIT_USAGE);
	}
	if (mode_connect_find(options, &cs, &err) == -1)
		return err.code == ERR_INVALID
		    ? explain(&err)
		    : mode_fail(&mode_deck, &err, EXIT_USAGE);
	if (screen_check(&err) == -1) {
		code = EXIT_USAGE;
		goto out;
	}
	if (screen_guard_start(&err) == -1)
		goto out;
	base = net_loop_new(&err);
	if (base == NULL)
		goto out;
	deck = deck_new(base, &cs, options_string(options, "ca-file"), &err);
	if (deck == NULL)
		goto out;
	screen = mode_screen_new(base, cs.host_name, options, NULL, &err);
	if (screen == NULL)
		goto out;
	app_set_deck(mode_screen_app(screen), deck);
	watch_start(deck_watch(deck));
	mode_screen_run(screen);
	app_set_deck(mode_screen_app(screen), NULL);
	code = EXIT_OK;
out:
	mode_screen_free(screen);
	screen_guard_end();
	deck_free(deck);
	if (base != NULL)
		event_base_free(base);
	connstr_fini(&cs);
	return code == EXIT_OK ? code : mode_fail(&mode_deck, &err, code);
}
