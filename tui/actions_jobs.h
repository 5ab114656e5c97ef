/*
 * What the rows of the key table do that are about jobs: those under the
 * cursor, and those that are to come.
 */
#ifndef TWINDECK_TUI_ACTIONS_JOBS_H
#define TWINDECK_TUI_ACTIONS_JOBS_H

struct app;

void action_pause(struct app *app, const char *arg);
void action_retry(struct app *app, const char *arg);
void action_job_sort(struct app *app, const char *arg);
void action_job_show(struct app *app, const char *arg);
void action_schedule(struct app *app, const char *arg);

#endif
