/*
 * A tour: how its file is read, and how it goes on, guided and played.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "tests/support/test.h"
#include "tui/key.h"
#include "tui/tour.h"
#include "tui/tour_script.h"

static const char two_steps[] = "# a comment\n"
				"say One\n"
				"key f <Enter>\n"
				"type ab\n"
				"wait 2s seen\n"
				"say Two\n";

static struct tour_script *
parsed(const char *text)
{
	struct err err = { 0 };
	struct tour_script *script = tour_script_parse("t", text, &err);

	if (script == NULL)
		fail_msg("%s", err.text);
	return script;
}

static void
test_lines_make_stops(void **state)
{
	struct tour_script *s = parsed(two_steps);
	const struct tour_stop *stop = tour_script_at(s, 0);

	(void)state;
	assert_int_equal(2, tour_script_steps(s));
	assert_int_equal(2, tour_script_stops(s));
	assert_string_equal("One", stop->say);
	assert_int_equal(4, stop->n_keys);
	assert_int_equal('f', stop->keys[0].key);
	assert_int_equal(KEYS_ENTER, stop->keys[1].key);
	assert_true(stop->keys[2].typed);
	assert_int_equal('b', stop->keys[3].key);
	assert_int_equal(1, stop->n_waits);
	assert_int_equal(2000, tour_wait_ms(tour_stop_wait(stop, 0)));
	tour_script_free(s);
}

static void
test_keys_behind_a_wait_are_a_stop_of_the_same_step(void **state)
{
	struct tour_script *s =
	    parsed("say One\nwait 1s a\nkey j\nwait 1s b\n");

	(void)state;
	assert_int_equal(1, tour_script_steps(s));
	assert_int_equal(2, tour_script_stops(s));
	assert_int_equal(1, tour_script_at(s, 1)->step);
	tour_script_free(s);
}

static void
test_faults_name_line_and_column(void **state)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ "say a\nkey j <Nix>\n", "t:2:7: no such key" },
		{ "  pres f\n",
		    "t:1:3: a line begins with say, key, type, wait or "
		    "absent" },
		{ "wait soon x\n", "t:1:6: this is no duration, such as 10s" },
		{ "wait 2s /(/\n", "t:1:9: this is no regular expression" },
		{ "wait 2s\n", "t:1:8: what to wait for is missing" },
		{ "\n\nkey\n", "t:3:4: something is missing behind it" },
		{ "type a\001\n", "t:1:7: a control character is no text" },
		{ "type a\377\n", "t:1:7: this is no UTF-8" },
		{ "# nothing\n", "t: there is nothing in it" },
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		assert_null(tour_script_parse("t", rows[i].text, &err));
		assert_string_equal(rows[i].fault, err.text);
	}
}

static void
test_every_key_is_read_as_it_is_spelt(void **state)
{
	static const int32_t keys[] = { 'f', ':', '<', '>', ' ', KEYS_ENTER,
		KEYS_TAB, KEYS_ESC, KEYS_BACKSPACE, KEYS_UP, KEYS_PGUP,
		KEYS_PGDN, KEYS_BACKTAB, KEYS_WORD_LEFT, CTRL_KEY('l'),
		CTRL_KEY('_'), ALT_KEY('x'), 0x10d };
	char spelt[KEY_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(keys); i++)
		assert_int_equal(keys[i], key_parse(key_spell(keys[i], spelt)));
	assert_string_equal("<PageUp>", key_spell(KEYS_PGUP, spelt));
	assert_string_equal("<C-l>", key_spell(CTRL_KEY('l'), spelt));
	assert_string_equal("<lt>", key_spell('<', spelt));
	assert_int_equal(0, key_parse("<Nix>"));
	assert_int_equal(0, key_parse("ab"));
	assert_int_equal(0, key_parse(""));
}

/* A narrow screen has room for so many beside the number of the step. */
static void
test_the_texts_of_the_demo_fit_a_narrow_screen(void **state)
{
	struct tour_script *s = tour_script_demo();
	size_t i;

	(void)state;
	assert_non_null(s);
	for (i = 0; i < tour_script_stops(s); i++)
		if (utf8_characters(tour_script_at(s, i)->say) > 66)
			fail_msg("too long: %s", tour_script_at(s, i)->say);
	tour_script_free(s);
}

/* Presses whatever is due up to a time; what it pressed, as characters. */
static size_t
play_until(struct tour *tour, int64_t until_ms, int32_t *keys)
{
	size_t n = 0;
	int64_t now;
	int32_t key;

	for (now = 0; now <= until_ms; now += 10)
		if ((key = tour_advance(tour, now)) != 0)
			keys[n++] = key;
	return n;
}

static void
test_played_it_presses_and_then_waits(void **state)
{
	struct tour *tour = tour_new(parsed(two_steps), 1000);
	int32_t keys[8];
	struct err err;

	(void)state;
	tour_go(tour, true, 0);
	assert_int_equal(0, play_until(tour, 990, keys));
	assert_int_equal(4, play_until(tour, 1900, keys));
	assert_int_equal('f', keys[0]);
	assert_int_equal('b', keys[3]);
	assert_true(tour_waits(tour));
	tour_see(tour, "nothing yet", 2000);
	assert_int_equal(0, tour_late(tour, &err));
	tour_see(tour, "nothing yet", 9000);
	assert_int_equal(-1, tour_late(tour, &err));
	assert_string_equal("t:5: not on the screen: seen", err.text);
	/* Late is no end. */
	tour_see(tour, "it is seen now", 9100);
	assert_false(tour_waits(tour));
	tour_advance(tour, 9600); /* it has been seen */
	tour_advance(tour, 10600);
	tour_advance(tour, 10600);
	tour_advance(tour, 10600);
	assert_int_equal(TOUR_ENDED, tour_state(tour));
	tour_free(tour);
}

static void
test_what_was_said_counts_though_it_is_gone(void **state)
{
	struct tour *tour = tour_new(parsed(two_steps), 1000);
	int32_t keys[8];

	(void)state;
	tour_go(tour, true, 0);
	tour_hear(tour, "seen too early", 0);
	play_until(tour, 1900, keys);
	assert_true(tour_waits(tour));
	tour_hear(tour, "job 1 was seen", 1950);
	assert_false(tour_waits(tour));
	tour_free(tour);
}

static void
test_guided_other_keys_change_nothing(void **state)
{
	struct tour *tour = tour_new(parsed(two_steps), 1000);

	(void)state;
	tour_go(tour, false, 0);
	tour_see(tour, "", 0);
	assert_false(tour_take_key(tour, 'j', TOUR_AT_TOP, 10));
	assert_false(tour_take_key(tour, 'f', TOUR_AT_TOP, 20));
	assert_false(tour_take_key(tour, 'k', TOUR_AT_TOP, 30));
	tour_see(tour, "", 40);
	assert_int_equal(0, tour_advance(tour, 5000)); /* it never presses */
	assert_true(tour_waits(tour));
	/* Reached by other keys: that is as good. */
	tour_see(tour, "seen", 6000);
	assert_false(tour_waits(tour));
	tour_free(tour);
}

static void
test_a_command_of_the_users_own_is_no_part_of_it(void **state)
{
	struct tour *tour = tour_new(parsed(two_steps), 1000);
	int32_t keys[8];

	(void)state;
	tour_go(tour, false, 0);
	tour_take_key(tour, 'f', TOUR_IN_COMMAND, 0);
	tour_take_key(tour, KEYS_ENTER, TOUR_IN_COMMAND, 0);
	tour_go(tour, true, 0);
	assert_int_equal(4, play_until(tour, 5000, keys));
	tour_free(tour);
}

static void
test_guided_what_was_so_already_needs_its_keys(void **state)
{
	struct tour *tour = tour_new(parsed("say a\nkey x\nwait 1s so\n"), 0);

	(void)state;
	tour_go(tour, false, 0);
	tour_see(tour, "so", 0);
	assert_true(tour_waits(tour));
	tour_take_key(tour, 'x', TOUR_AT_TOP, 10);
	tour_see(tour, "so", 20);
	assert_false(tour_waits(tour));
	tour_free(tour);
}

static void
test_a_key_while_it_plays_makes_it_pause(void **state)
{
	struct tour *tour = tour_new(parsed(two_steps), 1000);
	int32_t keys[8];

	(void)state;
	tour_go(tour, true, 0);
	assert_false(
	    tour_take_key(tour, 'q', TOUR_AT_TOP, 0)); /* always the screen's */
	assert_int_equal(TOUR_PLAYS, tour_state(tour));
	assert_true(tour_take_key(tour, 'j', TOUR_AT_TOP, 0));
	assert_int_equal(TOUR_PAUSES, tour_state(tour));
	assert_int_equal(0, play_until(tour, 5000, keys));
	assert_true(tour_take_key(tour, KEYS_SPACE, TOUR_AT_TOP, 0));
	assert_int_equal(4, play_until(tour, 5000, keys));
	tour_take_key(tour, 'j', TOUR_AT_TOP, 0);
	assert_false(tour_take_key(tour, 'j', TOUR_AT_TOP, 0));
	assert_int_equal(TOUR_GUIDES, tour_state(tour));
	tour_free(tour);
}

static void
test_esc_leaves_where_it_means_nothing_else(void **state)
{
	struct tour *tour = tour_new(parsed("say a\nkey <Esc> x\n"), 0);

	(void)state;
	tour_go(tour, false, 0);
	assert_false(
	    tour_take_key(tour, KEYS_ESC, TOUR_AT_TOP, 0)); /* asked for */
	assert_false(tour_take_key(tour, KEYS_ESC, TOUR_INSIDE, 0));
	assert_true(tour_take_key(tour, KEYS_ESC, TOUR_AT_TOP, 0));
	assert_int_equal(TOUR_OFF, tour_state(tour));
	assert_false(tour_take_key(tour, 'x', TOUR_AT_TOP, 0));
	tour_go(tour, false, 0); /* where it was left */
	tour_take_key(tour, 'x', TOUR_AT_TOP, 0);
	assert_false(tour_waits(tour));
	tour_free(tour);
}

static void
test_steps_are_skipped_both_ways(void **state)
{
	struct tour *tour = tour_new(parsed(two_steps), 1000);
	int i;

	(void)state;
	tour_go(tour, false, 0);
	tour_skip(tour, 1, 0);
	assert_false(tour_waits(tour));
	tour_skip(tour, -1, 0);
	assert_true(tour_waits(tour));
	tour_skip(tour, -1, 0);
	assert_true(tour_waits(tour));
	for (i = 0; i < 3; i++)
		tour_skip(tour, 1, 0);
	assert_int_equal(TOUR_ENDED, tour_state(tour));
	tour_skip(tour, -1, 0);
	assert_int_equal(TOUR_GUIDES, tour_state(tour));
	assert_false(tour_waits(tour));
	tour_free(tour);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_make_stops),
		cmocka_unit_test(
		    test_keys_behind_a_wait_are_a_stop_of_the_same_step),
		cmocka_unit_test(test_faults_name_line_and_column),
		cmocka_unit_test(test_every_key_is_read_as_it_is_spelt),
		cmocka_unit_test(
		    test_the_texts_of_the_demo_fit_a_narrow_screen),
		cmocka_unit_test(test_played_it_presses_and_then_waits),
		cmocka_unit_test(test_what_was_said_counts_though_it_is_gone),
		cmocka_unit_test(test_guided_other_keys_change_nothing),
		cmocka_unit_test(
		    test_a_command_of_the_users_own_is_no_part_of_it),
		cmocka_unit_test(
		    test_guided_what_was_so_already_needs_its_keys),
		cmocka_unit_test(test_a_key_while_it_plays_makes_it_pause),
		cmocka_unit_test(test_esc_leaves_where_it_means_nothing_else),
		cmocka_unit_test(test_steps_are_skipped_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
