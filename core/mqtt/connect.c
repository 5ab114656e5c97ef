#include "config.h"

#include "core/mqtt/connect.h"

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/mqtt/filter.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/writer.h"

/* The Connect Flags of section 3.1.2.3. */
enum {
	FLAG_RESERVED = 0x01,
	FLAG_CLEAN_SESSION = 0x02,
	FLAG_WILL = 0x04,
	FLAG_WILL_QOS = 0x18,
	FLAG_WILL_RETAIN = 0x20,
	FLAG_PASSWORD = 0x40,
	FLAG_USER_NAME = 0x80
};
#define WILL_QOS_SHIFT 3

static int
malformed(struct err *err, const char *what)
{
	return err_set(err, ERR_PROTOCOL, "CONNECT %s", what);
}

static int
read_protocol(struct mqtt_reader *in, struct err *err)
{
	struct mqtt_str name;
	uint8_t level;

	if (mqtt_read_str(in, &name) == -1 || mqtt_read_u8(in, &level) == -1)
		return malformed(err, "without a protocol [MQTT-3.1.2-1]");
	if (mqtt_str_equal(name, "MQIsdp"))
		return err_set(err, ERR_UNSUPPORTED,
		    "MQTT 3.1 is not spoken here [MQTT-3.1.2-2]");
	if (!mqtt_str_equal(name, "MQTT"))
		return malformed(err, "of another protocol [MQTT-3.1.2-1]");
	if (level != MQTT_LEVEL)
		return err_set(err, ERR_UNSUPPORTED,
		    "Protocol Level %u is not spoken here [MQTT-3.1.2-2]",
		    level);
	return 0;
}

static int
check_flags(uint8_t flags, struct err *err)
{
	if ((flags & FLAG_RESERVED) != 0)
		return malformed(err, "with the reserved flag [MQTT-3.1.2-3]");
	if ((flags & FLAG_WILL) == 0 &&
	    (flags & (FLAG_WILL_QOS | FLAG_WILL_RETAIN)) != 0)
		return malformed(
		    err, "with flags of a will and no will [MQTT-3.1.2-13]");
	if ((flags & FLAG_WILL_QOS) == FLAG_WILL_QOS)
		return malformed(err, "with Will QoS 3 [MQTT-3.1.2-14]");
	if ((flags & FLAG_USER_NAME) == 0 && (flags & FLAG_PASSWORD) != 0)
		return malformed(
		    err, "with a password and no user name [MQTT-3.1.2-22]");
	return 0;
}

static int
read_payload(struct mqtt_reader *in, uint8_t flags,
    struct mqtt_connect *connect, struct err *err)
{
	if (mqtt_read_str(in, &connect->client_id) == -1)
		return malformed(
		    err, "without a Client Identifier [MQTT-3.1.3-3]");
	if ((flags & FLAG_WILL) != 0 &&
	    (mqtt_read_str(in, &connect->will_topic) == -1 ||
		!mqtt_topic_is_valid(connect->will_topic) ||
		mqtt_read_binary(in, &connect->will_message) == -1))
		return malformed(
		    err, "without the will it has a flag for [MQTT-3.1.2-9]");
	if ((flags & FLAG_USER_NAME) != 0 &&
	    mqtt_read_str(in, &connect->user_name) == -1)
		return malformed(err,
		    "without the user name it has a flag for "
		    "[MQTT-3.1.2-19]");
	if ((flags & FLAG_PASSWORD) != 0 &&
	    mqtt_read_binary(in, &connect->password) == -1)
		return malformed(err,
		    "without the password it has a flag for [MQTT-3.1.2-21]");
	if (mqtt_reader_left(in) > 0)
		return malformed(err, "with bytes behind its end [MQTT 3.1.3]");
	return 0;
}

int
mqtt_connect_read(
    struct mqtt_reader *in, struct mqtt_connect *connect, struct err *err)
{
	uint8_t flags;

	*connect = (struct mqtt_connect){0};
	if (read_protocol(in, err) == -1)
		return -1;
	if (mqtt_read_u8(in, &flags) == -1 ||
	    mqtt_read_u16(in, &connect->keep_alive_s) == -1)
		return malformed(err, "that ends too early [MQTT 3.1.2]");
	if (check_flags(flags, err) == -1)
		return -1;
	connect->clean_session = (flags & FLAG_CLEAN_SESSION) != 0;
	connect->will_retain = (flags & FLAG_WILL_RETAIN) != 0;
	connect->will_qos =
	    (uint8_t)((flags & FLAG_WILL_QOS) >> WILL_QOS_SHIFT);
	return read_payload(in, flags, connect, err);
}

void
mqtt_connect_write(struct strbuf *out, const struct mqtt_connect *connect)
{
	bool will = connect->will_topic.s != NULL;
	unsigned int flags = 0;
	size_t len = 10 + 2 + connect->client_id.len;

	if (connect->clean_session)
		flags |= FLAG_CLEAN_SESSION;
	if (will) {
		flags |= FLAG_WILL;
		flags |= (unsigned int)connect->will_qos << WILL_QOS_SHIFT;
		flags |= connect->will_retain ? FLAG_WILL_RETAIN : 0;
		len += 4 + connect->will_topic.len + connect->will_message.len;
	}
	if (connect->user_name.s != NULL) {
		flags |= FLAG_USER_NAME;
		len += 2 + connect->user_name.len;
	}
	if (connect->password.s != NULL) {
		flags |= FLAG_PASSWORD;
		len += 2 + connect->password.len;
	}

	mqtt_write_header(out, MQTT_CONNECT, 0, len);
	mqtt_write_str(out, mqtt_str("MQTT"));
	mqtt_write_u8(out, MQTT_LEVEL);
	mqtt_write_u8(out, (uint8_t)flags);
	mqtt_write_u16(out, connect->keep_alive_s);
	mqtt_write_str(out, connect->client_id);
	if (will) {
		mqtt_write_str(out, connect->will_topic);
		mqtt_write_str(out, connect->will_message);
	}
	if (connect->user_name.s != NULL)
		mqtt_write_str(out, connect->user_name);
	if (connect->password.s != NULL)
		mqtt_write_str(out, connect->password);
}

int
mqtt_connack_read(
    struct mqtt_reader *in, struct mqtt_connack *connack, struct err *err)
{
	uint8_t flags;

	if (mqtt_read_u8(in, &flags) == -1 || flags > 1 ||
	    mqtt_read_u8(in, &connack->code) == -1 ||
	    mqtt_reader_left(in) > 0 ||
	    (connack->code != MQTT_ACCEPTED && flags != 0))
		return err_set(
		    err, ERR_PROTOCOL, "malformed CONNACK [MQTT-3.2.2-4]");
	connack->session_present = flags == 1;
	return 0;
}

void
mqtt_connack_write(struct strbuf *out, const struct mqtt_connack *connack)
{
	mqtt_write_header(out, MQTT_CONNACK, 0, 2);
	/* Only who is let in may find a session [MQTT-3.2.2-4]. */
	mqtt_write_u8(
	    out, connack->code == MQTT_ACCEPTED && connack->session_present);
	mqtt_write_u8(out, connack->code);
}
