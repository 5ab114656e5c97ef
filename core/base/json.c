#include "config.h"

#include "core/base/json.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/map.h"
#include "core/base/str.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53 */
#define NUMBER_MAX 63 /* characters; cJSON reads no more */

/*
 * cJSON takes more than RFC 8259 allows (leading zeros, raw control
 * characters, invalid UTF-8, "nan"), so a scanner walks the text first; cJSON
 * then builds the tree of what is known to be JSON.
 */
struct scan {
	const char *text;
	const char *p;
	const char *end;
	const char *fault; /* what was expected at p, once a scan failed */
	bool too_deep;
};

static bool scan_value(struct scan *s, int depth);

static bool
expected(struct scan *s, const char *what)
{
	if (s->fault == NULL)
		s->fault = what;
	return false;
}

static void
skip_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' ||
				    *s->p == '\r' || *s->p == '\n'))
		s->p++;
}

static bool
scan_char(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool
scan_escape(struct scan *s)
{
	int i;

	if (s->p == s->end || *s->p == '\0' ||
	    strchr("\"\\/bfnrtu", *s->p) == NULL)
		return expected(s, "an escape such as \\n or \\u0041");
	if (*s->p++ != 'u')
		return true;
	for (i = 0; i < 4; i++, s->p++)
		if (s->p == s->end || !isxdigit((unsigned char)*s->p))
			return expected(s, "four hexadecimal digits");
	/* cJSON cannot hold a NUL inside a string. */
	if (memcmp(s->p - 4, "0000", 4) == 0) {
		s->p -= 4;
		return expected(s, "no \\u0000");
	}
	return true;
}

/* What stands for itself in a string; most characters are. */
static bool
is_plain(char c)
{
	return (unsigned char)c - 0x20u < 0x60 && c != '"' && c != '\\';
}

static bool
scan_string(struct scan *s)
{
	uint32_t cp;
	int n;

	if (!scan_char(s, '"'))
		return expected(s, "a string in double quotes");
	while (s->p < s->end && *s->p != '"') {
		if (is_plain(*s->p)) {
			s->p++;
			continue;
		}
		if ((unsigned char)*s->p < 0x20)
			return expected(s, "no control character");
		if (*s->p == '\\') {
			s->p++;
			if (!scan_escape(s))
				return false;
			continue;
		}
		n = utf8_decode(s->p, (size_t)(s->end - s->p), &cp);
		if (n <= 0)
			return expected(s, "valid UTF-8");
		s->p += n;
	}
	return scan_char(s, '"') || expected(s, "a closing quote");
}

static bool
scan_digits(struct scan *s)
{
	const char *start = s->p;

	while (s->p < s->end && isdigit((unsigned char)*s->p))
		s->p++;
	return s->p > start || expected(s, "a digit");
}

static bool
scan_number(struct scan *s)
{
	const char *start = s->p;

	scan_char(s, '-');
	if (!scan_char(s, '0') && !scan_digits(s))
		return false;
	if (scan_char(s, '.') && !scan_digits(s))
		return false;
	if (scan_char(s, 'e') || scan_char(s, 'E')) {
		if (!scan_char(s, '+'))
			scan_char(s, '-');
		if (!scan_digits(s))
			return false;
	}
	if (s->p - start > NUMBER_MAX) {
		s->p = start;
		return expected(s, "a number of at most 63 characters");
	}
	return true;
}

static bool
scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return expected(s, "a JSON value");
	s->p += len;
	return true;
}

static bool
scan_member(struct scan *s, int depth)
{
	skip_space(s);
	if (!scan_string(s))
		return false;
	skip_space(s);
	if (!scan_char(s, ':'))
		return expected(s, "':'");
	return scan_value(s, depth);
}

/* An object or an array, p just behind its opening bracket. */
static bool
scan_items(struct scan *s, int depth, char close,
    bool (*scan_item)(struct scan *, int))
{
	if (depth >= JSON_DEPTH_MAX) {
		s->too_deep = true;
		return expected(s, "fewer levels");
	}
	skip_space(s);
	if (scan_char(s, close))
		return true;
	do {
		if (!scan_item(s, depth + 1))
			return false;
		skip_space(s);
	} while (scan_char(s, ','));
	return scan_char(s, close) ||
	    expected(s, close == '}' ? "',' or '}'" : "',' or ']'");
}

static bool
scan_value(struct scan *s, int depth)
{
	skip_space(s);
	if (s->p == s->end)
		return expected(s, "a JSON value");
	switch (*s->p) {
	case '{':
		s->p++;
		return scan_items(s, depth, '}', scan_member);
	case '[':
		s->p++;
		return scan_items(s, depth, ']', scan_value);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (*s->p != '-' && !isdigit((unsigned char)*s->p))
			return expected(s, "a JSON value");
		return scan_number(s);
	}
}

static int
fault_at(struct scan *s, struct err *err)
{
	size_t line = 1, column = 1;
	const char *p = s->text;
	uint32_t cp;
	int n;

	while (p < s->p) {
		n = utf8_decode(p, (size_t)(s->p - p), &cp);
		if (*p == '\n') {
			line++;
			column = 0;
		}
		column++;
		p += n > 0 ? n : 1;
	}
	return err_set(err, s->too_deep ? ERR_LIMIT : ERR_INVALID,
	    "line %zu, column %zu: expected %s", line, column, s->fault);
}

/* Most objects are small, and a map for each would cost more than the rest
 * of the parse. */
#define FEW_KEYS 8

static bool
has_few_keys(const cJSON *object)
{
	const cJSON *item = object->child;
	int n;

	for (n = 0; item != NULL && n <= FEW_KEYS; n++)
		item = item->next;
	return n <= FEW_KEYS;
}

static bool
stands_before(const cJSON *object, const cJSON *item)
{
	const cJSON *other;

	for (other = object->child; other != item; other = other->next)
		if (strcmp(other->string, item->string) == 0)
			return true;
	return false;
}

/* The first key that stands twice in one object, or NULL. */
static const char *
find_duplicate(const cJSON *json)
{
	bool is_object = cJSON_IsObject(json);
	struct map *seen = is_object && !has_few_keys(json) ? map_new() : NULL;
	const char *twice = NULL;
	const cJSON *item;

	cJSON_ArrayForEach(item, json)
	{
		if (is_object &&
		    (seen != NULL ? map_set(seen, item->string,
					item->string) != NULL
				  : stands_before(json, item))) {
			twice = item->string;
			break;
		}
		if ((twice = find_duplicate(item)) != NULL)
			break;
	}
	map_free(seen);
	return twice;
}

/* 1e999 becomes infinite, and would be printed as null: a removal. */
static bool
is_finite(const cJSON *json)
{
	const cJSON *item;

	if (cJSON_IsNumber(json) && !isfinite(json->valuedouble))
		return false;
	cJSON_ArrayForEach(item, json)
	{
		if (!is_finite(item))
			return false;
	}
	return true;
}

cJSON *
json_parse(const char *text, size_t len, struct err *err)
{
	struct scan s = { .text = text, .p = text, .end = text + len };
	const char *twice;
	cJSON *json;

	if (!scan_value(&s, 0)) {
		fault_at(&s, err);
		return NULL;
	}
	skip_space(&s);
	if (s.p != s.end) {
		s.fault = "nothing more after the value";
		fault_at(&s, err);
		return NULL;
	}
	json = cJSON_ParseWithLength(text, len);
	if (json == NULL) { /* \ud800 without its other half */
		err_set(err, ERR_INVALID, "an escape is half a character");
		return NULL;
	}
	if ((twice = find_duplicate(json)) != NULL)
		err_set(err, ERR_INVALID, "key \"%.100s\" stands twice", twice);
	else if (!is_finite(json))
		err_set(err, ERR_INVALID, "a number is too large");
	else
		return json;
	cJSON_Delete(json);
	return NULL;
}

/* What JSON has a letter for; 0 for the rest. */
static char
short_escape(char c)
{
	switch (c) {
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '"':
	case '\\':
		return c;
	default:
		return 0;
	}
}

void
json_put_string(struct strbuf *out, const char *s)
{
	const char *plain;
	char letter;

	if (s == NULL) {
		strbuf_puts(out, "null");
		return;
	}
	strbuf_putc(out, '"');
	for (plain = s; *s != '\0'; s++) {
		if ((unsigned char)*s >= 0x20 && *s != '"' && *s != '\\')
			continue;
		strbuf_put(out, plain, (size_t)(s - plain));
		letter = short_escape(*s);
		if (letter != 0) {
			strbuf_putc(out, '\\');
			strbuf_putc(out, letter);
		} else {
			strbuf_printf(out, "\\u%04x", (unsigned int)*s);
		}
		plain = s + 1;
	}
	strbuf_put(out, plain, (size_t)(s - plain));
	strbuf_putc(out, '"');
}

/* The shorter form where it reads back as the same number. */
static void
put_number(struct strbuf *out, double n)
{
	char text[32], *comma;

	if (!isfinite(n)) {
		strbuf_puts(out, "null");
		return;
	}
	if (n == floor(n) && fabs(n) < 1e15 && (n != 0 || !signbit(n))) {
		strbuf_put_int(out, (int64_t)n);
		return;
	}
	snprintf(text, sizeof(text), "%.15g", n);
	if (strtod(text, NULL) != n)
		snprintf(text, sizeof(text), "%.17g", n);
	/* The user's language may have a comma there. */
	comma = strchr(text, ',');
	if (comma != NULL)
		*comma = '.';
	strbuf_puts(out, text);
}

static void
put_items(struct strbuf *out, const cJSON *json)
{
	bool is_object = cJSON_IsObject(json);
	const cJSON *item;

	strbuf_putc(out, is_object ? '{' : '[');
	cJSON_ArrayForEach(item, json)
	{
		if (item != json->child)
			strbuf_putc(out, ',');
		if (is_object) {
			json_put_string(out, item->string);
			strbuf_putc(out, ':');
		}
		json_put(out, item);
	}
	strbuf_putc(out, is_object ? '}' : ']');
}

void
json_put(struct strbuf *out, const cJSON *json)
{
	if (cJSON_IsObject(json) || cJSON_IsArray(json))
		put_items(out, json);
	else if (cJSON_IsString(json))
		json_put_string(out, json->valuestring);
	else if (cJSON_IsNumber(json))
		put_number(out, json->valuedouble);
	else if (cJSON_IsRaw(json))
		strbuf_puts(out, json->valuestring);
	else if (cJSON_IsBool(json))
		strbuf_puts(out, cJSON_IsTrue(json) ? "true" : "false");
	else
		strbuf_puts(out, "null");
}

/* cJSON's own prints each number with sprintf() and reads it again with
 * sscanf(): a twin's time went there. */
char *
json_print(const cJSON *json)
{
	struct strbuf out = { 0 };

	json_put(&out, json);
	return strbuf_take(&out);
}

void
json_merge(cJSON *target, const cJSON *patch)
{
	const cJSON *item;
	cJSON *have, *fresh;

	cJSON_ArrayForEach(item, patch)
	{
		have = cJSON_GetObjectItemCaseSensitive(target, item->string);
		if (cJSON_IsNull(item)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(target, have));
			continue;
		}
		if (cJSON_IsObject(item)) {
			if (!cJSON_IsObject(have)) {
				fresh = cJSON_CreateObject();
				if (have != NULL)
					cJSON_ReplaceItemInObjectCaseSensitive(
					    target, item->string, fresh);
				else
					cJSON_AddItemToObject(
					    target, item->string, fresh);
				have = fresh;
			}
			json_merge(have, item);
			continue;
		}
		fresh = cJSON_Duplicate(item, true);
		if (have != NULL)
			cJSON_ReplaceItemInObjectCaseSensitive(
			    target, item->string, fresh);
		else
			cJSON_AddItemToObject(target, item->string, fresh);
	}
}

const cJSON *
json_get(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

const cJSON *
json_path(const cJSON *object, const char *path)
{
	char name[256];
	size_t n;

	while (object != NULL && *path != '\0') {
		n = strcspn(path, ".");
		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		object = json_get(object, name);
		path += n + (path[n] == '.');
	}
	return object;
}

const cJSON *
json_get_nocase(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItem(object, name);
}

const char *
json_get_string(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(json_get(object, name));
}

int64_t
json_get_int(const cJSON *object, const char *name, int64_t otherwise)
{
	const cJSON *item = json_get(object, name);

	if (!cJSON_IsNumber(item) || item->valuedouble < -EXACT_MAX ||
	    item->valuedouble > EXACT_MAX)
		return otherwise;
	return (int64_t)item->valuedouble;
}

bool
json_equal(const cJSON *a, const cJSON *b)
{
	return cJSON_Compare(a, b, true);
}

bool
json_raw_member(const char *text, size_t len, const char *name,
    const char **start, size_t *n)
{
	struct scan s = { .text = text, .p = text, .end = text + len };
	const char *key;
	cJSON *key_json;
	bool found;

	skip_space(&s);
	if (!scan_char(&s, '{'))
		return false;
	do {
		skip_space(&s);
		key = s.p;
		if (!scan_string(&s))
			return false;
		key_json = cJSON_ParseWithLength(key, (size_t)(s.p - key));
		found = cJSON_IsString(key_json) &&
		    strcasecmp(key_json->valuestring, name) == 0;
		cJSON_Delete(key_json);
		skip_space(&s);
		scan_char(&s, ':');
		skip_space(&s);
		*start = s.p;
		if (!scan_value(&s, 0))
			return false;
		*n = (size_t)(s.p - *start);
		skip_space(&s);
	} while (!found && scan_char(&s, ','));
	return found;
}
