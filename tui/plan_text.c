#include "config.h"

#include "tui/plan_text.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/str.h"
#include "core/deck/deck.h"
#include "core/deck/edits.h"
#include "core/deck/plan.h"
#include "tui/app.h"
#include "tui/dialog.h"

#define ROWS_SHOWN 40
#define TROUBLES_SHOWN 5
#define TROUBLES_SAID 20

void
plan_put_counts(struct dialog *d, const struct plan *plan)
{
	size_t n = plan_size(plan), same = plan_count(plan, PLAN_SAME);
	size_t i, left_out = 0, shown = 0;
	const struct plan_device *device;
	struct strbuf sb = { 0 };

	strbuf_printf(
	    &sb, "changes %zu of %zu", plan_count(plan, PLAN_CHANGES), n);
	if (same > 0)
		strbuf_printf(&sb, "; %zu %s these values already", same,
		    same == 1 ? "has" : "have");
	dialog_text(d, STYLE_STRONG, "%s", strbuf_str(&sb));
	strbuf_fini(&sb);
	for (i = 0; i < n; i++) {
		device = plan_device(plan, i);
		if (device->why == NULL)
			continue;
		left_out++;
		if (shown < TROUBLES_SHOWN && ++shown > 0)
			dialog_text(d, STYLE_BAD, "left out  %s: %s",
			    device->device_id, device->why);
	}
	if (left_out > shown)
		dialog_text(
		    d, STYLE_BAD, "left out  and %zu more", left_out - shown);
}

void
plan_put_rows(struct dialog *d, const struct plan *plan)
{
	static const char *const head[] = { "", "now", "becomes", "devices" };
	static const char signs[] = {
		[FORM_ADDED] = '+', [FORM_REMOVED] = '-', [FORM_CHANGED] = '~'
	};
	static const enum style styles[] = { [FORM_ADDED] = STYLE_GOOD,
		[FORM_REMOVED] = STYLE_BAD,
		[FORM_CHANGED] = STYLE_TEXT };
	const struct plan_row *row;
	struct strbuf path = { 0 };
	char count[24];
	size_t i, more = plan_more(plan);

	dialog_gap(d);
	dialog_cells(d, STYLE_DIM, head, 4);
	for (i = 0; (row = plan_row(plan, i)) != NULL; i++) {
		const char *cells[] = { NULL, row->was != NULL ? row->was : "-",
			row->is != NULL ? row->is : "-", count };

		if (i >= ROWS_SHOWN) {
			more += row->n;
			continue;
		}
		strbuf_reset(&path);
		strbuf_printf(&path, "%c %s", signs[row->change], row->path);
		cells[0] = strbuf_str(&path);
		snprintf(count, sizeof(count), "%zu", row->n);
		dialog_cells(d, styles[row->change], cells, 4);
	}
	if (more > 0)
		dialog_text(
		    d, STYLE_DIM, "  and %zu more different changes", more);
	strbuf_fini(&path);
}

void
plan_say_troubles(struct app *app, const struct plan *plan)
{
	const struct plan_device *device;
	size_t i, said = 0;

	for (i = 0; i < plan_size(plan) && said < TROUBLES_SAID; i++) {
		device = plan_device(plan, i);
		if (device->why != NULL && ++said > 0)
			app_say(app, true, "%s: %s", device->device_id,
			    device->why);
	}
}
