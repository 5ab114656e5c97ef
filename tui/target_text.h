/*
 * How a dialog names what it will act on: the first ids, then a count, and
 * what an operator would want to know before saying yes.
 */
#ifndef TWINDECK_TUI_TARGET_TEXT_H
#define TWINDECK_TUI_TARGET_TEXT_H

#include <stddef.h>

struct app;
struct dialog;

/* "3 devices", "1 device" */
const char *target_count(size_t n, char *out, size_t size);
/*
 * "site brno 3 · floor 3 2, floor 4 1 · version 1.4.1 3", and what is offline
 * by the hub's view.  Returns how many are.
 */
size_t target_rows(
    struct dialog *dialog, struct app *app, char *const *ids, size_t n);

#endif
