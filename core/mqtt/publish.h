/*
 * PUBLISH, the only packet that carries a message.
 */
#ifndef TWINDECK_CORE_MQTT_PUBLISH_H
#define TWINDECK_CORE_MQTT_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mqtt/reader.h"

struct err;
struct strbuf;

struct mqtt_publish {
	struct mqtt_str topic_name; /* views, both */
	struct mqtt_str payload;
	uint16_t packet_id; /* 0 at QoS 0 */
	uint8_t qos;
	bool dup;
	bool retain;
};

/* flags are those of the fixed header.  0, or -1 with err set (ERR_PROTOCOL).
 */
int mqtt_publish_read(struct mqtt_reader *in, uint8_t flags,
    struct mqtt_publish *publish, struct err *err);
void mqtt_publish_write(struct strbuf *out, const struct mqtt_publish *publish);

#endif
