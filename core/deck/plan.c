#include "config.h"

#include "core/deck/plan.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/section.h"

struct row {
	struct plan_row row; /* first: what the world sees */
	char *key;
};

struct plan {
	enum twin_section section;
	struct plan_device *devices; /* owned, with their strings */
	char **etags;                /* expected; each may be NULL */
	size_t n;
	size_t counts[PLAN_STATES];
	struct row *rows[PLAN_ROWS_MAX]; /* owned */
	size_t n_rows, more;
	struct map *by_key; /* of rows */
};

struct plan *
plan_new(const struct plan_order *order)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));
	struct plan_device *device;
	size_t i;

	plan->section = order->section;
	plan->n = order->n;
	plan->devices = xcalloc(order->n, sizeof(*plan->devices));
	plan->etags = xcalloc(order->n, sizeof(*plan->etags));
	plan->by_key = map_new();
	plan->counts[PLAN_READING] = order->n;
	for (i = 0; i < order->n; i++) {
		device = &plan->devices[i];
		device->device_id = xstrdup(order->device_ids[i]);
		device->patch = xstrdup(
		    order->patches != NULL ? order->patches[i] : order->patch);
		if (order->etags != NULL)
			plan->etags[i] = xstrdup(order->etags[i]);
	}
	return plan;
}

void
plan_free(struct plan *plan)
{
	size_t i;

	if (plan == NULL)
		return;
	for (i = 0; i < plan->n; i++) {
		free((char *)plan->devices[i].device_id);
		free((char *)plan->devices[i].patch);
		free(plan->devices[i].etag);
		free(plan->devices[i].why);
		free(plan->etags[i]);
	}
	for (i = 0; i < plan->n_rows; i++) {
		free(plan->rows[i]->row.path);
		free(plan->rows[i]->row.was);
		free(plan->rows[i]->row.is);
		free(plan->rows[i]->key);
		free(plan->rows[i]);
	}
	map_free(plan->by_key);
	free(plan->devices);
	free(plan->etags);
	free(plan);
}

static void
count_change(enum form_change change, const char *path, const char *was,
    const char *is, void *arg)
{
	struct plan *plan = arg;
	char *key = xasprintf(
	    "%s\n%s\n%s", path, was != NULL ? was : "", is != NULL ? is : "");
	struct row *row = map_get(plan->by_key, key);

	if (row != NULL) {
		row->row.n++;
		free(key);
		return;
	}
	if (plan->n_rows == PLAN_ROWS_MAX) {
		plan->more++;
		free(key);
		return;
	}
	row = xcalloc(1, sizeof(*row));
	row->key = key;
	row->row = (struct plan_row){ .change = change,
		.path = xstrdup(path),
		.was = xstrdup(was),
		.is = xstrdup(is),
		.n = 1 };
	plan->rows[plan->n_rows++] = row;
	map_set(plan->by_key, row->key, row);
}

static enum plan_state
judge(struct plan *plan, size_t i, const cJSON *twin)
{
	struct plan_device *device = &plan->devices[i];
	const char *etag = json_get_string(twin, "etag");
	cJSON *before, *after, *patch;
	enum plan_state state = PLAN_CHANGES;
	const cJSON *fault;
	struct err err;

	device->etag = xstrdup(etag);
	if (plan->etags[i] != NULL &&
	    (etag == NULL || strcmp(etag, plan->etags[i]) != 0)) {
		device->why = xstrdup("somebody else has written it since");
		return PLAN_STALE;
	}
	before = section_dup(twin, plan->section);
	after = cJSON_Duplicate(before, true);
	patch = json_parse(device->patch, strlen(device->patch), NULL);
	json_merge(after, patch);
	if (json_equal(before, after)) {
		state = PLAN_SAME;
	} else if (section_check(plan->section, after, &fault, &err) == -1) {
		device->why = xstrdup(err.text);
		state = PLAN_REFUSED;
	} else {
		form_diff(before, after, count_change, plan);
	}
	cJSON_Delete(before);
	cJSON_Delete(after);
	cJSON_Delete(patch);
	return state;
}

void
plan_take(struct plan *plan, size_t i, const cJSON *twin, const struct err *why)
{
	struct plan_device *device = &plan->devices[i];

	if (device->state != PLAN_READING)
		return;
	if (twin != NULL)
		device->state = judge(plan, i, twin);
	else
		device->state = PLAN_UNREAD;
	if (twin == NULL)
		device->why = xstrdup(why->text);
	plan->counts[PLAN_READING]--;
	plan->counts[device->state]++;
}

void
plan_set_why(struct plan *plan, size_t i, const char *why)
{
	free(plan->devices[i].why);
	plan->devices[i].why = xstrdup(why);
}

size_t
plan_size(const struct plan *plan)
{
	return plan->n;
}

const struct plan_device *
plan_device(const struct plan *plan, size_t i)
{
	return &plan->devices[i];
}

size_t
plan_count(const struct plan *plan, enum plan_state state)
{
	return plan->counts[state];
}

bool
plan_is_done(const struct plan *plan)
{
	return plan->counts[PLAN_READING] == 0;
}

const struct plan_row *
plan_row(const struct plan *plan, size_t i)
{
	return i < plan->n_rows ? &plan->rows[i]->row : NULL;
}

size_t
plan_more(const struct plan *plan)
{
	return plan->more;
}
