#include "config.h"

#include "core/deck/command.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/form.h"
#include "core/iothub/connstr.h"

#define NAME_WORDS_MAX 2 /* "twin get" */

/* The devices of --on, else those of the context: a frozen copy. */
struct targets {
	char **ids;
	size_t n;
};

/* Ids are separated by commas; one that holds a comma is written with \,. */
static void
targets_split(struct targets *targets, const char *list)
{
	struct strbuf id = { 0 };
	const char *p;

	for (p = list;; p++) {
		if (*p == '\\' && p[1] == ',') {
			strbuf_putc(&id, *++p);
		} else if (*p == ',' || *p == '\0') {
			if (id.len > 0) {
				targets->ids = xreallocarray(targets->ids,
				    targets->n + 1, sizeof(*targets->ids));
				targets->ids[targets->n++] = strbuf_take(&id);
			}
			if (*p == '\0')
				break;
		} else if (!isspace((unsigned char)*p)) {
			strbuf_putc(&id, *p);
		}
	}
	strbuf_fini(&id);
}

static int
targets_init(struct targets *targets, const struct command_context *context,
    const struct options *options, struct err *err)
{
	const char *list = options_string(options, "on");
	size_t i;

	*targets = (struct targets){ 0 };
	if (list != NULL) {
		targets_split(targets, list);
	} else if (context->n_devices > 0) {
		targets->ids =
		    xcalloc(context->n_devices, sizeof(*targets->ids));
		for (i = 0; i < context->n_devices; i++)
			targets->ids[targets->n++] =
			    xstrdup(context->device_ids[i]);
	}
	if (targets->n > 0)
		return 0;
	return err_set(err, ERR_INVALID, context->one_shot
		? "on which devices? Say --on ID[,ID…]"
		: "no device: mark some, or say --on ID[,ID…]");
}

static void
targets_fini(struct targets *targets)
{
	size_t i;

	for (i = 0; i < targets->n; i++)
		free(targets->ids[i]);
	free(targets->ids);
}

/* Fills in what call and set share, and queues the job. */
static int
add_job(const struct command_context *context, const struct options *options,
    struct job_request *request, struct command_result *result,
    struct err *err)
{
	struct targets targets;
	int rc = -1;

	if (targets_init(&targets, context, options, err) == -1)
		return -1;
	if (command_parse_when(options_string(options, "when"),
		&request->delay_ms, err) == -1 ||
	    job_engine_parse(options_string(options, "engine"),
		&request->engine, err) == -1)
		goto out;
	request->device_ids = (const char *const *)targets.ids;
	request->n_devices = targets.n;
	request->at_once = (int)options_number(options, "at-once");
	request->ack_only = options_flag(options, "ack");
	request->retry_ms = context->retry_ms;
	if (context->rehearses) {
		result->device_ids = targets.ids;
		result->n_devices = targets.n;
		return 0;
	}
	result->job = jobs_add(deck_jobs(context->deck), request, err);
	if (result->job != NULL)
		rc = 0;
out:
	targets_fini(&targets);
	return rc;
}

static int
run_call(const struct command_context *context, const struct options *options,
    struct command_result *result, struct err *err)
{
	struct job_request request = {
		.action = JOB_METHOD,
		.method = options_argv(options, 0),
		.payload = options_argv(options, 1),
		.response_timeout_s = (int)options_number(options, "timeout"),
		.connect_timeout_s =
		    (int)options_number(options, "connect-timeout"),
	};

	if (options_argc(options) < 1 || options_argc(options) > 2)
		return err_set(err, ERR_INVALID,
		    "call takes a METHOD and one JSON payload, in quotes");
	return add_job(context, options, &request, result, err);
}

/*
 * A column, a filter and a query name the section, a patch does not: what is
 * written so out of habit would make a property called desired.
 */
static int
check_path(const char *pair, enum job_action action, struct err *err)
{
	const char *section = action == JOB_TAGS ? "tags." : "desired.";
	size_t len = strlen(section);

	if (strncmp(pair, section, len) != 0)
		return 0;
	return err_set(err, ERR_INVALID, "%.60s: paths begin below %.*s: %.60s",
	    pair, (int)len - 1, section, pair + len);
}

static int
set_section(const struct command_context *context,
    const struct options *options, enum job_action action,
    struct command_result *result, struct err *err)
{
	struct job_request request = { .action = action };
	cJSON *patch = cJSON_CreateObject();
	const char *pair;
	char *text = NULL;
	int i, rc = -1;

	if (options_argc(options) == 0) {
		err_set(err, ERR_INVALID,
		    "set what? Say PATH=JSON, as in %s",
		    action == JOB_TAGS ? "site=\"brno\"" : "building=43");
		goto out;
	}
	for (i = 0; (pair = options_argv(options, i)) != NULL; i++) {
		if (check_path(pair, action, err) == -1)
			goto out;
		if (form_set(patch, pair, strlen(pair), err) == -1) {
			err_prefix(err, "%.60s", pair);
			goto out;
		}
	}
	text = json_print(patch);
	request.patch = text;
	rc = add_job(context, options, &request, result, err);
out:
	free(text);
	cJSON_Delete(patch);
	return rc;
}

static int
run_set(const struct command_context *context, const struct options *options,
    struct command_result *result, struct err *err)
{
	return set_section(context, options, JOB_DESIRED, result, err);
}

static int
run_set_tags(const struct command_context *context,
    const struct options *options, struct command_result *result,
    struct err *err)
{
	return set_section(context, options, JOB_TAGS, result, err);
}

static int
run_ls(const struct command_context *context, const struct options *options,
    struct command_result *result, struct err *err)
{
	struct strbuf filter = { 0 };
	const char *word;
	int i;

	(void)context;
	(void)err;
	for (i = 0; (word = options_argv(options, i)) != NULL; i++)
		strbuf_printf(&filter, "%s%s", i > 0 ? " " : "", word);
	result->print = COMMAND_PRINTS_LIST;
	result->text = strbuf_take(&filter);
	return 0;
}

static int
run_twin_get(const struct command_context *context,
    const struct options *options, struct command_result *result,
    struct err *err)
{
	const char *id = options_argv(options, 0);

	(void)context;
	if (options_argc(options) != 1)
		return err_set(err, ERR_INVALID, "twin get takes one device ID");
	if (device_id_check(id, err) == -1)
		return -1;
	result->print = COMMAND_PRINTS_TWIN;
	result->text = xstrdup(id);
	return 0;
}

static int
run_cancel(const struct command_context *context,
    const struct options *options, struct command_result *result,
    struct err *err)
{
	const char *word = options_argv(options, 0);
	struct job *job = context->job;
	int64_t number;

	if (word != NULL) {
		if (str_to_int64(word, 1, JOBS_MAX, &number) == -1)
			return err_set(err, ERR_INVALID,
			    "cancel takes the number of a job, not \"%.40s\"",
			    word);
		job = jobs_by_number(deck_jobs(context->deck), (int)number);
	}
	if (job == NULL)
		return err_set(err, ERR_NOT_FOUND,
		    word != NULL ? "there is no job %.40s"
				 : "no job is under the cursor", word);
	if (job_state(job) != JOB_WAITING && job_state(job) != JOB_RUNNING)
		return err_set(err, ERR_INVALID, "job %d has ended already",
		    job_number(job));
	jobs_cancel(deck_jobs(context->deck), job);
	result->job = job;
	return 0;
}

static int
run_help(const struct command_context *context, const struct options *options,
    struct command_result *result, struct err *err)
{
	(void)context;
	(void)options;
	(void)err;
	result->print = COMMAND_PRINTS_HELP;
	return 0;
}

static const struct option_def no_options[] = {
	{ .name = NULL },
};

static const struct option_def call_options[] = {
	COMMAND_ACT_OPTIONS,
	COMMAND_CALL_OPTIONS,
	{ .name = NULL },
};

static const struct option_def set_options[] = {
	COMMAND_ACT_OPTIONS,
	{ .name = NULL },
};

const struct command_def command_table[] = {
	{ .name = "call", .usage = "METHOD [JSON]",
	  .help = "Call a direct method on devices.",
	  .needs = COMMAND_NEEDS_TARGETS, .options = call_options,
	  .run = run_call },
	{ .name = "cancel", .usage = "[N]",
	  .help = "Cancel job N, or the one under the cursor.",
	  .needs = COMMAND_NEEDS_JOB | COMMAND_DECK_ONLY,
	  .options = no_options, .run = run_cancel },
	{ .name = "help", .usage = "",
	  .help = "Show the commands.",
	  .options = no_options, .run = run_help },
	{ .name = "ls", .usage = "[FILTER …]",
	  .help = "List the devices whose row matches all words.",
	  .needs = COMMAND_ONE_SHOT_ONLY, .options = no_options,
	  .run = run_ls },
	{ .name = "set", .usage = "PATH=JSON …",
	  .help = "Set desired properties of devices; null removes.",
	  .needs = COMMAND_NEEDS_TARGETS, .options = set_options,
	  .run = run_set },
	{ .name = "set-tags", .usage = "TAG=JSON …",
	  .help = "Set tags of devices; null removes.",
	  .needs = COMMAND_NEEDS_TARGETS, .options = set_options,
	  .run = run_set_tags },
	{ .name = "twin get", .usage = "ID",
	  .help = "Print the twin of a device.",
	  .needs = COMMAND_ONE_SHOT_ONLY, .options = no_options,
	  .run = run_twin_get },
	{ .name = NULL },
};

/* Whether the words begin with the name; then how many words it has. */
static size_t
words_of_name(const char *name, char *const *words, size_t n)
{
	size_t i, len;

	for (i = 0; i < n && i < NAME_WORDS_MAX; i++) {
		len = strlen(words[i]);
		if (strncmp(name, words[i], len) != 0)
			return 0;
		name += len;
		if (*name == '\0')
			return i + 1;
		if (*name++ != ' ')
			return 0;
	}
	return 0;
}

const struct command_def *
command_find(char *const *words, size_t n, size_t *used, struct err *err)
{
	const struct command_def *c;

	*used = 0;
	if (n == 0) {
		err_set(err, ERR_INVALID, "no command");
		return NULL;
	}
	for (c = command_table; c->name != NULL; c++)
		if ((*used = words_of_name(c->name, words, n)) > 0)
			return c;
	err_set(err, ERR_INVALID, "there is no command \"%.40s\"; see help",
	    words[0]);
	return NULL;
}

int
command_run(const struct command_context *context,
    const struct command_def *command, char *const *words, size_t n,
    struct command_result *result, struct err *err)
{
	struct options *options;
	char **argv;
	int rc;

	*result = (struct command_result){ 0 };
	if (!context->one_shot && (command->needs & COMMAND_ONE_SHOT_ONLY) != 0)
		return err_set(err, ERR_UNSUPPORTED,
		    "%s prints: use it as twindeck run %s", command->name,
		    command->name);
	if (context->one_shot && (command->needs & COMMAND_DECK_ONLY) != 0)
		return err_set(err, ERR_UNSUPPORTED,
		    "%s is for the deck: a run leaves no job behind",
		    command->name);
	if (context->rehearses && (command->needs & COMMAND_NEEDS_TARGETS) == 0)
		return 0;
	/* options_parse() takes what argv[0] is for granted. */
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = xstrdup(command->name);
	if (n > 0)
		memcpy(argv + 1, words, n * sizeof(*argv));
	options = options_parse(command->options, (int)n + 1, argv, err);
	rc = options == NULL ? -1
			     : command->run(context, options, result, err);
	options_free(options);
	free(argv[0]);
	free(argv);
	return rc;
}

int
command_run_line(const struct command_context *context, const char *line,
    struct command_result *result, struct err *err)
{
	const struct command_def *command;
	size_t n, used;
	char **words;
	int rc = -1;

	*result = (struct command_result){ 0 };
	if (command_split(line, &words, &n, err) == -1)
		return -1;
	command = command_find(words, n, &used, err);
	if (command != NULL)
		rc = command_run(
		    context, command, words + used, n - used, result, err);
	str_array_free(words, n);
	return rc;
}
