#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/device/device.h"
#include "core/device/endpoint.h"
#include "core/net/http.h"
#include "core/net/loop.h"
#include "tui/mode.h"
#include "tui/mode_device_source.h"
#include "tui/mode_enroll.h"

#define COUNT_MAX 100000
#define STAGGER_MS 10      /* between the first connects of a fleet */
#define SUMMARY_S 1        /* how long a fleet's count waits for more news */
#define FDS_EACH 3         /* a socket, and two of libmosquitto's own */
#define FDS_OTHER 64
#define PHASE_MS_MAX (INT64_C(24) * 3600 * 1000)

static const struct option_def device_options[] = {
	MODE_OPTIONS,
	{ .name = "connection-string-file", .type = OPTION_STRING,
	  .arg = "FILE",
	  .help = "Read the connection string from FILE, - is standard input; "
		  "else IOTHUB_DEVICE_CONNECTION_STRING holds it, or for a "
		  "fleet IOTHUB_CONNECTION_STRING." },
	{ .name = "ca-file", .type = OPTION_STRING, .arg = "FILE",
	  .help = "Trust the CA certificates in FILE (PEM) for the hub, instead "
		  "of the system's." },
	{ .name = "mqtt-port", .type = OPTION_NUMBER, .arg = "N",
	  .min = 1, .max = 65535,
	  .help = "TCP port of the hub's MQTT over TLS; else the one in a "
		  "device connection string or ready line, else 8883." },
	{ .name = "phase-seconds", .type = OPTION_STRING, .arg = "N",
	  .unit = "seconds", .def = "15",
	  .help = "How long each phase of a firmware update takes; fractions "
		  "are welcome." },
	{ .name = "count", .type = OPTION_NUMBER, .arg = "N",
	  .min = 1, .max = COUNT_MAX,
	  .help = "Run a fleet of N devices, which registers itself with a "
		  "service connection string." },
	{ .name = "prefix", .type = OPTION_STRING, .arg = "P", .def = "door-",
	  .help = "What the device ids of a fleet begin with; a number "
		  "follows." },
	{ .name = "latency-ms", .type = OPTION_NUMBER, .arg = "N",
	  .unit = "milliseconds", .min = 0, .max = 600000, .def = "0",
	  .help = "Answer each direct method only after this time." },
	{ .name = "fail-rate", .type = OPTION_NUMBER, .arg = "P",
	  .unit = "percent", .min = 0, .max = 100, .def = "0",
	  .help = "Let this share of the firmware updates fail." },
	{ .name = "sas-seconds", .type = OPTION_NUMBER, .arg = "N",
	  .unit = "seconds", .min = 5, .max = 31536000, .def = "3600",
	  .help = "How long a SAS token lives; it is renewed when three "
		  "quarters of that are over." },
	{ .name = "ready-line", .type = OPTION_FLAG,
	  .help = "Take connection string, CA file and MQTT port from the "
		  "first line of standard input, which is the line that "
		  "\"twindeck hub --json\" prints." },
	{ .name = "exit-on-eof", .type = OPTION_FLAG,
	  .help = "Leave when standard input closes." },
	{ .name = "quiet", .type = OPTION_FLAG,
	  .help = "Print only how many devices are connected, and why some "
		  "are not." },
	{ .name = NULL },
};

struct fleet;

struct member {
	struct fleet *fleet;
	struct device *device;
	bool online;
};

struct fleet {
	const struct options *options;
	struct event_base *base;
	struct net_leave *leave;
	struct net_http *http; /* for firmware packages */
	struct device_endpoint *endpoint;
	struct mode_device_source source;
	int64_t phase_ms;
	size_t n;
	char **ids;
	char **keys;           /* secrets */
	struct member *members;
	size_t n_online;
	struct event *summary; /* pending: news is being gathered */
	char *trouble;         /* the last reason of a lost connection */
	char *summed;          /* the last summary, or NULL */
};

static void
print_line(const struct fleet *fleet, const char *device_id, const char *text)
{
	struct strbuf line = { 0 };
	char stamp[CLOCK_STAMP_SIZE];

	clock_format_log(stamp, clock_utc_us());
	/* The time of day is enough on a console. */
	strbuf_printf(&line, "%s  ", strchr(stamp, ' ') + 1);
	if (fleet->n > 1 && device_id != NULL)
		strbuf_printf(&line, "%s  ", device_id);
	strbuf_put_escaped(&line, text, strlen(text));
	puts(line.data);
	fflush(stdout);
	strbuf_fini(&line);
}

static void
on_summary(evutil_socket_t fd, short what, void *arg)
{
	struct fleet *fleet = arg;
	char *text;

	(void)fd;
	(void)what;
	text = xasprintf("%zu of %zu devices connected%s%s", fleet->n_online,
	    fleet->n, fleet->trouble != NULL ? "; " : "",
	    fleet->trouble != NULL ? fleet->trouble : "");
	free(fleet->trouble);
	fleet->trouble = NULL;
	/* A thousand devices that still wait are no news. */
	if (fleet->summed == NULL || strcmp(fleet->summed, text) != 0)
		print_line(fleet, NULL, text);
	free(fleet->summed);
	fleet->summed = text;
}

/* Many devices come and go together: one line for all of them. */
static void
count_online(struct member *member, const struct device_news *news)
{
	const struct timeval wait = { .tv_sec = SUMMARY_S };
	struct fleet *fleet = member->fleet;
	bool online = news->kind == DEVICE_ONLINE;

	if (!online) {
		free(fleet->trouble);
		fleet->trouble = xstrdup(news->reason);
	}
	if (online != member->online) {
		member->online = online;
		fleet->n_online += online ? 1 : (size_t)-1;
	}
	if (fleet->n_online == fleet->n) {
		event_del(fleet->summary);
		on_summary(-1, EV_TIMEOUT, fleet);
	} else if (!event_pending(fleet->summary, EV_TIMEOUT, NULL)) {
		event_add(fleet->summary, &wait);
	}
}

static void
on_news(const struct device_news *news, void *arg)
{
	struct member *member = arg;
	struct fleet *fleet = member->fleet;
	bool counts =
	    news->kind == DEVICE_ONLINE || news->kind == DEVICE_OFFLINE;

	if (!options_flag(fleet->options, "quiet") || (counts && fleet->n == 1))
		print_line(fleet, news->device_id, news->text);
	if (counts && fleet->n > 1)
		count_online(member, news);
}

/* "15", "0.5": not strtod(), whose point depends on the locale. */
static int
parse_seconds(const char *s, int64_t *ms, struct err *err)
{
	int64_t n = 0, unit = 1000;
	const char *p = s;
	size_t digits = strspn(s, "0123456789");

	for (; *p >= '0' && *p <= '9' && n <= PHASE_MS_MAX; p++)
		n = n * 10 + (*p - '0') * 1000;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, digits++)
			n += (*p - '0') * (unit /= 10);
	if (digits == 0 || *p != '\0' || n > PHASE_MS_MAX)
		return err_set(err, ERR_INVALID,
		    "--phase-seconds takes a number of seconds like 15 or 0.5, "
		    "up to 86400, not \"%.40s\"",
		    s);
	*ms = n;
	return 0;
}

/* Reads everything that the command line, environment and input say. */
static int
configure(struct fleet *fleet, struct err *err)
{
	const struct options *options = fleet->options;

	if (options_argc(options) > 0)
		return err_set(err, ERR_INVALID,
		    "\"%.60s\" is not understood; see --help",
		    options_argv(options, 0));
	if (parse_seconds(options_string(options, "phase-seconds"),
		&fleet->phase_ms, err) == -1)
		return -1;
	fleet->n = 1;
	if (options_given(options, "count"))
		fleet->n = (size_t)options_number(options, "count");
	return mode_device_source_read(
	    options, fleet->n, &fleet->source, err);
}

/* door-001 … door-025, and door-0001 … of a thousand and more. */
static int
name_devices(struct fleet *fleet, struct err *err)
{
	const char *prefix = options_string(fleet->options, "prefix");
	int width = 3;
	size_t i;

	fleet->ids = xcalloc(fleet->n, sizeof(*fleet->ids));
	fleet->keys = xcalloc(fleet->n, sizeof(*fleet->keys));
	if (!connstr_is_service(&fleet->source.cs)) {
		fleet->ids[0] = xstrdup(fleet->source.cs.device_id);
		return 0;
	}
	if (strpbrk(prefix, "#+") != NULL)
		return err_set(err, ERR_UNSUPPORTED,
		    "--prefix: a device id with # or + cannot be used over "
		    "MQTT");
	for (i = fleet->n; i >= 1000; i /= 10)
		width++;
	for (i = 0; i < fleet->n; i++)
		fleet->ids[i] = xasprintf("%s%0*zu", prefix, width, i + 1);
	if (device_id_check(fleet->ids[0], err) == -1)
		return err_prefix(err, "--prefix");
	return 0;
}

/* Each device has its descriptors; a shell's limit is often 1,024. */
static int
raise_limit(size_t n, struct err *err)
{
	rlim_t needed = FDS_OTHER + (rlim_t)n * FDS_EACH;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= needed)
		return 0;
	if (limit.rlim_max < needed)
		return err_set(err, ERR_LIMIT,
		    "%zu devices need %ju open files, and the limit is %ju",
		    n, (uintmax_t)needed, (uintmax_t)limit.rlim_max);
	limit.rlim_cur = needed;
	setrlimit(RLIMIT_NOFILE, &limit);
	return 0;
}

static int
add_member(struct fleet *fleet, size_t i, struct err *err)
{
	const struct options *options = fleet->options;
	struct member *member = &fleet->members[i];
	struct connstr identity = fleet->source.cs;
	struct device_config config = {
		.identity = &identity,
		.endpoint = fleet->endpoint,
		.http = fleet->http,
		.phase_ms = fleet->phase_ms,
		.latency_ms = options_number(options, "latency-ms"),
		.fail_percent =
		    (unsigned int)options_number(options, "fail-rate"),
		.sas_s = options_number(options, "sas-seconds"),
		.on_news = on_news,
		.arg = member,
	};

	if (fleet->keys[i] != NULL) {
		identity = (struct connstr){ .host = fleet->source.cs.host_name,
			.host_name = fleet->source.cs.host_name,
			.device_id = fleet->ids[i], .key = fleet->keys[i] };
	}
	member->fleet = fleet;
	member->device = device_new(&config, err);
	if (member->device == NULL)
		return -1;
	device_start(member->device, (int64_t)i * STAGGER_MS);
	return 0;
}

static void
say_hello(const struct fleet *fleet)
{
	const char *name, *help;
	char *text;
	size_t i;

	if (fleet->n > 1) {
		text = xasprintf("%zu devices, %s to %s", fleet->n,
		    fleet->ids[0], fleet->ids[fleet->n - 1]);
		print_line(fleet, NULL, text);
		free(text);
		return;
	}
	if (options_flag(fleet->options, "quiet"))
		return;
	text = xasprintf("device %s answers:", fleet->ids[0]);
	print_line(fleet, NULL, text);
	free(text);
	for (i = 0; (name = device_method_name(i, &help)) != NULL; i++) {
		text = xasprintf("  %-16s%s", name, help);
		print_line(fleet, NULL, text);
		free(text);
	}
}

/* Everything up to the first connect; the code to exit with. */
static int
start(struct fleet *fleet, struct err *err)
{
	size_t i;

	if (name_devices(fleet, err) == -1)
		return EXIT_USAGE;
	if (raise_limit(fleet->n, err) == -1)
		return EXIT_FAULT;
	fleet->base = net_loop_new(err);
	if (fleet->base == NULL)
		return EXIT_FAULT;
	fleet->leave = net_leave_new(
	    fleet->base, options_flag(fleet->options, "exit-on-eof"));
	fleet->summary = evtimer_new(fleet->base, on_summary, fleet);
	/* Packages come from anywhere: the system says whom to trust. */
	fleet->http = net_http_new(fleet->base, NULL, err);
	if (fleet->http == NULL)
		return EXIT_FAULT;
	fleet->endpoint = device_endpoint_new(fleet->base, fleet->source.host,
	    fleet->source.port, fleet->source.ca_file, err);
	if (fleet->endpoint == NULL)
		return EXIT_FAULT;
	if (connstr_is_service(&fleet->source.cs) &&
	    mode_enroll(fleet->base, &fleet->source.cs, fleet->source.ca_file, fleet->ids,
		fleet->n, fleet->keys, err) == -1)
		return err->code == ERR_UNREACHABLE ? EXIT_UNREACHABLE
		    : err->code == ERR_UNAUTHORIZED ? EXIT_NOT_AUTHORIZED
						    : EXIT_FAULT;
	say_hello(fleet);
	fleet->members = xcalloc(fleet->n, sizeof(*fleet->members));
	for (i = 0; i < fleet->n; i++)
		if (add_member(fleet, i, err) == -1)
			return EXIT_USAGE;
	return EXIT_OK;
}

static void
fleet_fini(struct fleet *fleet)
{
	size_t i;

	for (i = 0; i < fleet->n && fleet->members != NULL; i++)
		device_free(fleet->members[i].device);
	for (i = 0; i < fleet->n && fleet->ids != NULL; i++) {
		free(fleet->ids[i]);
		xfree_secret(fleet->keys[i]);
	}
	free(fleet->members);
	free(fleet->ids);
	free(fleet->keys);
	device_endpoint_free(fleet->endpoint);
	net_http_free(fleet->http);
	if (fleet->summary != NULL)
		event_free(fleet->summary);
	net_leave_free(fleet->leave);
	if (fleet->base != NULL)
		event_base_free(fleet->base);
	mode_device_source_fini(&fleet->source);
	free(fleet->trouble);
	free(fleet->summed);
}

static int
device_run(const struct options *options)
{
	struct fleet fleet = { .options = options };
	struct err err = { 0 };
	int code = EXIT_USAGE;

	if (configure(&fleet, &err) == 0)
		code = start(&fleet, &err);
	/* Stopped while it registered: that is how it was asked to leave. */
	if (err.code == ERR_CANCELLED)
		code = EXIT_OK;
	else if (code == EXIT_OK)
		event_base_dispatch(fleet.base);
	else
		mode_fail(&mode_device, &err, code);
	fleet_fini(&fleet);
	return code;
}

const struct mode mode_device = {
	.name = "device",
	.usage = "device [OPTION …]",
	.summary = "One simulated device, or a fleet of them.",
	.options = device_options,
	.run = device_run,
};
