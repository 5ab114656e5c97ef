#include "config.h"

#include "core/hub/job_flights.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/hub/choices.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/job_store.h"
#include "core/hub/method_body.h"
#include "core/hub/methods.h"
#include "core/hub/registry.h"
#include "core/hub/tier.h"
#include "core/iothub/error.h"

#define RETRY_US 1000000 /* after a commit that failed */

/* One call of a device.  It may still wait to be sent once it is invoked. */
struct flight {
	struct list link; /* in flights->list */
	/* NULL when nobody waits for it any more. */
	struct hub_job_flights *flights;
	int64_t record; /* its row */
	char *device_id;
	bool is_invoked;
};

void
hub_job_flights_init(struct hub_job_flights *flights)
{
	list_init(&flights->list);
}

static void
flight_free(struct flight *flight)
{
	if (flight->flights != NULL) {
		list_remove(&flight->link);
		flight->flights->n--;
	}
	free(flight->device_id);
	free(flight);
}

static void
land(struct flight *flight, const struct hub_job_outcome *outcome)
{
	struct hub_job_flights *flights = flight->flights;

	if (flights != NULL) {
		hub_commit_begin(flights->hub->commit);
		hub_job_store_outcome(flights->store, flight->record, outcome);
		flights->on_place(0, flights->arg);
	}
	flight_free(flight);
}

static void
land_with_error(
    struct flight *flight, enum iothub_error_id id, const char *text)
{
	struct hub_job_outcome outcome = { .error_text = text,
		.error_code = iothub_error_get(id)->code };

	land(flight, &outcome);
}

/* The next hub may call the device: this one has not. */
static void
put_back(struct flight *flight)
{
	struct hub_job_flights *flights = flight->flights;

	hub_commit_begin(flights->hub->commit);
	hub_job_store_unmark(flights->store, flight->record);
	flight_free(flight);
}

/* The hub is about to end: a device that was called may still act. */
static bool
land_as_it_ends(struct flight *flight, enum hub_method_end end)
{
	switch (end) {
	case HUB_METHOD_NO_ANSWER:
		land_with_error(
		    flight, IOTHUB_GATEWAY_TIMEOUT, HUB_JOB_LOST_TEXT);
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

	if (flight->flights != NULL && flight->flights->is_stopping &&
	    land_as_it_ends(flight, result->end))
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
reconnect_s(const struct hub_job_flights *flights)
{
	int64_t left = flights->reconnect_until_ms - clock_mono_ms();

	return left > 0 ? (int)(left / 1000) + 1 : 0;
}

static void
call_device(struct flight *flight)
{
	struct hub *hub = flight->flights->hub;
	struct hub_method_request request = *flight->flights->request;
	int wait_s = reconnect_s(flight->flights);
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
	if (request.connect_timeout_s < wait_s)
		request.connect_timeout_s = wait_s;
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
	struct hub_tier *tier = flight->flights->hub->tier;
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
	struct hub_job_flights *flights = flight->flights;

	if (flights == NULL) {
		flight_free(flight);
	} else if (!ok) {
		flights->on_place(RETRY_US, flights->arg);
		flight_free(flight);
	} else if (flights->is_stopping) {
		put_back(flight);
	} else if (!land_if_spent(flight)) {
		call_device(flight);
	}
}

void
hub_job_flights_add(
    struct hub_job_flights *flights, const struct hub_job_record *record)
{
	struct flight *flight = xcalloc(1, sizeof(*flight));

	flight->flights = flights;
	flight->record = record->id;
	flight->device_id = xstrdup(record->device_id);
	list_append(&flights->list, &flight->link);
	flights->n++;
	hub_commit_begin(flights->hub->commit);
	hub_job_store_mark(flights->store, flight->record);
	hub_commit_then(flights->hub->commit, on_marked, flight);
}

void
hub_job_flights_stop(struct hub_job_flights *flights)
{
	flights->is_stopping = true;
}

/* A device that is away must not be called later, when its job is over. */
static void
withdraw(struct flight *flight)
{
	struct hub_job_flights *flights = flight->flights;
	struct hub_job_outcome outcome = { .error_text = HUB_JOB_TIME_UP_TEXT,
		.error_code = HUB_JOB_TIME_UP_NUMBER };
	bool was_held = flight->is_invoked &&
	    hub_methods_withdraw(
		flights->hub->methods, flight->device_id, flight);

	if (was_held || !flight->is_invoked)
		hub_job_store_outcome(flights->store, flight->record, &outcome);
	if (was_held) {
		flight_free(flight);
		return;
	}
	list_remove(&flight->link);
	flights->n--;
	flight->flights = NULL;
}

void
hub_job_flights_expire(struct hub_job_flights *flights)
{
	struct flight *flight, *tmp;

	LIST_FOREACH_SAFE(flight, tmp, &flights->list, struct flight, link)
		withdraw(flight);
}
