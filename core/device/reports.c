#include "config.h"

#include "core/device/reports.h"

#include <stdlib.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/xalloc.h"

struct report {
	struct list link;
	cJSON *patch; /* owned */
};

struct device_reports {
	struct list waiting; /* owns its items */
	size_t count;
	bool in_flight; /* the first of them */
};

struct device_reports *
device_reports_new(void)
{
	struct device_reports *reports = xcalloc(1, sizeof(*reports));

	list_init(&reports->waiting);
	return reports;
}

static void
drop(struct device_reports *reports, struct report *report)
{
	list_remove(&report->link);
	cJSON_Delete(report->patch);
	free(report);
	reports->count--;
}

void
device_reports_free(struct device_reports *reports)
{
	struct report *report, *tmp;

	if (reports == NULL)
		return;
	LIST_FOREACH_SAFE(report, tmp, &reports->waiting, struct report, link)
		drop(reports, report);
	free(reports);
}

/*
 * Two patches are not always one: after {"a":1} then {"a":{"b":2}} nothing
 * else is left of a, and no single patch says that.
 */
static bool
can_fold(const cJSON *onto, const cJSON *patch)
{
	const cJSON *item, *there;

	cJSON_ArrayForEach(item, patch) {
		there = json_get(onto, item->string);
		if (there == NULL || !cJSON_IsObject(item))
			continue;
		if (!cJSON_IsObject(there) || !can_fold(there, item))
			return false;
	}
	return true;
}

/* Unlike json_merge() it keeps nulls: they are still to be sent. */
static void
fold_into(cJSON *onto, const cJSON *patch)
{
	const cJSON *item;
	cJSON *there;

	cJSON_ArrayForEach(item, patch) {
		there = cJSON_GetObjectItemCaseSensitive(onto, item->string);
		if (there == NULL)
			cJSON_AddItemToObject(
			    onto, item->string, cJSON_Duplicate(item, true));
		else if (cJSON_IsObject(there) && cJSON_IsObject(item))
			fold_into(there, item);
		else
			cJSON_ReplaceItemInObjectCaseSensitive(
			    onto, item->string, cJSON_Duplicate(item, true));
	}
}

static struct report *
last(struct device_reports *reports)
{
	struct report *report;

	if (reports->count < (reports->in_flight ? 2 : 1))
		return NULL;
	report = LIST_ITEM(reports->waiting.prev, struct report, link);
	return report;
}

/* The oldest that is not on its way. */
static void
drop_oldest(struct device_reports *reports)
{
	struct report *report =
	    LIST_FIRST(&reports->waiting, struct report, link);

	if (reports->in_flight)
		report = LIST_ITEM(report->link.next, struct report, link);
	drop(reports, report);
}

size_t
device_reports_put(struct device_reports *reports, cJSON *patch, bool fold)
{
	struct report *report = last(reports);
	size_t dropped = 0;

	if (reports->count >= DEVICE_REPORTS_MAX)
		fold = true;
	if (fold && report != NULL && can_fold(report->patch, patch)) {
		fold_into(report->patch, patch);
		cJSON_Delete(patch);
		return 0;
	}
	if (reports->count >= DEVICE_REPORTS_MAX) {
		drop_oldest(reports);
		dropped = 1;
	}
	report = xcalloc(1, sizeof(*report));
	report->patch = patch;
	list_append(&reports->waiting, &report->link);
	reports->count++;
	return dropped;
}

const cJSON *
device_reports_first(const struct device_reports *reports)
{
	if (list_is_empty(&reports->waiting))
		return NULL;
	return LIST_ITEM(reports->waiting.next, struct report, link)->patch;
}

size_t
device_reports_count(const struct device_reports *reports)
{
	return reports->count;
}

void
device_reports_set_in_flight(struct device_reports *reports, bool yes)
{
	reports->in_flight = yes;
}

void
device_reports_drop_first(struct device_reports *reports)
{
	reports->in_flight = false;
	if (reports->count > 0)
		drop(reports,
		    LIST_FIRST(&reports->waiting, struct report, link));
}
