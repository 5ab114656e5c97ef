#include "config.h"

#include <string.h>

#include "core/deck/command.h"
#include "tests/support/test.h"
#include "tui/keys.h"

static void
test_every_row_has_a_name_help_and_something_to_run(void **state)
{
	const struct key_def *def;

	(void)state;
	for (def = key_table; def->name != NULL; def++) {
		assert_non_null(def->help);
		assert_non_null(def->run);
		assert_true(def->where != 0);
		assert_true(def->help[strlen(def->help) - 1] == '.');
		assert_ptr_equal(def, keys_find_name(def->name));
	}
}

/* At the prompt the screen's own name is found first. */
static void
test_no_name_hides_a_command_that_acts(void **state)
{
	const struct command_def *command;

	(void)state;
	for (command = command_table; command->name != NULL; command++)
		if ((command->needs & COMMAND_NEEDS_TARGETS) != 0)
			assert_null(keys_find_name(command->name));
}

static void
test_a_key_means_one_thing_in_a_pane(void **state)
{
	const struct key_def *a, *b;
	size_t i, k;

	(void)state;
	for (a = key_table; a->name != NULL; a++)
		for (b = a + 1; b->name != NULL; b++) {
			if ((a->where & b->where) == 0)
				continue;
			for (i = 0; i < KEYS_PER_ROW && a->keys[i] != 0; i++)
				for (k = 0; k < KEYS_PER_ROW; k++)
					assert_true(a->keys[i] != b->keys[k]);
		}
}

static void
test_the_keys_of_the_design_are_there(void **state)
{
	static const int32_t keys[] = { KEYS_TAB, KEYS_BACKTAB, '1', '2', '3',
		'j', 'k', KEYS_UP, KEYS_DOWN, 'g', 'G', KEYS_PGUP, KEYS_PGDN,
		KEYS_SPACE, '*', 'u', '!', '/', 'o', 'z', 'R', 'i', 'f', 'l',
		'm', 'e', KEYS_ENTER, ':', '?', 'q', KEYS_ESC };
	static const int32_t twin_keys[] = { KEYS_LEFT, KEYS_RIGHT, 'n', 'N',
		'v', 'y', '<', '>', '/', '+', '-', '[', ']', KEYS_BACKSPACE };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(keys); i++)
		assert_non_null(keys_find(keys[i], IN_DEVICES));
	assert_non_null(keys_find('x', IN_JOBS));
	assert_non_null(keys_find('x', IN_JOB));
	assert_non_null(keys_find('r', IN_JOBS));
	assert_non_null(keys_find('p', IN_JOB));
	assert_non_null(keys_find('s', IN_DEVICES));
	for (i = 0; i < N_ROWS(twin_keys); i++)
		assert_non_null(keys_find(twin_keys[i], IN_TWIN));
	assert_null(keys_find('x', IN_DEVICES));
}

static void
test_keys_are_spelled_as_in_the_manual(void **state)
{
	static const struct {
		int32_t key;
		const char *name;
	} cases[] = { { ' ', "Space" }, { KEYS_BACKTAB, "S-Tab" },
		{ CTRL_KEY('l'), "^L" }, { 'j', "j" }, { KEYS_PGUP, "PgUp" },
		{ ALT_KEY('b'), "M-b" }, { 0x17e, "ž" } };
	char name[KEY_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++)
		assert_string_equal(
		    cases[i].name, key_label(cases[i].key, name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_every_row_has_a_name_help_and_something_to_run),
		cmocka_unit_test(test_no_name_hides_a_command_that_acts),
		cmocka_unit_test(test_a_key_means_one_thing_in_a_pane),
		cmocka_unit_test(test_the_keys_of_the_design_are_there),
		cmocka_unit_test(test_keys_are_spelled_as_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
