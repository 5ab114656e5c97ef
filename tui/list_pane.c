#include "config.h"

#include "tui/list_pane.h"

#include <stdlib.h>

#include "core/base/xalloc.h"

static struct list_pane *
self(struct pane *pane)
{
	return (struct list_pane *)pane;
}

static size_t
count(const struct list_pane *p)
{
	return p->source->size(&p->base);
}

static uint64_t
number_at(const struct list_pane *p, size_t i)
{
	return p->source->number_at(&p->base, i);
}

static int
list_rows(const struct list_pane *p)
{
	return p->base.rows > 3 ? p->base.rows - 2 : 1;
}

static size_t
newest(const struct list_pane *p, size_t n)
{
	return p->source->newest_first ? 0 : n - 1;
}

/* Where its thing stands now, or else the next newer one. */
static size_t
find(const struct list_pane *p, size_t n)
{
	size_t i, at;

	for (i = 0; i < n; i++) {
		at = p->source->newest_first ? n - 1 - i : i;
		if (number_at(p, at) >= p->number)
			return at;
	}
	return p->scroll.at;
}

void
list_pane_settle(struct pane *pane, int64_t now_ms)
{
	struct list_pane *p = self(pane);
	size_t n = count(p);

	(void)now_ms;
	if (n == 0)
		return;
	p->scroll.at = p->number == 0 ? newest(p, n) : find(p, n);
	scroll_settle(&p->scroll, n, list_rows(p));
	if (p->number != 0)
		p->number = number_at(p, p->scroll.at);
}

static void
bind_to_row(struct list_pane *p)
{
	p->number = p->scroll.at == newest(p, count(p))
	    ? 0
	    : number_at(p, p->scroll.at);
}

void
list_pane_move(struct pane *pane, enum move how)
{
	struct list_pane *p = self(pane);
	size_t n = count(p);

	list_pane_settle(pane, 0);
	if (n == 0)
		return;
	scroll_move(&p->scroll, how, n, list_rows(p));
	bind_to_row(p);
}

enum point
list_pane_point(struct pane *pane, int y)
{
	struct list_pane *p = self(pane);
	enum point point =
	    scroll_point(&p->scroll, y - 1, count(p), list_rows(p));

	if (point == POINT_MOVED)
		bind_to_row(p);
	return point;
}

void
list_pane_free(struct pane *pane)
{
	free(self(pane));
}

const struct scroll *
list_pane_scroll(const struct pane *pane)
{
	return &((const struct list_pane *)pane)->scroll;
}

bool
list_pane_follows(const struct pane *pane)
{
	return ((const struct list_pane *)pane)->number == 0;
}

struct pane *
list_pane_new(const struct pane_ops *ops, const struct list_source *source)
{
	struct list_pane *p = xcalloc(1, sizeof(*p));

	p->base.ops = ops;
	p->source = source;
	return &p->base;
}
