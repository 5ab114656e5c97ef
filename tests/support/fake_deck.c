#include "config.h"

#include "tests/support/fake_deck.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/edits.h"
#include "core/deck/fleet.h"
#include "core/deck/job.h"
#include "core/deck/job_hub.h"
#include "core/deck/job_samples.h"
#include "core/deck/packets.h"
#include "core/deck/plan.h"
#include "core/deck/plan_reader.h"
#include "core/deck/select.h"
#include "core/deck/traffic.h"
#include "core/deck/twin_history.h"
#include "core/iothub/connstr.h"

/* What the hub says of a job that it runs. */
struct job_hub {
	const char *words;
};

struct watch {
	char *focus;
	struct watch_health health;
};

struct deck {
	struct events *events;
	struct fleet *fleet;
	struct jobs jobs;
	struct watch watch;
	struct edits *edits;
	cJSON *twins; /* by device id */
	cJSON *texts; /* the same as they were given */
	struct twin_history *twin_history;
	struct traffic *traffic;
	char *place;
};

/* One deck in a test: what takes no deck finds it here. */
static struct deck *the_deck;

int64_t fake_now_ms;
int64_t fake_seen_us;

struct deck *
fake_deck_new(void)
{
	static char host[] = "127.0.0.1:8443";
	const struct connstr cs = { .host = host };
	struct deck *deck = xcalloc(1, sizeof(*deck));

	fake_now_ms = clock_mono_ms();
	fake_seen_us = FAKE_NOW_US;
	deck->events = events_new();
	deck->fleet = fleet_new(deck->events);
	deck->edits = edits_new();
	deck->traffic = traffic_new(deck->events, &cs, NULL);
	deck->twins = cJSON_CreateObject();
	deck->texts = cJSON_CreateObject();
	deck->twin_history = twin_history_new();
	deck->watch.health.ok = deck->watch.health.ever = true;
	deck->watch.health.fresh_ms = fake_now_ms;
	the_deck = deck;
	return deck;
}

static void
texts_free(const char *const *texts, size_t n)
{
	if (texts != NULL)
		str_array_free((char **)(uintptr_t)texts, n);
}

static void
free_job(struct job *job)
{
	size_t i;

	for (i = 0; i < job->n_tasks; i++) {
		free(job->tasks[i].device.answer);
		free(job->tasks[i].device.known);
	}
	texts_free(job->request.patches, job->n_tasks);
	texts_free(job->request.etags, job->n_tasks);
	str_array_free(job->device_ids, job->n_tasks);
	job_samples_free(job->samples);
	free(job->hub);
	free(job->tasks);
	free(job->title);
	free(job->method);
	free(job->payload);
	free(job->patch_text);
	free(job);
}

void
fake_deck_free(struct deck *deck)
{
	size_t i;

	for (i = 0; i < deck->jobs.n_jobs; i++)
		free_job(deck->jobs.list[i]);
	free(deck->jobs.list);
	fleet_free(deck->fleet);
	edits_free(deck->edits);
	traffic_free(deck->traffic);
	events_free(deck->events);
	twin_history_free(deck->twin_history);
	cJSON_Delete(deck->twins);
	cJSON_Delete(deck->texts);
	free(deck->watch.focus);
	free(deck->place);
	free(deck);
	the_deck = NULL;
}

void
fake_deck_twin(struct deck *deck, const char *json)
{
	cJSON *twin = json_parse(json, strlen(json), NULL);
	const char *id = json_get_string(twin, "deviceId");

	fleet_take_twin(deck->fleet, twin);
	twin_history_take(deck->twin_history, twin, fake_seen_us);
	cJSON_DeleteItemFromObjectCaseSensitive(deck->texts, id);
	cJSON_AddStringToObject(deck->texts, id, json);
	cJSON_DeleteItemFromObjectCaseSensitive(deck->twins, id);
	cJSON_AddItemToObject(deck->twins, id, twin);
	events_fire(deck->events, DECK_TWIN, NULL);
}

void
fake_deck_fill(struct deck *deck)
{
	static const struct {
		const char *link, *reported, *desired;
	} rows[] = {
		{ "Connected", "\"firmwareStatus\":\"completed\"", "" },
		{ "Connected", "\"firmwareStatus\":\"standBy\"", "" },
		{ "Connected", "\"firmwareStatus\":\"applying\"", "" },
		{ "Connected",
		    "\"firmwareStatus\":\"downloading\",\"building\":41,"
		    "\"floor\":3",
		    "\"building\":43,\"floor\":3,\"interval\":5," },
		{ "Connected", "\"firmwareStatus\":\"standBy\"", "" },
		{ "Disconnected", "\"firmwareStatus\":\"standBy\"", "" },
		{ "Connected", "\"firmwareStatus\":\"failed\"", "" },
		{ "Disconnected", "\"note\":\"none\"", "" },
	};
	char *json;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json = xasprintf(
		    "{\"deviceId\":\"door-%03zu\",\"etag\":\"AAAAAAAAAAM=\","
		    "\"version\":12,\"connectionState\":\"%s\","
		    "\"tags\":{\"site\":\"brno\",\"floor\":3},"
		    "\"properties\":{\"desired\":{%s\"$metadata\":{"
		    "\"$lastUpdated\":\"2026-11-22T02:00:00Z\"},"
		    "\"$version\":4},"
		    "\"reported\":{%s,\"firmwareVersion\":\"1.4.1\","
		    "\"door\":{\"state\":\"unlocked\"},"
		    "\"$metadata\":{\"$lastUpdated\":"
		    "\"2026-11-22T02:00:00Z\"},\"$version\":9}}}",
		    i + 1, rows[i].link, rows[i].desired, rows[i].reported);
		fake_deck_twin(deck, json);
		free(json);
	}
	fleet_load_begin(deck->fleet);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char id[16];

		snprintf(id, sizeof(id), "door-%03zu", i + 1);
		fleet_take_twin(deck->fleet, json_get(deck->twins, id));
	}
	fleet_load_end(deck->fleet);
}

struct watch_health *
fake_deck_health(struct deck *deck)
{
	return &deck->watch.health;
}

void
fake_deck_fire(struct deck *deck, int kind)
{
	events_fire(deck->events, kind, NULL);
}

static struct job *
new_job(struct deck *deck, const char *const *ids, size_t n)
{
	struct jobs *jobs = &deck->jobs;
	struct job *job = xcalloc(1, sizeof(*job));
	size_t i;

	job->number = (int)jobs->n_jobs + 1;
	job->n_tasks = n;
	job->tasks = xcalloc(n, sizeof(*job->tasks));
	job->device_ids = xcalloc(n, sizeof(*job->device_ids));
	for (i = 0; i < n; i++) {
		job->device_ids[i] = xstrdup(ids[i]);
		job->tasks[i].device.device_id = job->device_ids[i];
		job->tasks[i].device.percent = -1;
	}
	jobs->list =
	    xreallocarray(jobs->list, jobs->n_jobs + 1, sizeof(*jobs->list));
	jobs->list[jobs->n_jobs++] = job;
	return job;
}

/* Of a job that goes on too: the clock stands still. */
static void
set_elapsed(struct job *job, int64_t elapsed_ms)
{
	job->began_ms = elapsed_ms == 0 ? 0 : 1;
	job->ended_ms = job->began_ms + elapsed_ms;
}

struct job *
fake_deck_job(struct deck *deck, const char *title, enum job_state state,
    const char *const *device_ids, size_t n)
{
	struct job *job = new_job(deck, device_ids, n);

	job->title = xstrdup(title);
	job->state = state;
	if (str_starts_with(title, "desired")) {
		job->request.action = JOB_DESIRED;
		job->request.patch = job->patch_text =
		    xstrdup("{\"building\":43}");
	} else {
		job->request.method = job->method = xstrdup(title);
		job->request.payload = job->payload =
		    xstrdup("{\"fwPackageUri\":\"door-1.5.0.bin\"}");
	}
	job->began_us = FAKE_NOW_US - 42 * INT64_C(1000000);
	set_elapsed(job, 42000);
	return job;
}

struct job_request *
fake_job_request(struct job *job)
{
	return &job->request;
}

void
fake_job_pause(struct job *job, bool paused)
{
	job->paused_ms = paused ? fake_now_ms : 0;
}

void
fake_job_note(struct job *job, const char *note)
{
	if (job->hub == NULL)
		job->hub = xcalloc(1, sizeof(*job->hub));
	job->hub->words = note;
	job->request.engine = JOB_HUB;
}

struct job_samples *
fake_job_samples(struct job *job)
{
	if (job->samples == NULL)
		job->samples = job_samples_new();
	return job->samples;
}

struct job_device *
fake_job_device(struct job *job, size_t i)
{
	return &job->tasks[i].device;
}

void
fake_job_end(struct job *job, size_t i, enum job_device_state state)
{
	job->tasks[i].device.state = state;
	job->tasks[i].device.ended = true;
}

void
fake_job_times(
    struct job *job, int64_t starts_ms, int64_t began_us, int64_t elapsed_ms)
{
	job->starts_ms = starts_ms;
	job->began_us = began_us;
	set_elapsed(job, elapsed_ms);
}

const struct job_request *
fake_deck_asked(struct deck *deck)
{
	if (deck->jobs.n_jobs == 0)
		return NULL;
	return &deck->jobs.list[deck->jobs.n_jobs - 1]->request;
}

const char *
fake_deck_focus(struct deck *deck)
{
	return deck->watch.focus;
}

/* deck.h */

struct client *
deck_client(struct deck *deck)
{
	(void)deck;
	return NULL;
}

struct event_base *
deck_base(struct deck *deck)
{
	(void)deck;
	return NULL;
}

void
deck_set_place(struct deck *deck, const char *place)
{
	free(deck->place);
	deck->place = xstrdup(place);
}

const char *
deck_place(const struct deck *deck)
{
	return deck->place;
}

struct events *
deck_events(struct deck *deck)
{
	return deck->events;
}

struct fleet *
deck_fleet(struct deck *deck)
{
	return deck->fleet;
}

struct watch *
deck_watch(struct deck *deck)
{
	return &deck->watch;
}

struct jobs *
deck_jobs(struct deck *deck)
{
	return &deck->jobs;
}

struct twin_history *
deck_twin_history(struct deck *deck)
{
	return deck->twin_history;
}

/* There is no hub that could tell of any. */
struct packets *
deck_packets(struct deck *deck)
{
	(void)deck;
	return NULL;
}

void
packets_watch(struct packets *packets, const char *device_id)
{
	(void)packets;
	(void)device_id;
}

struct traffic *
deck_traffic(struct deck *deck)
{
	return deck->traffic;
}

struct edits *
deck_edits(struct deck *deck)
{
	return deck->edits;
}

void
deck_say(struct deck *deck, bool is_error, const char *fmt, ...)
{
	char text[256];
	struct deck_message message = { is_error, text };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	events_fire(deck->events, DECK_MESSAGE, &message);
}

/* watch.h */

void
watch_focus(struct watch *watch, const char *device_id)
{
	char *copy = xstrdup(device_id);

	free(watch->focus);
	watch->focus = copy;
}

void
watch_visible(struct watch *watch, const char *const *device_ids, size_t n)
{
	(void)watch;
	(void)device_ids;
	(void)n;
}

/* What the hub has stands in twins; see fake_deck_hide(). */
void
watch_find(struct watch *watch, const char *device_id)
{
	const cJSON *twin = json_get(the_deck->twins, device_id);
	struct err err = { 0 };
	struct deck_found found = { device_id, &err };

	(void)watch;
	if (twin == NULL)
		err_set(&err, ERR_NOT_FOUND, "%s: no such device", device_id);
	else
		fleet_take_twin(the_deck->fleet, twin);
	events_fire(the_deck->events, DECK_FOUND, &found);
}

void
watch_refresh(struct watch *watch)
{
	(void)watch;
}

const cJSON *
watch_twin(const struct watch *watch)
{
	return watch->focus != NULL ? json_get(the_deck->twins, watch->focus)
				    : NULL;
}

const char *
watch_twin_text(const struct watch *watch)
{
	return watch->focus != NULL
	    ? json_get_string(the_deck->texts, watch->focus)
	    : NULL;
}

int64_t
watch_twin_seen_ms(const struct watch *watch)
{
	(void)watch;
	return fake_now_ms;
}

const struct watch_health *
watch_health(const struct watch *watch)
{
	return &watch->health;
}

/* plan_reader.h: every twin is read at once, and nobody is told. */

struct plan_reader *
plan_reader_new(struct deck *deck, struct plan *plan)
{
	const cJSON *twin;
	struct err err;
	size_t i;

	for (i = 0; i < plan_size(plan); i++) {
		twin = json_get(deck->twins, plan_device(plan, i)->device_id);
		err_set(&err, ERR_NOT_FOUND, "no such device");
		plan_take(plan, i, twin, &err);
	}
	return xcalloc(1, 1);
}

void
plan_reader_free(struct plan_reader *reader)
{
	free(reader);
}

/* jobs.h */

static const char *const *
texts_dup(const char *const *texts, size_t n)
{
	char **copy;
	size_t i;

	if (texts == NULL)
		return NULL;
	copy = xcalloc(n, sizeof(*copy));
	for (i = 0; i < n; i++)
		copy[i] = xstrdup(texts[i]);
	return (const char *const *)copy;
}

struct job *
jobs_add(struct jobs *jobs, const struct job_request *request, struct err *err)
{
	struct job *job =
	    new_job(the_deck, request->device_ids, request->n_devices);

	(void)jobs;
	(void)err;
	job->title =
	    xstrdup(request->method != NULL ? request->method : "desired");
	job->request = *request;
	job->request.method = job->method = xstrdup(request->method);
	job->request.payload = job->payload = xstrdup(request->payload);
	job->request.patch = job->patch_text = xstrdup(request->patch);
	job->request.patches = texts_dup(request->patches, job->n_tasks);
	job->request.etags = texts_dup(request->etags, job->n_tasks);
	job->request.device_ids = (const char *const *)job->device_ids;
	job->state = JOB_RUNNING;
	return job;
}

void
jobs_cancel(struct jobs *jobs, struct job *job)
{
	(void)jobs;
	job->state = JOB_CANCELLED;
}

int
jobs_pause(struct jobs *jobs, struct job *job, bool paused, struct err *err)
{
	(void)jobs;
	if (job->state > JOB_RUNNING)
		return err_set(
		    err, ERR_INVALID, "job %d has ended", job->number);
	job->paused_ms = paused ? fake_now_ms : 0;
	return 0;
}

size_t
jobs_look(struct jobs *jobs, struct job *job)
{
	size_t i, n = 0;

	(void)jobs;
	for (i = 0; i < job->n_tasks; i++)
		n += job->tasks[i].device.state == JOB_DEVICE_UNKNOWN;
	return n;
}

/* job_hub.h */

/* A job that the hub runs stays one of the deck's. */
bool
job_hub_is_accepted(const struct job_hub *hub)
{
	(void)hub;
	return false;
}

const char *
job_hub_words(const struct job_hub *hub)
{
	return hub->words;
}

/* select.h */

struct select {
	char *text; /* owned; NULL: none is running */
};

struct select *
select_new(struct deck *deck)
{
	(void)deck;
	return xcalloc(1, sizeof(struct select));
}

void
select_free(struct select *select)
{
	if (select == NULL)
		return;
	free(select->text);
	free(select);
}

int
select_start(struct select *select, const char *text, struct err *err)
{
	(void)err;
	free(select->text);
	select->text = xstrdup(text);
	return 0;
}

bool
select_is_running(const struct select *select)
{
	return select->text != NULL;
}

void
select_cancel(struct select *select)
{
	free(select->text);
	select->text = NULL;
	deck_say(the_deck, false, "select given up: nothing was marked");
}

const char *
select_progress(struct select *select)
{
	(void)select;
	return "7 devices found so far";
}
