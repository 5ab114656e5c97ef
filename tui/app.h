/*
 * The deck on a screen: panes, their layout, the message line, the prompt and
 * at most one dialog.  It takes keys and draws into a canvas; the terminal and
 * the loop are somebody else's.
 */
#ifndef TWINDECK_TUI_APP_H
#define TWINDECK_TUI_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/layout.h"

struct app;
struct canvas;
struct deck;
struct dialog;
struct err;
struct mouse;
struct pane;
struct profile;
struct recall;
struct select;
struct theme;
struct tour;

struct app_ops {
	void (*wake)(void *arg);    /* there is something to paint */
	void (*quit)(void *arg);
	void (*suspend)(void *arg);
	void (*repaint)(void *arg);
	/*
	 * Gives the terminal to a program until it ends, and then calls
	 * app_lend_ended().  0, or -1 with err set.
	 */
	int (*lend)(char *const *argv, struct err *err, void *arg);
	/* Both optional; a theme is to be copied. */
	void (*set_mouse)(bool on, void *arg);
	void (*set_theme)(const struct theme *theme, void *arg);
	/* screen_copy() and screen_print_later() of tui/screen.h. */
	int (*copy)(const char *text, struct err *err, void *arg);
	int (*print_later)(const char *text, struct err *err, void *arg);
	/*
	 * Another hub of the configuration, from the next turn of the loop on.
	 * 0, or -1 with err set.
	 */
	int (*open_hub)(const char *name, struct err *err, void *arg);
};

/* title stands in the header behind the program's name; recall is borrowed. */
struct app *app_new(const char *title, struct recall *recall,
    const struct app_ops *ops, void *arg);
void app_free(struct app *app); /* NULL does nothing */

/* Until there is a deck, notice says what is being done. */
void app_set_notice(struct app *app, const char *notice);
/* Borrowed; NULL takes it away again, before it is freed. */
void app_set_deck(struct app *app, struct deck *deck);

/*
 * Where settings are read and kept; borrowed.  Without one they live in memory
 * and are gone with the app.
 */
void app_set_profile(struct app *app, struct profile *profile);

void app_resize(struct app *app, int rows, int cols);
void app_key(struct app *app, int32_t key);
void app_paste(struct app *app, const char *text);
void app_mouse(struct app *app, const struct mouse *mouse);
/*
 * Presses what a tour presses by itself, when it is time: before app_draw().
 */
void app_advance(struct app *app, int64_t now_ms);
int64_t app_due_ms(const struct app *app); /* when next; TOUR_NEVER */
/*
 * Brings everything in line with the model, tells the watch what is looked
 * at, and draws.
 */
void app_draw(
    struct app *app, struct canvas *canvas, int64_t now_ms, int64_t now_us);
/*
 * Whether there is something that takes many turns of the loop; app_work() goes
 * on with it for a few milliseconds, to be called after a paint.
 */
bool app_works(const struct app *app);
void app_work(struct app *app);
void app_say_marked(struct app *app); /* how many are; once all of them are */

/*
 * Whether time alone may change what is seen, so that a screen without news is
 * to be drawn again all the same.
 */
bool app_is_restless(const struct app *app, int64_t now_ms);

/* For the actions and dialogs. */
struct deck *app_deck(const struct app *app);
struct profile *app_profile(const struct app *app); /* never NULL */
struct recall *app_recall(const struct app *app);
struct select *app_select(const struct app *app); /* NULL without a deck */
const char *app_title(const struct app *app);
void app_set_title(struct app *app, const char *title); /* copied */
/* The tour is the app's from now on; NULL: there is none. */
void app_set_tour(struct app *app, struct tour *tour);
struct tour *app_tour(const struct app *app);
/*
 * Records what the user does in a new file from now on; NULL: no longer.  0,
 * or -1 with err set.
 */
int app_record(struct app *app, const char *path, struct err *err);
const char *app_recorded(const struct app *app); /* the file, or NULL */
/* See app_ops. */
int app_open_hub(struct app *app, const char *name, struct err *err);
struct pane *app_pane(const struct app *app, enum pane_id id);
enum pane_id app_focus(const struct app *app);
/* What had the focus before job or traffic were opened. */
enum pane_id app_under(const struct app *app);
void app_set_focus(struct app *app, enum pane_id id);
void app_toggle_zoom(struct app *app);
void app_lay_out(struct app *app); /* the tour has come, or gone */
bool app_is_zoomed(const struct app *app);
/* Whether the screen shows devices and twin side by side. */
bool app_is_wide(const struct app *app);

/*
 * A frozen copy of the ids to act on: the marked ones, else the one under the
 * cursor.  Free it with str_array_free().
 */
size_t app_targets(const struct app *app, char ***ids);

/* While a dialog is open: whose twin is watched, wherever the cursor is. */
void app_pin(struct app *app, const char *device_id);

/*
 * Asks the hub for a device by its id, the last one asked for; what comes of
 * it is action_go_found()'s.
 */
void app_seek(struct app *app, const char *device_id, bool opens);

/* The message line.  An error stays until the next action. */
void app_say(struct app *app, bool is_error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool app_has_error(const struct app *app);
void app_clear_message(struct app *app);
#define APP_LOG_MAX 50
/* Newest first; NULL behind the last. */
const char *app_log_at(
    const struct app *app, size_t i, int64_t *at_us, bool *is_error);

/*
 * Holds the screen still, while the model goes on: the past is looked at, and
 * no key acts on it.
 */
void app_hold(struct app *app, bool hold);
bool app_is_held(const struct app *app);

/* Whether clicks and the wheel are ours; else they are the terminal's. */
void app_set_mouse(struct app *app, bool on);
bool app_has_mouse(const struct app *app);

/* One of ours or of the profile's: tui/theme.h.  0, or -1 with err set. */
int app_set_theme(struct app *app, const char *name, struct err *err);
const char *app_theme(const struct app *app);
/* For this run, whatever the profile says; NULL asks for nothing. */
void app_ask_theme(struct app *app, const char *name);

/* The dialog is the app's from now on; one that was open is closed. */
void app_open(struct app *app, struct dialog *dialog);
void app_close(struct app *app);

enum app_prompt {
	APP_PROMPT_NONE,
	APP_PROMPT_COMMAND,
	APP_PROMPT_FILTER,
	APP_PROMPT_FIND
};
void app_ask(struct app *app, enum app_prompt kind, const char *text);
/* As if it had been typed behind ':'. */
void app_run_line(struct app *app, const char *line);
/* A command of core/deck/command.h, on these unless the line says --on. */
void app_run_on(
    struct app *app, const char *line, char *const *device_ids, size_t n);

/*
 * Gives the terminal to a program; cb gets its status as from waitpid().  One
 * at a time.  0, or -1 with err set.
 */
typedef void (*app_lend_cb)(struct app *app, int status, void *arg);
int app_lend(struct app *app, char *const *argv, app_lend_cb cb, void *arg,
    struct err *err);
void app_lend_ended(struct app *app, int status);
/* Whoever asked for it is gone: nobody is told any more. */
void app_lend_forget(struct app *app, const void *arg);

/*
 * Text for the terminal's clipboard, and text that is printed once the screen
 * is left.  0, or -1 with err set.
 */
int app_copy(struct app *app, const char *text, struct err *err);
int app_print_later(struct app *app, const char *text, struct err *err);

void app_quit(struct app *app);
void app_suspend(struct app *app);
void app_repaint(struct app *app);

#endif
