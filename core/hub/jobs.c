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
#include "core/hub/job_store.h"
#include "core/hub/liveness.h"
#include "core/hub/method_body.h"
#include "core/hub/methods.h"
#include "core/hub/query.h"
#include "core/hub/registry.h"
#include "core/hub/tier.h"
#include "core/hub/twins.h"

#define US_PER_S ((int64_t)1000000)
#define RETRY_US US_PER_S /* after a commit that failed */
/* No timer is longer: the clock of the wall may be set in between. */
#define TIMER_MAX_US (600 * US_PER_S)
#define HISTORY_CHECK_S 3600

/* The service's name for it; nothing over REST says it. */
#define GENERIC_TIMEOUT 500008

#define LOST_ANSWER                                                        \
	"The hub ended while the call was in flight: it is unknown whether " \
	"the device has acted."
#define TIME_IS_UP "The job's maximum execution time was over before."
#define CUT_OFF                                                              \
	"The job's maximum execution time was over while the call was in "   \
	"flight: it is unknown whether the device has acted."

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
	struct list flights;
	size_t n_flights;
	struct event *timer;
};

/* One call of a device; without a job when nobody waits for it any more.  It
 * is marked on disk first, then handed over; it may still wait to be sent. */
struct flight {
	struct list link; /* in job.flights */
	struct hub_jobs *jobs;
	struct job *job;
	int64_t record; /* its row */
	char *device_id;
	bool is_invoked;
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
		    jobs->store, job->id, "running", "504101", LOST_ANSWER);
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

static void
flight_free(struct flight *flight)
{
	if (flight->job != NULL) {
		list_remove(&flight->link);
		flight->job->n_flights--;
	}
	free(flight->device_id);
	free(flight);
}

static void
land(struct flight *flight, const struct hub_job_outcome *outcome)
{
	struct hub_jobs *jobs = flight->jobs;

	if (flight->job != NULL) {
		hub_commit_begin(jobs->hub->commit);
		hub_job_store_outcome(jobs->store, flight->record, outcome);
		drive_in(flight->job, 0);
	}
	flight_free(flight);
}

static void
land_with_error(struct flight *flight, enum iothub_error_id id,
    const char *text)
{
	struct hub_job_outcome outcome = { .error_text = text,
		.error_code = iothub_error_get(id)->code };

	land(flight, &outcome);
}

/* The next hub may call the device: this one has not. */
static void
put_back(struct flight *flight)
{
	struct hub_jobs *jobs = flight->jobs;

	if (flight->job != NULL) {
		hub_commit_begin(jobs->hub->commit);
		hub_job_store_unmark(jobs->store, flight->record);
	}
	flight_free(flight);
}

/* The hub is about to end: a device that was called may still act. */
static bool
land_as_it_ends(struct flight *flight, enum hub_method_end end)
{
	switch (end) {
	case HUB_METHOD_NO_ANSWER:
		land_with_error(flight, IOTHUB_GATEWAY_TIMEOUT, LOST_ANSWER);
		return true;
	case HUB_METHOD_NOT_CONNECTED:
	case HUB_METHOD_NOT_SUBSCRIBED:
		put_back(flight);
		return true;
	default:
		return false;
	}
}

static void
on_result(const struct hub_method_result *result, void *arg)
{
	struct flight *flight = arg;
	struct hub_job_outcome outcome = { 0 };
	enum iothub_error_id id;
	const char *text;

	if (flight->jobs->is_stopping && land_as_it_ends(flight, result->end))
		return;
	if (result->end != HUB_METHOD_ANSWERED) {
		text = hub_method_end_error(result->end, &id);
		land_with_error(flight, id, text);
		return;
	}
	outcome.response_status = result->status;
	outcome.response = result->payload;
	outcome.response_len = result->payload_len;
	land(flight, &outcome);
}

/* Devices are given time to come back after a restart of the hub. */
static int
reconnect_s(const struct job *job)
{
	int64_t left = job->jobs->reconnect_until_ms - clock_mono_ms();

	return job->is_resumed && left > 0 ? (int)(left / 1000) + 1 : 0;
}

static void
call_device(struct flight *flight)
{
	struct hub *hub = flight->jobs->hub;
	struct hub_method_request request = flight->job->request;
	struct hub_device device = { 0 };
	struct err err = { 0 };

	if (hub_registry_get(
		hub->registry, flight->device_id, &device, &err) == -1) {
		land_with_error(
		    flight, IOTHUB_DEVICE_NOT_FOUND, flight->device_id);
		return;
	}
	flight->is_invoked = true;
	request.device_id = flight->device_id;
	if (request.connect_timeout_s < reconnect_s(flight->job))
		request.connect_timeout_s = reconnect_s(flight->job);
	hub_tier_bill(hub->tier, request.payload_len);
	if (device.enabled)
		hub_methods_invoke(hub->methods, &request, on_result, flight);
	else
		on_result(
		    &(struct hub_method_result){
			.end = HUB_CHOICE_METHOD_DISABLED },
		    flight);
	hub_device_fini(&device);
}

/* Whether the messages of the day are used up, and it has ended with that. */
static bool
land_if_spent(struct flight *flight)
{
	struct hub_tier *tier = flight->jobs->hub->tier;
	char *text;

	if (!hub_tier_is_spent(tier))
		return false;
	text = hub_tier_spent_text(tier);
	land_with_error(flight, IOTHUB_QUOTA_EXCEEDED, text);
	free(text);
	return true;
}

/* That it is called is on disk: only now it is. */
static void
on_marked(bool ok, void *arg)
{
	struct flight *flight = arg;

	if (flight->job == NULL) {
		flight_free(flight);
	} else if (!ok) {
		drive_in(flight->job, RETRY_US);
		flight_free(flight);
	} else if (flight->jobs->is_stopping) {
		put_back(flight);
	} else if (!land_if_spent(flight)) {
		call_device(flight);
	}
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

static void
prepare_flight(struct job *job, const struct hub_job_record *record)
{
	struct hub_jobs *jobs = job->jobs;
	struct flight *flight = xcalloc(1, sizeof(*flight));

	flight->jobs = jobs;
	flight->job = job;
	flight->record = record->id;
	flight->device_id = xstrdup(record->device_id);
	list_append(&job->flights, &flight->link);
	job->n_flights++;
	hub_commit_begin(jobs->hub->commit);
	hub_job_store_mark(jobs->store, flight->record);
	hub_commit_then(jobs->hub->commit, on_marked, flight);
}

/* How many have waited, or -1. */
static int
run_methods(struct job *job)
{
	struct hub_job_record records[HUB_JOB_IN_FLIGHT_MAX];
	bool goes_on = true;
	int n, i;

	n = hub_job_store_pending(job->jobs->store, job->id, records,
	    HUB_JOB_IN_FLIGHT_MAX - (int)job->n_flights);
	for (i = 0; i < n; i++) {
		goes_on = goes_on && may_go_on(job);
		if (goes_on)
			prepare_flight(job, &records[i]);
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

/* A device that is away must not be called later, when its job is over. */
static void
withdraw(struct job *job)
{
	struct hub_jobs *jobs = job->jobs;
	struct hub_job_outcome outcome = { .error_text = TIME_IS_UP,
		.error_code = GENERIC_TIMEOUT };
	struct flight *flight, *tmp;

	LIST_FOREACH_SAFE(flight, tmp, &job->flights, struct flight, link) {
		if (flight->is_invoked &&
		    !hub_methods_withdraw(
			jobs->hub->methods, flight->device_id, flight))
			continue;
		hub_job_store_outcome(jobs->store, flight->record, &outcome);
		if (flight->is_invoked)
			flight_free(flight);
	}
}

/* The time is up: what is left has failed, and who is called is let go. */
static void
expire(struct job *job)
{
	struct hub_jobs *jobs = job->jobs;
	struct flight *flight;

	hub_commit_begin(jobs->hub->commit);
	withdraw(job);
	hub_job_store_sweep(
	    jobs->store, job->id, "pending", "500008", TIME_IS_UP);
	hub_job_store_sweep(
	    jobs->store, job->id, "running", "504101", CUT_OFF);
	while ((flight = LIST_FIRST(&job->flights, struct flight, link)) !=
	    NULL) {
		list_remove(&flight->link);
		flight->job = NULL;
	}
	job->n_flights = 0;
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
	else if (job->n_flights < HUB_JOB_IN_FLIGHT_MAX)
		n = run_methods(job);
	if (n == -1)
		drive_in(job, RETRY_US);
	else if (n == 0 && job->n_flights == 0)
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
	list_init(&job->flights);
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
	    hub_job_store_recover(jobs->store, "504101", LOST_ANSWER, err) ==
		-1 ||
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
	LIST_FOREACH(job, &jobs->jobs, struct job, link)
		event_del(job->timer);
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
