#include "config.h"

#include "core/hub/websocket.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"

#define HEADER_MAX 14 /* bytes: two, a long length and the mask */
#define MASK_LEN 4
#define CONTROL_MAX 125 /* bytes of a control frame's payload [5.5] */
#define PIECE_MAX 4096  /* bytes unmasked at once */

#define FIN 0x80
#define RSV 0x70
#define OPCODE 0x0f
#define MASKED 0x80
#define LENGTH 0x7f
#define LENGTH_16 126
#define LENGTH_64 127

enum opcode {
	OP_CONTINUATION = 0x0,
	OP_TEXT = 0x1,
	OP_BINARY = 0x2,
	OP_CLOSE = 0x8,
	OP_PING = 0x9,
	OP_PONG = 0xa
};

/* Status codes of a Close frame [7.4.1]. */
enum {
	CLOSE_NORMAL = 1000,
	CLOSE_GOING_AWAY = 1001,
	CLOSE_PROTOCOL = 1002,
	CLOSE_UNSUPPORTED = 1003,
	CLOSE_NO_STATUS = 1005, /* never on the wire */
	CLOSE_BAD_TEXT = 1007,
	CLOSE_TOO_BIG = 1009
};

struct hub_websocket {
	struct evhttp_connection *connection; /* owned, and owns bev */
	struct bufferevent *bev;
	struct evbuffer *input; /* owned: payload, unmasked */
	const char *why_ended;
	size_t left;        /* bytes of the frame that are still to come */
	size_t message_len; /* announced so far, of a message in pieces */
	uint16_t status;    /* of the Close frame that is owed */
	uint8_t mask[MASK_LEN];
	unsigned int mask_at; /* which byte of it comes next */
	bool in_message;      /* its last frame is still to come */
	bool said_close;
};

/* One frame's header. */
struct header {
	size_t len; /* bytes of the header itself */
	uint64_t payload_len;
	uint8_t opcode;
	uint8_t mask[MASK_LEN];
	bool fin;
};

struct hub_websocket *
hub_websocket_new(struct evhttp_connection *connection)
{
	struct hub_websocket *ws = xcalloc(1, sizeof(*ws));

	ws->connection = connection;
	ws->bev = evhttp_connection_get_bufferevent(connection);
	ws->input = evbuffer_new();
	ws->status = CLOSE_GOING_AWAY;
	/* MQTT has its own care for silence. */
	bufferevent_setcb(ws->bev, NULL, NULL, NULL, NULL);
	bufferevent_set_timeouts(ws->bev, NULL, NULL);
	return ws;
}

void
hub_websocket_free(struct hub_websocket *ws)
{
	if (ws == NULL)
		return;
	bufferevent_setcb(ws->bev, NULL, NULL, NULL, NULL);
	evhttp_connection_free(ws->connection);
	evbuffer_free(ws->input);
	free(ws);
}

struct bufferevent *
hub_websocket_bev(const struct hub_websocket *ws)
{
	return ws->bev;
}

const char *
hub_websocket_why_ended(const struct hub_websocket *ws)
{
	return ws->why_ended;
}

static void
write_frame(
    struct hub_websocket *ws, enum opcode opcode, const void *data, size_t len)
{
	unsigned char header[HEADER_MAX];
	size_t n = 2, bytes = 0;

	header[0] = (unsigned char)(FIN | opcode);
	if (len <= CONTROL_MAX) {
		header[1] = (unsigned char)len;
	} else {
		bytes = len <= UINT16_MAX ? 2 : 8;
		header[1] = bytes == 2 ? LENGTH_16 : LENGTH_64;
	}
	while (bytes-- > 0)
		header[n++] = (unsigned char)((uint64_t)len >> (8 * bytes));
	bufferevent_write(ws->bev, header, n);
	bufferevent_write(ws->bev, data, len);
}

void
hub_websocket_write(struct hub_websocket *ws, const void *data, size_t len)
{
	if (len > 0 && !ws->said_close)
		write_frame(ws, OP_BINARY, data, len);
}

void
hub_websocket_close(struct hub_websocket *ws)
{
	unsigned char status[2];

	if (ws->said_close)
		return;
	status[0] = (unsigned char)(ws->status >> 8);
	status[1] = (unsigned char)(ws->status & 0xff);
	write_frame(ws, OP_CLOSE, status,
	    ws->status == CLOSE_NO_STATUS ? 0 : sizeof(status));
	ws->said_close = true;
}

/* Always false, as a reader's "no more". */
static bool
end(struct hub_websocket *ws, uint16_t status, const char *why)
{
	ws->status = status;
	ws->why_ended = why;
	return false;
}

static uint64_t
big_endian(const unsigned char *p, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | *p++;
	return value;
}

/* The length in its 7, 16 or 64 bits; false while bytes are missing. */
static bool
read_length(const unsigned char *data, size_t have, struct header *header)
{
	uint8_t length = data[1] & LENGTH;
	size_t n = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;

	header->len = 2 + n + MASK_LEN;
	if (have < header->len)
		return false;
	header->payload_len = n == 0 ? length : big_endian(data + 2, n);
	memcpy(header->mask, data + 2 + n, MASK_LEN);
	return true;
}

/* What a length in that many bits may not be: one for fewer [5.2]. */
static bool
is_minimal(uint8_t length, uint64_t value)
{
	if (length == LENGTH_16)
		return value > CONTROL_MAX;
	if (length == LENGTH_64)
		return value > UINT16_MAX && value <= INT64_MAX;
	return true;
}

/*
 * Looks at the header of the next frame, which stays where it is.  False:
 * there is none yet, or it ends the connection.
 */
static bool
peek_header(
    struct hub_websocket *ws, struct evbuffer *raw, struct header *header)
{
	unsigned char data[HEADER_MAX];
	ev_ssize_t have = evbuffer_copyout(raw, data, sizeof(data));

	if (have < 2)
		return false;
	header->fin = (data[0] & FIN) != 0;
	header->opcode = data[0] & OPCODE;
	/* Checked at once: a client without masks sends shorter headers. */
	if ((data[0] & RSV) != 0)
		return end(ws, CLOSE_PROTOCOL,
		    "a WebSocket frame with reserved bits [RFC 6455, 5.2]");
	if ((data[1] & MASKED) == 0)
		return end(ws, CLOSE_PROTOCOL,
		    "a WebSocket frame without mask [RFC 6455, 5.1]");
	if (!read_length(data, (size_t)have, header))
		return false;
	if (!is_minimal(data[1] & LENGTH, header->payload_len))
		return end(ws, CLOSE_PROTOCOL,
		    "a WebSocket frame's length in too many bytes "
		    "[RFC 6455, 5.2]");
	return true;
}

static void
unmask(struct hub_websocket *ws, unsigned char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		data[i] ^= ws->mask[ws->mask_at];
		ws->mask_at = (ws->mask_at + 1) % MASK_LEN;
	}
}

static void
begin_payload(struct hub_websocket *ws, const struct header *header)
{
	memcpy(ws->mask, header->mask, MASK_LEN);
	ws->mask_at = 0;
}

/* Whether a peer may close with this [7.4]. */
static bool
is_status(uint16_t status)
{
	if (status >= 3000)
		return status < 5000;
	return status >= CLOSE_NORMAL && status <= 1011 && status != 1004 &&
	    status != CLOSE_NO_STATUS && status != 1006;
}

static bool
on_close(struct hub_websocket *ws, const unsigned char *data, size_t len)
{
	uint16_t status = CLOSE_NO_STATUS;

	if (len > 0)
		status = len == 1 ? 0 : (uint16_t)big_endian(data, 2);
	if (len > 0 && !is_status(status))
		return end(ws, CLOSE_PROTOCOL,
		    "a Close frame without a status [RFC 6455, 7.4]");
	if (len > 2 && !utf8_is_valid((const char *)data + 2, len - 2))
		return end(ws, CLOSE_BAD_TEXT,
		    "a Close frame's reason is no UTF-8 [RFC 6455, 5.5.1]");
	return end(ws, status, "the client has closed its WebSocket");
}

/* A control frame is handled whole; it may stand between two pieces of a
 * message. */
static bool
take_control(
    struct hub_websocket *ws, struct evbuffer *raw, const struct header *header)
{
	unsigned char data[CONTROL_MAX];
	size_t len = (size_t)header->payload_len;

	if (!header->fin || header->payload_len > CONTROL_MAX)
		return end(ws, CLOSE_PROTOCOL,
		    "a control frame in pieces or of more than 125 bytes "
		    "[RFC 6455, 5.5]");
	if (evbuffer_get_length(raw) < header->len + len)
		return false;
	evbuffer_drain(raw, header->len);
	evbuffer_remove(raw, data, len);
	begin_payload(ws, header);
	unmask(ws, data, len);
	switch (header->opcode) {
	case OP_CLOSE:
		return on_close(ws, data, len);
	case OP_PING:
		write_frame(ws, OP_PONG, data, len);
		return true;
	case OP_PONG: /* nobody has asked, and it needs no answer [5.5.3] */
		return true;
	default:
		return end(ws, CLOSE_PROTOCOL,
		    "an unknown control frame [RFC 6455, 5.2]");
	}
}

static bool
begin_data(
    struct hub_websocket *ws, struct evbuffer *raw, const struct header *header)
{
	bool goes_on = header->opcode == OP_CONTINUATION;

	if (header->opcode == OP_TEXT)
		return end(ws, CLOSE_UNSUPPORTED,
		    "a text message; MQTT's are binary [MQTT-6.0.0-1]");
	if (header->opcode > OP_BINARY || goes_on != ws->in_message)
		return end(ws, CLOSE_PROTOCOL,
		    "a data frame that is unknown or out of its order "
		    "[RFC 6455, 5.4]");
	if (!goes_on)
		ws->message_len = 0;
	if (header->payload_len > HUB_WEBSOCKET_MESSAGE_MAX - ws->message_len)
		return end(ws, CLOSE_TOO_BIG,
		    "a WebSocket message of more than 1 MiB");
	evbuffer_drain(raw, header->len);
	ws->left = (size_t)header->payload_len;
	ws->message_len += ws->left;
	ws->in_message = !header->fin;
	begin_payload(ws, header);
	return true;
}

/* Moves what is there of a frame's payload; false if that was nothing. */
static bool
take_payload(struct hub_websocket *ws, struct evbuffer *raw)
{
	unsigned char piece[PIECE_MAX];
	size_t max = ws->left < sizeof(piece) ? ws->left : sizeof(piece);
	int n = evbuffer_remove(raw, piece, max);

	if (n <= 0)
		return false;
	unmask(ws, piece, (size_t)n);
	evbuffer_add(ws->input, piece, (size_t)n);
	ws->left -= (size_t)n;
	return true;
}

static bool
take_some(struct hub_websocket *ws, struct evbuffer *raw)
{
	struct header header;

	if (ws->left > 0)
		return take_payload(ws, raw);
	if (!peek_header(ws, raw, &header))
		return false;
	if (header.opcode >= OP_CLOSE)
		return take_control(ws, raw, &header);
	return begin_data(ws, raw, &header);
}

struct evbuffer *
hub_websocket_read(struct hub_websocket *ws, size_t max)
{
	struct evbuffer *raw = bufferevent_get_input(ws->bev);

	while (ws->why_ended == NULL && evbuffer_get_length(ws->input) < max &&
	    take_some(ws, raw))
		continue;
	return ws->input;
}
