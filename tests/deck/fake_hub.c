#include "config.h"

#include "tests/deck/fake_hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/iothub/connstr.h"
#include "core/net/loop.h"
#include "tests/support/ca.h"
#include "tests/support/https_server.h"
#include "tests/support/test.h"

#define KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define PATIENCE_MS 20000
#define DEVICES_MAX 400
#define SCRIPT_MAX 3

struct fake_device {
	char *id;
	cJSON *tags, *reported, *desired, *metadata;
	int reported_version, version;
	char etag[16];
	bool connected;
	int n_gets, n_calls, n_patches;
	const char *script[SCRIPT_MAX];
	int step;
	const char *acts; /* or NULL */
};

struct fake_hub {
	struct event_base *base;
	struct test_server *server;
	struct deck *deck;
	struct fake_device *devices[DEVICES_MAX];
	size_t n_devices, page;
	bool broken;
	int n_queries;
	struct strbuf out;
	const char *refused, *refusal;
	int n_refusals;
	/* Of /jobs/v2: one job, as a test says it stands. */
	int n_busy, n_puts, n_cancels;
	bool keeps;        /* does not cancel */
	bool broken_after; /* a PUT is done, and its answer lost */
	char *job_body; /* owned; of the last PUT */
	const char *job_status, *job_rows;
	int job_found; /* devices, as the job says; -1: it does not */
};

const char fake_ok[] = "ok";
const char fake_refused[] = "refused";
const char fake_killed[] = "killed";
const char fake_silent[] = "silent";
const char fake_offline[] =
    "HTTP/1.1 404 Not Found\r\niothub-errorcode: DeviceNotOnline\r\n"
    "Content-Length: 0\r\n\r\n";
const char fake_timeout[] =
    "HTTP/1.1 504 Gateway Timeout\r\niothub-errorcode: GatewayTimeout\r\n"
    "Content-Length: 0\r\n\r\n";
const char fake_throttled[] =
    "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";
const char fake_unauthorized[] =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
static const char conflict[] =
    "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n";
static const char one_job_at_a_time[] =
    "HTTP/1.1 429 Too Many Requests\r\n"
    "iothub-errorcode: ThrottlingMaxActiveJobCountExceeded\r\n"
    "Content-Length: 0\r\n\r\n";
static const char job_is_there[] =
    "HTTP/1.1 409 Conflict\r\niothub-errorcode: JobAlreadyExists\r\n"
    "Content-Length: 0\r\n\r\n";
static const char not_cancelled[] =
    "HTTP/1.1 400 Bad Request\r\niothub-errorcode: InvalidOperation\r\n"
    "Content-Length: 0\r\n\r\n";
static const char not_found[] =
    "HTTP/1.1 404 Not Found\r\niothub-errorcode: DeviceNotFound\r\n"
    "Content-Length: 0\r\n\r\n";

static struct test_ca *ca;
static struct test_cert cert;

int
fake_hub_setup_ca(void **state)
{
	(void)state;
	xalloc_init();
	ca = test_ca_new();
	test_ca_issue(ca, "DNS:localhost,IP:127.0.0.1", &cert);
	return 0;
}

int
fake_hub_teardown_ca(void **state)
{
	(void)state;
	test_ca_free(ca);
	return 0;
}

static struct fake_device *
find(struct fake_hub *hub, const char *id)
{
	size_t i;

	for (i = 0; i < hub->n_devices; i++)
		if (strcmp(hub->devices[i]->id, id) == 0)
			return hub->devices[i];
	return NULL;
}

static cJSON *
twin_of(const struct fake_device *d)
{
	cJSON *twin = cJSON_CreateObject(), *properties, *section;

	cJSON_AddStringToObject(twin, "deviceId", d->id);
	cJSON_AddStringToObject(twin, "etag", d->etag);
	cJSON_AddNumberToObject(twin, "version", d->version);
	cJSON_AddStringToObject(twin, "connectionState",
	    d->connected ? "Connected" : "Disconnected");
	cJSON_AddItemToObject(twin, "tags", cJSON_Duplicate(d->tags, true));
	properties = cJSON_AddObjectToObject(twin, "properties");
	section = cJSON_Duplicate(d->desired, true);
	cJSON_AddNumberToObject(section, "$version", 1);
	cJSON_AddItemToObject(properties, "desired", section);
	section = cJSON_Duplicate(d->reported, true);
	cJSON_AddItemToObject(
	    section, "$metadata", cJSON_Duplicate(d->metadata, true));
	cJSON_AddNumberToObject(section, "$version", d->reported_version);
	cJSON_AddItemToObject(properties, "reported", section);
	return twin;
}

static const char *
answer_json(struct fake_hub *hub, cJSON *json, const char *headers)
{
	char *text = json_print(json);

	strbuf_reset(&hub->out);
	strbuf_printf(&hub->out,
	    "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n"
	    "\r\n%s",
	    headers, strlen(text), text);
	free(text);
	cJSON_Delete(json);
	return strbuf_str(&hub->out);
}

static const char *
next_of_script(struct fake_device *d)
{
	const char *now = d->script[d->step];

	if (d->step + 1 < SCRIPT_MAX && d->script[d->step + 1] != NULL)
		d->step++;
	return now;
}

static const char *
do_method(struct fake_hub *hub, struct fake_device *d)
{
	const char *what = next_of_script(d);

	d->n_calls++;
	if (d->acts != NULL)
		fake_device_report(d, d->acts);
	if (what == fake_killed)
		return TEST_SERVER_KILL;
	if (what == fake_silent)
		return test_server_silence;
	if (what == fake_ok)
		return answer_json(hub,
		    cJSON_Parse("{\"status\":200,"
				"\"payload\":{\"Response\":\"ok\"}}"),
		    "");
	if (what == fake_refused)
		return answer_json(hub,
		    cJSON_Parse("{\"status\":409,"
				"\"payload\":{\"reason\":\"busy\"}}"),
		    "");
	return what;
}

static void
touch(struct fake_device *d)
{
	d->version++;
	snprintf(d->etag, sizeof(d->etag), "E%d=", d->version);
}

static const char *
do_patch(struct fake_hub *hub, struct fake_device *d, const char *text)
{
	const char *what = next_of_script(d), *match, *body;
	cJSON *json;
	d->n_patches++;
	match = strstr(text, "If-Match: \"");
	if (match != NULL && strncmp(match + 11, d->etag, strlen(d->etag)) != 0)
		return conflict;
	if (what != fake_ok && what != fake_killed)
		return what == fake_silent ? test_server_silence : what;
	body = strstr(text, "\r\n\r\n") + 4;
	json = cJSON_Parse(body);
	assert_non_null(json);
	json_merge(d->desired, json_path(json, "properties.desired"));
	json_merge(d->tags, json_get(json, "tags"));
	touch(d);
	cJSON_Delete(json);
	if (d->acts != NULL)
		fake_device_report(d, d->acts);
	if (what == fake_killed)
		return TEST_SERVER_KILL;
	return answer_json(hub, twin_of(d), "");
}

/* Those that are connected. */
static const char *
do_count(struct fake_hub *hub)
{
	cJSON *list = cJSON_CreateArray(), *row = cJSON_CreateObject();
	size_t i, n = 0;

	for (i = 0; i < hub->n_devices; i++)
		n += hub->devices[i]->connected;
	cJSON_AddNumberToObject(row, "n", (double)n);
	cJSON_AddItemToArray(list, row);
	return answer_json(hub, list, "");
}

static cJSON *
id_of(const struct fake_device *d)
{
	cJSON *row = cJSON_CreateObject();

	cJSON_AddStringToObject(row, "deviceId", d->id);
	return row;
}

static const char *
do_query(struct fake_hub *hub, const char *text)
{
	cJSON *list;
	const char *from = strstr(text, "x-ms-continuation: ");
	bool some = strstr(text, " IN [") != NULL;
	bool ids_only = strstr(text, "SELECT deviceId ") != NULL;
	const char *asked = strstr(text, "x-ms-max-item-count: ");
	size_t page = hub->page;
	char quoted[80], headers[64] = "";
	size_t i = from != NULL ? (size_t)atoi(from + 19) : 0, n = 0;

	if (strstr(text, "COUNT()") != NULL)
		return do_count(hub);
	hub->n_queries++;
	if (hub->n_refusals > 0 && strstr(text, hub->refused) != NULL) {
		hub->n_refusals--;
		return hub->refusal;
	}
	if (asked != NULL && (size_t)atoi(asked + 21) < page)
		page = (size_t)atoi(asked + 21);
	list = cJSON_CreateArray();
	for (; i < hub->n_devices && n < page; i++) {
		snprintf(quoted, sizeof(quoted), "'%s'", hub->devices[i]->id);
		if (some && strstr(text, quoted) == NULL)
			continue;
		cJSON_AddItemToArray(list,
		    ids_only ? id_of(hub->devices[i])
			     : twin_of(hub->devices[i]));
		n++;
	}
	if (i < hub->n_devices)
		snprintf(
		    headers, sizeof(headers), "x-ms-continuation: %zu\r\n", i);
	return answer_json(hub, list, headers);
}

static const char *
answer_status(struct fake_hub *hub)
{
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "status", hub->job_status);
	if (hub->job_found >= 0)
		cJSON_AddNumberToObject(
		    cJSON_AddObjectToObject(json, "deviceJobStatistics"),
		    "deviceCount", hub->job_found);
	if (strcmp(hub->job_status, "failed") == 0)
		cJSON_AddStringToObject(json, "failureReason", "no such tag");
	return answer_json(hub, json, "");
}

static const char *
do_job(struct fake_hub *hub, const char *text)
{
	if (str_starts_with(text, "PUT ")) {
		hub->n_puts++;
		if (hub->n_busy > 0) {
			hub->n_busy--;
			return one_job_at_a_time;
		}
		if (hub->job_body != NULL)
			return job_is_there;
		hub->job_body = xstrdup(strstr(text, "\r\n\r\n") + 4);
		if (hub->broken_after)
			return TEST_SERVER_KILL;
	} else if (str_starts_with(text, "POST ")) {
		hub->n_cancels++;
		if (hub->keeps)
			return not_cancelled;
		hub->job_status = "cancelled";
	}
	return answer_status(hub);
}

static const char *
serve(int n, const char *text, void *arg)
{
	struct fake_hub *hub = arg;
	struct fake_device *d;
	char id[64] = "", below[64] = "";

	(void)n;
	if (hub->broken)
		return TEST_SERVER_KILL;
	if (str_starts_with(text, "POST /devices/query?") &&
	    strstr(text, "devices.jobs") != NULL)
		return answer_json(hub, cJSON_Parse(hub->job_rows), "");
	if (str_starts_with(text, "POST /devices/query?"))
		return do_query(hub, text);
	if (strstr(text, " /jobs/v2/twindeck-") != NULL)
		return do_job(hub, text);
	if (sscanf(text, "%*s /twins/%63[^/?]%63[^? ]", id, below) < 1)
		fail_msg("what is this? %.60s", text);
	d = find(hub, id);
	if (d == NULL)
		return not_found;
	if (strcmp(below, "/methods") == 0)
		return do_method(hub, d);
	if (str_starts_with(text, "PATCH "))
		return do_patch(hub, d, text);
	d->n_gets++;
	return answer_json(hub, twin_of(d), "");
}

struct fake_hub *
fake_hub_new(void)
{
	struct fake_hub *hub = xcalloc(1, sizeof(*hub));
	struct connstr cs;
	struct err err = { 0 };
	char *text;

	hub->base = net_loop_new(&err);
	hub->page = 100;
	hub->job_status = "queued";
	hub->job_rows = "[]";
	hub->server = test_server_new(hub->base, &cert, serve, hub);
	text = xasprintf("HostName=localhost:%u;SharedAccessKeyName=service;"
			 "SharedAccessKey=" KEY,
	    test_server_port(hub->server));
	assert_int_equal(0, connstr_parse(text, &cs, &err));
	hub->deck = deck_new(hub->base, &cs, test_ca_file(ca), &err);
	assert_non_null(hub->deck);
	connstr_fini(&cs);
	free(text);
	return hub;
}

static void
device_free(struct fake_device *d)
{
	cJSON_Delete(d->tags);
	cJSON_Delete(d->reported);
	cJSON_Delete(d->desired);
	cJSON_Delete(d->metadata);
	free(d->id);
	free(d);
}

void
fake_hub_free(struct fake_hub *hub)
{
	size_t i;

	deck_free(hub->deck);
	test_server_free(hub->server);
	event_base_free(hub->base);
	for (i = 0; i < hub->n_devices; i++)
		device_free(hub->devices[i]);
	strbuf_fini(&hub->out);
	free(hub->job_body);
	free(hub);
}

void
fake_hub_job(struct fake_hub *hub, const char *status, const char *rows)
{
	cJSON *list = cJSON_Parse(rows);

	hub->job_status = status;
	hub->job_rows = rows;
	hub->job_found = cJSON_GetArraySize(list);
	cJSON_Delete(list);
}

void
fake_hub_job_found(struct fake_hub *hub, int devices)
{
	hub->job_found = devices;
}

void
fake_hub_job_busy(struct fake_hub *hub, int puts)
{
	hub->n_busy = puts;
}

void
fake_hub_job_lose(struct fake_hub *hub)
{
	hub->broken_after = true;
}

void
fake_hub_job_keep(struct fake_hub *hub)
{
	hub->keeps = true;
}

const char *
fake_hub_job_body(const struct fake_hub *hub)
{
	return hub->job_body;
}

int
fake_hub_job_puts(const struct fake_hub *hub)
{
	return hub->n_puts;
}

int
fake_hub_job_cancels(const struct fake_hub *hub)
{
	return hub->n_cancels;
}

struct event_base *
fake_hub_base(struct fake_hub *hub)
{
	return hub->base;
}

struct deck *
fake_hub_deck(struct fake_hub *hub)
{
	return hub->deck;
}

void
fake_hub_run_ms(struct fake_hub *hub, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_base_loopexit(hub->base, &tv);
	event_base_dispatch(hub->base);
}

void
fake_hub_until(struct fake_hub *hub, bool (*holds)(void *arg), void *arg)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;

	while (!holds(arg)) {
		if (clock_mono_ms() > end)
			fail_msg("it never came, in %d ms", PATIENCE_MS);
		fake_hub_run_ms(hub, 10);
	}
}

struct fake_device *
fake_hub_add(struct fake_hub *hub, const char *id)
{
	struct fake_device *d = xcalloc(1, sizeof(*d));

	assert_true(hub->n_devices < DEVICES_MAX);
	d->id = xstrdup(id);
	d->tags = cJSON_CreateObject();
	d->reported = cJSON_CreateObject();
	d->desired = cJSON_CreateObject();
	d->metadata = cJSON_CreateObject();
	d->reported_version = 1;
	d->version = 2;
	d->connected = true;
	snprintf(d->etag, sizeof(d->etag), "E1=");
	fake_device_script(d, fake_ok, NULL, NULL);
	hub->devices[hub->n_devices++] = d;
	return d;
}

void
fake_hub_remove(struct fake_hub *hub, const char *id)
{
	size_t i;

	for (i = 0; strcmp(hub->devices[i]->id, id) != 0; i++)
		assert_true(i + 1 < hub->n_devices);
	device_free(hub->devices[i]);
	hub->n_devices--;
	memmove(hub->devices + i, hub->devices + i + 1,
	    (hub->n_devices - i) * sizeof(hub->devices[0]));
}

void
fake_hub_break(struct fake_hub *hub, bool broken)
{
	hub->broken = broken;
}

int
fake_hub_requests(const struct fake_hub *hub)
{
	return test_server_requests(hub->server);
}

int
fake_hub_queries(const struct fake_hub *hub)
{
	return hub->n_queries;
}

void
fake_hub_refuse(struct fake_hub *hub, const char *part, const char *answer,
    int times)
{
	hub->refused = part;
	hub->refusal = answer;
	hub->n_refusals = times;
}

void
fake_hub_set_page(struct fake_hub *hub, size_t devices)
{
	hub->page = devices;
}

/* Every leaf that is written gets a stamp, equal values too. */
static void
stamp(cJSON *metadata, const cJSON *patch, const char *now)
{
	const cJSON *item;
	cJSON *below;

	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "$lastUpdated");
	cJSON_AddStringToObject(metadata, "$lastUpdated", now);
	cJSON_ArrayForEach(item, patch) {
		below =
		    cJSON_GetObjectItemCaseSensitive(metadata, item->string);
		if (below == NULL)
			below = cJSON_AddObjectToObject(metadata, item->string);
		stamp(below, cJSON_IsObject(item) ? item : NULL, now);
	}
}

void
fake_device_report(struct fake_device *d, const char *patch)
{
	cJSON *json = cJSON_Parse(patch);
	char now[CLOCK_STAMP_SIZE];

	assert_non_null(json);
	d->reported_version++;
	d->version++;
	clock_format_iso(now, clock_utc_us());
	json_merge(d->reported, json);
	stamp(d->metadata, json, now);
	cJSON_Delete(json);
}

void
fake_device_connect(struct fake_device *d, bool connected)
{
	d->connected = connected;
	d->version++;
}

void
fake_device_write(struct fake_device *d, const char *patch)
{
	cJSON *json = cJSON_Parse(patch);

	assert_non_null(json);
	json_merge(d->desired, json);
	cJSON_Delete(json);
	touch(d);
}

char *
fake_device_section(const struct fake_device *d, const char *name)
{
	return json_print(strcmp(name, "tags") == 0 ? d->tags : d->desired);
}

const char *
fake_device_etag(const struct fake_device *d)
{
	return d->etag;
}

int
fake_device_gets(const struct fake_device *d)
{
	return d->n_gets;
}

int
fake_device_calls(const struct fake_device *d)
{
	return d->n_calls;
}

int
fake_device_patches(const struct fake_device *d)
{
	return d->n_patches;
}

void
fake_device_script(struct fake_device *d, const char *first, const char *second,
    const char *third)
{
	d->script[0] = first;
	d->script[1] = second;
	d->script[2] = third;
	d->step = 0;
}

void
fake_device_acts(struct fake_device *d, const char *patch)
{
	d->acts = patch;
}
