#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/hub.h"
#include "core/hub/job_records.h"
#include "core/hub/jobs.h"
#include "core/hub/transfer.h"
#include "core/hub/twins.h"
#include "core/iothub/topic.h"
#include "core/store/store.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

#define TWIN                                     \
	"{\"deviceId\":null,\"etag\":\"*\"," \
	"\"properties\":{\"desired\":{\"floor\":3}}}"
#define METHOD                                                               \
	"{\"methodName\":\"lockDoor\",\"payload\":{ \"lockTime\" : 1.50 }," \
	"\"responseTimeoutInSeconds\":30,\"connectTimeoutInSeconds\":0}"
#define METHOD_PAYLOAD "{ \"lockTime\" : 1.50 }"
/* Numbers and spaces that a parser would not give back as they were. */
#define ANSWER "{ \"a\" : 1.50, \"big\" : 12345678901234567890 }"

static char *
export_all(struct rig *rig)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int64_t n;

	while (store_in_transaction(rig_hub(rig)->store))
		rig_turn(rig, 5); /* what is changed goes to the disk first */
	if (hub_export(rig_hub(rig)->store, out, &n, &err) == -1)
		fail_msg("%s", err.text);
	fclose(out);
	return text;
}

static void
import_all(struct rig *rig, const char *text)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct err err = { 0 };
	int64_t n;

	if (hub_import(rig_hub(rig)->store, in, &n, &err) == -1)
		fail_msg("%s", err.text);
	fclose(in);
}

static void
create(struct rig *rig, const char *job_id, enum hub_job_type type,
    const char *condition, int64_t delay_us)
{
	struct hub_job_order order = { .job_id = job_id, .type = type,
		.condition = condition, .max_execution_s = 60,
		.action = type == HUB_JOB_METHOD ? METHOD : TWIN };
	struct err err = { 0 };

	if (delay_us > 0)
		order.start_us = clock_utc_us() + delay_us;
	if (hub_jobs_create(rig_hub(rig)->jobs, &order, &err) == -1)
		fail_msg("%s", err.text);
}

static bool
job_says(struct rig *rig, const char *job_id, const char *text)
{
	struct strbuf out = { 0 };
	bool says;

	assert_int_equal(
	    1, hub_job_format(rig_hub(rig), job_id, &out, NULL));
	says = strstr(strbuf_str(&out), text) != NULL;
	strbuf_fini(&out);
	return says;
}

static void
wait_for(struct rig *rig, const char *job_id, const char *text)
{
	int64_t end_ms = clock_mono_ms() + RIG_PATIENCE_MS;

	while (!job_says(rig, job_id, text) && clock_mono_ms() < end_ms)
		rig_turn(rig, 20);
	assert_true(job_says(rig, job_id, text));
}

/* One that called a device, one each that failed, waits, was cancelled. */
static void
make_jobs(struct rig *rig)
{
	struct rig_client *client = rig_client_new(rig);
	char *rid;

	rig_client_connect(client, "d1", false, 60, RIG_HOUR);
	rig_client_subscribe(client, TOPIC_METHODS_FILTER, 0);
	create(rig, "called", HUB_JOB_METHOD, "*", 0);
	rig_client_read_call(client, METHOD_PAYLOAD, &rid);
	rig_client_answer(client, -7, rid, ANSWER);
	wait_for(rig, "called", "\"status\":\"completed\"");
	create(rig, "failed", HUB_JOB_TWIN, "floor IS 'none'", 0);
	wait_for(rig, "failed", "\"status\":\"failed\"");
	create(rig, "waits", HUB_JOB_TWIN, "*", INT64_C(3600000000));
	create(rig, "cancelled", HUB_JOB_TWIN, "*", INT64_C(3600000000));
	rig_turn(rig, 0);
	wait_for(rig, "cancelled", "\"status\":\"scheduled\"");
	while (hub_jobs_cancel(rig_hub(rig)->jobs, "cancelled", NULL) == -1)
		rig_turn(rig, 10);
	wait_for(rig, "cancelled", "\"status\":\"cancelled\"");
	rig_client_free(client);
	rig_turn(rig, 50);
	free(rid);
}

static void
test_jobs_and_their_records_come_back_the_same(void **state)
{
	struct rig *rig = *state, *other = rig_new();
	char *text, *again;

	make_jobs(rig);
	text = export_all(rig);
	assert_non_null(strstr(text,
	    "\n{\"jobId\":\"called\",\"queryCondition\":\"*\","));
	assert_non_null(strstr(text, "\"cloudToDeviceMethod\":" METHOD));
	assert_non_null(strstr(text,
	    "{\"deviceId\":\"d1\",\"jobId\":\"called\","));
	assert_non_null(strstr(text,
	    "\"outcome\":{\"deviceMethodResponse\":{\"status\":-7,"
	    "\"payload\":" ANSWER "}}}\n"));
	assert_non_null(strstr(text,
	    "\"error\":{\"code\":\"404103\",\"description\":\"Timed out"));
	import_all(other, text);
	again = export_all(other);
	assert_string_equal(text, again);
	free(again);
	/* Again, over what is there: nothing changes. */
	import_all(other, text);
	again = export_all(other);
	assert_string_equal(text, again);
	free(again);
	rig_restart(other);
	assert_true(job_says(other, "waits", "\"status\":\"scheduled\""));
	assert_true(job_says(other, "failed", "\"failureReason\":\"line 1, "));
	assert_true(job_says(other, "called",
	    "\"deviceJobStatistics\":{\"deviceCount\":2,\"failedCount\":1,"));
	assert_int_equal(0,
	    hub_jobs_cancel(rig_hub(other)->jobs, "waits", NULL));
	rig_free(other);
	free(text);
}

#define MOVED                                                              \
	"{\"jobId\":\"moved\",\"queryCondition\":\"*\",\"createdTime\":"   \
	"\"2026-11-22T10:00:00Z\",\"startTime\":\"2026-11-22T10:00:00Z\"," \
	"\"maxExecutionTimeInSeconds\":2000000000,\"type\":"               \
	"\"scheduleUpdateTwin\",\"updateTwin\":" TWIN                      \
	",\"status\":\"running\",\"begunTime\":\"2026-11-22T10:00:00Z\"}\n" \
	"{\"deviceId\":\"d1\",\"jobId\":\"moved\",\"status\":\"pending\"}\n" \
	"{\"deviceId\":\"d2\",\"jobId\":\"moved\",\"status\":\"running\"}\n"

static bool
has_floor(struct rig *rig, const char *device_id)
{
	struct strbuf out = { 0 };
	bool has;

	assert_int_equal(0, hub_twins_format(rig_hub(rig)->twins, device_id,
				&out, NULL, NULL));
	has = strstr(strbuf_str(&out), "\"desired\":{\"floor\":3,") != NULL;
	strbuf_fini(&out);
	return has;
}

static void
test_a_job_that_had_not_ended_goes_on_elsewhere(void **state)
{
	struct rig *rig = *state;
	char *text;

	import_all(rig, MOVED);
	rig_restart(rig);
	wait_for(rig, "moved", "\"status\":\"completed\"");
	assert_true(job_says(rig, "moved",
	    "\"deviceCount\":2,\"failedCount\":1,\"succeededCount\":1,"));
	assert_true(has_floor(rig, "d1"));
	/* It may have been written: never a second time. */
	assert_false(has_floor(rig, "d2"));
	text = export_all(rig);
	assert_non_null(strstr(text,
	    "\"error\":{\"code\":\"504101\",\"description\":\"The hub ended "));
	free(text);
}

/* Trap 21 of the contract: a job has two l, its devices have one. */
static void
test_a_cancelled_job_has_canceled_devices(void **state)
{
	struct rig *rig = *state;
	char *text;

	/* One that was about to write down whom it calls. */
	import_all(rig,
	    "{\"jobId\":\"late\",\"queryCondition\":\"*\",\"type\":"
	    "\"scheduleUpdateTwin\",\"updateTwin\":{},\"status\":"
	    "\"scheduled\",\"startTime\":\"2099-01-01T00:00:00Z\"}\n"
	    "{\"deviceId\":\"d1\",\"jobId\":\"late\",\"status\":"
	    "\"pending\"}\n");
	rig_restart(rig);
	assert_int_equal(
	    0, hub_jobs_cancel(rig_hub(rig)->jobs, "late", NULL));
	wait_for(rig, "late", "\"status\":\"cancelled\"");
	text = export_all(rig);
	assert_non_null(
	    strstr(text, "\"deviceId\":\"d1\",\"jobId\":\"late\","));
	assert_non_null(strstr(text, "\"status\":\"canceled\""));
	free(text);
}

static void
test_a_job_in_a_line_takes_the_place_of_its_namesake(void **state)
{
	struct rig *rig = *state;
	char *text;

	import_all(rig, MOVED MOVED);
	import_all(rig,
	    "{\"jobId\":\"moved\",\"queryCondition\":\"*\",\"type\":"
	    "\"scheduleUpdateTwin\",\"updateTwin\":{},\"status\":"
	    "\"completed\"}\n");
	text = export_all(rig);
	assert_non_null(strstr(text, "\"jobId\":\"moved\""));
	assert_null(strstr(text, "\"status\":\"pending\""));
	assert_null(strstr(text, "\"status\":\"running\""));
	free(text);
}

int
main(void)
{
#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, rig_setup_two_devices, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_jobs_and_their_records_come_back_the_same),
		CASE(test_a_job_that_had_not_ended_goes_on_elsewhere),
		CASE(test_a_cancelled_job_has_canceled_devices),
		CASE(test_a_job_in_a_line_takes_the_place_of_its_namesake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
