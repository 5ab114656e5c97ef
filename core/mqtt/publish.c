#include "config.h"

#include "core/mqtt/publish.h"

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/mqtt/filter.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/writer.h"

/* The flags of section 3.3.1. */
enum { FLAG_RETAIN = 0x01, FLAG_QOS = 0x06, FLAG_DUP = 0x08 };
#define QOS_SHIFT 1

int
mqtt_publish_read(struct mqtt_reader *in, uint8_t flags,
    struct mqtt_publish *publish, struct err *err)
{
	*publish = (struct mqtt_publish){
	    .qos = (uint8_t)((flags & FLAG_QOS) >> QOS_SHIFT),
	    .dup = (flags & FLAG_DUP) != 0,
	    .retain = (flags & FLAG_RETAIN) != 0,
	};
	if (publish->qos > MQTT_QOS_2)
		return err_set(
		    err, ERR_PROTOCOL, "PUBLISH at QoS 3 [MQTT-3.3.1-4]");
	if (publish->qos == MQTT_QOS_0 && publish->dup)
		return err_set(err, ERR_PROTOCOL,
		    "PUBLISH with DUP at QoS 0 [MQTT-3.3.1-2]");
	if (mqtt_read_str(in, &publish->topic_name) == -1)
		return err_set(err, ERR_PROTOCOL,
		    "PUBLISH without a Topic Name [MQTT-3.3.2-1]");
	if (!mqtt_topic_is_valid(publish->topic_name))
		return err_set(err, ERR_PROTOCOL,
		    "PUBLISH to no Topic Name [MQTT-3.3.2-2]");
	if (publish->qos > MQTT_QOS_0 &&
	    (mqtt_read_u16(in, &publish->packet_id) == -1 ||
		publish->packet_id == 0))
		return err_set(err, ERR_PROTOCOL,
		    "PUBLISH without a Packet Identifier [MQTT-2.3.1-1]");
	publish->payload = mqtt_read_rest(in);
	return 0;
}

void
mqtt_publish_write(struct strbuf *out, const struct mqtt_publish *publish)
{
	size_t id_len = publish->qos > MQTT_QOS_0 ? 2 : 0;
	unsigned int flags = (unsigned int)publish->qos << QOS_SHIFT;

	flags |= publish->dup ? FLAG_DUP : 0;
	flags |= publish->retain ? FLAG_RETAIN : 0;
	mqtt_write_header(out, MQTT_PUBLISH, (uint8_t)flags,
	    2 + publish->topic_name.len + id_len + publish->payload.len);
	mqtt_write_str(out, publish->topic_name);
	if (id_len > 0)
		mqtt_write_u16(out, publish->packet_id);
	strbuf_put(out, publish->payload.s, publish->payload.len);
}
