/*
 * Cloud-to-device messages: a queue for each device, kept in the store until
 * the device acknowledges, in order.  At QoS 1 a message that was sent and not
 * acknowledged is sent again after the next CONNECT, with DUP where the
 * session was kept, or when the lock of that delivery has run out: under
 * another Packet Identifier then, for a late PUBACK no longer counts.  At QoS 0
 * it is done with when it has been sent.
 */
#ifndef TWINDECK_CORE_HUB_MESSAGES_H
#define TWINDECK_CORE_HUB_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct err;
struct hub;
struct hub_messages;
struct hub_session;

/* IoT Hub's limits. */
#define HUB_MESSAGE_MAX ((size_t)64 * 1024) /* bytes with its properties */
#define HUB_MESSAGES_MAX 50                 /* queued for one device */
#define HUB_MESSAGE_DELIVERIES_MAX 10
#define HUB_MESSAGE_LOCK_S 60 /* to acknowledge a delivery */
#define HUB_MESSAGE_TTL_S INT64_C(3600) /* if nothing else is said */
#define HUB_MESSAGE_TTL_MAX_S INT64_C(172800)

struct hub_messages *hub_messages_new(struct hub *hub, struct err *err);
void hub_messages_free(struct hub_messages *messages);

/*
 * What a service sends; strings are borrowed, and NULL where there is none.
 */
struct hub_message {
	const char *payload;
	size_t payload_len;
	const char *message_id;
	const char *correlation_id;
	const char *content_type;
	const char *content_encoding;
	const struct cJSON *properties; /* an object of strings, or NULL */
	int64_t ttl_s;
};

/*
 * Queues a message; a device that listens gets it once it is on disk.  Opens
 * a batch.  0, or -1 with err set: ERR_NOT_FOUND, ERR_INVALID, ERR_LIMIT (too
 * large), ERR_BUSY (the queue is full).
 */
int hub_messages_send(struct hub_messages *messages, const char *device_id,
    const struct hub_message *message, struct err *err);
/* Messages that wait for a device or for its acknowledgement. */
int64_t
hub_messages_count(struct hub_messages *messages, const char *device_id);
/* Drops them all: how many, or -1 with err set.  Opens a batch. */
int64_t hub_messages_purge(
    struct hub_messages *messages, const char *device_id, struct err *err);

/*
 * For the sessions.  resume() comes at CONNECT: is_kept says whether the
 * Packet Identifiers of before still count.  deliver() sends what can be sent,
 * and may close the session, which somebody has to hold; acknowledge() is
 * PUBACK's.
 */
int hub_messages_resume(struct hub_messages *messages,
    struct hub_session *session, bool is_kept, struct err *err);
void hub_messages_deliver(
    struct hub_messages *messages, struct hub_session *session);
void hub_messages_acknowledge(struct hub_messages *messages,
    struct hub_session *session, uint16_t packet_id);

#endif
