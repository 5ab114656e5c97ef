#include "config.h"

#include "core/base/err.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"

/* What did not fit may have been cut inside a character: drop its rest. */
static void
end_whole(char *text, size_t size)
{
	size_t len = strlen(text), start = len;
	uint32_t cp;

	if (len + 1 < size)
		return;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0)
		start--;
	if (utf8_decode(text + start, len - start, &cp) == -1)
		text[start] = '\0';
}

int
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return -1;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	end_whole(err->text, sizeof(err->text));
	return -1;
}

int
err_prefix(struct err *err, const char *fmt, ...)
{
	char was[sizeof(err->text)];
	va_list ap;
	size_t used, left;

	if (err == NULL)
		return -1;
	memcpy(was, err->text, sizeof(was));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	left = sizeof(err->text) - used;
	if ((size_t)snprintf(err->text + used, left, ": %s", was) >= left)
		end_whole(err->text, sizeof(err->text));
	return -1;
}

int
err_copy(struct err *to, const struct err *from)
{
	if (to != NULL && to != from)
		*to = *from;
	return -1;
}

void
err_clear(struct err *err)
{
	if (err != NULL) {
		err->code = ERR_NONE;
		err->text[0] = '\0';
	}
}
