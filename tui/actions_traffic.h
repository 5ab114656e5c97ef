/*
 * What the rows of the key table do that are about the traffic pane.
 */
#ifndef TWINDECK_TUI_ACTIONS_TRAFFIC_H
#define TWINDECK_TUI_ACTIONS_TRAFFIC_H

struct app;

void action_traffic(struct app *app, const char *arg);
/* The whole exchange under the cursor, in a dialog. */
void action_traffic_open(struct app *app);
void action_copy_curl(struct app *app, const char *arg);
void action_copy_az(struct app *app, const char *arg);

#endif
