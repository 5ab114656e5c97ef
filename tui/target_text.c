#include "config.h"

#include "tui/target_text.h"

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/pane_devices.h"

#define IDS_CELLS 60
#define VERSIONS_SHOWN 3

struct versions {
	const char *name[VERSIONS_SHOWN]; /* borrowed from the rows */
	size_t count[VERSIONS_SHOWN];
	size_t n, others;
};

const char *
target_count(size_t n, char *out, size_t size)
{
	snprintf(out, size, "%zu device%s", n, n == 1 ? "" : "s");
	return out;
}

static void
put_ids(struct dialog *d, char *const *ids, size_t n)
{
	struct strbuf sb = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0 && sb.len + strlen(ids[i]) > IDS_CELLS)
			break;
		strbuf_printf(&sb, "%s%s", i > 0 ? "  " : "", ids[i]);
	}
	if (i < n)
		strbuf_printf(&sb, "  and %zu more", n - i);
	dialog_text(d, STYLE_TEXT, "  %s", strbuf_str(&sb));
	strbuf_fini(&sb);
}

static void
count_version(struct versions *v, const char *version)
{
	size_t i;

	if (version == NULL)
		return;
	for (i = 0; i < v->n; i++)
		if (strcmp(v->name[i], version) == 0) {
			v->count[i]++;
			return;
		}
	if (v->n == VERSIONS_SHOWN) {
		v->others++;
		return;
	}
	v->name[v->n] = version;
	v->count[v->n++] = 1;
}

static void
put_versions(struct dialog *d, const struct versions *v)
{
	struct strbuf sb = { 0 };
	size_t i;

	for (i = 0; i < v->n; i++)
		strbuf_printf(&sb, "%s%s %zu", i > 0 ? ", " : "", v->name[i],
		    v->count[i]);
	if (v->others > 0)
		strbuf_printf(&sb, ", others %zu", v->others);
	if (v->n > 0)
		dialog_text(d, STYLE_DIM, "  version %s", strbuf_str(&sb));
	strbuf_fini(&sb);
}

void
target_rows(struct dialog *d, struct app *app, char *const *ids, size_t n)
{
	const struct fleet *fleet = deck_fleet(app_deck(app));
	const struct fleet_view *view =
	    pane_devices_view(app_pane(app, PANE_DEVICES));
	const char *first_offline = NULL;
	const struct fleet_row *row;
	struct versions versions = { 0 };
	size_t i, offline = 0, hidden = 0;

	for (i = 0; i < n; i++) {
		row = fleet_get(fleet, ids[i]);
		hidden += fleet_view_index(view, ids[i]) < 0;
		if (row == NULL)
			continue;
		count_version(&versions, row->version);
		if (row->link != LINK_DISCONNECTED)
			continue;
		if (offline++ == 0)
			first_offline = ids[i];
	}
	put_ids(d, ids, n);
	put_versions(d, &versions);
	if (offline == 1)
		dialog_text(d, STYLE_DRIFT,
		    "  %s is not connected, as the hub sees it", first_offline);
	else if (offline > 1)
		dialog_text(d, STYLE_DRIFT,
		    "  %zu are not connected, as the hub sees it (%s, …)",
		    offline, first_offline);
	if (hidden > 0)
		dialog_text(d, STYLE_DRIFT,
		    "  %zu of them %s marked but hidden by the filter", hidden,
		    hidden == 1 ? "is" : "are");
}
