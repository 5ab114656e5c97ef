#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/edits.h"
#include "core/deck/jobs.h"
#include "core/deck/section.h"
#include "tests/deck/job_fixture.h"
#include "tests/support/test.h"

static const struct {
	const char *before, *patch, *inverse;
} inverses[] = {
	{ "{\"a\":1}", "{\"a\":2}", "{\"a\":1}" },
	{ "{}", "{\"a\":{\"b\":2}}", "{\"a\":null}" },
	{ "{\"a\":{\"c\":1}}", "{\"a\":{\"b\":2}}", "{\"a\":{\"b\":null}}" },
	{ "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":null}",
	    "{\"a\":{\"b\":1,\"c\":2}}" },
	{ "{\"a\":{\"b\":1}}", "{\"a\":5}", "{\"a\":{\"b\":1}}" },
	{ "{\"a\":5}", "{\"a\":{\"b\":1}}", "{\"a\":5}" },
	{ "{\"a\":1}", "{\"a\":1,\"gone\":null}", "{}" },
	{ "{\"a\":[1,2]}", "{\"a\":[2]}", "{\"a\":[1,2]}" },
};

static void
test_an_inverse_brings_back_what_was(void **state)
{
	cJSON *before, *patch, *inverse, *now;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(inverses); i++) {
		before = cJSON_Parse(inverses[i].before);
		patch = cJSON_Parse(inverses[i].patch);
		inverse = section_inverse(before, patch);
		text = json_print(inverse);
		assert_string_equal(inverses[i].inverse, text);
		now = cJSON_Duplicate(before, true);
		json_merge(now, patch);
		json_merge(now, inverse);
		assert_true(json_equal(before, now));
		free(text);
		cJSON_Delete(before);
		cJSON_Delete(patch);
		cJSON_Delete(inverse);
		cJSON_Delete(now);
	}
}

static void
test_a_section_is_found_without_what_the_hub_adds(void **state)
{
	cJSON *twin = cJSON_Parse(
	    "{\"tags\":{\"a\":1},\"properties\":{\"desired\":{\"b\":2,"
	    "\"$version\":4,\"$metadata\":{}}}}");
	cJSON *tags = section_dup(twin, TWIN_TAGS);
	cJSON *desired = section_dup(twin, TWIN_DESIRED);
	cJSON *none = section_dup(tags, TWIN_DESIRED);
	char *text = json_print(desired);

	(void)state;
	assert_string_equal("{\"b\":2}", text);
	assert_int_equal(1, cJSON_GetArraySize(tags));
	assert_true(cJSON_IsObject(none));
	assert_null(none->child);
	free(text);
	text = section_body(TWIN_TAGS, "{\"a\":1}");
	assert_string_equal("{\"tags\":{\"a\":1}}", text);
	free(text);
	text = section_body(TWIN_DESIRED, "{}");
	assert_string_equal("{\"properties\":{\"desired\":{}}}", text);
	free(text);
	cJSON_Delete(twin);
	cJSON_Delete(tags);
	cJSON_Delete(desired);
	cJSON_Delete(none);
}

static const struct {
	enum twin_section section;
	const char *json, *key, *words; /* key of the fault; "": the whole */
} faults[] = {
	{ TWIN_DESIRED, "{\"a\":1,\"b\":{\"c d\":2}}", "c d",
	    "properties.desired.b.c d: a key may hold no" },
	{ TWIN_TAGS, "{\"a\":[1,null]}", "a",
	    "tags.a: an array may hold no null" },
	{ TWIN_DESIRED,
	    "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":"
	    "{\"j\":{\"k\":{}}}}}}}}}}}}",
	    "k", "properties.desired.a.b.c.d.e.f.g.h.i.j.k: nested more" },
	{ TWIN_DESIRED, "{\"n\":4503599627370496}", "n",
	    "properties.desired.n: an integer must be" },
};

static void
test_a_fault_names_thing_limit_and_path(void **state)
{
	const cJSON *fault;
	struct err err;
	cJSON *json;
	char *big;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(faults); i++) {
		json = cJSON_Parse(faults[i].json);
		assert_int_equal(-1,
		    section_check(faults[i].section, json, &fault, &err));
		if (!str_starts_with(err.text, faults[i].words))
			fail_msg("%s", err.text);
		assert_string_equal(faults[i].key, fault->string);
		cJSON_Delete(json);
	}
	json = cJSON_CreateObject();
	for (i = 0; i < 3; i++) {
		big = xcalloc(1, 3001);
		memset(big, 'x', 3000);
		cJSON_AddStringToObject(json, (char[]){ (char)('a' + i), 0 },
		    big);
		free(big);
	}
	assert_int_equal(0, section_check(TWIN_DESIRED, json, &fault, &err));
	assert_int_equal(-1, section_check(TWIN_TAGS, json, &fault, &err));
	assert_string_equal("tags: 9003 bytes as IoT Hub counts them, 8 KB "
	    "(8192) are the limit", err.text);
	assert_ptr_equal(json, fault);
	cJSON_Delete(json);
}

static void
write_and_wait(struct job_fixture *f, struct job_request request)
{
	request.ack_only = true;
	job_fixture_add(f, &request);
	job_fixture_finish(f);
}

static void
set(struct job_fixture *f, const char *patch, const char *a, const char *b)
{
	const char *ids[] = { a, b };

	write_and_wait(f,
	    (struct job_request){ .action = JOB_DESIRED,
		.patch = patch,
		.device_ids = ids,
		.n_devices = b != NULL ? 2 : 1 });
}

/* As the deck's undo: each device's own inverse, under the etag we left. */
static void
undo(struct job_fixture *f, const struct edits_job *edit)
{
	const char *ids[4], *patches[4], *etags[4];
	size_t i, n = 0;

	assert_non_null(edit);
	for (i = 0; i < edit->n; i++) {
		if (edit->devices[i].undone)
			continue;
		ids[n] = edit->devices[i].device_id;
		patches[n] = edit->devices[i].inverse;
		etags[n++] = edit->devices[i].etag;
	}
	write_and_wait(f,
	    (struct job_request){ .action = JOB_DESIRED,
		.patches = patches,
		.etags = etags,
		.device_ids = ids,
		.n_devices = n,
		.undo_of = edit->job_number });
}

static void
assert_desired(struct fake_device *device, const char *text)
{
	char *is = fake_device_section(device, "desired");

	assert_string_equal(text, is);
	free(is);
}

static void
test_an_edit_of_many_is_undone_on_each(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");
	struct fake_device *b = fake_hub_add(f->hub, "b");

	assert_null(edits_last(f->edits));
	fake_device_write(a, "{\"x\":1}");
	set(f, "{\"x\":5}", "a", "b");
	assert_int_equal(2, edits_last(f->edits)->n);
	undo(f, edits_last(f->edits));
	assert_desired(a, "{\"x\":1}");
	assert_desired(b, "{}");
	assert_null(edits_last(f->edits));
}

static void
test_edits_are_undone_one_after_the_other(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");

	set(f, "{\"x\":1}", "a", NULL);
	set(f, "{\"x\":2}", "a", NULL);
	assert_int_equal(
	    2, edits_wrote(f->edits, "a", fake_device_etag(a)));
	undo(f, edits_last(f->edits));
	assert_desired(a, "{\"x\":1}");
	assert_int_equal(1, edits_last(f->edits)->job_number);
	undo(f, edits_last(f->edits));
	assert_desired(a, "{}");
	assert_null(edits_last(f->edits));
	/* An undo can be undone, and the edit is there again. */
	undo(f, edits_by_job(f->edits, 4));
	assert_desired(a, "{\"x\":1}");
	assert_int_equal(1, edits_last(f->edits)->job_number);
	undo(f, edits_last(f->edits));
	assert_desired(a, "{}");
}

static void
test_what_somebody_else_wrote_is_not_undone(void **state)
{
	struct job_fixture *f = *state;
	struct fake_device *a = fake_hub_add(f->hub, "a");

	set(f, "{\"x\":1}", "a", NULL);
	fake_device_write(a, "{\"y\":1}");
	assert_int_equal(
	    0, edits_wrote(f->edits, "a", fake_device_etag(a)));
	undo(f, edits_last(f->edits));
	assert_int_equal(
	    JOB_DEVICE_FAILED, job_device(f->job, 0)->state);
	assert_int_equal(ERR_CONFLICT, job_device(f->job, 0)->err.code);
	assert_desired(a, "{\"x\":1,\"y\":1}");
	assert_int_equal(1, edits_last(f->edits)->job_number);
}

static void
test_what_changed_nothing_is_no_edit(void **state)
{
	struct job_fixture *f = *state;

	fake_device_write(fake_hub_add(f->hub, "a"), "{\"x\":1}");
	set(f, "{\"x\":1}", "a", NULL);
	assert_null(edits_last(f->edits));
	assert_null(edits_by_job(f->edits, 1));
}

static void
test_the_oldest_edits_are_forgotten(void **state)
{
	struct edits *edits = edits_new();
	cJSON *before = cJSON_CreateObject(), *patch = cJSON_Parse("{\"a\":1}");
	struct edits_write write = { .device_id = "a",
		.section = TWIN_TAGS,
		.before = before,
		.patch = patch,
		.etag_before = "1",
		.etag_after = "2" };
	int i;

	(void)state;
	for (i = 1; i <= EDITS_MAX + 5; i++) {
		write.job_number = i;
		edits_note(edits, &write);
	}
	assert_null(edits_by_job(edits, 5));
	assert_non_null(edits_by_job(edits, 6));
	assert_int_equal(EDITS_MAX + 5, edits_last(edits)->job_number);
	cJSON_Delete(before);
	cJSON_Delete(patch);
	edits_free(edits);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_inverse_brings_back_what_was),
		cmocka_unit_test(
		    test_a_section_is_found_without_what_the_hub_adds),
		cmocka_unit_test(test_a_fault_names_thing_limit_and_path),
		JOB_CASE(test_an_edit_of_many_is_undone_on_each),
		JOB_CASE(test_edits_are_undone_one_after_the_other),
		JOB_CASE(test_what_somebody_else_wrote_is_not_undone),
		JOB_CASE(test_what_changed_nothing_is_no_edit),
		cmocka_unit_test(test_the_oldest_edits_are_forgotten),
	};

	return cmocka_run_group_tests(
	    tests, fake_hub_setup_ca, fake_hub_teardown_ca);
}
