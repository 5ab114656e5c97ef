#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/iothub/error.h"
#include "core/iothub/method.h"
#include "tests/support/test.h"

#define TRACKING ",\"ExceptionMessage\":\"Tracking ID:4f-G:9-TimeStamp:x\"}"

static const struct {
	int http;
	const char *header; /* iothub-errorcode, or NULL */
	const char *body;
	int code; /* of the row that is found; 0: none */
	enum err_code err;
	const char *words;
} rows[] = {
	{ 401, "IotHubUnauthorizedAccess",
	    "{\"Message\":\"ErrorCode:IotHubUnauthorizedAccess;Unauthorized\""
	    TRACKING, 401002, ERR_UNAUTHORIZED,
	    "d1: not authorized: wrong key, clock off by minutes, or a policy "
	    "without the right (401002)" },
	{ 404, NULL, "{\"Message\":\"ErrorCode:DeviceNotFound;d1\"" TRACKING,
	    404001, ERR_NOT_FOUND, "d1: no such device (404001)" },
	{ 400, NULL,
	    "{\"Message\":\"ErrorCode:ArgumentInvalid;no \\u001b[2Jthing\""
	    TRACKING, 400004, ERR_INVALID,
	    "d1: the hub refused a value (400004): no  [2Jthing" },
	/* B, as modules have it, and the answer to a twin request. */
	{ 409, NULL,
	    "{\"errorCode\":409001,\"trackingId\":\"x\",\"message\":\"there\","
	    "\"timestampUtc\":\"x\",\"info\":null}", 409001, ERR_EXISTS,
	    "d1: the device is there already (409001)" },
	/* C, B as a string, as methods have it. */
	{ 404, NULL,
	    "{\"Message\":\"{\\\"errorCode\\\":404103,\\\"message\\\":"
	    "\\\"Timed out waiting for device to connect.\\\"}\","
	    "\"ExceptionMessage\":\"\"}", 404103, ERR_UNREACHABLE,
	    "d1: the device is offline (404103)" },
	{ 504, NULL,
	    "{\"Message\":\"{\\\"errorCode\\\":504101}\","
	    "\"ExceptionMessage\":\"\"}", 504101, ERR_UNKNOWN,
	    "d1: no answer from the device in time; it may have acted all the "
	    "same (504101)" },
	/* No envelope: the header, else the status, has to do. */
	{ 403, "DeviceMaximumInflightMethodExceeded", "", 403800, ERR_THROTTLED,
	    "d1: too many calls to this device at once (403800)" },
	{ 429, NULL, "<html>slow down</html>", 429001, ERR_THROTTLED,
	    "d1: throttled: the hub's requests are used up for now (429001)" },
	{ 412, NULL, "{\"Message\":\"ErrorCode:Strange;x\"" TRACKING, 412001,
	    ERR_CONFLICT, "d1: somebody else wrote first (412001)" },
	{ 418, NULL, "{\"Message\":\"ErrorCode:Teapot;short and stout\""
	    TRACKING, 0, ERR_REFUSED,
	    "d1: the hub answered 418: short and stout" },
	{ 418, NULL, "{\"Message\":\"ErrorCode:Teapot\"}", 0, ERR_REFUSED,
	    "d1: the hub answered 418: ErrorCode:Teapot" },
	{ 418, NULL, "{\"Message\":5}", 0, ERR_REFUSED,
	    "d1: the hub answered 418" },
	{ 500, NULL, "{\"Message\":\"ErrorCode:ServerError;the disk is full\"}",
	    500001, ERR_INTERNAL,
	    "d1: the hub failed inside (500001): the disk is full" },
	{ 500, NULL, "", 0, ERR_UNKNOWN, "d1: the hub answered 500" },
	{ 400, NULL, "[]", 0, ERR_REFUSED, "d1: the hub answered 400" },
};

static void
test_each_envelope_becomes_a_sentence(void **state)
{
	const struct iothub_error *e;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		err_clear(&err);
		e = iothub_error_read(rows[i].http, rows[i].header,
		    rows[i].body, strlen(rows[i].body), "d1", &err);
		assert_int_equal(rows[i].code, e != NULL ? e->code : 0);
		assert_int_equal(rows[i].err, err.code);
		assert_string_equal(rows[i].words, err.text);
	}
	iothub_error_read(404, NULL, "", 0, NULL, &err);
	assert_string_equal("the hub answered 404", err.text);
}

static void
reads_back(enum iothub_error_id id, char *body)
{
	struct err err = { 0 };

	/* With a status that says nothing, so that only the body can. */
	assert_ptr_equal(iothub_error_get(id),
	    iothub_error_read(418, NULL, body, strlen(body), NULL, &err));
	free(body);
}

static void
test_what_the_hub_writes_the_client_reads(void **state)
{
	enum iothub_error_id id;

	(void)state;
	for (id = 0; id < IOTHUB_ERRORS; id++) {
		reads_back(id, iothub_error_format_a(id, "a \"text\"; and more"));
		reads_back(id, iothub_error_format_c(id, "a \"text\"", 30));
		reads_back(id, iothub_error_format_c(id, "", -1));
		reads_back(id, iothub_error_format_mqtt(id, "a text"));
	}
}

static void
test_rows_are_found_by_code_and_name_and_stand_once(void **state)
{
	const struct iothub_error *e;
	enum iothub_error_id id;

	(void)state;
	for (id = 0; id < IOTHUB_ERRORS; id++) {
		e = iothub_error_get(id);
		assert_ptr_equal(e, iothub_error_by_code(e->code));
		assert_ptr_equal(e, iothub_error_by_name(e->name));
		assert_int_equal(e->http, e->code / 1000);
		assert_int_not_equal(ERR_NONE, e->err);
		assert_non_null(e->words);
	}
	assert_null(iothub_error_by_code(412002));
	assert_null(iothub_error_by_name("devicenotfound"));
}

/* What the Node SDK cuts out of Message, and what methods carry. */
/* Trap 17 of the contract. */
static void
test_the_envelopes_have_the_shape_that_sdks_cut(void **state)
{
	struct err err = { 0 };
	char *body = iothub_error_format_a(IOTHUB_DEVICE_NOT_FOUND, "d;1;");
	cJSON *json = json_parse(body, strlen(body), &err), *inner;
	const char *message;

	(void)state;
	assert_string_equal(
	    "ErrorCode:DeviceNotFound;d,1,", json_get_string(json, "Message"));
	assert_memory_equal("Tracking ID:",
	    json_get_string(json, "ExceptionMessage"), 12);
	cJSON_Delete(json);
	free(body);

	body = iothub_error_format_c(IOTHUB_GATEWAY_TIMEOUT, "late", 3723);
	json = json_parse(body, strlen(body), &err);
	assert_string_equal("", json_get_string(json, "ExceptionMessage"));
	message = json_get_string(json, "Message");
	inner = json_parse(message, strlen(message), &err);
	assert_int_equal(504101, json_get(inner, "errorCode")->valueint);
	assert_string_equal("late", json_get_string(inner, "message"));
	assert_string_equal("01:02:03",
	    json_get_string(json_get(inner, "info"), "timeout"));
	cJSON_Delete(inner);
	cJSON_Delete(json);
	free(body);
}

static void
test_method_names_can_stand_in_a_topic(void **state)
{
	static const char *const bad[] = { "", "a/b", "a#", "+", "a?b", "a\tb" };
	char longest[METHOD_NAME_MAX + 2];
	struct err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(bad); i++)
		assert_int_equal(-1, method_name_check(bad[i], &err));
	assert_int_equal(0, method_name_check("firmwareUpdate", &err));
	memset(longest, 'm', sizeof(longest));
	longest[METHOD_NAME_MAX] = '\0';
	assert_int_equal(0, method_name_check(longest, &err));
	longest[METHOD_NAME_MAX] = 'm';
	longest[METHOD_NAME_MAX + 1] = '\0';
	assert_int_equal(-1, method_name_check(longest, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_envelope_becomes_a_sentence),
		cmocka_unit_test(test_what_the_hub_writes_the_client_reads),
		cmocka_unit_test(
		    test_rows_are_found_by_code_and_name_and_stand_once),
		cmocka_unit_test(
		    test_the_envelopes_have_the_shape_that_sdks_cut),
		cmocka_unit_test(test_method_names_can_stand_in_a_topic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
