/*
 * The dialogs there are.  Each opens itself in the app; ids are taken over.
 */
#ifndef TWINDECK_TUI_DIALOGS_H
#define TWINDECK_TUI_DIALOGS_H

#include <stddef.h>

struct app;

/* A direct method on devices; method NULL: it is typed there. */
void dialog_action_open(
    struct app *app, const char *method, char **device_ids, size_t n);
/*
 * Desired properties: of one device as they are, of several what is to be set
 * on each.
 */
void dialog_edit_open(struct app *app, char **device_ids, size_t n);
void dialog_quit_open(struct app *app);
void dialog_help_open(struct app *app, int where);
void dialog_details_open(struct app *app);

#endif
