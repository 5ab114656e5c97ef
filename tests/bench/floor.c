/*
 * floor PORT-FILE CERT KEY BODY_BYTES: the least that an HTTPS server on
 * libevent's evhttp can do, to hold the hub's speed against.  It answers any
 * request on 127.0.0.1 with the same JSON, writes its port into the file, and
 * leaves when standard input closes.
 */
#include "config.h"

#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/net/loop.h"
#include "core/net/tls.h"

#define BODY_MAX (1024 * 1024)

struct body {
	char *data;
	size_t len;
};

static struct bufferevent *
new_connection(struct event_base *base, void *arg)
{
	return bufferevent_openssl_socket_new(base, -1, SSL_new(arg),
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

static void
on_request(struct evhttp_request *request, void *arg)
{
	const struct body *body = arg;
	struct evbuffer *out = evbuffer_new();

	evhttp_add_header(evhttp_request_get_output_headers(request),
	    "Content-Type", "application/json; charset=utf-8");
	evbuffer_add(out, body->data, body->len);
	evhttp_send_reply(request, 200, "OK", out);
	evbuffer_free(out);
}

static void
write_port(const char *path, evutil_socket_t fd)
{
	struct sockaddr_in address = { 0 };
	socklen_t len = sizeof(address);
	FILE *file = fopen(path, "we");

	if (file == NULL ||
	    getsockname(fd, (struct sockaddr *)&address, &len) == -1)
		err(1, "%s", path);
	fprintf(file, "%u\n", ntohs(address.sin_port));
	fclose(file);
}

int
main(int argc, char **argv)
{
	struct evhttp_bound_socket *bound;
	struct event_base *base;
	struct net_leave *leave;
	struct evhttp *http;
	struct body body;
	struct err err = { 0 };
	int64_t len;
	int one = 1;
	SSL_CTX *ctx;

	if (argc != 5 || str_to_int64(argv[4], 2, BODY_MAX, &len) == -1)
		errx(2, "usage: floor PORT-FILE CERT KEY BODY_BYTES");
	base = net_loop_new(&err);
	ctx = net_tls_server_new(argv[2], argv[3], &err);
	if (base == NULL || ctx == NULL)
		errx(1, "%s", err.text);
	body.len = (size_t)len;
	body.data = xmalloc(body.len);
	memset(body.data, 'x', body.len);
	body.data[0] = body.data[body.len - 1] = '"';
	http = evhttp_new(base);
	evhttp_set_bevcb(http, new_connection, ctx);
	evhttp_set_gencb(http, on_request, &body);
	bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	if (bound == NULL)
		errx(1, "no port on 127.0.0.1");
	/* Without this an answer waits 40 ms for a delayed ACK. */
	setsockopt(evhttp_bound_socket_get_fd(bound), IPPROTO_TCP, TCP_NODELAY,
	    &one, sizeof(one));
	write_port(argv[1], evhttp_bound_socket_get_fd(bound));
	leave = net_leave_new(base, 1);
	event_base_dispatch(base);
	net_leave_free(leave);
	evhttp_free(http);
	event_base_free(base);
	SSL_CTX_free(ctx);
	free(body.data);
	return 0;
}
