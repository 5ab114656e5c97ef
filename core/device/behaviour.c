#include "config.h"

#include "core/device/behaviour.h"

#include <stdarg.h>
#include <stdlib.h>

#include "core/base/xalloc.h"

void
device_outlet_say(const struct device_outlet *outlet, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	outlet->say(text, outlet->arg);
	free(text);
}
