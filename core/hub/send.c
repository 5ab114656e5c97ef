#include "config.h"

#include "core/hub/send.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/session.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/plain.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/publish.h"

/* One more that wants a PUBACK; *packet_id is given one if it has none. */
static int
take_id(struct hub_session *session, uint16_t *packet_id)
{
	if (session->unacked == HUB_UNACKED_MAX) {
		hub_session_close(session, "it sends no PUBACK");
		return -1;
	}
	session->unacked++;
	if (*packet_id != 0)
		return 0;
	/* Never 0 [MQTT-2.3.1-1], nor one that is in use: clients acknowledge
	 * in order [MQTT-4.6.0-2]. */
	if (++session->packet_id == 0)
		session->packet_id = 1;
	*packet_id = session->packet_id;
	return 0;
}

/* -1 when too many stand without PUBACK: then the session is closed. */
static int
put_message(struct hub_session *session, struct strbuf *out,
    const char *topic_name, uint8_t qos, const char *payload,
    size_t payload_len)
{
	struct mqtt_publish publish = {
		.topic_name = mqtt_str(topic_name),
		.payload = { payload, payload_len },
		.qos = qos,
	};

	if (qos > MQTT_QOS_0 && take_id(session, &publish.packet_id) == -1)
		return -1;
	mqtt_publish_write(out, &publish);
	return 0;
}

void
hub_send_message(struct hub_session *session, const char *topic_name,
    uint8_t qos, const char *payload, size_t payload_len)
{
	struct strbuf out = { 0 };

	if (put_message(session, &out, topic_name, qos, payload, payload_len) ==
	    0)
		hub_session_send(session, &out);
	strbuf_fini(&out);
}

int
hub_send_devicebound(struct hub_session *session, const char *bag,
    const char *payload, size_t payload_len, uint8_t qos, uint16_t *packet_id)
{
	char *topic = xasprintf(
	    "devices/%s/messages/devicebound/%s", session->device_id, bag);
	struct mqtt_publish publish = {
		.topic_name = mqtt_str(topic),
		.payload = { payload, payload_len },
		.qos = qos,
		.dup = qos > MQTT_QOS_0 && *packet_id != 0,
	};
	struct strbuf out = { 0 };
	int rc = 0;

	if (qos > MQTT_QOS_0)
		rc = take_id(session, packet_id);
	if (rc == 0) {
		publish.packet_id = qos > MQTT_QOS_0 ? *packet_id : 0;
		mqtt_publish_write(&out, &publish);
		hub_session_send(session, &out);
	}
	strbuf_fini(&out);
	free(topic);
	return rc;
}

void
hub_send_put_twin(struct hub_session *session, struct strbuf *out, int status,
    struct topic_str rid, int64_t version, const char *payload)
{
	char *topic = topic_format_twin_response(status, rid, version);
	int qos = hub_subscriptions_qos(&session->subs, topic);

	/* Also to who has no subscription for it: no SDK asks without having
	 * subscribed once, in a session that may be gone. */
	put_message(
	    session, out, topic, qos == 1 ? 1 : 0, payload, strlen(payload));
	free(topic);
}

void
hub_send_put_twin_error(struct hub_session *session, struct strbuf *out,
    struct topic_str rid, enum iothub_error_id id, const char *text)
{
	int status = iothub_error_get(id)->http;
	char *topic = topic_format_twin_response(status, rid, -1);
	char *payload = iothub_error_format_mqtt(id, text);

	/* At QoS 0: it may be prepared for nothing, and an identifier that is
	 * never sent would never be acknowledged. */
	put_message(session, out, topic, 0, payload, strlen(payload));
	free(payload);
	free(topic);
}

void
hub_send_put_puback(struct strbuf *out, uint16_t packet_id)
{
	if (packet_id != 0)
		mqtt_plain_write_id(out, MQTT_PUBACK, packet_id);
}

void
hub_send_refusal(struct hub_session *session, uint8_t code)
{
	struct strbuf out = { 0 };

	mqtt_connack_write(&out, &(struct mqtt_connack){ .code = code });
	hub_session_send(session, &out);
	hub_session_close(session, "refused");
	strbuf_fini(&out);
}
