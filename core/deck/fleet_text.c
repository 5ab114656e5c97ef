#include "config.h"

#include "core/deck/fleet_text.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"

#define TAG_NAME_MAX 64 /* bytes of a name that are shown */

const char *
fleet_text_cut(char *out, size_t size, const char *text)
{
	size_t len = strnlen(text, size);

	if (len == size) {
		len--;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}

/* A string without its quotes, the rest as JSON; the caller's to free. */
static char *
print_leaf(const cJSON *leaf)
{
	struct strbuf sb = { 0 };

	if (cJSON_IsString(leaf))
		strbuf_puts(&sb, leaf->valuestring);
	else
		json_put(&sb, leaf);
	return strbuf_take(&sb);
}

static void
put_tag(struct strbuf *out, const struct strbuf *path, const cJSON *leaf)
{
	char *text = print_leaf(leaf);

	if (out->len + path->len + strlen(text) + 2 <= FLEET_TAGS_MAX) {
		if (out->len > 0)
			strbuf_putc(out, ' ');
		strbuf_put(out, path->data, path->len);
		strbuf_putc(out, '=');
		strbuf_puts(out, text);
	}
	free(text);
}

static void
write_tags(struct strbuf *out, struct strbuf *path, const cJSON *object)
{
	size_t len = path->len;
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		if (item->string == NULL || out->len >= FLEET_TAGS_MAX)
			break;
		if (len > 0)
			strbuf_putc(path, '.');
		strbuf_put(
		    path, item->string, strnlen(item->string, TAG_NAME_MAX));
		if (!cJSON_IsObject(item))
			put_tag(out, path, item);
		else if (path->len < FLEET_TAGS_MAX)
			write_tags(out, path, item);
		path->len = len;
		path->data[len] = '\0';
	}
}

const char *
fleet_text_tags(const cJSON *tags, char out[FLEET_TAGS_MAX + 1])
{
	struct strbuf sb = { 0 }, path = { 0 };
	const char *text = NULL;

	write_tags(&sb, &path, tags);
	if (sb.len > 0)
		text = fleet_text_cut(out, FLEET_TAGS_MAX + 1, sb.data);
	strbuf_fini(&sb);
	strbuf_fini(&path);
	return text;
}

static const cJSON *
leaf_at(const cJSON *twin, const char *path)
{
	const cJSON *properties = json_get(twin, "properties");

	if (str_starts_with(path, "desired.") ||
	    str_starts_with(path, "reported."))
		return json_path(properties, path);
	return json_path(twin, path);
}

const char *
fleet_text_at(
    const cJSON *twin, const char *path, char out[FLEET_VALUE_MAX + 1])
{
	const cJSON *leaf = leaf_at(twin, path);
	char *text;

	if (leaf == NULL)
		return NULL;
	text = print_leaf(leaf);
	fleet_text_cut(out, FLEET_VALUE_MAX + 1, text);
	free(text);
	return out;
}
