/*
 * Puts values at the end of a packet that is being built.
 */
#ifndef TWINDECK_CORE_MQTT_WRITER_H
#define TWINDECK_CORE_MQTT_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "core/mqtt/reader.h"

struct strbuf;

void mqtt_write_u8(struct strbuf *out, uint8_t value);
void mqtt_write_u16(struct strbuf *out, uint16_t value);
/* Its length is at most MQTT_STR_MAX; the caller has seen to it. */
void mqtt_write_str(struct strbuf *out, struct mqtt_str value);
/* The fixed header: type and flags, then Remaining Length in 1 to 4 bytes. */
void mqtt_write_header(
    struct strbuf *out, uint8_t type, uint8_t flags, size_t remaining);

#endif
