#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/iothub/connstr.h"
#include "core/net/loop.h"
#include "core/net/turn.h"
#include "tui/mode.h"
#include "tui/mode_connect.h"
#include "tui/mode_run_print.h"

/* Somebody waits: a hub that is not there is soon said to be away. */
#define RETRY_MS 3000

static const struct option_def run_options[] = {
	MODE_OPTIONS,
	MODE_CONNECT_OPTIONS,
	{ .name = "json", .type = OPTION_FLAG,
	  .help = "Print one JSON object a line." },
	COMMAND_ACT_OPTIONS,
	COMMAND_CALL_OPTIONS,
	{ .name = NULL },
};

/* Those of them that are handed on to the command. */
static const struct option_def handed_on[] = {
	COMMAND_ACT_OPTIONS,
	COMMAND_CALL_OPTIONS,
	{ .name = NULL },
};

/* What was last said of a device, so that only news is. */
struct told {
	bool printed;
	enum job_device_state state;
	enum firmware_phase phase;
};

struct run {
	struct event_base *base;
	struct deck *deck;
	struct net_turn *turn;
	bool json;
	bool shows_progress; /* on standard error, to somebody who waits */
	int code;
	struct job *job;        /* followed, or NULL */
	struct told *told;      /* of each device of the job */
	int id_width;
	struct err err;         /* of a command that only reads */
	struct fleet_view *view; /* to be listed */
};

static int
code_of(const struct err *err)
{
	switch (err->code) {
	case ERR_NONE:
		return EXIT_OK;
	case ERR_UNAUTHORIZED:
		return EXIT_NOT_AUTHORIZED;
	case ERR_UNREACHABLE:
		return EXIT_UNREACHABLE;
	default:
		return EXIT_SOME_FAILED;
	}
}

static void
print_commands(FILE *file)
{
	fputs("usage: twindeck run [OPTION …] COMMAND …\n\n", file);
	mode_print_commands(file);
	fputs("\nOptions: see twindeck run --help\n", file);
}

static void
tell(const struct run *run, const struct job_device *device, struct told *told)
{
	if (device->ended && !told->printed) {
		told->printed = true;
		mode_run_print_device(device, run->id_width, run->json);
	} else if (run->shows_progress && !device->ended &&
	    (device->state != told->state || device->phase != told->phase)) {
		fprintf(stderr, "%-*s  %-12s  %s\n", run->id_width,
		    device->device_id, job_device_state_name(device->state),
		    firmware_phase_name(device->phase));
	}
	told->state = device->state;
	told->phase = device->phase;
}

/* At the end of a turn in which some job moved. */
static void
on_turn(void *arg)
{
	struct run *run = arg;
	size_t i;

	if (run->job == NULL)
		return;
	for (i = 0; i < job_size(run->job); i++)
		tell(run, job_device(run->job, i), &run->told[i]);
	if (job_state(run->job) == JOB_DONE)
		event_base_loopbreak(run->base);
}

static void
on_deck_event(int kind, const void *news, void *arg)
{
	struct run *run = arg;

	(void)news;
	if (kind == DECK_JOBS)
		net_turn_end(run->turn);
}

/* The worst that happened is the exit code: what needs a look first. */
static int
job_code(const struct job *job)
{
	const struct job_device *device;
	bool unauthorized = false, unreachable = false;
	bool failed = false, unknown = false;
	size_t i;

	for (i = 0; i < job_size(job); i++) {
		device = job_device(job, i);
		if (device->state == JOB_DEVICE_FAILED) {
			if (device->err.code == ERR_UNAUTHORIZED)
				unauthorized = true;
			else if (device->err.code == ERR_UNREACHABLE &&
			    device->http == 0)
				unreachable = true;
			failed = true;
		} else if (!device->ended && device->called_us == 0) {
			failed = true;
		} else if (!device->ended ||
		    device->state == JOB_DEVICE_UNKNOWN) {
			unknown = true;
		}
	}
	return unauthorized ? EXIT_NOT_AUTHORIZED
	    : unreachable   ? EXIT_UNREACHABLE
	    : failed	    ? EXIT_SOME_FAILED
	    : unknown	    ? EXIT_SOME_UNKNOWN
			    : EXIT_OK;
}

/* Left by a signal: what was sent goes on without us, and says so. */
static void
print_interrupted(struct run *run)
{
	struct job_device device;
	size_t i;

	for (i = 0; i < job_size(run->job); i++) {
		device = *job_device(run->job, i);
		if (device.ended)
			continue;
		device.ended = true;
		if (device.called_us == 0) {
			device.state = JOB_DEVICE_CANCELLED;
			err_set(&device.err, ERR_CANCELLED,
			    "interrupted before it was called");
		} else if (device.state == JOB_DEVICE_ACKNOWLEDGED) {
			err_set(&device.err, ERR_CANCELLED,
			    "interrupted before anything confirmed it");
		} else {
			device.state = JOB_DEVICE_UNKNOWN;
			err_set(&device.err, ERR_UNKNOWN,
			    "interrupted before an answer came; it may have "
			    "happened");
		}
		tell(run, &device, &run->told[i]);
	}
}

static void
follow_job(struct run *run)
{
	run->id_width = mode_run_id_width(run->job);
	run->told = xcalloc(job_size(run->job), sizeof(*run->told));
	events_subscribe(deck_events(run->deck), on_deck_event, run);
	event_base_dispatch(run->base);
	if (job_state(run->job) != JOB_DONE)
		print_interrupted(run);
	run->code = job_code(run->job);
	free(run->told);
}

static void
on_twin(const struct client_answer *answer, void *arg)
{
	struct run *run = arg;

	err_copy(&run->err, answer->err);
	if (answer->err->code == ERR_NONE &&
	    json_get_string(answer->json, "deviceId") == NULL)
		err_set(&run->err, ERR_PROTOCOL,
		    "the hub's answer is not a twin");
	else if (answer->err->code == ERR_NONE && !run->json)
		mode_run_print_twin(answer->json);
	else if (answer->err->code == ERR_NONE &&
	    memchr(answer->body, '\n', answer->body_len) == NULL)
		puts(answer->body);
	else if (answer->err->code == ERR_NONE)
		mode_run_print_json(answer->json);
	event_base_loopbreak(run->base);
}

static void
on_page(const struct client_answer *answer, void *arg)
{
	struct run *run = arg;
	const cJSON *twin;
	size_t i;

	err_copy(&run->err, answer->err);
	cJSON_ArrayForEach(twin, answer->json)
		deck_take_twin(run->deck, twin);
	if (answer->err->code == ERR_NONE && answer->continuation != NULL) {
		client_query(deck_client(run->deck), "SELECT * FROM devices",
		    CLIENT_TWINS_MAX, answer->continuation, on_page, run);
		return;
	}
	for (i = 0; run->err.code == ERR_NONE &&
	     i < fleet_view_size(run->view); i++)
		mode_run_print_row(deck_fleet(run->deck),
		    fleet_view_at(run->view, i), run->json);
	event_base_loopbreak(run->base);
}

static void
list_devices(struct run *run, const char *filter)
{
	run->view = fleet_view_new(deck_fleet(run->deck));
	if (fleet_view_set_filter(run->view, filter, &run->err) == -1) {
		run->code = EXIT_USAGE;
		return;
	}
	client_query(deck_client(run->deck), "SELECT * FROM devices",
	    CLIENT_TWINS_MAX, NULL, on_page, run);
	event_base_dispatch(run->base);
	run->code = code_of(&run->err);
}

static void
show_twin(struct run *run, const char *device_id)
{
	client_twin_get(deck_client(run->deck), device_id, on_twin, run);
	event_base_dispatch(run->base);
	run->code = code_of(&run->err);
}

static bool
stands_in(const struct option_def *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return true;
	return false;
}

/*
 * The command's words as its own parser wants them: its options first, "--",
 * then its arguments.  0, or -1 with err set; the caller's either way.
 */
static int
command_words(const struct options *options,
    const struct command_def *command, size_t used, char ***words, size_t *n,
    struct err *err)
{
	size_t argc = (size_t)options_argc(options);
	const struct option_def *def;

	*words = xcalloc(argc + OPTIONS_MAX + 1, sizeof(**words));
	*n = 0;
	for (def = handed_on; def->name != NULL; def++) {
		if (!options_given(options, def->name))
			continue;
		if (stands_in(command->options, def->name))
			(*words)[(*n)++] = def->type == OPTION_FLAG
			    ? xasprintf("--%s", def->name)
			    : xasprintf("--%s=%s", def->name,
				  options_string(options, def->name));
		else if (strcmp(def->name, "ack") != 0)
			return err_set(err, ERR_INVALID, "%s takes no --%s",
			    command->name, def->name);
	}
	(*words)[(*n)++] = xstrdup("--");
	for (; used < argc; used++)
		(*words)[(*n)++] = xstrdup(options_argv(options, (int)used));
	return 0;
}

static const struct command_def *
find_command(const struct options *options, size_t *used, struct err *err)
{
	size_t n = (size_t)options_argc(options), i;
	char **words = xcalloc(n + 1, sizeof(*words));
	const struct command_def *command;

	for (i = 0; i < n; i++)
		words[i] = xstrdup(options_argv(options, (int)i));
	command = command_find(words, n, used, err);
	str_array_free(words, n);
	return command;
}

static void
dispatch(struct run *run, const struct options *options,
    const struct command_def *command, size_t used)
{
	struct command_context context = { .deck = run->deck,
		.one_shot = true, .retry_ms = RETRY_MS };
	struct command_result result = { 0 };
	char **words;
	size_t n;

	run->code = EXIT_USAGE;
	if (command_words(options, command, used, &words, &n, &run->err) == 0 &&
	    command_run(&context, command, words, n, &result, &run->err) == 0) {
		run->job = result.job;
		if (run->job != NULL)
			follow_job(run);
		else if (result.print == COMMAND_PRINTS_LIST)
			list_devices(run, result.text);
		else if (result.print == COMMAND_PRINTS_TWIN)
			show_twin(run, result.text);
	}
	free(result.text);
	str_array_free(words, n);
}

static int
connect_and_run(const struct mode *mode, const struct options *options,
    const struct command_def *command, size_t used)
{
	struct run run = { .json = options_flag(options, "json") };
	struct net_leave *leave = NULL;
	struct mode_connect hub = { 0 };

	run.code = EXIT_USAGE;
	run.shows_progress = !run.json && isatty(STDERR_FILENO);
	if (mode_connect_find(options, &hub, &run.err) == -1)
		goto out;
	run.code = EXIT_FAULT;
	run.base = net_loop_new(&run.err);
	if (run.base == NULL)
		goto out;
	run.deck = deck_new(run.base, &hub.cs, hub.ca_file, &run.err);
	if (run.deck == NULL) {
		run.code = EXIT_USAGE;
		goto out;
	}
	leave = net_leave_new(run.base, 0);
	run.turn = net_turn_new(run.base, on_turn, &run);
	dispatch(&run, options, command, used);
out:
	if (run.err.code != ERR_NONE)
		mode_fail(mode, &run.err, run.code);
	fleet_view_free(run.view);
	deck_free(run.deck);
	net_turn_free(run.turn);
	net_leave_free(leave);
	if (run.base != NULL)
		event_base_free(run.base);
	mode_connect_fini(&hub);
	return run.code;
}

static int run_main(const struct options *options);

const struct mode mode_run = {
	.name = "run",
	.usage = "run [OPTION …] COMMAND …",
	.summary = "Run one command of the deck without a screen, wait for "
		   "each device's last state, print one line a device.",
	.options = run_options,
	.has_deck_commands = true,
	.run = run_main,
};

static int
run_main(const struct options *options)
{
	const struct command_def *command;
	struct err err;
	size_t used;

	if (options_argc(options) == 0) {
		print_commands(stderr);
		return EXIT_USAGE;
	}
	command = find_command(options, &used, &err);
	if (command == NULL)
		return mode_fail(&mode_run, &err, EXIT_USAGE);
	if (strcmp(command->name, "help") == 0) {
		print_commands(stdout);
		return EXIT_OK;
	}
	return connect_and_run(&mode_run, options, command, used);
}
