/*
 * The dialogs there are.  Each opens itself in the app; ids are taken over.
 */
#ifndef TWINDECK_TUI_DIALOGS_H
#define TWINDECK_TUI_DIALOGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/deck/edits.h"
#include "core/deck/jobs.h"

struct app;
struct dialog;
struct job;

/*
 * What a dialog of an action opens with; everything is copied.  Numbers that
 * are 0 are the usual ones.
 */
struct action_form {
	enum job_action action;
	enum job_engine engine;
	const char *method;     /* NULL: typed there */
	const char *payload;    /* or patch; NULL: what it was the last time */
	int response_timeout_s; /* with the next, of a method */
	int connect_timeout_s;
	int at_once;
	bool at_when;           /* the focus is on the time */
	const char *note;       /* below the first line; NULL: nothing */
};
void dialog_action_form(struct app *app, const struct action_form *form,
    char **device_ids, size_t n);
/* A direct method on devices; method NULL: it is typed there. */
void dialog_action_open(
    struct app *app, const char *method, char **device_ids, size_t n);
/* A typed command on many devices, or where it matters: asked for a word. */
void dialog_command_open(
    struct app *app, const char *line, char **device_ids, size_t n);
/* What is to happen later. */
void dialog_schedule_open(struct app *app, char **device_ids, size_t n);
/* The devices of a job that failed, again. */
void dialog_retry_open(struct app *app, struct job *job);
/*
 * Desired properties or tags: of one device as they are, of several what is to
 * be set on each.  in_editor: in the user's own editor at once.
 */
void dialog_edit_open(struct app *app, enum twin_section section,
    bool in_editor, char **device_ids, size_t n);
/* The message line tells of what was edited on this hub and not sent. */
void dialog_edit_say_kept(struct app *app);
/* Takes back what a job has written; the edit is copied. */
void dialog_undo_open(struct app *app, const struct edits_job *edit);
/* Which columns the list shows; what is changed is seen at once. */
void dialog_columns_open(struct app *app);
/* One to be read, without fields; q and Esc close it. */
struct dialog *dialog_reading_new(struct app *app, const char *title);
void dialog_quit_open(struct app *app);
/*
 * The keys of panes, enum key_where, and the commands; or with words all keys,
 * commands and settings that have each of them.
 */
void dialog_help_open(struct app *app, int where, const char *words);
void dialog_details_open(struct app *app);
/* What is set in the configuration, and where. */
void dialog_settings_open(struct app *app);

#endif
