#include "config.h"

#include "tui/twin_diff.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/form.h"
#include "tui/twin_lines.h"

#define DESIRED "properties.desired."

static const struct {
	const char *sign;
	enum style style;
} looks[] = {
	[TWIN_IN_SYNC] = { "=", STYLE_DIM },
	[TWIN_PENDING] = { "~", STYLE_BUSY },
	[TWIN_DIVERGED] = { "≠", STYLE_DRIFT },
};

struct diff {
	struct twin_lines *lines;
	size_t *counts;
};

static void
add_leaf(const struct twin_sync_leaf *leaf, void *arg)
{
	struct diff *diff = arg;
	struct twin_line *line;

	if (diff->counts != NULL)
		diff->counts[leaf->sync]++;
	line = twin_lines_add(diff->lines);
	if (line == NULL)
		return;
	line->path = xstrdup(leaf->path);
	line->name = xstrdup(leaf->path + strlen(DESIRED));
	line->value = json_print(leaf->desired);
	line->sign = looks[leaf->sync].sign;
	line->style = STYLE_NAME;
	line->beside = xstrdup(twin_sync_name(leaf->sync));
	line->beside_style = looks[leaf->sync].style;
	line->updated_us =
	    leaf->sync == TWIN_DIVERGED ? leaf->reported_us : leaf->desired_us;
	if (leaf->sync == TWIN_IN_SYNC)
		return;
	line->link = "≠";
	line->other = leaf->reported != NULL ? json_print(leaf->reported)
					     : xstrdup("not reported");
}

/* A line that only says something. */
static void __attribute__((format(printf, 3, 4)))
say(struct twin_lines *lines, enum style style, const char *fmt, ...)
{
	struct twin_line *line = twin_lines_add(lines);
	va_list ap;

	if (line == NULL)
		return;
	va_start(ap, fmt);
	line->name = xvasprintf(fmt, ap);
	va_end(ap);
	line->value = xstrdup("");
	line->style = style;
}

void
twin_diff_build(
    struct twin_lines *lines, const cJSON *twin, size_t counts[TWIN_SYNCS])
{
	struct diff diff = { .lines = lines, .counts = counts };
	size_t only;

	twin_sync_walk(twin, add_leaf, &diff);
	if (lines->n == 0)
		say(lines, STYLE_DIM, "nothing is desired of this device");
	only = twin_sync_only_reported(twin);
	if (only > 0)
		say(lines, STYLE_DIM, "%zu more %s reported, not desired", only,
		    only == 1 ? "is" : "are");
}

/* One section of a step; its heading stands once something differs. */
struct step {
	struct twin_lines *lines;
	const char *path; /* "properties.desired" */
	const char *name; /* "desired" */
	const cJSON *was, *is;
	bool any;
};

static void
add_heading(struct step *step)
{
	const cJSON *was = json_get(step->was, "$version");
	const cJSON *is = json_get(step->is, "$version");
	struct twin_line *line = twin_lines_add(step->lines);

	step->any = true;
	if (line == NULL)
		return;
	line->path = xstrdup(step->path);
	line->name = xstrdup(step->name);
	line->value = xstrdup("");
	line->style = STYLE_STRONG;
	line->branch = line->open = true;
	if (!cJSON_IsNumber(was) || !cJSON_IsNumber(is))
		return;
	line->beside = was->valuedouble < is->valuedouble
	    ? xasprintf("$v %.0f → %.0f", was->valuedouble, is->valuedouble)
	    : xasprintf("$v %.0f", is->valuedouble);
	line->beside_style = STYLE_DIM;
}

static void
add_change(enum form_change change, const char *path, const char *was,
    const char *is, void *arg)
{
	static const char *const signs[] = {
		[FORM_ADDED] = "+", [FORM_REMOVED] = "-", [FORM_CHANGED] = "~"
	};
	struct step *step = arg;
	struct twin_line *line;

	if (!step->any)
		add_heading(step);
	line = twin_lines_add(step->lines);
	if (line == NULL)
		return;
	line->path = xasprintf("%s.%s", step->path, path);
	line->name = xstrdup(path);
	line->value = xstrdup(was != NULL ? was : is);
	line->sign = signs[change];
	line->style = STYLE_NAME;
	line->depth = 1;
	if (change == FORM_CHANGED) {
		line->link = "→";
		line->other = xstrdup(is);
	}
}

void
twin_step_build(struct twin_lines *lines, const cJSON *was, const cJSON *is)
{
	const cJSON *then = json_get(was, "properties");
	const cJSON *now = json_get(is, "properties");
	struct step steps[] = {
		{ lines, "tags", "tags", json_get(was, "tags"),
		    json_get(is, "tags"), false },
		{ lines, "properties.desired", "desired",
		    json_get(then, "desired"), json_get(now, "desired"),
		    false },
		{ lines, "properties.reported", "reported",
		    json_get(then, "reported"), json_get(now, "reported"),
		    false },
	};
	size_t i;

	if (was == NULL) {
		say(lines, STYLE_DIM,
		    "the oldest version seen: v shows it whole");
		return;
	}
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		form_diff(steps[i].was, steps[i].is, add_change, &steps[i]);
	if (lines->n == 0)
		say(lines, STYLE_DIM,
		    "the same values again: only $metadata moved");
}
