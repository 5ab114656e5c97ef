#include "config.h"

#include "tui/pane_twin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/twin_history.h"
#include "core/deck/watch.h"
#include "tui/pane.h"
#include "tui/pane_twin_state.h"
#include "tui/twin_diff.h"
#include "tui/twin_draw.h"
#include "tui/twin_json.h"
#include "tui/twin_tree.h"

static const char *const view_names[] = {
	[TWIN_TREE] = "tree",
	[TWIN_JSON] = "json",
	[TWIN_DIFFERENCE] = "difference",
};

const char *
pane_twin_view_name(enum twin_view view)
{
	return view_names[view];
}

static struct twin_pane *
self(struct pane *pane)
{
	return (struct twin_pane *)pane;
}

static int
list_rows(const struct twin_pane *p)
{
	return p->base.rows > 3 ? p->base.rows - 2 : 1;
}

static void
bind_to_line(struct twin_pane *p)
{
	const struct twin_line *line = twin_pane_line(p);

	free(p->at_path);
	p->at_path = line != NULL ? xstrdup(line->path) : NULL;
}

void
twin_pane_go_to(struct twin_pane *p, size_t at)
{
	p->scroll.at = at;
	scroll_settle(&p->scroll, p->lines.n, list_rows(p));
	bind_to_line(p);
}

static void
settle(struct pane *pane, int64_t now_ms)
{
	struct twin_pane *p = self(pane);
	ssize_t at = twin_lines_find(&p->lines, p->at_path);

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

/* What the chosen view makes of the twin that is shown. */
static void
build(struct twin_pane *p, struct twin_lines *lines)
{
	const char *text = twin_pane_text(p);
	cJSON *owned = NULL, *before = NULL;
	const cJSON *twin = twin_pane_shown(p, &owned);
	const struct twin_seen *older;

	memset(p->counts, 0, sizeof(p->counts));
	if (p->view == TWIN_JSON) {
		twin_json_build(lines, text, text != NULL ? strlen(text) : 0);
	} else if (p->view == TWIN_TREE) {
		twin_tree_build(lines, twin, p->folds);
	} else if (p->past == 0) {
		twin_diff_build(lines, twin, p->counts);
	} else {
		older = twin_pane_seen(p, -1);
		if (older != NULL)
			before = json_parse(older->text, older->len, NULL);
		twin_step_build(lines, before, twin);
	}
	p->version = json_get_int(twin, "version", -1);
	free(p->etag);
	p->etag = xstrdup(json_get_string(twin, "etag"));
	cJSON_Delete(before);
	cJSON_Delete(owned);
}

static int
widest(const struct twin_lines *lines)
{
	int width = 0, n;
	size_t i;

	for (i = 0; i < lines->n; i++) {
		n = TWIN_JSON_INDENT * lines->line[i].depth +
		    (int)strlen(lines->line[i].value);
		if (n > width)
			width = n;
	}
	return width;
}

/* same: of the same twin in the same view, so that changes can be seen. */
static void
rebuild(struct twin_pane *p, bool same)
{
	struct twin_lines lines = { 0 };
	int column;

	if (p->loaded)
		build(p, &lines);
	if (same)
		twin_lines_note_changes(&p->lines, &lines, p->now_ms);
	twin_lines_free(&p->lines);
	p->lines = lines;
	column = twin_draw_column(&lines,
	    p->view == TWIN_DIFFERENCE ? TWIN_COLUMN_TWO_MIN : TWIN_COLUMN_MIN);
	if (!same || column > p->column)
		p->column = column;
	p->widest = widest(&lines);
	p->has_ages = twin_draw_has_ages(&lines);
	settle(&p->base, p->now_ms);
}

/* The version that is there already was read before anybody followed. */
static void
follow(struct deck *deck, const char *device_id)
{
	const cJSON *twin = watch_twin(deck_watch(deck));

	twin_history_follow(deck_twin_history(deck), device_id);
	if (twin != NULL)
		twin_history_take(
		    deck_twin_history(deck), twin, clock_utc_us());
}

void
pane_twin_set(struct pane *pane, const char *device_id, int64_t now_ms)
{
	struct twin_pane *p = self(pane);
	bool same = p->device_id != NULL && device_id != NULL &&
	    strcmp(p->device_id, device_id) == 0;

	p->now_ms = now_ms;
	if (!same) {
		free(p->device_id);
		p->device_id = xstrdup(device_id);
		p->loaded = false;
		pane_twin_go_live(pane);
		if (device_id != NULL)
			follow(pane->deck, device_id);
	}
	same = same && p->loaded;
	p->loaded =
	    device_id != NULL && watch_twin(deck_watch(pane->deck)) != NULL;
	/* What was seen of it may have been dropped for something newer. */
	if (p->past != 0 && twin_pane_seen(p, 0) == NULL)
		pane_twin_go_live(pane);
	rebuild(p, same);
}

enum twin_view
pane_twin_view(const struct pane *pane)
{
	return twin_pane_peek(pane)->view;
}

void
twin_pane_reveal(struct twin_pane *p, const struct twin_lines *all, size_t at)
{
	const struct twin_line *line;
	size_t i = at, parent;

	while ((parent = twin_lines_parent(all, i)) != i) {
		i = parent;
		line = &all->line[i];
		if (!twin_folds_is_open(
			p->folds, line->path, line->name, line->depth))
			twin_folds_toggle(p->folds, line->path);
	}
	free(p->at_path);
	p->at_path = xstrdup(all->line[at].path);
	rebuild(p, true);
}

/* The cursor was on this path in another view. */
static void
reveal_path(struct twin_pane *p, const char *path)
{
	struct twin_lines all = { 0 };
	cJSON *owned;
	ssize_t at;

	twin_tree_build(&all, twin_pane_shown(p, &owned), NULL);
	at = twin_lines_find(&all, path);
	if (at >= 0)
		twin_pane_reveal(p, &all, (size_t)at);
	twin_lines_free(&all);
	cJSON_Delete(owned);
}

void
pane_twin_set_view(struct pane *pane, enum twin_view view)
{
	struct twin_pane *p = self(pane);
	char *path = xstrdup(twin_pane_path(p));

	free(p->at_path);
	p->at_path = xstrdup(path);
	p->view = view;
	p->side = 0;
	rebuild(p, false);
	if (view == TWIN_TREE && path != NULL &&
	    twin_lines_find(&p->lines, path) < 0)
		reveal_path(p, path);
	free(path);
}

static void
scroll_aside(struct twin_pane *p, int cells)
{
	int side = p->side + cells;

	if (side > p->widest - TWIN_SIDE_STEP)
		side = p->widest - TWIN_SIDE_STEP;
	p->side = side > 0 ? side : 0;
}

void
pane_twin_fold(struct pane *pane, bool fold)
{
	struct twin_pane *p = self(pane);
	const struct twin_line *line = twin_pane_line(p);

	if (line == NULL)
		return;
	if (p->view == TWIN_JSON) {
		scroll_aside(p, fold ? -TWIN_SIDE_STEP : TWIN_SIDE_STEP);
		return;
	}
	/* From a leaf, or a branch that is folded, to the one it is on. */
	if (fold && (!line->branch || !line->open) && line->depth > 0) {
		pane_twin_to_parent(pane);
		return;
	}
	if (!line->branch || line->open != fold || p->view != TWIN_TREE)
		return;
	twin_folds_toggle(p->folds, line->path);
	rebuild(p, true);
}

void
pane_twin_open(struct pane *pane)
{
	struct twin_pane *p = self(pane);
	const struct twin_line *line = twin_pane_line(p);

	if (line == NULL)
		return;
	if (p->view == TWIN_TREE && line->branch)
		pane_twin_fold(pane, line->open);
	else
		pane_twin_set_view(
		    pane, p->view == TWIN_TREE ? TWIN_JSON : TWIN_TREE);
}

int
pane_twin_depth(const struct pane *pane)
{
	cJSON *owned = NULL;
	int depth =
	    twin_tree_depth(twin_pane_shown(twin_pane_peek(pane), &owned));

	cJSON_Delete(owned);
	return depth;
}

int
pane_twin_level(const struct pane *pane)
{
	return twin_folds_level(twin_pane_peek(pane)->folds);
}

int
pane_twin_set_level(struct pane *pane, int level)
{
	struct twin_pane *p = self(pane);

	if (level < 0)
		level = 0;
	if (level >= pane_twin_depth(pane))
		level = TWIN_LEVEL_ALL;
	twin_folds_set_level(p->folds, level);
	rebuild(p, true);
	return level;
}

bool
pane_twin_to_sibling(struct pane *pane, int step)
{
	struct twin_pane *p = self(pane);
	size_t at = twin_lines_sibling(&p->lines, p->scroll.at, step);
	bool any = at != p->scroll.at;

	twin_pane_go_to(p, at);
	return any;
}

bool
pane_twin_to_parent(struct pane *pane)
{
	struct twin_pane *p = self(pane);
	size_t at;
	bool any;

	if (twin_pane_line(p) == NULL)
		return false;
	at = twin_lines_parent(&p->lines, p->scroll.at);
	any = at != p->scroll.at;
	twin_pane_go_to(p, at);
	return any;
}

int64_t
pane_twin_past(const struct pane *pane)
{
	return twin_pane_peek(pane)->past;
}

void
pane_twin_go_live(struct pane *pane)
{
	struct twin_pane *p = self(pane);

	if (p->past == 0)
		return;
	p->past = 0;
	p->view = p->live_view;
	p->side = 0;
	rebuild(p, false);
}

static void
go_past(struct twin_pane *p, const struct twin_seen *seen)
{
	if (p->past == 0) {
		p->live_view = p->view;
		p->view = TWIN_DIFFERENCE;
		p->side = 0;
	}
	p->past = seen->version;
	rebuild(p, false);
}

int
pane_twin_step(struct pane *pane, int step, struct err *err)
{
	struct twin_pane *p = self(pane);
	const struct twin_seen *seen;
	size_t n =
	    twin_history_size(deck_twin_history(pane->deck), p->device_id);

	if (p->past == 0 && step > 0)
		return err_set(
		    err, ERR_NOT_FOUND, "this is the live twin already");
	if (p->past == 0 && n < 2)
		return err_set(err, ERR_NOT_FOUND,
		    "no version of %s but this one has been seen",
		    p->device_id);
	seen = p->past != 0 ? twin_pane_seen(p, step)
			    : twin_history_at(deck_twin_history(pane->deck),
				  p->device_id, n - 1);
	if (seen == NULL && step < 0)
		return err_set(err, ERR_NOT_FOUND,
		    "v%" PRId64 " is the oldest version that was seen",
		    p->past);
	if (seen == NULL)
		pane_twin_go_live(pane);
	else
		go_past(p, seen);
	return 0;
}

static void
twin_free(struct pane *pane)
{
	struct twin_pane *p = self(pane);

	twin_folds_free(p->folds);
	twin_lines_free(&p->lines);
	free(p->device_id);
	free(p->etag);
	free(p->at_path);
	free(p->words);
	free(p->words_before);
	free(p->path_before);
	free(p);
}

static const struct pane_ops twin_ops = {
	.name = "twin",
	.settle = settle,
	.draw = twin_pane_draw,
	.move = move,
	.point = point,
	.free = twin_free,
};

struct pane *
pane_twin_new(void)
{
	struct twin_pane *p = xcalloc(1, sizeof(*p));

	p->base.ops = &twin_ops;
	p->folds = twin_folds_new();
	p->words = xstrdup("");
	p->column = TWIN_COLUMN_MIN;
	return &p->base;
}
