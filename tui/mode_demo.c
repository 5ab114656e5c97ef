#include "config.h"

#include "tui/mode_demo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/watch.h"
#include "core/iothub/connstr.h"
#include "core/net/child.h"
#include "core/net/loop.h"
#include "tui/app.h"
#include "tui/mode.h"
#include "tui/mode_demo_devices.h"
#include "tui/mode_screen.h"
#include "tui/screen.h"
#include "tui/screen_guard.h"
#include "tui/tour.h"
#include "tui/tour_script.h"

#define COUNT_MAX 10000
#define GRACE_MS 3000      /* for a child to leave */
#define COMPLAINT_MAX 1024 /* bytes */
#define TITLE "local demo"

static const struct option_def demo_options[] = {
	MODE_OPTIONS,
	{ .name = "count",
	    .type = OPTION_NUMBER,
	    .arg = "N",
	    .unit = "devices",
	    .min = 1,
	    .max = COUNT_MAX,
	    .def = "25",
	    .help = "How many devices to simulate." },
	{ .name = "phase-seconds",
	    .type = OPTION_STRING,
	    .arg = "N",
	    .unit = "seconds",
	    .def = "3",
	    .help = "How long each phase of a firmware update takes." },
	{ .name = "state-dir",
	    .type = OPTION_STRING,
	    .arg = "DIR",
	    .help = "Keep the hub's state in DIR, instead of a temporary "
		    "folder." },
	{ .name = "keep",
	    .type = OPTION_FLAG,
	    .help =
		"Leave the hub's state behind on quitting, and say where." },
	{ .name = "tour",
	    .type = OPTION_FLAG,
	    .help = "Lead through the tutorials: what to press, and what to "
		    "look at." },
	{ .name = "autoplay",
	    .type = OPTION_FLAG,
	    .help = "Play the tour by itself, until a key is pressed." },
	{ .name = "tour-file",
	    .type = OPTION_STRING,
	    .arg = "FILE",
	    .help = "Take this tour instead; record writes such a file." },
	{ .name = "pace",
	    .type = OPTION_STRING,
	    .arg = "N",
	    .unit = "seconds",
	    .def = "3",
	    .help = "How long each text of the tour stands at least." },
	{ .name = "exit",
	    .type = OPTION_FLAG,
	    .help = "Quit when the tour has been played, with 1 as soon as "
		    "something is late." },
	MODE_SCREEN_OPTIONS,
	{ .name = NULL },
};

static int run(const struct options *options);

const struct mode mode_demo = {
	.name = "demo",
	.usage = "demo [OPTION …]",
	.summary = "A local hub, simulated devices and the deck, in one go; "
		   "nothing is left behind.",
	.options = demo_options,
	.run = run,
};

/*
 * The children leave when the pipe to them closes, however this process ends;
 * the hub removes the state then.
 */
struct demo {
	const struct options *options;
	struct event_base *base;
	struct mode_screen *screen;
	struct deck *deck;
	struct connstr cs;
	struct net_child *hub, *fleet;
	struct mode_demo_devices *devices;
	char *top;       /* owned; the temporary folder, or NULL */
	char *state_dir; /* owned */
	int log_fd;      /* of no file: what the children complain of */
	char *ready;     /* owned, a secret: the hub's ready line */
	struct tour *tour; /* owned until the screen has it */
};

static void
say(struct demo *demo, const char *text)
{
	app_set_notice(mode_screen_app(demo->screen), text);
	app_say(mode_screen_app(demo->screen), true, "%s", text);
}

/* The last line that the children wrote to standard error; the caller's. */
static char *
last_complaint(const struct demo *demo)
{
	char text[COMPLAINT_MAX];
	off_t size = lseek(demo->log_fd, 0, SEEK_END);
	off_t from = size > COMPLAINT_MAX - 1 ? size - (COMPLAINT_MAX - 1) : 0;
	ssize_t n = pread(demo->log_fd, text, COMPLAINT_MAX - 1, from);
	char *line;

	if (n <= 0)
		return xstrdup("");
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	line = strrchr(text, '\n');
	return xstrdup(line != NULL ? line + 1 : text);
}

static void
on_child_exit(struct net_child *child, int status, void *arg)
{
	struct demo *demo = arg;
	const char *who =
	    child == demo->hub ? "the local hub" : "the simulated devices";
	char *why = last_complaint(demo), *text;

	if (WIFSIGNALED(status))
		text =
		    xasprintf("%s ended by signal %d", who, WTERMSIG(status));
	else
		text = xasprintf("%s ended with status %d%s%s", who,
		    WEXITSTATUS(status), why[0] != '\0' ? ": " : "", why);
	say(demo, text);
	free(text);
	free(why);
}

static void
on_fleet_line(struct net_child *child, const char *line, void *arg)
{
	(void)child;
	(void)line;
	(void)arg;
}

static const struct net_child_ops fleet_ops = {
	.on_line = on_fleet_line,
	.on_exit = on_child_exit,
};

static int
start_fleet(struct demo *demo, struct err *err)
{
	char *count =
	    xasprintf("%" PRId64, options_number(demo->options, "count"));
	char *phase = xstrdup(options_string(demo->options, "phase-seconds"));
	char *argv[] = { "twindeck", "device", "--ready-line", "--exit-on-eof",
		"--quiet", "--count", count, "--prefix", DEMO_PREFIX,
		"--phase-seconds", phase, NULL };
	int rc = -1;

	demo->fleet = net_child_new(
	    demo->base, argv, demo->log_fd, &fleet_ops, demo, err);
	if (demo->fleet != NULL)
		rc = net_child_write(
		    demo->fleet, demo->ready, strlen(demo->ready), err);
	free(count);
	free(phase);
	return rc;
}

static void
on_devices(const struct err *failed, void *arg)
{
	struct demo *demo = arg;
	struct err err;

	if (failed != NULL)
		say(demo, failed->text);
	else if (start_fleet(demo, &err) == -1)
		say(demo, err.text);
}

/* Reads what the hub says of itself and opens the deck on it. */
static int
open_hub(struct demo *demo, const char *line, struct err *err)
{
	cJSON *json = json_parse(line, strlen(line), err);
	const char *service = json_get_string(json, "serviceConnectionString");
	const char *ca_file = json_get_string(json, "caFile");
	int rc = -1;

	if (service == NULL || ca_file == NULL) {
		err_set(err, ERR_PROTOCOL,
		    "the local hub did not say how to reach it");
		goto out;
	}
	if (connstr_parse(service, &demo->cs, err) == -1)
		goto out;
	demo->deck = deck_new(demo->base, &demo->cs, ca_file, err);
	if (demo->deck == NULL)
		goto out;
	demo->ready = xasprintf("%s\n", line);
	rc = 0;
out:
	cJSON_Delete(json);
	return rc;
}

static void
on_hub_line(struct net_child *child, const char *line, void *arg)
{
	struct demo *demo = arg;
	struct err err;

	(void)child;
	if (demo->deck != NULL)
		return;
	if (open_hub(demo, line, &err) == -1) {
		say(demo, err.text);
		return;
	}
	app_set_deck(mode_screen_app(demo->screen), demo->deck);
	demo->devices = mode_demo_devices_new(deck_client(demo->deck),
	    (size_t)options_number(demo->options, "count"), on_devices, demo);
	watch_start(deck_watch(demo->deck));
}

static const struct net_child_ops hub_ops = {
	.on_line = on_hub_line,
	.on_exit = on_child_exit,
};

static int
start_hub(struct demo *demo, struct err *err)
{
	bool keep = options_flag(demo->options, "keep") || demo->top == NULL;
	char *argv[] = { "twindeck", "hub", "--json", "--exit-on-eof",
		"--https-port", "0", "--mqtt-port", "0", "--name", "demo",
		"--state-dir", demo->state_dir, keep ? NULL : "--remove-state",
		NULL };

	demo->hub =
	    net_child_new(demo->base, argv, demo->log_fd, &hub_ops, demo, err);
	return demo->hub != NULL ? 0 : -1;
}

/* The folder of this demo, and a place for what goes wrong in it. */
static int
make_place(struct demo *demo, struct err *err)
{
	const char *dir = options_string(demo->options, "state-dir");
	const char *tmp = getenv("TMPDIR");

	if (dir != NULL) {
		demo->state_dir = xstrdup(dir);
		if (paths_make_dir(dir, err) == -1)
			return -1;
	} else {
		demo->top = xasprintf("%s/twindeck-demo.XXXXXX",
		    tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
		if (mkdtemp(demo->top) == NULL) {
			err_set(err, ERR_IO, "cannot make the folder %s: %s%s",
			    demo->top, strerror(errno),
			    tmp != NULL ? "; TMPDIR names it" : "");
			free(demo->top);
			demo->top = NULL;
			return -1;
		}
		demo->state_dir = xstrdup(demo->top);
	}
	demo->log_fd = memfd_create("demo.log", MFD_CLOEXEC);
	if (demo->log_fd == -1)
		return err_set(err, ERR_IO, "no memory for a log");
	return 0;
}

/* What the hub has not removed itself, because it was killed. */
static void
remove_place(const struct demo *demo)
{
	struct dirent *entry;
	DIR *dir = opendir(demo->top);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(demo->top);
}

/* There is always a tour to go on with; whether it starts is the options'. */
static int
make_tour(struct demo *demo, struct err *err)
{
	const struct options *o = demo->options;
	const char *file = options_string(o, "tour-file");
	const char *pace = options_string(o, "pace");
	struct tour_script *script;
	int64_t pace_ms;

	if (clock_parse_duration(pace, &pace_ms) == -1)
		return err_set(err, ERR_INVALID,
		    "--pace: \"%.20s\" is no duration", pace);
	if (options_flag(o, "exit") && !options_flag(o, "autoplay"))
		return err_set(err, ERR_INVALID,
		    "--exit goes with --autoplay; q quits otherwise");
	script = file != NULL ? tour_script_read(file, err)
			      : tour_script_demo();
	if (script == NULL)
		return -1;
	demo->tour = tour_new(script, pace_ms);
	if (options_flag(o, "exit"))
		tour_set_exits(demo->tour);
	return 0;
}

static void
start_tour(struct demo *demo)
{
	const struct options *o = demo->options;
	bool plays = options_flag(o, "autoplay");
	struct tour *tour = demo->tour;

	demo->tour = NULL;
	if (plays || options_flag(o, "tour") || options_given(o, "tour-file"))
		tour_go(tour, plays, clock_mono_ms());
	app_set_tour(mode_screen_app(demo->screen), tour);
}

static void
end(struct demo *demo)
{
	bool opened = demo->screen != NULL;

	/* The terminal first: nobody waits for children to leave. */
	if (opened)
		app_set_deck(mode_screen_app(demo->screen), NULL);
	tour_free(demo->tour);
	mode_screen_free(demo->screen);
	screen_guard_end();
	mode_demo_devices_free(demo->devices);
	deck_free(demo->deck);
	net_child_free(demo->fleet, GRACE_MS);
	net_child_free(demo->hub, GRACE_MS);
	if (demo->log_fd != -1)
		close(demo->log_fd);
	if (demo->top != NULL && !options_flag(demo->options, "keep"))
		remove_place(demo);
	else if (opened)
		printf("The hub's state is in %s\n", demo->state_dir);
	connstr_fini(&demo->cs);
	xfree_secret(demo->ready);
	free(demo->top);
	free(demo->state_dir);
	if (demo->base != NULL)
		event_base_free(demo->base);
}

static int
run(const struct options *options)
{
	struct demo demo = { .options = options, .log_fd = -1 };
	struct err err = { 0 };
	int code = EXIT_FAULT;

	if (options_argc(options) > 0)
		err_set(&err, ERR_INVALID,
		    "\"%.60s\" is not understood; see --help",
		    options_argv(options, 0));
	else if (make_tour(&demo, &err) == 0)
		screen_check(&err);
	if (err.code != ERR_NONE)
		code = EXIT_USAGE;
	if (err.code != ERR_NONE || screen_guard_start(&err) == -1) {
		tour_free(demo.tour);
		return mode_fail(&mode_demo, &err, code);
	}
	demo.base = net_loop_new(&err);
	if (demo.base == NULL || make_place(&demo, &err) == -1 ||
	    start_hub(&demo, &err) == -1)
		goto out;
	demo.screen = mode_screen_new(demo.base, TITLE, options, NULL,
	    "starting the local hub …", &err);
	if (demo.screen == NULL)
		goto out;
	start_tour(&demo);
	mode_screen_run(demo.screen);
	if (!options_flag(options, "exit") ||
	    tour_late(app_tour(mode_screen_app(demo.screen)), &err) == 0)
		code = EXIT_OK;
out:
	end(&demo);
	return code == EXIT_OK ? code : mode_fail(&mode_demo, &err, code);
}
