#include "config.h"

#include "core/mqtt/subscribe.h"

#include <stdbool.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/mqtt/filter.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/writer.h"

/* Both packets are alike, up to the QoS behind each filter of SUBSCRIBE. */
static int
read_filters(struct mqtt_reader *in, struct mqtt_subscribe *s, bool with_qos,
    struct err *err)
{
	const char *name = with_qos ? "SUBSCRIBE" : "UNSUBSCRIBE";
	struct mqtt_str filter;
	uint8_t qos = 0;

	s->n = 0;
	if (mqtt_read_u16(in, &s->packet_id) == -1 || s->packet_id == 0)
		return err_set(err, ERR_PROTOCOL,
		    "%s without a Packet Identifier [MQTT-2.3.1-1]", name);
	do {
		if (s->n == MQTT_FILTERS_MAX)
			return err_set(err, ERR_LIMIT,
			    "%s with more than %d Topic Filters", name,
			    MQTT_FILTERS_MAX);
		if (mqtt_read_str(in, &filter) == -1)
			return err_set(err, ERR_PROTOCOL,
			    "%s without a Topic Filter [%s]", name,
			    with_qos ? "MQTT-3.8.3-3" : "MQTT-3.10.3-2");
		if (!mqtt_filter_is_valid(filter))
			return err_set(err, ERR_PROTOCOL,
			    "%s of no Topic Filter [MQTT-4.7.1-2]", name);
		if (with_qos &&
		    (mqtt_read_u8(in, &qos) == -1 || qos > MQTT_QOS_2))
			return err_set(err, ERR_PROTOCOL,
			    "SUBSCRIBE at no QoS [MQTT-3.8.3-4]");
		s->filters[s->n].topic_filter = filter;
		s->filters[s->n].qos = qos;
		s->n++;
	} while (mqtt_reader_left(in) > 0);
	return 0;
}

static void
write_filters(struct strbuf *out, const struct mqtt_subscribe *s, uint8_t type)
{
	bool with_qos = type == MQTT_SUBSCRIBE;
	size_t i, len = 2;

	for (i = 0; i < s->n; i++)
		len += 2 + s->filters[i].topic_filter.len + with_qos;
	mqtt_write_header(out, type, 2, len);
	mqtt_write_u16(out, s->packet_id);
	for (i = 0; i < s->n; i++) {
		mqtt_write_str(out, s->filters[i].topic_filter);
		if (with_qos)
			mqtt_write_u8(out, s->filters[i].qos);
	}
}

int
mqtt_subscribe_read(
    struct mqtt_reader *in, struct mqtt_subscribe *subscribe, struct err *err)
{
	return read_filters(in, subscribe, true, err);
}

int
mqtt_unsubscribe_read(
    struct mqtt_reader *in, struct mqtt_subscribe *unsubscribe, struct err *err)
{
	return read_filters(in, unsubscribe, false, err);
}

void
mqtt_subscribe_write(struct strbuf *out, const struct mqtt_subscribe *subscribe)
{
	write_filters(out, subscribe, MQTT_SUBSCRIBE);
}

void
mqtt_unsubscribe_write(
    struct strbuf *out, const struct mqtt_subscribe *unsubscribe)
{
	write_filters(out, unsubscribe, MQTT_UNSUBSCRIBE);
}

int
mqtt_suback_read(
    struct mqtt_reader *in, struct mqtt_suback *suback, struct err *err)
{
	uint8_t code;

	suback->n = 0;
	if (mqtt_read_u16(in, &suback->packet_id) == -1 ||
	    suback->packet_id == 0 || mqtt_reader_left(in) == 0)
		return err_set(
		    err, ERR_PROTOCOL, "malformed SUBACK [MQTT-3.8.4-5]");
	while (mqtt_read_u8(in, &code) == 0) {
		if (suback->n == MQTT_FILTERS_MAX ||
		    (code > MQTT_QOS_2 && code != MQTT_SUBACK_FAILURE))
			return err_set(err, ERR_PROTOCOL,
			    "malformed SUBACK [MQTT-3.9.3-2]");
		suback->codes[suback->n++] = code;
	}
	return 0;
}

void
mqtt_suback_write(struct strbuf *out, const struct mqtt_suback *suback)
{
	mqtt_write_header(out, MQTT_SUBACK, 0, 2 + suback->n);
	mqtt_write_u16(out, suback->packet_id);
	strbuf_put(out, suback->codes, suback->n);
}
