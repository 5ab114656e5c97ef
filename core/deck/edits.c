#include "config.h"

#include "core/deck/edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
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
	const struct edits_keeper *keeper; /* NULL: none, or not asked yet */
	void *keeper_arg;
	bool is_loaded;
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

void
edits_set_keeper(
    struct edits *edits, const struct edits_keeper *keeper, void *arg)
{
	edits->keeper = keeper;
	edits->keeper_arg = arg;
}

/* Not at the start: it is there before anybody edits. */
static void
load(struct edits *edits)
{
	if (edits->is_loaded)
		return;
	edits->is_loaded = true;
	if (edits->keeper != NULL)
		edits->keeper->load(edits, edits->keeper_arg);
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

/* The newest; empty yet. */
static struct kept *
add(struct edits *edits, int job_number, enum twin_section section)
{
	struct kept *kept = xcalloc(1, sizeof(*kept));

	if (edits->n == EDITS_MAX)
		forget_oldest(edits);
	kept->edit.job_number = job_number;
	kept->edit.section = section;
	kept->by_id = map_new();
	edits->list[edits->n++] = kept;
	return kept;
}

/* The clock may be set back. */
static int64_t
new_time(const struct edits *edits)
{
	int64_t now_us = clock_utc_us(), last_us = 0;

	if (edits->n > 0)
		last_us = edits->list[edits->n - 1]->edit.at_us;
	return now_us > last_us ? now_us : last_us + 1;
}

static struct kept *
find_or_add(struct edits *edits, const struct edits_write *write)
{
	struct kept *kept = find(edits, write->job_number);
	int64_t at_us;

	if (kept != NULL)
		return kept;
	at_us = new_time(edits);
	kept = add(edits, write->job_number, write->section);
	kept->edit.undo_of = write->undo_of;
	kept->edit.at_us = at_us;
	return kept;
}

static struct edits_device *
device_of(struct kept *kept, const char *device_id)
{
	size_t i = (size_t)(uintptr_t)map_get(kept->by_id, device_id);

	return i > 0 ? &kept->edit.devices[i - 1] : NULL;
}

/* Everything is copied. */
static void
add_device(struct edits *edits, struct kept *kept,
    const struct edits_device *model)
{
	struct edits_job *edit = &kept->edit;
	size_t bytes = strlen(model->inverse) + strlen(model->device_id);
	struct edits_device *device;

	if (edit->n == kept->cap) {
		kept->cap = kept->cap * 2 + 4;
		edit->devices = xreallocarray(
		    edit->devices, kept->cap, sizeof(*edit->devices));
	}
	device = &edit->devices[edit->n++];
	*device = (struct edits_device){
		.device_id = xstrdup(model->device_id),
		.inverse = xstrdup(model->inverse),
		.etag_before = xstrdup(model->etag_before),
		.etag = xstrdup(model->etag),
		.undone = model->undone,
	};
	if (device->undone)
		edit->n_undone++;
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

static void
add_write(struct edits *edits, const struct edits_write *write,
    const cJSON *inverse)
{
	struct kept *kept = find_or_add(edits, write);
	struct edits_device device = {
		.device_id = (char *)(uintptr_t)write->device_id,
		.etag_before = (char *)(uintptr_t)write->etag_before,
		.etag = (char *)(uintptr_t)write->etag_after,
	};

	if (device_of(kept, write->device_id) != NULL)
		return;
	device.inverse = json_print(inverse);
	add_device(edits, kept, &device);
	free(device.inverse);
}

void
edits_note(struct edits *edits, const struct edits_write *write)
{
	cJSON *inverse;

	if (write->before == NULL || write->etag_before == NULL ||
	    write->etag_after == NULL)
		return;
	load(edits);
	if (write->undo_of != 0)
		take_back(edits, write);
	inverse = section_inverse(write->before, write->patch);
	if (inverse->child != NULL)
		add_write(edits, write, inverse);
	cJSON_Delete(inverse);
	if (edits->keeper != NULL)
		edits->keeper->changed(edits->keeper_arg);
}

void
edits_restore(struct edits *edits, const struct edits_job *edit)
{
	struct kept *kept = add(edits, edit->job_number, edit->section);
	size_t i;

	kept->edit.undo_of = edit->undo_of;
	kept->edit.at_us = edit->at_us;
	for (i = 0; i < edit->n; i++)
		if (device_of(kept, edit->devices[i].device_id) == NULL)
			add_device(edits, kept, &edit->devices[i]);
}

const struct edits_job *
edits_at(const struct edits *edits, size_t i)
{
	return i < edits->n ? &edits->list[i]->edit : NULL;
}

void
edits_name(char out[EDITS_NAME_SIZE], const struct edits_job *edit)
{
	char stamp[CLOCK_STAMP_SIZE];

	if (edit->job_number > 0) {
		snprintf(out, EDITS_NAME_SIZE, "job %d", edit->job_number);
		return;
	}
	clock_format_log(stamp, edit->at_us);
	snprintf(out, EDITS_NAME_SIZE, "the edit of %.*s",
	    (int)strlen("2026-11-21 14:03"), stamp);
}

const struct edits_job *
edits_by_job(struct edits *edits, int job_number)
{
	const struct kept *kept;

	load(edits);
	kept = find(edits, job_number);
	return kept != NULL ? &kept->edit : NULL;
}

const struct edits_job *
edits_last(struct edits *edits)
{
	const struct edits_job *edit;
	size_t i;

	load(edits);
	for (i = edits->n; i-- > 0;) {
		edit = &edits->list[i]->edit;
		if (edit->undo_of == 0 && edit->n_undone < edit->n)
			return edit;
	}
	return NULL;
}

int
edits_wrote(struct edits *edits, const char *device_id, const char *etag)
{
	const struct edits_device *device;
	size_t i;

	load(edits);
	for (i = edits->n; i-- > 0;) {
		device = device_of(edits->list[i], device_id);
		if (device != NULL && strcmp(device->etag, etag) == 0)
			return edits->list[i]->edit.job_number;
	}
	return 0;
}
