#include "config.h"

#include "tests/support/https_server.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/base/list.h"
#include "core/base/xalloc.h"
#include "core/net/tls.h"
#include "tests/support/ca.h"
#include "tests/support/test.h"

struct test_server {
	struct event_base *base;
	struct evconnlistener *listener;
	SSL_CTX *ctx;
	struct list connections;
	test_server_cb cb;
	void *arg;
	int n_requests, n_connections;
	char sni[64];
};

struct connection {
	struct list link;
	struct test_server *server;
	struct bufferevent *bev; /* closes its socket */
};

const char test_server_silence[] = "";

static void
connection_free(struct connection *c)
{
	list_remove(&c->link);
	bufferevent_free(c->bev);
	free(c);
}

/* Bytes of the first request in the buffer, or 0 while it is not whole. */
static size_t
whole_request(struct evbuffer *in)
{
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	size_t head, body = 0;
	const char *length;
	char *text;

	if (end.pos == -1)
		return 0;
	head = (size_t)end.pos + 4;
	text = xstrndup((const char *)evbuffer_pullup(in, (ssize_t)head), head);
	length = strcasestr(text, "\r\nContent-Length:");
	if (length != NULL)
		body = (size_t)strtoul(length + 17, NULL, 10);
	free(text);
	return evbuffer_get_length(in) < head + body ? 0 : head + body;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct connection *c = arg;
	struct test_server *server = c->server;
	const char *answer;
	size_t len;
	char *text;

	while ((len = whole_request(in)) > 0) {
		text = xcalloc(len + 1, 1);
		evbuffer_remove(in, text, len);
		answer = server->cb(++server->n_requests, text, server->arg);
		free(text);
		if (answer == TEST_SERVER_KILL) {
			connection_free(c);
			return;
		}
		bufferevent_write(bev, answer, strlen(answer));
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct connection *c = arg;
	const char *sni;

	if ((what & BEV_EVENT_CONNECTED) == 0) {
		connection_free(c);
		return;
	}
	sni = SSL_get_servername(
	    bufferevent_openssl_get_ssl(bev), TLSEXT_NAMETYPE_host_name);
	snprintf(c->server->sni, sizeof(c->server->sni), "%s",
	    sni != NULL ? sni : "");
	c->server->n_connections++;
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int len, void *arg)
{
	struct test_server *server = arg;
	struct connection *c = xcalloc(1, sizeof(*c));

	(void)listener;
	(void)address;
	(void)len;
	c->server = server;
	c->bev = bufferevent_openssl_socket_new(server->base, fd,
	    SSL_new(server->ctx), BUFFEREVENT_SSL_ACCEPTING,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	assert_non_null(c->bev);
	list_append(&server->connections, &c->link);
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

struct test_server *
test_server_new(struct event_base *base, const struct test_cert *cert,
    test_server_cb cb, void *arg)
{
	struct test_server *server = xcalloc(1, sizeof(*server));
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct err err = { 0 };

	server->base = base;
	server->cb = cb;
	server->arg = arg;
	list_init(&server->connections);
	server->ctx = net_tls_server_new(cert->cert_file, cert->key_file, &err);
	if (server->ctx == NULL)
		fail_msg("%s", err.text);
	server->listener = evconnlistener_new_bind(base, on_accept, server,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
	    (struct sockaddr *)&address, sizeof(address));
	assert_non_null(server->listener);
	return server;
}

void
test_server_free(struct test_server *server)
{
	struct connection *c, *tmp;

	if (server == NULL)
		return;
	LIST_FOREACH_SAFE(c, tmp, &server->connections, struct connection, link)
		connection_free(c);
	evconnlistener_free(server->listener);
	SSL_CTX_free(server->ctx);
	free(server);
}

uint16_t
test_server_port(const struct test_server *server)
{
	struct sockaddr_in address = { 0 };
	socklen_t len = sizeof(address);

	assert_int_equal(0,
	    getsockname(evconnlistener_get_fd(server->listener),
		(struct sockaddr *)&address, &len));
	return ntohs(address.sin_port);
}

int
test_server_requests(const struct test_server *server)
{
	return server->n_requests;
}

int
test_server_connections(const struct test_server *server)
{
	return server->n_connections;
}

const char *
test_server_sni(const struct test_server *server)
{
	return server->sni;
}
