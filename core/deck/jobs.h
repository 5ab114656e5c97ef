/*
 * Jobs that run from here: an action on a frozen set of devices, at a time,
 * at most so many calls at once, each device's outcome kept.
 *
 *   waiting -> calling -> acknowledged -> confirmed
 *                      \-> failed, unknown         skipped, cancelled
 *
 * Evidence is what reported properties say after the call: firmwareUpdate is
 * followed to the end of the update, lockDoor to a locked door, a desired
 * update to equal values in reported.  A call is never sent twice.
 */
#ifndef TWINDECK_CORE_DECK_JOBS_H
#define TWINDECK_CORE_DECK_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/deck/evidence.h"
#include "core/deck/job_engine.h"
#include "core/iothub/twin.h"

struct cJSON;
struct deck;
struct job;
struct job_samples;
struct jobs;

#define JOBS_AT_ONCE_DEF 8
#define JOBS_AT_ONCE_MAX 64
#define JOBS_MAX 1000          /* in memory */
#define JOBS_DEVICES_MAX 10000 /* of one job */
/* How long evidence is waited for: of firmwareUpdate, and of all others. */
#define JOBS_FOLLOW_MS_DEF (INT64_C(15) * 60 * 1000)
#define JOBS_FOLLOW_SHORT_MS_DEF (INT64_C(60) * 1000)
#define JOBS_STALL_MS (INT64_C(60) * 1000) /* no change: a sign on the row */
#define JOBS_GRACE_MS_DEF (INT64_C(10) * 1000) /* for the first sign of it */
#define JOBS_RETRY_MS_DEF (INT64_C(2) * 60 * 1000)

enum job_action { JOB_METHOD, JOB_DESIRED, JOB_TAGS };

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_CANCELLED };

enum job_device_state {
	JOB_DEVICE_WAITING,
	JOB_DEVICE_CALLING,
	JOB_DEVICE_ACKNOWLEDGED, /* being followed, or the end where there is no
				    evidence to wait for */
	JOB_DEVICE_CONFIRMED,
	JOB_DEVICE_FAILED,
	JOB_DEVICE_UNKNOWN,      /* no answer came; until it has ended, the
				    evidence is looked for */
	JOB_DEVICE_SKIPPED,
	JOB_DEVICE_CANCELLED,
	JOB_DEVICE_STATES
};
const char *job_device_state_name(enum job_device_state state);

/* What one device of a job is at; read by anybody, written by jobs.c. */
struct job_device {
	char *device_id;
	enum job_device_state state;
	bool ended;                /* nothing more will change */
	bool let_go;               /* ended by a cancel, while it was followed */
	int status;                /* the device's answer to a method */
	char *answer;              /* its payload as JSON text, or NULL */
	struct err err;            /* failed, unknown: why, in words */
	int http, code;            /* of the hub's answer, 404 and 404103; 0 */
	enum firmware_phase phase; /* firmwareUpdate: as it changes */
	int percent;
	int64_t phase_since_ms;    /* monotonic */
	int64_t phase_at_us[PHASE_OTHER + 1]; /* UTC; 0: not seen */
	bool stalled;
	int64_t called_us;         /* UTC */
	int64_t ended_us;          /* UTC; 0: not yet */
	int64_t ended_ms;          /* monotonic; 0: not yet */
	char *known;               /* unknown: what jobs_look() found; or NULL */
	int64_t elapsed_us;        /* of the call */
};

struct job_request {
	enum job_action action;
	enum job_engine engine;
	const char *method;        /* JOB_METHOD */
	const char *payload;       /* JSON text, or NULL */
	int response_timeout_s;
	int connect_timeout_s;
	/* JOB_DESIRED, JOB_TAGS: the JSON object that is merged into it.  An
	 * undo has one for each device in patches instead, and NULL here. */
	const char *patch;
	const char *const *patches;
	/* Likewise, of each device: its twin's as it was shown, or NULL: as
	 * read just before.  What is otherwise by then is not written. */
	const char *const *etags;
	int undo_of;               /* the job that it takes back; 0: none */
	const char *const *device_ids;
	size_t n_devices;
	int64_t delay_ms;          /* 0: now */
	int at_once;               /* 0: JOBS_AT_ONCE_DEF */
	bool ack_only;             /* do not wait for evidence */
	int64_t follow_ms;         /* 0: see JOBS_FOLLOW_MS_DEF */
	/* Where nothing is reported at all that long after the call, the
	 * answer was the end of it; 0: JOBS_GRACE_MS_DEF. */
	int64_t grace_ms;
	int64_t stall_ms;          /* 0: JOBS_STALL_MS */
	/* How long a device is tried again when the hub cannot be reached or
	 * throttles, that is when nothing was done; 0: JOBS_RETRY_MS_DEF. */
	int64_t retry_ms;
};

/* Copies the request; a device that stands twice is called once.  NULL with err set (ERR_INVALID,
 * ERR_LIMIT). */
struct job *jobs_add(
    struct jobs *jobs, const struct job_request *request, struct err *err);
/*
 * What waits is cancelled; what was sent goes on at the device, its answer is
 * still noted, and nothing is followed any more.  The hub is asked to cancel
 * what it has; it says later whether it did.
 */
void jobs_cancel(struct jobs *jobs, struct job *job);

/*
 * While a job is paused no new call starts, also when its time comes; what was
 * sent is followed.  0, or -1 with err set: it has ended, or the hub runs it.
 */
int jobs_pause(
    struct jobs *jobs, struct job *job, bool paused, struct err *err);
/*
 * Reads the twins of devices that gave no answer once more and notes in known
 * what they say.  Nothing is called.  Returns how many are being read.
 */
size_t jobs_look(struct jobs *jobs, struct job *job);

struct jobs *jobs_new(struct deck *deck);
void jobs_free(struct jobs *jobs);

/* Newest first. */
size_t jobs_size(const struct jobs *jobs);
struct job *jobs_at(const struct jobs *jobs, size_t i);
struct job *jobs_by_number(const struct jobs *jobs, int number); /* or NULL */
size_t jobs_active(const struct jobs *jobs);
/*
 * From deck_take_twin() and deck_device_gone().  The devices that are followed
 * are read by the jobs themselves, as often as nobody else does.
 */
void jobs_take_twin(struct jobs *jobs, const struct cJSON *twin);
void jobs_device_gone(struct jobs *jobs, const char *device_id);

struct job_counts {
	size_t by_state[JOB_DEVICE_STATES];
	size_t done;    /* ended well: confirmed, or acknowledged at the end */
	size_t running; /* calling, or acknowledged and followed */
	size_t failed;  /* failed and unknown */
	size_t waiting;
	size_t let_go;  /* acknowledged, and nobody saw how it ended */
	size_t total;
};

/* What a job that is no JOB_METHOD writes. */
enum twin_section job_section(enum job_action action);
int job_number(const struct job *job);
enum job_state job_state(const struct job *job);
const struct job_request *job_request(const struct job *job);
/* "firmwareUpdate", "desired building, floor", "tags site", "undo of job 3" */
const char *job_title(const struct job *job);
void job_counts(const struct job *job, struct job_counts *counts);
size_t job_size(const struct job *job);
const struct job_device *job_device(const struct job *job, size_t i);
int64_t job_starts_ms(const struct job *job);  /* monotonic; the countdown */
int64_t job_began_us(const struct job *job);   /* UTC; 0: not yet */
int64_t job_elapsed_ms(const struct job *job); /* since it began, to its end */
bool job_is_paused(const struct job *job);
/* It waits or runs, and would not go on without us. */
bool job_is_active(const struct job *job);
/* Of a job of the hub, what the hub says: "waiting: …"; NULL: of all others. */
const char *job_note(const struct job *job);
/* How it went; borrowed; NULL: it has not begun. */
const struct job_samples *job_history(const struct job *job);

#endif
