/*
 * The packets with next to nothing in them: PUBACK and UNSUBACK carry a Packet
 * Identifier; PINGREQ, PINGRESP and DISCONNECT carry nothing.
 */
#ifndef TWINDECK_CORE_MQTT_PLAIN_H
#define TWINDECK_CORE_MQTT_PLAIN_H

#include <stdint.h>

#include "core/mqtt/reader.h"

struct err;
struct strbuf;

/* type, of enum mqtt_type, names the packet in the error (ERR_PROTOCOL). */
int mqtt_plain_read_id(
    struct mqtt_reader *in, uint8_t type, uint16_t *packet_id, struct err *err);
int mqtt_plain_read(struct mqtt_reader *in, uint8_t type, struct err *err);

void mqtt_plain_write_id(struct strbuf *out, uint8_t type, uint16_t packet_id);
void mqtt_plain_write(struct strbuf *out, uint8_t type);

#endif
