#include "config.h"

#include "core/device/endpoint.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/net/tls.h"

struct device_endpoint {
	struct event_base *base;
	char *host;
	uint16_t port;
	SSL_CTX *tls;
	struct evdns_base *dns; /* NULL until a name is to be resolved */
};

/*
 * evdns answers cached and written-out names at once, and others later; both
 * are handed on from a callback of the loop, so a caller sees one way only.
 */
struct device_lookup {
	struct device_endpoint *endpoint;
	struct evdns_getaddrinfo_request *request; /* NULL: not under way */
	struct event *done;
	struct device_addresses found;
	struct err err;
	bool cancelled;
	bool running; /* evdns has yet to call */
	device_lookup_cb cb;
	void *arg;
};

struct device_endpoint *
device_endpoint_new(struct event_base *base, const char *host, uint16_t port,
    const char *ca_file, struct err *err)
{
	struct device_endpoint *endpoint;
	SSL_CTX *tls = net_tls_client_new(ca_file, host, err);

	if (tls == NULL)
		return NULL;
	endpoint = xcalloc(1, sizeof(*endpoint));
	endpoint->base = base;
	endpoint->host = xstrdup(host);
	endpoint->port = port;
	endpoint->tls = tls;
	return endpoint;
}

void
device_endpoint_free(struct device_endpoint *endpoint)
{
	if (endpoint == NULL)
		return;
	if (endpoint->dns != NULL) {
		/* evdns says goodbye to what is under way, cancelled or not,
		 * by callbacks of the loop: they free it. */
		evdns_base_free(endpoint->dns, 1);
		event_base_loop(endpoint->base, EVLOOP_NONBLOCK);
	}
	SSL_CTX_free(endpoint->tls);
	free(endpoint->host);
	free(endpoint);
}

struct event_base *
device_endpoint_base(const struct device_endpoint *endpoint)
{
	return endpoint->base;
}

const char *
device_endpoint_host(const struct device_endpoint *endpoint)
{
	return endpoint->host;
}

uint16_t
device_endpoint_port(const struct device_endpoint *endpoint)
{
	return endpoint->port;
}

SSL_CTX *
device_endpoint_tls(const struct device_endpoint *endpoint)
{
	return endpoint->tls;
}

static void
lookup_free(struct device_lookup *lookup)
{
	event_free(lookup->done);
	free(lookup);
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	struct device_lookup *lookup = arg;

	(void)fd;
	(void)what;
	lookup->cb(&lookup->found, &lookup->err, lookup->arg);
	lookup_free(lookup);
}

static void
collect(struct device_addresses *found, const struct evutil_addrinfo *ai)
{
	for (; ai != NULL && found->n < DEVICE_ADDRESSES_MAX; ai = ai->ai_next)
		if (getnameinfo(ai->ai_addr, (socklen_t)ai->ai_addrlen,
			found->text[found->n], DEVICE_ADDRESS_SIZE, NULL, 0,
			NI_NUMERICHOST) == 0)
			found->n++;
}

static const char *
words(int rc)
{
	if (rc == 0 || rc == EVUTIL_EAI_NODATA)
		return "it has no address";
	/* The library says "nodename nor servname provided". */
	return rc == EVUTIL_EAI_NONAME ? "there is no such name"
				       : evutil_gai_strerror(rc);
}

static void
on_resolved(int rc, struct evutil_addrinfo *ai, void *arg)
{
	struct device_lookup *lookup = arg;

	lookup->running = false;
	if (lookup->cancelled) {
		if (ai != NULL)
			evutil_freeaddrinfo(ai);
		lookup_free(lookup);
		return;
	}
	if (rc == 0)
		collect(&lookup->found, ai);
	if (ai != NULL)
		evutil_freeaddrinfo(ai);
	if (lookup->found.n == 0)
		err_set(&lookup->err, ERR_UNREACHABLE,
		    "the name %s cannot be resolved: %s",
		    lookup->endpoint->host, words(rc));
	event_active(lookup->done, EV_TIMEOUT, 0);
}

static bool
is_address(const char *host)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return evutil_inet_pton(AF_INET, host, buf) == 1 ||
	    evutil_inet_pton(AF_INET6, host, buf) == 1;
}

static void
resolve(struct device_lookup *lookup)
{
	const struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	struct device_endpoint *endpoint = lookup->endpoint;
	struct evdns_getaddrinfo_request *request;

	if (endpoint->dns == NULL)
		endpoint->dns = evdns_base_new(endpoint->base,
		    EVDNS_BASE_INITIALIZE_NAMESERVERS |
			EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (endpoint->dns == NULL) {
		err_set(&lookup->err, ERR_UNREACHABLE,
		    "the name %s cannot be resolved: no name server is "
		    "configured",
		    endpoint->host);
		event_active(lookup->done, EV_TIMEOUT, 0);
		return;
	}
	lookup->running = true;
	request = evdns_getaddrinfo(
	    endpoint->dns, endpoint->host, NULL, &hints, on_resolved, lookup);
	if (lookup->running)
		lookup->request = request;
}

struct device_lookup *
device_lookup_new(
    struct device_endpoint *endpoint, device_lookup_cb cb, void *arg)
{
	struct device_lookup *lookup = xcalloc(1, sizeof(*lookup));

	lookup->endpoint = endpoint;
	lookup->cb = cb;
	lookup->arg = arg;
	lookup->done = event_new(endpoint->base, -1, 0, on_done, lookup);
	if (is_address(endpoint->host)) {
		snprintf(lookup->found.text[0], DEVICE_ADDRESS_SIZE, "%s",
		    endpoint->host);
		lookup->found.n = 1;
		event_active(lookup->done, EV_TIMEOUT, 0);
	} else {
		resolve(lookup);
	}
	return lookup;
}

void
device_lookup_cancel(struct device_lookup *lookup)
{
	if (lookup == NULL)
		return;
	if (!lookup->running) {
		lookup_free(lookup);
		return;
	}
	/* evdns calls back, with an error, from the loop or from its end. */
	lookup->cancelled = true;
	evdns_getaddrinfo_cancel(lookup->request);
}
