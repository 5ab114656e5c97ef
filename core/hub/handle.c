#include "config.h"

#include "core/hub/handle.h"

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/hub/hub.h"
#include "core/hub/messages.h"
#include "core/hub/session.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/plain.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/reader.h"

typedef int (*handler)(struct hub_session *session,
    const struct mqtt_frame *frame, struct mqtt_reader *in, struct err *err);

static int
on_puback(struct hub_session *session, const struct mqtt_frame *frame,
    struct mqtt_reader *in, struct err *err)
{
	uint16_t packet_id;

	if (mqtt_plain_read_id(in, frame->type, &packet_id, err) == -1)
		return -1;
	if (session->unacked > 0)
		session->unacked--;
	/* Nothing else is sent again, so which one it is does not matter. */
	hub_messages_acknowledge(
	    session->hub->messages, session, packet_id);
	return 0;
}

static int
on_pingreq(struct hub_session *session, const struct mqtt_frame *frame,
    struct mqtt_reader *in, struct err *err)
{
	struct strbuf out = {0};

	if (mqtt_plain_read(in, frame->type, err) == -1)
		return -1;
	mqtt_plain_write(&out, MQTT_PINGRESP);
	hub_session_send(session, &out);
	strbuf_fini(&out);
	return 0;
}

static int
on_disconnect(struct hub_session *session, const struct mqtt_frame *frame,
    struct mqtt_reader *in, struct err *err)
{
	if (mqtt_plain_read(in, frame->type, err) == -1)
		return -1;
	hub_session_will_free(session->will); /* [MQTT-3.14.4-3] */
	session->will = NULL;
	hub_session_close(session, "the client took its leave");
	return 0;
}

/* What is not here no client may send [MQTT 2.2.1]; PUBREC, PUBREL and
 * PUBCOMP belong to QoS 2, which IoT Hub does not have. */
static const handler handlers[MQTT_TYPES] = {
    [MQTT_CONNECT] = hub_handle_connect,
    [MQTT_PUBLISH] = hub_handle_publish,
    [MQTT_PUBACK] = on_puback,
    [MQTT_SUBSCRIBE] = hub_handle_subscribe,
    [MQTT_UNSUBSCRIBE] = hub_handle_unsubscribe,
    [MQTT_PINGREQ] = on_pingreq,
    [MQTT_DISCONNECT] = on_disconnect,
};

int
hub_handle(struct hub_session *session, const struct mqtt_frame *frame,
    const void *body, struct err *err)
{
	struct mqtt_reader in;

	if (handlers[frame->type] == NULL)
		return err_set(err, ERR_PROTOCOL,
		    "%s is nothing that a client may send here [MQTT 2.2.1]",
		    mqtt_type_name(frame->type));
	if (session->state == HUB_SESSION_NEW && frame->type != MQTT_CONNECT)
		return err_set(err, ERR_PROTOCOL,
		    "%s before CONNECT [MQTT-3.1.0-1]",
		    mqtt_type_name(frame->type));
	mqtt_reader_init(&in, body, frame->body_len);
	return handlers[frame->type](session, frame, &in, err);
}
