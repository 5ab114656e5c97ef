/*
 * What the profile keeps of the list of devices: its columns, its order, and
 * filters by name.  Faults of what stands there are said, naming the place.
 */
#ifndef TWINDECK_TUI_LIST_SETTINGS_H
#define TWINDECK_TUI_LIST_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct app;
struct columns;
struct err;
struct filter;

#define LIST_FILTERS_MAX ((size_t)64)

/* Brings the list in line with the profile, once there is a deck. */
void list_settings_load(struct app *app);

/* Shown and kept; columns are taken over. */
void list_settings_take_columns(struct app *app, struct columns *columns);
/* 0, or -1 with err set (ERR_INVALID). */
int list_settings_sort(
    struct app *app, const char *name, bool reverse, struct err *err);

/* Named filters may stand in text.  NULL with err set. */
struct filter *
list_settings_filter(struct app *app, const char *text, struct err *err);
/* text NULL forgets it.  0, or -1 with err set. */
int list_settings_save_filter(
    struct app *app, const char *name, const char *text, struct err *err);
/* The i-th name that a filter was saved under; NULL behind the last.
 * Borrowed until the profile changes. */
const char *list_settings_filter_name(const struct app *app, size_t i);

#endif
