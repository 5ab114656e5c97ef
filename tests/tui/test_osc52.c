#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/test.h"
#include "tui/osc52.h"

static void
test_the_way_out_is_told_by_the_environment(void **state)
{
	static const struct {
		const char *term, *tmux, *sty;
		enum osc52_way way;
	} cases[] = {
		{ "xterm-256color", NULL, NULL, OSC52_PLAIN },
		{ "xterm", "", "", OSC52_PLAIN },
		{ "screen-256color", "/tmp/tmux-0/default,1,0", NULL,
		    OSC52_TMUX },
		{ "tmux-256color", NULL, NULL, OSC52_TMUX },
		{ "screen", NULL, "123.pts-0.host", OSC52_SCREEN },
		/* screen or tmux, nobody knows which: what both understand */
		{ "screen", NULL, NULL, OSC52_PLAIN },
		{ "linux", NULL, NULL, OSC52_NONE },
		{ "vt100", NULL, NULL, OSC52_NONE },
		{ "vt220", NULL, NULL, OSC52_NONE },
		{ NULL, NULL, NULL, OSC52_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++)
		assert_int_equal(cases[i].way,
		    osc52_way(cases[i].term, cases[i].tmux, cases[i].sty));
}

static void
assert_put(const char *expected, enum osc52_way way, const char *text)
{
	struct strbuf out = { 0 };

	osc52_put(&out, way, text, strlen(text));
	assert_string_equal(expected, strbuf_str(&out));
	strbuf_fini(&out);
}

static void
test_each_way_has_its_frame(void **state)
{
	(void)state;
	assert_put("\033]52;c;NDM=\a", OSC52_PLAIN, "43");
	assert_put("\033]52;c;\a", OSC52_PLAIN, "");
	assert_put("\033]52;c;NDM=\a\033Ptmux;\033\033]52;c;NDM=\a\033\\",
	    OSC52_TMUX, "43");
	assert_put("\033P\033]52;c;NDM=\a\033\\", OSC52_SCREEN, "43");
}

static void
test_nothing_of_the_text_can_act_on_a_terminal(void **state)
{
	static const char hostile[] = "\033[2J\a\033\\\033]0;x\a\x9c";
	static const enum osc52_way ways[] = { OSC52_PLAIN, OSC52_TMUX,
		OSC52_SCREEN };
	struct strbuf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(ways); i++) {
		strbuf_reset(&out);
		osc52_put(&out, ways[i], hostile, sizeof(hostile) - 1);
		assert_null(strstr(strbuf_str(&out), "[2J"));
		assert_null(strstr(strbuf_str(&out), "]0;x"));
		assert_null(strchr(strbuf_str(&out), '\x9c'));
	}
	strbuf_fini(&out);
}

static void
test_a_long_text_goes_through_screen_in_pieces(void **state)
{
	char *text = xcalloc(1, 3001), *base64;
	struct strbuf out = { 0 }, back = { 0 };
	const char *p, *end;

	(void)state;
	memset(text, 'a', 3000);
	base64 = str_base64_encode(text, 3000);
	osc52_put(&out, OSC52_SCREEN, text, 3000);
	for (p = strbuf_str(&out); *p != '\0'; p = end + 2) {
		assert_true(str_starts_with(p, "\033P"));
		end = strstr(p, "\033\\");
		assert_non_null(end);
		assert_true(end - p <= 256);
		strbuf_put(&back, p + 2, (size_t)(end - p - 2));
	}
	assert_true(str_starts_with(strbuf_str(&back), "\033]52;c;"));
	assert_memory_equal(back.data + 7, base64, strlen(base64));
	assert_string_equal("\a", back.data + 7 + strlen(base64));
	strbuf_fini(&out);
	strbuf_fini(&back);
	free(base64);
	free(text);
}

static void
test_the_longest_text_makes_the_sequence_that_terminals_take(void **state)
{
	char *text = xcalloc(1, OSC52_TEXT_MAX);
	struct strbuf out = { 0 };

	(void)state;
	osc52_put(&out, OSC52_PLAIN, text, OSC52_TEXT_MAX);
	assert_int_equal(100000, out.len);
	strbuf_fini(&out);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_way_out_is_told_by_the_environment),
		cmocka_unit_test(test_each_way_has_its_frame),
		cmocka_unit_test(
		    test_nothing_of_the_text_can_act_on_a_terminal),
		cmocka_unit_test(
		    test_a_long_text_goes_through_screen_in_pieces),
		cmocka_unit_test(
		    test_the_longest_text_makes_the_sequence_that_terminals_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
