#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/iothub/topic.h"
#include "tests/support/test.h"

/* Written on one line as kind, then what is there of the rest. */
static char *
described(const char *text)
{
	static const char *const kinds[] = { "other", "telemetry", "twin-get",
		"reported", "method-response", "twin-response", "desired",
		"method", "devicebound" };
	struct strbuf out = { 0 };
	struct topic t;
	size_t i;

	topic_parse(text, strlen(text), &t);
	strbuf_puts(&out, kinds[t.kind]);
	if (t.kind == TOPIC_OTHER)
		return strbuf_take(&out);
	const struct {
		const char *name;
		struct topic_str s;
	} strings[] = { { "device", t.device_id }, { "module", t.module_id },
		{ "name", t.name }, { "rid", t.rid }, { "bag", t.bag } };
	for (i = 0; i < N_ROWS(strings); i++)
		if (strings[i].s.len > 0)
			strbuf_printf(&out, " %s=[%.*s]", strings[i].name,
			    (int)strings[i].s.len, strings[i].s.s);
	if (t.kind == TOPIC_METHOD_RESPONSE || t.kind == TOPIC_TWIN_RESPONSE)
		strbuf_printf(&out, " status=%d", t.status);
	if (t.version != -1)
		strbuf_printf(&out, " version=%lld", (long long)t.version);
	return strbuf_take(&out);
}

static const char *const rows[][2] = {
	{ "$iothub/twin/GET/?$rid=3", "twin-get rid=[3]" },
	{ "$iothub/twin/GET?$rid=3", "twin-get rid=[3]" },
	{ "$iothub/twin/GET/", "twin-get" },
	{ "$iothub/twin/GETS/?$rid=3", "other" },
	{ "$iothub/twin/GET/x?$rid=3", "other" },
	{ "$iothub/twin/PATCH/properties/reported/?$rid=a-b",
	    "reported rid=[a-b]" },
	{ "$iothub/twin/PATCH/properties/reported?$rid=1", "reported rid=[1]" },
	{ "$iothub/twin/PATCH/properties/reported/?$rid=1&$version=5",
	    "reported rid=[1] version=5" },
	{ "$iothub/twin/PATCH/properties/desired/?$version=12",
	    "desired version=12" },
	{ "$iothub/twin/PATCH/properties/desired/?$version=x", "desired" },
	{ "$iothub/twin/res/200/?$rid=1", "twin-response rid=[1] status=200" },
	{ "$iothub/twin/res/204/?$rid=1&$version=7",
	    "twin-response rid=[1] status=204 version=7" },
	{ "$iothub/twin/res/ok/?$rid=1", "other" },
	{ "$iothub/methods/POST/lockDoor/?$rid=7", "method name=[lockDoor] rid=[7]" },
	{ "$iothub/methods/POST/a%20b/?$rid=7", "method name=[a%20b] rid=[7]" },
	{ "$iothub/methods/POST//?$rid=7", "other" },
	{ "$iothub/methods/res/200/?$rid=7",
	    "method-response rid=[7] status=200" },
	{ "$iothub/methods/res/-5/?$rid=7&x=y&$rid=8",
	    "method-response rid=[7] status=-5" },
	{ "$iothub/methods/res/99999999999/?$rid=7", "other" },
	{ "$iothub/methods/res//?$rid=7", "other" },
	{ "$IoTHub/twin/GET/?$rid=3", "other" },
	/* Node and Python encode their bags, C does not. */
	{ "devices/d1/messages/events/%24.mid=m1&k%20ey=v%2F%26%3D",
	    "telemetry device=[d1] bag=[%24.mid=m1&k%20ey=v%2F%26%3D]" },
	{ "devices/d1/messages/events/k ey=v/&=&%24.mid=mid 1&"
	  "%24.ct=application/json",
	    "telemetry device=[d1] bag=[k ey=v/&=&%24.mid=mid 1&"
	    "%24.ct=application/json]" },
	{ "devices/d1/messages/events/?a=b", "telemetry device=[d1] bag=[?a=b]" },
	{ "devices/d1/messages/events/", "telemetry device=[d1]" },
	{ "devices/d1/messages/events", "telemetry device=[d1]" },
	{ "devices/d1/messages/eventsx", "other" },
	{ "devices/d1/modules/m1/messages/events/a=b",
	    "telemetry device=[d1] module=[m1] bag=[a=b]" },
	{ "devices/d1/messages/devicebound/%24.to=%2Fdevices%2Fd1",
	    "devicebound device=[d1] bag=[%24.to=%2Fdevices%2Fd1]" },
	{ "devices/d1/twin", "other" },
	{ "devices/", "other" },
	{ "", "other" },
};

static void
test_every_topic_is_read(void **state)
{
	size_t i;
	char *out;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		out = described(rows[i][0]);
		assert_string_equal(rows[i][1], out);
		free(out);
	}
}

/* A view need not be terminated. */
static void
test_no_byte_behind_the_topic_is_read(void **state)
{
	struct topic t;
	size_t i, len;
	char *copy;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++)
		for (len = 0; len <= strlen(rows[i][0]); len++) {
			copy = malloc(len > 0 ? len : 1);
			assert_non_null(copy);
			memcpy(copy, rows[i][0], len);
			topic_parse(copy, len, &t);
			free(copy);
		}
}

static void
reads_as(char *written, const char *expected)
{
	char *out = described(written);

	assert_string_equal(expected, out);
	free(out);
	free(written);
}

static void
test_what_one_side_writes_the_other_reads(void **state)
{
	const struct topic_str rid = { "1f", 2 };
	char *s;

	(void)state;
	reads_as(topic_format_twin_get("1f"), "twin-get rid=[1f]");
	reads_as(topic_format_reported_patch("1f"), "reported rid=[1f]");
	reads_as(topic_format_method_response(501, rid),
	    "method-response rid=[1f] status=501");
	reads_as(topic_format_telemetry("d1"), "telemetry device=[d1]");
	reads_as(topic_format_twin_response(200, rid, -1),
	    "twin-response rid=[1f] status=200");
	reads_as(topic_format_twin_response(204, rid, 9),
	    "twin-response rid=[1f] status=204 version=9");
	reads_as(topic_format_desired_patch(4), "desired version=4");
	reads_as(topic_format_method("lockDoor", "1f"),
	    "method name=[lockDoor] rid=[1f]");
	s = topic_format_devicebound_filter("d1", NULL);
	assert_string_equal("devices/d1/messages/devicebound/#", s);
	free(s);
	s = topic_format_devicebound_filter("d1", "m1");
	assert_string_equal("devices/d1/modules/m1/messages/devicebound/#", s);
	free(s);
	/* The C SDK looks for $rid right behind the question mark. */
	s = topic_format_twin_response(204, rid, 9);
	assert_string_equal("$iothub/twin/res/204/?$rid=1f&$version=9", s);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_topic_is_read),
		cmocka_unit_test(test_no_byte_behind_the_topic_is_read),
		cmocka_unit_test(test_what_one_side_writes_the_other_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
