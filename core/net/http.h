/*
 * HTTPS requests over libcurl, inside the loop.  A request that may change
 * something is sent at most once: libcurl by itself would send it again when
 * a kept-alive connection dies before the answer.
 */
#ifndef TWINDECK_CORE_NET_HTTP_H
#define TWINDECK_CORE_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct event_base;
struct net_http;
struct net_http_call;

#define NET_HTTP_BODY_MAX ((size_t)32 * 1024 * 1024) /* of an answer */

struct net_http_request {
	const char *method; /* "GET" */
	const char *url;
	const char *const *headers; /* "Name: value"; NULL ends; or NULL */
	const char *body;           /* copied; NULL: none */
	size_t body_len;
	bool repeatable;    /* a plain read: sending it twice harms nobody */
	int64_t connect_ms; /* until connected, TLS included; 0: 10 s */
	int64_t timeout_ms; /* for the whole exchange; 0: 30 s */
	/*
	 * NULL, or: this is a download.  The body of an answer 200 is handed
	 * over piece by piece and not kept, -1 breaks off; plain http will do,
	 * and redirects are followed, but not from https to http.
	 */
	int (*on_body)(const char *data, size_t len, void *arg);
	/* With on_body: an answer without end, of the host that was asked and
	 * over https; timeout_ms does not count. */
	bool is_stream;
};

struct net_http_answer {
	/*
	 * ERR_NONE: status and body are the server's.  ERR_UNREACHABLE: it was
	 * not sent.  ERR_UNKNOWN: it was sent, and no whole answer came.
	 */
	struct err const *err; /* code and words; never NULL */
	int status;            /* of HTTP */
	const char *body;      /* borrowed, terminated; "" when there is none */
	size_t body_len;
	int64_t elapsed_us;
};

/* The answer is borrowed; the call is gone once this returns. */
typedef void (*net_http_cb)(
    struct net_http_call *call, const struct net_http_answer *answer, void *arg);

/*
 * ca_file: PEM file of the CAs to trust, or NULL for the system's.  NULL with
 * err set (ERR_IO) when the file cannot be read.
 */
struct net_http *net_http_new(
    struct event_base *base, const char *ca_file, struct err *err);
/*
 * Calls under way are dropped without their callback.  May be called from a
 * callback.  NULL does nothing.
 */
void net_http_free(struct net_http *http);

/* The callback comes later, from the loop, also for a URL that is no URL. */
struct net_http_call *net_http_send(struct net_http *http,
    const struct net_http_request *request, net_http_cb cb, void *arg);
/*
 * Drops a call without its callback; it may have reached the server.  Does
 * nothing from within the call's own callback.
 */
void net_http_cancel(struct net_http_call *call);

/* A header of the answer, borrowed; only inside the callback; or NULL. */
const char *net_http_header(struct net_http_call *call, const char *name);

#endif
