/*
 * Patches to the reported properties on their way to the hub: one in flight,
 * the others behind it in order, folded into one while nobody listens.
 */
#ifndef TWINDECK_CORE_DEVICE_REPORTS_H
#define TWINDECK_CORE_DEVICE_REPORTS_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;
struct device_reports;

#define DEVICE_REPORTS_MAX 64 /* patches that wait; then the oldest goes */

struct device_reports *device_reports_new(void);
void device_reports_free(struct device_reports *reports); /* or NULL */

/*
 * Takes a patch.  fold: nobody listens, so it may become one with the patch
 * before it, when that says the same.  Returns how many patches were dropped
 * to make room.
 */
size_t device_reports_put(
    struct device_reports *reports, struct cJSON *patch, bool fold);

/* The oldest, borrowed until it is dropped, or NULL. */
const struct cJSON *device_reports_first(const struct device_reports *reports);
size_t device_reports_count(const struct device_reports *reports);

/* Whether the first is on its way; while it is, nothing is folded into it. */
void device_reports_set_in_flight(struct device_reports *reports, bool yes);

/* The first has arrived, or will never. */
void device_reports_drop_first(struct device_reports *reports);

#endif
