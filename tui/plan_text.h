/*
 * How a dialog tells what an edit would do to many devices.
 */
#ifndef TWINDECK_TUI_PLAN_TEXT_H
#define TWINDECK_TUI_PLAN_TEXT_H

struct app;
struct dialog;
struct plan;

/* "changes 7 of 12; 5 have these values already", and what cannot be. */
void plan_put_counts(struct dialog *dialog, const struct plan *plan);
/* Each change once, with how many devices it happens to. */
void plan_put_rows(struct dialog *dialog, const struct plan *plan);
/* Why devices are left out, into the messages. */
void plan_say_troubles(struct app *app, const struct plan *plan);

#endif
