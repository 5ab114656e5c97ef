#include "config.h"

#include "core/hub/sessions.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/faults.h"
#include "core/hub/hub.h"
#include "core/hub/liveness.h"
#include "core/hub/newcomers.h"
#include "core/hub/send.h"
#include "core/hub/session.h"
#include "core/hub/subscriptions.h"
#include "core/iothub/topic.h"
#include "core/net/listen.h"

#define TICK_S 1 /* how closely deadlines are kept */

/*
 * Every connection is in the list; those whose CONNECT was accepted are also
 * in the map, under their device id.
 */
struct hub_sessions {
	struct hub *hub;
	struct net_listen *listen;
	struct hub_subscriptions_store *store;
	struct event *tick;
	struct list list;
	struct map *by_device;
};

static bool
on_shortage(void *arg)
{
	struct hub_sessions *sessions = arg;

	return hub_newcomers_make_room(sessions->hub->newcomers);
}

static void
on_accept(int fd, void *arg)
{
	struct hub_sessions *sessions = arg;

	hub_session_new(sessions->hub, fd, &sessions->list);
}

void
hub_sessions_take_websocket(
    struct hub_sessions *sessions, struct hub_websocket *websocket)
{
	hub_session_new_websocket(sessions->hub, websocket, &sessions->list);
}

/* One timer for all: ten thousand timers would cost more than this walk. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct hub_sessions *sessions = arg;
	int64_t mono_ms = clock_mono_ms();
	int64_t utc_s = clock_utc_us() / 1000000 +
	    hub_faults_skew_s(sessions->hub->faults, NULL);
	struct hub_session *session, *tmp;

	(void)fd;
	(void)what;
	LIST_FOREACH_SAFE(
	    session, tmp, &sessions->list, struct hub_session, link)
		hub_session_tick(session, mono_ms, utc_s);
}

struct hub_sessions *
hub_sessions_new(struct hub *hub, int64_t port, struct err *err)
{
	struct hub_sessions *sessions = xcalloc(1, sizeof(*sessions));
	struct timeval tick = { .tv_sec = TICK_S };

	sessions->hub = hub;
	list_init(&sessions->list);
	sessions->by_device = map_new();
	sessions->tick =
	    event_new(hub->base, -1, EV_PERSIST, on_tick, sessions);
	event_add(sessions->tick, &tick);
	sessions->store = hub_subscriptions_store_new(hub, err);
	if (sessions->store != NULL)
		sessions->listen =
		    net_listen_new(hub->base, port, on_accept, sessions, err);
	if (sessions->listen == NULL) {
		hub_sessions_free(sessions);
		return NULL;
	}
	net_listen_on_shortage(sessions->listen, on_shortage, sessions);
	return sessions;
}

void
hub_sessions_free(struct hub_sessions *sessions)
{
	struct hub_session *session, *tmp;

	if (sessions == NULL)
		return;
	net_listen_free(sessions->listen);
	LIST_FOREACH_SAFE(
	    session, tmp, &sessions->list, struct hub_session, link)
		hub_session_close(session, "the hub is leaving");
	event_free(sessions->tick);
	map_free(sessions->by_device);
	hub_subscriptions_store_free(sessions->store);
	free(sessions);
}

uint16_t
hub_sessions_port(const struct hub_sessions *sessions)
{
	return net_listen_port(sessions->listen);
}

struct hub_subscriptions_store *
hub_sessions_store(struct hub_sessions *sessions)
{
	return sessions->store;
}

size_t
hub_sessions_count(const struct hub_sessions *sessions)
{
	return map_size(sessions->by_device);
}

/* The session of a device that has had its CONNACK, or NULL. */
static struct hub_session *
find(const struct hub_sessions *sessions, const char *device_id)
{
	struct hub_session *session = map_get(sessions->by_device, device_id);

	if (session == NULL || session->state != HUB_SESSION_CONNECTED)
		return NULL;
	return session;
}

bool
hub_sessions_is_connected(
    const struct hub_sessions *sessions, const char *device_id)
{
	return find(sessions, device_id) != NULL;
}

void
hub_sessions_take(struct hub_sessions *sessions, struct hub_session *session)
{
	hub_sessions_close(sessions, session->device_id,
	    "the device has connected anew (400027)");
	map_set(sessions->by_device, session->device_id, session);
	hub_liveness_set_connected(
	    sessions->hub->liveness, session->device_id, true);
}

void
hub_sessions_gone(struct hub_sessions *sessions, struct hub_session *session)
{
	if (map_get(sessions->by_device, session->device_id) != session)
		return;
	map_remove(sessions->by_device, session->device_id);
	hub_liveness_set_connected(
	    sessions->hub->liveness, session->device_id, false);
}

void
hub_sessions_close(
    struct hub_sessions *sessions, const char *device_id, const char *why)
{
	struct hub_session *session = map_get(sessions->by_device, device_id);

	if (session != NULL)
		hub_session_close(session, why);
}

void
hub_sessions_close_offline(struct hub_sessions *sessions)
{
	const struct hub_faults *faults = sessions->hub->faults;
	struct hub_session *session, *tmp;

	LIST_FOREACH_SAFE(
	    session, tmp, &sessions->list, struct hub_session, link)
		if (session->device_id != NULL &&
		    hub_faults_is_offline(faults, session->device_id))
			hub_session_close(session, "offline, on purpose");
}

void
hub_sessions_forget(struct hub_sessions *sessions, const char *device_id)
{
	struct err err = { 0 };

	hub_sessions_close(sessions, device_id, "its identity is deleted");
	if (hub_subscriptions_drop(sessions->store, device_id, &err) == -1)
		log_error("mqtt: %s: %s", device_id, err.text);
}

enum hub_sessions_sent
hub_sessions_send_method(struct hub_sessions *sessions, const char *device_id,
    const char *name, const char *rid, const char *payload, size_t payload_len)
{
	struct hub_session *session = find(sessions, device_id);
	enum hub_sessions_sent sent = HUB_SESSIONS_NOT_SUBSCRIBED;
	char *topic;

	if (session == NULL)
		return HUB_SESSIONS_AWAY;
	topic = topic_format_method(name, rid);
	if (hub_subscriptions_qos(&session->subs, topic) != -1) {
		/* At QoS 0 whatever was granted, as IoT Hub does. */
		hub_send_message(session, topic, 0, payload, payload_len);
		sent = HUB_SESSIONS_SENT;
	}
	free(topic);
	return sent;
}

/* {"a":1} and 5 become {"a":1,"$version":5}. */
static void
put_version(struct strbuf *out, const char *patch, int64_t version)
{
	const char *end = strrchr(patch, '}');
	const char *last = end;

	while (last > patch && strchr(" \t\r\n", last[-1]) != NULL)
		last--;
	strbuf_put(out, patch, (size_t)(last - patch));
	strbuf_printf(out, "%s\"$version\":%lld}",
	    last > patch && last[-1] == '{' ? "" : ",", (long long)version);
}

void
hub_sessions_notify_desired(struct hub_sessions *sessions,
    const char *device_id, const char *patch, int64_t version)
{
	struct hub_session *session = find(sessions, device_id);
	struct strbuf text = { 0 };
	char *topic;
	int qos;

	if (session == NULL)
		return;
	topic = topic_format_desired_patch(version);
	qos = hub_subscriptions_qos(&session->subs, topic);
	if (qos != -1) {
		put_version(&text, patch, version);
		hub_send_message(
		    session, topic, (uint8_t)qos, text.data, text.len);
	}
	strbuf_fini(&text);
	free(topic);
}

void
hub_sessions_deliver(struct hub_sessions *sessions, const char *device_id)
{
	struct hub_session *session = find(sessions, device_id);

	if (session != NULL)
		hub_session_deliver(session);
}
