/*
 * Direct methods in flight: a call waits for its device to connect and
 * subscribe, is sent once, and ends by an answer or a time-out.  When the
 * device goes away in between, the call runs into its time-out, unless the
 * device comes back and answers: SDKs renew their tokens by reconnecting.
 */
#ifndef TWINDECK_CORE_HUB_METHODS_H
#define TWINDECK_CORE_HUB_METHODS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/iothub/topic.h"

struct hub;
struct hub_method_call;
struct hub_methods;

struct hub_methods *hub_methods_new(struct hub *hub);
void hub_methods_free(struct hub_methods *methods);

enum hub_method_end {
	HUB_METHOD_ANSWERED,
	HUB_METHOD_NOT_CONNECTED,  /* 404103, "…for device to connect." */
	HUB_METHOD_NOT_SUBSCRIBED, /* 404103, "…for device to subscribe." */
	HUB_METHOD_NO_ANSWER,      /* 504101 */
	HUB_METHOD_BAD_ANSWER,     /* 502, no JSON came back */
	HUB_METHOD_TOO_MANY        /* 403800 */
};

struct hub_method_result {
	enum hub_method_end end;
	int status;          /* the device's */
	const char *payload; /* JSON text, borrowed; "null" when it was empty */
	size_t payload_len;
};

typedef void (*hub_method_cb)(
    const struct hub_method_result *result, void *arg);

struct hub_method_request {
	const char *device_id;
	const char *name;
	const char *payload; /* JSON text, copied; passed on byte for byte */
	size_t payload_len;
	int connect_timeout_s;
	int response_timeout_s;
};

/* cb may be called before this returns. */
void hub_methods_invoke(struct hub_methods *methods,
    const struct hub_method_request *request, hub_method_cb cb, void *arg);

/*
 * Takes a call back that was invoked with arg and is not sent yet: it is gone,
 * and its cb is not called.  False: it was sent, or has ended.
 */
bool hub_methods_withdraw(
    struct hub_methods *methods, const char *device_id, const void *arg);

/* A device is connected, or has subscribed: sends what waits for that. */
void hub_methods_ready(struct hub_methods *methods, const char *device_id);

/*
 * A device answered.  rid is what came back of ours; an answer that nobody
 * waits for any more is dropped.
 */
void hub_methods_answer(struct hub_methods *methods, const char *device_id,
    struct topic_str rid, int status, const char *payload, size_t payload_len);

#endif
