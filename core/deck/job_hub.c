#include "config.h"

#include "core/deck/job_hub.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/backoff.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/job.h"
#include "core/iothub/error.h"

#define MAX_ACTIVE_JOBS 429004

/*
 * Handed over by one PUT, under an id of its own: when it was lost, the same
 * PUT again either makes the job or says that it is there.  Then the job and
 * its devices are read in turn, one request at a time.
 */
struct job_hub {
	struct job *job;
	char *id; /* owned, like the next three */
	char *words;
	char *failure; /* of the job as a whole, or NULL */
	char *continuation;
	struct client_call *call; /* in flight, or NULL */
	int64_t start_us;         /* UTC */
	int64_t next_ms;          /* monotonic */
	int tries;
	bool accepted, begun;
	bool cancelling; /* as soon as it is accepted */
	bool ended;      /* says the hub; its devices are read once more */
	bool read_all;   /* all of them, since it ended */
	bool devices_next;
	int64_t ended_ms;    /* monotonic */
	int64_t n_devices;   /* that it found, -1: it did not say */
	int64_t n_final;     /* of those read in this round */
	int64_t moved, read; /* what the job counts, now and when last read */
};

int
job_hub_check(const struct job_request *r, struct err *err)
{
	char *condition;

	if (r->patches != NULL || r->etags != NULL)
		return err_set(err, ERR_INVALID,
		    "a job of the hub writes the same to all, without an etag");
	condition = client_condition(r->device_ids, r->n_devices);
	if (condition == NULL)
		return err_set(err, ERR_LIMIT,
		    "the ids of %zu devices do not fit into one job of the "
		    "hub; run it from here, or in parts",
		    r->n_devices);
	free(condition);
	return 0;
}

static void
set_words(struct job_hub *hub, const char *words)
{
	char *copy;

	if (hub->words != NULL && strcmp(hub->words, words) == 0)
		return;
	copy = xstrdup(words);
	free(hub->words);
	hub->words = copy;
	jobs_changed(hub->job->jobs);
}

struct job_hub *
job_hub_new(struct job *job)
{
	struct job_hub *hub = xcalloc(1, sizeof(*hub));

	hub->job = job;
	hub->start_us = clock_utc_us() + job->request.delay_ms * 1000;
	hub->id = xasprintf("twindeck-%" PRId64, clock_utc_us());
	hub->words = xstrdup("being handed over");
	hub->n_devices = hub->read = -1;
	return hub;
}

void
job_hub_free(struct job_hub *hub)
{
	if (hub == NULL)
		return;
	if (hub->call != NULL)
		client_cancel(hub->call);
	free(hub->continuation);
	free(hub->failure);
	free(hub->words);
	free(hub->id);
	free(hub);
}

bool
job_hub_is_accepted(const struct job_hub *hub)
{
	return hub->accepted;
}

const char *
job_hub_words(const struct job_hub *hub)
{
	return hub->words;
}

static struct client *
client_of(struct job_hub *hub)
{
	return deck_client(hub->job->jobs->deck);
}

/* Everybody else's end is the same. */
static void
fail_all(struct job_hub *hub, const struct err *err)
{
	struct job *job = hub->job;
	size_t i;

	for (i = 0; i < job->n_tasks; i++)
		if (job->tasks[i].step == TASK_WAITS)
			task_fail(&job->tasks[i], err);
}

static char *
body_of(const struct job_hub *hub)
{
	const struct job_request *r = &hub->job->request;
	char start[CLOCK_STAMP_SIZE];
	struct strbuf out = { 0 };
	char *condition = client_condition(r->device_ids, r->n_devices);

	clock_format_iso(start, hub->start_us);
	strbuf_printf(&out, "{\"jobId\":\"%s\",\"type\":\"%s\",", hub->id,
	    r->action == JOB_METHOD ? "scheduleDeviceMethod"
				    : "scheduleUpdateTwin");
	if (r->action == JOB_METHOD) {
		strbuf_puts(&out, "\"cloudToDeviceMethod\":{\"methodName\":");
		json_put_string(&out, r->method);
		strbuf_printf(&out,
		    ",\"payload\":%s,\"responseTimeoutInSeconds\":%d,"
		    "\"connectTimeoutInSeconds\":%d},",
		    r->payload != NULL ? r->payload : "null",
		    r->response_timeout_s, r->connect_timeout_s);
	} else if (r->action == JOB_TAGS) {
		strbuf_printf(&out,
		    "\"updateTwin\":{\"etag\":\"*\",\"tags\":%s},", r->patch);
	} else {
		strbuf_printf(&out,
		    "\"updateTwin\":{\"etag\":\"*\",\"properties\":{"
		    "\"desired\":%s}},",
		    r->patch);
	}
	strbuf_puts(&out, "\"queryCondition\":");
	json_put_string(&out, condition);
	strbuf_printf(&out,
	    ",\"startTime\":\"%s\",\"maxExecutionTimeInSeconds\":%d}", start,
	    JOB_HUB_EXECUTION_S);
	free(condition);
	return strbuf_take(&out);
}

static void
wait_on(struct job_hub *hub, const struct client_answer *answer)
{
	hub->next_ms = clock_mono_ms() +
	    backoff_ms(hub->tries++, JOB_HUB_RETRY_MS,
		hub->devices_next ? JOB_HUB_QUERY_RETRY_MAX_MS
				  : JOB_HUB_RETRY_MAX_MS,
		answer->retry_after_ms);
}

static void
on_put(const struct client_answer *answer, void *arg)
{
	struct job_hub *hub = arg;
	char *words;

	hub->call = NULL;
	if (answer->err->code == ERR_NONE || answer->http == 409) {
		hub->accepted = true;
		hub->tries = 0;
		hub->next_ms = clock_mono_ms();
		set_words(hub, "handed over to the hub");
		if (hub->cancelling)
			job_hub_cancel(hub);
	} else if (answer->code == MAX_ACTIVE_JOBS) {
		set_words(hub, "waiting: the hub runs one job at a time");
		wait_on(hub, answer);
	} else if (answer->err->code == ERR_THROTTLED || answer->http == 0 ||
	    answer->http >= 500) {
		words = xasprintf("waiting: %s", answer->err->text);
		set_words(hub, words);
		free(words);
		wait_on(hub, answer);
	} else {
		jobs_start(hub->job);
		fail_all(hub, answer->err);
		hub->ended = hub->read_all = true;
	}
	jobs_wake(hub->job->jobs);
}

/* The device's answer, as the hub wrote it down. */
static void
take_answer(struct task *task, const cJSON *row)
{
	const cJSON *response = json_path(row, "outcome.deviceMethodResponse");
	const cJSON *payload = json_get(response, "payload");
	struct err err;

	task->device.status = (int)json_get_int(response, "status", 0);
	if (payload != NULL && task->device.answer == NULL)
		task->device.answer = json_print(payload);
	if (task->device.status < 300) {
		task_acknowledge(task);
		return;
	}
	err_set(&err, ERR_REFUSED, "refused by the device (%d)",
	    task->device.status);
	task_fail(task, &err);
}

static void
take_failure(struct task *task, const cJSON *row)
{
	const char *code = json_get_string(json_get(row, "error"), "code");
	const char *words =
	    json_get_string(json_get(row, "error"), "description");
	const struct iothub_error *known;
	struct err err;
	int64_t number = 0;

	if (code == NULL || str_to_int64(code, 0, INT32_MAX, &number) == -1)
		number = json_get_int(json_get(row, "error"), "code", 0);
	known = iothub_error_by_code((int)number);
	task->device.code = (int)number;
	if (known != NULL)
		err_set(&err, known->err, "%s (%d)", known->words, (int)number);
	else
		err_set(&err, ERR_REFUSED, "%.200s",
		    words != NULL ? words : "the hub does not say why");
	/* It was called, and what came of it nobody heard. */
	if (known != NULL && known->http >= 500)
		task_lose(task, &err);
	else
		task_fail(task, &err);
}

/* When the hub called it: what was reported before is the past. */
static void
begin(struct task *task, const cJSON *row)
{
	const char *start = json_get_string(row, "startTimeUtc");
	const char *end = json_get_string(row, "endTimeUtc");
	int64_t end_us;

	if (task->step == TASK_WAITS) {
		task->step = TASK_SENDS;
		task->job->slots++; /* given back by its answer */
		task->device.state = JOB_DEVICE_CALLING;
		task_changed(task);
	}
	if ((start == NULL ||
		clock_parse_iso(start, &task->device.called_us) == -1) &&
	    task->device.called_us == 0)
		task->device.called_us = clock_utc_us();
	task->before.since_us = task->device.called_us;
	if (end != NULL && clock_parse_iso(end, &end_us) == 0)
		task->device.elapsed_us = end_us - task->device.called_us;
}

static void
take_row(struct job_hub *hub, const cJSON *row)
{
	const char *id = json_get_string(row, "deviceId");
	const char *status = json_get_string(row, "status");
	struct task *task = id != NULL ? map_get(hub->job->by_id, id) : NULL;

	hub->n_final += status != NULL && strcmp(status, "running") != 0 &&
	    strcmp(status, "pending") != 0 && strcmp(status, "scheduled") != 0;
	if (task == NULL || status == NULL ||
	    (task->step != TASK_WAITS && task->step != TASK_SENDS))
		return;
	if (strcmp(status, "running") == 0) {
		begin(task, row);
	} else if (strcmp(status, "completed") == 0) {
		begin(task, row);
		task_answered(task);
		if (hub->job->request.action == JOB_METHOD)
			take_answer(task, row);
		else
			task_acknowledge(task);
	} else if (strcmp(status, "failed") == 0) {
		begin(task, row);
		take_failure(task, row);
	} else if (strcmp(status, "canceled") == 0 ||
	    strcmp(status, "cancelled") == 0) {
		task_end(task, JOB_DEVICE_CANCELLED);
	}
}

/* All has been read, and some are still without a word. */
static void
end_the_rest(struct job_hub *hub)
{
	struct job *job = hub->job;
	struct err err;
	size_t i;

	err_set(&err, ERR_NOT_FOUND, "%s",
	    hub->failure != NULL
		? hub->failure
		: "the hub's job has ended without it: no such device?");
	for (i = 0; i < job->n_tasks; i++)
		if (job->tasks[i].step == TASK_WAITS ||
		    job->tasks[i].step == TASK_SENDS)
			task_fail(&job->tasks[i], &err);
}

/* Whether the round just read is all that there will be. */
static bool
is_complete(const struct job_hub *hub)
{
	return hub->failure != NULL ||
	    (hub->n_devices >= 0 && hub->n_final >= hub->n_devices) ||
	    clock_mono_ms() - hub->ended_ms >= JOB_HUB_LAG_MS;
}

static void
on_devices(const struct client_answer *answer, void *arg)
{
	struct job_hub *hub = arg;
	const cJSON *row;
	bool was_ended = hub->ended;

	hub->call = NULL;
	if (answer->err->code != ERR_NONE) {
		wait_on(hub, answer);
		return;
	}
	hub->tries = 0;
	cJSON_ArrayForEach(row, answer->json)
		take_row(hub, row);
	free(hub->continuation);
	hub->continuation = xstrdup(answer->continuation);
	if (hub->continuation != NULL) {
		hub->next_ms = clock_mono_ms();
		return;
	}
	hub->devices_next = false;
	hub->read = hub->moved;
	if (was_ended && is_complete(hub)) {
		hub->read_all = true;
		end_the_rest(hub);
	}
	hub->n_final = 0;
}

/* Its devices are worth a query only once one of them has moved. */
static void
count(struct job_hub *hub, const cJSON *statistics)
{
	hub->n_devices = json_get_int(statistics, "deviceCount", -1);
	hub->moved = json_get_int(statistics, "runningCount", 0) +
	    2 * json_get_int(statistics, "succeededCount", 0) +
	    2 * json_get_int(statistics, "failedCount", 0);
	hub->devices_next = statistics == NULL || hub->moved != hub->read;
}

static void
take_job(struct job_hub *hub, const cJSON *json)
{
	const char *status = json_get_string(json, "status");
	const char *reason = json_get_string(json, "failureReason");
	char *words;

	if (status == NULL)
		return;
	words = xasprintf("%s at the hub", status);
	set_words(hub, words);
	free(words);
	if (strcmp(status, "queued") == 0 || strcmp(status, "scheduled") == 0)
		return;
	if (strcmp(status, "cancelled") == 0) {
		hub->ended = hub->read_all = true;
		jobs_cancelled(hub->job);
		return;
	}
	if (!hub->begun)
		jobs_start(hub->job);
	hub->begun = true;
	count(hub, json_get(json, "deviceJobStatistics"));
	if (strcmp(status, "running") == 0)
		return;
	hub->devices_next = true;
	if (!hub->ended)
		hub->ended_ms = clock_mono_ms();
	hub->ended = true;
	if (reason != NULL && hub->failure == NULL)
		hub->failure = xasprintf("the hub's job failed: %s", reason);
}

static void
on_job(const struct client_answer *answer, void *arg)
{
	struct job_hub *hub = arg;

	hub->call = NULL;
	if (answer->err->code != ERR_NONE) {
		wait_on(hub, answer);
		return;
	}
	hub->tries = 0;
	take_job(hub, answer->json);
	if (hub->devices_next)
		hub->next_ms = clock_mono_ms();
	jobs_wake(hub->job->jobs);
}

static void
put(struct job_hub *hub)
{
	char *body = body_of(hub);

	hub->call = client_job_put(client_of(hub), hub->id, body, on_put, hub);
	free(body);
}

int64_t
job_hub_tick(struct job_hub *hub, int64_t now)
{
	if (hub->read_all)
		return INT64_MAX;
	if (hub->call != NULL || now < hub->next_ms)
		return hub->call != NULL ? now + JOB_HUB_READ_MS : hub->next_ms;
	hub->next_ms = now + JOB_HUB_READ_MS;
	if (!hub->accepted)
		put(hub);
	else if (hub->devices_next)
		hub->call = client_job_devices(client_of(hub), hub->id,
		    hub->continuation, on_devices, hub);
	else
		hub->call =
		    client_job_get(client_of(hub), hub->id, on_job, hub);
	return hub->next_ms;
}

static void
on_cancelled(const struct client_answer *answer, void *arg)
{
	struct job_hub *hub = arg;

	hub->call = NULL;
	hub->cancelling = false;
	if (answer->err->code == ERR_NONE) {
		hub->ended = hub->read_all = true;
		jobs_cancelled(hub->job);
	} else {
		deck_say(hub->job->jobs->deck, true,
		    "job %d: the hub does not cancel it: %s", hub->job->number,
		    answer->err->text);
	}
	jobs_wake(hub->job->jobs);
}

bool
job_hub_cancel(struct job_hub *hub)
{
	if (!hub->accepted && hub->call == NULL) {
		hub->ended = hub->read_all = true;
		return true;
	}
	if (!hub->accepted) { /* on its way: nobody knows */
		hub->cancelling = true;
		return false;
	}
	if (hub->begun) {
		deck_say(hub->job->jobs->deck, true,
		    "job %d: the hub runs it; it cancels only what has not "
		    "begun",
		    hub->job->number);
		return false;
	}
	if (hub->call != NULL)
		client_cancel(hub->call);
	hub->cancelling = true;
	hub->call =
	    client_job_cancel(client_of(hub), hub->id, on_cancelled, hub);
	return false;
}
