#include "config.h"

#include "tests/support/mqtt_hub.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/net/tls.h"
#include "tests/support/ca.h"
#include "tests/support/test.h"

enum { CONNECT = 1, PUBLISH = 3, SUBSCRIBE = 8, PINGREQ = 12, DISCONNECT = 14 };

/* One connection at a time: a new one takes the place of the old. */
struct test_hub {
	struct event_base *base;
	struct evconnlistener *listener;
	SSL_CTX *ctx;
	struct bufferevent *bev; /* or NULL; closes its socket */
	struct test_hub_manners manners;
	struct strbuf log;
	char *password;
	char sni[64];
	int reported_version;
};

static void
hang_up(struct test_hub *hub)
{
	if (hub->bev == NULL)
		return;
	bufferevent_free(hub->bev);
	hub->bev = NULL;
	strbuf_puts(&hub->log, "CLOSED\n");
}

static void
send_packet(struct test_hub *hub, int first, const void *body, size_t len)
{
	unsigned char head[5];
	size_t n = 1, left = len;

	head[0] = (unsigned char)first;
	do {
		head[n] = (unsigned char)(left % 128);
		left /= 128;
		if (left > 0)
			head[n] |= 0x80;
		n++;
	} while (left > 0);
	bufferevent_write(hub->bev, head, n);
	bufferevent_write(hub->bev, body, len);
}

void
test_hub_publish(struct test_hub *hub, const char *topic, const char *payload)
{
	struct strbuf body = { 0 };
	size_t len = strlen(topic);

	assert_non_null(hub->bev);
	strbuf_putc(&body, (char)(len >> 8));
	strbuf_putc(&body, (char)(len & 0xff));
	strbuf_puts(&body, topic);
	strbuf_puts(&body, payload);
	send_packet(hub, PUBLISH << 4, body.data, body.len);
	strbuf_fini(&body);
}

/* A string with its length before it, at *p, which moves on; the caller's. */
static char *
take_str(const unsigned char **p)
{
	size_t len = (size_t)(*p)[0] << 8 | (*p)[1];
	char *s = xstrndup((const char *)*p + 2, len);

	*p += 2 + len;
	return s;
}

static void
on_connect(struct test_hub *hub, const unsigned char *p)
{
	const unsigned char answer[2] = { 0,
		(unsigned char)hub->manners.connack };
	char *client_id, *user_name;

	p += 10; /* name, level, flags, keep-alive */
	client_id = take_str(&p);
	user_name = take_str(&p);
	free(hub->password);
	hub->password = take_str(&p);
	strbuf_printf(&hub->log, "CONNECT %s %s\n", client_id, user_name);
	free(client_id);
	free(user_name);
	send_packet(hub, 0x20, answer, sizeof(answer));
	if (hub->manners.waiting != NULL)
		test_hub_publish(hub, hub->manners.waiting, "null");
}

static void
on_subscribe(struct test_hub *hub, const unsigned char *p, size_t len)
{
	const unsigned char *end = p + len;
	unsigned char answer[2 + 8] = { p[0], p[1] };
	size_t n = 2;
	char *filter;

	for (p += 2; p < end; p++, n++) {
		filter = take_str(&p);
		strbuf_printf(&hub->log, "SUBSCRIBE %s\n", filter);
		free(filter);
	}
	send_packet(hub, 0x90, answer, n);
}

static void
answer_twin(struct test_hub *hub, const char *topic)
{
	const char *rid = strstr(topic, "$rid=");
	char answer[256];

	if (strstr(topic, "twin/GET") != NULL && hub->manners.twin != NULL) {
		snprintf(answer, sizeof(answer), "$iothub/twin/res/%d/?%s",
		    hub->manners.get_status, rid);
		test_hub_publish(hub, answer, hub->manners.twin);
	} else if (strstr(topic, "properties/reported") != NULL) {
		snprintf(answer, sizeof(answer),
		    "$iothub/twin/res/%d/?%s&$version=%d",
		    hub->manners.patch_status, rid, ++hub->reported_version);
		test_hub_publish(hub, answer, "");
	}
}

static void
on_publish(struct test_hub *hub, const unsigned char *p, size_t len)
{
	const unsigned char *end = p + len;
	char *topic = take_str(&p);

	strbuf_printf(&hub->log, "%s %.*s\n", topic, (int)(end - p), p);
	if (strstr(topic, "$rid=") != NULL)
		answer_twin(hub, topic);
	free(topic);
}

static void
on_packet(struct test_hub *hub, int type, const unsigned char *p, size_t len)
{
	switch (type) {
	case CONNECT:
		on_connect(hub, p);
		break;
	case SUBSCRIBE:
		on_subscribe(hub, p, len);
		break;
	case PUBLISH:
		on_publish(hub, p, len);
		break;
	case PINGREQ:
		send_packet(hub, 0xd0, "", 0);
		break;
	case DISCONNECT:
		strbuf_puts(&hub->log, "DISCONNECT\n");
		break;
	default:
		fail_msg("a packet of type %d", type);
	}
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct test_hub *hub = arg;
	unsigned char *p;
	size_t have, n, len;

	while ((have = evbuffer_get_length(in)) >= 2 && hub->bev == bev) {
		p = evbuffer_pullup(in, -1);
		len = 0;
		n = 1;
		do
			len |= (size_t)(p[n] & 0x7f) << 7 * (n - 1);
		while ((p[n++] & 0x80) != 0 && n < have);
		if (have < n + len)
			return;
		on_packet(hub, p[0] >> 4, p + n, len);
		evbuffer_drain(in, n + len);
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct test_hub *hub = arg;
	const char *sni;

	if ((what & BEV_EVENT_CONNECTED) == 0) {
		hang_up(hub);
		return;
	}
	sni = SSL_get_servername(
	    bufferevent_openssl_get_ssl(bev), TLSEXT_NAMETYPE_host_name);
	snprintf(hub->sni, sizeof(hub->sni), "%s", sni != NULL ? sni : "");
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int len, void *arg)
{
	struct test_hub *hub = arg;

	(void)listener;
	(void)address;
	(void)len;
	hang_up(hub);
	hub->bev = bufferevent_openssl_socket_new(hub->base, fd,
	    SSL_new(hub->ctx), BUFFEREVENT_SSL_ACCEPTING,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	bufferevent_setcb(hub->bev, on_read, NULL, on_event, hub);
	bufferevent_enable(hub->bev, EV_READ | EV_WRITE);
}

struct test_hub *
test_hub_new(struct event_base *base, const struct test_cert *cert)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct test_hub *hub = xcalloc(1, sizeof(*hub));
	struct err err = { 0 };

	hub->base = base;
	hub->manners.twin = "{\"desired\":{\"$version\":1},"
			    "\"reported\":{\"$version\":1}}";
	hub->manners.get_status = 200;
	hub->manners.patch_status = 204;
	hub->ctx = net_tls_server_new(cert->cert_file, cert->key_file, &err);
	assert_non_null(hub->ctx);
	hub->listener =
	    evconnlistener_new_bind(base, on_accept, hub, LEV_OPT_CLOSE_ON_FREE,
		-1, (struct sockaddr *)&address, sizeof(address));
	assert_non_null(hub->listener);
	return hub;
}

void
test_hub_free(struct test_hub *hub)
{
	if (hub == NULL)
		return;
	hang_up(hub);
	evconnlistener_free(hub->listener);
	SSL_CTX_free(hub->ctx);
	strbuf_fini(&hub->log);
	free(hub->password);
	free(hub);
}

uint16_t
test_hub_port(const struct test_hub *hub)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	assert_int_equal(0,
	    getsockname(evconnlistener_get_fd(hub->listener),
		(struct sockaddr *)&address, &len));
	return ntohs(address.sin_port);
}

struct test_hub_manners *
test_hub_manners(struct test_hub *hub)
{
	return &hub->manners;
}

const char *
test_hub_log(const struct test_hub *hub)
{
	return strbuf_str(&hub->log);
}

void
test_hub_clear(struct test_hub *hub)
{
	strbuf_reset(&hub->log);
}

size_t
test_hub_count(const struct test_hub *hub, const char *words)
{
	const char *p = test_hub_log(hub);
	size_t n = 0;

	for (; (p = strstr(p, words)) != NULL; p++)
		n++;
	return n;
}

const char *
test_hub_password(const struct test_hub *hub)
{
	return hub->password;
}

const char *
test_hub_sni(const struct test_hub *hub)
{
	return hub->sni;
}

void
test_hub_kick(struct test_hub *hub)
{
	hang_up(hub);
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

bool
test_hub_wait(struct test_hub *hub, const char *words)
{
	const struct timeval patience = { 20, 0 };
	bool over = false;
	struct event *timer = evtimer_new(hub->base, on_patience, &over);

	event_add(timer, &patience);
	while (!over && strstr(test_hub_log(hub), words) == NULL)
		event_base_loop(hub->base, EVLOOP_ONCE);
	event_free(timer);
	if (over)
		test_show(words, test_hub_log(hub));
	return !over;
}
