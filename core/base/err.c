#include "config.h"

#include "core/base/err.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"

/*
 * The words of a hub or a device may be quoted in an error, and an error ends
 * on a terminal: control characters become spaces, bytes that are no UTF-8
 * question marks.  What did not fit may have been cut inside a character.
 */
static void
make_plain(char *text, size_t size)
{
	size_t len = strlen(text), i;
	uint32_t cp;
	int n;

	for (i = 0; i < len; i += (size_t)n) {
		n = utf8_decode(text + i, len - i, &cp);
		if (n == -1 && len + 1 == size && len - i < 4) {
			text[i] = '\0';
			return;
		}
		if (n == -1) {
			text[i] = '?';
			n = 1;
		} else if (cp < 0x20 || (cp >= 0x7f && cp <= 0x9f)) {
			memset(text + i, ' ', (size_t)n);
		}
	}
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
	make_plain(err->text, sizeof(err->text));
	return -1;
}

int
err_prefix(struct err *err, const char *fmt, ...)
{
	char was[sizeof(err->text)];
	va_list ap;
	size_t used;

	if (err == NULL)
		return -1;
	memcpy(was, err->text, sizeof(was));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", was);
	make_plain(err->text, sizeof(err->text));
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
