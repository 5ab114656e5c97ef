#include "config.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/device/door.h"
#include "tests/support/outlet.h"
#include "tests/support/test.h"

static struct device_door *
start(void)
{
	test_outlet_reset();
	return device_door_new(test_outlet());
}

static int
lock(struct device_door *door, int64_t ms, const char *request, struct err *err)
{
	struct device_now now = test_now(ms);
	cJSON *json = cJSON_Parse(request);
	int rc = device_door_lock(door, &now, json, err);

	cJSON_Delete(json);
	return rc;
}

static const char *
tick(struct device_door *door, int64_t ms)
{
	struct device_now now = test_now(ms);

	device_door_tick(door, &now);
	return test_outlet_reports();
}

static const char *
boot(struct device_door *door, const char *reported)
{
	struct device_now now = test_now(0);
	cJSON *json = cJSON_Parse(reported);

	device_door_boot(door, &now, json);
	cJSON_Delete(json);
	return test_outlet_reports();
}

static void
test_a_lock_says_since_when_and_until_when(void **state)
{
	struct device_door *door = start();

	(void)state;
	assert_int_equal(0, lock(door, 0, "{\"lockTime\":\"10m\"}", NULL));
	assert_string_equal(
	    "{\"door\":{\"state\":\"locked\",\"lockTime\":\"10m\","
	    "\"since\":\"2026-11-22T10:00:00.0000000Z\","
	    "\"until\":\"2026-11-22T10:10:00.0000000Z\"}}\n",
	    test_outlet_reports());
	assert_string_equal(
	    "lockDoor: Locking Door!  for 10m\n", test_outlet_said());
	device_door_free(door);
}

static void
test_it_unlocks_by_itself_when_the_time_is_over(void **state)
{
	struct device_door *door = start();

	(void)state;
	lock(door, 0, "{\"lockTime\":\"90s\"}", NULL);
	test_outlet_reports();
	assert_int_equal(test_now(90000).mono_ms, device_door_due_ms(door));
	assert_string_equal("", tick(door, 89999));
	assert_string_equal(
	    "{\"door\":{\"state\":\"unlocked\",\"lockTime\":null,"
	    "\"since\":\"2026-11-22T10:01:30.0000000Z\",\"until\":null}}\n",
	    tick(door, 90000));
	assert_true(device_door_due_ms(door) == DEVICE_NEVER);
	assert_string_equal("", tick(door, 99999));
	device_door_free(door);
}

static void
test_without_a_time_it_stays_locked(void **state)
{
	static const char *const requests[] = { "{}", "{\"lockTime\":null}" };
	struct device_door *door;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(requests); i++) {
		door = start();
		assert_int_equal(0, lock(door, 0, requests[i], NULL));
		assert_string_equal(
		    "{\"door\":{\"state\":\"locked\",\"lockTime\":null,"
		    "\"since\":\"2026-11-22T10:00:00.0000000Z\","
		    "\"until\":null}}\n",
		    test_outlet_reports());
		assert_true(device_door_due_ms(door) == DEVICE_NEVER);
		device_door_free(door);
	}
}

static void
test_a_locked_door_takes_the_new_time(void **state)
{
	struct device_door *door = start();

	(void)state;
	lock(door, 0, "{\"lockTime\":\"10s\"}", NULL);
	lock(door, 5000, "{\"lockTime\":3}", NULL);
	assert_int_equal(test_now(8000).mono_ms, device_door_due_ms(door));
	lock(door, 6000, "{}", NULL);
	assert_true(device_door_due_ms(door) == DEVICE_NEVER);
	device_door_free(door);
}

static void
test_a_time_that_is_none_is_refused(void **state)
{
	static const char *const requests[] = { "{\"lockTime\":\"soon\"}",
		"{\"lockTime\":\"0s\"}", "{\"lockTime\":-1}",
		"{\"lockTime\":true}", "{\"lockTime\":{}}",
		"{\"lockTime\":\"10 parsecs\"}", "{\"lockTime\":1e300}" };
	struct device_door *door = start();
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(requests); i++) {
		assert_int_equal(-1, lock(door, 0, requests[i], &err));
		assert_int_equal(ERR_INVALID, err.code);
	}
	assert_int_equal(-1, lock(door, 0, "{\"lockTime\":\"367d\"}", &err));
	assert_int_equal(ERR_LIMIT, err.code);
	assert_string_equal("", test_outlet_reports());
	device_door_free(door);
}

static void
test_a_door_locked_before_a_restart_is_locked_still(void **state)
{
	struct device_door *door = start();

	(void)state;
	assert_string_equal("",
	    boot(door,
		"{\"door\":{\"state\":\"locked\","
		"\"until\":\"2026-11-22T10:00:05Z\"}}"));
	assert_int_equal(test_now(5000).mono_ms, device_door_due_ms(door));
	device_door_free(door);

	door = start();
	boot(door,
	    "{\"door\":{\"state\":\"locked\","
	    "\"until\":\"2026-11-22T09:00:00Z\"}}");
	assert_non_null(strstr(tick(door, 0), "\"state\":\"unlocked\""));
	device_door_free(door);
}

static void
test_a_fresh_door_says_that_it_is_unlocked(void **state)
{
	struct device_door *door = start();

	(void)state;
	assert_non_null(strstr(boot(door, "{}"), "\"state\":\"unlocked\""));
	assert_string_equal("", boot(door, "{}"));
	device_door_free(door);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_lock_says_since_when_and_until_when),
		cmocka_unit_test(
		    test_it_unlocks_by_itself_when_the_time_is_over),
		cmocka_unit_test(test_without_a_time_it_stays_locked),
		cmocka_unit_test(test_a_locked_door_takes_the_new_time),
		cmocka_unit_test(test_a_time_that_is_none_is_refused),
		cmocka_unit_test(
		    test_a_door_locked_before_a_restart_is_locked_still),
		cmocka_unit_test(test_a_fresh_door_says_that_it_is_unlocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
