#include "config.h"

#include "core/deck/form.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

#define PATH_LEVELS_MAX 32

/* A key that is written bare; every other one is written as a JSON string. */
static bool
is_bare(const char *key)
{
	const char *p;

	for (p = key; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == '\x7f' ||
		    strchr(".\"\\=#", *p) != NULL)
			return false;
	return p > key;
}

void
form_put_key(struct strbuf *path, const char *key)
{
	cJSON *string;
	char *text;

	if (path->len > 0)
		strbuf_putc(path, '.');
	if (is_bare(key)) {
		strbuf_puts(path, key);
		return;
	}
	string = cJSON_CreateString(key);
	text = json_print(string);
	strbuf_puts(path, text);
	free(text);
	cJSON_Delete(string);
}

static bool
is_meta(const cJSON *item)
{
	return strcmp(item->string, "$metadata") == 0 ||
	    strcmp(item->string, "$version") == 0;
}

/* An empty object has no leaf below it, so it stands for itself. */
static bool
is_leaf(const cJSON *item)
{
	return !cJSON_IsObject(item) || item->child == NULL;
}

typedef void (*leaf_cb)(const char *path, const cJSON *leaf, void *arg);

static void
walk(const cJSON *object, struct strbuf *path, leaf_cb cb, void *arg)
{
	size_t len = path->len;
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		if (len == 0 && is_meta(item))
			continue;
		form_put_key(path, item->string);
		if (is_leaf(item))
			cb(strbuf_str(path), item, arg);
		else
			walk(item, path, cb, arg);
		path->len = len;
		path->data[len] = '\0';
	}
}

static void
walk_leaves(const cJSON *section, leaf_cb cb, void *arg)
{
	struct strbuf path = { 0 };

	walk(section, &path, cb, arg);
	strbuf_fini(&path);
}

static void
put_line(const char *path, const cJSON *leaf, void *arg)
{
	struct strbuf *out = arg;
	char *value = json_print(leaf);

	strbuf_printf(out, "%s%s = %s", out->len > 0 ? "\n" : "", path, value);
	free(value);
}

char *
form_format(const cJSON *desired)
{
	struct strbuf out = { 0 };

	walk_leaves(desired, put_line, &out);
	return strbuf_take(&out);
}

/* A line being read; columns count characters from 1, as people do. */
struct line {
	const char *start;
	const char *p;
	const char *end;
};

static size_t
column_of(const struct line *line, const char *at)
{
	const char *p = line->start;
	size_t column = 1;
	uint32_t cp;
	int n;

	while (p < at) {
		n = utf8_decode(p, (size_t)(line->end - p), &cp);
		p += n > 0 ? n : 1;
		column++;
	}
	return column;
}

static int
fault(const struct line *line, const char *words, struct err *err)
{
	return err_set(err, ERR_INVALID, "column %zu: %s",
	    column_of(line, line->p), words);
}

static void
skip_space(struct line *line)
{
	while (line->p < line->end && isspace((unsigned char)*line->p))
		line->p++;
}

static char *
read_quoted_key(struct line *line, struct err *err)
{
	const char *q = line->p + 1;
	struct err why;
	cJSON *string;
	char *key;

	while (q < line->end && *q != '"')
		q += *q == '\\' && q + 1 < line->end ? 2 : 1;
	if (q == line->end) {
		fault(line, "the quote is not closed", err);
		return NULL;
	}
	string = json_parse(line->p, (size_t)(q + 1 - line->p), &why);
	if (string == NULL) {
		fault(line, "this is no JSON string", err);
		return NULL;
	}
	key = xstrdup(string->valuestring);
	cJSON_Delete(string);
	line->p = q + 1;
	return key;
}

static char *
read_key(struct line *line, struct err *err)
{
	const char *start = line->p;

	if (start < line->end && *start == '"')
		return read_quoted_key(line, err);
	while (line->p < line->end && !isspace((unsigned char)*line->p) &&
	    strchr(".=\"#\\", *line->p) == NULL)
		line->p++;
	if (line->p == start) {
		fault(line, "expected a name", err);
		return NULL;
	}
	return xstrndup(start, (size_t)(line->p - start));
}

/* Puts value at the path of keys below section; value is consumed. */
static int
put_value(
    cJSON *section, char *const *keys, size_t n, cJSON *value, struct err *err)
{
	cJSON *have;
	size_t i;

	for (i = 0; i < n; i++) {
		have = cJSON_GetObjectItemCaseSensitive(section, keys[i]);
		if (i == n - 1)
			break;
		if (have == NULL)
			have = cJSON_AddObjectToObject(section, keys[i]);
		if (!cJSON_IsObject(have)) {
			cJSON_Delete(value);
			return err_set(err, ERR_INVALID,
			    "\"%.100s\" has a value already, so nothing can "
			    "stand below it",
			    keys[i]);
		}
		section = have;
	}
	if (have != NULL) {
		cJSON_Delete(value);
		return err_set(
		    err, ERR_INVALID, "\"%.100s\" stands twice", keys[n - 1]);
	}
	cJSON_AddItemToObject(section, keys[n - 1], value);
	return 0;
}

/* Turns json_parse()'s "line 1, column 3: …" into a column of our line. */
static cJSON *
read_value(struct line *line, struct err *err)
{
	size_t len = (size_t)(line->end - line->p), column;
	struct err why;
	cJSON *value = json_parse(line->p, len, &why);
	int used = 0;

	if (value != NULL)
		return value;
	column = column_of(line, line->p);
	if (sscanf(why.text, "line 1, column %zu: %n", &len, &used) == 1 &&
	    used > 0)
		column += len - 1;
	err_set(err, why.code, "column %zu: %s%s", column, why.text + used,
	    line->p < line->end && isalpha((unsigned char)*line->p)
		? "; text needs double quotes"
		: "");
	return NULL;
}

int
form_set(cJSON *section, const char *text, size_t len, struct err *err)
{
	struct line line = { text, text, text + len };
	char *keys[PATH_LEVELS_MAX] = { NULL };
	size_t n = 0, i;
	cJSON *value;
	int rc = -1;

	skip_space(&line);
	do {
		if (n == PATH_LEVELS_MAX) {
			fault(&line, "the path is too deep", err);
			goto out;
		}
		if ((keys[n] = read_key(&line, err)) == NULL)
			goto out;
		n++;
	} while (line.p < line.end && *line.p == '.' && line.p++);
	skip_space(&line);
	if (line.p == line.end || *line.p != '=') {
		fault(&line, "expected '=' and a JSON value", err);
		goto out;
	}
	line.p++;
	skip_space(&line);
	if ((value = read_value(&line, err)) != NULL)
		rc = put_value(section, keys, n, value, err);
out:
	for (i = 0; i < n; i++)
		free(keys[i]);
	return rc;
}

static bool
says_nothing(const char *line, size_t len)
{
	while (len > 0 && isspace((unsigned char)*line)) {
		line++;
		len--;
	}
	return len == 0 || *line == '#';
}

cJSON *
form_parse(const char *text, size_t *line, struct err *err)
{
	cJSON *section = cJSON_CreateObject();
	struct err why;
	size_t len;

	for (*line = 0;; (*line)++) {
		len = strcspn(text, "\n");
		if (*line == FORM_LINES_MAX) {
			err_set(
			    err, ERR_LIMIT, "over %zu lines", FORM_LINES_MAX);
			break;
		}
		if (!says_nothing(text, len) &&
		    form_set(section, text, len, &why) == -1) {
			err_set(err, why.code, "line %zu%s %s", *line + 1,
			    str_starts_with(why.text, "column ") ? "," : ":",
			    why.text);
			break;
		}
		if (text[len] == '\0')
			return section;
		text += len + 1;
	}
	cJSON_Delete(section);
	return NULL;
}

/* The keys that lead from a section to an item of it; how many, 0: none do. */
static size_t
find_path(const cJSON *at, const cJSON *item, const char **keys, size_t depth)
{
	const cJSON *below;
	size_t n;

	cJSON_ArrayForEach(below, at) {
		if (depth == PATH_LEVELS_MAX || below->string == NULL)
			return 0;
		keys[depth] = below->string;
		if (below == item)
			return depth + 1;
		n = find_path(below, item, keys, depth + 1);
		if (n > 0)
			return n;
	}
	return 0;
}

bool
form_line_of(const char *text, const cJSON *section, const cJSON *item,
    size_t *line)
{
	const char *keys[PATH_LEVELS_MAX];
	size_t n = find_path(section, item, keys, 0), len, i;
	const cJSON *at;
	cJSON *alone;

	for (*line = 0; n > 0; (*line)++) {
		len = strcspn(text, "\n");
		alone = cJSON_CreateObject();
		at = alone;
		if (form_set(alone, text, len, NULL) == 0)
			for (i = 0; i < n && at != NULL; i++)
				at = json_get(at, keys[i]);
		else
			at = NULL;
		cJSON_Delete(alone);
		if (at != NULL)
			return true;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	return false;
}

/* Null in a section is a wish that it be gone. */
static const cJSON *
member(const cJSON *object, const char *name)
{
	const cJSON *item = json_get(object, name);

	return cJSON_IsNull(item) ? NULL : item;
}

static void
add_patch(cJSON *patch, const cJSON *from, const cJSON *to, bool top)
{
	const cJSON *item, *other;
	cJSON *below;

	cJSON_ArrayForEach(item, from)
		if (!(top && is_meta(item)) && member(to, item->string) == NULL)
			cJSON_AddNullToObject(patch, item->string);
	cJSON_ArrayForEach(item, to) {
		other = json_get(from, item->string);
		if ((top && is_meta(item)) || cJSON_IsNull(item) ||
		    (other != NULL && json_equal(item, other)))
			continue;
		if (cJSON_IsObject(item) && cJSON_IsObject(other)) {
			below = cJSON_AddObjectToObject(patch, item->string);
			add_patch(below, other, item, false);
			continue;
		}
		cJSON_AddItemToObject(
		    patch, item->string, cJSON_Duplicate(item, true));
	}
}

cJSON *
form_patch(const cJSON *from, const cJSON *to)
{
	cJSON *patch = cJSON_CreateObject();

	add_patch(patch, from, to, true);
	return patch;
}

/* The leaves of two sections side by side: those of one are looked up by the
 * path under which form_format() writes them in the other. */
struct diff {
	const cJSON *other; /* {"path": leaf}, flat */
	bool second;        /* walking what is new; what was is told already */
	form_diff_cb cb;
	void *arg;
};

static void
add_flat(const char *path, const cJSON *leaf, void *arg)
{
	if (!cJSON_IsNull(leaf))
		cJSON_AddItemToObject(arg, path, cJSON_Duplicate(leaf, true));
}

static void
diff_leaf(const char *path, const cJSON *leaf, void *arg)
{
	struct diff *diff = arg;
	const cJSON *other = json_get(diff->other, path);
	char *here, *there;

	if (cJSON_IsNull(leaf))
		return;
	if (other == NULL) {
		here = json_print(leaf);
		diff->cb(diff->second ? FORM_ADDED : FORM_REMOVED, path,
		    diff->second ? NULL : here, diff->second ? here : NULL,
		    diff->arg);
		free(here);
	} else if (!diff->second && !json_equal(leaf, other)) {
		here = json_print(leaf);
		there = json_print(other);
		diff->cb(FORM_CHANGED, path, here, there, diff->arg);
		free(here);
		free(there);
	}
}

void
form_diff(const cJSON *from, const cJSON *to, form_diff_cb cb, void *arg)
{
	cJSON *was = cJSON_CreateObject(), *is = cJSON_CreateObject();
	struct diff diff = { .cb = cb, .arg = arg };

	walk_leaves(from, add_flat, was);
	walk_leaves(to, add_flat, is);
	diff.other = is;
	walk_leaves(from, diff_leaf, &diff);
	diff.other = was;
	diff.second = true;
	walk_leaves(to, diff_leaf, &diff);
	cJSON_Delete(was);
	cJSON_Delete(is);
}
