#include "config.h"

#include "core/mqtt/frame.h"

#include "core/base/err.h"
#include "core/mqtt/protocol.h"

static const struct {
	const char *name;
	uint8_t flags; /* as [MQTT-2.2.2-1] wants them; PUBLISH has its own */
} types[MQTT_TYPES] = {
    [0] = {"packet type 0", 0},
    [MQTT_CONNECT] = {"CONNECT", 0},
    [MQTT_CONNACK] = {"CONNACK", 0},
    [MQTT_PUBLISH] = {"PUBLISH", 0},
    [MQTT_PUBACK] = {"PUBACK", 0},
    [MQTT_PUBREC] = {"PUBREC", 0},
    [MQTT_PUBREL] = {"PUBREL", 2},
    [MQTT_PUBCOMP] = {"PUBCOMP", 0},
    [MQTT_SUBSCRIBE] = {"SUBSCRIBE", 2},
    [MQTT_SUBACK] = {"SUBACK", 0},
    [MQTT_UNSUBSCRIBE] = {"UNSUBSCRIBE", 2},
    [MQTT_UNSUBACK] = {"UNSUBACK", 0},
    [MQTT_PINGREQ] = {"PINGREQ", 0},
    [MQTT_PINGRESP] = {"PINGRESP", 0},
    [MQTT_DISCONNECT] = {"DISCONNECT", 0},
};

const char *
mqtt_type_name(uint8_t type)
{
	return type < MQTT_TYPES ? types[type].name : "packet type 15";
}

int
mqtt_frame_read(const void *data, size_t len, size_t max,
    struct mqtt_frame *frame, struct err *err)
{
	const unsigned char *p = data;
	size_t n, body = 0;
	unsigned int shift = 0;

	if (len == 0)
		return 0;
	*frame = (struct mqtt_frame){.type = p[0] >> 4, .flags = p[0] & 0x0f};
	if (frame->type == 0 || frame->type >= MQTT_TYPES)
		return err_set(err, ERR_PROTOCOL, "%s is reserved [MQTT 2.2.1]",
		    mqtt_type_name(frame->type));
	if (frame->type != MQTT_PUBLISH &&
	    frame->flags != types[frame->type].flags)
		return err_set(err, ERR_PROTOCOL,
		    "%s with flags 0x%x [MQTT-2.2.2-2]",
		    types[frame->type].name, frame->flags);

	for (n = 1; n < len && n < MQTT_HEADER_MAX; n++, shift += 7) {
		body |= (size_t)(p[n] & 0x7f) << shift;
		if ((p[n] & 0x80) != 0)
			continue;
		if (body > max)
			return err_set(err, ERR_LIMIT,
			    "%s of %zu bytes, the limit is %zu",
			    types[frame->type].name, body, max);
		frame->header_len = n + 1;
		frame->body_len = body;
		return 1;
	}
	if (n == MQTT_HEADER_MAX)
		return err_set(err, ERR_PROTOCOL,
		    "%s with a Remaining Length of over four bytes [MQTT "
		    "2.2.3]",
		    types[frame->type].name);
	return 0;
}
