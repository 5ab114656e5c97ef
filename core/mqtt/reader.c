#include "config.h"

#include "core/mqtt/reader.h"

#include <string.h>

#include "core/base/str.h"

void
mqtt_reader_init(struct mqtt_reader *in, const void *data, size_t len)
{
	in->p = data;
	in->left = len;
}

size_t
mqtt_reader_left(const struct mqtt_reader *in)
{
	return in->left;
}

static const unsigned char *
take(struct mqtt_reader *in, size_t n)
{
	const unsigned char *p = in->p;

	if (n > 0)
		in->p += n;
	in->left -= n;
	return p;
}

int
mqtt_read_u8(struct mqtt_reader *in, uint8_t *value)
{
	if (in->left < 1)
		return -1;
	*value = *take(in, 1);
	return 0;
}

int
mqtt_read_u16(struct mqtt_reader *in, uint16_t *value)
{
	const unsigned char *p;

	if (in->left < 2)
		return -1;
	p = take(in, 2);
	*value = (uint16_t)(p[0] << 8 | p[1]);
	return 0;
}

int
mqtt_read_binary(struct mqtt_reader *in, struct mqtt_str *value)
{
	struct mqtt_reader ahead = *in;
	uint16_t len;

	if (mqtt_read_u16(&ahead, &len) == -1 || ahead.left < len)
		return -1;
	value->s = (const char *)take(&ahead, len);
	value->len = len;
	*in = ahead;
	return 0;
}

int
mqtt_read_str(struct mqtt_reader *in, struct mqtt_str *value)
{
	struct mqtt_reader ahead = *in;
	struct mqtt_str s;

	if (mqtt_read_binary(&ahead, &s) == -1 || !utf8_is_valid(s.s, s.len) ||
	    memchr(s.s, '\0', s.len) != NULL)
		return -1;
	*value = s;
	*in = ahead;
	return 0;
}

struct mqtt_str
mqtt_read_rest(struct mqtt_reader *in)
{
	struct mqtt_str rest = {(const char *)in->p, in->left};

	take(in, in->left);
	return rest;
}

struct mqtt_str
mqtt_str(const char *s)
{
	return (struct mqtt_str){s, strlen(s)};
}

bool
mqtt_str_equal(struct mqtt_str a, const char *b)
{
	return a.len == strlen(b) && memcmp(a.s, b, a.len) == 0;
}
