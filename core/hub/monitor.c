#include "config.h"

#include "core/hub/monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/who.h"
#include "core/mqtt/describe.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/protocol.h"

static const char head[] = "HTTP/1.1 200 OK\r\n"
			   "Content-Type: application/x-ndjson\r\n"
			   "Cache-Control: no-store\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n";

/* What the service makes of the properties that are its own. */
static const struct {
	const char *key;
	const char *name;
} system_properties[] = {
	{ "$.mid", "messageId" },
	{ "$.cid", "correlationId" },
	{ "$.uid", "userId" },
	{ "$.ct", "contentType" },
	{ "$.ce", "contentEncoding" },
	{ "$.to", "to" },
	{ "$.exp", "expiryTimeUtc" },
	{ "$.ctime", "creationTimeUtc" },
	{ "$.on", "outputName" },
	{ "$.sub", "componentName" },
	{ "$.ifid", "interfaceId" },
};

struct listener {
	struct list link;
	struct hub_monitor *monitor;
	struct evhttp_connection *connection; /* owned, and owns bev */
	struct bufferevent *bev;
	enum hub_monitor_kind kind;
	char *device_id;   /* NULL: all */
	uint64_t n_missed; /* since the last line it has got */
};

struct hub_monitor {
	struct list listeners;
	size_t n_listeners;
	size_t n_packet_listeners; /* of those, to packets */
	uint64_t n_messages; /* told so far: the number of a line */
	struct strbuf line;  /* of the message that is told, kept for more */
};

struct hub_monitor *
hub_monitor_new(void)
{
	struct hub_monitor *monitor = xcalloc(1, sizeof(*monitor));

	list_init(&monitor->listeners);
	return monitor;
}

static void
listener_free(struct listener *listener)
{
	list_remove(&listener->link);
	listener->monitor->n_listeners--;
	listener->monitor->n_packet_listeners -=
	    listener->kind == HUB_MONITOR_PACKETS;
	bufferevent_setcb(listener->bev, NULL, NULL, NULL, NULL);
	evhttp_connection_free(listener->connection);
	free(listener->device_id);
	free(listener);
}

void
hub_monitor_free(struct hub_monitor *monitor)
{
	struct listener *listener, *tmp;

	if (monitor == NULL)
		return;
	LIST_FOREACH_SAFE(
	    listener, tmp, &monitor->listeners, struct listener, link)
		listener_free(listener);
	strbuf_fini(&monitor->line);
	free(monitor);
}

size_t
hub_monitor_count(const struct hub_monitor *monitor)
{
	return monitor->n_listeners;
}

static void
put_chunk(struct listener *listener, const char *line, size_t len)
{
	struct evbuffer *out = bufferevent_get_output(listener->bev);
	char size[24];
	int n = snprintf(size, sizeof(size), "%zx\r\n", len);

	evbuffer_add(out, size, (size_t)n);
	evbuffer_add(out, line, len);
	evbuffer_add(out, "\r\n", 2);
}

static void
tell_missed(struct listener *listener)
{
	char line[64];
	int n;

	if (listener->n_missed == 0)
		return;
	n = snprintf(line, sizeof(line), "{\"missed\":%" PRIu64 "}\n",
	    listener->n_missed);
	listener->n_missed = 0;
	put_chunk(listener, line, (size_t)n);
}

/* All that was queued has gone out. */
static void
on_write(struct bufferevent *bev, void *arg)
{
	(void)bev;
	tell_missed(arg);
}

/* There is nothing it could have to say. */
static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *input = bufferevent_get_input(bev);

	(void)arg;
	evbuffer_drain(input, evbuffer_get_length(input));
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
		return;
	log_info("a listener has gone");
	listener_free(arg);
}

void
hub_monitor_listen(struct hub_monitor *monitor, enum hub_monitor_kind kind,
    struct evhttp_connection *connection, const char *device_id)
{
	struct listener *listener = xcalloc(1, sizeof(*listener));

	listener->monitor = monitor;
	listener->kind = kind;
	listener->connection = connection;
	listener->device_id = xstrdup(device_id);
	listener->bev = evhttp_connection_get_bufferevent(connection);
	list_append(&monitor->listeners, &listener->link);
	monitor->n_listeners++;
	monitor->n_packet_listeners += kind == HUB_MONITOR_PACKETS;
	/* There may be hours between two messages. */
	bufferevent_set_timeouts(listener->bev, NULL, NULL);
	bufferevent_setcb(listener->bev, on_read, on_write, on_event, listener);
	bufferevent_setwatermark(listener->bev, EV_READ, 0, 0);
	bufferevent_write(listener->bev, head, sizeof(head) - 1);
	bufferevent_enable(listener->bev, EV_READ | EV_WRITE);
	log_info(
	    "a listener to %s", device_id != NULL ? device_id : "all devices");
}

static const char *
system_name(const char *key)
{
	size_t i;

	for (i = 0;
	     i < sizeof(system_properties) / sizeof(system_properties[0]); i++)
		if (strcmp(key, system_properties[i].key) == 0)
			return system_properties[i].name;
	return NULL;
}

/* Text that cannot stand in JSON is left as it was sent. */
static char *
decode(const char *s, size_t len)
{
	char *text = xstrndup(s, len);
	size_t n = str_percent_decode(text, strlen(text));

	if (memchr(text, '\0', n) == NULL && utf8_is_valid(text, n)) {
		text[n] = '\0';
		return text;
	}
	free(text);
	return utf8_is_valid(s, len) ? xstrndup(s, len) : xstrdup("");
}

/* One pair of the bag, if it is of that kind; without '=' it has no value. */
static void
put_pair(struct strbuf *out, const char *pair, size_t len, bool is_system,
    const char **before)
{
	const char *equals = memchr(pair, '=', len);
	size_t key_len = equals != NULL ? (size_t)(equals - pair) : len;
	char *key = decode(pair, key_len), *value = NULL;
	const char *name = system_name(key);

	if ((name != NULL) == is_system && key[0] != '\0') {
		if (equals != NULL)
			value = decode(equals + 1, len - key_len - 1);
		strbuf_puts(out, *before);
		json_put_string(out, is_system ? name : key);
		strbuf_putc(out, ':');
		json_put_string(out, value);
		*before = ",";
		free(value);
	}
	free(key);
}

static void
put_properties(struct strbuf *out, const struct hub_monitor_message *message,
    const char *name, bool is_system)
{
	/* Nothing is retained: the flag becomes a property. */
	static const char retained[] = "mqtt-retain=true";
	const char *p = message->bag, *end = p + message->bag_len, *amp;
	const char *before = "";

	strbuf_puts(out, name);
	while (p < end) {
		amp = memchr(p, '&', (size_t)(end - p));
		if (amp == NULL)
			amp = end;
		put_pair(out, p, (size_t)(amp - p), is_system, &before);
		p = amp + 1;
	}
	if (message->retain && !is_system)
		put_pair(out, retained, strlen(retained), false, &before);
	strbuf_putc(out, '}');
}

/* As text if it is some, so that people can read it; else in base64. */
static void
put_payload(struct strbuf *out, const char *payload, size_t len)
{
	char *text;

	if (memchr(payload, '\0', len) == NULL && utf8_is_valid(payload, len)) {
		text = xstrndup(payload, len);
		strbuf_puts(out, ",\"payload\":");
	} else {
		text = str_base64_encode(payload, len);
		strbuf_puts(out, ",\"payloadBase64\":");
	}
	json_put_string(out, text);
	free(text);
}

static void
format(struct hub_monitor *monitor, const struct hub_monitor_message *message)
{
	struct strbuf *out = &monitor->line;
	char stamp[CLOCK_STAMP_SIZE];

	strbuf_reset(out);
	clock_format_iso(stamp, clock_utc_us());
	hub_who_put_json(out, message->who);
	strbuf_puts(out, ",\"number\":");
	strbuf_put_int(out, (int64_t)monitor->n_messages);
	strbuf_puts(out, ",\"time\":\"");
	strbuf_puts(out, stamp);
	strbuf_putc(out, '"');
	put_properties(out, message, ",\"properties\":{", false);
	put_properties(out, message, ",\"systemProperties\":{", true);
	strbuf_puts(out, message->qos == 0 ? ",\"qos\":0" : ",\"qos\":1");
	put_payload(out, message->payload, message->payload_len);
	strbuf_puts(out, "}\n");
}

/* Its own, and what is of its modules. */
static bool
is_wanted(const struct listener *listener, enum hub_monitor_kind kind,
    const char *who)
{
	size_t len;

	if (listener->kind != kind)
		return false;
	if (listener->device_id == NULL)
		return true;
	len = strlen(listener->device_id);
	return strncmp(who, listener->device_id, len) == 0 &&
	    (who[len] == '\0' || who[len] == '/');
}

static void
send_line(struct listener *listener, const struct strbuf *line)
{
	if (evbuffer_get_length(bufferevent_get_output(listener->bev)) >
	    HUB_MONITOR_QUEUE_MAX - line->len) {
		listener->n_missed++;
		return;
	}
	tell_missed(listener);
	put_chunk(listener, line->data, line->len);
}

void
hub_monitor_tell(
    struct hub_monitor *monitor, const struct hub_monitor_message *message)
{
	struct listener *listener;
	bool is_formatted = false;

	monitor->n_messages++;
	LIST_FOREACH(listener, &monitor->listeners, struct listener, link) {
		if (!is_wanted(listener, HUB_MONITOR_MESSAGES, message->who))
			continue;
		if (!is_formatted)
			format(monitor, message);
		is_formatted = true;
		send_line(listener, &monitor->line);
	}
}

bool
hub_monitor_wants_packets(const struct hub_monitor *monitor)
{
	return monitor->n_packet_listeners > 0;
}

static void
tell_packet(struct hub_monitor *monitor, const char *who, bool from_device,
    const void *packet, size_t len)
{
	struct strbuf *out = &monitor->line, words = { 0 };
	char stamp[CLOCK_STAMP_SIZE];
	struct listener *listener;

	mqtt_describe(&words, packet, len);
	clock_format_iso(stamp, clock_utc_us());
	strbuf_reset(out);
	hub_who_put_json(out, who);
	strbuf_printf(out, ",\"time\":\"%s\",\"from\":\"%s\",\"packet\":",
	    stamp, from_device ? "device" : "hub");
	json_put_string(out, strbuf_str(&words));
	strbuf_puts(out, "}\n");
	strbuf_fini(&words);
	LIST_FOREACH(listener, &monitor->listeners, struct listener, link)
		if (is_wanted(listener, HUB_MONITOR_PACKETS, who))
			send_line(listener, out);
}

void
hub_monitor_packets(struct hub_monitor *monitor, const char *who,
    bool from_device, const void *packets, size_t len)
{
	const char *p = packets;
	struct mqtt_frame frame;
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = len;
		if (mqtt_frame_read(p, len, MQTT_REMAINING_MAX, &frame, NULL) ==
			1 &&
		    frame.body_len <= len - frame.header_len)
			n = frame.header_len + frame.body_len;
		tell_packet(monitor, who, from_device, p, n);
	}
}
