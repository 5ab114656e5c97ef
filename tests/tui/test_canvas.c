#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/test.h"
#include "tui/canvas.h"
#include "tui/widget.h"

/* What a text looks like when it is drawn on one row. */
static void
assert_drawn(const char *expected, const char *text, int cols,
    enum canvas_charset charset)
{
	struct canvas *canvas = canvas_new(1, cols, charset);
	char *drawn, *line;

	area_put(area_all(canvas), 0, 0, STYLE_TEXT, text);
	drawn = canvas_to_text(canvas);
	line = strchr(drawn, '\n');
	*line = '\0';
	assert_string_equal(expected, drawn);
	free(drawn);
	canvas_free(canvas);
}

static void
test_hostile_text_is_drawn_escaped(void **state)
{
	static const struct {
		const char *text, *drawn;
	} cases[] = {
		{ "\033[2J", "\\x1b[2J" },
		{ "a\nb\tc\r", "a\\nb\\tc\\r" },
		{ "\177", "\\x7f" },
		{ "\xc2\x9b"
		  "1m",
		    "\\u009b1m" },                       /* C1: CSI */
		{ "\xff\xfe", "\\xff\\xfe" },            /* no UTF-8 */
		{ "\xc0\xaf", "\\xc0\\xaf" },            /* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },   /* a surrogate */
		{ "ab\xe2\x80\xaetxt", "ab\\u202etxt" }, /* RLO */
		{ "a\xe2\x81\xa6z", "a\\u2066z" },       /* LRI */
		{ "a\xe2\x80\x8bz", "a\\u200bz" },       /* zero width */
		{ "a\xef\xbb\xbfz", "a\\ufeffz" },
		{ "\xf3\xa0\x81\x81", "\\ue0041" }, /* a tag */
		{ "\xe2\x80\xa8", "\\u2028" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++)
		assert_drawn(cases[i].drawn, cases[i].text, 40, CANVAS_UTF8);
}

static void
test_width_is_counted_in_cells(void **state)
{
	struct canvas *canvas = canvas_new(1, 10, CANVAS_UTF8);
	struct area a = area_all(canvas);

	(void)state;
	assert_int_equal(4, area_width(a, "中文"));
	assert_int_equal(4, area_width(a, "cafe\xcc\x81")); /* combining */
	assert_int_equal(4, area_width(a, "\033"));
	assert_drawn("cafe\xcc\x81!", "cafe\xcc\x81!", 10, CANVAS_UTF8);
	/* Half of a wide character is never drawn. */
	assert_drawn("中文", "中文中", 5, CANVAS_UTF8);
	area_put(a, 0, -1, STYLE_TEXT, "中x");
	assert_int_equal(' ', canvas_at(canvas, 0, 0)->ch);
	assert_int_equal('x', canvas_at(canvas, 0, 1)->ch);
	canvas_free(canvas);
}

static void
test_a_wide_character_that_is_overwritten_leaves_no_half(void **state)
{
	struct canvas *canvas = canvas_new(1, 6, CANVAS_UTF8);
	struct area a = area_all(canvas);

	(void)state;
	area_put(a, 0, 0, STYLE_TEXT, "中中");
	area_put(a, 0, 1, STYLE_TEXT, "x");
	assert_int_equal(' ', canvas_at(canvas, 0, 0)->ch);
	assert_int_equal('x', canvas_at(canvas, 0, 1)->ch);
	area_put(a, 0, 2, STYLE_TEXT, "y");
	assert_int_equal(' ', canvas_at(canvas, 0, 3)->ch);
	canvas_free(canvas);
}

static void
test_without_utf8_all_is_ascii(void **state)
{
	(void)state;
	assert_drawn("| * o x ! ~", "│ ● ○ ✓ ≠ …", 20, CANVAS_ASCII);
	assert_drawn("caf\\u00e9", "café", 20, CANVAS_ASCII);
	/* --ascii is about our signs, not about other people's names. */
	assert_drawn("| café", "│ café", 20, CANVAS_UTF8_PLAIN);
}

static void
test_what_lies_outside_an_area_is_not_drawn(void **state)
{
	struct canvas *canvas = canvas_new(3, 5, CANVAS_UTF8);
	struct area a = area_sub(area_all(canvas), 1, 1, 1, 3);
	char *text;

	(void)state;
	area_put(a, 0, 0, STYLE_TEXT, "abcdef");
	area_put(a, 1, 0, STYLE_TEXT, "below");
	area_put(a, -1, 0, STYLE_TEXT, "above");
	area_put(a, 0, -2, STYLE_TEXT, "xyz");
	text = canvas_to_text(canvas);
	assert_string_equal("\n zbc\n\n", text);
	free(text);
	a = area_sub(area_all(canvas), 2, 4, 9, 9);
	assert_int_equal(1, a.rows);
	assert_int_equal(1, a.cols);
	a = area_sub(a, 5, 5, 1, 1);
	assert_int_equal(0, a.rows * a.cols);
	area_put(a, 0, 0, STYLE_TEXT, "nowhere");
	canvas_free(canvas);
}

static void
test_what_is_too_long_ends_with_an_ellipsis(void **state)
{
	struct canvas *canvas = canvas_new(3, 20, CANVAS_UTF8);
	struct area a = area_all(canvas);
	char *text;

	(void)state;
	area_put_fit(a, 0, 0, 5, STYLE_TEXT, "firmwareUpdate");
	area_put_fit(a, 1, 0, 5, STYLE_TEXT, "exact");
	area_put_id(a, 2, 0, 9, STYLE_TEXT, "building-41-door-0007");
	text = canvas_to_text(canvas);
	assert_string_equal("firm…\nexact\nbuil…0007\n", text);
	free(text);
	canvas_free(canvas);
}

/* A string of 32 KB in each row must not make drawing slow. */
static void
test_what_is_not_drawn_is_not_even_read(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct canvas *canvas = canvas_new(1, 12, CANVAS_UTF8);
	struct area a = area_all(canvas);
	char *text;

	(void)state;
	text = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(text != MAP_FAILED);
	memset(text, 'x', page);
	assert_int_equal(0, mprotect(text + page, page, PROT_NONE));
	assert_int_equal(
	    12, area_put_fit(a, 0, 0, 12, STYLE_TEXT, text + page - 40));
	assert_int_equal(12,
	    area_put_from(a, 0, 0, 12, 20, STYLE_TEXT, text + page - 40));
	munmap(text, 2 * page);
	canvas_free(canvas);
}

static void
test_what_is_scrolled_to_the_side_begins_at_its_cell(void **state)
{
	static const struct {
		int skip;
		const char *text, *drawn;
	} cases[] = {
		{ 0, "abcdef", "abcd…\n" },
		{ 1, "abcdef", "bcdef\n" },
		{ 5, "abcdef", "f\n" },
		{ 9, "abcdef", "\n" },
		{ 1, "中文", " 文\n" },
		{ 2, "\033[2J", "  [2J\n" }, /* half an escape is none */
	};
	struct canvas *canvas = canvas_new(1, 5, CANVAS_UTF8);
	struct area a = area_all(canvas);
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		canvas_clear(canvas);
		area_put_from(
		    a, 0, 0, 5, cases[i].skip, STYLE_TEXT, cases[i].text);
		text = canvas_to_text(canvas);
		assert_string_equal(cases[i].drawn, text);
		free(text);
	}
	canvas_free(canvas);
}

static void
test_a_bar_shows_every_part_that_is_not_empty(void **state)
{
	static const struct bar_part parts[] = {
		{ 9998, 0x2588, STYLE_GOOD },
		{ 1, 0x2593, STYLE_BUSY },
		{ 1, 0x00d7, STYLE_BAD },
		{ 0, 0x2591, STYLE_DIM },
	};
	struct canvas *canvas = canvas_new(1, 10, CANVAS_UTF8);
	char *text;

	(void)state;
	bar_draw(area_all(canvas), 0, 0, 10, parts, 4);
	text = canvas_to_text(canvas);
	assert_string_equal("▕██████▓×▏\n", text);
	free(text);
	canvas_free(canvas);
}

static void
test_times_move_in_coarse_steps(void **state)
{
	static const struct {
		int64_t ms;
		const char *age;
	} ages[] = { { -50, "live" }, { 1400, "live" }, { 1600, "2 s" },
		{ 4900, "2 s" }, { 5000, "5 s" }, { 29000, "10 s" },
		{ 59000, "30 s" }, { 119000, "1 min" }, { 7200000, "1 h" } };
	char out[TIME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(ages); i++)
		assert_string_equal(ages[i].age, age_format(out, ages[i].ms));
	assert_string_equal("10m", left_format(out, 599000));
	assert_string_equal("50s", left_format(out, 41000));
	assert_string_equal("0:08", countdown_format(out, 7001));
	assert_string_equal("1:00:00", countdown_format(out, 3600000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_text_is_drawn_escaped),
		cmocka_unit_test(test_width_is_counted_in_cells),
		cmocka_unit_test(
		    test_a_wide_character_that_is_overwritten_leaves_no_half),
		cmocka_unit_test(test_without_utf8_all_is_ascii),
		cmocka_unit_test(test_what_lies_outside_an_area_is_not_drawn),
		cmocka_unit_test(test_what_is_too_long_ends_with_an_ellipsis),
		cmocka_unit_test(test_what_is_not_drawn_is_not_even_read),
		cmocka_unit_test(
		    test_what_is_scrolled_to_the_side_begins_at_its_cell),
		cmocka_unit_test(test_a_bar_shows_every_part_that_is_not_empty),
		cmocka_unit_test(test_times_move_in_coarse_steps),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
