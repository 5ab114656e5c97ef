#include "config.h"

#include "tui/target_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/filter_field.h"
#include "core/deck/fleet.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/pane_devices.h"

#define IDS_CELLS 60
#define GROUPS_SHOWN 3

/* How often each value came, the first few by name. */
struct groups {
	char *name[GROUPS_SHOWN]; /* owned */
	size_t count[GROUPS_SHOWN];
	size_t n, others;
};

/* Tags by which operators know where a device is. */
static const char *const place_tags[] = { "site", "building", "floor",
	"model" };

#define N_PLACES (sizeof(place_tags) / sizeof(place_tags[0]))

const char *
target_count(size_t n, char *out, size_t size)
{
	snprintf(out, size, "%zu device%s", n, n == 1 ? "" : "s");
	return out;
}

/* A name from a hub may hold blanks, and is not to be torn apart there. */
static void
put_joined(struct strbuf *sb, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == DIALOG_JOIN)
			strbuf_puts(sb, "\\x1f");
		else
			strbuf_putc(sb, *text == ' ' ? DIALOG_JOIN : *text);
}

static void
put_ids(struct dialog *d, char *const *ids, size_t n)
{
	const char join = DIALOG_JOIN;
	struct strbuf sb = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0 && sb.len + strlen(ids[i]) > IDS_CELLS)
			break;
		if (i > 0)
			strbuf_puts(&sb, "  ");
		put_joined(&sb, ids[i]);
	}
	if (i < n)
		strbuf_printf(&sb, "  and%c%zu%cmore", join, n - i, join);
	dialog_groups(d, "  ", strbuf_str(&sb));
	strbuf_fini(&sb);
}

static void
count_one(struct groups *g, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (strncmp(g->name[i], name, len) == 0 &&
		    g->name[i][len] == '\0') {
			g->count[i]++;
			return;
		}
	if (g->n == GROUPS_SHOWN) {
		g->others++;
		return;
	}
	g->name[g->n] = xstrndup(name, len);
	g->count[g->n++] = 1;
}

/* The value of a tag in a row's "site=brno floor=3". */
static void
count_tag(struct groups *g, const char *tags, const char *tag)
{
	size_t len;
	const char *value = filter_tag(tags, tag, &len);

	if (value != NULL)
		count_one(g, value, len);
}

/* "site brno 2, site graz 1"; of one device without the counts. */
static void
write_groups(struct strbuf *sb, const char *what, struct groups *g, size_t n)
{
	const char join = DIALOG_JOIN;
	size_t i, none = n - g->others;

	if (g->n == 0)
		return;
	if (sb->len > 0)
		strbuf_printf(sb, "%c· ", join);
	for (i = 0; i < g->n; i++) {
		strbuf_printf(sb, "%s%s%c", i > 0 ? ", " : "", what, join);
		put_joined(sb, g->name[i]);
		if (n > 1)
			strbuf_printf(sb, "%c%zu", join, g->count[i]);
		none -= g->count[i];
		free(g->name[i]);
	}
	if (g->others > 0)
		strbuf_printf(sb, ", others%c%zu", join, g->others);
	if (none > 0)
		strbuf_printf(sb, ", no%c%s%c%zu", join, what, join, none);
}

static void
put_offline(struct dialog *d, size_t offline, const char *first)
{
	if (offline > 0)
		dialog_text(d, STYLE_DRIFT,
		    "  %zu %s offline by the hub's view (%s%s)", offline,
		    offline == 1 ? "is" : "are", first,
		    offline == 1 ? "" : ", …");
}

size_t
target_rows(struct dialog *d, struct app *app, char *const *ids, size_t n)
{
	const struct fleet *fleet = deck_fleet(app_deck(app));
	const struct fleet_view *view =
	    pane_devices_view(app_pane(app, PANE_DEVICES));
	const char *first_offline = NULL;
	const struct fleet_row *row;
	const char *version;
	struct groups versions = { 0 }, places[N_PLACES] = { 0 };
	struct strbuf groups = { 0 };
	size_t i, k, offline = 0, hidden = 0, absent = 0;

	for (i = 0; i < n; i++) {
		row = fleet_get(fleet, ids[i]);
		absent += row == NULL;
		if (row == NULL)
			continue;
		hidden += fleet_view_index(view, ids[i]) < 0;
		version = fleet_row_version(fleet, row);
		if (version != NULL)
			count_one(&versions, version, strlen(version));
		for (k = 0; k < N_PLACES; k++)
			count_tag(&places[k], fleet_row_tags(fleet, row),
			    place_tags[k]);
		if (row->link != LINK_DISCONNECTED)
			continue;
		if (offline++ == 0)
			first_offline = ids[i];
	}
	put_ids(d, ids, n);
	for (k = 0; k < N_PLACES; k++)
		write_groups(&groups, place_tags[k], &places[k], n);
	write_groups(&groups, "version", &versions, n);
	if (groups.len > 0)
		dialog_groups(d, "  ", groups.data);
	strbuf_fini(&groups);
	put_offline(d, offline, first_offline);
	if (hidden > 0)
		dialog_text(d, STYLE_DRIFT,
		    "  %zu of them %s hidden by the filter", hidden,
		    hidden == 1 ? "is" : "are");
	if (absent > 0)
		dialog_text(d, STYLE_DRIFT, "  %zu of them %s not in the list",
		    absent, absent == 1 ? "is" : "are");
	return offline;
}
