#include "config.h"

#include "tui/twin_json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/twin_path.h"
#include "tui/twin_lines.h"

/*
 * Each value puts down one line, or one that opens it, those of its members
 * and one that closes it; text gathers what stands in the line under way.
 */
struct walk {
	struct twin_lines *lines;
	const char *p, *end;
	struct strbuf path;
	struct strbuf text;
	int depth;
	int meta; /* within so many keys of the hub's own, "$metadata" */
};

static void
skip_space(struct walk *w)
{
	while (w->p < w->end && strchr(" \t\r\n", *w->p) != NULL)
		w->p++;
}

static bool
take(struct walk *w, char c)
{
	skip_space(w);
	if (w->p == w->end || *w->p != c)
		return false;
	w->p++;
	return true;
}

/* A string with its quotes, or a number or a word. */
static size_t
token_length(const struct walk *w)
{
	const char *p = w->p;

	if (p < w->end && *p == '"') {
		for (p++; p < w->end && *p != '"'; p++)
			if (*p == '\\' && p + 1 < w->end)
				p++;
		return (size_t)((p < w->end ? p + 1 : p) - w->p);
	}
	while (p < w->end && strchr(" \t\r\n,:]}", *p) == NULL)
		p++;
	return (size_t)(p - w->p);
}

/* Ends the line under way; it closes what has a line already, or it is new. */
static void
end_line(struct walk *w, bool opens, bool closes)
{
	struct twin_line *line;

	if (!opens && take(w, ','))
		strbuf_putc(&w->text, ',');
	line = twin_lines_add(w->lines);
	if (line != NULL) {
		line->path = closes ? NULL : xstrdup(strbuf_str(&w->path));
		line->value = xstrdup(strbuf_str(&w->text));
		line->depth = w->depth;
		line->branch = line->open = opens;
		line->style = w->meta > 0 ? STYLE_DIM : STYLE_TEXT;
	}
	strbuf_reset(&w->text);
}

/* The key of a member into text and path; false: it is one of the hub's own. */
static bool
take_key(struct walk *w)
{
	size_t len;
	cJSON *key;
	const char *name;
	bool plain;

	skip_space(w);
	len = token_length(w);
	key = cJSON_ParseWithLength(w->p, len);
	name = cJSON_GetStringValue(key);
	if (name == NULL)
		name = "";
	plain = name[0] != '$';
	twin_path_put_key(&w->path, name);
	strbuf_put(&w->text, w->p, len);
	strbuf_puts(&w->text, ": ");
	cJSON_Delete(key);
	w->p += len;
	take(w, ':');
	return plain;
}

static void walk_value(struct walk *w);

static void
walk_items(struct walk *w, char closer)
{
	size_t len = w->path.len, i = 0;
	bool plain = true;

	while (w->p < w->end && w->lines->n < TWIN_LINES_MAX) {
		skip_space(w);
		if (w->p == w->end || *w->p == closer)
			break;
		if (closer == '}')
			plain = take_key(w);
		else
			twin_path_put_index(&w->path, i++);
		w->meta += !plain;
		walk_value(w);
		w->meta -= !plain;
		w->path.len = len;
		if (w->path.data != NULL)
			w->path.data[len] = '\0';
	}
}

static void
walk_branch(struct walk *w, char opener)
{
	char closer = opener == '{' ? '}' : ']';

	strbuf_putc(&w->text, opener);
	w->p++;
	if (take(w, closer)) {
		strbuf_putc(&w->text, closer);
		end_line(w, false, false);
		return;
	}
	end_line(w, true, false);
	w->depth++;
	walk_items(w, closer);
	w->depth--;
	if (take(w, closer))
		strbuf_putc(&w->text, closer);
	end_line(w, false, true);
}

static void
walk_value(struct walk *w)
{
	const char *before = w->p;
	size_t len;

	skip_space(w);
	if (w->p < w->end && (*w->p == '{' || *w->p == '[') &&
	    w->depth < JSON_DEPTH_MAX) {
		walk_branch(w, *w->p);
		return;
	}
	len = token_length(w);
	strbuf_put(&w->text, w->p, len);
	w->p += len;
	end_line(w, false, false);
	if (w->p == before) /* no JSON: the rest is left out */
		w->p = w->end;
}

void
twin_json_build(struct twin_lines *lines, const char *text, size_t len)
{
	struct walk w = { .lines = lines, .p = text, .end = text + len };

	walk_value(&w);
	if (w.p < w.end && w.lines->n == TWIN_LINES_MAX)
		lines->cut = true;
	strbuf_fini(&w.path);
	strbuf_fini(&w.text);
}
