#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/device/firmware.h"
#include "core/device/package.h"
#include "tests/support/outlet.h"
#include "tests/support/test.h"

static const char *fetched_uri, *fetched_digest;

static void
on_fetch(const struct device_package *package, void *arg)
{
	(void)arg;
	fetched_uri = package->uri;
	fetched_digest = package->digest;
}

static struct device_firmware *
start(unsigned int fail_percent)
{
	const struct device_firmware_config config = { .phase_ms = 15000,
		.fail_percent = fail_percent,
		.fetch = on_fetch };

	fetched_uri = NULL;
	fetched_digest = NULL;
	test_outlet_reset();
	return device_firmware_new(&config, test_outlet());
}

static int
update(struct device_firmware *firmware, int64_t ms, const char *request,
    struct err *err)
{
	struct device_now now = test_now(ms);
	cJSON *json = cJSON_Parse(request);
	int rc = device_firmware_update(firmware, &now, json, err);

	cJSON_Delete(json);
	return rc;
}

static void
boot(struct device_firmware *firmware, const char *reported)
{
	struct device_now now = test_now(0);
	cJSON *json = cJSON_Parse(reported);

	device_firmware_boot(firmware, &now, json);
	cJSON_Delete(json);
}

/* Lets time pass in one jump, as a busy loop may. */
static const char *
tick(struct device_firmware *firmware, int64_t ms)
{
	struct device_now now = test_now(ms);

	device_firmware_tick(firmware, &now);
	return test_outlet_reports();
}

static void
test_four_phases_in_order_each_with_its_time(void **state)
{
	struct device_firmware *firmware = start(0);

	(void)state;
	boot(firmware, "{}");
	assert_string_equal("{\"firmwareStatus\":\"standBy\","
			    "\"logTime\":\"2026-11-22 10:00:00.000000\","
			    "\"firmwareVersion\":\"1.4.1\"}\n",
	    test_outlet_reports());
	assert_true(device_firmware_due_ms(firmware) == DEVICE_NEVER);
	assert_int_equal(
	    0, update(firmware, 1000, "{\"fwPackageUri\":\"test.com\"}", NULL));
	assert_string_equal("{\"firmwareStatus\":\"standBy\","
			    "\"logTime\":\"2026-11-22 10:00:01.000000\"}\n",
	    test_outlet_reports());
	assert_int_equal(
	    test_now(16000).mono_ms, device_firmware_due_ms(firmware));
	assert_string_equal("", tick(firmware, 15999));
	assert_string_equal(
	    "{\"firmwareStatus\":\"downloading\","
	    "\"downloadComplete\":\"2026-11-22 10:00:16.000000\"}\n",
	    tick(firmware, 16000));
	assert_string_equal(
	    "{\"firmwareStatus\":\"applying\","
	    "\"startedApplyingImage\":\"2026-11-22 10:00:31.000000\"}\n",
	    tick(firmware, 31000));
	assert_string_equal(
	    "{\"firmwareStatus\":\"completed\","
	    "\"lastFirmwareUpdate\":\"2026-11-22 10:00:46.000000\","
	    "\"firmwareVersion\":\"1.4.1\"}\n",
	    tick(firmware, 46000));
	assert_true(device_firmware_due_ms(firmware) == DEVICE_NEVER);
	assert_null(fetched_uri);
	assert_string_equal(
	    "firmwareUpdate: standBy (1 of 4)  Starting firmware update.\n"
	    "firmwareUpdate: downloading (2 of 4)  "
	    "Downloading image from: test.com\n"
	    "firmwareUpdate: applying (3 of 4)  "
	    "Applying image from: test.com\n"
	    "firmwareUpdate: completed (4 of 4)  "
	    "Image applied, version 1.4.1\n",
	    test_outlet_said());
	device_firmware_free(firmware);
}

static void
test_a_second_update_while_one_runs_is_busy(void **state)
{
	struct device_firmware *firmware = start(0);
	struct err err;

	(void)state;
	assert_int_equal(0, update(firmware, 0, "{}", NULL));
	tick(firmware, 15000);
	assert_int_equal(-1, update(firmware, 16000, "{}", &err));
	assert_int_equal(ERR_BUSY, err.code);
	assert_string_equal(
	    "an update is running already: downloading (2 of 4)", err.text);
	tick(firmware, 30000);
	tick(firmware, 45000);
	assert_int_equal(0, update(firmware, 46000, "{}", NULL));
	device_firmware_free(firmware);
}

static void
test_the_version_comes_from_the_package(void **state)
{
	static const struct {
		const char *request, *version;
	} rows[] = {
		{ "{\"fwPackageUri\":\"door-1.5.bin\"}", "1.5" },
		{ "{\"fwPackageURI\":\"fw/door_2.8.5-rc1.tar\"}", "2.8.5" },
		{ "{\"fwPackageUri\":\"d-1.5.bin\",\"fwVersion\":\"9\"}", "9" },
		{ "{\"fwPackageUri\":\"2.0.dir/door.bin\"}", NULL },
		{ "{\"fwPackageUri\":\"door-7.bin?v=1.2\"}", NULL },
		{ "{\"fwPackageUri\":null}", NULL },
		{ "{}", NULL },
	};
	struct device_package package;
	cJSON *json;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		json = cJSON_Parse(rows[i].request);
		assert_int_equal(0, device_package_read(json, &package, NULL));
		if (rows[i].version == NULL)
			assert_null(package.version);
		else
			assert_string_equal(rows[i].version, package.version);
		assert_false(package.real);
		device_package_fini(&package);
		cJSON_Delete(json);
	}
}

static void
test_a_request_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *request, *words;
	} rows[] = {
		{ "{\"fwPackageUri\":7}", "fwPackageUri must be a string" },
		{ "{\"fwVersion\":{}}", "fwVersion must be a string" },
		{ "{\"fwPackageUri\":\"http://h/x\","
		  "\"fwPackageCheckValue\":\"123456abcde\"}",
		    "fwPackageCheckValue must be a SHA-256, 64 hexadecimal "
		    "digits" },
	};
	struct device_firmware *firmware = start(0);
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		assert_int_equal(
		    -1, update(firmware, 0, rows[i].request, &err));
		assert_int_equal(ERR_INVALID, err.code);
		assert_string_equal(rows[i].words, err.text);
	}
	assert_string_equal("", test_outlet_reports());
	assert_int_equal(0,
	    update(firmware, 0, "{\"fwPackageCheckValue\":\"123456abcde\"}",
		&err));
	device_firmware_free(firmware);
}

static void
test_a_reboot_keeps_the_version_of_the_twin(void **state)
{
	struct device_firmware *firmware = start(0);

	(void)state;
	boot(firmware, "{\"firmwareVersion\":\"3.3\"}");
	assert_string_equal("{\"firmwareStatus\":\"standBy\","
			    "\"logTime\":\"2026-11-22 10:00:00.000000\"}\n",
	    test_outlet_reports());
	update(firmware, 0, "{}", NULL);
	tick(firmware, 15000);
	tick(firmware, 30000);
	assert_non_null(
	    strstr(tick(firmware, 45000), "\"firmwareVersion\":\"3.3\""));
	device_firmware_free(firmware);
}

static void
test_downloading_lasts_until_the_package_is_there(void **state)
{
	struct device_firmware *firmware = start(0);
	struct device_now now = test_now(40000);
	const char *digest = "0123456789abcdef0123456789abcdef"
			     "0123456789abcdef0123456789ABCDEF";
	char request[256];

	(void)state;
	snprintf(request, sizeof(request),
	    "{\"fwPackageUri\":\"https://h/door-2.0.bin\","
	    "\"fwPackageCheckValue\":\"%s\"}",
	    digest);
	assert_int_equal(0, update(firmware, 0, request, NULL));
	assert_null(fetched_uri);
	tick(firmware, 15000);
	assert_string_equal("https://h/door-2.0.bin", fetched_uri);
	assert_int_equal(0, strcasecmp(digest, fetched_digest));
	assert_true(device_firmware_due_ms(firmware) == DEVICE_NEVER);
	assert_string_equal("", tick(firmware, 39999));
	device_firmware_fetched(firmware, &now, NULL);
	assert_string_equal(
	    "{\"firmwareStatus\":\"applying\","
	    "\"startedApplyingImage\":\"2026-11-22 10:00:40.000000\","
	    "\"downloadComplete\":\"2026-11-22 10:00:40.000000\"}\n",
	    test_outlet_reports());
	assert_non_null(
	    strstr(tick(firmware, 55000), "\"firmwareVersion\":\"2.0\""));
	device_firmware_free(firmware);
}

static void
test_a_failed_download_is_reported_with_its_reason(void **state)
{
	struct device_firmware *firmware = start(0);
	struct device_now now = test_now(16000);
	struct err failure;

	(void)state;
	update(firmware, 0, "{\"fwPackageUri\":\"http://h/d-9.9.bin\"}", NULL);
	tick(firmware, 15000);
	err_set(&failure, ERR_REFUSED, "the download failed: HTTP status 404");
	device_firmware_fetched(firmware, &now, &failure);
	assert_string_equal("{\"firmwareStatus\":\"failed\",\"firmwareError\":"
			    "\"the download failed: HTTP status 404\"}\n",
	    test_outlet_reports());
	assert_string_equal("", tick(firmware, 99000));
	/* The next update takes the reason away. */
	update(firmware, 100000, "{}", NULL);
	assert_string_equal("{\"firmwareStatus\":\"standBy\","
			    "\"logTime\":\"2026-11-22 10:01:40.000000\","
			    "\"firmwareError\":null}\n",
	    test_outlet_reports());
	device_firmware_free(firmware);
}

static void
test_a_device_that_is_to_fail_fails_while_applying(void **state)
{
	struct device_firmware *firmware = start(100);

	(void)state;
	update(firmware, 0, "{\"fwPackageUri\":\"d-9.9.bin\"}", NULL);
	tick(firmware, 15000);
	tick(firmware, 30000);
	assert_non_null(
	    strstr(tick(firmware, 45000), "{\"firmwareStatus\":\"failed\""));
	boot(firmware, "{}");
	assert_non_null(
	    strstr(test_outlet_reports(), "\"firmwareVersion\":\"1.4.1\""));
	device_firmware_free(firmware);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_phases_in_order_each_with_its_time),
		cmocka_unit_test(test_a_second_update_while_one_runs_is_busy),
		cmocka_unit_test(test_the_version_comes_from_the_package),
		cmocka_unit_test(test_a_request_that_makes_no_sense_is_refused),
		cmocka_unit_test(test_a_reboot_keeps_the_version_of_the_twin),
		cmocka_unit_test(
		    test_downloading_lasts_until_the_package_is_there),
		cmocka_unit_test(
		    test_a_failed_download_is_reported_with_its_reason),
		cmocka_unit_test(
		    test_a_device_that_is_to_fail_fails_while_applying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
