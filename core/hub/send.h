/*
 * What the hub says to a device: builds the packets of a session.
 */
#ifndef TWINDECK_CORE_HUB_SEND_H
#define TWINDECK_CORE_HUB_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/iothub/error.h"
#include "core/iothub/topic.h"

struct hub_session;
struct strbuf;

/*
 * Queues PUBLISH with the session's next Packet Identifier at QoS 1.  A client
 * that leaves too many without PUBACK is closed, and the session gone unless
 * somebody holds it, as its packet loop does.
 */
void hub_send_message(struct hub_session *session, const char *topic_name,
    uint8_t qos, const char *payload, size_t payload_len);

/*
 * Queues PUBLISH of a cloud-to-device message.  *packet_id is that of an
 * earlier delivery, which is repeated with DUP [MQTT-3.3.1-1], or 0; it gets
 * the one that is used.  0, or -1 as above.
 */
int hub_send_devicebound(struct hub_session *session, const char *bag,
    const char *payload, size_t payload_len, uint8_t qos, uint16_t *packet_id);

/*
 * Appends the answer to a twin request: payload is JSON text or empty, version
 * below 0 is left out.
 */
void hub_send_put_twin(struct hub_session *session, struct strbuf *out,
    int status, struct topic_str rid, int64_t version, const char *payload);
/* An error as the answer; text is for the device's developer. */
void hub_send_put_twin_error(struct hub_session *session, struct strbuf *out,
    struct topic_str rid, enum iothub_error_id id, const char *text);

/* Appends PUBACK, unless packet_id is 0, as of QoS 0. */
void hub_send_put_puback(struct strbuf *out, uint16_t packet_id);

/* CONNACK that refuses, and the end of the connection. */
void hub_send_refusal(struct hub_session *session, uint8_t code);

#endif
