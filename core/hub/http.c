#include "config.h"

#include "core/hub/http.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/http.h>

#include "core/base/err.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/auth.h"
#include "core/hub/call.h"
#include "core/hub/gate.h"
#include "core/hub/http_gauge.h"
#include "core/hub/hub.h"
#include "core/hub/newcomers.h"
#include "core/hub/routes.h"
#include "core/net/listen.h"

/* All that evhttp knows: which of them a resource has is the routes' to say. */
#define METHODS                                                          \
	(EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |            \
	    EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |    \
	    EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH)

struct hub_http {
	struct hub *hub;
	struct evhttp *evhttp;
	struct net_listen *listen;
	struct list calls; /* struct hub_call: not answered yet */
	struct hub_http_gauge *gauge;
};

/* Splits on '/', then decodes: an id may hold an encoded slash. */
static bool
split_path(struct hub_call *call)
{
	const char *path =
	    evhttp_uri_get_path(evhttp_request_get_evhttp_uri(call->request));
	char *rest, *segment;
	size_t len;

	call->path = rest = xstrdup(path != NULL ? path : "");
	while ((segment = strsep(&rest, "/")) != NULL) {
		if (*segment == '\0')
			continue; /* the first, and behind the last */
		if (call->n_segments == HUB_CALL_SEGMENTS_MAX)
			return false;
		len = str_percent_decode(segment, strlen(segment));
		segment[len] = '\0';
		if (strlen(segment) != len || !utf8_is_valid(segment, len))
			return false;
		call->segments[call->n_segments++] = segment;
	}
	return call->n_segments > 0;
}

/* YYYY-MM-DD[-preview], from the first that the service had. */
static bool
is_api_version(const char *s)
{
	static const char form[] = "dddd-dd-dd";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)s[i])
				   : s[i] != form[i])
			return false;
	return (s[i] == '\0' || strcmp(s + i, "-preview") == 0) &&
	    strncmp(s, "2016-11-14", i) >= 0;
}

static bool
check_api_version(struct hub_call *call)
{
	char *version = hub_call_query(call, "api-version");
	bool ok = version != NULL && is_api_version(version);

	if (!ok)
		hub_call_error(call, IOTHUB_INVALID_PROTOCOL_VERSION,
		    version == NULL ? "api-version is missing"
				    : "api-version is no version");
	free(version);
	return ok;
}

static bool
check_token(struct hub_call *call, int rights, bool is_ours)
{
	struct hub_auth *auth = call->hub->auth;
	const char *token = hub_call_header(call, "Authorization");
	struct strbuf path = { 0 };
	struct err err = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < call->n_segments; i++) {
		strbuf_putc(&path, '/');
		strbuf_puts(&path, call->segments[i]);
	}
	rc = is_ours ? hub_auth_control(
			   auth, token, strbuf_str(&path), rights, &err)
		     : hub_auth_service(
			   auth, token, strbuf_str(&path), rights, &err);
	if (rc == -1) {
		log_info("%s: refused: %s", strbuf_str(&path), err.text);
		hub_call_error(
		    call, IOTHUB_UNAUTHORIZED_ACCESS, "Unauthorized");
	} else {
		hub_http_gauge_trust(call->request);
	}
	strbuf_fini(&path);
	return rc == 0;
}

static bool
check_body(struct hub_call *call)
{
	char *text;
	size_t len;

	hub_call_body(call, &len);
	if (len <= HUB_HTTP_BODY_MAX)
		return true;
	text = xasprintf(
	    "the body has %zu bytes, the limit is %zu", len, HUB_HTTP_BODY_MAX);
	hub_call_error(call, IOTHUB_MESSAGE_TOO_LARGE, text);
	free(text);
	return false;
}

static void
on_request(struct evhttp_request *request, void *arg)
{
	struct hub_http *http = arg;
	struct hub_call *call = xcalloc(1, sizeof(*call));
	const struct hub_route *route;
	bool is_ours;

	call->hub = http->hub;
	call->request = request;
	list_append(&http->calls, &call->link);
	hub_http_gauge_request(request);
	if (!split_path(call)) {
		hub_call_refuse(
		    call, 404, "this hub does not know this resource");
		return;
	}
	if (!check_body(call))
		return;
	log_debug("%s", evhttp_request_get_uri(request));
	route = hub_route_find(call);
	if (route == NULL)
		return;
	is_ours = str_starts_with(route->pattern, HUB_ROUTE_CONTROL);
	if (route->rights == 0 ||
	    (check_token(call, route->rights, is_ours) &&
		(is_ours || check_api_version(call))))
		hub_gate_call(call, route);
}

static bool
on_shortage(void *arg)
{
	struct hub *hub = arg;

	return hub_newcomers_make_room(hub->newcomers);
}

static struct net_listen *
start_listening(struct hub *hub, int64_t port, struct err *err)
{
	struct net_listen *listen;
	struct err why = { 0 };

	if (port != HUB_HTTPS_PORT_ANY)
		return net_listen_new(hub->base, port, NULL, NULL, err);
	listen = net_listen_new(hub->base, HUB_HTTPS_PORT, NULL, NULL, &why);
	if (listen == NULL && why.code == ERR_UNAUTHORIZED)
		return net_listen_new(
		    hub->base, HUB_HTTPS_PORT_ELSE, NULL, NULL, err);
	if (listen == NULL)
		err_copy(err, &why);
	return listen;
}

struct hub_http *
hub_http_new(struct hub *hub, int64_t port, struct err *err)
{
	struct net_listen *listen = start_listening(hub, port, err);
	struct evconnlistener *listener;
	struct hub_http *http;
	size_t i;

	if (listen == NULL)
		return NULL;
	http = xcalloc(1, sizeof(*http));
	http->hub = hub;
	http->listen = listen;
	http->gauge = hub_http_gauge_new(hub, listen);
	net_listen_on_shortage(listen, on_shortage, hub);
	list_init(&http->calls);
	http->evhttp = evhttp_new(hub->base);
	evhttp_set_allowed_methods(http->evhttp, METHODS);
	evhttp_set_max_headers_size(
	    http->evhttp, (ev_ssize_t)HUB_HTTP_HEADERS_MAX);
	evhttp_set_max_body_size(
	    http->evhttp, (ev_ssize_t)HUB_HTTP_BODY_READ_MAX);
	evhttp_set_flags(http->evhttp, EVHTTP_SERVER_LINGERING_CLOSE);
	evhttp_set_timeout(http->evhttp, HUB_HTTP_IDLE_S);
	evhttp_set_bevcb(http->evhttp, hub_http_gauge_accept, http->gauge);
	evhttp_set_gencb(http->evhttp, on_request, http);
	for (i = 0; (listener = net_listen_take(listen, i)) != NULL; i++)
		evhttp_bind_listener(http->evhttp, listener);
	return http;
}

void
hub_http_free(struct hub_http *http)
{
	struct hub_call *call, *tmp;

	if (http == NULL)
		return;
	LIST_FOREACH_SAFE(call, tmp, &http->calls, struct hub_call, link)
		hub_call_leave(call);
	net_listen_free(http->listen);
	hub_http_gauge_free(http->gauge);
	evhttp_free(http->evhttp);
	free(http);
}

uint16_t
hub_http_port(const struct hub_http *http)
{
	return net_listen_port(http->listen);
}
