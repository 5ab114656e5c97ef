#include "config.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/device/behaviour.h"
#include "core/device/twin.h"
#include "core/iothub/topic.h"
#include "tests/support/test.h"

static struct strbuf sent;
static int resets;

static int
publish(const char *topic, const char *payload, size_t len, struct err *err,
    void *arg)
{
	(void)err;
	(void)arg;
	strbuf_printf(&sent, "%s %.*s\n", topic, (int)len, payload);
	return 0;
}

static void
reset(const struct err *reason, void *arg)
{
	(void)arg;
	assert_int_equal(ERR_TIMEOUT, reason->code);
	resets++;
}

static void
on_read(const cJSON *reported, bool first, void *arg)
{
	(void)reported;
	(void)first;
	(void)arg;
}

static void
on_tell(bool trouble, const char *text, void *arg)
{
	(void)trouble;
	(void)text;
	(void)arg;
}

static struct device_twin *
start(void)
{
	static const struct device_twin_ops ops = { publish, reset, on_read,
		on_tell, NULL };

	strbuf_fini(&sent);
	resets = 0;
	return device_twin_new(&ops);
}

static void
take(struct device_twin *twin, const char *name, const char *payload,
    int64_t now_ms)
{
	struct topic topic;

	topic_parse(name, strlen(name), &topic);
	device_twin_take(twin, &topic, payload, strlen(payload), now_ms);
	device_twin_tick(twin, now_ms);
}

static void
was_sent(const char *expected)
{
	assert_string_equal(expected, strbuf_str(&sent));
	strbuf_reset(&sent);
}

/* Up, and the twin read: request 1. */
static struct device_twin *
start_known(void)
{
	struct device_twin *twin = start();

	device_twin_up(twin, 0);
	was_sent("$iothub/twin/GET/?$rid=1  \n");
	take(twin, "$iothub/twin/res/200/?$rid=1",
	    "{\"desired\":{\"$version\":1},\"reported\":{\"$version\":1}}", 0);
	was_sent("");
	return twin;
}

static void
test_reports_wait_for_the_twin_and_then_for_each_other(void **state)
{
	struct device_twin *twin = start();

	(void)state;
	device_twin_up(twin, 0);
	device_twin_report(twin, cJSON_Parse("{\"a\":1}"));
	device_twin_report(twin, cJSON_Parse("{\"a\":2}"));
	device_twin_tick(twin, 0);
	was_sent("$iothub/twin/GET/?$rid=1  \n");
	take(twin, "$iothub/twin/res/200/?$rid=1",
	    "{\"desired\":{\"$version\":1},\"reported\":{\"$version\":1}}", 5);
	was_sent("$iothub/twin/PATCH/properties/reported/?$rid=2 {\"a\":1}\n");
	take(twin, "$iothub/twin/res/204/?$rid=99&$version=2", "", 6);
	was_sent("");
	take(twin, "$iothub/twin/res/204/?$rid=2&$version=2", "", 7);
	was_sent("$iothub/twin/PATCH/properties/reported/?$rid=3 {\"a\":2}\n");
	take(twin, "$iothub/twin/res/204/?$rid=3&$version=3", "", 8);
	was_sent("");
	assert_true(device_twin_due_ms(twin) == DEVICE_NEVER);
	device_twin_free(twin);
}

static void
test_a_request_without_an_answer_is_sent_again(void **state)
{
	struct device_twin *twin = start();

	(void)state;
	device_twin_up(twin, 0);
	strbuf_reset(&sent);
	assert_int_equal(30000, device_twin_due_ms(twin));
	device_twin_tick(twin, 29999);
	was_sent("");
	device_twin_tick(twin, 30000);
	was_sent("$iothub/twin/GET/?$rid=2  \n");
	/* The answer to the first comes late: it is nobody's. */
	take(twin, "$iothub/twin/res/200/?$rid=1", "{}", 30001);
	assert_int_equal(60000, device_twin_due_ms(twin));
	device_twin_tick(twin, 60000);
	assert_int_equal(0, resets);
	device_twin_tick(twin, 90000);
	assert_int_equal(1, resets);
	device_twin_free(twin);
}

static void
test_what_the_hub_cannot_take_now_is_sent_later(void **state)
{
	struct device_twin *twin = start_known();

	(void)state;
	device_twin_report(twin, cJSON_Parse("{\"a\":1}"));
	device_twin_tick(twin, 0);
	strbuf_reset(&sent);
	take(twin, "$iothub/twin/res/429/?$rid=2", "{}", 100);
	was_sent("");
	device_twin_tick(twin, device_twin_due_ms(twin));
	was_sent("$iothub/twin/PATCH/properties/reported/?$rid=3 {\"a\":1}\n");
	/* What it will never take is not. */
	take(twin, "$iothub/twin/res/400/?$rid=3", "{}", 9000);
	assert_true(device_twin_due_ms(twin) == DEVICE_NEVER);
	device_twin_free(twin);
}

static void
test_what_was_in_flight_is_sent_again_after_a_reconnect(void **state)
{
	struct device_twin *twin = start_known();

	(void)state;
	device_twin_report(twin, cJSON_Parse("{\"a\":1,\"s\":\"x\"}"));
	device_twin_tick(twin, 0);
	strbuf_reset(&sent);
	device_twin_down(twin);
	device_twin_report(twin, cJSON_Parse("{\"s\":\"y\"}"));
	device_twin_tick(twin, 1);
	was_sent("");
	device_twin_up(twin, 2);
	strbuf_reset(&sent);
	take(twin, "$iothub/twin/res/200/?$rid=3",
	    "{\"desired\":{\"$version\":1},\"reported\":{\"$version\":1}}", 3);
	was_sent("$iothub/twin/PATCH/properties/reported/?$rid=4 "
		 "{\"a\":1,\"s\":\"y\"}\n");
	device_twin_free(twin);
}

static void
test_a_missed_desired_patch_is_read_with_the_twin(void **state)
{
	struct device_twin *twin = start_known();

	(void)state;
	take(twin, "$iothub/twin/PATCH/properties/desired/?$version=4",
	    "{\"c\":1,\"$version\":4}", 10);
	was_sent("$iothub/twin/GET/?$rid=2  \n");
	take(twin, "$iothub/twin/res/200/?$rid=2",
	    "{\"desired\":{\"b\":1,\"c\":1,\"$version\":4},"
	    "\"reported\":{\"$version\":1}}",
	    11);
	was_sent("$iothub/twin/PATCH/properties/reported/?$rid=3 "
		 "{\"b\":1,\"c\":1,\"desiredVersion\":4}\n");
	device_twin_free(twin);
}

static void
test_a_line_is_cut_between_characters(void **state)
{
	cJSON *json = cJSON_CreateObject();
	char text[601], *line;
	size_t i;

	(void)state;
	for (i = 0; i < 600; i += 2)
		memcpy(text + i, "č", 2);
	text[600] = '\0';
	cJSON_AddStringToObject(json, "x", text);
	line = device_twin_format_line(json);
	assert_true(utf8_is_valid(line, strlen(line)));
	assert_non_null(strstr(line, "… (608 bytes)"));
	cJSON_free(line);
	cJSON_Delete(json);
}

static int
clean_up(void **state)
{
	(void)state;
	strbuf_fini(&sent);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_reports_wait_for_the_twin_and_then_for_each_other),
		cmocka_unit_test(
		    test_a_request_without_an_answer_is_sent_again),
		cmocka_unit_test(
		    test_what_the_hub_cannot_take_now_is_sent_later),
		cmocka_unit_test(
		    test_what_was_in_flight_is_sent_again_after_a_reconnect),
		cmocka_unit_test(
		    test_a_missed_desired_patch_is_read_with_the_twin),
		cmocka_unit_test(test_a_line_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
