#include "config.h"

#include "core/base/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

static FILE *log_file;
static enum log_level log_least;

static const char *const level_names[] = { "debug", "info", "warning",
	"error" };

void
log_open(FILE *file, enum log_level least)
{
	log_file = file;
	log_least = least;
}

void
log_write(enum log_level level, const char *fmt, ...)
{
	struct strbuf line = { 0 };
	char stamp[CLOCK_STAMP_SIZE];
	va_list ap;
	char *text;

	if (log_file == NULL || level < log_least)
		return;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	clock_format_log(stamp, clock_utc_us());
	strbuf_printf(&line, "%s %s: ", stamp, level_names[level]);
	strbuf_put_escaped(&line, text, strlen(text));
	strbuf_putc(&line, '\n');
	fwrite(line.data, 1, line.len, log_file);
	fflush(log_file);
	strbuf_fini(&line);
	free(text);
}
