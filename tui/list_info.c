#include "config.h"

#include "tui/list_info.h"

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "core/deck/fleet.h"

/* "3 marked, 1 hidden": the hidden ones are acted on too. */
static void
put_marked(const struct list_info *info, struct strbuf *out)
{
	size_t marked = fleet_marked(info->fleet);
	size_t shown = fleet_view_marked(info->view);

	if (marked == 0)
		return;
	strbuf_printf(out, " · %zu marked", marked);
	if (shown < marked)
		strbuf_printf(out, ", %zu hidden", marked - shown);
}

/*
 * What stands in the frame, from all that there is to what is never left out:
 * the counts.
 */
static const struct level {
	size_t filter; /* bytes of it */
	enum { SORT_IN_WORDS, SORT_SHORT, SORT_LEFT_OUT } sort;
} levels[] = {
	{ 64, SORT_IN_WORDS },
	{ 64, SORT_SHORT },
	{ 24, SORT_IN_WORDS },
	{ 24, SORT_SHORT },
	{ 8, SORT_SHORT },
	{ 24, SORT_LEFT_OUT },
	{ 8, SORT_LEFT_OUT },
	{ 0, SORT_LEFT_OUT },
};

#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static void
put_sort(const struct list_info *info, struct strbuf *out, bool in_words)
{
	const char *name = info->sort;
	bool reverse = fleet_view_is_reverse(info->view);

	strbuf_printf(out, " · by %s%s%s", reverse && !in_words ? "-" : "",
	    name, reverse && in_words ? ", reversed" : "");
}

/* Cut between characters. */
static void
put_filter(struct strbuf *out, const char *filter, size_t most)
{
	size_t n = strlen(filter);
	bool is_cut = n > most;

	if (n == 0 || most == 0)
		return;
	if (is_cut)
		n = most;
	while (is_cut && n > 0 && ((unsigned char)filter[n] & 0xc0) == 0x80)
		n--;
	strbuf_printf(out, " · /%.*s%s", (int)n, filter, is_cut ? "…" : "");
}

static void
put_info(
    const struct list_info *info, struct strbuf *out, const struct level *level)
{
	const struct fleet *fleet = info->fleet;

	strbuf_reset(out);
	if (info->work != NULL && level->sort == SORT_IN_WORDS)
		strbuf_printf(out, "%s… ", info->work);
	else if (info->work != NULL)
		strbuf_puts(out, "… ");
	strbuf_printf(out, "%zu of ", fleet_view_size(info->view));
	if (fleet_is_complete(fleet))
		strbuf_printf(out, "%zu", fleet_size(fleet));
	else
		strbuf_puts(out, "?");
	put_marked(info, out);
	if (info->has_range)
		strbuf_printf(out, " · range %zu", info->range_n);
	put_filter(out, fleet_view_filter(info->view), level->filter);
	if (level->sort != SORT_LEFT_OUT)
		put_sort(info, out, level->sort == SORT_IN_WORDS);
}

/* Where not even the counts fit in words. */
static void
put_least(
    const struct list_info *info, struct area a, int room, struct strbuf *out)
{
	size_t marked = fleet_marked(info->fleet);
	size_t n = fleet_view_size(info->view);

	strbuf_reset(out);
	if (info->work != NULL)
		strbuf_puts(out, "…");
	strbuf_printf(out, "%zu/%zu", n, fleet_size(info->fleet));
	if (marked > 0)
		strbuf_printf(out, " ✓%zu", marked);
	if (area_width(a, strbuf_str(out)) <= room)
		return;
	strbuf_reset(out);
	if (marked > 0)
		strbuf_printf(out, "✓%zu", marked);
	else
		strbuf_printf(out, "%zu", n);
}

void
list_info_write(const struct list_info *info, struct area a, int room,
    char out[LIST_INFO_SIZE])
{
	struct strbuf text = { 0 };
	size_t i;

	out[0] = '\0';
	if (fleet_size(info->fleet) == 0 && !fleet_is_complete(info->fleet))
		return;
	for (i = 0; i < LEVELS; i++) {
		put_info(info, &text, &levels[i]);
		if (area_width(a, strbuf_str(&text)) <= room)
			break;
	}
	if (i == LEVELS)
		put_least(info, a, room, &text);
	snprintf(out, LIST_INFO_SIZE, "%s", strbuf_str(&text));
	strbuf_fini(&text);
}
