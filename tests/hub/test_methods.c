#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/choices.h"
#include "core/hub/commit.h"
#include "core/hub/hub.h"
#include "core/hub/methods.h"
#include "core/iothub/topic.h"
#include "core/mqtt/protocol.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

/* Trap 25 of the contract: a payload is never empty. */
static void
test_a_method_is_called_and_answered(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	struct rig_call outcome = { 0 };
	char *rid;

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	assert_int_equal(
	    0, rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0));
	rig_invoke(rig, "d1", "{ \"lockTime\" : 1.50 }", 0, 10, &outcome);
	rig_client_read_call(client, "{ \"lockTime\" : 1.50 }", &rid);
	rig_client_answer(client, -3, rid, "{\"a\": 1.0}");
	assert_true(rig_wait(rig, &outcome.done, RIG_PATIENCE_MS));
	assert_int_equal(HUB_METHOD_ANSWERED, outcome.end);
	assert_int_equal(-3, outcome.status);
	assert_string_equal("{\"a\": 1.0}", outcome.payload);
	free(rid);

	/* No payload is null on the way there, and on the way back. */
	rig_invoke(rig, "d1", "", 0, 10, &outcome);
	rig_client_read_call(client, "null", &rid);
	rig_client_answer(client, 200, rid, "");
	assert_true(rig_wait(rig, &outcome.done, RIG_PATIENCE_MS));
	assert_string_equal("null", outcome.payload);
	free(rid);

	rig_invoke(rig, "d1", "1", 0, 10, &outcome);
	rig_client_read_call(client, "1", &rid);
	rig_client_answer(client, 200, rid, "no JSON");
	assert_true(rig_wait(rig, &outcome.done, RIG_PATIENCE_MS));
	assert_int_equal(HUB_METHOD_BAD_ANSWER, outcome.end);
	free(rid);
	free(outcome.payload);
	rig_client_free(client);
}

static void
test_a_call_says_at_once_why_it_cannot_be_sent(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client;
	struct rig_call outcome = { 0 };

	rig_invoke(rig, "d1", "{}", 0, 10, &outcome);
	assert_true(outcome.done);
	assert_int_equal(HUB_METHOD_NOT_CONNECTED, outcome.end);
	client = rig_client_new(rig);
	rig_client_connect(client, "d1", true, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_DESIRED_FILTER, 0);
	rig_invoke(rig, "d1", "{}", 0, 10, &outcome);
	assert_true(outcome.done);
	assert_int_equal(HUB_METHOD_NOT_SUBSCRIBED, outcome.end);
	rig_client_free(client);
}

/* As SDKs do when the last handler of a method goes. */
static void
test_who_has_unsubscribed_is_called_no_more(void **state)
{
	static const char filter[] = TOPIC_METHODS_FILTER;
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	struct strbuf packet = { 0 };
	struct rig_call outcome = { 0 };
	char *rid;

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	rig_client_subscribe(client, filter, 0);
	strbuf_put(&packet, "\xa2", 1);
	strbuf_putc(&packet, (char)(4 + strlen(filter)));
	strbuf_put(&packet, "\0\7\0", 3);
	strbuf_putc(&packet, (char)strlen(filter));
	strbuf_puts(&packet, filter);
	rig_client_send(client, packet.data, packet.len);
	rig_client_read(client, &packet);
	assert_int_equal(0xb0, (unsigned char)packet.data[0]);
	rig_invoke(rig, "d1", "null", 0, 30, &outcome);
	assert_true(outcome.done);
	assert_int_equal(HUB_METHOD_NOT_SUBSCRIBED, outcome.end);
	/* The connection stays, and may subscribe again. */
	rig_client_subscribe(client, filter, 0);
	rig_invoke(rig, "d1", "null", 0, 30, &outcome);
	rig_client_read_call(client, "null", &rid);
	rig_client_answer(client, 200, rid, "1");
	assert_true(rig_wait(rig, &outcome.done, RIG_PATIENCE_MS));
	assert_int_equal(HUB_METHOD_ANSWERED, outcome.end);
	rig_client_free(client);
	strbuf_fini(&packet);
	free(outcome.payload);
	free(rid);
}

static void
test_a_call_waits_for_its_device_to_connect_and_subscribe(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client;
	struct rig_call outcome = { 0 };
	char *rid;

	rig_invoke(rig, "d1", "{}", 10, 10, &outcome);
	client = rig_client_new(rig);
	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	assert_false(outcome.done);
	rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0);
	rig_client_read_call(client, "{}", &rid);
	rig_client_answer(client, 200, rid, "{}");
	assert_true(rig_wait(rig, &outcome.done, RIG_PATIENCE_MS));
	assert_int_equal(HUB_METHOD_ANSWERED, outcome.end);
	free(rid);
	rig_client_free(client);

	/* With a subscription that is kept, connecting is enough. */
	rig_invoke(rig, "d1", "{}", 10, 10, &outcome);
	client = rig_client_new(rig);
	assert_true(rig_client_connect(client, "d1", false, 60, RIG_HOUR));
	rig_client_read_call(client, "{}", &rid);
	rig_client_answer(client, 200, rid, "{}");
	assert_true(rig_wait(rig, &outcome.done, RIG_PATIENCE_MS));
	free(rid);
	free(outcome.payload);
	rig_client_free(client);
}

static void
test_a_call_waits_as_long_as_it_was_told(void **state)
{
	struct rig *rig = *state;
	struct rig_call outcome = { 0 };

	rig_invoke(rig, "d1", "{}", 1, 10, &outcome);
	assert_false(rig_wait(rig, &outcome.done, 700));
	assert_true(rig_wait(rig, &outcome.done, 1000));
	assert_int_equal(HUB_METHOD_NOT_CONNECTED, outcome.end);
}

/* Sends PINGREQ: whether nothing comes out before its answer. */
static bool
is_next_a_pong(struct rig_client *client)
{
	struct strbuf packet = { 0 };
	bool is_pong;

	rig_client_send(client, "\xc0\0", 2);
	rig_client_read(client, &packet);
	is_pong = packet.len == 2 &&
	    (unsigned char)packet.data[0] == MQTT_PINGRESP << 4;
	strbuf_fini(&packet);
	return is_pong;
}

static void
test_a_call_is_sent_once_and_a_late_answer_is_dropped(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	struct rig_call outcome = { 0 };
	char *rid;

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0);
	rig_invoke(rig, "d1", "{}", 0, 1, &outcome);
	rig_client_read_call(client, "{}", &rid);
	/* Gone and back: nothing is sent again. */
	rig_client_free(client);
	client = rig_client_new(rig);
	assert_true(rig_client_connect(client, "d1", false, 60, RIG_HOUR));
	assert_true(rig_wait(rig, &outcome.done, RIG_PATIENCE_MS));
	assert_int_equal(HUB_METHOD_NO_ANSWER, outcome.end);
	rig_client_answer(client, 200, rid, "{}");
	assert_true(is_next_a_pong(client));
	free(rid);
	rig_client_free(client);
}

static void
test_an_answer_to_a_call_before_a_restart_is_none_to_the_next(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	struct rig_call before = { 0 }, after = { 0 };
	char *old_rid, *rid;

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0);
	rig_invoke(rig, "d1", "1", 0, 10, &before);
	rig_client_read_call(client, "1", &old_rid);
	rig_restart(rig);
	assert_true(before.done);
	assert_int_equal(HUB_METHOD_NO_ANSWER, before.end);
	rig_client_free(client);

	client = rig_client_new(rig);
	assert_true(rig_client_connect(client, "d1", false, 60, RIG_HOUR));
	rig_invoke(rig, "d1", "2", 0, 10, &after);
	rig_client_read_call(client, "2", &rid);
	rig_client_answer(client, 200, old_rid, "1");
	assert_true(is_next_a_pong(client));
	assert_false(after.done);
	rig_client_answer(client, 200, rid, "2");
	assert_true(rig_wait(rig, &after.done, RIG_PATIENCE_MS));
	assert_string_equal("2", after.payload);
	free(after.payload);
	free(old_rid);
	free(rid);
	rig_client_free(client);
}

static void
test_ten_calls_at_once_and_no_more(void **state)
{
	struct rig *rig = *state;
	struct rig_call outcomes[HUB_CHOICE_METHODS_IN_FLIGHT + 1] = { 0 };
	struct rig_client *client = rig_client_new(rig);
	char *rid;
	int i;

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0);
	for (i = 0; i <= HUB_CHOICE_METHODS_IN_FLIGHT; i++)
		rig_invoke(rig, "d1", "{}", 0, 10, &outcomes[i]);
	assert_false(outcomes[HUB_CHOICE_METHODS_IN_FLIGHT - 1].done);
	assert_true(outcomes[HUB_CHOICE_METHODS_IN_FLIGHT].done);
	assert_int_equal(
	    HUB_METHOD_TOO_MANY, outcomes[HUB_CHOICE_METHODS_IN_FLIGHT].end);
	for (i = 0; i < HUB_CHOICE_METHODS_IN_FLIGHT; i++) {
		rig_client_read_call(client, "{}", &rid);
		rig_client_answer(client, i, rid, "");
		assert_true(rig_wait(rig, &outcomes[i].done, RIG_PATIENCE_MS));
		assert_int_equal(i, outcomes[i].status);
		free(outcomes[i].payload);
		free(rid);
	}
	rig_client_free(client);
}

/* Trap 19 of the contract: nobody is told 500 who might ask again. */
static void
test_a_failed_commit_of_others_is_no_reason_to_call_twice(void **state)
{
	static const char body[] = "{\"methodName\":\"lockDoor\",\"payload\":1}";
	static const char answered[] = "HTTP/1.1 200 OK\r\n";
	struct rig *rig = *state;
	struct rig_client *client = rig_client_new(rig);
	struct rig_client *service = rig_client_new_https(rig);
	char *token = rig_service_token(rig), *rid;
	struct strbuf text = { 0 };

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0);
	strbuf_printf(&text,
	    "POST /twins/d1/methods?api-version=2021-04-12 HTTP/1.1\r\n"
	    "Host: x\r\nAuthorization: %s\r\nContent-Length: %zu\r\n\r\n%s",
	    token, sizeof(body) - 1, body);
	rig_client_send(service, text.data, text.len);
	rig_client_read_call(client, "1", &rid);
	hub_commit_begin(rig_hub(rig)->commit);
	hub_commit_fail(rig_hub(rig)->commit);
	hub_methods_answer(rig_hub(rig)->methods, "d1",
	    (struct topic_str){ rid, strlen(rid) }, 200, "2", 1);
	rig_client_read_bytes(service, sizeof(answered) - 1, &text);
	assert_string_equal(answered, strbuf_str(&text));
	strbuf_fini(&text);
	free(rid);
	free(token);
	rig_client_free(service);
	rig_client_free(client);
}

int
main(void)
{
#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, rig_setup_device, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_a_method_is_called_and_answered),
		CASE(test_a_call_says_at_once_why_it_cannot_be_sent),
		CASE(test_who_has_unsubscribed_is_called_no_more),
		CASE(test_a_call_waits_for_its_device_to_connect_and_subscribe),
		CASE(test_a_call_waits_as_long_as_it_was_told),
		CASE(test_a_call_is_sent_once_and_a_late_answer_is_dropped),
		CASE(
		    test_an_answer_to_a_call_before_a_restart_is_none_to_the_next),
		CASE(test_ten_calls_at_once_and_no_more),
		CASE(test_a_failed_commit_of_others_is_no_reason_to_call_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
