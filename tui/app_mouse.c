#include "config.h"

#include "tui/app.h"

#include "tui/app_state.h"
#include "tui/dialog.h"
#include "tui/key.h"
#include "tui/mouse.h"
#include "tui/pane.h"
#include "tui/record.h"

#define WHEEL_ROWS 3 /* as most terminals scroll themselves */

static enum pane_id
pane_at(const struct app *app, int y, int x)
{
	const struct rect *r;
	size_t i;

	for (i = 0; i < PANES; i++) {
		r = &app->layout.panes[i];
		if (y >= r->y && y < r->y + r->rows && x >= r->x &&
		    x < r->x + r->cols)
			return (enum pane_id)i;
	}
	return PANES;
}

/* A click selects; one on what is selected already opens it. */
static void
press(struct app *app, const struct mouse *mouse)
{
	enum pane_id id = pane_at(app, mouse->y, mouse->x);
	bool focused = id == app->focus;
	enum point point = POINT_NONE;
	struct pane *pane;

	if (app->layout.tabs && mouse->y == app->layout.header)
		id = app_tab_at(app, mouse->x);
	if (id == PANES)
		return;
	if (!focused)
		app_set_focus(app, id);
	pane = app->panes[id];
	if (mouse->y != app->layout.header && pane->ops->point != NULL)
		point =
		    pane->ops->point(pane, mouse->y - app->layout.panes[id].y);
	if (focused && point == POINT_SAME)
		app_key(app, KEYS_ENTER);
}

static void
turn_wheel(struct app *app, const struct mouse *mouse)
{
	enum pane_id id = pane_at(app, mouse->y, mouse->x);
	int i;

	if (id == PANES)
		return;
	for (i = 0; i < WHEEL_ROWS; i++)
		app->panes[id]->ops->move(app->panes[id],
		    mouse->kind == MOUSE_WHEEL_UP ? MOVE_UP : MOVE_DOWN);
}

void
app_mouse(struct app *app, const struct mouse *mouse)
{
	if (app->record != NULL)
		record_note(app->record, "the mouse was used here");
	if (app->dialog != NULL)
		dialog_mouse(app->dialog, mouse);
	else if (app->asks != APP_PROMPT_NONE || app->layout.tiny)
		return;
	else if (app->hold != HOLD_OFF)
		app_hold_refuse(app, "the mouse");
	else if (mouse->kind == MOUSE_PRESS)
		press(app, mouse);
	else
		turn_wheel(app, mouse);
	app->ops->wake(app->arg);
}
