#include "config.h"

#include "tui/pane_twin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/evidence.h"
#include "core/deck/fleet.h"
#include "core/deck/watch.h"
#include "tui/pane.h"

#define LINES_MAX ((size_t)20000)
#define DEPTH_SHOWN_MAX 12
#define VALUE_COLUMN_MIN 20

/* One line of the tree; a branch has lines below it unless it is folded. */
struct line {
	char *path;   /* owned: "desired.door.state", what it is known by */
	char *name;   /* owned */
	char *value;  /* owned: JSON text, or "{3}" of a folded branch */
	char *beside; /* owned or NULL: what stands at the right */
	enum style style, beside_style;
	int depth;
	bool branch, open;
	int64_t changed_ms; /* monotonic; 0: not since it is shown */
};

struct lines {
	struct line *line; /* owned */
	size_t n, cap;
};

struct twin_pane {
	struct pane base;
	char *device_id; /* owned; NULL: none */
	char *info;      /* owned: version and etag */
	bool loaded;
	struct lines lines;
	struct map *folds; /* path -> owned path: not as it is by default */
	char *at_path;     /* owned; the line under the cursor, or NULL */
	struct scroll scroll;
	int value_column;
};

/* What walking a section needs to know. */
struct walk {
	struct twin_pane *pane;
	struct lines *lines;
	const cJSON *reported; /* beside desired; NULL elsewhere */
	bool is_desired;
	struct strbuf path;
	enum style style;
};

static struct twin_pane *
self(struct pane *pane)
{
	return (struct twin_pane *)pane;
}

static const struct twin_pane *
peek(const struct pane *pane)
{
	return (const struct twin_pane *)pane;
}

static int
list_rows(const struct twin_pane *p)
{
	return p->base.rows > 3 ? p->base.rows - 2 : 1;
}

static void
free_lines(struct lines *lines)
{
	size_t i;

	for (i = 0; i < lines->n; i++) {
		free(lines->line[i].path);
		free(lines->line[i].name);
		free(lines->line[i].value);
		free(lines->line[i].beside);
	}
	free(lines->line);
	*lines = (struct lines){ 0 };
}

static struct line *
add_line(struct lines *lines)
{
	if (lines->n == lines->cap) {
		lines->cap = lines->cap * 2 + 32;
		lines->line = xreallocarray(
		    lines->line, lines->cap, sizeof(*lines->line));
	}
	lines->line[lines->n] = (struct line){ 0 };
	return &lines->line[lines->n++];
}

static bool
is_open(const struct twin_pane *p, const char *path, const char *name)
{
	bool by_default = strcmp(name, "$metadata") != 0;

	return (map_get(p->folds, path) != NULL) != by_default;
}

/* How reported stands to a desired leaf, in words. */
static void
compare(struct walk *w, const cJSON *desired, const cJSON *reported,
    struct line *line)
{
	char *text;

	switch (evidence_drift(desired, reported)) {
	case DRIFT_SAME:
		line->beside = xstrdup("= reported");
		line->beside_style = STYLE_DIM;
		break;
	case DRIFT_DIFFERS:
		text = json_print(reported);
		line->beside = xasprintf("≠ reported %.60s", text);
		line->beside_style = STYLE_DRIFT;
		free(text);
		break;
	case DRIFT_MISSING:
		line->beside = xstrdup("≠ not reported");
		line->beside_style = STYLE_DRIFT;
		break;
	}
	(void)w;
}

static void walk_members(
    struct walk *w, const cJSON *object, const cJSON *reported, int depth);

static void
walk_item(struct walk *w, const cJSON *item, const cJSON *reported, int depth)
{
	const char *name = item->string != NULL ? item->string : "";
	size_t len = w->path.len;
	size_t at = w->lines->n;
	enum style style = w->style;
	struct line *line;
	bool meta = strcmp(name, "$metadata") == 0;

	if (at >= LINES_MAX)
		return;
	strbuf_printf(&w->path, ".%s", name);
	line = add_line(w->lines);
	line->path = xstrdup(strbuf_str(&w->path));
	line->name = xstrdup(name);
	line->depth = depth;
	line->branch = cJSON_IsObject(item) && item->child != NULL &&
	    depth < DEPTH_SHOWN_MAX;
	line->style = meta ? STYLE_DIM : w->style;
	if (!line->branch) {
		line->value = json_print(item);
		if (w->is_desired && !meta)
			compare(w, item, reported, line);
	} else {
		line->open = is_open(w->pane, line->path, name);
		line->value = line->open
		    ? xstrdup("")
		    : xasprintf("{%d}", cJSON_GetArraySize(item));
	}
	if (line->branch && line->open) {
		bool was_desired = w->is_desired;

		if (meta) {
			w->style = STYLE_DIM;
			w->is_desired = false;
		}
		walk_members(w, item, reported, depth + 1);
		w->style = style;
		w->is_desired = was_desired;
	}
	w->path.len = len;
	w->path.data[len] = '\0';
}

static void
walk_members(
    struct walk *w, const cJSON *object, const cJSON *reported, int depth)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		if (item->string != NULL &&
		    strcmp(item->string, "$version") == 0)
			continue;
		walk_item(w, item, json_get(reported, item->string), depth);
	}
}

static void
walk_section(struct walk *w, const char *name, const cJSON *section)
{
	const cJSON *version = json_get(section, "$version");
	struct line *line = add_line(w->lines);

	line->path = xstrdup(name);
	line->name = xstrdup(name);
	line->branch = true;
	line->open = is_open(w->pane, name, name);
	line->style = STYLE_STRONG;
	line->value = cJSON_GetArraySize(section) == 0 ? xstrdup("{}")
	    : line->open                               ? xstrdup("")
			 : xasprintf("{%d}", cJSON_GetArraySize(section));
	if (cJSON_IsNumber(version)) {
		line->beside = xasprintf("$v %.0f", version->valuedouble);
		line->beside_style = STYLE_DIM;
	}
	strbuf_reset(&w->path);
	strbuf_puts(&w->path, name);
	w->style = STYLE_NAME;
	if (line->open)
		walk_members(w, section, w->reported, 1);
}

/* Whether a line that is new could have been seen before, and was not there. */
static bool
is_newcomer(const struct map *old, const char *path)
{
	const char *dot = strrchr(path, '.');
	const struct line *parent = NULL;
	char *branch;

	if (dot != NULL) {
		branch = xstrndup(path, (size_t)(dot - path));
		parent = map_get(old, branch);
		free(branch);
	}
	return parent != NULL && parent->open;
}

/* What stood there before with another value has changed just now. */
static void
note_changes(const struct lines *old, struct lines *lines, int64_t now_ms)
{
	struct map *map = map_new();
	size_t i;

	for (i = 0; i < old->n; i++)
		map_set(map, old->line[i].path, &old->line[i]);
	for (i = 0; i < lines->n; i++) {
		struct line *line = &lines->line[i];
		const struct line *was = map_get(map, line->path);

		if (line->branch || line->style == STYLE_DIM)
			continue;
		if (was != NULL && strcmp(was->value, line->value) == 0)
			line->changed_ms = was->changed_ms;
		else if (was != NULL || is_newcomer(map, line->path))
			line->changed_ms = now_ms;
	}
	map_free(map);
}

static void
set_value_column(struct twin_pane *p, const struct lines *lines)
{
	size_t i;
	int end;

	for (i = 0; i < lines->n; i++) {
		if (lines->line[i].branch)
			continue;
		end = 5 + 2 * lines->line[i].depth +
		    (int)strlen(lines->line[i].name);
		if (end > p->value_column)
			p->value_column = end;
	}
}

static void
build(struct twin_pane *p, const cJSON *twin, int64_t now_ms, bool same)
{
	const cJSON *properties = json_get(twin, "properties");
	const cJSON *desired = json_get(properties, "desired");
	const cJSON *reported = json_get(properties, "reported");
	struct lines lines = { 0 };
	struct walk w = { .pane = p, .lines = &lines };

	walk_section(&w, "tags", json_get(twin, "tags"));
	w.reported = reported;
	w.is_desired = true;
	walk_section(&w, "desired", desired);
	w.reported = NULL;
	w.is_desired = false;
	walk_section(&w, "reported", reported);
	strbuf_fini(&w.path);
	if (same)
		note_changes(&p->lines, &lines, now_ms);
	free_lines(&p->lines);
	p->lines = lines;
	set_value_column(p, &lines);
}

void
pane_twin_set(
    struct pane *pane, const char *device_id, const cJSON *twin, int64_t now_ms)
{
	struct twin_pane *p = self(pane);
	bool same = p->device_id != NULL && device_id != NULL &&
	    strcmp(p->device_id, device_id) == 0;
	const cJSON *version = json_get(twin, "version");
	const char *etag = json_get_string(twin, "etag");

	if (!same) {
		free(p->device_id);
		p->device_id = xstrdup(device_id);
		p->loaded = false;
		p->value_column = VALUE_COLUMN_MIN;
		free_lines(&p->lines);
	}
	free(p->info);
	p->info = NULL;
	if (twin == NULL) {
		p->loaded = false;
		free_lines(&p->lines);
		return;
	}
	p->info = xasprintf("v%.0f%s%.32s",
	    cJSON_IsNumber(version) ? version->valuedouble : 0.0,
	    etag != NULL ? " · etag " : "", etag != NULL ? etag : "");
	build(p, twin, now_ms, same && p->loaded);
	p->loaded = true;
}

static void
draw_line(const struct twin_pane *p, struct area a, int y,
    const struct line *line, const struct look *look)
{
	int x = 1 + 2 * line->depth, end = a.cols - 1, column;
	bool changed = line->changed_ms != 0 &&
	    look->now_ms - line->changed_ms < FLEET_CHANGED_MS;

	column = p->value_column > a.cols / 2 ? a.cols / 2 : p->value_column;
	if (line->branch)
		area_put(a, y, x, STYLE_DIM, line->open ? "▾" : "▸");
	else if (changed)
		area_put(a, y, x, STYLE_CHANGED, "*");
	x = area_put_fit(a, y, x + 2, a.cols - x - 3, line->style, line->name);
	if (x + 1 > column)
		column = x + 2;
	if (line->beside != NULL &&
	    (line->branch || a.cols - column > area_width(a, line->beside) + 6))
		end = area_put_right(
			  a, y, a.cols - 1, line->beside_style, line->beside) -
		    1;
	else if (line->beside != NULL && line->beside_style == STYLE_DRIFT)
		end = area_put_right(a, y, a.cols - 1, STYLE_DRIFT, "≠") - 1;
	area_put_fit(a, y, column, end - column,
	    changed                        ? STYLE_CHANGED
		: line->style == STYLE_DIM ? STYLE_DIM
					   : STYLE_TEXT,
	    line->value);
}

static void
draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct twin_pane *p = peek(pane);
	char title[160], number[16];
	struct frame frame = { .focused = look->focused,
		.title = title,
		.info = p->info,
		.below_style = STYLE_DIM };
	char age[TIME_SIZE];
	size_t i;
	int y;

	if (p->loaded && pane->deck != NULL)
		frame.below = age_format(age,
		    look->now_ms - watch_twin_seen_ms(deck_watch(pane->deck)));
	snprintf(number, sizeof(number), "%d ", look->number);
	snprintf(title, sizeof(title), "%sTwin%s%.128s",
	    look->number > 0 ? number : "", p->device_id != NULL ? " " : "",
	    p->device_id != NULL ? p->device_id : "");
	a = frame_draw(a, &frame);
	if (!p->loaded) {
		area_put_fit(a, 0, 1, a.cols - 2, STYLE_DIM,
		    p->device_id != NULL ? "loading" : "no device");
		if (look->focused)
			area_set_cursor(a, 0, 0, false);
		return;
	}
	for (y = 0; y < a.rows; y++) {
		i = p->scroll.top + (size_t)y;
		if (i >= p->lines.n)
			break;
		draw_line(p, a, y, &p->lines.line[i], look);
		if (i == p->scroll.at && look->focused) {
			area_put(a, y, 0, STYLE_STRONG, "▶");
			area_highlight(a, y);
			area_set_cursor(a, y, 0, false);
		}
	}
}

static void
bind_to_line(struct twin_pane *p)
{
	free(p->at_path);
	p->at_path = p->scroll.at < p->lines.n
	    ? xstrdup(p->lines.line[p->scroll.at].path)
	    : NULL;
}

static ssize_t
index_of(const struct twin_pane *p, const char *path)
{
	size_t i;

	for (i = 0; path != NULL && i < p->lines.n; i++)
		if (strcmp(p->lines.line[i].path, path) == 0)
			return (ssize_t)i;
	return -1;
}

static void
settle(struct pane *pane, int64_t now_ms)
{
	struct twin_pane *p = self(pane);
	ssize_t at = index_of(p, p->at_path);

	(void)now_ms;
	if (!p->loaded)
		return; /* and the path is kept for when it is */
	if (at >= 0)
		p->scroll.at = (size_t)at;
	scroll_settle(&p->scroll, p->lines.n, list_rows(p));
	bind_to_line(p);
}

static enum point
point(struct pane *pane, int y)
{
	struct twin_pane *p = self(pane);
	enum point point;

	if (!p->loaded)
		return POINT_NONE;
	point = scroll_point(&p->scroll, y - 1, p->lines.n, list_rows(p));
	if (point == POINT_MOVED)
		bind_to_line(p);
	return point;
}

static void
move(struct pane *pane, enum move how)
{
	struct twin_pane *p = self(pane);

	settle(pane, 0);
	if (!p->loaded)
		return;
	scroll_move(&p->scroll, how, p->lines.n, list_rows(p));
	bind_to_line(p);
}

void
pane_twin_fold(struct pane *pane, bool fold)
{
	struct twin_pane *p = self(pane);
	size_t at = p->scroll.at;
	int depth;
	struct line *line;
	char *path;

	if (at >= p->lines.n)
		return;
	/* From a leaf, or a branch that is folded, to the one it is on. */
	line = &p->lines.line[at];
	depth = line->depth;
	if (fold && (!line->branch || !line->open) && depth > 0) {
		while (at > 0 && p->lines.line[at].depth >= depth)
			at--;
		p->scroll.at = at;
		bind_to_line(p);
		return;
	}
	if (!line->branch || line->open != fold)
		return;
	path = map_remove(p->folds, line->path);
	if (path != NULL) {
		free(path);
	} else {
		path = xstrdup(line->path);
		map_set(p->folds, path, path);
	}
}

void
pane_twin_toggle(struct pane *pane)
{
	struct twin_pane *p = self(pane);

	if (p->scroll.at < p->lines.n && p->lines.line[p->scroll.at].branch)
		pane_twin_fold(pane, p->lines.line[p->scroll.at].open);
}

static void
twin_free(struct pane *pane)
{
	struct twin_pane *p = self(pane);
	size_t cursor = 0;
	char *path;

	while ((path = map_next(p->folds, &cursor)) != NULL) {
		map_remove(p->folds, path);
		free(path);
	}
	map_free(p->folds);
	free_lines(&p->lines);
	free(p->device_id);
	free(p->info);
	free(p->at_path);
	free(p);
}

static const struct pane_ops twin_ops = {
	.name = "twin",
	.settle = settle,
	.draw = draw,
	.move = move,
	.point = point,
	.free = twin_free,
};

struct pane *
pane_twin_new(void)
{
	struct twin_pane *p = xcalloc(1, sizeof(*p));

	p->base.ops = &twin_ops;
	p->folds = map_new();
	p->value_column = VALUE_COLUMN_MIN;
	return &p->base;
}
