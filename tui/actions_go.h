/*
 * To a device by its id: one that the list has not reached yet is asked for,
 * and shown when the hub has answered.
 */
#ifndef TWINDECK_TUI_ACTIONS_GO_H
#define TWINDECK_TUI_ACTIONS_GO_H

#include <stdbool.h>

struct app;
struct deck_found;

void action_go(struct app *app, const char *arg);
/* The same, and the focus goes to its twin. */
void action_go_open(struct app *app, const char *device_id);

/* What came of an id that was asked for. */
void action_go_found(
    struct app *app, const struct deck_found *found, bool opens);

#endif
