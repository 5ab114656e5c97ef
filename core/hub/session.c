#include "config.h"

#include "core/hub/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/handle.h"
#include "core/hub/hub.h"
#include "core/hub/liveness.h"
#include "core/hub/messages.h"
#include "core/hub/methods.h"
#include "core/hub/monitor.h"
#include "core/hub/send.h"
#include "core/hub/sessions.h"
#include "core/hub/websocket.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/protocol.h"
#include "core/net/tls.h"

#define INPUT_MAX (HUB_PACKET_MAX + MQTT_HEADER_MAX)

/* An answer that waits for its commit, and holds its session in memory. */
struct answer {
	struct hub_session *session;
	struct strbuf done;
	struct strbuf failed; /* or how to make it: */
	struct hub_session_failure failure; /* why NULL: it is made */
	uint32_t delay_ms; /* from the commit until it leaves */
	bool ok;           /* how the commit went */
	bool is_lost;      /* on purpose: the connection is closed instead */
	char rid[];        /* what failure.rid points to */
};

/* An answer that is put off; it goes with its session. */
struct hub_session_late {
	struct answer *answer;
	struct event *timer;
};

void
hub_session_will_free(struct hub_session_will *will)
{
	if (will == NULL)
		return;
	free(will->bag);
	free(will->payload);
	free(will);
}

static void
release(struct hub_session *session)
{
	if (--session->refs > 0)
		return;
	hub_subscriptions_fini(&session->subs);
	hub_session_will_free(session->will);
	free(session->device_id);
	free(session);
}

static struct answer *
take_late(struct hub_session *session)
{
	struct answer *answer = session->late->answer;

	event_free(session->late->timer);
	free(session->late);
	session->late = NULL;
	return answer;
}

static void
free_answer(struct answer *answer)
{
	strbuf_fini(&answer->done);
	strbuf_fini(&answer->failed);
	free(answer);
}

static void
drop_late(struct hub_session *session)
{
	if (session->late == NULL)
		return;
	free_answer(take_late(session));
	release(session);
}

static const char *
name_of(const struct hub_session *session)
{
	return session->device_id != NULL ? session->device_id
					  : "a client without CONNECT";
}

static void
free_bev(struct hub_session *session)
{
	SSL *ssl = bufferevent_openssl_get_ssl(session->bev);

	if (session->websocket != NULL)
		hub_websocket_close(session->websocket);
	if (SSL_is_init_finished(ssl)) {
		net_tls_flush(session->bev);
		SSL_shutdown(ssl); /* so that it is no mere loss of the line */
	}
	ERR_clear_error();
	if (session->websocket != NULL)
		hub_websocket_free(session->websocket);
	else
		bufferevent_free(session->bev);
	session->websocket = NULL;
	session->bev = NULL;
}

/* One more message, which whoever listens hears. */
static void
tell_will(struct hub_session *session)
{
	const struct hub_session_will *will = session->will;

	hub_liveness_touch(session->hub->liveness, session->device_id);
	hub_monitor_tell(session->hub->monitor,
	    &(struct hub_monitor_message){
		.who = session->device_id,
		.bag = will->bag,
		.bag_len = strlen(will->bag),
		.payload = will->payload,
		.payload_len = will->payload_len,
		.qos = will->qos,
	    });
}

void
hub_session_close(struct hub_session *session, const char *why)
{
	enum hub_session_state was = session->state;

	if (was == HUB_SESSION_CLOSED)
		return;
	session->state = HUB_SESSION_CLOSED;
	log_info("mqtt: %s: closed: %s", name_of(session), why);
	list_remove(&session->link);
	hub_newcomers_remove(&session->newcomer);
	if (session->will != NULL)
		tell_will(session);
	if (session->device_id != NULL)
		hub_sessions_gone(session->hub->sessions, session);
	bufferevent_disable(session->bev, EV_READ | EV_WRITE);
	bufferevent_setcb(session->bev, NULL, NULL, NULL, NULL);
	drop_late(session);
	/* The packet loop still looks into the input. */
	if (!session->busy)
		free_bev(session);
	release(session);
}

X509 *
hub_session_certificate(const struct hub_session *session)
{
	return SSL_get0_peer_certificate(
	    bufferevent_openssl_get_ssl(session->bev));
}

STACK_OF(X509) *
hub_session_chain(const struct hub_session *session)
{
	return SSL_get_peer_cert_chain(
	    bufferevent_openssl_get_ssl(session->bev));
}

static size_t
queued(const struct hub_session *session)
{
	return evbuffer_get_length(bufferevent_get_output(session->bev));
}

/* Of whoever it says it is from: it may be refused. */
static void
tell_connect(const struct hub_session *session, const void *packet, size_t len,
    size_t header_len)
{
	struct hub_monitor *monitor = session->hub->monitor;
	struct mqtt_connect connect;
	struct mqtt_reader in;
	char *who;

	if (!hub_monitor_wants_packets(monitor))
		return;
	mqtt_reader_init(
	    &in, (const char *)packet + header_len, len - header_len);
	if (mqtt_connect_read(&in, &connect, NULL) == -1)
		return;
	who = xstrndup(connect.client_id.s, connect.client_id.len);
	hub_monitor_packets(monitor, who, true, packet, len);
	free(who);
}

static void
tell_packets(const struct hub_session *session, bool from_device,
    const void *packets, size_t len)
{
	struct hub_monitor *monitor = session->hub->monitor;

	if (session->device_id != NULL && hub_monitor_wants_packets(monitor))
		hub_monitor_packets(
		    monitor, session->device_id, from_device, packets, len);
}

void
hub_session_send(struct hub_session *session, const struct strbuf *packets)
{
	if (session->state == HUB_SESSION_CLOSED)
		return;
	/* A WebSocket's frame headers may have gone beyond. */
	if (queued(session) > HUB_QUEUE_MAX ||
	    packets->len > HUB_QUEUE_MAX - queued(session)) {
		hub_session_close(session, "it does not read what it is sent");
		return;
	}
	tell_packets(session, false, packets->data, packets->len);
	if (session->websocket != NULL)
		hub_websocket_write(
		    session->websocket, packets->data, packets->len);
	else
		bufferevent_write(session->bev, packets->data, packets->len);
}

/* What has come in and is no WebSocket's business any more; borrowed. */
static struct evbuffer *
input_of(struct hub_session *session)
{
	if (session->websocket != NULL)
		return hub_websocket_read(session->websocket, INPUT_MAX);
	return bufferevent_get_input(session->bev);
}

/* Handles one packet; returns whether there was a whole one. */
static bool
handle_one(struct hub_session *session, struct err *err)
{
	struct evbuffer *input = input_of(session);
	unsigned char header[MQTT_HEADER_MAX], *packet;
	struct mqtt_frame frame;
	size_t max, len;
	ev_ssize_t have;
	int rc;

	max = session->state == HUB_SESSION_NEW ? HUB_CONNECT_MAX
						: HUB_PACKET_MAX;
	have = evbuffer_copyout(input, header, sizeof(header));
	if (have <= 0)
		return false;
	rc = mqtt_frame_read(header, (size_t)have, max, &frame, err);
	if (rc == -1) {
		hub_session_close(session, err->text);
		return false;
	}
	len = frame.header_len + frame.body_len;
	if (rc == 0 || evbuffer_get_length(input) < len)
		return false;

	packet = evbuffer_pullup(input, (ev_ssize_t)len);
	if (frame.type == MQTT_CONNECT)
		tell_connect(session, packet, len, frame.header_len);
	else
		tell_packets(session, true, packet, len);
	if (hub_handle(session, &frame, packet + frame.header_len, err) == -1)
		hub_session_close(session, err->text);
	else if (session->state != HUB_SESSION_CLOSED)
		session->deadline_ms = clock_mono_ms() + session->silence_ms;
	evbuffer_drain(input, len);
	return true;
}

bool
hub_session_is_full(const struct hub_session *session)
{
	return queued(session) > HUB_QUEUE_HIGH;
}

static bool
may_go_on(const struct hub_session *session)
{
	return session->state != HUB_SESSION_CLOSED && !session->waiting &&
	    !hub_session_is_full(session);
}

/* All that came before the end of its WebSocket has been handled. */
static void
close_ended(struct hub_session *session)
{
	const char *why = session->websocket != NULL
	    ? hub_websocket_why_ended(session->websocket)
	    : NULL;

	if (why != NULL)
		hub_session_close(session, why);
}

/*
 * Handles what has come in, up to a packet that has to wait, for a commit or
 * for the client to read its answers.  It may be asked for from below itself,
 * by a commit that needs no waiting: then the loop that is running goes on.
 */
static void
handle_input(struct hub_session *session)
{
	struct err err = { 0 };

	if (session->busy || session->state == HUB_SESSION_CLOSED)
		return;
	session->refs++;
	session->busy = true;
	while (may_go_on(session) && handle_one(session, &err))
		continue;
	if (may_go_on(session))
		close_ended(session);
	session->busy = false;
	if (session->state == HUB_SESSION_CLOSED)
		free_bev(session);
	release(session);
}

void
hub_session_deliver(struct hub_session *session)
{
	session->refs++;
	hub_messages_deliver(session->hub->messages, session);
	release(session);
}

/* Something has come in, or all that was queued has gone out. */
static void
on_ready(struct bufferevent *bev, void *arg)
{
	struct hub_session *session = arg;

	(void)bev;
	session->refs++;
	if (session->has_more_messages)
		hub_messages_deliver(session->hub->messages, session);
	handle_input(session);
	release(session);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct hub_session *session = arg;
	unsigned long code = bufferevent_get_openssl_error(bev);
	const char *reason = ERR_reason_error_string(code);

	ERR_clear_error();
	if ((what & BEV_EVENT_CONNECTED) != 0)
		return;
	if (reason == NULL)
		reason = (what & BEV_EVENT_EOF) != 0
		    ? "the client has gone"
		    : evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR());
	hub_session_close(session, reason);
}

static void
make_failed(struct answer *answer)
{
	const struct hub_session_failure *failure = &answer->failure;

	if (failure->why == NULL)
		return;
	hub_send_put_puback(&answer->failed, failure->packet_id);
	hub_send_put_twin_error(answer->session, &answer->failed,
	    failure->rid, IOTHUB_SERVER_ERROR, failure->why);
}

static void
give(struct answer *answer)
{
	struct hub_session *session = answer->session;
	bool ok = answer->ok;
	bool connecting = session->state == HUB_SESSION_CONNECTING;

	if (session->state != HUB_SESSION_CLOSED) {
		session->waiting = false;
		if (connecting && ok)
			session->state = HUB_SESSION_CONNECTED;
		if (!ok)
			make_failed(answer);
		if (answer->is_lost)
			hub_session_close(
			    session, "its answer is lost, on purpose");
		else if (!ok && answer->failed.len == 0)
			hub_session_close(session, "it could not be stored");
		else
			hub_session_send(
			    session, ok ? &answer->done : &answer->failed);
		if (connecting && !ok)
			hub_session_close(session, "it could not be stored");
	}
	/* Who waited for it to connect or to subscribe. */
	if (session->state == HUB_SESSION_CONNECTED)
		hub_methods_ready(session->hub->methods, session->device_id);
	if (session->state == HUB_SESSION_CONNECTED)
		hub_messages_deliver(session->hub->messages, session);
	handle_input(session);
	free_answer(answer);
	release(session);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct hub_session *session = arg;

	(void)fd;
	(void)what;
	/* Its pings had to wait too. */
	session->deadline_ms = clock_mono_ms() + session->silence_ms;
	give(take_late(session));
}

static void
put_off(struct hub_session *session, struct answer *answer)
{
	struct timeval delay = { .tv_sec = answer->delay_ms / 1000,
		.tv_usec = answer->delay_ms % 1000 * 1000 };

	session->late = xcalloc(1, sizeof(*session->late));
	session->late->answer = answer;
	session->late->timer =
	    evtimer_new(session->hub->base, on_late, session);
	event_add(session->late->timer, &delay);
}

static void
on_commit(bool ok, void *arg)
{
	struct answer *answer = arg;

	answer->ok = ok;
	if (answer->delay_ms > 0 &&
	    answer->session->state != HUB_SESSION_CLOSED)
		put_off(answer->session, answer);
	else
		give(answer);
}

void
hub_session_delay(
    struct hub_session *session, int64_t delay_ms, bool is_lost)
{
	session->delay_ms = (uint32_t)delay_ms;
	session->loses_answer = is_lost;
}

bool
hub_session_is_delayed(const struct hub_session *session)
{
	return session->delay_ms > 0 || session->loses_answer;
}

static void
answer_later(struct hub_session *session, struct answer *answer)
{
	answer->session = session;
	session->refs++;
	session->waiting = true;
	answer->delay_ms = session->delay_ms;
	answer->is_lost = session->loses_answer;
	session->delay_ms = 0;
	session->loses_answer = false;
	hub_commit_then(session->hub->commit, on_commit, answer);
}

void
hub_session_answer(
    struct hub_session *session, struct strbuf *done, struct strbuf *failed)
{
	struct answer *answer = xcalloc(1, sizeof(*answer));

	answer->done = *done;
	answer->failed = *failed;
	*done = *failed = (struct strbuf){ 0 };
	answer_later(session, answer);
}

void
hub_session_answer_twin(struct hub_session *session, struct strbuf *done,
    const struct hub_session_failure *failure)
{
	struct answer *answer =
	    xcalloc(1, sizeof(*answer) + failure->rid.len);

	answer->done = *done;
	*done = (struct strbuf){ 0 };
	answer->failure = *failure;
	if (failure->rid.len > 0)
		memcpy(answer->rid, failure->rid.s, failure->rid.len);
	answer->failure.rid.s = answer->rid;
	answer_later(session, answer);
}

void
hub_session_tick(struct hub_session *session, int64_t mono_ms, int64_t utc_s)
{
	if (session->expiry_s != 0 && utc_s >= session->expiry_s)
		hub_session_close(session, "its token has expired");
	else if (mono_ms < session->deadline_ms || session->late != NULL)
		return;
	else if (session->state == HUB_SESSION_NEW)
		hub_session_close(session, "no CONNECT came in time");
	else
		hub_session_close(session,
		    "silent for 1.5 times its Keep Alive [MQTT-3.1.2-24]");
}

static void
make_room(struct hub_newcomer *newcomer)
{
	hub_session_close(LIST_ITEM(newcomer, struct hub_session, newcomer),
	    "it has not shown who it is, and there is no room for others");
}

/* The bufferevent is set; from here on the session is the loop's. */
static void
start(struct hub_session *session, struct hub *hub, struct list *sessions)
{
	session->hub = hub;
	session->refs = 1;
	session->silence_ms = HUB_CONNECT_TIMEOUT_MS;
	session->deadline_ms = clock_mono_ms() + session->silence_ms;
	list_append(sessions, &session->link);
	session->newcomer.close = make_room;
	hub_newcomers_add(hub->newcomers, &session->newcomer);
	bufferevent_openssl_set_allow_dirty_shutdown(session->bev, 1);
	bufferevent_setcb(session->bev, on_ready, on_ready, on_event, session);
	/* While a commit is awaited, input piles up to one packet's size. */
	bufferevent_setwatermark(session->bev, EV_READ, 0, INPUT_MAX);
	bufferevent_enable(session->bev, EV_READ | EV_WRITE);
}

void
hub_session_new(struct hub *hub, int fd, struct list *sessions)
{
	struct hub_session *session = xcalloc(1, sizeof(*session));
	SSL *ssl = SSL_new(hub->tls);

	/* No device keeps its ticket for the next connection: only services
	 * do. */
	if (ssl != NULL)
		SSL_set_num_tickets(ssl, 0);
	if (ssl != NULL)
		session->bev = bufferevent_openssl_socket_new(hub->base, fd,
		    ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (session->bev == NULL) {
		log_error("mqtt: no TLS for a new connection");
		SSL_free(ssl);
		close(fd);
		free(session);
		return;
	}
	start(session, hub, sessions);
}

void
hub_session_new_websocket(
    struct hub *hub, struct hub_websocket *websocket, struct list *sessions)
{
	struct hub_session *session = xcalloc(1, sizeof(*session));

	session->websocket = websocket;
	session->bev = hub_websocket_bev(websocket);
	start(session, hub, sessions);
	/* No read event comes for bytes that came with the handshake; and
	 * evhttp is still at work above us. */
	bufferevent_trigger(session->bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
}
