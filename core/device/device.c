#include "config.h"

#include "core/device/device.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/list.h"
#include "core/base/xalloc.h"
#include "core/device/behaviour.h"
#include "core/device/door.h"
#include "core/device/download.h"
#include "core/device/endpoint.h"
#include "core/device/firmware.h"
#include "core/device/link.h"
#include "core/device/method.h"
#include "core/device/package.h"
#include "core/device/twin.h"
#include "core/iothub/connstr.h"
#include "core/iothub/topic.h"

#define ANSWERS_MAX 64 /* that wait for their latency */
#define RID_MAX 256    /* bytes of a method's rid */

/* An answer to a direct method that waits for the latency to pass. */
struct answer {
	struct list link;
	char *topic;
	char *body;
	int64_t due_ms;
};

/*
 * Every callback ends in settle(): it lets the twin send what waits, and sets
 * the one timer to the earliest moment that anything inside waits for.  So a
 * method's answer is on its way before what it reports.
 */
struct device {
	struct device_config config;
	char *id;
	struct device_link *link;
	struct device_firmware *firmware;
	struct device_door *door;
	struct device_twin *twin;
	struct device_download *download; /* or NULL */
	struct event *timer;
	struct list answers;
	size_t n_answers;
};

typedef int (*method_fn)(struct device *device, const struct device_now *now,
    const cJSON *request, struct err *err);

static int on_firmware_update(struct device *device,
    const struct device_now *now, const cJSON *request, struct err *err);
static int on_lock_door(struct device *device, const struct device_now *now,
    const cJSON *request, struct err *err);

/* The words of an answer are the tutorials'. */
static const struct method {
	const char *name;
	method_fn call;
	const char *response;
	const char *help; /* one sentence */
} methods[] = {
	{ "firmwareUpdate", on_firmware_update, "Firmware update started",
	  "Update the firmware: {\"fwPackageUri\":\"door-1.5.bin\"}." },
	{ "lockDoor", on_lock_door, "lockDoor called successfully",
	  "Lock the door, for a while: {\"lockTime\":\"10m\"}." },
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

static struct device_now
now_get(void)
{
	return (struct device_now){ clock_mono_ms(), clock_utc_us() };
}

static void tell(struct device *device, enum device_news_kind kind,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
tell(struct device *device, enum device_news_kind kind, const char *fmt, ...)
{
	struct device_news news = { .kind = kind, .device_id = device->id };
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	news.text = text;
	device->config.on_news(&news, device->config.arg);
	free(text);
}

static void
answer_free(struct device *device, struct answer *answer)
{
	list_remove(&answer->link);
	device->n_answers--;
	free(answer->topic);
	free(answer->body);
	free(answer);
}

static void
send_answers(struct device *device, int64_t now_ms)
{
	struct answer *answer, *tmp;

	LIST_FOREACH_SAFE(answer, tmp, &device->answers, struct answer, link) {
		if (answer->due_ms > now_ms)
			return;
		device_link_publish(device->link, answer->topic, answer->body,
		    strlen(answer->body), NULL);
		answer_free(device, answer);
	}
}

static int64_t
earliest(const struct device *device)
{
	const struct answer *answer;
	int64_t due[] = {
		device_firmware_due_ms(device->firmware),
		device_door_due_ms(device->door),
		device_twin_due_ms(device->twin),
		DEVICE_NEVER,
	};
	int64_t first = DEVICE_NEVER;
	size_t i;

	if (!list_is_empty(&device->answers)) {
		answer = LIST_FIRST(&device->answers, struct answer, link);
		due[3] = answer->due_ms;
	}
	for (i = 0; i < sizeof(due) / sizeof(due[0]); i++)
		if (due[i] < first)
			first = due[i];
	return first;
}

static void
settle(struct device *device)
{
	int64_t due, wait_ms;
	struct timeval tv;

	device_twin_tick(device->twin, clock_mono_ms());
	due = earliest(device);
	if (due == DEVICE_NEVER) {
		event_del(device->timer);
		return;
	}
	wait_ms = due - clock_mono_ms();
	if (wait_ms < 0)
		wait_ms = 0;
	tv.tv_sec = wait_ms / 1000;
	tv.tv_usec = wait_ms % 1000 * 1000;
	event_add(device->timer, &tv);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct device *device = arg;
	struct device_now now = now_get();

	(void)fd;
	(void)what;
	send_answers(device, now.mono_ms);
	device_firmware_tick(device->firmware, &now);
	device_door_tick(device->door, &now);
	settle(device);
}

static void
report(cJSON *patch, void *arg)
{
	struct device *device = arg;

	device_twin_report(device->twin, patch);
}

static void
say(const char *text, void *arg)
{
	tell(arg, DEVICE_SAYS, "%s", text);
}

static void
on_downloaded(const struct err *failure, int64_t bytes, void *arg)
{
	struct device *device = arg;
	struct device_now now = now_get();

	device->download = NULL;
	if (failure == NULL)
		tell(device, DEVICE_SAYS,
		    "firmwareUpdate: %" PRId64 " bytes downloaded", bytes);
	device_firmware_fetched(device->firmware, &now, failure);
	settle(device);
}

static void
fetch(const struct device_package *package, void *arg)
{
	struct device *device = arg;

	device->download = device_download_new(
	    device_endpoint_base(device->config.endpoint), device->config.http,
	    package->uri, package->digest, on_downloaded, device);
}

static int
on_firmware_update(struct device *device, const struct device_now *now,
    const cJSON *request, struct err *err)
{
	return device_firmware_update(device->firmware, now, request, err);
}

static int
on_lock_door(struct device *device, const struct device_now *now,
    const cJSON *request, struct err *err)
{
	return device_door_lock(device->door, now, request, err);
}

const char *
device_method_name(size_t i, const char **help)
{
	if (i >= N_METHODS)
		return NULL;
	*help = methods[i].help;
	return methods[i].name;
}

static const struct method *
find_method(struct topic_str name)
{
	size_t i;

	for (i = 0; i < N_METHODS; i++)
		if (strlen(methods[i].name) == name.len &&
		    memcmp(methods[i].name, name.s, name.len) == 0)
			return &methods[i];
	return NULL;
}

static int
run_method(struct device *device, const struct method *method,
    const char *payload, size_t len, struct err *err)
{
	struct device_now now = now_get();
	cJSON *request = device_method_read(payload, len, err);
	char *text;
	int rc;

	if (request == NULL)
		return -1;
	text = device_twin_format_line(request);
	tell(device, DEVICE_SAYS, "%s called with %s", method->name, text);
	free(text);
	rc = method->call(device, &now, request, err);
	cJSON_Delete(request);
	return rc;
}

/* Returns the status and sets *body, the caller's. */
static int
call_method(struct device *device, struct topic_str name, const char *payload,
    size_t len, char **body)
{
	const struct method *method = find_method(name);
	struct err err;
	int status;

	if (method != NULL &&
	    run_method(device, method, payload, len, &err) == 0) {
		*body = device_method_format_response(method->response);
		return 200;
	}
	if (method == NULL) {
		status = 501;
		err_set(&err, ERR_NOT_FOUND, "this device has no such method");
	} else {
		status = err.code == ERR_BUSY ? 409 : 400;
	}
	*body = device_method_format_error(err.text);
	tell(device, DEVICE_TROUBLE, "%.*s refused (%d): %s", (int)name.len,
	    name.s, status, err.text);
	return status;
}

static void
on_method(struct device *device, const struct topic *topic, const char *payload,
    size_t len)
{
	struct answer *answer;
	char *body, *to;
	int status;

	if (topic->rid.len == 0 || topic->rid.len > RID_MAX)
		return;
	status = call_method(device, topic->name, payload, len, &body);
	to = topic_format_method_response(status, topic->rid);
	if (device->config.latency_ms == 0 ||
	    device->n_answers == ANSWERS_MAX) {
		device_link_publish(device->link, to, body, strlen(body), NULL);
		free(to);
		cJSON_free(body);
		return;
	}
	answer = xcalloc(1, sizeof(*answer));
	answer->topic = to;
	answer->body = body;
	answer->due_ms = clock_mono_ms() + device->config.latency_ms;
	list_append(&device->answers, &answer->link);
	device->n_answers++;
}

static int
publish(const char *topic, const char *payload, size_t len, struct err *err,
    void *arg)
{
	struct device *device = arg;

	return device_link_publish(device->link, topic, payload, len, err);
}

static void
reset(const struct err *reason, void *arg)
{
	struct device *device = arg;

	device_link_reset(device->link, reason);
}

static void
on_twin_read(const cJSON *reported, bool first, void *arg)
{
	struct device *device = arg;
	struct device_now now = now_get();

	if (!first)
		return;
	device_firmware_boot(device->firmware, &now, reported);
	device_door_boot(device->door, &now, reported);
}

static void
on_twin_tells(bool trouble, const char *text, void *arg)
{
	tell(arg, trouble ? DEVICE_TROUBLE : DEVICE_SAYS, "%s", text);
}

static void
on_message(
    const struct topic *topic, const char *payload, size_t len, void *arg)
{
	struct device *device = arg;

	if (topic->kind == TOPIC_METHOD)
		on_method(device, topic, payload, len);
	else
		device_twin_take(
		    device->twin, topic, payload, len, clock_mono_ms());
	settle(device);
}

static void
on_up(void *arg)
{
	struct device *device = arg;

	tell(device, DEVICE_ONLINE, "connected to %s:%u",
	    device_endpoint_host(device->config.endpoint),
	    device_endpoint_port(device->config.endpoint));
	device_twin_up(device->twin, clock_mono_ms());
	settle(device);
}

static void
tell_offline(struct device *device, const struct err *err, int64_t retry_ms)
{
	char *reason = xasprintf("not connected: %s", err->text);
	char *text = xasprintf("%s; next try in %d.%d s", reason,
	    (int)(retry_ms / 1000), (int)(retry_ms % 1000 / 100));
	const struct device_news news = { DEVICE_OFFLINE, device->id, text,
		reason };

	device->config.on_news(&news, device->config.arg);
	free(text);
	free(reason);
}

static void
on_down(const struct err *err, int64_t retry_ms, void *arg)
{
	struct device *device = arg;

	device_twin_down(device->twin);
	if (err->code == ERR_NONE)
		tell(device, DEVICE_SAYS,
		    "connecting anew with a fresh SAS token");
	else
		tell_offline(device, err, retry_ms);
	settle(device);
}

static const struct device_link_ops link_ops = {
	.on_up = on_up,
	.on_down = on_down,
	.on_message = on_message,
};

struct device *
device_new(const struct device_config *config, struct err *err)
{
	struct device *device = xcalloc(1, sizeof(*device));
	const struct device_outlet outlet = { report, say, device };
	const struct device_twin_ops twin = {
		.publish = publish,
		.reset = reset,
		.on_read = on_twin_read,
		.tell = on_twin_tells,
		.arg = device,
	};
	const struct device_firmware_config firmware = {
		.phase_ms = config->phase_ms,
		.fail_percent = config->fail_percent,
		.fetch = fetch,
		.arg = device,
	};

	device->config = *config;
	device->config.identity = NULL;
	list_init(&device->answers);
	device->id = xstrdup(config->identity->device_id);
	device->firmware = device_firmware_new(&firmware, &outlet);
	device->door = device_door_new(&outlet);
	device->twin = device_twin_new(&twin);
	device->timer = evtimer_new(
	    device_endpoint_base(config->endpoint), on_timer, device);
	device->link = device_link_new(config->endpoint, config->identity,
	    config->sas_s, &link_ops, device, err);
	if (device->link == NULL) {
		device_free(device);
		return NULL;
	}
	return device;
}

void
device_free(struct device *device)
{
	struct answer *answer, *tmp;

	if (device == NULL)
		return;
	device_link_free(device->link);
	device_download_cancel(device->download);
	LIST_FOREACH_SAFE(answer, tmp, &device->answers, struct answer, link)
		answer_free(device, answer);
	event_free(device->timer);
	device_firmware_free(device->firmware);
	device_door_free(device->door);
	device_twin_free(device->twin);
	free(device->id);
	free(device);
}

void
device_start(struct device *device, int64_t delay_ms)
{
	device_link_start(device->link, delay_ms);
}
