/* Edits on the screen: form, editor, difference, conflict, undo. */
#include "config.h"

#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/edits.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "core/deck/profile.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/dialogs.h"
#include "tui/editor.h"
#include "tui/key.h"

#define press screen_rig_press
#define type screen_rig_type
#define shows screen_rig_shows
#define lacks screen_rig_lacks

#define EXITED(code) ((code) << 8) /* as waitpid() tells it */
#define KILLED(signo) (signo)

static const struct job_request *
asked(struct screen_rig *rig)
{
	return fake_deck_asked(rig->deck);
}

static void
choose(struct screen_rig *rig, int steps)
{
	while (steps-- > 0)
		press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
}

/* From a line of the form to the difference. */
static void
compare(struct screen_rig *rig)
{
	press(rig, KEYS_TAB);
	press(rig, KEYS_ENTER);
	press(rig, KEYS_ENTER);
}

static void
put_twin(struct screen_rig *rig, const char *id, const char *etag,
    const char *desired, const char *tags)
{
	char *json = xasprintf("{\"deviceId\":\"%s\",\"etag\":\"%s\","
	    "\"version\":13,\"tags\":%s,\"properties\":{\"desired\":%s,"
	    "\"reported\":{\"$version\":9}}}", id, etag, tags, desired);

	fake_deck_twin(rig->deck, json);
	free(json);
	screen_rig_draw(rig);
}

static void
refuse_last_job(struct screen_rig *rig)
{
	struct job *job = jobs_at(deck_jobs(rig->deck), 0);

	fake_job_device(job, 0)->state = JOB_DEVICE_FAILED;
	err_set(&fake_job_device(job, 0)->err, ERR_CONFLICT, "412");
	fake_deck_fire(rig->deck, DECK_JOBS);
	screen_rig_draw(rig);
}

#define THEIRS "{\"building\":44,\"floor\":3,\"interval\":6,\"$version\":5}"

/* building changed by both, mode here, interval there. */
static void
run_into_conflict(struct screen_rig *rig, bool twin_comes_first)
{
	screen_rig_command(rig, "go door-004");
	press(rig, 'e');
	press(rig, CTRL_KEY('u'));
	type(rig, "building = 45");
	press(rig, KEYS_ENTER);
	press(rig, KEYS_ENTER);
	press(rig, KEYS_ENTER);
	type(rig, "mode = \"night\"");
	compare(rig);
	choose(rig, 2);
	if (twin_comes_first)
		put_twin(rig, "door-004", "AAAAAAAAAAQ=", THEIRS, "{}");
	refuse_last_job(rig);
	if (!twin_comes_first)
		put_twin(rig, "door-004", "AAAAAAAAAAQ=", THEIRS, "{}");
	assert_true(shows(rig, "AAAAAAAAAAM= is now AAAAAAAAAAQ="));
}

static void
test_a_conflict_shows_three_versions(void **state)
{
	struct screen_rig *rig = *state;

	run_into_conflict(rig, false);
	screen_rig_compare(rig, "conflict");
	screen_rig_resize(rig, 60, 16);
	screen_rig_compare(rig, "conflict_60");
}

static void
test_mine_goes_on_top_of_theirs(void **state)
{
	struct screen_rig *rig = *state;

	run_into_conflict(rig, true);
	press(rig, KEYS_LEFT);
	press(rig, KEYS_LEFT);
	press(rig, KEYS_LEFT);
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "as opened at $v 5"));
	assert_true(shows(rig, "- building      44"));
	choose(rig, 2);
	assert_string_equal("{\"building\":45,\"mode\":\"night\"}",
	    asked(rig)->patch);
	assert_string_equal("AAAAAAAAAAQ=", asked(rig)->etags[0]);
}

static void
test_theirs_is_taken_and_the_rest_of_mine_is_sent(void **state)
{
	struct screen_rig *rig = *state;

	run_into_conflict(rig, true);
	press(rig, KEYS_LEFT);
	press(rig, KEYS_LEFT);
	press(rig, KEYS_ENTER);
	choose(rig, 2);
	assert_string_equal("{\"mode\":\"night\"}", asked(rig)->patch);
}

static void
test_a_conflict_is_edited_again_or_given_up(void **state)
{
	struct screen_rig *rig = *state;

	run_into_conflict(rig, true);
	press(rig, KEYS_LEFT);
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "What you changed stands on top"));
	assert_true(shows(rig, "building = 45"));
	assert_true(shows(rig, "interval = 6"));
	assert_true(shows(rig, "mode = \"night\""));
	compare(rig);
	choose(rig, 2);
	put_twin(rig, "door-004", "AAAAAAAAAAU=", THEIRS, "{}");
	refuse_last_job(rig);
	assert_true(shows(rig, "AAAAAAAAAAQ= is now AAAAAAAAAAU="));
	press(rig, KEYS_ENTER); /* Cancel has the focus */
	assert_true(lacks(rig, "Conflict"));
	assert_true(shows(rig, "what you typed was given up"));
}

static void
test_tags_are_edited_like_desired_properties(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 't');
	assert_true(shows(rig, "tags of door-001, as opened at version 12"));
	assert_true(shows(rig, "site = \"brno\""));
	press(rig, CTRL_KEY('u'));
	compare(rig);
	assert_true(shows(rig, "- site"));
	choose(rig, 2);
	assert_int_equal(JOB_TAGS, asked(rig)->action);
	assert_string_equal("{\"site\":null}", asked(rig)->patch);
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "tags set floor=4 --on door-003 --when +1h");
	assert_string_equal("{\"floor\":4}", asked(rig)->patch);
	assert_int_equal(3600000, asked(rig)->delay_ms);
	assert_string_equal("door-003", asked(rig)->device_ids[0]);
}

static void
test_a_conflict_of_tags_is_one_too(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 't');
	press(rig, CTRL_KEY('u'));
	compare(rig);
	choose(rig, 2);
	put_twin(rig, "door-001", "AAAAAAAAAAQ=", "{}", "{\"site\":\"praha\"}");
	refuse_last_job(rig);
	assert_true(shows(rig, "tags of door-001"));
	assert_true(shows(rig, "\"praha\""));
}

static void
test_a_limit_is_said_with_its_path_and_the_cursor_at_it(void **state)
{
	struct screen_rig *rig = *state;
	int y, x;

	press(rig, 't');
	press(rig, KEYS_ENTER);
	press(rig, KEYS_ENTER);
	type(rig, "place.n = 4503599627370497");
	press(rig, KEYS_UP);
	compare(rig);
	assert_true(shows(rig, "tags.place.n: an integer must be within"));
	canvas_cursor(rig->canvas, &y, &x);
	assert_int_equal('7', canvas_at(rig->canvas, y, x - 1)->ch);
	assert_null(asked(rig));
}

static void
save(struct screen_rig *rig, const char *text, int status)
{
	struct err err;

	assert_non_null(rig->lent);
	assert_int_equal(0,
	    paths_write_file(rig->lent, text, strlen(text), 0600, &err));
	app_lend_ended(rig->app, status);
	screen_rig_draw(rig);
}

static void
assert_holds(struct screen_rig *rig, const char *words)
{
	struct err err;
	char *text = paths_read_file(rig->lent, 100000, NULL, &err);

	if (text == NULL)
		fail_msg("%s", err.text);
	if (strstr(text, words) == NULL)
		fail_msg("no %s in: %s", words, text);
	free(text);
}

static void
test_the_editor_gets_the_section_in_a_private_file(void **state)
{
	struct screen_rig *rig = *state;
	struct stat st;
	char *path;

	screen_rig_command(rig, "go door-004");
	press(rig, 'E');
	assert_holds(rig, "// desired of door-004.\n");
	assert_holds(rig, "\n{\n  \"building\": 43,\n  \"floor\": 3,\n");
	assert_string_equal("+4,1", rig->lent_place);
	assert_int_equal(0, stat(rig->lent, &st));
	assert_int_equal(0600, st.st_mode & 0777);
	path = xstrdup(rig->lent);
	*strrchr(path, '/') = '\0';
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(0700, st.st_mode & 0777);
	/* One changed, one gone, one new: a minimal patch. */
	save(rig,
	    "// note\n{ \"building\": 44, \"interval\": 5,\n"
	    "  \"door\": {\"mode\": \"night\"} }\n",
	    EXITED(0));
	assert_true(shows(rig, "- floor"));
	assert_true(shows(rig, "+ door.mode     \"night\""));
	choose(rig, 2);
	assert_string_equal("{\"floor\":null,\"building\":44,"
	    "\"door\":{\"mode\":\"night\"}}", asked(rig)->patch);
	/* Sent: nothing is kept. */
	fake_job_device(jobs_at(deck_jobs(rig->deck), 0), 0)->state =
	    JOB_DEVICE_ACKNOWLEDGED;
	fake_deck_fire(rig->deck, DECK_JOBS);
	assert_int_equal(-1, stat(path, &st));
	free(path);
}

static void
test_invalid_json_opens_the_editor_again_at_the_fault(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_command(rig, "tags editor");
	save(rig, "// a\n// b\n{\n  \"site\": brno\n}\n", EXITED(0));
	assert_holds(rig, "// line 6, column 11: expected a JSON value\n");
	assert_holds(rig, "\n{\n  \"site\": brno\n}\n");
	assert_string_equal("+6,11", rig->lent_place);
	/* Beyond a limit is as bad: it leads to the key. */
	save(rig, "{\"site\":\"b\",\n\n \"a b\":1}", EXITED(0));
	assert_holds(rig, "// line 7, column 2: tags.a b: a key may hold no");
	assert_string_equal("+7,2", rig->lent_place);
	save(rig, "{\"site\":\"praha\",\"floor\":3}", EXITED(0));
	assert_true(shows(rig, "sends  {\"site\":\"praha\"}"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_null(asked(rig));
}

static void
test_a_text_that_nobody_mends_is_kept(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'E');
	save(rig, "{broken", EXITED(0));
	save(rig, "// note\n{broken\n", EXITED(0));
	assert_true(shows(rig, "^O goes on editing"));
	press(rig, CTRL_KEY('o'));
	assert_holds(rig, "\n{broken\n");
	save(rig, "{}", EXITED(0));
	assert_true(shows(rig, "nothing has been changed"));
	press(rig, KEYS_ESC);
	assert_true(lacks(rig, "Desired properties"));
}

static void
test_an_editor_that_fails_says_so_and_loses_nothing(void **state)
{
	static const struct {
		int status;
		const char *words;
	} ends[] = {
		{ KILLED(9), "was killed by signal 9" },
		{ EXITED(3), "ended with status 3" },
		{ EXITED(127), "was not found" },
	};
	struct screen_rig *rig = *state;
	size_t i;

	press(rig, 'e');
	for (i = 0; i < N_ROWS(ends); i++) {
		press(rig, CTRL_KEY('o'));
		save(rig, "{\"half\": typed", ends[i].status);
		assert_true(shows(rig, ends[i].words));
	}
	press(rig, CTRL_KEY('o'));
	assert_holds(rig, "{\"half\": typed");
	save(rig, "   \n", EXITED(0));
	assert_true(shows(rig, "an empty text: nothing was taken over"));
	/* What is typed in the form from then on is the newer one. */
	press(rig, CTRL_KEY('o'));
	save(rig, "{\"half\": typed", KILLED(15));
	type(rig, "x = 1");
	press(rig, CTRL_KEY('o'));
	assert_holds(rig, "{\n  \"x\": 1\n}");
	save(rig, "{\n  \"x\": 1\n}\n", EXITED(0));
	assert_true(shows(rig, "nothing was changed in the editor"));
	compare(rig);
	assert_true(shows(rig, "sends  {\"x\":1}"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
}

static void
test_an_edit_of_many_says_how_many_would_change(void **state)
{
	struct screen_rig *rig = *state;

	put_twin(rig, "door-002", "AAAAAAAAAAI=", "{\"building\":41}", "{}");
	press(rig, '*');
	press(rig, 'e');
	type(rig, "building = 43");
	compare(rig);
	assert_true(
	    shows(rig, "changes 7 of 8; 1 has these values already"));
	screen_rig_compare(rig, "edit_many");
	choose(rig, 2);
	assert_int_equal(7, asked(rig)->n_devices);
	assert_string_equal("door-002", asked(rig)->device_ids[1]);
	assert_string_equal("AAAAAAAAAAI=", asked(rig)->etags[1]);
	assert_string_equal("AAAAAAAAAAM=", asked(rig)->etags[0]);
	assert_string_equal("{\"building\":43}", asked(rig)->patch);
	/* Nothing is sent where nothing would change. */
	press(rig, 't');
	type(rig, "x = null");
	compare(rig);
	assert_true(shows(rig, "all have these values already"));
}

static void
test_an_edit_of_many_may_come_from_the_editor(void **state)
{
	struct screen_rig *rig = *state;

	fleet_mark(deck_fleet(rig->deck), "door-003", true);
	fleet_mark(deck_fleet(rig->deck), "door-004", true);
	press(rig, 'E');
	assert_holds(rig, "// desired to set on each of 2 devices; null removes");
	assert_holds(rig, "\n{}\n");
	save(rig, "{\"building\": null, \"floor\": 3}", EXITED(0));
	assert_true(shows(rig, "changes 2 of 2"));
	assert_true(shows(rig, "- building"));
	assert_true(shows(rig, "+ floor"));
	choose(rig, 2);
	assert_string_equal("{\"building\":null,\"floor\":3}",
	    asked(rig)->patch);
}

static void
test_an_edit_on_a_dangerous_hub_has_its_name_typed(void **state)
{
	struct screen_rig *rig = *state;
	struct err err;

	assert_int_equal(
	    0, profile_set(app_profile(rig->app), "danger", "yes", &err));
	press(rig, 't');
	press(rig, CTRL_KEY('u'));
	compare(rig);
	choose(rig, 2);
	assert_null(asked(rig));
	assert_true(shows(rig, "first type local demo, the hub's name"));
	type(rig, "local demo");
	press(rig, KEYS_ENTER);
	choose(rig, 2);
	assert_string_equal("{\"site\":null}", asked(rig)->patch);
}

/* A job wrote this on these devices, as far as the deck knows. */
static void
note(struct screen_rig *rig, int job, const char *id, const char *before,
    const char *patch, const char *etag)
{
	cJSON *b = cJSON_Parse(before), *p = cJSON_Parse(patch);
	const struct edits_write write = { .job_number = job,
		.section = TWIN_DESIRED, .device_id = id, .before = b,
		.patch = p, .etag_before = "0", .etag_after = etag };

	edits_note(deck_edits(rig->deck), &write);
	cJSON_Delete(b);
	cJSON_Delete(p);
}

static void
test_the_last_edit_is_taken_back_device_by_device(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 'U');
	assert_true(shows(rig, "undo: nothing that was edited"));
	note(rig, 3, "door-004", "{\"building\":41}", "{\"building\":43}",
	    "AAAAAAAAAAM=");
	note(rig, 3, "door-001", "{}", "{\"building\":43}", "AAAAAAAAAAM=");
	note(rig, 3, "door-002", "{}", "{\"building\":43}", "old");
	note(rig, 5, "door-002", "{}", "{\"x\":43}", "AAAAAAAAAAM=");
	put_twin(rig, "door-001", "AAAAAAAAAAM=", "{\"building\":43}", "{}");
	screen_rig_command(rig, "undo 3");
	assert_true(shows(rig, "Take back what job 3 wrote"));
	assert_true(shows(rig, "job 5 wrote it since: undo that one first"));
	screen_rig_compare(rig, "undo");
	press(rig, KEYS_ENTER); /* Cancel has the focus */
	assert_null(asked(rig));
	screen_rig_command(rig, "undo 3");
	choose(rig, 1);
	assert_int_equal(2, asked(rig)->n_devices);
	assert_int_equal(3, asked(rig)->undo_of);
	assert_string_equal("{\"building\":41}", asked(rig)->patches[0]);
	assert_string_equal("{\"building\":null}", asked(rig)->patches[1]);
	assert_string_equal("AAAAAAAAAAM=", asked(rig)->etags[0]);
}

static void
test_an_edit_of_an_earlier_start_is_named_by_its_time(void **state)
{
	char id[] = "door-004", inverse[] = "{\"building\":41}", before[] = "0",
	     etag[] = "AAAAAAAAAAM=";
	struct edits_device device = { .device_id = id,
		.inverse = inverse,
		.etag_before = before,
		.etag = etag };
	const struct edits_job edit = { .job_number = -1,
		.at_us = FAKE_NOW_US - INT64_C(43000) * 1000000,
		.section = TWIN_DESIRED,
		.devices = &device,
		.n = 1 };
	struct edits_job older = edit;
	struct screen_rig *rig = *state;

	older.job_number = -2;
	older.at_us--;
	edits_restore(deck_edits(rig->deck), &older);
	edits_restore(deck_edits(rig->deck), &edit);
	screen_rig_command(rig, "undo 1");
	assert_true(shows(rig, "undo: there is no job 1"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "undo -3");
	assert_true(shows(rig, "there are not as many as 3"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "undo 0");
	assert_true(shows(rig, "undo takes the number of a job"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "undo -2");
	assert_true(shows(rig, "Take back the edit of 2026-11-21 14:04"));
	press(rig, KEYS_ESC);
	press(rig, 'U');
	screen_rig_compare(rig, "undo_earlier");
	choose(rig, 1);
	assert_int_equal(-1, asked(rig)->undo_of);
	assert_string_equal("{\"building\":41}", asked(rig)->patches[0]);
	edits_by_job(deck_edits(rig->deck), -2)->devices[0].etag[0] = 'B';
	dialog_undo_open(rig->app, edits_by_job(deck_edits(rig->deck), -2));
	screen_rig_draw(rig);
	assert_true(shows(rig, "the edit of 2026-11-21 14:04 wrote it since"));
}

/* The edit before it is not offered instead: it is not what was meant. */
static void
test_an_edit_that_still_writes_is_not_taken_back(void **state)
{
	static const char *const ids[] = { "door-001", "door-002" };
	struct screen_rig *rig = *state;
	struct job *job;

	note(rig, 1, "door-001", "{}", "{\"x\":1}", "AAAAAAAAAAM=");
	fake_deck_job(rig->deck, "desired x", JOB_DONE, ids, 1);
	job = fake_deck_job(rig->deck, "desired building", JOB_RUNNING, ids, 2);
	fake_job_device(job, 0)->state = JOB_DEVICE_CALLING;
	fake_job_device(job, 1)->state = JOB_DEVICE_ACKNOWLEDGED;
	press(rig, 'U');
	assert_true(shows(rig, "undo: job 2 has 1 of 2 still to write"));
	assert_false(shows(rig, "Take back"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "undo 2");
	assert_true(shows(rig, "undo: job 2 has 1 of 2 still to write"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "undo 1");
	assert_true(shows(rig, "Take back what job 1 wrote"));
	press(rig, KEYS_ESC);
	fake_job_device(job, 0)->state = JOB_DEVICE_ACKNOWLEDGED;
	press(rig, 'U');
	assert_true(shows(rig, "Take back what job 1 wrote"));
}

static void
test_what_cannot_be_taken_back_is_said(void **state)
{
	static const char *const ids[] = { "door-001" };
	struct screen_rig *rig = *state;

	fake_deck_job(rig->deck, "lockDoor", JOB_DONE, ids, 1);
	fake_deck_job(rig->deck, "desired x", JOB_DONE, ids, 1);
	screen_rig_command(rig, "undo 1");
	assert_true(shows(rig, "what a device did cannot be taken back"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "undo 2");
	assert_true(shows(rig, "job 2 has changed nothing that is known"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "undo 9");
	assert_true(shows(rig, "undo: there is no job 9"));
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "undo it");
	assert_true(shows(rig, "undo takes the number of a job"));
	press(rig, KEYS_ESC);
	note(rig, 2, "door-001", "{}", "{\"x\":1}", "other");
	press(rig, 'U');
	assert_true(shows(rig, "somebody else has written it since"));
	assert_true(lacks(rig, "[ Undo ]"));
	press(rig, KEYS_ENTER);
	assert_null(asked(rig)->method == NULL ? asked(rig)->patches : NULL);
}

static void
test_each_editor_is_told_the_line_in_its_own_way(void **state)
{
	static const struct {
		const char *command, *words;
	} rows[] = {
		{ "vi", "+4 F" },
		{ "/usr/bin/vim -n", "+call cursor(4,12) F" },
		{ "  emacs -nw", "+4:12 F" },
		{ "nano", "+4,12 F" },
		{ "code --wait", "--goto F:4:12" },
		{ "hx", "F:4:12" },
		{ "unheard-of", "F" },
	};
	struct strbuf sb = { 0 };
	char **argv;
	size_t i, k;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		argv = editor_argv(rows[i].command, "F", 4, 12);
		assert_string_equal("sh", argv[0]);
		assert_string_equal(rows[i].command, argv[3]);
		strbuf_reset(&sb);
		for (k = 4; argv[k] != NULL; k++)
			strbuf_printf(&sb, "%s%s", k > 4 ? " " : "", argv[k]);
		assert_string_equal(rows[i].words, strbuf_str(&sb));
		editor_argv_free(argv);
	}
	strbuf_fini(&sb);
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown( \
	    f, screen_rig_setup, screen_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_conflict_shows_three_versions),
		CASE(test_mine_goes_on_top_of_theirs),
		CASE(test_theirs_is_taken_and_the_rest_of_mine_is_sent),
		CASE(test_a_conflict_is_edited_again_or_given_up),
		CASE(test_tags_are_edited_like_desired_properties),
		CASE(test_a_conflict_of_tags_is_one_too),
		CASE(test_a_limit_is_said_with_its_path_and_the_cursor_at_it),
		CASE(test_the_editor_gets_the_section_in_a_private_file),
		CASE(test_invalid_json_opens_the_editor_again_at_the_fault),
		CASE(test_a_text_that_nobody_mends_is_kept),
		CASE(test_an_editor_that_fails_says_so_and_loses_nothing),
		CASE(test_an_edit_of_many_says_how_many_would_change),
		CASE(test_an_edit_of_many_may_come_from_the_editor),
		CASE(test_an_edit_on_a_dangerous_hub_has_its_name_typed),
		CASE(test_the_last_edit_is_taken_back_device_by_device),
		CASE(test_an_edit_of_an_earlier_start_is_named_by_its_time),
		CASE(test_an_edit_that_still_writes_is_not_taken_back),
		CASE(test_what_cannot_be_taken_back_is_said),
		cmocka_unit_test(
		    test_each_editor_is_told_the_line_in_its_own_way),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(
	    tests, screen_rig_make_home, screen_rig_remove_home);
}
