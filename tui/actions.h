/*
 * What each row of the key table does.  The dispatcher has checked what the
 * row needs; arg is what stood behind the name at the ':' prompt, "" for a
 * key.
 */
#ifndef TWINDECK_TUI_ACTIONS_H
#define TWINDECK_TUI_ACTIONS_H

#include <stdbool.h>

struct app;

void action_focus_next(struct app *app, const char *arg);
void action_focus_previous(struct app *app, const char *arg);
void action_devices(struct app *app, const char *arg);
void action_twin(struct app *app, const char *arg);
void action_jobs(struct app *app, const char *arg);
void action_down(struct app *app, const char *arg);
void action_up(struct app *app, const char *arg);
void action_top(struct app *app, const char *arg);
void action_bottom(struct app *app, const char *arg);
void action_page_down(struct app *app, const char *arg);
void action_page_up(struct app *app, const char *arg);
void action_mark(struct app *app, const char *arg);
void action_mark_all(struct app *app, const char *arg);
void action_unmark_all(struct app *app, const char *arg);
void action_invert(struct app *app, const char *arg);
void action_filter(struct app *app, const char *arg);
void action_sort(struct app *app, const char *arg);
void action_reverse(struct app *app, const char *arg);
void action_columns(struct app *app, const char *arg);
void action_select(struct app *app, const char *arg);
void action_range(struct app *app, const char *arg);
void action_open(struct app *app, const char *arg);
void action_zoom(struct app *app, const char *arg);
void action_firmware(struct app *app, const char *arg);
void action_lock(struct app *app, const char *arg);
void action_method(struct app *app, const char *arg);
/* actions_edit.c */
void action_edit(struct app *app, const char *arg);
void action_editor(struct app *app, const char *arg);
void action_tags(struct app *app, const char *arg);
void action_tags_editor(struct app *app, const char *arg);
void action_undo(struct app *app, const char *arg);

void action_cancel(struct app *app, const char *arg);
void action_refresh(struct app *app, const char *arg);
void action_details(struct app *app, const char *arg);
void action_command(struct app *app, const char *arg);
void action_help(struct app *app, const char *arg);
void action_back(struct app *app, const char *arg);
void action_repaint(struct app *app, const char *arg);
void action_suspend(struct app *app, const char *arg);
void action_hold(struct app *app, const char *arg);
void action_mouse(struct app *app, const char *arg);
void action_theme(struct app *app, const char *arg);
void action_quit(struct app *app, const char *arg);

/*
 * What Space and Esc mean to the list first: mark a range, drop it, give up a
 * select.  Whether there was something to do.
 */
bool action_list_mark(struct app *app);
bool action_list_back(struct app *app);

#endif
