#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/backoff.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/edits.h"
#include "core/deck/job.h"
#include "core/deck/section.h"

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

/* Whether nobody has written since the operator saw the twin; else it fails. */
static bool
is_as_shown(struct task *task)
{
	const char *etag = task->before.etag;
	struct err err;

	if (task->etag == NULL || etag == NULL ||
	    strcmp(task->etag, etag) == 0)
		return true;
	err_set(&err, ERR_CONFLICT,
	    "somebody else wrote first: etag %.40s is now %.40s", task->etag,
	    etag);
	task_fail(task, &err);
	return false;
}

static void
on_read(const struct client_answer *answer, void *arg)
{
	struct task *task = arg;

	note_answer(task, answer);
	if (answer->err->code == ERR_NONE && task->job->paused_ms != 0) {
		task->step = TASK_RETRIES; /* and reads again */
		task->next_ms = 0;
	} else if (answer->err->code == ERR_NONE) {
		task_remember(task, answer->json);
		deck_take_twin(task->job->jobs->deck, answer->json);
		if (is_as_shown(task))
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
	return answer->http == 412 && task->etag == NULL &&
	    task->tries < CONFLICTS_MAX;
}

/* So that it can be taken back; a patch is answered with the twin after it. */
static void
note_edit(struct task *task, const cJSON *twin)
{
	const struct job *job = task->job;
	cJSON *patch = task_patch_dup(task);
	const struct edits_write write = {
		.job_number = job->number,
		.undo_of = job->request.undo_of,
		.section = job_section(job->request.action),
		.device_id = task->device.device_id,
		.before = task->before.section,
		.patch = patch,
		.etag_before = task->before.etag,
		.etag_after = json_get_string(twin, "etag"),
	};

	edits_note(deck_edits(job->jobs->deck), &write);
	cJSON_Delete(patch);
	cJSON_Delete(task->before.section);
	task->before.section = NULL;
}

static void
on_sent(const struct client_answer *answer, void *arg)
{
	struct task *task = arg;
	bool is_patch = task->job->request.action != JOB_METHOD;

	note_answer(task, answer);
	task->device.elapsed_us = answer->elapsed_us;
	if (is_patch && answer->err->code == ERR_NONE)
		note_edit(task, answer->json);
	if (answer->http != 0)
		task_answered(task);
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
	body = section_body(job_section(r->action),
	    task->patch != NULL ? task->patch : r->patch);
	task->call = client_twin_patch(client, task->device.device_id, body,
	    task->before.etag, on_sent, task);
	free(body);
}
