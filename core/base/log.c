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

static void
put_escaped(struct strbuf *out, const char *s, size_t len)
{
	uint32_t cp;
	int n;

	for (; len > 0; s += n, len -= (size_t)n) {
		n = utf8_decode(s, len, &cp);
		if (n > 0 && cp >= 0x20 && cp != 0x7f &&
		    (cp < 0x80 || cp > 0x9f)) {
			strbuf_put(out, s, (size_t)n);
			continue;
		}
		n = 1;
		strbuf_printf(out, "\\x%02x", (unsigned char)*s);
	}
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
	put_escaped(&line, text, strlen(text));
	strbuf_putc(&line, '\n');
	fwrite(line.data, 1, line.len, log_file);
	fflush(log_file);
	strbuf_fini(&line);
	free(text);
}
