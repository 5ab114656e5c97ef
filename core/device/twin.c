#include "config.h"

#include "core/device/twin.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/device/behaviour.h"
#include "core/device/desired.h"
#include "core/device/reports.h"
#include "core/iothub/topic.h"

#define REQUEST_TIMEOUT_MS 30000 /* for the answer to a request */
#define REQUEST_RETRY_MS 5000    /* after the hub refused one for now */
#define REQUESTS_LOST_MAX 3      /* unanswered in a row: connect anew */
#define LINE_MAX_BYTES 300       /* of JSON in a line */

/* A request to the hub: one of a kind is under way at a time. */
struct request {
	char rid[16];   /* "": none under way */
	int64_t due_ms; /* the time-out, or the next try; or DEVICE_NEVER */
};

/*
 * One patch is in flight at a time, so that a report which has to be sent
 * again never arrives behind a younger one.
 */
struct device_twin {
	struct device_twin_ops ops;
	struct device_desired *desired;
	struct device_reports *reports;
	struct request get, patch;
	unsigned int last_rid;
	int lost; /* requests without an answer, in a row */
	bool up;
	bool known; /* read since the connection came up */
};

struct device_twin *
device_twin_new(const struct device_twin_ops *ops)
{
	struct device_twin *twin = xcalloc(1, sizeof(*twin));

	twin->ops = *ops;
	twin->desired = device_desired_new();
	twin->reports = device_reports_new();
	twin->get.due_ms = DEVICE_NEVER;
	twin->patch.due_ms = DEVICE_NEVER;
	return twin;
}

void
device_twin_free(struct device_twin *twin)
{
	if (twin == NULL)
		return;
	device_desired_free(twin->desired);
	device_reports_free(twin->reports);
	free(twin);
}

static void tell(struct device_twin *twin, bool trouble, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
tell(struct device_twin *twin, bool trouble, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	twin->ops.tell(trouble, text, twin->ops.arg);
	free(text);
}

char *
device_twin_format_line(const cJSON *json)
{
	char *text = json_print(json), *cut;
	int len = LINE_MAX_BYTES;

	if (strlen(text) <= LINE_MAX_BYTES)
		return text;
	while (((unsigned char)text[len] & 0xc0) == 0x80)
		len--; /* not inside a character */
	cut = xasprintf("%.*s… (%zu bytes)", len, text, strlen(text));
	cJSON_free(text);
	return cut;
}

static void
request_begin(struct device_twin *twin, struct request *request, int64_t now_ms)
{
	snprintf(request->rid, sizeof(request->rid), "%x", ++twin->last_rid);
	request->due_ms = now_ms + REQUEST_TIMEOUT_MS;
}

static void
request_clear(struct request *request)
{
	request->rid[0] = '\0';
	request->due_ms = DEVICE_NEVER;
}

static bool
is_answer(const struct request *request, struct topic_str rid)
{
	return rid.len > 0 && rid.len == strlen(request->rid) &&
	    memcmp(request->rid, rid.s, rid.len) == 0;
}

static void
send_get(struct device_twin *twin, int64_t now_ms)
{
	char *topic;

	request_begin(twin, &twin->get, now_ms);
	topic = topic_format_twin_get(twin->get.rid);
	twin->ops.publish(topic, " ", 1, NULL, twin->ops.arg);
	free(topic);
}

static void
send_patch(struct device_twin *twin, int64_t now_ms)
{
	char *body = json_print(device_reports_first(twin->reports));
	struct err err = { 0 };
	char *topic;

	request_begin(twin, &twin->patch, now_ms);
	topic = topic_format_reported_patch(twin->patch.rid);
	device_reports_set_in_flight(twin->reports, true);
	twin->ops.publish(topic, body, strlen(body), &err, twin->ops.arg);
	if (err.code == ERR_LIMIT) {
		tell(twin, true, "reported state lost: %s", err.text);
		request_clear(&twin->patch);
		device_reports_drop_first(twin->reports);
	}
	free(topic);
	cJSON_free(body);
}

void
device_twin_up(struct device_twin *twin, int64_t now_ms)
{
	twin->up = true;
	send_get(twin, now_ms);
}

void
device_twin_down(struct device_twin *twin)
{
	twin->up = false;
	twin->known = false;
	request_clear(&twin->get);
	request_clear(&twin->patch);
	device_reports_set_in_flight(twin->reports, false);
}

void
device_twin_report(struct device_twin *twin, cJSON *patch)
{
	if (device_reports_put(twin->reports, patch, !twin->up) > 0)
		tell(twin, true,
		    "reported state lost: more than %d patches wait",
		    DEVICE_REPORTS_MAX);
}

static void
take_whole(struct device_twin *twin, const cJSON *json)
{
	const cJSON *desired = json_get(json, "desired");
	const cJSON *reported = json_get(json, "reported");
	bool first = device_desired_version(twin->desired) == -1;
	cJSON *echo;
	char *text;

	twin->known = true;
	tell(twin, false,
	    "twin read: desired $version %" PRId64
	    ", reported $version %" PRId64,
	    json_get_int(desired, "$version", -1),
	    json_get_int(reported, "$version", -1));
	twin->ops.on_read(reported, first, twin->ops.arg);
	if (device_desired_catch_up(twin->desired, desired, reported, &echo) !=
	    DEVICE_DESIRED_NEW)
		return;
	text = device_twin_format_line(echo);
	tell(twin, false, "desired properties caught up: %s", text);
	free(text);
	device_twin_report(twin, echo);
}

static void
on_get_answer(struct device_twin *twin, const struct topic *topic,
    const cJSON *json, int64_t now_ms)
{
	request_clear(&twin->get);
	twin->lost = 0;
	if (topic->status == 200 && cJSON_IsObject(json)) {
		take_whole(twin, json);
		return;
	}
	tell(twin, true, "the twin was refused, status %d", topic->status);
	twin->get.due_ms = now_ms + REQUEST_RETRY_MS;
}

static void
on_patch_answer(struct device_twin *twin, const struct topic *topic,
    const cJSON *json, int64_t now_ms)
{
	const char *words = json_get_string(json, "message");

	request_clear(&twin->patch);
	twin->lost = 0;
	if (topic->status >= 200 && topic->status < 300) {
		device_reports_drop_first(twin->reports);
		tell(twin, false, "Reported state updated, $version %" PRId64,
		    topic->version);
		return;
	}
	tell(twin, true, "the reported state was refused, status %d%s%s",
	    topic->status, words != NULL ? ": " : "",
	    words != NULL ? words : "");
	/* What the hub cannot take now it may take later; the rest, never. */
	if (topic->status == 429 || topic->status >= 500) {
		device_reports_set_in_flight(twin->reports, false);
		twin->patch.due_ms = now_ms + REQUEST_RETRY_MS;
	} else {
		device_reports_drop_first(twin->reports);
	}
}

static void
on_desired(struct device_twin *twin, const cJSON *patch, int64_t now_ms)
{
	cJSON *echo;
	char *text;

	if (!cJSON_IsObject(patch)) {
		tell(twin, true, "a desired patch that is no JSON object");
		return;
	}
	/* Before the twin is read nothing can be compared, and it tells. */
	if (!twin->known)
		return;
	switch (device_desired_patch(twin->desired, patch, &echo)) {
	case DEVICE_DESIRED_NEW:
		text = device_twin_format_line(patch);
		tell(twin, false, "Twin callback called with: %s", text);
		free(text);
		device_twin_report(twin, echo);
		break;
	case DEVICE_DESIRED_GAP:
		tell(twin, false,
		    "a desired patch was missed: reading the twin");
		send_get(twin, now_ms);
		break;
	case DEVICE_DESIRED_OLD:
		break;
	}
}

void
device_twin_take(struct device_twin *twin, const struct topic *topic,
    const char *payload, size_t len, int64_t now_ms)
{
	cJSON *json = NULL;

	if (topic->kind != TOPIC_DESIRED_PATCH &&
	    topic->kind != TOPIC_TWIN_RESPONSE)
		return;
	if (len > 0)
		json = json_parse(payload, len, NULL);
	if (topic->kind == TOPIC_DESIRED_PATCH)
		on_desired(twin, json, now_ms);
	else if (is_answer(&twin->get, topic->rid))
		on_get_answer(twin, topic, json, now_ms);
	else if (is_answer(&twin->patch, topic->rid))
		on_patch_answer(twin, topic, json, now_ms);
	cJSON_Delete(json);
}

int64_t
device_twin_due_ms(const struct device_twin *twin)
{
	return twin->get.due_ms < twin->patch.due_ms ? twin->get.due_ms
						     : twin->patch.due_ms;
}

/* No answer came in time: again, or on a new connection. */
static void
on_lost(struct device_twin *twin, const char *what)
{
	struct err err;

	if (++twin->lost < REQUESTS_LOST_MAX) {
		tell(twin, true, "no answer to the %s", what);
		return;
	}
	twin->lost = 0;
	err_set(&err, ERR_TIMEOUT, "the hub answers nothing about the twin");
	twin->ops.reset(&err, twin->ops.arg);
}

void
device_twin_tick(struct device_twin *twin, int64_t now_ms)
{
	if (twin->get.due_ms <= now_ms) {
		if (twin->get.rid[0] != '\0')
			on_lost(twin, "twin request");
		send_get(twin, now_ms);
	}
	if (twin->patch.due_ms <= now_ms) {
		if (twin->patch.rid[0] != '\0')
			on_lost(twin, "reported patch");
		request_clear(&twin->patch);
		device_reports_set_in_flight(twin->reports, false);
	}
	if (twin->known && twin->patch.due_ms == DEVICE_NEVER &&
	    device_reports_first(twin->reports) != NULL)
		send_patch(twin, now_ms);
}
