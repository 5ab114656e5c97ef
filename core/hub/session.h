/*
 * One MQTT connection, from accept to close.  Bytes come in through a TLS
 * bufferevent, or a WebSocket over one, are cut into packets here, and go to
 * a handle_*.c each.
 *
 * A handler returns -1 to have the connection closed, with the words for the
 * log.  What it answers it either queues at once (hub_session_send()) or, when
 * it has changed or read what is stored, has queued behind the commit
 * (hub_session_answer()); until then the connection's next packet waits, so
 * answers keep the order of their questions.
 */
#ifndef TWINDECK_CORE_HUB_SESSION_H
#define TWINDECK_CORE_HUB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "core/base/list.h"
#include "core/hub/newcomers.h"
#include "core/hub/subscriptions.h"
#include "core/iothub/topic.h"

struct bufferevent;
struct err;
struct hub;
struct hub_session_late;
struct hub_websocket;
struct strbuf;

/* A message of 256 KB, the limit of IoT Hub, with its Topic Name. */
#define HUB_PAYLOAD_MAX ((size_t)256 * 1024)
#define HUB_PACKET_MAX (HUB_PAYLOAD_MAX + 65535 + 4)
/* Nobody is let in with more: names, a token and a small will. */
#define HUB_CONNECT_MAX ((size_t)16 * 1024)
/* No packet of a client is handled while more than this waits for it... */
#define HUB_QUEUE_HIGH ((size_t)256 * 1024)
/* ...and when calls and news make it more than this, it is closed. */
#define HUB_QUEUE_MAX ((size_t)2 * 1024 * 1024)
/* QoS 1 messages that a client may leave without PUBACK. */
#define HUB_UNACKED_MAX 1024

#define HUB_CONNECT_TIMEOUT_MS 30000 /* from accept to CONNECT */
#define HUB_KEEP_ALIVE_MAX_S 1177    /* IoT Hub's cap; 0 means the cap */

enum hub_session_state {
	HUB_SESSION_NEW,        /* no CONNECT yet */
	HUB_SESSION_CONNECTING, /* let in; CONNACK waits for the commit */
	HUB_SESSION_CONNECTED,
	HUB_SESSION_ENDING, /* its last words are on their way out */
	HUB_SESSION_CLOSED
};

/* Its last message, which others hear if it does not take leave. */
struct hub_session_will {
	char *bag; /* the properties of the topic, encoded; owned */
	char *payload;
	size_t payload_len;
	uint8_t qos;
};

/* Open to session.c, sessions.c, handle_*.c and send.c.  Kept small: there
 * may be ten thousand. */
struct hub_session {
	struct list link; /* in the list of hub_sessions */
	struct hub_newcomer newcomer; /* until it is let in */
	struct hub *hub;
	struct bufferevent *bev; /* NULL once closed */
	struct hub_websocket *websocket; /* what bev belongs to, or NULL */
	char *device_id;         /* NULL before CONNECT */
	struct hub_subscriptions subs;
	int64_t deadline_ms; /* monotonic: when silence ends it */
	int64_t expiry_s;    /* Unix time: when its token ends it; or 0 */
	struct hub_session_late *late; /* an answer that is put off; or NULL */
	struct hub_session_will *will; /* owned; NULL: none */
	uint32_t delay_ms;   /* by how much the next answer is put off */
	uint32_t silence_ms; /* what a packet puts the deadline off by */
	uint32_t refs;       /* answers that wait for a commit, and 1 */
	uint16_t packet_id;  /* the last one used */
	uint16_t unacked;
	uint16_t messages; /* of the cloud among them */
	uint8_t state; /* enum hub_session_state */
	bool loses_answer; /* the next one, on purpose */
	bool clean_session;
	bool has_more_messages; /* when what is queued has gone out */
	bool waiting; /* for a commit, or an answer's time: no packet is handled.  The commit comes
			 at the end of the turn, before more is read, the end
			 of the connection among it */
	bool busy;    /* inside its packet loop */
};

/* Takes fd; the session is the loop's and ends by itself or is closed. */
void hub_session_new(struct hub *hub, int fd, struct list *sessions);
/* The same; takes the WebSocket. */
void hub_session_new_websocket(struct hub *hub, struct hub_websocket *websocket,
    struct list *sessions);

/* NULL does nothing. */
void hub_session_will_free(struct hub_session_will *will);

/* What the client has shown in its handshake, borrowed; or NULL. */
X509 *hub_session_certificate(const struct hub_session *session);
/* And the certificates that came with it, likewise. */
STACK_OF(X509) *hub_session_chain(const struct hub_session *session);

/*
 * Queues packets for the client.  A client that lets too much pile up is
 * closed, and the session gone unless somebody holds it, as its packet loop
 * does.
 */
void
hub_session_send(struct hub_session *session, const struct strbuf *packets);

/*
 * Queues packets once all that was changed so far is on disk: done, or failed
 * if that failed; with failed empty the connection is closed then.  Takes
 * what both hold and leaves them empty.
 */
void hub_session_answer(
    struct hub_session *session, struct strbuf *done, struct strbuf *failed);

/*
 * The same for a twin request.  Commits hardly ever fail, so that answer is
 * only put together when it is needed: PUBACK, unless packet_id is 0, and an
 * error for rid with why, which is never freed.  Node's SDK throws on an answer
 * without JSON, so the error has some.
 */
struct hub_session_failure {
	uint16_t packet_id;
	struct topic_str rid;
	const char *why;
};

void hub_session_answer_twin(struct hub_session *session, struct strbuf *done,
    const struct hub_session_failure *failure);

/* The next hub_session_answer() leaves that much later, or the connection is
 * closed in its place; until then the client's packets wait. */
void hub_session_delay(
    struct hub_session *session, int64_t delay_ms, bool is_lost);
bool hub_session_is_delayed(const struct hub_session *session);

/* Whether so much is queued that no more should be added unasked. */
bool hub_session_is_full(const struct hub_session *session);
/* Sends what waits for the device; may close it. */
void hub_session_deliver(struct hub_session *session);

/* Closes now, with a line in the log; what is queued goes out first, as far
 * as the client can take it without waiting. */
void hub_session_close(struct hub_session *session, const char *why);

/* Looks at the deadlines; may close. */
void
hub_session_tick(struct hub_session *session, int64_t mono_ms, int64_t utc_s);

#endif
