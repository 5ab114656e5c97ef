/*
 * The connections of the REST port: how many there are, which of them have
 * shown no token yet, and how much of requests that are not whole is in
 * memory.  evhttp has no limits for all of them together.
 */
#ifndef TWINDECK_CORE_HUB_HTTP_GAUGE_H
#define TWINDECK_CORE_HUB_HTTP_GAUGE_H

#include <stddef.h>

struct bufferevent;
struct event_base;
struct evhttp_request;
struct hub;
struct hub_http_gauge;
struct net_listen;

#define HUB_HTTP_CONNECTIONS_MAX 4096
/* Of all requests that are on their way; beyond that, the largest of somebody
 * without a token is closed. */
#define HUB_HTTP_PENDING_MAX ((size_t)64 * 1024 * 1024)

/* Of one request, what is thrown away included; who sends more is closed. */
#define HUB_HTTP_REQUEST_MAX ((size_t)64 * 1024 * 1024)

struct hub_http_gauge *
hub_http_gauge_new(struct hub *hub, struct net_listen *listen);
/* The server is going: what is left goes with the last connection. */
void hub_http_gauge_free(struct hub_http_gauge *gauge);

/* A connection with TLS, for evhttp_set_bevcb(); arg is the gauge. */
struct bufferevent *hub_http_gauge_accept(struct event_base *base, void *arg);

/* A request is whole. */
void hub_http_gauge_request(struct evhttp_request *request);
/* It has shown a token that is good: its connection is nobody's newcomer. */
void hub_http_gauge_trust(struct evhttp_request *request);
/* Its connection is about to be something else than HTTP. */
void hub_http_gauge_leave(struct evhttp_request *request);

#endif
