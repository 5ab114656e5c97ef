/*
 * The fields of a dialog that acts: what they start with, and what is wrong
 * with what stands in them.
 */
#ifndef TWINDECK_TUI_ACTION_FIELDS_H
#define TWINDECK_TUI_ACTION_FIELDS_H

#include "core/deck/jobs.h"

struct app;
struct dialog;
struct err;

enum action_field {
	F_METHOD,
	F_PAYLOAD, /* or the patch of desired */
	F_WHEN,
	F_ANSWER,
	F_CONNECT,
	F_AT_ONCE,
	F_ENGINE,
	F_CONFIRM,
};

struct action_form;

/* What a payload is called in the history; the caller's. */
char *action_payload_kind(enum job_action action, const char *method);
/* The payload that a method was called with last, else the tutorials'. */
const char *action_payload(
    struct app *app, enum job_action action, const char *method);
/* What will be looked at until the end; one line. */
const char *action_follow_words(enum job_action action, const char *method);

void action_fields_add(struct dialog *dialog, struct app *app,
    const struct action_form *form);
/*
 * Reads one field into the request.  0, or -1 with err set and the request as
 * it was.
 */
int action_field_read(struct dialog *dialog, int id, enum job_action action,
    struct job_request *request, struct err *err);

#endif
