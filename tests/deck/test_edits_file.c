/* Edits that outlive the deck: on disk, by hub, for the next start. */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/edits.h"
#include "core/deck/edits_file.h"
#include "tests/support/test.h"

static char home[64];
static struct event_base *base;
static char said[1000];
static int n_said;

static int
setup(void **state)
{
	(void)state;
	snprintf(home, sizeof(home), "/tmp/twindeck-edits-XXXXXX");
	assert_non_null(mkdtemp(home));
	setenv("XDG_STATE_HOME", home, 1);
	base = event_base_new();
	n_said = 0;
	return 0;
}

static int
teardown(void **state)
{
	char *command = xasprintf("rm -r '%s'", home);
	int rc = system(command);

	(void)state;
	event_base_free(base);
	free(command);
	return rc;
}

static void
on_say(const char *text, void *arg)
{
	(void)arg;
	n_said++;
	snprintf(said, sizeof(said), "%s", text);
}

/* One start of the deck. */
struct start {
	struct edits *edits;
	struct edits_file *file;
};

static struct start
begin(const char *hub)
{
	struct start s = { .edits = edits_new() };

	s.file = edits_file_new(base, s.edits, hub, on_say, NULL);
	assert_non_null(s.file);
	return s;
}

static void
end(struct start *s)
{
	edits_file_free(s->file);
	edits_free(s->edits);
}

static void
note(struct start *s, int job, int undo_of, const char *id,
    const char *before, const char *patch, const char *etags)
{
	cJSON *b = cJSON_Parse(before), *p = cJSON_Parse(patch);
	char etag_before[] = { etags[0], '\0' }, etag_after[] = { etags[1],
		'\0' };
	const struct edits_write write = { .job_number = job,
		.undo_of = undo_of,
		.section = TWIN_DESIRED,
		.device_id = id,
		.before = b,
		.patch = p,
		.etag_before = etag_before,
		.etag_after = etag_after };

	edits_note(s->edits, &write);
	cJSON_Delete(b);
	cJSON_Delete(p);
}

/* Every file of the name below the hub's folder; how many there are. */
static int
count(const char *pattern)
{
	char *command = xasprintf(
	    "exit $(find '%s/twindeck/undo' -path '%s' | wc -l)", home,
	    pattern);
	int status = system(command);

	free(command);
	return WEXITSTATUS(status);
}

static void
run_shell(const char *script)
{
	char *command =
	    xasprintf("cd '%s/twindeck/undo/' && %s", home, script);

	assert_int_equal(0, system(command));
	free(command);
}

static void
test_an_edit_is_there_after_a_restart(void **state)
{
	struct start s = begin("hub-a:1");
	const struct edits_job *edit;
	char name[EDITS_NAME_SIZE];
	int64_t before_us = clock_utc_us();

	(void)state;
	assert_null(edits_last(s.edits));
	note(&s, 1, 0, "a", "{\"x\":1}", "{\"x\":2}", "01");
	note(&s, 2, 0, "a", "{\"x\":2}", "{\"x\":3,\"y\":1}", "12");
	note(&s, 2, 0, "b", "{}", "{\"x\":3}", "01");
	edits_name(name, edits_last(s.edits));
	assert_string_equal("job 2", name);
	end(&s);
	s = begin("hub-a:1");
	edit = edits_last(s.edits);
	assert_non_null(edit);
	assert_int_equal(-1, edit->job_number);
	assert_int_equal(0, edit->undo_of);
	assert_int_equal(TWIN_DESIRED, edit->section);
	assert_true(edit->at_us >= before_us);
	assert_true(edit->at_us < clock_utc_us());
	assert_int_equal(2, edit->n);
	assert_int_equal(0, edit->n_undone);
	assert_string_equal("a", edit->devices[0].device_id);
	assert_string_equal(
	    "{\"y\":null,\"x\":2}", edit->devices[0].inverse);
	assert_string_equal("1", edit->devices[0].etag_before);
	assert_string_equal("2", edit->devices[0].etag);
	edits_name(name, edit);
	assert_memory_equal("the edit of 20", name, 14);
	assert_int_equal(28, strlen(name));
	assert_null(edits_by_job(s.edits, 2)); /* numbers begin anew */
	assert_int_equal(-2, edits_wrote(s.edits, "a", "1"));
	/* The new ones come behind them. */
	note(&s, 1, 0, "a", "{}", "{\"z\":1}", "34");
	assert_int_equal(1, edits_last(s.edits)->job_number);
	end(&s);
	s = begin("hub-a:1");
	assert_int_equal(-1, edits_last(s.edits)->job_number);
	assert_non_null(edits_by_job(s.edits, -3));
	assert_null(edits_by_job(s.edits, -4));
	end(&s);
	assert_int_equal(1, count("*/edits.json"));
	assert_int_equal(0, n_said);
}

static void
test_undos_and_what_they_took_back_stay_together(void **state)
{
	struct start s = begin("hub");
	const struct edits_job *edit;

	(void)state;
	note(&s, 1, 0, "a", "{}", "{\"x\":1}", "01");
	note(&s, 2, 0, "a", "{\"x\":1}", "{\"x\":2}", "12");
	end(&s);
	s = begin("hub");
	note(&s, 1, -1, "a", "{\"x\":2}", "{\"x\":1}", "23");
	end(&s);
	s = begin("hub");
	/* -3: x=1, -2: x=2, -1: x=2 taken back. */
	edit = edits_last(s.edits);
	assert_int_equal(-3, edit->job_number);
	assert_string_equal("3", edit->devices[0].etag);
	edit = edits_by_job(s.edits, -2);
	assert_int_equal(1, edit->n_undone);
	assert_true(edit->devices[0].undone);
	assert_int_equal(-2, edits_by_job(s.edits, -1)->undo_of);
	/* The undo is undone. */
	note(&s, 1, -1, "a", "{\"x\":1}", "{\"x\":2}", "34");
	end(&s);
	s = begin("hub");
	edit = edits_last(s.edits);
	assert_int_equal(-3, edit->job_number);
	assert_int_equal(0, edit->n_undone);
	assert_string_equal("4", edit->devices[0].etag);
	end(&s);
}

static void
test_an_undo_stays_one_when_its_edit_is_forgotten(void **state)
{
	struct start s = begin("hub");
	int i;

	(void)state;
	note(&s, 1, 0, "a", "{}", "{\"x\":1}", "01");
	note(&s, 2, 1, "a", "{\"x\":1}", "{\"x\":null}", "12");
	for (i = 3; i <= EDITS_MAX + 1; i++)
		note(&s, i, 2, "b", "{}", "{\"x\":1}", "01");
	end(&s);
	s = begin("hub");
	assert_int_not_equal(0, edits_by_job(s.edits, -EDITS_MAX)->undo_of);
	assert_null(edits_last(s.edits));
	end(&s);
}

static void
test_another_hub_has_edits_of_its_own(void **state)
{
	struct start s = begin("hub:1"), other;

	(void)state;
	note(&s, 1, 0, "a", "{}", "{\"x\":1}", "01");
	end(&s);
	other = begin("hub:2");
	assert_null(edits_last(other.edits));
	note(&other, 1, 0, "b", "{}", "{\"x\":1}", "01");
	end(&other);
	other = begin("hub_1"); /* of the same name on disk */
	assert_null(edits_last(other.edits));
	note(&other, 1, 0, "c", "{}", "{\"x\":1}", "01");
	end(&other);
	s = begin("hub:1");
	assert_string_equal("a", edits_last(s.edits)->devices[0].device_id);
	assert_null(edits_by_job(s.edits, -2));
	end(&s);
}

static void
test_two_decks_at_once_keep_theirs_apart(void **state)
{
	struct start a = begin("hub"), b = begin("hub"), next;

	(void)state;
	note(&a, 1, 0, "a1", "{}", "{\"x\":1}", "01");
	note(&b, 1, 0, "b1", "{}", "{\"x\":1}", "01");
	note(&a, 2, 0, "a2", "{}", "{\"x\":1}", "01");
	end(&b);
	b = begin("hub");
	assert_string_equal("b1", edits_last(b.edits)->devices[0].device_id);
	assert_null(edits_by_job(b.edits, -2));
	end(&a);
	end(&b);
	next = begin("hub");
	assert_string_equal("a2", edits_last(next.edits)->devices[0].device_id);
	assert_string_equal(
	    "b1", edits_by_job(next.edits, -2)->devices[0].device_id);
	assert_string_equal(
	    "a1", edits_by_job(next.edits, -3)->devices[0].device_id);
	end(&next);
	/* Only asked for: nothing was put together yet. */
	assert_int_equal(2, count("*/edits.json"));
	next = begin("hub");
	note(&next, 1, 0, "c", "{}", "{\"x\":1}", "01");
	end(&next);
	assert_int_equal(1, count("*/edits.json"));
	next = begin("hub");
	assert_non_null(edits_by_job(next.edits, -4));
	end(&next);
}

/* Killed between writing all into one file and removing the others. */
static void
test_what_was_put_together_by_half_is_there_once(void **state)
{
	struct start s = begin("hub");

	(void)state;
	note(&s, 1, 0, "a", "{}", "{\"x\":1}", "01");
	end(&s);
	run_shell("cp -r hub/* ../older");
	s = begin("hub");
	note(&s, 1, -1, "a", "{\"x\":1}", "{\"x\":null}", "12");
	end(&s);
	run_shell("mv ../older hub/");
	s = begin("hub");
	assert_null(edits_last(s.edits)); /* as the newer file has it */
	assert_non_null(edits_by_job(s.edits, -2));
	assert_null(edits_by_job(s.edits, -3));
	end(&s);
}

static void
test_it_is_written_while_the_deck_runs(void **state)
{
	struct start s = begin("hub");
	int64_t until_ms = clock_mono_ms() + 20000;

	(void)state;
	note(&s, 1, 0, "a", "{}", "{\"x\":1}", "01");
	while (count("*/edits.json") == 0 && clock_mono_ms() < until_ms)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(1, count("*/edits.json"));
	run_shell("test \"$(stat -c %a hub hub/* hub/*/* | tr '\\n' ' ')\" = "
		  "'700 700 600 '");
	end(&s);
}

static void
test_a_broken_file_is_moved_aside_and_said(void **state)
{
	static const char *const texts[] = { "", "{\"hub\":", "[1]",
		"{\"hub\":\"hub\",\"savedUs\":5,\"edits\":[{}]}",
		"{\"hub\":\"hub\",\"savedUs\":5,\"edits\":[{\"atUs\":1,"
		"\"undoOfUs\":0,\"section\":\"desired\",\"devices\":[{"
		"\"id\":\"a\",\"etag\":\"1\",\"etagBefore\":null,"
		"\"undone\":false,\"inverse\":{}}]}]}" };
	struct start s;
	char *path;
	size_t i;

	(void)state;
	s = begin("hub");
	note(&s, 1, 0, "a", "{}", "{\"x\":1}", "01");
	end(&s);
	for (i = 0; i < N_ROWS(texts); i++) {
		run_shell("mkdir -m 700 hub/x");
		path = xasprintf("%s/twindeck/undo/hub/x/edits.json", home);
		assert_int_equal(0,
		    paths_write_file(
			path, texts[i], strlen(texts[i]), 0600, NULL));
		n_said = 0;
		s = begin("hub");
		assert_string_equal(
		    "a", edits_last(s.edits)->devices[0].device_id);
		assert_int_equal(1, n_said);
		assert_true(str_starts_with(
		    said, "edits of an earlier start cannot be taken back: "));
		assert_non_null(strstr(said, "; they are in /tmp/"));
		assert_int_equal(-1, access(path, F_OK));
		assert_int_equal((int)i + 1, count("*/broken-*.json"));
		end(&s);
		run_shell("rmdir hub/x");
		free(path);
	}
}

static void
test_what_does_not_fit_is_left_out(void **state)
{
	struct start s = begin("hub");
	char *big = xcalloc(1, 1000001), *before;
	int i;

	(void)state;
	for (i = 1; i <= EDITS_MAX + 5; i++)
		note(&s, i, 0, "a", "{}", "{\"x\":1}", "01");
	end(&s);
	s = begin("hub");
	assert_int_equal(-1, edits_last(s.edits)->job_number);
	assert_non_null(edits_by_job(s.edits, -EDITS_MAX));
	assert_null(edits_by_job(s.edits, -EDITS_MAX - 1));
	memset(big, 'x', 1000000);
	before = xasprintf("{\"x\":\"%s\"}", big);
	for (i = 1; i <= 5; i++)
		note(&s, i, 0, "a", before, "{\"x\":1}", "01");
	/* One that is too long alone. */
	for (i = 0; i < 5; i++)
		note(&s, 6, 0, (char[]){ (char)('a' + i), '\0' }, before,
		    "{\"x\":1}", "01");
	assert_int_equal(6, edits_last(s.edits)->job_number);
	end(&s);
	s = begin("hub");
	assert_int_equal(1, edits_by_job(s.edits, -4)->n);
	assert_true(strlen(edits_by_job(s.edits, -4)->devices[0].inverse) >
	    1000000);
	assert_string_equal("{\"x\":null}",
	    edits_by_job(s.edits, -5)->devices[0].inverse);
	assert_non_null(edits_by_job(s.edits, 2 - EDITS_MAX));
	assert_null(edits_by_job(s.edits, 1 - EDITS_MAX));
	assert_int_equal(0, n_said);
	end(&s);
	free(before);
	free(big);
}

static void
test_a_disk_that_takes_nothing_is_said_once(void **state)
{
	struct start s;
	char *path = xasprintf("%s/twindeck", home);

	(void)state;
	assert_int_equal(0, paths_write_file(path, "", 0, 0600, NULL));
	s = begin("hub");
	note(&s, 1, 0, "a", "{}", "{\"x\":1}", "01");
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(1, n_said);
	assert_true(str_starts_with(
	    said, "edits can be taken back until the deck ends: cannot make"));
	note(&s, 2, 0, "a", "{}", "{\"x\":1}", "01");
	assert_int_equal(2, edits_last(s.edits)->job_number);
	end(&s);
	assert_int_equal(1, n_said);
	free(path);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_an_edit_is_there_after_a_restart),
		CASE(test_undos_and_what_they_took_back_stay_together),
		CASE(test_an_undo_stays_one_when_its_edit_is_forgotten),
		CASE(test_another_hub_has_edits_of_its_own),
		CASE(test_two_decks_at_once_keep_theirs_apart),
		CASE(test_what_was_put_together_by_half_is_there_once),
		CASE(test_it_is_written_while_the_deck_runs),
		CASE(test_a_broken_file_is_moved_aside_and_said),
		CASE(test_what_does_not_fit_is_left_out),
		CASE(test_a_disk_that_takes_nothing_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
