/*
 * What the rows of the key table do that are about the twin pane; see
 * tui/actions.h.
 */
#ifndef TWINDECK_TUI_ACTIONS_TWIN_H
#define TWINDECK_TUI_ACTIONS_TWIN_H

#include <stdbool.h>
#include <stddef.h>

struct app;

void action_fold(struct app *app, const char *arg);
void action_unfold(struct app *app, const char *arg);
void action_view(struct app *app, const char *arg);
void action_find(struct app *app, const char *arg);
void action_find_next(struct app *app, const char *arg);
void action_find_back(struct app *app, const char *arg);
void action_older(struct app *app, const char *arg);
void action_newer(struct app *app, const char *arg);
void action_live(struct app *app, const char *arg);
void action_copy(struct app *app, const char *arg);
void action_copy_path(struct app *app, const char *arg);
void action_level(struct app *app, const char *arg);
void action_unfold_more(struct app *app, const char *arg);
void action_fold_more(struct app *app, const char *arg);
void action_sibling(struct app *app, const char *arg);
void action_sibling_back(struct app *app, const char *arg);
void action_parent(struct app *app, const char *arg);

/* The '/' prompt of the twin: at each key, and at its end. */
void actions_twin_find_typed(struct app *app, const char *words);
void actions_twin_find_end(struct app *app, bool accepted);

/*
 * For completion: the i-th word that may stand behind find, which are those of
 * the twin that is shown; NULL behind the last; false: it is another line.
 */
bool actions_twin_word(
    struct app *app, const char *line, size_t i, const char **word);

/* Esc in the twin pane; false: there was nothing here to go back from. */
bool actions_twin_back(struct app *app);
/* Before anything is edited: an old version is no longer shown, and it says
 * so. */
void actions_twin_leave_past(struct app *app);

#endif
