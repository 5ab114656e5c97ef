/*
 * A job from the inside: shared by jobs.c, which keeps the jobs and their
 * devices' states, job_new.c, which checks what is asked for, job_call.c, which
 * calls, job_follow.c, which looks for evidence, job_look.c, which looks once
 * more, and job_info.c, which tells.  Everybody else includes jobs.h.
 */
#ifndef TWINDECK_CORE_DECK_JOB_H
#define TWINDECK_CORE_DECK_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/list.h"
#include "core/deck/jobs.h"

struct client_answer;
struct client_call;
struct deck;
struct event;
struct job_hub;
struct job_reader;
struct job_samples;
struct map;

enum task_step {
	TASK_WAITS,   /* for a slot */
	TASK_READS,   /* the twin, before the call */
	TASK_RETRIES, /* until next_ms; nothing was done yet */
	TASK_SENDS,   /* the call is out: from here on, never again */
	TASK_FOLLOWS, /* looks for evidence */
	TASK_ENDED
};

/* What confirms an action. */
enum task_evidence { EVIDENCE_NONE, EVIDENCE_FIRMWARE, EVIDENCE_DOOR,
	EVIDENCE_DESIRED, EVIDENCE_TAGS };

/* What the twin said before the call: what has not moved since is the past. */
struct task_before {
	int64_t reported_version;
	int64_t since_us; /* UTC, the hub's: when it called; 0: we did */
	char *phase_time; /* or NULL, like the next two */
	char *door_time;
	char *etag;
	struct cJSON *section; /* what is about to be written over, or NULL */
};

/*
 * One device of a job.  It holds one of the job's slots from TASK_READS until
 * its call is answered; call is whatever it has in flight.
 */
struct task {
	struct job_device device; /* first: what the world sees */
	struct job *job;
	char *patch; /* of its own, as JSON text; NULL: the job's */
	char *etag;  /* that its twin must have; NULL: any */
	enum task_step step;
	struct client_call *call;
	struct task_before before;
	int tries;
	int64_t first_ms;    /* monotonic, like those below; of the first try */
	int64_t next_ms;     /* of the next one */
	int64_t answered_ms; /* the call was answered, or lost */
	int64_t changed_ms;  /* the evidence last moved */
	int64_t asked_ms;    /* a twin was last asked for by the reader */
	int64_t read_ms;     /* a twin was last seen, by whomever asked */
	int64_t seen_version; /* the newest reported $version seen */
	char *phase_time;    /* of the phase that is shown */
	bool reports_kind;   /* the twin has this kind of evidence at all */
	bool is_away;        /* the hub says that the device is not connected */
};

struct job {
	struct jobs *jobs;
	int number;
	enum job_state state;
	enum task_evidence evidence;
	struct job_request request; /* its strings are those below */
	char *method, *payload, *patch_text;
	char **device_ids;
	struct cJSON *patch; /* of JOB_DESIRED and JOB_TAGS, or NULL */
	char *title;
	struct task *tasks;
	size_t n_tasks, n_ended;
	size_t next_task; /* those before it have been begun */
	size_t slots;     /* in use */
	size_t looks;     /* in flight, of job_look.c */
	size_t next_look; /* those before it are looked at */
	struct map *by_id;
	int64_t starts_ms, began_ms, ended_ms;
	int64_t began_us;
	int64_t paused_ms;  /* since when; 0: it is not */
	int64_t sampled_ms; /* when its devices were counted last */
	struct job_samples *samples; /* owned; NULL: not yet begun */
	struct job_hub *hub;   /* owned; NULL: it runs here */
	int64_t hub_next_ms;   /* when the hub is to be asked again */
};

struct jobs {
	struct deck *deck;
	struct event *timer;
	struct job **list; /* owned, oldest first */
	size_t n_jobs;
	struct job_reader *reader;
};

/* jobs.c: for job_hub.c. */
void jobs_changed(struct jobs *jobs);
void jobs_wake(struct jobs *jobs);      /* something may be due */
void jobs_start(struct job *job);       /* the hub has begun it */
void jobs_cancelled(struct job *job);   /* the hub has cancelled it */

/* jobs.c: states, told to the world. */
void task_changed(struct task *task);
void task_set_err(struct task *task, const struct err *err);
void task_acknowledge(struct task *task); /* then follows, or ends */
void task_confirm(struct task *task);
void task_fail(struct task *task, const struct err *err);
void task_lose(struct task *task, const struct err *err); /* no answer came */
void task_end(struct task *task, enum job_device_state state);
void task_answered(const struct task *task); /* a call, for the plot */

/* job_new.c: 0 is its number as yet; NULL with err set. */
struct job *job_new(
    struct jobs *jobs, const struct job_request *request, struct err *err);
void job_free(struct job *job);
struct cJSON *task_patch_dup(const struct task *task); /* the caller's */

/* job_call.c */
void task_begin(struct task *task);

/* job_follow.c */
void task_remember(struct task *task, const struct cJSON *twin);
void task_follow(struct task *task); /* its call has been answered or lost */
void task_take_twin(struct task *task, const struct cJSON *twin);
void task_check(struct task *task, int64_t now_ms);
/*
 * Whether something was reported after the call: both its own stamp and the
 * $version of reported must have moved.
 */
bool task_is_newer(const struct task *task, const struct evidence *e,
    const char *time, const char *before);
/* Whether the twin has what the task was to write. */
bool task_is_written(const struct task *task, const struct cJSON *patch,
    const struct cJSON *twin);
struct job_reader *job_reader_new(struct jobs *jobs);
void job_reader_free(struct job_reader *reader);
void job_reader_read(struct job_reader *reader, int64_t now_ms);

#endif
