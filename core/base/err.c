#include "config.h"

#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	strncat(err->text, ": ", sizeof(err->text) - used - 1);
	used = strlen(err->text);
	strncat(err->text, was, sizeof(err->text) - used - 1);
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
