#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/backoff.h"
#include "core/deck/deck.h"
#include "core/deck/job.h"

#define RETRY_LEAST_MS 500
#define RETRY_MOST_MS 10000
#define CONFLICTS_MAX 5 /* in a row, then somebody else is always faster */

/* A device says why in one of these, or in a bare string. */
static const char *const reason_keys[] = { "reason", "message", "error",
	"Response" };

#define N_REASONS (sizeof(reason_keys) / sizeof(reason_keys[0]))

static void send_call(struct task *task);

/* Tries again later, if that is allowed; else it has failed. */
static void
retry(struct task *task, const struct client_answer *answer)
{
	int64_t next_ms = clock_mono_ms() +
	    backoff_ms(task->tries++, RETRY_LEAST_MS, RETRY_MOST_MS,
		answer->retry_after_ms);

	if (task->job->state != JOB_RUNNING) {
		task_end(task, JOB_DEVICE_CANCELLED);
		return;
	}
	if (next_ms - task->first_ms > task->job->request.retry_ms) {
		task_fail(task, answer->err);
		return;
	}
	task_set_err(task, answer->err);
	task->next_ms = next_ms;
	task->step = TASK_RETRIES;
	task_changed(task);
}

/* Whether the hub or the way to it said no before anything was done. */
static bool
nothing_was_done(const struct client_answer *answer)
{
	if (answer->http == 0)
		return answer->err->code == ERR_UNREACHABLE;
	return answer->err->code == ERR_THROTTLED && answer->http < 500;
}

static void
note_answer(struct task *task, const struct client_answer *answer)
{
	task->call = NULL;
	task->device.http = answer->http;
	task->device.code = answer->code;
}

static void
on_read(const struct client_answer *answer, void *arg)
{
	struct task *task = arg;

	note_answer(task, answer);
	if (answer->err->code == ERR_NONE) {
		task_remember(task, answer->json);
		deck_take_twin(task->job->jobs->deck, answer->json);
		send_call(task);
	} else if (nothing_was_done(answer) || answer->http >= 500) {
		retry(task, answer);
	} else {
		task_fail(task, answer->err);
	}
}

void
task_begin(struct task *task)
{
	/* An etag that was given is older than what we would read. */
	if (task->job->request.etag != NULL) {
		send_call(task);
		return;
	}
	task->step = TASK_READS;
	task->call = client_twin_get(deck_client(task->job->jobs->deck),
	    task->device.device_id, on_read, task);
}

static const char *
reason_of(const cJSON *payload)
{
	const cJSON *item;
	size_t i;

	if (cJSON_IsString(payload))
		return payload->valuestring;
	for (i = 0; i < N_REASONS; i++) {
		item = json_get(payload, reason_keys[i]);
		if (cJSON_IsObject(item))
			item = json_get(item, "message");
		if (cJSON_IsString(item))
			return item->valuestring;
	}
	return NULL;
}

static void
refused(struct task *task, const cJSON *payload)
{
	const char *reason = reason_of(payload);
	struct err err;

	if (reason == NULL && !cJSON_IsNull(payload))
		reason = task->device.answer;
	err_set(&err, ERR_REFUSED, "refused by the device (%d)%s%.200s",
	    task->device.status, reason != NULL ? ": " : "",
	    reason != NULL ? reason : "");
	task_fail(task, &err);
}

static void
take_method_answer(struct task *task, const struct client_answer *answer)
{
	const cJSON *status = json_get(answer->json, "status");
	const char *payload;
	struct err err;
	size_t len;

	if (!cJSON_IsNumber(status)) {
		err_set(&err, ERR_UNKNOWN,
		    "the hub's answer holds no status of the device");
		task_lose(task, &err);
		return;
	}
	task->device.status = status->valueint;
	if (json_raw_member(
		answer->body, answer->body_len, "payload", &payload, &len))
		task->device.answer = xstrndup(payload, len);
	if (task->device.status >= 300)
		refused(task, json_get(answer->json, "payload"));
	else
		task_acknowledge(task);
}

/* Somebody wrote between our read and our write: the hub did nothing. */
static bool
is_lost_race(const struct task *task, const struct client_answer *answer)
{
	return answer->http == 412 && task->job->request.etag == NULL &&
	    task->tries < CONFLICTS_MAX;
}

static void
on_sent(const struct client_answer *answer, void *arg)
{
	struct task *task = arg;
	bool is_patch = task->job->request.action == JOB_DESIRED;

	note_answer(task, answer);
	task->device.elapsed_us = answer->elapsed_us;
	if (answer->err->code == ERR_NONE && !is_patch)
		take_method_answer(task, answer);
	else if (answer->err->code == ERR_NONE)
		task_acknowledge(task);
	else if (nothing_was_done(answer) ||
	    (is_patch && is_lost_race(task, answer)))
		retry(task, answer);
	else if (answer->err->code == ERR_UNKNOWN || answer->http >= 500 ||
	    answer->err->code == ERR_PROTOCOL)
		task_lose(task, answer->err);
	else
		task_fail(task, answer->err);
	/* The answer to a PATCH is the twin after it. */
	if (is_patch && answer->err->code == ERR_NONE)
		deck_take_twin(task->job->jobs->deck, answer->json);
}

static void
send_call(struct task *task)
{
	const struct job_request *r = &task->job->request;
	struct client *client = deck_client(task->job->jobs->deck);
	const struct client_method method = { r->method, r->payload,
		r->response_timeout_s, r->connect_timeout_s };
	char *body;

	task->step = TASK_SENDS;
	task->device.called_us = clock_utc_us();
	if (r->action == JOB_METHOD) {
		task->call = client_method(
		    client, task->device.device_id, &method, on_sent, task);
		return;
	}
	body = xasprintf("{\"properties\":{\"desired\":%s}}", r->patch);
	task->call = client_twin_patch(client, task->device.device_id, body,
	    r->etag != NULL ? r->etag : task->before.etag, on_sent, task);
	free(body);
}
