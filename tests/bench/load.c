/*
 * load MODE PORT CA FLEET CLIENTS IN_FLIGHT SECONDS [PAUSE_MS]: MQTT clients
 * over TLS on 127.0.0.1, as devices of a hub or clients of any broker.  With a
 * pause each waits that long after an answer, and they begin one by one.
 *
 * FLEET is a file with a line for each client: Client Identifier, user name
 * and password between tabs.  Prints "ready" when all are connected, starts
 * with the first line on standard input, and ends with one line of JSON; what
 * only serves does so until standard input closes.
 */
#include "config.h"

#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/publish.h"
#include "core/mqtt/writer.h"
#include "core/net/loop.h"
#include "core/net/tls.h"

#define CLIENTS_MAX 20000
#define IN_FLIGHT_MAX 1024
#define SECONDS_MAX 120
#define PAUSE_MAX_MS 60000
#define PACKET_MAX ((size_t)64 * 1024)
#define LINE_MAX_BYTES 2048
#define PAYLOAD_BYTES 256
#define CONNECTING_MAX 64 /* at once, while many connect */

struct load;

struct client {
	struct load *load;
	struct bufferevent *bev; /* NULL: not connected */
	char *id;
	char *user_name;
	char *password;
	int64_t sent_us; /* the last request, or the connection's start */
	struct event *again; /* with a pause */
	uint16_t packet_id;
	uint16_t unacked_subscribes;
};

/* What a client subscribes to, how it asks, and which packet is an answer. */
struct mode {
	const char *name;
	const char *filters[6];              /* %s is the Client Identifier */
	void (*send)(struct client *client); /* NULL: it only serves */
	uint8_t answer;  /* packet type that ends a request */
	bool reconnects; /* a request is a connection */
	bool is_http;    /* it listens at the hub's control route instead */
};

struct load {
	const struct mode *mode;
	struct event_base *base;
	SSL_CTX *tls;
	struct client *clients;
	int64_t *latencies_us;
	size_t n_latencies, cap;
	int64_t port, n_clients, in_flight, seconds, pause_ms;
	int64_t n_started, n_ready, n_failed, n_done;
	int64_t start_us;
	bool is_running;
	int64_t n_heard, n_missed; /* messages of others */
	int column, number;        /* of the line of HTTP that is read */
	char kind;                 /* 'd' a message, 'm' how many are missed */
};

static void start_client(struct client *client);

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
write_packets(struct client *client, struct strbuf *out)
{
	bufferevent_write(client->bev, out->data, out->len);
	strbuf_fini(out);
}

static void
publish(struct client *client, const char *topic, const char *payload,
    size_t len, uint8_t qos)
{
	struct mqtt_publish p = { .topic_name = mqtt_str(topic),
		.payload = { payload, len },
		.qos = qos };
	struct strbuf out = { 0 };

	if (qos > 0 && (p.packet_id = ++client->packet_id) == 0)
		p.packet_id = client->packet_id = 1;
	client->sent_us = now_us();
	mqtt_publish_write(&out, &p);
	write_packets(client, &out);
}

static void
send_telemetry(struct client *client)
{
	static char payload[PAYLOAD_BYTES];
	char *topic = xasprintf("devices/%s/messages/events/", client->id);

	memset(payload, 'x', sizeof(payload));
	publish(client, topic, payload, sizeof(payload), MQTT_QOS_1);
	free(topic);
}

static void
send_report(struct client *client)
{
	char topic[80], patch[80];
	int64_t n = client->load->n_done;

	snprintf(topic, sizeof(topic),
	    "$iothub/twin/PATCH/properties/reported/?$rid=%" PRId64, n);
	snprintf(patch, sizeof(patch),
	    "{\"temperature\":%" PRId64 ",\"firmwareStatus\":\"applying\"}", n);
	publish(client, topic, patch, strlen(patch), MQTT_QOS_0);
}

/* As big as a method call and its answer. */
static void
send_echo(struct client *client)
{
	static const char call[] = "{\"lockTime\":\"10m\"}";

	publish(client, "$iothub/methods/POST/lockDoor/?$rid=1", call,
	    sizeof(call) - 1, MQTT_QOS_0);
}

#define AZURE_FILTERS                                              \
	"devices/%s/messages/devicebound/#", "$iothub/twin/res/#", \
	    "$iothub/twin/PATCH/properties/desired/#",             \
	    "$iothub/methods/POST/#", "devices/%s/inputs/#"

static const struct mode modes[] = {
	{ .name = "connect", .answer = MQTT_CONNACK, .reconnects = true },
	{ .name = "hold", .filters = { AZURE_FILTERS } },
	{ .name = "respond", .filters = { "$iothub/methods/POST/#" } },
	{ .name = "telemetry", .send = send_telemetry, .answer = MQTT_PUBACK },
	{ .name = "report",
	    .filters = { "$iothub/twin/res/#" },
	    .send = send_report,
	    .answer = MQTT_PUBLISH },
	{ .name = "listen", .filters = { "devices/+/messages/events/#" } },
	{ .name = "listen-http", .is_http = true },
	{ .name = "echo", .send = send_echo, .answer = MQTT_PUBLISH },
	{ .name = NULL },
};

static void
note_latency(struct load *load, int64_t us)
{
	if (load->n_latencies == load->cap) {
		load->cap = load->cap == 0 ? 65536 : load->cap * 2;
		load->latencies_us = xreallocarray(
		    load->latencies_us, load->cap, sizeof(*load->latencies_us));
	}
	load->latencies_us[load->n_latencies++] = us;
}

static void
close_client(struct client *client)
{
	bufferevent_free(client->bev);
	client->bev = NULL;
}

/* The next that has not been connected, where many connect. */
static void
start_next(struct load *load)
{
	if (load->n_started < load->n_clients)
		start_client(&load->clients[load->n_started]);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;

	(void)fd;
	(void)what;
	client->load->mode->send(client);
}

static void
send_in(struct client *client, int64_t us)
{
	struct timeval tv = { us / 1000000, us % 1000000 };

	if (us == 0) {
		client->load->mode->send(client);
		return;
	}
	if (client->again == NULL)
		client->again =
		    evtimer_new(client->load->base, on_pause_over, client);
	evtimer_add(client->again, &tv);
}

static void
on_done(struct client *client)
{
	struct load *load = client->load;

	note_latency(load, now_us() - client->sent_us);
	load->n_done++;
	if (!load->mode->reconnects) {
		if (load->is_running)
			send_in(client, load->pause_ms * 1000);
		return;
	}
	close_client(client);
	start_next(load);
	if (load->n_done + load->n_failed == load->n_clients)
		event_base_loopbreak(load->base);
}

static void
on_failed(struct client *client, const char *why)
{
	struct load *load = client->load;

	if (load->n_failed++ < 3)
		warnx("%s: %s", client->id, why);
	close_client(client);
	/* A load with gaps is none: there is nothing to wait for. */
	event_base_loopbreak(load->base);
}

static void
on_connected(struct client *client)
{
	struct load *load = client->load;

	start_next(load);
	if (++load->n_ready == load->n_clients)
		event_base_loopbreak(load->base);
}

static void
subscribe(struct client *client)
{
	const struct mode *mode = client->load->mode;
	struct strbuf out = { 0 };
	char filter[256];
	size_t i;

	for (i = 0; mode->filters[i] != NULL; i++) {
		const char *id = strstr(mode->filters[i], "%s");
		struct mqtt_str text = { filter, 0 };

		text.len = id == NULL
		    ? (size_t)snprintf(
			  filter, sizeof(filter), "%s", mode->filters[i])
		    : (size_t)snprintf(filter, sizeof(filter), "%.*s%s%s",
			  (int)(id - mode->filters[i]), mode->filters[i],
			  client->id, id + 2);
		mqtt_write_header(
		    &out, MQTT_SUBSCRIBE, 2, 2 + 2 + text.len + 1);
		mqtt_write_u16(&out, ++client->packet_id);
		mqtt_write_str(&out, text);
		mqtt_write_u8(&out, MQTT_QOS_0);
		client->unacked_subscribes++;
	}
	if (i == 0)
		on_connected(client);
	else
		write_packets(client, &out);
}

/* A method call is answered as a device does; all else is somebody's echo. */
static void
on_publish(
    struct client *client, const struct mqtt_frame *frame, const void *body)
{
	static const char answer[] = "{\"ok\":true}";
	struct mqtt_publish p;
	struct mqtt_reader in;
	struct err err = { 0 };
	char topic[300];
	const char *rid;

	client->load->n_heard++;
	mqtt_reader_init(&in, body, frame->body_len);
	if (mqtt_publish_read(&in, frame->flags, &p, &err) == -1)
		errx(1, "%s", err.text);
	if (client->load->mode->answer == MQTT_PUBLISH) {
		on_done(client);
		return;
	}
	rid = memmem(p.topic_name.s, p.topic_name.len, "?$rid=", 6);
	if (rid == NULL)
		return;
	snprintf(topic, sizeof(topic), "$iothub/methods/res/200/%.*s",
	    (int)(p.topic_name.len - (size_t)(rid - p.topic_name.s)), rid);
	publish(client, topic, answer, sizeof(answer) - 1, MQTT_QOS_0);
}

static void
on_packet(struct client *client, const struct mqtt_frame *frame,
    const unsigned char *body)
{
	const struct mode *mode = client->load->mode;

	switch (frame->type) {
	case MQTT_CONNACK:
		if (frame->body_len != 2 || body[1] != MQTT_ACCEPTED)
			on_failed(client, "CONNECT was refused");
		else if (mode->reconnects)
			on_done(client);
		else
			subscribe(client);
		break;
	case MQTT_SUBACK:
		if (--client->unacked_subscribes == 0)
			on_connected(client);
		break;
	case MQTT_PUBACK:
		on_done(client);
		break;
	case MQTT_PUBLISH:
		on_publish(client, frame, body);
		break;
	default:
		break;
	}
}

/* {"deviceId":… is a message, {"missed":N} says how many were none; all else
 * frames them. */
static void
count_line(struct load *load, char c)
{
	if (c == '\n') {
		load->n_heard += load->kind == 'd';
		load->n_missed += load->number;
		load->number = load->column = load->kind = 0;
		return;
	}
	if (load->column == 0 && c != '{')
		load->column = 3;
	else if (load->column == 2)
		load->kind = c;
	else if (load->kind == 'm' && c >= '0' && c <= '9')
		load->number = load->number * 10 + (c - '0');
	load->column++;
}

static void
read_http(struct client *client)
{
	struct load *load = client->load;
	char data[16384];
	const char *p, *end;
	size_t n;

	while ((n = bufferevent_read(client->bev, data, sizeof(data))) > 0) {
		if (load->n_ready == 0)
			on_connected(client);
		for (p = data, end = data + n; p < end; p++) {
			if (load->column > 2 && load->kind != 'm' &&
			    (p = memchr(p, '\n', (size_t)(end - p))) == NULL)
				break;
			count_line(load, *p);
		}
	}
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct client *client = arg;
	struct evbuffer *input = bufferevent_get_input(bev);
	struct mqtt_frame frame;
	struct err err = { 0 };
	unsigned char header[MQTT_HEADER_MAX], *packet;
	ev_ssize_t have;
	size_t len;
	int rc;

	if (client->load->mode->is_http) {
		read_http(client);
		return;
	}
	while (client->bev != NULL &&
	    (have = evbuffer_copyout(input, header, sizeof(header))) > 0) {
		rc = mqtt_frame_read(
		    header, (size_t)have, PACKET_MAX, &frame, &err);
		if (rc == -1)
			errx(1, "%s", err.text);
		len = frame.header_len + frame.body_len;
		if (rc == 0 || evbuffer_get_length(input) < len)
			return;
		packet = evbuffer_pullup(input, (ev_ssize_t)len);
		on_packet(client, &frame, packet + frame.header_len);
		if (client->bev != NULL)
			evbuffer_drain(input, len);
	}
}

/* The password is the token of a service. */
static void
send_get(struct client *client)
{
	struct strbuf out = { 0 };

	strbuf_printf(&out,
	    "GET /control/messages HTTP/1.1\r\nHost: localhost\r\n"
	    "Authorization: %s\r\n\r\n",
	    client->password);
	write_packets(client, &out);
}

static void
send_connect(struct client *client)
{
	struct mqtt_str id = mqtt_str(client->id);
	struct mqtt_str user_name = mqtt_str(client->user_name);
	struct mqtt_str password = mqtt_str(client->password);
	struct strbuf out = { 0 };

	mqtt_write_header(&out, MQTT_CONNECT, 0,
	    10 + 2 + id.len + 2 + user_name.len + 2 + password.len);
	mqtt_write_str(&out, mqtt_str("MQTT"));
	mqtt_write_u8(&out, MQTT_LEVEL);
	mqtt_write_u8(&out, 0xc2); /* user name, password, Clean Session */
	mqtt_write_u16(&out, 600);
	mqtt_write_str(&out, id);
	mqtt_write_str(&out, user_name);
	mqtt_write_str(&out, password);
	write_packets(client, &out);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *client = arg;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0 && client->load->mode->is_http)
		send_get(client);
	else if ((what & BEV_EVENT_CONNECTED) != 0)
		send_connect(client);
	else
		on_failed(client,
		    (what & BEV_EVENT_EOF) != 0
			? "the server closed the connection"
			: "the connection failed");
}

static void
start_client(struct client *client)
{
	struct load *load = client->load;
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)load->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;

	load->n_started++;
	client->sent_us = now_us();
	client->bev = bufferevent_openssl_socket_new(load->base, -1,
	    SSL_new(load->tls), BUFFEREVENT_SSL_CONNECTING,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	bufferevent_openssl_set_allow_dirty_shutdown(client->bev, 1);
	bufferevent_setcb(client->bev, on_read, NULL, on_event, client);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect(client->bev, (struct sockaddr *)&address,
		sizeof(address)) == -1)
		errx(1, "cannot connect");
	setsockopt(bufferevent_getfd(client->bev), IPPROTO_TCP, TCP_NODELAY,
	    &one, sizeof(one));
}

static void
start_some(struct load *load)
{
	int64_t max = load->mode->reconnects ? load->in_flight : CONNECTING_MAX;

	while (max-- > 0)
		start_next(load);
}

static int
by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t
percentile(const struct load *load, double p)
{
	return load->n_latencies == 0
	    ? 0
	    : load->latencies_us[(size_t)(p * (double)(load->n_latencies - 1))];
}

static void
print_result(struct load *load)
{
	double seconds = (double)(now_us() - load->start_us) / 1e6;

	qsort(load->latencies_us, load->n_latencies,
	    sizeof(*load->latencies_us), by_value);
	printf("{\"ops\":%" PRId64 ",\"seconds\":%.4f,\"failed\":%" PRId64
	       ",\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64
	       ",\"p999_us\":%" PRId64 ",\"max_us\":%" PRId64 "}\n",
	    load->n_done, seconds, load->n_failed, percentile(load, 0.5),
	    percentile(load, 0.99), percentile(load, 0.999),
	    percentile(load, 1));
	fflush(stdout);
}

static void
run(struct load *load)
{
	struct timeval limit = { .tv_sec = load->seconds };
	int64_t i, k;

	load->start_us = now_us();
	load->is_running = true;
	event_base_loopexit(load->base, &limit);
	if (load->mode->reconnects)
		start_some(load);
	else
		for (i = 0; i < load->n_clients; i++)
			for (k = 0; k < load->in_flight; k++)
				send_in(&load->clients[i],
				    load->pause_ms * 1000 * i /
					load->n_clients);
	event_base_dispatch(load->base);
	load->is_running = false;
	print_result(load);
}

static void
read_fleet(struct load *load, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[LINE_MAX_BYTES], *rest;
	int64_t i;

	if (file == NULL)
		err(1, "%s", path);
	load->clients =
	    xcalloc((size_t)load->n_clients, sizeof(*load->clients));
	for (i = 0; i < load->n_clients; i++) {
		struct client *client = &load->clients[i];

		if (fgets(line, sizeof(line), file) == NULL)
			errx(1, "%s: %" PRId64 " lines are too few", path, i);
		rest = line;
		client->load = load;
		client->id = xstrdup(strsep(&rest, "\t\n"));
		client->user_name = xstrdup(rest ? strsep(&rest, "\t\n") : "");
		client->password = xstrdup(rest ? strsep(&rest, "\t\n") : "");
	}
	fclose(file);
}

static const struct mode *
find_mode(const char *name)
{
	const struct mode *mode = modes;

	while (mode->name != NULL && strcmp(mode->name, name) != 0)
		mode++;
	if (mode->name == NULL)
		errx(2, "%s: no such mode", name);
	return mode;
}

static void
allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
main(int argc, char **argv)
{
	struct load load = { 0 };
	struct net_leave *leave;
	struct err err = { 0 };
	char line[16];

	if ((argc != 8 && argc != 9) ||
	    str_to_int64(argv[2], 1, 65535, &load.port) == -1 ||
	    str_to_int64(argv[5], 1, CLIENTS_MAX, &load.n_clients) == -1 ||
	    str_to_int64(argv[6], 1, IN_FLIGHT_MAX, &load.in_flight) == -1 ||
	    str_to_int64(argv[7], 1, SECONDS_MAX, &load.seconds) == -1 ||
	    (argc == 9 &&
		str_to_int64(argv[8], 1, PAUSE_MAX_MS, &load.pause_ms) == -1))
		errx(2,
		    "usage: load MODE PORT CA FLEET CLIENTS IN_FLIGHT "
		    "SECONDS [PAUSE_MS]");
	load.mode = find_mode(argv[1]);
	allow_descriptors();
	load.base = net_loop_new(&err);
	load.tls = net_tls_client_new(argv[3], "localhost", &err);
	if (load.base == NULL || load.tls == NULL)
		errx(1, "%s", err.text);
	read_fleet(&load, argv[4]);
	if (!load.mode->reconnects) {
		start_some(&load);
		event_base_dispatch(load.base);
		if (load.n_failed > 0)
			errx(1, "not all of them connected");
	}
	puts("ready");
	fflush(stdout);
	if (load.mode->send == NULL && !load.mode->reconnects) {
		leave = net_leave_new(load.base, 1);
		event_base_dispatch(load.base);
		net_leave_free(leave);
		printf("{\"heard\":%" PRId64 ",\"missed\":%" PRId64 "}\n",
		    load.n_heard, load.n_missed);
		return load.n_failed > 0;
	}
	if (fgets(line, sizeof(line), stdin) == NULL)
		return 1;
	run(&load);
	/* What is connected ends with the process, and so does the memory. */
	return load.n_failed > 0;
}
