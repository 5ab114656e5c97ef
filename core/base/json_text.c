#include "config.h"

#include "core/base/json_text.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"

#define INDENT 2

static bool
has_object(const cJSON *array)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
		if (cJSON_IsObject(item) ||
		    (cJSON_IsArray(item) && has_object(item)))
			return true;
	return false;
}

/* Outside of strings JSON is ASCII, so this meets strings only. */
static void
put_seen(struct strbuf *out, const char *text, size_t len)
{
	uint32_t cp;
	int n;

	for (; len > 0; text += n, len -= (size_t)n) {
		n = utf8_decode(text, len, &cp);
		if (n <= 0) {
			n = 1;
			strbuf_putc(out, *text);
		} else if (utf8_is_seen(cp)) {
			strbuf_put(out, text, (size_t)n);
		} else if (cp < 0x10000) {
			strbuf_printf(out, "\\u%04x", cp);
		} else { /* a surrogate pair */
			strbuf_printf(out, "\\u%04x\\u%04x",
			    0xd800 + ((cp - 0x10000) >> 10),
			    0xdc00 + ((cp - 0x10000) & 0x3ff));
		}
	}
}

static void
put_compact(struct strbuf *out, const cJSON *json)
{
	struct strbuf text = { 0 };

	json_put(&text, json);
	put_seen(out, strbuf_str(&text), text.len);
	strbuf_fini(&text);
}

static void
put_key(struct strbuf *out, const char *key)
{
	struct strbuf text = { 0 };

	json_put_string(&text, key);
	put_seen(out, strbuf_str(&text), text.len);
	strbuf_fini(&text);
	strbuf_puts(out, ": ");
}

static void
put_indented(struct strbuf *out, const cJSON *json, int depth)
{
	bool is_object = cJSON_IsObject(json);
	const cJSON *item;

	if (json->child == NULL || (!is_object && !has_object(json))) {
		put_compact(out, json);
		return;
	}
	strbuf_putc(out, is_object ? '{' : '[');
	cJSON_ArrayForEach(item, json) {
		strbuf_printf(out, "%s\n%*s", item == json->child ? "" : ",",
		    (depth + 1) * INDENT, "");
		if (is_object)
			put_key(out, item->string);
		put_indented(out, item, depth + 1);
	}
	strbuf_printf(
	    out, "\n%*s%c", depth * INDENT, "", is_object ? '}' : ']');
}

void
json_put_pretty(struct strbuf *out, const cJSON *json)
{
	put_indented(out, json, 0);
}

/* How many values stand before an item, its parents among them. */
static bool
count_before(const cJSON *at, const cJSON *item, size_t *n)
{
	const cJSON *below;

	if (at == item)
		return true;
	(*n)++;
	cJSON_ArrayForEach(below, at)
		if (count_before(below, item, n))
			return true;
	return false;
}

static const char *
behind_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

/* The key or value at which the n-th value of a good text begins. */
static const char *
nth_value(const char *p, const char *end, size_t n)
{
	const char *key = NULL, *start;

	while (p < end) {
		if (strchr(" \t\r\n,:]}", *p) != NULL) {
			p++;
			continue;
		}
		start = p;
		if (*p == '"') {
			p = behind_string(p, end);
			while (p < end && strchr(" \t\r\n", *p) != NULL)
				p++;
			if (p < end && *p == ':') {
				key = start;
				continue;
			}
		} else if (*p == '{' || *p == '[') {
			p++;
		} else {
			while (p < end && strchr(" \t\r\n,]}", *p) == NULL)
				p++;
		}
		if (n-- == 0)
			return key != NULL ? key : start;
		key = NULL;
	}
	return end;
}

bool
json_locate(const char *text, size_t len, const cJSON *root, const cJSON *item,
    size_t *line, size_t *column)
{
	const char *at, *p;
	size_t n = 0;

	if (!count_before(root, item, &n))
		return false;
	at = nth_value(text, text + len, n);
	*line = *column = 1;
	for (p = text; p < at; p++) {
		if (*p == '\n') {
			(*line)++;
			*column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			(*column)++;
		}
	}
	return true;
}
