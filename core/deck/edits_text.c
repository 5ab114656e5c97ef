#include "config.h"

#include "core/deck/edits_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/edits.h"
#include "core/deck/section.h"

#define TAIL "]}\n"

static void
put_device(struct strbuf *out, const struct edits_device *device)
{
	strbuf_puts(out, "{\"id\":");
	json_put_string(out, device->device_id);
	strbuf_puts(out, ",\"etagBefore\":");
	json_put_string(out, device->etag_before);
	strbuf_puts(out, ",\"etag\":");
	json_put_string(out, device->etag);
	strbuf_printf(out, ",\"undone\":%s,\"inverse\":%s}",
	    device->undone ? "true" : "false", device->inverse);
}

/* The time of the edit that one takes back; one that is forgotten has none. */
static int64_t
time_of(const struct edits *edits, int job_number)
{
	const struct edits_job *edit;
	size_t i;

	for (i = 0; (edit = edits_at(edits, i)) != NULL; i++)
		if (edit->job_number == job_number)
			return edit->at_us;
	return job_number != 0 ? 1 : 0;
}

static void
put_edit(
    struct strbuf *out, const struct edits *edits, const struct edits_job *edit)
{
	size_t i;

	strbuf_printf(out,
	    "{\"atUs\":%" PRId64 ",\"undoOfUs\":%" PRId64 ",\"section\":",
	    edit->at_us, time_of(edits, edit->undo_of));
	json_put_string(out, section_word(edit->section));
	strbuf_puts(out, ",\"devices\":[");
	for (i = 0; i < edit->n; i++) {
		if (i > 0)
			strbuf_putc(out, ',');
		put_device(out, &edit->devices[i]);
	}
	strbuf_puts(out, "]}");
}

/* Bytes that it takes at least: one that is far too long is not tried. */
static size_t
least(const struct edits_job *edit)
{
	size_t i, n = 0;

	for (i = 0; i < edit->n; i++)
		n += strlen(edit->devices[i].inverse) +
		    strlen(edit->devices[i].device_id);
	return n;
}

void
edits_text_put(struct strbuf *out, const struct edits *edits, const char *place,
    size_t max)
{
	const struct edits_job *edit;
	struct strbuf one = { 0 };
	const char *comma = "";
	size_t n = 0;

	strbuf_puts(out, "{\"hub\":");
	json_put_string(out, place);
	strbuf_printf(
	    out, ",\"savedUs\":%" PRId64 ",\"edits\":[", clock_utc_us());
	while (edits_at(edits, n) != NULL)
		n++;
	while (n-- > 0) {
		edit = edits_at(edits, n);
		if (least(edit) > max)
			continue;
		strbuf_reset(&one);
		put_edit(&one, edits, edit);
		if (out->len + one.len + strlen("," TAIL) > max)
			continue;
		strbuf_puts(out, comma);
		strbuf_put(out, strbuf_str(&one), one.len);
		comma = ",";
	}
	strbuf_puts(out, TAIL);
	strbuf_fini(&one);
}

static bool
is_device(const cJSON *json)
{
	return json_get_string(json, "id") != NULL &&
	    json_get_string(json, "etag") != NULL &&
	    json_get_string(json, "etagBefore") != NULL &&
	    cJSON_IsBool(json_get(json, "undone")) &&
	    cJSON_IsObject(json_get(json, "inverse"));
}

static bool
is_edit(const cJSON *json)
{
	const char *section = json_get_string(json, "section");
	const cJSON *devices = json_get(json, "devices"), *device;

	if (section == NULL || json_get_int(json, "atUs", 0) <= 0 ||
	    json_get_int(json, "undoOfUs", -1) < 0 || !cJSON_IsArray(devices) ||
	    devices->child == NULL ||
	    (strcmp(section, section_word(TWIN_DESIRED)) != 0 &&
		strcmp(section, section_word(TWIN_TAGS)) != 0))
		return false;
	cJSON_ArrayForEach(device, devices)
		if (!is_device(device))
			return false;
	return true;
}

int
edits_text_check(const struct cJSON *json, struct err *err)
{
	const cJSON *list = json_get(json, "edits"), *edit;
	size_t i = 0;

	if (json_get_string(json, "hub") == NULL ||
	    json_get_int(json, "savedUs", 0) <= 0 || !cJSON_IsArray(list))
		return err_set(err, ERR_INVALID, "it is no list of edits");
	cJSON_ArrayForEach(edit, list) {
		i++;
		if (!is_edit(edit))
			return err_set(err, ERR_INVALID,
			    "what stands at place %zu is no edit", i);
	}
	return 0;
}

/* One of those that are taken; saved_us is its text's. */
struct found {
	const cJSON *json; /* borrowed */
	int64_t at_us, saved_us;
};

static int
compare_found(const void *a, const void *b)
{
	const struct found *left = a, *right = b;

	if (left->at_us != right->at_us)
		return left->at_us < right->at_us ? -1 : 1;
	return (left->saved_us < right->saved_us) -
	    (left->saved_us > right->saved_us);
}

/* Oldest first, each once, the newest EDITS_MAX of them; the caller's. */
static struct found *
collect(const cJSON *texts, size_t *n)
{
	const cJSON *text, *edit;
	struct found *list = NULL;
	size_t i, all = 0;

	cJSON_ArrayForEach(text, texts)
		cJSON_ArrayForEach(edit, json_get(text, "edits")) {
			list = xreallocarray(list, all + 1, sizeof(*list));
			list[all++] = (struct found){ .json = edit,
				.at_us = json_get_int(edit, "atUs", 0),
				.saved_us = json_get_int(text, "savedUs", 0) };
		}
	if (all > 0)
		qsort(list, all, sizeof(*list), compare_found);
	for (*n = 0, i = 0; i < all; i++)
		if (*n == 0 || list[*n - 1].at_us != list[i].at_us)
			list[(*n)++] = list[i];
	if (*n > EDITS_MAX) {
		memmove(
		    list, list + (*n - EDITS_MAX), EDITS_MAX * sizeof(*list));
		*n = EDITS_MAX;
	}
	return list;
}

/* The number that the one of this time has now. */
static int
number_at(const struct found *list, size_t n, int64_t at_us)
{
	size_t i;

	if (at_us == 0)
		return 0;
	for (i = 0; i < n; i++)
		if (list[i].at_us == at_us)
			return (int)i - (int)n;
	return EDITS_FORGOTTEN;
}

static void
restore(struct edits *edits, const struct found *list, size_t n, size_t i)
{
	const cJSON *json = list[i].json, *item;
	const cJSON *devices = json_get(json, "devices");
	struct edits_job edit = {
		.job_number = (int)i - (int)n,
		.undo_of =
		    number_at(list, n, json_get_int(json, "undoOfUs", 0)),
		.at_us = list[i].at_us,
		.section = strcmp(json_get_string(json, "section"),
			       section_word(TWIN_TAGS)) == 0
		    ? TWIN_TAGS
		    : TWIN_DESIRED,
	};
	struct edits_device *device;
	size_t k;

	edit.devices =
	    xcalloc((size_t)cJSON_GetArraySize(devices), sizeof(*edit.devices));
	cJSON_ArrayForEach(item, devices) {
		device = &edit.devices[edit.n++];
		device->device_id = json_get(item, "id")->valuestring;
		device->etag_before = json_get(item, "etagBefore")->valuestring;
		device->etag = json_get(item, "etag")->valuestring;
		device->undone = cJSON_IsTrue(json_get(item, "undone"));
		device->inverse = json_print(json_get(item, "inverse"));
	}
	edits_restore(edits, &edit);
	for (k = 0; k < edit.n; k++)
		free(edit.devices[k].inverse);
	free(edit.devices);
}

void
edits_text_take(struct edits *edits, const struct cJSON *texts)
{
	size_t i, n;
	struct found *list = collect(texts, &n);

	for (i = 0; i < n; i++)
		restore(edits, list, n, i);
	free(list);
}
