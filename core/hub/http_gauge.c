#include "config.h"

#include "core/hub/http_gauge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <openssl/ssl.h>

#include "core/base/list.h"
#include "core/base/log.h"
#include "core/base/xalloc.h"
#include "core/hub/http.h"
#include "core/hub/http_words.h"
#include "core/hub/hub.h"
#include "core/hub/newcomers.h"
#include "core/net/listen.h"

/* Of one request: its head and its body. */
#define KEPT_MAX (HUB_HTTP_HEADERS_MAX + HUB_HTTP_BODY_READ_MAX)

/*
 * evhttp does not say when a connection ends, but its SSL is freed then: what
 * is known of the connection hangs on that.  The last ones are freed by the
 * loop when the server is gone, so this may live longer than it.
 */
struct hub_http_gauge {
	struct hub *hub;
	struct net_listen *listen; /* NULL: the server is gone */
	struct list connections;
	size_t n_connections;
	size_t n_pending; /* bytes of all of them */
	bool is_full;
};

struct connection {
	struct list link;
	struct hub_newcomer newcomer;
	struct hub_http_words words;
	struct hub_http_gauge *gauge;
	struct bufferevent *bev;
	/* Bytes that came since the last whole request, as far as they are
	 * kept. */
	size_t pending;
	size_t n_came; /* the same, with what is not */
	bool is_trusted;
	bool is_counted; /* it speaks HTTP, and is not being closed */
};

static void
on_ssl_free(
    void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct connection *connection = ptr;
	struct hub_http_gauge *gauge;

	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	if (connection == NULL)
		return;
	gauge = connection->gauge;
	list_remove(&connection->link);
	hub_newcomers_remove(&connection->newcomer);
	gauge->n_pending -= connection->pending;
	hub_http_words_fini(&connection->words);
	free(connection);
	gauge->n_connections--;
	if (gauge->listen == NULL) {
		if (gauge->n_connections == 0)
			free(gauge);
	} else if (gauge->is_full) {
		gauge->is_full = false;
		net_listen_pause(gauge->listen, false);
	}
}

static int
ssl_index(void)
{
	static int index = -1;

	if (index == -1)
		index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_ssl_free);
	return index;
}

struct hub_http_gauge *
hub_http_gauge_new(struct hub *hub, struct net_listen *listen)
{
	struct hub_http_gauge *gauge = xcalloc(1, sizeof(*gauge));

	gauge->hub = hub;
	gauge->listen = listen;
	list_init(&gauge->connections);
	return gauge;
}

void
hub_http_gauge_free(struct hub_http_gauge *gauge)
{
	gauge->listen = NULL;
	if (gauge->n_connections == 0)
		free(gauge);
}

static void
set_pending(struct connection *connection, size_t n)
{
	connection->gauge->n_pending += n - connection->pending;
	connection->pending = n;
}

/* evhttp finds its end and frees it, in the next turn. */
static void
close_connection(struct connection *connection)
{
	set_pending(connection, 0);
	connection->is_counted = false;
	hub_newcomers_remove(&connection->newcomer);
	shutdown(bufferevent_getfd(connection->bev), SHUT_RDWR);
}

static void
close_newcomer(struct hub_newcomer *newcomer)
{
	close_connection(LIST_ITEM(newcomer, struct connection, newcomer));
}

/* The largest of those without a token; or, without any, who came last. */
static void
relieve(struct hub_http_gauge *gauge, struct connection *last)
{
	struct connection *c, *worst = NULL;

	LIST_FOREACH(c, &gauge->connections, struct connection, link)
		if (!c->is_trusted && c->is_counted &&
		    (worst == NULL || c->pending > worst->pending))
			worst = c;
	if (worst == NULL || worst->pending == 0)
		worst = last;
	log_warn("port %u: over %zu bytes of requests wait: one of %zu bytes "
		 "is closed",
	    gauge->listen != NULL ? net_listen_port(gauge->listen) : 0,
	    HUB_HTTP_PENDING_MAX, worst->pending);
	close_connection(worst);
}

static void
on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct connection *connection = arg;
	size_t n;

	(void)input;
	if (info->n_added == 0 || !connection->is_counted)
		return;
	connection->n_came += info->n_added;
	if (connection->n_came > HUB_HTTP_REQUEST_MAX) {
		log_info(
		    "a request is over %zu bytes: its connection is closed",
		    HUB_HTTP_REQUEST_MAX);
		close_connection(connection);
		return;
	}
	n = connection->pending + info->n_added;
	set_pending(connection, n < KEPT_MAX ? n : KEPT_MAX);
	if (connection->gauge->n_pending > HUB_HTTP_PENDING_MAX)
		relieve(connection->gauge, connection);
}

static void
note_count(struct hub_http_gauge *gauge)
{
	if (++gauge->n_connections < HUB_HTTP_CONNECTIONS_MAX)
		return;
	if (!gauge->is_full)
		log_warn("port %u: %d connections: new ones wait",
		    net_listen_port(gauge->listen), HUB_HTTP_CONNECTIONS_MAX);
	gauge->is_full = true;
	net_listen_pause(gauge->listen, true);
	hub_newcomers_make_room(gauge->hub->newcomers);
}

struct bufferevent *
hub_http_gauge_accept(struct event_base *base, void *arg)
{
	struct hub_http_gauge *gauge = arg;
	struct connection *connection = xcalloc(1, sizeof(*connection));
	SSL *ssl = SSL_new(gauge->hub->tls);
	struct bufferevent *bev;

	bev = bufferevent_openssl_socket_new(base, -1, ssl,
	    BUFFEREVENT_SSL_ACCEPTING,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	/* Many clients just close: no fault of theirs. */
	bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	SSL_set_ex_data(ssl, ssl_index(), connection);
	connection->gauge = gauge;
	connection->bev = bev;
	connection->is_counted = true;
	connection->newcomer.close = close_newcomer;
	list_append(&gauge->connections, &connection->link);
	hub_newcomers_add(gauge->hub->newcomers, &connection->newcomer);
	evbuffer_add_cb(bufferevent_get_input(bev), on_input, connection);
	hub_http_words_init(&connection->words, bev);
	note_count(gauge);
	return bev;
}

static struct connection *
connection_of(struct evhttp_request *request)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(request));

	return SSL_get_ex_data(bufferevent_openssl_get_ssl(bev), ssl_index());
}

void
hub_http_gauge_request(struct evhttp_request *request)
{
	struct connection *connection = connection_of(request);

	hub_http_words_answer(&connection->words);
	connection->n_came = 0;
	/* What follows may have come already. */
	if (connection->is_counted)
		set_pending(connection,
		    evbuffer_get_length(
			bufferevent_get_input(connection->bev)));
}

void
hub_http_gauge_trust(struct evhttp_request *request)
{
	struct connection *connection = connection_of(request);

	connection->is_trusted = true;
	hub_newcomers_remove(&connection->newcomer);
}

void
hub_http_gauge_leave(struct evhttp_request *request)
{
	struct connection *connection = connection_of(request);

	hub_http_words_leave(&connection->words);
	set_pending(connection, 0);
	connection->is_counted = false;
	hub_newcomers_remove(&connection->newcomer);
}
