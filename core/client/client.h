/*
 * The service side of one IoT Hub, Azure's or the local one: REST over
 * core/net/http.h, a SAS token signed for each policy and renewed in time.
 */
#ifndef TWINDECK_CORE_CLIENT_CLIENT_H
#define TWINDECK_CORE_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;
struct client;
struct client_call;
struct connstr;
struct err;
struct event_base;

struct client_answer {
	/*
	 * Never NULL.  ERR_NONE, or in words what went wrong, the device
	 * named: ERR_UNREACHABLE with http 0 (not sent, or a plain read that
	 * got no answer), ERR_UNKNOWN (sent, no answer: it may have happened),
	 * or what the hub said.
	 */
	const struct err *err;
	int http; /* 0: the hub did not answer; 200 with err: it broke off */
	int code;                 /* IoT Hub's, 404103; 0: none */
	const struct cJSON *json; /* borrowed; NULL: no body, or the same */
	bool same;                /* as client_call_knows() was told */
	const char *body;         /* as it came, terminated; never NULL */
	size_t body_len;
	const char *continuation; /* of a query; NULL: that was all */
	int64_t elapsed_us;
	int64_t retry_after_ms;   /* 0: the hub did not say */
};

/* The answer is borrowed; the call is gone once this returns. */
typedef void (*client_cb)(const struct client_answer *answer, void *arg);

/* cs is copied.  ca_file may be NULL: what the system trusts. */
struct client *client_new(struct event_base *base, const struct connstr *cs,
    const char *ca_file, struct err *err);
/*
 * Drops what is under way without callbacks; not to be called from one.  NULL
 * does nothing.
 */
void client_free(struct client *client);

struct client_call *client_query(struct client *client, const char *query,
    int page_size, const char *continuation, client_cb cb, void *arg);
/*
 * The twins of these devices by one query.  It takes as many of the ids as fit
 * (CLIENT_TWINS_MAX, less when they are long) and says in *taken how many.
 */
#define CLIENT_TWINS_MAX 100
struct client_call *client_twins_get(struct client *client,
    const char *const *device_ids, size_t n, size_t *taken, client_cb cb,
    void *arg);
struct client_call *client_twin_get(
    struct client *client, const char *device_id, client_cb cb, void *arg);
/* patch is a whole body, {"properties":{"desired":{…}}}; etag NULL: any. */
struct client_call *client_twin_patch(struct client *client,
    const char *device_id, const char *patch, const char *etag, client_cb cb,
    void *arg);

/*
 * What the hub answered the last time, borrowed while the call lasts: if it
 * answers that again, it is not parsed.
 */
void client_call_knows(
    struct client_call *call, const char *body, size_t body_len);

struct client_method {
	const char *name;
	const char *payload;    /* JSON text, or NULL for null */
	int response_timeout_s; /* METHOD_RESPONSE_TIMEOUT_MIN to _MAX */
	int connect_timeout_s;
};
/* json of the answer is {"status":200,"payload":…}. */
struct client_call *client_method(struct client *client, const char *device_id,
    const struct client_method *method, client_cb cb, void *arg);

/*
 * IoT Hub's own jobs, /jobs/v2.  job_id has letters, digits and '-' only; body
 * is as IoT Hub takes it, its condition from client_condition(), which is the
 * caller's, or NULL: the ids are too long for one query.
 */
char *client_condition(const char *const *device_ids, size_t n);
struct client_call *client_job_put(struct client *client, const char *job_id,
    const char *body, client_cb cb, void *arg);
struct client_call *client_job_get(
    struct client *client, const char *job_id, client_cb cb, void *arg);
struct client_call *client_job_cancel(
    struct client *client, const char *job_id, client_cb cb, void *arg);
/* A page of what became of its devices. */
struct client_call *client_job_devices(struct client *client,
    const char *job_id, const char *continuation, client_cb cb, void *arg);

/* Registers devices, 100 at most, keys made by the hub; for fleets. */
struct client_call *client_devices_create(struct client *client,
    const char *const *device_ids, size_t n, client_cb cb, void *arg);
struct client_call *client_device_get(
    struct client *client, const char *device_id, client_cb cb, void *arg);

/*
 * What only twindeck's own hub has: faults on purpose and the history of
 * calls.  path is of "/control/…"; body JSON text, or NULL.
 */
struct client_call *client_control(struct client *client, const char *method,
    const char *path, const char *body, client_cb cb, void *arg);

/*
 * GET of a path as above whose answer has no end: on_data gets it piece by
 * piece, as it comes, and ends it with -1.  Whatever ends it, cb comes last.
 */
typedef int (*client_data_cb)(const char *data, size_t len, void *arg);
struct client_call *client_listen(struct client *client, const char *path,
    client_data_cb on_data, client_cb cb, void *arg);

/*
 * A request and what became of it, all borrowed.  The header of authorization
 * is not part of it; a body may hold a secret all the same.
 */
struct client_exchange {
	const char *method;        /* "POST" */
	const char *path;          /* "/twins/door-001?api-version=…" */
	const char *body;          /* as it was sent, or NULL */
	const char *const *headers; /* "If-Match: …", those of this request
				       alone; NULL ends */
	const struct client_answer *answer;
};
typedef void (*client_observe_cb)(
    const struct client_exchange *exchange, void *arg);
/* Who is told of each exchange, ahead of the call's own callback. */
void client_observe(struct client *client, client_observe_cb cb, void *arg);

/*
 * Without its callback; what was sent may still happen.  Does nothing from
 * within the call's own callback.
 */
void client_cancel(struct client_call *call);

#endif
