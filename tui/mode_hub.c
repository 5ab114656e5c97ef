#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/hub/faults.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"
#include "core/iothub/connstr.h"
#include "core/net/loop.h"
#include "tui/mode.h"
#include "tui/mode_hub_device.h"
#include "tui/mode_hub_state.h"

#define OWNER "iothubowner"

static const struct option_def hub_options[] = {
	MODE_OPTIONS,
	{ .name = "name", .type = OPTION_STRING, .arg = "NAME", .def = "local",
	  .help = "What the hub is called; its state has a folder of that "
		  "name." },
	{ .name = "state-dir", .type = OPTION_STRING, .arg = "DIR",
	  .help = "Keep the database, the keys and the certificates in DIR, "
		  "instead of twindeck/hub/NAME below $XDG_DATA_HOME." },
	{ .name = "host-name", .type = OPTION_STRING, .arg = "HOST",
	  .def = "127.0.0.1",
	  .help = "The host name in the connection strings that are printed; "
		  "the C SDK needs one with a dot." },
	{ .name = "https-port", .type = OPTION_NUMBER, .arg = "N",
	  .min = 0, .max = 65535,
	  .help = "TCP port of the service REST API, 0 takes a free one; else "
		  "443, which the SDKs have built in, or 8443 where 443 is not "
		  "allowed." },
	{ .name = "mqtt-port", .type = OPTION_NUMBER, .arg = "N",
	  .min = 0, .max = 65535, .def = "8883",
	  .help = "TCP port of MQTT over TLS for devices, 0 takes a free "
		  "one." },
	{ .name = "tier", .type = OPTION_STRING, .arg = "TIER",
	  .help = "Enforce the quotas of F1, S1, S2 or S3: requests are slowed "
		  "down, then refused with 429.  Without it there are none." },
	{ .name = "units", .type = OPTION_NUMBER, .arg = "N",
	  .min = 1, .max = 200, .def = "1",
	  .help = "How many units of the tier the hub has." },
	{ .name = "retry-after", .type = OPTION_FLAG,
	  .help = "Send Retry-After with 429, which IoT Hub does not." },
	{ .name = "index", .type = OPTION_STRING, .arg = "LIST",
	  .help = "Paths of twins, separated by commas, that queries are to "
		  "find by an index, instead of those of before; or none." },
	{ .name = "seed", .type = OPTION_STRING, .arg = "FILE",
	  .help = "Read FILE, as import does, if the hub has no device "
		  "yet." },
	{ .name = "query-lag", .type = OPTION_STRING, .arg = "TIME",
	  .help = "Let queries see changes that much later, as IoT Hub does: "
		  "500ms, 5s, 1m." },
	{ .name = "device-ca", .type = OPTION_STRING, .arg = "FILE",
	  .help = "CAs, PEM, whose certificates let in devices of type "
		  "certificateAuthority." },
	{ .name = "fault", .type = OPTION_LIST, .arg = "LIST",
	  .help = "Faults on purpose, separated by commas or given again; see "
		  "below." },
	{ .name = "json", .type = OPTION_FLAG,
	  .help = "Print what a client needs as one line of JSON." },
	{ .name = "exit-on-eof", .type = OPTION_FLAG,
	  .help = "Leave when standard input closes." },
	{ .name = "remove-state", .type = OPTION_FLAG,
	  .help = "Remove the state on leaving." },
	{ .name = "verbose", .type = OPTION_FLAG,
	  .help = "Log every request and packet." },
	{ .name = NULL },
};

static const struct mode_command hub_commands[] = {
	{ "add-device ID", "Register a device with the hub that runs, and "
			   "print its connection string." },
	{ "device-string ID", "Print the connection string of a device of the "
			      "hub that runs." },
	{ "send ID TEXT", "Send a device of the hub that runs a "
			  "cloud-to-device message, which waits while it is "
			  "away." },
	{ "fault [LIST]", "Give the hub that runs other faults, or none; without "
			  "LIST print them." },
	{ "monitor [ID]", "Print each message that a device sends, or any "
			  "device, as it comes, a line of JSON each." },
	{ "calls", "Print the last direct methods of the hub that runs, a line "
		   "of JSON each." },
	{ "export FILE", "Write the devices with their keys and twins, and "
			 "the jobs, to FILE, JSON Lines; - is standard "
			 "output." },
	{ "import FILE", "Read what export wrote, while no hub "
			 "runs; - is standard input." },
	{ "backup FILE", "Copy the database to FILE, while the hub runs or "
			 "not." },
	{ NULL, NULL },
};

/* A hub of thousands of devices has as many descriptors. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The owner's; a secret, the caller's. */
static char *
service_string(const struct hub *hub)
{
	const struct hub_identity *identity = hub_get_identity(hub);
	const char *host = hub_identity_host(identity);
	struct connstr cs = { 0 };
	char *text;

	if (hub_https_port(hub) == HUB_HTTPS_PORT)
		cs.host = xstrdup(host);
	else if (strchr(host, ':') != NULL)
		cs.host = xasprintf("[%s]:%u", host, hub_https_port(hub));
	else
		cs.host = xasprintf("%s:%u", host, hub_https_port(hub));
	cs.policy = xstrdup(OWNER);
	cs.key = xstrdup(hub_identity_policy_key(identity, OWNER, false, NULL));
	text = connstr_format(&cs);
	connstr_fini(&cs);
	return text;
}

/* One line, without its end; a secret, the caller's. */
static char *
ready_line(const struct hub *hub, const char *service)
{
	const struct hub_identity *identity = hub_get_identity(hub);
	cJSON *json = cJSON_CreateObject();
	char *line;

	cJSON_AddStringToObject(json, "hostName", hub_identity_host(identity));
	cJSON_AddStringToObject(json, "serviceConnectionString", service);
	cJSON_AddStringToObject(
	    json, "caFile", hub_identity_ca_file(identity));
	cJSON_AddNumberToObject(json, "httpsPort", hub_https_port(hub));
	cJSON_AddNumberToObject(json, "mqttPort", hub_mqtt_port(hub));
	cJSON_AddNumberToObject(json, "pid", getpid());
	line = json_print(json);
	cJSON_Delete(json);
	return line;
}

/* How the sub-commands are told which hub is meant, as it was typed. */
static void
print_hint(const struct options *options)
{
	fputs("Add a device, in another terminal:\n  twindeck hub", stdout);
	if (options_given(options, "state-dir"))
		printf(" --state-dir '%s'", options_string(options, "state-dir"));
	else if (options_given(options, "name"))
		printf(" --name %s", options_string(options, "name"));
	puts(" add-device ID\n\n^C stops the hub.");
}

static void
print_ready(const struct hub *hub, const struct options *options,
    const char *service)
{
	const char *name = options_string(options, "name");
	const char *ca_file =
	    hub_identity_ca_file(hub_get_identity(hub));

	printf("The hub \"%s\" accepts connections.\n\n"
	       "  service connection string\n"
	       "    %s\n"
	       "  CA certificate\n"
	       "    %s\n"
	       "  HTTPS port %u, MQTT port %u, on this machine only\n"
	       "  state in %s\n\n",
	    name, service, ca_file, hub_https_port(hub), hub_mqtt_port(hub),
	    hub_get_state_dir(hub));
	printf("Point an SDK at it:\n"
	       "  Node    NODE_EXTRA_CA_CERTS=%s node app.js\n"
	       "  Python  REQUESTS_CA_BUNDLE=%s for services;\n"
	       "          server_verification_cert=open(ca).read() for "
	       "devices\n"
	       "  C       the device option \"TrustedCerts\" with the text of "
	       "that file\n\n",
	    ca_file, ca_file);
	if (hub_https_port(hub) != HUB_HTTPS_PORT ||
	    hub_mqtt_port(hub) != HUB_MQTT_PORT)
		puts("Some SDKs only know the ports 443 and 8883.\n");
	print_hint(options);
}

/* For the sub-commands: they find the hub by it. */
static int
announce(const struct hub *hub, const struct options *options,
    const char *ready_file, struct err *err)
{
	char *service = service_string(hub);
	char *line = ready_line(hub, service);
	int rc =
	    paths_write_file(ready_file, line, strlen(line), 0600, err);

	if (rc == 0 && options_flag(options, "json"))
		puts(line);
	else if (rc == 0)
		print_ready(hub, options, service);
	fflush(stdout);
	xfree_secret(service);
	xfree_secret(line);
	return rc;
}

static int
exit_code_of(const struct err *err)
{
	switch (err->code) {
	case ERR_BUSY:
		return EXIT_ALREADY_RUNNING;
	case ERR_EXISTS:
		return EXIT_PORT_IN_USE;
	case ERR_IO:
		return EXIT_STATE_NOT_WRITABLE;
	case ERR_INVALID:
		return EXIT_USAGE;
	default:
		return EXIT_FAULT;
	}
}

static int
serve_on(struct event_base *base, const struct options *options,
    const struct hub_config *config)
{
	struct net_leave *leave =
	    net_leave_new(base, options_flag(options, "exit-on-eof"));
	struct stat st;
	bool was_there = stat(config->state_dir, &st) == 0;
	char *ready_file =
	    xasprintf("%s/" HUB_FILE_READY, config->state_dir);
	struct err err = { 0 };
	int code = EXIT_OK;
	struct hub *hub;

	hub = hub_new(base, config, &err);
	if (hub == NULL || announce(hub, options, ready_file, &err) == -1)
		code = mode_fail(&mode_hub, &err, exit_code_of(&err));
	else
		event_base_dispatch(base);
	if (hub != NULL)
		unlink(ready_file);
	hub_free(hub);
	/* What another start has made is not ours to remove. */
	if (options_flag(options, "remove-state") &&
	    (hub != NULL || !was_there))
		hub_remove_state(config->state_dir);
	net_leave_free(leave);
	free(ready_file);
	return code;
}

static int
serve(const struct options *options, const char *state_dir)
{
	struct hub_config config = {
		.state_dir = state_dir,
		.name = options_string(options, "name"),
		.host_name = options_string(options, "host-name"),
		.https_port = options_given(options, "https-port")
		    ? options_number(options, "https-port")
		    : HUB_HTTPS_PORT_ANY,
		.mqtt_port = options_number(options, "mqtt-port"),
		.tier = options_string(options, "tier"),
		.n_units = options_number(options, "units"),
		.sends_retry_after = options_flag(options, "retry-after"),
		.faults = options_string(options, "fault"),
		.indexes = options_string(options, "index"),
		.seed = options_string(options, "seed"),
		.device_ca = options_string(options, "device-ca"),
	};
	const char *lag = options_string(options, "query-lag");
	struct event_base *base;
	struct err err;
	int code;

	if (config.tier == NULL && options_given(options, "units")) {
		err_set(&err, ERR_INVALID,
		    "--units is of a tier: it needs --tier too");
		return mode_fail(&mode_hub, &err, exit_code_of(&err));
	}
	if (lag != NULL &&
	    clock_parse_duration(lag, &config.query_lag_ms) == -1) {
		err_set(&err, ERR_INVALID,
		    "--query-lag takes a time, as 500ms or 5s, not \"%.60s\"",
		    lag);
		return mode_fail(&mode_hub, &err, exit_code_of(&err));
	}
	log_open(stderr,
	    options_flag(options, "verbose") ? LOG_DEBUG : LOG_INFO);
	raise_descriptors();
	base = net_loop_new(&err);
	if (base == NULL)
		return mode_fail(&mode_hub, &err, EXIT_FAULT);
	code = serve_on(base, options, &config);
	event_base_free(base);
	return code;
}

/* NULL with err set when there is no home; the caller's. */
static char *
state_dir_of(const struct options *options, struct err *err)
{
	const char *given = options_string(options, "state-dir");
	char *data, *dir;

	if (given != NULL)
		return xstrdup(given);
	data = paths_dir(PATHS_DATA, err);
	if (data == NULL)
		return NULL;
	dir = xasprintf("%s/hub/%s", data, options_string(options, "name"));
	free(data);
	return dir;
}

/* One row each beside hub_commands. */
static const struct {
	const char *name;
	int n_min, n_max; /* arguments */
	const char *takes;
	int (*run)(const char *state_dir, const char *arg, struct err *err);
	int (*run_two)(const char *state_dir, const char *arg,
	    const char *second, struct err *err); /* or this */
} sub_commands[] = {
	{ "add-device", 1, 1, "one device ID", mode_hub_add_device, NULL },
	{ "device-string", 1, 1, "one device ID", mode_hub_device_string, NULL },
	{ "send", 2, 2, "one device ID and one TEXT", NULL, mode_hub_send },
	{ "fault", 0, 1, "one LIST or none", mode_hub_fault, NULL },
	{ "monitor", 0, 1, "one device ID or none", mode_hub_monitor, NULL },
	{ "calls", 0, 0, "no argument", mode_hub_calls, NULL },
	{ "export", 1, 1, "one FILE", mode_hub_export, NULL },
	{ "import", 1, 1, "one FILE", mode_hub_import, NULL },
	{ "backup", 1, 1, "one FILE", mode_hub_backup, NULL },
};

static int
sub_command_code(const struct err *err)
{
	switch (err->code) {
	case ERR_UNREACHABLE:
		return EXIT_UNREACHABLE;
	case ERR_UNAUTHORIZED:
		return EXIT_NOT_AUTHORIZED;
	case ERR_BUSY:
		return EXIT_ALREADY_RUNNING;
	default:
		return EXIT_FAULT;
	}
}

static int
run_sub_command(const struct options *options, const char *state_dir)
{
	const char *command = options_argv(options, 0);
	int n_args = options_argc(options) - 1;
	struct err err = { 0 };
	size_t i, n = sizeof(sub_commands) / sizeof(sub_commands[0]);
	const char *arg;
	int rc;

	for (i = 0; i < n; i++)
		if (strcmp(command, sub_commands[i].name) == 0)
			break;
	if (i == n)
		err_set(&err, ERR_INVALID, "no command %.60s; see --help",
		    command);
	else if (n_args < sub_commands[i].n_min ||
	    n_args > sub_commands[i].n_max)
		err_set(&err, ERR_INVALID, "%s takes %s", command,
		    sub_commands[i].takes);
	if (err.code != ERR_NONE)
		return mode_fail(&mode_hub, &err, EXIT_USAGE);
	arg = options_argv(options, 1);
	rc = sub_commands[i].run != NULL
	    ? sub_commands[i].run(state_dir, arg, &err)
	    : sub_commands[i].run_two(
		  state_dir, arg, options_argv(options, 2), &err);
	if (rc == -1)
		return mode_fail(&mode_hub, &err, sub_command_code(&err));
	return EXIT_OK;
}

static int
run(const struct options *options)
{
	struct err err = { 0 };
	char *state_dir = state_dir_of(options, &err);
	int code;

	if (state_dir == NULL)
		return mode_fail(&mode_hub, &err, EXIT_STATE_NOT_WRITABLE);
	if (options_argc(options) == 0)
		code = serve(options, state_dir);
	else
		code = run_sub_command(options, state_dir);
	free(state_dir);
	return code;
}

static void
print_faults(FILE *file)
{
	const char *usage, *help;
	size_t i;

	fputs("\nFaults on purpose, each for the hub or, with @DEVICE behind "
	      "it, for one device:\n", file);
	for (i = 0; (usage = hub_faults_kind(i, &help)) != NULL; i++)
		options_print_row(file, usage, help);
}

const struct mode mode_hub = {
	.name = "hub",
	.usage = "hub [OPTION …] [COMMAND]",
	.summary = "A local IoT Hub: REST for services and MQTT for devices, "
		   "over TLS on this machine.",
	.options = hub_options,
	.commands = hub_commands,
	.run = run,
	.print_more = print_faults,
};
