/* Texts of an editor that outlive the deck: said, offered, gone on with. */
#include "config.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/fleet.h"
#include "core/deck/jobs.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/kept.h"
#include "tui/key.h"

#define press screen_rig_press
#define shows screen_rig_shows
#define lacks screen_rig_lacks

#define DAY_S (24 * 3600)

static void
open_hub(struct screen_rig *rig, const char *place)
{
	app_set_deck(rig->app, NULL);
	deck_set_place(rig->deck, place);
	app_set_deck(rig->app, rig->deck);
	screen_rig_draw(rig);
}

/* The deck ends with whatever is open, and starts again. */
static struct screen_rig *
restart(void **state, const char *place)
{
	screen_rig_teardown(state);
	screen_rig_setup(state);
	open_hub(*state, place);
	return *state;
}

static void
put_file(const char *path, const char *text)
{
	struct err err;

	assert_int_equal(
	    0, paths_write_file(path, text, strlen(text), 0600, &err));
}

static void
save(struct screen_rig *rig, const char *text, int status)
{
	assert_non_null(rig->lent);
	if (text != NULL)
		put_file(rig->lent, text);
	app_lend_ended(rig->app, status);
	screen_rig_draw(rig);
}

static bool
holds(struct screen_rig *rig, const char *words)
{
	char *text = paths_read_file(rig->lent, 100000, NULL, NULL);
	bool is = text != NULL && strstr(text, words) != NULL;

	free(text);
	return is;
}

/* The editor has the desired properties of door-004, and the deck ends. */
static struct screen_rig *
leave_text(void **state, const char *text)
{
	struct screen_rig *rig = *state;

	open_hub(rig, "hub-a:1");
	screen_rig_command(rig, "go door-004");
	press(rig, 'E');
	put_file(rig->lent, text);
	return restart(state, "hub-a:1");
}

static void
throw_away(struct screen_rig *rig)
{
	press(rig, 'E');
	save(rig, "\n", 0);
	assert_true(shows(rig, "an empty text: nothing was taken over"));
	press(rig, KEYS_ESC);
}

static void
put_twin(struct screen_rig *rig, const char *etag, const char *desired)
{
	char *json = xasprintf("{\"deviceId\":\"door-004\",\"etag\":\"%s\","
			       "\"version\":13,\"properties\":{\"desired\":%s,"
			       "\"reported\":{\"$version\":9}}}",
	    etag, desired);

	fake_deck_twin(rig->deck, json);
	free(json);
	screen_rig_draw(rig);
}

static void
test_a_text_that_was_kept_is_offered_until_it_is_sent(void **state)
{
	struct screen_rig *rig = leave_text(state,
	    "// note\n{\"building\": 44, \"floor\": 3, \"interval\": 5}\n");
	struct stat st;
	char *path;

	assert_true(shows(rig, "edited desired of door-004 was kept 20"));
	assert_true(shows(rig, "; E goes on with it"));
	screen_rig_command(rig, "go door-004");
	press(rig, 'E');
	assert_true(holds(rig, "// desired of door-004.\n"));
	assert_true(holds(rig, "// This was edited before and kept 20"));
	assert_false(holds(rig, "has been written since"));
	assert_true(holds(rig, "\n{\"building\": 44, \"floor\": 3,"));
	path = xstrdup(rig->lent);
	/* As it is: it has been changed before. */
	save(rig, NULL, 0);
	assert_true(shows(rig, "+ building      44"));
	assert_true(shows(rig, "sends  {\"building\":44}"));
	assert_int_equal(0, stat(path, &st));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER);
	assert_string_equal(
	    "{\"building\":44}", fake_deck_asked(rig->deck)->patch);
	assert_int_equal(0, stat(path, &st)); /* not answered yet */
	fake_job_device(jobs_at(deck_jobs(rig->deck), 0), 0)->state =
	    JOB_DEVICE_ACKNOWLEDGED;
	fake_deck_fire(rig->deck, DECK_JOBS);
	assert_int_equal(-1, stat(path, &st));
	free(path);
	rig = restart(state, "hub-a:1");
	assert_true(lacks(rig, "was kept"));
}

static void
test_what_others_wrote_since_is_not_taken_back(void **state)
{
	struct screen_rig *rig = leave_text(
	    state, "{\"building\": 44, \"floor\": 3, \"interval\": 5}\n");

	put_twin(rig, "AAAAAAAAAAQ=",
	    "{\"building\":43,\"floor\":9,\"new\":1,\"$version\":5}");
	screen_rig_command(rig, "go door-004");
	press(rig, 'E');
	assert_true(holds(rig, "// It has been written since: what you do "));
	assert_true(holds(rig, "\"floor\": 3"));
	save(rig, "{\"building\": 44, \"floor\": 3, \"interval\": 7}", 0);
	assert_true(shows(rig, "It has been written since: what you did not"));
	assert_true(shows(rig, "sends  {\"building\":44,\"interval\":7}"));
	/* Back there it is an edit of the twin as it is now. */
	press(rig, KEYS_ENTER);
	press(rig, CTRL_KEY('o'));
	assert_true(holds(rig, "\"floor\": 9"));
	save(rig, "{\"building\": 44, \"floor\": 3}", 0);
	assert_true(shows(rig, "{\"new\":null,\"building\":44,\"floor\":3}"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER); /* Cancel */
	rig = restart(state, "hub-a:1");
	assert_true(lacks(rig, "was kept"));
}

static void
test_it_is_offered_on_the_same_hub_and_devices_only(void **state)
{
	struct screen_rig *rig = leave_text(state, "{\"kept\": 1}");

	rig = restart(state, "hub-a:2");
	assert_true(lacks(rig, "was kept"));
	rig = restart(state, "hub-a_1"); /* of the same name on disk */
	assert_true(lacks(rig, "was kept"));
	rig = restart(state, NULL);
	assert_true(lacks(rig, "was kept"));
	open_hub(rig, "hub-a:1");
	screen_rig_command(rig, "go door-004");
	press(rig, 'T');
	assert_false(holds(rig, "kept"));
	save(rig, NULL, 0);
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "go door-001");
	press(rig, 'E');
	assert_false(holds(rig, "kept"));
	save(rig, NULL, 0);
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "go door-004");
	throw_away(rig);
	rig = restart(state, "hub-a:1");
	assert_true(lacks(rig, "was kept"));
}

static void
test_an_edit_of_many_is_found_whatever_the_order_of_marks(void **state)
{
	char *ids[] = { (char[]){ "b" }, (char[]){ "a" } };
	char *again[] = { (char[]){ "a" }, (char[]){ "b" },
		(char[]){ "c" } };
	struct kept_of of = { .place = "hub-a:1",
		.section = TWIN_TAGS,
		.ids = ids,
		.n = 2 };
	struct kept *kept = kept_new(&of);
	cJSON *base = cJSON_CreateObject();
	struct screen_rig *rig = *state;
	char *text;

	assert_int_equal(
	    0, kept_write(kept, base, "// x\n{\"y\":1", 11, NULL));
	/* As long as a deck has it, it is no other's. */
	of.ids = again;
	assert_null(kept_find(&of));
	kept_leave(kept);
	of.n = 3;
	assert_null(kept_find(&of));
	of.n = 2;
	of.section = TWIN_DESIRED;
	assert_null(kept_find(&of));
	of.section = TWIN_TAGS;
	open_hub(rig, "hub-a:1");
	assert_true(shows(rig, "edited tags of 2 devices (a, …) was kept 20"));
	screen_rig_resize(rig, 160, 24);
	assert_true(shows(rig, "; mark them, and T goes on with it"));
	kept = kept_find(&of);
	assert_non_null(kept);
	text = kept_text(kept);
	assert_string_equal("{\"y\":1", text);
	free(text);
	kept_remove(kept);
	cJSON_Delete(base);
}

static void
test_of_several_the_newest_is_shown_and_all_are_told(void **state)
{
	struct screen_rig *rig = leave_text(state, "{\"kept\": 1}");
	const struct timespec before[2] = { { .tv_sec = time(NULL) - 90 },
		{ .tv_sec = time(NULL) - 90 } };
	struct stat st;

	press(rig, 'T');
	put_file(rig->lent, "{\"site\": ");
	utimensat(AT_FDCWD, rig->lent, before, 0);
	rig = restart(state, "hub-a:1");
	assert_true(shows(rig, "edited desired of door-004 was kept 20"));
	screen_rig_resize(rig, 120, 24);
	assert_true(shows(rig, "E goes on with it; 1 more: see i"));
	press(rig, 'i');
	assert_true(shows(rig, "edited tags of door-001 was kept 20"));
	press(rig, KEYS_ESC);
	press(rig, 'T');
	assert_true(holds(rig, "\n{\"site\": "));
	/* It is as old as before, until something is saved. */
	assert_int_equal(0, stat(rig->lent, &st));
	assert_int_equal(before[0].tv_sec, st.st_mtime);
	save(rig, "", 0);
	press(rig, KEYS_ESC);
	screen_rig_command(rig, "go door-004");
	throw_away(rig);
}

static void
test_what_nobody_changed_is_not_offered(void **state)
{
	struct screen_rig *rig = leave_text(state,
	    "// note\n{\"floor\":3,\"building\":43,\"interval\":5}");
	char *folder =
	    xasprintf("%s/twindeck/edit/hub-a_1", screen_rig_home());
	struct stat st;

	assert_true(lacks(rig, "was kept"));
	assert_int_equal(-1, stat(folder, &st));
	free(folder);
}

static void
test_what_nano_kept_of_an_unsaved_text_is_the_newer(void **state)
{
	struct screen_rig *rig = *state;
	char *saved;

	open_hub(rig, "hub-a:1");
	press(rig, 'E');
	saved = xasprintf("%s.save", rig->lent);
	put_file(saved, "// desired of door-001.\n{\"unsaved\": 1}\n");
	rig = restart(state, "hub-a:1");
	assert_true(shows(rig, "edited desired of door-001 was kept"));
	press(rig, 'E');
	assert_true(holds(rig, "\n{\"unsaved\": 1}\n"));
	assert_int_equal(-1, access(saved, F_OK));
	free(saved);
	/* Another editor's own way is for that editor to find. */
	saved = xasprintf("%s.swp", rig->lent);
	put_file(saved, "x");
	rig = restart(state, "hub-a:1");
	press(rig, 'E');
	assert_true(holds(rig, "left door-001.desired.json.swp beside it"));
	save(rig, "", 0);
	press(rig, KEYS_ESC);
	assert_int_equal(-1, access(saved, F_OK));
	free(saved);
}

static void
test_the_form_says_that_there_is_one(void **state)
{
	struct screen_rig *rig = leave_text(state, "{\"kept\": ");

	screen_rig_command(rig, "go door-004");
	press(rig, 'e');
	assert_true(shows(rig, "What was edited here was kept 20"));
	assert_true(shows(rig, "building = 43"));
	/* What is typed now goes first, and the other stays. */
	screen_rig_type(rig, "1");
	press(rig, CTRL_KEY('o'));
	assert_true(holds(rig, "\"building\": 431"));
	save(rig, NULL, 0);
	press(rig, KEYS_ESC);
	press(rig, KEYS_ESC);
	press(rig, 'e');
	assert_true(shows(rig, "What was edited here was kept 20"));
	press(rig, CTRL_KEY('o'));
	assert_true(holds(rig, "\n{\"kept\": \n"));
	save(rig, "{\"kept\": 2}", 0);
	assert_true(shows(rig, "+ kept          2"));
	press(rig, KEYS_RIGHT);
	press(rig, KEYS_ENTER); /* Cancel */
	press(rig, 'e');
	assert_true(lacks(rig, "was kept"));
	press(rig, KEYS_ESC);
}

static void
test_a_text_that_is_old_is_removed(void **state)
{
	struct screen_rig *rig = *state;
	const time_t now = time(NULL);
	struct timespec at[2] = { { .tv_sec = now - (KEPT_DAYS - 1) * DAY_S },
		{ .tv_sec = now - (KEPT_DAYS - 1) * DAY_S } };
	char *path, *about, *folder;

	open_hub(rig, "hub-a:1");
	press(rig, 'E');
	put_file(rig->lent, "{\"old\": 1}");
	path = xstrdup(rig->lent);
	folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	about = xasprintf("%s/about.json", folder);
	screen_rig_teardown(state);
	screen_rig_setup(state);
	rig = *state;
	utimensat(AT_FDCWD, path, at, 0);
	utimensat(AT_FDCWD, about, at, 0);
	utimensat(AT_FDCWD, folder, at, 0);
	open_hub(rig, "hub-b:1");
	assert_int_equal(0, access(path, F_OK));
	at[0].tv_sec = at[1].tv_sec = now - KEPT_DAYS * DAY_S - 60;
	utimensat(AT_FDCWD, path, at, 0);
	utimensat(AT_FDCWD, about, at, 0);
	utimensat(AT_FDCWD, folder, at, 0);
	open_hub(rig, "hub-b:1");
	assert_int_equal(-1, access(path, F_OK));
	free(path);
	free(about);
	free(folder);
}

static void
test_hostile_names_stay_in_their_folder(void **state)
{
	static char id[] = "../../\x1b[2J\n$(x)";
	static char *ids[] = { id };
	const struct kept_of of = { .place = "../..",
		.section = TWIN_DESIRED,
		.ids = ids,
		.n = 1 };
	struct kept *kept = kept_new(&of);
	cJSON *base = cJSON_CreateObject();
	char *start = xasprintf("%s/twindeck/edit/_._../", screen_rig_home());

	(void)state;
	assert_int_equal(0, kept_write(kept, base, "{\"x\":1}", 7, NULL));
	assert_memory_equal(start, kept_path(kept), strlen(start));
	assert_string_equal("_._..___2J___x_.desired.json",
	    strrchr(kept_path(kept), '/') + 1);
	kept_leave(kept);
	kept = kept_find(&of);
	assert_non_null(kept);
	kept_remove(kept);
	cJSON_Delete(base);
	free(start);
}

static void
test_a_note_that_is_broken_harms_nobody(void **state)
{
	static const char *const notes[] = { "", "[]", "{\"hub\":1}",
		"{\"hub\":\"hub-a:1\",\"section\":\"desired\",\"devices\":[1],"
		"\"base\":{}}",
		"{\"hub\":\"hub-a:1\",\"section\":\"desired\",\"devices\":[],"
		"\"base\":{}}" };
	struct screen_rig *rig = *state;
	char *about, *path, *folder;
	size_t i;

	open_hub(rig, "hub-a:1");
	press(rig, 'E');
	put_file(rig->lent, "{\"x\": 1}");
	path = xstrdup(rig->lent);
	folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	about = xasprintf("%s/about.json", folder);
	for (i = 0; i < N_ROWS(notes); i++) {
		rig = restart(state, "hub-b");
		put_file(about, notes[i]);
		open_hub(rig, "hub-a:1");
		assert_true(lacks(rig, "was kept"));
		press(rig, 'E');
		assert_false(holds(rig, "kept"));
		save(rig, NULL, 0);
		press(rig, KEYS_ESC);
		assert_int_equal(0, access(path, F_OK));
	}
	unlink(path);
	unlink(about);
	rmdir(folder);
	*strrchr(folder, '/') = '\0';
	rmdir(folder);
	free(about);
	free(path);
	free(folder);
}

#define CASE(f)                          \
	cmocka_unit_test_setup_teardown( \
	    f, screen_rig_setup, screen_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_text_that_was_kept_is_offered_until_it_is_sent),
		CASE(test_what_others_wrote_since_is_not_taken_back),
		CASE(test_it_is_offered_on_the_same_hub_and_devices_only),
		CASE(test_an_edit_of_many_is_found_whatever_the_order_of_marks),
		CASE(test_of_several_the_newest_is_shown_and_all_are_told),
		CASE(test_what_nobody_changed_is_not_offered),
		CASE(test_what_nano_kept_of_an_unsaved_text_is_the_newer),
		CASE(test_the_form_says_that_there_is_one),
		CASE(test_a_text_that_is_old_is_removed),
		CASE(test_hostile_names_stay_in_their_folder),
		CASE(test_a_note_that_is_broken_harms_nobody),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(
	    tests, screen_rig_make_home, screen_rig_remove_home);
}
