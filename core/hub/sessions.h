/*
 * MQTT sessions: at most one connection a device, and the subscriptions that
 * outlive connections and the hub's own process (in the store, written at
 * SUBSCRIBE and UNSUBSCRIBE before they are acknowledged).
 */
#ifndef TWINDECK_CORE_HUB_SESSIONS_H
#define TWINDECK_CORE_HUB_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct hub;
struct hub_session;
struct hub_sessions;
struct hub_subscriptions_store;
struct hub_websocket;

/* Listens on 127.0.0.1 and ::1; port 0 takes a free one.  NULL with err set
 * (ERR_EXISTS when the port is in use, named in the text). */
struct hub_sessions *
hub_sessions_new(struct hub *hub, int64_t port, struct err *err);
void hub_sessions_free(struct hub_sessions *sessions);
uint16_t hub_sessions_port(const struct hub_sessions *sessions);
/* A connection that came by HTTPS: a session like any other from here on. */
void hub_sessions_take_websocket(
    struct hub_sessions *sessions, struct hub_websocket *websocket);

bool hub_sessions_is_connected(
    const struct hub_sessions *sessions, const char *device_id);
size_t hub_sessions_count(const struct hub_sessions *sessions);

enum hub_sessions_sent {
	HUB_SESSIONS_SENT, /* queued, once */
	HUB_SESSIONS_AWAY,
	HUB_SESSIONS_NOT_SUBSCRIBED
};

/* Calls a method of a connected device; payload is JSON text, not empty. */
enum hub_sessions_sent
hub_sessions_send_method(struct hub_sessions *sessions, const char *device_id,
    const char *name, const char *rid, const char *payload, size_t payload_len);

/*
 * Tells a connected device of a desired change: patch is the JSON text as it
 * was written, without $version; version is put in.  Devices that are away or
 * not subscribed are not told, now or later.
 */
void hub_sessions_notify_desired(struct hub_sessions *sessions,
    const char *device_id, const char *patch, int64_t version);

/* Sends a connected device the messages that wait for it. */
void
hub_sessions_deliver(struct hub_sessions *sessions, const char *device_id);

/* Ends the connection: identity deleted, disabled or re-keyed. */
void hub_sessions_close(
    struct hub_sessions *sessions, const char *device_id, const char *why);
/* Ends those that the faults on purpose call offline. */
void hub_sessions_close_offline(struct hub_sessions *sessions);
/* Closes, and drops what is stored: the identity is gone. */
void hub_sessions_forget(struct hub_sessions *sessions, const char *device_id);

/*
 * For the sessions themselves.  take() puts an authenticated session in the
 * place of its device and closes the one that stood there; gone() takes it
 * out again, however it ended.
 */
void
hub_sessions_take(struct hub_sessions *sessions, struct hub_session *session);
void
hub_sessions_gone(struct hub_sessions *sessions, struct hub_session *session);
struct hub_subscriptions_store *
hub_sessions_store(struct hub_sessions *sessions);

#endif
