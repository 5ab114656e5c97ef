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
#include "core/deck/job.h"
#include "core/deck/section.h"

#define READ_MS 500    /* each followed device, at most that often */
#define SINGLE_READS 4 /* up to so many by GET, more by one query */
#define BACKOFF_MS 500
#define BACKOFF_MAX_MS 10000

static void
set_text(char **text, const char *to)
{
	free(*text);
	*text = xstrdup(to);
}

void
task_remember(struct task *task, const cJSON *twin)
{
	struct task_before *before = &task->before;
	struct evidence e;

	evidence_read(twin, &e);
	before->reported_version = e.reported_version;
	set_text(&before->phase_time, e.phase_time);
	set_text(&before->door_time, e.door_time);
	set_text(&before->etag, json_get_string(twin, "etag"));
	if (task->job->request.action == JOB_METHOD)
		return;
	cJSON_Delete(before->section);
	before->section =
	    section_dup(twin, job_section(task->job->request.action));
}

void
task_follow(struct task *task)
{
	task->answered_ms = clock_mono_ms();
	task->changed_ms = task->answered_ms;
	task->seen_version = task->before.reported_version;
}

bool
task_is_newer(const struct task *task, const struct evidence *e,
    const char *time, const char *before)
{
	int64_t at_us;

	if (e->reported_version <= task->before.reported_version)
		return false;
	/* The hub called, and nobody read the twin before. */
	if (task->before.since_us != 0)
		return time != NULL && clock_parse_iso(time, &at_us) == 0 &&
		    at_us >= task->before.since_us;
	return time == NULL || before == NULL || strcmp(time, before) != 0;
}

/* No answer came, but the device shows that it acts. */
static void
acts_all_the_same(struct task *task)
{
	if (task->device.state == JOB_DEVICE_UNKNOWN)
		task_acknowledge(task);
}

static void
show_phase(struct task *task, const struct evidence *e)
{
	struct job_device *device = &task->device;
	bool same_time = task->phase_time != NULL && e->phase_time != NULL &&
	    strcmp(task->phase_time, e->phase_time) == 0;
	int64_t at_us;

	if (device->phase == e->phase && device->percent == e->percent &&
	    (same_time || task->phase_time == NULL))
		return;
	if (e->phase_time == NULL ||
	    clock_parse_iso(e->phase_time, &at_us) == -1)
		at_us = clock_utc_us();
	task->changed_ms = clock_mono_ms();
	if (device->phase != e->phase)
		device->phase_since_ms = task->changed_ms;
	if (device->phase_at_us[e->phase] == 0)
		device->phase_at_us[e->phase] = at_us;
	device->phase = e->phase;
	device->percent = e->percent;
	device->stalled = false;
	set_text(&task->phase_time, e->phase_time);
	task_changed(task);
}

static void
take_firmware(struct task *task, const struct evidence *e)
{
	struct err err;

	task->reports_kind = e->phase != PHASE_NONE;
	if (e->phase == PHASE_NONE ||
	    !task_is_newer(task, e, e->phase_time, task->before.phase_time))
		return;
	acts_all_the_same(task);
	show_phase(task, e);
	if (task->step != TASK_FOLLOWS)
		return;
	if (e->phase == PHASE_COMPLETED) {
		task_confirm(task);
	} else if (e->phase == PHASE_FAILED) {
		err_set(&err, ERR_REFUSED, "the update failed%s%.200s",
		    e->failure != NULL ? ": " : "",
		    e->failure != NULL ? e->failure : "");
		task_fail(task, &err);
	}
}

static void
take_door(struct task *task, const struct evidence *e)
{
	task->reports_kind = e->door != DOOR_NONE;
	if (e->door == DOOR_LOCKED &&
	    task_is_newer(task, e, e->door_time, task->before.door_time))
		task_confirm(task);
}

/* Walks the leaves of a patch: how many are there, how many are equal. */
static void
compare(const cJSON *patch, const cJSON *section, size_t *there, size_t *equal,
    size_t *leaves)
{
	const cJSON *item, *other;

	cJSON_ArrayForEach(item, patch) {
		other = json_get(section, item->string);
		if (cJSON_IsObject(item) && item->child != NULL) {
			compare(item, cJSON_IsObject(other) ? other : NULL,
			    there, equal, leaves);
			continue;
		}
		(*leaves)++;
		if (other != NULL)
			(*there)++;
		if (cJSON_IsNull(item)
			? other == NULL
			: other != NULL && json_equal(item, other))
			(*equal)++;
	}
}

bool
task_is_written(const struct task *task, const cJSON *patch, const cJSON *twin)
{
	cJSON *section =
	    section_dup(twin, job_section(task->job->request.action));
	size_t there = 0, equal = 0, leaves = 0;

	compare(patch, section, &there, &equal, &leaves);
	cJSON_Delete(section);
	return equal == leaves;
}

/* Whether a write of which nothing was heard shows in the twin: then it counts
 * as acknowledged, and may have ended with that. */
static bool
was_written(struct task *task, const cJSON *patch, const cJSON *twin)
{
	const char *etag = json_get_string(twin, "etag");

	if (task->device.state != JOB_DEVICE_UNKNOWN)
		return true;
	if (!task_is_written(task, patch, twin) || etag == NULL ||
	    (task->before.etag != NULL && strcmp(etag, task->before.etag) == 0))
		return false;
	acts_all_the_same(task);
	return true;
}

static void
take_desired(struct task *task, const cJSON *patch, const cJSON *twin)
{
	size_t there = 0, equal = 0, leaves = 0;

	if (!was_written(task, patch, twin) || task->step != TASK_FOLLOWS)
		return;
	compare(patch, json_get(json_get(twin, "properties"), "reported"),
	    &there, &equal, &leaves);
	task->reports_kind = there > 0;
	/* What was to be removed and was never reported proves nothing, but
	 * there is nothing more to wait for either. */
	if (equal == leaves && there > 0)
		task_confirm(task);
	else if (equal == leaves)
		task_end(task, JOB_DEVICE_ACKNOWLEDGED);
}

/* No device ever says anything about its tags. */
static void
take_tags(struct task *task, const cJSON *patch, const cJSON *twin)
{
	if (was_written(task, patch, twin) && task->step == TASK_FOLLOWS)
		task_end(task, JOB_DEVICE_ACKNOWLEDGED);
}

static void
take_section(struct task *task, const cJSON *twin)
{
	cJSON *patch = task_patch_dup(task);

	if (task->job->evidence == EVIDENCE_TAGS)
		take_tags(task, patch, twin);
	else
		take_desired(task, patch, twin);
	cJSON_Delete(patch);
}

void
task_take_twin(struct task *task, const cJSON *twin)
{
	struct evidence e;

	evidence_read(twin, &e);
	/* A query may answer with what was. */
	if (e.reported_version < task->seen_version)
		return;
	task->seen_version = e.reported_version;
	task->read_ms = clock_mono_ms();
	task->is_away = e.link == LINK_DISCONNECTED;
	switch (task->job->evidence) {
	case EVIDENCE_FIRMWARE:
		take_firmware(task, &e);
		break;
	case EVIDENCE_DOOR:
		take_door(task, &e);
		break;
	case EVIDENCE_DESIRED:
	case EVIDENCE_TAGS:
		take_section(task, twin);
		break;
	case EVIDENCE_NONE:
		break;
	}
}

/* Nothing has come for so long that nothing will. */
static void
give_up(struct task *task)
{
	char time[CLOCK_STAMP_SIZE];
	struct err err;

	if (task->device.state == JOB_DEVICE_UNKNOWN) {
		task_end(task, JOB_DEVICE_UNKNOWN); /* its reason stands */
		return;
	}
	clock_format_elapsed(time, task->job->request.follow_ms);
	switch (task->job->evidence) {
	case EVIDENCE_FIRMWARE:
		err_set(&err, ERR_TIMEOUT,
		    "acknowledged, but no end of the update was reported "
		    "within %s",
		    time);
		break;
	case EVIDENCE_DOOR:
		err_set(&err, ERR_TIMEOUT,
		    "acknowledged, but no locked door was reported within %s",
		    time);
		break;
	default:
		err_set(&err, ERR_TIMEOUT,
		    "the hub has it, but the device still reports something "
		    "else after %s",
		    time);
	}
	task_lose(task, &err);
}

void
task_check(struct task *task, int64_t now)
{
	const struct job_request *r = &task->job->request;
	int64_t age = now - task->answered_ms;
	bool lost = task->device.state == JOB_DEVICE_UNKNOWN;
	bool no_sign = task->device.phase == PHASE_NONE;

	if (age >= r->follow_ms) {
		give_up(task);
		return;
	}
	if (age >= r->grace_ms && task->read_ms > task->answered_ms &&
	    no_sign) {
		if (lost) {
			give_up(task);
			return;
		}
		/* A device that is away takes desired properties later. */
		if (!task->reports_kind ||
		    (task->is_away &&
			task->job->evidence == EVIDENCE_DESIRED)) {
			task_end(task, JOB_DEVICE_ACKNOWLEDGED);
			return;
		}
	}
	if (!task->device.stalled && now - task->changed_ms >= r->stall_ms) {
		task->device.stalled = true;
		task_changed(task);
	}
}

/*
 * Reads the twins of followed devices that nobody else has read lately: a few
 * one by one, many by one query, in turn.
 */
struct job_reader {
	struct jobs *jobs;
	struct client_call *query; /* in flight, or NULL */
	int fails;                 /* in a row */
	int64_t next_ms;           /* monotonic; after a failure */
};

struct job_reader *
job_reader_new(struct jobs *jobs)
{
	struct job_reader *reader = xcalloc(1, sizeof(*reader));

	reader->jobs = jobs;
	return reader;
}

void
job_reader_free(struct job_reader *reader)
{
	if (reader->query != NULL)
		client_cancel(reader->query);
	free(reader);
}

static void
note_result(struct job_reader *reader, const struct client_answer *answer)
{
	if (answer->err->code == ERR_NONE || answer->http == 404)
		reader->fails = 0;
	else
		reader->next_ms = clock_mono_ms() +
		    backoff_ms(reader->fails++, BACKOFF_MS, BACKOFF_MAX_MS,
			answer->retry_after_ms);
}

static void
on_twin(const struct client_answer *answer, void *arg)
{
	struct task *task = arg;
	struct jobs *jobs = task->job->jobs;

	task->call = NULL;
	note_result(jobs->reader, answer);
	if (answer->err->code == ERR_NONE)
		deck_take_twin(jobs->deck, answer->json);
	else if (answer->http == 404)
		deck_device_gone(jobs->deck, task->device.device_id);
}

static void
on_twins(const struct client_answer *answer, void *arg)
{
	struct job_reader *reader = arg;
	const cJSON *twin;

	reader->query = NULL;
	note_result(reader, answer);
	if (answer->err->code != ERR_NONE)
		return;
	cJSON_ArrayForEach(twin, answer->json)
		deck_take_twin(reader->jobs->deck, twin);
}

/* Those that have waited longest for a read come first. */
static int
by_age(const void *a, const void *b)
{
	const struct task *x = *(struct task *const *)a;
	const struct task *y = *(struct task *const *)b;

	return (x->asked_ms > y->asked_ms) - (x->asked_ms < y->asked_ms);
}

/* The tasks that follow and want a read now; *n_all counts those that follow.
 * The caller's. */
static struct task **
collect(struct jobs *jobs, int64_t now, size_t *n, size_t *n_all)
{
	struct task **due = NULL, *task;
	const struct job *job;
	size_t i, j;

	*n = *n_all = 0;
	for (i = 0; i < jobs->n_jobs; i++) {
		job = jobs->list[i];
		if (job->state != JOB_RUNNING)
			continue;
		for (j = 0; j < job->next_task; j++) {
			task = &job->tasks[j];
			if (task->step != TASK_FOLLOWS)
				continue;
			(*n_all)++;
			if (task->call != NULL ||
			    now - task->asked_ms < READ_MS ||
			    now - task->read_ms < READ_MS)
				continue;
			due = xreallocarray(due, *n + 1, sizeof(struct task *));
			due[(*n)++] = task;
		}
	}
	return due;
}

static void
read_by_query(
    struct job_reader *reader, struct task **due, size_t n, int64_t now)
{
	const char *ids[CLIENT_TWINS_MAX];
	size_t i, taken;

	qsort(due, n, sizeof(*due), by_age);
	if (n > CLIENT_TWINS_MAX)
		n = CLIENT_TWINS_MAX;
	for (i = 0; i < n; i++)
		ids[i] = due[i]->device.device_id;
	reader->query = client_twins_get(
	    deck_client(reader->jobs->deck), ids, n, &taken, on_twins, reader);
	for (i = 0; i < taken; i++)
		due[i]->asked_ms = now;
}

void
job_reader_read(struct job_reader *reader, int64_t now)
{
	struct client *client = deck_client(reader->jobs->deck);
	struct task **due;
	size_t n, n_all, i;

	if (reader->query != NULL ||
	    (reader->fails > 0 && now < reader->next_ms))
		return;
	due = collect(reader->jobs, now, &n, &n_all);
	if (n > 0 && n_all > SINGLE_READS) {
		read_by_query(reader, due, n, now);
	} else {
		for (i = 0; i < n; i++) {
			due[i]->asked_ms = now;
			due[i]->call = client_twin_get(
			    client, due[i]->device.device_id, on_twin, due[i]);
		}
	}
	free(due);
}
