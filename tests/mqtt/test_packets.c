#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/mqtt/connect.h"
#include "core/mqtt/filter.h"
#include "core/mqtt/describe.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/plain.h"
#include "core/mqtt/protocol.h"
#include "core/mqtt/publish.h"
#include "core/mqtt/subscribe.h"
#include "core/mqtt/writer.h"
#include "tests/support/test.h"
#include "tests/support/wire.h"

#define BODY_MAX 1000

/* Any packet, taken apart and, with out, written again. */
static int
read_packet(const struct mqtt_frame *frame, const void *body,
    struct strbuf *out, struct err *err)
{
	struct mqtt_reader in;
	struct mqtt_connect connect;
	struct mqtt_connack connack;
	struct mqtt_publish publish;
	struct mqtt_subscribe subscribe;
	struct mqtt_suback suback;
	uint16_t id;

	mqtt_reader_init(&in, body, frame->body_len);
	switch (frame->type) {
	case MQTT_CONNECT:
		if (mqtt_connect_read(&in, &connect, err) == -1)
			return -1;
		mqtt_connect_write(out, &connect);
		return 0;
	case MQTT_CONNACK:
		if (mqtt_connack_read(&in, &connack, err) == -1)
			return -1;
		mqtt_connack_write(out, &connack);
		return 0;
	case MQTT_PUBLISH:
		if (mqtt_publish_read(&in, frame->flags, &publish, err) == -1)
			return -1;
		mqtt_publish_write(out, &publish);
		return 0;
	case MQTT_SUBSCRIBE:
		if (mqtt_subscribe_read(&in, &subscribe, err) == -1)
			return -1;
		mqtt_subscribe_write(out, &subscribe);
		return 0;
	case MQTT_UNSUBSCRIBE:
		if (mqtt_unsubscribe_read(&in, &subscribe, err) == -1)
			return -1;
		mqtt_unsubscribe_write(out, &subscribe);
		return 0;
	case MQTT_SUBACK:
		if (mqtt_suback_read(&in, &suback, err) == -1)
			return -1;
		mqtt_suback_write(out, &suback);
		return 0;
	case MQTT_PUBACK:
	case MQTT_UNSUBACK:
		if (mqtt_plain_read_id(&in, frame->type, &id, err) == -1)
			return -1;
		mqtt_plain_write_id(out, frame->type, id);
		return 0;
	default:
		if (mqtt_plain_read(&in, frame->type, err) == -1)
			return -1;
		mqtt_plain_write(out, frame->type);
		return 0;
	}
}

/* "ok", "more" or the error, of one packet in memory of just its size. */
static const char *
verdict(const struct strbuf *bytes, struct strbuf *out, struct err *err)
{
	char *exact = xmalloc(bytes->len + 1);
	struct mqtt_frame frame;
	const char *said;
	int rc;

	exact = xreallocarray(exact, bytes->len > 0 ? bytes->len : 1, 1);
	memcpy(exact, strbuf_str(bytes), bytes->len);
	rc = mqtt_frame_read(exact, bytes->len, BODY_MAX, &frame, err);
	if (rc == 1 && bytes->len - frame.header_len < frame.body_len)
		rc = 0;
	if (rc == 1 &&
	    read_packet(&frame, exact + frame.header_len, out, err) == -1)
		rc = -1;
	said = rc == 1 ? "ok" : rc == 0 ? "more" : err->text;
	free(exact);
	return said;
}

static void
test_each_packet_is_taken_or_refused_with_the_clause(void **state)
{
	FILE *file = wire_open("tests/mqtt/packets.txt");
	struct wire_line line = { 0 };
	int failed = 0, n = 0;

	(void)state;
	while (wire_next(file, &line)) {
		struct strbuf bytes = { 0 }, out = { 0 };
		struct err err = { 0 };
		const char *said;

		assert_int_equal(3, line.n);
		wire_bytes(line.fields[1], &bytes);
		said = verdict(&bytes, &out, &err);
		if (strcmp(said, line.fields[2]) != 0) {
			print_message("# line %d, %s: %s\n", line.number,
			    line.fields[0], said);
			failed++;
		}
		n++;
		strbuf_fini(&bytes);
		strbuf_fini(&out);
		wire_line_fini(&line);
	}
	fclose(file);
	assert_true(n > 60);
	assert_int_equal(0, failed);
}

/* Except where a length was written too long, what is read is written. */
static void
test_what_is_read_is_written_the_same(void **state)
{
	FILE *file = wire_open("tests/mqtt/packets.txt");
	struct wire_line line = { 0 };

	(void)state;
	while (wire_next(file, &line)) {
		struct strbuf bytes = { 0 }, out = { 0 };
		struct err err = { 0 };

		wire_bytes(line.fields[1], &bytes);
		if (strcmp(verdict(&bytes, &out, &err), "ok") == 0 &&
		    strstr(line.fields[0], "too long") == NULL) {
			assert_int_equal(bytes.len, out.len);
			assert_memory_equal(bytes.data, out.data, out.len);
		}
		strbuf_fini(&bytes);
		strbuf_fini(&out);
		wire_line_fini(&line);
	}
	fclose(file);
}

/* Every prefix of a packet asks for more or is refused; every byte changed to
 * every value is survived.  The sanitizers watch the bounds. */
static void
test_cut_and_corrupted_packets_do_no_harm(void **state)
{
	FILE *file = wire_open("tests/mqtt/packets.txt");
	struct wire_line line = { 0 };
	size_t i, len;
	int value;

	(void)state;
	while (wire_next(file, &line)) {
		struct strbuf bytes = { 0 }, out = { 0 };
		struct err err = { 0 };
		char kept;

		wire_bytes(line.fields[1], &bytes);
		for (i = 0; i < bytes.len; i++) {
			len = bytes.len;
			bytes.len = i;
			assert_string_not_equal(
			    "ok", verdict(&bytes, &out, &err));
			bytes.len = len;
			kept = bytes.data[i];
			for (value = 0; value < 256; value++) {
				bytes.data[i] = (char)value;
				verdict(&bytes, &out, &err);
				strbuf_reset(&out);
			}
			bytes.data[i] = kept;
		}
		strbuf_fini(&bytes);
		strbuf_fini(&out);
		wire_line_fini(&line);
	}
	fclose(file);
}

static void
test_a_length_is_read_as_it_was_written(void **state)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 16383, 16384, 2097151,
		2097152, MQTT_REMAINING_MAX };
	static const size_t header[] = { 2, 2, 2, 3, 3, 4, 4, 5, 5 };
	struct mqtt_frame frame;
	struct err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct strbuf out = { 0 };

		mqtt_write_header(&out, MQTT_PUBLISH, 3, lengths[i]);
		assert_int_equal(header[i], out.len);
		assert_int_equal(1,
		    mqtt_frame_read(
			out.data, out.len, MQTT_REMAINING_MAX, &frame, &err));
		assert_int_equal(lengths[i], frame.body_len);
		assert_int_equal(header[i], frame.header_len);
		assert_int_equal(MQTT_PUBLISH, frame.type);
		assert_int_equal(3, frame.flags);
		strbuf_fini(&out);
	}
}

static void
test_more_filters_than_the_limit_are_refused(void **state)
{
	struct strbuf bytes = { 0 };
	struct mqtt_subscribe subscribe;
	struct mqtt_reader in;
	struct err err = { 0 };
	int i;

	(void)state;
	wire_bytes("00 01", &bytes);
	for (i = 0; i < MQTT_FILTERS_MAX + 1; i++)
		wire_bytes("\"a\" 00", &bytes);
	mqtt_reader_init(&in, bytes.data, bytes.len);
	assert_int_equal(-1, mqtt_subscribe_read(&in, &subscribe, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	strbuf_fini(&bytes);
}

static bool
matches(const char *filter, const char *topic)
{
	return mqtt_filter_matches(mqtt_str(filter), mqtt_str(topic));
}

/* The examples of section 4.7. */
static void
test_filters_match_as_the_standard_says(void **state)
{
	(void)state;
	assert_true(matches("sport/tennis/player1/#", "sport/tennis/player1"));
	assert_true(matches("sport/tennis/#", "sport/tennis/player1/ranking"));
	assert_true(matches("#", "a/b"));
	assert_false(matches("#", "$iothub/a"));
	assert_false(matches("+/a", "$iothub/a"));
	assert_true(matches("$iothub/#", "$iothub/a"));
	assert_true(matches("sport/+", "sport/"));
	assert_false(matches("sport/+", "sport"));
	assert_false(matches("sport/tennis/+", "sport/tennis/a/b"));
	assert_true(matches("+/+", "/finance"));
	assert_true(matches("/+", "/finance"));
	assert_false(matches("+", "/finance"));
	assert_false(matches("sport/#", "sports"));
	assert_false(matches("a/b", "a"));
	assert_false(matches("a", "a/b"));
	assert_false(matches("A", "a"));
}

static void
test_a_packet_is_described_in_words(void **state)
{
	FILE *file = wire_open("tests/mqtt/described.txt");
	struct wire_line line = { 0 };
	int n = 0;

	(void)state;
	while (wire_next(file, &line)) {
		struct strbuf bytes = { 0 }, words = { 0 };

		assert_int_equal(3, line.n);
		wire_bytes(line.fields[1], &bytes);
		mqtt_describe(&words, bytes.data, bytes.len);
		if (strcmp(strbuf_str(&words), line.fields[2]) != 0)
			fail_msg("%s: %s", line.fields[0], strbuf_str(&words));
		strbuf_fini(&bytes);
		strbuf_fini(&words);
		wire_line_fini(&line);
		n++;
	}
	assert_true(n > 10);
	fclose(file);
}

static void
test_a_long_payload_is_cut_between_characters(void **state)
{
	struct strbuf packet = { 0 }, words = { 0 };
	char payload[MQTT_DESCRIBE_PAYLOAD_MAX + 2];
	struct mqtt_publish publish = { .topic_name = mqtt_str("a"),
		.payload = { payload, sizeof(payload) } };

	(void)state;
	memset(payload, 'x', sizeof(payload));
	memcpy(payload + MQTT_DESCRIBE_PAYLOAD_MAX - 1, "\xc4\x8d", 2);
	mqtt_publish_write(&packet, &publish);
	mqtt_describe(&words, packet.data, packet.len);
	assert_true(utf8_is_valid(words.data, words.len));
	assert_non_null(strstr(words.data, "xx … 1026 bytes"));
	strbuf_fini(&packet);
	strbuf_fini(&words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_each_packet_is_taken_or_refused_with_the_clause),
		cmocka_unit_test(test_what_is_read_is_written_the_same),
		cmocka_unit_test(test_cut_and_corrupted_packets_do_no_harm),
		cmocka_unit_test(test_a_length_is_read_as_it_was_written),
		cmocka_unit_test(test_more_filters_than_the_limit_are_refused),
		cmocka_unit_test(test_a_packet_is_described_in_words),
		cmocka_unit_test(test_a_long_payload_is_cut_between_characters),
		cmocka_unit_test(test_filters_match_as_the_standard_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
