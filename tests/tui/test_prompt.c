#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/xalloc.h"
#include "tests/support/test.h"
#include "tui/canvas.h"
#include "tui/key.h"
#include "tui/prompt.h"
#include "tui/recall.h"

static void
type(const char *ascii)
{
	for (; *ascii != '\0'; ascii++)
		assert_int_equal(PROMPT_EDITING, prompt_key(*ascii));
}

static void
test_keys_edit_the_line(void **state)
{
	(void)state;
	prompt_open(NULL, NULL, "", NULL, NULL);
	type("lockDoor xyz");
	prompt_key(CTRL_KEY('w'));
	assert_string_equal("lockDoor ", prompt_text());
	prompt_key(CTRL_KEY('a'));
	type("> ");
	assert_string_equal("> lockDoor ", prompt_text());
	prompt_key(KEYS_RIGHT);
	prompt_key(KEYS_DELETE);
	assert_string_equal("> lckDoor ", prompt_text());
	prompt_key(CTRL_KEY('k'));
	prompt_key(CTRL_KEY('y'));
	prompt_key(KEYS_END);
	prompt_key(KEYS_BACKSPACE);
	assert_string_equal("> lckDoor", prompt_text());
	assert_int_equal(PROMPT_ACCEPTED, prompt_key(KEYS_ENTER));
	assert_string_equal("> lckDoor", prompt_text());
	/* Nothing more is fed to readline: it would abort. */
	assert_int_equal(PROMPT_ACCEPTED, prompt_key('x'));
	prompt_close();
	assert_false(prompt_is_open());
	assert_string_equal("", prompt_text());
}

static void
test_esc_and_interrupt_cancel(void **state)
{
	static const int32_t keys[] = { KEYS_ESC, CTRL_KEY('c') };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(keys); i++) {
		prompt_open(NULL, NULL, "abc", NULL, NULL);
		assert_int_equal(PROMPT_CANCELLED, prompt_key(keys[i]));
		prompt_close();
	}
	prompt_open(NULL, NULL, "", NULL, NULL);
	assert_int_equal(PROMPT_CANCELLED, prompt_key(CTRL_KEY('d')));
	prompt_close();
}

static void
test_a_new_line_knows_nothing_of_the_old_one(void **state)
{
	(void)state;
	prompt_open(NULL, NULL, "first", NULL, NULL);
	prompt_open(NULL, NULL, "second", NULL, NULL);
	assert_string_equal("second", prompt_text());
	prompt_key(CTRL_KEY('_')); /* undo */
	prompt_key(CTRL_KEY('_'));
	assert_null(strstr(prompt_text(), "first"));
	prompt_close();
}

static void
test_history_is_of_one_kind(void **state)
{
	struct recall *recall = recall_new(NULL);
	struct canvas *canvas = canvas_new(1, 60, CANVAS_UTF8);
	char *drawn;

	(void)state;
	recall_add(recall, "command", "call reboot");
	recall_add(recall, "command", "sort drift");
	recall_add(recall, "filter", "link:off");
	prompt_open(recall, "command", "", NULL, NULL);
	prompt_key(KEYS_UP);
	assert_string_equal("sort drift", prompt_text());
	prompt_key(KEYS_UP);
	assert_string_equal("call reboot", prompt_text());
	prompt_key(KEYS_UP);
	assert_string_equal("call reboot", prompt_text());
	prompt_key(KEYS_DOWN);
	prompt_key(KEYS_DOWN);
	assert_string_equal("", prompt_text());
	/* ^R looks through it, and says so. */
	prompt_key(CTRL_KEY('r'));
	type("reb");
	assert_string_equal("call reboot", prompt_text());
	prompt_draw(area_all(canvas), 0, 0, 60, STYLE_INPUT);
	drawn = canvas_to_text(canvas);
	assert_non_null(strstr(drawn, "reb"));
	assert_non_null(strstr(drawn, "search"));
	assert_non_null(strstr(drawn, "call reboot"));
	free(drawn);
	canvas_free(canvas);
	prompt_open(recall, "filter", "", NULL, NULL);
	prompt_key(KEYS_UP);
	assert_string_equal("link:off", prompt_text());
	prompt_close();
	recall_free(recall);
}

static const char *
words(const char *line, size_t start, size_t i, void *arg)
{
	static const char *const all[] = { "call", "cancel", "set", NULL };
	static const char *const ids[] = { "door-001", "door-002", NULL };

	(void)line;
	(void)arg;
	return start == 0 ? all[i] : ids[i];
}

static void
test_tab_completes_and_lists(void **state)
{
	const char *const *matches;
	size_t n;

	(void)state;
	prompt_open(NULL, NULL, "", words, NULL);
	type("s\tdoor-001 door");
	assert_string_equal("set door-001 door", prompt_text());
	prompt_key(KEYS_TAB);
	assert_string_equal("set door-001 door-00", prompt_text());
	matches = prompt_matches(&n);
	assert_int_equal(2, n);
	assert_string_equal("door-001", matches[0]);
	assert_string_equal("door-002", matches[1]);
	prompt_key('2');
	prompt_matches(&n);
	assert_int_equal(0, n);
	prompt_close();
}

static void
test_pasted_lines_are_one_line_and_accept_nothing(void **state)
{
	(void)state;
	prompt_open(NULL, NULL, "x ", NULL, NULL);
	prompt_paste("{\"a\":1,\n \"b\":2}\r");
	assert_string_equal("x {\"a\":1,  \"b\":2} ", prompt_text());
	assert_int_equal(PROMPT_EDITING, prompt_key('!'));
	prompt_close();
	prompt_paste("nowhere");
}

static void
test_the_cursor_is_counted_in_cells(void **state)
{
	struct canvas *canvas = canvas_new(1, 12, CANVAS_UTF8);
	int y, x;

	(void)state;
	prompt_open(NULL, NULL, "č中x", NULL, NULL);
	prompt_draw(area_all(canvas), 0, 2, 10, STYLE_INPUT);
	canvas_cursor(canvas, &y, &x);
	assert_int_equal(2 + 4, x);
	prompt_key(KEYS_LEFT);
	prompt_key(KEYS_LEFT);
	prompt_draw(area_all(canvas), 0, 2, 10, STYLE_INPUT);
	canvas_cursor(canvas, &y, &x);
	assert_int_equal(2 + 1, x);
	prompt_mark_fault(2);
	prompt_draw(area_all(canvas), 0, 2, 10, STYLE_INPUT);
	assert_int_equal(STYLE_ALERT, canvas_at(canvas, 0, 2 + 3)->style);
	canvas_cursor(canvas, &y, &x);
	assert_int_equal(2 + 1, x);
	/* A long line moves so that the cursor stays in sight. */
	prompt_open(NULL, NULL, "0123456789abcdef", NULL, NULL);
	prompt_draw(area_all(canvas), 0, 2, 10, STYLE_INPUT);
	canvas_cursor(canvas, &y, &x);
	assert_int_equal(11, x);
	assert_int_equal('f', canvas_at(canvas, 0, 10)->ch);
	prompt_close();
	canvas_free(canvas);
}

static void
test_typed_lines_come_back_after_a_restart(void **state)
{
	char dir[] = "/tmp/twindeck-test.XXXXXX";
	struct recall *recall;
	char *path;
	int i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/state/typed.json", dir);
	recall = recall_new(path);
	for (i = 0; i < RECALL_MAX + 10; i++) {
		char *text = xasprintf("line %d", i);

		recall_add(recall, "command", text);
		free(text);
	}
	recall_add(recall, "command", "line 50");
	recall_add(recall, "command", "");
	assert_int_equal(0, recall_save(recall, NULL));
	recall_free(recall);
	recall = recall_new(path);
	assert_int_equal(RECALL_MAX, recall_size(recall, "command"));
	assert_string_equal("line 50", recall_last(recall, "command"));
	assert_null(recall_last(recall, "payload lockDoor"));
	recall_free(recall);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(dir);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_edit_the_line),
		cmocka_unit_test(test_esc_and_interrupt_cancel),
		cmocka_unit_test(test_a_new_line_knows_nothing_of_the_old_one),
		cmocka_unit_test(test_history_is_of_one_kind),
		cmocka_unit_test(test_tab_completes_and_lists),
		cmocka_unit_test(
		    test_pasted_lines_are_one_line_and_accept_nothing),
		cmocka_unit_test(test_the_cursor_is_counted_in_cells),
		cmocka_unit_test(test_typed_lines_come_back_after_a_restart),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
