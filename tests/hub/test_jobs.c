#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/job_records.h"
#include "core/hub/jobs.h"
#include "core/hub/query.h"
#include "core/hub/tier.h"
#include "core/hub/twins.h"
#include "core/iothub/topic.h"
#include "core/store/store.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define LOCK                                                              \
	"{\"methodName\":\"lockDoor\",\"payload\":{\"lockTime\":\"10m\"}," \
	"\"responseTimeoutInSeconds\":30}"
#define LOCK_PAYLOAD "{\"lockTime\":\"10m\"}"
#define FLOOR "{\"etag\":\"*\",\"properties\":{\"desired\":{\"floor\":3}}}"
#define N_DEVICES 5

static int
set_up(void **state)
{
	char id[8];
	int i;

	*state = rig_new();
	for (i = 1; i <= N_DEVICES; i++) {
		snprintf(id, sizeof(id), "d%d", i);
		rig_add_device(*state, id);
	}
	return 0;
}

static struct hub_job_order
order_of(const char *job_id, enum hub_job_type type, const char *condition)
{
	return (struct hub_job_order){ .job_id = job_id, .type = type,
		.condition = condition, .max_execution_s = 60,
		.action = type == HUB_JOB_METHOD ? LOCK : FLOOR };
}

static void
create(struct rig *rig, const struct hub_job_order *order)
{
	struct err err = { 0 };

	if (hub_jobs_create(rig_hub(rig)->jobs, order, &err) == -1)
		fail_msg("%s", err.text);
}

/* As GET answers it; the caller's. */
static char *
job_of(struct rig *rig, const char *job_id)
{
	struct strbuf out = { 0 };
	struct err err = { 0 };

	assert_int_equal(
	    1, hub_job_format(rig_hub(rig), job_id, &out, &err));
	return strbuf_take(&out);
}

static bool
job_says(struct rig *rig, const char *job_id, const char *text)
{
	char *job = job_of(rig, job_id);
	bool says = strstr(job, text) != NULL;

	free(job);
	return says;
}

static void
assert_job_says(struct rig *rig, const char *job_id, const char *text)
{
	char *job = job_of(rig, job_id);

	if (strstr(job, text) == NULL)
		fail_msg("%s does not say %s", job, text);
	free(job);
}

static void
wait_for(struct rig *rig, const char *job_id, const char *text)
{
	int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;

	while (!job_says(rig, job_id, text) && clock_mono_ms() < end_ms)
		rig_turn(rig, 20);
	assert_job_says(rig, job_id, text);
}

/* The rows of devices.jobs, the caller's. */
static char *
records_of(struct rig *rig, const char *where)
{
	char *text =
	    xasprintf("SELECT * FROM devices.jobs WHERE %s", where);
	struct hub_query_page page = { .size = 100 };
	struct strbuf out = { 0 };
	struct err err = { 0 };

	if (hub_query_run(rig_hub(rig), text, strlen(text), &page, &out,
		&err) == -1)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal("DeviceJob", page.item_type);
	free(page.next);
	free(text);
	return strbuf_take(&out);
}

static void
assert_record_says(struct rig *rig, const char *where, const char *text)
{
	char *records = records_of(rig, where);

	if (strstr(records, text) == NULL)
		fail_msg("%s: %s does not say %s", where, records, text);
	free(records);
}

static struct rig_client *
connect_device(struct rig *rig, const char *device_id)
{
	struct rig_client *client = rig_client_new(rig);

	rig_client_connect(client, device_id, false, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0);
	return client;
}

static void
test_a_method_job_calls_each_device_and_records_it(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = connect_device(rig, "d1");
	struct hub_job_order order =
	    order_of("j1", HUB_JOB_METHOD, "deviceId IN ['d1', 'd2']");
	char *rid;

	create(rig, &order);
	assert_true(job_says(rig, "j1", "\"status\":\"queued\"}"));
	rig_client_read_call(client, LOCK_PAYLOAD, &rid);
	assert_job_says(rig, "j1", "\"status\":\"running\"");
	rig_client_answer(client, 200, rid, "{\"Response\":\"locked\"}");
	wait_for(rig, "j1", "\"status\":\"completed\"");
	assert_job_says(rig, "j1",
	    "\"deviceJobStatistics\":{\"deviceCount\":2,\"failedCount\":1,"
	    "\"succeededCount\":1,\"runningCount\":0,\"pendingCount\":0}");
	assert_job_says(rig, "j1", "\"endTime\":\"20");
	assert_record_says(rig, "devices.jobs.deviceId = 'd1'",
	    "\"jobId\":\"j1\",\"jobType\":\"scheduleDeviceMethod\","
	    "\"status\":\"completed\",\"startTimeUtc\":\"20");
	assert_record_says(rig,
	    "devices.jobs.outcome.deviceMethodResponse.status = 200 AND "
	    "devices.jobs.endTimeUtc >= devices.jobs.startTimeUtc",
	    "[{\"deviceId\":\"d1\"");
	assert_record_says(rig, "jobId = 'j1' AND status = 'completed'",
	    "\"outcome\":{\"deviceMethodResponse\":{\"status\":200,"
	    "\"payload\":{\"Response\":\"locked\"}}}");
	assert_record_says(rig, "devices.jobs.error.code = '404103'",
	    "[{\"deviceId\":\"d2\"");
	assert_record_says(rig, "devices.jobs.deviceId = 'd2'",
	    "\"error\":{\"code\":\"404103\",\"description\":\"Timed out "
	    "waiting for device to connect.\"}");
	free(rid);
	rig_client_free(client);
}

static void
test_a_twin_job_writes_all_its_devices(void **state)
{
	struct rig *rig = *state;
	struct hub_job_order order = order_of("j1", HUB_JOB_TWIN, "*");
	struct strbuf out = { 0 };
	char *records;

	create(rig, &order);
	wait_for(rig, "j1", "\"status\":\"completed\"");
	assert_job_says(rig, "j1", "\"deviceCount\":5,\"failedCount\":0,"
				   "\"succeededCount\":5");
	assert_int_equal(0,
	    hub_twins_format(rig_hub(rig)->twins, "d5", &out, NULL, NULL));
	assert_non_null(strstr(strbuf_str(&out), "\"desired\":{\"floor\":3,"));
	records = records_of(rig, "NOT devices.jobs.status = 'completed'");
	assert_string_equal("[]", records);
	assert_record_says(rig, "deviceId = 'd1'", "\"outcome\":null");
	free(records);
	strbuf_fini(&out);
}

/* More than are written down, or updated, in one turn. */
static void
test_a_job_takes_many_devices_in_portions(void **state)
{
	static const char devices[] =
	    "WITH RECURSIVE n (i) AS"
	    " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4100)"
	    "INSERT INTO device (device_id, generation_id, etag, enabled,"
	    " status_updated, connection_updated, last_activity, auth_type)"
	    " SELECT 'x' || i, generation_id, etag, enabled, status_updated,"
	    " connection_updated, last_activity, auth_type FROM n, device"
	    " WHERE device_id = 'd1';"
	    "INSERT INTO twin (id, etag, version, tags, desired,"
	    " desired_metadata, desired_version, reported, reported_metadata,"
	    " reported_version) SELECT x.id, twin.etag, twin.version, tags,"
	    " desired, desired_metadata, desired_version, reported,"
	    " reported_metadata, reported_version FROM device x, device"
	    " JOIN twin ON twin.id = device.id"
	    " WHERE device.device_id = 'd1' AND x.device_id LIKE 'x%';";
	struct rig *rig = *state;
	struct hub_job_order order = order_of("j1", HUB_JOB_TWIN, "*");
	struct err err = { 0 };

	while (store_in_transaction(rig_hub(rig)->store))
		rig_turn(rig, 10);
	if (store_exec(rig_hub(rig)->store, devices, &err) == -1)
		fail_msg("%s", err.text);
	create(rig, &order);
	wait_for(rig, "j1", "\"status\":\"completed\"");
	assert_job_says(
	    rig, "j1", "\"deviceCount\":4105,\"failedCount\":0,");
}

static void
test_what_a_twin_does_not_take_fails_there(void **state)
{
	struct rig *rig = *state;
	struct hub_job_order order =
	    order_of("j1", HUB_JOB_TWIN, "deviceId = 'd1'");

	order.action = "{\"tags\":{\"a.b\":1}}";
	create(rig, &order);
	wait_for(rig, "j1", "\"status\":\"completed\"");
	assert_job_says(rig, "j1", "\"failedCount\":1,\"succeededCount\":0");
	assert_record_says(rig, "deviceId = 'd1'",
	    "\"status\":\"failed\"");
	assert_record_says(
	    rig, "deviceId = 'd1'", "\"error\":{\"code\":\"400004\"");
}

static void
test_the_condition_is_looked_at_when_the_job_begins(void **state)
{
	struct rig *rig = *state;
	struct hub_job_order order =
	    order_of("j1", HUB_JOB_TWIN, "tags.site = 'brno'");
	struct hub_twins_write write = { .body = cJSON_Parse(
					     "{\"tags\":{\"site\":\"brno\"}}") };

	order.start_us = clock_utc_us() + 400000;
	create(rig, &order);
	assert_job_says(rig, "j1", "\"status\":\"scheduled\"");
	assert_int_equal(
	    0, hub_twins_update(rig_hub(rig)->twins, "d3", &write, NULL));
	wait_for(rig, "j1", "\"status\":\"completed\"");
	assert_job_says(rig, "j1", "\"deviceCount\":1,");
	assert_record_says(rig, "jobId = 'j1'", "[{\"deviceId\":\"d3\"");
	cJSON_Delete((cJSON *)(uintptr_t)write.body);
}

static void
test_a_condition_that_is_none_fails_the_job(void **state)
{
	struct rig *rig = *state;
	struct hub_job_order order = order_of(
	    "j1", HUB_JOB_TWIN, "SELECT * FROM devices WHERE deviceId = 'd1'");

	create(rig, &order);
	wait_for(rig, "j1", "\"status\":\"failed\"");
	assert_job_says(rig, "j1",
	    "\"failureReason\":\"line 1, column 1: SELECT is not supported "
	    "here\"");
}

static void
test_nobody_is_no_failure(void **state)
{
	struct hub_job_order order =
	    order_of("j1", HUB_JOB_METHOD, "deviceId = 'nobody'");

	create(*state, &order);
	wait_for(*state, "j1", "\"status\":\"completed\"");
	assert_job_says(*state, "j1", "\"deviceCount\":0,");
}

static void
test_the_time_of_a_job_ends_it(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = connect_device(rig, "d1");
	struct hub_job_order order =
	    order_of("j1", HUB_JOB_METHOD, "deviceId = 'd1'");
	char *rid;

	order.max_execution_s = 1;
	create(rig, &order);
	rig_client_read_call(client, LOCK_PAYLOAD, &rid);
	wait_for(rig, "j1", "\"status\":\"completed\"");
	assert_record_says(rig, "deviceId = 'd1'",
	    "\"error\":{\"code\":\"504101\",\"description\":\"The job's "
	    "maximum execution time was over while the call was in flight: "
	    "it is unknown whether the device has acted.\"}");
	/* An answer that comes later changes nothing. */
	rig_client_answer(client, 200, rid, "{}");
	rig_turn(rig, 50);
	assert_job_says(rig, "j1", "\"failedCount\":1,");
	free(rid);
	rig_client_free(client);
}

#define PATIENT                                                          \
	"{\"methodName\":\"lockDoor\",\"payload\":{\"lockTime\":\"10m\"}," \
	"\"connectTimeoutInSeconds\":30}"

static void
test_nobody_is_called_for_a_job_whose_time_was_over(void **state)
{
	struct rig *rig = *state;
	struct hub_job_order order =
	    order_of("j1", HUB_JOB_METHOD, "deviceId = 'd1'");
	struct rig_client *client;
	struct rig_call other = { 0 };
	char *rid;

	order.action = PATIENT;
	order.max_execution_s = 1;
	create(rig, &order);
	wait_for(rig, "j1", "\"status\":\"completed\"");
	assert_record_says(rig, "deviceId = 'd1'",
	    "\"error\":{\"code\":\"500008\",\"description\":\"The job's "
	    "maximum execution time was over before.\"}");
	client = connect_device(rig, "d1");
	rig_invoke(rig, "d1", "\"another\"", 0, 10, &other);
	rig_client_read_call(client, "\"another\"", &rid);
	rig_client_answer(client, 200, rid, "");
	assert_true(rig_wait(rig, &other.done, RIG_PATIENCE_MS));
	free(rid);
	free(other.payload);
	rig_client_free(client);
}

static void
test_who_waits_to_be_called_is_called_after_a_restart(void **state)
{
	struct rig *rig = *state;
	struct hub_job_order order =
	    order_of("j1", HUB_JOB_METHOD, "deviceId = 'd1'");
	struct rig_client *client;
	char *rid;

	order.action = PATIENT;
	create(rig, &order);
	wait_for(rig, "j1", "\"runningCount\":1");
	rig_turn(rig, 50);
	rig_restart(rig);
	client = connect_device(rig, "d1");
	rig_client_read_call(client, LOCK_PAYLOAD, &rid);
	rig_client_answer(client, 200, rid, "{}");
	wait_for(rig, "j1", "\"status\":\"completed\"");
	assert_job_says(rig, "j1", "\"succeededCount\":1,");
	free(rid);
	rig_client_free(client);
}

static void
test_a_restart_goes_on_and_calls_nobody_again(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = connect_device(rig, "d1");
	struct hub_job_order now =
	    order_of("now", HUB_JOB_METHOD, "deviceId = 'd1'");
	struct hub_job_order later = order_of("later", HUB_JOB_TWIN, "*");
	char *rid;

	create(rig, &now);
	later.start_us = clock_utc_us() + 500000;
	create(rig, &later);
	rig_client_read_call(client, LOCK_PAYLOAD, &rid);
	rig_client_free(client);
	rig_restart(rig);
	wait_for(rig, "now", "\"status\":\"completed\"");
	assert_job_says(rig, "now", "\"deviceCount\":1,\"failedCount\":1,");
	assert_record_says(rig, "jobId = 'now'",
	    "The hub ended while the call was in flight: it is unknown "
	    "whether the device has acted.");
	client = connect_device(rig, "d1");
	wait_for(rig, "later", "\"status\":\"completed\"");
	assert_job_says(rig, "later", "\"succeededCount\":5,");
	free(rid);
	rig_client_free(client);
}

static void
test_jobs_over_the_limit_of_a_tier_wait_or_are_refused(void **state)
{
	struct rig *rig = *state;
	struct rig_client *client = connect_device(rig, "d1");
	struct hub_job_order first =
	    order_of("first", HUB_JOB_METHOD, "deviceId = 'd1'");
	struct hub_job_order second = order_of("second", HUB_JOB_TWIN, "*");
	struct err err = { 0 };
	char *rid;

	rig_hub(rig)->tier = hub_tier_new("S1", 1, &err);
	assert_non_null(rig_hub(rig)->tier);
	create(rig, &first);
	rig_client_read_call(client, LOCK_PAYLOAD, &rid);
	assert_int_equal(
	    -1, hub_jobs_create(rig_hub(rig)->jobs, &second, &err));
	assert_int_equal(ERR_THROTTLED, err.code);
	second.start_us = clock_utc_us() + 50000;
	create(rig, &second);
	wait_for(rig, "second", "\"status\":\"queued\"");
	rig_client_answer(client, 200, rid, "{}");
	wait_for(rig, "first", "\"status\":\"completed\"");
	wait_for(rig, "second", "\"status\":\"completed\"");
	assert_job_says(rig, "second", "\"succeededCount\":5,");
	free(rid);
	rig_client_free(client);
}

static void
test_only_what_has_not_begun_can_be_cancelled(void **state)
{
	struct rig *rig = *state;
	struct hub_jobs *jobs = rig_hub(rig)->jobs;
	struct hub_job_order order = order_of("j1", HUB_JOB_TWIN, "*");
	struct err err = { 0 };

	order.start_us = clock_utc_us() + 3600000000;
	create(rig, &order);
	rig_turn(rig, 20);
	assert_int_equal(0, hub_jobs_cancel(jobs, "j1", &err));
	assert_job_says(rig, "j1", "\"status\":\"cancelled\"");
	rig_turn(rig, 20);
	assert_int_equal(-1, hub_jobs_cancel(jobs, "j1", &err));
	assert_int_equal(ERR_REFUSED, err.code);
	assert_int_equal(-1, hub_jobs_cancel(jobs, "j9", &err));
	assert_int_equal(ERR_NOT_FOUND, err.code);
	assert_int_equal(-1, hub_jobs_create(jobs, &order, &err));
	assert_int_equal(ERR_EXISTS, err.code);
}

static void
test_history_is_kept_for_thirty_days(void **state)
{
	struct rig *rig = *state;
	struct hub_job_order old = order_of("old", HUB_JOB_TWIN, "*");
	struct hub_job_order young = order_of("young", HUB_JOB_TWIN, "*");
	struct strbuf out = { 0 };
	char stamp[CLOCK_STAMP_SIZE], *sql, *records;

	create(rig, &old);
	create(rig, &young);
	wait_for(rig, "old", "\"status\":\"completed\"");
	wait_for(rig, "young", "\"status\":\"completed\"");
	clock_format_iso(
	    stamp, clock_utc_us() - (int64_t)31 * 86400 * 1000000);
	sql = xasprintf(
	    "UPDATE job SET ended = '%s' WHERE job_id = 'old'", stamp);
	while (store_in_transaction(rig_hub(rig)->store))
		rig_turn(rig, 10);
	assert_int_equal(0, store_exec(rig_hub(rig)->store, sql, NULL));
	rig_restart(rig);
	assert_int_equal(0, hub_job_format(rig_hub(rig), "old", &out, NULL));
	assert_job_says(rig, "young", "\"succeededCount\":5,");
	records = records_of(rig, "jobId = 'old'");
	assert_string_equal("[]", records);
	free(records);
	free(sql);
}

/* A hundred jobs may have a twin of 100 KB each. */
static void
test_a_page_of_large_jobs_is_shorter(void **state)
{
	struct hub *hub = rig_hub(*state);
	struct hub_job_list list = { .size = 100 };
	struct strbuf out = { 0 };
	struct err err = { 0 };
	int n_jobs = 0, n_pages = 0;
	char *after = NULL, *p;

	assert_int_equal(0,
	    store_exec(hub->store,
		"WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		"LIMIT 100) INSERT INTO job (job_id, type, status, condition, "
		"action, created, start, start_us, max_execution_s) "
		"SELECT 'large-' || i, 'scheduleUpdateTwin', 'failed', '*', "
		"'{\"x\":\"' || hex(zeroblob(50000)) || '\"}', '', '', 0, 60 "
		"FROM n",
		NULL));
	do {
		list.after = after;
		strbuf_reset(&out);
		assert_int_equal(
		    0, hub_job_list_format(hub, &list, &out, &err));
		free(after);
		after = list.next;
		assert_in_range(out.len, 1, HUB_QUERY_PAGE_BYTES + 200000);
		n_pages++;
		for (p = out.data; (p = strstr(p, "\"large-")) != NULL; p++)
			n_jobs++;
	} while (after != NULL);
	assert_int_equal(100, n_jobs);
	assert_int_equal(3, n_pages);
	strbuf_fini(&out);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_method_job_calls_each_device_and_records_it),
		TEST(test_a_twin_job_writes_all_its_devices),
		TEST(test_a_job_takes_many_devices_in_portions),
		TEST(test_what_a_twin_does_not_take_fails_there),
		TEST(test_the_condition_is_looked_at_when_the_job_begins),
		TEST(test_a_condition_that_is_none_fails_the_job),
		TEST(test_nobody_is_no_failure),
		TEST(test_the_time_of_a_job_ends_it),
		TEST(test_nobody_is_called_for_a_job_whose_time_was_over),
		TEST(test_who_waits_to_be_called_is_called_after_a_restart),
		TEST(test_a_restart_goes_on_and_calls_nobody_again),
		TEST(test_jobs_over_the_limit_of_a_tier_wait_or_are_refused),
		TEST(test_only_what_has_not_begun_can_be_cancelled),
		TEST(test_history_is_kept_for_thirty_days),
		TEST(test_a_page_of_large_jobs_is_shorter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
