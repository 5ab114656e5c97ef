#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "tests/deck/fake_hub.h"
#include "tests/support/test.h"

static const struct {
	const char *line, *words; /* separated by |; NULL: refused */
} lines[] = {
	{ "", "" },
	{ "  ls  ", "ls" },
	{ "call lockDoor {\"lockTime\": \"10m\"} --ack",
	    "call|lockDoor|{\"lockTime\": \"10m\"}|--ack" },
	{ "call m [1, {\"a\": \"] }\"}] x", "call|m|[1, {\"a\": \"] }\"}]|x" },
	{ "call m '{\"a\": 1}'", "call|m|{\"a\": 1}" },
	{ "call m \"{\\\"a\\\": 1}\"", "call|m|{\"a\": 1}" },
	{ "set a.b={\"c\": [1, 2]} d=1", "set|a.b={\"c\": [1, 2]}|d=1" },
	{ "set site=\"Brno two\"", "set|site=\"Brno two\"" },
	{ "set 'site=\"x\"'", "set|site=\"x\"" },
	{ "a\\ b ''", "a b|" },
	{ "call m {\"s\":\"a\\\"}\"}", "call|m|{\"s\":\"a\\\"}\"}" },
	{ "call m {\"a\":1", NULL },
	{ "call m \"x", NULL },
	{ "call m {\"a", NULL },
};

static void
test_a_line_splits_as_in_a_shell_and_keeps_json_together(void **state)
{
	char joined[256], **words;
	struct err err;
	size_t i, j, n;

	(void)state;
	for (i = 0; i < N_ROWS(lines); i++) {
		if (lines[i].words == NULL) {
			assert_int_equal(-1,
			    command_split(lines[i].line, &words, &n, &err));
			assert_non_null(strstr(err.text, "is not closed"));
			continue;
		}
		assert_int_equal(
		    0, command_split(lines[i].line, &words, &n, &err));
		joined[0] = '\0';
		for (j = 0; j < n; j++) {
			if (j > 0)
				strcat(joined, "|");
			strcat(joined, words[j]);
		}
		assert_string_equal(lines[i].words, joined);
		str_array_free(words, n);
	}
}

static void
test_names_of_two_words_are_found(void **state)
{
	char twin[] = "twin", get[] = "get", x[] = "x", twinx[] = "twinx";
	char *const good[] = { twin, get, x };
	char *const half[] = { twin, x };
	char *const wrong[] = { twinx, get };
	struct err err;
	size_t used;

	(void)state;
	assert_string_equal(
	    "twin get", command_find(good, 3, &used, &err)->name);
	assert_int_equal(2, used);
	assert_null(command_find(half, 2, &used, &err));
	assert_null(command_find(wrong, 2, &used, &err));
	assert_string_equal(
	    "there is no command \"twinx\"; see help", err.text);
	assert_null(command_find(good, 0, &used, &err));
}

static void
test_when_is_now_a_delay_or_a_time(void **state)
{
	static const struct {
		const char *when;
		int64_t ms; /* -1: refused */
	} times[] = {
		{ "now", 0 }, { "", 0 }, { "+20s", 20000 }, { " +5m", 300000 },
		{ "+500ms", 500 }, { "20s", -1 }, { "+", -1 }, { "25:00", -1 },
		{ "soon", -1 }, { "2020-01-01T00:00Z", -1 }, { "+90d", -1 },
	};
	char iso[CLOCK_STAMP_SIZE];
	struct err err;
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(times); i++) {
		if (times[i].ms == -1) {
			assert_int_equal(-1,
			    command_parse_when(times[i].when, &ms, &err));
			assert_int_equal(0, strncmp(err.text, "when: ", 6));
			continue;
		}
		assert_int_equal(
		    0, command_parse_when(times[i].when, &ms, &err));
		assert_int_equal(times[i].ms, ms);
	}
	assert_int_equal(0, command_parse_when("14:30", &ms, &err));
	assert_in_range(ms, 1, INT64_C(25) * 3600 * 1000);
	clock_format_iso(iso, clock_utc_us() + INT64_C(60) * 1000000);
	assert_int_equal(0, command_parse_when(iso, &ms, &err));
	assert_in_range(ms, 50000, 60000);
}

static int
setup(void **state)
{
	*state = fake_hub_new();
	return 0;
}

static int
teardown(void **state)
{
	fake_hub_free(*state);
	return 0;
}

static struct job *
run(struct fake_hub *hub, const char *line)
{
	static const char *const marked[] = { "a", "b" };
	struct command_context context = { .deck = fake_hub_deck(hub),
		.device_ids = marked, .n_devices = 2 };
	struct command_result result;
	struct err err;

	if (command_run_line(&context, line, &result, &err) == -1)
		fail_msg("%s: %s", line, err.text);
	return result.job;
}

static void
test_a_rehearsal_says_on_whom_and_begins_nothing(void **state)
{
	struct command_context context = { .deck = fake_hub_deck(*state),
		.rehearses = true };
	struct command_result result;
	struct err err;

	assert_int_equal(0, command_run_line(&context, "call m --on a,b",
	    &result, &err));
	assert_int_equal(2, result.n_devices);
	assert_string_equal("b", result.device_ids[1]);
	str_array_free(result.device_ids, result.n_devices);
	assert_int_equal(-1, command_run_line(&context,
	    "call m {} --on a --when soon", &result, &err));
	assert_int_equal(0, command_run_line(&context, "cancel 7", &result,
	    &err));
	assert_int_equal(0, result.n_devices);
	assert_int_equal(0, jobs_size(deck_jobs(context.deck)));
}

static void
test_call_makes_a_job_on_what_is_marked_or_named(void **state)
{
	struct job *job =
	    run(*state, "call lockDoor {\"lockTime\": \"10m\"} --when +1h");
	const struct job_request *r = job_request(job);

	assert_int_equal(JOB_METHOD, r->action);
	assert_string_equal("{\"lockTime\": \"10m\"}", r->payload);
	assert_int_equal(30, r->response_timeout_s);
	assert_int_equal(3600000, r->delay_ms);
	assert_int_equal(2, job_size(job));
	assert_false(r->ack_only);
	job = run(*state, "call --on 'c,d\\,e,,f' --timeout=9 --at-once 2 m "
	    "--ack --when +1h --connect-timeout 4");
	r = job_request(job);
	assert_int_equal(3, job_size(job));
	assert_string_equal("c", job_device(job, 0)->device_id);
	assert_int_equal(9, r->response_timeout_s);
	assert_int_equal(4, r->connect_timeout_s);
	assert_int_equal(2, r->at_once);
	assert_true(r->ack_only);
	assert_null(r->payload);
}

static void
test_set_makes_one_patch_of_all_paths(void **state)
{
	struct job *job = run(*state,
	    "set building=43 a.b=\"x y\" a.c=[1, 2] gone=null --when +1h");

	assert_int_equal(JOB_DESIRED, job_request(job)->action);
	assert_string_equal("{\"building\":43,\"a\":{\"b\":\"x y\",\"c\":[1,2]},"
	    "\"gone\":null}", job_request(job)->patch);
	job = run(*state, "set-tags site=\"brno\" floor=3 --when +1h");
	assert_int_equal(JOB_TAGS, job_request(job)->action);
	assert_string_equal(
	    "{\"site\":\"brno\",\"floor\":3}", job_request(job)->patch);
}

static void
test_cancel_takes_a_number(void **state)
{
	struct job *job = run(*state, "call m --when +1h");

	run(*state, "cancel 1");
	assert_int_equal(JOB_CANCELLED, job_state(job));
}

static void
test_wrong_usage_is_said_and_starts_nothing(void **state)
{
	static const struct {
		const char *line, *words;
	} wrong[] = {
		{ "call m", "no device: mark some" },
		{ "call --on a", "call takes a METHOD" },
		{ "call m {} {} --on a", "call takes a METHOD" },
		{ "call m {x} --on a", "payload: line 1, column 2" },
		{ "call m --timeout 4 --on a", "--timeout takes a whole" },
		{ "call m --on a --when soon", "when: " },
		{ "set --on a", "set what?" },
		{ "set-tags --on a", "set what? Say PATH=JSON, as in site=" },
		{ "set building --on a", "building: column 9: expected '='" },
		{ "set a=brno --on a", "a=brno: column 3: expected a JSON" },
		{ "set desired.a=1 --on a",
		    "desired.a=1: paths begin below desired: a=1" },
		{ "set-tags tags.site=null --on a",
		    "tags.site=null: paths begin below tags: site=null" },
		{ "set a=1 a=2 --on a", "a=2: \"a\" stands twice" },
		{ "ls", "ls prints" },
		{ "cancel 7", "there is no job 7" },
		{ "cancel", "no job is under the cursor" },
		{ "nonsense", "there is no command" },
		{ "call m --what --on a", "unknown option --what" },
		{ "", "no command" },
	};
	struct command_context context = { .deck = fake_hub_deck(*state) };
	struct command_result result;
	struct err err;
	size_t i;

	for (i = 0; i < N_ROWS(wrong); i++) {
		assert_int_equal(-1, command_run_line(
		    &context, wrong[i].line, &result, &err));
		if (strncmp(err.text, wrong[i].words,
			strlen(wrong[i].words)) != 0)
			fail_msg("%s: %s", wrong[i].line, err.text);
	}
	assert_int_equal(0, jobs_size(deck_jobs(context.deck)));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_line_splits_as_in_a_shell_and_keeps_json_together),
		cmocka_unit_test(test_names_of_two_words_are_found),
		cmocka_unit_test(test_when_is_now_a_delay_or_a_time),
		CASE(test_a_rehearsal_says_on_whom_and_begins_nothing),
		CASE(test_call_makes_a_job_on_what_is_marked_or_named),
		CASE(test_set_makes_one_patch_of_all_paths),
		CASE(test_cancel_takes_a_number),
		CASE(test_wrong_usage_is_said_and_starts_nothing),
	};

	return cmocka_run_group_tests(
	    tests, fake_hub_setup_ca, fake_hub_teardown_ca);
}
