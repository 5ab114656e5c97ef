/*
 * The HTTPS side of the hub: listens, finds the route of each request, checks
 * who asks, and hands it to its handler as a call.
 */
#ifndef TWINDECK_CORE_HUB_HTTP_H
#define TWINDECK_CORE_HUB_HTTP_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct hub;
struct hub_http;

#define HUB_HTTP_BODY_MAX_KB 1024
#define HUB_HTTP_BODY_MAX ((size_t)HUB_HTTP_BODY_MAX_KB * 1024)
/* What is a little too large is read, to be refused by its size; what is more
 * is read and thrown away, so that the client hears why. */
#define HUB_HTTP_BODY_READ_MAX (2 * HUB_HTTP_BODY_MAX)
#define HUB_HTTP_HEADERS_MAX_KB 16
#define HUB_HTTP_HEADERS_MAX ((size_t)HUB_HTTP_HEADERS_MAX_KB * 1024)
#define HUB_HTTP_IDLE_S 240 /* a connection without a request */

/* port may be HUB_HTTPS_PORT_ANY.  NULL with err set as of net_listen_new(). */
struct hub_http *hub_http_new(struct hub *hub, int64_t port, struct err *err);
/* Calls under way are answered 503 first, as the hub is leaving.  NULL does
 * nothing. */
void hub_http_free(struct hub_http *http);
uint16_t hub_http_port(const struct hub_http *http);

#endif
