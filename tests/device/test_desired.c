#include "config.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/device/desired.h"
#include "tests/support/test.h"

static enum device_desired_news
catch_up(struct device_desired *desired, const char *section,
    const char *reported, const char *echo)
{
	cJSON *s = cJSON_Parse(section), *r = cJSON_Parse(reported), *e;
	enum device_desired_news news =
	    device_desired_catch_up(desired, s, r, &e);
	char *text = e != NULL ? json_print(e) : NULL;

	if (echo == NULL)
		assert_null(text);
	else
		assert_string_equal(echo, text);
	cJSON_free(text);
	cJSON_Delete(s);
	cJSON_Delete(r);
	cJSON_Delete(e);
	return news;
}

static enum device_desired_news
patch(struct device_desired *desired, const char *notified, const char *echo)
{
	cJSON *p = cJSON_Parse(notified), *e;
	enum device_desired_news news = device_desired_patch(desired, p, &e);
	char *text = e != NULL ? json_print(e) : NULL;

	if (echo == NULL)
		assert_null(text);
	else
		assert_string_equal(echo, text);
	cJSON_free(text);
	cJSON_Delete(p);
	cJSON_Delete(e);
	return news;
}

static void
test_a_patch_is_echoed_with_its_version(void **state)
{
	struct device_desired *desired = device_desired_new();

	(void)state;
	assert_int_equal(DEVICE_DESIRED_OLD,
	    catch_up(desired, "{\"$version\":1}", "{\"$version\":1}", NULL));
	assert_int_equal(DEVICE_DESIRED_NEW,
	    patch(desired,
		"{\"building\":43,\"a\":{\"b\":null},\"$version\":2}",
		"{\"building\":43,\"a\":{\"b\":null},\"desiredVersion\":2}"));
	device_desired_free(desired);
}

static void
test_what_was_seen_is_not_echoed_again(void **state)
{
	struct device_desired *desired = device_desired_new();

	(void)state;
	catch_up(desired, "{\"$version\":4}", "{}", NULL);
	assert_int_equal(DEVICE_DESIRED_OLD,
	    patch(desired, "{\"a\":1,\"$version\":4}", NULL));
	assert_int_equal(DEVICE_DESIRED_OLD, patch(desired, "{\"a\":1}", NULL));
	assert_int_equal(DEVICE_DESIRED_OLD,
	    catch_up(desired, "{\"a\":1,\"$version\":4}", "{}", NULL));
	device_desired_free(desired);
}

static void
test_a_gap_asks_for_the_twin(void **state)
{
	struct device_desired *desired = device_desired_new();

	(void)state;
	catch_up(desired, "{\"$version\":1}", "{}", NULL);
	assert_int_equal(DEVICE_DESIRED_GAP,
	    patch(desired, "{\"a\":1,\"$version\":3}", NULL));
	assert_int_equal(DEVICE_DESIRED_NEW,
	    catch_up(desired, "{\"a\":1,\"b\":2,\"$version\":3}", "{}",
		"{\"a\":1,\"b\":2,\"desiredVersion\":3}"));
	device_desired_free(desired);
}

static void
test_catching_up_says_what_changed_and_what_went(void **state)
{
	struct device_desired *desired = device_desired_new();

	(void)state;
	catch_up(desired,
	    "{\"keep\":1,\"gone\":2,\"o\":{\"x\":1,\"y\":2},\"$version\":2}",
	    "{\"keep\":1,\"gone\":2,\"o\":{\"x\":1,\"y\":2,\"own\":0},"
	    "\"desiredVersion\":2}",
	    NULL);
	assert_int_equal(DEVICE_DESIRED_NEW,
	    catch_up(desired, "{\"keep\":1,\"o\":{\"x\":7},\"$version\":5}",
		"{\"keep\":1,\"gone\":2,\"o\":{\"x\":1,\"y\":2,\"own\":0},"
		"\"desiredVersion\":2}",
		"{\"o\":{\"x\":7,\"y\":null},\"gone\":null,"
		"\"desiredVersion\":5}"));
	device_desired_free(desired);
}

static void
test_a_device_started_anew_says_only_what_is_missing(void **state)
{
	struct device_desired *desired = device_desired_new();

	(void)state;
	assert_int_equal(DEVICE_DESIRED_NEW,
	    catch_up(desired, "{\"a\":1,\"b\":2,\"$version\":9}",
		"{\"a\":1,\"b\":1,\"desiredVersion\":8}",
		"{\"b\":2,\"desiredVersion\":9}"));
	device_desired_free(desired);
}

static void
test_what_the_device_owns_is_not_echoed(void **state)
{
	struct device_desired *desired = device_desired_new();

	(void)state;
	catch_up(desired, "{\"$version\":1}", "{}", NULL);
	patch(desired,
	    "{\"door\":{\"state\":\"locked\"},\"firmwareStatus\":\"completed\","
	    "\"floor\":3,\"$version\":2}",
	    "{\"floor\":3,\"desiredVersion\":2}");
	device_desired_free(desired);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_patch_is_echoed_with_its_version),
		cmocka_unit_test(test_what_was_seen_is_not_echoed_again),
		cmocka_unit_test(test_a_gap_asks_for_the_twin),
		cmocka_unit_test(
		    test_catching_up_says_what_changed_and_what_went),
		cmocka_unit_test(
		    test_a_device_started_anew_says_only_what_is_missing),
		cmocka_unit_test(test_what_the_device_owns_is_not_echoed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
