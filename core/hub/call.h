/*
 * One REST request and its answer.  Each call is answered exactly once; the
 * answer leaves when what has been changed so far is on disk, and the call is
 * gone then.
 */
#ifndef TWINDECK_CORE_HUB_CALL_H
#define TWINDECK_CORE_HUB_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/list.h"
#include "core/iothub/error.h"

struct cJSON;
struct event;
struct evhttp_request;
struct hub;
struct hub_gate_wait;
struct strbuf;

#define HUB_CALL_SEGMENTS_MAX 6
#define HUB_CALL_JSON_TYPE "application/json; charset=utf-8"

/* Open to http.c and call.c; handlers use the functions below. */
struct hub_call {
	struct list link; /* in the list of hub_http */
	struct hub *hub;
	struct evhttp_request *request;
	char *path;                            /* owned; segments point in */
	char *segments[HUB_CALL_SEGMENTS_MAX]; /* decoded */
	size_t n_segments;
	char *args[2];         /* the segments that the route leaves open */
	char *who;             /* owned: whom the path is about, or NULL */
	bool is_envelope_b;    /* what an error is said in */
	int connect_timeout_s; /* of a method call */
	int response_timeout_s;
	int status; /* of the answer, until it leaves */
	char *body; /* owned; NULL: none */
	size_t body_len;
	bool stores_nothing; /* what it did stands, whatever becomes of a
				commit */
	bool is_lost;   /* its answer is, on purpose */
	bool is_billed; /* the answer counts for the day's messages */
	struct event *drop;         /* while it is about to be dropped */
	struct hub_gate_wait *wait; /* while it is put off; owned, or NULL */
};

/* GET /devices/{0}/…: borrowed, decoded. */
const char *hub_call_arg(const struct hub_call *call, size_t i);
/* The device, or the module of it, that the path is about; borrowed. */
const char *hub_call_who(const struct hub_call *call);
/* The request's body, borrowed; not terminated. */
const char *hub_call_body(const struct hub_call *call, size_t *len);
/* A header or a query parameter (decoded, the caller's), or NULL. */
const char *hub_call_header(const struct hub_call *call, const char *name);
char *hub_call_query(const struct hub_call *call, const char *name);
/* If-Match without its quotes and W/, the caller's; or NULL. */
char *hub_call_if_match(const struct hub_call *call);

/*
 * The body as JSON, the caller's.  NULL when it is none, or its Content-Type
 * is of something else: then the call has been answered.
 */
struct cJSON *hub_call_json(struct hub_call *call);

/* Adds a header to the answer, before it is given. */
void
hub_call_set_header(struct hub_call *call, const char *name, const char *value);

/* ETag: "etag", the header. */
void hub_call_set_etag(struct hub_call *call, const char *etag);

/* Takes the JSON out of body, or NULL: no body. */
void hub_call_answer(struct hub_call *call, int status, struct strbuf *body);
/* With envelope A; about a module with B. */
void hub_call_error(
    struct hub_call *call, enum iothub_error_id id, const char *text);
/* With envelope C, as methods do; info_timeout_s as iothub_error_format_c(). */
void hub_call_error_method(struct hub_call *call, enum iothub_error_id id,
    const char *text, int info_timeout_s);
/* What the service has no name for: no such resource, no such method. */
void hub_call_refuse(struct hub_call *call, int status, const char *text);
/* By the code of what went wrong in the model. */
void hub_call_fail(struct hub_call *call, const struct err *err);

/* Closes the connection without an answer, once nothing runs in it. */
void hub_call_drop(struct hub_call *call);

/* 503, at once: the hub is leaving, and there is no commit any more. */
void hub_call_leave(struct hub_call *call);

void hub_call_free(struct hub_call *call); /* without an answer */

#endif
