#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/deck/deck.h"
#include "core/deck/twin_history.h"
#include "core/deck/watch.h"
#include "tui/pane_twin_state.h"
#include "tui/twin_draw.h"

#define INFO_SIZE 160
#define INFO_FRAME 7 /* cells of the frame beside title and info */
#define INFO_FORMS 3 /* from the longest to the shortest */

static void
describe_past(const struct twin_pane *p, const struct look *look, int form,
    char out[INFO_SIZE])
{
	const struct twin_history *history = deck_twin_history(p->base.deck);
	size_t n = twin_history_size(history, p->device_id);
	const struct twin_seen *seen = twin_pane_seen(p, 0);
	const struct twin_seen *newest =
	    n > 0 ? twin_history_at(history, p->device_id, n - 1) : NULL;
	char age[TIME_SIZE];

	if (seen == NULL || newest == NULL)
		return;
	since_format(age, (look->now_us - seen->seen_us) / 1000);
	snprintf(out, INFO_SIZE, "v%" PRId64 " of v%" PRId64, seen->version,
	    newest->version);
	if (form < 2)
		snprintf(out + strlen(out), INFO_SIZE - strlen(out), ", %s%s",
		    age, strcmp(age, "now") == 0 ? "" : " ago");
	if (form == 0)
		snprintf(out + strlen(out), INFO_SIZE - strlen(out), " · %s",
		    pane_twin_view_name(p->view));
}

/* "3 in sync · 1 pending", or only signs for it; what there is none of is left
 * out. */
static void
describe_counts(const size_t counts[TWIN_SYNCS], int form, char *out, int size)
{
	static const char *const signs[] = { "=", "~", "≠" };
	const char *between = "";
	int i, len = 0;

	snprintf(out, (size_t)size, "nothing desired");
	for (i = 0; i < TWIN_SYNCS; i++) {
		if (counts[i] == 0)
			continue;
		len += snprintf(out + len, (size_t)(size - len), "%s%zu %s",
		    between, counts[i],
		    form < 2 ? twin_sync_name((enum twin_sync)i) : signs[i]);
		between = form < 2 ? " · " : "  ";
	}
}

static void
describe_live(const struct twin_pane *p, int form, char out[INFO_SIZE])
{
	int len = 0;

	if (p->version >= 0 && (form != 1 || p->view != TWIN_DIFFERENCE))
		len = snprintf(out, INFO_SIZE, "v%" PRId64 " · ", p->version);
	out += len;
	len = INFO_SIZE - len;
	if (p->view == TWIN_JSON)
		snprintf(out, (size_t)len,
		    form == 0 ? "JSON · line %zu of %zu" : "JSON %zu/%zu",
		    p->scroll.at + 1, p->lines.n);
	else if (p->view == TWIN_DIFFERENCE)
		describe_counts(p->counts, form, out, len);
	else if (form == 0 && p->etag != NULL)
		snprintf(out, (size_t)len, "etag %.32s · tree", p->etag);
	else
		snprintf(out, (size_t)len, "tree");
}

/* Version and view, in as many words as there is room for. */
static void
describe(const struct twin_pane *p, struct area a, const struct look *look,
    const char *title, char out[INFO_SIZE])
{
	int form, room = a.cols - area_width(a, title) - INFO_FRAME;

	out[0] = '\0';
	if (!p->loaded || p->base.deck == NULL)
		return;
	for (form = 0; form < INFO_FORMS; form++) {
		if (p->past != 0)
			describe_past(p, look, form, out);
		else
			describe_live(p, form, out);
		if (area_fits(a, out, room))
			return;
	}
}

/* For the moment until the next one's twin is there this one's stays. */
static int64_t
seen_ms(struct deck *deck)
{
	const struct watch *watch = deck_watch(deck);
	int64_t seen = watch_twin_seen_ms(watch);

	return seen != 0 ? seen : watch_health(watch)->fresh_ms;
}

static struct area
draw_frame(const struct twin_pane *p, struct area a, const struct look *look)
{
	char title[160], number[16], info[INFO_SIZE], age[TIME_SIZE];
	struct frame frame = { .focused = look->focused,
		.title = title,
		.info = info,
		.below_style = STYLE_DIM };

	snprintf(number, sizeof(number), "%d ", look->number);
	snprintf(title, sizeof(title), "%sTwin%s%.128s",
	    look->number > 0 ? number : "", p->device_id != NULL ? " " : "",
	    p->device_id != NULL ? p->device_id : "");
	describe(p, a, look, title, info);
	if (p->past != 0) {
		frame.below = "not live: > newer, Esc live";
		frame.below_style = STYLE_DRIFT;
	} else if (p->lines.cut) {
		frame.below = "cut: it has too many lines";
	} else if (p->loaded && p->base.deck != NULL) {
		frame.below =
		    age_format(age, look->now_ms - seen_ms(p->base.deck));
	}
	return frame_draw(a, &frame);
}

static int
digits_of(size_t n)
{
	int digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

void
twin_pane_draw(const struct pane *pane, struct area a, const struct look *look)
{
	const struct twin_pane *p = twin_pane_peek(pane);
	struct twin_drawing drawing = {
		.is_json = p->view == TWIN_JSON,
		.has_ages = p->has_ages,
		.column = p->column,
		.digits = digits_of(p->lines.n),
		.side = p->side,
		.find = p->words[0] != '\0' ? p->words : NULL,
		.now_ms = look->now_ms,
		.now_us = look->now_us,
	};
	/* The keys go to the prompt, but one looks here. */
	bool typing = p->words_before != NULL;
	size_t i;
	int y;

	a = draw_frame(p, a, look);
	if (!p->loaded || pane->deck == NULL) {
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
		twin_draw_line(a, y, &p->lines.line[i], i + 1, &drawing);
		if (i != p->scroll.at || !(look->focused || typing))
			continue;
		area_put(a, y, 0, STYLE_STRONG, "▶");
		area_highlight(a, y);
		if (look->focused)
			area_set_cursor(a, y, 0, false);
	}
}
