#include "config.h"

#include "core/mqtt/writer.h"

#include "core/base/str.h"

void
mqtt_write_u8(struct strbuf *out, uint8_t value)
{
	strbuf_put(out, &value, 1);
}

void
mqtt_write_u16(struct strbuf *out, uint16_t value)
{
	unsigned char bytes[2] = {
	    (unsigned char)(value >> 8), (unsigned char)(value & 0xff)};

	strbuf_put(out, bytes, sizeof(bytes));
}

void
mqtt_write_str(struct strbuf *out, struct mqtt_str value)
{
	mqtt_write_u16(out, (uint16_t)value.len);
	strbuf_put(out, value.s, value.len);
}

void
mqtt_write_header(
    struct strbuf *out, uint8_t type, uint8_t flags, size_t remaining)
{
	mqtt_write_u8(out, (uint8_t)(type << 4 | flags));
	for (; remaining > 0x7f; remaining >>= 7)
		mqtt_write_u8(out, (uint8_t)(0x80 | (remaining & 0x7f)));
	mqtt_write_u8(out, (uint8_t)remaining);
}
