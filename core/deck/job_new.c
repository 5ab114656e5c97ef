#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/edits.h"
#include "core/deck/fleet.h"
#include "core/deck/job.h"
#include "core/deck/job_hub.h"
#include "core/deck/job_samples.h"
#include "core/deck/section.h"
#include "core/iothub/connstr.h"
#include "core/iothub/method.h"

/* Methods that say in reported properties what became of them. */
static const struct {
	const char *method;
	enum task_evidence evidence;
} methods_followed[] = {
	{ "firmwareUpdate", EVIDENCE_FIRMWARE },
	{ "lockDoor", EVIDENCE_DOOR },
};

#define N_METHODS (sizeof(methods_followed) / sizeof(methods_followed[0]))

static int
check_method(const struct job_request *r, struct err *err)
{
	struct err why;
	cJSON *json;

	if (method_name_check(r->method, err) == -1)
		return -1;
	if (r->response_timeout_s < METHOD_RESPONSE_TIMEOUT_MIN ||
	    r->response_timeout_s > METHOD_RESPONSE_TIMEOUT_MAX)
		return err_set(err, ERR_INVALID,
		    "a device may take %d to %d s to answer",
		    METHOD_RESPONSE_TIMEOUT_MIN, METHOD_RESPONSE_TIMEOUT_MAX);
	if (r->connect_timeout_s < 0 ||
	    r->connect_timeout_s > METHOD_CONNECT_TIMEOUT_MAX)
		return err_set(err, ERR_INVALID,
		    "the hub waits 0 to %d s for a device to connect",
		    METHOD_CONNECT_TIMEOUT_MAX);
	if (r->payload == NULL)
		return 0;
	if (strlen(r->payload) > METHOD_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT, "the payload is over %zu bytes",
		    METHOD_PAYLOAD_MAX);
	json = json_parse(r->payload, strlen(r->payload), &why);
	if (json == NULL)
		return err_set(err, ERR_INVALID, "payload: %s", why.text);
	cJSON_Delete(json);
	return 0;
}

static cJSON *
parse_patch(const char *patch, enum twin_section section, struct err *err)
{
	const char *word = section_word(section);
	struct err why;
	cJSON *json = json_parse(patch, strlen(patch), &why);

	if (json == NULL)
		err_set(err, ERR_INVALID, "%s: %s", word, why.text);
	else if (!cJSON_IsObject(json) || json->child == NULL)
		err_set(err, ERR_INVALID,
		    "%s: nothing to set; a JSON object is needed", word);
	else if (twin_check(section, json, err) == 0)
		return json;
	cJSON_Delete(json);
	return NULL;
}

/* Each device's own patch; none of them is kept parsed. */
static int
check_patches(const struct job_request *r, struct err *err)
{
	cJSON *json;
	size_t i;

	for (i = 0; r->patches != NULL && i < r->n_devices; i++) {
		json = parse_patch(r->patches[i], job_section(r->action), err);
		if (json == NULL)
			return err_prefix(err, "%.40s", r->device_ids[i]);
		cJSON_Delete(json);
	}
	return 0;
}

static int
check_targets(const struct job_request *r, struct err *err)
{
	size_t i;

	if (r->n_devices == 0)
		return err_set(err, ERR_INVALID, "no device to act on");
	if (r->n_devices > JOBS_DEVICES_MAX)
		return err_set(err, ERR_LIMIT,
		    "a job acts on at most %d devices", JOBS_DEVICES_MAX);
	if (r->at_once < 0 || r->at_once > JOBS_AT_ONCE_MAX)
		return err_set(err, ERR_INVALID, "1 to %d devices at once",
		    JOBS_AT_ONCE_MAX);
	for (i = 0; i < r->n_devices; i++)
		if (device_id_check(r->device_ids[i], err) == -1)
			return err_prefix(err, "%.40s", r->device_ids[i]);
	return 0;
}

static enum task_evidence
evidence_of(const struct job_request *r)
{
	size_t i;

	if (r->action == JOB_DESIRED)
		return EVIDENCE_DESIRED;
	if (r->action == JOB_TAGS)
		return EVIDENCE_TAGS;
	for (i = 0; i < N_METHODS; i++)
		if (strcmp(methods_followed[i].method, r->method) == 0)
			return methods_followed[i].evidence;
	return EVIDENCE_NONE;
}

static char *
undo_title(const struct job *job)
{
	const struct edits_job *edit = edits_by_job(
	    deck_edits(job->jobs->deck), job->request.undo_of);
	char name[EDITS_NAME_SIZE];

	if (edit == NULL)
		return xasprintf("undo of job %d", job->request.undo_of);
	edits_name(name, edit);
	return xasprintf("undo of %s", name);
}

static char *
title_of(const struct job *job)
{
	struct strbuf title = { 0 };
	const cJSON *item;

	if (job->request.action == JOB_METHOD)
		return xstrdup(job->request.method);
	if (job->request.undo_of != 0)
		return undo_title(job);
	strbuf_puts(&title, section_word(job_section(job->request.action)));
	cJSON_ArrayForEach(item, job->patch)
		strbuf_printf(&title, "%s %s",
		    item == job->patch->child ? "" : ",", item->string);
	return strbuf_take(&title);
}

static void
set_defaults(struct job *job)
{
	struct job_request *r = &job->request;

	if (r->at_once == 0)
		r->at_once = JOBS_AT_ONCE_DEF;
	if (r->follow_ms == 0)
		r->follow_ms = job->evidence == EVIDENCE_FIRMWARE
		    ? JOBS_FOLLOW_MS_DEF
		    : JOBS_FOLLOW_SHORT_MS_DEF;
	if (r->grace_ms == 0)
		r->grace_ms = JOBS_GRACE_MS_DEF;
	if (r->stall_ms == 0)
		r->stall_ms = JOBS_STALL_MS;
	if (r->retry_ms == 0)
		r->retry_ms = JOBS_RETRY_MS_DEF;
}

/* Copies what the request points to; each device once. */
static void
copy_request(struct job *job, const struct job_request *r)
{
	struct task *task;
	size_t i;

	job->request = *r;
	job->request.method = job->method = xstrdup(r->method);
	job->request.payload = job->payload = xstrdup(r->payload);
	job->request.patch = job->patch_text = xstrdup(r->patch);
	job->device_ids = xcalloc(r->n_devices, sizeof(*job->device_ids));
	job->tasks = xcalloc(r->n_devices, sizeof(*job->tasks));
	job->by_id = map_new();
	for (i = 0; i < r->n_devices; i++) {
		if (map_get(job->by_id, r->device_ids[i]) != NULL)
			continue;
		task = &job->tasks[job->n_tasks];
		task->job = job;
		task->device.device_id = xstrdup(r->device_ids[i]);
		task->device.percent = -1;
		if (r->patches != NULL)
			task->patch = xstrdup(r->patches[i]);
		if (r->etags != NULL)
			task->etag = xstrdup(r->etags[i]);
		job->device_ids[job->n_tasks++] = task->device.device_id;
		map_set(job->by_id, task->device.device_id, task);
	}
	job->request.device_ids = (const char *const *)job->device_ids;
	job->request.n_devices = job->n_tasks;
	/* Those of the devices are the tasks' now. */
	job->request.patches = job->request.etags = NULL;
}

struct job *
job_new(struct jobs *jobs, const struct job_request *request, struct err *err)
{
	cJSON *patch = NULL;
	struct job *job;

	if (check_targets(request, err) == -1)
		return NULL;
	if (request->action == JOB_METHOD && check_method(request, err) == -1)
		return NULL;
	if (request->engine == JOB_HUB && job_hub_check(request, err) == -1)
		return NULL;
	if (request->action != JOB_METHOD && check_patches(request, err) == -1)
		return NULL;
	if (request->action != JOB_METHOD && request->patches == NULL &&
	    (patch = parse_patch(request->patch, job_section(request->action),
		 err)) == NULL)
		return NULL;
	job = xcalloc(1, sizeof(*job));
	job->jobs = jobs;
	job->patch = patch;
	job->evidence = evidence_of(request);
	copy_request(job, request);
	set_defaults(job);
	job->title = title_of(job);
	job->starts_ms = clock_mono_ms() + request->delay_ms;
	return job;
}

cJSON *
task_patch_dup(const struct task *task)
{
	if (task->patch != NULL)
		return json_parse(task->patch, strlen(task->patch), NULL);
	return cJSON_Duplicate(task->job->patch, true);
}

static void
task_fini(struct task *task)
{
	if (task->call != NULL)
		client_cancel(task->call);
	free(task->device.answer);
	free(task->device.known);
	free(task->before.phase_time);
	free(task->before.door_time);
	free(task->before.etag);
	cJSON_Delete(task->before.section);
	free(task->phase_time);
	free(task->patch);
	free(task->etag);
}

void
job_free(struct job *job)
{
	size_t i;

	for (i = 0; i < job->n_tasks; i++)
		task_fini(&job->tasks[i]);
	str_array_free(job->device_ids, job->n_tasks);
	map_free(job->by_id);
	cJSON_Delete(job->patch);
	free(job->method);
	free(job->payload);
	free(job->patch_text);
	job_samples_free(job->samples);
	job_hub_free(job->hub);
	free(job->tasks);
	free(job->title);
	free(job);
}
