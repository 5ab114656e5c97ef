/*
 * SUBSCRIBE and UNSUBSCRIBE with their answers.
 */
#ifndef TWINDECK_CORE_MQTT_SUBSCRIBE_H
#define TWINDECK_CORE_MQTT_SUBSCRIBE_H

#include <stddef.h>
#include <stdint.h>

#include "core/mqtt/reader.h"

struct err;
struct strbuf;

#define MQTT_FILTERS_MAX 64 /* Topic Filters of one packet */

/* Of SUBSCRIBE, and of UNSUBSCRIBE with qos unused. */
struct mqtt_subscribe {
	uint16_t packet_id;
	size_t n;
	struct {
		struct mqtt_str topic_filter; /* a view */
		uint8_t qos;
	} filters[MQTT_FILTERS_MAX];
};

/* 0, or -1 with err set: ERR_PROTOCOL, ERR_LIMIT (MQTT_FILTERS_MAX). */
int mqtt_subscribe_read(
    struct mqtt_reader *in, struct mqtt_subscribe *subscribe, struct err *err);
int mqtt_unsubscribe_read(struct mqtt_reader *in,
    struct mqtt_subscribe *unsubscribe, struct err *err);
void mqtt_subscribe_write(
    struct strbuf *out, const struct mqtt_subscribe *subscribe);
void mqtt_unsubscribe_write(
    struct strbuf *out, const struct mqtt_subscribe *unsubscribe);

struct mqtt_suback {
	uint16_t packet_id;
	size_t n;
	uint8_t codes[MQTT_FILTERS_MAX]; /* a QoS, or MQTT_SUBACK_FAILURE */
};

int mqtt_suback_read(
    struct mqtt_reader *in, struct mqtt_suback *suback, struct err *err);
void mqtt_suback_write(struct strbuf *out, const struct mqtt_suback *suback);

#endif
