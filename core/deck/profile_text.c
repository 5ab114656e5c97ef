#include "config.h"

#include "core/deck/profile_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"

/* Where things stand in the text that is to be changed. */
struct place {
	bool section;  /* it is there */
	size_t behind; /* the last line of it that says something */
	size_t from; /* the key's own line, up to and with its end... */
	size_t to;   /* ...the same: there is none */
};

/* The key of a line, or the section, as libinih reads them; the caller's. */
static char *
word_of(const char *line, size_t len, bool *is_section)
{
	const char *c = line, *end = line + len;
	char *word, *trimmed;

	while (c < end && isspace((unsigned char)*c))
		c++;
	*is_section = c < end && *c == '[';
	if (c == end || *c == ';' || *c == '#')
		return NULL;
	if (*is_section)
		c++;
	for (line = c; c < end && strchr(*is_section ? "]" : "=:", *c) == NULL;)
		c++;
	word = xstrndup(line, (size_t)(c - line));
	trimmed = xstrdup(str_trim(word));
	free(word);
	return trimmed;
}

static struct place
find_place(const char *text, const char *section, const char *key)
{
	struct place p = { 0 };
	const char *line, *end;
	bool inside = false, is_section;
	char *word;

	for (line = text; *line != '\0'; line = end) {
		end = strchrnul(line, '\n');
		word = word_of(line, (size_t)(end - line), &is_section);
		end += *end == '\n';
		if (word == NULL)
			continue;
		if (is_section)
			inside = strcmp(word, section) == 0;
		if (inside) {
			p.section = true;
			p.behind = (size_t)(end - text);
		}
		if (inside && !is_section && strcmp(word, key) == 0) {
			p.from = (size_t)(line - text);
			p.to = (size_t)(end - text);
		}
		free(word);
	}
	return p;
}

char *
profile_text_edit(
    const char *text, const char *section, const char *key, const char *value)
{
	struct place p = find_place(text, section, key);
	struct strbuf out = { 0 };
	size_t at = p.from != p.to ? p.from
	    : p.section            ? p.behind
				   : strlen(text);
	size_t rest = p.from != p.to ? p.to : at;

	strbuf_put(&out, text, at);
	if (value != NULL) {
		if (out.len > 0 && out.data[out.len - 1] != '\n')
			strbuf_putc(&out, '\n');
		if (!p.section)
			strbuf_printf(
			    &out, "%s[%s]\n", out.len > 0 ? "\n" : "", section);
		strbuf_printf(&out, "%s = %s\n", key, value);
	}
	strbuf_puts(&out, text + rest);
	return strbuf_take(&out);
}
