#include "config.h"

#include "core/hub/jobs.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"
#include "core/hub/choices.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/job_flights.h"
#include "core/hub/job_store.h"
#include "core/hub/liveness.h"
#include "core/hub/method_body.h"
#include "core/hub/methods.h"
#include "core/hub/query.h"
#include "core/hub/tier.h"
#include "core/hub/twins.h"

#define US_PER_S ((int64_t)1000000)
#define RETRY_US US_PER_S /* after a commit that failed */
/* No timer is longer: the clock of the wall may be set in between. */
#define TIMER_MAX_US (600 * US_PER_S)
#define HISTORY_CHECK_S 3600

enum state {
	WAITING, /* for its time, or for others to end */
	RUNNING,
	ENDING /* what became of it is not on disk yet */
};

/*
 * A job that has not ended.  Its timer drives it: each time it does what can
 * be done now, and sets the timer for the rest.  While is_committing, what it
 * did last is not on disk yet, and nothing more is done.
 */
struct job {
	struct list link; /* in hub_jobs.jobs */
	struct hub_jobs *jobs;
	int64_t id; /* its row */
	char *job_id;
	char *condition;
	char *action;
	enum hub_job_type type;
	cJSON *body;                       /* the action */
	struct hub_method_request request; /* points into action and body */
	int64_t start_us;
	int64_t begun_us;
	int64_t deadline_ms; /* monotonic, once it runs: its time is up */
	int64_t max_execution_s;
	bool is_due; /* and stays so, should the clock be set back */
	enum state state;
	enum state state_before; /* of ENDING, should that fail */
	bool is_committing;
	bool is_resumed; /* it had begun before this hub did */
	int64_t slot_ms;  /* monotonic: when the tier lets it go on; or 0 */
	struct hub_job_flights flights;
	struct event *timer;
};

struct hub_jobs {
	struct hub *hub;
	struct hub_job_store *store;
	struct list jobs;
	bool is_stopping;
	int64_t reconnect_until_ms;
	struct event *history_timer;
};

static void
drive_in(struct job *job, int64_t us)
{
	struct timeval delay;

	if (us < 0)
		us = 0;
	if (us > TIMER_MAX_US)
		us = TIMER_MAX_US;
	delay.tv_sec = (time_t)(us / US_PER_S);
	delay.tv_usec = (suseconds_t)(us % US_PER_S);
	if (!job->jobs->is_stopping)
		event_add(job->timer, &delay);
}

/* By the clock of the wall only where it began before this hub did. */
static void
set_deadline(struct job *job)
{
	int64_t end_us = job->begun_us + job->max_execution_s * US_PER_S;

	job->deadline_ms =
	    clock_mono_ms() + (end_us - clock_utc_us()) / 1000;
}

static void
job_free(struct job *job)
{
	list_remove(&job->link);
	event_free(job->timer);
	cJSON_Delete(job->body);
	free(job->job_id);
	free(job->condition);
	free(job->action);
	free(job);
}

/* Whoever waits for a place may have it now. */
static void
wake_waiting(struct hub_jobs *jobs)
{
	struct job *job;

	LIST_FOREACH(job, &jobs->jobs, struct job, link)
		if (job->state == WAITING && !job->is_committing)
			drive_in(job,
			    job->is_due ? 0
					: job->start_us - clock_utc_us());
}

static bool
is_full(const struct hub_jobs *jobs)
{
	const struct job *job;
	int n = 0;

	LIST_FOREACH(job, &jobs->jobs, struct job, link)
		n += job->state == RUNNING;
	return n >= hub_tier_jobs_max(jobs->hub->tier);
}

static void
on_ended(bool ok, void *arg)
{
	struct job *job = arg;
	struct hub_jobs *jobs = job->jobs;

	if (!ok) {
		job->state = job->state_before;
		drive_in(job, RETRY_US);
		return;
	}
	log_info("job %s has ended", job->job_id);
	job_free(job);
	wake_waiting(jobs);
}

static void
end_job(struct job *job, const char *status, const char *failure)
{
	struct hub_jobs *jobs = job->jobs;

	job->state_before = job->state;
	job->state = ENDING;
	event_del(job->timer);
	hub_commit_begin(jobs->hub->commit);
	/* There is none left, unless a commit failed. */
	if (job->state_before == RUNNING)
		hub_job_store_sweep(
		    jobs->store, job->id, "running",
		    HUB_JOB_UNKNOWN_CODE, HUB_JOB_LOST_TEXT);
	else
		hub_job_store_cancel(jobs->store, job->id);
	hub_job_store_end(jobs->store, job->id, status, failure);
	hub_commit_then(jobs->hub->commit, on_ended, job);
}

static void
on_begun(bool ok, void *arg)
{
	struct job *job = arg;

	job->is_committing = false;
	if (!ok)
		job->state = WAITING;
	drive_in(job, ok ? 0 : RETRY_US);
}

/* Whether all of its devices are written down now. */
static bool
gather(struct job *job, const struct hub_query *query)
{
	struct hub_jobs *jobs = job->jobs;
	struct err err = { 0 };
	int64_t n;

	hub_liveness_flush(jobs->hub->liveness, query->sees);
	hub_commit_begin(jobs->hub->commit);
	n = hub_job_store_gather(
	    jobs->store, job->id, query, HUB_JOB_GATHER_PER_TURN, &err);
	if (n == -1) {
		log_error("job %s cannot begin: %s", job->job_id, err.text);
		hub_commit_fail(jobs->hub->commit);
	}
	return n < HUB_JOB_GATHER_PER_TURN;
}

/*
 * Looks for the devices of the condition and writes them all down; so many a
 * turn, for there may be a million.
 */
static void
begin(struct job *job)
{
	struct hub_jobs *jobs = job->jobs;
	struct hub_query query;
	struct err err = { 0 };

	if (hub_query_compile_condition(job->condition,
		strlen(job->condition), &query, &err) == -1) {
		end_job(job, HUB_CHOICE_JOB_NO_QUERY, err.text);
		return;
	}
	if (gather(job, &query)) {
		job->begun_us = clock_utc_us();
		set_deadline(job);
		job->state = RUNNING;
		hub_job_store_begin(jobs->store, job->id, job->begun_us);
	}
	hub_query_fini(&query);
	job->is_committing = true;
	hub_commit_then(jobs->hub->commit, on_begun, job);
}

/* Whether the tier allows one more device now; sets the timer if not. */
static bool
may_go_on(struct job *job)
{
	int64_t now_ms = clock_mono_ms(), delay_ms;

	if (job->slot_ms == 0) {
		delay_ms =
		    hub_tier_take(job->jobs->hub->tier, HUB_OP_JOB_DEVICE, 1);
		if (delay_ms == 0)
			return true;
		if (delay_ms == HUB_TIER_REFUSED) {
			drive_in(job, RETRY_US);
			return false;
		}
		job->slot_ms = now_ms + delay_ms;
	}
	if (now_ms < job->slot_ms) {
		drive_in(job, (job->slot_ms - now_ms) * 1000);
		return false;
	}
	job->slot_ms = 0;
	return true;
}

/* How many have waited, or -1. */
static int
run_methods(struct job *job)
{
	struct hub_job_record records[HUB_JOB_IN_FLIGHT_MAX];
	bool goes_on = true;
	int n, i;

	n = hub_job_store_pending(job->jobs->store, job->id, records,
	    HUB_JOB_IN_FLIGHT_MAX - (int)job->flights.n);
	for (i = 0; i < n; i++) {
		goes_on = goes_on && may_go_on(job);
		if (goes_on)
			hub_job_flights_add(&job->flights, &records[i]);
		free(records[i].device_id);
	}
	return n;
}

/* ERR_THROTTLED: the messages of the day are used up. */
static int
write_twin(struct job *job, const char *device_id, struct err *err)
{
	struct hub_twins_write write = { .body = job->body };
	struct hub *hub = job->jobs->hub;
	char *text;

	if (hub_tier_is_spent(hub->tier)) {
		text = hub_tier_spent_text(hub->tier);
		err_set(err, ERR_THROTTLED, "%s", text);
		free(text);
		return -1;
	}
	hub_tier_bill(hub->tier, strlen(job->action));
	return hub_twins_update(hub->twins, device_id, &write, err);
}

static void
update_twin(struct job *job, const struct hub_job_record *record)
{
	struct hub *hub = job->jobs->hub;
	struct hub_job_outcome outcome = { 0 };
	enum iothub_error_id id = IOTHUB_SERVER_ERROR;
	struct err err = { 0 };

	if (write_twin(job, record->device_id, &err) == -1) {
		if (err.code == ERR_NOT_FOUND)
			id = IOTHUB_DEVICE_NOT_FOUND;
		else if (err.code == ERR_THROTTLED)
			id = IOTHUB_QUOTA_EXCEEDED;
		else if (err.code == ERR_INVALID || err.code == ERR_LIMIT)
			id = IOTHUB_ARGUMENT_INVALID;
		outcome.error_code = iothub_error_get(id)->code;
		outcome.error_text = err.text;
		hub_commit_begin(hub->commit);
	}
	/* In the batch that the update has opened, and no other: either both
	 * are on disk or none. */
	hub_job_store_outcome(job->jobs->store, record->id, &outcome);
}

static void
on_updated(bool ok, void *arg)
{
	struct job *job = arg;

	job->is_committing = false;
	drive_in(job, ok ? 0 : RETRY_US);
}

static int
run_twins(struct job *job)
{
	struct hub_job_record records[HUB_JOB_TWINS_PER_TURN];
	bool goes_on = true;
	int n, i;

	n = hub_job_store_pending(
	    job->jobs->store, job->id, records, HUB_JOB_TWINS_PER_TURN);
	for (i = 0; i < n; i++) {
		goes_on = goes_on && may_go_on(job);
		if (goes_on) {
			update_twin(job, &records[i]);
			job->is_committing = true;
		}
		free(records[i].device_id);
	}
	if (job->is_committing)
		hub_commit_then(job->jobs->hub->commit, on_updated, job);
	return n;
}

/* The time is up: what is left has failed, and who is called is let go. */
static void
expire(struct job *job)
{
	struct hub_jobs *jobs = job->jobs;

	hub_commit_begin(jobs->hub->commit);
	hub_job_flights_expire(&job->flights);
	hub_job_store_sweep(
	    jobs->store, job->id, "pending",
	    HUB_JOB_TIME_UP_CODE, HUB_JOB_TIME_UP_TEXT);
	hub_job_store_sweep(
	    jobs->store, job->id, "running",
	    HUB_JOB_UNKNOWN_CODE, HUB_JOB_CUT_OFF_TEXT);
	end_job(job, HUB_CHOICE_JOB_TIME_UP, NULL);
}

static void
run(struct job *job)
{
	int64_t left_ms = job->deadline_ms - clock_mono_ms();
	int n = 0;

	if (left_ms <= 0) {
		expire(job);
		return;
	}
	drive_in(job, left_ms * 1000);
	if (job->type == HUB_JOB_TWIN)
		n = run_twins(job);
	else if (job->flights.n < HUB_JOB_IN_FLIGHT_MAX)
		n = run_methods(job);
	if (n == -1)
		drive_in(job, RETRY_US);
	else if (n == 0 && job->flights.n == 0)
		end_job(job, "completed", NULL);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct job *job = arg;
	int64_t now_us = clock_utc_us();

	(void)fd;
	(void)what;
	if (job->jobs->is_stopping || job->is_committing)
		return;
	if (job->state == RUNNING) {
		run(job);
	} else if (job->state == WAITING) {
		job->is_due = job->is_due || now_us >= job->start_us;
		if (!job->is_due) {
			drive_in(job, job->start_us - now_us);
		} else if (is_full(job->jobs)) {
			hub_commit_begin(job->jobs->hub->commit);
			hub_job_store_wait(job->jobs->store, job->id);
		} else {
			begin(job);
		}
	}
}

static void
on_place(int64_t after_us, void *arg)
{
	drive_in(arg, after_us);
}

static struct job *
job_new(struct hub_jobs *jobs, const struct hub_job_row *row, struct err *err)
{
	struct job *job = xcalloc(1, sizeof(*job));
	int rc;

	job->jobs = jobs;
	job->id = row->id;
	job->type = row->order.type;
	job->job_id = xstrdup(row->order.job_id);
	job->condition = xstrdup(row->order.condition);
	job->action = xstrdup(row->order.action);
	job->start_us = row->order.start_us;
	job->begun_us = row->begun_us;
	job->max_execution_s = row->order.max_execution_s;
	job->is_resumed = row->begun_us != 0;
	job->state = job->is_resumed ? RUNNING : WAITING;
	if (job->is_resumed)
		set_deadline(job);
	job->timer = evtimer_new(jobs->hub->base, on_timer, job);
	job->flights = (struct hub_job_flights){
		.hub = jobs->hub,
		.store = jobs->store,
		.request = &job->request,
		.reconnect_until_ms =
		    job->is_resumed ? jobs->reconnect_until_ms : 0,
		.on_place = on_place,
		.arg = job,
	};
	hub_job_flights_init(&job->flights);
	list_append(&jobs->jobs, &job->link);
	job->body = json_parse(job->action, strlen(job->action), err);
	rc = job->body == NULL ? -1 : 0;
	if (rc == 0 && job->type == HUB_JOB_METHOD)
		rc = hub_method_body_read(job->action, strlen(job->action),
		    job->body, &job->request, err);
	if (rc == -1) {
		job_free(job);
		return NULL;
	}
	return job;
}

/* Called for each job that the last hub has left. */
static void
take_up(const struct hub_job_row *row, void *arg)
{
	struct hub_jobs *jobs = arg;
	struct err err = { 0 };
	struct job *job = job_new(jobs, row, &err);

	if (job == NULL) {
		log_error("job %s cannot be read: %s", row->order.job_id,
		    err.text);
		return;
	}
	drive_in(job,
	    job->state == RUNNING ? 0 : job->start_us - clock_utc_us());
}

static void
on_history_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hub_jobs *jobs = arg;

	(void)fd;
	(void)what;
	hub_commit_begin(jobs->hub->commit);
	hub_job_store_forget(jobs->store, clock_utc_us() -
		HUB_JOB_HISTORY_DAYS * 86400 * US_PER_S);
}

struct hub_jobs *
hub_jobs_new(struct hub *hub, struct err *err)
{
	struct timeval hourly = { .tv_sec = HISTORY_CHECK_S };
	struct hub_jobs *jobs = xcalloc(1, sizeof(*jobs));

	jobs->hub = hub;
	list_init(&jobs->jobs);
	jobs->reconnect_until_ms =
	    clock_mono_ms() + HUB_JOB_RECONNECT_S * 1000;
	jobs->history_timer =
	    event_new(hub->base, -1, EV_PERSIST, on_history_timer, jobs);
	event_add(jobs->history_timer, &hourly);
	jobs->store = hub_job_store_new(hub, err);
	if (jobs->store == NULL ||
	    hub_job_store_recover(jobs->store, HUB_JOB_UNKNOWN_CODE,
		HUB_JOB_LOST_TEXT, err) == -1 ||
	    hub_job_store_load(jobs->store, take_up, jobs, err) == -1) {
		hub_jobs_free(jobs);
		return NULL;
	}
	hub_job_store_forget(jobs->store, clock_utc_us() -
		HUB_JOB_HISTORY_DAYS * 86400 * US_PER_S);
	return jobs;
}

void
hub_jobs_stop(struct hub_jobs *jobs)
{
	struct job *job;

	if (jobs == NULL)
		return;
	jobs->is_stopping = true;
	event_del(jobs->history_timer);
	LIST_FOREACH(job, &jobs->jobs, struct job, link) {
		hub_job_flights_stop(&job->flights);
		event_del(job->timer);
	}
}

void
hub_jobs_free(struct hub_jobs *jobs)
{
	struct job *job;

	if (jobs == NULL)
		return;
	while ((job = LIST_FIRST(&jobs->jobs, struct job, link)) != NULL)
		job_free(job);
	event_free(jobs->history_timer);
	hub_job_store_free(jobs->store);
	free(jobs);
}

static struct job *
find(struct hub_jobs *jobs, const char *job_id)
{
	struct job *job;

	LIST_FOREACH(job, &jobs->jobs, struct job, link)
		if (strcmp(job->job_id, job_id) == 0)
			return job;
	return NULL;
}

static void
on_created(bool ok, void *arg)
{
	struct job *job = arg;

	job->is_committing = false;
	if (!ok)
		job_free(job);
	else
		drive_in(job,
		    job->is_due ? 0 : job->start_us - clock_utc_us());
}

int
hub_jobs_create(struct hub_jobs *jobs, const struct hub_job_order *order,
    struct err *err)
{
	int64_t now_us = clock_utc_us();
	struct hub_job_row row = { .order = *order };
	struct job *job;
	int rc;

	rc = hub_job_store_exists(jobs->store, order->job_id, err);
	if (rc == -1)
		return -1;
	if (rc == 1)
		return err_set(err, ERR_EXISTS,
		    "A job with ID '%s' is there already.", order->job_id);
	if (order->start_us <= now_us) {
		row.order.start_us = now_us;
		/* Without a tier they wait for one another. */
		if (jobs->hub->tier != NULL && is_full(jobs))
			return err_set(err, ERR_THROTTLED,
			    "this tier runs %d at a time, and as many are "
			    "running",
			    hub_tier_jobs_max(jobs->hub->tier));
	}
	job = job_new(jobs, &row, err);
	if (job == NULL)
		return -1;
	hub_commit_begin(jobs->hub->commit);
	if (hub_job_store_add(jobs->store, &row.order,
		row.order.start_us <= now_us ? "queued" : "scheduled",
		&job->id, err) == -1) {
		job_free(job);
		return -1;
	}
	job->is_due = row.order.start_us <= now_us;
	job->is_committing = true;
	hub_commit_then(jobs->hub->commit, on_created, job);
	return 0;
}

int
hub_jobs_cancel(struct hub_jobs *jobs, const char *job_id, struct err *err)
{
	struct job *job = find(jobs, job_id);

	if (job != NULL && job->state == WAITING && !job->is_committing) {
		end_job(job, "cancelled", NULL);
		return 0;
	}
	switch (hub_job_store_exists(jobs->store, job_id, err)) {
	case -1:
		return -1;
	case 0:
		return err_set(err, ERR_NOT_FOUND, "%s", job_id);
	default:
		return err_set(err, ERR_REFUSED,
		    "Job '%s' has begun or ended and cannot be cancelled.",
		    job_id);
	}
}
