/*
 * Reads values off the front of a packet's body.  What it hands out are views
 * into the packet: good as long as its bytes are.
 */
#ifndef TWINDECK_CORE_MQTT_READER_H
#define TWINDECK_CORE_MQTT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of somebody else's, not terminated. */
struct mqtt_str {
	const char *s;
	size_t len;
};

struct mqtt_reader {
	const unsigned char *p;
	size_t left;
};

void mqtt_reader_init(struct mqtt_reader *in, const void *data, size_t len);
size_t mqtt_reader_left(const struct mqtt_reader *in);

/* Each returns 0, or -1 if the packet ends first; then nothing is taken. */
int mqtt_read_u8(struct mqtt_reader *in, uint8_t *value);
int mqtt_read_u16(struct mqtt_reader *in, uint16_t *value);
/* Two bytes of length, then as many bytes of anything. */
int mqtt_read_binary(struct mqtt_reader *in, struct mqtt_str *value);
/* The same, in UTF-8 without U+0000 [MQTT-1.5.3-1] [MQTT-1.5.3-2]. */
int mqtt_read_str(struct mqtt_reader *in, struct mqtt_str *value);
/* All that is left. */
struct mqtt_str mqtt_read_rest(struct mqtt_reader *in);

struct mqtt_str mqtt_str(const char *s); /* a view of a C string */
bool mqtt_str_equal(struct mqtt_str a, const char *b);

#endif
