#include "config.h"

#include "tests/support/wire.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/test.h"

FILE *
wire_open(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char *path = xasprintf("%s/%s", srcdir != NULL ? srcdir : ".", name);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	free(path);
	return file;
}

int
wire_next(FILE *file, struct wire_line *line)
{
	size_t cap = 0;
	char *p, *bar;

	line->text = NULL;
	do {
		line->number++;
		if (getline(&line->text, &cap, file) == -1) {
			free(line->text);
			line->text = NULL;
			return 0;
		}
		p = str_trim(line->text);
	} while (*p == '#' || *p == '\0');

	for (line->n = 0; p != NULL; p = bar) {
		bar = strstr(p, " | "); /* fields share the blank between */
		if (bar != NULL) {
			*bar = '\0';
			bar += 2;
		}
		assert_true(line->n < WIRE_FIELDS_MAX);
		line->fields[line->n++] = str_trim(p);
	}
	return 1;
}

void
wire_line_fini(struct wire_line *line)
{
	free(line->text);
	line->text = NULL;
}

char *
wire_expand(const char *text, const struct wire_word *words)
{
	struct strbuf out = { 0 };
	const struct wire_word *w;
	size_t n;

	while (*text != '\0') {
		for (w = words; w->name != NULL; w++) {
			n = strlen(w->name);
			if (*text == '<' &&
			    strncmp(text + 1, w->name, n) == 0 &&
			    text[n + 1] == '>')
				break;
		}
		if (w->name == NULL) {
			strbuf_putc(&out, *text++);
			continue;
		}
		strbuf_puts(&out, w->text);
		text += strlen(w->name) + 2;
	}
	return strbuf_take(&out);
}

static void
put_length(struct strbuf *out, size_t n)
{
	for (; n > 0x7f; n >>= 7)
		strbuf_putc(out, (char)(0x80 | (n & 0x7f)));
	strbuf_putc(out, (char)n);
}

/* Reads up to the brace that closes, or to the end at depth 0. */
static const char *
read_bytes(const char *p, int depth, struct strbuf *out)
{
	struct strbuf inner = { 0 };
	const char *end;
	long times;
	char *after;
	int byte, n;

	for (;;) {
		while (isspace((unsigned char)*p))
			p++;
		if (*p == '\0' || *p == '}') {
			assert_int_equal(depth > 0, *p == '}');
			return *p == '}' ? p + 1 : p;
		}
		if (*p == '{') {
			p = read_bytes(p + 1, depth + 1, &inner);
			put_length(out, inner.len);
			strbuf_put(out, strbuf_str(&inner), inner.len);
			strbuf_fini(&inner);
			continue;
		}
		if (*p == '\'' || *p == '"') {
			end = strchr(p + 1, *p);
			assert_non_null(end);
			if (*p == '"') {
				strbuf_putc(out, (char)((end - p - 1) >> 8));
				strbuf_putc(out, (char)(end - p - 1));
			}
			strbuf_put(out, p + 1, (size_t)(end - p - 1));
			p = end + 1;
			continue;
		}
		if (sscanf(p, "%2x%n", (unsigned int *)&byte, &n) != 1 ||
		    n != 2)
			fail_msg("no bytes: %s", p);
		times = 1;
		p += 2;
		if (*p == '*') {
			times = strtol(p + 1, &after, 10);
			p = after;
		}
		while (times-- > 0)
			strbuf_putc(out, (char)byte);
	}
}

void
wire_bytes(const char *text, struct strbuf *out)
{
	read_bytes(text, 0, out);
}
