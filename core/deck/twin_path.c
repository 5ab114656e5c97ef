#include "config.h"

#include "core/deck/twin_path.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/str.h"

#define INDEX_MAX 1000000

/* A key that is written as it is. */
static bool
is_bare(const char *key)
{
	const char *p;

	for (p = key; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == '\x7f' ||
		    strchr(".\"\\[]=#", *p) != NULL)
			return false;
	return p > key;
}

void
twin_path_put_key(struct strbuf *path, const char *key)
{
	if (path->len > 0)
		strbuf_putc(path, '.');
	if (is_bare(key))
		strbuf_puts(path, key);
	else
		json_put_string(path, key);
}

void
twin_path_put_index(struct strbuf *path, size_t i)
{
	strbuf_printf(path, "[%zu]", i);
}

/* The member whose key, in quotes, begins at *p, which goes behind it. */
static const cJSON *
quoted_member(const cJSON *object, const char **p)
{
	const char *end = *p + 1;
	const cJSON *item = NULL;
	cJSON *key;

	while (*end != '\0' && *end != '"')
		end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
	if (*end == '\0')
		return NULL;
	key = cJSON_ParseWithLength(*p, (size_t)(end + 1 - *p));
	if (cJSON_IsString(key))
		item = json_get(object, key->valuestring);
	cJSON_Delete(key);
	*p = end + 1;
	return item;
}

static const cJSON *
bare_member(const cJSON *object, const char **p)
{
	size_t len = strcspn(*p, ".[");
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		if (item->string != NULL && strlen(item->string) == len &&
		    memcmp(item->string, *p, len) == 0)
			break;
	}
	*p += len;
	return item;
}

static const cJSON *
element(const cJSON *array, const char **p)
{
	int i = 0;

	if (!cJSON_IsArray(array) || !isdigit((unsigned char)**p))
		return NULL;
	for (; isdigit((unsigned char)**p); (*p)++)
		if (i < INDEX_MAX)
			i = i * 10 + (**p - '0');
	if (**p != ']')
		return NULL;
	(*p)++;
	return cJSON_GetArrayItem(array, i);
}

const cJSON *
twin_path_get(const cJSON *twin, const char *path)
{
	const cJSON *item = twin;
	const char *p = path;

	while (item != NULL && *p != '\0') {
		if (*p == '[') {
			p++;
			item = element(item, &p);
			continue;
		}
		if (p > path) {
			if (*p != '.')
				return NULL;
			p++;
		}
		item = !cJSON_IsObject(item) ? NULL
		    : *p == '"'              ? quoted_member(item, &p)
					     : bare_member(item, &p);
	}
	return item;
}

int64_t
twin_updated_us(const cJSON *metadata)
{
	const char *stamp = json_get_string(metadata, "$lastUpdated");
	int64_t us = 0;

	if (stamp == NULL || clock_parse_iso(stamp, &us) == -1)
		return 0;
	return us;
}
