/*
 * The server's side of a WebSocket (RFC 6455) that carries MQTT: masked
 * binary frames come in and are joined to one stream of bytes, since MQTT's
 * packets and frames need not end together [MQTT-6.0.0-2].  Pings are
 * answered here.  The HTTP handshake is rest_websocket.c's.
 */
#ifndef TWINDECK_CORE_HUB_WEBSOCKET_H
#define TWINDECK_CORE_HUB_WEBSOCKET_H

#include <stddef.h>

struct bufferevent;
struct evbuffer;
struct evhttp_connection;
struct hub_websocket;

/* Bytes of one message, in one frame or in many. */
#define HUB_WEBSOCKET_MESSAGE_MAX ((size_t)1024 * 1024)

/*
 * Takes the connection, which has been told that it is a WebSocket now, out
 * of evhttp's hands.  Whoever owns it sets the bufferevent's callbacks.
 */
struct hub_websocket *hub_websocket_new(struct evhttp_connection *connection);
/* Frees the connection and its bufferevent.  NULL does nothing. */
void hub_websocket_free(struct hub_websocket *websocket);

struct bufferevent *hub_websocket_bev(const struct hub_websocket *websocket);

/*
 * Decodes what has come in, up to max bytes and a frame's control, and
 * returns all that waits to be drained; borrowed.
 */
struct evbuffer *
hub_websocket_read(struct hub_websocket *websocket, size_t max);
/*
 * Why nothing more will come, static: the client has closed it or broken its
 * rules.  NULL while it is open.
 */
const char *hub_websocket_why_ended(const struct hub_websocket *websocket);

/* Queues one binary message. */
void hub_websocket_write(
    struct hub_websocket *websocket, const void *data, size_t len);
/* Queues the Close frame: what the client is owed, or "going away". */
void hub_websocket_close(struct hub_websocket *websocket);

#endif
