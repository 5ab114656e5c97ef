/*
 * MQTT over WebSockets: the handshake on the port of REST, frames from a data
 * file, and a device that does not notice a difference.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/session.h"
#include "core/hub/sessions.h"
#include "core/iothub/topic.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/publish.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"
#include "tests/support/wire.h"

#define ID "d1"
#define KEY "dGhlIHNhbXBsZSBub25jZQ==" /* RFC 6455, 1.3 */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define LONG_RID 200 /* digits, so that the answer is long too */

#define GET "GET /$iothub/websocket HTTP/1.1\r\nHost: x\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY_LINE "Sec-WebSocket-Key: " KEY "\r\n"
#define VERSION_LINE "Sec-WebSocket-Version: 13\r\n"
#define PROTOCOL_LINE "Sec-WebSocket-Protocol: mqtt\r\n"
#define GOOD GET UPGRADE KEY_LINE VERSION_LINE PROTOCOL_LINE "\r\n"

static void
send_text(struct rig_client *client, const char *text)
{
	rig_client_send(client, text, strlen(text));
}

/* An answer's head, to its empty line. */
static char *
read_head(struct rig_client *client)
{
	struct strbuf byte = { 0 }, head = { 0 };

	do {
		rig_client_read_bytes(client, 1, &byte);
		strbuf_put(&head, byte.data, byte.len);
	} while (byte.len > 0 && strstr(head.data, "\r\n\r\n") == NULL);
	strbuf_fini(&byte);
	return strbuf_take(&head);
}

/* What a client sends: masked, with the shortest length. */
static void
put_frame(struct strbuf *out, uint8_t first, const void *data, size_t len)
{
	static const unsigned char mask[] = { 0x12, 0x34, 0x56, 0x78 };
	const unsigned char *bytes = data;
	size_t i;

	strbuf_putc(out, (char)first);
	if (len > 125) {
		assert_true(len <= UINT16_MAX);
		strbuf_putc(out, (char)(0x80 | 126));
		strbuf_putc(out, (char)(len >> 8));
		strbuf_putc(out, (char)(len & 0xff));
	} else {
		strbuf_putc(out, (char)(0x80 | len));
	}
	strbuf_put(out, mask, sizeof(mask));
	for (i = 0; i < len; i++)
		strbuf_putc(out, (char)(bytes[i] ^ mask[i % sizeof(mask)]));
}

/* CONNECT of ID, which exists. */
static void
put_connect(struct rig *rig, struct strbuf *out)
{
	char *token = rig_token(rig, ID, RIG_HOUR);
	struct mqtt_connect connect = {
		.client_id = mqtt_str(ID),
		.user_name =
		    mqtt_str("127.0.0.1/" ID "/?api-version=2021-04-12"),
		.password = mqtt_str(token),
		.keep_alive_s = 60,
		.clean_session = true,
	};

	mqtt_connect_write(out, &connect);
	free(token);
}

static void
expect(struct rig_client *client, const void *bytes, size_t len)
{
	struct strbuf have = { 0 };

	rig_client_read_bytes(client, len, &have);
	assert_int_equal(len, have.len);
	assert_memory_equal(bytes, have.data, len);
	strbuf_fini(&have);
}

static struct rig_client *
open_websocket(struct rig *rig)
{
	struct rig_client *client = rig_client_new_https(rig);
	char *head;

	send_text(client, GOOD);
	head = read_head(client);
	assert_non_null(strstr(head, " 101 "));
	free(head);
	return client;
}

static struct rig_client *
connect_device(struct rig *rig)
{
	struct rig_client *client = open_websocket(rig);
	struct strbuf packet = { 0 }, frame = { 0 };

	put_connect(rig, &packet);
	put_frame(&frame, 0x82, packet.data, packet.len);
	rig_client_send(client, frame.data, frame.len);
	expect(client, "\x82\x04\x20\x02\0\0", 6);
	strbuf_fini(&packet);
	strbuf_fini(&frame);
	return client;
}

static int
set_up(void **state)
{
	*state = rig_new();
	rig_add_device(*state, ID);
	return 0;
}

static const struct {
	const char *name;
	const char *request;
	const char *status;
	const char *line; /* that has to be in the answer's head */
} handshakes[] = {
	{ "the sample of RFC 6455", GOOD, "HTTP/1.1 101 ",
	    "\r\nSec-WebSocket-Accept: " ACCEPT "\r\n" },
	{ "the sub-protocol is sent back", GOOD, "HTTP/1.1 101 ",
	    "\r\nSec-WebSocket-Protocol: mqtt\r\n" },
	{ "in capitals, as the C SDK has it",
	    GET UPGRADE KEY_LINE VERSION_LINE
	    "Sec-WebSocket-Protocol: MQTT\r\n\r\n",
	    "HTTP/1.1 101 ", "\r\nSec-WebSocket-Protocol: MQTT\r\n" },
	{ "among others",
	    GET UPGRADE KEY_LINE VERSION_LINE
	    "Sec-WebSocket-Protocol: amqp, mqttv3.1, Mqtt\r\n\r\n",
	    "HTTP/1.1 101 ", "\r\nSec-WebSocket-Protocol: Mqtt\r\n" },
	{ "header values in any case",
	    GET
	    "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n" KEY_LINE
		VERSION_LINE PROTOCOL_LINE "\r\n",
	    "HTTP/1.1 101 ", "\r\nUpgrade: websocket\r\n" },
	{ "a query behind the path",
	    "GET /$iothub/websocket?iothub-no-client-cert=true HTTP/1.1\r\n"
	    "Host: x\r\n" UPGRADE KEY_LINE VERSION_LINE PROTOCOL_LINE "\r\n",
	    "HTTP/1.1 101 ", "" },
	{ "the path percent-encoded",
	    "GET /%24iothub/websocket HTTP/1.1\r\n"
	    "Host: x\r\n" UPGRADE KEY_LINE VERSION_LINE PROTOCOL_LINE "\r\n",
	    "HTTP/1.1 101 ", "" },
	{ "no upgrade", GET "\r\n", "HTTP/1.1 426 ",
	    "\r\nUpgrade: websocket\r\n" },
	{ "another version [4.4]",
	    GET UPGRADE KEY_LINE "Sec-WebSocket-Version: 8\r\n" PROTOCOL_LINE
				 "\r\n",
	    "HTTP/1.1 426 ", "\r\nSec-WebSocket-Version: 13\r\n" },
	{ "no key", GET UPGRADE VERSION_LINE PROTOCOL_LINE "\r\n",
	    "HTTP/1.1 400 ", "" },
	{ "a key that is too short",
	    GET UPGRADE "Sec-WebSocket-Key: YWJj\r\n" VERSION_LINE PROTOCOL_LINE
			"\r\n",
	    "HTTP/1.1 400 ", "" },
	{ "no sub-protocol", GET UPGRADE KEY_LINE VERSION_LINE "\r\n",
	    "HTTP/1.1 400 ", "" },
	{ "another sub-protocol",
	    GET UPGRADE KEY_LINE VERSION_LINE
	    "Sec-WebSocket-Protocol: mqttv5\r\n\r\n",
	    "HTTP/1.1 400 ", "" },
	{ "another method",
	    "POST /$iothub/websocket HTTP/1.1\r\nHost: x\r\n"
	    "Content-Length: 0\r\n\r\n",
	    "HTTP/1.1 405 ", "" },
};

static void
test_each_handshake_is_answered_as_it_is_written(void **state)
{
	struct rig_client *client;
	size_t i;
	char *head;

	for (i = 0; i < N_ROWS(handshakes); i++) {
		client = rig_client_new_https(*state);
		send_text(client, handshakes[i].request);
		head = read_head(client);
		if (!str_starts_with(head, handshakes[i].status) ||
		    strstr(head, handshakes[i].line) == NULL)
			fail_msg("%s: %s", handshakes[i].name, head);
		free(head);
		rig_client_free(client);
	}
}

/* Takes "close" off the end of an expectation. */
static bool
take_close(char *out)
{
	size_t len = strlen(out);

	if (len < 5 || strcmp(out + len - 5, "close") != 0)
		return false;
	out[len - 5] = '\0';
	return true;
}

static bool
play(struct rig *rig, const struct wire_line *line)
{
	struct strbuf in = { 0 }, want = { 0 }, have = { 0 };
	struct rig_client *client = connect_device(rig);
	char *out =
	    line->n > 2 ? line->fields[2] : line->text + strlen(line->text);
	bool closes = take_close(out), same;

	wire_bytes(line->fields[1], &in);
	wire_bytes(out, &want);
	if (!closes) {
		wire_bytes("82 82 00000000 c0 00", &in);
		wire_bytes("82 02 d0 00", &want);
	}
	rig_client_send(client, in.data, in.len);
	/* One more than is awaited, to see the end. */
	rig_client_read_bytes(client, want.len + closes, &have);
	same = have.len == want.len &&
	    memcmp(strbuf_str(&have), strbuf_str(&want), want.len) == 0;
	rig_client_free(client);
	strbuf_fini(&in);
	strbuf_fini(&want);
	strbuf_fini(&have);
	return same;
}

static void
test_each_frame_does_what_is_written(void **state)
{
	FILE *file = wire_open("tests/hub/mqtt/websocket.txt");
	struct wire_line line = { 0 };
	int failed = 0, n = 0;

	while (wire_next(file, &line)) {
		if (!play(*state, &line)) {
			print_message(
			    "# line %d: %s\n", line.number, line.fields[0]);
			failed++;
		}
		n++;
		wire_line_fini(&line);
	}
	fclose(file);
	assert_true(n >= 40);
	assert_int_equal(0, failed);
}

static void
test_what_comes_with_the_handshake_is_not_lost(void **state)
{
	struct rig_client *client = rig_client_new_https(*state);
	struct strbuf packet = { 0 }, bytes = { 0 };
	char *head;

	put_connect(*state, &packet);
	strbuf_puts(&bytes, GOOD);
	put_frame(&bytes, 0x82, packet.data, packet.len);
	rig_client_send(client, bytes.data, bytes.len);
	head = read_head(client);
	assert_non_null(strstr(head, " 101 "));
	expect(client, "\x82\x04\x20\x02\0\0", 6);
	free(head);
	rig_client_free(client);
	strbuf_fini(&packet);
	strbuf_fini(&bytes);
}

static void
test_every_byte_may_come_in_a_frame_of_its_own(void **state)
{
	struct rig_client *client = open_websocket(*state);
	struct strbuf packet = { 0 }, bytes = { 0 };
	size_t i;

	put_connect(*state, &packet);
	for (i = 0; i < packet.len; i++)
		put_frame(&bytes, 0x82, packet.data + i, 1);
	for (i = 0; i < bytes.len; i++) {
		rig_client_send(client, bytes.data + i, 1);
		rig_turn(*state, 0);
	}
	expect(client, "\x82\x04\x20\x02\0\0", 6);
	rig_client_free(client);
	strbuf_fini(&packet);
	strbuf_fini(&bytes);
}

/* 256 KB go in by frames of 60 KB, and all of it comes to an end. */
static void
test_a_message_of_the_greatest_size_gets_through(void **state)
{
	struct rig_client *client = connect_device(*state);
	struct strbuf packet = { 0 }, bytes = { 0 };
	char *payload = xcalloc(1, HUB_PAYLOAD_MAX);
	struct mqtt_publish publish = {
		.topic_name = mqtt_str("devices/" ID "/messages/events/"),
		.payload = { payload, HUB_PAYLOAD_MAX },
		.packet_id = 7,
		.qos = 1,
	};
	size_t i, n;

	mqtt_publish_write(&packet, &publish);
	for (i = 0; i < packet.len; i += n) {
		n = packet.len - i < 60000 ? packet.len - i : 60000;
		put_frame(&bytes, 0x82, packet.data + i, n);
	}
	rig_client_send(client, bytes.data, bytes.len);
	expect(client, "\x82\x04\x40\x02\0\x07", 6);
	rig_client_free(client);
	free(payload);
	strbuf_fini(&packet);
	strbuf_fini(&bytes);
}

static void
test_a_long_answer_has_its_length_in_16_bits(void **state)
{
	struct rig_client *client = connect_device(*state);
	struct strbuf packet = { 0 }, bytes = { 0 };
	char *topic = xasprintf("$iothub/twin/GET/?$rid=%0*d", LONG_RID, 1);
	struct mqtt_publish publish = { .topic_name = mqtt_str(topic) };

	mqtt_publish_write(&packet, &publish);
	put_frame(&bytes, 0x82, packet.data, packet.len);
	rig_client_send(client, bytes.data, bytes.len);
	rig_client_read_bytes(client, 4, &bytes);
	assert_int_equal(4, bytes.len);
	assert_memory_equal("\x82\x7e", bytes.data, 2);
	rig_client_read_bytes(client,
	    (size_t)((unsigned char)bytes.data[2] << 8 |
		(unsigned char)bytes.data[3]),
	    &bytes);
	assert_int_equal(0x30, bytes.data[0]);
	assert_non_null(memmem(bytes.data, bytes.len, "/twin/res/200/", 14));
	assert_int_equal('}', bytes.data[bytes.len - 1]);
	rig_client_free(client);
	free(topic);
	strbuf_fini(&packet);
	strbuf_fini(&bytes);
}

/* Sends news so long that its PUBLISH has len bytes. */
static void
notify(struct rig *rig, size_t len)
{
	static const char end[] = ",\"$version\":2";
	char *topic = topic_format_desired_patch(2);
	struct strbuf patch = { 0 };

	len -= 4 + 2 + strlen(topic) + strlen(end);
	strbuf_puts(&patch, "{\"a\":\"");
	while (patch.len < len - 2)
		strbuf_putc(&patch, 'x');
	strbuf_puts(&patch, "\"}");
	hub_sessions_notify_desired(
	    rig_hub(rig)->sessions, ID, strbuf_str(&patch), 2);
	strbuf_fini(&patch);
	free(topic);
}

static void
test_frame_headers_do_not_open_a_queue_that_is_full(void **state)
{
	static const char subscribe[] =
	    "\x82\x2c\0\1\0\x27$iothub/twin/PATCH/properties/desired/#\0";
	const struct hub_sessions *sessions = rig_hub(*state)->sessions;
	struct rig_client *client = connect_device(*state);
	const size_t news = 32768, header = 4;
	struct strbuf frame = { 0 };
	size_t left = HUB_QUEUE_MAX;

	put_frame(&frame, 0x82, subscribe, sizeof(subscribe) - 1);
	rig_client_send(client, frame.data, frame.len);
	expect(client, "\x82\x05\x90\x03\0\1\0", 7);
	/* The loop does not run, so all of this is queued. */
	for (; left >= 2 * news; left -= news + header)
		notify(*state, news);
	notify(*state, left);
	assert_true(hub_sessions_is_connected(sessions, ID));
	notify(*state, news);
	assert_false(hub_sessions_is_connected(sessions, ID));
	strbuf_fini(&frame);
	rig_client_free(client);
}

static void
test_a_device_is_there_as_long_as_its_websocket(void **state)
{
	struct hub *hub = rig_hub(*state);
	struct rig_client *client = connect_device(*state), *next;

	assert_true(hub_sessions_is_connected(hub->sessions, ID));
	/* And its next connection takes the place, by whichever way. */
	next = rig_client_new(*state);
	rig_client_connect(next, ID, true, 60, RIG_HOUR);
	expect(client, "\x88\x02\x03\xe9", 4);
	assert_true(rig_client_is_closed(client, RIG_PATIENCE_MS));
	assert_true(hub_sessions_is_connected(hub->sessions, ID));
	rig_client_free(client);
	rig_client_leave(next);
	rig_turn(*state, 10);

	client = connect_device(*state);
	rig_client_leave(client);
	while (hub_sessions_is_connected(hub->sessions, ID))
		rig_turn(*state, 5);
}

static void
test_a_hub_that_leaves_takes_its_websockets_along(void **state)
{
	struct rig_client *client = connect_device(*state);

	rig_restart(*state);
	expect(client, "\x88\x02\x03\xe9", 4);
	assert_true(rig_client_is_closed(client, RIG_PATIENCE_MS));
	rig_client_free(client);
}

/* Random damage to a good conversation: the hub is well after each. */
static void
test_corrupted_frames_do_no_harm(void **state)
{
	struct strbuf packet = { 0 }, bytes = { 0 };
	struct rig_client *client;
	unsigned int seed = 1;
	size_t i;
	char was;

	put_connect(*state, &packet);
	put_frame(&bytes, 0x02, packet.data, 40);
	put_frame(&bytes, 0x89, "x", 1);
	put_frame(&bytes, 0x80, packet.data + 40, packet.len - 40);
	put_frame(&bytes, 0x82, "\xc0", 2);
	for (i = 0; i < bytes.len; i++) {
		client = open_websocket(*state);
		was = bytes.data[i];
		bytes.data[i] ^= (char)(1 + rand_r(&seed) % 255);
		rig_client_send(client, bytes.data, bytes.len);
		bytes.data[i] = was;
		rig_turn(*state, 0);
		rig_client_free(client);
	}
	client = connect_device(*state);
	rig_client_free(client);
	strbuf_fini(&packet);
	strbuf_fini(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_each_handshake_is_answered_as_it_is_written),
		cmocka_unit_test(test_each_frame_does_what_is_written),
		cmocka_unit_test(
		    test_what_comes_with_the_handshake_is_not_lost),
		cmocka_unit_test(
		    test_every_byte_may_come_in_a_frame_of_its_own),
		cmocka_unit_test(
		    test_a_message_of_the_greatest_size_gets_through),
		cmocka_unit_test(test_a_long_answer_has_its_length_in_16_bits),
		cmocka_unit_test(
		    test_frame_headers_do_not_open_a_queue_that_is_full),
		cmocka_unit_test(
		    test_a_device_is_there_as_long_as_its_websocket),
		cmocka_unit_test(
		    test_a_hub_that_leaves_takes_its_websockets_along),
		cmocka_unit_test(test_corrupted_frames_do_no_harm),
	};

	return cmocka_run_group_tests(tests, set_up, rig_teardown);
}
