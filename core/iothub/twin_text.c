#include "config.h"

#include "core/iothub/twin_text.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"

/* What counts most for its text is a one-digit number in an array: "1," as 8
 * bytes.  A text this much shorter than the limit need not be counted. */
#define COUNTS_AT_MOST 4

#define UPDATED "$lastUpdated"
#define UPDATED_VERSION "$lastUpdatedVersion"

/* One walk over an old text, p, with the new one growing behind it. */
struct merge {
	struct strbuf *out;
	const char *p;
	const char *end;
	const char *stamp; /* NULL: this is the section, not its $metadata */
	int64_t version;   /* of the section; negative: none is written */
};

/* What of an object has been met, so that the rest of it is added. */
struct met {
	uint64_t items; /* of the patch: a bit for each */
	bool updated;
	bool version;
};

static bool
take(struct merge *m, char c)
{
	if (m->p == m->end || *m->p != c)
		return false;
	m->p++;
	return true;
}

static bool
skip_string(struct merge *m)
{
	if (!take(m, '"'))
		return false;
	for (; m->p < m->end; m->p++) {
		if (*m->p == '"') {
			m->p++;
			return true;
		}
		if (*m->p == '\\' && ++m->p == m->end)
			return false;
	}
	return false;
}

/* A number or a word, up to what cannot be part of it. */
static bool
skip_word(struct merge *m)
{
	const char *start = m->p;

	while (m->p < m->end && *m->p != ',' && *m->p != '}' && *m->p != ']')
		m->p++;
	return m->p > start;
}

static bool
skip_value(struct merge *m)
{
	size_t depth = 0;

	do {
		if (m->p == m->end)
			return false;
		switch (*m->p) {
		case '"':
			if (!skip_string(m))
				return false;
			break;
		case '{':
		case '[':
			depth++;
			m->p++;
			break;
		case '}':
		case ']':
			if (depth-- == 0)
				return false;
			m->p++;
			break;
		case ',':
		case ':':
			if (depth == 0)
				return false;
			m->p++;
			break;
		default:
			if (depth == 0)
				return skip_word(m);
			m->p++;
		}
	} while (depth > 0);
	return true;
}

static void
put_comma(struct strbuf *out)
{
	if (out->data[out->len - 1] != '{')
		strbuf_putc(out, ',');
}

static void
put_key(struct strbuf *out, const char *key)
{
	put_comma(out);
	json_put_string(out, key);
	strbuf_putc(out, ':');
}

static void
put_updated(struct merge *m)
{
	put_comma(m->out);
	strbuf_puts(m->out, "\"" UPDATED "\":\"");
	strbuf_puts(m->out, m->stamp);
	strbuf_putc(m->out, '"');
}

static void
put_version(struct merge *m)
{
	put_comma(m->out);
	strbuf_puts(m->out, "\"" UPDATED_VERSION "\":");
	strbuf_put_int(m->out, m->version);
}

/* A value where there was none, or another kind; nulls in it are nothing. */
static void
put_fresh(struct merge *m, const cJSON *value)
{
	const cJSON *item;

	if (m->stamp == NULL && !cJSON_IsObject(value)) {
		json_put(m->out, value);
		return;
	}
	strbuf_putc(m->out, '{');
	if (m->stamp != NULL)
		put_updated(m);
	if (m->stamp != NULL && m->version >= 0)
		put_version(m);
	if (cJSON_IsObject(value))
		cJSON_ArrayForEach(item, value)
		{
			if (cJSON_IsNull(item))
				continue;
			put_key(m->out, item->string);
			put_fresh(m, item);
		}
	strbuf_putc(m->out, '}');
}

static bool
is_key(const char *key, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(name, key, len) == 0;
}

static const cJSON *
find(const cJSON *patch, const char *key, size_t len, struct met *met)
{
	const cJSON *item;
	uint64_t bit = 1;

	cJSON_ArrayForEach(item, patch)
	{
		if (is_key(key, len, item->string)) {
			met->items |= bit;
			return item;
		}
		bit <<= 1;
	}
	return NULL;
}

/* A node's own members are written anew where they stand. */
static bool
put_stamp(struct merge *m, const char *key, size_t len, struct met *met)
{
	if (m->stamp == NULL || len == 0 || *key != '$')
		return false;
	if (is_key(key, len, UPDATED)) {
		put_updated(m);
		return met->updated = true;
	}
	if (m->version >= 0 && is_key(key, len, UPDATED_VERSION)) {
		put_version(m);
		return met->version = true;
	}
	return false;
}

static bool merge_object(struct merge *m, const cJSON *patch);

static bool
merge_member(struct merge *m, const cJSON *patch, struct met *met)
{
	const char *start = m->p;
	const cJSON *item;
	size_t len;

	/* An escape in a key, as quotes need, is not compared here. */
	if (!skip_string(m) ||
	    memchr(start, '\\', (size_t)(m->p - start)) != NULL)
		return false;
	len = (size_t)(m->p - start) - 2;
	if (!take(m, ':'))
		return false;
	item = find(patch, start + 1, len, met);
	if (item == NULL) {
		if (put_stamp(m, start + 1, len, met))
			return skip_value(m);
		if (!skip_value(m))
			return false;
		put_comma(m->out);
		strbuf_put(m->out, start, (size_t)(m->p - start));
		return true;
	}
	if (cJSON_IsNull(item))
		return skip_value(m);
	put_comma(m->out);
	strbuf_put(m->out, start, (size_t)(m->p - start));
	if (cJSON_IsObject(item) && m->p < m->end && *m->p == '{')
		return merge_object(m, item);
	put_fresh(m, item);
	return skip_value(m);
}

static void
put_rest(struct merge *m, const cJSON *patch, const struct met *met)
{
	uint64_t left = ~met->items;
	const cJSON *item;

	if (m->stamp != NULL && !met->updated)
		put_updated(m);
	if (m->stamp != NULL && m->version >= 0 && !met->version)
		put_version(m);
	cJSON_ArrayForEach(item, patch)
	{
		if ((left & 1) != 0 && !cJSON_IsNull(item)) {
			put_key(m->out, item->string);
			put_fresh(m, item);
		}
		left >>= 1;
	}
}

/* As deep as the patch, which has passed twin_check(). */
static bool
merge_object(struct merge *m, const cJSON *patch)
{
	struct met met = { 0 };

	if (cJSON_GetArraySize(patch) > TWIN_TEXT_KEYS_MAX || !take(m, '{'))
		return false;
	strbuf_putc(m->out, '{');
	if (!take(m, '}')) {
		do
			if (!merge_member(m, patch, &met))
				return false;
		while (take(m, ','));
		if (!take(m, '}'))
			return false;
	}
	put_rest(m, patch, &met);
	strbuf_putc(m->out, '}');
	return true;
}

bool
twin_text_merge(struct strbuf *out, enum twin_section section,
    const char *text, size_t len, const cJSON *patch)
{
	struct merge m = { .out = out, .p = text, .end = text + len };
	size_t max = section == TWIN_TAGS ? TWIN_TAGS_MAX : TWIN_PROPERTIES_MAX;
	size_t before = out->len;

	return len <= max / COUNTS_AT_MOST && merge_object(&m, patch) &&
	    m.p == m.end && out->len - before <= max / COUNTS_AT_MOST;
}

bool
twin_text_metadata_merge(struct strbuf *out, const char *text, size_t len,
    const cJSON *patch, const char *stamp, int64_t version)
{
	struct merge m = { .out = out,
		.p = text,
		.end = text + len,
		.stamp = stamp,
		.version = version };

	return merge_object(&m, patch) && m.p == m.end;
}

void
twin_text_metadata_new(struct strbuf *out, const cJSON *section,
    const char *stamp, int64_t version)
{
	struct merge m = {
		.out = out, .stamp = stamp, .version = version
	};

	put_fresh(&m, section);
}
