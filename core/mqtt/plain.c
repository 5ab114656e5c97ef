#include "config.h"

#include "core/mqtt/plain.h"

#include "core/base/err.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/writer.h"

int
mqtt_plain_read_id(
    struct mqtt_reader *in, uint8_t type, uint16_t *packet_id, struct err *err)
{
	if (mqtt_read_u16(in, packet_id) == -1 || *packet_id == 0 ||
	    mqtt_reader_left(in) > 0)
		return err_set(err, ERR_PROTOCOL,
		    "%s is a Packet Identifier and nothing else "
		    "[MQTT-2.3.1-6]",
		    mqtt_type_name(type));
	return 0;
}

int
mqtt_plain_read(struct mqtt_reader *in, uint8_t type, struct err *err)
{
	if (mqtt_reader_left(in) > 0)
		return err_set(err, ERR_PROTOCOL, "%s has no body [MQTT 3.12]",
		    mqtt_type_name(type));
	return 0;
}

void
mqtt_plain_write_id(struct strbuf *out, uint8_t type, uint16_t packet_id)
{
	mqtt_write_header(out, type, 0, 2);
	mqtt_write_u16(out, packet_id);
}

void
mqtt_plain_write(struct strbuf *out, uint8_t type)
{
	mqtt_write_header(out, type, 0, 0);
}
