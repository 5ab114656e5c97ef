/*
 * A hub that does not answer just now: what begins all the same is tried again
 * for a while, see JOBS_RETRY_MS_DEF, and that is said wherever something
 * begins, by a key or by a command.  What it would refuse is not begun.
 */
#ifndef TWINDECK_TUI_HUB_WORDS_H
#define TWINDECK_TUI_HUB_WORDS_H

#include <stdbool.h>

struct app;
struct dialog;
struct job;

/*
 * Whether something may be begun; if not, one line says why, with the name of
 * what was asked for.  must_answer: what is read right now, and not queued.
 */
bool hub_takes(struct app *app, const char *name, bool must_answer);
/* In a dialog that acts; nothing while the hub answers. */
void hub_lost_row(struct dialog *dialog, struct app *app);
/*
 * "job 3: lockDoor on 2 devices, 14:30": as when says it, NULL: in so long.
 */
void hub_say_job(struct app *app, const struct job *job, const char *when);

#endif
