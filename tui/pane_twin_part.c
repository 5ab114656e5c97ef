#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/twin_history.h"
#include "core/deck/twin_path.h"
#include "core/deck/watch.h"
#include "core/iothub/twin.h"
#include "tui/pane_twin_state.h"

static const char *const part_names[] = {
	[TWIN_PART_PATH] = "path",
	[TWIN_PART_VALUE] = "value",
	[TWIN_PART_SECTION] = "section",
	[TWIN_PART_TWIN] = "twin",
};

static const char *const sections[] = { "tags", "properties.desired",
	"properties.reported" };

const char *
pane_twin_part_name(enum twin_part part)
{
	return part_names[part];
}

const struct twin_pane *
twin_pane_peek(const struct pane *pane)
{
	return (const struct twin_pane *)pane;
}

const struct twin_line *
twin_pane_line(const struct twin_pane *p)
{
	return p->scroll.at < p->lines.n ? &p->lines.line[p->scroll.at] : NULL;
}

/* What closes a bracket belongs to the line that opened it. */
const char *
twin_pane_path(const struct twin_pane *p)
{
	size_t i = p->scroll.at;
	int depth;

	if (i >= p->lines.n)
		return NULL;
	depth = p->lines.line[i].depth;
	while (i > 0 &&
	    (p->lines.line[i].path == NULL || p->lines.line[i].depth > depth))
		i--;
	return p->lines.line[i].path;
}

const char *
pane_twin_name_at(const struct pane *pane, size_t i)
{
	const struct twin_lines *lines = &twin_pane_peek(pane)->lines;
	size_t k;

	for (k = 0; k < lines->n; k++)
		if (lines->line[k].path != NULL &&
		    lines->line[k].name != NULL && i-- == 0)
			return lines->line[k].name;
	return NULL;
}

const struct twin_seen *
twin_pane_seen(const struct twin_pane *p, int step)
{
	const struct twin_history *history = deck_twin_history(p->base.deck);
	const struct twin_seen *seen;
	size_t i;

	if (p->past == 0)
		return NULL;
	for (i = 0; (seen = twin_history_at(history, p->device_id, i)) != NULL;
	     i++)
		if (seen->version == p->past)
			break;
	if (seen == NULL || (step < 0 && i == 0))
		return NULL;
	return twin_history_at(
	    history, p->device_id, step < 0 ? i - 1 : i + (size_t)step);
}

const cJSON *
twin_pane_shown(const struct twin_pane *p, cJSON **owned)
{
	const struct twin_seen *seen = twin_pane_seen(p, 0);

	*owned = NULL;
	if (seen == NULL)
		return watch_twin(deck_watch(p->base.deck));
	*owned = json_parse(seen->text, seen->len, NULL);
	return *owned;
}

const char *
twin_pane_text(const struct twin_pane *p)
{
	const struct twin_seen *seen = twin_pane_seen(p, 0);

	return seen != NULL ? seen->text
			    : watch_twin_text(deck_watch(p->base.deck));
}

static bool
has_controls(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static char *
value_text(const cJSON *item)
{
	if (cJSON_IsString(item) && !has_controls(item->valuestring))
		return xstrdup(item->valuestring);
	return json_print(item);
}

static const char *
section_of(const char *path)
{
	size_t i, len;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		len = strlen(sections[i]);
		if (strncmp(path, sections[i], len) == 0 &&
		    (path[len] == '\0' || path[len] == '.'))
			return sections[i];
	}
	return NULL;
}

static char *
section_text(const cJSON *section)
{
	cJSON *copy = cJSON_Duplicate(section, true);
	char *text;

	twin_strip(copy);
	text = json_print(copy);
	cJSON_Delete(copy);
	return text;
}

/* The value or the section at a path; NULL: there is none. */
static char *
text_at(const struct twin_pane *p, const char *path, enum twin_part part)
{
	cJSON *owned;
	const cJSON *item = twin_path_get(twin_pane_shown(p, &owned), path);
	char *text = NULL;

	if (item != NULL)
		text = part == TWIN_PART_SECTION ? section_text(item)
						 : value_text(item);
	cJSON_Delete(owned);
	return text;
}

char *
pane_twin_part(
    const struct pane *pane, enum twin_part part, char **what, struct err *err)
{
	const struct twin_pane *p = twin_pane_peek(pane);
	const char *path = twin_pane_path(p);
	char *text = NULL;

	*what = NULL;
	if (part == TWIN_PART_TWIN) {
		*what = xasprintf("the twin of %s", p->device_id);
		return xstrdup(twin_pane_text(p));
	}
	if (path == NULL || path[0] == '\0') {
		err_set(err, ERR_NOT_FOUND, "this line has no path");
		return NULL;
	}
	if (part == TWIN_PART_PATH) {
		*what = xasprintf("the path %s", path);
		return xstrdup(path);
	}
	if (part == TWIN_PART_SECTION && (path = section_of(path)) == NULL) {
		err_set(err, ERR_NOT_FOUND,
		    "this line is in none of tags, desired, reported");
		return NULL;
	}
	text = text_at(p, path, part);
	if (text == NULL)
		err_set(err, ERR_NOT_FOUND, "nothing stands at %s in v%" PRId64,
		    path, p->version);
	else
		*what = xasprintf("%s%s",
		    part == TWIN_PART_VALUE ? "the value of " : "", path);
	return text;
}
