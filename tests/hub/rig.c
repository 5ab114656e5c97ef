#include "config.h"

#include "tests/hub/rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/identity.h"
#include "core/hub/registry.h"
#include "core/hub/who.h"
#include "core/iothub/sas.h"
#include "core/iothub/topic.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/publish.h"
#include "core/mqtt/subscribe.h"
#include "core/net/loop.h"
#include "core/net/tls.h"
#include "tests/support/test.h"

struct rig {
	struct event_base *base;
	struct hub *hub;
	char *dir;
	const char *tier;
	uint16_t port;
};

struct rig_client {
	struct rig *rig;
	SSL_CTX *tls;
	SSL *ssl;
	int fd;
	struct strbuf in; /* what came in and was not asked for yet */
	bool closed;
};

static void
start(struct rig *rig)
{
	struct hub_config config = {
		.state_dir = rig->dir, .name = "local", .mqtt_port = rig->port,
		.tier = rig->tier, .n_units = 1
	};
	struct err err = { 0 };

	rig->base = net_loop_new(&err);
	assert_non_null(rig->base);
	rig->hub = hub_new(rig->base, &config, &err);
	if (rig->hub == NULL)
		fail_msg("%s", err.text);
	rig->port = hub_mqtt_port(rig->hub);
}

static void
stop(struct rig *rig)
{
	hub_free(rig->hub);
	event_base_free(rig->base);
}

struct rig *
rig_new(void)
{
	const char *tmp = getenv("TMPDIR");
	struct rig *rig = xcalloc(1, sizeof(*rig));

	rig->dir = xasprintf("%s/hub-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(rig->dir));
	start(rig);
	return rig;
}

void
rig_restart(struct rig *rig)
{
	stop(rig);
	start(rig);
}

void
rig_set_tier(struct rig *rig, const char *tier)
{
	rig->tier = tier;
}

void
rig_free(struct rig *rig)
{
	stop(rig);
	hub_remove_state(rig->dir);
	assert_int_equal(-1, access(rig->dir, F_OK));
	free(rig->dir);
	free(rig);
}

struct hub *
rig_hub(struct rig *rig)
{
	return rig->hub;
}

uint16_t
rig_port(const struct rig *rig)
{
	return rig->port;
}

const char *
rig_ca_file(const struct rig *rig)
{
	return hub_identity_ca_file(rig->hub->identity);
}

void
rig_turn(struct rig *rig, int ms)
{
	struct timeval wait = { ms / 1000, ms % 1000 * 1000 };

	if (ms > 0)
		event_base_loopexit(rig->base, &wait);
	event_base_loop(rig->base, ms > 0 ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
}

bool
rig_wait(struct rig *rig, const bool *done, int ms)
{
	int64_t end_ms = clock_mono_ms() + ms;

	while (!*done && clock_mono_ms() < end_ms)
		rig_turn(rig, 5);
	return *done;
}

void
rig_add_device(struct rig *rig, const char *device_id)
{
	cJSON *body = cJSON_CreateObject();
	struct err err = { 0 };

	if (hub_registry_put(rig->hub->registry, device_id, body, NULL, &err) ==
	    -1)
		fail_msg("%s", err.text);
	cJSON_Delete(body);
	rig_turn(rig, 0);
}

int
rig_setup_device(void **state)
{
	*state = rig_new();
	rig_add_device(*state, "d1");
	return 0;
}

int
rig_setup_two_devices(void **state)
{
	rig_setup_device(state);
	rig_add_device(*state, "d2");
	return 0;
}

int
rig_teardown(void **state)
{
	rig_free(*state);
	return 0;
}

char *
rig_token(struct rig *rig, const char *device_id, int64_t life_s)
{
	const char *module = hub_who_module(device_id);
	char *resource = xasprintf("127.0.0.1/devices/%.*s%s%s",
	    (int)strcspn(device_id, "/"), device_id,
	    module != NULL ? "/modules/" : "", module != NULL ? module : "");
	struct hub_device device;
	struct err err = { 0 };
	char *token;

	assert_int_equal(
	    0, hub_registry_get(rig->hub->registry, device_id, &device, &err));
	token = sas_token_new(resource, device.primary_key, NULL,
	    clock_utc_us() / 1000000 + life_s, &err);
	assert_non_null(token);
	hub_device_fini(&device);
	free(resource);
	return token;
}

char *
rig_service_token(struct rig *rig)
{
	const char *key = hub_identity_policy_key(
	    rig->hub->identity, "iothubowner", false, NULL);

	return sas_token_new("127.0.0.1", key, "iothubowner",
	    clock_utc_us() / 1000000 + RIG_HOUR, NULL);
}

/* Lets the hub work, and waits a moment if it had nothing to do. */
static void
let_hub_work(struct rig_client *client, int ssl_result)
{
	struct pollfd fd = { .fd = client->fd, .events = POLLIN };

	if (SSL_get_error(client->ssl, ssl_result) == SSL_ERROR_WANT_WRITE)
		fd.events |= POLLOUT;
	event_base_loop(client->rig->base, EVLOOP_NONBLOCK);
	if (poll(&fd, 1, 0) == 0)
		rig_turn(client->rig, 1);
}

static bool
is_over(struct rig_client *client, int ssl_result)
{
	int error = SSL_get_error(client->ssl, ssl_result);

	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return false;
	ERR_clear_error();
	client->closed = true;
	return true;
}

static void
on_method_end(const struct hub_method_result *result, void *arg)
{
	struct rig_call *call = arg;

	assert_false(call->done);
	call->done = true;
	call->end = result->end;
	call->status = result->status;
	if (result->end == HUB_METHOD_ANSWERED)
		call->payload = xstrndup(result->payload, result->payload_len);
}

void
rig_invoke(struct rig *rig, const char *device_id, const char *payload,
    int connect_timeout_s, int response_timeout_s, struct rig_call *call)
{
	struct hub_method_request request = {
		.device_id = device_id,
		.name = "lockDoor",
		.payload = payload,
		.payload_len = strlen(payload),
		.connect_timeout_s = connect_timeout_s,
		.response_timeout_s = response_timeout_s,
	};

	free(call->payload);
	*call = (struct rig_call){ 0 };
	hub_methods_invoke(rig->hub->methods, &request, on_method_end, call);
}

static int
dial(uint16_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	assert_int_equal(
	    0, connect(fd, (const struct sockaddr *)&addr, sizeof(addr)));
	evutil_make_socket_nonblocking(fd);
	return fd;
}

int
rig_dial(struct rig *rig)
{
	return dial(rig->port);
}

static struct rig_client *
client_new(
    struct rig *rig, uint16_t port, X509 *certificate, EVP_PKEY *key)
{
	struct rig_client *client = xcalloc(1, sizeof(*client));
	int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;
	struct err err = { 0 };
	int rc;

	client->rig = rig;
	client->fd = dial(port);
	assert_int_not_equal(-1, client->fd);
	client->tls = net_tls_client_new(rig_ca_file(rig), "127.0.0.1", &err);
	assert_non_null(client->tls);
	client->ssl = SSL_new(client->tls);
	if (certificate != NULL)
		assert_int_equal(1,
		    SSL_use_cert_and_key(
			client->ssl, certificate, key, NULL, 1));
	SSL_set_fd(client->ssl, client->fd);
	while ((rc = SSL_connect(client->ssl)) != 1) {
		assert_false(is_over(client, rc));
		let_hub_work(client, rc);
		assert_true(clock_mono_ms() < end_ms);
	}
	return client;
}

struct rig_client *
rig_client_new(struct rig *rig)
{
	return client_new(rig, rig->port, NULL, NULL);
}

struct rig_client *
rig_client_new_https(struct rig *rig)
{
	return client_new(rig, hub_https_port(rig->hub), NULL, NULL);
}

struct rig_client *
rig_client_new_certified(struct rig *rig, X509 *certificate, EVP_PKEY *key)
{
	return client_new(rig, rig->port, certificate, key);
}

void
rig_client_free(struct rig_client *client)
{
	if (client == NULL)
		return;
	SSL_free(client->ssl);
	SSL_CTX_free(client->tls);
	close(client->fd);
	strbuf_fini(&client->in);
	/* The hub may notice that it has gone. */
	rig_turn(client->rig, 0);
	free(client);
}

void
rig_client_leave(struct rig_client *client)
{
	SSL_shutdown(client->ssl);
	rig_client_free(client);
}

void
rig_client_send(struct rig_client *client, const void *data, size_t len)
{
	int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;
	size_t n;
	int rc;

	while (len > 0 && !client->closed) {
		rc = SSL_write_ex(client->ssl, data, len, &n);
		if (rc == 1) {
			data = (const char *)data + n;
			len -= n;
			continue;
		}
		if (is_over(client, rc))
			return;
		let_hub_work(client, rc);
		assert_true(clock_mono_ms() < end_ms);
	}
}

/* Takes in what there is; false once the connection is over. */
static bool
take_in(struct rig_client *client)
{
	char buf[16384];
	size_t n;
	int rc = SSL_read_ex(client->ssl, buf, sizeof(buf), &n);

	if (rc == 1) {
		strbuf_put(&client->in, buf, n);
		return true;
	}
	if (is_over(client, rc))
		return false;
	let_hub_work(client, rc);
	return true;
}

/* The first bytes of what came in go to out. */
static void
cut_off(struct rig_client *client, size_t len, struct strbuf *out)
{
	strbuf_put(out, client->in.data, len);
	memmove(client->in.data, client->in.data + len, client->in.len - len);
	client->in.len -= len;
}

void
rig_client_read_bytes(
    struct rig_client *client, size_t len, struct strbuf *bytes)
{
	int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;

	strbuf_reset(bytes);
	while (client->in.len < len && !client->closed && take_in(client))
		if (clock_mono_ms() > end_ms)
			fail_msg("%zu of %zu bytes came", client->in.len, len);
	cut_off(client, len < client->in.len ? len : client->in.len, bytes);
}

void
rig_client_read(struct rig_client *client, struct strbuf *packet)
{
	int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;
	struct mqtt_frame frame;
	struct err err = { 0 };
	size_t len;

	strbuf_reset(packet);
	for (;;) {
		if (mqtt_frame_read(strbuf_str(&client->in), client->in.len,
			MQTT_REMAINING_MAX, &frame, &err) == 1 &&
		    client->in.len - frame.header_len >= frame.body_len)
			break;
		if (client->closed || !take_in(client))
			return;
		if (clock_mono_ms() > end_ms)
			fail_msg("no packet came");
	}
	len = frame.header_len + frame.body_len;
	cut_off(client, len, packet);
}

bool
rig_client_is_closed(struct rig_client *client, int ms)
{
	int64_t end_ms = clock_mono_ms() + ms;

	while (!client->closed && clock_mono_ms() < end_ms)
		take_in(client);
	return client->closed;
}

void
rig_client_send_connect(struct rig_client *client, const char *device_id,
    bool clean_session, uint16_t keep_alive_s, int64_t token_life_s)
{
	char *token = rig_token(client->rig, device_id, token_life_s);
	char *user =
	    xasprintf("127.0.0.1/%s/?api-version=2021-04-12", device_id);
	struct mqtt_connect connect = {
		.client_id = mqtt_str(device_id),
		.user_name = mqtt_str(user),
		.password = mqtt_str(token),
		.keep_alive_s = keep_alive_s,
		.clean_session = clean_session,
	};
	struct strbuf packet = { 0 };

	mqtt_connect_write(&packet, &connect);
	rig_client_send(client, packet.data, packet.len);
	strbuf_fini(&packet);
	free(user);
	free(token);
}

bool
rig_client_connect(struct rig_client *client, const char *device_id,
    bool clean_session, uint16_t keep_alive_s, int64_t token_life_s)
{
	struct strbuf packet = { 0 };
	bool present;

	rig_client_send_connect(
	    client, device_id, clean_session, keep_alive_s, token_life_s);
	rig_client_read(client, &packet);
	assert_int_equal(4, packet.len);
	assert_int_equal(MQTT_CONNACK << 4, (unsigned char)packet.data[0]);
	assert_int_equal(MQTT_ACCEPTED, packet.data[3]);
	present = packet.data[2] == 1;
	strbuf_fini(&packet);
	return present;
}

uint8_t
rig_client_subscribe(struct rig_client *client, const char *filter, uint8_t qos)
{
	struct mqtt_subscribe subscribe = { .packet_id = 1, .n = 1 };
	struct strbuf packet = { 0 };
	uint8_t code;

	subscribe.filters[0].topic_filter = mqtt_str(filter);
	subscribe.filters[0].qos = qos;
	mqtt_subscribe_write(&packet, &subscribe);
	rig_client_send(client, packet.data, packet.len);
	rig_client_read(client, &packet);
	assert_int_equal(5, packet.len);
	assert_int_equal(MQTT_SUBACK << 4, (unsigned char)packet.data[0]);
	code = (uint8_t)packet.data[4];
	strbuf_fini(&packet);
	return code;
}

void
rig_client_read_call(struct rig_client *client, const char *payload, char **rid)
{
	struct strbuf packet = { 0 };
	struct mqtt_publish publish;
	struct mqtt_reader in;
	struct topic topic;
	struct err err = { 0 };

	rig_client_read(client, &packet);
	assert_true(packet.len > 2);
	assert_int_equal(MQTT_PUBLISH << 4, packet.data[0]);
	mqtt_reader_init(&in, packet.data + 2, packet.len - 2);
	assert_int_equal(0, mqtt_publish_read(&in, 0, &publish, &err));
	topic_parse(publish.topic_name.s, publish.topic_name.len, &topic);
	assert_int_equal(TOPIC_METHOD, topic.kind);
	assert_int_equal(strlen("lockDoor"), topic.name.len);
	assert_memory_equal("lockDoor", topic.name.s, topic.name.len);
	assert_int_equal(strlen(payload), publish.payload.len);
	assert_memory_equal(payload, publish.payload.s, publish.payload.len);
	*rid = xstrndup(topic.rid.s, topic.rid.len);
	strbuf_fini(&packet);
}

void
rig_client_answer(
    struct rig_client *client, int status, const char *rid, const char *payload)
{
	char *topic = topic_format_method_response(
	    status, (struct topic_str){ rid, strlen(rid) });
	struct mqtt_publish publish = { .topic_name = mqtt_str(topic),
		.payload = mqtt_str(payload) };
	struct strbuf packet = { 0 };

	mqtt_publish_write(&packet, &publish);
	rig_client_send(client, packet.data, packet.len);
	strbuf_fini(&packet);
	free(topic);
}
