/*
 * A last look at devices that gave no answer, before somebody calls them
 * again: by GET, as a query may answer with what was.
 */
#include "config.h"

#include <stdlib.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/job.h"

#define LOOKS_AT_ONCE 4

static void look_on(struct job *job);

static char *
words_of_section(const struct task *task, const cJSON *twin)
{
	cJSON *patch = task_patch_dup(task);
	bool written = task_is_written(task, patch, twin);

	cJSON_Delete(patch);
	return xstrdup(written ? "the hub has what was to be set"
			       : "the hub does not have what was to be set");
}

static char *
words_of(const struct task *task, const cJSON *twin)
{
	struct evidence e;

	evidence_read(twin, &e);
	switch (task->job->evidence) {
	case EVIDENCE_FIRMWARE:
		if (task_is_newer(
			task, &e, e.phase_time, task->before.phase_time))
			return xasprintf("has reported %s since the call",
			    firmware_phase_name(e.phase));
		break;
	case EVIDENCE_DOOR:
		if (task_is_newer(
			task, &e, e.door_time, task->before.door_time))
			return xasprintf("has reported a %s door since",
			    e.door == DOOR_LOCKED ? "locked" : "not locked");
		break;
	case EVIDENCE_DESIRED:
	case EVIDENCE_TAGS:
		return words_of_section(task, twin);
	case EVIDENCE_NONE:
		if (e.reported_version > task->before.reported_version)
			return xstrdup("has reported something since the call");
		break;
	}
	return xstrdup("has reported nothing since the call");
}

static void
on_looked(const struct client_answer *answer, void *arg)
{
	struct task *task = arg;
	struct job *job = task->job;

	task->call = NULL;
	job->looks--;
	free(task->device.known);
	if (answer->err->code == ERR_NONE)
		task->device.known = words_of(task, answer->json);
	else
		task->device.known =
		    xasprintf("not read: %s", answer->err->text);
	if (answer->err->code == ERR_NONE)
		deck_take_twin(job->jobs->deck, answer->json);
	task_changed(task);
	look_on(job);
}

/* The next of those that are to be looked at. */
static void
look_on(struct job *job)
{
	struct task *task;

	for (; job->looks < LOOKS_AT_ONCE && job->next_look < job->n_tasks;
	     job->next_look++) {
		task = &job->tasks[job->next_look];
		if (task->device.state != JOB_DEVICE_UNKNOWN ||
		    task->call != NULL)
			continue;
		job->looks++;
		task->call = client_twin_get(deck_client(job->jobs->deck),
		    task->device.device_id, on_looked, task);
	}
}

size_t
jobs_look(struct jobs *jobs, struct job *job)
{
	struct task *task;
	size_t i, n = 0;

	(void)jobs;
	for (i = 0; i < job->n_tasks; i++) {
		task = &job->tasks[i];
		if (task->device.state != JOB_DEVICE_UNKNOWN)
			continue;
		n++;
		free(task->device.known);
		task->device.known = NULL;
	}
	job->next_look = 0;
	look_on(job);
	return n;
}
