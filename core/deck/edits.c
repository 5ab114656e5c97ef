#include "config.h"

#include "core/deck/edits.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/xalloc.h"
#include "core/deck/section.h"

/* by_id leads to the index of a device plus 1: devices move as they grow. */
struct kept {
	struct edits_job edit; /* first: what the world sees */
	struct map *by_id;
	size_t cap;
	size_t bytes;
};

struct edits {
	struct kept *list[EDITS_MAX]; /* owned, oldest first */
	size_t n;
	size_t bytes;
};

struct edits *
edits_new(void)
{
	return xcalloc(1, sizeof(struct edits));
}

static void
kept_free(struct kept *kept)
{
	size_t i;

	for (i = 0; i < kept->edit.n; i++) {
		free(kept->edit.devices[i].device_id);
		free(kept->edit.devices[i].inverse);
		free(kept->edit.devices[i].etag_before);
		free(kept->edit.devices[i].etag);
	}
	free(kept->edit.devices);
	map_free(kept->by_id);
	free(kept);
}

void
edits_free(struct edits *edits)
{
	size_t i;

	if (edits == NULL)
		return;
	for (i = 0; i < edits->n; i++)
		kept_free(edits->list[i]);
	free(edits);
}

static void
forget_oldest(struct edits *edits)
{
	edits->bytes -= edits->list[0]->bytes;
	kept_free(edits->list[0]);
	edits->n--;
	memmove(
	    edits->list, edits->list + 1, edits->n * sizeof(edits->list[0]));
}

static struct kept *
find(const struct edits *edits, int job_number)
{
	size_t i;

	for (i = edits->n; i-- > 0;)
		if (edits->list[i]->edit.job_number == job_number)
			return edits->list[i];
	return NULL;
}

static struct kept *
find_or_add(struct edits *edits, const struct edits_write *write)
{
	struct kept *kept = find(edits, write->job_number);

	if (kept != NULL)
		return kept;
	if (edits->n == EDITS_MAX)
		forget_oldest(edits);
	kept = xcalloc(1, sizeof(*kept));
	kept->edit.job_number = write->job_number;
	kept->edit.undo_of = write->undo_of;
	kept->edit.section = write->section;
	kept->by_id = map_new();
	edits->list[edits->n++] = kept;
	return kept;
}

static struct edits_device *
device_of(struct kept *kept, const char *device_id)
{
	size_t i = (size_t)(uintptr_t)map_get(kept->by_id, device_id);

	return i > 0 ? &kept->edit.devices[i - 1] : NULL;
}

static void
add_device(struct edits *edits, struct kept *kept,
    const struct edits_write *write, char *inverse)
{
	struct edits_job *edit = &kept->edit;
	size_t bytes = strlen(inverse) + strlen(write->device_id);
	struct edits_device *device;

	if (edit->n == kept->cap) {
		kept->cap = kept->cap * 2 + 4;
		edit->devices = xreallocarray(
		    edit->devices, kept->cap, sizeof(*edit->devices));
	}
	device = &edit->devices[edit->n++];
	*device = (struct edits_device){
		.device_id = xstrdup(write->device_id),
		.inverse = inverse,
		.etag_before = xstrdup(write->etag_before),
		.etag = xstrdup(write->etag_after),
	};
	map_set(kept->by_id, device->device_id, (void *)(uintptr_t)edit->n);
	kept->bytes += bytes;
	edits->bytes += bytes;
	while (edits->bytes > EDITS_BYTES_MAX && edits->n > 1)
		forget_oldest(edits);
}

static void
set_undone(struct kept *kept, struct edits_device *device, bool undone)
{
	if (device->undone == undone)
		return;
	device->undone = undone;
	if (undone)
		kept->edit.n_undone++;
	else
		kept->edit.n_undone--;
}

/*
 * The twin is again as it was before the edit that was taken back: whoever
 * left it like that may be taken back next, under the etag it has now.
 */
static void
take_back(struct edits *edits, const struct edits_write *write)
{
	struct kept *back = find(edits, write->undo_of), *other;
	struct edits_device *device, *d;
	size_t i;

	device = back != NULL ? device_of(back, write->device_id) : NULL;
	if (device == NULL)
		return;
	set_undone(back, device, true);
	for (i = 0; i < edits->n; i++) {
		other = edits->list[i];
		d = device_of(other, write->device_id);
		if (d == NULL || strcmp(d->etag, device->etag_before) != 0)
			continue;
		free(d->etag);
		d->etag = xstrdup(write->etag_after);
		/* An undo that is undone: what it took back is there again. */
		if (other->edit.job_number == back->edit.undo_of)
			set_undone(other, d, false);
	}
}

void
edits_note(struct edits *edits, const struct edits_write *write)
{
	struct kept *kept;
	cJSON *inverse;

	if (write->before == NULL || write->etag_before == NULL ||
	    write->etag_after == NULL)
		return;
	if (write->undo_of != 0)
		take_back(edits, write);
	inverse = section_inverse(write->before, write->patch);
	if (inverse->child != NULL) {
		kept = find_or_add(edits, write);
		if (device_of(kept, write->device_id) == NULL)
			add_device(edits, kept, write, json_print(inverse));
	}
	cJSON_Delete(inverse);
}

const struct edits_job *
edits_by_job(const struct edits *edits, int job_number)
{
	const struct kept *kept = find(edits, job_number);

	return kept != NULL ? &kept->edit : NULL;
}

const struct edits_job *
edits_last(const struct edits *edits)
{
	const struct edits_job *edit;
	size_t i;

	for (i = edits->n; i-- > 0;) {
		edit = &edits->list[i]->edit;
		if (edit->undo_of == 0 && edit->n_undone < edit->n)
			return edit;
	}
	return NULL;
}

int
edits_wrote(const struct edits *edits, const char *device_id, const char *etag)
{
	const struct edits_device *device;
	size_t i;

	for (i = edits->n; i-- > 0;) {
		device = device_of(edits->list[i], device_id);
		if (device != NULL && strcmp(device->etag, etag) == 0)
			return edits->list[i]->edit.job_number;
	}
	return 0;
}
