/*
 * What the deck watches on behalf of the screen: the rows in sight and the
 * device whose twin is shown.
 */
#include "config.h"

#include "tui/app.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/packets.h"
#include "core/deck/watch.h"
#include "tui/app_state.h"
#include "tui/pane_devices.h"

#define TWIN_PATIENCE_MS 250

static uint64_t
hash_ids(const char *const *ids, size_t n)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	const char *p;
	size_t i;

	for (i = 0; i < n; i++)
		for (p = ids[i];; p++) {
			hash = (hash ^ (unsigned char)*p) *
			    UINT64_C(1099511628211);
			if (*p == '\0')
				break;
		}
	return hash;
}

void
app_watch_point(struct app *app)
{
	struct watch *watch = deck_watch(app->deck);
	const char *id = app->pinned != NULL
	    ? app->pinned
	    : pane_devices_id(app->panes[PANE_DEVICES]);
	const char *ids[WATCH_ROWS_MAX];
	size_t n;
	uint64_t hash;

	n = pane_devices_visible(app->panes[PANE_DEVICES], ids, WATCH_ROWS_MAX);
	hash = hash_ids(ids, n);
	if (hash != app->visible_hash) {
		app->visible_hash = hash;
		watch_visible(watch, ids, n);
	}
	if ((id == NULL) != (app->watched == NULL) ||
	    (id != NULL && strcmp(id, app->watched) != 0)) {
		free(app->watched);
		app->watched = xstrdup(id);
		watch_focus(watch, id);
		app->twin_changed = true;
	}
	packets_watch(deck_packets(app->deck),
	    app->focus == PANE_TRAFFIC ? app->watched : NULL);
}

bool
app_watch_waits(struct app *app, int64_t now_ms)
{
	if (app->watched == NULL || watch_twin(deck_watch(app->deck)) != NULL) {
		app->waits_since_ms = 0;
		return false;
	}
	if (app->waits_since_ms == 0)
		app->waits_since_ms = now_ms;
	return now_ms - app->waits_since_ms < TWIN_PATIENCE_MS;
}
