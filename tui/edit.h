/*
 * The dialog of an edit from the inside: dialog_edit.c opens, sends and closes
 * it, edit_form.c has what is typed line by line, edit_text.c in an editor,
 * edit_kept.c takes up what an editor had when a deck died, edit_compare.c
 * shows what would be sent, edit_conflict.c what somebody else has written
 * meanwhile.  Everybody else includes dialogs.h.
 */
#ifndef TWINDECK_TUI_EDIT_H
#define TWINDECK_TUI_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/deck/jobs.h"
#include "core/iothub/twin.h"

struct app;
struct cJSON;
struct dialog;
struct editor;
struct err;
struct kept;
struct plan;
struct plan_reader;

#define EDIT_WIDTH 76
#define EDIT_PATH_WIDTH 12

/* Fields; the lines of the form are counted from 1. */
enum edit_field { EDIT_WHEN = 0, EDIT_CONFIRM = 1000000 };

enum edit_step {
	EDIT_LOADING, /* the twin, for the first time or after a conflict */
	EDIT_TYPING,
	EDIT_ELSEWHERE, /* the user's editor has it */
	EDIT_READING,   /* the twins of many devices */
	EDIT_COMPARING,
	EDIT_SENDING,
	EDIT_CONFLICT,
};

/*
 * opened is the section as the operator saw it, without what the hub adds; {}
 * where there are several devices, on each of which the same is set.  typed is
 * the form's text whenever it is not in the fields, mine what it says.
 */
struct edit {
	enum twin_section section;
	char **ids; /* owned, frozen */
	size_t n;
	enum edit_step step;
	bool in_editor; /* begins there, not in the form */
	bool is_over;   /* sent or given up */

	struct cJSON *opened;
	double opened_version; /* $version of desired, the twin's of tags;
				  below 0: not said */
	char *etag;            /* owned; NULL: of several devices */
	char *typed;           /* owned */
	char *original; /* owned; the text as it was before anybody typed */
	struct cJSON *mine; /* owned; NULL: typed is to be read first */
	char *when;         /* owned */
	char *note;         /* owned; what went wrong before, or NULL */
	struct cJSON *kept; /* the patch to put on top of a new twin, or NULL */
	int last_line;      /* the highest id of a line */
	int job_number;     /* while sending */
	bool warned;        /* Esc once more gives up what was typed */

	/* After a conflict: what is there now. */
	struct cJSON *theirs;
	double their_version;
	char *their_etag;

	struct plan *plan; /* of several devices; owned, or NULL */
	struct plan_reader *reader;

	struct editor *editor; /* owned; NULL: was never opened */
	char *handed;          /* owned; the text that it was opened with */
	char *left;            /* owned; what it left when it failed, or NULL */
	char *form_then;       /* owned; the form's text at that time */

	/* Of a text that was kept when a deck died, as long as it is in the
	 * editor: NULL otherwise. */
	struct cJSON *base; /* owned; the section it was begun on */
	char *from, *beside; /* owned; where it comes from, in words */
};

const char *edit_title(const struct edit *e); /* "Desired properties" */
void edit_headline(struct dialog *d, struct app *app, const struct edit *e);
/* What is to be sent: of one device the difference; the caller's. */
struct cJSON *edit_patch(const struct edit *e);
void edit_set_text(char **where, const char *text);
void edit_set_json(struct cJSON **where, struct cJSON *json); /* takes json */
/* Nothing is to be typed; Esc leaves. */
void edit_wait(struct dialog *d, struct edit *e, enum edit_step step,
    const char *words);
/* It was sent or given up: no text of it is kept any longer. */
void edit_close(struct app *app, struct edit *e, const char *words);

/* edit_form.c */
void edit_form_show(struct dialog *d, struct app *app, struct edit *e);
void edit_form_button(struct dialog *d, struct app *app, int button);
bool edit_form_key(struct dialog *d, struct app *app, int32_t key);
void edit_form_collect(struct dialog *d, struct edit *e);
bool edit_form_is_changed(const struct edit *e);
/* Reads typed into mine and checks it.  -1: the fault is shown in its line. */
int edit_form_read(struct dialog *d, struct app *app, struct edit *e);

/* edit_kept.c */
struct kept *edit_kept_new(struct app *app, const struct edit *e);
/* Says in the form that there is a text of before. */
void edit_kept_note(struct app *app, struct edit *e);
/* Opens an editor for it; its text is the caller's, NULL: there is none. */
char *edit_kept_take(struct app *app, struct edit *e);
/* Whether somebody has written the section since it was begun. */
bool edit_kept_is_stale(const struct edit *e);
/* What was changed in it, on top of what is there now, becomes mine. */
void edit_kept_merge(struct edit *e);
void edit_kept_forget(struct edit *e);

/* edit_text.c */
void edit_text_open(struct dialog *d, struct app *app, struct edit *e);

/* edit_compare.c; mine has been read. */
void edit_compare(struct dialog *d, struct app *app, struct edit *e);
void edit_compare_event(struct dialog *d, struct app *app, struct edit *e);
void edit_compare_button(struct dialog *d, struct app *app, int button);
void edit_plan_free(struct edit *e);

/* edit_conflict.c; theirs has been read. */
void edit_conflict_show(struct dialog *d, struct app *app, struct edit *e);
void edit_conflict_button(struct dialog *d, struct app *app, int button);

/* dialog_edit.c */
void edit_send(struct dialog *d, struct app *app, struct edit *e);

#endif
