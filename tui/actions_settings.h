/*
 * What the rows of the key table do that are about the configuration file:
 * its hubs, its settings.
 */
#ifndef TWINDECK_TUI_ACTIONS_SETTINGS_H
#define TWINDECK_TUI_ACTIONS_SETTINGS_H

struct app;

void action_hub(struct app *app, const char *arg);
void action_settings(struct app *app, const char *arg);

#endif
