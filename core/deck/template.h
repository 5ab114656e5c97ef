/*
 * An action without its devices, as it is kept in a profile: one line of
 * JSON, {"method":"lockDoor","payload":{…},"answer-in":30,"connect-in":10,
 * "at-once":8}, or {"desired":{…}} or {"tags":{…}}; "engine":"hub" where the
 * hub is to run it.
 */
#ifndef TWINDECK_CORE_DECK_TEMPLATE_H
#define TWINDECK_CORE_DECK_TEMPLATE_H

#include <stddef.h>

#include "core/deck/jobs.h"

struct err;

#define TEMPLATE_NAME_MAX ((size_t)60)

struct template {
	enum job_action action;
	enum job_engine engine;
	char *method;           /* owned, like the next; NULL: of none */
	char *payload;          /* or the patch; NULL: null */
	int response_timeout_s; /* 0: the usual one, like those below */
	int connect_timeout_s;
	int at_once;
};

/* Letters, digits, '-', '_' and '.'.  0, or -1 with err set. */
int template_name_check(const char *name, struct err *err);
/*
 * The caller's; NULL with err set (ERR_INVALID): an undo is made for its
 * devices and fits no others.
 */
char *template_format(const struct job_request *request, struct err *err);
/* 0, or -1 with err set (ERR_INVALID) and the template empty. */
int template_parse(const char *text, struct template *template,
    struct err *err);
void template_fini(struct template *template);

#endif
