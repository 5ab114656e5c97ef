#include "config.h"

#include "core/mqtt/describe.h"

#include <string.h>

#include "core/base/str.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/plain.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/publish.h"
#include "core/mqtt/subscribe.h"

static void
put_str(struct strbuf *out, struct mqtt_str s)
{
	strbuf_put(out, s.s, s.len);
}

static int
describe_connect(struct strbuf *out, struct mqtt_reader *in)
{
	struct mqtt_connect c;

	if (mqtt_connect_read(in, &c, NULL) == -1)
		return -1;
	strbuf_puts(out, " ");
	put_str(out, c.client_id);
	strbuf_printf(out, " keep alive %u s%s", c.keep_alive_s,
	    c.clean_session ? ", clean session" : "");
	if (c.user_name.s != NULL) {
		strbuf_puts(out, ", user ");
		put_str(out, c.user_name);
	}
	if (c.password.s != NULL)
		strbuf_puts(out, ", password (secret)");
	if (c.will_topic.s != NULL) {
		strbuf_puts(out, ", will to ");
		put_str(out, c.will_topic);
	}
	return 0;
}

static int
describe_connack(struct strbuf *out, struct mqtt_reader *in)
{
	struct mqtt_connack c;

	if (mqtt_connack_read(in, &c, NULL) == -1)
		return -1;
	strbuf_printf(out, " code %u%s", c.code,
	    c.session_present ? ", session present" : "");
	return 0;
}

/* Text as it is, up to the character that would go beyond. */
static void
put_payload(struct strbuf *out, struct mqtt_str payload)
{
	size_t n = payload.len;

	if (n == 0)
		return;
	if (!utf8_is_valid(payload.s, n) || memchr(payload.s, '\0', n)) {
		strbuf_printf(out, " (%zu bytes, no text)", n);
		return;
	}
	if (n > MQTT_DESCRIBE_PAYLOAD_MAX)
		for (n = MQTT_DESCRIBE_PAYLOAD_MAX;
		     ((unsigned char)payload.s[n] & 0xc0) == 0x80;)
			n--;
	strbuf_putc(out, ' ');
	strbuf_put(out, payload.s, n);
	if (n < payload.len)
		strbuf_printf(out, " … %zu bytes", payload.len);
}

static int
describe_publish(struct strbuf *out, struct mqtt_reader *in, uint8_t flags)
{
	struct mqtt_publish p;

	if (mqtt_publish_read(in, flags, &p, NULL) == -1)
		return -1;
	strbuf_printf(out, " q%u", p.qos);
	if (p.packet_id != 0)
		strbuf_printf(out, " id %u", p.packet_id);
	strbuf_printf(
	    out, "%s%s ", p.dup ? " dup" : "", p.retain ? " retain" : "");
	put_str(out, p.topic_name);
	put_payload(out, p.payload);
	return 0;
}

static int
describe_subscribe(struct strbuf *out, struct mqtt_reader *in, uint8_t type)
{
	struct mqtt_subscribe s;
	size_t i;
	int rc = type == MQTT_SUBSCRIBE ? mqtt_subscribe_read(in, &s, NULL)
					: mqtt_unsubscribe_read(in, &s, NULL);

	if (rc == -1)
		return -1;
	strbuf_printf(out, " id %u", s.packet_id);
	for (i = 0; i < s.n; i++) {
		strbuf_putc(out, ' ');
		put_str(out, s.filters[i].topic_filter);
		if (type == MQTT_SUBSCRIBE)
			strbuf_printf(out, " q%u", s.filters[i].qos);
	}
	return 0;
}

static int
describe_suback(struct strbuf *out, struct mqtt_reader *in)
{
	struct mqtt_suback s;
	size_t i;

	if (mqtt_suback_read(in, &s, NULL) == -1)
		return -1;
	strbuf_printf(out, " id %u", s.packet_id);
	for (i = 0; i < s.n; i++)
		if (s.codes[i] == MQTT_SUBACK_FAILURE)
			strbuf_puts(out, " refused");
		else
			strbuf_printf(out, " q%u", s.codes[i]);
	return 0;
}

static int
describe_body(
    struct strbuf *out, const struct mqtt_frame *frame, struct mqtt_reader *in)
{
	uint16_t packet_id;

	switch (frame->type) {
	case MQTT_CONNECT:
		return describe_connect(out, in);
	case MQTT_CONNACK:
		return describe_connack(out, in);
	case MQTT_PUBLISH:
		return describe_publish(out, in, frame->flags);
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE:
		return describe_subscribe(out, in, frame->type);
	case MQTT_SUBACK:
		return describe_suback(out, in);
	case MQTT_PINGREQ:
	case MQTT_PINGRESP:
	case MQTT_DISCONNECT:
		return 0;
	default:
		if (mqtt_plain_read_id(in, frame->type, &packet_id, NULL) ==
		    -1)
			return -1;
		strbuf_printf(out, " id %u", packet_id);
		return 0;
	}
}

void
mqtt_describe(struct strbuf *out, const void *packet, size_t len)
{
	struct mqtt_frame frame;
	struct mqtt_reader in;

	if (mqtt_frame_read(packet, len, MQTT_REMAINING_MAX, &frame, NULL) !=
		1 ||
	    frame.body_len > len - frame.header_len) {
		strbuf_printf(out, "%zu bytes that are no packet", len);
		return;
	}
	strbuf_puts(out, mqtt_type_name(frame.type));
	mqtt_reader_init(&in, (const char *)packet + frame.header_len,
	    frame.body_len);
	if (describe_body(out, &frame, &in) == -1)
		strbuf_printf(out, " of %zu bytes, malformed", frame.body_len);
}
